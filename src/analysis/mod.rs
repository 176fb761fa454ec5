//! Work over the whole log on other threads, in the log's order, while the log goes on growing.
//! The window polls; nothing here makes it wait.

pub mod census;
mod find;
mod judging;
pub(crate) mod learning;
mod merging;
#[cfg(test)]
mod one_reader_tests;
mod order;
pub mod schemas;
mod series;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::task::Poll;

use crossbeam_channel::{Receiver, TryRecvError};

use crate::log::{EventLog, Segment};

pub use find::{Found, Scope, Wanted};
pub use judging::{Counted, Judging, Learned, NewShape, SeenType, Standing};
pub use merging::{Merging, MessageCopy};
pub use order::{Order, SortBy};
pub use series::{Point, Series};

/// What a scan gets from a part of the log; the index is of the first entry that is wanted.
type Work<T> = dyn Fn(&Segment, usize) -> Vec<T> + Send + Sync;

/// A scan over everything that is kept and everything that comes.
pub struct Scan<T> {
    work: Arc<Work<T>>,
    done_to: u64,
    running: Option<Running<T>>,
}

/// One round: the part of the log that was there when it began.
struct Running<T> {
    results: Receiver<(usize, Vec<T>)>,
    /// Numbers after the last entry of each piece.
    ends: Vec<u64>,
    next: usize,
    early: BTreeMap<usize, Vec<T>>,
    stop: Arc<AtomicBool>,
}

impl<T> std::fmt::Debug for Scan<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Scan")
            .field("done_to", &self.done_to)
            .field("busy", &self.is_busy())
            .finish_non_exhaustive()
    }
}

impl<T> Drop for Scan<T> {
    fn drop(&mut self) {
        self.stop_round();
    }
}

impl<T> Scan<T> {
    /// True while a round is under way.
    #[must_use]
    pub fn is_busy(&self) -> bool {
        self.running.is_some()
    }

    /// Every entry before this number was looked at, or passed over by [`Self::skip_to`].
    #[must_use]
    pub fn done_to(&self) -> u64 {
        self.done_to
    }

    /// Gives up what was not looked at yet before this number, and goes on from there.
    pub fn skip_to(&mut self, number: u64) {
        self.stop_round();
        self.done_to = self.done_to.max(number);
    }

    fn stop_round(&mut self) {
        if let Some(round) = self.running.take() {
            round.stop.store(true, Ordering::Relaxed);
        }
    }
}

impl<T: Send + 'static> Scan<T> {
    /// A scan that begins at this number.
    pub fn new(
        from: u64,
        work: impl Fn(&Segment, usize) -> Vec<T> + Send + Sync + 'static,
    ) -> Self {
        Self {
            work: Arc::new(work),
            done_to: from,
            running: None,
        }
    }

    /// Takes what is ready, in the log's order, and begins the next round if there is more.
    pub fn advance(&mut self, log: &EventLog, mut take: impl FnMut(T)) {
        if self.running.is_none() && self.done_to < log.end() {
            self.begin(log);
        }
        let Some(round) = &mut self.running else {
            return;
        };
        loop {
            match round.results.try_recv() {
                Ok((piece, found)) => {
                    round.early.insert(piece, found);
                }
                Err(TryRecvError::Empty) => break,
                // Every piece has answered, or its thread is gone: nothing more will come.
                Err(TryRecvError::Disconnected) => {
                    for piece in round.next..round.ends.len() {
                        round.early.entry(piece).or_default();
                    }
                    break;
                }
            }
        }
        while let Some(found) = round.early.remove(&round.next) {
            found.into_iter().for_each(&mut take);
            self.done_to = round.ends[round.next];
            round.next += 1;
        }
        if round.next == round.ends.len() {
            self.running = None;
        }
    }

    fn begin(&mut self, log: &EventLog) {
        let from = self.done_to.max(log.first());
        let pieces = log.pieces(from);
        let (answer, results) = crossbeam_channel::bounded(pieces.len());
        let stop = Arc::new(AtomicBool::new(false));
        let ends = pieces.iter().map(|piece| piece.end()).collect();
        for (index, piece) in pieces.into_iter().enumerate() {
            let (work, answer, stop) = (Arc::clone(&self.work), answer.clone(), Arc::clone(&stop));
            spawn(move || {
                if !stop.load(Ordering::Relaxed) {
                    let skip = usize::try_from(from.saturating_sub(piece.first()));
                    let found = work(&piece, skip.unwrap_or(usize::MAX));
                    // Nobody waits any more if it was given up meanwhile.
                    drop(answer.send((index, found)));
                }
            });
        }
        self.running = Some(Running {
            results,
            ends,
            next: 0,
            early: BTreeMap::new(),
            stop,
        });
    }
}

