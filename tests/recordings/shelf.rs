//! The folder of recordings as the window drives it: recorded, listed, noted, exported, compared, deleted; and
//! the sample that lies in the program.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use crossbeam_channel::Receiver;
use eventscope::address::Address;
use eventscope::drivers::{self, Options};
use eventscope::engine::handle::Handle;
use eventscope::event::source_id::SourceId;
use eventscope::protocol::{
    Command, CompareCommand, CompareUpdate, DeskCommand, DeskUpdate, ExportCommand, ExportUpdate,
    Gravity, Link, RequestId, ShelfCommand, ShelfUpdate, SourceUpdate, Update,
};
use eventscope::recording::export::{ExportForm, ExportFrom, ExportOrder};

struct Desk {
    handle: Handle,
    updates: Receiver<Update>,
    dir: tempfile::TempDir,
}

impl Desk {
    fn start() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let options = Options {
            journal_dir: Some(dir.path().to_owned()),
            ..Options::default()
        };
        let (handle, updates) = drivers::start(|| {}, options).expect("threads");
        Self {
            handle,
            updates,
            dir,
        }
    }

    fn send(&self, command: DeskCommand) {
        self.handle.send(Command::Desk(command)).expect("room");
    }

    fn shelf(&self, command: ShelfCommand) {
        self.send(DeskCommand::Shelf(command));
    }

    fn next<T>(&self, what: &str, mut pick: impl FnMut(Update) -> Option<T>) -> T {
        let deadline = Instant::now() + Duration::from_secs(30);
        loop {
            let update = self.updates.recv_deadline(deadline);
            if let Some(found) = pick(update.unwrap_or_else(|_| panic!("no {what}"))) {
                return found;
            }
        }
    }

    fn desk<T>(&self, what: &str, mut pick: impl FnMut(DeskUpdate) -> Option<T>) -> T {
        self.next(what, |update| match update {
            Update::Desk(update) => pick(update),
            Update::Source(..) => None,
        })
    }

    fn list(&self) -> Vec<PathBuf> {
        self.desk("list", |update| match update {
            DeskUpdate::Shelf(ShelfUpdate::List(list)) => {
                Some(list.unwrap().into_iter().map(|one| one.file.path).collect())
            }
            _ => None,
        })
    }

    fn now(&self, is_on: bool) -> Option<PathBuf> {
        self.desk("what is recorded", |update| match update {
            DeskUpdate::Shelf(ShelfUpdate::Recording(now)) if now.since.is_some() == is_on => {
                Some(now.state.path)
            }
            _ => None,
        })
    }

    /// The sample, opened; gives its path.
    fn sample(&self) -> PathBuf {
        self.send(DeskCommand::OpenSampleRecording(SourceId::FIRST));
        self.next("the sample", |update| match update {
            Update::Source(
                SourceId::FIRST,
                SourceUpdate::Link(Link::Connected {
                    address: Address::Recording(path),
                    ..
                }),
            ) => Some(path),
            _ => None,
        })
    }
}

#[test]
fn recordings_are_made_noted_listed_and_deleted() {
    let desk = Desk::start();
    desk.shelf(ShelfCommand::List);
    assert!(desk.list().is_empty());
    desk.shelf(ShelfCommand::Note("too early".into()));
    desk.desk("a warning", |update| match update {
        DeskUpdate::Notice(notice) if notice.words.contains("nothing is recorded") => Some(()),
        _ => None,
    });
    desk.shelf(ShelfCommand::Record);
    let path = desk.now(true).expect("a file");
    assert_eq!(desk.list(), std::slice::from_ref(&path));
    // It is being written.
    desk.shelf(ShelfCommand::Delete(path.clone()));
    desk.desk("a refusal", |update| match update {
        DeskUpdate::Notice(notice) if notice.gravity == Gravity::Error => {
            assert!(
                notice.words.contains("Stop the recording first"),
                "{notice:?}"
            );
            Some(())
        }
        _ => None,
    });
    desk.shelf(ShelfCommand::Note("here".into()));
    desk.shelf(ShelfCommand::StopRecording);
    assert_eq!(desk.now(false), Some(path.clone()));
    let notes = eventscope::recording::Recording::open(&path)
        .unwrap()
        .notes()
        .unwrap();
    assert_eq!(notes[0].words, "here");
    desk.list();
    desk.shelf(ShelfCommand::Delete(path.clone()));
    while !desk.list().is_empty() {}
    assert!(!path.exists());
}

#[test]
fn what_is_recorded_at_the_end_is_closed() {
    let desk = Desk::start();
    desk.shelf(ShelfCommand::Record);
    let path = desk.now(true).expect("a file");
    let Desk { handle, dir, .. } = desk;
    drop(handle);
    let about = eventscope::recording::Recording::open(&path)
        .unwrap()
        .about()
        .unwrap();
    assert!(about.ended_at.is_some());
    drop(dir);
}

#[test]
fn the_sample_is_opened_exported_and_compared() {
    let desk = Desk::start();
    let path = desk.sample();
    assert!(path.starts_with(desk.dir.path()));
    let out = desk.dir.path().join("out.ndjson");
    let order = ExportOrder {
        from: ExportFrom::File(path.clone()),
        filter: None,
        form: ExportForm::Ndjson,
        fields: String::new(),
        masks: vec!["emails".into(), "/data/customerId".into()],
        seed: None,
    };
    let request = RequestId(5);
    desk.send(DeskCommand::Export(ExportCommand::Preview {
        request,
        order: Box::new(order.clone()),
    }));
    desk.desk("a preview", |update| match update {
        DeskUpdate::Export(ExportUpdate::Preview { result, .. }) => Some(result.unwrap()),
        _ => None,
    });
    desk.send(DeskCommand::Export(ExportCommand::Begin {
        request,
        order: Box::new(order),
        path: out.clone(),
        replaces: false,
    }));
    let sum = desk.desk("an export", |update| match update {
        DeskUpdate::Export(ExportUpdate::Done { result, .. }) => Some(result.unwrap()),
        _ => None,
    });
    let lines = std::fs::read_to_string(&out).unwrap().lines().count();
    assert!(sum.events > 100 && sum.events == lines as u64, "{sum:?}");
    let compare = |sides| {
        desk.send(DeskCommand::Compare(CompareCommand::Begin {
            request,
            sides: Box::new(sides),
            schemas: None,
        }));
        desk.desk("a comparison", |update| match update {
            DeskUpdate::Compare(CompareUpdate::Done { result, .. }) => Some(result),
            _ => None,
        })
    };
    let same = compare([
        ExportFrom::File(path.clone()),
        ExportFrom::File(path.clone()),
    ]);
    assert!(same.unwrap().is_same());
    let missing = compare([ExportFrom::File(path), ExportFrom::File("/nowhere".into())]);
    assert!(missing.unwrap_err().contains("/nowhere"));
}
