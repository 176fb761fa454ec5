//! Looking into queues, sending again and discarding: what is left where.

use eventscope::drivers::Options;
use eventscope::event::source_id::SourceId;
use eventscope::protocol::{
    Command, DeskCommand, MoveOrder, MoveOutcome, SourceCommand, SourceUpdate, Update, Which,
};
use eventscope::repair::journal_entry::{Fate, Stage};
use eventscope::repair::journal_list::Records;
use eventscope::repair::pace::Pace;

use crate::support::raw_amqp::{Life, Raw, int, none, text};
use crate::support::{App, Place, bodies, fresh, order, outgoing, wait_for};

fn fill(raw: &mut Raw, queue: &str, names: &[&str]) {
    for name in names {
        raw.publish("", queue, &none(), name.as_bytes());
    }
}

#[test]
fn a_peek_keeps_order_and_depth() {
    let place = Place::fresh();
    let mut raw = place.raw();
    raw.queue("q", Life::Durable, &[]);
    fill(&mut raw, "q", &["0", "1", "2", "3", "4", "5"]);
    let mut app = App::at(place.endpoint());
    let part = app.peek("q", 3).expect("a peek");
    assert_eq!(bodies(&part), ["0", "1", "2"]);
    assert_eq!((part.depth, part.remark.as_str()), (6, ""));
    assert_eq!(raw.depth("q"), 6);
    let all = app.peek("q", 100).expect("a peek");
    assert_eq!(bodies(&all), ["0", "1", "2", "3", "4", "5"]);
    let found = raw.drain("q");
    assert!(found.iter().all(|message| message.redelivered));
    let found: Vec<_> = found.into_iter().map(|message| message.body).collect();
    assert_eq!(found, [b"0", b"1", b"2", b"3", b"4", b"5"]);
}

#[test]
fn a_long_queue_is_looked_through_in_order_and_put_back_in_order() {
    let place = Place::fresh();
    let mut raw = place.raw();
    raw.queue("q", Life::Durable, &[]);
    let names: Vec<String> = (0..1_000).map(|n| format!("{n:04}")).collect();
    for name in &names {
        raw.publish("", "q", &none(), name.as_bytes());
    }
    let mut app = App::at(place.endpoint());
    let report = app.peek("q", 900).expect("a peek");
    assert_eq!(bodies(&report), names[..900]);
    assert_eq!(raw.bodies("q"), names);
}

#[test]
fn a_peek_of_nothing_says_so() {
    let place = Place::fresh();
    let mut raw = place.raw();
    raw.queue("empty", Life::Durable, &[]);
    raw.queue("stream", Life::Durable, &[("x-queue-type", text("stream"))]);
    let mut app = App::at(place.endpoint());
    let report = app.peek("empty", 10).expect("a peek");
    assert!(report.messages.is_empty());
    let words = app.peek("nowhere", 10).unwrap_err();
    assert!(words.contains("no queue nowhere"), "{words}");
    let words = app.peek("stream", 10).unwrap_err();
    assert!(words.contains("is a stream"), "{words}");
    fill(&mut raw, "empty", &["1"]);
    let mut few = App::at(place.user("noreader", ".*", ".*", "^$"));
    let words = few.peek("empty", 10).unwrap_err();
    assert!(words.contains("read permission"), "{words}");
}

#[test]
fn a_queue_that_deletes_itself_survives_being_looked_into() {
    let place = Place::fresh();
    let mut raw = place.raw();
    raw.queue("fragile", Life::AutoDelete, &[]);
    fill(&mut raw, "fragile", &["a", "b"]);
    let mut blind = place.endpoint();
    blind.management_port = Some(1);
    for endpoint in [place.endpoint(), blind] {
        let mut app = App::at(endpoint);
        let report = app.peek("fragile", 10).expect("a peek");
        assert_eq!(bodies(&report), ["a", "b"]);
        let again = app.peek("fragile", 1).expect("the queue is still there");
        assert_eq!(again.depth, 2);
    }
}

