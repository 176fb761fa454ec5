//! How far a look into a queue reaches, what it costs, and that all lies there afterwards as the
//! card before it said.

use eventscope::event::source_id::SourceId;
use eventscope::protocol::{
    Command, MoveOutcome, PeekReport, PutBack, SourceCommand, SourceUpdate, Update,
};
use eventscope::rabbitmq::delivery_limit::Left;
use eventscope::rabbitmq::peek_rules::{Page, PeekVerdict, REACH, forecast};
use eventscope::rabbitmq::stream::{Start, offset};
use eventscope::rabbitmq::topology::{Queue, Topology};
use eventscope::text::numbers::thousands;

use crate::support::raw_amqp::{Life, Raw, int, none, persistent, properties, text};
use crate::support::{App, Place, bodies, fresh, order, wait_for};

fn names(count: usize) -> Vec<String> {
    (0..count).map(|number| format!("{number:05}")).collect()
}

/// Exactly so many safe looks.
fn exactly(looks: u64) -> Left {
    let at_least = false;
    Left { looks, at_least }
}

fn fill(raw: &mut Raw, queue: &str, names: &[String]) {
    for part in names.chunks(500) {
        for name in part {
            raw.publish_unconfirmed("", queue, &persistent(), name.as_bytes());
        }
        raw.confirmed();
    }
}

fn look(app: &mut App, queue: &str, page: Page, agreed: bool) -> Result<PeekReport, String> {
    let request = fresh();
    app.send(Command::Source(
        SourceId::FIRST,
        SourceCommand::Peek {
            request,
            queue: queue.to_owned(),
            page,
            agreed,
        },
    ));
    app.peeked(request)
}

fn topology(app: &mut App) -> Topology {
    app.send(Command::Source(
        SourceId::FIRST,
        SourceCommand::RefreshTopology,
    ));
    app.expect("the topology", |update| match update {
        Update::Source(_, SourceUpdate::Topology(topology)) => Some(topology.clone()),
        _ => None,
    })
}

/// The queue as the management API tells of it, once it tells how many messages lie in it.
fn told(app: &mut App, queue: &str, ready: u64) -> Queue {
    wait_for("the figures", || {
        let topology = topology(app);
        let queue = topology.queue(queue)?.clone();
        (queue.ready == Some(ready)).then_some(queue)
    })
}

#[test]
fn a_deep_page_shows_its_part_and_everything_goes_back_in_order() {
    let place = Place::fresh();
    let mut raw = place.raw();
    raw.queue("q", Life::Durable, &[]);
    raw.queue("alive", Life::Durable, &[]);
    let names = names(700);
    fill(&mut raw, "q", &names);
    let mut app = App::at(place.endpoint());
    let page = Page {
        first: 400,
        size: 200,
    };
    let third = look(&mut app, "q", page, false).expect("a peek");
    assert_eq!(bodies(&third), names[400..600]);
    assert_eq!((third.first, third.borrowed, third.depth), (400, 600, 700));
    assert_eq!(third.put_back, PutBack::InOrder);
    assert_eq!(third.remark, "");
    let done = app.resend("q", vec![order(&third.messages[7], "", "alive")]);
    assert_eq!(done.outcomes, [MoveOutcome::Resent]);
    assert_eq!(raw.bodies("alive"), ["00407"]);
    let mut left = names;
    left.remove(407);
    assert_eq!(raw.bodies("q"), left);
}

#[test]
fn a_look_reaches_so_far_and_no_further() {
    let place = Place::fresh();
    let mut raw = place.raw();
    raw.queue("q", Life::Durable, &[]);
    let reach = usize::try_from(REACH).expect("a number");
    let names = names(reach + 300);
    fill(&mut raw, "q", &names);
    let mut app = App::at(place.endpoint());
    let page = Page {
        first: REACH - 50,
        size: 200,
    };
    let last = look(&mut app, "q", page, false).expect("a peek");
    assert_eq!(bodies(&last), names[reach - 50..reach]);
    assert_eq!((last.borrowed, last.put_back), (REACH, PutBack::InOrder));
    let head = app.peek("q", 3).expect("a peek");
    assert_eq!(bodies(&head), names[..3]);
    assert_eq!(usize::try_from(head.depth), Ok(names.len()));
}

