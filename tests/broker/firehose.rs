//! The firehose: what it shows, and that it never stays on.

use std::path::Path;

use chrono::Utc;
use eventscope::drivers::Options;
use eventscope::event::Event;
use eventscope::event::amqp::FieldValue;
use eventscope::event::amqp::{Trace, Traced};
use eventscope::event::source_id::SourceId;
use eventscope::protocol::{Command, DeskUpdate, Link, SourceCommand, SourceUpdate, Update};
use eventscope::storage::firehose::Note;

use crate::support::raw_amqp::{Life, field, none, properties, short, table};
use crate::support::{App, Place, wait_for};

fn with_folder(folder: &Path) -> Options {
    Options {
        journal_dir: Some(folder.to_owned()),
        ..Options::default()
    }
}

fn notes(folder: &Path) -> usize {
    // Beside them lies the journal.
    let is_note = |entry: &std::fs::DirEntry| {
        let name = entry.file_name();
        name.to_string_lossy().starts_with("firehose-")
    };
    std::fs::read_dir(folder).map_or(0, |all| all.flatten().filter(is_note).count())
}

fn trace(event: &Event) -> &Trace {
    event.transport.trace().expect("a trace")
}

fn notice(app: &mut App, part: &str) {
    app.expect(part, |update| match update {
        Update::Desk(DeskUpdate::Notice(notice)) => notice.words.contains(part).then_some(()),
        _ => None,
    });
}

#[test]
fn it_shows_who_published_what_and_where_it_went() {
    let place = Place::fresh();
    place.describe("our shop", "production");
    let folder = tempfile::tempdir().expect("a folder");
    let mut raw = place.raw();
    raw.exchange("shop", "topic");
    raw.queue("orders", Life::Durable, &[]);
    let mut app = App::with(place.endpoint(), with_folder(folder.path()));
    assert!(!place.is_traced(), "not before it is asked for");
    let (all, state) = app.tap("shop", &["#"]);
    state.expect("a tap");
    let (firehose, state) = app.firehose(false);
    state.expect("the firehose");
    assert!(place.is_traced());
    assert_eq!(notes(folder.path()), 1);

    let mut values = [const { None }; 14];
    values[0] = Some(short("text/plain"));
    values[2] = Some(table(&[("n", field(b's', &7_i16.to_be_bytes()))]));
    values[3] = Some(vec![2]);
    raw.publish("", "orders", &properties(&values), b"hello");
    raw.publish("shop", "stray", &none(), b"lost");
    let mut events = app.events(firehose, 1);
    if events.len() < 2 {
        events.extend(app.events(firehose, 1));
    }
    let [kept, lost] = events.as_slice() else {
        panic!("{events:#?}")
    };
    assert_eq!(
        (kept.destination.as_str(), kept.key.as_str()),
        ("", "orders")
    );
    assert_eq!(kept.body, b"hello");
    assert_eq!(kept.properties.content_type.as_deref(), Some("text/plain"));
    assert_eq!(kept.properties.delivery_mode, Some(2));
    let number = kept.properties.header("n").and_then(FieldValue::as_integer);
    assert_eq!(number, Some(7));
    assert_eq!(trace(kept).user, place.endpoint().user);
    assert!(trace(kept).connection.contains("127.0.0.1"), "{kept:?}");
    assert_eq!(trace(kept).fate, Traced::Published(vec!["orders".into()]));
    // Our own tap got it, which is no comfort to the application.
    assert_eq!(
        (lost.destination.as_str(), lost.key.as_str()),
        ("shop", "stray")
    );
    assert_eq!(trace(lost).fate, Traced::Published(Vec::new()));
    assert_eq!(app.keys(all, 1), ["stray"]);

    app.stop_tap(firehose);
    assert!(!place.is_traced());
    assert_eq!(notes(folder.path()), 0);
    let described = place.described();
    assert_eq!(described["description"], "our shop");
    assert_eq!(described["tags"][0], "production");
}

#[test]
fn deliveries_to_consumers_are_shown_and_those_to_our_own_taps_are_not() {
    let place = Place::fresh();
    let folder = tempfile::tempdir().expect("a folder");
    let mut raw = place.raw();
    raw.exchange("shop", "topic");
    raw.queue("orders", Life::Durable, &[]);
    raw.bind("orders", "shop", "#");
    let mut app = App::with(place.endpoint(), with_folder(folder.path()));
    let (all, state) = app.tap("shop", &["#"]);
    state.expect("a tap");
    let (firehose, state) = app.firehose(true);
    state.expect("the firehose");
    raw.publish("shop", "k", &none(), b"1");
    assert_eq!(app.keys(all, 1), ["k"]);
    assert_eq!(raw.drain("orders").len(), 1);
    raw.publish("shop", "last", &none(), b"2");
    let mut fates = Vec::new();
    while fates.len() < 3 {
        let events = app.events(firehose, 1);
        fates.extend(events.iter().map(|event| trace(event).fate.clone()));
    }
    let published = Traced::Published(vec!["orders".into()]);
    let delivered = Traced::Delivered("orders".into());
    assert_eq!(fates, [published.clone(), delivered, published]);
}

