//! The card before a tap, the firehose's card, the list of taps, and what the inspector shows of a
//! traced event.

use std::sync::Arc;

use chrono::Utc;
use eframe::egui::accesskit::Role;
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use eventscope::event::Transport;
use eventscope::event::amqp::{AmqpDelivery, Trace, Traced};
use eventscope::event::source_id::SourceId;
use eventscope::event::watching::{Finding, Report, Weight};
use eventscope::protocol::{Command, SourceCommand, SourceUpdate, TapState, Update};

use crate::{Window, ask_tap, event, start_tap};

fn finding(weight: Weight, words: &str) -> Finding {
    Finding {
        weight,
        words: words.to_owned(),
    }
}

fn has_button(window: &Window, name: &str) -> bool {
    window
        .harness
        .query_by_role_and_label(Role::Button, name)
        .is_some()
}

#[test]
fn the_card_tells_what_the_tap_will_do_and_one_click_goes_on() {
    let mut window = Window::connected();
    window.press("Start tap");
    window.assert_sees("Before the tap starts on shop.events");
    window.assert_sees("Looking at the exchange");
    assert!(!has_button(&window, "Start anyway"));
    let Command::Source(
        _,
        SourceCommand::Preflight {
            request,
            destination: exchange,
            keys: binding_keys,
            reading,
        },
    ) = window.take_last()
    else {
        panic!("no card was asked for")
    };
    let report = Report {
        destination: exchange,
        keys: binding_keys,
        queue: vec!["x-overflow = \"drop-head\"".into()],
        findings: vec![finding(
            Weight::Warning,
            "Mandatory publishers are not told",
        )],
        firehose: false,
        reading,
    };
    window.tell(Update::Source(
        SourceId::FIRST,
        SourceUpdate::Preflight { request, report },
    ));
    for text in ["Mandatory publishers are not told", "Careful"] {
        window.assert_sees(text);
    }
    assert!(!window.sees("x-overflow"), "details are folded");
    window.press("Show details");
    window.assert_sees("x-overflow");
    assert!(window.commands.borrow().is_empty(), "nothing has started");
    window.press("Start anyway");
    assert!(window.last().contains("StartTap"), "{}", window.last());
    assert!(!window.sees("Before the tap starts"));
}

#[test]
fn cancel_starts_nothing() {
    let mut window = Window::connected();
    ask_tap(&mut window, |_| {});
    window.press("Cancel");
    assert!(window.commands.borrow().is_empty());
    assert!(!has_button(&window, "Start anyway"));
}

#[test]
fn a_tap_that_would_harm_is_refused_and_leads_to_the_firehose() {
    let mut window = Window::connected();
    window.harness.state_mut().forms_mut().tap.destination = "spread".into();
    ask_tap(&mut window, |report| {
        let words = "It would take messages away from the application";
        report.findings.push(finding(Weight::Refused, words));
        report.firehose = true;
    });
    window.assert_sees("would take messages away from the application");
    assert!(!has_button(&window, "Start anyway"));
    window.press("Use firehose…");
    window.assert_sees("slows the broker down");
    assert!(window.commands.borrow().is_empty(), "not before its card");
    window.press("Switch on firehose");
    let Command::Source(_, SourceCommand::StartFirehose(request)) = window.take_last() else {
        panic!("no firehose")
    };
    assert!(!request.deliveries);
    let queue = "amq.gen-2".to_owned();
    window.tell(Update::Source(
        SourceId::FIRST,
        SourceUpdate::Tap {
            tap: request.tap,
            state: TapState::Running { queue },
        },
    ));
    window
        .harness
        .get_by_role_and_label(Role::CheckBox, "Show Firehose");
    let button = window
        .harness
        .get_by_role_and_label(Role::Button, "Firehose…");
    assert!(button.accesskit_node().is_disabled(), "once is enough");
}