#[test]
fn without_a_delivery_limit_all_are_taken_so_that_the_order_stays() {
    let place = Place::fresh();
    let mut raw = place.raw();
    raw.queue("q", Life::Durable, &place.endless());
    let names = names(6_000);
    fill(&mut raw, "q", &names);
    let mut app = App::at(place.endpoint());
    let known = told(&mut app, "q", 6_000);
    let said = forecast(Some(&known), Some(&place.version()), Page::head(20), None);
    // From 4.3 on the order stays also if a part is taken.
    let (why, taken) = if place.looks_count() {
        (", because all 6,000 are taken at once", 6_000)
    } else {
        ("", 20)
    };
    let words = format!("Peeking here is safe and keeps the order{why}");
    assert_eq!(said.words, words);
    assert_eq!(said.verdict, PeekVerdict::Free);
    for _ in 0..3 {
        let part = look(&mut app, "q", Page::head(20), false).expect("a peek");
        assert_eq!(bodies(&part), names[..20]);
        // With it what was given back before, because that comes first.
        let may_be_more = !place.looks_count() && part.borrowed >= taken;
        assert!(may_be_more || part.borrowed == taken, "{}", part.borrowed);
        assert_eq!(part.put_back, PutBack::InOrder);
        assert_eq!(part.depth, 6_000);
        assert_eq!((part.left, part.remark.as_str()), (None, ""));
    }
    assert_eq!(raw.bodies("q"), names);
}

#[test]
fn a_queue_too_deep_to_be_taken_as_a_whole_is_not_put_out_of_order_unasked() {
    let place = Place::fresh();
    let mut raw = place.raw();
    raw.queue("q", Life::Durable, &place.endless());
    let count = u64::from(REACH) + 1;
    fill(
        &mut raw,
        "q",
        &names(usize::try_from(count).expect("a number")),
    );
    let mut app = App::at(place.endpoint());
    let known = told(&mut app, "q", count);
    let said = forecast(Some(&known), Some(&place.version()), Page::head(20), None);
    if !place.looks_count() {
        assert_eq!(said.verdict, PeekVerdict::Free);
        for _ in 0..2 {
            let part = look(&mut app, "q", Page::head(20), false).expect("a peek");
            assert!(part.borrowed >= 20, "{}", part.borrowed);
            assert_eq!(part.put_back, PutBack::InOrder);
            assert_eq!(bodies(&part), names(20));
        }
        return;
    }
    assert!(said.words.contains("the order will change"), "{said:?}");
    assert_eq!(said.verdict, PeekVerdict::Read);
    let words = look(&mut app, "q", Page::head(20), false).unwrap_err();
    assert!(words.contains("the order would change"), "{words}");
    assert!(words.starts_with(&thousands(count)), "{words}");
    let agreed = look(&mut app, "q", Page::head(20), true).expect("a peek");
    assert_eq!((agreed.borrowed, agreed.put_back), (20, PutBack::Somehow));
    assert!(agreed.remark.contains("the order changed"), "{agreed:?}");
}

