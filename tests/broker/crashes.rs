//! Faults at random moments of a running resend: nothing is lost, a message is in two places only
//! where the journal says that it may be, and what was not sent keeps its order. The queues are
//! read by an independent client.
//!
//! `EVENTSCOPE_FAULTS=2000 cargo test --test broker crashes` runs more than the usual number.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Command as Process, Stdio};
use std::time::Duration;

use eventscope::broker::Options;
use eventscope::domain::record::{Fate, Record};
use eventscope::domain::{Endpoint, Pace};
use eventscope::protocol::{Command, Link, MoveOrder, Update, Which};
use eventscope::storage::journal::Journal;

use crate::support::proxy::{Cut, Proxy};
use crate::support::raw_amqp::{Life, Raw, int, persistent, text};
use crate::support::{App, OwnBroker, Place, fresh, order, wait_for};

/// Messages in each round: a few windows of them.
const MESSAGES: usize = 300;

/// What happens in a round.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    Wire(Cut),
    /// An administrator closes the connections.
    Closed,
    /// The target's binding goes: from then on nothing is routed.
    Unbound,
    /// The target takes only so many and refuses the rest.
    Full,
    /// SIGKILL for the app.
    Killed,
}

/// Rounds of each of the three quick tests; the slow ones add a few of their own.
fn rounds() -> usize {
    let asked = std::env::var("EVENTSCOPE_FAULTS").ok();
    asked.map_or(200, |n| n.parse().expect("a number")) / 3
}

/// A queue of dead letters and a target behind an exchange.
struct Round<'a> {
    place: &'a Place,
    raw: Raw,
    dead: String,
    alive: String,
    names: Vec<String>,
    journal: tempfile::TempDir,
}

impl<'a> Round<'a> {
    fn new(place: &'a Place, number: usize, limit: Option<i32>) -> Self {
        let mut raw = place.raw();
        let (dead, alive) = (format!("dead {number}"), format!("alive {number}"));
        raw.exchange("back", "direct");
        raw.queue(&dead, Life::Durable, &[]);
        let mut arguments = Vec::new();
        if let Some(limit) = limit {
            arguments.push(("x-max-length", int(limit)));
            arguments.push(("x-overflow", text("reject-publish")));
        }
        raw.queue(&alive, Life::Durable, &arguments);
        raw.bind(&alive, "back", &alive);
        let names: Vec<String> = (0..MESSAGES).map(|n| format!("{number}-{n:04}")).collect();
        for name in &names {
            raw.publish_unconfirmed("", &dead, &persistent(), name.as_bytes());
        }
        raw.confirmed();
        Self {
            place,
            raw,
            dead,
            alive,
            names,
            journal: tempfile::tempdir().expect("a folder"),
        }
    }

    fn options(&self) -> Options {
        Options {
            journal_dir: Some(self.journal.path().to_owned()),
            confirm_timeout: Duration::from_millis(800),
            ..Options::default()
        }
    }

    /// Lets everything that was borrowed come back, then looks at every message.
    fn check(&mut self, fault: Fault, records: &[Record]) -> usize {
        let Self {
            raw, dead, alive, ..
        } = self;
        wait_for("what was borrowed to come back", || {
            let ready = raw.depth(dead) as usize + raw.depth(alive) as usize;
            (ready >= MESSAGES).then_some(())
        });
        let (left, moved) = (raw.bodies(dead), raw.bodies(alive));
        assert!(left.is_sorted(), "{fault:?}: the rest is in its old order");
        let mut places: BTreeMap<&str, usize> = BTreeMap::new();
        for name in left.iter().chain(&moved) {
            *places.entry(name).or_default() += 1;
        }
        let lost: Vec<_> = (self.names.iter())
            .filter(|name| !places.contains_key(name.as_str()))
            .collect();
        assert!(lost.is_empty(), "{fault:?}: lost {lost:?}");
        let may_be_twice: BTreeSet<&[u8]> = (records.iter())
            .filter(|record| record.fate() == Fate::DuplicatePossible)
            .map(|record| record.message.body.as_slice())
            .collect();
        for (name, count) in places {
            assert!(
                count == 1 || (count == 2 && may_be_twice.contains(name.as_bytes())),
                "{fault:?}: {name} is there {count} times and the journal does not say so"
            );
        }
        let moved = moved.len();
        // Thousands of queues would slow the broker down.
        raw.delete(dead);
        raw.delete(alive);
        moved
    }
}

fn resend_all(app: &mut App, dead: &str, alive: &str) -> eventscope::protocol::RequestId {
    let limit = u16::try_from(MESSAGES).expect("few");
    let report = app.peek(dead, limit).expect("a peek");
    let orders: Vec<MoveOrder> = (report.messages.iter())
        .map(|event| order(event, "back", alive))
        .collect();
    assert_eq!(orders.len(), MESSAGES);
    let request = fresh();
    app.send(Command::Resend {
        request,
        queue: dead.to_owned(),
        which: Which::These(orders),
        pace: Pace::default(),
    });
    request
}

/// A moment of a resend that takes about 100 ms.
fn some_moment() {
    std::thread::sleep(Duration::from_micros(fastrand::u64(0..120_000)));
}

