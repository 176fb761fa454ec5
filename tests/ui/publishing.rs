//! Publishing by hand: the editor, the question about a broken event, drafts and their history, errors
//! at their fields, variables and series.

use std::sync::Arc;

use eframe::egui::accesskit::Role;
use eframe::egui::{Key, Modifiers};
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use eventscope::event::draft::Field;
use eventscope::event::draft::series::SeriesTally;
use eventscope::event::source_id::SourceId;
use eventscope::event::{BodyDraft, Outgoing};
use eventscope::protocol::{Command, DeskUpdate, SourceCommand, SourceUpdate, Update};
use eventscope::schema::{Catalog, SchemaSource};
use eventscope::state::{Action, Screen};

use crate::{Window, event};

fn publish() -> Window {
    let mut window = Window::sized(1280.0, 1900.0);
    window.connect();
    window.tab("Publish");
    window
}

impl Window {
    fn payload(&self) -> String {
        let node = self
            .harness
            .get_by_role_and_label(Role::MultilineTextInput, "Payload");
        node.accesskit_node().value().unwrap_or_default()
    }

    fn published(&mut self) -> Outgoing {
        let Command::Source(_, SourceCommand::Publish { outgoing, .. }) = self.take_last() else {
            panic!("no publish")
        };
        outgoing
    }

    fn is_silent(&self) -> bool {
        self.commands.borrow().is_empty()
    }
}

#[test]
fn a_broken_event_is_asked_about_once() {
    let mut window = publish();
    window.type_into("Payload", "{\"a\": tru}");
    window.press("Publish event");
    assert!(window.is_silent(), "it was sent without a question");
    window.assert_sees("Publish a broken event? Not valid JSON. Line 1, column 10");
    window.press("Back to the form");
    assert!(window.is_silent() && !window.sees("Publish broken event"));
    window.press("Publish event");
    window.press("Publish broken event");
    assert_eq!(window.published().body, b"{\"a\": tru}");
    window.press("Publish event");
    assert_eq!(window.published().body, b"{\"a\": tru}", "not asked twice");
    window.type_into("Payload", " ");
    window.press("Publish event");
    assert!(window.is_silent(), "another text is another event");
}

#[test]
fn a_click_on_the_fault_leads_to_its_place() {
    let mut window = publish();
    window.type_into("Payload", "{\"a\": x, \"b\": 2}");
    let link = "Line 1, column 7: This is no value. Texts need double quotes";
    window.click(Role::Link, link);
    // The cursor stands before what is wrong.
    window
        .harness
        .get_by_role_and_label(Role::MultilineTextInput, "Payload")
        .type_text("1");
    window.frames();
    assert_eq!(window.payload(), "{\"a\": 1x, \"b\": 2}");
}

#[test]
fn the_search_of_the_editor_goes_from_match_to_match() {
    let mut window = publish();
    window.type_into("Payload", "{\"order\": \"ORDER\", \"b\": \"order\"}");
    window
        .harness
        .key_press_modifiers(Modifiers::COMMAND, Key::F);
    window.frames();
    window.assert_sees("Publish a test event");
    window.type_into("Find", "order");
    window.assert_sees("1 of 3");
    window.press("Next match");
    window.assert_sees("2 of 3");
    window.press("Previous match");
    window.press("Previous match");
    window.assert_sees("3 of 3");
    window.press("Close search");
    assert!(!window.sees("Next match"));
}

#[test]
fn a_line_is_numbered_once_and_a_uuid_stays_on_one_row() {
    let mut window = publish();
    let id = "0b5c9c58-3b5e-4f6c-9d3e-0f2a6f1f7a10";
    let text = format!("{{\"a\":\"{id}\",\"b\":\"{id}\",\"c\":\"{id}\",\"d\":\"{id}\"}}");
    window.type_into("Payload", &text);
    assert_eq!(window.payload(), text, "wrapping changes nothing");
}

#[test]
fn another_draft_comes_with_a_way_back() {
    let mut window = publish();
    window.type_into("Payload", "{\"mine\": 1}");
    let loaded = event("order.created", "{\"theirs\": 2}");
    window.harness.state_mut().act(Action::LoadEvent(loaded));
    window.frames();
    assert_eq!(window.payload(), "{\"theirs\": 2}");
    window.press("Undo");
    assert_eq!(window.payload(), "{\"mine\": 1}");
    window.press("Redo");
    assert_eq!(window.payload(), "{\"theirs\": 2}");
    assert_eq!(window.harness.state().state().screen, Screen::Publish);
}