#[test]
fn a_quorum_queue_says_what_looking_costs_and_is_not_overdone() {
    let place = Place::fresh();
    let mut raw = place.raw();
    let quorum = ("x-queue-type", text("quorum"));
    raw.queue("endless", Life::Durable, &place.endless());
    raw.queue("dead", Life::Durable, &[]);
    let limited = [
        quorum,
        ("x-delivery-limit", int(3)),
        ("x-dead-letter-exchange", text("")),
        ("x-dead-letter-routing-key", text("dead")),
    ];
    raw.queue("limited", Life::Durable, &limited);
    fill(&mut raw, "endless", &["0", "1", "2"]);
    fill(&mut raw, "limited", &["0", "1", "2"]);
    let mut app = App::at(place.endpoint());
    let all = app.peek("endless", 3).expect("a peek");
    assert_eq!(
        (bodies(&all), all.remark),
        (vec!["0".into(), "1".into(), "2".into()], String::new())
    );
    let part = app.peek("endless", 1).expect("a peek");
    // All at once, or what was given back before with it.
    assert_eq!((bodies(&part), part.borrowed), (vec!["0".into()], 3));
    let order: Vec<String> = wait_for("all three", || {
        (raw.depth("endless") == 3).then(|| raw.bodies("endless"))
    });
    assert_eq!(order, ["0", "1", "2"]);

    let left: Vec<Option<u64>> = (0..3)
        .map(|_| {
            let report = app.peek("limited", 3).expect("a peek");
            assert_eq!(report.messages.len(), 3, "{report:?}");
            report.left.map(|left| left.looks)
        })
        .collect();
    if !place.looks_count() {
        assert_eq!(left, [None; 3]);
        assert_eq!((raw.depth("limited"), raw.depth("dead")), (3, 0));
        return;
    }
    assert_eq!(left, [Some(2), Some(1), Some(0)]);
    let words = app.peek("limited", 3).unwrap_err();
    assert!(words.contains("delivery limit"), "{words}");
    assert_eq!((raw.depth("limited"), raw.depth("dead")), (3, 0));
}

#[test]
fn one_from_the_middle_is_sent_again_and_the_rest_keeps_its_order() {
    let place = Place::fresh();
    let mut raw = place.raw();
    raw.queue("dead", Life::Durable, &[]);
    raw.queue("alive", Life::Durable, &[]);
    fill(&mut raw, "dead", &["0", "1", "2", "3", "4"]);
    let mut app = App::at(place.endpoint());
    let report = app.peek("dead", 10).expect("a peek");
    let done = app.resend("dead", vec![order(&report.messages[2], "", "alive")]);
    assert_eq!(
        (done.outcomes, done.problem),
        (vec![MoveOutcome::Resent], None)
    );
    assert_eq!(raw.bodies("alive"), ["2"]);
    assert_eq!(raw.bodies("dead"), ["0", "1", "3", "4"]);
}

#[test]
fn equal_messages_are_sent_as_often_as_asked() {
    let place = Place::fresh();
    let mut raw = place.raw();
    raw.queue("dead", Life::Durable, &[]);
    raw.queue("alive", Life::Durable, &[]);
    fill(&mut raw, "dead", &["same", "same", "other", "same"]);
    let mut app = App::at(place.endpoint());
    let report = app.peek("dead", 10).expect("a peek");
    let one = order(&report.messages[0], "", "alive");
    let mut gone = one.clone();
    gone.original.0 ^= 1;
    let done = app.resend("dead", vec![one.clone(), one, gone]);
    let expected = [MoveOutcome::Resent, MoveOutcome::Resent, MoveOutcome::Gone];
    assert_eq!(done.outcomes, expected);
    assert_eq!(raw.bodies("alive"), ["same", "same"]);
    assert_eq!(raw.bodies("dead"), ["other", "same"]);
}

#[test]
fn what_cannot_be_sent_again_stays_where_it_is() {
    let place = Place::fresh();
    let mut raw = place.raw();
    raw.exchange("shop", "topic");
    raw.queue("dead", Life::Durable, &[]);
    raw.queue("alive", Life::Durable, &[]);
    fill(
        &mut raw,
        "dead",
        &["missing", "unroutable", "good", "forged"],
    );
    let mut app = App::at(place.endpoint());
    let report = app.peek("dead", 10).expect("a peek");
    let [a, b, c, d] = &report.messages[..] else {
        panic!("four messages");
    };
    let mut forged = order(d, "", "alive");
    forged.outgoing.properties.user_id = Some("somebody else".into());
    let orders = vec![
        order(a, "nowhere", "k"),
        order(b, "shop", "nobody.listens"),
        forged,
        order(c, "", "alive"),
    ];
    let done = app.resend("dead", orders);
    assert_eq!(done.problem, None);
    let kept = |index: usize, part: &str| match &done.outcomes[index] {
        MoveOutcome::Kept(words) => assert!(words.contains(part), "{words}"),
        other => panic!("kept was expected, not {other:?}"),
    };
    kept(0, "no exchange nowhere");
    kept(1, "NO_ROUTE");
    assert_eq!(done.outcomes[2], MoveOutcome::Resent);
    kept(3, "user-id");
    assert_eq!(raw.bodies("alive"), ["good"]);
    assert_eq!(raw.bodies("dead"), ["missing", "unroutable", "forged"]);
}

