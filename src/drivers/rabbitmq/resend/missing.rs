//! What was asked for and did not come: in the hands of others, or gone.
//!
//! A message that somebody else holds unacknowledged cannot be seen: the broker counts it as not
//! ready, and gives it to nobody. So a job waits a moment for what is missing, and asks the
//! management API how many are unacknowledged. Its figures are some seconds old: they count only
//! where they agree with what the broker itself says is ready.

use std::time::Duration;

use lapin::Channel;
use lapin::options::QueueDeclareOptions;
use lapin::types::FieldTable as WireTable;
use tokio::sync::watch;
use tokio::time::Instant;

use super::STOPPED;
use super::report::JobReport;
use crate::drivers::rabbitmq::connection::codec;
use crate::drivers::rabbitmq::connection::connections::{Connections, close};
use crate::drivers::rabbitmq::connection::error::BrokerError;
use crate::drivers::rabbitmq::management::{self, Holders};
use crate::protocol::{JobStage, MoveOutcome};
use crate::text::numbers::count_of;

/// How long a job waits for what others hold.
pub(crate) const WAIT: Duration = Duration::from_secs(10);
/// After this time the figures of the management API are from after the last change.
const FRESH: Duration = Duration::from_secs(6);
/// How often one looks whether something came back.
const LOOK_EVERY: Duration = Duration::from_millis(250);
/// How often the management API is asked.
const ASK_EVERY: Duration = Duration::from_secs(1);

/// What a queue says while one waits.
#[derive(Clone, Debug, Default)]
pub(crate) struct FoundMissing {
    /// Messages that are ready beyond those that had their turn.
    beyond: u64,
    /// What the management API says of the same moment, if it does.
    holders: Option<Holders>,
    /// Consumers of the queue.
    consumers: u32,
}

/// What a job does about what did not come.
pub(crate) enum Next {
    /// More is ready, or the person paused: it looks again.
    Look,
    /// Nothing more, for this reason.
    End(String),
    /// Nothing more: this is where the missing ones are.
    Account(MissingTally),
}

/// A job that misses some messages of a queue.
pub(crate) struct Search<'a> {
    pub queue: &'a str,
    /// Messages that are missing.
    pub missing: usize,
    /// Messages that had their turn and lie in the queue.
    pub lying: usize,
    /// All that is ready was asked for.
    pub is_whole: bool,
    /// A further look at what lies there would harm it.
    pub looks_count: bool,
    /// When the job gives up.
    pub due: Instant,
}

/// Waits until more is ready in the queue than what had its turn, until it is certain that nobody
/// holds anything, or until the time is up. Nothing is borrowed meanwhile.
pub(crate) async fn search(
    report: &JobReport<'_>,
    search: Search<'_>,
    stop: &watch::Receiver<bool>,
    paused: &watch::Receiver<bool>,
) -> Next {
    let seconds = WAIT.as_secs();
    report.at(JobStage::Waiting { seconds }).await;
    let found = match report.connections.asking_channel().await {
        Ok(channel) => {
            let found = watch_queue(&channel, report.connections, &search, stop, paused).await;
            close(&channel).await;
            found
        }
        Err(trouble) => Err(trouble),
    };
    match found {
        Ok(_) if *stop.borrow() => Next::End(STOPPED.to_owned()),
        Ok(None) => Next::Look,
        Ok(Some(found)) => Next::Account(MissingTally::of(search.missing, &found, search.is_whole)),
        Err(trouble) => Next::End(trouble.words),
    }
}

