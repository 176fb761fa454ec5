//! A search through a million events, against the tools that a person would use on a file of them.

use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

use eventscope::event::line::EventLine;
use eventscope::event::source_id::SourceId;
use eventscope::event::tap_id::TapId;
use eventscope::log::EventLog;
use eventscope::state::Soon;
use eventscope::state::live::view::{Criteria, View};

use crate::events;

const MILLION: u64 = 1_000_000;

/// Both filters, each from the change of the line to the last match.
pub(crate) fn measure() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let path = folder.join(format!("events-{}.ndjson", std::process::id()));
    let mut file = BufWriter::new(File::create(&path).expect("a file of events"));
    let mut log = EventLog::new(2 << 30);
    for n in 0..MILLION {
        let event = events::event(n);
        serde_json::to_writer(&mut file, &EventLine::of(&event, None)).expect("space for the file");
        file.write_all(b"\n").expect("space for the file");
        log.push(TapId::of(SourceId::FIRST, 1), &event);
    }
    file.into_inner().expect("the end of the file");
    // Once through, so that it lies in the page cache.
    let bytes = std::fs::read(&path).expect("the file of events").len();
    assert!(bytes > 500_000_000);

    let (own, found) = search(&log, events::RARE);
    assert_eq!(found, 1_000);
    let path_text = path.to_str().expect("a plain path");
    let (peer, output) = time("rg", &["-c", events::RARE, path_text]);
    assert_eq!(output.trim(), "1000");
    println!("value text_filter_vs_ripgrep {}", own / peer);
    println!("value text_filter_seconds {own}");

    let (own, found) = search(&log, "data.total>100");
    assert_eq!(found, 10_000);
    let select = "select(.payload.data.total > 100) | 1";
    let (peer, output) = time("jq", &["-c", select, path_text]);
    assert_eq!(output.lines().count(), 10_000);
    println!("value field_filter_vs_jq {}", own / peer);
    println!("value field_filter_seconds {own}");
    std::fs::remove_file(&path).expect("the file of events to go");
}

/// Seconds from setting the filter to its last match, and the number of matches.
fn search(log: &EventLog, line: &str) -> (f64, usize) {
    let mut view = View::default();
    // The threads for searching are there already when a person types.
    let now = chrono::Utc::now().timestamp_millis();
    while view.advance(log, now) == Soon::Now {}
    let criteria = Criteria {
        text: line.to_owned(),
        ..Criteria::default()
    };
    let start = Instant::now();
    view.set(criteria, 0);
    while view.advance(log, now) == Soon::Now {
        std::thread::sleep(std::time::Duration::from_millis(1));
    }
    (start.elapsed().as_secs_f64(), view.len(log))
}

fn time(program: &str, arguments: &[&str]) -> (f64, String) {
    let start = Instant::now();
    let output = Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .output()
        .unwrap_or_else(|error| panic!("{program}: {error}"));
    let seconds = start.elapsed().as_secs_f64();
    assert!(output.status.success(), "{program}: {}", output.status);
    (seconds, String::from_utf8(output.stdout).expect("text"))
}
