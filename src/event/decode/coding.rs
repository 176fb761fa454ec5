//! Which layers stand between the bytes on the wire and the text, as far as a message tells: in its
//! content encoding, or in a header of its framework.

use super::charset::is_charset;
use super::named;
use crate::event::amqp::{FieldValue, Properties};

/// A layer that can be taken off and put on again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Coding {
    Gzip,
    Deflate,
    /// Deflate without the frame of zlib, as some write it.
    BareDeflate,
    Zstd,
    Brotli,
    Bzip2,
    Xz,
    /// An archive with one entry, as Spring's `ZipPostProcessor` writes it.
    Zip,
    Base64,
}

/// The first bytes of a bzip2 stream behind its level: the digits of pi, where its first block begins.
const BZIP2_BLOCK: [u8; 6] = [0x31, 0x41, 0x59, 0x26, 0x53, 0x59];

impl Coding {
    fn named(name: &str) -> Option<Self> {
        let bare = name.strip_prefix("application/").unwrap_or(name);
        Some(match bare.strip_prefix("x-").unwrap_or(bare) {
            "gzip" => Self::Gzip,
            "deflate" | "zlib" => Self::Deflate,
            "zstd" | "zstandard" => Self::Zstd,
            "br" | "brotli" => Self::Brotli,
            "bz2" | "bzip2" | "bzip" => Self::Bzip2,
            "xz" | "lzma" => Self::Xz,
            "zip" => Self::Zip,
            "base64" => Self::Base64,
            _ => return None,
        })
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Gzip => "gzip",
            Self::Deflate | Self::BareDeflate => "deflate",
            Self::Zstd => "zstd",
            Self::Brotli => "br",
            Self::Bzip2 => "bzip2",
            Self::Xz => "xz",
            Self::Zip => "zip",
            Self::Base64 => "base64",
        }
    }

    /// What the first bytes give away without a declaration. Deflate and brotli have no mark of their
    /// own, a zip archive is more often a document than a compression, and base64 is text.
    pub(crate) fn detected(bytes: &[u8]) -> Option<Self> {
        [Self::Gzip, Self::Zstd, Self::Bzip2, Self::Xz]
            .into_iter()
            .find(|coding| coding.has_its_mark(bytes))
    }

    /// True if bytes can be checked to be of this coding before they are read.
    pub(crate) fn has_mark(self) -> bool {
        !matches!(self, Self::Deflate | Self::BareDeflate | Self::Brotli)
    }

    /// True if the bytes begin as this coding must, or, for zlib, as it does by the standard.
    pub(crate) fn has_its_mark(self, bytes: &[u8]) -> bool {
        match self {
            Self::Gzip => bytes.starts_with(&[0x1f, 0x8b, 8]),
            Self::Zstd => bytes.starts_with(&[0x28, 0xb5, 0x2f, 0xfd]),
            Self::Bzip2 => match bytes {
                [b'B', b'Z', b'h', b'1'..=b'9', rest @ ..] => rest.starts_with(&BZIP2_BLOCK),
                _ => false,
            },
            Self::Xz => bytes.starts_with(&[0xfd, b'7', b'z', b'X', b'Z', 0]),
            Self::Zip => bytes.starts_with(b"PK\x03\x04"),
            Self::Base64 => {
                let is_part = |b: &u8| b.is_ascii_alphanumeric() || b"+/= \r\n".contains(b);
                bytes.iter().all(is_part)
            }
            Self::Deflate => is_zlib(bytes),
            Self::BareDeflate | Self::Brotli => false,
        }
    }
}

/// Whether deflated bytes begin with the frame of zlib (RFC 1950).
pub(crate) fn is_zlib(bytes: &[u8]) -> bool {
    match bytes {
        [method, flags, ..] => {
            method & 0x0f == 8 && u16::from_be_bytes([*method, *flags]).is_multiple_of(31)
        }
        _ => false,
    }
}

