//! Pairs of schemas as a large public collection of webhooks has them: 20 to 60 kB, written out in
//! full, closed objects in closed objects, and between two versions a handful of small changes.
//! Made up from a seed, so that every run asks the same.

use std::collections::BTreeMap;
use std::fs;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use eventscope::prover::Prover;
use eventscope::schema::compare::sets::{self, Engine, Inclusion, SetQuestion};
use eventscope::schema::{Cancel, Policy, Version, compare};
use fastrand::Rng;
use rustix::time::{ClockId, clock_gettime};
use serde_json::{Map, Value, json};

const PAIRS: u64 = 200;

/// What the child took.
static SPENT: Mutex<(Duration, f64)> = Mutex::new((Duration::ZERO, 0.0));

struct Counting(Prover);

impl Engine for Counting {
    fn ask(
        &self,
        question: &SetQuestion,
        patience: Duration,
        cancel: &Cancel,
    ) -> (Inclusion, Duration) {
        let (answer, spent) = self.0.ask(question, patience, cancel);
        let mut sum = SPENT.lock().expect("nobody panicked");
        sum.0 += spent;
        if let Some(process) = self.0.process() {
            sum.1 = sum.1.max(peak_mb(&process.to_string()));
        }
        (answer, spent)
    }
}

/// Most memory that a process had, in MB.
fn peak_mb(process: &str) -> f64 {
    let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kb = line.and_then(|rest| rest.split_whitespace().next()?.parse::<f64>().ok());
    kb.unwrap_or(0.0) / 1_024.0
}

fn own_cpu() -> Duration {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    Duration::new(
        u64::try_from(time.tv_sec).expect("a time"),
        u32::try_from(time.tv_nsec).expect("a time"),
    )
}

pub(crate) fn measure() {
    let program = env!("CARGO_BIN_EXE_eventscope");
    sets::install(Counting(Prover::new(program)));
    let pairs: Vec<(String, String)> = match std::env::var("SCHEMA_PAIRS") {
        // A file of lines {"original", "update"}: to measure a collection that is not ours to ship.
        Ok(path) => given(&path),
        Err(_) => (0..PAIRS).map(pair).collect(),
    };
    let mut took = Vec::new();
    let mut answers: BTreeMap<&str, u32> = BTreeMap::new();
    let begun = Instant::now();
    for (old, new) in &pairs {
        SPENT.lock().expect("nobody panicked").0 = Duration::ZERO;
        let before = own_cpu();
        let report = compare(
            &version(old),
            &version(new),
            Policy::Event,
            &Cancel::default(),
        );
        for verdict in [&report.backward, &report.forward] {
            *answers.entry(verdict.proof.name()).or_default() += 1;
        }
        let spent = own_cpu().saturating_sub(before) + SPENT.lock().expect("nobody panicked").0;
        took.push(spent.as_secs_f64() * 1_000.0);
    }
    took.sort_by(f64::total_cmp);
    let child = SPENT.lock().expect("nobody panicked").1;
    println!("value schema_real_pairs_cpu_ms {:.1}", took[took.len() - 1]);
    println!("value schema_real_pairs_mb {:.1}", peak_mb("self") + child);
    println!(
        "value schema_real_pairs_median_cpu_ms {:.1}",
        took[took.len() / 2]
    );
    println!(
        "value schema_real_pairs_all_s {:.1}",
        begun.elapsed().as_secs_f64()
    );
    println!("value schema_real_pairs_child_mb {child:.1}");
    for (proof, count) in answers {
        println!("value schema_real_pairs_{proof} {count}");
    }
}

fn given(path: &str) -> Vec<(String, String)> {
    let text = fs::read_to_string(path).expect("a file of pairs");
    text.lines()
        .map(|line| {
            let pair: Value = serde_json::from_str(line).expect("a line of JSON");
            (pair["original"].to_string(), pair["update"].to_string())
        })
        .collect()
}

fn version(text: &str) -> Version {
    let schema = serde_json::from_str(text).expect("JSON");
    Version::new(schema, None, &BTreeMap::new()).expect("a schema")
}

/// One pair: the same event before and after a release.
fn pair(seed: u64) -> (String, String) {
    let mut random = Rng::with_seed(seed);
    let mut old = event(&mut random);
    old["$schema"] = json!("http://json-schema.org/draft-07/schema#");
    let mut new = old.clone();
    for _ in 0..random.usize(1..12) {
        change(&mut new, &mut random);
    }
    (old.to_string(), new.to_string())
}

