//! JSON into a body: each object's members in the order of the document, by a flat loop over the
//! messages that are open.

use super::meaning::{has_text, message};
use super::wire::{WireForm, form, to_zigzag, write_tag, write_varint};
use super::{ValueKind, is_list, kind_named, value_kind};
use crate::event::decode::transcode::text_bytes;
use crate::schema::body::rows::{children, expected, number, pointer};
use crate::schema::compare::protobuf::{ProtoField, ProtoMessage, Protobuf};
use crate::text::json::{RowValue, Rows, rows};

/// Writes a JSON document as this message, as [`super::read`] shows a body.
///
/// # Errors
/// The document does not fit the schema; the words say where.
pub fn write(schema: &Protobuf, name: &str, json: &str) -> Result<Vec<u8>, String> {
    let document = rows(json.as_bytes());
    if let Some(why) = document.stopped {
        return Err(why);
    }
    let mut writer = ProtoWriter {
        schema,
        document: &document,
        open: vec![Vec::new()],
        next: vec![ProtoWrite::Members(name, 0)],
    };
    while let Some(step) = writer.next.pop() {
        let row = match &step {
            ProtoWrite::Members(_, row)
            | ProtoWrite::Value(_, _, row)
            | ProtoWrite::Entry(_, _, _, row)
            | ProtoWrite::Packed(_, row) => *row,
            ProtoWrite::Close(_) | ProtoWrite::EndGroup(_) => 0,
        };
        let done = writer.step(step);
        done.map_err(|words| format!("{}: {words}", pointer(&document, row)))?;
    }
    Ok(writer.open.pop().unwrap_or_default())
}

