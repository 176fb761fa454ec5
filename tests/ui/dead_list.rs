//! Going through the dead letters of a queue: find, filter, sort, close, go on to the next, and the way
//! to what belongs to one.

use chrono::TimeDelta;
use eframe::egui::Key;
use eframe::egui::accesskit::Role;
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use eventscope::event::source_id::SourceId;
use eventscope::protocol::{Command, MoveOutcome, SourceCommand, SourceUpdate, Update, Which};
use eventscope::state::Screen;

use crate::{Window, dead_letter, event, peek, peek_events, start_tap};

const BODIES: [&str; 3] = [
    r#"{"eventId":"e-1","data":{"total":20}}"#,
    r#"{"eventId":"e-2","data":{"total":30}}"#,
    r#"{"eventId":"e-3","data":{"total":10}}"#,
];

fn ids(window: &Window) -> Vec<String> {
    let rows = window.rows().into_iter();
    rows.filter_map(|row| Some(row.split(' ').nth(1)?.to_owned()))
        .collect()
}

fn open_first(window: &mut Window) {
    let row = window.rows().remove(0);
    window.click(Role::Row, &row);
}

fn is_open(window: &Window) -> bool {
    window
        .harness
        .query_by_role_and_label(Role::Button, "Close message")
        .is_some()
}

/// Answers the last resend: all of it was sent.
fn all_resent(window: &mut Window) -> usize {
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
    let moved = orders.iter().map(|one| (one.original, MoveOutcome::Resent));
    let moved: Vec<_> = moved.collect();
    let count = moved.len();
    for update in [
        SourceUpdate::Moved { request, moved },
        SourceUpdate::JobDone {
            request,
            problem: None,
            sum: None,
        },
    ] {
        window.tell(Update::Source(SourceId::FIRST, update));
    }
    count
}

#[test]
fn a_filter_leaves_messages_out_and_says_how_many() {
    let mut window = Window::connected();
    peek(&mut window, &BODIES);
    window.type_into("Filter messages", "data.total>15");
    assert_eq!(ids(&window), ["e-1", "e-2"]);
    window.assert_sees("2 of 3");
    // What is edited by rule is what is listed.
    window.press("Edit by rule…");
    window.assert_sees("2 messages of orders.dead");
    window.press("Back");
    // The whole queue is more than what is listed.
    window.press("Resend menu");
    window.press("Resend all");
    window.assert_sees("The filter hides 1 message, which would be sent too");
    window.press("Cancel");
    window.type_into("Filter messages", " (");
    window.assert_sees("Until then this filter is in force: data.total>15");
    assert_eq!(window.rows().len(), 2);
    window.press("Clear filter");
    assert_eq!(window.rows().len(), 3);
}

#[test]
fn a_filter_that_nothing_matches_says_so() {
    let mut window = Window::connected();
    peek(&mut window, &BODIES);
    window.type_into("Filter messages", "nowhere");
    window.assert_sees("No message matches");
}

#[test]
fn a_column_sorts_and_the_next_message_is_the_next_in_the_list() {
    let mut window = Window::connected();
    peek(&mut window, &BODIES);
    window.click(Role::ColumnHeader, "Summary");
    assert_eq!(ids(&window), ["e-3", "e-1", "e-2"]);
    open_first(&mut window);
    window.press("Resend");
    assert_eq!(all_resent(&mut window), 1);
    assert_eq!(ids(&window), ["e-1", "e-2"]);
    let selected = window.harness.state().state().front.dead.selected;
    assert_eq!(selected, Some(0), "e-1 lies first in the queue by now");
    assert!(is_open(&window));
    window.click(Role::ColumnHeader, "Summary ↑");
    assert_eq!(ids(&window), ["e-2", "e-1"]);
}

