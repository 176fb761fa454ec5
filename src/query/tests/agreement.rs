//! The matcher says the same as a second, slow and plain reading of the same rules: whole
//! documents parsed, whole texts in lower case, wildcards tried one by one.

use proptest::prelude::*;
use serde_json::Value as Json;

use super::generate::{any_event, any_node};
use crate::event::Event;
use crate::event::amqp::FieldValue;
use crate::event::amqp::Traced;
use crate::event::amqp::value::timestamp_text;
use crate::event::key_pattern;
use crate::event::reading::Reading;
use crate::query::{
    Filter, Named, Op, PathStep, QueryField, QueryNode, Sort, Subject as _, Thing, Value,
};
use crate::text::payload::PayloadKind;

/// A value: its text if it is text, how it is written, and its number.
#[derive(Default)]
struct Plain {
    text: Option<String>,
    written: Option<String>,
    number: Option<f64>,
    date: bool,
}

impl Plain {
    fn text(text: &str) -> Self {
        Self {
            text: Some(text.into()),
            written: Some(text.into()),
            ..Self::default()
        }
    }

    fn written(written: &impl ToString) -> Self {
        Self {
            written: Some(written.to_string()),
            ..Self::default()
        }
    }

    fn number(written: &impl ToString) -> Self {
        let written = written.to_string();
        Self {
            number: written
                .parse()
                .ok()
                .filter(|number: &f64| number.is_finite()),
            written: Some(written),
            ..Self::default()
        }
    }

    fn json(value: &Json) -> Self {
        match value {
            Json::String(text) => Self::text(text),
            Json::Number(number) => Self::number(number),
            Json::Bool(value) => Self::written(value),
            Json::Null => Self::written(&"null"),
            Json::Array(_) | Json::Object(_) => Self::default(),
        }
    }

    fn header(value: &FieldValue) -> Self {
        match value {
            FieldValue::Text(text) => Self::text(text),
            // The small world writes no question about the part that is no text.
            FieldValue::RawText(bytes) => Self::text(&String::from_utf8_lossy(bytes)),
            FieldValue::Bool(value) => Self::written(value),
            FieldValue::Void => Self::written(&"null"),
            FieldValue::Bytes(_) | FieldValue::Array(_) | FieldValue::Table(_) => Self::default(),
            FieldValue::F64(number) if number.is_nan() => Self::default(),
            FieldValue::Timestamp(seconds) => Self {
                date: true,
                written: Some(timestamp_text(*seconds)),
                ..Self::number(seconds)
            },
            number => Self::number(number),
        }
    }

    fn compares(&self, op: Op, value: &Value) -> bool {
        match op {
            Op::Like => self.like(value),
            Op::Equal => self.equal(value),
            Op::NotEqual => !self.equal(value),
            Op::Greater | Op::AtLeast | Op::Less | Op::AtMost => self.ordered(op, value),
        }
    }

    fn like(&self, value: &Value) -> bool {
        let written = self.written.as_deref();
        match value {
            Value::Bare(text) => {
                same_number(self.number, text)
                    || written.is_some_and(|written| {
                        let (pattern, written) =
                            (text.to_ascii_lowercase(), written.to_ascii_lowercase());
                        let (pattern, written): (Vec<char>, Vec<char>) =
                            (pattern.chars().collect(), written.chars().collect());
                        globs(&pattern, &written)
                    })
            }
            Value::Quoted(text) => {
                let lower = |text: &str| text.to_ascii_lowercase();
                self.text.as_deref().map(lower) == Some(lower(text))
            }
            Value::Pattern(pattern) => {
                written.is_some_and(|written| pattern.regex().is_match(written.as_bytes()))
            }
        }
    }

    fn equal(&self, value: &Value) -> bool {
        match value {
            Value::Bare(text) => {
                same_number(self.number, text) || self.written.as_deref() == Some(text)
            }
            Value::Quoted(text) => self.text.as_deref() == Some(text),
            Value::Pattern(_) => false,
        }
    }

    fn ordered(&self, op: Op, value: &Value) -> bool {
        let (Value::Bare(right) | Value::Quoted(right)) = value else {
            return false;
        };
        let order = if let Ok(right) = right.parse::<f64>() {
            let text = self.text.as_deref().filter(|text| !text.is_empty());
            let left = self.number.or_else(|| text?.parse().ok());
            left.and_then(|left| left.partial_cmp(&right))
        } else {
            let dated = self.text.is_some() || self.date;
            let left = self
                .written
                .as_deref()
                .filter(|left| dated && begins_like_a_date(left));
            left.map(|left| left.cmp(right))
        };
        order.is_some_and(|order| match op {
            Op::Greater => order.is_gt(),
            Op::AtLeast => order.is_ge(),
            Op::Less => order.is_lt(),
            _ => order.is_le(),
        })
    }
}

