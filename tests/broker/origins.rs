//! Where messages came from, with histories as a real broker and its consumers make them: retry
//! loops, delays, copies that clients publish, alternate exchanges.

use eventscope::event::Event;
use eventscope::event::amqp::{FieldValue, Properties};
use eventscope::event::source_id::SourceId;
use eventscope::protocol::{Command, MoveOutcome, SourceCommand, SourceUpdate, Update, Which};
use eventscope::rabbitmq::ground::Ground;
use eventscope::rabbitmq::origin::{FirstPublish, Proposal, Provenance, Scene};
use eventscope::rabbitmq::resend::{Manner, Target};
use eventscope::rabbitmq::topology::Topology;
use eventscope::repair::pace::Pace;
use serde_json::json;

use crate::support::raw_amqp::{
    Life, Message, Raw, field, int, none, properties, short, table, text, values,
};
use crate::support::{App, Ended, Place, fresh, wait_for};

/// Milliseconds that a message waits before it is tried again.
const WAIT: i32 = 300;
const KINDS: [&str; 2] = ["classic", "quorum"];

type Arguments = Vec<(&'static str, Vec<u8>)>;

/// A queue of this type, with these arguments.
fn queue(raw: &mut Raw, kind: &str, name: &str, arguments: Arguments) {
    let mut all = vec![("x-queue-type", text(kind))];
    all.extend(arguments);
    raw.queue(name, Life::Durable, &all);
}

/// Dead letters go there.
fn dying(exchange: &str, key: &str) -> Arguments {
    vec![
        ("x-dead-letter-exchange", text(exchange)),
        ("x-dead-letter-routing-key", text(key)),
    ]
}

/// They wait, and go there then.
fn waiting(exchange: &str, key: &str) -> Arguments {
    let mut all = dying(exchange, key);
    all.push(("x-message-ttl", int(WAIT)));
    all
}

/// Takes the next message, waiting until there is one.
fn take(raw: &mut Raw, queue: &str) -> Message {
    wait_for("a message", || raw.get(queue))
}

fn refuse(raw: &mut Raw, queue: &str) {
    let message = take(raw, queue);
    raw.reject(message.tag);
}

/// The only message of a queue, and all that is known around it.
fn look(app: &mut App, queue: &str) -> (Event, Ground) {
    let event = wait_for("the message to lie there", || {
        let report = app.peek(queue, 10).expect("a peek");
        report.messages.first().map(|event| event.as_ref().clone())
    });
    (event, ground(app, |_| true))
}

/// The topology as the management API tells it, as soon as it is as it should be.
fn ground(app: &mut App, is_there: impl Fn(&Topology) -> bool) -> Ground {
    wait_for("the topology", || {
        app.rest();
        app.send(Command::Source(
            SourceId::FIRST,
            SourceCommand::RefreshTopology,
        ));
        let topology = app.expect("the topology", |update| match update {
            Update::Source(_, SourceUpdate::Topology(topology)) => Some(topology.clone()),
            _ => None,
        });
        is_there(&topology).then(|| Ground::of(topology))
    })
}

fn send_all(app: &mut App, queue: &str, target: Target) -> Ended {
    let request = fresh();
    app.send(Command::Source(
        SourceId::FIRST,
        SourceCommand::Resend {
            request,
            queue: queue.to_owned(),
            which: Which::Whole {
                manner: Manner::from(target),
                shown: 0,
            },
            pace: Pace::default(),
        },
    ));
    app.job_done(request)
}

/// The only outcome: it stayed, for this reason.
fn stayed(done: &Ended, part: &str) {
    let [MoveOutcome::Kept(words)] = done.outcomes.as_slice() else {
        panic!("{done:?}");
    };
    assert!(words.contains(part), "{words}");
}

fn resent(done: &Ended) {
    assert_eq!(done.outcomes, [MoveOutcome::Resent], "{:?}", done.problem);
}

fn known(exchange: &str, routing_key: &str) -> FirstPublish {
    FirstPublish::Known {
        exchange: exchange.into(),
        routing_key: routing_key.into(),
        cc: Vec::new(),
    }
}

fn asks(found: &Provenance) -> bool {
    matches!(found.target, Proposal::Ask(_))
}

/// With all that is known, and with the message alone.
fn both_ways(event: &Event, ground: &Ground, queue: &str, check: impl Fn(&Provenance)) {
    for scene in [ground.scene(Some(queue)), Scene::default()] {
        let found = Provenance::of(event, scene);
        check(&found);
    }
}

#[test]
fn a_retry_loop_ends_where_it_began_and_not_in_the_waiting_room() {
    let place = Place::fresh();
    let mut raw = place.raw();
    raw.exchange("shop", "topic");
    raw.exchange("shop.retry", "topic");
    let mut app = App::at(place.endpoint());
    for (n, kind) in KINDS.into_iter().enumerate() {
        for by_default in [false, true] {
            let name = |part: &str| format!("{part}.{n}.{by_default}");
            let (work, wait, graves) = (name("work"), name("wait"), name("graves"));
            let (key, audit) = (name("order"), name("audit"));
            let again = format!("{key}.again");
            let (to_wait, back) = if by_default {
                (dying("", &wait), waiting("", &work))
            } else {
                (dying("shop.retry", &key), waiting("shop", &again))
            };
            queue(&mut raw, kind, &work, to_wait);
            queue(&mut raw, kind, &wait, back);
            queue(&mut raw, kind, &graves, vec![]);
            queue(&mut raw, kind, &audit, vec![]);
            raw.bind(&wait, "shop.retry", &key);
            raw.bind(&work, "shop", &key);
            raw.bind(&work, "shop", &again);
            raw.bind(&audit, "shop", &key);
            raw.publish("shop", &key, &none(), b"{}");
            raw.bodies(&audit);
            refuse(&mut raw, &work);
            refuse(&mut raw, &work);
            // The consumer gives it up: it publishes it with all headers, as most do.
            let last = take(&mut raw, &work);
            raw.publish("", &graves, &last.properties, &last.body);
            raw.ack(last.tag);
            let (event, ground) = look(&mut app, &graves);
            both_ways(&event, &ground, &graves, |found| {
                assert_eq!(found.first, known("shop", &key), "{kind} {found:?}");
                assert_eq!(found.first_queue.as_ref(), Some(&work));
                let told = (found.reason(), found.died_in());
                assert_eq!(told, ("rejected", work.as_str()), "{kind} {found:?}");
            });
            let roles = &ground.roles;
            assert!(!roles.is_dead(&work) && !roles.is_dead(&wait) && !roles.is_dead(&audit));
            assert!(roles.wait(&wait).is_some_and(|wait| wait.is_loop));
            resent(&send_all(&mut app, &graves, Target::Origin));
            assert_eq!(raw.bodies(&audit), ["{}"], "every subscriber has it again");
            let sent = raw.drain(&work);
            assert_eq!((sent[0].exchange.as_str(), &sent[0].key), ("shop", &key));
            // The other way round: a wait room is never the default, and is told of.
            let target = Target::Elsewhere {
                exchange: String::new(),
                routing_key: wait.clone(),
            };
            raw.publish("", &graves, &last.properties, b"{}");
            stayed(&send_all(&mut app, &graves, target), "only wait in");
            raw.bodies(&graves);
        }
    }
}

#[test]
fn a_delay_before_the_first_delivery_is_not_begun_again() {
    let place = Place::fresh();
    let mut raw = place.raw();
    raw.exchange("jobs", "topic");
    raw.exchange("jobs.later", "topic");
    let mut app = App::at(place.endpoint());
    for kind in KINDS {
        let [hold, work, graves] = ["hold", "work", "graves"].map(|part| format!("{part}.{kind}"));
        queue(
            &mut raw,
            kind,
            &hold,
            waiting("jobs", &format!("job.{kind}")),
        );
        queue(&mut raw, kind, &work, dying("", &graves));
        queue(&mut raw, kind, &graves, vec![]);
        raw.bind(&hold, "jobs.later", &format!("mail.{kind}"));
        raw.bind(&work, "jobs", &format!("job.{kind}"));
        raw.publish("jobs.later", &format!("mail.{kind}"), &none(), b"{}");
        refuse(&mut raw, &work);
        let (event, ground) = look(&mut app, &graves);
        both_ways(&event, &ground, &graves, |found| {
            let first = known("jobs.later", &format!("mail.{kind}"));
            assert_eq!(found.first, first, "{found:?}");
            let told = (found.reason(), found.died_in());
            assert_eq!(told, ("rejected", work.as_str()), "{found:?}");
            assert_eq!(found.first_queue.as_ref(), Some(&hold));
        });
        let names: Vec<_> = ground
            .roles
            .dead
            .iter()
            .map(|dead| &dead.queue.name)
            .collect();
        assert!(
            names.contains(&&graves) && !names.contains(&&work),
            "{names:?}"
        );
        resent(&send_all(&mut app, &graves, Target::Origin));
        assert_eq!((raw.depth(&hold), raw.bodies(&work).len()), (0, 1));
    }
}

#[test]
fn what_a_consumer_publishes_into_a_waiting_queue_is_asked_about() {
    let place = Place::fresh();
    let mut raw = place.raw();
    raw.exchange("shop", "topic");
    let mut app = App::at(place.endpoint());
    for kind in KINDS {
        let [work, retry, graves] =
            ["work", "work.retry", "graves"].map(|part| format!("{part}.{kind}"));
        queue(&mut raw, kind, &work, dying("", &graves));
        queue(&mut raw, kind, &retry, dying("", &work));
        queue(&mut raw, kind, &graves, vec![]);
        raw.bind(&work, "shop", &format!("order.{kind}"));
        raw.publish("shop", &format!("order.{kind}"), &none(), b"{}");
        let failed = take(&mut raw, &work);
        let mut copy = [const { None }; 14];
        copy[2] = Some(table(&[("retry-count", int(1))]));
        copy[7] = Some(short(&WAIT.to_string()));
        raw.publish("", &retry, &properties(&copy), b"{}");
        raw.ack(failed.tag);
        refuse(&mut raw, &work);
        let (event, ground) = look(&mut app, &graves);
        both_ways(&event, &ground, &graves, |found| {
            assert_eq!(found.first, FirstPublish::NotKnown, "{found:?}");
            let told = (found.reason(), found.died_in());
            assert_eq!(told, ("rejected", work.as_str()), "{found:?}");
            assert!(asks(found));
        });
        stayed(&send_all(&mut app, &graves, Target::Origin), "not known");
        resent(&send_all(&mut app, &graves, Target::QueueThatFailed));
        assert_eq!(raw.bodies(&work), ["{}"]);
    }
}

#[test]
fn a_history_that_a_client_wrote_back_in_part_is_asked_about() {
    let place = Place::fresh();
    let mut raw = place.raw();
    raw.exchange("shop", "topic");
    queue(&mut raw, "classic", "work", dying("", "graves"));
    queue(&mut raw, "classic", "graves", vec![]);
    raw.bind("work", "shop", "order");
    let mut app = App::at(place.endpoint());
    // A client that writes only texts keeps these three and prints the list.
    let told = "[{count=1, reason=rejected, queue=work, exchange=shop, routing-keys=[order]}]";
    let mut copy = [const { None }; 14];
    copy[2] = Some(table(&[
        ("x-death", text(told)),
        ("x-first-death-exchange", text("shop")),
        ("x-first-death-queue", text("work")),
        ("x-first-death-reason", text("rejected")),
    ]));
    let copy = properties(&copy);
    raw.publish("", "graves", &copy, b"parked");
    let (event, ground) = look(&mut app, "graves");
    both_ways(&event, &ground, "graves", |found| {
        assert_eq!(found.first, known("shop", "order"), "{found:?}");
        assert!(
            found
                .evidence
                .words()
                .any(|words| words.contains("a client copied it"))
        );
    });
    resent(&send_all(&mut app, "graves", Target::Origin));
    assert_eq!(raw.bodies("work"), ["parked"]);

    // It dies again: RabbitMQ begins the list again. Whether it keeps the texts beside it differs
    // between versions; a publish to the queue itself is all that is sure either way.
    raw.publish("", "work", &copy, b"again");
    refuse(&mut raw, "work");
    let (event, ground) = look(&mut app, "graves");
    let found = Provenance::of(&event, ground.scene(Some("graves")));
    let says = |name: &str| event.properties.header(name).and_then(FieldValue::as_text);
    match says("x-first-death-exchange") {
        Some("shop") => {
            assert_eq!(found.first, FirstPublish::Contradictory, "{found:?}");
            stayed(
                &send_all(&mut app, "graves", Target::Origin),
                "contradicts itself",
            );
        }
        _ => assert_eq!(found.first, known("", "work"), "{found:?}"),
    }
    let named = Target::Elsewhere {
        exchange: "shop".into(),
        routing_key: "order".into(),
    };
    resent(&send_all(&mut app, "graves", named));
    assert_eq!(raw.bodies("work"), ["again"]);
}

#[test]
fn what_no_binding_took_goes_back_to_its_own_exchange() {
    let place = Place::fresh();
    let mut raw = place.raw();
    raw.exchange("sales", "topic");
    raw.exchange("unrouted", "fanout");
    queue(&mut raw, "classic", "unrouted.q", vec![]);
    raw.bind("unrouted.q", "unrouted", "");
    place.policy_for("exchanges", &json!({"alternate-exchange": "unrouted"}));
    let mut app = App::at(place.endpoint());
    let known_alternate = |topology: &Topology| topology.alternates.contains_key("sales");
    ground(&mut app, known_alternate);
    wait_for("the policy to be in force", || {
        raw.publish("sales", "us.new", &none(), b"{}");
        (raw.depth("unrouted.q") > 0).then_some(())
    });
    let (event, _) = look(&mut app, "unrouted.q");
    let ground_now = ground(&mut app, known_alternate);
    let found = Provenance::of(&event, ground_now.scene(Some("unrouted.q")));
    assert_eq!(found.first, known("sales", "us.new"));
    assert_eq!(found.reason(), "unroutable");
    let why = "sales had no binding for the key us.new; its alternate exchange unrouted";
    assert!(
        found.evidence.words().any(|words| words.contains(why)),
        "{found:?}"
    );
    let way = ground_now
        .topology
        .route("sales", "us.new", &Properties::default());
    assert_eq!(way.map(Vec::from_iter), Some(vec!["unrouted.q".to_owned()]));
    stayed(
        &send_all(&mut app, "unrouted.q", Target::Origin),
        "into unrouted.q again",
    );
    queue(&mut raw, "classic", "us", vec![]);
    raw.bind("us", "sales", "us.*");
    ground(&mut app, |topology| {
        topology.bindings.iter().any(|one| one.destination == "us")
    });
    resent(&send_all(&mut app, "unrouted.q", Target::Origin));
    assert_eq!(raw.bodies("us"), ["{}"]);
}

#[test]
fn headers_exchanges_are_foreseen_as_the_broker_routes() {
    let place = Place::fresh();
    let mut raw = place.raw();
    raw.exchange("by", "headers");
    let kind = || ("kind", text("invoice"));
    let tries = || ("x-try", int(2));
    let bindings = [
        ("plain", vec![kind(), ("n", int(7))]),
        ("any", vec![("x-match", text("any")), kind(), ("n", int(7))]),
        ("all", vec![("x-match", text("all")), kind(), tries()]),
        (
            "all.x",
            vec![("x-match", text("all-with-x")), kind(), tries()],
        ),
        (
            "any.x",
            vec![("x-match", text("any-with-x")), kind(), tries()],
        ),
        ("there", vec![("kind", field(b'V', &[]))]),
        ("nothing", vec![]),
    ];
    for (name, arguments) in &bindings {
        queue(&mut raw, "classic", name, vec![]);
        raw.bind_with(name, "by", "", arguments);
    }
    let mut app = App::at(place.endpoint());
    let ground = ground(&mut app, |all| all.bindings.len() == bindings.len());
    let seven = |kind, bytes: &[u8]| ("n", field(kind, bytes));
    let messages = [
        vec![],
        vec![kind()],
        vec![kind(), seven(b'l', &7_i64.to_be_bytes())],
        vec![kind(), seven(b's', &7_i16.to_be_bytes())],
        vec![kind(), seven(b'd', &7_f64.to_be_bytes())],
        vec![kind(), ("n", text("7"))],
        vec![tries()],
        vec![kind(), tries()],
        vec![("kind", int(1)), tries()],
    ];
    for (n, headers) in messages.iter().enumerate() {
        let mut values = [const { None }; 14];
        values[2] = Some(table(headers));
        let name = format!("message {n}");
        raw.publish("by", "", &properties(&values), name.as_bytes());
        let mut reached = Vec::new();
        let mut event = None;
        for (queue, _) in &bindings {
            if raw.depth(queue) > 0 {
                let report = app.peek(queue, 1).expect("a peek");
                event = report.messages.first().cloned();
                raw.bodies(queue);
                reached.push((*queue).to_owned());
            }
        }
        reached.sort();
        let event = event.expect("one queue asks for nothing");
        let told = ground.topology.route("by", "", &event.properties);
        // What the API tells of a binding without a value may be a text as well.
        let is_unclear = reached.iter().any(|queue| queue == "there") && told.is_none();
        if !is_unclear {
            assert_eq!(told.map(Vec::from_iter), Some(reached), "{name}");
        }
    }
}

#[test]
fn what_died_of_something_else_keeps_its_time_to_live_and_its_table() {
    let place = Place::fresh();
    let mut raw = place.raw();
    queue(&mut raw, "classic", "work", dying("", "graves"));
    queue(&mut raw, "classic", "graves", vec![]);
    let mut app = App::at(place.endpoint());
    let mut own = [const { None }; 14];
    own[7] = Some(short("86400000"));
    raw.publish("", "work", &properties(&own), b"{}");
    refuse(&mut raw, "work");
    look(&mut app, "graves");
    resent(&send_all(&mut app, "graves", Target::Origin));
    let sent = take(&mut raw, "work");
    let sent = values(&sent.properties);
    assert_eq!(sent[7], Some(short("86400000")));
    assert_eq!(sent[2], Some(table(&[])));
}

#[test]
fn policies_count_as_well_as_arguments() {
    let place = Place::fresh();
    let mut raw = place.raw();
    queue(
        &mut raw,
        "classic",
        "work",
        vec![("x-message-ttl", int(9_000))],
    );
    queue(&mut raw, "classic", "graves", vec![]);
    place.policy(&json!({
        "dead-letter-exchange": "", "dead-letter-routing-key": "graves",
        "message-ttl": 60_000, "max-length": 2
    }));
    let mut app = App::at(place.endpoint());
    let ground = ground(&mut app, |topology| {
        let work = topology.queue("work");
        work.is_some_and(|work| work.dead_letter_exchange.is_some())
    });
    let work = ground.topology.queue("work").expect("the queue");
    assert_eq!((work.message_ttl, work.max_length), (Some(9_000), Some(2)));
    assert!(ground.roles.is_dead("graves") && !ground.roles.is_dead("work"));
}
