//! Takes the layers of compression off a body. What comes out is bounded, and so is the memory that
//! a decoder takes for itself, whatever the body claims.

use std::borrow::Cow;
use std::io::Read;
use std::panic::{AssertUnwindSafe, catch_unwind};

use brotli_decompressor::BrotliDecoderParameter::BROTLI_DECODER_PARAM_LARGE_WINDOW as LARGE_WINDOW;

/// Most layers that are taken off; nobody compresses more often, except to harm.
const MAX_LAYERS: usize = 4;
/// Largest window that a zstd frame may ask memory for: what RFC 8878 recommends every decoder to
/// grant, and all that the levels up to 19 need.
const MAX_WINDOW: u64 = 8 << 20;

/// A way of compressing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Coding {
    Gzip,
    Deflate,
    /// Deflate without the frame of zlib, as some write it.
    BareDeflate,
    Zstd,
    Brotli,
}

impl Coding {
    fn named(name: &str) -> Option<Self> {
        Some(match name {
            "gzip" | "x-gzip" => Self::Gzip,
            "deflate" | "zlib" => Self::Deflate,
            "zstd" => Self::Zstd,
            "br" | "brotli" => Self::Brotli,
            _ => return None,
        })
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Gzip => "gzip",
            Self::Deflate | Self::BareDeflate => "deflate",
            Self::Zstd => "zstd",
            Self::Brotli => "br",
        }
    }

    /// What the first bytes give away; deflate and brotli have no mark of their own.
    fn detected(bytes: &[u8]) -> Option<Self> {
        if bytes.starts_with(&[0x1f, 0x8b, 8]) {
            Some(Self::Gzip)
        } else if bytes.starts_with(&[0x28, 0xb5, 0x2f, 0xfd]) {
            Some(Self::Zstd)
        } else {
            None
        }
    }
}

/// A body without its compression.
pub(super) struct Uncompressed<'a> {
    /// What is left: at most the limit.
    pub(super) bytes: Cow<'a, [u8]>,
    /// The layers that were taken off, outermost first.
    pub(super) steps: Vec<String>,
    /// The same, to be put on again.
    pub(super) codings: Vec<Coding>,
    /// Where declaration and bytes disagree.
    pub(super) warnings: Vec<String>,
    /// What is broken.
    pub(super) problem: Option<String>,
    /// There is more than the limit.
    pub(super) cut: bool,
    /// A content encoding that names no compression; it may be a character set.
    pub(super) other: Option<String>,
}

/// Takes off what `declared` (a content encoding) lists, then what the bytes themselves show.
pub(super) fn take_off<'a>(
    body: &'a [u8],
    declared: Option<&str>,
    limit: usize,
) -> Uncompressed<'a> {
    let mut out = Uncompressed {
        bytes: Cow::Borrowed(body),
        steps: Vec::new(),
        codings: Vec::new(),
        warnings: Vec::new(),
        problem: None,
        cut: false,
        other: None,
    };
    let listed = declared.unwrap_or_default().to_ascii_lowercase();
    let names = listed.split(',').map(str::trim);
    // The list is in the order of compressing, so it is undone from its end.
    for name in names.rev().filter(|n| !matches!(*n, "" | "identity")) {
        match Coding::named(name) {
            Some(coding) => out.declared_layer(coding, limit),
            None => out.other = Some(name.to_owned()),
        }
    }
    while out.problem.is_none()
        && out.steps.len() < MAX_LAYERS
        && let Some(coding) = Coding::detected(&out.bytes)
    {
        let read = read(coding, &out.bytes, limit);
        if read.bytes.is_empty() && read.fault.is_some() {
            break;
        }
        out.take(read, coding, format!("{} (not declared)", coding.name()));
    }
    if out.bytes.len() > limit {
        out.cut = true;
        match &mut out.bytes {
            Cow::Borrowed(bytes) => *bytes = &bytes[..limit],
            Cow::Owned(bytes) => bytes.truncate(limit),
        }
    }
    out
}

impl Uncompressed<'_> {
    fn declared_layer(&mut self, coding: Coding, limit: usize) {
        let name = coding.name();
        if self.bytes.is_empty() || self.problem.is_some() {
            return;
        }
        if self.steps.len() >= MAX_LAYERS {
            self.problem = Some(format!(
                "Only {MAX_LAYERS} layers of compression are taken off"
            ));
            return;
        }
        let has_mark = matches!(coding, Coding::Gzip | Coding::Zstd);
        if has_mark && Coding::detected(&self.bytes) != Some(coding) {
            self.warnings.push(format!(
                "Declared {name}, but it is not compressed with {name}"
            ));
            return;
        }
        let read = read(coding, &self.bytes, limit);
        if read.bytes.is_empty()
            && !has_mark
            && let Some(fault) = &read.fault
        {
            self.warnings.push(format!(
                "Declared {name}, but it cannot be read as {name}: {fault}"
            ));
            return;
        }
        self.take(read, coding, name.to_owned());
    }

    fn take(&mut self, read: Layer, coding: Coding, step: String) {
        if let Some(fault) = read.fault
            && !self.cut
        {
            self.problem = Some(format!(
                "The {step} data is broken after {} bytes: {fault}",
                read.bytes.len()
            ));
        }
        self.cut |= read.more;
        self.codings.push(match coding {
            Coding::Deflate if !is_zlib(&self.bytes) => Coding::BareDeflate,
            other => other,
        });
        self.bytes = Cow::Owned(read.bytes);
        self.steps.push(step);
    }
}