#[test]
fn the_budget_is_kept_to_the_last_safe_peek_and_nothing_is_dead_lettered() {
    let place = Place::fresh();
    let mut raw = place.raw();
    raw.queue("dead", Life::Durable, &[]);
    let limited = [
        ("x-queue-type", text("quorum")),
        ("x-delivery-limit", int(4)),
        ("x-dead-letter-exchange", text("")),
        ("x-dead-letter-routing-key", text("dead")),
    ];
    raw.queue("q", Life::Durable, &limited);
    let names = names(300);
    fill(&mut raw, "q", &names);
    let mut app = App::at(place.endpoint());
    let known = told(&mut app, "q", 300);
    let card =
        |left: Option<Left>| forecast(Some(&known), Some(&place.version()), Page::head(50), left);
    if !place.looks_count() {
        assert_eq!(card(None).verdict, PeekVerdict::Free);
        for size in [50, 300, 1, 299, 50, 20] {
            let part = look(&mut app, "q", Page::head(size), false).expect("a peek");
            let shown = usize::try_from(size).expect("a number");
            assert_eq!(bodies(&part), names[..shown], "order is kept");
            assert_eq!((part.left, part.put_back), (None, PutBack::InOrder));
        }
        assert_eq!((raw.depth("q"), raw.depth("dead")), (300, 0));
        return;
    }
    assert!(card(None).words.starts_with("Up to 4 safe peeks left"));
    for (left, size) in [(3, 50), (2, 300), (1, 50), (0, 299)] {
        let part = look(&mut app, "q", Page::head(size), true).expect("a peek");
        let shown = usize::try_from(size).expect("a number");
        assert_eq!(bodies(&part), names[..shown], "order is kept");
        assert_eq!(
            (part.left, part.put_back),
            (Some(exactly(left)), PutBack::InOrder)
        );
    }
    assert_eq!(card(Some(exactly(0))).verdict, PeekVerdict::Blocked);
    let words = look(&mut app, "q", Page::head(50), true).unwrap_err();
    assert_eq!(words, card(Some(exactly(0))).words);
    assert_eq!((raw.depth("q"), raw.depth("dead")), (300, 0));
    // Who does not know what was looked at before puts those at the limit into the queue again.
    let mut another = App::at(place.endpoint());
    let part = look(&mut another, "q", Page::head(50), true).expect("a peek");
    assert_eq!(part.put_back, PutBack::Somehow);
    assert!(part.remark.contains("put at the end"), "{}", part.remark);
    let mut left = raw.bodies("q");
    left.sort();
    assert_eq!(left, names, "none is lost and none is there twice");
    assert_eq!(raw.depth("dead"), 0);
}

#[test]
fn a_queue_that_is_newer_than_the_topology_is_not_looked_into_at_a_cost_that_was_not_read() {
    let place = Place::fresh();
    let mut raw = place.raw();
    let mut app = App::at(place.endpoint());
    let limited = [
        ("x-queue-type", text("quorum")),
        ("x-delivery-limit", int(9)),
    ];
    raw.queue("counts", Life::Durable, &limited);
    raw.queue("free", Life::Durable, &[]);
    fill(&mut raw, "counts", &names(2));
    fill(&mut raw, "free", &names(2));
    let free = look(&mut app, "free", Page::head(9), false).expect("a peek");
    assert_eq!((bodies(&free), free.put_back), (names(2), PutBack::InOrder));
    if place.looks_count() {
        let words = look(&mut app, "counts", Page::head(9), false).unwrap_err();
        assert!(words.contains("it was not taken"), "{words}");
    }
    let words = look(&mut app, "absent", Page::head(9), false).unwrap_err();
    assert!(words.contains("no queue absent"), "{words}");
    let counted = look(&mut app, "counts", Page::head(9), true).expect("a peek");
    let left = place.looks_count().then(|| exactly(8));
    assert_eq!(counted.left, left, "it was not looked into before");
}

#[test]
fn a_deep_look_into_a_queue_that_counts_keeps_the_order() {
    let place = Place::fresh();
    let mut raw = place.raw();
    let limited = [
        ("x-queue-type", text("quorum")),
        ("x-delivery-limit", int(9)),
    ];
    raw.queue("q", Life::Durable, &limited);
    let names = names(6_000);
    fill(&mut raw, "q", &names);
    let mut app = App::at(place.endpoint());
    let page = Page {
        first: 4_000,
        size: 1_000,
    };
    let part = look(&mut app, "q", page, true).expect("a peek");
    assert_eq!(bodies(&part), names[4_000..5_000]);
    assert_eq!((part.borrowed, part.put_back), (5_000, PutBack::InOrder));
    assert_eq!(raw.bodies("q"), names);
}

#[test]
fn a_priority_queue_keeps_the_order_that_it_had() {
    let place = Place::fresh();
    let mut raw = place.raw();
    let prioritised = [("x-max-priority", int(3))];
    raw.queue("q", Life::Durable, &prioritised);
    raw.queue("same", Life::Durable, &prioritised);
    for number in 0_u8..60 {
        let mut values = [const { None }; 14];
        values[4] = Some(vec![number % 4]);
        let body = format!("{number:02}");
        for queue in ["q", "same"] {
            raw.publish("", queue, &properties(&values), body.as_bytes());
        }
    }
    let mut app = App::at(place.endpoint());
    for size in [7, 33, 60] {
        let part = look(&mut app, "q", Page::head(size), false).expect("a peek");
        assert_eq!(part.put_back, PutBack::InOrder);
    }
    assert_eq!(raw.bodies("q"), raw.bodies("same"));
}

