//! Many dead letters edited by rule, and the way back in the editor.

use eframe::egui::accesskit::Role;
use eframe::egui::{Key, Modifiers};
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use eventscope::event::source_id::SourceId;
use eventscope::protocol::{
    Command, DeskUpdate, MoveOutcome, SourceCommand, SourceUpdate, Update, Which,
};
use eventscope::repair::edit::RuleKind;

use super::schemas::catalog;
use crate::{Window, peek};

const TEXT: &str = r#"{"amount": "12.50", "x": 1.10}"#;

/// Opens three messages, of which two have the amount as text, with one rule for it.
fn with_rule() -> Window {
    let mut window = Window::connected();
    window.tell(Update::Desk(DeskUpdate::Schemas(Ok(catalog()))));
    peek(
        &mut window,
        &[TEXT, r#"{"amount": 3}"#, r#"{"amount":"7"}"#],
    );
    window.press("Edit by rule…");
    window.assert_sees("What shall be changed?");
    window.assert_sees("3 messages of orders.dead");
    window.type_into("Rule 1 field", "data.amount");
    window.wait_for_text("2 changed, 1 not applicable");
    window
}

fn resent(window: &mut Window) -> Vec<Vec<u8>> {
    let Command::Source(
        _,
        SourceCommand::Resend {
            which: Which::These(orders),
            queue,
            ..
        },
    ) = window.take_last()
    else {
        panic!("no resend")
    };
    assert_eq!(queue, "orders.dead");
    orders
        .into_iter()
        .map(|order| order.outgoing.body)
        .collect()
}

#[test]
fn what_a_rule_does_is_shown_before_it_is_sent() {
    let mut window = with_rule();
    let rows = window.rows();
    assert!(
        rows[0].contains(r#"changed data.amount: "12.50" → 12.50"#),
        "{rows:?}"
    );
    assert!(
        rows[1].contains("not applicable data.amount is a number already: 3"),
        "{rows:?}"
    );
    window.assert_sees("2 will be sent");
    window.press("Resend selected");
    let bodies = resent(&mut window);
    assert_eq!(
        bodies,
        [&br#"{"amount": 12.50, "x": 1.10}"#[..], br#"{"amount":7}"#]
    );
}

#[test]
fn one_can_be_left_out_and_how_each_ended_is_said() {
    let mut window = with_rule();
    window.click(Role::CheckBox, "Send order.created 1");
    window.assert_sees("1 will be sent");
    window.press("Canary");
    let Command::Source(
        _,
        SourceCommand::Resend {
            request,
            which: Which::These(orders),
            pace,
            ..
        },
    ) = window.take_last()
    else {
        panic!("no resend")
    };
    assert!(pace.canary.is_some());
    assert_eq!(orders.len(), 1);
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
    assert!(
        window.rows()[2].contains("stayed No queue took it"),
        "{:?}",
        window.rows()
    );
    window.press("Back");
    assert_eq!(window.rows().len(), 3);
}

#[test]
fn nothing_is_sent_while_a_rule_is_wrong() {
    let mut window = with_rule();
    window.type_into("Rule 1 field", "~");
    window.harness.state_mut().forms_mut().rules[0].at = "data..amount".into();
    window.frames();
    window.assert_sees("A field is written as data.amount");
    let button = window
        .harness
        .get_by_role_and_label(Role::Button, "Resend selected");
    assert!(button.accesskit_node().is_disabled());
    window.press("Add rule");
    let forms = window.harness.state_mut().forms_mut();
    forms.rules.remove(0);
    forms.rules[0].at = "/paid".into();
    forms.rules[0].chosen = RuleKind::Set;
    forms.rules[0].value = "yes".into();
    window.frames();
    window.assert_sees("The value is not JSON");
    let forms = window.harness.state_mut().forms_mut();
    forms.rules[0].value = "true".into();
    window.wait_for_text("3 changed");
    assert!(window.rows()[0].contains("data.paid: added true"));
}

#[test]
fn what_was_typed_can_be_undone_and_done_again() {
    let mut window = Window::connected();
    peek(&mut window, &["{}", "2"]);
    let row = window.rows().remove(0);
    window.click(Role::Row, &row);
    let payload = |window: &Window| {
        let node = window
            .harness
            .get_by_role_and_label(Role::MultilineTextInput, "Payload");
        node.value().unwrap_or_default()
    };
    window.type_into("Routing key", "x");
    window.type_into("Payload", " ");
    let edited = payload(&window);
    assert_ne!(edited, "{}");
    window.press("Undo");
    assert_eq!(payload(&window), "{}");
    window
        .harness
        .key_press_modifiers(Modifiers::COMMAND, Key::Y);
    window.frames();
    assert_eq!(payload(&window), edited);
    // Also while the field has the focus, which has an undo of its own.
    window
        .harness
        .get_by_role_and_label(Role::MultilineTextInput, "Payload")
        .focus();
    window.frames();
    for _ in 0..2 {
        window
            .harness
            .key_press_modifiers(Modifiers::COMMAND, Key::Z);
        window.frames();
    }
    let key = |window: &Window| {
        let node = window
            .harness
            .get_by_role_and_label(Role::TextInput, "Routing key");
        node.value().unwrap_or_default()
    };
    assert_eq!(
        (payload(&window).as_str(), key(&window).as_str()),
        ("{}", "order.created")
    );
    window.press("Redo");
    assert_ne!(key(&window), "order.created");
    window.press("Revert all");
    assert_eq!(key(&window), "order.created");
    window.press("Undo");
    assert_ne!(key(&window), "order.created");
}

#[test]
fn what_came_back_says_how_often() {
    let mut window = Window::connected();
    peek(&mut window, &["{}", "2"]);
    let Command::Source(_, SourceCommand::AskReturns(messages)) = window.take_last() else {
        panic!("the journal is not asked")
    };
    window.tell(Update::Source(
        SourceId::FIRST,
        SourceUpdate::CameBack(vec![(messages[1].fingerprint(), 2)]),
    ));
    let rows = window.rows();
    assert!(rows[1].contains("Came back 2 times"), "{rows:?}");
    assert!(!rows[0].contains("Came back"), "{rows:?}");
    window.click(Role::Row, &rows[1]);
    window.assert_sees("Came back 2 times after it was sent again");
}

#[test]
fn an_edit_is_put_to_the_schema_and_to_what_is_known_of_the_broker() {
    let mut window = Window::connected();
    window.tell(Update::Desk(DeskUpdate::Schemas(Ok(catalog()))));
    peek(&mut window, &[TEXT, "2"]);
    let row = window.rows().remove(0);
    window.click(Role::Row, &row);
    window.assert_sees("Claims no version; matches version 2");
    let typed = r#"{"amount": true}"#;
    let forms = window.harness.state_mut().forms_mut();
    let editor = forms.editor.as_mut().expect("an editor");
    editor.draft.body = eventscope::event::BodyDraft::Text(typed.into());
    window.frames();
    window.frames();
    window.assert_sees("Claims no version and matches none");
    let forms = window.harness.state_mut().forms_mut();
    let editor = forms.editor.as_mut().expect("an editor");
    editor.draft.destination = "nowhere".into();
    window.frames();
    window.frames();
    window.assert_sees("There is no exchange nowhere in this virtual host");
}

#[test]
fn a_header_that_is_not_wanted_is_left_out_with_its_reason() {
    let mut window = Window::connected();
    let mut one = (*crate::dead_letter("1")).clone();
    let headers = one.properties.headers.get_or_insert_default();
    headers.push((
        "x-retry".into(),
        eventscope::event::amqp::FieldValue::I32(3),
    ));
    crate::peek_events(&mut window, vec![one.into()]);
    let row = window.rows().remove(0);
    window.click(Role::Row, &row);
    window.press("Resend menu");
    window.click(Role::DisclosureTriangle, "Options");
    window.type_into("Headers that are not sent", "x-retry, other");
    window.press("Resend menu");
    window.tab("What is sent");
    window.assert_sees("You chose under Options that it is not sent");
    window.in_resend_menu("Resend 1 unchanged");
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
    assert_eq!(orders[0].outgoing.properties.headers, Some(Vec::new()));
}

#[test]
fn dead_letters_are_grouped_by_what_their_schema_says() {
    let mut window = Window::connected();
    window.tell(Update::Desk(DeskUpdate::Schemas(Ok(catalog()))));
    peek(&mut window, &[r#"{"amount":true}"#, r#"{"amount":null}"#]);
    window.tab("Groups");
    window.wait_for_text("Claims no version and matches none (2)");
    window.click(Role::ComboBox, "Group by");
    window.click(Role::Button, "Verdict of its schema");
    window.wait_for_text("Claims no version and matches none (2)");
    window.click(
        Role::ListBoxOption,
        "Claims no version and matches none (2)",
    );
    window.press("Edit by rule…");
    window.assert_sees("2 messages of orders.dead");
    window.press("Back");
    window.assert_sees("grouped by verdict of its schema");
}
