//! The 14 basic properties of an AMQP 0-9-1 message, each kept present or absent as it came.

use super::{FieldTable, FieldValue};
use crate::text::timestamp;

/// The properties of a message (AMQP 0-9-1, class `basic`). `None` means that the property was
/// not sent at all, which is not the same as an empty one.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Properties {
    /// MIME type of the body, as the publisher claims it.
    pub content_type: Option<String>,
    /// MIME content encoding, such as `gzip`.
    pub content_encoding: Option<String>,
    /// Typed headers.
    pub headers: Option<FieldTable>,
    /// 1: transient, 2: persistent.
    pub delivery_mode: Option<u8>,
    /// 0 to 255.
    pub priority: Option<u8>,
    /// Joins the messages of one conversation.
    pub correlation_id: Option<String>,
    /// The queue that a reply should go to.
    pub reply_to: Option<String>,
    /// Time to live in milliseconds, as text (so the protocol has it).
    pub expiration: Option<String>,
    /// The publisher's own id for the message.
    pub message_id: Option<String>,
    /// Seconds since 1970; many clients put in milliseconds, see [`stamp`].
    pub timestamp: Option<u64>,
    /// The publisher's name for the kind of message.
    pub message_type: Option<String>,
    /// The login that published; the broker refuses any other than the connection's own.
    pub user_id: Option<String>,
    pub app_id: Option<String>,
    /// Reserved by the specification, carried all the same.
    pub cluster_id: Option<String>,
}

impl Properties {
    /// The header of this name, if there is one.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&FieldValue> {
        self.headers
            .as_ref()?
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value)
    }

    /// The present properties except headers, as (name, text) in the specification's order.
    #[must_use]
    pub fn rows(&self) -> Vec<(&'static str, String)> {
        let mode = self.delivery_mode.map(|mode| match mode {
            1 => "1 (transient)".to_owned(),
            2 => "2 (persistent)".to_owned(),
            other => other.to_string(),
        });
        let all = [
            ("content-type", self.content_type.clone()),
            ("content-encoding", self.content_encoding.clone()),
            ("delivery-mode", mode),
            ("priority", self.priority.map(|v| v.to_string())),
            ("correlation-id", self.correlation_id.clone()),
            ("reply-to", self.reply_to.clone()),
            (
                "expiration",
                self.expiration.as_ref().map(|v| format!("{v} ms")),
            ),
            ("message-id", self.message_id.clone()),
            ("timestamp", self.timestamp.map(timestamp::words)),
            ("type", self.message_type.clone()),
            ("user-id", self.user_id.clone()),
            ("app-id", self.app_id.clone()),
            ("cluster-id", self.cluster_id.clone()),
        ];
        all.into_iter()
            .filter_map(|(name, value)| Some((name, value?)))
            .collect()
    }
}
