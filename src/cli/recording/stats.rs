//! `eventscope stats`.

use std::collections::HashMap;
use std::path::PathBuf;

use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::json;

use super::output::Output;
use super::{DONE, EndedEarly, MISSING, about_file, progress};
use crate::recording::reader::{RecordedNote, RecordingCursor};
use crate::recording::{AboutRecording, RecordedEntry, Recording, WrittenGap};
use crate::text::numbers::{count_of, thousands};
use crate::text::payload::visible_line;

/// Keys that are counted apart; events of others are counted together.
const MOST_KEYS: usize = 100_000;

/// Says what is in a recording.
#[derive(clap::Args, Debug)]
pub struct StatsArguments {
    /// The recording.
    file: PathBuf,
    /// One JSON object.
    #[arg(long)]
    json: bool,
    /// Keys that are listed, those with the most events first.
    #[arg(long, default_value_t = 20)]
    keys: usize,
    /// Also look at every page of the file.
    #[arg(long)]
    check: bool,
}

#[derive(Default)]
struct StatsCounts {
    events: u64,
    bytes: u64,
    first: Option<DateTime<Utc>>,
    last: Option<DateTime<Utc>>,
    /// By destination and key.
    keys: HashMap<(String, String), u64>,
    /// Events of keys beyond [`MOST_KEYS`].
    other_keys: u64,
    gaps: Vec<WrittenGap>,
    gap_count: u64,
}

/// Gaps that are listed.
const MOST_GAPS: usize = 100;

/// Does it.
pub(super) fn run(stats: &StatsArguments) -> Result<u8, EndedEarly> {
    let mut recording = Recording::open(&stats.file).map_err(about_file(&stats.file))?;
    let about = recording.about().map_err(about_file(&stats.file))?;
    let places = recording.places(1_000).map_err(about_file(&stats.file))?;
    let notes = recording.notes().map_err(about_file(&stats.file))?;
    if stats.check {
        recording.check_all().map_err(about_file(&stats.file))?;
    }
    let bar = progress::bar(about.events);
    let mut counts = StatsCounts::default();
    let mut cursor = RecordingCursor::default();
    loop {
        let page = recording
            .page(&mut cursor, 4_096)
            .map_err(about_file(&stats.file))?;
        if page.is_empty() {
            break;
        }
        for entry in page {
            counts.add(entry);
        }
        bar.set_position(counts.events);
    }
    bar.finish_and_clear();
    let mut keys: Vec<_> = std::mem::take(&mut counts.keys).into_iter().collect();
    keys.sort_by(|a, b| (b.1, &a.0).cmp(&(a.1, &b.0)));
    let mut out = Output::to(None)?;
    let report = StatsReport {
        about,
        places,
        notes,
        counts,
        keys,
    };
    out.text(&if stats.json {
        report.json(stats.keys)
    } else {
        report.text(stats.keys)
    })?;
    out.finish()?;
    let is_whole = report.counts.gap_count == 0 && report.about.ended_at.is_some();
    Ok(if is_whole { DONE } else { MISSING })
}

impl StatsCounts {
    fn add(&mut self, entry: RecordedEntry) {
        match entry {
            RecordedEntry::Event(read) => {
                let event = read.event;
                self.events += 1;
                self.bytes += event.body.len() as u64;
                let at = event.received_at;
                self.first = Some(self.first.map_or(at, |first| first.min(at)));
                self.last = Some(self.last.map_or(at, |last| last.max(at)));
                let key = (event.destination, event.key);
                if let Some(count) = self.keys.get_mut(&key) {
                    *count += 1;
                } else if self.keys.len() < MOST_KEYS {
                    self.keys.insert(key, 1);
                } else {
                    self.other_keys += 1;
                }
            }
            RecordedEntry::Gap(gap) => {
                self.gap_count += 1;
                if self.gaps.len() < MOST_GAPS {
                    self.gaps.push(gap);
                }
            }
        }
    }
}

