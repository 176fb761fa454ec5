//! Events written elsewhere: as NDJSON, CloudEvents, CSV or another recording, those that are wanted, masked
//! where that is asked for. From a recording, or from what the window keeps.

mod from;
pub(crate) mod output;
mod sink;

use std::io;
use std::path::Path;

use chrono::{DateTime, Utc};

pub use from::{ExportFrom, LogPart};
pub(crate) use sink::{RecordingSink, Sink};

use super::RecordedEntry;
use super::error::RecordingError;
use super::mask::{MaskRules, MaskTally, Masker};
use super::reader::RecordedEvent;
use super::table::CsvTable;
use crate::query::{Filter, Matcher};
use output::Output;

/// What events are written as.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ExportForm {
    /// One JSON object a line, exact: import gives the same events.
    #[default]
    Ndjson,
    /// One CloudEvent a line.
    CloudEvents,
    /// Comma-separated values of chosen fields.
    Csv,
    /// Another recording, with its gaps.
    Recording,
}

/// What is exported, and how.
#[derive(Clone, Debug)]
pub struct ExportOrder {
    pub from: ExportFrom,
    /// Only events that match.
    pub filter: Option<Filter>,
    pub form: ExportForm,
    /// The columns, for CSV.
    pub fields: String,
    /// Rules by which it is masked; none for as it is.
    pub masks: Vec<String>,
    /// The same masks of the same values in every export with this.
    pub seed: Option<String>,
}

/// What was exported.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ExportSum {
    /// Events that were written.
    pub events: u64,
    pub masked: MaskTally,
}

/// Why an export ended early.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// Whoever reads the output has had enough: no error.
    #[error("nobody reads the output any more")]
    NotWanted,
    /// In words for the person.
    #[error("{0}")]
    Told(String),
}

impl From<io::Error> for ExportError {
    fn from(error: io::Error) -> Self {
        if error.kind() == io::ErrorKind::BrokenPipe {
            Self::NotWanted
        } else {
            Self::Told(format!("The output cannot be written: {error}"))
        }
    }
}

/// A file that cannot be used, with its name.
pub(crate) fn about_file(path: &Path) -> impl Fn(RecordingError) -> ExportError + '_ {
    move |error| ExportError::Told(format!("{}: {error}", path.display()))
}

/// What decides which events are written.
pub(crate) struct Sieve {
    matcher: Option<Matcher>,
    /// The age of an event counts from here: the end of what is exported.
    now_ms: i64,
}

impl Sieve {
    pub(crate) fn new(filter: Option<&Filter>, end: DateTime<Utc>) -> Self {
        Self {
            matcher: filter.map(Filter::matcher),
            now_ms: end.timestamp_millis(),
        }
    }

    pub(crate) fn lets_through(&self, read: &RecordedEvent) -> bool {
        let matcher = self.matcher.as_ref();
        matcher.is_none_or(|matcher| matcher.matches(&read.event, self.now_ms))
    }
}

/// How far an export is: of so many events so many were looked at. False if it shall end.
pub(crate) type Progress<'a> = &'a mut dyn FnMut(u64, u64) -> bool;

impl ExportOrder {
    /// What masks events, if anything is to be masked. All is learned that it must know before.
    fn masker(&self, sieve: &Sieve, progress: Progress<'_>) -> Result<Option<Masker>, ExportError> {
        if self.masks.is_empty() {
            return Ok(None);
        }
        let rules = MaskRules::parse(self.masks.iter().map(String::as_str));
        let rules = rules.map_err(ExportError::Told)?;
        let mut masker = Masker::new(rules, self.seed.as_deref());
        if masker.learns() {
            self.from.each(progress, |entry| match entry {
                RecordedEntry::Event(read) if sieve.lets_through(&read) => {
                    masker.learn(&read.event).map_err(ExportError::Told)
                }
                _ => Ok(()),
            })?;
        }
        masker.ready().map_err(ExportError::Told)?;
        Ok(Some(masker))
    }

    fn sink(&self, out: impl FnOnce() -> Result<Output, ExportError>) -> Result<Sink, ExportError> {
        Ok(match self.form {
            ExportForm::Ndjson | ExportForm::Recording => Sink::Ndjson(out()?),
            ExportForm::CloudEvents => Sink::CloudEvents(out()?),
            ExportForm::Csv => {
                let table = CsvTable::parse(&self.fields);
                let table = table.map_err(|fault| ExportError::Told(fault.to_string()))?;
                let mut out = out()?;
                out.text(&table.head())?;
                Sink::Csv(out, table)
            }
        })
    }

