//! Comparing two recordings, on a thread that may wait for the disk. One comparison at a time.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use tokio::sync::mpsc;
use tokio::task::JoinSet;

use super::outbox::Outbox;
use crate::analysis::census::{CensusDifference, StreamCensus};
use crate::protocol::{CompareCommand, CompareUpdate, DeskUpdate, RequestId};
use crate::recording::export::ExportFrom;
use crate::schema::Catalog;

/// How often it is told how far it is.
const TOLD: Duration = Duration::from_millis(100);

/// The comparison that runs.
#[derive(Default)]
pub(crate) struct CompareDesk {
    running: Option<(RequestId, Arc<AtomicBool>)>,
    tasks: JoinSet<()>,
}

impl CompareDesk {
    pub(crate) fn carry_out(&mut self, command: CompareCommand, outbox: Outbox) {
        while self.tasks.try_join_next().is_some() {}
        match command {
            CompareCommand::Begin {
                request,
                sides,
                schemas,
            } => {
                self.stop();
                let stop = Arc::new(AtomicBool::new(false));
                self.running = Some((request, Arc::clone(&stop)));
                self.tasks
                    .spawn(compare(request, sides, schemas, stop, outbox));
            }
            CompareCommand::Stop(request) => {
                if self.running.as_ref().is_some_and(|one| one.0 == request) {
                    self.stop();
                }
            }
        }
    }

    fn stop(&mut self) {
        if let Some((_, stop)) = self.running.take() {
            stop.store(true, Ordering::Relaxed);
        }
    }

    /// Ends it.
    pub(crate) async fn close(mut self) {
        self.stop();
        while self.tasks.join_next().await.is_some() {}
    }
}

async fn compare(
    request: RequestId,
    sides: Box<[ExportFrom; 2]>,
    schemas: Option<Arc<Catalog>>,
    stop: Arc<AtomicBool>,
    outbox: Outbox,
) {
    let (way, mut told) = mpsc::channel(1);
    let working = tokio::task::spawn_blocking(move || {
        let count = |side: usize| {
            let mut census = StreamCensus::new(schemas.clone());
            let mut last = Instant::now();
            let mut progress = |done, total| {
                if last.elapsed() >= TOLD {
                    last = Instant::now();
                    // Progress may be skipped.
                    way.try_send((side, done, total)).ok();
                }
                !stop.load(Ordering::Relaxed)
            };
            sides[side].events(&mut progress, |event| census.add(event))?;
            Ok::<_, String>(census)
        };
        let (before, after) = (count(0)?, count(1)?);
        Ok(Box::new(CensusDifference::between(&before, &after)))
    });
    while let Some((side, done, total)) = told.recv().await {
        let at = CompareUpdate::At {
            request,
            side,
            done,
            total,
        };
        outbox.send(DeskUpdate::Compare(at)).await;
    }
    let result = working.await.unwrap_or_else(|error| Err(error.to_string()));
    let done = CompareUpdate::Done { request, result };
    outbox.send(DeskUpdate::Compare(done)).await;
}
