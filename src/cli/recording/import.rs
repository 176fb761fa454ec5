//! `eventscope import`.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read as _};
use std::path::PathBuf;
use std::sync::Arc;

use chrono::Utc;

use super::{DONE, EndedEarly, output, progress};
use crate::event::cloud_line::read_cloud_line;
use crate::event::line::EventLine;
use crate::recording::RecordedEvent;
use crate::recording::export::RecordingSink;
use crate::text::numbers::count_of;

/// Bytes that a line may have.
const MOST_LINE: usize = 256 * 1024 * 1024;

/// Makes a recording of lines.
#[derive(clap::Args, Debug)]
pub struct ImportArguments {
    /// Lines of NDJSON as `export` writes them, or of CloudEvents; `-` for standard input.
    from: PathBuf,
    /// The recording to be made.
    #[arg(long, value_name = "NEW FILE")]
    out: PathBuf,
}

/// Does it.
pub(super) fn run(import: &ImportArguments) -> Result<u8, EndedEarly> {
    output::free(&import.out)?;
    let shown = import.from.display();
    let mut lines: Box<dyn BufRead> = if import.from.as_os_str() == "-" {
        Box::new(io::stdin().lock())
    } else {
        let file = File::open(&import.from);
        let file = file.map_err(|error| EndedEarly::Told(format!("{shown}: {error}")))?;
        Box::new(BufReader::with_capacity(1 << 20, file))
    };
    let mark = progress::mark("");
    let mut sink: Option<RecordingSink> = None;
    let (mut number, mut events) = (0_u64, 0_u64);
    let done = loop {
        let mut line = Vec::new();
        number += 1;
        let told = |words: String| EndedEarly::Told(format!("{shown}, line {number}: {words}"));
        let mut limited = (&mut lines).take(MOST_LINE as u64 + 1);
        match limited.read_until(b'\n', &mut line) {
            Ok(0) => break Ok(()),
            Ok(length) if length > MOST_LINE => {
                break Err(told("It is longer than any event can be".to_owned()));
            }
            Ok(_) => {}
            Err(error) => break Err(told(error.to_string())),
        }
        let line = line
            .strip_prefix(b"\xef\xbb\xbf")
            .unwrap_or(&line)
            .trim_ascii();
        if line.is_empty() {
            continue;
        }
        let read = match read(line) {
            Ok(read) => read,
            Err(words) => break Err(told(words)),
        };
        events += 1;
        let read = RecordedEvent {
            number: events,
            ..read
        };
        let made = match &mut sink {
            Some(sink) => sink,
            None => sink.insert(RecordingSink::begin(
                &import.out,
                read.event.received_at,
                false,
            )?),
        };
        if let Err(trouble) = made.event(&read) {
            break Err(trouble);
        }
        if events.is_multiple_of(1_000) {
            mark.set_message(count_of(events, "event"));
        }
    };
    mark.finish_and_clear();
    // Half of what was asked for would be taken for all of it, so nothing is left of it.
    done?;
    let sink = match sink {
        Some(sink) => sink,
        None => RecordingSink::begin(&import.out, Utc::now(), false)?,
    };
    sink.finish()?;
    progress::say(&format!("{} written", count_of(events, "event")));
    Ok(DONE)
}

/// One line, in either form.
fn read(line: &[u8]) -> Result<RecordedEvent, String> {
    let line = std::str::from_utf8(line).map_err(|_| "It is not UTF-8".to_owned())?;
    let own = match EventLine::read(line) {
        Ok(read) => {
            let place = read.source.map_or_else(|| Arc::from("imported"), Arc::from);
            return Ok(RecordedEvent {
                number: 0,
                place,
                event: read.event,
            });
        }
        Err(words) => words,
    };
    match read_cloud_line(line, Utc::now()) {
        Ok(event) => Ok(RecordedEvent {
            number: 0,
            place: Arc::from("imported"),
            event,
        }),
        Err(words) if line.contains("specversion") => Err(words),
        Err(_) => Err(own),
    }
}
