//! Whole queues: how far a job looks, how fast it goes, and what makes it stop.

use std::num::NonZeroU32;
use std::time::{Duration, Instant};

use eventscope::event::amqp::FieldValue;
use eventscope::event::source_id::SourceId;
use eventscope::protocol::{
    Command, JobStage, MoveOutcome, RequestId, SourceCommand, SourceUpdate, Update, Which,
};
use eventscope::rabbitmq::resend::Target;
use eventscope::repair::pace::Pace;

use crate::support::raw_amqp::{Life, Raw, int, none, text};
use crate::support::{App, Place, fresh, order, wait_for};

fn fill(raw: &mut Raw, queue: &str, count: usize) -> Vec<String> {
    let names: Vec<String> = (0..count).map(|n| format!("{n:06}")).collect();
    for name in &names {
        raw.publish_unconfirmed("", queue, &none(), name.as_bytes());
    }
    raw.confirmed();
    names
}

fn elsewhere(queue: &str) -> Target {
    Target::Elsewhere {
        exchange: String::new(),
        routing_key: queue.into(),
    }
}

fn send_whole(app: &mut App, queue: &str, target: Target, pace: Pace) -> RequestId {
    let request = fresh();
    app.send(Command::Source(
        SourceId::FIRST,
        SourceCommand::Resend {
            request,
            queue: queue.into(),
            which: Which::Whole {
                manner: target.into(),
                shown: 0,
            },
            pace,
        },
    ));
    request
}

fn stage(app: &mut App, wanted: impl Fn(JobStage) -> bool) {
    app.expect("a stage", |update| match update {
        Update::Source(_, SourceUpdate::JobAt { stage, .. }) if wanted(*stage) => Some(()),
        _ => None,
    });
}

#[test]
fn a_whole_queue_is_sent_again_also_beyond_what_is_borrowed_at_once() {
    let place = Place::fresh();
    let mut raw = place.raw();
    raw.queue("dead", Life::Durable, &[]);
    raw.queue("alive", Life::Durable, &[]);
    let names = fill(&mut raw, "dead", 12_345);
    let mut app = App::at(place.endpoint());
    let request = send_whole(&mut app, "dead", elsewhere("alive"), Pace::default());
    let done = app.job_done(request);
    assert_eq!(done.problem, None);
    assert_eq!(done.outcomes.len(), names.len());
    assert!(done.outcomes.iter().all(|o| *o == MoveOutcome::Resent));
    assert_eq!(raw.depth("dead"), 0);
    assert_eq!(raw.bodies("alive"), names);
}

#[test]
fn what_cannot_be_sent_stays_at_the_head_in_order() {
    let place = Place::fresh();
    let mut raw = place.raw();
    raw.queue("dead", Life::Durable, &[]);
    let full = [
        ("x-max-length", int(20)),
        ("x-overflow", text("reject-publish")),
    ];
    raw.queue("alive", Life::Durable, &full);
    let names = fill(&mut raw, "dead", 100);
    let mut app = App::at(place.endpoint());
    let request = send_whole(&mut app, "dead", elsewhere("alive"), Pace::default());
    let done = app.job_done(request);
    assert_eq!(done.outcomes.len(), names.len(), "each is told of once");
    let (moved, left) = (raw.bodies("alive"), raw.bodies("dead"));
    // A queue may take a few more than its limit, since it refuses with a delay.
    assert!(moved.len() >= 20 && left.is_sorted(), "{moved:?} {left:?}");
    assert_eq!(moved.len() + left.len(), names.len());
}

#[test]
fn without_a_known_origin_nothing_is_guessed() {
    let place = Place::fresh();
    let mut raw = place.raw();
    raw.queue("dead", Life::Durable, &[]);
    let names = fill(&mut raw, "dead", 30);
    let mut app = App::at(place.endpoint());
    let request = send_whole(&mut app, "dead", Target::Origin, Pace::default());
    let done = app.job_done(request);
    assert_eq!(done.problem, None);
    let kept = |outcome: &MoveOutcome| matches!(outcome, MoveOutcome::Kept(_));
    assert!(done.outcomes.len() == 30 && done.outcomes.iter().all(kept));
    assert_eq!(raw.bodies("dead"), names);
}

#[test]
fn a_canary_that_dies_again_stops_the_rest() {
    let place = Place::fresh();
    let mut raw = place.raw();
    raw.queue("dead", Life::Durable, &[]);
    let deadly = [
        ("x-dead-letter-exchange", text("")),
        ("x-dead-letter-routing-key", text("dead")),
        ("x-message-ttl", int(50)),
    ];
    raw.queue("deadly", Life::Durable, &deadly);
    let names = fill(&mut raw, "dead", 50);
    let mut app = App::at(place.endpoint());
    let manner = Pace {
        canary: Some(Duration::from_mins(1)),
        insist: true,
        ..Pace::default()
    };
    let request = send_whole(&mut app, "dead", elsewhere("deadly"), manner);
    let done = app.job_done(request);
    let words = done.problem.expect("it stops");
    assert!(
        words.contains("the canary came back. Died because it expired in queue deadly"),
        "{words}"
    );
    assert_eq!(done.outcomes, [MoveOutcome::Resent]);
    let mut expected = names[1..].to_vec();
    expected.push(names[0].clone());
    assert_eq!(raw.bodies("dead"), expected);
}

#[test]
fn a_canary_that_lives_lets_all_go() {
    let place = Place::fresh();
    let mut raw = place.raw();
    raw.queue("dead", Life::Durable, &[]);
    raw.queue("alive", Life::Durable, &[]);
    let names = fill(&mut raw, "dead", 50);
    let mut app = App::at(place.endpoint());
    let manner = Pace {
        canary: Some(Duration::from_millis(300)),
        ..Pace::default()
    };
    let request = send_whole(&mut app, "dead", elsewhere("alive"), manner);
    for sent in [1, 11] {
        stage(&mut app, |stage| matches!(stage, JobStage::Watching { .. }));
        assert_eq!(raw.depth("alive"), sent);
    }
    assert_eq!(app.job_done(request).problem, None);
    assert_eq!(raw.bodies("alive"), names);
}

