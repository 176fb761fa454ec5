//! Quorum queues with a delivery limit: what one more look would make RabbitMQ throw out is not
//! lost, whatever breaks.

use std::path::Path;
use std::time::Duration;

use eventscope::drivers::Options;
use eventscope::event::amqp::{FieldValue, Properties};
use eventscope::event::source_id::SourceId;
use eventscope::event::{Event, Transport};
use eventscope::protocol::{
    Command, JobStage, MoveOutcome, PutBack, SourceCommand, SourceUpdate, Update, Which,
};
use eventscope::rabbitmq::delivery_limit::Left;
use eventscope::rabbitmq::endpoint::Endpoint;
use eventscope::repair::journal_entry::{Fate, Record};
use eventscope::repair::pace::Pace;
use eventscope::storage::journal::Journal;

use crate::support::proxy::{Cut, Proxy};
use crate::support::raw_amqp::{Life, Raw, int, persistent, text};
use crate::support::{App, OwnBroker, Place, bodies, fresh, order, wait_for, wait_told};

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

/// Messages that died in a quorum queue, by its delivery limit of 2, and lie in `q`, which has a limit
/// of 2 too. From 4.3 on they have a count of 3 there; nothing takes what `q` throws out.
fn died_by_a_limit(place: &Place, count: usize) -> Vec<String> {
    let mut raw = place.raw();
    let quorum = ("x-queue-type", text("quorum"));
    let limit = ("x-delivery-limit", int(2));
    raw.queue("q", Life::Durable, &[quorum.clone(), limit.clone()]);
    let work = [
        quorum,
        limit,
        ("x-dead-letter-exchange", text("")),
        ("x-dead-letter-routing-key", text("q")),
    ];
    raw.queue("work", Life::Durable, &work);
    let names: Vec<String> = (0..count).map(|n| format!("dead {n:02}")).collect();
    for name in &names {
        raw.publish("", "work", &persistent(), name.as_bytes());
    }
    let count = u32::try_from(count).expect("a number");
    for round in 1..=3 {
        let mut consumer = place.raw();
        while consumer.get("work").is_some() {}
        drop(consumer);
        wait_for("all to come back or die", || {
            let (work, dead) = (raw.depth("work"), raw.depth("q"));
            let is_dead = round == 3 && dead == count;
            (is_dead || round < 3 && work == count).then_some(())
        });
    }
    names
}

/// The messages of a queue, all of which are there or come back.
fn all_of(raw: &mut Raw, queue: &str, count: usize) -> Vec<String> {
    let count = u32::try_from(count).expect("a number");
    wait_for("all to be there", || {
        (raw.depth(queue) == count).then_some(())
    });
    raw.bodies(queue)
}

