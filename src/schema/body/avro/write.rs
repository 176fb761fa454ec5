//! JSON into a body: the rows of the document in the order of the schema, by a flat loop.

use std::collections::HashMap;

use crate::event::decode::transcode::text_bytes;
use crate::schema::body::rows::{children, expected, number, pointer};
use crate::schema::compare::avro::logical::Logical;
use crate::schema::compare::avro::{Avro, AvroShape, Type, name_of};
use crate::text::json::{JsonRow, RowValue, Rows, rows};

use super::meaning::{decimal_bytes, fixed_bytes, time_number, widened};
use super::{is_bare, is_null, kinds};

/// Deepest nesting that is written.
const DEEPEST: usize = 1_000;

/// Writes a JSON document with this schema, as [`super::read`] shows a body.
///
/// # Errors
/// The document does not fit the schema; the words say where.
pub fn write(avro: &Avro, json: &str) -> Result<Vec<u8>, String> {
    let document = rows(json.as_bytes());
    if let Some(why) = document.stopped {
        return Err(why);
    }
    let mut writer = AvroWriter {
        avro,
        document: &document,
        out: Vec::new(),
        next: vec![WriteStep::Value(&avro.root, 0)],
    };
    while let Some(step) = writer.next.pop() {
        let (row, done) = match step {
            WriteStep::End => {
                writer.out.push(0);
                continue;
            }
            WriteStep::Key(row) => (row, writer.key(row)),
            WriteStep::Value(kind, row) => (row, writer.value(kind, row)),
        };
        done.map_err(|words| format!("{}: {words}", pointer(&document, row)))?;
        if writer.next.len() > document.rows.len().saturating_mul(3) + DEEPEST {
            return Err("It is nested too deeply".to_owned());
        }
    }
    Ok(writer.out)
}

enum WriteStep<'s> {
    Value(&'s Type, usize),
    /// The name of a member of a map.
    Key(usize),
    /// The empty block behind the last one.
    End,
}

struct AvroWriter<'s> {
    avro: &'s Avro,
    document: &'s Rows,
    out: Vec<u8>,
    /// The next one last.
    next: Vec<WriteStep<'s>>,
}