/// `2026-01`, and anything behind it.
fn begins_like_a_date(text: &str) -> bool {
    let (year, month) = text.split_once('-').unwrap_or_default();
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    year.len() == 4 && digits(year) && month.get(..2).is_some_and(digits)
}

fn same_number(left: Option<f64>, right: &str) -> bool {
    let right: Option<f64> = right.parse().ok();
    left.is_some_and(|left| right.is_some_and(|right| left.total_cmp(&right).is_eq()))
}

fn globs(pattern: &[char], text: &[char]) -> bool {
    match pattern {
        [] => text.is_empty(),
        ['*', rest @ ..] => (0..=text.len()).any(|at| globs(rest, &text[at..])),
        ['?', rest @ ..] => !text.is_empty() && globs(rest, &text[1..]),
        [first, rest @ ..] => text.first() == Some(first) && globs(rest, &text[1..]),
    }
}

fn at_path<'a>(values: Vec<&'a Json>, step: &PathStep) -> Vec<&'a Json> {
    let next = |value: &'a Json| -> Vec<&'a Json> {
        match (step, value) {
            (PathStep::Name(name), Json::Object(members)) => {
                members.get(name).into_iter().collect()
            }
            (PathStep::Index(index), Json::Array(items)) => items.get(*index).into_iter().collect(),
            (PathStep::Each, Json::Array(items)) => items.iter().collect(),
            _ => Vec::new(),
        }
    };
    values.into_iter().flat_map(next).collect()
}

/// The body as a person reads it, by the shortest way.
fn readable(event: &Event) -> Vec<u8> {
    let body = &event.body;
    let mut text = Vec::new();
    let is_gzip = body.starts_with(&[0x1f, 0x8b])
        && std::io::Read::read_to_end(&mut flate2::read::GzDecoder::new(&**body), &mut text)
            .is_ok();
    if is_gzip {
        return text;
    }
    if let Some(wide) = body.strip_prefix(b"\xff\xfe") {
        let units = wide
            .chunks(2)
            .map(|unit| u16::from_le_bytes([unit[0], unit[unit.len() - 1]]));
        if let Ok(text) = String::from_utf16(&units.collect::<Vec<_>>()) {
            return text.into_bytes();
        }
    }
    match std::str::from_utf8(body) {
        Ok(text) => text
            .trim_start_matches('\u{feff}')
            .trim_end_matches('\0')
            .as_bytes()
            .to_vec(),
        // Random bytes may mean something; only the reader itself knows what.
        Err(_) => Reading::of(body, &event.properties, 1_000)
            .bytes
            .into_owned(),
    }
}

fn json_values(event: &Event, steps: &[PathStep], in_data: bool) -> Vec<Plain> {
    let document: Option<Json> = serde_json::from_slice(&readable(event)).ok();
    let data = document.as_ref().and_then(|document| document.get("data"));
    let data = data.filter(|data| in_data && !data.is_null());
    let start = data.or(document.as_ref()).into_iter().collect();
    let found = steps.iter().fold(start, at_path);
    found.into_iter().map(Plain::json).collect()
}

fn values(event: &Event, field: &QueryField) -> Vec<Plain> {
    let properties = &event.properties;
    let text = |text: &Option<String>| text.iter().map(|text| Plain::text(text)).collect();
    let fact = |text: &Option<Box<str>>| text.iter().map(|text| Plain::text(text)).collect();
    let named = match field {
        QueryField::Named(named) => *named,
        QueryField::Header(name) => {
            return properties
                .header(name)
                .map(Plain::header)
                .into_iter()
                .collect();
        }
        QueryField::Data(steps) => return json_values(event, steps, true),
        QueryField::Body(steps) => return json_values(event, steps, false),
        QueryField::Payload(steps) => {
            let mut all = json_values(event, steps, true);
            all.extend(json_values(event, steps, false));
            return all;
        }
        QueryField::Size | QueryField::Age => unreachable!("these are no values"),
    };
    match named {
        Named::Key => vec![Plain::text(&event.key)],
        Named::Exchange | Named::Topic | Named::Bus | Named::Destination => {
            vec![Plain::text(&event.destination)]
        }
        Named::Type => fact(&event.envelope.event_type),
        Named::Version => fact(&event.envelope.version),
        Named::Id => fact(&event.envelope.event_id),
        Named::Correlation => text(&properties.correlation_id),
        Named::App => text(&properties.app_id),
        // Nobody judges here.
        Named::Schema | Named::Reason => Vec::new(),
        Named::ContentType => text(&properties.content_type),
        Named::MessageId => text(&properties.message_id),
        Named::ReplyTo => text(&properties.reply_to),
        Named::Priority => properties.priority.iter().map(Plain::number).collect(),
        Named::User => {
            let trace = event.transport.trace().into_iter().map(|trace| &trace.user);
            trace
                .chain(&properties.user_id)
                .map(|user| Plain::text(user))
                .collect()
        }
        Named::Queue => match event.transport.trace().map(|trace| &trace.fate) {
            Some(Traced::Published(queues)) => {
                queues.iter().map(|queue| Plain::text(queue)).collect()
            }
            Some(Traced::Delivered(queue)) => vec![Plain::text(queue)],
            None => Vec::new(),
        },
    }
}

