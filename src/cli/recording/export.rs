//! `eventscope export` and `eventscope filter`.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::output::{self, Output};
use super::{DONE, EndedEarly, MISSING, about_file, progress};
use crate::event::cloud_line::cloud_line;
use crate::event::line::EventLine;
use crate::event::source_id::SourceId;
use crate::event::tap_id::TapId;
use crate::log::Batch;
use crate::query::{Filter, Matcher};
use crate::recording::mask::{MaskRules, Masker};
use crate::recording::reader::RecordingCursor;
use crate::recording::table::{CsvTable, USUAL_FIELDS};
use crate::recording::writer::RecordingWriter;
use crate::recording::{RecordedEntry, RecordedEvent, Recording, RecordingError, WrittenGap};
use crate::text::numbers::count_of;

/// Events that are read at once.
const PAGE: usize = 4_096;

/// What events are written as.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum ExportForm {
    /// One JSON object a line, exact: import gives the same events.
    Ndjson,
    /// One CloudEvent a line.
    Cloudevents,
    /// Comma-separated values of chosen fields.
    Csv,
    /// Another recording, with its gaps; needs --out.
    Recording,
}

/// Writes events of a recording.
#[derive(clap::Args, Debug)]
pub struct ExportArguments {
    /// The recording.
    file: PathBuf,
    #[arg(long, value_enum, default_value = "ndjson")]
    format: ExportForm,
    /// Only events that match, as on the filter line: `key:order.* data.total>100`.
    #[arg(long, value_name = "QUERY")]
    filter: Option<String>,
    /// Columns of CSV, with commas between them: fields as in a filter, and number, received_at, source,
    /// payload.
    #[arg(long, value_name = "FIELDS", default_value = USUAL_FIELDS)]
    fields: String,
    /// Mask before it is written, in bodies, keys, headers and properties: emails, cards, tokens, ibans,
    /// all, header.NAME, or a JSON pointer into the body (/data/customer/name, /items/*/sku). May be
    /// given several times.
    #[arg(long, value_name = "RULE")]
    mask: Vec<String>,
    /// Makes the same masks of the same values in every export with this seed. Keep it to yourself.
    #[arg(long, value_name = "TEXT", requires = "mask")]
    mask_seed: Option<String>,
    /// A new file; without it, standard output.
    #[arg(long, value_name = "NEW FILE")]
    out: Option<PathBuf>,
}

/// Writes the events that match.
#[derive(clap::Args, Debug)]
pub struct FilterArguments {
    /// The recording.
    file: PathBuf,
    /// As on the filter line: `key:order.* data.total>100`.
    query: String,
    /// Only say how many there are.
    #[arg(long)]
    count: bool,
}

/// What decides which events are written.
struct Sieve {
    matcher: Option<Matcher>,
    /// The age of an event counts from here: the end of the recording.
    now_ms: i64,
}

/// Reads a filter line, for a recording.
pub(super) fn filter(query: &str) -> Result<Filter, EndedEarly> {
    let filter = Filter::parse(query).map_err(|fault| {
        let place = query.get(..fault.at.start).unwrap_or_default();
        let mark = format!("{}^", " ".repeat(place.chars().count()));
        EndedEarly::Told(format!("{query}\n{mark}\n{fault}"))
    })?;
    if filter.asks_for_schemas() {
        return Err(EndedEarly::Told(
            "\"schema:\" asks for a folder of schemas, which only the window has open".to_owned(),
        ));
    }
    Ok(filter)
}

impl Sieve {
    fn new(query: Option<&str>, end: DateTime<Utc>) -> Result<Self, EndedEarly> {
        let matcher = query.map(|query| filter(query).map(|filter| filter.matcher()));
        Ok(Self {
            matcher: matcher.transpose()?,
            now_ms: end.timestamp_millis(),
        })
    }

    fn lets_through(&self, read: &RecordedEvent) -> bool {
        let matcher = self.matcher.as_ref();
        matcher.is_none_or(|matcher| matcher.matches(&read.event, self.now_ms))
    }
}

/// What events are written to.
enum Sink {
    Ndjson(Output),
    CloudEvents(Output),
    Csv(Output, CsvTable),
    Recording(Box<RecordingSink>),
    Nowhere,
}

