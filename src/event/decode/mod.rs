//! A body as a person can read it: compression taken off, binary formats written as JSON, and words
//! about what was declared, what it is, and where the two disagree.
//!
//! Bodies are hostile: what comes out is bounded by a limit, depth by a constant, and nothing here
//! recurses over a body or sets memory aside because a body says so.

mod cbor;
mod charset;
mod coding;
mod compression;
mod format;
mod framed;
#[cfg(test)]
mod hostile_tests;
mod message_pack;
pub mod named;
mod packing;
#[cfg(test)]
mod tests;
pub(crate) mod transcode;

use std::borrow::Cow;

use super::amqp::Properties;
use super::cloud_event::{self, CloudEvent};
use super::wire::Frame;
use crate::text::json;
use crate::text::payload::{PayloadKind, size_text};
use charset::Charset;
use named::NamedBody;

pub use coding::declares_nothing;
pub use format::Format;
use format::{FoundFormat, Promise};
pub use packing::{Opened, Packing, open};

/// A body as it can be read.
#[derive(Debug)]
pub struct Decoded<'a> {
    /// What was done, in order, and what it is: `gzip → JSON`.
    pub steps: Vec<String>,
    /// The content type as declared, cut to a length for people.
    pub declared: Option<String>,
    pub format: Format,
    /// The CloudEvent that it carries, if any.
    pub cloud_event: Option<CloudEvent>,
    /// JSON or text, or the bytes of what is neither; borrowed where nothing had to be changed.
    pub bytes: Cow<'a, [u8]>,
    /// Where declaration and bytes disagree, in words.
    pub warnings: Vec<String>,
    /// What is broken, in words; what could be read is there all the same.
    pub problem: Option<String>,
    /// There is more than the limit let through.
    pub cut: bool,
    /// The schema that it names is being asked for: when it has come, there is more to read.
    pub is_asked: bool,
}

/// A text in UTF-16 that a byte order mark tells; none for any other.
pub(crate) fn marked_text(bytes: &[u8]) -> Option<String> {
    charset::to_utf8(bytes, None).map(|(_, text)| text)
}

/// True if a body of this kind is read as it stands: neither its bytes nor a declaration put anything
/// between it and its text. `kind` is what [`PayloadKind::detect`] says of the bytes.
#[must_use]
pub fn is_plain(kind: PayloadKind, properties: &Properties) -> bool {
    match kind {
        PayloadKind::Empty => true,
        PayloadKind::Binary => false,
        PayloadKind::Json | PayloadKind::Text => declares_nothing(properties),
    }
}

/// A body whose layers are off, with what is needed to put them on again.
struct Unpacked<'a> {
    plain: compression::Uncompressed<'a>,
    charset: Option<Charset>,
    /// What stood in front of the text: a byte order mark or a frame.
    before: Vec<u8>,
    /// What stood behind it: NUL bytes.
    behind: Vec<u8>,
    /// The schema id of the frame.
    schema_id: Option<u32>,
    unknown: Option<String>,
}

fn unpack<'a>(body: &'a [u8], properties: &Properties, limit: usize) -> Unpacked<'a> {
    let declared = coding::declared(properties, body);
    let mut plain = compression::take_off(body, &declared, limit);
    let mut out_charset = None;
    if let Some((charset, text)) = charset::to_utf8(&plain.bytes, declared.charset.as_deref()) {
        out_charset = Some(charset);
        plain.steps.push(charset.name().to_owned());
        plain.bytes = Cow::Owned(text.into_bytes());
    }
    let schema_id = framed::json_behind_id(&plain.bytes, plain.cut);
    let frame = if schema_id.is_some() {
        framed::FRAME
    } else {
        0
    };
    // What a schema says is no text, though it may look like one.
    let is_named = named::is_told(properties);
    let inside = if is_named {
        &plain.bytes[..]
    } else {
        json::trim(&plain.bytes[frame..])
    };
    // Behind what is no text a zero is a part of it, and what was cut has no end to look at.
    let is_text = !is_named && std::str::from_utf8(inside).is_ok_and(|text| !text.contains('\0'));
    let start = inside.as_ptr() as usize - plain.bytes.as_ptr() as usize;
    let end = if is_text && !plain.cut && !inside.is_empty() {
        start + inside.len()
    } else {
        plain.bytes.len()
    };
    let (before, behind) = (plain.bytes[..start].to_vec(), plain.bytes[end..].to_vec());
    plain.bytes = match plain.bytes {
        Cow::Borrowed(bytes) => bytes[start..end].into(),
        Cow::Owned(mut bytes) => {
            bytes.truncate(end);
            bytes.drain(..start);
            bytes.into()
        }
    };
    Unpacked {
        plain,
        charset: out_charset,
        before,
        behind,
        schema_id,
        unknown: declared.unknown,
    }
}

