//! What the management API says of a single queue now. The reading of all of them is some seconds
//! old, and a policy may have changed a limit since.

use super::holders::single_active;
use super::{Api, COLUMNS, QueueRow, off_runtime, queue, truthy};
use crate::drivers::rabbitmq::connection::connections::Knowledge;
use crate::rabbitmq::endpoint::{Endpoint, encode};
use crate::rabbitmq::topology::{Queue, Topology, TopologySource};

/// The queue as it is now, with more of its single active consumer than the list tells, and whether it deletes itself with its last consumer; nothing if the
/// API does not tell.
async fn one_queue(endpoint: Endpoint, name: String) -> Option<(Queue, bool)> {
    let asked = off_runtime(move || {
        let api = Api::new(&endpoint);
        let path = format!(
            "/api/queues/{}/{}?columns={COLUMNS}",
            api.vhost,
            encode(&name)
        );
        let row = api.get::<QueueRow>(&path)?;
        let auto_delete = truthy(&row.auto_delete);
        let mut told = queue(row);
        if told.single_active.is_some() && told.consumers != Some(0) {
            told.single_active = single_active(&api, &name).or(told.single_active);
        }
        Ok((told, auto_delete))
    });
    match asked.await {
        Ok(told) => Some(told),
        Err(words) => {
            tracing::debug!(words, "the queue was not read again");
            None
        }
    }
}

impl Knowledge {
    /// What is known of one queue alone, read again if that can be done.
    pub(crate) async fn of_now(&self, endpoint: &Endpoint, name: &str) -> Self {
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
