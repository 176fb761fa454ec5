//! How much room a message's properties take on the wire. They stand in one frame, with all headers,
//! and AMQP cannot cut it (AMQP 0-9-1, 4.2.6.1): what is larger than the frames that the broker takes
//! cannot be sent to it, though dead-lettering inside it makes such messages.

use crate::event::amqp::{FieldTable, FieldValue, Properties};
use crate::text::numbers::thousands;

/// Why these properties cannot be sent to a broker that takes frames of so many bytes (0: of any
/// size), in words.
#[must_use]
pub fn too_large(own: &Properties, frame: u32) -> Option<String> {
    let (size, most) = (header_frame(own) as u64, u64::from(frame));
    if most == 0 || size <= most {
        return None;
    }
    let mut words = format!(
        "Its properties and headers take {} bytes, and this broker takes {} bytes in one piece",
        thousands(size),
        thousands(most)
    );
    let all = own.headers.iter().flatten();
    let largest = all.max_by_key(|(name, item)| name.len() + value_size(item));
    if let Some((name, item)) = largest {
        let room = thousands((1 + name.len() + value_size(item)) as u64);
        words.push_str(&format!(
            ". Leave a header out: {name} takes {room} of them"
        ));
    }
    Some(words)
}

/// Bytes of the frame that carries these properties, at most.
#[must_use]
pub fn header_frame(own: &Properties) -> usize {
    // Frame header and end 8, class, weight and body size 12, flags 2, fixed-size properties 10.
    let fixed = 32;
    let texts = [
        &own.content_type,
        &own.content_encoding,
        &own.correlation_id,
        &own.reply_to,
        &own.expiration,
        &own.message_id,
        &own.message_type,
        &own.user_id,
        &own.app_id,
        &own.cluster_id,
    ];
    let texts: usize = texts.into_iter().flatten().map(|text| text.len() + 1).sum();
    fixed + texts + own.headers.as_ref().map_or(0, table_size)
}

fn table_size(own: &FieldTable) -> usize {
    4 + own
        .iter()
        .map(|(name, item)| 1 + name.len() + value_size(item))
        .sum::<usize>()
}

fn value_size(own: &FieldValue) -> usize {
    1 + match own {
        FieldValue::Void => 0,
        FieldValue::Bool(_) | FieldValue::I8(_) | FieldValue::U8(_) => 1,
        FieldValue::I16(_) | FieldValue::U16(_) => 2,
        FieldValue::I32(_) | FieldValue::U32(_) | FieldValue::F32(_) => 4,
        FieldValue::Decimal { .. } => 5,
        FieldValue::I64(_) | FieldValue::F64(_) | FieldValue::Timestamp(_) => 8,
        FieldValue::Text(text) => 4 + text.len(),
        FieldValue::RawText(bytes) | FieldValue::Bytes(bytes) => 4 + bytes.len(),
        FieldValue::Array(items) => 4 + items.iter().map(value_size).sum::<usize>(),
        FieldValue::Table(inner) => table_size(inner),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_no_frame_takes_is_told_with_its_largest_header() {
        let text = |size: usize| FieldValue::Text("x".repeat(size));
        let own = Properties {
            headers: Some(vec![
                ("a".to_owned(), text(10)),
                ("trace".to_owned(), text(200_000)),
                ("b".to_owned(), FieldValue::Void),
            ]),
            ..Properties::default()
        };
        let words = too_large(&own, 131_072).unwrap();
        assert!(words.contains("takes 131,072 bytes"), "{words}");
        assert!(words.contains("trace takes 200,011 of them"), "{words}");
        let size = u32::try_from(header_frame(&own)).unwrap();
        assert_eq!(too_large(&own, size), None);
        assert!(too_large(&own, size - 1).is_some());
        assert_eq!(too_large(&own, 0), None, "it sets no limit");
    }
}
