//! Quorum queues with a delivery limit: what one more look would make RabbitMQ throw out is not
//! lost, whatever breaks.

use std::path::Path;
use std::time::Duration;

use eventscope::broker::Options;
use eventscope::domain::record::{Fate, Record};
use eventscope::domain::{Endpoint, Event, FieldValue, Pace, Properties};
use eventscope::protocol::{Command, JobStage, Update, Which};
use eventscope::storage::journal::Journal;

use crate::support::proxy::{Cut, Proxy};
use crate::support::raw_amqp::{Life, int, persistent, text};
use crate::support::{App, Place, fresh, order, wait_for};

/// Messages that were handed out as often as their queue allows; nothing takes what it gives away.
fn at_their_limit(place: &Place, count: u32) -> Vec<String> {
    let mut raw = place.raw();
    let limited = [
        ("x-queue-type", text("quorum")),
        ("x-delivery-limit", int(1)),
    ];
    raw.queue("q", Life::Durable, &limited);
    let names: Vec<String> = (0..count).map(|n| format!("{n:02}")).collect();
    for name in &names {
        raw.publish("", "q", &persistent(), name.as_bytes());
    }
    while raw.get("q").is_some() {}
    drop(raw);
    let mut raw = place.raw();
    wait_for("all to come back", || {
        (raw.depth("q") == count).then_some(())
    });
    names
}

fn journal_in(folder: &Path) -> Options {
    Options {
        journal_dir: Some(folder.to_owned()),
        ..Options::default()
    }
}

#[test]
fn what_a_broken_connection_costs_is_in_the_journal_and_not_called_untouched() {
    let place = Place::fresh();
    let names = at_their_limit(&place, 5);
    let mut raw = place.raw();
    raw.queue("alive", Life::Durable, &[]);
    let proxy = Proxy::to(place.facts.amqp_port);
    let endpoint = Endpoint {
        port: proxy.port,
        ..place.endpoint()
    };
    let folder = tempfile::tempdir().expect("a folder");
    let mut app = App::with(endpoint, journal_in(folder.path()));
    // The app's own look would renew them, so they are described as another one saw them.
    let seen = |name: &String| {
        let body = name.clone().into_bytes();
        let now = chrono::Utc::now();
        Event::new(now, String::new(), "q".into(), true, counted_once(), body)
    };
    let orders = names[..3]
        .iter()
        .map(|name| order(&seen(name), "", "alive"));
    let orders = orders.collect();
    let request = fresh();
    app.send(Command::Resend {
        request,
        queue: "q".into(),
        which: Which::These(orders),
        pace: Pace {
            canary: Some(Duration::from_mins(1)),
            ..Pace::default()
        },
    });
    // One is sent, two wait for their turn, and two more are only borrowed.
    app.expect("the canary", |update| match update {
        Update::JobAt {
            stage: JobStage::Watching { .. },
            ..
        } => Some(()),
        _ => None,
    });
    proxy.cut(Cut::Clean);
    app.job_done(request);
    drop(app);
    let journal = Journal::open(folder.path()).expect("the journal");
    let records = journal.newest(100).expect("its records");
    let mut there = raw.bodies("alive");
    there.extend(raw.bodies("q"));
    for name in names {
        let own = records.iter().filter(|r| r.message.body == name.as_bytes());
        let fates: Vec<Fate> = own.map(Record::fate).collect();
        assert!(
            there.contains(&name) || fates.contains(&Fate::DuplicatePossible),
            "{name} is lost: {there:?} {fates:?}"
        );
        assert!(!fates.contains(&Fate::Untouched), "{name} was touched");
    }
}

/// What a message has that was handed out once.
fn counted_once() -> Properties {
    let count = ("x-delivery-count".to_owned(), FieldValue::I64(1));
    Properties {
        delivery_mode: Some(2),
        headers: Some(vec![count]),
        ..Properties::default()
    }
}

#[test]
fn without_a_journal_nothing_is_looked_into_that_counts_looks() {
    let place = Place::fresh();
    let names = at_their_limit(&place, 3);
    let file = tempfile::NamedTempFile::new().expect("a file");
    // No folder can be made in a file.
    let mut app = App::with(place.endpoint(), journal_in(&file.path().join("journal")));
    let words = app.peek("q", 10).expect_err("a refusal");
    assert!(words.contains("The journal in"), "{words}");
    assert!(words.contains("delivery limit"), "{words}");
    assert_eq!(place.raw().bodies("q"), names);
}

#[test]
fn what_cannot_be_written_down_after_all_is_put_into_its_queue_anew_all_the_same() {
    let place = Place::fresh();
    let names = at_their_limit(&place, 3);
    let folder = tempfile::tempdir().expect("a folder");
    drop(Journal::open(folder.path()).expect("a journal"));
    // It can be opened and written, but takes in no message, as if that were too large for the disk.
    let file = folder.path().join(eventscope::settings::JOURNAL);
    let db = rusqlite::Connection::open(file).expect("the journal");
    let full = "CREATE TRIGGER full BEFORE INSERT ON record
                BEGIN SELECT RAISE(ABORT, 'the disk is full'); END";
    db.execute_batch(full).expect("a trigger");
    let mut app = App::with(place.endpoint(), journal_in(folder.path()));
    let report = app.peek("q", 10).expect("a peek");
    assert!(
        report.remark.contains("the disk is full"),
        "{}",
        report.remark
    );
    let mut raw = place.raw();
    let mut left = wait_for("all to be there", || {
        (raw.depth("q") == 3).then(|| raw.bodies("q"))
    });
    left.sort();
    assert_eq!(left, names);
}