enum ProtoWrite<'s> {
    /// All members of an object.
    Members(&'s str, usize),
    /// A value of the field with this number.
    Value(ValueKind<'s>, i32, usize),
    /// A member of a map: the map's number, the kinds of key and value.
    Entry(i32, &'s str, &'s str, usize),
    /// A list of numbers in one piece.
    Packed(&'s ProtoField, usize),
    /// The innermost message is written; its length is known now.
    Close(i32),
    EndGroup(i32),
}

struct ProtoWriter<'s> {
    schema: &'s Protobuf,
    document: &'s Rows,
    /// Messages that are being written, the innermost last.
    open: Vec<Vec<u8>>,
    /// The next one last.
    next: Vec<ProtoWrite<'s>>,
}

impl<'s> ProtoWriter<'s> {
    fn out(&mut self) -> &mut Vec<u8> {
        if self.open.is_empty() {
            self.open.push(Vec::new());
        }
        let last = self.open.len() - 1;
        &mut self.open[last]
    }

    fn step(&mut self, step: ProtoWrite<'s>) -> Result<(), String> {
        match step {
            ProtoWrite::Close(number) => {
                let inside = self.open.pop().unwrap_or_default();
                self.sized(number, &inside);
                Ok(())
            }
            ProtoWrite::EndGroup(number) => {
                write_tag(number, 4, self.out());
                Ok(())
            }
            ProtoWrite::Members(name, row) => self.members(name, row),
            ProtoWrite::Packed(field, row) => self.packed(field, row),
            ProtoWrite::Value(kind, number, row) => self.value(&kind, number, row),
            ProtoWrite::Entry(number, key, value, row) => {
                self.open.push(Vec::new());
                self.next.push(ProtoWrite::Close(number));
                self.next
                    .push(ProtoWrite::Value(kind_named(self.schema, value), 2, row));
                let name = self.document.rows[row].name.clone().unwrap_or_default();
                let name = match key {
                    "string" => RowValue::Text(name),
                    "bool" => RowValue::Bool(name == "true"),
                    _ => RowValue::Number(name),
                };
                self.scalar(key, 1, &name)
            }
        }
    }

    fn sized(&mut self, number: i32, bytes: &[u8]) {
        write_tag(number, 2, self.out());
        write_varint(bytes.len() as u64, self.out());
        self.out().extend_from_slice(bytes);
    }

    fn members(&mut self, name: &'s str, row: usize) -> Result<(), String> {
        if !matches!(self.document.rows[row].value, RowValue::Object(_)) {
            return Err(expected("an object"));
        }
        let schema: &'s Protobuf = self.schema;
        let definition = schema.messages.get(name);
        let definition: &'s ProtoMessage = definition.ok_or("its type is not defined")?;
        let mut steps = Vec::new();
        for child in children(self.document, row) {
            let member = self.document.rows[child]
                .name
                .as_deref()
                .unwrap_or_default();
            if let Some(number) = member.strip_prefix('#').and_then(|text| text.parse().ok()) {
                self.unknown(number, child)?;
                continue;
            }
            let field = definition.fields.iter().find(|field| field.name == member);
            let field = field.ok_or_else(|| format!("{name} has no field {member}"))?;
            self.field(field, child, &mut steps)?;
        }
        self.next.extend(steps.into_iter().rev());
        Ok(())
    }

    fn field(
        &mut self,
        field: &'s ProtoField,
        row: usize,
        steps: &mut Vec<ProtoWrite<'s>>,
    ) -> Result<(), String> {
        let number = field.number;
        let value = &self.document.rows[row].value;
        let wrong = |what: &str| Err(format!("for {} {}", field.name, expected(what)));
        match value_kind(self.schema, &field.written) {
            ValueKind::Map(key, of) => {
                let RowValue::Object(_) = value else {
                    return wrong("an object");
                };
                let entries = children(self.document, row).into_iter();
                steps.extend(entries.map(|entry| ProtoWrite::Entry(number, key, of, entry)));
            }
            kind if is_list(field) => {
                let RowValue::Array(_) = value else {
                    return wrong("an array");
                };
                let items = children(self.document, row);
                let is_number = match kind {
                    ValueKind::Scalar(name) => form(name) != Some(WireForm::Length),
                    kind => matches!(kind, ValueKind::Enum(_)),
                };
                if field.is_packed && is_number {
                    if !items.is_empty() {
                        steps.push(ProtoWrite::Packed(field, row));
                    }
                    return Ok(());
                }
                let kinds = || value_kind(self.schema, &field.written);
                steps.extend(
                    items
                        .into_iter()
                        .map(|item| ProtoWrite::Value(kinds(), number, item)),
                );
            }
            kind => steps.push(ProtoWrite::Value(kind, number, row)),
        }
        Ok(())
    }

    fn packed(&mut self, field: &'s ProtoField, row: usize) -> Result<(), String> {
        let mut inside = Vec::new();
        for item in children(self.document, row) {
            let value = &self.document.rows[item].value;
            match value_kind(self.schema, &field.written) {
                ValueKind::Enum(name) => {
                    write_varint(self.enum_number(name, value)?.cast_unsigned(), &mut inside);
                }
                ValueKind::Scalar(name) => inside.extend(scalar_bytes(name, value)?),
                _ => return Err(expected("a list of numbers")),
            }
        }
        self.sized(field.number, &inside);
        Ok(())
    }

    fn value(&mut self, kind: &ValueKind<'s>, at: i32, row: usize) -> Result<(), String> {
        let value = &self.document.rows[row].value;
        match kind {
            ValueKind::Message(name) => {
                let inside = match value {
                    RowValue::Text(text) if has_text(name) => message(name, text),
                    RowValue::Text(text) => text_bytes(text),
                    _ => None,
                };
                if let Some(inside) = inside {
                    self.sized(at, &inside);
                } else {
                    self.open.push(Vec::new());
                    self.next.push(ProtoWrite::Close(at));
                    self.next.push(ProtoWrite::Members(name, row));
                }
                Ok(())
            }
            ValueKind::Group(name) => {
                write_tag(at, 3, self.out());
                self.next.push(ProtoWrite::EndGroup(at));
                self.next.push(ProtoWrite::Members(name, row));
                Ok(())
            }
            ValueKind::Enum(name) => {
                let number = self.enum_number(name, value)?;
                write_tag(at, 0, self.out());
                write_varint(number.cast_unsigned(), self.out());
                Ok(())
            }
            ValueKind::Scalar(name) => self.scalar(name, at, value),
            ValueKind::Map(..) => Err(expected("an object")),
        }
    }

    fn enum_number(&self, name: &str, value: &RowValue) -> Result<i64, String> {
        let values = self.schema.enums.get(name).map(|one| &one.values);
        let known = values.into_iter().flatten();
        match value {
            RowValue::Number(number) => number.parse().map_err(|_| expected("a whole number")),
            RowValue::Text(text) => {
                let found = known.clone().find(|(name, _)| name == text);
                let names = || {
                    known
                        .map(|(name, _)| name.as_str())
                        .collect::<Vec<_>>()
                        .join(", ")
                };
                let found = found.map(|(_, number)| i64::from(*number));
                found.ok_or_else(|| expected(&format!("one of {}", names())))
            }
            _ => Err(expected("the name of a value")),
        }
    }

    fn scalar(&mut self, name: &str, at: i32, value: &RowValue) -> Result<(), String> {
        let kind = match form(name) {
            Some(WireForm::Varint) => 0,
            Some(WireForm::Eight) => 1,
            Some(WireForm::Four) => 5,
            _ => {
                let bytes = match (name, value) {
                    ("string", RowValue::Text(text)) => Some(text.as_bytes().to_vec()),
                    ("bytes", RowValue::Text(text)) => text_bytes(text),
                    _ => None,
                };
                let what = if name == "string" {
                    "text"
                } else {
                    "text that begins with hex: or base64:"
                };
                let bytes = bytes.ok_or_else(|| expected(what))?;
                self.sized(at, &bytes);
                return Ok(());
            }
        };
        let bytes = scalar_bytes(name, value)?;
        write_tag(at, kind, self.out());
        self.out().extend_from_slice(&bytes);
        Ok(())
    }

    /// Values that the schema does not know, as they were shown.
    fn unknown(&mut self, number: i32, row: usize) -> Result<(), String> {
        let fails = || expected("what stands there for a field that the schema does not know");
        for item in children(self.document, row) {
            let RowValue::Text(text) = &self.document.rows[item].value else {
                return Err(fails());
            };
            if let Some(bytes) = text_bytes(text) {
                self.sized(number, &bytes);
                continue;
            }
            let (kind, value) = text.split_once(' ').ok_or_else(fails)?;
            let value: u64 = value.parse().map_err(|_| fails())?;
            let out = self.out();
            match kind {
                "varint" => {
                    write_tag(number, 0, out);
                    write_varint(value, out);
                }
                "fixed64" => {
                    write_tag(number, 1, out);
                    out.extend_from_slice(&value.to_le_bytes());
                }
                "fixed32" => {
                    let value = u32::try_from(value).map_err(|_| fails())?;
                    write_tag(number, 5, out);
                    out.extend_from_slice(&value.to_le_bytes());
                }
                _ => return Err(fails()),
            }
        }
        Ok(())
    }
}

/// A number as its scalar has it on the wire.
fn scalar_bytes(name: &str, value: &RowValue) -> Result<Vec<u8>, String> {
    fn parsed<T: std::str::FromStr>(value: &RowValue, name: &str) -> Result<T, String> {
        number(value)?
            .parse()
            .map_err(|_| expected(&format!("a number that fits into {name}")))
    }
    let varint = |number: u64| {
        let mut out = Vec::new();
        write_varint(number, &mut out);
        out
    };
    Ok(match name {
        "bool" => match value {
            RowValue::Bool(is_true) => vec![u8::from(*is_true)],
            _ => return Err(expected("true or false")),
        },
        "int32" => varint(i64::from(parsed::<i32>(value, name)?).cast_unsigned()),
        "int64" => varint(parsed::<i64>(value, name)?.cast_unsigned()),
        "uint32" => varint(u64::from(parsed::<u32>(value, name)?)),
        "uint64" => varint(parsed(value, name)?),
        "sint32" => varint(to_zigzag(i64::from(parsed::<i32>(value, name)?))),
        "sint64" => varint(to_zigzag(parsed(value, name)?)),
        "fixed32" => parsed::<u32>(value, name)?.to_le_bytes().to_vec(),
        "sfixed32" => parsed::<i32>(value, name)?.to_le_bytes().to_vec(),
        "float" => parsed::<f32>(value, name)?.to_le_bytes().to_vec(),
        "fixed64" => parsed::<u64>(value, name)?.to_le_bytes().to_vec(),
        "sfixed64" => parsed::<i64>(value, name)?.to_le_bytes().to_vec(),
        _ => parsed::<f64>(value, name)?.to_le_bytes().to_vec(),
    })
}
