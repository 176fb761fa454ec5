//! What a look into a queue costs and changes, so that it can be said before the look.
//!
//! AMQP has no peek: messages are taken and given back. What that does to a queue depends on its
//! type, its arguments and the broker's version. What is marked *(run)* was tried on RabbitMQ
//! 3.10; the rest is from RabbitMQ's documents on 3.13 to 4.3 and was not run.

use std::time::Duration;

use super::number_words::{count_of, thousands};
use super::server_version::ServerVersion;
use super::topology::Queue;

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

/// The limit that quorum queues have from RabbitMQ 4.0 on if nobody sets another.
const DEFAULT_LIMIT: u64 = 20;

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
pub enum Order {
    /// It stays.
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
    pub order: Order,
    /// Each look counts as a delivery against this limit.
    pub limit: Option<u64>,
    /// The broker keeps what was given back from consumers for a while.
    pub delays: bool,
    /// The queue is a log that is read and not taken from.
    pub is_stream: bool,
}

/// What a look into this queue does; `None` where its type is not known.
#[must_use]
pub fn terms(queue: Option<&Queue>, version: Option<&ServerVersion>) -> Option<Terms> {
    let queue = queue.filter(|queue| !queue.kind.is_empty())?;
    let mut terms = Terms {
        order: Order::Kept,
        limit: None,
        delays: false,
        is_stream: false,
    };
    match queue.kind.as_str() {
        // (run) Also with priorities: what is given back goes to its place among its like.
        "classic" => {}
        "stream" => terms.is_stream = true,
        "quorum" => {
            // From 4.3 on giving back with `basic.nack` does not count; a reject does.
            let counts = !is_at_least(version, 4, 3);
            let limit = delivery_limit(queue, version);
            terms.limit = limit.filter(|_| counts);
            terms.delays = queue.delays_returned;
            terms.order = match limit {
                _ if !counts => Order::MayChange(
                    "from RabbitMQ 4.3 on a quorum queue does not promise the place of what is \
                     given back",
                ),
                // (run) "Near the head" in the documents: before what was never handed out, and
                // behind what was given back before. In order if not more than 32 messages of a
                // consumer go back at once. The broker side sees to both.
                Some(_) => Order::Kept,
                // (run)
                None => Order::KeptIfAll,
            };
        }
        _ => terms.order = Order::MayChange("this type of queue is not known to Eventscope"),
    }
    Some(terms)
}

/// How often this quorum queue delivers a message at most.
fn delivery_limit(queue: &Queue, version: Option<&ServerVersion>) -> Option<u64> {
    let default = is_at_least(version, 4, 0) && !queue.delivers_for_ever;
    queue
        .delivery_limit
        .or_else(|| default.then_some(DEFAULT_LIMIT))
}

/// True if the version is known to be this one or a later one.
fn is_at_least(version: Option<&ServerVersion>, major: u32, minor: u32) -> bool {
    version.is_some_and(|version| version.at_least(major, minor))
}

/// What a look asks of the person.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Verdict {
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
    /// In words.
    pub words: String,
    /// Whether they have to be read first.
    pub verdict: Verdict,
}

