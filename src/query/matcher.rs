//! A filter made ready to be put to many events, from several threads.

use std::cell::OnceCell;

use super::amount::{Number, bytes, milliseconds};
use super::ast::{Named, Op, QueryField, QueryNode, Sort, Thing, Value};
use super::compare::{Scalar, Test};
use super::json_path::{JsonPath, PathStep};
use super::needle::Needle;
use super::pattern::TextPattern;
use super::root::Root;
use super::subject::Subject;
use crate::event::amqp::Traced;
use crate::event::key_pattern;
use crate::event::reading::Reading;
use crate::text::json;
use crate::text::payload::PayloadKind;
use regex::bytes::Regex;

/// A filter made ready.
#[derive(Clone, Debug)]
pub struct Matcher {
    check: CompiledCheck,
    needle: Option<Needle>,
    needle_only: bool,
}

#[derive(Clone, Debug)]
enum CompiledCheck {
    All,
    And(Vec<CompiledCheck>),
    Or(Vec<CompiledCheck>),
    Not(Box<CompiledCheck>),
    Word(Needle),
    Pattern(Regex),
    Topic(String),
    Named(Named, Test),
    Header(String, Test),
    Json(Root, JsonPath, Test),
    Size(Op, f64),
    Age(Op, f64),
    HasNamed(Named),
    HasHeader(String),
    HasJson(Root, JsonPath),
    HasTrace,
    Is(Sort),
}

impl Matcher {
    pub(super) fn new(node: &QueryNode) -> Self {
        let needle = match node {
            QueryNode::And(parts) => parts.iter().filter_map(needle).max_by_key(Needle::length),
            other => needle(other),
        };
        Self {
            check: compile(node),
            needle_only: needle.is_some() && !matches!(node, QueryNode::And(_)),
            needle,
        }
    }

    /// Puts the filter to an event. `now_ms` is the time that `age` counts from, in milliseconds
    /// since 1970.
    #[must_use]
    pub fn matches(&self, subject: &impl Subject, now_ms: i64) -> bool {
        let asked = Examined {
            subject,
            reading: OnceCell::new(),
            now_ms,
        };
        holds(&self.check, &asked)
    }

    /// A word without which no event matches: bare words, and expressions that are only text.
    ///
    /// It is looked for in these texts of an event and in nothing else: the body as it can be read, the
    /// key, the destination, the event type, the text properties, the names of the headers,
    /// and the texts in them at any depth. Each is searched for itself; a word never reaches from
    /// one into the next. Not looked at: numbers and dates among the properties and headers, the
    /// trace, and what the escapes of a JSON string stand for.
    #[must_use]
    pub fn needle(&self) -> Option<&Needle> {
        self.needle.as_ref()
    }

    /// True if the filter asks for nothing but the needle.
    #[must_use]
    pub fn is_needle_only(&self) -> bool {
        self.needle_only
    }
}

fn needle(node: &QueryNode) -> Option<Needle> {
    match node {
        QueryNode::Word(word) => Some(Needle::word(word)),
        QueryNode::Pattern(pattern) => Needle::of_pattern(pattern),
        _ => None,
    }
}

fn compile(node: &QueryNode) -> CompiledCheck {
    match node {
        QueryNode::All => CompiledCheck::All,
        QueryNode::And(parts) => CompiledCheck::And(cheapest_first(parts)),
        QueryNode::Or(parts) => CompiledCheck::Or(cheapest_first(parts)),
        QueryNode::Not(part) => CompiledCheck::Not(Box::new(compile(part))),
        QueryNode::Word(word) => CompiledCheck::Word(Needle::word(word)),
        QueryNode::Pattern(pattern) => Needle::of_pattern(pattern).map_or_else(
            || CompiledCheck::Pattern(TextPattern::regex(pattern).clone()),
            CompiledCheck::Word,
        ),
        QueryNode::Compare(field, op, value) => comparison(field, *op, value),
        QueryNode::Has(Thing::Trace) => CompiledCheck::HasTrace,
        QueryNode::Has(Thing::Field(field)) => match field {
            QueryField::Named(named) => CompiledCheck::HasNamed(*named),
            QueryField::Header(name) => CompiledCheck::HasHeader(name.clone()),
            QueryField::Data(steps) => CompiledCheck::HasJson(Root::Data, JsonPath::new(steps)),
            QueryField::Body(steps) => CompiledCheck::HasJson(Root::Body, JsonPath::new(steps)),
            QueryField::Payload(steps) => {
                CompiledCheck::HasJson(Root::Either, JsonPath::new(steps))
            }
            QueryField::Size | QueryField::Age => CompiledCheck::All,
        },
        QueryNode::Is(sort) => CompiledCheck::Is(*sort),
    }
}

