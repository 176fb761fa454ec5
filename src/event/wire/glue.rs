//! AWS Glue's frame: a three, how the payload is compressed, and the sixteen bytes of a version id.

use std::io::{Read as _, Write as _};

use uuid::Uuid;

use super::{Frame, SchemaKey, WireFormat};
use crate::text::payload::size_text;

const FRAME: usize = 18;
const ZLIB: u8 = 5;

/// The frame in front of a payload. A body that begins as one and is none is told only where its
/// second byte is one that Glue writes.
pub(crate) fn in_front(body: &[u8]) -> Option<Result<Frame, String>> {
    let [3, compression @ (0 | ZLIB), rest @ ..] = body else {
        return None;
    };
    let Some((version, _)) = rest.split_first_chunk::<16>() else {
        let words = "It begins like AWS Glue's wire format and ends within its 18 bytes";
        return Some(Err(words.to_owned()));
    };
    let version = Uuid::from_bytes(*version);
    let mut frame = Frame::new(WireFormat::Glue, SchemaKey::GlueVersion(version), FRAME);
    frame.is_compressed = *compression == ZLIB;
    Some(Ok(frame))
}

/// The payload of a compressed body, if it is at most `limit` bytes long.
pub(crate) fn inflate(packed: &[u8], limit: usize) -> Result<Vec<u8>, String> {
    let most = u64::try_from(limit).unwrap_or(u64::MAX).saturating_add(1);
    let mut plain = Vec::new();
    let mut decoder = flate2::read::ZlibDecoder::new(packed).take(most);
    decoder
        .read_to_end(&mut plain)
        .map_err(|_| "The zlib data in AWS Glue's wire format is broken".to_owned())?;
    if plain.len() > limit {
        return Err(format!(
            "The payload in AWS Glue's wire format is larger than {}",
            size_text(limit as u64)
        ));
    }
    Ok(plain)
}

/// Compresses, and makes sure that it reads back the same.
pub(crate) fn deflate(plain: &[u8]) -> Result<Vec<u8>, String> {
    let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::default());
    let packed = encoder.write_all(plain).and_then(|()| encoder.finish());
    packed
        .ok()
        .filter(|packed| inflate(packed, plain.len()).is_ok_and(|back| back == plain))
        .ok_or_else(|| "It cannot be compressed with zlib again".to_owned())
}
