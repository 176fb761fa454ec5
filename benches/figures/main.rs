//! Figures of speed and memory, printed as `figure NAME VALUE`, each the median of several runs.
//! ARCHITECTURE.md says how each is measured. Ratios are between two things measured in this run.
//!
//! Every measurement is made in a process of its own, which this program starts from itself, so
//! that none inherits the memory or the threads of another. Arguments name the figures that are
//! wanted; without any, all are measured.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::cast_precision_loss,
    clippy::disallowed_methods,
    reason = "a bench that cannot measure must stop, and prints what it measures"
)]

mod clock;
mod events;
mod filters;
mod frames;
mod headless;
mod real_pairs;
mod repair;
mod schemas;
mod soak;
mod tap;
mod window;

#[path = "../../tests/gui/mod.rs"]
mod gui;

use std::collections::BTreeMap;
use std::process::{Command, Stdio};

/// Only made when it is named: it takes half an hour.
const SOAK: (&str, usize, &[&str]) = (
    "soak",
    1,
    &["soak_frame_ms_p999", "soak_resident_peak_over_full"],
);

/// A measurement: its name, how often it is made, and the figures that come out of it.
const ALL: &[(&str, usize, &[&str])] = &[
    ("tap", 3, &["tap_vs_bare_lapin", "tap_cpu_vs_bare_lapin"]),
    (
        "filters",
        3,
        &["text_filter_vs_ripgrep", "field_filter_vs_jq"],
    ),
    ("frames", 3, &["frame_ms_median", "frame_ms_p99"]),
    (
        "repair",
        3,
        &[
            "resend_vs_shovel",
            "resend_quorum_vs_shovel",
            "peek_1000_vs_http_get",
        ],
    ),
    (
        "schemas",
        3,
        &["schema_recursive_ms", "schema_3000_properties_ms"],
    ),
    (
        "schema-pairs",
        3,
        &["schema_real_pairs_cpu_ms", "schema_real_pairs_mb"],
    ),
    ("tap-schemas", 3, &["tap_with_schemas_vs_without"]),
    ("memory", 3, &["bytes_per_event_overhead"]),
    ("idle", 3, &["idle_cpu_percent"]),
    ("first-frame", 3, &["first_frame_vs_empty_eframe"]),
];

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [child, what, rest @ ..] = arguments.as_slice()
        && child == "--measure"
    {
        return measure(what, rest);
    }
    // `cargo bench` passes `--bench`.
    let wanted: Vec<&String> = arguments.iter().filter(|a| !a.starts_with("--")).collect();
    for (what, runs, figures) in ALL.iter().chain([&SOAK]) {
        let named = |name: &&String| *name == what || figures.contains(&name.as_str());
        let by_default = wanted.is_empty() && *what != SOAK.0;
        if !by_default && !wanted.iter().any(named) {
            continue;
        }
        let mut values: BTreeMap<String, Vec<f64>> = BTreeMap::new();
        for _ in 0..*runs {
            for (name, value) in run_apart(what) {
                values.entry(name).or_default().push(value);
            }
        }
        for figure in *figures {
            let found = values.remove(*figure).unwrap_or_default();
            assert!(!found.is_empty(), "{what} gave no {figure}");
            println!("figure {figure} {:.3}", median(found));
        }
        for (name, found) in values {
            println!("detail {name} {:.3}", median(found));
        }
    }
}

fn measure(what: &str, rest: &[String]) {
    match what {
        "tap" => tap::measure(),
        "tap-schemas" => tap::measure_with_schemas(),
        "filters" => filters::measure(),
        "frames" => frames::measure_frames(),
        "repair" => repair::measure(),
        "schemas" => schemas::measure(),
        "schema-pairs" => real_pairs::measure(),
        "memory" => frames::measure_memory(),
        "idle" => window::measure_idle(),
        "first-frame" => window::measure_first_frame(),
        "window" => window::open(&rest[0]),
        "soak" => soak::measure(soak_minutes()),
        "publisher" => soak::publish(&rest[0], rest[1].parse().expect("seconds")),
        other => panic!("there is no measurement {other}"),
    }
}

/// Half an hour, or what `SOAK_MINUTES` says.
fn soak_minutes() -> u64 {
    let own = std::env::var("SOAK_MINUTES").ok();
    own.map_or(30, |minutes| minutes.parse().expect("a number of minutes"))
}

/// Runs a measurement in a process of its own; it prints lines of a name and a value.
fn run_apart(what: &str) -> Vec<(String, f64)> {
    let own = std::env::current_exe().expect("the path of this program");
    let output = Command::new(own)
        .args(["--measure", what])
        .stderr(Stdio::inherit())
        .output()
        .expect("a process for a measurement");
    assert!(output.status.success(), "{what}: {}", output.status);
    let text = String::from_utf8(output.stdout).expect("text");
    let pairs = text.lines().filter_map(|line| {
        let (name, value) = line.strip_prefix("value ")?.split_once(' ')?;
        Some((name.to_owned(), value.parse().ok()?))
    });
    pairs.collect()
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
