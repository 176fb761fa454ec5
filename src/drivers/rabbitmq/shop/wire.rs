//! How an event of the shop looks on the wire: the message properties. Pure.

use chrono::{DateTime, Utc};
use lapin::BasicProperties;
use lapin::types::{AMQPValue, FieldTable};

use super::conversation::ShopEvent;

/// The broker writes the message to disk.
const PERSISTENT: u8 = 2;

/// The properties, with headers of several types as real applications have them.
pub(crate) fn properties(event: &ShopEvent, sent_at: DateTime<Utc>) -> BasicProperties {
    let mut headers = FieldTable::default();
    let mut put = |name: &str, value: AMQPValue| {
        headers.insert(name.into(), value);
    };
    put(
        "x-schema-version",
        AMQPValue::LongInt(i32::from(event.version)),
    );
    put("region", AMQPValue::LongString("eu-west".into()));
    put(
        "traceparent",
        AMQPValue::LongString(event.trace_parent.clone().into()),
    );
    put("flash-sale", AMQPValue::Boolean(event.flash_sale));
    if let Some(risk) = event.risk {
        put("risk-score", AMQPValue::Double(risk));
    }
    // AMQP knows whole seconds only; the body has the milliseconds.
    let seconds = u64::try_from(sent_at.timestamp()).unwrap_or_default();
    BasicProperties::default()
        .with_content_type("application/json".into())
        .with_delivery_mode(PERSISTENT)
        .with_message_id(event.event_id.to_string().into())
        .with_type(event.event_type.into())
        .with_timestamp(seconds)
        .with_app_id(event.service.name().into())
        .with_correlation_id(event.order_id.clone().into())
        .with_headers(headers)
}
