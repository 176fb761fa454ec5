//! What others hold is not gone: a job waits for it or says who has it, and its numbers add up to
//! what was asked for.

use eventscope::event::Fingerprint;
use eventscope::event::source_id::SourceId;
use eventscope::protocol::{
    Command, JobStage, MoveOutcome, RequestId, SourceCommand, SourceUpdate, Update, Which,
};
use eventscope::rabbitmq::endpoint::Endpoint;
use eventscope::rabbitmq::peek_rules::Page;
use eventscope::rabbitmq::resend::Target;
use eventscope::repair::job_sum::JobSum;
use eventscope::repair::pace::Pace;

use crate::support::raw_amqp::{Life, Raw, field, none};
use crate::support::{App, Place, fresh, order};

/// A queue of dead letters with so many messages, and a target.
fn queues(place: &Place, count: usize) -> (Raw, Vec<String>) {
    let mut raw = place.raw();
    raw.queue("dead", Life::Durable, &[]);
    raw.queue("alive", Life::Durable, &[]);
    let names: Vec<String> = (0..count).map(|n| format!("{n:06}")).collect();
    for name in &names {
        raw.publish_unconfirmed("", "dead", &none(), name.as_bytes());
    }
    raw.confirmed();
    (raw, names)
}

/// The button that says how many it sends.
fn resend_all(app: &App, shown: u32) -> RequestId {
    let request = fresh();
    let target = Target::Elsewhere {
        exchange: String::new(),
        routing_key: "alive".into(),
    };
    app.send(Command::Source(
        SourceId::FIRST,
        SourceCommand::Resend {
            request,
            queue: "dead".into(),
            which: Which::Whole {
                manner: target.into(),
                shown,
            },
            pace: Pace::default(),
        },
    ));
    request
}

fn takes(raw: &mut Raw, count: usize) {
    for _ in 0..count {
        raw.get("dead").expect("a message");
    }
}

fn waits(app: &mut App) {
    app.expect("it to wait", |update| match update {
        Update::Source(
            _,
            SourceUpdate::JobAt {
                stage: JobStage::Waiting { .. },
                ..
            },
        ) => Some(()),
        _ => None,
    });
}

fn all_done(count: usize) -> JobSum {
    JobSum {
        asked: count,
        done: count,
        ..JobSum::default()
    }
}

#[test]
fn a_look_of_the_same_window_does_not_hide_messages_from_a_job() {
    let place = Place::fresh();
    let (mut raw, names) = queues(&place, 3_000);
    let mut app = App::at(place.endpoint());
    let look = fresh();
    app.send(Command::Source(
        SourceId::FIRST,
        SourceCommand::Peek {
            request: look,
            queue: "dead".into(),
            page: Page::head(3_000),
            agreed: true,
        },
    ));
    let request = resend_all(&app, 3_000);
    let done = app.job_done(request);
    assert_eq!((done.problem, done.sum), (None, all_done(3_000)));
    app.peeked(look).expect("a look");
    assert_eq!(raw.bodies("alive"), names);
}

#[test]
fn what_comes_back_in_time_is_sent_too() {
    let place = Place::fresh();
    let (mut raw, names) = queues(&place, 20);
    let mut other = place.raw();
    takes(&mut other, 8);
    let mut app = App::at(place.endpoint());
    let request = resend_all(&app, 20);
    waits(&mut app);
    other.give_back();
    let done = app.job_done(request);
    assert_eq!((done.problem, done.sum), (None, all_done(20)));
    let mut moved = raw.bodies("alive");
    moved.sort();
    assert_eq!(moved, names);
}

#[test]
fn what_others_keep_is_held_and_what_they_take_away_is_gone() {
    let place = Place::fresh();
    let (mut raw, names) = queues(&place, 20);
    let mut other = place.raw();
    let mut app = App::at(place.endpoint());
    let report = app.peek("dead", 20).expect("a look");
    takes(&mut other, 8);
    let request = resend_all(&app, 20);
    let done = app.job_done(request);
    let expected = JobSum {
        asked: 20,
        done: 12,
        held: 8,
        ..JobSum::default()
    };
    assert_eq!(done.sum, expected);
    let words = done.problem.expect("who has them");
    assert!(words.contains("8 messages"), "{words}");
    assert!(words.contains("does not consume any more"), "{words}");

    // Two that are held, asked for one by one; to be sent and to be thrown away.
    let wanted = || report.messages[..2].iter();
    let orders = wanted().map(|event| order(event, "", "alive"));
    let done = app.resend("dead", orders.collect());
    let two_held = JobSum {
        asked: 2,
        held: 2,
        ..JobSum::default()
    };
    let is_held = |outcome: &MoveOutcome| matches!(outcome, MoveOutcome::Held(_));
    assert_eq!(done.sum, two_held);
    assert!(done.outcomes.len() == 2 && done.outcomes.iter().all(is_held));
    let messages: Vec<Fingerprint> = wanted().map(|event| event.fingerprint()).collect();
    let request = discard(&app, messages.clone());
    assert_eq!(app.job_done(request).sum, two_held);

    // Now they are taken away.
    for tag in 1..=8 {
        other.ack(tag);
    }
    let request = discard(&app, messages);
    let done = app.job_done(request);
    let two_gone = JobSum {
        asked: 2,
        gone: 2,
        ..JobSum::default()
    };
    assert_eq!((done.problem, done.sum), (None, two_gone));
    assert_eq!(done.outcomes, [MoveOutcome::Gone, MoveOutcome::Gone]);
    assert_eq!(raw.bodies("alive"), names[8..]);
}