/// A piece of work on a thread for searching, with one result.
#[derive(Debug)]
pub struct SearchTask<T>(Receiver<T>);

impl<T: Send + 'static> SearchTask<T> {
    /// Begins it.
    pub fn begin(work: impl FnOnce() -> T + Send + 'static) -> Self {
        let (answer, result) = crossbeam_channel::bounded(1);
        // Nobody waits any more if it was given up meanwhile.
        spawn(move || drop(answer.send(work())));
        Self(result)
    }

    /// The result once it is there, [`Poll::Pending`] until then, and nothing if the work ended in
    /// a panic.
    pub fn poll(&self) -> Poll<Option<T>> {
        match self.0.try_recv() {
            Ok(result) => Poll::Ready(Some(result)),
            Err(TryRecvError::Empty) => Poll::Pending,
            Err(TryRecvError::Disconnected) => Poll::Ready(None),
        }
    }
}

/// Runs something on a thread for searching; without threads, here.
fn spawn(work: impl FnOnce() + Send + 'static) {
    static POOL: OnceLock<Option<rayon::ThreadPool>> = OnceLock::new();
    let pool = POOL.get_or_init(|| {
        let pool = rayon::ThreadPoolBuilder::new()
            .thread_name(|index| format!("search-{index}"))
            // A panic is a fault of ours that must not take the window along: the scan sees that
            // no answer comes.
            .panic_handler(|_| {
                tracing::error!(
                    "a search stopped by a mistake in Eventscope: what is shown may be incomplete"
                );
            })
            .build();
        pool.ok()
    });
    match pool {
        Some(pool) => pool.spawn_fifo(work),
        None => work(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::source_id::SourceId;
    use crate::event::tap_id::TapId;
    use crate::testing::event;

    fn finish<T: Send + 'static>(scan: &mut Scan<T>, log: &EventLog) -> Vec<T> {
        let mut found = Vec::new();
        while scan.done_to() < log.end() || scan.is_busy() {
            scan.advance(log, |item| found.push(item));
            std::thread::yield_now();
        }
        found
    }

    fn numbers() -> Scan<u64> {
        Scan::new(0, |segment, skip| {
            (segment.first() + skip as u64..segment.end()).collect()
        })
    }

    #[test]
    fn every_entry_is_seen_once_and_in_order_while_the_log_grows() {
        let mut log = EventLog::new(300_000);
        let mut scan = numbers();
        let mut seen = Vec::new();
        for number in 0..2_000_u32 {
            log.push(
                TapId::of(SourceId::FIRST, 1),
                &event("k", &number.to_string()),
            );
            scan.advance(&log, |number| seen.push(number));
        }
        seen.extend(finish(&mut scan, &log));
        assert_eq!(seen, (0..2_000).collect::<Vec<_>>());
    }

    #[test]
    fn what_is_skipped_is_not_looked_at() {
        let mut log = EventLog::new(300_000);
        for _ in 0..500 {
            log.push(TapId::of(SourceId::FIRST, 1), &event("k", "x"));
        }
        let mut scan = numbers();
        scan.advance(&log, |_| {});
        scan.skip_to(log.end());
        assert!(!scan.is_busy());
        log.push(TapId::of(SourceId::FIRST, 1), &event("k", "y"));
        assert_eq!(finish(&mut scan, &log), [500]);
    }

    #[test]
    fn a_task_ends_with_its_result_or_with_nothing() {
        let end = |task: SearchTask<u8>| loop {
            if let Poll::Ready(result) = task.poll() {
                return result;
            }
            std::thread::yield_now();
        };
        assert_eq!(end(SearchTask::begin(|| 7)), Some(7));
        assert_eq!(end(SearchTask::begin(|| panic!("on purpose"))), None);
    }

    #[test]
    fn a_panic_in_a_search_ends_only_that_part() {
        let mut log = EventLog::new(300_000);
        log.push(TapId::of(SourceId::FIRST, 1), &event("k", "x"));
        let mut scan: Scan<u64> = Scan::new(0, |_, _| panic!("on purpose"));
        assert!(finish(&mut scan, &log).is_empty());
        assert_eq!(scan.done_to(), 1);
    }
}
