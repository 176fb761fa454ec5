//! Publishes one message at a time and says what became of it.
//!
//! lapin joins a returned message to the *next* confirm it handles, whatever message that belongs
//! to, and it goes through a confirm for several messages in no fixed order. So either a single
//! message is under way and nothing can be mixed up, or all confirms of a window are awaited and
//! the returned ones are found by their content: the broker returns a message before it confirms
//! it. A channel whose confirm did not come in time is never used again.

use std::sync::Arc;
use std::time::Duration;

use lapin::options::{BasicPublishOptions, ConfirmSelectOptions};
use lapin::{Channel, Confirmation, Connection, PublisherConfirm};

use super::connection::codec;
use super::connection::error::BrokerError;
use crate::drivers::series::{SeriesSender, SeriesSent};
use crate::event::{Fingerprint, Outgoing};
use crate::protocol::PublishOutcome;
use crate::rabbitmq::header_frame::too_large;

/// What became of a message that was sent with others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Sent {
    /// Confirmed, and not returned.
    Routed,
    /// No queue has it, for certain. Why, in words.
    NotRouted(String),
    /// A queue may have it. Why this is not known, in words.
    Unknown(String),
    /// The same, because no confirm came in time.
    NoConfirm(String),
}

/// A way to publish that keeps its channel as long as all goes well.
pub(crate) struct Publisher {
    connection: Arc<Connection>,
    channel: Option<Channel>,
    limit: Duration,
}

impl SeriesSender for Publisher {
    async fn send(&mut self, events: &[Outgoing]) -> Vec<SeriesSent> {
        let ended = |sent| match sent {
            Sent::Routed => SeriesSent::Routed,
            Sent::NotRouted(words) => SeriesSent::NotRouted(words),
            Sent::Unknown(words) => SeriesSent::Unsure(words),
            Sent::NoConfirm(_) => SeriesSent::no_answer(),
        };
        let sent = self.send_all(&events.iter().collect::<Vec<_>>()).await;
        sent.into_iter().map(ended).collect()
    }
}

impl Publisher {
    /// An publisher of this connection; each message may take this long.
    pub(crate) fn new(connection: Arc<Connection>, limit: Duration) -> Self {
        Self {
            connection,
            channel: None,
            limit,
        }
    }

    /// False once the connection is gone: no further message can be sent.
    pub(crate) fn is_open(&self) -> bool {
        self.connection.status().connected()
    }

    /// Publishes with `mandatory` and waits for the confirm. [`PublishOutcome::Routed`] means that
    /// the broker confirmed it *and* returned nothing: it acknowledges unroutable messages too.
    pub(crate) async fn send(&mut self, outgoing: &Outgoing) -> PublishOutcome {
        self.send_one(outgoing).await.0
    }

    /// The same; false if it is not certain whether a queue has it.
    async fn send_one(&mut self, outgoing: &Outgoing) -> (PublishOutcome, bool) {
        let mut handed_over = false;
        let mut certain = true;
        let sending = Self::attempt(
            &self.connection,
            &mut self.channel,
            outgoing,
            &mut handed_over,
        );
        let outcome = match tokio::time::timeout(self.limit, sending).await {
            Ok(Ok(Confirmation::Ack(None))) => PublishOutcome::Routed,
            Ok(Ok(Confirmation::Ack(Some(returned)))) => PublishOutcome::Unroutable(format!(
                "{} {}: no queue is bound for this exchange and routing key",
                returned.reply_code, returned.reply_text
            )),
            Ok(Ok(Confirmation::Nack(_))) => {
                certain = false;
                PublishOutcome::Refused(NACK.to_owned())
            }
            // Cannot be: the channel is in confirm mode. Not a success, whatever it means.
            Ok(Ok(Confirmation::NotRequested)) => {
                PublishOutcome::Refused("RabbitMQ gave no confirm".to_owned())
            }
            Ok(Err(trouble)) => {
                certain = !handed_over || trouble.is_refusal();
                PublishOutcome::Refused(refusal_words(outgoing, &trouble, handed_over))
            }
            Err(_) => {
                certain = false;
                PublishOutcome::NotConfirmed {
                    seconds: self.limit.as_secs(),
                }
            }
        };
        if !matches!(
            outcome,
            PublishOutcome::Routed | PublishOutcome::Unroutable(_)
        ) {
            // Closed by the broker, or owing a confirm: the next message gets a new one.
            self.channel = None;
        }
        (outcome, certain)
    }