fn comparison(field: &QueryField, op: Op, value: &Value) -> CompiledCheck {
    let wanted = Test::new(op, value);
    let json =
        |root, steps: &[PathStep], test| CompiledCheck::Json(root, JsonPath::new(steps), test);
    // The parser lets only amounts through to these two; a tree made otherwise compares with no
    // number at all.
    let amount = |read: fn(&str) -> Option<f64>| match value {
        Value::Bare(text) => read(text).unwrap_or(f64::NAN),
        Value::Quoted(_) | Value::Pattern(_) => f64::NAN,
    };
    match (field, op, value) {
        (QueryField::Named(Named::Key), Op::Like, Value::Bare(key)) => {
            CompiledCheck::Topic(key.clone())
        }
        (QueryField::Named(named), ..) => CompiledCheck::Named(*named, wanted),
        (QueryField::Header(name), ..) => CompiledCheck::Header(name.clone(), wanted),
        (QueryField::Data(steps), ..) => json(Root::Data, steps, wanted),
        (QueryField::Body(steps), ..) => json(Root::Body, steps, wanted),
        (QueryField::Payload(steps), ..) => json(Root::Either, steps, wanted),
        (QueryField::Size, ..) => CompiledCheck::Size(op, amount(bytes)),
        (QueryField::Age, ..) => CompiledCheck::Age(op, amount(milliseconds)),
    }
}

/// The order of conditions does not change the answer, so the dear ones wait until they are needed.
fn cheapest_first(parts: &[QueryNode]) -> Vec<CompiledCheck> {
    let mut checks: Vec<CompiledCheck> = parts.iter().map(compile).collect();
    checks.sort_by_key(cost);
    checks
}

/// A rough cost in tens of nanoseconds.
fn cost(check: &CompiledCheck) -> u32 {
    match check {
        CompiledCheck::All
        | CompiledCheck::Size(..)
        | CompiledCheck::Age(..)
        | CompiledCheck::Is(_)
        | CompiledCheck::HasTrace => 0,
        CompiledCheck::And(parts) | CompiledCheck::Or(parts) => parts.iter().map(cost).sum(),
        CompiledCheck::Not(part) => cost(part),
        CompiledCheck::Named(Named::Schema, _) | CompiledCheck::HasNamed(Named::Schema) => 1_000,
        CompiledCheck::Named(named, _) | CompiledCheck::HasNamed(named) => match named {
            named if named.is_destination() => 2,
            Named::Key
            | Named::Type
            | Named::Version
            | Named::Id
            | Named::Correlation
            | Named::MessageId
            | Named::Queue
            | Named::Reason => 2,
            _ => 100,
        },
        CompiledCheck::Topic(_) => 10,
        CompiledCheck::Json(..) | CompiledCheck::HasJson(..) => 30,
        CompiledCheck::Header(..) | CompiledCheck::HasHeader(_) => 100,
        CompiledCheck::Word(_) => 110,
        CompiledCheck::Pattern(_) => 150,
    }
}

/// An event while a filter is put to it.
struct Examined<'a, S> {
    subject: &'a S,
    /// Its body is read once, however many parts of the filter look into it.
    reading: OnceCell<Option<Reading<'a>>>,
    now_ms: i64,
}

impl<S: Subject> Examined<'_, S> {
    fn reading(&self) -> Option<&Reading<'_>> {
        let read = self.reading.get_or_init(|| self.subject.reading());
        read.as_ref()
    }
}

