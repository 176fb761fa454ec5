//! The set engine in a process of its own: kept while it behaves, ended when it does not.

#![allow(clippy::expect_used, clippy::unwrap_used, reason = "tests")]

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use eventscope::prover::{COMMAND, Prover};
use eventscope::schema::Cancel;
use eventscope::schema::compare::sets::{Engine as _, Inclusion, SetQuestion};
use serde_json::{Value, json};

const PROGRAM: &str = env!("CARGO_BIN_EXE_eventscope");
const PATIENCE: Duration = Duration::from_secs(20);

fn small() -> SetQuestion {
    SetQuestion {
        writer: json!({"type": "object", "properties": {"a": {"type": "integer"}}, "required": ["a"]}),
        reader: json!({"type": "object", "properties": {"a": {"type": "number"}}}),
    }
}

/// Alternatives that overlap in every way: far more than anybody waits for.
fn endless() -> SetQuestion {
    let side = |wide: u64| -> Value {
        let branches: Vec<Value> = (0..40)
            .map(|at| {
                let members: serde_json::Map<String, Value> = (0..40)
                    .map(|name| {
                        let kind = json!({"type": ["string", "integer", "array", "object"], "maxLength": wide + at * name, "minimum": name, "items": {"$ref": "#/$defs/one"}});
                        (format!("f{name}"), kind)
                    })
                    .collect();
                json!({"type": "object", "properties": members, "required": [format!("f{at}")], "minProperties": at % 7})
            })
            .collect();
        json!({"$defs": {"one": {"oneOf": branches}}, "$ref": "#/$defs/one"})
    };
    SetQuestion {
        writer: side(3),
        reader: side(4),
    }
}

fn is_there(process: u32) -> bool {
    Path::new(&format!("/proc/{process}")).exists()
}

/// Waits for what comes by itself.
fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let end = Instant::now() + Duration::from_mins(1);
    while !holds() {
        assert!(Instant::now() < end, "{what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn the_child_is_kept_has_limits_and_ends_with_its_parent() {
    let prover = Prover::new(PROGRAM);
    let ask = || prover.ask(&small(), PATIENCE, &Cancel::default()).0;
    assert_eq!(ask(), Inclusion::Yes);
    let process = prover.process().expect("a child");
    assert_eq!(ask(), Inclusion::Yes);
    assert_eq!(prover.process(), Some(process), "it is kept");
    let limits = fs::read_to_string(format!("/proc/{process}/limits")).expect("limits");
    let of = |name: &str| {
        let line = limits.lines().find(|line| line.starts_with(name));
        line.expect(name).to_owned()
    };
    for name in ["Max address space", "Max cpu time"] {
        let soft = of(name)[name.len()..]
            .split_whitespace()
            .next()
            .map(str::to_owned);
        assert_ne!(soft.as_deref(), Some("unlimited"), "{name}");
    }
    drop(prover);
    assert!(!is_there(process), "no child and no zombie is left");
}

#[test]
fn a_question_without_end_is_ended_and_the_next_is_answered() {
    let prover = Prover::new(PROGRAM);
    assert_eq!(
        prover.ask(&small(), PATIENCE, &Cancel::default()).0,
        Inclusion::Yes
    );
    let first = prover.process().expect("a child");
    // The engine gives some questions up by itself; this one takes several times as long.
    let patience = Duration::from_millis(30);
    let (answer, spent) = prover.ask(&endless(), patience, &Cancel::default());
    assert!(matches!(answer, Inclusion::Unknown(_)), "{answer:?}");
    assert!(spent <= patience, "{spent:?}");
    assert_eq!(prover.process(), None);
    assert!(!is_there(first), "it is gone, and no zombie");
    assert_eq!(
        prover.ask(&small(), PATIENCE, &Cancel::default()).0,
        Inclusion::Yes
    );
}

#[test]
fn a_comparison_that_is_given_up_ends_the_child() {
    let prover = Prover::new(PROGRAM);
    let cancel = Cancel::default();
    std::thread::scope(|scope| {
        let asking = scope.spawn(|| prover.ask(&endless(), Duration::from_mins(10), &cancel));
        std::thread::sleep(Duration::from_millis(100));
        cancel.cancel();
        let (answer, _) = asking.join().expect("an answer");
        assert!(matches!(answer, Inclusion::Unknown(_)));
    });
    assert_eq!(prover.process(), None);
}

#[test]
fn a_program_that_cannot_be_started_is_no_proof() {
    let prover = Prover::new("/nowhere/at/all");
    let (answer, spent) = prover.ask(&small(), PATIENCE, &Cancel::default());
    assert_eq!((answer, spent), (Inclusion::Unknown(None), Duration::ZERO));
}

#[test]
fn without_input_the_child_ends_by_itself() {
    let mut child = Command::new(PROGRAM)
        .arg(COMMAND)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .expect("it starts");
    drop(child.stdin.take());
    until("it ends when its input does", || {
        child.try_wait().expect("a child").is_some()
    });
}
