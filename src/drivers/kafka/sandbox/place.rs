//! The private Kafka of one session: none, being started, or running with its shop.

use futures_util::future::BoxFuture;
use tokio::task::JoinSet;

use super::{KafkaSandbox, start};
use crate::drivers::kafka::shop;
use crate::engine::outbox::SourceOutbox;
use crate::kafka::endpoint::KafkaEndpoint;

/// It, and what is going on with it.
#[derive(Default)]
pub(in crate::drivers::kafka) struct SandboxPlace {
    running: Option<KafkaSandbox>,
    starting: Option<BoxFuture<'static, Result<KafkaSandbox, String>>>,
    /// Dropping it closes the shop.
    shop: JoinSet<()>,
}

impl SandboxPlace {
    /// Where it is, while it runs.
    pub(in crate::drivers::kafka) fn endpoint(&mut self) -> Option<KafkaEndpoint> {
        let running = self.running.as_mut()?;
        running.is_alive().then(|| running.endpoint())
    }

    /// Starts one, unless one is being started.
    pub(in crate::drivers::kafka) async fn start(&mut self, outbox: SourceOutbox) {
        if self.starting.is_none() {
            self.stop().await;
            self.starting = Some(Box::pin(start(outbox)));
        }
    }

    /// Waits until one has started, or could not.
    pub(in crate::drivers::kafka) async fn started(&mut self) -> Result<KafkaSandbox, String> {
        let Some(starting) = &mut self.starting else {
            return std::future::pending().await;
        };
        let started = starting.await;
        self.starting = None;
        started
    }

    /// Lets the shop begin.
    pub(in crate::drivers::kafka) fn open_shop(&mut self, sandbox: KafkaSandbox) {
        let open = shop::keep_open(sandbox.endpoint(), fastrand::u64(..));
        self.shop.spawn(open);
        self.running = Some(sandbox);
    }

    /// Ends it, and the start of one.
    pub(in crate::drivers::kafka) async fn stop(&mut self) {
        self.starting = None;
        self.shop.abort_all();
        if let Some(sandbox) = self.running.take() {
            sandbox.stop().await;
        }
    }
}
