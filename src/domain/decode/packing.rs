//! A body opened for an edit, and closed again the same way: what was compressed with gzip is
//! compressed with gzip again.

use std::io::Write as _;
use std::panic::catch_unwind;
use std::sync::Arc;

use super::compression::{Coding, read, take_off};
use super::{Format, charset, charset_of, decode};
use crate::domain::payload::{PayloadKind, size_text};
use crate::domain::properties::Properties;

/// UTF-8's byte order mark.
const MARK: &str = "\u{feff}";

/// What brings the text of a body back to its form on the wire. Text that is sent as it stands
/// needs nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Packing(Option<Arc<Original>>);

#[derive(Debug, PartialEq, Eq)]
struct Original {
    /// The outermost first.
    codings: Vec<Coding>,
    mark: bool,
    text: String,
    body: Vec<u8>,
}

/// A body that can be edited.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opened {
    /// Its text, without compression and without a byte order mark.
    pub text: String,
    /// The way back.
    pub packing: Packing,
}

/// Opens a body whose text is at most `limit` bytes long.
///
/// # Errors
/// Why it cannot be edited, in words: it is binary, too large, broken, or in a format that is read
/// but not written here.
pub fn open(body: &[u8], properties: &Properties, limit: usize) -> Result<Opened, String> {
    let plain = take_off(body, properties.content_encoding.as_deref(), limit);
    if let Some(problem) = plain.problem {
        return Err(problem);
    }
    if plain.cut {
        return Err(format!(
            "The payload is larger than {}",
            size_text(limit as u64)
        ));
    }
    if plain.codings.contains(&Coding::Brotli) {
        return Err("The payload is compressed with br, which is read but not written here".into());
    }
    let content_type = properties.content_type.as_deref().unwrap_or_default();
    let charset = charset_of(content_type).or(plain.other);
    if let Some((name, _)) = charset::to_utf8(&plain.bytes, charset.as_deref()) {
        return Err(format!(
            "The text is {name}, which is read but not written here"
        ));
    }
    let inner = Properties {
        content_encoding: None,
        ..properties.clone()
    };
    let format = decode(&plain.bytes, &inner, limit).format;
    let readable = matches!(format, Format::Empty | Format::Json | Format::Text);
    let text = std::str::from_utf8(&plain.bytes).ok().filter(|_| readable);
    let text = text.filter(|text| PayloadKind::detect(text.as_bytes()) != PayloadKind::Binary);
    let Some(text) = text else {
        return Err(match format {
            Format::MessagePack | Format::Cbor => {
                format!("{} is read but not written here", format.name())
            }
            _ => "The payload is binary".to_owned(),
        });
    };
    let bare = text.strip_prefix(MARK);
    let mark = bare.is_some();
    let text = bare.unwrap_or(text).to_owned();
    let packing = if plain.codings.is_empty() && !mark {
        Packing(None)
    } else {
        Packing(Some(Arc::new(Original {
            codings: plain.codings,
            mark,
            text: text.clone(),
            body: body.to_vec(),
        })))
    };
    Ok(Opened { text, packing })
}

impl Packing {
    /// The body for a text: the original one, byte for byte, if the text is the original one.
    ///
    /// # Errors
    /// If what was compressed would not read back the same, in words.
    pub fn close(&self, text: &str) -> Result<Vec<u8>, String> {
        let Some(original) = &self.0 else {
            return Ok(text.as_bytes().to_vec());
        };
        if text == original.text {
            return Ok(original.body.clone());
        }
        let mark = if original.mark { MARK } else { "" };
        let mut body = format!("{mark}{text}").into_bytes();
        for coding in original.codings.iter().rev() {
            body = compress(*coding, &body)
                .ok_or_else(|| format!("It cannot be compressed with {} again", coding.name()))?;
        }
        Ok(body)
    }

    /// What happens to an edited payload, in words; nothing if it is sent as it stands.
    #[must_use]
    pub fn words(&self) -> Option<String> {
        let codings = &self.0.as_ref()?.codings;
        if codings.is_empty() {
            return None;
        }
        let names: Vec<&str> = codings.iter().rev().map(|coding| coding.name()).collect();
        Some(format!(
            "Compressed with {} on the wire; what you edit is compressed the same way again",
            names.join(", then ")
        ))
    }
}

