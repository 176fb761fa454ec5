//! A body opened for an edit, and closed again the same way: what was compressed with gzip is
//! compressed with gzip again.

use std::io::{Cursor, Write as _};
use std::panic::catch_unwind;
use std::sync::Arc;

use super::charset::Charset;
use super::coding::Coding;
use super::compression::read;
use super::{Format, formatted, named, unpack};
use crate::event::amqp::Properties;
use crate::event::wire::FoundFrames;
use crate::text::base64;
use crate::text::payload::{PayloadKind, size_text};

/// What brings the text of a body back to its form on the wire. Text that is sent as it stands
/// needs nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Packing(Option<Arc<OriginalText>>);

#[derive(Debug, PartialEq, Eq)]
struct OriginalText {
    /// The outermost first.
    codings: Vec<Coding>,
    charset: Option<Charset>,
    /// What stands around the text: a byte order mark or a frame, and NUL bytes.
    before: Vec<u8>,
    behind: Vec<u8>,
    text: String,
    body: Vec<u8>,
    /// The body without its layers, where its text is read with the schema that it names.
    named: Option<(FoundFrames, Vec<u8>)>,
}

/// A body that can be edited.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opened {
    /// Its text, without compression and without a byte order mark.
    pub text: String,
    pub packing: Packing,
}

/// Opens a body whose text is at most `limit` bytes long.
///
/// # Errors
/// Why it cannot be edited, in words: it is binary, too large, broken, or in a format that is read
/// but not written here.
pub fn open(body: &[u8], properties: &Properties, limit: usize) -> Result<Opened, String> {
    let unpacked = unpack(body, properties, limit);
    let plain = &unpacked.plain;
    if let Some(problem) = plain.problem.as_ref().or(plain.closed.as_ref()) {
        return Err(problem.clone());
    }
    if plain.cut {
        return Err(format!(
            "The payload is larger than {}",
            size_text(limit as u64)
        ));
    }
    let original = OriginalText {
        codings: plain.codings.clone(),
        charset: unpacked.charset,
        before: unpacked.before.clone(),
        behind: unpacked.behind.clone(),
        text: String::new(),
        body: Vec::new(),
        named: None,
    };
    let inside = unpacked.plain.bytes.to_vec();
    let decoded = formatted(unpacked, properties, limit);
    let is_named = matches!(decoded.format, Format::Named { .. });
    let readable =
        is_named || matches!(decoded.format, Format::Empty | Format::Json | Format::Text);
    if let Some(problem) = decoded.problem.as_ref().filter(|_| is_named) {
        return Err(problem.clone());
    }
    if is_named && decoded.cut {
        return Err(format!(
            "The payload is larger than {}",
            size_text(limit as u64)
        ));
    }
    let text = std::str::from_utf8(&decoded.bytes)
        .ok()
        .filter(|_| readable);
    let text = text.filter(|text| PayloadKind::detect(text.as_bytes()) != PayloadKind::Binary);
    let Some(text) = text else {
        return Err(match decoded.format {
            Format::MessagePack | Format::Cbor | Format::Batch { .. } => format!(
                "The payload is {}, which is read but not written here",
                decoded.format.name()
            ),
            _ => "The payload is binary".to_owned(),
        });
    };
    let text = text.to_owned();
    let packing = if original.is_bare() && !is_named {
        Packing(None)
    } else {
        Packing(Some(Arc::new(OriginalText {
            text: text.clone(),
            body: body.to_vec(),
            named: is_named.then(|| (named::frames(&inside, properties), inside)),
            ..original
        })))
    };
    Ok(Opened { text, packing })
}

