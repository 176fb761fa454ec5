//! Exports that run: each on a thread that may wait for the disk, each with a switch that ends it.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use tokio::sync::mpsc;
use tokio::task::JoinSet;

use super::outbox::Outbox;
use crate::protocol::{DeskUpdate, ExportCommand, ExportUpdate, RequestId};
use crate::recording::export::ExportOrder;

/// How often it is told how far an export is.
const TOLD: Duration = Duration::from_millis(100);
/// Events that a preview shows at most.
const SHOWN: usize = 5;

/// The exports that run.
#[derive(Default)]
pub(crate) struct ExportDesk {
    stops: HashMap<RequestId, Arc<AtomicBool>>,
    running: JoinSet<RequestId>,
}

impl ExportDesk {
    pub(crate) fn carry_out(&mut self, command: ExportCommand, outbox: Outbox) {
        while let Some(ended) = self.running.try_join_next() {
            if let Ok(request) = ended {
                self.stops.remove(&request);
            }
        }
        match command {
            ExportCommand::Begin {
                request,
                order,
                path,
                replaces,
            } => {
                let stop = Arc::new(AtomicBool::new(false));
                self.stops.insert(request, Arc::clone(&stop));
                self.running.spawn(async move {
                    let (way, mut told) = mpsc::channel(1);
                    let writing = tokio::task::spawn_blocking(move || {
                        let mut last = Instant::now();
                        order.write_file(&path, replaces, &mut |done, total| {
                            if last.elapsed() >= TOLD {
                                last = Instant::now();
                                // Progress may be skipped.
                                way.try_send((done, total)).ok();
                            }
                            !stop.load(Ordering::Relaxed)
                        })
                    });
                    while let Some((done, total)) = told.recv().await {
                        let at = ExportUpdate::At {
                            request,
                            done,
                            total,
                        };
                        outbox.send(DeskUpdate::Export(at)).await;
                    }
                    let result = writing.await.unwrap_or_else(|error| Err(error.to_string()));
                    let done = ExportUpdate::Done { request, result };
                    outbox.send(DeskUpdate::Export(done)).await;
                    request
                });
            }
            ExportCommand::Preview { request, order } => {
                self.running.spawn(preview(request, order, outbox));
            }
            ExportCommand::Stop(request) => {
                if let Some(stop) = self.stops.get(&request) {
                    stop.store(true, Ordering::Relaxed);
                }
            }
        }
    }

    /// Ends all of them.
    pub(crate) async fn close(mut self) {
        for stop in self.stops.values() {
            stop.store(true, Ordering::Relaxed);
        }
        while self.running.join_next().await.is_some() {}
    }
}

async fn preview(request: RequestId, order: Box<ExportOrder>, outbox: Outbox) -> RequestId {
    let made = tokio::task::spawn_blocking(move || order.preview(SHOWN)).await;
    let result = made.unwrap_or_else(|error| Err(error.to_string()));
    let shown = ExportUpdate::Preview { request, result };
    outbox.send(DeskUpdate::Export(shown)).await;
    request
}
