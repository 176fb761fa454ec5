//! Records from a thread of its own, off the way of the events to the window. Whoever hands events over
//! never waits: what the thread cannot take is counted, and stands in the recording as a gap.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use crossbeam_channel::{Receiver, RecvTimeoutError, Sender};

use super::error::RecordingError;
use super::gap::WrittenGap;
use super::shelf::{self, ShelfLimits};
use super::writer::RecordingWriter;
use crate::log::{Kept, Segment};

/// What may wait for the thread.
const WAITING: usize = 4_096;
/// Bytes of it.
const WAITING_BYTES: usize = 64 * 1024 * 1024;
/// What was written is safe after this time.
const COMMIT: Duration = Duration::from_millis(400);
/// Most bytes that are not safe.
const COMMIT_BYTES: usize = 16 * 1024 * 1024;
/// How often a recording says that nothing is missing while no event comes.
const ALIVE: Duration = Duration::from_secs(1);

/// Where a recording goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RecordTo {
    /// Into this file, which must not be there yet, however large it becomes.
    File(PathBuf),
    /// Into new files of this folder, from which the oldest go.
    Folder(PathBuf, ShelfLimits),
}

impl RecordTo {
    /// Bytes after which what was written is made safe at once, and it is seen whether the file is full.
    fn commit_bytes(&self) -> usize {
        match self {
            Self::File(_) => COMMIT_BYTES,
            Self::Folder(_, limits) => {
                let quarter = usize::try_from(limits.file_bytes() / 4).unwrap_or(COMMIT_BYTES);
                COMMIT_BYTES.min(quarter)
            }
        }
    }
}

/// How it stands with a recording.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RecordingState {
    /// Events that are safe on the disk.
    pub events: u64,
    /// Events that were not recorded, because the disk was too slow or full.
    pub missed: u64,
    /// The file that is written.
    pub path: Option<PathBuf>,
    /// Why it ended before it was told to, in words.
    pub problem: Option<String>,
}

enum Handed {
    Events(Arc<str>, Arc<Segment>),
    Gap(WrittenGap),
    Note(DateTime<Utc>, String),
}

/// What could not be handed over since the last commit.
#[derive(Default)]
struct Missed {
    span: Option<(DateTime<Utc>, DateTime<Utc>)>,
    events: u64,
}

#[derive(Default)]
struct Shared {
    waiting_bytes: AtomicUsize,
    events: AtomicU64,
    missed_in_all: AtomicU64,
    missed: Mutex<Missed>,
    state: Mutex<(Option<PathBuf>, Option<String>)>,
}

/// A recording that is under way. Dropping it ends it, and waits until the file is closed.
pub struct RecordingThread {
    handed: Option<Sender<Handed>>,
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

impl std::fmt::Debug for RecordingThread {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.state().fmt(f)
    }
}

impl RecordingThread {
    /// Begins to record. The first file is made at once; `told` hears of what ends the recording early.
    ///
    /// # Errors
    /// If the file cannot be made.
    pub fn start(
        to: RecordTo,
        told: impl Fn(String) + Send + 'static,
    ) -> Result<Self, RecordingError> {
        let shared = Arc::new(Shared::default());
        let writer = ShelfWriter::new(to, &shared)?;
        let (handed, taken) = crossbeam_channel::bounded(WAITING);
        let own = Arc::clone(&shared);
        let thread = std::thread::Builder::new()
            .name("eventscope-recorder".to_owned())
            .spawn(move || {
                let mut writer = writer;
                if let Err(error) = write_all(&mut writer, &taken, &own) {
                    let words = format!("The recording has ended: {error}");
                    writer.break_off(&words, &own);
                    own.lock_state().1 = Some(words.clone());
                    told(words);
                    // Nobody must take what is handed over for recorded.
                    count_the_rest(&taken, &own);
                }
            })?;
        Ok(Self {
            handed: Some(handed),
            shared,
            thread: Some(thread),
        })
    }

