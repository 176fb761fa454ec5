//! What went wrong with the broker, in words a person can act on.

use std::time::Duration;

use lapin::ErrorKind;

/// How long one question to the broker may take before it counts as unanswered.
pub(crate) const ANSWER_LIMIT: Duration = Duration::from_secs(10);

/// The reply code of a "frame error" of AMQP 0-9-1, 1.2.
const FRAME_ERROR: u16 = 501;
/// What is told of a message that is too large for the client.
const LARGE_HEADERS: &str = "A message came whose headers are larger than Eventscope reads (they \
                             stand in one piece, and dead-lettering adds to them)";
/// What is told of a message that the client does not understand.
const NOT_TEXT: &str = "RabbitMQ sent something that could not be read; a message with a name or \
                        key that is not UTF-8 text does that";

/// RabbitMQ begins what it says with the name of the reply code, such as `NOT_FOUND - no queue`.
/// Other texts are the client's own.
fn is_said_by_the_broker(text: &str) -> bool {
    let name = text.split(" - ").next().unwrap_or_default();
    let is_name = |c: char| c.is_ascii_uppercase() || c == '_';
    name.len() < text.len() && !name.is_empty() && name.chars().all(is_name)
}

/// A question to the broker that failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{words}")]
pub(crate) struct BrokerError {
    /// The broker's reply code, such as 404, if it was the broker who refused.
    pub code: Option<u16>,
    pub words: String,
}

impl From<lapin::Error> for BrokerError {
    fn from(error: lapin::Error) -> Self {
        let (code, words) = match error.kind() {
            ErrorKind::ProtocolError(amqp) => {
                let (code, text) = (amqp.get_id(), amqp.get_message().to_string());
                if is_said_by_the_broker(&text) {
                    (Some(code), format!("RabbitMQ said: {text}"))
                } else if code == FRAME_ERROR && text.starts_with("frame too large") {
                    (Some(code), LARGE_HEADERS.to_owned())
                } else {
                    let words = format!("Eventscope's client ended the connection ({text})");
                    (Some(code), words)
                }
            }
            ErrorKind::IOError(io) => (None, format!("The connection broke ({io})")),
            ErrorKind::RuntimeShutdownError(_) => (None, "Eventscope is closing".to_owned()),
            ErrorKind::MissingHeartbeatError => (
                None,
                "RabbitMQ gave no sign of life for too long".to_owned(),
            ),
            ErrorKind::ParsingError(_) => (None, NOT_TEXT.to_owned()),
            ErrorKind::InvalidChannelState(..)
            | ErrorKind::InvalidChannel(_)
            | ErrorKind::InvalidConnectionState(_) => {
                (None, "The connection was already closed".to_owned())
            }
            ErrorKind::ChannelsLimitReached => (
                None,
                "RabbitMQ allows no more channels on this connection".to_owned(),
            ),
            _ => (None, format!("The broker client failed: {error}")),
        };
        Self { code, words }
    }
}

impl From<super::codec::CodecError> for BrokerError {
    fn from(error: super::codec::CodecError) -> Self {
        Self::of(error.to_string())
    }
}

impl BrokerError {
    /// A trouble that the broker did not name.
    pub(crate) fn of(words: impl Into<String>) -> Self {
        Self {
            code: None,
            words: words.into(),
        }
    }

    /// The broker refused this very request and keeps the connection: a "channel exception" of
    /// AMQP 0-9-1, 1.1. Other codes, such as 320 where an operator closes the connection, come at
    /// any moment and say nothing of the request.
    pub(crate) fn is_refusal(&self) -> bool {
        matches!(self.code, Some(311..=313 | 403..=406))
    }

    /// A message came that the client cannot read, and the connection is gone for it.
    pub(crate) fn is_unreadable(&self) -> bool {
        self.words == LARGE_HEADERS || self.words == NOT_TEXT
    }

    /// Waits for an answer of the broker, but not forever.
    ///
    /// # Errors
    /// The broker's refusal, the break of the connection, or the end of the time.
    pub(crate) async fn limit<T>(
        question: impl Future<Output = lapin::Result<T>>,
    ) -> Result<T, Self> {
        match tokio::time::timeout(ANSWER_LIMIT, question).await {
            Ok(answer) => answer.map_err(Self::from),
            Err(_) => Err(Self::of(format!(
                "RabbitMQ did not answer within {} seconds",
                ANSWER_LIMIT.as_secs()
            ))),
        }
    }

    /// Adds what to do about it.
    pub(crate) fn and(&self, advice: &str) -> String {
        if advice.is_empty() {
            return self.words.clone();
        }
        format!("{}. {advice}", self.words.trim_end_matches('.'))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_brokers_own_words_are_kept_with_the_advice_behind_them() {
        let trouble = BrokerError {
            code: Some(404),
            words: "RabbitMQ said: NOT_FOUND - no queue 'x'.".into(),
        };
        assert_eq!(
            trouble.and("Check the name"),
            "RabbitMQ said: NOT_FOUND - no queue 'x'. Check the name"
        );
        assert_eq!(trouble.and(""), trouble.words);
    }

    #[test]
    fn a_broken_connection_is_told_without_the_clients_own_jargon() {
        let io = std::io::Error::from(std::io::ErrorKind::ConnectionReset);
        let trouble = BrokerError::from(lapin::Error::from(io));
        assert_eq!(trouble.code, None);
        assert!(trouble.words.starts_with("The connection broke"));
    }
}
