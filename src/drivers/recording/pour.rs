//! The events of a recording as a tap gives them: read by a thread of its own, a few pages ahead of the
//! window, whatever the size of the file.

use std::path::Path;
use std::path::PathBuf;
use std::time::Duration;

use chrono::Utc;
use tokio::sync::mpsc;

use crate::engine::outbox::SourceOutbox;
use crate::event::Event;
use crate::event::key_pattern;
use crate::event::start_from::StartFrom;
use crate::event::watching::TapRequest;
use crate::log::Batch;
use crate::protocol::SourceUpdate;
use crate::recording::reader::RecordingCursor;
use crate::recording::{ALL_DESTINATIONS, RecordedEntry, Recording, RecordingError};

/// Updates that are read before the window takes them.
const AHEAD: usize = 4;
/// Events of one batch …
const BATCH_EVENTS: usize = 1_024;
/// … and about how many bytes.
const BATCH_BYTES: usize = 1_000_000;
/// The first batch is small, so that the first rows are there at once.
const FIRST_BATCH: usize = 64;
/// How often it is looked whether somebody wrote more.
const FOLLOW: Duration = Duration::from_millis(300);

/// Gives events until it is stopped.
///
/// # Errors
/// Why it cannot go on, in words.
pub(super) async fn run(
    path: PathBuf,
    request: TapRequest,
    outbox: SourceOutbox,
) -> Result<(), String> {
    let (way, mut updates) = mpsc::channel(AHEAD);
    let reading = tokio::task::spawn_blocking(move || read(&path, &request, &way));
    while let Some(update) = updates.recv().await {
        outbox.send(update).await;
    }
    match reading.await {
        Ok(Ok(())) => std::future::pending().await,
        Ok(Err(error)) => Err(format!("The recording was not read to its end. {error}")),
        Err(_) => Err("Eventscope made a mistake inside while it read the recording".to_owned()),
    }
}

/// Reads to the end, and on while somebody writes. Ends when nobody listens any more.
fn read(
    path: &Path,
    request: &TapRequest,
    way: &mpsc::Sender<SourceUpdate>,
) -> Result<(), RecordingError> {
    let mut recording = Recording::open(path)?;
    let mut cursor = match request.reading.from {
        StartFrom::Offset(first) => RecordingCursor::behind(first.saturating_sub(1)),
        _ => RecordingCursor::default(),
    };
    let mut poured = 0;
    let mut most = FIRST_BATCH;
    loop {
        let before = cursor.event;
        let page = recording.page(&mut cursor, most)?;
        most = BATCH_EVENTS;
        if page.is_empty() {
            if !recording.about()?.is_being_written(Utc::now()) {
                return Ok(());
            }
            std::thread::sleep(FOLLOW);
        }
        let mut packing = PourBatch::new(request, way);
        for entry in page {
            match entry {
                RecordedEntry::Event(read) => packing.event(&read.event),
                RecordedEntry::Gap(gap) => packing.update(SourceUpdate::Gap {
                    tap: request.tap,
                    from: gap.from,
                    to: gap.to,
                }),
            }
        }
        packing.send();
        poured += packing.poured;
        if cursor.event > before {
            packing.pass(SourceUpdate::Covered {
                tap: request.tap,
                from: before + 1,
                to: cursor.event,
            });
        }
        // The rest is read when somebody wants it: the log would lose what came first.
        if request
            .reading
            .most_bytes
            .is_some_and(|most| poured >= most)
        {
            return Ok(());
        }
        if !packing.is_wanted || way.is_closed() {
            return Ok(());
        }
    }
}

/// Packs what a tap asked for.
struct PourBatch<'a> {
    request: &'a TapRequest,
    way: &'a mpsc::Sender<SourceUpdate>,
    batch: Batch,
    bytes: usize,
    /// Bytes that were passed on.
    poured: u64,
    is_wanted: bool,
}

impl<'a> PourBatch<'a> {
    fn new(request: &'a TapRequest, way: &'a mpsc::Sender<SourceUpdate>) -> Self {
        Self {
            request,
            way,
            batch: Batch::new(request.tap),
            bytes: 0,
            poured: 0,
            is_wanted: true,
        }
    }

    fn event(&mut self, event: &Event) {
        let TapRequest {
            destination, keys, ..
        } = self.request;
        let is_there = destination == ALL_DESTINATIONS || *destination == event.destination;
        let fits = |pattern: &String| key_pattern::matches(pattern, &event.key);
        if !is_there || !(keys.is_empty() || keys.iter().any(fits)) {
            return;
        }
        if !self.batch.push(event) {
            self.send();
            self.batch.push(event);
        }
        self.bytes += event.body.len() + 128;
        if self.bytes >= BATCH_BYTES {
            self.send();
        }
    }

    fn send(&mut self) {
        self.bytes = 0;
        if !self.batch.is_empty() {
            let batch = std::mem::replace(&mut self.batch, Batch::new(self.request.tap));
            // About what the log takes for them.
            let rows = batch.len() * 32;
            self.poured += (batch.segment().buffer().len() + rows) as u64;
            self.pass(SourceUpdate::Events(batch));
        }
    }

    /// In its order among the events.
    fn update(&mut self, update: SourceUpdate) {
        self.send();
        self.pass(update);
    }

    fn pass(&mut self, update: SourceUpdate) {
        self.is_wanted &= self.way.blocking_send(update).is_ok();
    }
}