#[test]
fn a_sent_event_is_used_as_a_draft_or_published_again() {
    let mut window = publish();
    window.type_into("Payload", "{\"n\": 1}");
    window.press("Publish event");
    let first = window.published();
    window.type_into("Payload", " ");
    window.press("Publish again");
    assert_eq!(window.published(), first, "as it was");
    assert_ne!(window.payload(), "{\"n\": 1}", "the form is left alone");
    let node = window
        .harness
        .get_all_by_role_and_label(Role::Button, "Use as draft");
    node.into_iter().next().expect("a button").click();
    window.frames();
    assert_eq!(window.payload(), "{\"n\": 1}");
    assert!(window.is_silent(), "nothing is published by it");
}

#[test]
fn an_empty_header_row_is_none_and_a_nameless_one_is_told_of_where_it_is() {
    let mut window = publish();
    window.press("Add header");
    window.press("Add header");
    window.press("Publish event");
    assert_eq!(window.published().properties.headers, None);
    window.type_into("Header 2 value", "x");
    window.press("Publish event");
    assert!(window.is_silent());
    window.assert_sees("Has no name");
    window.click(Role::Link, "Header has no name");
    window.type_into("Header 2 name", "x-n");
    window.press("Publish event");
    let headers = window.published().properties.headers.expect("headers");
    assert_eq!(headers.len(), 1);
}

#[test]
fn variables_are_replaced_unless_that_is_switched_off() {
    let mut window = publish();
    window.type_into("Routing key", "order.{{seq}}");
    window.type_into("Payload", "{\"id\": \"{{id}}\", \"n\": {{random 5 5}}}");
    window.assert_sees("Valid JSON");
    window.press("Publish event");
    let sent = window.published();
    assert_eq!(sent.key, "order.1");
    let body = String::from_utf8(sent.body).expect("text");
    assert!(body.contains("\"n\": 5") && !body.contains("{{"), "{body}");
    window.click(Role::CheckBox, "Replace variables when it is sent");
    window.assert_sees("Not valid JSON");
    window.press("Publish event");
    window.press("Publish broken event");
    assert_eq!(window.published().key, "order.{{seq}}");
}

#[test]
fn a_series_is_counted_and_can_be_stopped() {
    let mut window = publish();
    window.type_into("Payload", "{\"n\": {{seq}}}");
    window.harness.get_by_label("Publish many times").click();
    window.frames();
    window.press("Publish series");
    let Command::Source(_, SourceCommand::PublishSeries { request, series }) = window.take_last()
    else {
        panic!("no series")
    };
    assert_eq!(
        (series.count, series.per_second.map(u32::from)),
        (10, Some(5))
    );
    let mut tally = SeriesTally {
        routed: 3,
        ..SeriesTally::default()
    };
    window.tell(Update::Source(
        SourceId::FIRST,
        SourceUpdate::SeriesAt {
            request,
            tally: tally.clone(),
        },
    ));
    window.assert_sees("Series: 3 of 10 published, 3 routed");
    window.press("Stop series");
    let Command::Source(_, SourceCommand::StopJob(stopped)) = window.take_last() else {
        panic!("not stopped")
    };
    assert_eq!(stopped, request);
    tally.not_routed = 1;
    tally.trouble = Some("312 NO_ROUTE".into());
    window.tell(Update::Source(
        SourceId::FIRST,
        SourceUpdate::SeriesDone {
            request,
            tally: Some(tally),
            problem: Some("Stopped".into()),
        },
    ));
    let words = "Series: 4 of 10 published, 3 routed, 1 not routed. Stopped. 312 NO_ROUTE";
    window.assert_sees(words);
    assert!(!window.sees("Stop series"));
    // It is one entry of the history, which brings all of it back.
    let rows = window.rows();
    assert_eq!(rows.len(), 1, "{rows:?}");
    assert!(rows[0].contains(words), "{rows:?}");
    window.type_into("Payload", " ");
    window.press("Use as draft");
    assert_eq!(window.payload(), "{\"n\": {{seq}}}");
    window.press("Publish again");
    assert!(window.last().contains("PublishSeries"), "{}", window.last());
}

#[test]
fn the_same_id_twice_is_warned_about() {
    let mut window = publish();
    window.type_into("Payload", "{}");
    window.type_into("Message id", "m-1");
    window.harness.get_by_label("Publish many times").click();
    window.frames();
    window.assert_sees("All of them have the id m-1");
    assert!(!window.sees("was sent at"));
    window.press("Publish event");
    assert!(!window.sees("was sent at"), "it was just sent");
    window.type_into("Payload", " ");
    window.assert_sees("An event with the id m-1 was sent at");
    window
        .harness
        .state_mut()
        .forms_mut()
        .draft
        .set(Field::MessageId, "{{uuid}}");
    window.frames();
    assert!(!window.sees("was sent at") && !window.sees("All of them have"));
}