#[test]
fn a_stream_is_read_from_anywhere_and_keeps_what_is_in_it() {
    let place = Place::fresh();
    let mut raw = place.raw();
    raw.queue("log", Life::Durable, &[("x-queue-type", text("stream"))]);
    let names = names(30);
    fill(&mut raw, "log", &names);
    let mut app = App::at(place.endpoint());
    let read = |app: &mut App, start, size| {
        let request = fresh();
        let queue = "log".to_owned();
        app.send(Command::Source(
            SourceId::FIRST,
            SourceCommand::ReadStream {
                request,
                queue,
                start,
                size,
            },
        ));
        app.peeked(request).expect("a read")
    };
    let first = read(&mut app, Start::First, 10);
    assert_eq!(bodies(&first), names[..10]);
    assert_eq!(first.put_back, PutBack::Untouched);
    let offsets: Vec<_> = first.messages.iter().map(|event| offset(event)).collect();
    assert_eq!((offsets[0], offsets[9]), (Some(0), Some(9)));
    let later = read(&mut app, Start::Offset(20), 100);
    assert_eq!(bodies(&later), names[20..]);
    let by_time = read(&mut app, Start::Time(0), 5);
    assert_eq!(bodies(&by_time), names[..5]);
    let last = read(&mut app, Start::Last, 100);
    assert_eq!(bodies(&last).last(), names.last());
    let beyond = read(&mut app, Start::Offset(5_000), 5);
    assert!(beyond.messages.is_empty());
    let again = read(&mut app, Start::First, 100);
    assert_eq!(bodies(&again), names);

    let request = fresh();
    app.send(Command::Source(
        SourceId::FIRST,
        SourceCommand::ReadStream {
            request,
            queue: "log".to_owned(),
            start: Start::Next,
            size: 1,
        },
    ));
    // When reading begins is not told, so one is written after the other until one is read.
    let mut written = 0;
    let next = wait_for("what comes next", || {
        raw.publish("", "log", &persistent(), b"new");
        written += 1;
        app.rest().into_iter().find_map(|update| match update {
            Update::Source(_, SourceUpdate::Peeked { result, .. }) => result.ok(),
            _ => None,
        })
    });
    assert_eq!(bodies(&next), ["new"]);

    let orders = vec![order(&first.messages[0], "", "log")];
    let words = app.resend("log", orders).problem.expect("a problem");
    assert!(words.contains("keeps what is in it"), "{words}");
    let request = fresh();
    let messages = vec![first.messages[0].fingerprint()];
    app.send(Command::Source(
        SourceId::FIRST,
        SourceCommand::Discard {
            request,
            queue: "log".into(),
            messages,
        },
    ));
    let words = app.job_done(request).problem.expect("a problem");
    assert!(words.contains("keeps what is in it"), "{words}");
    let all = read(&mut app, Start::First, 5_000);
    assert_eq!(bodies(&all)[..30], names);
    assert_eq!(all.messages.len(), names.len() + written);
}

#[test]
fn the_management_api_tells_the_timestamp_at_the_head() {
    let place = Place::fresh();
    let mut raw = place.raw();
    raw.queue("q", Life::Durable, &[]);
    raw.queue("plain", Life::Durable, &[]);
    let mut values = [const { None }; 14];
    values[9] = Some(1_700_000_000_u64.to_be_bytes().to_vec());
    raw.publish("", "q", &properties(&values), b"old");
    raw.publish("", "plain", &none(), b"no time");
    let mut app = App::at(place.endpoint());
    let time = wait_for("the time", || topology(&mut app).queue("q")?.head_time);
    assert_eq!(time, 1_700_000_000);
    assert_eq!(told(&mut app, "plain", 1).head_time, None);
}