#[test]
fn the_list_shows_hides_and_stops_each_tap() {
    let mut window = Window::connected();
    let first = start_tap(&mut window);
    window.harness.state_mut().forms_mut().tap.destination = "dead".into();
    let second = start_tap(&mut window);
    window.click(Role::CheckBox, "Show shop.events");
    let hidden = window.harness.state().state().taps.hidden();
    assert_eq!(hidden, [first]);
    window.click(Role::CheckBox, "Show shop.events");
    assert!(window.harness.state().state().taps.hidden().is_empty());

    let stop = |window: &mut Window| {
        let mut all = window.harness.query_all_by_role(Role::Button);
        let is_stop = |label: Option<String>| label.as_deref() == Some("Stop tap");
        let node = all.find(|node| is_stop(node.accesskit_node().label()));
        node.expect("a tap to stop").click();
    };
    stop(&mut window);
    window.frames();
    assert!(
        matches!(window.take_last(), Command::Source(_, SourceCommand::StopTap(tap)) if tap == first)
    );
    window.tell(Update::Source(
        SourceId::FIRST,
        SourceUpdate::Tap {
            tap: first,
            state: TapState::Stopped,
        },
    ));
    assert!(!window.sees("Show shop.events") && window.sees("Show dead"));
    window.tell(Update::Source(
        SourceId::FIRST,
        SourceUpdate::Tap {
            tap: second,
            state: TapState::Refused("There is no exchange dead".into()),
        },
    ));
    window.assert_sees("dead: There is no exchange dead");
    window.press("Dismiss tap");
    assert!(!window.sees("There is no exchange dead"));
}

#[test]
fn a_loss_is_told_with_its_times() {
    let mut window = Window::connected();
    let tap = start_tap(&mut window);
    let (from, to) = (Utc::now(), Utc::now());
    window.tell(Update::Source(
        SourceId::FIRST,
        SourceUpdate::Tap {
            tap,
            state: TapState::Overflowing { from, to },
        },
    ));
    window.assert_sees("some not seen");
    window.assert_sees("dropped by the tap some (");
}

#[test]
fn the_inspector_shows_who_published_and_that_a_message_was_lost() {
    let mut window = Window::connected();
    let tap = start_tap(&mut window);
    let traced = |key: &str, fate: Traced| {
        let mut event = (*event(key, "{}")).clone();
        let trace = Some(Box::new(Trace {
            user: "ada".into(),
            connection: "127.0.0.1:40000 -> 127.0.0.1:5672".into(),
            fate,
        }));
        event.transport = Transport::Amqp(AmqpDelivery {
            redelivered: false,
            trace,
        });
        Arc::new(event)
    };
    let events = vec![
        traced("order.lost", Traced::Published(Vec::new())),
        traced("order.kept", Traced::Published(vec!["orders".into()])),
    ];
    window.receive(tap, &events);
    let rows = window.rows();
    window.click(Role::Row, &rows[0]);
    window.assert_sees("No queue took this message: it was lost");
    window.assert_sees("ada over 127.0.0.1:40000");
    window.click(Role::Row, &rows[1]);
    assert!(!window.sees("it was lost"));
    window.assert_sees("Reached");
}

#[test]
fn a_long_card_scrolls_and_leaves_its_buttons_in_sight() {
    let mut window = Window::sized(760.0, 500.0);
    window.connect();
    ask_tap(&mut window, |report| {
        let words = "A sentence that is long enough to need more than one line. ".repeat(4);
        report.findings = vec![finding(Weight::Warning, &words); 20];
        report.queue = vec!["x-overflow = \"drop-head\"".into(); 20];
    });
    window.press("Show details");
    for name in ["Start anyway", "Cancel"] {
        let node = window.harness.get_by_role_and_label(Role::Button, name);
        let rect = node.rect();
        assert!(
            rect.right() <= 760.0 && rect.bottom() <= 470.0,
            "{name} is at {rect:?}"
        );
    }
}