const WORDS: [&str; 24] = [
    "id", "node", "name", "url", "state", "owner", "title", "body", "number", "labels", "created",
    "updated", "closed", "count", "size", "private", "fork", "branch", "commit", "check", "review",
    "team", "member", "key",
];

fn name(random: &mut Rng, at: usize) -> String {
    format!(
        "{}_{}_{at}",
        WORDS[random.usize(0..WORDS.len())],
        WORDS[random.usize(0..WORDS.len())]
    )
}

fn event(random: &mut Rng) -> Value {
    let parts: Vec<Value> = (0..6).map(|_| object(random, 25, 2)).collect();
    let mut members = Map::new();
    members.insert(
        "action".into(),
        json!({"type": "string", "enum": ["created"]}),
    );
    for at in 0..random.usize(5..10) {
        let part = parts[random.usize(0..parts.len())].clone();
        let part = match random.u8(0..5) {
            0 => json!({"oneOf": [part, {"type": "null"}]}),
            1 => json!({"type": "array", "items": part}),
            _ => part,
        };
        members.insert(name(random, at), part);
    }
    let required: Vec<&String> = members.keys().take(4).collect();
    json!({"type": "object", "required": required, "properties": members, "additionalProperties": false})
}

fn object(random: &mut Rng, most: usize, depth: usize) -> Value {
    let mut members = Map::new();
    for at in 0..random.usize(most / 2..most) {
        let value = match random.u8(0..12) {
            0 if depth > 0 => object(random, most, depth - 1),
            1 if depth > 0 => {
                json!({"type": "array", "items": object(random, most / 3, depth - 1)})
            }
            2 => {
                json!({"type": ["string", "null"], "description": "What a person reads about it."})
            }
            3 => json!({"type": "integer"}),
            4 => json!({"type": "boolean", "description": "Whether it is so."}),
            5 => json!({"type": "string", "format": "date-time"}),
            6 => json!({"type": "string", "enum": ["open", "closed", "all", "none"]}),
            7 => json!({"oneOf": [{"type": "string", "format": "date-time"}, {"type": "null"}]}),
            8 => json!({"type": "string", "pattern": "^[0-9a-f]{40}$"}),
            _ => json!({"type": "string", "format": "uri"}),
        };
        members.insert(name(random, at), value);
    }
    let required: Vec<&String> = members.keys().filter(|_| random.u8(0..5) > 0).collect();
    json!({"type": "object", "required": required, "properties": members, "additionalProperties": false})
}

/// One small change at a random place, as releases make them.
fn change(schema: &mut Value, random: &mut Rng) {
    let Some(members) = schema.get_mut("properties").and_then(Value::as_object_mut) else {
        for key in ["items", "oneOf"] {
            match schema.get_mut(key) {
                Some(Value::Array(list)) => return change(&mut list[0], random),
                Some(inner) => return change(inner, random),
                None => {}
            }
        }
        let replaced = match random.u8(0..4) {
            0 => json!({"type": ["string", "null"]}),
            1 => json!({"type": "string", "enum": ["open", "closed", "all", "none", "draft"]}),
            2 => json!({"type": "integer", "minimum": 0}),
            _ => json!({"type": "string", "description": "In other words."}),
        };
        *schema = replaced;
        return;
    };
    let names: Vec<String> = members.keys().cloned().collect();
    let chosen = names[random.usize(0..names.len())].clone();
    match random.u8(0..8) {
        0 => {
            members.insert(
                format!("added_{}", random.u16(..)),
                json!({"type": "string"}),
            );
        }
        1 => {
            let added = format!("needed_{}", random.u16(..));
            members.insert(added.clone(), json!({"type": "boolean"}));
            if let Some(Value::Array(required)) = schema.get_mut("required") {
                required.push(json!(added));
            }
        }
        2 if names.len() > 3 => {
            members.remove(&chosen);
            if let Some(Value::Array(required)) = schema.get_mut("required") {
                required.retain(|one| *one != json!(chosen));
            }
        }
        _ => {
            if let Some(inner) = members.get_mut(&chosen) {
                change(inner, random);
            }
        }
    }
}
