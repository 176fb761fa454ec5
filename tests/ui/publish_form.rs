//! The payload as a form: fields from a schema, to raw text and back, samples, and publishing.

use std::path::PathBuf;
use std::sync::Arc;

use eframe::egui::accesskit::Role;
use eframe::egui::{Key, Modifiers};
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use eventscope::protocol::{Command, DeskUpdate, SourceCommand, Update};
use eventscope::schema::{Catalog, SchemaSource};
use serde_json::Value;

use crate::Window;

fn source(version: &str, text: &str) -> SchemaSource {
    SchemaSource {
        event_type: "order.created".into(),
        version: version.into(),
        file: format!("{version}.schema.json"),
        text: text.into(),
    }
}

fn catalog() -> Arc<Catalog> {
    let sources = vec![
        source(
            "1",
            include_str!("../../assets/schemas/order.created/1.schema.json"),
        ),
        source(
            "2",
            include_str!("../../assets/schemas/order.created/2.schema.json"),
        ),
        SchemaSource {
            event_type: "old.thing".into(),
            ..source("1", r#"{"type":"record","name":"T","fields":[]}"#)
        },
    ];
    Arc::new(Catalog::new(PathBuf::from("/schemas"), sources))
}

pub(crate) fn form(width: f32, height: f32) -> Window {
    let mut window = Window::sized(width, height);
    window.connect();
    window.tell(Update::Desk(DeskUpdate::Schemas(Ok(catalog()))));
    window.tab("Publish");
    window.type_into("Routing key", "order.created");
    window
}

fn body(window: &mut Window) -> Value {
    window.press("Publish event");
    let Command::Source(_, SourceCommand::Publish { outgoing, .. }) = window.take_last() else {
        panic!("no publish")
    };
    serde_json::from_slice(&outgoing.body).expect("the payload is JSON")
}

fn raw(window: &mut Window) -> String {
    window.tab("Raw");
    let node = window
        .harness
        .get_by_role_and_label(Role::MultilineTextInput, "Payload");
    let text = node.accesskit_node().value().unwrap_or_default();
    window.tab("Form");
    text
}

impl Window {
    fn choose(&mut self, combo: &str, choice: &str) {
        self.click(Role::ComboBox, combo);
        self.click(Role::Button, choice);
    }

    fn set(&mut self, field: &str, text: &str) {
        let field_node = |window: &Self| {
            window
                .harness
                .get_by_role_and_label(Role::TextInput, field)
                .focus();
        };
        field_node(self);
        self.harness.run_steps(2);
        self.harness.key_press_modifiers(Modifiers::COMMAND, Key::A);
        self.type_into(field, text);
    }
}

#[test]
fn a_form_is_filled_and_published() {
    let mut window = form(1400.0, 1700.0);
    window.press("Begin with an empty form");
    window.assert_sees("Matches version 2");
    window.set("items[0].sku", "BOOK-42");
    window.set("items[0].price", "1.10");
    window.choose("currency", "GBP");
    window.press("Add item to items");
    window.set("items[1].quantity", "3");
    window.click(Role::CheckBox, "couponCode");
    window.choose("couponCode kind", "text");
    window.set("couponCode", "WELCOME");
    window.set("items[1].price", "-1");
    window.assert_sees("1 fault by version 2");
    window.assert_sees("is -1, but must be at least 0");
    window.set("items[1].price", "-");
    window.assert_sees("This is not a number. The payload keeps -1");
    window.set("items[1].price", "20.00");
    window.assert_sees("Matches version 2");
    let text = raw(&mut window);
    assert!(text.contains("1.10") && text.contains("20.00"), "{text}");
    let event = body(&mut window);
    assert_eq!(event["data"]["items"][0]["sku"], "BOOK-42");
    assert_eq!(event["data"]["items"][1]["quantity"], 3);
    assert_eq!(event["data"]["currency"], "GBP");
    assert_eq!(event["data"]["couponCode"], "WELCOME");
}

#[test]
fn what_the_schema_does_not_know_survives_the_form() {
    let mut window = form(1400.0, 1700.0);
    window.tab("Raw");
    let text = r#"{"z":1.10,"big":12345678901234567890123,"version":2,"data":{"amount":1e2}}"#;
    window.type_into("Payload", text);
    window.tab("Form");
    window.set("amount", "7.70");
    assert_eq!(raw(&mut window), text.replace("1e2", "7.70"));
    window.press("Remove big");
    window.press("Add currency");
    assert_eq!(
        raw(&mut window),
        r#"{"z":1.10,"version":2,"data":{"amount":7.70,"currency":"EUR"}}"#
    );
}

#[test]
fn what_is_not_json_is_written_as_text() {
    let mut window = form(1280.0, 800.0);
    window.tab("Raw");
    window.type_into("Payload", "{oops");
    window.tab("Form");
    window.assert_sees("This payload is written as text, because it is not JSON");
    window
        .harness
        .get_by_role_and_label(Role::MultilineTextInput, "Payload");
}

#[test]
fn samples_are_valid_or_break_what_they_say() {
    let mut window = form(1400.0, 1700.0);
    window.press("Valid sample");
    window.assert_sees("Matches version 2");
    let event = body(&mut window);
    assert_eq!(event["eventType"], "order.created");
    window.press("Invalid sample…");
    window.frames();
    // It is further down in the menu.
    window
        .harness
        .get_by_role_and_label(Role::Button, "Without required field channel")
        .click_accesskit();
    window.frames();
    window.assert_sees("Invalid on purpose – Without required field channel");
    window.assert_sees("is required, but not there");
    let event = body(&mut window);
    assert!(event["data"]["channel"].is_null());
    window.press("Add channel");
    assert!(!window.sees("Invalid on purpose"), "it was repaired");
    window.press("Invalid sample…");
    window.frames();
    window.press("An event of version 1");
    window.assert_sees("Invalid on purpose – An event of version 1");
    window.press("Publish event");
    let Command::Source(_, SourceCommand::Publish { outgoing, .. }) = window.take_last() else {
        panic!("no publish")
    };
    let sent: Value = serde_json::from_slice(&outgoing.body).expect("JSON");
    assert_eq!(
        sent["eventId"],
        outgoing.properties.message_id.clone().unwrap_or_default()
    );
    let version = outgoing.properties.header("x-schema-version");
    assert_eq!(version, Some(&eventscope::event::amqp::FieldValue::I32(1)));
}

#[test]
fn type_and_version_can_be_chosen() {
    let mut window = form(1280.0, 1000.0);
    window.choose("Schema version", "1");
    window.press("Valid sample");
    window.assert_sees("Matches version 1");
    window.choose("Event type", "old.thing");
    window.assert_sees("Version 1 is an Avro schema");
    window.choose("Event type", "As the event says");
    window.assert_sees("Matches version 1");
}

#[test]
fn the_form_fits_a_small_window() {
    let mut window = form(760.0, 500.0);
    window.press("Valid sample");
    for (role, name) in [
        (Role::Button, "Publish event"),
        (Role::Button, "Valid sample"),
        (Role::Button, "Invalid sample…"),
    ] {
        let rect = window.harness.get_by_role_and_label(role, name).rect();
        assert!(
            rect.right() <= 760.0 && rect.bottom() <= 500.0,
            "{name} is at {rect:?}"
        );
    }
    for name in ["eventId", "orderId", "email", "items[0].sku"] {
        if let Some(node) = window
            .harness
            .query_by_role_and_label(Role::TextInput, name)
        {
            assert!(
                node.rect().right() < 760.0 && node.rect().width() > 250.0,
                "{name} is at {:?}",
                node.rect()
            );
        }
    }
    assert!(window.sees("eventId"));
}
