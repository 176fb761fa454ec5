//! What stands in a body once its compression is off: by what was declared, and by the bytes.

use super::transcode::{Stop, Transcoded, transcode};
use super::{cbor, framed, message_pack};
use crate::text::json;

/// What a body was recognised as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// No bytes at all.
    Empty,
    /// JSON as it came.
    Json,
    /// Text that is not JSON.
    Text,
    /// MessagePack, shown as JSON.
    MessagePack,
    /// CBOR, shown as JSON.
    Cbor,
    /// Protobuf by declaration; it cannot be read without its schema.
    Protobuf,
    /// Avro by declaration; it cannot be read without its schema.
    Avro,
    /// An Avro container file.
    AvroFile,
    /// Avro or Protobuf that was read with the schema that it names, shown as JSON.
    Named {
        kind: &'static str,
    },
    /// Several messages in one body, each behind its length, shown as a JSON list.
    Batch {
        messages: usize,
    },
    /// A serialised Java object; only its class can be read.
    Java,
    Binary,
}

impl Format {
    /// The name shown to the person.
    #[must_use]
    pub fn name(self) -> String {
        match self {
            Self::Empty => "no body".to_owned(),
            Self::Json => "JSON".to_owned(),
            Self::Text => "text".to_owned(),
            Self::MessagePack => "MessagePack".to_owned(),
            Self::Cbor => "CBOR".to_owned(),
            Self::Protobuf => "Protobuf".to_owned(),
            Self::Avro => "Avro".to_owned(),
            Self::AvroFile => "Avro container file".to_owned(),
            Self::Named { kind } => kind.to_owned(),
            Self::Batch { messages: 1 } => "one message behind its length".to_owned(),
            Self::Batch { messages } => format!("{messages} messages, each behind its length"),
            Self::Java => "serialised Java object".to_owned(),
            Self::Binary => "binary data".to_owned(),
        }
    }
}

/// What a content type promises, as far as it can be checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Promise {
    Json,
    Text,
    MessagePack,
    Cbor,
    Protobuf,
    Avro,
    /// Nothing was promised, or nothing that is known here.
    Nothing,
}

impl Promise {
    /// `essence` is a content type in lower case without its parameters.
    pub(crate) fn of(essence: &str) -> Self {
        let (class, kind) = essence.split_once('/').unwrap_or((essence, ""));
        match kind {
            "msgpack" | "x-msgpack" | "vnd.msgpack" | "messagepack" => Self::MessagePack,
            "cbor" => Self::Cbor,
            "protobuf" | "x-protobuf" | "vnd.google.protobuf" => Self::Protobuf,
            "binary" if class == "avro" => Self::Avro,
            "avro" | "x-avro" | "vnd.apache.avro" => Self::Avro,
            "json" => Self::Json,
            kind if kind.ends_with("+json") => Self::Json,
            kind if kind.ends_with("+cbor") => Self::Cbor,
            kind if kind.ends_with("+msgpack") => Self::MessagePack,
            kind if kind.ends_with("+protobuf") => Self::Protobuf,
            kind if kind.ends_with("+avro") => Self::Avro,
            "xml" | "yaml" | "x-yaml" | "x-ndjson" => Self::Text,
            kind if kind.ends_with("+xml") => Self::Text,
            _ if class == "text" => Self::Text,
            _ => Self::Nothing,
        }
    }

    fn is_kept_by(self, format: Format) -> bool {
        match self {
            Self::Json => format == Format::Json,
            Self::Text => matches!(format, Format::Json | Format::Text),
            Self::MessagePack => format == Format::MessagePack,
            Self::Cbor => format == Format::Cbor,
            Self::Protobuf => matches!(
                format,
                Format::Protobuf | Format::Named { kind: "Protobuf" }
            ),
            Self::Avro => matches!(
                format,
                Format::Avro | Format::AvroFile | Format::Named { kind: "Avro" }
            ),
            Self::Nothing => true,
        }
    }

    /// Where declaration and bytes disagree, in words.
    pub(crate) fn broken_by(self, declared: &str, format: Format, bytes: &[u8]) -> Option<String> {
        // The content type of a batch is that of each message.
        let is_batch = matches!(format, Format::Batch { .. });
        if format == Format::Empty || is_batch || self.is_kept_by(format) {
            return None;
        }
        if self == Self::Json && format == Format::Text {
            let fault = json::fault(bytes);
            let fault = fault.map_or_else(String::new, |fault| format!(": {fault}"));
            return Some(format!(
                "Declared {declared}, but it is not valid JSON{fault}"
            ));
        }
        Some(format!("Declared {declared}, but it is {}", format.name()))
    }
}

/// What was found.
pub(crate) struct FoundFormat {
    pub(crate) format: Format,
    /// The document as JSON, where it came as something else.
    pub(crate) json: Option<Vec<u8>>,
    /// What is broken.
    pub(crate) problem: Option<String>,
    /// There is more than what is shown.
    pub(crate) cut: bool,
    /// What stands for the name of the format, where more can be said.
    pub(crate) words: Option<String>,
}