impl Sink {
    fn event(&mut self, read: &RecordedEvent) -> Result<(), EndedEarly> {
        match self {
            Self::Ndjson(out) => {
                let mut line = EventLine::of(&read.event, Some(&read.place)).text();
                line.push('\n');
                out.text(&line)
            }
            Self::CloudEvents(out) => {
                let mut line = cloud_line(&read.event, read.number);
                line.push('\n');
                out.text(&line)
            }
            Self::Csv(out, table) => out.text(&table.row(read)),
            Self::Recording(sink) => sink.event(read),
            Self::Nowhere => Ok(()),
        }
    }

    fn gap(&mut self, gap: &WrittenGap) -> Result<(), EndedEarly> {
        match self {
            Self::Recording(sink) => sink.gap(gap),
            _ => Ok(()),
        }
    }

    fn finish(self) -> Result<(), EndedEarly> {
        match self {
            Self::Ndjson(out) | Self::CloudEvents(out) | Self::Csv(out, _) => out.finish(),
            Self::Recording(sink) => sink.finish(),
            Self::Nowhere => Ok(()),
        }
    }
}

/// Events that are written into another recording.
pub(super) struct RecordingSink {
    writer: RecordingWriter,
    path: PathBuf,
    place: Arc<str>,
    batch: Batch,
    bytes: usize,
    /// The time of the last event.
    end: DateTime<Utc>,
}

/// Bytes of events that are written together.
const TOGETHER: usize = 4 * 1024 * 1024;

fn empty_batch() -> Batch {
    Batch::new(TapId::of(SourceId::FIRST, 0))
}

impl RecordingSink {
    pub(super) fn begin(path: &Path, begun_at: DateTime<Utc>) -> Result<Self, EndedEarly> {
        output::free(path)?;
        Ok(Self {
            writer: RecordingWriter::create(path, begun_at).map_err(about_file(path))?,
            path: path.to_owned(),
            place: Arc::from(""),
            batch: empty_batch(),
            bytes: 0,
            end: begun_at,
        })
    }

    pub(super) fn event(&mut self, read: &RecordedEvent) -> Result<(), EndedEarly> {
        if read.place != self.place {
            self.flush()?;
            self.place = Arc::clone(&read.place);
        }
        if !self.batch.push(&read.event) {
            self.flush()?;
            self.batch.push(&read.event);
        }
        self.end = self.end.max(read.event.received_at);
        self.bytes += read.event.body.len() + 256;
        if self.bytes >= TOGETHER {
            self.flush()?;
        }
        Ok(())
    }

    fn gap(&mut self, gap: &WrittenGap) -> Result<(), EndedEarly> {
        self.flush()?;
        self.writer.gap(gap).map_err(about_file(&self.path))
    }

    fn flush(&mut self) -> Result<(), EndedEarly> {
        self.bytes = 0;
        if self.batch.is_empty() {
            return Ok(());
        }
        let batch = std::mem::replace(&mut self.batch, empty_batch());
        let written = self.writer.segment(&self.place, batch.segment());
        let safe = written.and_then(|()| self.writer.commit(self.end));
        safe.map_err(about_file(&self.path))
    }

    pub(super) fn finish(mut self) -> Result<(), EndedEarly> {
        self.flush()?;
        let sealed = self.writer.seal(self.end);
        sealed.map(drop).map_err(about_file(&self.path))
    }
}

