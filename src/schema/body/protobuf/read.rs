//! A body into JSON; messages that lie too deep are shown as bytes. The fields of a message are gathered by number when it is entered, so one flat loop
//! writes them, whatever their order on the wire.

use std::collections::BTreeMap;

use super::meaning::{has_text, text};
use super::wire::{WireForm, WireValue, fields, form, varint, zigzag};
use super::{ValueKind, is_list, kind_named, value_kind};
use crate::event::decode::transcode::{
    MAX_DEPTH, Stop, TranscodedItem, bytes_text, float, float32, transcode,
};
use crate::schema::body::ReadBody;
use crate::schema::compare::protobuf::{ProtoField, Protobuf};

/// Reads a body as this message, at most about `limit` bytes of it and of JSON.
#[must_use]
pub fn read(schema: &Protobuf, message: &str, body: &[u8], limit: usize) -> ReadBody {
    let looked_at = &body[..body.len().min(limit)];
    let mut items = ProtoItems {
        schema,
        body: looked_at,
        open: vec![ProtoStep::Message(message, 0, looked_at.len())],
        problem: None,
        is_exact: true,
        unknown: 0,
    };
    let document = transcode(looked_at, limit, |_| items.next());
    let cut = document.stop == Some(Stop::Full) || looked_at.len() < body.len();
    let problem = items.problem.filter(|_| looked_at.len() == body.len());
    let words = problem.map(|(at, words)| format!("The Protobuf is broken at byte {at}: {words}"));
    ReadBody {
        json: document.json,
        raw: Vec::new(),
        used: problem.map_or(looked_at.len(), |(at, _)| at),
        cut,
        problem: words,
        is_exact: items.is_exact,
        unknown: items.unknown,
    }
}