#[test]
fn it_is_switched_off_when_the_connection_is_ended_or_the_app_quits() {
    let place = Place::fresh();
    let folder = tempfile::tempdir().expect("a folder");
    let mut app = App::with(place.endpoint(), with_folder(folder.path()));
    app.firehose(false).1.expect("the firehose");
    app.send(Command::Source(SourceId::FIRST, SourceCommand::Disconnect));
    app.expect("the end", |update| {
        matches!(update, Update::Source(_, SourceUpdate::Link(Link::Idle))).then_some(())
    });
    assert!(!place.is_traced());
    app.connect(place.endpoint());
    app.firehose(false).1.expect("the firehose again");
    assert!(place.is_traced());
    drop(app);
    assert!(!place.is_traced());
    assert_eq!(notes(folder.path()), 0);
}

#[test]
fn it_outlives_a_lost_connection_but_not_the_end_of_it() {
    let place = Place::fresh();
    let folder = tempfile::tempdir().expect("a folder");
    let mut raw = place.raw();
    let mut app = App::with(place.endpoint(), with_folder(folder.path()));
    let (firehose, state) = app.firehose(false);
    state.expect("the firehose");
    place.close_connections();
    app.expect("the loss", |update| {
        matches!(
            update,
            Update::Source(_, SourceUpdate::Link(Link::Lost { .. }))
        )
        .then_some(())
    });
    app.connected();
    app.tap_state(firehose, "the firehose to resume", |state| {
        matches!(state, eventscope::protocol::TapState::Resumed { .. }).then_some(())
    });
    assert!(place.is_traced());
    raw.publish("", "nowhere", &none(), b"1");
    assert_eq!(app.keys(firehose, 1), ["nowhere"]);
    // Lost again, and given up in that state: there is no job any more that could switch it off.
    place.close_connections();
    app.expect("the loss", |update| {
        matches!(
            update,
            Update::Source(_, SourceUpdate::Link(Link::Lost { .. }))
        )
        .then_some(())
    });
    app.send(Command::Source(SourceId::FIRST, SourceCommand::Disconnect));
    app.expect("the end", |update| {
        matches!(update, Update::Source(_, SourceUpdate::Link(Link::Idle))).then_some(())
    });
    assert!(!place.is_traced());
    assert_eq!(notes(folder.path()), 0);
}

#[test]
fn what_a_killed_eventscope_left_on_is_switched_off_at_the_next_connection() {
    let place = Place::fresh();
    let folder = tempfile::tempdir().expect("a folder");
    let note = Note::write(folder.path(), &place.endpoint(), Utc::now()).expect("a note");
    place.trace(true);
    // While its Eventscope lives, the note is not touched, and its trace only listened to.
    let mut app = App::with(place.endpoint(), with_folder(folder.path()));
    let (firehose, state) = app.firehose(false);
    state.expect("the firehose");
    app.stop_tap(firehose);
    drop(app);
    assert!(place.is_traced());
    // The lock goes with the process.
    drop(note);
    let mut app = App::with(place.endpoint(), with_folder(folder.path()));
    notice(&mut app, "had been left on");
    assert!(!place.is_traced());
    assert_eq!(notes(folder.path()), 0);
}

#[test]
fn somebody_elses_trace_stays_on() {
    let place = Place::fresh();
    let folder = tempfile::tempdir().expect("a folder");
    place.trace(true);
    let mut raw = place.raw();
    let mut app = App::with(place.endpoint(), with_folder(folder.path()));
    let (firehose, state) = app.firehose(false);
    state.expect("the firehose");
    notice(&mut app, "stays on");
    raw.publish("", "nowhere", &none(), b"1");
    assert_eq!(app.keys(firehose, 1), ["nowhere"]);
    app.stop_tap(firehose);
    assert!(place.is_traced());
    app.firehose(false).1.expect("the firehose again");
    drop(app);
    assert!(place.is_traced());
}

#[test]
fn who_may_not_switch_it_learns_why_and_nothing_is_left() {
    let place = Place::fresh();
    let folder = tempfile::tempdir().expect("a folder");
    let user = place.user("no administrator", ".*", ".*", ".*");
    let mut app = App::with(user, with_folder(folder.path()));
    let words = app.firehose(false).1.expect_err("a refusal");
    assert!(words.contains("tag administrator"), "{words}");
    assert!(!place.is_traced());
    assert_eq!(notes(folder.path()), 0);
    let mut app = App::with(place.endpoint(), Options::default());
    let words = app.firehose(false).1.expect_err("a refusal");
    assert!(words.contains("no folder"), "{words}");
    wait_for("no queue to be left", || {
        place.queues().is_empty().then_some(())
    });
}
