//! Publishes one message at a time and says what became of it.
//!
//! One at a time on each channel, for a reason in lapin: it joins a returned message to the *next*
//! confirm it handles, whatever message that belongs to, and it goes through a confirm for several
//! messages in no fixed order. With a single message under way nothing can be mixed up. For the
//! same reason a channel whose confirm did not come in time is never used again.

use std::sync::Arc;
use std::time::Duration;

use lapin::options::{BasicPublishOptions, ConfirmSelectOptions};
use lapin::{Channel, Confirmation, Connection};

use super::codec;
use super::trouble::Trouble;
use crate::domain::Outgoing;
use crate::protocol::PublishOutcome;

/// A way to publish that keeps its channel as long as all goes well.
pub(super) struct Outlet {
    connection: Arc<Connection>,
    channel: Option<Channel>,
    limit: Duration,
}

impl Outlet {
    /// An outlet of this connection; each message may take this long.
    pub(super) fn new(connection: Arc<Connection>, limit: Duration) -> Self {
        Self {
            connection,
            channel: None,
            limit,
        }
    }

    /// False once the connection is gone: no further message can be sent.
    pub(super) fn is_open(&self) -> bool {
        self.connection.status().connected()
    }

    /// Publishes with `mandatory` and waits for the confirm. [`PublishOutcome::Routed`] means that
    /// the broker confirmed it *and* returned nothing: it acknowledges unroutable messages too.
    pub(super) async fn send(&mut self, outgoing: &Outgoing) -> PublishOutcome {
        let mut handed_over = false;
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
            Ok(Ok(Confirmation::Nack(_))) => PublishOutcome::Refused(
                "RabbitMQ did not take the message. A queue that is full and rejects publishes \
                 does that; another queue may have taken it"
                    .to_owned(),
            ),
            // Cannot be: the channel is in confirm mode. Not a success, whatever it means.
            Ok(Ok(Confirmation::NotRequested)) => {
                PublishOutcome::Refused("RabbitMQ gave no confirm".to_owned())
            }
            Ok(Err(trouble)) => {
                PublishOutcome::Refused(refusal_words(outgoing, &trouble, handed_over))
            }
            Err(_) => PublishOutcome::NotConfirmed {
                seconds: self.limit.as_secs(),
            },
        };
        if !matches!(
            outcome,
            PublishOutcome::Routed | PublishOutcome::Unroutable(_)
        ) {
            // Closed by the broker, or owing a confirm: the next message gets a new one.
            self.channel = None;
        }
        outcome
    }

    async fn attempt(
        connection: &Connection,
        kept: &mut Option<Channel>,
        outgoing: &Outgoing,
        handed_over: &mut bool,
    ) -> Result<Confirmation, Trouble> {
        let exchange = codec::short("name of the exchange", &outgoing.exchange)?;
        let key = codec::short("routing key", &outgoing.routing_key)?;
        let properties = codec::wire_properties(&outgoing.properties)?;
        let (header, frame) = (
            codec::header_frame_size(&outgoing.properties),
            connection.configuration().frame_max(),
        );
        if usize::try_from(frame).is_ok_and(|most| header > most) {
            return Err(Trouble::of(format!(
                "The properties and headers take {header} bytes; this broker allows {frame}"
            )));
        }
        let channel = if let Some(channel) = kept {
            channel
        } else {
            let channel = connection.create_channel().await?;
            channel
                .confirm_select(ConfirmSelectOptions::default())
                .await?;
            kept.insert(channel)
        };
        let options = BasicPublishOptions {
            mandatory: true,
            immediate: false,
        };
        *handed_over = true;
        let confirm = channel
            .basic_publish(exchange, key, options, &outgoing.body, properties)
            .await?;
        Ok(confirm.await?)
    }
}

fn refusal_words(outgoing: &Outgoing, trouble: &Trouble, handed_over: bool) -> String {
    let Outgoing { exchange, .. } = outgoing;
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
        None if handed_over => format!(
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
    fn a_refusal_says_what_to_do() {
        let outgoing = Outgoing {
            exchange: "shop".into(),
            routing_key: "k".into(),
            properties: crate::domain::Properties::default(),
            body: Vec::new(),
        };
        let words = |code, text: &str| {
            let trouble = Trouble {
                code,
                words: text.into(),
            };
            refusal_words(&outgoing, &trouble, true)
        };
        assert!(words(Some(404), "NOT_FOUND").starts_with("There is no exchange shop"));
        assert!(words(Some(403), "ACCESS_REFUSED").contains("write permission"));
        assert!(words(Some(406), "user_id property set to 'a'").contains("user-id"));
        assert!(words(None, "The connection broke").contains("not known"));
    }
}
