//! Apicurio's two forms: eight bytes of a global id in front of the payload (since 3.0 four bytes, which
//! look like Confluent's), or headers with one id.

use super::message::MessagePick;
use super::{DeclaredEncoding, EventHalf, Frame, SchemaKey, WireFormat};

/// Ids are counted from 1; beyond this eight bytes are something else, and four of them Confluent's.
const LARGEST: u64 = 1 << 32;

/// A zero, eight bytes of an id whose upper half is therefore zero, and a payload.
pub(crate) fn in_front(body: &[u8]) -> Option<Frame> {
    let (id, _) = body.strip_prefix(&[0])?.split_first_chunk::<8>()?;
    let id = u64::from_be_bytes(*id);
    let is_id = (1..LARGEST).contains(&id);
    is_id.then(|| Frame::new(WireFormat::LongId, SchemaKey::GlobalId(id), 9))
}

/// `apicurio.value.contentId` or `.globalId`, and how the payload is written.
pub(crate) fn by_headers<'a>(
    half: EventHalf,
    header: impl Fn(&str) -> Option<&'a [u8]>,
) -> Option<Result<Frame, String>> {
    let half = match half {
        EventHalf::Key => "key",
        EventHalf::Value => "value",
    };
    let of = |name: &str| header(&format!("apicurio.{half}.{name}"));
    let text = |value: Option<&'a [u8]>| std::str::from_utf8(value?).ok();
    let (name, value) = ["contentId", "globalId"]
        .into_iter()
        .find_map(|name| Some((name, of(name)?)))?;
    let Ok(id) = <[u8; 8]>::try_from(value) else {
        return Some(Err(format!(
            "The header apicurio.{half}.{name} is not Apicurio's: it has {} bytes, and 8 were expected",
            value.len()
        )));
    };
    let id = u64::from_be_bytes(id);
    let schema = match name {
        "contentId" => SchemaKey::ContentId(id),
        _ => SchemaKey::GlobalId(id),
    };
    let mut frame = Frame::new(WireFormat::ApicurioHeaders, schema, 0);
    frame.encoding = match text(of("encoding")) {
        Some("JSON") => Some(DeclaredEncoding::AvroJson),
        Some("BINARY") => Some(DeclaredEncoding::AvroBinary),
        _ => of("msgType").map(|_| DeclaredEncoding::Message),
    };
    let message = text(header("apicurio.protobuf.type"));
    frame.message = message.map(|name| MessagePick::Name(name.to_owned()));
    Some(Ok(frame))
}
