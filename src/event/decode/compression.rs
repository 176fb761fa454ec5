//! Takes the layers of compression off a body. What comes out is bounded, and so is the memory that
//! a decoder takes for itself, whatever the body claims.

use std::borrow::Cow;
use std::io::{Cursor, Read};
use std::panic::{AssertUnwindSafe, catch_unwind};

use brotli_decompressor::BrotliDecoderParameter::BROTLI_DECODER_PARAM_LARGE_WINDOW as LARGE_WINDOW;

use super::coding::{Coding, Declared, is_zlib};
use crate::text::base64;

/// Most layers that are taken off; nobody compresses more often, except to harm.
const MAX_LAYERS: usize = 4;
/// Largest window that a zstd frame may ask memory for: what RFC 8878 recommends every decoder to
/// grant, and all that the levels up to 19 need.
const MAX_WINDOW: u64 = 8 << 20;

/// Most memory that an xz stream may ask for, in KiB: what the preset that everybody uses needs.
const MAX_XZ_KIB: u32 = 20_000;

/// A body without its compression.
pub(crate) struct Uncompressed<'a> {
    /// What is left: at most the limit.
    pub(crate) bytes: Cow<'a, [u8]>,
    /// The layers that were taken off, outermost first.
    pub(crate) steps: Vec<String>,
    /// The same, to be put on again.
    pub(crate) codings: Vec<Coding>,
    /// Where declaration and bytes disagree.
    pub(crate) warnings: Vec<String>,
    /// What is broken.
    pub(crate) problem: Option<String>,
    /// There is more than the limit.
    pub(crate) cut: bool,
    /// Why it cannot be put on again, in words.
    pub(crate) closed: Option<String>,
}

/// Takes off what is declared, then what the bytes themselves show.
pub(crate) fn take_off<'a>(body: &'a [u8], declared: &Declared, limit: usize) -> Uncompressed<'a> {
    let mut out = Uncompressed {
        bytes: Cow::Borrowed(body),
        steps: Vec::new(),
        codings: Vec::new(),
        warnings: Vec::new(),
        problem: None,
        cut: false,
        closed: None,
    };
    let mut left = declared.layers.clone();
    while let Some(place) = outermost(&left, &out.bytes) {
        let coding = left.remove(place);
        let by = if declared.by_header {
            " (header compression)"
        } else {
            ""
        };
        out.declared_layer(coding, by, limit);
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

/// Which of the declared layers comes off next. HTTP lists the outermost last, Spring first, so what
/// the bytes show counts before the order.
fn outermost(left: &[Coding], bytes: &[u8]) -> Option<usize> {
    let shown = left.iter().rposition(|coding| coding.has_its_mark(bytes));
    let hidden = || left.iter().rposition(|coding| !coding.has_mark());
    shown.or_else(hidden).or(left.len().checked_sub(1))
}

impl Uncompressed<'_> {
    fn declared_layer(&mut self, coding: Coding, by: &str, limit: usize) {
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
        if coding.has_mark() && !coding.has_its_mark(&self.bytes) {
            let how = match coding {
                Coding::Base64 => "written as",
                _ => "compressed with",
            };
            self.warnings
                .push(format!("Declared {name}{by}, but it is not {how} {name}"));
            return;
        }
        let read = read(coding, &self.bytes, limit);
        if read.bytes.is_empty()
            && !coding.has_mark()
            && let Some(fault) = &read.fault
        {
            self.warnings.push(format!(
                "Declared {name}{by}, but it cannot be read as {name}: {fault}"
            ));
            return;
        }
        self.take(read, coding, format!("{name}{by}"));
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
        if let Some(entries) = read.entries {
            let words = format!("The zip archive has {entries} entries; the first is shown");
            self.closed = Some(words.clone());
            self.warnings.push(words);
        }
        self.bytes = Cow::Owned(read.bytes);
        self.steps.push(step);
    }
}

/// What one layer gave.
#[derive(Default)]
pub(crate) struct Layer {
    pub(crate) bytes: Vec<u8>,
    pub(crate) more: bool,
    pub(crate) fault: Option<String>,
    /// The number of entries in an archive that has several.
    pub(crate) entries: Option<usize>,
}

impl Layer {
    fn broken(fault: &impl ToString) -> Self {
        Self {
            fault: Some(fault.to_string()),
            ..Self::default()
        }
    }
}

/// Takes one layer off.
pub(crate) fn read(coding: Coding, bytes: &[u8], limit: usize) -> Layer {
    // Decoders assert what they believe about their input; a hostile one must not end the window
    // where such a belief is wrong.
    catch_unwind(AssertUnwindSafe(|| read_layer(coding, bytes, limit)))
        .unwrap_or_else(|_| Layer::broken(&"it contradicts itself"))
}

fn read_layer(coding: Coding, bytes: &[u8], limit: usize) -> Layer {
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
                return Layer::broken(&"large windows could not be refused");
            }
            drain(decoder, limit)
        }
        Coding::Bzip2 => drain(bzip2::read::MultiBzDecoder::new(bytes), limit),
        Coding::Xz => {
            let decoder = lzma_rust2::XzReader::new_mem_limit(bytes, true, MAX_XZ_KIB);
            drain(decoder, limit)
        }
        Coding::Zip => zip(bytes, limit),
        Coding::Base64 => {
            let packed: Vec<u8> = bytes
                .iter()
                .copied()
                .filter(|b| !b.is_ascii_whitespace())
                .collect();
            let text = String::from_utf8_lossy(&packed);
            let Some(mut bytes) = base64::decode(&text) else {
                return Layer::broken(&"it is not whole");
            };
            let more = bytes.len() > limit;
            bytes.truncate(limit);
            Layer {
                bytes,
                more,
                ..Layer::default()
            }
        }
    }
}

/// The first entry of an archive.
fn zip(bytes: &[u8], limit: usize) -> Layer {
    let mut archive = match zip::ZipArchive::new(Cursor::new(bytes)) {
        Ok(archive) => archive,
        Err(fault) => return Layer::broken(&fault),
    };
    let entries = archive.len();
    let mut layer = match archive.by_index(0) {
        Ok(entry) => drain(entry, limit),
        Err(fault) => Layer::broken(&fault),
    };
    layer.entries = (entries > 1).then_some(entries);
    layer
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
        // Caught here too, so that the frames before it are shown.
        let frame = catch_unwind(AssertUnwindSafe(|| {
            let mut source = rest;
            match ruzstd::decoding::StreamingDecoder::new_with_max_window_size(
                &mut source,
                MAX_WINDOW,
            ) {
                Ok(decoder) => drain(decoder, room),
                Err(error) => Layer::broken(&error),
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