    /// Publishes messages one behind the other without waiting between them, and tells what became
    /// of each. In their order; on trouble on the channel those that are not settled are unknown.
    pub(crate) async fn send_all(&mut self, all: &[&Outgoing]) -> Vec<Sent> {
        if let [one] = all {
            let (outcome, certain) = self.send_one(one).await;
            return vec![match outcome {
                PublishOutcome::Routed | PublishOutcome::Written { .. } => Sent::Routed,
                PublishOutcome::Unroutable(words) => Sent::NotRouted(words),
                PublishOutcome::Refused(words) if certain => Sent::NotRouted(words),
                PublishOutcome::Refused(words) => Sent::Unknown(words),
                PublishOutcome::NotConfirmed { seconds } => no_confirm(seconds),
            }];
        }
        let mut confirms = Vec::with_capacity(all.len());
        let mut is_stuck = false;
        for some in all.chunks(TOGETHER) {
            // Where one cannot be handed over, each further one would wait as long.
            if is_stuck {
                let not_taken = || Err(Sent::NotRouted(NOT_TAKEN.to_owned()));
                confirms.extend(some.iter().map(|_| not_taken()));
                continue;
            }
            let handed = self.hand_over(some).await;
            is_stuck = handed.iter().any(Option::is_none);
            let stuck = || Err(no_confirm(self.limit.as_secs()));
            confirms.extend(handed.into_iter().map(|one| one.unwrap_or_else(stuck)));
        }
        let mut settled = Vec::with_capacity(all.len());
        let mut returned = Vec::new();
        let due = tokio::time::Instant::now() + self.limit;
        for confirm in confirms {
            settled.push(match confirm {
                Err(sent) => sent,
                Ok(confirm) => match tokio::time::timeout_at(due, confirm).await {
                    Ok(Ok(Confirmation::Ack(back))) => {
                        returned.extend(back);
                        Sent::Routed
                    }
                    Ok(Ok(Confirmation::Nack(back))) => {
                        returned.extend(back);
                        Sent::Unknown(NACK.to_owned())
                    }
                    Ok(Ok(Confirmation::NotRequested)) => {
                        Sent::Unknown("RabbitMQ gave no confirm".to_owned())
                    }
                    Ok(Err(error)) => Sent::Unknown(format!(
                        "{} before the confirm came, so whether the message arrived is not known",
                        BrokerError::from(error).words
                    )),
                    Err(_) => no_confirm(self.limit.as_secs()),
                },
            });
        }
        if settled
            .iter()
            .any(|sent| matches!(sent, Sent::Unknown(_) | Sent::NoConfirm(_)))
        {
            self.channel = None;
        }
        if !returned.is_empty() {
            let sent: Vec<Fingerprint> = all.iter().map(|one| on_the_wire(one)).collect();
            let returned = returned.into_iter().map(|back| {
                let words = format!("{} {}", back.reply_code, back.reply_text);
                let delivery = back.delivery;
                let properties = codec::properties(&delivery.properties);
                let (exchange, key) = (delivery.exchange.as_str(), delivery.routing_key.as_str());
                let content = Fingerprint::of(exchange, key, &properties, &delivery.data);
                (content, words)
            });
            apply_returns(&sent, &mut settled, &returned.collect::<Vec<_>>());
        }
        settled
    }