    /// Hands events over that came from this place. Never waits.
    pub fn events(&self, place: &Arc<str>, segment: &Arc<Segment>) {
        if segment.is_empty() {
            return;
        }
        let size = segment.buffer().len();
        let waiting = self.shared.waiting_bytes.fetch_add(size, Ordering::Relaxed);
        let handed = Handed::Events(Arc::clone(place), Arc::clone(segment));
        // One that is larger than all that may wait is taken if nothing else waits.
        if (waiting > 0 && waiting + size > WAITING_BYTES) || !self.hand(handed) {
            self.shared.waiting_bytes.fetch_sub(size, Ordering::Relaxed);
            self.shared.miss(segment);
        }
    }

    /// Something was not seen.
    pub fn gap(&self, gap: WrittenGap) {
        if !self.hand(Handed::Gap(gap)) {
            tracing::debug!("a gap was not recorded; what could not be recorded around it is told");
        }
    }

    /// The person has something to say about this moment.
    pub fn note(&self, at: DateTime<Utc>, words: String) {
        if !self.hand(Handed::Note(at, words)) {
            tracing::warn!("a note was not recorded: the disk is too slow");
        }
    }

    fn hand(&self, handed: Handed) -> bool {
        let way = self.handed.as_ref();
        way.is_some_and(|way| way.try_send(handed).is_ok())
    }

    /// How it stands.
    #[must_use]
    pub fn state(&self) -> RecordingState {
        let (path, problem) = self.shared.lock_state().clone();
        RecordingState {
            events: self.shared.events.load(Ordering::Relaxed),
            missed: self.shared.missed_in_all.load(Ordering::Relaxed),
            path,
            problem,
        }
    }

    /// Ends the recording, and waits until its file is closed.
    pub fn stop(mut self) -> RecordingState {
        self.finish();
        self.state()
    }

    fn finish(&mut self) {
        drop(self.handed.take());
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            let words = "Eventscope made a mistake inside, and the recording has ended".to_owned();
            self.shared.lock_state().1 = Some(words);
        }
    }
}

impl Drop for RecordingThread {
    fn drop(&mut self) {
        self.finish();
    }
}

impl Shared {
    fn lock_state(&self) -> std::sync::MutexGuard<'_, (Option<PathBuf>, Option<String>)> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn lock_missed(&self) -> std::sync::MutexGuard<'_, Missed> {
        self.missed.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn miss(&self, segment: &Segment) {
        self.miss_some(segment, 0);
    }

    /// The first events of a segment count elsewhere.
    fn miss_some(&self, segment: &Segment, written: u64) {
        let mut times = segment.all_events().map(Kept::received_at);
        let first = times.next().unwrap_or_else(Utc::now);
        let last = times.last().unwrap_or(first);
        let count = (segment.all_events().count() as u64).saturating_sub(written);
        let mut missed = self.lock_missed();
        missed.events += count;
        missed.span = Some(match missed.span {
            Some((from, to)) => (from.min(first), to.max(last)),
            None => (first, last),
        });
        self.missed_in_all.fetch_add(count, Ordering::Relaxed);
    }
}

/// The file that is written, and what becomes of it when it is full.
struct ShelfWriter {
    to: RecordTo,
    writer: Option<RecordingWriter>,
    /// Events in files that are closed.
    before: u64,
}

impl ShelfWriter {
    fn new(to: RecordTo, shared: &Shared) -> Result<Self, RecordingError> {
        let mut shelved = Self {
            to,
            writer: None,
            before: 0,
        };
        shelved.writer(shared)?;
        Ok(shelved)
    }

    /// The writer of the file, which is made if there is none.
    fn writer(&mut self, shared: &Shared) -> Result<&mut RecordingWriter, RecordingError> {
        let made = if let Some(writer) = self.writer.take() {
            writer
        } else {
            let now = Utc::now();
            let path = match &self.to {
                RecordTo::File(path) => path.clone(),
                RecordTo::Folder(folder, limits) => {
                    shelf::prune(folder, *limits, &[], now.into())?;
                    shelf::new_file(folder, now)?
                }
            };
            let writer = RecordingWriter::create(&path, now).map_err(at(&path))?;
            shared.lock_state().0 = Some(path);
            writer
        };
        Ok(self.writer.insert(made))
    }