/// What can be said of a look at this page before it. `left` is how many safe looks the last one
/// found to be left, if there was one.
#[must_use]
pub fn forecast(
    queue: Option<&Queue>,
    version: Option<&ServerVersion>,
    page: Page,
    left: Option<u64>,
) -> Forecast {
    let Some(terms) = terms(queue, version) else {
        return Forecast {
            words: "What a look does here is not known, because the type of the queue is not: \
                    the management API, which tells it, says nothing of this queue. A quorum \
                    queue may count the look as a delivery, or put the messages behind others"
                .to_owned(),
            verdict: Verdict::Read,
        };
    };
    if terms.is_stream {
        return Forecast {
            words: "A stream: it is read, and nothing in it changes".to_owned(),
            verdict: Verdict::Stream,
        };
    }
    let budget = match (terms.limit, left) {
        (None, _) => "Any number of safe peeks".to_owned(),
        (Some(limit), Some(0)) => {
            return Forecast {
                words: worn_words(limit),
                verdict: Verdict::Blocked,
            };
        }
        (Some(_), Some(left)) => format!("{} left", count_of(left, "safe peek")),
        (Some(limit), None) => format!("Up to {} left", count_of(limit, "safe peek")),
    };
    let (order, kept) = match terms.order {
        Order::Kept => {
            let deep = terms.limit.is_some()
                && queue.and_then(|queue| queue.ready) > Some(u64::from(REACH));
            let unless = format!(
                ", unless more than {} messages were handed out before",
                thousands(u64::from(REACH))
            );
            let unless = if deep { unless.as_str() } else { "" };
            (format!("order will be kept{unless}"), true)
        }
        Order::KeptIfAll => match queue.and_then(all_at_once) {
            Some(ready) if ready <= u64::from(page.reach()) => (
                "order will be kept, because this takes all".to_owned(),
                true,
            ),
            Some(ready) => (
                format!(
                    "order will be kept, because all {} are taken at once",
                    thousands(ready)
                ),
                true,
            ),
            None => (
                "the order will change: this queue has no delivery limit, so RabbitMQ puts what \
                 was looked at behind the rest"
                    .to_owned(),
                false,
            ),
        },
        Order::MayChange(why) => (format!("the order may change: {why}"), false),
    };
    let mut words = format!("{budget}; {order}");
    if terms.limit.is_some() && left.is_none() {
        words.push_str(
            ". The first peek reads how often the messages were handed out before; what is at the \
             limit already is put at the end anew",
        );
    }
    if terms.delays {
        words.push_str(
            ". The queue delays its retries: RabbitMQ keeps what was looked at from consumers for \
             a while",
        );
    }
    let free = kept && terms.limit.is_none() && !terms.delays;
    Forecast {
        words,
        verdict: if free { Verdict::Free } else { Verdict::Read },
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

    fn check(queue: &Queue, version: &str, left: Option<u64>, words: &str, verdict: Verdict) {
        let version = ServerVersion::rabbitmq(version);
        let said = forecast(Some(queue), Some(&version), Page::head(200), left);
        assert!(said.words.starts_with(words), "{}", said.words);
        assert_eq!(said.verdict, verdict, "{}", said.words);
    }

    #[test]
    fn what_a_look_costs_is_said_before_it() {
        let free = "Any number of safe peeks; order will be kept";
        check(&queue("classic", None), "3.10.8", None, free, Verdict::Free);
        check(&queue("classic", None), "4.3.0", None, free, Verdict::Free);
        let change = "Any number of safe peeks; the order will change";
        let quorum = queue("quorum", None);
        check(&quorum, "3.10.8", None, change, Verdict::Read);
        let default = "Up to 20 safe peeks left";
        check(&quorum, "4.1.0", None, default, Verdict::Read);
        let left = "17 safe peeks left; order will be kept";
        check(&quorum, "4.1.0", Some(17), left, Verdict::Read);
        let last = "1 safe peek left; order will be kept";
        let limited = queue("quorum", Some(3));
        check(&limited, "3.10.8", Some(1), last, Verdict::Read);
        let none = "No safe peek is left";
        check(&limited, "3.10.8", Some(0), none, Verdict::Blocked);
        let gentle = "Any number of safe peeks; the order may change";
        check(&limited, "4.3.0", Some(0), gentle, Verdict::Read);
        let stream = "A stream: it is read";
        check(
            &queue("stream", None),
            "3.10.8",
            None,
            stream,
            Verdict::Stream,
        );
        let other = "Any number of safe peeks; the order may change: this type";
        check(&queue("x-new", None), "4.3.0", None, other, Verdict::Read);
    }

    #[test]
    fn a_limit_that_was_taken_away_is_no_limit() {
        let mut quorum = queue("quorum", None);
        quorum.delivers_for_ever = true;
        let terms = terms(Some(&quorum), Some(&ServerVersion::rabbitmq("4.1.0"))).unwrap();
        assert_eq!((terms.limit, terms.order), (None, Order::KeptIfAll));
    }

    #[test]
    fn a_quorum_queue_that_can_be_taken_as_a_whole_keeps_its_order() {
        let mut quorum = queue("quorum", None);
        quorum.ready = Some(9_000);
        let all = "Any number of safe peeks; order will be kept, because all 9,000 are taken";
        check(&quorum, "3.10.8", None, all, Verdict::Free);
        quorum.ready = Some(7);
        let these = "Any number of safe peeks; order will be kept, because this takes all";
        check(&quorum, "3.10.8", None, these, Verdict::Free);
        quorum.ready_bytes = Some(u64::MAX);
        let large = "Any number of safe peeks; the order will change";
        check(&quorum, "3.10.8", None, large, Verdict::Read);
    }

    #[test]
    fn delayed_retries_are_told() {
        let mut quorum = queue("quorum", Some(9));
        quorum.delays_returned = true;
        let said = forecast(
            Some(&quorum),
            Some(&ServerVersion::rabbitmq("4.3.0")),
            Page::head(200),
            None,
        );
        assert!(said.words.contains("delays its retries"), "{}", said.words);
        assert_eq!(said.verdict, Verdict::Read);
    }

    #[test]
    fn nothing_is_promised_of_a_queue_that_is_not_known() {
        let said = forecast(
            None,
            Some(&ServerVersion::rabbitmq("3.10.8")),
            Page::head(200),
            None,
        );
        assert_eq!(said.verdict, Verdict::Read);
        let said = forecast(Some(&Queue::named("q")), None, Page::head(200), None);
        assert!(said.words.contains("not known"), "{}", said.words);
    }
}