/// Decodes a body by its declared and its detected type. At most about `limit` bytes are looked at
/// and given back.
#[must_use]
pub fn decode<'a>(body: &'a [u8], properties: &Properties, limit: usize) -> Decoded<'a> {
    let unpacked = unpack(body, properties, limit);
    formatted(unpacked, properties, limit)
}

fn formatted<'a>(unpacked: Unpacked<'a>, properties: &Properties, limit: usize) -> Decoded<'a> {
    let content_type = properties.content_type.as_deref().unwrap_or_default();
    let essence = content_type.split(';').next().unwrap_or_default();
    let essence = essence.trim().to_ascii_lowercase();
    let plain = unpacked.plain;
    let mut out = Decoded {
        steps: plain.steps,
        declared: (!essence.is_empty()).then(|| short(&essence)),
        format: Format::Empty,
        cloud_event: None,
        bytes: plain.bytes,
        warnings: plain.warnings,
        problem: plain.problem,
        cut: plain.cut,
        is_asked: false,
    };
    if let Some(id) = unpacked.schema_id {
        out.steps
            .push(format!("Confluent's wire format, schema id {id}"));
    }
    if let Some(unknown) = unpacked.unknown {
        let unknown = short(&unknown);
        out.warnings
            .push(format!("The content encoding {unknown} is not known here"));
    }
    let found = found(&mut out, &essence, properties, limit);
    out.format = found.format;
    if out.problem.is_none() {
        out.problem = found.problem;
    }
    let promise = Promise::of(&essence);
    if let Some(declared) = &out.declared
        && let Some(words) = promise.broken_by(declared, found.format, &out.bytes)
        // A broken layer below is said already, and explains this.
        && (out.problem.is_none() || found.format != Format::Text)
    {
        out.warnings.push(words);
    }
    out.cut |= found.cut;
    if let Some(json) = found.json {
        out.bytes = Cow::Owned(json);
    }
    if !unpacked.behind.is_empty() {
        let words = "A NUL byte stands behind the text; it is no part of it, and stays there";
        out.warnings.push(words.to_owned());
    }
    if out.format == Format::Json && json::has_half(&out.bytes) {
        let words = "An escape such as \\ud83d is half of a character: it is shown as \u{fffd}, and \
                     stays as it is written";
        out.warnings.push(words.to_owned());
    }
    out.warnings.extend(cloud_event::mixed(properties));
    out.cloud_event = cloud_event(&out, properties);
    out.steps.extend(out.cloud_event.map(|kind| {
        match kind {
            CloudEvent::Structured => "CloudEvent",
            CloudEvent::Batch => "batch of CloudEvents",
            CloudEvent::Binary => "CloudEvent with attributes in headers",
        }
        .to_owned()
    }));
    let words = found.words.unwrap_or_else(|| out.format.name());
    out.steps.push(words);
    out
}

/// What stands in the bytes: a batch of messages, or one document.
fn found(
    out: &mut Decoded<'_>,
    essence: &str,
    properties: &Properties,
    limit: usize,
) -> FoundFormat {
    let declared = coding::is_batch(properties);
    if let Some(found) = named_body(out, properties, limit) {
        return found;
    }
    let lengths = declared || out.bytes.first() == Some(&0);
    if lengths
        && !out.cut
        && let Some(batch) = framed::batch(&out.bytes, declared, limit)
    {
        return FoundFormat {
            json: Some(batch.json),
            cut: batch.cut,
            ..FoundFormat::plain(Format::Batch {
                messages: batch.messages,
            })
        };
    }
    if declared {
        let words = "Declared lengthHeader4, but the lengths do not add up to the body";
        out.warnings.push(words.to_owned());
    }
    format::find(&out.bytes, Promise::of(essence), out.cut, limit)
}

