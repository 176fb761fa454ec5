//! What a look into a queue does to it, so that it can be said before the look.
//!
//! AMQP has no peek: messages are taken and given back. What that does to a queue depends on its
//! type, its arguments and the broker's version. What is marked *(run)* was tried, on RabbitMQ
//! 3.10, 4.0 and 4.3 unless one of them is named; the rest is from RabbitMQ's documents.
//! What counts against a delivery limit is in [`super::delivery_limit`].

use std::time::Duration;

use super::delivery_limit::{CountLimit, Left};
use super::server_version::ServerVersion;
use super::topology::Queue;
use crate::text::numbers::{count_of, thousands};

/// How far a look reaches into a queue: AMQP can only take from the head, so a look at what lies
/// deeper takes everything before it as well. A resend looks as far, so that all that is shown can
/// be found again.
pub const REACH: u32 = 10_000;
/// Most bytes of bodies that a look takes.
pub const REACH_BYTES: usize = 256 * 1024 * 1024;
/// Most bytes of bodies that are shown at once and hence kept in memory.
pub const SHOWN_BYTES: usize = 64 * 1024 * 1024;
/// How long a look takes messages at most; consumers do not see them meanwhile.
pub const REACH_TIME: Duration = Duration::from_secs(20);
/// How many messages a page may have.
pub const PAGE_SIZES: [u32; 3] = [200, 1_000, 5_000];

/// A part of a queue, counted from its head.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Page {
    /// Messages before it.
    pub first: u32,
    /// Most messages in it.
    pub size: u32,
}

impl Page {
    /// The first page of this size.
    #[must_use]
    pub fn head(size: u32) -> Self {
        Self { first: 0, size }
    }

    /// The messages that a look at it takes from the head of the queue.
    #[must_use]
    pub fn reach(self) -> u32 {
        self.first.saturating_add(self.size).min(REACH)
    }
}

/// What becomes of the order of the messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum QueueOrder {
    Kept,
    /// It stays if all messages of the queue are taken at once: what is given back goes behind the
    /// rest, and there is no rest.
    KeptIfAll,
    /// It may change, for this reason.
    MayChange(&'static str),
}

/// What a look does to a queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Terms {
    /// What becomes of the order.
    pub order: QueueOrder,
    /// The delivery limit that the queue has.
    pub limit: Option<CountLimit>,
    /// What a consumer gives back has its place only if that is little at a time, and all is taken
    /// that was given back before.
    pub mixes_up: bool,
    /// The broker keeps what was given back from consumers for a while.
    pub delays: bool,
    /// The queue is a log that is read and not taken from.
    pub is_stream: bool,
}

impl Terms {
    /// The limit against which each look counts.
    #[must_use]
    pub fn counted(&self) -> Option<CountLimit> {
        self.limit.filter(|limit| limit.counts_looks)
    }
}

/// What a look into this queue does; `None` where its type is not known.
#[must_use]
pub fn terms(queue: Option<&Queue>, version: Option<&ServerVersion>) -> Option<Terms> {
    let queue = queue.filter(|queue| !queue.kind.is_empty())?;
    let mut terms = Terms {
        order: QueueOrder::Kept,
        limit: CountLimit::of(queue, version),
        mixes_up: false,
        delays: false,
        is_stream: false,
    };
    match queue.kind.as_str() {
        // (run) Also with priorities: what is given back goes to its place among its like.
        "classic" => {}
        "stream" => terms.is_stream = true,
        "quorum" => {
            terms.delays = queue.delays_returned;
            // (run on 4.3) There the limit makes no difference.
            let is_new = version.is_some_and(|version| version.at_least(4, 3));
            if is_new || terms.limit.is_some() {
                // (run) "Near the head" in the documents: before what was never handed out, and
                // behind what was given back before. In order if not more than 32 messages of a
                // consumer, and of not more than 16 consumers, go back at once, and all that was
                // given back before is taken. The broker side sees to it.
                terms.mixes_up = true;
            } else {
                // (run on 3.10 and 4.0) Behind the rest.
                terms.order = QueueOrder::KeptIfAll;
            }
        }
        _ => terms.order = QueueOrder::MayChange("this type of queue is not known to Eventscope"),
    }
    Some(terms)
}

