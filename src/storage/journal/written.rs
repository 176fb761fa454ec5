//! Messages, deeds and stages as they stand in the journal. The types in memory may be named and
//! arranged again; these may not, because journals have been written with them.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use crate::event::amqp::Properties;
use crate::event::amqp::written::{WrittenTable, read_table, written_table};
use crate::repair::journal_entry::{Operation, Stage};

/// Properties as JSON: a property that a message lacks is `null`.
#[derive(Debug, Serialize, Deserialize)]
pub struct WrittenProperties<'a> {
    content_type: Option<Cow<'a, str>>,
    content_encoding: Option<Cow<'a, str>>,
    headers: Option<WrittenTable<'a>>,
    delivery_mode: Option<u8>,
    priority: Option<u8>,
    correlation_id: Option<Cow<'a, str>>,
    reply_to: Option<Cow<'a, str>>,
    expiration: Option<Cow<'a, str>>,
    message_id: Option<Cow<'a, str>>,
    timestamp: Option<u64>,
    message_type: Option<Cow<'a, str>>,
    user_id: Option<Cow<'a, str>>,
    app_id: Option<Cow<'a, str>>,
    cluster_id: Option<Cow<'a, str>>,
}

impl<'a> From<&'a Properties> for WrittenProperties<'a> {
    fn from(properties: &'a Properties) -> Self {
        // Each by its name, so that a new one is not forgotten here.
        let Properties {
            content_type,
            content_encoding,
            headers,
            delivery_mode,
            priority,
            correlation_id,
            reply_to,
            expiration,
            message_id,
            timestamp,
            message_type,
            user_id,
            app_id,
            cluster_id,
        } = properties;
        let text = |text: &'a Option<String>| text.as_deref().map(Cow::Borrowed);
        Self {
            content_type: text(content_type),
            content_encoding: text(content_encoding),
            headers: headers.as_ref().map(written_table),
            delivery_mode: *delivery_mode,
            priority: *priority,
            correlation_id: text(correlation_id),
            reply_to: text(reply_to),
            expiration: text(expiration),
            message_id: text(message_id),
            timestamp: *timestamp,
            message_type: text(message_type),
            user_id: text(user_id),
            app_id: text(app_id),
            cluster_id: text(cluster_id),
        }
    }
}

impl From<WrittenProperties<'_>> for Properties {
    fn from(written: WrittenProperties<'_>) -> Self {
        let text = |text: Option<Cow<'_, str>>| text.map(Cow::into_owned);
        Self {
            content_type: text(written.content_type),
            content_encoding: text(written.content_encoding),
            headers: written.headers.map(read_table),
            delivery_mode: written.delivery_mode,
            priority: written.priority,
            correlation_id: text(written.correlation_id),
            reply_to: text(written.reply_to),
            expiration: text(written.expiration),
            message_id: text(written.message_id),
            timestamp: written.timestamp,
            message_type: text(written.message_type),
            user_id: text(written.user_id),
            app_id: text(written.app_id),
            cluster_id: text(written.cluster_id),
        }
    }
}

/// The text of the columns `properties` and `sent_properties`.
pub(super) fn text_of(properties: &Properties) -> Result<String, serde_json::Error> {
    serde_json::to_string(&WrittenProperties::from(properties))
}

/// What such a text says.
pub(super) fn properties_of(text: &str) -> Result<Properties, serde_json::Error> {
    serde_json::from_str::<WrittenProperties<'_>>(text).map(Properties::from)
}

/// The number of a stage in the column `stage`.
pub(super) fn stage_number(stage: Stage) -> u8 {
    match stage {
        Stage::Held => 0,
        Stage::Sent => 1,
        Stage::Confirmed => 2,
        Stage::Removed => 3,
        Stage::Returning => 4,
        Stage::PutBack => 5,
        Stage::AtLimit => 6,
    }
}

/// The stage of such a number. One that this version does not know is the most careful one.
pub(super) fn stage_of(number: u8) -> Stage {
    let mut all = Stage::ALL.into_iter();
    all.find(|stage| stage_number(*stage) == number)
        .unwrap_or(Stage::Sent)
}

/// The number of a deed in the column `deed`.
pub(super) fn deed_number(deed: Operation) -> u8 {
    match deed {
        Operation::Resend => 0,
        Operation::Discard => 1,
    }
}

/// The deed of such a number.
pub(super) fn deed_of(number: u8) -> Operation {
    match number {
        0 => Operation::Resend,
        _ => Operation::Discard,
    }
}

// `tests/golden.rs` reads and writes a journal of version 0.1.0.
#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::amqp::FieldValue;

    #[test]
    fn a_header_is_written_with_its_type() {
        let headers = vec![
            ("n".to_owned(), FieldValue::I64(1)),
            ("f".to_owned(), FieldValue::F32(1.5)),
            ("v".to_owned(), FieldValue::Void),
            ("b".to_owned(), FieldValue::Bytes(vec![1, 255])),
        ];
        let properties = Properties {
            headers: Some(headers),
            ..Properties::default()
        };
        let text = text_of(&properties).unwrap();
        let expected = r#""headers":[["n",{"I64":1}],["f",{"F32":"0x3fc00000 (1.5)"}],["v","Void"],["b",{"Bytes":[1,255]}]]"#;
        assert!(text.contains(expected), "{text}");
        assert_eq!(properties_of(&text).unwrap(), properties);
        // What a text does not name is not there.
        assert_eq!(properties_of("{}").unwrap(), Properties::default());
    }

    #[test]
    fn every_stage_has_a_number_of_its_own() {
        for stage in Stage::ALL {
            assert_eq!(stage_of(stage_number(stage)), stage);
        }
        assert_eq!(stage_of(99), Stage::Sent);
        for deed in [Operation::Resend, Operation::Discard] {
            assert_eq!(deed_of(deed_number(deed)), deed);
        }
    }
}