impl OriginalText {
    fn is_bare(&self) -> bool {
        self.codings.is_empty()
            && self.charset.is_none()
            && self.before.is_empty()
            && self.behind.is_empty()
    }
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
        let named = original.named.as_ref().map(|(frames, inside)| {
            let reader = named::reader().ok_or("Nobody is there who can write it")?;
            reader.write(frames, inside, text)
        });
        let mut body = match named {
            Some(written) => written?,
            None => [&original.before, text.as_bytes(), &original.behind].concat(),
        };
        if let Some(charset) = original.charset {
            let name = charset.name();
            // What stands around such a text is text too.
            let whole = String::from_utf8_lossy(&body);
            body = charset
                .encode(&whole)
                .ok_or_else(|| format!("The text has a character that {name} has not"))?;
        }
        for (place, coding) in original.codings.iter().enumerate().rev() {
            let like: &[u8] = if place == 0 { &original.body } else { &[] };
            body = compress(*coding, &body, like)
                .ok_or_else(|| format!("It cannot be compressed with {} again", coding.name()))?;
        }
        Ok(body)
    }

    /// What happens to an edited payload, in words; nothing if it is sent as it stands.
    #[must_use]
    pub fn words(&self) -> Option<String> {
        let original = self.0.as_ref()?;
        let charset = original.charset.map(Charset::name);
        let codings = original.codings.iter().rev().map(|coding| coding.name());
        let by_schema = original.named.as_ref().map(|_| "its schema says");
        let names: Vec<&str> = by_schema
            .into_iter()
            .chain(charset)
            .chain(codings)
            .collect();
        if names.is_empty() {
            return None;
        }
        Some(format!(
            "Written as {} on the wire; what you edit is written the same way again",
            names.join(", then ")
        ))
    }
}

/// Compresses, and makes sure that it reads back the same before anybody relies on it.
/// `like` is what stood there before, as far as it is known.
fn compress(coding: Coding, bytes: &[u8], like: &[u8]) -> Option<Vec<u8>> {
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
        Coding::Brotli => {
            let mut packed = Vec::new();
            // Quality and window that web servers use.
            let mut encoder = brotli::CompressorWriter::new(&mut packed, 4_096, 5, 22);
            encoder.write_all(bytes).ok()?;
            drop(encoder);
            packed
        }
        Coding::Bzip2 => {
            let level = bzip2::Compression::default();
            let mut encoder = bzip2::write::BzEncoder::new(Vec::new(), level);
            encoder.write_all(bytes).ok()?;
            encoder.finish().ok()?
        }
        Coding::Xz => {
            let options = lzma_rust2::XzOptions::with_preset(1);
            let mut encoder = lzma_rust2::XzWriter::new(Vec::new(), options).ok()?;
            encoder.write_all(bytes).ok()?;
            encoder.finish().ok()?
        }
        Coding::Zip => {
            let mut encoder = zip::ZipWriter::new(Cursor::new(Vec::new()));
            let options = zip::write::SimpleFileOptions::default()
                .compression_method(zip::CompressionMethod::Deflated);
            encoder.start_file(entry_name(like), options).ok()?;
            encoder.write_all(bytes).ok()?;
            encoder.finish().ok()?.into_inner()
        }
        Coding::Base64 => base64::encode(bytes).into_bytes(),
    };
    let back = read(coding, &packed, bytes.len());
    (back.fault.is_none() && !back.more && back.bytes == bytes).then_some(packed)
}