/// Compresses, and makes sure that it reads back the same before anybody relies on it.
fn compress(coding: Coding, bytes: &[u8]) -> Option<Vec<u8>> {
    let level = flate2::Compression::default();
    let packed = match coding {
        Coding::Gzip => {
            let mut encoder = flate2::write::GzEncoder::new(Vec::new(), level);
            encoder.write_all(bytes).ok()?;
            encoder.finish().ok()?
        }
        Coding::Deflate => {
            let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), level);
            encoder.write_all(bytes).ok()?;
            encoder.finish().ok()?
        }
        Coding::BareDeflate => {
            let mut encoder = flate2::write::DeflateEncoder::new(Vec::new(), level);
            encoder.write_all(bytes).ok()?;
            encoder.finish().ok()?
        }
        Coding::Zstd => catch_unwind(|| {
            let level = ruzstd::encoding::CompressionLevel::Fastest;
            ruzstd::encoding::compress_to_vec(bytes, level)
        })
        .ok()?,
        Coding::Brotli => return None,
    };
    let back = read(coding, &packed, bytes.len());
    (back.fault.is_none() && !back.more && back.bytes == bytes).then_some(packed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const LIMIT: usize = 100_000;

    fn encoded(encoding: &str) -> Properties {
        Properties {
            content_encoding: Some(encoding.into()),
            content_type: Some("application/json".into()),
            ..Properties::default()
        }
    }

    #[test]
    fn what_was_compressed_is_compressed_the_same_way_again() {
        for (encoding, codings) in [
            ("gzip", vec![Coding::Gzip]),
            ("deflate", vec![Coding::Deflate]),
            ("deflate", vec![Coding::BareDeflate]),
            ("zstd", vec![Coding::Zstd]),
            ("gzip, zstd", vec![Coding::Gzip, Coding::Zstd]),
        ] {
            let mut body = br#"{"amount": "1"}"#.to_vec();
            for coding in &codings {
                body = compress(*coding, &body).unwrap();
            }
            let opened = open(&body, &encoded(encoding), LIMIT).unwrap();
            assert_eq!(opened.text, r#"{"amount": "1"}"#);
            assert_eq!(opened.packing.close(&opened.text).unwrap(), body);
            let edited = opened.packing.close(r#"{"amount": 1}"#).unwrap();
            let again = open(&edited, &encoded(encoding), LIMIT).unwrap();
            assert_eq!(again.text, r#"{"amount": 1}"#);
            let kinds = |opened: &Opened| opened.packing.0.as_ref().unwrap().codings.clone();
            assert_eq!(kinds(&again), kinds(&opened), "{encoding}");
            assert!(opened.packing.words().unwrap().contains("the same way"));
        }
    }

    #[test]
    fn what_cannot_be_written_again_is_refused_in_words() {
        let refused = |body: &[u8], properties: &Properties| {
            open(body, properties, LIMIT).expect_err("a refusal")
        };
        // `{"a":1}` stored in brotli without compression.
        let brotli = [&[0x0b, 0x03, 0x80][..], br#"{"a":1}"#, &[0x03]].concat();
        assert!(refused(&brotli, &encoded("br")).contains("br"));
        let packed = Properties {
            content_type: Some("application/msgpack".into()),
            ..Properties::default()
        };
        assert!(refused(&[0x81, 0xa1, b'a', 0xcc, 0xff], &packed).contains("MessagePack"));
        assert!(refused(&[0xff, 0, 1, 2], &Properties::default()).contains("binary"));
        let gzip = compress(Coding::Gzip, b"{}").unwrap();
        let broken = &gzip[..gzip.len() - 6];
        assert!(refused(broken, &encoded("gzip")).contains("broken"));
        assert!(refused(&vec![b' '; LIMIT + 1], &Properties::default()).contains("larger"));
        let wide = Properties {
            content_type: Some("text/plain; charset=utf-16le".into()),
            ..Properties::default()
        };
        assert!(refused(b"a\0b\0", &wide).contains("UTF-16"));
    }

    #[test]
    fn a_byte_order_mark_stays_where_it_was() {
        let opened = open("\u{feff}{}".as_bytes(), &Properties::default(), LIMIT).unwrap();
        assert_eq!(opened.text, "{}");
        let closed = opened.packing.close("[]").unwrap();
        assert_eq!(closed, "\u{feff}[]".as_bytes());
        assert_eq!(opened.packing.words(), None);
    }

    proptest! {
        #[test]
        fn every_encoder_reads_back(text in ".{0,2000}", times in 1_usize..20) {
            let bytes = text.repeat(times).into_bytes();
            for coding in [Coding::Gzip, Coding::Deflate, Coding::BareDeflate, Coding::Zstd] {
                prop_assert!(compress(coding, &bytes).is_some(), "{:?}", coding);
            }
        }
    }
}