#[test]
fn what_a_framework_wrote_has_a_column_of_its_own() {
    let mut window = Window::connected();
    let mut one = (*dead_letter("{}")).clone();
    let headers = one.properties.headers.get_or_insert_default();
    let text = "Order 7 not found".to_owned();
    headers.push((
        "x-exception-message".into(),
        eventscope::event::amqp::FieldValue::Text(text),
    ));
    peek_events(&mut window, vec![one.into(), dead_letter("2")]);
    window.click(Role::ColumnHeader, "Exception");
    let rows = window.rows();
    assert!(rows[1].contains("Order 7 not found"), "{rows:?}");
}

#[test]
fn the_message_is_closed_by_its_cross_and_by_escape() {
    let mut window = Window::connected();
    peek(&mut window, &BODIES);
    open_first(&mut window);
    window.press("Close message");
    assert!(!is_open(&window));
    open_first(&mut window);
    // A menu is closed first.
    window.press("Resend menu");
    window.harness.key_press(Key::Escape);
    window.frames();
    assert!(is_open(&window));
    window.harness.key_press(Key::Escape);
    window.frames();
    assert!(!is_open(&window));
}

#[test]
fn in_a_small_window_the_message_stands_over_the_list_and_gives_it_back() {
    let mut window = Window::sized(760.0, 500.0);
    window.connect();
    peek(&mut window, &BODIES);
    for button in ["Peek", "Resend menu", "More"] {
        let button = window.harness.get_by_role_and_label(Role::Button, button);
        let at = button.rect();
        assert!(at.right() <= 760.0 && at.width() > 8.0, "{at:?}");
    }
    assert_eq!(window.rows().len(), 3);
    open_first(&mut window);
    assert!(is_open(&window));
    assert!(window.rows().is_empty());
    let field = window
        .harness
        .get_by_role_and_label(Role::MultilineTextInput, "Payload");
    assert!(field.rect().width() > 250.0, "{:?}", field.rect());
    window.press("Close message");
    assert_eq!(window.rows().len(), 3);
}

#[test]
fn in_a_window_of_middle_size_the_message_stands_below_the_list_with_its_payload() {
    let mut window = Window::sized(1_000.0, 680.0);
    window.connect();
    peek(&mut window, &BODIES);
    open_first(&mut window);
    assert_eq!(window.rows().len(), 3, "the list is there too");
    let payload = window
        .harness
        .get_by_role_and_label(Role::MultilineTextInput, "Payload");
    let resend = window.harness.get_by_role_and_label(Role::Button, "Resend");
    for part in [payload.rect(), resend.rect()] {
        assert!(part.top() > 0.0 && part.top() < 600.0, "{part:?}");
    }
}

#[test]
fn space_marks_the_row_that_has_the_focus() {
    let mut window = Window::connected();
    peek(&mut window, &BODIES);
    let row = window.rows().remove(1);
    let node = window.harness.get_by_role_and_label(Role::Row, &row);
    node.focus();
    window.frames();
    window.harness.key_press(Key::Space);
    window.frames();
    window.assert_sees("1 marked");
    assert!(!is_open(&window));
}