struct StatsReport {
    about: AboutRecording,
    places: Vec<String>,
    notes: Vec<RecordedNote>,
    counts: StatsCounts,
    keys: Vec<((String, String), u64)>,
}

fn time(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Millis, true)
}

impl StatsReport {
    fn text(&self, most: usize) -> String {
        let Self {
            about,
            places,
            notes,
            counts,
            keys,
        } = self;
        let mut text = String::new();
        let mut row = |name: &str, value: String| {
            text.push_str(&format!("{name:<10} {}\n", visible_line(&value)));
        };
        row("events", thousands(counts.events));
        row("payloads", count_of(counts.bytes, "byte"));
        row("from", places.join(", "));
        if let (Some(first), Some(last)) = (counts.first, counts.last) {
            row("first", time(first));
            row("last", time(last));
            let seconds = last.signed_duration_since(first).as_seconds_f64();
            if seconds > 0.0 {
                #[expect(clippy::cast_precision_loss, reason = "a rate for people")]
                let rate = counts.events as f64 / seconds;
                row("a second", format!("{rate:.1} events"));
            }
        }
        row("made by", about.made_by.clone());
        let ended = match (about.ended_at, about.broke_off(Utc::now())) {
            (Some(at), _) => time(at),
            (None, Some(at)) => format!(
                "broke off at {}; what came in the second before may be missing",
                time(at)
            ),
            (None, None) => "is being written".to_owned(),
        };
        row("ended", ended);
        row("gaps", thousands(counts.gap_count));
        for gap in &counts.gaps {
            let events = gap
                .events
                .map(|events| format!(", {}", count_of(events, "event")));
            let (from, to) = (time(gap.from), time(gap.to));
            row(
                "",
                format!("{from} to {to}{}: {}", events.unwrap_or_default(), gap.why),
            );
        }
        for note in notes {
            let about = note.event.map(|event| format!(", event {event}"));
            let at = time(note.written_at);
            row(
                "note",
                format!("{at}{}: {}", about.unwrap_or_default(), note.words),
            );
        }
        row("keys", thousands(keys.len() as u64));
        for ((destination, key), count) in keys.iter().take(most) {
            let place = visible_line(&format!("{destination} {key}"));
            text.push_str(&format!("{:>10} {place}\n", thousands(*count)));
        }
        let listed: u64 = keys.iter().take(most).map(|(_, count)| count).sum();
        if listed < counts.events {
            let rest = thousands(counts.events - listed);
            text.push_str(&format!("{rest:>10} of other keys\n"));
        }
        text
    }

    fn json(&self, most: usize) -> String {
        let Self {
            about,
            places,
            notes,
            counts,
            keys,
        } = self;
        let keys = keys.iter().take(most).map(|((destination, key), count)| {
            json!({ "destination": destination, "key": key, "events": count })
        });
        let gaps = counts.gaps.iter().map(|gap| {
            json!({
                "from": time(gap.from),
                "to": time(gap.to),
                "source": gap.place,
                "events": gap.events,
                "why": gap.why,
            })
        });
        let notes = notes.iter().map(
            |note| json!({ "at": time(note.written_at), "event": note.event, "words": note.words }),
        );
        let all = json!({
            "events": counts.events,
            "payload_bytes": counts.bytes,
            "sources": places,
            "first": counts.first.map(time),
            "last": counts.last.map(time),
            "made_by": about.made_by,
            "begun_at": time(about.begun_at),
            "seen_until": time(about.seen_until),
            "ended_at": about.ended_at.map(time),
            "gaps": counts.gap_count,
            "gap_list": gaps.collect::<Vec<_>>(),
            "notes": notes.collect::<Vec<_>>(),
            "keys": self.keys.len(),
            "key_list": keys.collect::<Vec<_>>(),
        });
        format!("{all}\n")
    }
}
