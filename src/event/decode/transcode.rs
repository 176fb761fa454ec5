//! Writes the items of a binary format as a JSON text. One flat loop with a stack of its own:
//! depth, output and work are bounded, and what could be read stays a whole JSON document.

use std::borrow::Cow;

use crate::text::{base64, hex};

/// Deepest nesting that is written; what lies deeper is read over.
pub(crate) const MAX_DEPTH: usize = 128;
/// Byte strings up to this length are shown in hex, longer ones in base64.
const MAX_HEX: usize = 64;

/// The next thing in a binary document.
pub(crate) enum TranscodedItem<'a> {
    /// Written as it is: a number, `true`, `null`.
    Literal(String),
    Text(Cow<'a, str>),
    Bytes(Cow<'a, [u8]>),
    /// Bytes that mean something by the number of their extension.
    Extension(i8, &'a [u8]),
    /// With the number of items, where that is known beforehand.
    Array(Option<u64>),
    /// With the number of pairs.
    Map(Option<u64>),
    /// The end of an array or map whose length was not known.
    Break,
    /// A name for the item that follows.
    Tag(u64),
}

/// Why reading stopped before the end of the document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stop {
    /// The input ends too early.
    Ended,
    /// The output is full.
    Full,
    /// No document of this format looks so.
    Wrong(&'static str),
}

/// A place in the input.
pub(crate) struct Cursor<'a> {
    pub(crate) bytes: &'a [u8],
    pub(crate) at: usize,
}

impl<'a> Cursor<'a> {
    /// The next bytes. A length that lies costs nothing: nothing is set aside for it.
    pub(crate) fn take(&mut self, length: u64) -> Result<&'a [u8], Stop> {
        let length = usize::try_from(length).map_err(|_| Stop::Ended)?;
        let end = self.at.checked_add(length).ok_or(Stop::Ended)?;
        let taken = self.bytes.get(self.at..end).ok_or(Stop::Ended)?;
        self.at = end;
        Ok(taken)
    }

    /// An unsigned number of this many bytes, at most 8, most significant first.
    pub(crate) fn number(&mut self, length: u64) -> Result<u64, Stop> {
        let bytes = self.take(length)?;
        Ok(bytes
            .iter()
            .fold(0, |number, byte| number << 8 | u64::from(*byte)))
    }
}

/// A document as JSON.
pub(crate) struct Transcoded {
    /// A whole JSON document, also where reading stopped early.
    pub(crate) json: Vec<u8>,
    /// Bytes of the input that were read.
    pub(crate) used: usize,
    /// Why there is no more.
    pub(crate) stop: Option<Stop>,
    /// The outermost item is an array or a map that is not empty.
    pub(crate) nested: bool,
}

struct OpenContainer {
    map: bool,
    /// Items still to come; pairs count twice.
    left: Option<u64>,
    /// Items that came.
    count: u64,
    /// Not written: too deep, or the name of a member.
    hidden: bool,
}

struct DocumentWriter {
    json: Vec<u8>,
    open: Vec<OpenContainer>,
}

/// Reads one document with `next` and writes it, in at most about `limit` bytes.
pub(crate) fn transcode<'a>(
    bytes: &'a [u8],
    limit: usize,
    mut next: impl FnMut(&mut Cursor<'a>) -> Result<TranscodedItem<'a>, Stop>,
) -> Transcoded {
    let mut cursor = Cursor { bytes, at: 0 };
    let mut writer = DocumentWriter {
        json: Vec::new(),
        open: Vec::new(),
    };
    let mut nested = false;
    let stop = loop {
        if writer.json.len() > limit {
            break Some(Stop::Full);
        }
        let item = match next(&mut cursor) {
            Ok(item) => item,
            Err(stop) => break Some(stop),
        };
        nested |= !writer.open.is_empty();
        match writer.put(item) {
            Err(stop) => break Some(stop),
            Ok(()) => writer.close_full(),
        }
        if writer.open.is_empty() {
            break None;
        }
    };
    writer.close_all();
    Transcoded {
        json: writer.json,
        used: cursor.at,
        stop,
        nested,
    }
}

impl DocumentWriter {
    fn hidden(&self) -> bool {
        self.open.last().is_some_and(|open| open.hidden)
    }

    fn at_name(&self) -> bool {
        self.open
            .last()
            .is_some_and(|open| open.map && open.count.is_multiple_of(2))
    }