impl FoundFormat {
    pub(crate) fn plain(format: Format) -> Self {
        Self {
            format,
            json: None,
            problem: None,
            cut: false,
            words: None,
        }
    }

    fn told(format: Format, words: Option<String>) -> Self {
        Self {
            words,
            ..Self::plain(format)
        }
    }
}

/// Finds the format. `cut` says that the bytes are only the beginning.
pub(crate) fn find(bytes: &[u8], promise: Promise, cut: bool, limit: usize) -> FoundFormat {
    if bytes.is_empty() {
        return FoundFormat::plain(Format::Empty);
    }
    if let Some(text) = text_kind(bytes, cut) {
        return FoundFormat::plain(text);
    }
    if bytes.starts_with(b"Obj\x01") {
        return FoundFormat::plain(Format::AvroFile);
    }
    if let Some(class) = framed::java_class(bytes) {
        let words = format!("serialised Java object of the class {class}");
        return FoundFormat::told(Format::Java, Some(words));
    }
    let magic = bytes.starts_with(&cbor::MAGIC);
    if promise == Promise::Cbor || magic {
        let document = transcode(bytes, limit, cbor::next);
        // Something else that is whole is more likely than CBOR that is not.
        if magic || document.is_whole(bytes) || !plausible(bytes, Format::MessagePack) {
            return document.found(Format::Cbor, bytes, cut);
        }
    }
    if promise == Promise::MessagePack {
        let document = transcode(bytes, limit, message_pack::next);
        if document.is_whole(bytes) || !plausible(bytes, Format::Cbor) {
            return document.found(Format::MessagePack, bytes, cut);
        }
    }
    let by_declaration = match promise {
        Promise::Protobuf => Some(Format::Protobuf),
        Promise::Avro => Some(Format::Avro),
        _ => None,
    };
    if let Some(format) = by_declaration {
        // Whether these bytes are an id only its registry knows.
        let words = framed::schema_id(bytes).map(|id| {
            format!(
                "{}, perhaps behind the schema id {id} of Confluent's wire format",
                format.name()
            )
        });
        return FoundFormat::told(format, words);
    }
    for (format, reads) in [
        (Format::MessagePack, plausible(bytes, Format::MessagePack)),
        (Format::Cbor, plausible(bytes, Format::Cbor)),
    ] {
        if !reads {
            continue;
        }
        let document = read(bytes, format, limit);
        if document.nested && (document.is_whole(bytes) || document.stopped_by_limit(cut)) {
            return document.found(format, bytes, cut);
        }
    }
    FoundFormat::plain(Format::Binary)
}

/// JSON or text, if it is either. Costs one pass and never recurses.
fn text_kind(bytes: &[u8], cut: bool) -> Option<Format> {
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => text,
        // A character that the limit cut in half is no fault.
        Err(error) if cut && error.error_len().is_none() => {
            std::str::from_utf8(&bytes[..error.valid_up_to()]).ok()?
        }
        Err(_) => return None,
    };
    let start = text.trim_start();
    let json = start.starts_with(|c: char| "{[\"-0123456789tfn".contains(c))
        && json::fault(bytes).is_none_or(|fault| cut && fault.is_eof());
    if json {
        Some(Format::Json)
    } else {
        (!text.contains('\0')).then_some(Format::Text)
    }
}

fn read(bytes: &[u8], format: Format, limit: usize) -> Transcoded {
    if format == Format::Cbor {
        transcode(bytes, limit, cbor::next)
    } else {
        transcode(bytes, limit, message_pack::next)
    }
}

/// The first byte begins a document of this format that is worth a try without a declaration: a
/// MessagePack map or array, a CBOR map.
fn plausible(bytes: &[u8], format: Format) -> bool {
    match bytes.first() {
        Some(0x81..=0x8f | 0x91..=0x9f | 0xdc..=0xdf) => format == Format::MessagePack,
        Some(0xa1..=0xbb | 0xbf) => format == Format::Cbor,
        _ => false,
    }
}

impl Transcoded {
    fn is_whole(&self, bytes: &[u8]) -> bool {
        self.stop.is_none() && self.used == bytes.len()
    }

    fn stopped_by_limit(&self, cut: bool) -> bool {
        match self.stop {
            Some(Stop::Full) => true,
            Some(Stop::Ended) => cut,
            _ => false,
        }
    }

    fn found(self, format: Format, bytes: &[u8], cut: bool) -> FoundFormat {
        if self.json.is_empty() {
            return FoundFormat::plain(Format::Binary);
        }
        let by_limit = self.stopped_by_limit(cut);
        let name = format.name();
        let at = self.used;
        let problem = match self.stop {
            _ if by_limit => None,
            Some(Stop::Wrong(words)) => Some(format!("The {name} is broken at byte {at}: {words}")),
            Some(_) => Some(format!("The {name} ends too early, at byte {at}")),
            None if at < bytes.len() => Some(format!(
                "{} bytes follow the {name} document and are not shown",
                bytes.len() - at
            )),
            None => None,
        };
        FoundFormat {
            format,
            json: Some(self.json),
            problem,
            cut: by_limit,
            words: None,
        }
    }
}
