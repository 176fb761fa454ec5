//! The filter language.

use std::borrow::Cow;

use crate::domain::{Event, PayloadKind, Properties, Trace};

/// What a filter can ask of an event.
pub trait Subject {
    /// ms
    fn received_ms(&self) -> i64;
    /// x
    fn exchange(&self) -> &str;
    /// x
    fn routing_key(&self) -> &str;
    /// x
    fn redelivered(&self) -> bool;
    /// x
    fn kind(&self) -> PayloadKind;
    /// x
    fn event_type(&self) -> Option<&str>;
    /// x
    fn version(&self) -> Option<&str>;
    /// x
    fn event_id(&self) -> Option<Cow<'_, str>>;
    /// x
    fn correlation_id(&self) -> Option<Cow<'_, str>>;
    /// x
    fn message_id(&self) -> Option<Cow<'_, str>>;
    /// x
    fn properties(&self) -> Cow<'_, Properties>;
    /// x
    fn trace(&self) -> Option<&Trace>;
    /// x
    fn body(&self) -> &[u8];
    /// x
    fn data(&self) -> &[u8];
}

/// Stub
#[derive(Clone, Debug)]
pub struct Filter(String);
/// Stub
#[derive(Clone, Debug, PartialEq)]
pub struct ParseError {
    /// at
    pub at: std::ops::Range<usize>,
    /// words
    pub words: String,
}
/// Stub
#[derive(Clone, Debug)]
pub struct Matcher(String);
/// Stub
#[derive(Clone, Debug)]
pub struct Needle(String);

impl Filter {
    /// stub
    pub fn parse(line: &str) -> Result<Self, ParseError> {
        Ok(Self(line.trim().to_lowercase()))
    }
    /// stub
    pub fn matcher(&self) -> Matcher {
        Matcher(self.0.clone())
    }
}

impl Matcher {
    /// stub
    pub fn matches(&self, subject: &impl Subject, _now: i64) -> bool {
        let text = String::from_utf8_lossy(subject.body()).to_lowercase();
        text.contains(&self.0) || subject.routing_key().contains(&self.0)
    }
    /// stub
    pub fn needle(&self) -> Option<&Needle> {
        None
    }
    /// stub
    pub fn is_needle_only(&self) -> bool {
        false
    }
}

impl Needle {
    /// stub
    pub fn find_iter(&self, _haystack: &[u8]) -> impl Iterator<Item = std::ops::Range<usize>> {
        std::iter::empty()
    }
}

impl Subject for Event {
    fn received_ms(&self) -> i64 {
        self.received_at.timestamp_millis()
    }
    fn exchange(&self) -> &str {
        &self.exchange
    }
    fn routing_key(&self) -> &str {
        &self.routing_key
    }
    fn redelivered(&self) -> bool {
        self.redelivered
    }
    fn kind(&self) -> PayloadKind {
        self.kind
    }
    fn event_type(&self) -> Option<&str> {
        self.envelope.event_type.as_deref()
    }
    fn version(&self) -> Option<&str> {
        self.envelope.version.as_deref()
    }
    fn event_id(&self) -> Option<Cow<'_, str>> {
        None
    }
    fn correlation_id(&self) -> Option<Cow<'_, str>> {
        None
    }
    fn message_id(&self) -> Option<Cow<'_, str>> {
        None
    }
    fn properties(&self) -> Cow<'_, Properties> {
        Cow::Borrowed(&self.properties)
    }
    fn trace(&self) -> Option<&Trace> {
        None
    }
    fn body(&self) -> &[u8] {
        &self.body
    }
    fn data(&self) -> &[u8] {
        self.data()
    }
}

/// stub
#[derive(Debug, Clone)]
pub struct NumberAt;
impl NumberAt {
    /// stub
    pub fn parse(_: &str) -> Option<Self> {
        Some(Self)
    }
    /// stub
    pub fn of(&self, _: &impl Subject) -> Option<f64> {
        None
    }
}

/// stub
#[derive(Debug, Clone)]
pub struct Completion {
    /// x
    pub replace: std::ops::Range<usize>,
    /// x
    pub text: String,
    /// x
    pub note: String,
}
/// stub
pub fn complete(_: &str, _: usize, _: &()) -> Vec<Completion> {
    Vec::new()
}
