//! A body into JSON. One flat loop over a stack of what is to be read next, in step with the one that
//! writes.

use crate::event::decode::transcode::{
    Cursor, MAX_DEPTH, Stop, TranscodedItem, bytes_text, float, float32, transcode,
};
use crate::schema::body::ReadBody;
use crate::schema::compare::avro::logical::Logical;
use crate::schema::compare::avro::{Avro, AvroField, AvroShape, Type};
use crate::text::json::MAX_ROWS;

use super::meaning::{decimal_text, fixed_text, time_text};
use super::{is_bare, is_null};

/// Deepest nesting that is read at all; what lies deeper than [`MAX_DEPTH`] is not shown.
const DEEPEST: usize = 1_000;

/// Reads a body that was written with this schema, at most about `limit` bytes of JSON.
#[must_use]
pub fn read(avro: &Avro, body: &[u8], limit: usize) -> ReadBody {
    let mut items = AvroItems {
        avro,
        open: vec![AvroStep::Value(&avro.root)],
        rows: 0,
        raw: Vec::new(),
        is_exact: true,
        // What takes no bytes of the body is bounded by what may come out of it.
        left: body.len().saturating_add(limit).saturating_add(1_000),
    };
    let document = transcode(body, limit, |cursor| items.next(cursor));
    let at = document.used;
    let problem = match document.stop {
        None if at < body.len() => Some(format!(
            "{} bytes follow the Avro value and are not shown",
            body.len() - at
        )),
        None | Some(Stop::Full) => None,
        Some(Stop::Ended) => Some(format!("The Avro ends too early, at byte {at}")),
        Some(Stop::Wrong(words)) => Some(format!("The Avro is broken at byte {at}: {words}")),
    };
    ReadBody {
        json: document.json,
        raw: items.raw,
        used: at,
        cut: document.stop == Some(Stop::Full),
        problem,
        is_exact: items.is_exact,
        unknown: 0,
    }
}