#[test]
fn the_form_of_a_cloud_event_is_about_its_data() {
    let mut window = publish();
    let schema =
        r#"{"type":"object","properties":{"amount":{"type":"number"}},"required":["amount"]}"#;
    let source = SchemaSource {
        event_type: "order.created".into(),
        version: "1".into(),
        file: "1.schema.json".into(),
        text: schema.into(),
    };
    let catalog = Catalog::new("/schemas".into(), vec![source]);
    window.tell(Update::Desk(DeskUpdate::Schemas(Ok(Arc::new(catalog)))));
    let envelope = r#"{"specversion":"1.0","type":"order.created","id":"e-1","data":{"amount":1}}"#;
    let draft = &mut window.harness.state_mut().forms_mut().draft;
    draft.body = BodyDraft::Text(envelope.into());
    window.frames();
    window.tab("Form");
    window.assert_sees("The fields of data. What stands around it is edited in Raw");
    assert!(!window.sees("Remove specversion"));
    let field = window
        .harness
        .get_by_role_and_label(Role::TextInput, "amount");
    field.focus();
    window.harness.run_steps(2);
    window
        .harness
        .key_press_modifiers(Modifiers::COMMAND, Key::A);
    window.type_into("amount", "2.50");
    window.tab("Raw");
    assert_eq!(window.payload(), envelope.replace(":1}", ":2.50}"));
}

#[test]
fn fields_use_the_width_and_none_lies_outside() {
    for (width, least) in [(760.0, 560.0), (1_920.0, 900.0)] {
        let mut window = Window::sized(width, 1_900.0);
        window.connect();
        window.tab("Publish");
        let payload = window
            .harness
            .get_by_role_and_label(Role::MultilineTextInput, "Payload");
        let rect = payload.rect();
        assert!(
            rect.width() > least && rect.right() < width,
            "{width}: {rect:?}"
        );
        let field = window
            .harness
            .get_by_role_and_label(Role::TextInput, "App id");
        assert!(field.rect().width() > 110.0, "{width}: {:?}", field.rect());
    }
}

#[test]
fn in_a_narrow_window_the_history_is_a_click_away() {
    let mut window = Window::sized(760.0, 900.0);
    window.connect();
    window.tab("Publish");
    window.type_into("Payload", "{}");
    window.press("Publish event");
    assert!(window.rows().is_empty());
    window.press("History");
    assert_eq!(window.rows().len(), 1);
    window.press("Use as draft");
    assert!(window.rows().is_empty(), "the form is shown with it");
}

#[test]
fn a_payload_that_is_too_large_for_the_editor_says_so_and_is_sent() {
    let mut window = publish();
    let text = format!("[{}1]", "12345678, ".repeat(60_000));
    window.type_into("Payload", &text);
    window.assert_sees("are too much to be edited here, and are sent as they are");
    window.press("Publish event");
    assert_eq!(window.published().body.len(), text.len());
    window.press("Empty payload");
    assert_eq!(window.payload(), "");
    window.press("Undo");
    window.assert_sees("are too much to be edited here");
}

fn on_production() -> Window {
    let mut window = Window::sized(1280.0, 1900.0);
    let form = &mut window.harness.state_mut().forms_mut().connect;
    form.is_production = true;
    window.harness.state_mut().act(Action::Connect);
    window.connect();
    window.tab("Publish");
    window.commands.borrow_mut().clear();
    window.type_into("Payload", "{}");
    window
}

#[test]
fn what_goes_to_production_is_asked_about_each_time() {
    let mut window = on_production();
    window.press("Publish event");
    assert!(window.is_silent(), "it was sent without a question");
    window.assert_sees("is production");
    window.press("Back to the form");
    window.press("Publish event");
    window.press("Publish to production");
    assert_eq!(window.published().body, b"{}");
    window.commands.borrow_mut().clear();
    window.press("Publish again");
    assert!(window.is_silent(), "it was sent again without a question");
    window.press("Do not publish again");
    window.press("Publish again");
    window.press("Publish again to production");
    assert_eq!(window.published().body, b"{}");
}

/// What a key costs in a large payload: `cargo test --test ui -- --ignored a_key_costs --nocapture`.
#[test]
#[ignore = "measures"]
#[expect(clippy::print_stdout, reason = "it is what it measured")]
fn what_a_key_costs_in_a_large_payload() {
    for kilobytes in [25, 50, 99] {
        for lines in [false, true] {
            let mut window = publish();
            let item = if lines {
                "{\"a\": \"ä b\"},\n"
            } else {
                "{\"a\": \"ä b\"}, "
            };
            let text = format!("[{}1]", item.repeat(kilobytes * 1_000 / item.len()));
            window.type_into("Payload", &text);
            let begun = std::time::Instant::now();
            for _ in 0..5 {
                window.type_into("Payload", "1");
            }
            let each = begun.elapsed() / 5;
            println!("{kilobytes} kB, many lines {lines}: {each:?} for a key and 6 frames");
        }
    }
}
