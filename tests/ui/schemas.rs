//! The schemas screen: empty, compared, in all its views, with a draft, and failing.

use std::path::PathBuf;
use std::sync::Arc;

use eframe::egui::accesskit::Role;
use egui_kittest::kittest::Queryable as _;
use eventscope::protocol::{Command, Update};
use eventscope::schema::{Catalog, Source};

use crate::{Window, event, start_tap};

fn source(version: &str, text: &str) -> Source {
    Source {
        event_type: "order.created".into(),
        version: version.into(),
        file: format!("{version}.schema.json"),
        text: text.into(),
    }
}

pub(super) fn catalog() -> Arc<Catalog> {
    let one =
        r#"{"type":"object","properties":{"amount":{"type":"number"}},"required":["amount"]}"#;
    let two =
        r#"{"type":"object","properties":{"amount":{"type":"string"}},"required":["amount"]}"#;
    Arc::new(Catalog::new(
        PathBuf::from("/schemas"),
        vec![source("1", one), source("2", two)],
    ))
}

fn compared() -> Window {
    let mut window = Window::connected();
    window.tab("Schemas");
    window.tell(Update::Schemas(Ok(catalog())));
    window.wait_for_text("Backward: no");
    window
}

#[test]
fn without_a_folder_it_says_what_to_do() {
    let mut window = Window::connected();
    window.tab("Schemas");
    window.assert_sees("What changed, and what breaks?");
    window.press("Open the sample schemas");
    assert!(matches!(window.take_last(), Command::OpenSampleSchemas));
    window.type_into("Folder", "/srv/schemas");
    window.press("Open");
    assert!(
        matches!(window.take_last(), Command::OpenSchemas(folder) if folder.as_os_str() == "/srv/schemas")
    );
    window.tell(Update::Schemas(Err(
        "The folder /srv/schemas cannot be used: no".into(),
    )));
    window.assert_sees("The folder /srv/schemas cannot be used");
}

#[test]
fn two_versions_are_told_apart_by_what_breaks() {
    let mut window = compared();
    for name in ["Old version", "New version", "Policy", "Level"] {
        window.harness.get_by_role_and_label(Role::ComboBox, name);
    }
    for name in ["Import…", "What if…", "Export report"] {
        window.harness.get_by_role_and_label(Role::Button, name);
    }
    window.assert_sees("Forward: no");
    window.assert_sees("BACKWARD is not met");
    window.assert_sees("#/amount type-changed: The type was number and is now string.");
    window.tab("Side by side");
    window.assert_sees("\"type\": \"string\"");
    window.tab("Event that breaks");
    window.assert_sees("is not of type \"string\"");
    window
        .harness
        .get_all_by_role_and_label(Role::Button, "Copy event")
        .next()
        .expect("a button");
    window.tab("Matrix");
    window.wait_for_text("2 reads 1: no");
    window.press("1 reads 2: no");
    window.assert_sees("type-changed");
}

#[test]
fn a_draft_is_asked_about_real_events_and_saved() {
    let mut window = Window::connected();
    let tap = start_tap(&mut window);
    window.receive(
        tap,
        &[
            event("order.created", r#"{"amount":1}"#),
            event("order.created", r#"{"amount":"2"}"#),
        ],
    );
    window.tab("Schemas");
    window.tell(Update::Schemas(Ok(catalog())));
    window.wait_for_text("Of 2 captured events the old version refuses 1, the new one 1");
    window.press("What if…");
    window.wait_for_text("1 of 2 captured events would pass");
    window.assert_sees("No dead letters of this type are known");
    window.press("Save as version");
    let Command::SaveSchema { version, text, .. } = window.take_last() else {
        panic!("nothing was saved")
    };
    assert_eq!(version, "3");
    assert!(text.contains("amount"));
    window.press("Close the draft");
    window
        .harness
        .get_by_role_and_label(Role::Button, "What if…");
}

#[test]
fn a_version_that_cannot_be_used_says_why() {
    let mut window = Window::connected();
    window.tab("Schemas");
    let catalog = Catalog::new(
        PathBuf::from("/schemas"),
        vec![source("1", "{}"), source("2", "{\"type\":7}")],
    );
    window.tell(Update::Schemas(Ok(Arc::new(catalog))));
    window.wait_for_text("Version 2 cannot be used");
}

#[test]
fn the_inspector_says_whether_an_event_is_what_it_claims() {
    let mut window = Window::connected();
    let tap = start_tap(&mut window);
    window.tell(Update::Schemas(Ok(catalog())));
    window.receive(
        tap,
        &[event("order.created", r#"{"amount":"2","version":1}"#)],
    );
    let row = window.rows()[0].clone();
    window.click(Role::Row, &row);
    window.assert_sees("does not match what it claims, but 2");
}