/// A body that was read with the schema that it names. What is in the way of that is told.
fn named_body(out: &mut Decoded<'_>, properties: &Properties, limit: usize) -> Option<FoundFormat> {
    let frames = named::frames(&out.bytes, properties);
    if frames.frames.is_empty() && frames.problem.is_none() {
        return None;
    }
    let Some(reader) = named::reader() else {
        // Nobody can be asked; what a header says is told all the same.
        let told = frames.frames.iter().find(|frame| frame.is_told());
        out.steps.extend(told.map(Frame::words));
        out.warnings.extend(frames.problem);
        return None;
    };
    match reader.read(&frames, &out.bytes, limit) {
        NamedBody::Bare => None,
        NamedBody::Asked(words) => {
            out.is_asked = true;
            out.warnings
                .push(format!("Its schema is being asked for ({words})"));
            None
        }
        NamedBody::Failed(words) => {
            out.warnings.push(words);
            None
        }
        NamedBody::Read {
            kind,
            words,
            json,
            cut,
            problem,
            ..
        } => {
            out.steps.push(words);
            Some(FoundFormat {
                json: Some(json),
                problem,
                cut,
                ..FoundFormat::plain(Format::Named { kind })
            })
        }
    }
}

impl Decoded<'_> {
    /// The JSON document, whatever it was on the wire. It may break off where [`Self::cut`] or
    /// [`Self::problem`] say so.
    #[must_use]
    pub fn json(&self) -> Option<&[u8]> {
        let is_json = matches!(
            self.format,
            Format::Json
                | Format::MessagePack
                | Format::Cbor
                | Format::Batch { .. }
                | Format::Named { .. }
        );
        is_json.then_some(&*self.bytes)
    }

    /// What a list calls it. A binary format that is shown as JSON stays binary.
    #[must_use]
    pub fn kind(&self) -> PayloadKind {
        match self.format {
            Format::Empty => PayloadKind::Empty,
            Format::Json => PayloadKind::Json,
            Format::Text => PayloadKind::Text,
            _ => PayloadKind::Binary,
        }
    }

    /// JSON or other text.
    #[must_use]
    pub fn text(&self) -> Option<Cow<'_, str>> {
        match self.format {
            Format::Text => Some(String::from_utf8_lossy(&self.bytes)),
            _ => self.json().map(String::from_utf8_lossy),
        }
    }

    /// One line: what was done, what was declared, and the sizes where they differ.
    #[must_use]
    pub fn line(&self, body: &[u8]) -> String {
        let mut line = self.steps.join(" → ");
        match &self.declared {
            Some(declared) => line.push_str(&format!(" · declared {declared}")),
            None => line.push_str(" · no type declared"),
        }
        line.push_str(&format!(" · {}", size_text(body.len() as u64)));
        if matches!(self.bytes, Cow::Owned(_)) {
            let more = if self.cut { "more than " } else { "" };
            let size = size_text(self.bytes.len() as u64);
            line.push_str(&format!(" → {more}{size}"));
        }
        line
    }
}

/// The one attribute that tells a structured CloudEvent from other objects.
#[derive(serde::Deserialize)]
struct Attributes {
    #[serde(rename = "specversion")]
    _specversion: serde::de::IgnoredAny,
}

fn cloud_event(out: &Decoded<'_>, properties: &Properties) -> Option<CloudEvent> {
    if let Some(declared) = cloud_event::declared(properties) {
        return Some(declared);
    }
    // The name is looked for before the document is read again: most bodies lack it.
    let document = out.json()?;
    memchr::memmem::find(document, b"\"specversion\"")?;
    serde_json::from_slice::<Attributes>(&json::mended(document))
        .is_ok()
        .then_some(CloudEvent::Structured)
}

/// Declared names come from the publisher and may be long.
fn short(text: &str) -> String {
    crate::text::payload::visible_line(text)
        .chars()
        .take(80)
        .collect()
}
