//! The way from the background to the window.

use tokio::sync::mpsc;

use crate::protocol::{Gravity, Notice, Update};

/// The way to the window. Waits while the window is busy.
#[derive(Clone, Debug)]
pub(crate) struct Outbox(mpsc::Sender<Update>);

impl Outbox {
    /// Wraps the sending end.
    pub(crate) fn new(sender: mpsc::Sender<Update>) -> Self {
        Self(sender)
    }

    /// Sends, waiting for room. That the window is gone is no error: everything ends then anyway.
    pub(crate) async fn send(&self, update: Update) {
        if self.0.send(update).await.is_err() {
            tracing::debug!("an update came after the window had gone");
        }
    }

    /// Sends if there is room: for progress that may be skipped.
    pub(crate) fn offer(&self, update: Update) {
        if self.0.try_send(update).is_err() {
            tracing::debug!("progress was skipped");
        }
    }

    /// Tells the person something.
    pub(crate) async fn notice(&self, gravity: Gravity, words: impl Into<String>) {
        let words = words.into();
        self.send(Update::Notice(Notice { gravity, words })).await;
    }
}