/// What a look asks of the person.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PeekVerdict {
    /// Nothing: it changes nothing that matters.
    Free,
    /// To be read before: it uses something up, or changes the order, or what it does is not known.
    #[default]
    Read,
    /// It must not be taken.
    Blocked,
    /// A stream is read, which changes nothing.
    Stream,
}

/// What is said before a look.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Forecast {
    pub words: String,
    /// Whether they have to be read first.
    pub verdict: PeekVerdict,
}

/// What is known from earlier looks and from the topology.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Past {
    /// How many safe looks the last one found to be left, if there was one.
    pub left: Option<Left>,
    /// Messages may lie there that died in a quorum queue, with the count that they had there.
    pub may_carry: bool,
}

impl From<Option<Left>> for Past {
    fn from(left: Option<Left>) -> Self {
        Self {
            left,
            may_carry: false,
        }
    }
}

/// What can be said of a look at this page before it.
#[must_use]
#[expect(
    clippy::too_many_lines,
    reason = "one rule after the other, as they are asked"
)]
pub fn forecast(
    queue: Option<&Queue>,
    version: Option<&ServerVersion>,
    page: Page,
    past: impl Into<Past>,
) -> Forecast {
    let past = past.into();
    let (Some(queue), Some(terms)) = (queue, terms(queue, version)) else {
        return Forecast {
            words: "The type of this queue is not known: it is new, is not there, or there is no \
                    management API to ask. On a quorum queue a peek may count as a delivery or \
                    change the order"
                .to_owned(),
            verdict: PeekVerdict::Read,
        };
    };
    if terms.is_stream {
        return Forecast {
            words: "A stream: it is read, and nothing in it changes".to_owned(),
            verdict: PeekVerdict::Stream,
        };
    }
    if let Some(words) = active_words(queue) {
        return Forecast {
            words,
            verdict: PeekVerdict::Blocked,
        };
    }
    let counted = terms.counted();
    let (order, kept) = order_words(queue, terms, page);
    let mut words = match (counted, past.left) {
        (Some(limit), Some(left)) if left.looks == 0 && !left.at_least => {
            return Forecast {
                words: worn_words(limit.most),
                verdict: PeekVerdict::Blocked,
            };
        }
        (None, _) if kept => format!("Peeking here is safe and keeps the order{order}"),
        (None, _) => format!("Peeking here loses nothing, but {order}"),
        (Some(limit), left) => {
            let budget = match left {
                Some(left) if left.at_least => {
                    format!("At least {} left", count_of(left.looks, "safe peek"))
                }
                Some(left) => format!("{} left", count_of(left.looks, "safe peek")),
                None => format!("Up to {} left", count_of(limit.most, "safe peek")),
            };
            if kept {
                format!("{budget}; the order is kept{order}")
            } else {
                format!("{budget}; {order}")
            }
        }
    };
    if counted.is_some() && past.left.is_none() {
        words.push_str(
            ". The first peek reads how often the messages were handed out before; what is at the \
             limit already is put at the end again",
        );
    }
    let carries = counted.is_none() && past.may_carry;
    if let Some(limit) = terms.limit.filter(|_| carries) {
        words.push_str(&format!(
            ", except for messages that died with more deliveries than the limit of {} here: this \
             RabbitMQ would throw them out when they come back, so they are written to the journal \
             and put at the end again",
            limit.most
        ));
    }
    if terms.delays {
        words.push_str(
            ". The queue delays its retries: RabbitMQ keeps what was looked at from consumers for \
             a while",
        );
    }
    if let Some(consumers) = queue.consumers.filter(|count| *count > 0) {
        let subject = count_of(consumers, "consumer");
        let verb = if consumers == 1 { "takes" } else { "take" };
        words.push_str(&format!(
            ". {subject} {verb} messages here: a peek holds some back from them for a moment"
        ));
    }
    let free = kept && counted.is_none() && !terms.delays && !carries;
    Forecast {
        words,
        verdict: if free {
            PeekVerdict::Free
        } else {
            PeekVerdict::Read
        },
    }
}