/// What is to be read next.
enum AvroStep<'s> {
    Value(&'s Type),
    /// A name that stands in the JSON and not in the body.
    Name(&'s str),
    /// The object around a union's value.
    Around,
    /// Fields of a record that are still to come.
    Fields(&'s [AvroField]),
    /// Items of an array, or entries of a map; so many are left of the block.
    Block {
        of: &'s Type,
        has_keys: bool,
        left: u64,
    },
}

struct AvroItems<'s> {
    avro: &'s Avro,
    /// The next one last.
    open: Vec<AvroStep<'s>>,
    /// Values that were given so far.
    rows: usize,
    raw: Vec<(usize, String)>,
    is_exact: bool,
    /// Steps that may still be taken.
    left: usize,
}

impl<'s> AvroItems<'s> {
    fn next<'a>(&mut self, cursor: &mut Cursor<'a>) -> Result<TranscodedItem<'a>, Stop> {
        loop {
            self.left = self.left.checked_sub(1).ok_or(Stop::Full)?;
            match self.open.pop().ok_or(Stop::Ended)? {
                AvroStep::Around => {}
                AvroStep::Name(name) => return Ok(TranscodedItem::Text(name.to_owned().into())),
                AvroStep::Value(kind) => {
                    let is_shown = self.is_shown();
                    if let Some(item) = self.value(kind, cursor)? {
                        self.rows += usize::from(is_shown);
                        return Ok(item);
                    }
                }
                AvroStep::Fields(fields) => {
                    let Some((field, rest)) = fields.split_first() else {
                        continue;
                    };
                    self.open.push(AvroStep::Fields(rest));
                    self.open.push(AvroStep::Value(&field.kind));
                    return Ok(TranscodedItem::Text(field.name.clone().into()));
                }
                AvroStep::Block {
                    of,
                    has_keys,
                    left: 0,
                } => {
                    let left = block(cursor)?;
                    if left == 0 {
                        return Ok(TranscodedItem::Break);
                    }
                    self.open.push(AvroStep::Block { of, has_keys, left });
                }
                AvroStep::Block { of, has_keys, left } => {
                    let left = left - 1;
                    self.open.push(AvroStep::Block { of, has_keys, left });
                    self.open.push(AvroStep::Value(of));
                    if has_keys {
                        return self.text(cursor);
                    }
                }
            }
        }
    }

    /// What is still open is what lies around a value: whether that is so deep that it is left out.
    fn is_shown(&self) -> bool {
        self.open.len() <= MAX_DEPTH
    }

    /// The next value; `None` where only what follows is one.
    fn value<'a>(
        &mut self,
        kind: &'s Type,
        cursor: &mut Cursor<'a>,
    ) -> Result<Option<TranscodedItem<'a>>, Stop> {
        if self.open.len() > DEEPEST {
            return Err(Stop::Wrong("it is nested too deeply"));
        }
        self.is_exact &= self.open.len() < MAX_DEPTH;
        let item = match kind {
            Type::Plain { name, logical } => self.plain(name, logical.as_ref(), cursor)?,
            Type::Array(of) | Type::Map(of) => {
                let has_keys = matches!(kind, Type::Map(_));
                self.open.push(AvroStep::Block {
                    of,
                    has_keys,
                    left: 0,
                });
                if has_keys {
                    TranscodedItem::Map(None)
                } else {
                    TranscodedItem::Array(None)
                }
            }
            Type::Union(branches) => {
                let branch = usize::try_from(long(cursor)?).ok();
                let branch = branch.and_then(|branch| branches.get(branch));
                let branch = branch.ok_or(Stop::Wrong("a union without such a branch"))?;
                if is_bare(self.avro, branches) || is_null(branch) {
                    self.open.push(AvroStep::Value(branch));
                    return Ok(None);
                }
                self.open.push(AvroStep::Around);
                self.open.push(AvroStep::Value(branch));
                self.open.push(AvroStep::Name(branch_name(branch)));
                TranscodedItem::Map(Some(1))
            }
            Type::Named(name) => {
                let avro = self.avro;
                let shape = avro.named.get(name).map(|named| &named.shape);
                self.named(
                    shape.ok_or(Stop::Wrong("a type that is not defined"))?,
                    cursor,
                )?
            }
        };
        Ok(Some(item))
    }

    fn named<'a>(
        &mut self,
        shape: &'s AvroShape,
        cursor: &mut Cursor<'a>,
    ) -> Result<TranscodedItem<'a>, Stop> {
        Ok(match shape {
            AvroShape::Record(fields) => {
                self.open.push(AvroStep::Fields(fields));
                TranscodedItem::Map(Some(fields.len() as u64))
            }
            AvroShape::Enum { symbols, .. } => {
                let symbol = usize::try_from(long(cursor)?).ok();
                let symbol = symbol.and_then(|symbol| symbols.get(symbol));
                let symbol = symbol.ok_or(Stop::Wrong("an enum without such a symbol"))?;
                TranscodedItem::Text(symbol.clone().into())
            }
            AvroShape::Fixed { size, logical } => {
                let bytes = cursor.take(*size)?;
                self.bytes(bytes, logical.as_ref())
            }
        })
    }

    fn plain<'a>(
        &mut self,
        name: &str,
        logical: Option<&Logical>,
        cursor: &mut Cursor<'a>,
    ) -> Result<TranscodedItem<'a>, Stop> {
        Ok(match name {
            "null" => TranscodedItem::Literal("null".to_owned()),
            "boolean" => match cursor.take(1)? {
                [0] => TranscodedItem::Literal("false".to_owned()),
                [1] => TranscodedItem::Literal("true".to_owned()),
                _ => return Err(Stop::Wrong("a boolean is neither 0 nor 1")),
            },
            "int" | "long" => {
                let number = long(cursor)?;
                if name == "int" && i32::try_from(number).is_err() {
                    return Err(Stop::Wrong("an int is larger than 32 bits"));
                }
                match logical.and_then(|logical| time_text(logical, number)) {
                    Some(text) => {
                        self.note(number.to_string());
                        TranscodedItem::Text(text.into())
                    }
                    None => TranscodedItem::Literal(number.to_string()),
                }
            }
            "float" => {
                let bits = u32::try_from(little(cursor, 4)?).unwrap_or_default();
                float32(f32::from_bits(bits))
            }
            "double" => float(f64::from_bits(little(cursor, 8)?)),
            "bytes" => {
                let bytes = sized(cursor)?;
                self.bytes(bytes, logical)
            }
            _ => self.text(cursor)?,
        })
    }

    fn bytes<'a>(&mut self, bytes: &'a [u8], logical: Option<&Logical>) -> TranscodedItem<'a> {
        let digits = logical.and_then(|logical| logical.digits);
        if let Some(number) = digits.and_then(|(_, scale)| decimal_text(bytes, scale)) {
            self.note(bytes_text(bytes));
            return TranscodedItem::Literal(number);
        }
        if let Some(text) = logical.and_then(|logical| fixed_text(logical, bytes)) {
            self.note(bytes_text(bytes));
            return TranscodedItem::Text(text.into());
        }
        TranscodedItem::Bytes(bytes.into())
    }

    /// Text; bytes that are none are shown as bytes, and cannot be written back.
    fn text<'a>(&mut self, cursor: &mut Cursor<'a>) -> Result<TranscodedItem<'a>, Stop> {
        let bytes = sized(cursor)?;
        if let Ok(text) = std::str::from_utf8(bytes) {
            return Ok(TranscodedItem::Text(text.into()));
        }
        self.is_exact = false;
        Ok(TranscodedItem::Bytes(bytes.into()))
    }

    /// Keeps what stands in the body for the next row.
    fn note(&mut self, raw: String) {
        if self.raw.len() < MAX_ROWS && self.is_shown() {
            self.raw.push((self.rows, raw));
        }
    }
}

/// The name that stands for a branch in Avro's JSON encoding.
fn branch_name(branch: &Type) -> &str {
    match branch {
        Type::Plain { name, .. } | Type::Named(name) => name,
        Type::Array(_) => "array",
        Type::Map(_) => "map",
        Type::Union(_) => "union",
    }
}

/// The number of items in the next block; behind a negative one stands the block's size in bytes.
fn block(cursor: &mut Cursor<'_>) -> Result<u64, Stop> {
    let count = long(cursor)?;
    if count < 0 {
        long(cursor)?;
    }
    Ok(count.unsigned_abs())
}

/// A number in as few groups of seven bits as it needs, its sign in the lowest.
fn long(cursor: &mut Cursor<'_>) -> Result<i64, Stop> {
    let mut number = 0_u64;
    for shift in (0..70).step_by(7) {
        let byte = cursor.take(1)?.first().copied().unwrap_or_default();
        if shift == 63 && byte > 1 {
            break;
        }
        number |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Ok((number >> 1).cast_signed() ^ -(number & 1).cast_signed());
        }
    }
    Err(Stop::Wrong("a number is larger than 64 bits"))
}

fn little(cursor: &mut Cursor<'_>, length: u64) -> Result<u64, Stop> {
    let bytes = cursor.take(length)?.iter().rev();
    Ok(bytes.fold(0, |number, byte| number << 8 | u64::from(*byte)))
}

fn sized<'a>(cursor: &mut Cursor<'a>) -> Result<&'a [u8], Stop> {
    let length = u64::try_from(long(cursor)?).map_err(|_| Stop::Wrong("a length is negative"))?;
    cursor.take(length)
}