/// Each of these lies in a queue, or in the journal as one that may be nowhere else.
fn assert_safe(names: &[String], there: &[String], folder: &Path) {
    let journal = Journal::open(folder).expect("the journal");
    let records = journal.newest(1_000).expect("its records");
    for name in names {
        let own = records.iter().filter(|r| r.message.body == name.as_bytes());
        let fates: Vec<Fate> = own.map(Record::fate).collect();
        let is_told = fates.contains(&Fate::DuplicatePossible);
        let is_there = there.contains(name);
        assert!(is_there || is_told, "{name} is lost: {there:?} {fates:?}");
    }
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
        Event::new(
            now,
            String::new(),
            "q".into(),
            Transport::amqp(true),
            counted_once(),
            body,
        )
    };
    let orders = names[..3]
        .iter()
        .map(|name| order(&seen(name), "", "alive"));
    let orders = orders.collect();
    let request = fresh();
    app.send(Command::Source(
        SourceId::FIRST,
        SourceCommand::Resend {
            request,
            queue: "q".into(),
            which: Which::These(orders),
            pace: Pace {
                canary: Some(Duration::from_mins(1)),
                ..Pace::default()
            },
        },
    ));
    // One is sent, two wait for their turn, and two more are only borrowed.
    app.expect("the canary", |update| match update {
        Update::Source(
            _,
            SourceUpdate::JobAt {
                stage: JobStage::Watching { .. },
                ..
            },
        ) => Some(()),
        _ => None,
    });
    proxy.cut(Cut::Clean);
    app.job_done(request);
    drop(app);
    let mut there = raw.bodies("alive");
    there.extend(raw.bodies("q"));
    assert_safe(&names, &there, folder.path());
    let journal = Journal::open(folder.path()).expect("the journal");
    for record in journal.newest(100).expect("its records") {
        assert_ne!(record.fate(), Fate::Untouched, "it was touched");
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
fn what_cannot_be_written_down_after_all_is_put_into_its_queue_again_all_the_same() {
    let place = Place::fresh();
    let names = at_their_limit(&place, 3);
    let folder = tempfile::tempdir().expect("a folder");
    drop(Journal::open(folder.path()).expect("a journal"));
    // It can be opened and written, but takes in no message, as if that were too large for the disk.
    let file = folder.path().join(eventscope::storage::journal::JOURNAL);
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

/// Who may not publish cannot put into the queue again what a look gives back at its limit.
#[test]
fn what_may_not_be_put_into_its_queue_again_is_in_the_journal() {
    let place = Place::fresh();
    let names = at_their_limit(&place, 3);
    let reader = place.user("reader", ".*", "nothing", ".*");
    let folder = tempfile::tempdir().expect("a folder");
    let mut app = App::with(reader, journal_in(folder.path()));
    let report = app.peek("q", 10).expect("a peek");
    assert_eq!(report.messages.len(), 3);
    app.journal();
    drop(app);
    let mut raw = place.raw();
    assert_safe(&names, &raw.bodies("q"), folder.path());
}

#[test]
fn what_died_by_a_delivery_limit_is_still_there_after_any_number_of_looks() {
    let place = Place::fresh();
    let names = died_by_a_limit(&place, 5);
    let mut app = App::at(place.endpoint());
    let sorted = |report: &eventscope::protocol::PeekReport| {
        let mut bodies = bodies(report);
        bodies.sort();
        bodies
    };
    let first = app.peek("q", 10).expect("a peek");
    assert_eq!(sorted(&first), names);
    assert_eq!((first.borrowed, first.depth), (5, 5));
    let is_again = first
        .remark
        .contains("5 messages were put at the end of the queue again");
    assert_eq!(is_again, !place.looks_count(), "{}", first.remark);
    if place.looks_count() {
        // Their counts begin again in this queue, also where the old ones are shown once.
        assert_eq!(
            (first.put_back, first.remark.as_str()),
            (PutBack::InOrder, "")
        );
        let left = Left {
            looks: 1,
            at_least: false,
        };
        assert_eq!(first.left, Some(left));
        let second = app.peek("q", 10).expect("a peek");
        assert_eq!(bodies(&second), names, "the order is kept");
        assert_eq!(second.left.map(|left| left.looks), Some(0));
        assert!(app.peek("q", 10).is_err());
        assert_eq!(app.journal(), []);
    } else {
        for size in [2, 5, 10] {
            let next = app.peek("q", size).expect("a peek");
            assert_eq!(
                (next.put_back, next.left),
                (PutBack::InOrder, None),
                "{next:?}"
            );
        }
        let fates: Vec<Fate> = app.journal().iter().map(Record::fate).collect();
        assert_eq!(fates, [Fate::Certain; 5]);
    }
    let mut there = all_of(&mut place.raw(), "q", 5);
    there.sort();
    assert_eq!(there, names);
}

#[test]
fn what_is_handed_out_at_the_limit_is_put_back_where_that_is_safe_and_leaves_no_record() {
    let place = Place::fresh();
    let names = at_their_limit(&place, 3);
    let mut app = App::at(place.endpoint());
    for _ in 0..3 {
        let look = app.peek("q", 10).expect("a peek");
        let mut seen = bodies(&look);
        seen.sort();
        assert_eq!(seen, names);
        if place.looks_count() {
            break;
        }
        // A nack does not count there, and throws out only what is over the limit.
        assert_eq!(
            (bodies(&look), look.put_back),
            (names.clone(), PutBack::InOrder)
        );
        assert_eq!(app.journal(), []);
    }
    let mut there = all_of(&mut place.raw(), "q", 3);
    there.sort();
    assert_eq!(there, names);
}

/// After a crash and a rejection RabbitMQ 4.0 shows the count of the queue of the death, once.
#[test]
fn safe_peeks_left_are_those_of_this_queue() {
    let place = Place::fresh();
    let mut raw = place.raw();
    let quorum = ("x-queue-type", text("quorum"));
    raw.queue(
        "q",
        Life::Durable,
        &[quorum.clone(), ("x-delivery-limit", int(20))],
    );
    let work = [
        quorum,
        ("x-dead-letter-exchange", text("")),
        ("x-dead-letter-routing-key", text("q")),
    ];
    raw.queue("work", Life::Durable, &work);
    raw.publish("", "work", &persistent(), b"rejected");
    let mut consumer = place.raw();
    consumer.get("work").expect("the message");
    drop(consumer);
    let again = wait_for("the message", || raw.get("work"));
    raw.reject(again.tag);
    wait_for("its death", || (raw.depth("q") == 1).then_some(()));
    let mut app = App::at(place.endpoint());
    let mut left = || {
        let left = app.peek("q", 10).expect("a peek").left;
        left.map(|left| (left.looks, left.at_least))
    };
    let seen = [left(), left(), left()];
    let version = place.version();
    let expected = if version.at_least(4, 3) {
        [None; 3]
    } else if version.at_least(4, 0) {
        [Some((17, true)), Some((18, false)), Some((17, false))]
    } else {
        [Some((19, false)), Some((18, false)), Some((17, false))]
    };
    assert_eq!(seen, expected);
}

/// A message that the app has not seen, as it would describe it.
fn plain(name: &str) -> Event {
    let properties = Properties {
        delivery_mode: Some(2),
        ..Properties::default()
    };
    let (exchange, key) = (String::new(), "q".into());
    let body = name.as_bytes().to_vec();
    Event::new(
        chrono::Utc::now(),
        exchange,
        key,
        Transport::amqp(false),
        properties,
        body,
    )
}

/// Sends the first of two plain messages and holds all others of the queue meanwhile.
fn hold_all(app: &mut App, raw: &mut Raw) {
    raw.queue("alive", Life::Durable, &[]);
    for name in ["one", "two"] {
        raw.publish("", "q", &persistent(), name.as_bytes());
    }
    let orders = ["one", "two"].map(|name| order(&plain(name), "", "alive"));
    app.send(Command::Source(
        SourceId::FIRST,
        SourceCommand::Resend {
            request: fresh(),
            queue: "q".into(),
            which: Which::These(orders.into()),
            pace: Pace {
                canary: Some(Duration::from_mins(2)),
                ..Pace::default()
            },
        },
    ));
    app.expect("the canary", |update| match update {
        Update::Source(
            _,
            SourceUpdate::JobAt {
                stage: JobStage::Watching { .. },
                ..
            },
        ) => Some(()),
        _ => None,
    });
}

#[test]
fn a_resend_of_another_message_keeps_those_that_died_by_a_limit() {
    let place = Place::fresh();
    let names = died_by_a_limit(&place, 4);
    let mut raw = place.raw();
    raw.queue("alive", Life::Durable, &[]);
    raw.publish("", "q", &persistent(), b"another");
    let mut app = App::at(place.endpoint());
    let done = app.resend("q", vec![order(&plain("another"), "", "alive")]);
    assert_eq!(
        (done.outcomes, done.problem),
        (vec![MoveOutcome::Resent], None)
    );
    let mut there = all_of(&mut raw, "q", 4);
    there.sort();
    assert_eq!(there, names);
    assert_eq!(raw.bodies("alive"), ["another"]);
}

#[test]
fn a_cut_connection_costs_nothing_that_is_not_in_the_journal() {
    for how in [Cut::Clean, Cut::HalfOpen] {
        let place = Place::fresh();
        let mut names = died_by_a_limit(&place, 5);
        names.extend(["one".to_owned(), "two".to_owned()]);
        let proxy = Proxy::to(place.facts.amqp_port);
        let endpoint = Endpoint {
            port: proxy.port,
            ..place.endpoint()
        };
        let folder = tempfile::tempdir().expect("a folder");
        let mut app = App::with(endpoint, journal_in(folder.path()));
        let mut raw = place.raw();
        hold_all(&mut app, &mut raw);
        proxy.cut(how);
        // The app is killed, as it were, without a word.
        proxy.close();
        drop(app);
        let quiet = || {
            let queue = place.queue("q");
            (queue["messages_unacknowledged"] == 0).then_some(())
        };
        wait_for("all to come back", quiet);
        let mut there = raw.bodies("alive");
        there.extend(raw.bodies("q"));
        assert_safe(&names, &there, folder.path());
    }
}

#[test]
fn a_killed_broker_costs_nothing_that_is_not_in_the_journal() {
    let mut broker = OwnBroker::start();
    let place = Place::on(broker.facts());
    let mut names = died_by_a_limit(&place, 5);
    names.extend(["one".to_owned(), "two".to_owned()]);
    let folder = tempfile::tempdir().expect("a folder");
    let mut app = App::with(place.endpoint(), journal_in(folder.path()));
    let mut raw = place.raw();
    raw.queue("alive", Life::Durable, &[]);
    broker.keeps_what_was_declared(&place);
    if place.looks_count() && !place.version().at_least(4, 0) {
        broker.wrote_quorum(&place.vhost, "q");
    }
    hold_all(&mut app, &mut raw);
    broker.kill();
    drop(app);
    broker.start_again();
    let mut raw = place.raw();
    // It is confirmed when the queue has a leader again; before that it answers nothing.
    raw.publish("", "q", &persistent(), b"it answers");
    let mut there = Vec::new();
    // What is given back comes back in its time.
    wait_told("what is left", || {
        for queue in ["alive", "q"] {
            raw.bodies_if_ready(queue, &mut there)?;
        }
        let queue = place.queue("q");
        let is_quiet = queue["messages"] == 0 && queue["messages_unacknowledged"] == 0;
        let is_empty = is_quiet && raw.depth("q") == 0;
        is_empty.then_some(()).ok_or_else(|| queue.to_string())
    });
    assert_safe(&names, &there, folder.path());
}

#[test]
fn without_the_management_api_nothing_is_lost_that_is_not_in_the_journal() {
    let place = Place::fresh();
    let names = died_by_a_limit(&place, 4);
    let mut blind = place.endpoint();
    blind.management_port = Some(1);
    let folder = tempfile::tempdir().expect("a folder");
    let mut app = App::with(blind, journal_in(folder.path()));
    for _ in 0..2 {
        let look = app.peek("q", 10).expect("a peek");
        if !look.remark.is_empty() {
            assert!(
                look.remark.contains("were not seen to come back"),
                "{look:?}"
            );
        }
    }
    drop(app);
    let there = place.raw().bodies("q");
    assert_safe(&names, &there, folder.path());
}