/// Why a look gets nothing, where one consumer alone gets all.
#[must_use]
pub fn active_words(queue: &Queue) -> Option<String> {
    let active = queue.single_active.as_deref()?;
    let has_consumers = queue.consumers.is_some_and(|count| count > 0);
    if active.is_empty() && !has_consumers {
        return None;
    }
    let name = &queue.name;
    let who = match active {
        "" => "a consumer is active".to_owned(),
        tag => format!("{tag} is active"),
    };
    Some(format!(
        "{name} gives its messages to a single active consumer, in order, and {who}: a peek gets \
         nothing. Stop its consumers to peek"
    ))
}

/// What becomes of the order, to be put behind what a look costs; true if it is kept.
fn order_words(queue: &Queue, terms: Terms, page: Page) -> (String, bool) {
    match terms.order {
        QueueOrder::Kept => {
            let is_deep = terms.mixes_up && queue.ready > Some(u64::from(REACH));
            let unless = format!(
                ", unless more than {} messages were handed out before",
                thousands(u64::from(REACH))
            );
            (if is_deep { unless } else { String::new() }, true)
        }
        QueueOrder::KeptIfAll => match all_at_once(queue) {
            Some(ready) if ready <= u64::from(page.reach()) => {
                (", because this takes all".to_owned(), true)
            }
            Some(ready) => (
                format!(", because all {} are taken at once", thousands(ready)),
                true,
            ),
            None => (
                "the order will change: this queue has no delivery limit, so RabbitMQ puts what \
                 was looked at behind the rest"
                    .to_owned(),
                false,
            ),
        },
        QueueOrder::MayChange(why) => (format!("the order may change: {why}"), false),
    }
}

/// The number of messages that can be taken all at once, if they can.
fn all_at_once(queue: &Queue) -> Option<u64> {
    let bytes = queue.ready_bytes.unwrap_or(0);
    let fits = u64::try_from(REACH_BYTES).is_ok_and(|most| bytes < most);
    queue
        .ready
        .filter(|ready| fits && *ready <= u64::from(REACH))
}