/// Recurses as deep as the filter nests, which the parser bounds.
fn holds<S: Subject>(check: &CompiledCheck, asked: &Examined<'_, S>) -> bool {
    let subject = asked.subject;
    match check {
        CompiledCheck::All => true,
        CompiledCheck::And(parts) => parts.iter().all(|part| holds(part, asked)),
        CompiledCheck::Or(parts) => parts.iter().any(|part| holds(part, asked)),
        CompiledCheck::Not(part) => !holds(part, asked),
        CompiledCheck::Word(needle) => any_text(asked, &mut |text| needle.occurs(text)),
        CompiledCheck::Pattern(regex) => any_text(asked, &mut |text| regex.is_match(text)),
        CompiledCheck::Topic(pattern) => key_pattern::matches(pattern, subject.key()),
        CompiledCheck::Named(named, test) => {
            any_value(subject, *named, &mut |value| test.holds(value))
        }
        CompiledCheck::HasNamed(named) => any_value(subject, *named, &mut |_| true),
        CompiledCheck::Header(name, test) => subject
            .properties()
            .header(name)
            .is_some_and(|value| test.holds(&Scalar::header(value))),
        CompiledCheck::HasHeader(name) => subject.properties().header(name).is_some(),
        CompiledCheck::Json(root, path, test) => {
            root.any(subject, asked.reading(), path, &mut |written| {
                test.holds(&Scalar::json(written))
            })
        }
        CompiledCheck::HasJson(root, path) => {
            root.any(subject, asked.reading(), path, &mut |_| true)
        }
        CompiledCheck::HasTrace => subject.transport().trace().is_some(),
        CompiledCheck::Size(op, limit) => {
            #[expect(clippy::cast_precision_loss, reason = "no body comes near 2^53 bytes")]
            let size = subject.body().len() as f64;
            amount_holds(*op, size, *limit)
        }
        CompiledCheck::Age(op, limit) => {
            let age_ms = asked.now_ms.saturating_sub(subject.received_ms());
            #[expect(clippy::cast_precision_loss, reason = "ages stay far below 2^53 ms")]
            let age_ms = age_ms as f64;
            amount_holds(*op, age_ms, *limit)
        }
        CompiledCheck::Is(sort) => match sort {
            Sort::Redelivered => subject.transport().redelivered(),
            Sort::Json => subject.kind() == PayloadKind::Json,
            Sort::Text => subject.kind() == PayloadKind::Text,
            Sort::Binary => subject.kind() == PayloadKind::Binary,
            Sort::Empty => subject.kind() == PayloadKind::Empty,
            Sort::Lost => subject.transport().trace().is_some_and(
                |trace| matches!(&trace.fate, Traced::Published(queues) if queues.is_empty()),
            ),
        },
    }
}

fn any_text<S: Subject>(asked: &Examined<'_, S>, found: &mut dyn FnMut(&[u8]) -> bool) -> bool {
    let subject = asked.subject;
    // What is found at once in the key of an event needs no decoding.
    found(subject.key().as_bytes())
        || found(subject.destination().as_bytes())
        || subject
            .event_type()
            .is_some_and(|text| found(text.as_bytes()))
        || match asked.reading() {
            Some(reading) => found(&reading.bytes),
            None => found(json::trim(subject.body())),
        }
        || subject.any_property_text(found)
}

/// Puts the values of a field to `found` until it says true. A missing field has none.
pub(super) fn any_value(
    subject: &impl Subject,
    named: Named,
    found: &mut dyn FnMut(&Scalar) -> bool,
) -> bool {
    let mut text = |value: Option<&str>| value.is_some_and(|value| found(&Scalar::text(value)));
    match named {
        Named::Exchange | Named::Topic | Named::Bus | Named::Destination => {
            text(Some(subject.destination()))
        }
        Named::Key => text(Some(subject.key())),
        Named::Type => text(subject.event_type()),
        Named::Version => text(subject.version()),
        Named::Id => text(subject.event_id().as_deref()),
        Named::Correlation => text(subject.correlation_id().as_deref()),
        Named::Schema => text(subject.schema()),
        Named::MessageId => text(subject.message_id().as_deref()),
        Named::App => text(subject.properties().app_id.as_deref()),
        Named::User => {
            text(subject.transport().trace().map(|trace| trace.user.as_str()))
                || text(subject.properties().user_id.as_deref())
        }
        Named::ContentType => text(subject.properties().content_type.as_deref()),
        Named::ReplyTo => text(subject.properties().reply_to.as_deref()),
        Named::Priority => subject.properties().priority.is_some_and(|priority| {
            let written = priority.to_string().into();
            found(&Scalar::Number(Number::Whole(priority.into()), written))
        }),
        Named::Queue => match subject.transport().trace().map(|trace| &trace.fate) {
            Some(Traced::Published(queues)) => queues.iter().any(|queue| text(Some(queue))),
            Some(Traced::Delivered(queue)) => text(Some(queue)),
            None => text(subject.failed_in()),
        },
        Named::Reason => text(subject.reason()),
    }
}

#[expect(
    clippy::float_cmp,
    reason = "whole numbers of bytes and milliseconds, equal or not"
)]
fn amount_holds(op: Op, left: f64, right: f64) -> bool {
    match op {
        Op::Like | Op::Equal => left == right,
        Op::NotEqual => left != right,
        Op::Greater => left > right,
        Op::AtLeast => left >= right,
        Op::Less => left < right,
        Op::AtMost => left <= right,
    }
}
