//! The dead-letter screen by accessible names.

use eframe::egui::accesskit::Role;
use egui_kittest::kittest::Queryable as _;
use eventscope::event::source_id::SourceId;
use eventscope::protocol::{
    Command, DeskUpdate, MoveOutcome, Places, SourceCommand, SourceUpdate, Update, Which,
};
use eventscope::rabbitmq::resend::Target;
use eventscope::rabbitmq::topology::{Dropping, Queue};

use eventscope::state::dead_letters::TargetChoice;

use crate::{Window, event, peek, start_tap};

#[test]
fn dead_letters_are_listed_opened_edited_and_resent() {
    let mut window = Window::connected();
    window.tab("Dead letters");
    window.assert_sees("Why did it die?");
    peek(&mut window, &[r#"{"amount":"1"}"#, r#"{"amount":"2"}"#]);
    let rows = window.rows();
    assert_eq!(rows.len(), 2);
    assert!(rows[0].starts_with("order.created"), "{rows:?}");
    window.click(Role::Row, &rows[1]);
    window.assert_sees(
        "Died because a consumer of queue orders rejected it 3 times, first 2023-11-14T22:13:20Z",
    );
    window.assert_sees("Reaches the queue orders");
    window.type_into("Payload", " ");
    window.press("Resend");
    let Command::Source(
        _,
        SourceCommand::Resend {
            request,
            which: Which::These(orders),
            ..
        },
    ) = window.take_last()
    else {
        panic!("no resend")
    };
    assert_eq!(orders.len(), 1);
    assert_eq!(orders[0].outgoing.destination, "shop.events");
    assert_eq!(orders[0].outgoing.key, "order.created");
    assert_eq!(
        orders[0].outgoing.properties.headers.as_deref(),
        Some(&[][..]),
        "death headers are left out"
    );
    let original = orders[0].original;
    window.tell(Update::Source(
        SourceId::FIRST,
        SourceUpdate::Moved {
            request,
            moved: vec![(original, MoveOutcome::Resent)],
        },
    ));
    window.tell(Update::Source(
        SourceId::FIRST,
        SourceUpdate::JobDone {
            request,
            problem: None,
            sum: None,
        },
    ));
    window.assert_sees("1 of 1 resent");
    assert_eq!(window.rows().len(), 1);
}

#[test]
fn marked_messages_are_resent_together_and_what_stays_says_why() {
    let mut window = Window::connected();
    peek(&mut window, &["1", "2"]);
    window.click(Role::CheckBox, "Mark message 2, order.created");
    window.in_resend_menu("Resend 1 unchanged");
    let Command::Source(
        _,
        SourceCommand::Resend {
            request,
            which: Which::These(orders),
            ..
        },
    ) = window.take_last()
    else {
        panic!("no resend")
    };
    assert_eq!(orders.len(), 1);
    assert_eq!(orders[0].outgoing.body, b"2");
    let outcome = MoveOutcome::Kept("No queue took it".into());
    window.tell(Update::Source(
        SourceId::FIRST,
        SourceUpdate::Moved {
            request,
            moved: vec![(orders[0].original, outcome)],
        },
    ));
    window.tell(Update::Source(
        SourceId::FIRST,
        SourceUpdate::JobDone {
            request,
            problem: None,
            sum: None,
        },
    ));
    window.assert_sees("0 of 1 resent, 1 stayed in the queue");
    window.assert_sees("No queue took it");
    assert_eq!(window.rows().len(), 2);
}

#[test]
fn discarding_asks_in_words_first() {
    let mut window = Window::connected();
    peek(&mut window, &["1", "2"]);
    let row = window.rows().remove(0);
    window.click(Role::Row, &row);
    window.press("More");
    window.press("Discard");
    window.assert_sees("Discard 1 message?");
    assert!(!window.sees("journal.sqlite"), "nobody said where it is");
    window.tell(Update::Desk(DeskUpdate::Places(Places {
        journal: Some("/elsewhere/journal.sqlite".into()),
        ..Places::default()
    })));
    window.assert_sees("/elsewhere/journal.sqlite");
    window.press("Cancel");
    assert!(!window.last().contains("Discard"));
    window.press("More");
    window.press("Discard");
    window.press("Discard 1 message");
    assert!(window.last().contains("Discard"));
}

#[test]
fn a_peek_that_fails_says_why() {
    let mut window = Window::connected();
    window.tab("Dead letters");
    window.type_into("Queue", "absent");
    window.press("Open");
    let Command::Source(_, SourceCommand::Peek { request, queue, .. }) = window.take_last() else {
        panic!("no peek")
    };
    assert_eq!(queue, "absent");
    let result = Err("There is no queue absent".to_owned());
    window.tell(Update::Source(
        SourceId::FIRST,
        SourceUpdate::Peeked { request, result },
    ));
    window.assert_sees("There is no queue absent");
}

#[test]
fn a_group_says_what_its_messages_have_and_those_that_passed_have_not() {
    let mut window = Window::connected();
    window.tab("Live");
    let tap = start_tap(&mut window);
    let mut passed = (*event("order.created", r#"{"amount":3,"n":1}"#)).clone();
    passed.received_at -= chrono::TimeDelta::minutes(1);
    window.receive(tap, &[passed.into()]);
    window.tab("Dead letters");
    window.tab("Groups");
    window.assert_sees("Nothing to group yet");
    window.tab("Queues");
    peek(&mut window, &[r#"{"amount":"1"}"#, r#"{"amount":"2"}"#]);
    window.tab("Groups");
    window.wait_for_text("rejected (2)");
    window.assert_sees("All 2 messages of the queue");
    window.click(Role::ListBoxOption, "rejected (2)");
    window.wait_for_text("2 of 2 dead have data.amount as text; 0 of 1 that passed");
    window.in_resend_menu("Resend group");
    let Command::Source(
        _,
        SourceCommand::Resend {
            which: Which::These(orders),
            ..
        },
    ) = window.take_last()
    else {
        panic!("no resend")
    };
    assert_eq!(orders.len(), 2);
    window.press("Mark in queue");
    assert_eq!(window.rows().len(), 2);
}

#[test]
fn three_columns_say_what_a_resend_changes_and_why() {
    let mut window = Window::connected();
    peek(&mut window, &["1", "2"]);
    let row = window.rows().remove(0);
    window.click(Role::Row, &row);
    window.type_into("Payload", " ");
    window.tab("What is sent");
    window.assert_sees("As first published");
    window.assert_sees("The broker wrote it when the message died; a resend starts over");
    window.assert_sees("Edited");
}

#[test]
fn one_target_is_named_for_many() {
    let mut window = Window::connected();
    peek(&mut window, &["1", "2"]);
    window.press("Resend menu");
    window.click(Role::RadioButton, "Another target");
    window.type_into("To exchange", "shop.events");
    window.type_into("With key", "order.again");
    // A target that was chosen is asked about before all of a queue goes there.
    window.press("Resend all");
    window.assert_sees("Target: another target");
    window.press("Resend 2 messages");
    let Command::Source(
        _,
        SourceCommand::Resend {
            which: Which::Whole { manner, .. },
            ..
        },
    ) = window.take_last()
    else {
        panic!("no resend")
    };
    let named = Target::Elsewhere {
        exchange: "shop.events".into(),
        routing_key: "order.again".into(),
    };
    assert_eq!(manner.target, named);
    // Another queue begins with the usual target.
    window.type_into("Queue", "other.dead");
    window.press("Open");
    let choice = window.harness.state().state().front.dead.choice;
    assert_eq!(choice, TargetChoice::Origin);
}

#[test]
fn a_retry_loop_stands_apart_and_counts_for_nothing() {
    let mut window = Window::connected();
    window.tab("Dead letters");
    let mut topology = crate::shop();
    let wait = Queue {
        kind: "classic".into(),
        ready: Some(12),
        drops: vec![Dropping::Expired],
        message_ttl: Some(36_000_000),
        dead_letter_exchange: Some(String::new()),
        dead_letter_routing_key: Some("pay.work".into()),
        ..Queue::named("pay.wait")
    };
    let work = Queue {
        ready: Some(40),
        dead_letter_exchange: Some(String::new()),
        dead_letter_routing_key: Some("pay.wait".into()),
        ..Queue::named("pay.work")
    };
    topology.queues.extend([wait, work]);
    let again = topology.clone();
    window.tell(Update::Source(
        SourceId::FIRST,
        SourceUpdate::Topology(topology),
    ));
    window.assert_sees("RETRY LOOPS AND DELAYS");
    window.click(Role::ListBoxOption, "pay.wait (12)");
    assert!(window.last().contains("pay.wait"), "it can be opened");
    window.tell(Update::Source(
        SourceId::FIRST,
        SourceUpdate::Topology(again),
    ));
    let rows = window
        .harness
        .query_all_by_role_and_label(Role::ListBoxOption, "pay.wait (12)");
    assert_eq!(rows.count(), 1, "it stands in its own section only");
    assert!(!window.sees("pay.work (40)"));
}

#[test]
fn the_columns_of_dead_letters_are_called_as_the_broker_calls_them() {
    let mut window = Window::connected();
    peek(&mut window, &["{}"]);
    for name in ["Reason", "Routing key", "First died", "Died in", "Summary"] {
        window.assert_sees(name);
    }
    assert!(window.harness.query_by_label("Key").is_none());
}