#[test]
fn what_would_come_back_at_once_is_sent_only_if_one_insists() {
    let place = Place::fresh();
    let mut raw = place.raw();
    raw.queue("dead", Life::Durable, &[]);
    let names = fill(&mut raw, "dead", 3);
    let mut app = App::at(place.endpoint());
    let request = send_whole(&mut app, "dead", elsewhere("dead"), Pace::default());
    let done = app.job_done(request);
    let kept = |outcome: &MoveOutcome| matches!(outcome, MoveOutcome::Kept(w) if w.contains("come back at once"));
    assert!(
        done.outcomes.len() == 3 && done.outcomes.iter().all(kept),
        "{done:?}"
    );
    assert_eq!(raw.depth("dead"), 3);
    let insist = Pace {
        insist: true,
        ..Pace::default()
    };
    let request = send_whole(&mut app, "dead", elsewhere("dead"), insist);
    let done = app.job_done(request);
    assert!(done.outcomes.len() == 3, "{done:?}");
    assert_eq!(raw.bodies("dead"), names);
}

#[test]
fn a_paused_job_holds_nothing_and_goes_on_where_it_was() {
    let place = Place::fresh();
    let mut raw = place.raw();
    raw.queue("dead", Life::Durable, &[]);
    raw.queue("alive", Life::Durable, &[]);
    let names = fill(&mut raw, "dead", 60);
    let mut app = App::at(place.endpoint());
    let manner = Pace {
        per_second: NonZeroU32::new(40),
        ..Pace::default()
    };
    let begun = Instant::now();
    let request = send_whole(&mut app, "dead", elsewhere("alive"), manner);
    app.expect("the first", |update| {
        matches!(update, Update::Source(_, SourceUpdate::Moved { .. })).then_some(())
    });
    app.send(Command::Source(
        SourceId::FIRST,
        SourceCommand::PauseJob {
            request,
            pause: true,
        },
    ));
    stage(&mut app, |stage| stage == JobStage::Paused);
    let moved = raw.depth("alive");
    wait_for("the rest to lie in the queue", || {
        (raw.depth("dead") + moved == 60).then_some(())
    });
    assert!(moved < 60);
    app.send(Command::Source(
        SourceId::FIRST,
        SourceCommand::PauseJob {
            request,
            pause: false,
        },
    ));
    let done = app.job_done(request);
    // One was told of before.
    assert_eq!((done.problem, done.outcomes.len()), (None, 59));
    assert_eq!(raw.bodies("alive"), names);
    // 60 at 40 a second, the last window of up to ten not waited for.
    assert!(begun.elapsed() >= Duration::from_secs(1));
}

#[test]
fn resends_are_counted_in_headers_if_one_wants_it() {
    let place = Place::fresh();
    let mut raw = place.raw();
    raw.queue("dead", Life::Durable, &[]);
    fill(&mut raw, "dead", 1);
    let mut app = App::at(place.endpoint());
    let manner = Pace {
        insist: true,
        mark: true,
        ..Pace::default()
    };
    for count in 1..=2 {
        let request = send_whole(&mut app, "dead", elsewhere("dead"), manner);
        assert_eq!(app.job_done(request).outcomes, [MoveOutcome::Resent]);
        let report = app.peek("dead", 1).expect("a peek");
        let header = report.messages[0]
            .properties
            .header("eventscope-resend-count");
        assert_eq!(header.and_then(FieldValue::as_integer), Some(count));
    }
}

#[test]
fn what_a_quorum_queue_would_throw_out_is_put_into_it_again() {
    let place = Place::fresh();
    let mut raw = place.raw();
    raw.queue("alive", Life::Durable, &[]);
    // Nothing takes what it gives away: it would be lost.
    let limited = [
        ("x-queue-type", text("quorum")),
        ("x-delivery-limit", int(1)),
    ];
    raw.queue("q", Life::Durable, &limited);
    let names = fill(&mut raw, "q", 3);
    let mut app = App::at(place.endpoint());
    let report = app.peek("q", 10).expect("a peek");
    if place.looks_count() {
        assert_eq!(report.left.map(|left| left.looks), Some(0));
        assert!(app.peek("q", 10).is_err(), "one more look would cost them");
    } else {
        assert_eq!(report.left, None);
    }
    let done = app.resend("q", vec![order(&report.messages[1], "", "alive")]);
    assert_eq!(
        (done.outcomes, done.problem),
        (vec![MoveOutcome::Resent], None)
    );
    assert_eq!(raw.bodies("alive"), [names[1].clone()]);
    wait_for("both others", || (raw.depth("q") == 2).then_some(()));
    // Somebody else's look brings them to the limit; ours does not push them over it.
    while raw.get("q").is_some() {}
    drop(raw);
    let mut raw = place.raw();
    wait_for("both to come back", || (raw.depth("q") == 2).then_some(()));
    let mut other = App::at(place.endpoint());
    let report = other.peek("q", 10).expect("a peek");
    assert_eq!(report.messages.len(), 2);
    // From 4.3 on a message at the limit may be given back.
    let is_again = report.remark.contains("again");
    assert_eq!(is_again, place.looks_count(), "{}", report.remark);
    let mut left = wait_for("both to be there", || {
        (raw.depth("q") == 2).then(|| raw.bodies("q"))
    });
    left.sort();
    assert_eq!(left, [names[0].clone(), names[2].clone()]);
}
