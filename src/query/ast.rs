//! What a filter line says, as a tree.

use super::json_path::PathStep;
use super::pattern::TextPattern;

/// One part of a filter. Equal trees mean the same and print the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum QueryNode {
    /// Everything: the empty line.
    All,
    /// Each of these; at least two.
    And(Vec<QueryNode>),
    /// One of these; at least two.
    Or(Vec<QueryNode>),
    /// What the other part leaves out.
    Not(Box<QueryNode>),
    /// This text occurs somewhere.
    Word(String),
    /// This regular expression matches somewhere.
    Pattern(TextPattern),
    /// A field compares so with a value.
    Compare(QueryField, Op, Value),
    /// The event has such a thing.
    Has(Thing),
    /// The event is of such a sort.
    Is(Sort),
}

/// How a field is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Op {
    /// `:`, like the value, which may have wildcards or be a regular expression.
    Like,
    /// `=`, exactly.
    Equal,
    /// `!=`, there and not equal.
    NotEqual,
    /// `>`
    Greater,
    /// `>=`
    AtLeast,
    /// `<`
    Less,
    /// `<=`
    AtMost,
}

impl Op {
    /// All of them; of two that begin alike the longer stands first.
    pub const ALL: [Self; 7] = [
        Self::Like,
        Self::NotEqual,
        Self::AtLeast,
        Self::AtMost,
        Self::Equal,
        Self::Greater,
        Self::Less,
    ];

    /// As it is written.
    #[must_use]
    pub fn sign(self) -> &'static str {
        match self {
            Self::Like => ":",
            Self::Equal => "=",
            Self::NotEqual => "!=",
            Self::Greater => ">",
            Self::AtLeast => ">=",
            Self::Less => "<",
            Self::AtMost => "<=",
        }
    }

    /// True for the four that need an order.
    #[must_use]
    pub fn is_ordering(self) -> bool {
        matches!(
            self,
            Self::Greater | Self::AtLeast | Self::Less | Self::AtMost
        )
    }
}

/// What a field is compared with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// Written without quotes: `*` and `?` are wildcards behind `:`, and `3`, `true` and `null`
    /// also stand for the number, the boolean and nothing.
    Bare(String),
    /// Written in quotes: text and only text, letter by letter.
    Quoted(String),
    /// `/…/`, only behind `:`.
    Pattern(TextPattern),
}

/// What can be compared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum QueryField {
    /// One of the fields with a name of their own.
    Named(Named),
    /// `header.name`
    Header(String),
    /// `data.path`, in the body without its envelope; at least one step.
    Data(Vec<PathStep>),
    /// `body.path`, in the whole body; at least one step.
    Body(Vec<PathStep>),
    /// A field of the payload that is named without saying where: in the data, or beside it in the
    /// body; at least one step, of which the first is a name.
    Payload(Vec<PathStep>),
    /// Bytes of the body.
    Size,
    /// Time since it was received.
    Age,
}

macro_rules! named {
    ($(#[$outer:meta])* $type:ident { $($(#[$doc:meta])* $variant:ident = $name:literal, $note:literal;)+ }) => {
        $(#[$outer])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum $type {
            $($(#[$doc])* $variant,)+
        }

        impl $type {
            /// All of them, in the order in which they are offered.
            pub const ALL: &[Self] = &[$(Self::$variant,)+];

            /// As it is written in a line.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)+
                }
            }

            /// What it is, for a list of suggestions.
            #[must_use]
            pub fn note(self) -> &'static str {
                match self {
                    $(Self::$variant => $note,)+
                }
            }
        }
    };
}

named! {
    /// The text fields of an event.
    Named {
        /// The key; behind `:` stands a pattern of words.
        Key = "key", "Key it was published with; * is a word, # any words";
        /// See [`Named::is_destination`].
        Exchange = "exchange", "Exchange it was published to";
        /// What the event says it is.
        Type = "type", "Event type";
        /// The schema version that the event claims.
        Version = "version", "Schema version";
        /// The event's own id.
        Id = "id", "Event id";
        /// The property `correlation-id`.
        Correlation = "correlation", "Correlation id";
        /// Whether it is what it claims to be.
        Schema = "schema", "Judged by its schema: matches, fails, fits-other …";
        /// The property `app-id`.
        App = "app", "Publishing application";
        /// The property `user-id`, or the login of the trace.
        User = "user", "Login that published it";
        /// The property `content-type`.
        ContentType = "content-type", "Content type as claimed";
        /// The property `message-id`.
        MessageId = "message-id", "Message id";
        /// The property `reply-to`.
        ReplyTo = "reply-to", "Queue for a reply";
        /// The property `priority`.
        Priority = "priority", "Priority, 0 to 255";
        /// The queues that a traced event was routed to or delivered from, or that a dead letter failed in.
        Queue = "queue", "Queue it went to (traced events), or failed in (dead letters)";
        /// Why a dead letter left its queue.
        Reason = "reason", "Why it died: rejected, expired, maxlen, delivery_limit";
        /// See [`Named::is_destination`].
        Topic = "topic", "Topic it was published to";
        /// See [`Named::is_destination`].
        Bus = "bus", "Bus it was published to";
        /// See [`Named::is_destination`].
        Destination = "destination", "Where it was published: exchange, topic or bus";
    }
}

named! {
    /// What an event can be.
    Sort {
        /// The broker delivered it before.
        Redelivered = "redelivered", "Delivered before";
        /// A JSON document.
        Json = "json", "A JSON body";
        Text = "text", "A text body other than JSON";
        Binary = "binary", "A binary body";
        /// No bytes at all.
        Empty = "empty", "No body";
        /// Published, as the trace tells, and routed to no queue.
        Lost = "lost", "Published and routed to no queue (traced events)";
    }
}

impl Named {
    /// It is what the event was published to. Each kind of store has a word of its own for it, and
    /// all are understood, whatever the event came from.
    #[must_use]
    pub fn is_destination(self) -> bool {
        matches!(
            self,
            Self::Exchange | Self::Topic | Self::Bus | Self::Destination
        )
    }
}

/// What an event can have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Thing {
    /// A value in a field; never [`QueryField::Size`] or [`QueryField::Age`], which every event has.
    Field(QueryField),
    /// A trace of the broker.
    Trace,
}