#[test]
fn our_own_tap_alone_is_no_reason_to_remove_the_original() {
    let place = Place::fresh();
    let mut raw = place.raw();
    raw.exchange("shop", "topic");
    raw.queue("dead", Life::Durable, &[]);
    raw.queue("orders", Life::Durable, &[]);
    raw.bind("orders", "shop", "order.*");
    fill(&mut raw, "dead", &["1", "2"]);
    let mut app = App::at(place.endpoint());
    app.tap("shop", &["#"]).1.expect("a tap");
    let report = app.peek("dead", 10).expect("a peek");
    let orders = vec![
        order(&report.messages[0], "shop", "nobody.else"),
        order(&report.messages[1], "shop", "order.created"),
    ];
    let done = app.resend("dead", orders);
    assert!(
        matches!(&done.outcomes[0], MoveOutcome::Kept(words) if words.contains("own tap")),
        "{done:?}"
    );
    assert_eq!(done.outcomes[1], MoveOutcome::Resent);
    assert_eq!(raw.bodies("dead"), ["1"]);
    assert_eq!(raw.bodies("orders"), ["2"]);
}

#[test]
fn a_stopped_resend_keeps_the_rest_in_order() {
    let place = Place::fresh();
    let mut raw = place.raw();
    raw.queue("dead", Life::Durable, &[]);
    raw.queue("alive", Life::Durable, &[]);
    let names: Vec<String> = (0..4_000).map(|n| format!("{n:04}")).collect();
    for name in &names {
        raw.publish("", "dead", &none(), name.as_bytes());
    }
    let mut app = App::at(place.endpoint());
    let report = app.peek("dead", 4_000).expect("a peek");
    let request = fresh();
    app.send(Command::Source(
        SourceId::FIRST,
        SourceCommand::Resend {
            request,
            queue: "dead".into(),
            which: Which::These(
                report
                    .messages
                    .iter()
                    .map(|e| order(e, "", "alive"))
                    .collect(),
            ),
            pace: Pace::default(),
        },
    ));
    app.expect("the first one", |update| {
        matches!(update, Update::Source(_, SourceUpdate::Moved { .. })).then_some(())
    });
    app.send(Command::Source(
        SourceId::FIRST,
        SourceCommand::StopJob(request),
    ));
    let done = app.job_done(request);
    assert!(done.problem.is_some_and(|words| words.contains("Stopped")));
    let (moved, left) = (raw.bodies("alive"), raw.bodies("dead"));
    assert_eq!(done.outcomes.len() + 1, moved.len());
    assert!(!left.is_empty());
    assert_eq!([moved, left].concat(), names);
}

#[test]
fn what_was_resent_is_in_the_journal_as_it_lay_and_as_it_was_sent() {
    let place = Place::fresh();
    let mut raw = place.raw();
    raw.queue("alive", Life::Durable, &[]);
    raw.queue("dead", Life::Durable, &[]);
    fill(&mut raw, "dead", &["one", "two", "three"]);
    let mut app = App::at(place.endpoint());
    let report = app.peek("dead", 10).expect("a peek");
    let sent = outgoing("", "alive", "edited");
    let edited = MoveOrder {
        original: report.messages[0].fingerprint(),
        outgoing: sent.clone(),
    };
    let orders = vec![edited, order(&report.messages[1], "", "nowhere")];
    let done = app.resend("dead", orders);
    assert_eq!(done.outcomes[0], MoveOutcome::Resent);
    assert!(matches!(done.outcomes[1], MoveOutcome::Kept(_)));
    assert_eq!(raw.bodies("dead"), ["two", "three"]);
    let records = app.journal();
    assert_eq!(records.len(), 1, "nothing was done with the others");
    let record = &records[0];
    assert_eq!(
        (record.stage, record.fate()),
        (Stage::Removed, Fate::Certain)
    );
    assert_eq!(record.message.body, b"one");
    assert_eq!(record.message.sent, Some(sent));
}