/// Does `eventscope export`.
pub(super) fn run(export: &ExportArguments) -> Result<u8, EndedEarly> {
    let recording = Recording::open(&export.file).map_err(about_file(&export.file))?;
    let about = recording.about().map_err(about_file(&export.file))?;
    let sieve = Sieve::new(export.filter.as_deref(), about.seen_until)?;
    let mut masker = masker(export, &sieve)?;
    let out = export.out.as_deref();
    let sink = match (export.format, out) {
        (ExportForm::Ndjson, out) => Sink::Ndjson(Output::to(out)?),
        (ExportForm::Cloudevents, out) => Sink::CloudEvents(Output::to(out)?),
        (ExportForm::Csv, out) => {
            let table = CsvTable::parse(&export.fields);
            let table = table.map_err(|fault| EndedEarly::Told(fault.to_string()))?;
            let mut out = Output::to(out)?;
            out.text(&table.head())?;
            Sink::Csv(out, table)
        }
        (ExportForm::Recording, Some(out)) => {
            Sink::Recording(Box::new(RecordingSink::begin(out, about.begun_at)?))
        }
        (ExportForm::Recording, None) => {
            return Err(EndedEarly::Told(
                "A recording needs a file: --out NEW FILE".to_owned(),
            ));
        }
    };
    let found = pass(recording, &sieve, masker.as_mut(), sink)?;
    if out.is_some() {
        progress::say(&format!("{} written", count_of(found, "event")));
    }
    let Some(masker) = masker else {
        return Ok(DONE);
    };
    let tally = masker.tally();
    let (values, events) = (
        count_of(tally.values, "value"),
        count_of(tally.events, "event"),
    );
    progress::say(&format!("{values} in {events} masked"));
    if tally.left_out > 0 {
        let bodies = count_of(tally.left_out, "payload");
        progress::say(&format!(
            "{bodies} left out, because nobody can say what is in what cannot be read"
        ));
        return Ok(MISSING);
    }
    Ok(DONE)
}

/// What masks events, if anything is to be masked. All is learned that it must know before.
fn masker(export: &ExportArguments, sieve: &Sieve) -> Result<Option<Masker>, EndedEarly> {
    if export.mask.is_empty() {
        return Ok(None);
    }
    let rules = MaskRules::parse(export.mask.iter().map(String::as_str));
    let mut masker = Masker::new(
        rules.map_err(EndedEarly::Told)?,
        export.mask_seed.as_deref(),
    );
    if masker.learns() {
        let recording = Recording::open(&export.file).map_err(about_file(&export.file))?;
        each(recording, |entry| match entry {
            RecordedEntry::Event(read) if sieve.lets_through(&read) => {
                masker.learn(&read.event).map_err(EndedEarly::Told)
            }
            _ => Ok(()),
        })?;
    }
    masker.ready().map_err(EndedEarly::Told)?;
    Ok(Some(masker))
}

/// Does `eventscope filter`.
pub(super) fn run_filter(filter: &FilterArguments) -> Result<u8, EndedEarly> {
    let recording = Recording::open(&filter.file).map_err(about_file(&filter.file))?;
    let about = recording.about().map_err(about_file(&filter.file))?;
    let sieve = Sieve::new(Some(&filter.query), about.seen_until)?;
    let sink = if filter.count {
        Sink::Nowhere
    } else {
        Sink::Ndjson(Output::to(None)?)
    };
    let found = pass(recording, &sieve, None, sink)?;
    if filter.count {
        let mut out = Output::to(None)?;
        out.text(&format!("{found}\n"))?;
        out.finish()?;
    }
    Ok(if found == 0 { MISSING } else { DONE })
}

/// Passes the events that match on, masked; tells how many they are.
fn pass(
    recording: Recording,
    sieve: &Sieve,
    mut masker: Option<&mut Masker>,
    mut sink: Sink,
) -> Result<u64, EndedEarly> {
    let mut found = 0;
    each(recording, |entry| match entry {
        RecordedEntry::Event(mut read) if sieve.lets_through(&read) => {
            found += 1;
            if let Some(masker) = &mut masker {
                read.event = masker.mask(&read.event);
            }
            sink.event(&read)
        }
        RecordedEntry::Event(_) => Ok(()),
        RecordedEntry::Gap(gap) => sink.gap(&gap),
    })?;
    sink.finish()?;
    Ok(found)
}

/// Calls with each entry of a recording, in its order.
fn each(
    mut recording: Recording,
    mut call: impl FnMut(RecordedEntry) -> Result<(), EndedEarly>,
) -> Result<(), EndedEarly> {
    let path = recording.path().to_owned();
    let damaged = |error: RecordingError, after: u64| {
        let path = path.display();
        EndedEarly::Told(format!("{path}: {error}. It was read up to event {after}"))
    };
    let total = recording.last().map_err(|error| damaged(error, 0))?;
    let bar = progress::bar(total);
    let mut cursor = RecordingCursor::default();
    loop {
        let page = recording.page(&mut cursor, PAGE);
        let page = page.map_err(|error| damaged(error, cursor.event))?;
        if page.is_empty() {
            break;
        }
        for entry in page {
            call(entry)?;
        }
        bar.set_position(cursor.event);
    }
    bar.finish_and_clear();
    Ok(())
}