fn discard(app: &App, messages: Vec<Fingerprint>) -> RequestId {
    let request = fresh();
    app.send(Command::Source(
        SourceId::FIRST,
        SourceCommand::Discard {
            request,
            queue: "dead".into(),
            messages,
        },
    ));
    request
}

#[test]
fn without_the_management_api_held_or_gone_is_not_claimed() {
    let place = Place::fresh();
    let (_raw, _) = queues(&place, 5);
    let mut other = place.raw();
    takes(&mut other, 2);
    let endpoint = Endpoint {
        management_port: Some(1),
        ..place.endpoint()
    };
    let mut app = App::at(endpoint);
    let request = resend_all(&app, 5);
    let done = app.job_done(request);
    let expected = JobSum {
        asked: 5,
        done: 3,
        unseen: 2,
        ..JobSum::default()
    };
    assert_eq!(done.sum, expected);
    let words = done.problem.expect("a doubt");
    assert!(words.contains("is not known"), "{words}");
}

#[test]
fn two_windows_at_once_each_tell_their_own_part() {
    let place = Place::fresh();
    let (mut raw, names) = queues(&place, 2_000);
    let mut windows = [App::at(place.endpoint()), App::at(place.endpoint())];
    let requests = windows.each_ref().map(|app| resend_all(app, 2_000));
    let mut sent = 0;
    for (app, request) in windows.iter_mut().zip(requests) {
        let sum = app.job_done(request).sum;
        assert_eq!((sum.asked, sum.kept, sum.untried), (2_000, 0, 0), "{sum:?}");
        sent += sum.done;
    }
    assert_eq!(sent, 2_000);
    let mut moved = raw.bodies("alive");
    moved.sort();
    assert_eq!(moved, names);
}

#[test]
fn messages_of_a_single_active_consumer_stay_and_it_is_named() {
    let place = Place::fresh();
    let mut raw = place.raw();
    let single = [("x-single-active-consumer", field(b't', &[1]))];
    raw.queue("dead", Life::Durable, &single);
    raw.queue("alive", Life::Durable, &[]);
    for n in 0..10 {
        raw.publish("", "dead", &none(), n.to_string().as_bytes());
    }
    let mut consumer = place.raw();
    consumer.consume_one("dead");
    let mut app = App::at(place.endpoint());
    let request = resend_all(&app, 10);
    let done = app.job_done(request);
    let expected = JobSum {
        asked: 10,
        untried: 10,
        ..JobSum::default()
    };
    assert_eq!(done.sum, expected, "{done:?}");
    let words = done.problem.expect("who gets them");
    assert!(words.contains("single active consumer"), "{words}");
    assert_eq!(raw.depth("dead"), 9);
}

#[test]
fn what_came_meanwhile_is_told_and_not_sent() {
    let place = Place::fresh();
    let (mut raw, names) = queues(&place, 10);
    let mut other = place.raw();
    takes(&mut other, 4);
    let mut app = App::at(place.endpoint());
    let request = resend_all(&app, 10);
    waits(&mut app);
    for _ in 0..3 {
        raw.publish("", "dead", &none(), b"later");
    }
    other.give_back();
    let done = app.job_done(request);
    let expected = JobSum {
        added: 3,
        ..all_done(10)
    };
    assert_eq!((done.problem, done.sum), (None, expected));
    let mut moved = raw.bodies("alive");
    moved.sort();
    assert_eq!(moved, names);
    assert_eq!(raw.bodies("dead"), ["later"; 3]);
}

#[test]
fn a_job_that_waits_can_be_stopped() {
    let place = Place::fresh();
    let (_raw, _) = queues(&place, 4);
    let mut other = place.raw();
    takes(&mut other, 1);
    let mut app = App::at(place.endpoint());
    let request = resend_all(&app, 4);
    waits(&mut app);
    app.send(Command::Source(
        SourceId::FIRST,
        SourceCommand::StopJob(request),
    ));
    let done = app.job_done(request);
    let expected = JobSum {
        asked: 4,
        done: 3,
        untried: 1,
        ..JobSum::default()
    };
    assert_eq!(done.sum, expected);
    assert!(
        done.problem
            .is_some_and(|words| words.starts_with("Stopped"))
    );
}
