//! Messages as lapin has them, and messages as the domain has them; nothing is lost on the way.
//!
//! What lapin's own types do, hence what this module can and cannot promise:
//! - Its tables are sorted maps, so header names arrive sorted, and of two headers with the same
//!   name only the last one is there. RabbitMQ itself keeps both; the specification forbids them.
//! - It reads `s` and `U` both as a 16-bit integer and `l` and `L` both as a 64-bit one, and
//!   writes `s` and `l`. RabbitMQ knows only `s` and `l`, so nothing else comes from a broker.
//! - Its short-string variant of a field value has no wire type and is never read; were it ever
//!   there, it becomes text.
//! - Short strings (names, keys, most properties) must be UTF-8: lapin ends the whole connection
//!   over a message where one is not, before this module sees it.

use lapin::BasicProperties;
use lapin::message::Delivery;
use lapin::types::{
    AMQPValue, DecimalValue, FieldArray, FieldTable as WireTable, LongString, ShortString,
};

use chrono::{DateTime, Utc};

use crate::event::amqp::{FieldTable, FieldValue, Properties};
use crate::event::{Event, Transport};

/// Why a message cannot be put on the wire.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub(crate) enum CodecError {
    /// AMQP writes the length of names and most properties in one byte.
    #[error("The {what} is {length} bytes long; AMQP allows 255")]
    TooLong {
        what: String,
        /// Its length in bytes.
        length: usize,
    },
    /// RabbitMQ has no word for these: it answers with an internal error and ends the connection.
    #[error("A header holds {0}, which RabbitMQ cannot take: a float must be a finite number")]
    NotFinite(f64),
}

/// Text as a short string, checked: lapin's own conversion panics beyond 255 bytes.
pub(crate) fn short(what: &str, text: &str) -> Result<ShortString, CodecError> {
    ShortString::try_new(text).map_err(|_| CodecError::TooLong {
        what: what.to_owned(),
        length: text.len(),
    })
}

/// A delivery as an event that arrived now.
pub(crate) fn event(received_at: DateTime<Utc>, delivery: Delivery) -> Event {
    Event::new(
        received_at,
        delivery.exchange.into(),
        delivery.routing_key.into(),
        Transport::amqp(delivery.redelivered),
        properties(&delivery.properties),
        delivery.data,
    )
}

/// Reads all properties; what was not sent stays `None`.
pub(crate) fn properties(wire: &BasicProperties) -> Properties {
    let text = |part: &Option<ShortString>| part.as_ref().map(ToString::to_string);
    Properties {
        content_type: text(wire.content_type()),
        content_encoding: text(wire.content_encoding()),
        headers: wire.headers().as_ref().map(table),
        delivery_mode: *wire.delivery_mode(),
        priority: *wire.priority(),
        correlation_id: text(wire.correlation_id()),
        reply_to: text(wire.reply_to()),
        expiration: text(wire.expiration()),
        message_id: text(wire.message_id()),
        timestamp: *wire.timestamp(),
        message_type: text(wire.kind()),
        user_id: text(wire.user_id()),
        app_id: text(wire.app_id()),
        cluster_id: text(wire.cluster_id()),
    }
}

fn table(wire: &WireTable) -> FieldTable {
    wire.into_iter()
        .map(|(name, item)| (name.to_string(), value(item)))
        .collect()
}

fn value(wire: &AMQPValue) -> FieldValue {
    match wire {
        AMQPValue::Boolean(v) => FieldValue::Bool(*v),
        AMQPValue::ShortShortInt(v) => FieldValue::I8(*v),
        AMQPValue::ShortShortUInt(v) => FieldValue::U8(*v),
        AMQPValue::ShortInt(v) => FieldValue::I16(*v),
        AMQPValue::ShortUInt(v) => FieldValue::U16(*v),
        AMQPValue::LongInt(v) => FieldValue::I32(*v),
        AMQPValue::LongUInt(v) => FieldValue::U32(*v),
        AMQPValue::LongLongInt(v) => FieldValue::I64(*v),
        AMQPValue::Float(v) => FieldValue::F32(*v),
        AMQPValue::Double(v) => FieldValue::F64(*v),
        AMQPValue::DecimalValue(v) => FieldValue::Decimal {
            scale: v.scale,
            value: v.value,
        },
        AMQPValue::ShortString(v) => FieldValue::Text(v.to_string()),
        AMQPValue::LongString(v) => match std::str::from_utf8(v.as_bytes()) {
            Ok(text) => FieldValue::Text(text.to_owned()),
            Err(_) => FieldValue::RawText(v.as_bytes().to_vec()),
        },
        AMQPValue::FieldArray(items) => {
            FieldValue::Array(items.as_slice().iter().map(value).collect())
        }
        AMQPValue::Timestamp(v) => FieldValue::Timestamp(*v),
        AMQPValue::FieldTable(inner) => FieldValue::Table(table(inner)),
        AMQPValue::ByteArray(v) => FieldValue::Bytes(v.as_slice().to_vec()),
        AMQPValue::Void => FieldValue::Void,
    }
}

