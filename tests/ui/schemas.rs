//! The schemas screen: empty, compared, in all its views, with a draft, and failing.

use std::path::PathBuf;
use std::sync::Arc;

use eframe::egui::accesskit::Role;
use egui_kittest::kittest::Queryable as _;
use eventscope::event::source_id::SourceId;
use eventscope::log::Batch;
use eventscope::protocol::{Command, DeskCommand, DeskUpdate, ImportFrom, SourceUpdate, Update};
use eventscope::schema::folder::import::{ImportLine, ImportPlan, Imported, Outcome};
use eventscope::schema::{Catalog, Content, Level, Sample, SchemaSource};

use crate::{Window, event, start_tap};

fn source(version: &str, text: &str) -> SchemaSource {
    SchemaSource {
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

pub(crate) fn compared() -> Window {
    let mut window = Window::connected();
    window.tab("Schemas");
    window.tell(Update::Desk(DeskUpdate::Schemas(Ok(catalog()))));
    window.wait_for_text("Backward: no");
    window
}

#[test]
fn without_a_folder_it_says_what_to_do() {
    let mut window = Window::connected();
    window.tab("Schemas");
    window.assert_sees("What changed, and what breaks?");
    window.press("Open the sample schemas");
    assert!(matches!(
        window.take_last(),
        Command::Desk(DeskCommand::OpenSampleSchemas)
    ));
    window.type_into("Folder", "/srv/schemas");
    window.press("Open");
    assert!(
        matches!(window.take_last(), Command::Desk(DeskCommand::OpenSchemas(folder)) if folder.as_os_str() == "/srv/schemas")
    );
    window.tell(Update::Desk(DeskUpdate::Schemas(Err(
        "The folder /srv/schemas cannot be used: no".into(),
    ))));
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
    window.wait_for_text("properties.amount.type old: \"number\" new: \"string\"");
    window.tab("Raw text");
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
    window.tell(Update::Desk(DeskUpdate::Schemas(Ok(catalog()))));
    window.wait_for_text("Of 2 captured events the old version refuses 1, the new one 1");
    window.press("What if…");
    window.wait_for_text("1 of 2 captured events would pass");
    window.assert_sees("No dead letters of this type are known");
    window.press("Save as version");
    let Command::Desk(DeskCommand::SaveSchema { version, text, .. }) = window.take_last() else {
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
    window.tell(Update::Desk(DeskUpdate::Schemas(Ok(Arc::new(catalog)))));
    window.wait_for_text("Version 2 cannot be used");
}

#[test]
fn the_inspector_says_whether_an_event_is_what_it_claims() {
    let mut window = Window::connected();
    let tap = start_tap(&mut window);
    window.tell(Update::Desk(DeskUpdate::Schemas(Ok(catalog()))));
    window.receive(
        tap,
        &[event("order.created", r#"{"amount":"2","version":1}"#)],
    );
    let row = window.rows()[0].clone();
    window.click(Role::Row, &row);
    window.assert_sees("Claims version 1, matches version 2");
    // Where the tree is closed over it, the click opens it.
    window.click(Role::Button, "Close {2 members}");
    // It may stand on two lines, with nothing in its middle.
    let link = "data.amount: is text, version 1 wants number";
    window
        .harness
        .get_by_role_and_label(Role::Link, link)
        .click_accesskit();
    window.frames();
    window.assert_sees("amount: \"2\"");
}

#[test]
fn what_is_written_by_hand_is_put_to_its_schema_and_the_field_is_found() {
    let mut window = Window::connected();
    window.tell(Update::Desk(DeskUpdate::Schemas(Ok(catalog()))));
    window.tab("Publish");
    window.type_into("Routing key", "order.created");
    window.tab("Raw");
    window.type_into("Payload", r#"{"amount":"2","version":1}"#);
    window.assert_sees("Claims version 1, matches version 2");
    window.click(Role::Link, "data.amount: is text, version 1 wants number");
}

#[test]
fn schemas_are_imported_from_a_folder_a_document_or_a_registry() {
    let mut window = compared();
    window.press("Import…");
    window.assert_sees("Import schemas");
    window.press("Preview import");
    window.assert_sees("From folder is empty");
    window.tab("AsyncAPI document");
    window.type_into("Document", "/x/shop.yaml");
    window.press("Preview import");
    let Command::Desk(DeskCommand::PlanImport { folder, from }) = window.take_last() else {
        panic!("nothing was imported")
    };
    assert_eq!(folder, PathBuf::from("/schemas"));
    assert_eq!(from, ImportFrom::AsyncApi(PathBuf::from("/x/shop.yaml")));
    window.assert_sees("Looking at what there is…");
    window.press("Stop");
    assert!(matches!(
        window.take_last(),
        Command::Desk(DeskCommand::StopImport)
    ));
    window.tell(Update::Desk(DeskUpdate::ImportPlanned(Err(
        "/x/shop.yaml cannot be read: no".into(),
    ))));
    window.assert_sees("/x/shop.yaml cannot be read: no");
    window.tab("Registry");
    window.type_into("Registry URL", "http://localhost:8081");
    window.type_into("Registry user", "ada");
    window.press("Preview import");
    let Command::Desk(DeskCommand::PlanImport { from, .. }) = window.take_last() else {
        panic!("nothing was imported")
    };
    assert!(
        matches!(from, ImportFrom::Registry { url, user, .. } if url == "http://localhost:8081" && user == "ada")
    );
    let lines = vec![
        ImportLine {
            name: "order.created 2".into(),
            outcome: Outcome::Differs,
            words: "The folder has other content".into(),
        },
        ImportLine {
            name: "order.created 3".into(),
            outcome: Outcome::Added,
            words: "The registry has 3, the folder had 2".into(),
        },
    ];
    let folder = PathBuf::from("/schemas");
    let told = Imported { folder, lines };
    let plan = || ImportPlan {
        told: told.clone(),
        ..ImportPlan::default()
    };
    window.tell(Update::Desk(DeskUpdate::ImportPlanned(Ok(plan()))));
    window.assert_sees("Nothing is written yet. 1 new, 1 differs in /schemas");
    window.assert_sees("order.created 3: new. The registry has 3, the folder had 2");
    window.press("Cancel");
    window.assert_sees("Registry URL");
    assert!(window.commands.borrow().is_empty(), "nothing was written");
    window.press("Preview import");
    window.commands.borrow_mut().clear();
    window.tell(Update::Desk(DeskUpdate::ImportPlanned(Ok(plan()))));
    window.press("Import 1 of 2");
    let Command::Desk(DeskCommand::ImportSchemas(written)) = window.take_last() else {
        panic!("nothing was imported")
    };
    assert_eq!(written, plan());
    window.tell(Update::Desk(DeskUpdate::Imported(Ok(told))));
    window.assert_sees("Imported: 1 added, 1 differs in /schemas");
    window.assert_sees("order.created 2: differs. The folder has other content");
    window.press("Close");
    assert!(!window.sees("Import schemas"));
}

#[test]
fn what_is_said_about_a_type_is_shown_judged_by_and_written_back() {
    let mut window = Window::connected();
    window.tab("Schemas");
    let one = r#"{"properties":{"amount":{"type":"number"}}}"#;
    let two = r#"{"properties":{"amount":{"type":"string"}}}"#;
    let meta = "title = \"An order\"\nlevel = \"BACKWARD_TRANSITIVE\"\nrouting_keys = [\"order.#\"]\n\
                policy = \"mine\"\n[versions.1]\nstatus = \"deprecated\"\n\
                [source]\nkind = \"registry\"\nfrom = \"http://x\"\nnewest = \"2\"\n";
    let sample = |name: &str, text: &str| Sample {
        event_type: "order.created".into(),
        name: name.into(),
        text: text.into(),
    };
    let content = Content {
        parts: Vec::new(),
        sources: vec![source("1", one), source("2", two), source("3", two)],
        samples: vec![
            sample("small", r#"{"amount":1}"#),
            sample("text", r#"{"amount":"1"}"#),
        ],
        meta: [("order.created".to_owned(), meta.to_owned())].into(),
        defaults: "policy =".to_owned(),
    };
    let catalog = Catalog::of(PathBuf::from("/schemas"), content);
    window.tell(Update::Desk(DeskUpdate::Schemas(Ok(Arc::new(catalog)))));
    window.wait_for_text(
        "BACKWARD_TRANSITIVE is not met: 3 fails against 1 of 2 earlier versions: 1",
    );
    window.assert_sees("An order · Routing key order.# · From registry http://x, newest 2");
    window.assert_sees("order.created/meta.toml: `policy` cannot be \"mine\"");
    window.assert_sees("schemas.toml: ");
    window.assert_sees("Samples: 1 of 2 would be refused");
    window.tab("Matrix");
    window.wait_for_text("3 reads 1: no, first");
    window.assert_sees("1 reads 3: no");
    assert!(!window.sees("1 reads 3: no, first"));
    window.tab("Event that breaks");
    window.assert_sees("small: both versions refuse it");
    window.assert_sees("text: both versions allow it");
    window.click(Role::ComboBox, "Level");
    window.press("FULL");
    assert!(matches!(
        window.take_last(),
        Command::Desk(DeskCommand::JudgeSchemas { event_type, level: Level::Full, .. }) if event_type == "order.created"
    ));
}

#[test]
fn an_event_that_breaks_is_kept_as_a_sample() {
    let mut window = compared();
    window.tab("Event that breaks");
    let save = window
        .harness
        .get_all_by_role_and_label(Role::Button, "Save as sample")
        .next()
        .expect("a button");
    save.click();
    window.frames();
    let Command::Desk(DeskCommand::SaveSample {
        event_type,
        sample,
        text,
        ..
    }) = window.take_last()
    else {
        panic!("nothing was saved")
    };
    assert_eq!(
        (event_type.as_str(), sample.as_str()),
        ("order.created", "breaks-backward-1-2")
    );
    assert!(text.contains("amount"));
}

#[test]
fn a_reference_is_unfolded_where_it_stands() {
    let mut window = Window::connected();
    window.tab("Schemas");
    let text = |kind: &str| {
        format!(
            r##"{{"properties":{{"x":{{"$ref":"#/$defs/A"}}}},"$defs":{{"A":{{"type":"{kind}"}}}}}}"##
        )
    };
    let sources = vec![source("1", &text("number")), source("2", &text("string"))];
    let catalog = Catalog::new(PathBuf::from("/schemas"), sources);
    window.tell(Update::Desk(DeskUpdate::Schemas(Ok(Arc::new(catalog)))));
    window.wait_for_text("Backward: no");
    window.tab("Side by side");
    window.wait_for_text("properties.x → A");
    window.press("properties.x → A");
    window.wait_for_text("properties.x.type old: \"number\" new: \"string\"");
}

/// A window with two versions and events of both on the tap.
fn flowing() -> Window {
    let mut window = Window::connected();
    let tap = start_tap(&mut window);
    window.tell(Update::Desk(DeskUpdate::Schemas(Ok(catalog()))));
    let of = |version: i32, body: &str| {
        let mut event = Arc::unwrap_or_clone(event("order.created", body));
        event.properties.app_id = Some(format!("orders {version}"));
        event.properties.headers = Some(vec![(
            "x-schema-version".into(),
            eventscope::event::amqp::FieldValue::I32(version),
        )]);
        Arc::new(event)
    };
    let events = [
        of(1, r#"{"amount":1}"#),
        of(1, r#"{"amount":"1"}"#),
        of(2, r#"{"amount":"2","note":"x"}"#),
        event("order.paid", r#"{"paid":true}"#),
    ];
    window.tell(Update::Source(
        SourceId::FIRST,
        SourceUpdate::Events(Batch::of(tap, events.iter().map(AsRef::as_ref))),
    ));
    window
}

#[test]
fn live_events_are_judged_in_a_column_and_by_the_filter() {
    let mut window = flowing();
    window.wait_for_text("matches 1");
    window.assert_sees("1, fits 2");
    window.type_into("Filter", "schema:fits-other");
    window.wait_for_text("1 of 4 events");
}

#[test]
fn the_stream_tells_versions_verdicts_and_publishers_and_leads_to_the_events() {
    let mut window = flowing();
    window.tab("Schemas");
    window.wait_for_text("Backward: no");
    window.tab("In the stream");
    window.wait_for_text("2 of 3 match");
    window.assert_sees("Version 2, matches 2, from orders 2: 1 events");
    let row = "Version 1, 1, fits 2, from orders 1: 1 events";
    window.harness.get_by_role_and_label(Role::Row, row).click();
    window.wait_for_text("1 of 4 events");
}

#[test]
fn what_was_learned_stands_beside_what_is_declared_and_can_be_saved() {
    let mut window = flowing();
    window.tab("Schemas");
    window.wait_for_text("Backward: no");
    window.tab("Learned");
    window.wait_for_text("Learned from 2 events. Against version 1: 0 never declared, 0 declared and never seen, 1 of another kind");
    window.assert_sees("declared as number");
    window.press("Save as version…");
    assert!(!matches!(
        window.commands.borrow().last(),
        Some(Command::Desk(DeskCommand::SaveSchema { .. }))
    ));
    window.press("Write schema");
    let saved = window.take_last();
    assert!(
        matches!(&saved, Command::Desk(DeskCommand::SaveSchema { version, event_type, .. }) if version == "3" && event_type == "order.created"),
        "{saved:?}"
    );
    window.press("order.paid");
    window.wait_for_text("The folder has no schema of this type");
    window.wait_for_text("Learned from 1 events");
    window.press("Save as version…");
    assert!(!matches!(
        window.commands.borrow().last(),
        Some(Command::Desk(DeskCommand::SaveSchema { .. }))
    ));
    window.press("Write schema");
    let saved = window.take_last();
    assert!(
        matches!(&saved, Command::Desk(DeskCommand::SaveSchema { version, event_type, .. }) if version == "1" && event_type == "order.paid"),
        "{saved:?}"
    );
}

#[test]
fn the_rules_for_versions_are_edited_as_lines() {
    let mut window = compared();
    window.press("How versions are told…");
    window.assert_sees("The first sign that an event has is believed");
    window.type_into("Version rules", "magic\n");
    window.assert_sees("is no rule");
    window.press("Usual rules");
    window.press("Save rules");
    let saved = window.take_last();
    assert!(
        matches!(&saved, Command::Desk(DeskCommand::SaveRules { rules, .. }) if *rules == eventscope::schema::VersionRules::default()),
        "{saved:?}"
    );
}
