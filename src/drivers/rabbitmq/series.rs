//! Publishes a draft many times, some at once, each with its own confirm.

use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::Utc;
use tokio::sync::watch;

use super::connection::connections::Connections;
use super::publisher::{Publisher, Sent};
use crate::event::draft::series::{EventSeries, SeriesTally};
use crate::protocol::{RequestId, SourceUpdate};

/// How often it is told how far it is.
const TOLD: Duration = Duration::from_millis(100);

/// Runs a series to its end, or until it is stopped or an answer fails to come.
pub(crate) async fn run(
    connections: Connections,
    request: RequestId,
    series: EventSeries,
    mut stop: watch::Receiver<bool>,
) -> SourceUpdate {
    let publishing = Arc::clone(&connections.publishing);
    let mut publisher = Publisher::new(publishing, connections.confirm_limit);
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
        let sent = publisher.send_all(&events.iter().collect::<Vec<_>>()).await;
        count(&mut tally, sent);
        if tally.unsure > 0 {
            break Some("The series was ended, because an answer did not come".to_owned());
        }
        if told.elapsed() >= TOLD {
            told = Instant::now();
            let tally = tally.clone();
            let at = SourceUpdate::SeriesAt { request, tally };
            connections.outbox.send(at).await;
        }
    };
    SourceUpdate::SeriesDone {
        request,
        tally: Some(tally),
        problem,
    }
}

fn count(tally: &mut SeriesTally, sent: Vec<Sent>) {
    for one in sent {
        let words = match one {
            Sent::Routed => {
                tally.routed += 1;
                continue;
            }
            Sent::NotRouted(words) => {
                tally.not_routed += 1;
                words
            }
            Sent::Unknown(words) => {
                tally.unsure += 1;
                words
            }
            Sent::NoConfirm(_) => {
                tally.unsure += 1;
                "No confirm came in time, so whether it arrived is not known".to_owned()
            }
        };
        tally.trouble.get_or_insert(words);
    }
}
