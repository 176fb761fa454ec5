//! What the management API says of a single queue now. The reading of all of them is some seconds
//! old, and a policy may have changed a limit since.

use super::super::wires::Knowledge;
use super::{Api, COLUMNS, QueueRow, off_runtime, queue, truthy};
use crate::domain::endpoint::encode;
use crate::domain::{Endpoint, Queue, Topology, TopologySource};

/// The queue as it is now, and whether it deletes itself with its last consumer; nothing if the
/// API does not tell.
async fn one_queue(endpoint: Endpoint, name: String) -> Option<(Queue, bool)> {
    let asked = off_runtime(move || {
        let api = Api::new(&endpoint);
        let path = format!(
            "/api/queues/{}/{}?columns={COLUMNS}",
            api.vhost,
            encode(&name)
        );
        api.get::<QueueRow>(&path)
    });
    match asked.await {
        Ok(row) => {
            let auto_delete = truthy(&row.auto_delete);
            Some((queue(row), auto_delete))
        }
        Err(words) => {
            tracing::debug!(words, "the queue was not read anew");
            None
        }
    }
}

impl Knowledge {
    /// What is known of one queue alone, read anew if that can be done.
    pub(in crate::broker) async fn of_now(&self, endpoint: &Endpoint, name: &str) -> Self {
        let is_told = self.topology.source == TopologySource::Management;
        let read = if is_told {
            one_queue(endpoint.clone(), name.to_owned()).await
        } else {
            None
        };
        let (queue, auto_delete) = match read {
            Some((queue, auto_delete)) => (Some(queue), auto_delete),
            None => (
                self.topology.queue(name).cloned(),
                self.auto_delete.contains(name),
            ),
        };
        Self {
            topology: Topology {
                source: self.topology.source.clone(),
                queues: queue.into_iter().collect(),
                ..Topology::default()
            },
            version: self.version.clone(),
            write: None,
            auto_delete: auto_delete.then(|| name.to_owned()).into_iter().collect(),
        }
    }
}
