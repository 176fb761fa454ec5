//! Confluent's two forms: a zero and a schema id in front of the payload, or a header with a GUID.

use uuid::Uuid;

use super::message::{MessagePick, indexes};
use super::{EventHalf, Frame, SchemaKey, WireFormat};

/// A zero, four bytes of an id that counts from 1, and a payload.
pub(crate) fn in_front(body: &[u8]) -> Option<Frame> {
    let [0, a, b, c, d, ..] = body else {
        return None;
    };
    let id = u32::from_be_bytes([*a, *b, *c, *d]);
    // What is larger than a signed number of four bytes no registry gives out.
    let is_id = i32::try_from(id).is_ok_and(|id| id > 0);
    is_id.then(|| Frame::new(WireFormat::ShortId, SchemaKey::Id(id), 5))
}

/// A one, the sixteen bytes of a GUID, and for Protobuf the place of the message.
pub(crate) fn by_header<'a>(
    half: EventHalf,
    header: impl Fn(&str) -> Option<&'a [u8]>,
) -> Option<Result<Frame, String>> {
    let name = match half {
        EventHalf::Key => "__key_schema_id",
        EventHalf::Value => "__value_schema_id",
    };
    Some(read(header(name)?).map_err(|why| format!("The header {name} is not Confluent's: {why}")))
}

fn read(value: &[u8]) -> Result<Frame, String> {
    let (version, rest) = value.split_first().ok_or("it is empty")?;
    let (schema, rest) = match version {
        0 => {
            let (id, rest) = rest.split_first_chunk::<4>().ok_or("its id is cut off")?;
            (SchemaKey::Id(u32::from_be_bytes(*id)), rest)
        }
        1 => {
            let (guid, rest) = rest
                .split_first_chunk::<16>()
                .ok_or("its GUID is cut off")?;
            (SchemaKey::Guid(Uuid::from_bytes(*guid)), rest)
        }
        other => return Err(format!("it begins with {other}, and 1 was expected")),
    };
    let mut frame = Frame::new(WireFormat::ConfluentHeader, schema, 0);
    if !rest.is_empty() {
        let (places, length) =
            indexes(rest).ok_or("what follows the id is no place of a message")?;
        if length < rest.len() {
            return Err("more follows than the place of a message".to_owned());
        }
        frame.message = Some(MessagePick::Indexes(places));
    }
    Ok(frame)
}