    /// Hands messages over, one behind the other; none for what could not be handed over in time.
    /// lapin answers when a message was written to the socket: waiting for each would cost a turn
    /// between two threads a message.
    async fn hand_over(
        &mut self,
        some: &[&Outgoing],
    ) -> Vec<Option<Result<PublisherConfirm, Sent>>> {
        let limit = self.limit;
        let opening = Self::open(&self.connection, &mut self.channel);
        let channel = match tokio::time::timeout(limit, opening).await {
            Ok(Ok(channel)) => channel,
            Ok(Err(trouble)) => {
                let refused = |one: &&Outgoing| {
                    let words = refusal_words(one, &trouble, false);
                    Some(Err(Sent::NotRouted(words)))
                };
                return some.iter().map(refused).collect();
            }
            Err(_) => return some.iter().map(|_| None).collect(),
        };
        let connection = &*self.connection;
        let handing = some.iter().map(|outgoing| async move {
            let mut handed_over = false;
            let publishing = Self::publish(connection, channel, outgoing, &mut handed_over);
            let handed = tokio::time::timeout(limit, publishing).await.ok()?;
            Some(handed.map_err(|trouble| {
                let words = refusal_words(outgoing, &trouble, handed_over);
                if handed_over {
                    Sent::Unknown(words)
                } else {
                    Sent::NotRouted(words)
                }
            }))
        });
        // Each begins in its turn, so they are written in their order.
        futures_util::future::join_all(handing).await
    }

    async fn attempt(
        connection: &Connection,
        kept: &mut Option<Channel>,
        outgoing: &Outgoing,
        handed_over: &mut bool,
    ) -> Result<Confirmation, BrokerError> {
        let channel = Self::open(connection, kept).await?;
        let confirm = Self::publish(connection, channel, outgoing, handed_over).await?;
        Ok(confirm.await?)
    }

    /// The channel, opened if there is none.
    async fn open<'c>(
        connection: &Connection,
        kept: &'c mut Option<Channel>,
    ) -> Result<&'c Channel, BrokerError> {
        if let Some(channel) = kept {
            return Ok(channel);
        }
        let channel = connection.create_channel().await?;
        channel
            .confirm_select(ConfirmSelectOptions::default())
            .await?;
        Ok(kept.insert(channel))
    }

    async fn publish(
        connection: &Connection,
        channel: &Channel,
        outgoing: &Outgoing,
        handed_over: &mut bool,
    ) -> Result<PublisherConfirm, BrokerError> {
        let exchange = codec::short("name of the exchange", &outgoing.destination)?;
        let key = codec::short("routing key", &outgoing.key)?;
        let properties = codec::wire_properties(&outgoing.properties)?;
        // RabbitMQ would end the connection over it, and lapin wait forever for room.
        let frame = connection.configuration().frame_max();
        if let Some(words) = too_large(&outgoing.properties, frame) {
            return Err(BrokerError::of(words));
        }
        let options = BasicPublishOptions {
            mandatory: true,
            immediate: false,
        };
        *handed_over = true;
        Ok(channel
            .basic_publish(exchange, key, options, &outgoing.body, properties)
            .await?)
    }
}

/// Messages that are handed over together.
const TOGETHER: usize = 128;

/// What is said of a negative confirm.
const NACK: &str = "RabbitMQ did not take the message. A queue that is full and rejects publishes \
                    does that; another queue may have taken it";

/// What is said of a message that was not handed over because one before it could not be.
const NOT_TAKEN: &str = "It was not sent: RabbitMQ takes no messages for now";

fn no_confirm(seconds: u64) -> Sent {
    Sent::NoConfirm(format!(
        "No confirm within {seconds} seconds. Whether the copy arrived is not known, so the \
         original stays"
    ))
}

/// The content of a message as it comes back: with its headers in lapin's order.
fn on_the_wire(outgoing: &Outgoing) -> Fingerprint {
    let wire = codec::wire_properties(&outgoing.properties);
    let properties = wire
        .map(|wire| codec::properties(&wire))
        .unwrap_or_default();
    let Outgoing {
        destination: exchange,
        key: routing_key,
        body,
        ..
    } = outgoing;
    Fingerprint::of(exchange, routing_key, &properties, body)
}

