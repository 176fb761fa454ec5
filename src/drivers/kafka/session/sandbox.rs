//! What a session does with its private Kafka.

use super::KafkaSession;
use crate::drivers::kafka::link::ClusterLink;
use crate::drivers::kafka::sandbox::KafkaSandbox;
use crate::protocol::{SandboxState, SourceUpdate};

impl KafkaSession {
    /// Connects to the private Kafka, which is started if there is none.
    pub(super) async fn start_sandbox(&mut self) {
        if let Some(endpoint) = self.sandbox.endpoint() {
            let running = SourceUpdate::Sandbox(SandboxState::Running);
            self.outbox.send(running).await;
            self.connect(endpoint).await;
            return;
        }
        // What tries to reach one that died ends too.
        if matches!(self.link, ClusterLink::Lost { .. }) {
            self.close().await;
        }
        self.sandbox.start(self.outbox.clone()).await;
    }

    pub(super) async fn sandbox_started(&mut self, started: Result<KafkaSandbox, String>) {
        match started {
            Ok(sandbox) => {
                self.sandbox.open_shop(sandbox);
                self.start_sandbox().await;
            }
            Err(words) => {
                let update = SourceUpdate::Sandbox(SandboxState::Failed(words));
                self.outbox.send(update).await;
            }
        }
    }
}
