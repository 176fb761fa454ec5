//! A body as a person can read it: compression taken off, binary formats written as JSON, and words
//! about what was declared, what it is, and where the two disagree.
//!
//! Bodies are hostile: what comes out is bounded by a limit, depth by a constant, and nothing here
//! recurses over a body or sets memory aside because a body says so.

mod cbor;
mod charset;
mod compression;
mod format;
#[cfg(test)]
mod hostile_tests;
mod message_pack;
mod packing;
#[cfg(test)]
mod tests;
mod transcode;

use std::borrow::Cow;

use super::payload::size_text;
use super::properties::Properties;

pub use format::Format;
use format::Promise;
pub use packing::{Opened, Packing, open};

/// How a body carries a CloudEvent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CloudEvent {
    /// The attributes stand in the body, around the data.
    Structured,
    /// The body is a list of structured ones.
    Batch,
    /// The attributes stand in headers, the body is the data.
    Binary,
}

/// A body as it can be read.
#[derive(Debug)]
pub struct Decoded<'a> {
    /// What was done, in order, and what it is: `gzip → JSON`.
    pub steps: Vec<String>,
    /// The content type as declared, cut to a length for people.
    pub declared: Option<String>,
    /// What it is.
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
}

/// Decodes a body by its declared and its detected type. At most about `limit` bytes are looked at
/// and given back.
#[must_use]
pub fn decode<'a>(body: &'a [u8], properties: &Properties, limit: usize) -> Decoded<'a> {
    let content_type = properties.content_type.as_deref().unwrap_or_default();
    let (essence, parameters) = content_type.split_once(';').unwrap_or((content_type, ""));
    let essence = essence.trim().to_ascii_lowercase();
    let plain = compression::take_off(body, properties.content_encoding.as_deref(), limit);
    let mut out = Decoded {
        steps: plain.steps,
        declared: (!essence.is_empty()).then(|| short(&essence)),
        format: Format::Empty,
        cloud_event: None,
        bytes: charset::without_mark(plain.bytes),
        warnings: plain.warnings,
        problem: plain.problem,
        cut: plain.cut,
    };
    // Some clients put the character set into the content encoding.
    let charset = charset_of(parameters).or_else(|| plain.other.clone());
    match charset::to_utf8(&out.bytes, charset.as_deref()) {
        Some((name, text)) => {
            out.steps.push(name.to_owned());
            out.bytes = Cow::Owned(text.into_bytes());
        }
        None => out.warnings.extend(
            plain
                .other
                .filter(|other| !KNOWN_OTHERS.contains(&other.as_str()))
                .map(|other| format!("The content encoding {} is not known here", short(&other))),
        ),
    }
    let promise = Promise::of(&essence);
    let found = format::find(&out.bytes, promise, out.cut, limit);
    out.format = found.format;
    if out.problem.is_none() {
        out.problem = found.problem;
    }
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
    out.cloud_event = cloud_event(&out, &essence, properties);
    out.steps.extend(out.cloud_event.map(|kind| {
        match kind {
            CloudEvent::Structured => "CloudEvent",
            CloudEvent::Batch => "batch of CloudEvents",
            CloudEvent::Binary => "CloudEvent with attributes in headers",
        }
        .to_owned()
    }));
    out.steps.push(out.format.name());
    out
}

impl Decoded<'_> {
    /// The JSON document, whatever it was on the wire. It may break off where [`Self::cut`] or
    /// [`Self::problem`] say so.
    #[must_use]
    pub fn json(&self) -> Option<&[u8]> {
        let is_json = matches!(
            self.format,
            Format::Json | Format::MessagePack | Format::Cbor
        );
        is_json.then_some(&*self.bytes)
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

/// What clients write as content encoding without meaning a compression.
const KNOWN_OTHERS: [&str; 6] = ["utf-8", "utf8", "binary", "ascii", "us-ascii", "8bit"];

fn charset_of(parameters: &str) -> Option<String> {
    parameters.split(';').find_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        let value = value.trim().trim_matches('"').to_ascii_lowercase();
        name.trim().eq_ignore_ascii_case("charset").then_some(value)
    })
}

/// The one attribute that tells a structured CloudEvent from other objects.
#[derive(serde::Deserialize)]
struct Attributes {
    #[serde(rename = "specversion")]
    _specversion: serde::de::IgnoredAny,
}

fn cloud_event(out: &Decoded<'_>, essence: &str, properties: &Properties) -> Option<CloudEvent> {
    match essence {
        "application/cloudevents-batch+json" => return Some(CloudEvent::Batch),
        kind if kind.starts_with("application/cloudevents+") => {
            return Some(CloudEvent::Structured);
        }
        _ => {}
    }
    let names = [
        "cloudEvents:specversion",
        "cloudEvents_specversion",
        "ce-specversion",
        "ce_specversion",
    ];
    if names.iter().any(|name| properties.header(name).is_some()) {
        return Some(CloudEvent::Binary);
    }
    // The name is looked for before the document is read again: most bodies lack it.
    let json = out.json()?;
    memchr::memmem::find(json, b"\"specversion\"")?;
    serde_json::from_slice::<Attributes>(json)
        .is_ok()
        .then_some(CloudEvent::Structured)
}

/// Declared names come from the publisher and may be long.
fn short(text: &str) -> String {
    super::payload::visible_line(text)
        .chars()
        .take(80)
        .collect()
}
