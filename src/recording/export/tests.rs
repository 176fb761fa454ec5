//! Exports from a file and from the window's log, into files.

use std::sync::Arc;

use super::*;
use crate::event::source_id::SourceId;
use crate::event::tap_id::TapId;
use crate::log::EventLog;
use crate::recording::Recording;
use crate::recording::reader::RecordingCursor;
use crate::testing::event;

/// Three events and a gap, as the window keeps them.
fn log() -> EventLog {
    let mut log = EventLog::new(1_000_000);
    let tap = TapId::of(SourceId::FIRST, 1);
    for (number, name) in ["ada", "bob", "eve"].into_iter().enumerate() {
        let body =
            format!(r#"{{"data":{{"name":"{name}x","n":{number},"mail":"{name}@example.com"}}}}"#);
        log.push(tap, &event("order.created", &body));
        if number == 1 {
            log.push_gap(DateTime::UNIX_EPOCH, DateTime::UNIX_EPOCH);
        }
    }
    log
}

fn order(only: Option<Vec<u64>>, form: ExportForm) -> ExportOrder {
    ExportOrder {
        from: ExportFrom::Log(LogPart {
            segments: log().pieces(0),
            only,
            places: [(SourceId::FIRST, Arc::from("here"))].into(),
        }),
        filter: None,
        form,
        fields: "number,source,key,data.n".into(),
        masks: Vec::new(),
        seed: None,
    }
}

fn written(order: &ExportOrder, replaces: bool) -> (ExportSum, String) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("out");
    if replaces {
        std::fs::write(&path, "before").unwrap();
    }
    let sum = order.write_file(&path, replaces, &mut |_, _| true).unwrap();
    let names = std::fs::read_dir(dir.path()).unwrap().count();
    assert_eq!(names, 1, "nothing is left beside it");
    (sum, std::fs::read_to_string(path).unwrap())
}

#[test]
fn the_log_is_written_whole_or_in_part() {
    let (sum, text) = written(&order(None, ExportForm::Csv), false);
    assert_eq!(sum.events, 3);
    assert_eq!(
        text,
        "number,source,key,data.n\r\n1,here,order.created,0\r\n2,here,order.created,1\r\n\
         4,here,order.created,2\r\n"
    );
    let (sum, text) = written(&order(Some(vec![1, 3]), ExportForm::Ndjson), true);
    assert_eq!((sum.events, text.lines().count()), (2, 2));
    assert!(text.contains("bobx") && !text.contains("adax"));
    let mut some = order(None, ExportForm::CloudEvents);
    some.filter = Some(Filter::parse("data.n>=1").unwrap());
    assert_eq!(written(&some, false).0.events, 2);
}

#[test]
fn a_recording_of_the_log_can_be_opened_and_written_once_more() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.eventscope");
    let order = order(None, ExportForm::Recording);
    order.write_file(&path, false, &mut |_, _| true).unwrap();
    let told = order.write_file(&path, false, &mut |_, _| true);
    assert!(told.unwrap_err().contains("is there already"));
    order.write_file(&path, true, &mut |_, _| true).unwrap();
    let mut recording = Recording::open(&path).unwrap();
    let page = recording.page(&mut RecordingCursor::default(), 10).unwrap();
    assert_eq!(page.len(), 4);
    assert!(matches!(&page[2], RecordedEntry::Gap(_)));
    let again = ExportOrder {
        from: ExportFrom::File(path),
        ..order.clone()
    };
    let lines = |order: &ExportOrder| {
        let order = ExportOrder {
            form: ExportForm::Ndjson,
            ..order.clone()
        };
        written(&order, false).1
    };
    assert_eq!(lines(&again), lines(&order));
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1);
}

#[test]
fn what_is_stopped_or_wrong_leaves_no_file() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("out");
    for form in [ExportForm::Ndjson, ExportForm::Recording] {
        let told = order(None, form).write_file(&path, false, &mut |_, _| false);
        assert!(told.unwrap_err().contains("stopped"));
    }
    let mut wrong = order(None, ExportForm::Csv);
    wrong.fields = "kee".into();
    assert!(wrong.write_file(&path, false, &mut |_, _| true).is_err());
    wrong.form = ExportForm::Ndjson;
    wrong.masks = vec!["name".into()];
    let told = wrong.write_file(&path, false, &mut |_, _| true);
    assert!(told.unwrap_err().contains("no rule for masking"));
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0);
}

#[test]
fn a_preview_shows_what_the_export_will_hide() {
    let mut masked = order(None, ExportForm::Ndjson);
    masked.masks = vec!["emails".into(), "/data/name".into()];
    masked.seed = Some("s".into());
    let pairs = masked.preview(2).unwrap();
    assert_eq!(pairs.len(), 2);
    let (_, text) = written(&masked, false);
    for pair in &pairs {
        assert!(pair.before.contains("@example.com"));
        // Without the place, which a preview leaves out.
        let body = pair.after.split("\"payload\":").nth(1).unwrap();
        assert!(text.contains(body), "{text} has no {body}");
    }
    for hidden in ["adax", "ada@example.com", "evex"] {
        assert!(!text.contains(hidden), "{hidden} in {text}");
    }
    masked.masks = vec!["x".into()];
    assert!(masked.preview(2).is_err());
}