/// The name of the entry in an archive; Spring's where it is not known.
fn entry_name(archive: &[u8]) -> String {
    let archive = zip::ZipArchive::new(Cursor::new(archive)).ok();
    let name = archive.and_then(|archive| Some(archive.file_names().next()?.ok()?.into_owned()));
    name.unwrap_or_else(|| "amqp".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::amqp::FieldValue;
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
            ("br", vec![Coding::Brotli]),
            ("bzip2", vec![Coding::Bzip2]),
            ("xz", vec![Coding::Xz]),
            ("zip", vec![Coding::Zip]),
            ("deflate, UTF-8", vec![Coding::Deflate]),
            ("gzip:UTF-8", vec![Coding::Gzip]),
            ("gzip, base64", vec![Coding::Gzip, Coding::Base64]),
        ] {
            let mut body = br#"{"amount": "1"}"#.to_vec();
            for coding in &codings {
                body = compress(*coding, &body, &[]).unwrap();
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
        let packed = Properties {
            content_type: Some("application/msgpack".into()),
            ..Properties::default()
        };
        assert!(refused(&[0x81, 0xa1, b'a', 0xcc, 0xff], &packed).contains("MessagePack"));
        assert!(refused(&[0xff, 0, 1, 2], &Properties::default()).contains("binary"));
        let gzip = compress(Coding::Gzip, b"{}", &[]).unwrap();
        let broken = &gzip[..gzip.len() - 6];
        assert!(refused(broken, &encoded("gzip")).contains("broken"));
        assert!(refused(&vec![b' '; LIMIT + 1], &Properties::default()).contains("larger"));
        let batch = b"\0\0\0\x02{}\0\0\0\x02[]";
        assert!(refused(batch, &Properties::default()).contains("2 messages"));
    }

    #[test]
    fn what_stands_around_a_text_stays_there() {
        let kinds = |content_type: &str, encoding: &str| {
            let text = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
            Properties {
                content_type: text(content_type),
                content_encoding: text(encoding),
                ..Properties::default()
            }
        };
        for (body, content_type, encoding, closed) in [
            (&b"{}\0"[..], "", "", &b"[]\0"[..]),
            (b"\0\0\0\0\x2a{}", "application/json", "", b"\0\0\0\0\x2a[]"),
            (b"{\0}\0", "text/plain; charset=utf-16le", "", b"[\0]\0"),
            (b"{\0}\0", "application/json", "utf-16", b"[\0]\0"),
            (b"\0{\0}", "application/json", "utf-16", b"\0[\0]"),
            (b"\xfe\xff\0{\0}", "", "", b"\xfe\xff\0[\0]"),
        ] {
            let opened = open(body, &kinds(content_type, encoding), LIMIT).unwrap();
            assert_eq!(opened.text, "{}");
            assert_eq!(opened.packing.close("{}").unwrap(), body);
            assert_eq!(opened.packing.close("[]").unwrap(), closed);
        }
        let latin = kinds("text/plain; charset=latin1", "");
        let opened = open(b"caf\xe9", &latin, LIMIT).unwrap();
        assert_eq!(opened.packing.close("th\u{e9}").unwrap(), b"th\xe9");
        assert!(
            opened
                .packing
                .close("\u{20ac}")
                .unwrap_err()
                .contains("Latin-1")
        );
    }

    #[test]
    fn compression_told_in_a_header_is_put_on_again() {
        for (name, coding) in [
            ("application/x-gzip", Coding::Deflate),
            ("application/x-gzip", Coding::Gzip),
            ("application/x-bz2", Coding::Bzip2),
            ("application/x-lzma", Coding::Xz),
            ("application/x-brotli", Coding::Brotli),
            ("application/zstd", Coding::Zstd),
        ] {
            let properties = Properties {
                content_type: Some("application/json".into()),
                content_encoding: Some("utf-8".into()),
                headers: Some(vec![("compression".into(), FieldValue::Text(name.into()))]),
                ..Properties::default()
            };
            let body = compress(coding, b"[1]", &[]).unwrap();
            let opened = open(&body, &properties, LIMIT).unwrap();
            assert_eq!(opened.text, "[1]", "{name}");
            let edited = opened.packing.close("[2]").unwrap();
            let again = open(&edited, &properties, LIMIT).unwrap();
            assert_eq!(again.text, "[2]", "{name}");
            let kinds = |opened: &Opened| opened.packing.0.as_ref().unwrap().codings.clone();
            assert_eq!(kinds(&again), [coding]);
        }
    }

    #[test]
    fn an_archive_keeps_the_name_of_its_entry_and_only_one_is_edited() {
        let archive = |names: &[&str]| {
            let mut encoder = zip::ZipWriter::new(Cursor::new(Vec::new()));
            for name in names {
                let options = zip::write::SimpleFileOptions::default();
                encoder.start_file(*name, options).unwrap();
                encoder.write_all(b"{}").unwrap();
            }
            encoder.finish().unwrap().into_inner()
        };
        let one = open(&archive(&["order.json"]), &encoded("zip"), LIMIT).unwrap();
        assert_eq!(entry_name(&one.packing.close("[]").unwrap()), "order.json");
        let two = open(&archive(&["a", "b"]), &encoded("zip"), LIMIT);
        assert!(two.unwrap_err().contains("2 entries"));
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
            for coding in [
                Coding::Gzip, Coding::Deflate, Coding::BareDeflate, Coding::Zstd, Coding::Brotli,
                Coding::Bzip2, Coding::Xz, Coding::Zip, Coding::Base64,
            ] {
                prop_assert!(compress(coding, &bytes, &[]).is_some(), "{:?}", coding);
            }
        }
    }
}