/// Nothing if another look is worth it.
async fn watch_queue(
    channel: &Channel,
    connections: &Connections,
    search: &Search<'_>,
    stop: &watch::Receiver<bool>,
    paused: &watch::Receiver<bool>,
) -> Result<Option<FoundMissing>, BrokerError> {
    let start = Instant::now();
    let lying = u64::try_from(search.lying).unwrap_or(u64::MAX);
    let may_look = search.lying == 0 || !search.looks_count;
    let mut asked = None;
    loop {
        if *stop.borrow() || *paused.borrow() {
            return Ok(None);
        }
        let (ready, consumers) = look(channel, search.queue).await?;
        let beyond = ready.saturating_sub(lying);
        let is_due = Instant::now() >= search.due;
        // Not at once: others may be about to give back more.
        if !is_due && may_look && beyond > 0 && start.elapsed() >= ASK_EVERY {
            return Ok(None);
        }
        if is_due || asked.is_none_or(|asked: Instant| asked.elapsed() >= ASK_EVERY) {
            asked = Some(Instant::now());
            let holders = holders(connections, search.queue, ready).await;
            let nobody = holders.as_ref().is_some_and(|told| told.unacked == 0);
            if is_due || (nobody && beyond == 0 && start.elapsed() >= FRESH) {
                return Ok(Some(FoundMissing {
                    beyond,
                    holders,
                    consumers,
                }));
            }
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

/// What the management API says, if that is of the moment when so many were ready.
async fn holders(connections: &Connections, queue: &str, ready: u64) -> Option<Holders> {
    let endpoint = connections.endpoint.as_ref().clone();
    match management::holders(endpoint, queue.to_owned()).await {
        Ok(told) => (told.ready == ready).then_some(told),
        Err(words) => {
            tracing::debug!(words, "who holds messages is not known");
            None
        }
    }
}

/// Ready messages and consumers of a queue.
async fn look(channel: &Channel, queue: &str) -> Result<(u64, u32), BrokerError> {
    let name = codec::short("name of the queue", queue)?;
    let options = QueueDeclareOptions::default().passive();
    let asked = channel.queue_declare(name, options, WireTable::default());
    let told = BrokerError::limit(asked).await?;
    Ok((told.message_count().into(), told.consumer_count()))
}

/// Waits until no other look or job of this window is at this queue. Nothing if it was stopped.
pub(crate) async fn turn(
    report: &JobReport<'_>,
    queue: &str,
    stop: &mut watch::Receiver<bool>,
) -> Option<tokio::sync::OwnedMutexGuard<()>> {
    let taking = report.connections.turns.take(queue);
    tokio::pin!(taking);
    if let Ok(turn) = tokio::time::timeout(LOOK_EVERY, &mut taking).await {
        return Some(turn);
    }
    let seconds = crate::rabbitmq::peek_rules::REACH_TIME.as_secs();
    report.at(JobStage::Waiting { seconds }).await;
    tokio::select! {
        biased;
        turn = taking => Some(turn),
        _ = stop.wait_for(|stop| *stop) => None,
    }
}

/// Where the missing messages are, so far as that is known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct MissingTally {
    /// They are ready, but the broker gave them to nobody here.
    pub kept: usize,
    /// Others have them.
    pub held: usize,
    /// Nobody has them.
    pub gone: usize,
    /// One of the two.
    pub unseen: usize,
    /// Who has them, or why that is not known; empty if all are gone.
    pub words: String,
}

impl MissingTally {
    /// Of so many messages. `is_whole` is true where all that is ready was asked for.
    pub(crate) fn of(missing: usize, found: &FoundMissing, is_whole: bool) -> Self {
        let most = |count: u64| usize::try_from(count).unwrap_or(usize::MAX);
        let mut account = Self::default();
        let mut words = Vec::new();
        let mut rest = missing;
        if found.beyond > 0 {
            // Ready, and still they did not come.
            let ready = most(found.beyond).min(rest);
            *(if is_whole {
                &mut account.kept
            } else {
                &mut account.unseen
            }) += ready;
            rest -= ready;
            words.push(not_given_words(found));
        }
        if let Some(told) = &found.holders {
            account.held = most(told.unacked).min(rest);
            rest -= account.held;
            if told.unacked > 0 && (account.held > 0 || !words.is_empty()) {
                words.push(held_words(told));
            }
            // Where some of what is ready was not seen, it may be among that.
            *(if is_whole || found.beyond == 0 {
                &mut account.gone
            } else {
                &mut account.unseen
            }) += rest;
        } else {
            account.unseen += rest;
            if rest > 0 {
                words.push(not_known_words(found));
            }
        }
        account.words = words.join(". ");
        account
    }

    /// How one of them ended, where they are not told apart.
    pub(crate) fn outcome(&self) -> MoveOutcome {
        if self.words.is_empty() {
            return MoveOutcome::Gone;
        }
        let doubt = if self.gone > 0 { ", or it is gone" } else { "" };
        MoveOutcome::Held(format!(
            "It was not among what RabbitMQ gave, so it was not touched; others may have \
             it{doubt}. {}",
            self.words
        ))
    }
}

fn not_given_words(found: &FoundMissing) -> String {
    let ready = count_of(found.beyond, "message");
    match &found.holders {
        Some(told) if told.single_active => format!(
            "The queue has a single active consumer ({}), and RabbitMQ gives what lies there to it \
             alone. Stop it, then try again",
            who(told)
        ),
        _ => format!(
            "{ready} were ready at the end, and RabbitMQ gave them to others or to nobody: a \
             consumer takes them, or the queue has a single active consumer"
        ),
    }
}

fn held_words(told: &Holders) -> String {
    let subject = count_of(told.unacked, "message");
    if told.who.is_empty() {
        return format!(
            "{subject} of this queue are held unacknowledged by somebody who does not consume any \
             more: another window's look or job, or a program that fetched them"
        );
    }
    format!(
        "{subject} of this queue are held unacknowledged: {}",
        told.who
    )
}

fn not_known_words(found: &FoundMissing) -> String {
    let consumers = match found.consumers {
        0 => "no consumer is there, but a look or a program that fetches may hold some".to_owned(),
        count => format!("{} may hold some", count_of(count.into(), "consumer")),
    };
    format!(
        "Whether the missing messages are held or gone is not known, because the management API \
         does not tell: {consumers}"
    )
}

fn who(told: &Holders) -> &str {
    if told.who.is_empty() {
        "not known which"
    } else {
        &told.who
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(beyond: u64, unacked: Option<u64>) -> FoundMissing {
        FoundMissing {
            beyond,
            holders: unacked.map(|unacked| Holders {
                unacked,
                ..Holders::default()
            }),
            consumers: 1,
        }
    }

    fn account(missing: usize, found: &FoundMissing, is_whole: bool) -> [usize; 4] {
        let MissingTally {
            kept,
            held,
            gone,
            unseen,
            ..
        } = MissingTally::of(missing, found, is_whole);
        [kept, held, gone, unseen]
    }

    #[test]
    fn held_is_not_gone_and_all_is_accounted_for() {
        assert_eq!(account(5, &found(0, Some(0)), true), [0, 0, 5, 0]);
        assert_eq!(account(5, &found(0, Some(9)), true), [0, 5, 0, 0]);
        assert_eq!(account(5, &found(0, Some(2)), false), [0, 2, 3, 0]);
        assert_eq!(account(5, &found(0, None), false), [0, 0, 0, 5]);
        assert_eq!(account(5, &found(4, Some(1)), true), [4, 1, 0, 0]);
        assert_eq!(account(5, &found(2, Some(1)), false), [0, 1, 0, 4]);
    }

    #[test]
    fn a_message_is_gone_only_where_nobody_can_have_it() {
        let outcome = |unacked| MissingTally::of(1, &found(0, unacked), false).outcome();
        assert_eq!(outcome(Some(0)), MoveOutcome::Gone);
        assert!(matches!(outcome(Some(1)), MoveOutcome::Held(_)));
        assert!(matches!(outcome(None), MoveOutcome::Held(_)));
    }
}