#[test]
fn a_discarded_message_can_be_put_back() {
    let place = Place::fresh();
    let mut raw = place.raw();
    raw.queue("dead", Life::Durable, &[]);
    fill(&mut raw, "dead", &["keep", "drop", "keep too"]);
    let mut app = App::at(place.endpoint());
    let report = app.peek("dead", 10).expect("a peek");
    let request = fresh();
    app.send(Command::Source(
        SourceId::FIRST,
        SourceCommand::Discard {
            request,
            queue: "dead".into(),
            messages: vec![report.messages[1].fingerprint()],
        },
    ));
    let done = app.job_done(request);
    assert_eq!(
        (done.outcomes, done.problem),
        (vec![MoveOutcome::Discarded], None)
    );
    assert_eq!(raw.bodies("dead"), ["keep", "keep too"]);
    let records = app.journal();
    assert_eq!(records.len(), 1);
    let held = &records[0].message;
    assert_eq!((held.body.as_slice(), &*held.queue), (&b"drop"[..], "dead"));
    let id = records[0].id;
    let put_back = |app: &mut App| {
        let request = fresh();
        let which = Records::These(vec![id]);
        app.send(Command::Source(
            SourceId::FIRST,
            SourceCommand::PutBack { request, which },
        ));
        app.job_done(request).problem
    };
    assert_eq!(put_back(&mut app), None);
    // The others were taken out by looking.
    assert_eq!(raw.bodies("dead"), ["drop"]);
    assert_eq!(app.journal()[0].stage, Stage::PutBack);
    raw.delete("dead");
    let words = put_back(&mut app).expect("a problem");
    assert!(words.contains("could not be put back"), "{words}");
    assert_eq!(app.journal()[0].stage, Stage::PutBack, "as it was before");
    app.send(Command::Desk(DeskCommand::ForgetRecords(Records::These(
        vec![id],
    ))));
    assert!(app.journal().is_empty());
}

#[test]
fn without_a_journal_nothing_is_resent_or_discarded() {
    let place = Place::fresh();
    let mut raw = place.raw();
    raw.queue("alive", Life::Durable, &[]);
    raw.queue("dead", Life::Durable, &[]);
    fill(&mut raw, "dead", &["stay"]);
    let file = tempfile::NamedTempFile::new().expect("a file, not a folder");
    let broken = Some(file.path().join("journal"));
    for journal_dir in [None, broken] {
        let options = Options {
            journal_dir,
            ..Options::default()
        };
        let mut app = App::with(place.endpoint(), options);
        let report = app.peek("dead", 10).expect("a peek");
        let request = fresh();
        app.send(Command::Source(
            SourceId::FIRST,
            SourceCommand::Discard {
                request,
                queue: "dead".into(),
                messages: vec![report.messages[0].fingerprint()],
            },
        ));
        let words = app.job_done(request).problem.expect("a problem");
        assert!(words.contains("nothing is discarded"), "{words}");
        let orders = vec![order(&report.messages[0], "", "alive")];
        let words = app.resend("dead", orders).problem.expect("a problem");
        assert!(words.contains("nothing is sent"), "{words}");
        assert_eq!((raw.depth("dead"), raw.depth("alive")), (1, 0));
    }
}

#[test]
fn jobs_that_share_a_connection_do_not_mix_up_their_answers() {
    let place = Place::fresh();
    let mut raw = place.raw();
    raw.exchange("shop", "topic");
    raw.queue("q", Life::Durable, &[]);
    let mut app = App::at(place.endpoint());
    let requests: Vec<_> = (0..60).map(|_| fresh()).collect();
    for (number, request) in requests.iter().enumerate() {
        let outgoing = match number % 3 {
            0 => outgoing("", "q", "routed"),
            1 => outgoing("shop", "nobody", "unroutable"),
            _ => outgoing("nowhere", "k", "refused"),
        };
        let request = *request;
        app.send(Command::Source(
            SourceId::FIRST,
            SourceCommand::Publish { request, outgoing },
        ));
    }
    for (number, request) in requests.iter().enumerate() {
        let word = app.expect("an answer", |update| match update {
            Update::Source(
                _,
                SourceUpdate::Published {
                    request: r,
                    outcome,
                },
            ) if r == request => Some(format!("{outcome:?}")),
            _ => None,
        });
        let expected = ["Routed", "Unroutable", "Refused"][number % 3];
        assert!(word.starts_with(expected), "{number}: {word}");
    }
    assert_eq!(raw.depth("q"), 20);
}
