//! The app is killed, or its journal finds no room. It runs as a process of its own.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command as Process, Stdio};
use std::time::Duration;

use eventscope::drivers::Options;
use eventscope::protocol::{SourceUpdate, Update};
use eventscope::rabbitmq::endpoint::Endpoint;
use eventscope::repair::journal_entry::{Record, Stage};
use rusqlite::{Connection, OpenFlags};

use super::{
    Fault, MESSAGES, ROUND, Round, assert_often, records, resend_all, rounds, some_moment,
};
use crate::support::{App, Place};

/// The app as a process of its own: this very test binary, at this one test.
#[test]
#[ignore = "run by the tests that kill it"]
#[expect(clippy::print_stderr, reason = "the parent waits for it")]
fn the_app_that_is_killed() {
    let asked = |name: &str| std::env::var(name).expect("what the test passes on");
    let endpoint: Endpoint = Endpoint::from_url(&asked("FAULT_URL")).expect("a URL");
    let options = Options {
        journal_dir: Some(asked("FAULT_JOURNAL").into()),
        round: ROUND,
        ..Options::default()
    };
    let mut app = App::with(endpoint, options);
    let request = resend_all(&mut app, &asked("FAULT_DEAD"), &asked("FAULT_ALIVE"));
    eprintln!("begun");
    let problem = app.expect("the end", |update| match update {
        Update::Source(
            _,
            SourceUpdate::JobDone {
                request: done,
                problem,
                ..
            },
        ) if *done == request => Some(problem.clone()),
        _ => None,
    });
    eprintln!("ended: {}", problem.unwrap_or_default());
}

/// That process. No file of it may grow beyond so many blocks of 512 bytes, where there is a limit:
/// of all ways to fill a disk the one that everybody may use.
fn spawn(round: &Round<'_>, blocks: Option<u32>) -> Child {
    let limit = blocks.map_or_else(|| "unlimited".to_owned(), |blocks| blocks.to_string());
    Process::new("sh")
        .args(["-c", "trap '' XFSZ; ulimit -f $0 && exec \"$@\"", &limit])
        .arg(std::env::current_exe().expect("this program"))
        .args(["--ignored", "--exact", "--nocapture"])
        .arg("broker::crashes::app::the_app_that_is_killed")
        .env("FAULT_URL", url(&round.place.endpoint()))
        .env("FAULT_JOURNAL", round.journal.path())
        .env("FAULT_DEAD", &round.dead)
        .env("FAULT_ALIVE", &round.alive)
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .expect("a process")
}

/// Waits until it resends, for a stage of the journal or some moment, and kills it.
fn kill_one(round: &mut Round<'_>, stage: Option<Stage>) -> Vec<Record> {
    let mut app = spawn(round, None);
    let errors = app.stderr.take().expect("its words");
    let mut words = BufReader::new(errors).lines().map_while(Result::ok);
    let lock = if let Some(stage) = stage {
        reaches(round, stage, &mut app)
    } else {
        assert!(words.any(|line| line == "begun"), "it resends");
        some_moment();
        None
    };
    // SIGKILL.
    app.kill().expect("a process of ours");
    app.wait().expect("its end");
    drop(lock);
    records(round.journal.path())
}

/// Waits until as many records as some window has are at this stage, and keeps the app from going
/// further: who holds the journal's write lock stops it. On a busy machine a stage may be over
/// before one looks; then it waits for the end.
fn reaches(round: &Round<'_>, stage: Stage, app: &mut Child) -> Option<Connection> {
    let some = [1, 4, 16, 64][fastrand::usize(0..4)];
    let file = round
        .journal
        .path()
        .join(eventscope::storage::journal::JOURNAL);
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE;
    while app.try_wait().expect("a process of ours").is_none() {
        let Ok(db) = Connection::open_with_flags(&file, flags) else {
            continue;
        };
        // Asked again at once, so that the app does not get it back first.
        db.busy_timeout(Duration::ZERO).expect("no waiting");
        while app.try_wait().expect("a process of ours").is_none() {
            if db.execute_batch("BEGIN IMMEDIATE").is_err() {
                continue;
            }
            let select = db.prepare("SELECT stage FROM progress");
            let stages: Vec<u16> = select
                .and_then(|mut select| select.query_map([], |row| row.get(0))?.collect())
                .unwrap_or_default();
            let at = |stage: Stage| stages.iter().filter(|at| **at == stage as u16).count();
            let is_there = match stage {
                // Two windows are under way together, so these are seen apart only at the start.
                Stage::Held => at(stage) > 0 && at(stage) == stages.len(),
                Stage::Sent => at(stage) > 0 && at(Stage::Held) + at(stage) == stages.len(),
                _ => at(stage) >= some,
            };
            if is_there {
                return Some(db);
            }
            db.execute_batch("ROLLBACK").expect("an open transaction");
            // The app must have its turn too.
            std::thread::sleep(Duration::from_micros(300));
        }
    }
    None
}

/// The URL of this place, for another process.
pub(super) fn url(endpoint: &Endpoint) -> String {
    let Endpoint {
        host,
        port,
        user,
        password,
        vhost,
        management_port,
        ..
    } = endpoint;
    let encode = eventscope::rabbitmq::endpoint::encode;
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
    let rounds = rounds() / 2;
    for number in 0..rounds {
        let mut round = Round::new(&place, number, None);
        let records = kill_one(&mut round, None);
        let moved = round.check(Fault::Killed(None), &records);
        cut_short += usize::from(moved < MESSAGES);
    }
    assert_often(cut_short, rounds);
}

#[test]
fn an_app_that_is_killed_at_any_stage_of_the_journal_loses_nothing() {
    let place = Place::fresh();
    let stages = [Stage::Held, Stage::Sent, Stage::Confirmed, Stage::Removed];
    let mut seen: Vec<Stage> = Vec::new();
    let rounds = (rounds() / 4).max(3 * stages.len());
    for number in 0..4 * rounds {
        let stage = stages[number % stages.len()];
        // Now and then the kill comes too late, so a stage may need more rounds.
        if number >= rounds && seen.contains(&stage) {
            continue;
        }
        let mut round = Round::new(&place, number, None);
        let records = kill_one(&mut round, Some(stage));
        if records.iter().any(|record| record.stage == stage) {
            seen.push(stage);
        }
        round.check(Fault::Killed(Some(stage)), &records);
    }
    for stage in stages {
        assert!(seen.contains(&stage), "never killed at {stage:?}: {seen:?}");
    }
}

#[test]
fn a_journal_without_room_loses_nothing_and_says_so() {
    let place = Place::fresh();
    let mut cut_short = 0;
    let rounds = rounds() / 4;
    for number in 0..rounds {
        let mut round = Round::new(&place, number, None);
        let mut app = spawn(&round, Some(fastrand::u32(300..2_000)));
        let errors = app.stderr.take().expect("its words");
        let lines = BufReader::new(errors).lines().map_while(Result::ok);
        let lines: Vec<String> = lines.collect();
        app.wait().expect("its end");
        let ended = lines.iter().find_map(|line| line.strip_prefix("ended: "));
        let ended = ended.unwrap_or_else(|| panic!("no end: {lines:?}"));
        let records = records(round.journal.path());
        let moved = round.check(Fault::DiskFull, &records);
        if moved < MESSAGES {
            cut_short += 1;
            assert!(ended.contains("The journal in"), "{ended}");
        }
    }
    assert_often(cut_short, rounds);
}