/// Joins returned messages to those that were sent, by their content: lapin only tells that one
/// was returned before some confirm. Equal messages are routed equally. Where that does not work
/// out, nothing counts as routed.
fn apply_returns(sent: &[Fingerprint], settled: &mut [Sent], returned: &[(Fingerprint, String)]) {
    let count = |of: Fingerprint, all: &mut dyn Iterator<Item = Fingerprint>| {
        all.filter(|other| *other == of).count()
    };
    let strange = returned.iter().any(|(back, _)| {
        let came = count(*back, &mut returned.iter().map(|(back, _)| *back));
        came != count(*back, &mut sent.iter().copied())
    });
    for (own, outcome) in sent.iter().zip(settled) {
        let back = returned.iter().find(|(back, _)| back == own);
        match (back, &*outcome) {
            (Some((_, words)), Sent::Routed) if !strange => {
                *outcome = Sent::NotRouted(format!(
                    "{words}: no queue is bound for this exchange and routing key"
                ));
            }
            (_, Sent::Routed) if strange => {
                *outcome = Sent::Unknown(
                    "RabbitMQ returned a message that cannot be told apart from others, so the \
                     original stays"
                        .to_owned(),
                );
            }
            _ => {}
        }
    }
}

fn refusal_words(outgoing: &Outgoing, trouble: &BrokerError, handed_over: bool) -> String {
    let Outgoing {
        destination: exchange,
        ..
    } = outgoing;
    match trouble.code {
        Some(404) => format!(
            "There is no exchange {exchange} in this virtual host. Check its name ({})",
            trouble.words
        ),
        Some(403) => trouble.and(
            "Log in as a user with write permission on the exchange, or choose another exchange",
        ),
        Some(406) if trouble.words.contains("user_id") => {
            trouble.and("The property user-id must be the login of this connection or be left out")
        }
        Some(406) if trouble.words.contains("expiration") => {
            trouble.and("The property expiration is a whole number of milliseconds")
        }
        _ if handed_over && !trouble.is_refusal() => format!(
            "{} before the confirm came, so whether the message arrived is not known",
            trouble.words
        ),
        _ => trouble.words.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn returns_are_joined_by_content_and_doubt_counts_as_not_routed() {
        let [a, b, c] = [1, 2, 3].map(Fingerprint);
        let settle = |sent: &[Fingerprint], returned: &[Fingerprint]| {
            let mut settled = vec![Sent::Routed; sent.len()];
            let returned: Vec<_> = returned.iter().map(|f| (*f, String::new())).collect();
            apply_returns(sent, &mut settled, &returned);
            let letters = settled.iter().map(|sent| match sent {
                Sent::Routed => 'r',
                Sent::NotRouted(_) => 'n',
                Sent::Unknown(_) | Sent::NoConfirm(_) => '?',
            });
            letters.collect::<String>()
        };
        assert_eq!(settle(&[a, b, c], &[]), "rrr");
        assert_eq!(settle(&[a, b, c], &[b]), "rnr");
        assert_eq!(settle(&[a, b, a], &[a, a]), "nrn");
        assert_eq!(settle(&[a, b, a], &[a]), "???");
        assert_eq!(settle(&[a, b], &[c]), "??");
    }

    #[test]
    fn a_refusal_says_what_to_do() {
        let outgoing = Outgoing {
            record: None,
            destination: "shop".into(),
            key: "k".into(),
            properties: crate::event::amqp::Properties::default(),
            body: Vec::new(),
        };
        let words = |code, text: &str| {
            let trouble = BrokerError {
                code,
                words: text.into(),
            };
            refusal_words(&outgoing, &trouble, true)
        };
        assert!(words(Some(404), "NOT_FOUND").starts_with("There is no exchange shop"));
        assert!(words(Some(403), "ACCESS_REFUSED").contains("write permission"));
        assert!(words(Some(406), "user_id property set to 'a'").contains("user-id"));
        assert!(words(None, "The connection broke").contains("not known"));
        assert!(words(Some(320), "CONNECTION_FORCED").contains("not known"));
        assert!(!words(Some(406), "too large").contains("not known"));
    }
}
