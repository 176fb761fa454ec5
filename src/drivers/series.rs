//! Publishes a draft many times, some at once, each with its own confirm.

use std::time::{Duration, Instant};

use chrono::Utc;
use tokio::sync::watch;

use crate::engine::outbox::SourceOutbox;
use crate::event::Outgoing;
use crate::event::draft::series::{EventSeries, SeriesTally};
use crate::protocol::{RequestId, SourceUpdate};

/// How often it is told how far it is.
const TOLD: Duration = Duration::from_millis(100);

/// What became of one event of a series.
pub(crate) enum SeriesSent {
    Routed,
    /// Why not, in words.
    NotRouted(String),
    /// Why that is not known, in words.
    Unsure(String),
}

impl SeriesSent {
    /// Nobody answered.
    pub(crate) fn no_answer() -> Self {
        Self::Unsure("No confirm came in time, so whether it arrived is not known".to_owned())
    }
}

/// What a series is sent by.
pub(crate) trait SeriesSender: Send {
    /// Sends these at once, and waits for the answer to each.
    fn send(&mut self, events: &[Outgoing]) -> impl Future<Output = Vec<SeriesSent>> + Send;
}

/// Runs a series to its end, or until it is stopped or an answer fails to come.
pub(crate) async fn run(
    mut sender: impl SeriesSender,
    outbox: &SourceOutbox,
    request: RequestId,
    series: EventSeries,
    mut stop: watch::Receiver<bool>,
) -> SourceUpdate {
    let mut tally = SeriesTally::default();
    let begun = Instant::now();
    let mut told = begun;
    let problem = loop {
        if tally.told() >= series.count {
            break None;
        }
        if *stop.borrow() {
            break Some("Stopped".to_owned());
        }
        let due = match series.due(tally.told(), begun.elapsed()) {
            Ok(due) => due,
            Err(wait) => {
                // Either ends the wait; the loop looks which it was.
                drop(tokio::time::timeout(wait, stop.changed()).await);
                continue;
            }
        };
        let events = match series.events(tally.told(), due, Utc::now()) {
            Ok(events) => events,
            Err(words) => break Some(words),
        };
        for sent in sender.send(&events).await {
            count(&mut tally, sent);
        }
        if tally.unsure > 0 {
            break Some("The series was ended, because an answer did not come".to_owned());
        }
        if told.elapsed() >= TOLD {
            told = Instant::now();
            let tally = tally.clone();
            outbox.send(SourceUpdate::SeriesAt { request, tally }).await;
        }
    };
    SourceUpdate::SeriesDone {
        request,
        tally: Some(tally),
        problem,
    }
}

fn count(tally: &mut SeriesTally, sent: SeriesSent) {
    let words = match sent {
        SeriesSent::Routed => {
            tally.routed += 1;
            return;
        }
        SeriesSent::NotRouted(words) => {
            tally.not_routed += 1;
            words
        }
        SeriesSent::Unsure(words) => {
            tally.unsure += 1;
            words
        }
    };
    tally.trouble.get_or_insert(words);
}
