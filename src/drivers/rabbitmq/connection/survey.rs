//! Keeps the picture of the broker's exchanges and queues fresh.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::watch;

use super::connections::{Connections, Knowledge};
use crate::drivers::rabbitmq::management;
use crate::protocol::SourceUpdate;

/// The pause between two readings.
const READ_EVERY: Duration = Duration::from_secs(5);

/// A broker with very many queues answers slowly, and each answer is work for it: the pause is at
/// least this many times as long as the reading took.
const REST: u32 = 20;

/// Reads until it is dropped. The window hears of changes, and of every reading it asked for.
pub(crate) async fn keep_reading(
    connections: Connections,
    known: watch::Sender<Option<Arc<Knowledge>>>,
) {
    let mut asked = true;
    loop {
        let start = Instant::now();
        let mut fresh = management::read(connections.endpoint.as_ref().clone()).await;
        fresh.version = Some(connections.server.as_ref().clone());
        let changed = known
            .borrow()
            .as_ref()
            .is_none_or(|last| last.topology != fresh.topology);
        let topology = (changed || asked).then(|| fresh.topology.clone());
        let write = fresh.write.clone();
        known.send_replace(Some(Arc::new(fresh)));
        if let Some(topology) = topology {
            let frame = connections.publishing.configuration().frame_max();
            connections
                .outbox
                .send(SourceUpdate::MaySend { write, frame })
                .await;
            connections
                .outbox
                .send(SourceUpdate::Topology(topology))
                .await;
        }
        asked = tokio::select! {
            () = connections.refresh.notified() => true,
            () = tokio::time::sleep(READ_EVERY.max(start.elapsed() * REST)) => false,
        };
    }
}
