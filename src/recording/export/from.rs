//! Where exported events come from: a recording, or what the window keeps.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::{ExportError, Progress, about_file};
use crate::event::Event;
use crate::event::source_id::SourceId;
use crate::log::{Entry, Kept, Segment};
use crate::recording::reader::RecordingCursor;
use crate::recording::{RecordedEntry, RecordedEvent, Recording, RecordingError, WrittenGap};

/// Events that are read at once.
const PAGE: usize = 4_096;

/// Where exported events come from.
#[derive(Clone, Debug)]
pub enum ExportFrom {
    /// All of a recording.
    File(PathBuf),
    /// What the window keeps, or some of it.
    Log(LogPart),
}

/// Events that the window keeps.
#[derive(Clone, Debug, Default)]
pub struct LogPart {
    pub segments: Vec<Arc<Segment>>,
    /// Only the events of these numbers, in their order; all without.
    pub only: Option<Vec<u64>>,
    /// Where the sources are.
    pub places: HashMap<SourceId, Arc<str>>,
}

impl ExportFrom {
    /// Calls with each event, in its order, until `progress` says false.
    ///
    /// # Errors
    /// Why not all was read, in words.
    pub fn events(
        &self,
        progress: &mut dyn FnMut(u64, u64) -> bool,
        mut call: impl FnMut(&Event),
    ) -> Result<(), String> {
        let each = self.each(progress, |entry| {
            if let RecordedEntry::Event(read) = entry {
                call(&read.event);
            }
            Ok(())
        });
        each.map_err(|error| error.to_string())
    }

    /// When it begins.
    pub(super) fn begun(&self) -> Result<DateTime<Utc>, ExportError> {
        match self {
            Self::File(path) => {
                let about = Recording::open(path).and_then(|recording| recording.about());
                about.map(|about| about.begun_at).map_err(about_file(path))
            }
            Self::Log(part) => {
                let mut events = part.segments.iter().flat_map(|one| one.all_events());
                Ok(events.next().map_or_else(Utc::now, Kept::received_at))
            }
        }
    }

    /// When it ends.
    pub(crate) fn end(&self) -> Result<DateTime<Utc>, ExportError> {
        match self {
            Self::File(path) => {
                let about = Recording::open(path).and_then(|recording| recording.about());
                about
                    .map(|about| about.seen_until)
                    .map_err(about_file(path))
            }
            Self::Log(_) => Ok(Utc::now()),
        }
    }

    /// Calls with each entry, in its order.
    pub(super) fn each(
        &self,
        progress: Progress<'_>,
        call: impl FnMut(RecordedEntry) -> Result<(), ExportError>,
    ) -> Result<(), ExportError> {
        match self {
            Self::File(path) => {
                let recording = Recording::open(path).map_err(about_file(path))?;
                each_of_file(recording, progress, call)
            }
            Self::Log(part) => part.each(progress, call),
        }
    }
}

fn stopped() -> ExportError {
    ExportError::Told("It was stopped before its end".to_owned())
}

fn each_of_file(
    mut recording: Recording,
    progress: Progress<'_>,
    mut call: impl FnMut(RecordedEntry) -> Result<(), ExportError>,
) -> Result<(), ExportError> {
    let path = recording.path().to_owned();
    let damaged = |error: RecordingError, after: u64| {
        let path = path.display();
        ExportError::Told(format!("{path}: {error}. It was read up to event {after}"))
    };
    let total = recording.last().map_err(|error| damaged(error, 0))?;
    let mut cursor = RecordingCursor::default();
    loop {
        let page = recording.page(&mut cursor, PAGE);
        let page = page.map_err(|error| damaged(error, cursor.event))?;
        if page.is_empty() {
            return Ok(());
        }
        for entry in page {
            call(entry)?;
        }
        if !progress(cursor.event, total) {
            return Err(stopped());
        }
    }
}

impl LogPart {
    fn each(
        &self,
        progress: Progress<'_>,
        mut call: impl FnMut(RecordedEntry) -> Result<(), ExportError>,
    ) -> Result<(), ExportError> {
        let total = self.segments.iter().map(|one| one.len() as u64).sum();
        let unknown: Arc<str> = Arc::from("unknown");
        let mut done = 0;
        for segment in &self.segments {
            for row in 0..segment.len() {
                let number = segment.first() + row as u64;
                let is_wanted = |only: &Vec<u64>| only.binary_search(&number).is_ok();
                let entry = match segment.entry(row) {
                    Some(Entry::Event(event)) if self.only.as_ref().is_none_or(is_wanted) => {
                        let place = self.places.get(&event.tap().source).unwrap_or(&unknown);
                        RecordedEntry::Event(Box::new(RecordedEvent {
                            number: number + 1,
                            place: Arc::clone(place),
                            event: event.to_event(),
                        }))
                    }
                    // What was chosen event by event has no gaps that anybody could place.
                    Some(Entry::Gap { from, to }) if self.only.is_none() => {
                        RecordedEntry::Gap(WrittenGap {
                            from,
                            to,
                            place: None,
                            events: None,
                            why: "Something was not seen".to_owned(),
                        })
                    }
                    _ => continue,
                };
                call(entry)?;
            }
            done += segment.len() as u64;
            if !progress(done, total) {
                return Err(stopped());
            }
        }
        Ok(())
    }
}
