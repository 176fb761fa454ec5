//! Text behind a few bytes of a frame: Confluent's wire format around JSON, Spring's batches, and
//! what Java's serialisation tells in clear. Each is claimed only where the whole body proves it.

use crate::text::{base64, json};

/// Bytes of Confluent's frame: a zero and a schema id.
pub(crate) const FRAME: usize = 5;

/// The number that stands where Confluent's serialisers put a schema id. Registries count from 1.
/// That it is one is not proved by this.
pub(crate) fn schema_id(bytes: &[u8]) -> Option<u32> {
    let [0, a, b, c, d, _, ..] = bytes else {
        return None;
    };
    let schema_id = u32::from_be_bytes([*a, *b, *c, *d]);
    (1..10_000_000).contains(&schema_id).then_some(schema_id)
}

/// The schema id in front of a JSON object or list that is whole: the serialiser for JSON Schema
/// writes so. Of a document that was cut the beginning must do.
pub(crate) fn json_behind_id(bytes: &[u8], cut: bool) -> Option<u32> {
    let schema_id = schema_id(bytes)?;
    let document = bytes.get(FRAME..)?;
    let begins = matches!(document.first(), Some(b'{' | b'['));
    let is_json = begins
        && match json::fault(document) {
            None => true,
            Some(fault) => cut && fault.is_eof() && std::str::from_utf8(document).is_ok(),
        };
    is_json.then_some(schema_id)
}

/// Messages of a body in which each stands behind its length in four bytes, if the lengths add up to
/// the whole.
fn parts(bytes: &[u8]) -> Option<Vec<&[u8]>> {
    let mut parts = Vec::new();
    let mut rest = bytes;
    while !rest.is_empty() {
        let (length, after) = rest.split_first_chunk::<4>()?;
        let length = usize::try_from(u32::from_be_bytes(*length)).ok()?;
        let (part, after) = after.split_at_checked(length)?;
        parts.push(part);
        rest = after;
    }
    (!parts.is_empty()).then_some(parts)
}

/// A batch as a JSON list, at most about `limit` bytes of it.
pub(crate) struct FramedBatch {
    pub(crate) json: Vec<u8>,
    pub(crate) messages: usize,
    pub(crate) cut: bool,
}

/// The messages of a batch. Without a declaration each must be a JSON object or list.
pub(crate) fn batch(bytes: &[u8], declared: bool, limit: usize) -> Option<FramedBatch> {
    let parts = parts(bytes)?;
    let is_json = |part: &[u8]| json::is_document(part);
    let begins = |part: &&[u8]| matches!(part.first(), Some(b'{' | b'['));
    if !declared && !parts.iter().all(|part| begins(part) && is_json(part)) {
        return None;
    }
    let mut out = b"[".to_vec();
    let mut cut = false;
    for (place, part) in parts.iter().enumerate() {
        if out.len() > limit {
            cut = true;
            break;
        }
        if place > 0 {
            out.push(b',');
        }
        if is_json(part) && std::str::from_utf8(part).is_ok() {
            out.extend_from_slice(json::trim(part));
            continue;
        }
        let text = match std::str::from_utf8(part) {
            Ok(text) if !text.contains('\0') => text.to_owned(),
            _ => format!("base64:{}", base64::encode(part)),
        };
        out.extend_from_slice(serde_json::Value::from(text).to_string().as_bytes());
    }
    out.push(b']');
    Some(FramedBatch {
        json: out,
        messages: parts.len(),
        cut,
    })
}

/// The class of a serialised Java object (Java Object Serialization Specification, chapter 6: the
/// stream's magic and version, then what its first item is).
pub(crate) fn java_class(bytes: &[u8]) -> Option<String> {
    let item = bytes.strip_prefix(&[0xac, 0xed, 0x00, 0x05])?;
    let named = |rest: &[u8]| {
        let (length, rest) = rest.split_first_chunk::<2>()?;
        let name = rest.get(..usize::from(u16::from_be_bytes(*length)))?;
        let name = std::str::from_utf8(name).ok()?;
        let is_name = |c: char| c.is_alphanumeric() || "._$[;-".contains(c);
        (!name.is_empty() && name.chars().all(is_name)).then(|| name.to_owned())
    };
    let name = match item {
        // An object, an array or an enum with the description of its class.
        [0x73 | 0x75 | 0x7e, 0x72, rest @ ..] => named(rest),
        [0x74 | 0x7c, ..] => Some("java.lang.String".to_owned()),
        [0x77 | 0x7a, ..] => Some("(plain bytes)".to_owned()),
        _ => None,
    };
    Some(name.unwrap_or_else(|| "(not told)".to_owned()))
}