#[test]
fn a_result_leads_to_what_was_sent_and_can_be_put_away() {
    let mut window = Window::connected();
    peek(&mut window, &BODIES);
    open_first(&mut window);
    window.press("Resend");
    all_resent(&mut window);
    window.assert_sees("1 of 1 resent");
    window.press("Show what was sent");
    assert_eq!(window.harness.state().state().screen, Screen::Live);
    let filter = &window.harness.state_mut().forms_mut().filter;
    assert_eq!(filter, r#"id="e-1""#);
    window.tab("Dead letters");
    window.press("Dismiss result");
    assert!(!window.sees("1 of 1 resent"));
}

#[test]
fn a_message_leads_to_its_event_in_the_stream() {
    let mut window = Window::connected();
    peek(&mut window, &BODIES);
    open_first(&mut window);
    window.press("Find in Live");
    assert_eq!(window.harness.state().state().screen, Screen::Live);
    let filter = &window.harness.state_mut().forms_mut().filter;
    assert_eq!(filter, r#"id="e-1""#);
}

#[test]
fn what_the_dead_have_otherwise_is_a_rule_by_one_click() {
    let mut window = Window::connected();
    window.tab("Live");
    let tap = start_tap(&mut window);
    let mut passed = (*event("order.created", r#"{"amount":3}"#)).clone();
    passed.received_at -= TimeDelta::minutes(1);
    window.receive(tap, &[passed.into()]);
    peek(&mut window, &[r#"{"amount":"1"}"#, r#"{"amount":"2"}"#]);
    window.tab("Groups");
    window.wait_for_text("rejected (2)");
    window.click(Role::ListBoxOption, "rejected (2)");
    window.wait_for_text("Convert data.amount from text to number");
    window.press("Convert data.amount from text to number");
    window.wait_for_text("2 changed");
    let rows = window.rows();
    assert!(rows[0].contains(r#"data.amount: "1" → 1"#), "{rows:?}");
}

#[test]
fn what_the_person_changed_stands_first_in_what_is_sent() {
    let mut window = Window::connected();
    peek(&mut window, &[r#"{"amount":"1"}"#, "2"]);
    open_first(&mut window);
    let editor = window.harness.state_mut().forms_mut().editor.as_mut();
    let typed = r#"{"amount":1}"#.to_owned();
    editor.expect("an editor").draft.body = eventscope::event::BodyDraft::Text(typed);
    window.tab("What is sent");
    let top = |window: &Window, label: &str| {
        let node = window.harness.get_by_label(label);
        node.rect().top()
    };
    assert!(top(&window, "data.amount") < top(&window, "header x-death"));
    assert!(top(&window, "WHAT YOU CHANGED") < top(&window, "WHAT A RESEND CHANGES"));
}

#[test]
fn a_payload_is_formatted_by_a_click() {
    let mut window = Window::connected();
    peek(&mut window, &[r#"{"a":1}"#, r#"{"data":{"amount":"1"}}"#]);
    let row = window.rows().remove(1);
    window.click(Role::Row, &row);
    window.press("Format JSON");
    for _ in 0..20 {
        window.frames();
    }
    let field = window
        .harness
        .get_by_role_and_label(Role::MultilineTextInput, "Payload");
    let text = field.accesskit_node().value().unwrap_or_default();
    assert!(text.contains("\n  \"data\""), "{text}");
}

#[test]
fn broken_json_is_not_sent_by_the_usual_button() {
    let mut window = Window::connected();
    peek(&mut window, &BODIES);
    open_first(&mut window);
    window.type_into("Payload", "zzz");
    assert!(
        window
            .harness
            .query_by_role_and_label(Role::Button, "Resend")
            .is_none()
    );
    window.press("Resend broken JSON");
    assert!(matches!(
        window.take_last(),
        Command::Source(_, SourceCommand::Resend { .. })
    ));
}

#[test]
fn in_production_all_of_a_queue_is_asked_about() {
    let mut window = Window::new();
    let form = &mut window.harness.state_mut().forms_mut().connect;
    form.is_production = true;
    window.press("Connect");
    window.connect();
    peek(&mut window, &BODIES[..2]);
    window.press("Resend menu");
    window.press("Resend all");
    window.assert_sees("is production");
    window.press("Resend 2 messages");
    assert!(matches!(
        window.take_last(),
        Command::Source(_, SourceCommand::Resend { .. })
    ));
}

#[test]
fn the_next_message_is_not_sent_by_a_click_that_was_meant_for_the_one_before() {
    let mut window = Window::connected();
    peek(&mut window, &BODIES);
    open_first(&mut window);
    window.press("Resend");
    all_resent(&mut window);
    assert!(is_open(&window), "the next message");
    let resend = window.harness.get_by_role_and_label(Role::Button, "Resend");
    assert!(resend.accesskit_node().is_disabled());
}

#[test]
fn reason_and_queue_are_words_of_the_filter_and_are_completed() {
    let mut window = Window::connected();
    peek(&mut window, &BODIES);
    window.type_into("Filter messages", "rea");
    window.assert_sees("reason:");
    window.type_into("Filter messages", "son:");
    window.assert_sees("reason: is not finished, so it filters nothing yet");
    assert_eq!(window.rows().len(), 3);
    assert!(!window.sees("Until then"));
    window.assert_sees("rejected");
    window.type_into("Filter messages", "expired");
    window.assert_sees("No message matches");
    window.harness.state_mut().forms_mut().dead_filter.clear();
    window.type_into("Filter messages", "reason:rejected queue:orders");
    assert_eq!(window.rows().len(), 3);
}

#[test]
fn one_message_goes_only_to_the_queue_that_failed_and_back() {
    let mut window = Window::connected();
    peek(&mut window, &BODIES);
    let row = window.rows().remove(0);
    window.click(Role::Row, &row);
    let target = |window: &mut Window| {
        let draft = &window.harness.state_mut().forms_mut().editor;
        let draft = &draft.as_ref().expect("an editor").draft;
        (draft.destination.clone(), draft.key.clone())
    };
    assert_eq!(
        target(&mut window),
        ("shop.events".into(), "order.created".into())
    );
    window.type_into("Payload", " ");
    window.press("Only the queue that failed");
    assert_eq!(target(&mut window), (String::new(), "orders".into()));
    window.press("Resend");
    let Command::Source(_, SourceCommand::Resend { which, .. }) = window.take_last() else {
        panic!("nothing was sent")
    };
    let Which::These(orders) = which else {
        panic!("{which:?}")
    };
    assert_eq!(orders[0].outgoing.key, "orders");
    assert!(orders[0].outgoing.body.ends_with(b" "), "the edit stays");
}

#[test]
fn the_choice_for_one_message_ends_with_revert_all() {
    let mut window = Window::connected();
    peek(&mut window, &BODIES);
    let row = window.rows().remove(0);
    window.click(Role::Row, &row);
    window.press("Only the queue that failed");
    window.press("Revert all");
    let editor = window.harness.state_mut().forms_mut().editor.clone();
    let editor = editor.expect("an editor");
    assert_eq!(editor.draft.key, "order.created");
    assert!(!editor.is_edited());
}

#[test]
fn a_live_event_leads_to_the_dead_letter_of_the_same_id() {
    let mut window = Window::connected();
    peek(&mut window, &BODIES);
    window.type_into("Filter messages", "e-1");
    window.tab("Live");
    let tap = start_tap(&mut window);
    window.receive(
        tap,
        &[
            event("a.b", BODIES[1]),
            event("c.d", r#"{"eventId":"e-9"}"#),
        ],
    );
    let rows = window.rows();
    window.click(Role::Row, &rows[1]);
    assert!(!window.sees("Open dead letter"));
    window.click(Role::Row, &rows[0]);
    window.press("Open dead letter");
    assert_eq!(window.harness.state().state().screen, Screen::DeadLetters);
    assert!(is_open(&window));
    let selected = window.harness.state().state().front.dead.selected;
    assert_eq!(selected, Some(1));
    assert_eq!(window.rows().len(), 3, "the filter hid it");
}

#[test]
fn the_queue_is_counted_as_it_is_after_a_job() {
    let mut window = Window::connected();
    peek(&mut window, &BODIES);
    open_first(&mut window);
    window.press("Resend");
    assert_eq!(all_resent(&mut window), 1);
    window
        .harness
        .get_by_role_and_label(Role::ListBoxOption, "orders.dead (1)");
    // The broker still tells its count of before.
    window.tell(Update::Source(
        SourceId::FIRST,
        SourceUpdate::Topology(crate::shop()),
    ));
    window
        .harness
        .get_by_role_and_label(Role::ListBoxOption, "orders.dead (1)");
}