/// What is to be given next.
enum ProtoStep<'s> {
    /// A message that lies between two places.
    Message(&'s str, usize, usize),
    /// Fields that are still to come, the next one last.
    Members(Vec<Gathered<'s>>),
    /// Values of a list, the next one last.
    Items(&'s ProtoField, Vec<WireValue>),
    /// Entries of a map, the next one last.
    Entries(&'s str, &'s str, Vec<WireValue>),
    /// One value of a field.
    One(ValueKind<'s>, WireValue),
    Given(TranscodedItem<'static>),
}

/// All values of a field.
struct Gathered<'s> {
    number: u32,
    field: Option<&'s ProtoField>,
    values: Vec<WireValue>,
}

struct ProtoItems<'s, 'a> {
    schema: &'s Protobuf,
    body: &'a [u8],
    open: Vec<ProtoStep<'s>>,
    problem: Option<(usize, &'static str)>,
    is_exact: bool,
    unknown: usize,
}

impl<'s, 'a> ProtoItems<'s, 'a> {
    fn next(&mut self) -> Result<TranscodedItem<'a>, Stop> {
        loop {
            match self.open.pop().ok_or(Stop::Ended)? {
                ProtoStep::Given(item) => return Ok(item),
                ProtoStep::Message(name, from, to) => {
                    let members = self.gather(name, from, to);
                    let count = members.len() as u64;
                    self.open.push(ProtoStep::Members(members));
                    return Ok(TranscodedItem::Map(Some(count)));
                }
                ProtoStep::Members(mut members) => {
                    let Some(member) = members.pop() else {
                        continue;
                    };
                    self.open.push(ProtoStep::Members(members));
                    return Ok(self.member(member));
                }
                ProtoStep::Items(field, mut values) => {
                    if let Some(value) = values.pop() {
                        self.open.push(ProtoStep::Items(field, values));
                        let kind = value_kind(self.schema, &field.written);
                        self.open.push(ProtoStep::One(kind, value));
                    }
                }
                ProtoStep::Entries(key, value, mut entries) => {
                    if let Some(entry) = entries.pop() {
                        self.open.push(ProtoStep::Entries(key, value, entries));
                        return Ok(self.entry(key, value, entry));
                    }
                }
                ProtoStep::One(kind, value) => {
                    if let Some(item) = self.one(&kind, value) {
                        return Ok(item);
                    }
                }
            }
        }
    }

    /// The fields of a message by number: those of the schema in its order, then the others.
    fn gather(&mut self, name: &str, from: usize, to: usize) -> Vec<Gathered<'s>> {
        let found = fields(self.body, from, to);
        self.problem = self.problem.or(found.broken);
        let mut by_number: BTreeMap<u32, Vec<WireValue>> = BTreeMap::new();
        for (number, value) in found.fields {
            by_number.entry(number).or_default().push(value);
        }
        let schema = self.schema;
        let definition = schema.messages.get(name);
        let mut out = Vec::new();
        for field in definition.iter().flat_map(|message| &message.fields) {
            let Ok(number) = u32::try_from(field.number) else {
                continue;
            };
            if let Some(values) = by_number.remove(&number) {
                let (fitting, others) = self.fitting(field, values);
                let mut push = |field, values: Vec<WireValue>| {
                    if !values.is_empty() {
                        out.push(Gathered {
                            number,
                            field,
                            values,
                        });
                    }
                };
                push(Some(field), fitting);
                push(None, others);
            }
        }
        out.extend(by_number.into_iter().map(|(number, values)| Gathered {
            number,
            field: None,
            values,
        }));
        self.unknown += out.iter().filter(|one| one.field.is_none()).count();
        out.reverse();
        out
    }

    /// Values that are written as the field's are, with packed ones taken apart, and the others.
    fn fitting(
        &self,
        field: &ProtoField,
        values: Vec<WireValue>,
    ) -> (Vec<WireValue>, Vec<WireValue>) {
        let (mut fitting, mut others) = (Vec::new(), Vec::new());
        for value in values {
            let wanted = match value_kind(self.schema, &field.written) {
                ValueKind::Scalar(name) => form(name),
                ValueKind::Enum(_) => Some(WireForm::Varint),
                ValueKind::Message(_) | ValueKind::Map(..) => Some(WireForm::Length),
                ValueKind::Group(_) => None,
            };
            match (value, wanted) {
                (WireValue::Varint(_), Some(WireForm::Varint))
                | (WireValue::Four(_), Some(WireForm::Four))
                | (WireValue::Eight(_), Some(WireForm::Eight))
                | (WireValue::Length(..), Some(WireForm::Length))
                | (WireValue::Group(..), None) => fitting.push(value),
                (WireValue::Length(from, to), Some(form)) if is_list(field) => {
                    match unpacked(self.body, from, to, form) {
                        Some(values) => fitting.extend(values),
                        None => others.push(value),
                    }
                }
                _ => others.push(value),
            }
        }
        (fitting, others)
    }

    /// Gives the name of a member, and lines up its values.
    fn member(&mut self, member: Gathered<'s>) -> TranscodedItem<'a> {
        let Gathered {
            number,
            field,
            mut values,
        } = member;
        let Some(field) = field else {
            let texts = values.iter().map(|value| self.raw(*value));
            let texts: Vec<String> = texts.collect();
            for text in texts.into_iter().rev() {
                self.open
                    .push(ProtoStep::Given(TranscodedItem::Text(text.into())));
            }
            let count = values.len() as u64;
            self.open
                .push(ProtoStep::Given(TranscodedItem::Array(Some(count))));
            return TranscodedItem::Text(format!("#{number}").into());
        };
        let name = TranscodedItem::Text(field.name.clone().into());
        let count = values.len() as u64;
        values.reverse();
        match value_kind(self.schema, &field.written) {
            ValueKind::Map(key, value) => {
                self.open.push(ProtoStep::Entries(key, value, values));
                self.open
                    .push(ProtoStep::Given(TranscodedItem::Map(Some(count))));
            }
            _ if is_list(field) => {
                self.open.push(ProtoStep::Items(field, values));
                self.open
                    .push(ProtoStep::Given(TranscodedItem::Array(Some(count))));
            }
            kind => {
                // Readers put several messages of one field together; here the last is shown.
                let is_nested = matches!(kind, ValueKind::Message(_) | ValueKind::Group(_));
                self.is_exact &= values.len() == 1 || !is_nested;
                if let Some(last) = values.first() {
                    self.open.push(ProtoStep::One(kind, *last));
                }
            }
        }
        name
    }

    /// Gives the key of an entry as a name, and lines up its value.
    fn entry(&mut self, key: &'s str, value: &'s str, entry: WireValue) -> TranscodedItem<'a> {
        let mut found = (None, None);
        if let WireValue::Length(from, to) = entry {
            let entry = fields(self.body, from, to);
            self.problem = self.problem.or(entry.broken);
            for (number, one) in entry.fields {
                match number {
                    1 => found.0 = Some(one),
                    2 => found.1 = Some(one),
                    _ => self.is_exact = false,
                }
            }
        }
        let kind = kind_named(self.schema, value);
        let absent = |kind: &ValueKind<'_>| match kind {
            ValueKind::Scalar(name) => match form(name) {
                Some(WireForm::Four) => WireValue::Four(0),
                Some(WireForm::Eight) => WireValue::Eight(0),
                Some(WireForm::Length) => WireValue::Length(0, 0),
                _ => WireValue::Varint(0),
            },
            ValueKind::Enum(_) => WireValue::Varint(0),
            _ => WireValue::Length(0, 0),
        };
        let key = ValueKind::Scalar(key);
        let key_value = found.0.unwrap_or_else(|| absent(&key));
        let name = self.one(&key, key_value);
        let one = found.1.unwrap_or_else(|| absent(&kind));
        self.open.push(ProtoStep::One(kind, one));
        name.unwrap_or(TranscodedItem::Text("".into()))
    }

    /// One value; `None` where a message is lined up for it.
    fn one(&mut self, kind: &ValueKind<'s>, value: WireValue) -> Option<TranscodedItem<'a>> {
        match (kind, value) {
            (ValueKind::Message(name), WireValue::Length(from, to))
            | (ValueKind::Group(name), WireValue::Group(from, to)) => {
                if has_text(name)
                    && let Some(text) = text(name, self.body, from, to)
                {
                    return Some(TranscodedItem::Text(text.into()));
                }
                let is_known = self.schema.messages.contains_key(*name);
                if !is_known || self.open.len() >= MAX_DEPTH {
                    self.is_exact &= matches!(kind, ValueKind::Message(_));
                    return Some(TranscodedItem::Bytes(self.body[from..to].into()));
                }
                self.open.push(ProtoStep::Message(name, from, to));
                None
            }
            (ValueKind::Enum(name), WireValue::Varint(number)) => {
                let number = number.cast_signed();
                let values = self.schema.enums.get(*name).map(|one| &one.values);
                let is_it = |(_, value): &&(String, i32)| i64::from(*value) == number;
                let found = values.and_then(|values| values.iter().find(is_it));
                Some(match found {
                    Some((name, _)) => TranscodedItem::Text(name.clone().into()),
                    None => TranscodedItem::Literal(number.to_string()),
                })
            }
            (ValueKind::Scalar(name), value) => Some(self.scalar(name, value)),
            (_, value) => {
                self.is_exact = false;
                Some(TranscodedItem::Text(self.raw(value).into()))
            }
        }
    }

    fn scalar(&mut self, name: &str, value: WireValue) -> TranscodedItem<'a> {
        let literal = |text: String| TranscodedItem::Literal(text);
        match (name, value) {
            // Negative numbers take ten bytes; of a longer number the lower half is read.
            ("int32", WireValue::Varint(number)) => {
                let lower = u32::try_from(number & 0xffff_ffff).unwrap_or_default();
                literal(lower.cast_signed().to_string())
            }
            ("int64", WireValue::Varint(number)) | ("sfixed64", WireValue::Eight(number)) => {
                literal(number.cast_signed().to_string())
            }
            ("uint32", WireValue::Varint(number)) => literal((number & 0xffff_ffff).to_string()),
            ("uint64", WireValue::Varint(number)) | ("fixed64", WireValue::Eight(number)) => {
                literal(number.to_string())
            }
            ("sint32" | "sint64", WireValue::Varint(number)) => literal(zigzag(number).to_string()),
            ("bool", WireValue::Varint(number)) => literal((number != 0).to_string()),
            ("fixed32", WireValue::Four(number)) => literal(number.to_string()),
            ("sfixed32", WireValue::Four(number)) => literal(number.cast_signed().to_string()),
            ("float", WireValue::Four(number)) => float32(f32::from_bits(number)),
            ("double", WireValue::Eight(number)) => float(f64::from_bits(number)),
            (name, WireValue::Length(from, to)) => {
                let bytes = &self.body[from..to];
                match std::str::from_utf8(bytes) {
                    Ok(text) if name == "string" => TranscodedItem::Text(text.into()),
                    _ => {
                        self.is_exact &= name == "bytes";
                        TranscodedItem::Bytes(bytes.into())
                    }
                }
            }
            (_, value) => {
                self.is_exact = false;
                TranscodedItem::Text(self.raw(value).into())
            }
        }
    }

    /// A value without a schema, as text that can be written back.
    fn raw(&mut self, value: WireValue) -> String {
        match value {
            WireValue::Varint(number) => format!("varint {number}"),
            WireValue::Four(number) => format!("fixed32 {number}"),
            WireValue::Eight(number) => format!("fixed64 {number}"),
            WireValue::Length(from, to) => bytes_text(&self.body[from..to]),
            WireValue::Group(from, to) => {
                self.is_exact = false;
                format!("group {}", bytes_text(&self.body[from..to]))
            }
        }
    }
}

/// The values of a packed list.
fn unpacked(body: &[u8], from: usize, to: usize, form: WireForm) -> Option<Vec<WireValue>> {
    let inside = &body[..to];
    let mut at = from;
    let mut out = Vec::new();
    while at < to {
        let length = match form {
            WireForm::Varint => {
                out.push(WireValue::Varint(varint(inside, &mut at).ok()?));
                continue;
            }
            WireForm::Four => 4,
            WireForm::Eight => 8,
            WireForm::Length => return None,
        };
        let bytes = inside.get(at..at + length)?.iter().rev();
        let number = bytes.fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
        out.push(match form {
            WireForm::Four => WireValue::Four(u32::try_from(number).ok()?),
            _ => WireValue::Eight(number),
        });
        at += length;
    }
    Some(out)
}