    /// Writes it into a file, which must not be there yet unless it is replaced, or to standard output.
    ///
    /// # Errors
    /// Why it could not be done; then no file was made.
    pub(crate) fn write(
        &self,
        (out, replaces): (Option<&Path>, bool),
        progress: Progress<'_>,
    ) -> Result<ExportSum, ExportError> {
        let sieve = Sieve::new(self.filter.as_ref(), self.from.end()?);
        let mut masker = self.masker(&sieve, progress)?;
        let sink = match (self.form, out) {
            (ExportForm::Recording, None) => {
                return Err(ExportError::Told("A recording needs a file".to_owned()));
            }
            (ExportForm::Recording, Some(path)) => {
                let begun = self.from.begun()?;
                Sink::Recording(Box::new(RecordingSink::begin(path, begun, replaces)?))
            }
            (_, Some(path)) if replaces => self.sink(|| Output::replacing(path))?,
            (_, out) => self.sink(|| Output::to(out))?,
        };
        let events = self.pass(&sieve, masker.as_mut(), sink, progress)?;
        Ok(ExportSum {
            events,
            masked: masker.map(|masker| masker.tally()).unwrap_or_default(),
        })
    }

    /// Writes it into a file of the window's.
    ///
    /// # Errors
    /// Why it could not be done, in words; then no file was made.
    pub fn write_file(
        &self,
        path: &Path,
        replaces: bool,
        progress: &mut dyn FnMut(u64, u64) -> bool,
    ) -> Result<ExportSum, String> {
        self.write((Some(path), replaces), progress)
            .map_err(|error| error.to_string())
    }

    /// Passes the events that match on, masked; tells how many they are.
    pub(crate) fn pass(
        &self,
        sieve: &Sieve,
        mut masker: Option<&mut Masker>,
        mut sink: Sink,
        progress: Progress<'_>,
    ) -> Result<u64, ExportError> {
        let mut found = 0;
        self.from.each(progress, |entry| match entry {
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

    /// The first events in which something is masked, as they are and as they would be written, as lines
    /// of NDJSON; no more than so many, and among the first ten thousand that match. What is chosen by its
    /// place is learned from these only.
    ///
    /// # Errors
    /// What is wrong with the rules, or with the recording, in words.
    pub fn preview(&self, most: usize) -> Result<Vec<MaskedPair>, String> {
        let told = |error: ExportError| error.to_string();
        let sieve = Sieve::new(self.filter.as_ref(), self.from.end().map_err(told)?);
        let mut first = Vec::new();
        let mut bytes = 0;
        let looked = self.from.each(&mut |_, _| true, |entry| {
            if let RecordedEntry::Event(read) = entry
                && sieve.lets_through(&read)
            {
                bytes += read.event.body.len();
                first.push(read);
            }
            let is_enough = first.len() >= PREVIEWED || bytes >= PREVIEWED_BYTES;
            if is_enough {
                Err(ExportError::NotWanted)
            } else {
                Ok(())
            }
        });
        match looked {
            Ok(()) | Err(ExportError::NotWanted) => {}
            Err(error) => return Err(told(error)),
        }
        let rules = MaskRules::parse(self.masks.iter().map(String::as_str))?;
        let mut masker = Masker::new(rules, self.seed.as_deref());
        if masker.learns() {
            for read in &first {
                masker.learn(&read.event)?;
            }
        }
        masker.ready()?;
        let mut pairs = Vec::new();
        for read in first {
            let before = masker.tally();
            let hidden = masker.mask(&read.event);
            if masker.tally() != before && pairs.len() < most {
                let line = |event| crate::event::line::EventLine::of(event, None).text();
                pairs.push(MaskedPair {
                    before: line(&read.event),
                    after: line(&hidden),
                });
            }
        }
        Ok(pairs)
    }
}

/// Events of a preview, and their bytes.
const PREVIEWED: usize = 10_000;
const PREVIEWED_BYTES: usize = 32 * 1024 * 1024;

/// An event as it is and as it would be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MaskedPair {
    pub before: String,
    pub after: String,
}

#[cfg(test)]
mod tests;
