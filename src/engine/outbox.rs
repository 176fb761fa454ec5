//! The ways from the background to the window.

use std::sync::Arc;

use tokio::sync::mpsc;

use super::taping::Taping;
use crate::event::source_id::SourceId;
use crate::protocol::{DeskUpdate, Gravity, Notice, SourceUpdate, Update};

/// The way to the window for what concerns no source. Waits while the window is busy.
#[derive(Clone, Debug)]
pub struct Outbox(mpsc::Sender<Update>);

impl Outbox {
    /// Wraps the sending end.
    pub(crate) fn new(sender: mpsc::Sender<Update>) -> Self {
        Self(sender)
    }

    /// Sends, waiting for room. That the window is gone is no error: everything ends then anyway.
    pub async fn send(&self, update: DeskUpdate) {
        self.pass(Update::Desk(update)).await;
    }

    /// Tells the person something.
    pub async fn notice(&self, gravity: Gravity, words: impl Into<String>) {
        let words = words.into();
        self.send(DeskUpdate::Notice(Notice { gravity, words }))
            .await;
    }

    async fn pass(&self, update: Update) {
        if self.0.send(update).await.is_err() {
            tracing::debug!("an update came after the window had gone");
        }
    }
}

/// The way to the window for one source.
#[derive(Clone, Debug)]
pub struct SourceOutbox {
    source: SourceId,
    outbox: Outbox,
    /// Hears what is told.
    taping: Arc<Taping>,
}

impl SourceOutbox {
    /// The way of this source.
    pub(crate) fn new(source: SourceId, outbox: Outbox, taping: Arc<Taping>) -> Self {
        Self {
            source,
            outbox,
            taping,
        }
    }

    /// Whose it is.
    #[must_use]
    pub fn source(&self) -> SourceId {
        self.source
    }

    /// Sends, waiting for room. That the window is gone is no error: everything ends then anyway.
    pub async fn send(&self, update: SourceUpdate) {
        self.taping.hear(self.source, &update);
        self.outbox.pass(Update::Source(self.source, update)).await;
    }

    /// Sends if there is room: for progress that may be skipped.
    pub fn offer(&self, update: SourceUpdate) {
        let update = Update::Source(self.source, update);
        if self.outbox.0.try_send(update).is_err() {
            tracing::debug!("progress was skipped");
        }
    }

    /// Tells the person something.
    pub async fn notice(&self, gravity: Gravity, words: impl Into<String>) {
        self.outbox.notice(gravity, words).await;
    }

    /// The way for what concerns no source, such as the journal.
    #[must_use]
    pub fn desk(&self) -> &Outbox {
        &self.outbox
    }
}