    fn commit(&mut self, shared: &Shared) -> Result<(), RecordingError> {
        let now = Utc::now();
        let writer = self.writer(shared)?;
        let missed = std::mem::take(&mut *shared.lock_missed());
        if let Some((from, to)) = missed.span {
            writer.gap(&WrittenGap {
                from,
                to,
                place: None,
                events: Some(missed.events),
                why: "The disk was too slow for the recording".to_owned(),
            })?;
        }
        writer.commit(now)?;
        let (events, size) = (writer.events(), writer.size()?);
        shared.events.store(self.before + events, Ordering::Relaxed);
        if let RecordTo::Folder(_, limits) = &self.to
            && size > limits.file_bytes()
            && let Some(writer) = self.writer.take()
        {
            self.before += events;
            writer.seal(now)?;
            // The next file is made when there is something for it; the folder has room again now.
            self.writer(shared)?;
        }
        Ok(())
    }
}

impl ShelfWriter {
    /// Leaves the file in order, as far as that is still possible.
    fn break_off(&mut self, words: &str, shared: &Shared) {
        let Some(mut writer) = self.writer.take() else {
            return;
        };
        let lost = writer.roll_back();
        shared.missed_in_all.fetch_add(lost, Ordering::Relaxed);
        let now = Utc::now();
        let gap = WrittenGap {
            from: now,
            to: now,
            place: None,
            events: Some(lost),
            why: words.to_owned(),
        };
        let closed = writer.gap(&gap).and_then(|()| writer.seal(now).map(drop));
        if let Err(error) = closed {
            // It is read all the same, as one that broke off.
            tracing::debug!(%error, "the end of a recording was not written");
        }
    }
}

/// A file that could not be made, with its name.
fn at(path: &Path) -> impl Fn(RecordingError) -> RecordingError + '_ {
    move |error| match error {
        RecordingError::File(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            RecordingError::Unwritable(format!(
                "{} is there already, and a recording is never written over another file",
                path.display()
            ))
        }
        RecordingError::File(error) => {
            RecordingError::Unwritable(format!("{} cannot be made: {error}", path.display()))
        }
        other => other,
    }
}

fn write_all(
    shelved: &mut ShelfWriter,
    taken: &Receiver<Handed>,
    shared: &Shared,
) -> Result<(), RecordingError> {
    let mut committed = Instant::now();
    let mut bytes = 0;
    loop {
        let has_begun = shelved.writer(shared)?.has_begun();
        let wait = if has_begun { COMMIT } else { ALIVE };
        match taken.recv_timeout(wait.saturating_sub(committed.elapsed())) {
            Ok(Handed::Events(place, segment)) => {
                let size = segment.buffer().len();
                let done = shelved.writer(shared)?.segment(&place, &segment);
                shared.waiting_bytes.fetch_sub(size, Ordering::Relaxed);
                if let Err(error) = done {
                    // What was written of it is counted with what is given up.
                    let written = shelved.writer(shared)?.events_of_last_segment();
                    shared.miss_some(&segment, written);
                    return Err(error);
                }
                bytes += size;
            }
            Ok(Handed::Gap(gap)) => shelved.writer(shared)?.gap(&gap)?,
            Ok(Handed::Note(at, words)) => shelved.writer(shared)?.note(at, None, &words)?,
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => {
                shelved.commit(shared)?;
                if let Some(writer) = shelved.writer.take() {
                    writer.seal(Utc::now())?;
                }
                return Ok(());
            }
        }
        let wait = if shelved.writer(shared)?.has_begun() {
            COMMIT
        } else {
            ALIVE
        };
        if bytes >= shelved.to.commit_bytes() || committed.elapsed() >= wait {
            shelved.commit(shared)?;
            committed = Instant::now();
            bytes = 0;
        }
    }
}

/// What is handed over after the end is counted as missed.
fn count_the_rest(taken: &Receiver<Handed>, shared: &Shared) {
    while let Ok(handed) = taken.recv() {
        if let Handed::Events(_, segment) = handed {
            let size = segment.buffer().len();
            shared.waiting_bytes.fetch_sub(size, Ordering::Relaxed);
            shared.miss(&segment);
        }
    }
}
