//! What events are written to, one after the other.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::output::{self, Output};
use super::{ExportError, about_file};
use crate::event::cloud_line::cloud_line;
use crate::event::line::EventLine;
use crate::event::source_id::SourceId;
use crate::event::tap_id::TapId;
use crate::log::Batch;
use crate::recording::table::CsvTable;
use crate::recording::writer::RecordingWriter;
use crate::recording::{RecordedEvent, WrittenGap};

/// What events are written to.
pub(crate) enum Sink {
    Ndjson(Output),
    CloudEvents(Output),
    Csv(Output, CsvTable),
    Recording(Box<RecordingSink>),
    Nowhere,
}

impl Sink {
    pub(crate) fn event(&mut self, read: &RecordedEvent) -> Result<(), ExportError> {
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

    pub(crate) fn gap(&mut self, gap: &WrittenGap) -> Result<(), ExportError> {
        match self {
            Self::Recording(sink) => sink.gap(gap),
            _ => Ok(()),
        }
    }

    pub(crate) fn finish(self) -> Result<(), ExportError> {
        match self {
            Self::Ndjson(out) | Self::CloudEvents(out) | Self::Csv(out, _) => out.finish(),
            Self::Recording(sink) => sink.finish(),
            Self::Nowhere => Ok(()),
        }
    }
}

/// Events that are written into another recording.
pub(crate) struct RecordingSink {
    writer: Option<RecordingWriter>,
    path: PathBuf,
    unfinished: PathBuf,
    replaces: bool,
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
    /// A file that is there is replaced only where that is said, and only at the end.
    pub(crate) fn begin(
        path: &Path,
        begun_at: DateTime<Utc>,
        replaces: bool,
    ) -> Result<Self, ExportError> {
        if !replaces {
            output::free(path)?;
        }
        let unfinished = output::unfinished(path);
        // Left by a run that was killed.
        fs::remove_file(&unfinished).ok();
        Ok(Self {
            writer: Some(RecordingWriter::create(&unfinished, begun_at).map_err(about_file(path))?),
            path: path.to_owned(),
            unfinished,
            replaces,
            place: Arc::from(""),
            batch: empty_batch(),
            bytes: 0,
            end: begun_at,
        })
    }

    pub(crate) fn event(&mut self, read: &RecordedEvent) -> Result<(), ExportError> {
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

    fn gap(&mut self, gap: &WrittenGap) -> Result<(), ExportError> {
        self.flush()?;
        let done = self.writer.as_mut().map(|writer| writer.gap(gap));
        done.unwrap_or(Ok(())).map_err(about_file(&self.path))
    }

    fn flush(&mut self) -> Result<(), ExportError> {
        self.bytes = 0;
        if self.batch.is_empty() {
            return Ok(());
        }
        let batch = std::mem::replace(&mut self.batch, empty_batch());
        let Some(writer) = &mut self.writer else {
            return Ok(());
        };
        let written = writer.segment(&self.place, batch.segment());
        let safe = written.and_then(|()| writer.commit(self.end));
        safe.map_err(about_file(&self.path))
    }

    pub(crate) fn finish(mut self) -> Result<(), ExportError> {
        self.flush()?;
        if let Some(writer) = self.writer.take() {
            writer.seal(self.end).map_err(about_file(&self.path))?;
            if !self.replaces {
                output::free(&self.path)?;
            }
            fs::rename(&self.unfinished, &self.path)?;
        }
        Ok(())
    }
}

impl Drop for RecordingSink {
    fn drop(&mut self) {
        if self.writer.take().is_some() {
            for end in ["", "-wal", "-shm"] {
                let mut name = self.unfinished.as_os_str().to_owned();
                name.push(end);
                // Not all are there.
                fs::remove_file(name).ok();
            }
        }
    }
}