/// Rounds with faults that the app survives.
fn survive(faults: &[Fault], rounds: usize) {
    let place = Place::fresh();
    let mut cut_short = 0;
    for number in 0..rounds {
        let fault = faults[number % faults.len()];
        let limit = (fault == Fault::Full).then(|| fastrand::i32(1..300));
        let mut round = Round::new(&place, number, limit);
        let proxy = Proxy::to(place.facts.amqp_port);
        let endpoint = Endpoint {
            port: proxy.port,
            ..place.endpoint()
        };
        let mut app = App::with(endpoint, round.options());
        let request = resend_all(&mut app, &round.dead, &round.alive);
        some_moment();
        match fault {
            Fault::Wire(cut) => proxy.cut(cut),
            Fault::Closed => place.close_connections(),
            Fault::Unbound => round.raw.unbind(&round.alive, "back", &round.alive),
            Fault::Full | Fault::Killed => {}
        }
        app.job_done(request);
        let records = app.journal();
        // What a wire that is half open still holds comes back when the broker hears of its end.
        proxy.close();
        drop(app);
        let moved = round.check(fault, &records);
        cut_short += usize::from(moved < MESSAGES);
    }
    // Faults that always come too late would prove nothing.
    assert!(
        cut_short * 4 >= rounds,
        "{cut_short} of {rounds} were cut short"
    );
}

#[test]
fn a_cut_wire_loses_nothing() {
    let wires = [Fault::Wire(Cut::Clean), Fault::Wire(Cut::MidFrame)];
    survive(&wires, rounds());
}

#[test]
fn a_wire_that_is_half_open_loses_nothing() {
    // Each takes as long as it takes to give the broker up.
    survive(&[Fault::Wire(Cut::HalfOpen)], rounds().min(2));
}

#[test]
fn closed_connections_and_targets_that_refuse_lose_nothing() {
    survive(&[Fault::Unbound, Fault::Full, Fault::Closed], rounds());
}

/// The app as a process of its own: this very test binary, at this one test.
#[test]
#[ignore = "run by the tests that kill it"]
#[expect(clippy::print_stderr, reason = "the parent waits for it")]
fn the_app_that_is_killed() {
    let asked = |name: &str| std::env::var(name).expect("what the test passes on");
    let endpoint: Endpoint = Endpoint::from_url(&asked("FAULT_URL")).expect("a URL");
    let options = Options {
        journal_dir: Some(asked("FAULT_JOURNAL").into()),
        ..Options::default()
    };
    let mut app = App::with(endpoint, options);
    let request = resend_all(&mut app, &asked("FAULT_DEAD"), &asked("FAULT_ALIVE"));
    eprintln!("begun");
    app.expect("the end", |update| match update {
        Update::JobDone { request: done, .. } if *done == request => Some(()),
        _ => None,
    });
}

fn kill_one(round: &mut Round<'_>) -> Vec<Record> {
    let mut app = Process::new(std::env::current_exe().expect("this program"))
        .args(["--ignored", "--exact", "--nocapture"])
        .arg("broker::crashes::the_app_that_is_killed")
        .env("FAULT_URL", url(&round.place.endpoint()))
        .env("FAULT_JOURNAL", round.journal.path())
        .env("FAULT_DEAD", &round.dead)
        .env("FAULT_ALIVE", &round.alive)
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .expect("a process");
    let errors = app.stderr.take().expect("its words");
    let begun = BufReader::new(errors).lines().map_while(Result::ok);
    assert!(begun.into_iter().any(|line| line == "begun"), "it resends");
    some_moment();
    // SIGKILL.
    app.kill().expect("a living process");
    app.wait().expect("its end");
    records(round.journal.path())
}

fn records(journal: &Path) -> Vec<Record> {
    let journal = Journal::open(journal).expect("the journal");
    journal.newest(10 * MESSAGES).expect("its records")
}

fn url(endpoint: &Endpoint) -> String {
    let Endpoint {
        host,
        port,
        user,
        password,
        vhost,
        management_port,
        ..
    } = endpoint;
    let encode = eventscope::domain::endpoint::encode;
    let management = management_port.expect("a port");
    format!(
        "amqp://{}:{}@{host}:{port}/{}?management_port={management}",
        encode(user),
        encode(&password.0),
        encode(vhost)
    )
}

#[test]
fn a_killed_app_loses_nothing_and_the_next_start_says_what_may_be_twice() {
    let place = Place::fresh();
    let mut cut_short = 0;
    let rounds = rounds();
    for number in 0..rounds {
        let mut round = Round::new(&place, number, None);
        let records = kill_one(&mut round);
        let moved = round.check(Fault::Killed, &records);
        cut_short += usize::from(moved < MESSAGES);
    }
    assert!(
        cut_short * 4 >= rounds,
        "{cut_short} of {rounds} were cut short"
    );
}

#[test]
fn a_killed_broker_loses_nothing() {
    let mut broker = OwnBroker::start();
    for number in 0..(rounds() / 25).clamp(1, 8) {
        let place = Place::on(broker.facts());
        let mut round = Round::new(&place, number, None);
        round.raw.queue("last", Life::Durable, &[]);
        broker.wrote("last");
        let mut app = App::with(place.endpoint(), round.options());
        let request = resend_all(&mut app, &round.dead, &round.alive);
        some_moment();
        broker.kill();
        app.job_done(request);
        app.expect("the loss", |update| {
            matches!(update, Update::Link(Link::Lost { .. })).then_some(())
        });
        // As it was at the start, and what the loss made doubtful.
        for _ in 0..2 {
            app.expect("the journal", |update| {
                matches!(update, Update::Journal(_)).then_some(())
            });
        }
        let records = app.journal();
        drop(app);
        broker.start_again();
        round.raw = place.raw();
        round.check(Fault::Killed, &records);
    }
}
