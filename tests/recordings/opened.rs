//! A recording that is opened as an event store, through the same seam as any other.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crossbeam_channel::Receiver;
use eventscope::address::Address;
use eventscope::drivers::{self, Options};
use eventscope::engine::handle::Handle;
use eventscope::event::Event;
use eventscope::event::source_id::SourceId;
use eventscope::event::start_from::StartFrom;
use eventscope::event::tap_id::TapId;
use eventscope::event::watching::{TapReading, TapRequest};
use eventscope::log::Kept;
use eventscope::protocol::{Command, Link, SourceCommand, SourceUpdate, TapState, Update};
use eventscope::recording::WrittenGap;
use eventscope::recording::writer::RecordingWriter;

use super::events::{at, odd_events, ordinary, segment, text};

struct Desk {
    handle: Handle,
    updates: Receiver<Update>,
}

impl Desk {
    fn start() -> Self {
        let (handle, updates) = drivers::start(|| {}, Options::default()).expect("threads");
        Self { handle, updates }
    }

    fn send(&self, command: SourceCommand) {
        self.handle
            .send(Command::Source(SourceId::FIRST, command))
            .expect("room");
    }

    fn next<T>(&self, what: &str, mut pick: impl FnMut(SourceUpdate) -> Option<T>) -> T {
        let deadline = Instant::now() + Duration::from_secs(30);
        loop {
            let update = self.updates.recv_deadline(deadline);
            if let Update::Source(_, update) = update.unwrap_or_else(|_| panic!("no {what}"))
                && let Some(found) = pick(update)
            {
                return found;
            }
        }
    }

    fn open(&self, path: &Path) -> Result<String, String> {
        self.send(SourceCommand::Connect(Address::Recording(path.to_owned())));
        self.next("connection", |update| match update {
            SourceUpdate::Link(Link::Connected { server, .. }) => Some(Ok(server.to_string())),
            SourceUpdate::Link(Link::Failed { reason, .. }) => Some(Err(reason)),
            _ => None,
        })
    }

    fn tap(&self, destination: &str, keys: &[&str]) -> TapId {
        let tap = TapId::of(SourceId::FIRST, fastrand::u64(..));
        self.send(SourceCommand::StartTap(TapRequest {
            tap,
            destination: destination.to_owned(),
            keys: keys.iter().map(ToString::to_string).collect(),
            reading: TapReading::default(),
        }));
        tap
    }

    /// This many events of a tap, and how many gaps came before the last of them.
    fn events(&self, tap: TapId, count: usize) -> (Vec<Event>, usize) {
        let (mut events, mut gaps) = (Vec::new(), 0);
        while events.len() < count {
            self.next("events", |update| match update {
                SourceUpdate::Events(batch) if batch.tap() == tap => {
                    events.extend(batch.events().map(Kept::to_event));
                    Some(())
                }
                SourceUpdate::Gap { tap: of, .. } if of == tap => {
                    gaps += 1;
                    Some(())
                }
                SourceUpdate::Tap {
                    state: TapState::Refused(words),
                    ..
                } => panic!("{words}"),
                _ => None,
            });
        }
        (events, gaps)
    }
}

fn recorded(dir: &Path, ordinary_events: u64) -> PathBuf {
    let path = dir.join("a.eventscope");
    let mut writer = RecordingWriter::create(&path, at(0)).unwrap();
    writer.segment("shop", &segment(&odd_events())).unwrap();
    writer
        .gap(&WrittenGap {
            from: at(70),
            to: at(80),
            place: None,
            events: None,
            why: "The connection was lost".into(),
        })
        .unwrap();
    for from in (0..ordinary_events).step_by(500) {
        let to = (from + 500).min(ordinary_events);
        let some: Vec<_> = (from..to).map(ordinary).collect();
        writer.segment("shop", &segment(&some)).unwrap();
    }
    writer.seal(at(90)).unwrap()
}

#[test]
fn a_recording_is_opened_and_watched_without_a_broker() {
    let dir = tempfile::tempdir().unwrap();
    let path = recorded(dir.path(), 2_000);
    let desk = Desk::start();
    assert_eq!(desk.open(&path).unwrap(), "recording, 2,010 events");
    let picture = desk.next("picture", |update| match update {
        SourceUpdate::Picture(picture) => Some(picture),
        _ => None,
    });
    assert_eq!(
        picture.named_destinations(),
        ["*", "amq.rabbitmq.trace", "shop", "shop.events", "t", "x"]
    );
    let all = desk.tap("*", &[]);
    let (events, gaps) = desk.events(all, 2_010);
    assert_eq!(gaps, 1);
    for (read, written) in events.iter().zip(odd_events()) {
        assert_eq!(text(read), text(&written));
    }
    assert_eq!(text(&events[2_009]), text(&ordinary(1_999)));
    let some = desk.tap("shop.events", &["order.*.3", "nothing"]);
    let (events, _) = desk.events(some, 400);
    assert!(events.iter().all(|event| event.key == "order.created.3"));
    desk.send(SourceCommand::StopTap(some));
    desk.next("the end of a tap", |update| match update {
        SourceUpdate::Tap {
            tap,
            state: TapState::Stopped,
        } if tap == some => Some(()),
        _ => None,
    });
}