/// Writes all properties; what is `None` is not sent.
pub(crate) fn wire_properties(own: &Properties) -> Result<BasicProperties, CodecError> {
    let mut wire = BasicProperties::default();
    macro_rules! texts {
        ($($field:ident, $with:ident, $name:literal;)*) => {$(
            if let Some(text) = &own.$field {
                wire = wire.$with(short($name, text)?);
            }
        )*};
    }
    texts! {
        content_type, with_content_type, "content-type";
        content_encoding, with_content_encoding, "content-encoding";
        correlation_id, with_correlation_id, "correlation-id";
        reply_to, with_reply_to, "reply-to";
        expiration, with_expiration, "expiration";
        message_id, with_message_id, "message-id";
        message_type, with_type, "type";
        user_id, with_user_id, "user-id";
        app_id, with_app_id, "app-id";
        cluster_id, with_cluster_id, "cluster-id";
    }
    if let Some(headers) = &own.headers {
        wire = wire.with_headers(wire_table(headers)?);
    }
    if let Some(mode) = own.delivery_mode {
        wire = wire.with_delivery_mode(mode);
    }
    if let Some(priority) = own.priority {
        wire = wire.with_priority(priority);
    }
    if let Some(seconds) = own.timestamp {
        wire = wire.with_timestamp(seconds);
    }
    Ok(wire)
}

fn wire_table(own: &FieldTable) -> Result<WireTable, CodecError> {
    let mut wire = WireTable::default();
    for (name, item) in own {
        wire.insert(short("name of a header", name)?, wire_value(item)?);
    }
    Ok(wire)
}

fn wire_value(own: &FieldValue) -> Result<AMQPValue, CodecError> {
    Ok(match own {
        FieldValue::Bool(v) => AMQPValue::Boolean(*v),
        FieldValue::I8(v) => AMQPValue::ShortShortInt(*v),
        FieldValue::U8(v) => AMQPValue::ShortShortUInt(*v),
        FieldValue::I16(v) => AMQPValue::ShortInt(*v),
        FieldValue::U16(v) => AMQPValue::ShortUInt(*v),
        FieldValue::I32(v) => AMQPValue::LongInt(*v),
        FieldValue::U32(v) => AMQPValue::LongUInt(*v),
        FieldValue::I64(v) => AMQPValue::LongLongInt(*v),
        FieldValue::F32(v) if !v.is_finite() => return Err(CodecError::NotFinite(f64::from(*v))),
        FieldValue::F64(v) if !v.is_finite() => return Err(CodecError::NotFinite(*v)),
        FieldValue::F32(v) => AMQPValue::Float(*v),
        FieldValue::F64(v) => AMQPValue::Double(*v),
        FieldValue::Decimal { scale, value } => AMQPValue::DecimalValue(DecimalValue {
            scale: *scale,
            value: *value,
        }),
        FieldValue::Text(text) => AMQPValue::LongString(LongString::from(text.as_bytes())),
        FieldValue::RawText(bytes) => AMQPValue::LongString(LongString::from(bytes.as_slice())),
        FieldValue::Array(items) => {
            let mut array = FieldArray::default();
            for item in items {
                array.push(wire_value(item)?);
            }
            AMQPValue::FieldArray(array)
        }
        FieldValue::Timestamp(v) => AMQPValue::Timestamp(*v),
        FieldValue::Table(inner) => AMQPValue::FieldTable(wire_table(inner)?),
        FieldValue::Bytes(bytes) => AMQPValue::ByteArray(bytes.as_slice().into()),
        FieldValue::Void => AMQPValue::Void,
    })
}

#[cfg(test)]
mod tests;