/// Whether deflated bytes begin with the frame of zlib (RFC 1950).
fn is_zlib(bytes: &[u8]) -> bool {
    match bytes {
        [method, flags, ..] => {
            method & 0x0f == 8 && u16::from_be_bytes([*method, *flags]).is_multiple_of(31)
        }
        _ => false,
    }
}

/// What one layer gave.
#[derive(Default)]
pub(super) struct Layer {
    pub(super) bytes: Vec<u8>,
    pub(super) more: bool,
    pub(super) fault: Option<String>,
}

/// Takes one layer off.
pub(super) fn read(coding: Coding, bytes: &[u8], limit: usize) -> Layer {
    match coding {
        Coding::Gzip => drain(flate2::read::MultiGzDecoder::new(bytes), limit),
        Coding::Deflate => {
            // The name means zlib by the standard and bare deflate by the habit of some.
            let zlib = drain(flate2::read::ZlibDecoder::new(bytes), limit);
            if zlib.fault.is_none() {
                return zlib;
            }
            let bare = drain(flate2::read::DeflateDecoder::new(bytes), limit);
            if bare.fault.is_none() || bare.bytes.len() > zlib.bytes.len() {
                bare
            } else {
                zlib
            }
        }
        Coding::BareDeflate => drain(flate2::read::DeflateDecoder::new(bytes), limit),
        Coding::Zstd => zstd(bytes, limit),
        Coding::Brotli => {
            let mut decoder = brotli_decompressor::Decompressor::new(bytes, 4_096);
            // Windows beyond 16 MB are an extension that nobody may send unasked.
            if !decoder.set_parameter(LARGE_WINDOW, 0) {
                return Layer {
                    fault: Some("large windows could not be refused".to_owned()),
                    ..Layer::default()
                };
            }
            drain(decoder, limit)
        }
    }
}

/// Frame after frame, skipping those that carry no data.
fn zstd(bytes: &[u8], limit: usize) -> Layer {
    let mut rest = bytes;
    let mut all = Layer::default();
    while !rest.is_empty() && !all.more && all.fault.is_none() {
        if let Some(after) = skippable(rest) {
            rest = after;
            continue;
        }
        let room = limit - all.bytes.len();
        // The decoder asserts what it believes about its input; a hostile frame must not end the
        // window where such a belief is wrong.
        let frame = catch_unwind(AssertUnwindSafe(|| {
            let mut source = rest;
            match ruzstd::decoding::StreamingDecoder::new_with_max_window_size(
                &mut source,
                MAX_WINDOW,
            ) {
                Ok(decoder) => drain(decoder, room),
                Err(error) => Layer {
                    fault: Some(error.to_string()),
                    ..Layer::default()
                },
            }
            .with_rest(source.len())
        }));
        let Ok((frame, left)) = frame else {
            all.fault = Some("the frame contradicts itself".to_owned());
            break;
        };
        all.bytes.extend_from_slice(&frame.bytes);
        all.more = frame.more;
        all.fault = frame.fault;
        // A frame takes at least its header, so this ends.
        rest = &rest[rest.len() - left.min(rest.len().saturating_sub(1))..];
    }
    all
}

impl Layer {
    fn with_rest(self, left: usize) -> (Self, usize) {
        (self, left)
    }
}

/// What follows a skippable frame, if there is one.
fn skippable(bytes: &[u8]) -> Option<&[u8]> {
    let [kind, 0x2a, 0x4d, 0x18, a, b, c, d, rest @ ..] = bytes else {
        return None;
    };
    let length = usize::try_from(u32::from_le_bytes([*a, *b, *c, *d])).ok()?;
    (kind & 0xf0 == 0x50).then(|| rest.get(length..).unwrap_or_default())
}

/// Reads to the end, to the first fault, or to the limit.
fn drain(mut source: impl Read, limit: usize) -> Layer {
    let mut layer = Layer::default();
    let mut part = vec![0; 16 * 1_024];
    loop {
        match source.read(&mut part) {
            Ok(0) => return layer,
            Ok(count) => {
                let room = (limit - layer.bytes.len()).min(count);
                layer.bytes.extend_from_slice(&part[..room]);
                if room < count {
                    layer.more = true;
                    return layer;
                }
            }
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(error) => {
                layer.fault = Some(error.to_string());
                return layer;
            }
        }
    }
}
