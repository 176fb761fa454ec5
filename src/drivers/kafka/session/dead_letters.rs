//! Commands about dead letters, and about what a topic keeps.

use std::sync::Arc;

use tokio::sync::watch;

use super::KafkaSession;
use crate::drivers::jobs::{Asked, End};
use crate::drivers::kafka::link::Cluster;
use crate::drivers::kafka::log::{self, LogLook, places, records};
use crate::drivers::kafka::resend::{self, check};
use crate::engine::journal_access;
use crate::event::{Event, Fingerprint};
use crate::kafka::account::account;
use crate::protocol::{SourceCommand, SourceUpdate};

impl KafkaSession {
    /// Carries one out, or says that it cannot be.
    #[expect(clippy::too_many_lines, reason = "one arm for each command")]
    pub(super) async fn of_dead_letters(&mut self, command: SourceCommand) {
        match command {
            SourceCommand::FindDeadPlaces { request, named } => {
                self.start(
                    Asked::FindPlaces(request),
                    move |cluster, stop| async move {
                        let result = places::find(&cluster, named, stop).await;
                        End::Answer(SourceUpdate::DeadPlaces { request, result })
                    },
                )
                .await;
            }
            SourceCommand::ReadLog {
                request,
                place,
                partition,
                page,
                size,
            } => {
                let look = LogLook {
                    place,
                    partition,
                    page,
                    size,
                };
                self.start(Asked::Peek(request), move |cluster, stop| async move {
                    let result = log::read(&cluster, look, stop).await;
                    End::Answer(SourceUpdate::Peeked { request, result })
                })
                .await;
            }
            SourceCommand::ReadRecords { request, places } => {
                self.start(
                    Asked::ReadRecords(request),
                    move |cluster, stop| async move {
                        let result = records::read(&cluster, places, stop).await;
                        End::Answer(SourceUpdate::Records { request, result })
                    },
                )
                .await;
            }
            SourceCommand::CheckResend { request, order } => {
                self.start(
                    Asked::CheckResend(request),
                    move |cluster, stop| async move {
                        let result = check::run(&cluster, *order, stop).await;
                        End::Answer(SourceUpdate::ResendChecked { request, result })
                    },
                )
                .await;
            }
            SourceCommand::ResendRecords { request, order } => {
                let (pause, paused) = watch::channel(false);
                self.pauses.insert(request, pause);
                self.start(Asked::Move(request), move |cluster, stop| async move {
                    End::Answer(resend::resend(cluster, request, *order, paused, stop).await)
                })
                .await;
            }
            SourceCommand::DiscardRecords { request, letters } => {
                self.start(Asked::Move(request), move |cluster, stop| async move {
                    End::Answer(resend::discard(cluster, request, letters, stop).await)
                })
                .await;
            }
            SourceCommand::PauseJob { request, pause } => {
                if let Some(switch) = self.pauses.get(&request) {
                    switch.send_replace(pause);
                }
            }
            SourceCommand::AskReturns(letters) => {
                self.start(Asked::Own, move |cluster, _| async move {
                    End::Answer(SourceUpdate::CameBack(returns(&cluster, letters).await))
                })
                .await;
            }
            other => {
                let words = "Eventscope cannot do this with Kafka".to_owned();
                if let Ok(answer) = other.refused(words) {
                    self.outbox.send(answer).await;
                }
            }
        }
    }
}

/// Which of these died again after they were sent: their original is a copy of ours. The entries of the
/// journal say from now on that they came back.
async fn returns(cluster: &Cluster, letters: Vec<Arc<Event>>) -> Vec<(Fingerprint, u32)> {
    let name = cluster.name.clone();
    let places: Vec<_> = letters
        .iter()
        .map(|letter| {
            let place = account(letter, None)?.original_place?;
            Some((place.destination, place.partition, place.offset))
        })
        .collect();
    let asked = cluster
        .journal
        .with(move |journal| journal.copies_at(&name, &places));
    let times = match asked.await {
        Ok(times) => times,
        Err(words) => {
            tracing::warn!(
                words,
                "which dead letters came back after a resend is not known"
            );
            return Vec::new();
        }
    };
    let told = letters.iter().zip(times).filter(|(_, times)| *times > 0);
    let told: Vec<_> = told
        .map(|(letter, times)| (letter.fingerprint(), times))
        .collect();
    if !told.is_empty() {
        let journal = journal_access::read(&cluster.journal).await;
        cluster.outbox.desk().send(journal).await;
    }
    told
}
