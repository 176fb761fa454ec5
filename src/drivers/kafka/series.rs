//! Publishes a draft many times, some at once, each with its own confirm.

use std::time::{Duration, Instant};

use chrono::Utc;
use futures_util::future::join_all;
use tokio::sync::watch;

use super::link::Cluster;
use super::publish::KafkaPublisher;
use crate::event::draft::series::{EventSeries, SeriesTally};
use crate::protocol::{PublishOutcome, RequestId, SourceUpdate};

/// How often it is told how far it is.
const TOLD: Duration = Duration::from_millis(100);

/// Runs a series to its end, or until it is stopped or an answer fails to come.
pub(super) async fn run(
    cluster: Cluster,
    publisher: KafkaPublisher,
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
        let sent = events
            .iter()
            .map(|outgoing| publisher.send(&cluster, outgoing));
        for outcome in join_all(sent).await {
            count(&mut tally, outcome);
        }
        if tally.unsure > 0 {
            break Some("The series was ended, because an answer did not come".to_owned());
        }
        if told.elapsed() >= TOLD {
            told = Instant::now();
            let tally = tally.clone();
            let at = SourceUpdate::SeriesAt { request, tally };
            cluster.outbox.send(at).await;
        }
    };
    SourceUpdate::SeriesDone {
        request,
        tally: Some(tally),
        problem,
    }
}

fn count(tally: &mut SeriesTally, outcome: PublishOutcome) {
    let words = match outcome {
        PublishOutcome::Routed | PublishOutcome::Written { .. } => {
            tally.routed += 1;
            return;
        }
        PublishOutcome::Refused(words) | PublishOutcome::Unroutable(words) => {
            tally.not_routed += 1;
            words
        }
        PublishOutcome::NotConfirmed { .. } => {
            tally.unsure += 1;
            "No confirm came in time, so whether it arrived is not known".to_owned()
        }
    };
    tally.trouble.get_or_insert(words);
}
