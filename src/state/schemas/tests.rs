//! The desk: what is compared when, by what it is judged, and what is written down.

use super::*;
use crate::event::source_id::SourceId;
use crate::event::tap_id::TapId;
use crate::schema::{Answer, Content, Sample, SchemaSource};
use crate::testing::event;

fn catalog() -> Arc<Catalog> {
    let source = |version: &str, amount: &str| SchemaSource {
        event_type: "order.created".into(),
        version: version.into(),
        file: format!("{version}.schema.json"),
        text: format!(
            r#"{{"type":"object","properties":{{"amount":{{"type":"{amount}"}}}},"required":["amount"]}}"#
        ),
    };
    Arc::new(Catalog::new(
        PathBuf::from("/schemas"),
        vec![source("1", "number"), source("2", "string")],
    ))
}

fn done(desk: &mut SchemaDesk, log: &EventLog, dead: &[Arc<Event>]) {
    while desk.tick(log, || dead.to_vec()) != Soon::No {
        std::thread::yield_now();
    }
}

#[test]
fn two_versions_are_compared_and_real_events_asked() {
    let mut log = EventLog::new(300_000);
    for body in [r#"{"amount":1}"#, r#"{"amount":2}"#, r#"{"amount":"3"}"#] {
        log.push(TapId::of(SourceId::FIRST, 1), &event("order.created", body));
    }
    log.push(
        TapId::of(SourceId::FIRST, 1),
        &event("order.paid", r#"{"amount":1}"#),
    );
    let envelope = r#"{"eventType":"order.created","amount":4,"data":{"amount":"x"}}"#;
    log.push(TapId::of(SourceId::FIRST, 1), &event("elsewhere", envelope));
    let dead = [Arc::new(event("order.created", r#"{"amount":"4"}"#))];
    let (mut desk, mut forms) = (SchemaDesk::default(), Forms::default());
    desk.read(Ok(catalog()), &mut forms);
    assert_eq!((desk.old.as_str(), desk.new.as_str()), ("1", "2"));
    done(&mut desk, &log, &dead);
    let found = desk.found.as_ref().unwrap();
    let report = found.report.as_ref().unwrap();
    assert_eq!(
        (report.backward.answer, report.forward.answer),
        (Answer::No, Answer::No)
    );
    assert_eq!(
        (
            found.captured.seen,
            found.captured.refused_by_old,
            found.captured.refused_by_new
        ),
        (4, 1, 3)
    );
    assert_eq!(
        (
            found.dead.seen,
            found.dead.refused_by_old,
            found.dead.refused_by_new
        ),
        (1, 1, 0)
    );
    assert_eq!(found.hits, [3]);
    // A draft that takes both would let the dead pass, and all others.
    desk.act(SchemaAction::WhatIf(true), &mut forms);
    forms.schema_draft = r#"{"type":"object","required":["amount"]}"#.to_owned();
    desk.act(SchemaAction::Drafted, &mut forms);
    done(&mut desk, &log, &dead);
    let found = desk.found.as_ref().unwrap();
    assert_eq!(
        (found.captured.refused_by_new, found.dead.refused_by_new),
        (0, 0)
    );
    assert_eq!(found.report.as_ref().unwrap().backward.answer, Answer::Yes);
    forms.schema_draft = "{".to_owned();
    desk.act(SchemaAction::Drafted, &mut forms);
    done(&mut desk, &log, &dead);
    assert!(
        desk.found
            .as_ref()
            .unwrap()
            .report
            .as_ref()
            .unwrap_err()
            .contains("not JSON")
    );
    let saved = desk.act(SchemaAction::Save, &mut forms);
    assert!(matches!(saved, Some(DeskCommand::SaveSchema { version, .. }) if version == "3"));
    desk.act(SchemaAction::WhatIf(false), &mut forms);
    desk.act(SchemaAction::Tab(SchemaTab::Matrix), &mut forms);
    done(&mut desk, &log, &dead);
    assert_eq!(desk.matrix.as_ref().unwrap().names, ["1", "2"]);
}

/// A desk that looks at versions with these texts, and what is said about their type.
fn desk(texts: &[&str], meta: &str, defaults: &str) -> (SchemaDesk, Forms) {
    let sources = texts.iter().enumerate().map(|(at, text)| SchemaSource {
        event_type: "a".into(),
        version: (at + 1).to_string(),
        file: format!("{}.schema.json", at + 1),
        text: (*text).into(),
    });
    let samples = [
        ("good", r#"{"x":1}"#),
        ("bad", r#"{"x":"1"}"#),
        ("odd", "{"),
    ];
    let samples = samples.map(|(name, text)| Sample {
        event_type: "a".into(),
        name: name.into(),
        text: text.into(),
    });
    let content = Content {
        parts: Vec::new(),
        sources: sources.collect(),
        samples: samples.into(),
        meta: [("a".to_owned(), meta.to_owned())].into(),
        defaults: defaults.into(),
    };
    let (mut desk, mut forms) = (SchemaDesk::default(), Forms::default());
    let catalog = Catalog::of(PathBuf::from("/schemas"), content);
    desk.read(Ok(Arc::new(catalog)), &mut forms);
    (desk, forms)
}

const NUMBER: &str = r#"{"properties":{"x":{"type":"number"}}}"#;
const TEXT: &str = r#"{"properties":{"x":{"type":"string"}}}"#;

#[test]
fn policy_and_level_are_the_types_own_else_the_folders() {
    let (desk, _) = desk(
        &[NUMBER],
        "level = \"FULL\"",
        "level = \"FORWARD\"\npolicy = \"confluent-strict\"",
    );
    assert_eq!(
        (desk.policy, desk.level),
        (Policy::ConfluentStrict, Level::Full)
    );
    let (mut desk, mut forms) = self::desk(&[NUMBER], "", "level = \"FORWARD\"");
    assert_eq!((desk.policy, desk.level), (Policy::Event, Level::Forward));
    let written = desk.act(SchemaAction::Policy(Policy::ConfluentLenient), &mut forms);
    let Some(DeskCommand::JudgeSchemas {
        event_type,
        policy,
        level,
        ..
    }) = written
    else {
        panic!("{written:?}")
    };
    assert_eq!(
        (event_type.as_str(), policy, level),
        ("a", Policy::ConfluentLenient, Level::Forward)
    );
    let written = desk.act(SchemaAction::Level(Level::Full), &mut forms);
    assert!(matches!(
        written,
        Some(DeskCommand::JudgeSchemas {
            level: Level::Full,
            ..
        })
    ));
}

#[test]
fn a_draft_that_is_silent_is_read_in_the_draft_that_is_noted() {
    // Beside a reference, draft-07 reads nothing.
    let text = r##"{"$ref":"#/$defs/A","type":"string","$defs":{"A":{"type":"number"}}}"##;
    let valid = |meta: &str| {
        let (desk, _) = desk(&[text], meta, "");
        let Ok(crate::schema::ReadySchemas::Json(version)) =
            &desk.chosen().unwrap().versions[0].ready
        else {
            panic!("it is JSON Schema")
        };
        version.validator.is_valid(&serde_json::json!(1))
    };
    assert!(!valid(""));
    assert!(valid("[versions.1]\ndraft = \"draft-07\""));
}

#[test]
fn a_transitive_level_asks_every_earlier_version_and_a_draft_too() {
    let log = EventLog::new(300_000);
    let (mut desk, mut forms) = desk(&[TEXT, NUMBER, NUMBER], "", "");
    done(&mut desk, &log, &[]);
    assert_eq!(desk.lineage, None);
    desk.act(SchemaAction::Level(Level::BackwardTransitive), &mut forms);
    done(&mut desk, &log, &[]);
    let words = desk.lineage.as_ref().unwrap().sentence(desk.level);
    assert!(
        words.ends_with("3 fails against 1 of 2 earlier versions: 1"),
        "{words}"
    );
    desk.act(SchemaAction::WhatIf(true), &mut forms);
    forms.schema_draft = TEXT.to_owned();
    desk.act(SchemaAction::Drafted, &mut forms);
    done(&mut desk, &log, &[]);
    let words = desk.lineage.as_ref().unwrap().sentence(desk.level);
    assert!(
        words.ends_with("draft fails against 2 of 3 earlier versions: 2, 3"),
        "{words}"
    );
    desk.act(SchemaAction::Tab(SchemaTab::Matrix), &mut forms);
    done(&mut desk, &log, &[]);
    let matrix = desk.matrix.as_ref().unwrap();
    assert_eq!(matrix.first_failing(2, Level::FullTransitive), Some(0));
    assert_eq!(matrix.first_failing(1, Level::FullTransitive), Some(0));
    assert_eq!(matrix.first_failing(0, Level::FullTransitive), None);
}

#[test]
fn samples_are_asked_like_captured_events_and_new_ones_are_kept() {
    let log = EventLog::new(300_000);
    let (mut desk, mut forms) = desk(&[NUMBER, TEXT], "", "");
    done(&mut desk, &log, &[]);
    let found = desk.found.as_ref().unwrap();
    let counts = found.sample_counts();
    assert_eq!(
        (counts.seen, counts.refused_by_old, counts.refused_by_new),
        (3, 2, 2)
    );
    assert!(found.samples[2].failures[0].words.contains("not JSON"));
    let save = SchemaAction::SaveSample {
        sample: "x".into(),
        text: "{}".into(),
    };
    let saved = desk.act(save, &mut forms);
    let Some(DeskCommand::SaveSample {
        event_type, sample, ..
    }) = saved
    else {
        panic!("{saved:?}")
    };
    assert_eq!((event_type.as_str(), sample.as_str()), ("a", "x"));
}

#[test]
fn trees_are_aligned_when_they_are_looked_at_and_follow_what_is_unfolded() {
    let log = EventLog::new(300_000);
    let text = r##"{"properties":{"x":{"$ref":"#/$defs/A"}},"$defs":{"A":{"type":"number"}}}"##;
    let (mut desk, mut forms) = desk(&[text, text], "", "");
    done(&mut desk, &log, &[]);
    assert_eq!(desk.by_path, None);
    desk.act(SchemaAction::Tab(SchemaTab::SideBySide), &mut forms);
    done(&mut desk, &log, &[]);
    let rows = |desk: &SchemaDesk| desk.by_path.as_ref().unwrap().rows.len();
    assert_eq!(rows(&desk), 5);
    desk.act(SchemaAction::Unfold("/properties/x".into()), &mut forms);
    done(&mut desk, &log, &[]);
    assert_eq!(rows(&desk), 6);
    desk.act(SchemaAction::Unfold("/properties/x".into()), &mut forms);
    done(&mut desk, &log, &[]);
    assert_eq!(rows(&desk), 5);
}

#[test]
fn what_was_imported_into_another_folder_is_opened() {
    let (mut desk, _) = desk(&[TEXT], "", "");
    let done = |folder: &str| Imported {
        folder: folder.into(),
        lines: Vec::new(),
    };
    assert!(desk.imported(Ok(done("/schemas"))).is_none());
    let opened = desk.imported(Ok(done("/other")));
    assert!(
        matches!(opened, Some(DeskCommand::OpenSchemas(folder)) if folder == Path::new("/other"))
    );
    assert!(desk.imported(Err("no".into())).is_none());
    assert_eq!(desk.import, Import::Failed("no".into()));
}

#[test]
fn the_folder_of_the_sample_is_not_remembered_as_ones_own() {
    let (mut desk, mut forms) = (SchemaDesk::default(), Forms::default());
    assert_eq!(desk.own_folder(None), None);
    desk.read(Ok(catalog()), &mut forms);
    let own = Path::new("/schemas");
    assert_eq!(desk.own_folder(None), Some(own));
    let sample = Path::new("/data/eventscope/sample-schemas");
    assert_eq!(desk.own_folder(Some(sample)), Some(own));
    assert_eq!(desk.own_folder(Some(own)), None);
}