impl<'s> AvroWriter<'s> {
    fn row(&self, row: usize) -> Result<&'s JsonRow, String> {
        let found = self.document.rows.get(row);
        found.ok_or_else(|| "there is no value".to_owned())
    }

    fn value(&mut self, kind: &'s Type, row: usize) -> Result<(), String> {
        let value = &self.row(row)?.value;
        match kind {
            Type::Plain { name, logical } => self.plain(name, logical.as_ref(), value),
            Type::Array(of) => match value {
                RowValue::Array(_) => {
                    self.block(of, row, false);
                    Ok(())
                }
                _ => Err(expected("an array")),
            },
            Type::Map(of) => match value {
                RowValue::Object(_) => {
                    self.block(of, row, true);
                    Ok(())
                }
                _ => Err(expected("an object")),
            },
            Type::Union(branches) => self.branch(branches, row),
            Type::Named(name) => {
                let shape = self.avro.named.get(name).map(|named| &named.shape);
                self.named(name, shape.ok_or("its type is not defined")?, row)
            }
        }
    }

    /// All items in one block.
    fn block(&mut self, of: &'s Type, row: usize, has_keys: bool) {
        let children = children(self.document, row);
        if !children.is_empty() {
            self.long(i64::try_from(children.len()).unwrap_or(i64::MAX));
        }
        self.next.push(WriteStep::End);
        for child in children.into_iter().rev() {
            self.next.push(WriteStep::Value(of, child));
            if has_keys {
                self.next.push(WriteStep::Key(child));
            }
        }
    }

    fn key(&mut self, row: usize) -> Result<(), String> {
        let name = self.row(row)?.name.as_deref().unwrap_or_default();
        self.sized(name.as_bytes());
        Ok(())
    }

    fn branch(&mut self, branches: &'s [Type], row: usize) -> Result<(), String> {
        let value = &self.row(row)?.value;
        let all = || {
            let names = branches.iter().map(name_of).collect::<Vec<_>>();
            expected(&format!("one of {}", names.join(", ")))
        };
        let is_bare = is_bare(self.avro, branches);
        let (found, row) = if *value == RowValue::Null {
            (branches.iter().position(is_null), row)
        } else if is_bare {
            let kind = kind_of(value);
            let fits = |branch: &Type| kinds(self.avro, branch).contains(&kind);
            (branches.iter().position(fits), row)
        } else {
            let [inside] = *children(self.document, row) else {
                return Err(all());
            };
            let name = self.row(inside)?.name.as_deref();
            let found = branches
                .iter()
                .position(|branch| name == Some(&*name_of(branch)));
            (found, inside)
        };
        let place = found.ok_or_else(all)?;
        self.long(i64::try_from(place).unwrap_or(i64::MAX));
        self.next.push(WriteStep::Value(&branches[place], row));
        Ok(())
    }

    fn named(&mut self, name: &str, shape: &'s AvroShape, row: usize) -> Result<(), String> {
        let value = &self.row(row)?.value;
        match shape {
            AvroShape::Record(fields) => {
                if !matches!(value, RowValue::Object(_)) {
                    return Err(expected("an object"));
                }
                let children = children(self.document, row).into_iter();
                let named = children.map(|child| {
                    let name = self.document.rows[child].name.as_deref();
                    (name.unwrap_or_default(), child)
                });
                let members: HashMap<&str, usize> = named.collect();
                let unknown = |name: &&&str| !fields.iter().any(|field| field.name == **name);
                if let Some(unknown) = members.keys().filter(|name| unknown(name)).min() {
                    return Err(format!("{name} has no field {unknown}"));
                }
                let mut steps = Vec::new();
                for field in fields {
                    let member = members.get(field.name.as_str());
                    let member = member.ok_or_else(|| {
                        format!("the field {} is missing, and Avro writes all", field.name)
                    })?;
                    steps.push(WriteStep::Value(&field.kind, *member));
                }
                self.next.extend(steps.into_iter().rev());
                Ok(())
            }
            AvroShape::Enum { symbols, .. } => {
                let text = text(value).ok_or_else(|| expected("text"))?;
                let place = symbols.iter().position(|symbol| symbol == text);
                let place =
                    place.ok_or_else(|| expected(&format!("one of {}", symbols.join(", "))))?;
                self.long(i64::try_from(place).unwrap_or(i64::MAX));
                Ok(())
            }
            AvroShape::Fixed { size, logical } => {
                let bytes = bytes(value, logical.as_ref())?;
                let size = usize::try_from(*size).unwrap_or(usize::MAX);
                let is_number = matches!(value, RowValue::Number(_));
                let wide = if is_number {
                    widened(&bytes, size)
                } else {
                    Some(bytes)
                };
                let fits = wide.filter(|bytes| bytes.len() == size);
                let bytes =
                    fits.ok_or_else(|| format!("{name} has {size} bytes, and this does not fit"))?;
                self.out.extend_from_slice(&bytes);
                Ok(())
            }
        }
    }

    fn plain(
        &mut self,
        name: &str,
        logical: Option<&Logical>,
        value: &RowValue,
    ) -> Result<(), String> {
        match (name, value) {
            ("null", RowValue::Null) => {}
            ("boolean", RowValue::Bool(is_true)) => self.out.push(u8::from(*is_true)),
            ("int" | "long", value) => {
                let number = match value {
                    RowValue::Number(number) => number.parse().ok(),
                    RowValue::Text(text) => logical.and_then(|logical| time_number(logical, text)),
                    _ => None,
                };
                let fits = |number: &i64| name == "long" || i32::try_from(*number).is_ok();
                let number = number.filter(fits).ok_or_else(|| {
                    let what = logical.map_or_else(|| "a whole number".to_owned(), Logical::words);
                    expected(&format!("{what} that fits into {name}"))
                })?;
                self.long(number);
            }
            ("float", value) => {
                let number: f32 = number(value)?.parse().map_err(|_| expected("a number"))?;
                self.out.extend_from_slice(&number.to_le_bytes());
            }
            ("double", value) => {
                let number: f64 = number(value)?.parse().map_err(|_| expected("a number"))?;
                self.out.extend_from_slice(&number.to_le_bytes());
            }
            ("bytes", value) => {
                let bytes = bytes(value, logical)?;
                self.sized(&bytes);
            }
            ("string", RowValue::Text(text)) => self.sized(text.as_bytes()),
            ("string", _) => return Err(expected("text")),
            (name, _) => return Err(expected(name)),
        }
        Ok(())
    }

    fn sized(&mut self, bytes: &[u8]) {
        self.long(i64::try_from(bytes.len()).unwrap_or(i64::MAX));
        self.out.extend_from_slice(bytes);
    }

    fn long(&mut self, number: i64) {
        let mut rest = ((number << 1) ^ (number >> 63)).cast_unsigned();
        while rest >= 0x80 {
            self.out.push(rest.to_le_bytes()[0] | 0x80);
            rest >>= 7;
        }
        self.out.push(rest.to_le_bytes()[0]);
    }
}

fn kind_of(value: &RowValue) -> &'static str {
    match value {
        RowValue::Object(_) => "object",
        RowValue::Array(_) => "array",
        RowValue::Text(_) => "text",
        RowValue::Number(_) => "number",
        RowValue::Bool(_) => "boolean",
        RowValue::Null => "null",
    }
}

fn text(value: &RowValue) -> Option<&str> {
    match value {
        RowValue::Text(text) => Some(text),
        _ => None,
    }
}

fn bytes(value: &RowValue, logical: Option<&Logical>) -> Result<Vec<u8>, String> {
    let (bytes, what) = match value {
        RowValue::Number(number) => {
            let digits = logical.and_then(|logical| logical.digits);
            let what = logical.map_or_else(|| "text".to_owned(), Logical::words);
            let bytes = digits.and_then(|(_, scale)| decimal_bytes(number, scale));
            (bytes, what)
        }
        RowValue::Text(text) => {
            let meant = logical.and_then(|logical| fixed_bytes(logical, text));
            (
                meant.or_else(|| text_bytes(text)),
                "text that begins with hex: or base64:".to_owned(),
            )
        }
        _ => (None, "text that begins with hex: or base64:".to_owned()),
    };
    bytes.ok_or_else(|| expected(&what))
}