fn header_texts(value: &FieldValue, texts: &mut Vec<Vec<u8>>) {
    match value {
        FieldValue::Text(text) => texts.push(text.clone().into()),
        FieldValue::RawText(bytes) => texts.push(bytes.clone()),
        FieldValue::Array(items) => items.iter().for_each(|item| header_texts(item, texts)),
        FieldValue::Table(table) => {
            for (name, value) in table {
                texts.push(name.clone().into());
                header_texts(value, texts);
            }
        }
        _ => {}
    }
}

fn texts(event: &Event) -> Vec<Vec<u8>> {
    let p = &event.properties;
    let own = [
        &p.content_type,
        &p.content_encoding,
        &p.correlation_id,
        &p.reply_to,
        &p.message_id,
        &p.message_type,
        &p.user_id,
        &p.app_id,
    ];
    let mut texts: Vec<Vec<u8>> = own
        .into_iter()
        .flatten()
        .map(|text| text.clone().into())
        .collect();
    texts.extend([
        readable(event),
        event.destination.clone().into(),
        event.key.clone().into(),
    ]);
    texts.extend(
        event
            .envelope
            .event_type
            .iter()
            .map(|text| text.as_bytes().to_vec()),
    );
    for (name, value) in p.headers.iter().flatten() {
        texts.push(name.clone().into());
        header_texts(value, &mut texts);
    }
    texts
}

fn amount(text: &str) -> f64 {
    text.trim_end_matches(['b', 's']).parse().unwrap()
}

fn reference(node: &QueryNode, event: &Event, now_ms: i64) -> bool {
    match node {
        QueryNode::All => true,
        QueryNode::And(parts) => parts.iter().all(|part| reference(part, event, now_ms)),
        QueryNode::Or(parts) => parts.iter().any(|part| reference(part, event, now_ms)),
        QueryNode::Not(part) => !reference(part, event, now_ms),
        QueryNode::Word(word) => texts(event).iter().any(|text| {
            let text = String::from_utf8_lossy(text).to_lowercase();
            text.contains(&word.to_lowercase())
        }),
        QueryNode::Pattern(pattern) => texts(event)
            .iter()
            .any(|text| pattern.regex().is_match(text)),
        QueryNode::Compare(QueryField::Named(Named::Key), Op::Like, Value::Bare(key)) => {
            key_pattern::matches(key, &event.key)
        }
        QueryNode::Compare(field @ (QueryField::Size | QueryField::Age), op, Value::Bare(text)) => {
            let left = if *field == QueryField::Size {
                i64::try_from(event.body.len()).unwrap()
            } else {
                (now_ms - event.received_ms()) / 1_000
            };
            let right = amount(text).to_string();
            match op {
                Op::Like | Op::Equal => same_number(left.to_string().parse().ok(), &right),
                Op::NotEqual => !same_number(left.to_string().parse().ok(), &right),
                _ => Plain::number(&left).ordered(*op, &Value::Bare(right)),
            }
        }
        QueryNode::Compare(field, op, value) => values(event, field)
            .iter()
            .any(|left| left.compares(*op, value)),
        QueryNode::Has(Thing::Trace) => event.transport.trace().is_some(),
        QueryNode::Has(Thing::Field(field)) => !values(event, field).is_empty(),
        QueryNode::Is(sort) => match sort {
            Sort::Redelivered => event.transport.redelivered(),
            Sort::Json => event.kind == PayloadKind::Json,
            Sort::Text => event.kind == PayloadKind::Text,
            Sort::Binary => event.kind == PayloadKind::Binary,
            Sort::Empty => event.kind == PayloadKind::Empty,
            Sort::Lost => event
                .transport
                .trace()
                .is_some_and(|trace| trace.fate == Traced::Published(Vec::new())),
        },
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4_000))]

    #[test]
    fn the_matcher_agrees_with_a_plain_reading(
        node in any_node(),
        events in prop::collection::vec(any_event(), 4),
    ) {
        let filter = Filter::from(node.clone());
        let matcher = filter.matcher();
        for event in &events {
            let expected = reference(&node, event, 0);
            let said = matcher.matches(event, 0);
            prop_assert_eq!(said, expected, "{} on {:#?}", filter, event);
            if let Some(needle) = matcher.needle() {
                let holds = texts(event).iter().any(|text| needle.occurs(text));
                prop_assert!(holds || !said, "{} needs its needle", filter);
                prop_assert!(!matcher.is_needle_only() || holds == said, "{} is its needle", filter);
            }
        }
    }
}