/// Why a queue must not be looked into once more.
#[must_use]
pub fn worn_words(limit: u64) -> String {
    format!(
        "No safe peek is left: some messages have been handed out as often as the delivery limit \
         of {limit} allows, and one more look would make RabbitMQ remove or dead-letter them. \
         Resend or discard them first, or raise the delivery limit"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn queue(kind: &str, limit: Option<u64>) -> Queue {
        Queue {
            kind: kind.into(),
            delivery_limit: limit,
            ready: Some(100_000),
            ..Queue::named("q")
        }
    }

    fn said(queue: &Queue, version: &str, past: impl Into<Past>) -> Forecast {
        let version = ServerVersion::rabbitmq(version);
        forecast(Some(queue), Some(&version), Page::head(200), past)
    }

    fn check(queue: &Queue, version: &str, left: Option<u64>, words: &str, verdict: PeekVerdict) {
        let left = left.map(|looks| Left {
            looks,
            at_least: false,
        });
        let said = said(queue, version, left);
        assert!(said.words.starts_with(words), "{}", said.words);
        assert_eq!(said.verdict, verdict, "{}", said.words);
    }

    #[test]
    fn what_a_look_costs_is_said_before_it() {
        let free = "Peeking here is safe and keeps the order";
        check(
            &queue("classic", None),
            "3.10.8",
            None,
            free,
            PeekVerdict::Free,
        );
        check(
            &queue("classic", None),
            "4.3.0",
            None,
            free,
            PeekVerdict::Free,
        );
        let change = "Peeking here loses nothing, but the order will change";
        let quorum = queue("quorum", None);
        check(&quorum, "3.10.8", None, change, PeekVerdict::Read);
        let default = "Up to 20 safe peeks left; the order is kept";
        check(&quorum, "4.1.0", None, default, PeekVerdict::Read);
        let left = "17 safe peeks left; the order is kept";
        check(&quorum, "4.1.0", Some(17), left, PeekVerdict::Read);
        let last = "1 safe peek left; the order is kept";
        let limited = queue("quorum", Some(3));
        check(&limited, "3.10.8", Some(1), last, PeekVerdict::Read);
        let none = "No safe peek is left";
        check(&limited, "3.10.8", Some(0), none, PeekVerdict::Blocked);
        // With or without a limit.
        check(&limited, "4.3.0", Some(0), free, PeekVerdict::Free);
        check(&quorum, "4.3.0", None, free, PeekVerdict::Free);
        let stream = "A stream: it is read";
        check(
            &queue("stream", None),
            "3.10.8",
            None,
            stream,
            PeekVerdict::Stream,
        );
        let other = "Peeking here loses nothing, but the order may change: this type";
        check(
            &queue("x-new", None),
            "4.3.0",
            None,
            other,
            PeekVerdict::Read,
        );
    }

    #[test]
    fn a_count_that_may_be_of_another_queue_is_a_lower_bound() {
        let left = Left {
            looks: 18,
            at_least: true,
        };
        let said = said(&queue("quorum", None), "4.0.5", Some(left));
        assert!(
            said.words.starts_with("At least 18 safe peeks left"),
            "{said:?}"
        );
    }

    #[test]
    fn what_a_peek_would_throw_out_is_said_before_it() {
        let past = Past {
            may_carry: true,
            left: None,
        };
        let new = said(&queue("quorum", None), "4.3.6", past);
        assert_eq!(new.verdict, PeekVerdict::Read);
        assert!(
            new.words.contains("more deliveries than the limit of 20"),
            "{new:?}"
        );
        let old = said(&queue("quorum", Some(3)), "3.10.8", past);
        assert!(!old.words.contains("throw them out"), "{old:?}");
        let mut endless = queue("quorum", None);
        endless.delivers_for_ever = true;
        assert!(!said(&endless, "4.3.6", past).words.contains("throw"));
    }

    #[test]
    fn consumers_are_named_where_a_look_takes_from_them() {
        let mut classic = queue("classic", None);
        classic.consumers = Some(2);
        let shared = said(&classic, "3.10.8", None);
        assert!(
            shared.words.contains("2 consumers take messages here"),
            "{shared:?}"
        );
        assert_eq!(shared.verdict, PeekVerdict::Free);
        classic.single_active = Some("worker-1".into());
        let active = said(&classic, "3.10.8", None);
        assert!(
            active
                .words
                .contains("worker-1 is active: a peek gets nothing"),
            "{active:?}"
        );
        assert_eq!(active.verdict, PeekVerdict::Blocked);
        // Nobody is there, so a look is the one that is active.
        classic.single_active = Some(String::new());
        classic.consumers = Some(0);
        assert_eq!(said(&classic, "3.10.8", None).verdict, PeekVerdict::Free);
    }

    #[test]
    fn a_limit_that_was_taken_away_is_no_limit() {
        let mut quorum = queue("quorum", None);
        quorum.delivers_for_ever = true;
        let terms = terms(Some(&quorum), Some(&ServerVersion::rabbitmq("4.1.0"))).unwrap();
        assert_eq!((terms.limit, terms.order), (None, QueueOrder::KeptIfAll));
    }

    #[test]
    fn a_quorum_queue_that_can_be_taken_as_a_whole_keeps_its_order() {
        let mut quorum = queue("quorum", None);
        quorum.ready = Some(9_000);
        let all = "Peeking here is safe and keeps the order, because all 9,000 are taken";
        check(&quorum, "3.10.8", None, all, PeekVerdict::Free);
        quorum.ready = Some(7);
        let these = "Peeking here is safe and keeps the order, because this takes all";
        check(&quorum, "3.10.8", None, these, PeekVerdict::Free);
        quorum.ready_bytes = Some(u64::MAX);
        let large = "Peeking here loses nothing, but the order will change";
        check(&quorum, "3.10.8", None, large, PeekVerdict::Read);
    }

    #[test]
    fn delayed_retries_are_told() {
        let mut quorum = queue("quorum", Some(9));
        quorum.delays_returned = true;
        let said = said(&quorum, "4.3.0", None);
        assert!(said.words.contains("delays its retries"), "{}", said.words);
        assert_eq!(said.verdict, PeekVerdict::Read);
    }

    #[test]
    fn nothing_is_promised_of_a_queue_that_is_not_known() {
        let version = ServerVersion::rabbitmq("3.10.8");
        let said = forecast(None, Some(&version), Page::head(200), None);
        assert_eq!(said.verdict, PeekVerdict::Read);
        let said = forecast(Some(&Queue::named("q")), None, Page::head(200), None);
        assert!(
            said.words.contains("type of this queue is not known"),
            "{}",
            said.words
        );
    }
}