#[test]
fn what_is_written_while_it_is_open_comes_too() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.eventscope");
    let now = chrono::Utc::now();
    let mut writer = RecordingWriter::create(&path, now).unwrap();
    let desk = Desk::start();
    desk.open(&path).unwrap();
    let tap = desk.tap("*", &["#"]);
    for number in 0..3 {
        writer
            .segment("shop", &segment(&[ordinary(number)]))
            .unwrap();
        writer.commit(now).unwrap();
        let (events, _) = desk.events(tap, 1);
        assert_eq!(text(&events[0]), text(&ordinary(number)));
    }
}

#[test]
fn a_file_that_is_none_is_told_and_another_can_be_opened() {
    let dir = tempfile::tempdir().unwrap();
    let desk = Desk::start();
    let letter = dir.path().join("letter.txt");
    std::fs::write(&letter, "dear").unwrap();
    let told = desk.open(&letter).unwrap_err();
    assert!(
        told.contains("letter.txt was not opened. It is no recording"),
        "{told}"
    );
    let told = desk.open(&dir.path().join("nowhere")).unwrap_err();
    assert!(told.contains("No such file"), "{told}");
    let path = recorded(dir.path(), 10);
    desk.open(&path).unwrap();
    desk.send(SourceCommand::StartFirehose(
        eventscope::rabbitmq::tap::FirehoseRequest {
            tap: TapId::of(SourceId::FIRST, 7),
            deliveries: false,
        },
    ));
    desk.next("a refusal", |update| match update {
        SourceUpdate::Tap {
            state: TapState::Refused(words),
            ..
        } => {
            assert_eq!(words, "A recording can only be read");
            Some(())
        }
        _ => None,
    });
}

/// It broke off in the middle of a page of the file, as a bad disk leaves it.
#[test]
fn a_damaged_file_gives_what_is_whole_and_tells_the_rest() {
    let dir = tempfile::tempdir().unwrap();
    let path = recorded(dir.path(), 20_000);
    let mut bytes = std::fs::read(&path).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle..].fill(0xa5);
    std::fs::write(&path, bytes).unwrap();
    let desk = Desk::start();
    // Which of its pages are read first is SQLite's matter.
    let Ok(_) = desk.open(&path) else { return };
    let tap = desk.tap("*", &[]);
    let mut seen = 0;
    let words = desk.next("the end", |update| match update {
        SourceUpdate::Events(batch) => {
            seen += batch.len();
            None
        }
        SourceUpdate::Tap {
            tap: of,
            state: TapState::Refused(words),
        } if of == tap => Some(words),
        _ => None,
    });
    assert!(words.contains("damaged"), "{words}");
    assert!(seen < 20_010, "{seen}");
}

#[test]
fn a_recording_is_seen_from_afar_read_from_a_place_and_takes_notes() {
    let dir = tempfile::tempdir().unwrap();
    let path = recorded(dir.path(), 5_000);
    let desk = Desk::start();
    desk.open(&path).unwrap();
    let outline = |what: &str| {
        desk.next(what, |update| match update {
            SourceUpdate::Outline { events, outline } => Some((events, outline)),
            _ => None,
        })
    };
    let (events, whole) = outline("an outline");
    assert_eq!((events, whole.last, whole.gaps.len()), (None, 5_010, 1));
    assert!(
        (1_500..=5_010).contains(&whole.knots.len()),
        "{}",
        whole.knots.len()
    );
    desk.send(SourceCommand::Outline((11, 60)));
    let (events, part) = outline("a part");
    assert_eq!((events, part.knots.len()), (Some((11, 60)), 50));
    desk.send(SourceCommand::AddNote {
        at: at(5),
        event: Some(12),
        words: "here".into(),
    });
    assert_eq!(outline("a note").1.notes[0].words, "here");
    // From a place on, and no more than wanted.
    let tap = TapId::of(SourceId::FIRST, 77);
    desk.send(SourceCommand::StartTap(TapRequest {
        tap,
        destination: "*".into(),
        keys: vec!["#".into()],
        reading: TapReading {
            from: StartFrom::Offset(1_000),
            most_bytes: Some(1),
            ..TapReading::default()
        },
    }));
    let mut seen = 0;
    let covered = desk.next("what was given", |update| match update {
        SourceUpdate::Events(batch) => {
            seen += batch.len() as u64;
            None
        }
        SourceUpdate::Covered { tap: of, from, to } if of == tap => Some((from, to)),
        _ => None,
    });
    assert_eq!(covered.0, 1_000);
    assert_eq!(covered.1 - covered.0 + 1, seen);
    assert!(seen < 4_000, "{seen}");
}