/// What a message tells of the way of its body.
#[derive(Debug, Default)]
pub(crate) struct Declared {
    /// The layers in the order in which they are listed; which is the outermost is seen from the
    /// bytes, because not all list them alike.
    pub(crate) layers: Vec<Coding>,
    /// The layer was told by the header `compression` and not by the content encoding.
    pub(crate) by_header: bool,
    /// A character set, in lower case.
    pub(crate) charset: Option<String>,
    /// What is neither.
    pub(crate) unknown: Option<String>,
}

/// Reads content encoding, content type and header. `body` is looked at only where one name stands
/// for two codings.
pub(crate) fn declared(properties: &Properties, body: &[u8]) -> Declared {
    let mut out = Declared::default();
    let listed = properties.content_encoding.as_deref().unwrap_or_default();
    let listed = listed.to_ascii_lowercase();
    // `gzip, base64`, and `gzip:UTF-8` as Spring writes what the encoding was before.
    let names = listed.split([',', ';', ':', ' ']).map(str::trim);
    for name in names.filter(|name| !matches!(*name, "" | "identity" | "binary" | "8bit" | "7bit"))
    {
        match Coding::named(name) {
            Some(coding) => out.layers.push(coding),
            None if is_charset(name) => out.charset = Some(name.to_owned()),
            None => out.unknown = Some(name.to_owned()),
        }
    }
    if out.layers.is_empty()
        && let Some(name) = compression_header(properties)
    {
        match Coding::named(&name.to_ascii_lowercase()) {
            // Python's name for it: what kombu calls gzip is the format of zlib.
            Some(Coding::Gzip) if !Coding::Gzip.has_its_mark(body) => {
                out.layers.push(Coding::Deflate);
            }
            Some(coding) => out.layers.push(coding),
            None => out.unknown = Some(name.to_owned()),
        }
        out.by_header = true;
    }
    let content_type = properties.content_type.as_deref().unwrap_or_default();
    // Some clients put the character set into the content encoding; its own place counts first.
    out.charset = charset_of(content_type).or(out.charset);
    out
}

/// The header in which kombu, and so Celery, names the compression (`kombu/compression.py`).
fn compression_header(properties: &Properties) -> Option<&str> {
    match properties.header("compression")? {
        FieldValue::Text(name) if !name.is_empty() => Some(name),
        _ => None,
    }
}

fn charset_of(content_type: &str) -> Option<String> {
    content_type.split(';').skip(1).find_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        let value = value.trim().trim_matches('"').to_ascii_lowercase();
        name.trim().eq_ignore_ascii_case("charset").then_some(value)
    })
}

/// The header by which Spring says that several messages stand in one body, each with its length in
/// front.
pub(crate) fn is_batch(properties: &Properties) -> bool {
    let format = properties.header("springBatchFormat");
    matches!(format, Some(FieldValue::Text(format)) if format == "lengthHeader4")
}

/// True if nothing is declared that stands between the bytes and their text: what they are is then
/// seen from the bytes alone. Cheap, and the same for all messages that have these in common.
#[must_use]
pub fn declares_nothing(properties: &Properties) -> bool {
    let usual = |text: &str| ["utf-8", "utf8", "us-ascii", "ascii"].contains(&text);
    let encoding = properties.content_encoding.as_deref().unwrap_or_default();
    let is_silent = encoding.is_empty()
        || [
            "utf-8", "utf8", "identity", "binary", "ascii", "us-ascii", "8bit", "7bit",
        ]
        .iter()
        .any(|name| encoding.eq_ignore_ascii_case(name));
    let content_type = properties.content_type.as_deref().unwrap_or_default();
    is_silent
        && (!content_type.contains(';')
            || charset_of(content_type).is_none_or(|charset| usual(&charset)))
        && compression_header(properties).is_none()
        && !is_batch(properties)
        && !named::is_told(properties)
}