    fn put(&mut self, item: TranscodedItem<'_>) -> Result<(), Stop> {
        let text: Cow<'_, str> = match item {
            TranscodedItem::Break => return self.end_unknown(),
            TranscodedItem::Array(length) => return self.begin(false, length),
            TranscodedItem::Map(pairs) => {
                // More pairs than fit into the number cannot come anyway.
                return self.begin(true, pairs.map(|pairs| pairs.saturating_mul(2)));
            }
            TranscodedItem::Tag(tag) => {
                // A name cannot hold another value, so there the tag is left out.
                if !self.at_name() {
                    self.begin(true, Some(2))?;
                    self.string(&format!("tag {tag}"));
                }
                return Ok(());
            }
            TranscodedItem::Literal(literal) => {
                if self.at_name() {
                    literal.into()
                } else {
                    if self.before_item() {
                        self.json.extend_from_slice(literal.as_bytes());
                    }
                    return Ok(());
                }
            }
            TranscodedItem::Text(text) => text,
            TranscodedItem::Bytes(bytes) => bytes_text(&bytes).into(),
            TranscodedItem::Extension(kind, bytes) => {
                format!("ext {kind}, {}", bytes_text(bytes)).into()
            }
        };
        self.string(&text);
        Ok(())
    }

    fn string(&mut self, text: &str) {
        if self.before_item() {
            let quoted = serde_json::Value::from(text).to_string();
            self.json.extend_from_slice(quoted.as_bytes());
        }
    }

    /// Writes the comma or colon before the next item and counts it; false if it is not shown.
    fn before_item(&mut self) -> bool {
        let Some(open) = self.open.last_mut() else {
            return true;
        };
        let count = open.count;
        open.count += 1;
        open.left = open.left.map(|left| left.saturating_sub(1));
        if open.hidden {
            return false;
        }
        if open.map && count % 2 == 1 {
            self.json.push(b':');
        } else if count > 0 {
            self.json.push(b',');
        }
        true
    }

    fn begin(&mut self, map: bool, left: Option<u64>) -> Result<(), Stop> {
        let name = self.at_name();
        let deep = self.open.len() >= MAX_DEPTH;
        let mut hidden = self.hidden();
        if !hidden && (name || deep) {
            self.string(if name {
                "(a name that is itself nested)"
            } else {
                "(deeper parts are not shown)"
            });
            hidden = true;
        } else if self.before_item() {
            self.json.push(if map { b'{' } else { b'[' });
        }
        if self.open.len() > MAX_DEPTH * 1_000 {
            return Err(Stop::Wrong("it is nested too deeply"));
        }
        self.open.push(OpenContainer {
            map,
            left,
            count: 0,
            hidden,
        });
        Ok(())
    }

    fn end_unknown(&mut self) -> Result<(), Stop> {
        match self.open.last() {
            Some(open) if open.left.is_none() && !(open.map && open.count % 2 == 1) => {
                self.close();
                Ok(())
            }
            _ => Err(Stop::Wrong("an end without a beginning")),
        }
    }

    fn close(&mut self) {
        if let Some(open) = self.open.pop()
            && !open.hidden
        {
            if open.map && open.count % 2 == 1 {
                self.json.extend_from_slice(b":null");
            }
            self.json.push(if open.map { b'}' } else { b']' });
        }
    }

    fn close_full(&mut self) {
        while self.open.last().is_some_and(|open| open.left == Some(0)) {
            self.close();
        }
    }

    fn close_all(&mut self) {
        while !self.open.is_empty() {
            self.close();
        }
    }
}

/// A floating point number as JSON has it; what JSON cannot say is said as text.
pub(crate) fn float(number: f64) -> TranscodedItem<'static> {
    if number.is_finite() {
        TranscodedItem::Literal(format!("{number:?}"))
    } else {
        TranscodedItem::Text(number.to_string().into())
    }
}

/// Like [`float`], for 32 bits: 0.1 stays 0.1.
pub(crate) fn float32(number: f32) -> TranscodedItem<'static> {
    if number.is_finite() {
        TranscodedItem::Literal(format!("{number:?}"))
    } else {
        TranscodedItem::Text(number.to_string().into())
    }
}

/// Bytes as text that [`text_bytes`] reads.
pub(crate) fn bytes_text(bytes: &[u8]) -> String {
    if bytes.len() > MAX_HEX {
        return format!("base64:{}", base64::encode(bytes));
    }
    let mut text = "hex:".to_owned();
    for byte in bytes {
        text.push_str(&format!("{byte:02x}"));
    }
    text
}

/// The bytes of a text that [`bytes_text`] wrote.
pub(crate) fn text_bytes(text: &str) -> Option<Vec<u8>> {
    if let Some(coded) = text.strip_prefix("base64:") {
        return base64::decode(coded);
    }
    hex::bytes(text.strip_prefix("hex:")?)
}
