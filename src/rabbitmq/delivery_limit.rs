//! What a quorum queue throws out because it was handed out too often.
//!
//! Two questions that are easily taken for one: does a look use something up, and would what a
//! look gives back be thrown out? What was run is marked with the versions of RabbitMQ; the rest is
//! from its documents.
//!
//! | | up to 4.0 *(run: 3.10, 4.0)* | 4.1, 4.2 | from 4.3 on *(run: 4.3)* |
//! |---|---|---|---|
//! | giving back by `basic.nack` counts | yes | yes | no |
//! | a broken connection, a closed channel, a reject count | yes | yes | yes |
//! | thrown out by a nack at a count of | the limit | the limit | more than the limit |
//! | thrown out by a broken connection at a count of | the limit | the limit | the limit |
//! | the count that a message died with in another quorum queue | 3.10: begins again; 4.0: shown at the first delivery only, and not counted | not known, so taken for counted | counts on |
//! | the limit where nobody sets one | none; from 4.0 on 20 | 20 | 20 |

use super::server_version::ServerVersion;
use super::topology::Queue;
use crate::event::Event;
use crate::event::amqp::FieldValue;

/// The limit that quorum queues have from RabbitMQ 4.0 on if nobody sets another.
const DEFAULT: u64 = 20;

/// What the count means that a message brought along from the queue in which it died.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Carried {
    /// Nothing: the header is this queue's own.
    Nothing,
    /// It is shown once, and not counted here.
    Shown,
    /// It counts on here, or that is not known.
    Counts,
}

/// The delivery limit of a queue and how it counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CountLimit {
    /// Most deliveries without success; one more, and the message is dropped or dead-lettered.
    pub most: u64,
    /// What a look gives back is counted, so each look uses one up.
    pub counts_looks: bool,
    carried: Carried,
    /// The queue's type is not known: nobody can say what it throws out.
    is_guess: bool,
}

/// How many looks are safe.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Left {
    pub looks: u64,
    /// Or more: counts that were seen may be those of another queue.
    pub at_least: bool,
}

impl CountLimit {
    /// The limit of this queue, if it has one.
    #[must_use]
    pub fn of(queue: &Queue, version: Option<&ServerVersion>) -> Option<Self> {
        if queue.kind != "quorum" {
            return None;
        }
        // Where the version is not known, what is safe under each of them is assumed.
        let known = version.filter(|version| version.numbers().is_some());
        let is = |major, minor| known.is_none_or(|version| version.at_least(major, minor));
        let default = (is(4, 0) && !queue.delivers_for_ever).then_some(DEFAULT);
        Some(Self {
            most: queue.delivery_limit.or(default)?,
            counts_looks: known.is_none() || !is(4, 3),
            carried: match known {
                Some(_) if !is(4, 0) => Carried::Nothing,
                Some(_) if !is(4, 1) => Carried::Shown,
                _ => Carried::Counts,
            },
            is_guess: false,
        })
    }

    /// What is taken care of where the type of the queue is not known: whatever was handed out
    /// before may be at a limit.
    #[must_use]
    pub fn not_known() -> Self {
        Self {
            most: 1,
            counts_looks: true,
            carried: Carried::Counts,
            is_guess: true,
        }
    }

    /// How often this message was delivered in this queue before this time, or may have been.
    /// `was_here` is true if it is known to have been handed out by this queue before.
    #[must_use]
    pub fn count(self, event: &Event, was_here: bool) -> u64 {
        match told(event) {
            // No queue keeps what it counted beyond its limit, so this was counted elsewhere.
            count if self.carried == Carried::Shown && !was_here && count > self.most => 0,
            count => count,
        }
    }

    /// True if that count is certainly one of this queue.
    #[must_use]
    pub fn is_certain(self, event: &Event, was_here: bool) -> bool {
        self.carried == Carried::Nothing
            || was_here
            || self.count(event, was_here) == 0
            || !self.counts_looks
            || event.properties.header("x-death").is_none()
    }

    /// True if a message with this count would be thrown out when it is given back.
    #[must_use]
    pub fn throws_out(self, count: u64) -> bool {
        let most = if self.counts_looks {
            self.most
        } else {
            self.most.saturating_add(1)
        };
        !self.is_guess && count >= most
    }

    /// True if a connection that breaks while this message is borrowed may cost the queue the
    /// message.
    #[must_use]
    pub fn is_at_risk(self, event: &Event) -> bool {
        told(event) >= self.most
    }

    /// How many more looks are safe after these messages were given back, which is one delivery
    /// more than the count that each came with. What was at the limit already was put into the
    /// queue again. `None` where looks use nothing up.
    #[must_use]
    pub fn left<'a>(
        self,
        messages: impl Iterator<Item = &'a Event>,
        was_here: impl Fn(&Event) -> bool,
    ) -> Option<Left> {
        if !self.counts_looks || self.is_guess {
            return None;
        }
        let mut most = None;
        let mut at_least = false;
        for event in messages {
            let here = was_here(event);
            let count = self.count(event, here);
            if !self.throws_out(count) && most.is_none_or(|most| count >= most) {
                let is_sure = self.is_certain(event, here);
                at_least = !is_sure && (at_least || most.is_none_or(|most| count > most));
                most = Some(count);
            }
        }
        let looks = self.most - most.map_or(0, |most| most + 1);
        Some(Left { looks, at_least })
    }
}

/// The count that a message carries. One that was never delivered carries none of this queue,
/// whatever a client wrote there. *(Run on 3.10, 4.0 and 4.3: what carries the count of another
/// queue is marked as delivered before.)*
fn told(event: &Event) -> u64 {
    if !event.transport.redelivered() {
        return 0;
    }
    let count = event.properties.header("x-delivery-count");
    let count = count.and_then(FieldValue::as_integer);
    count
        .and_then(|count| u64::try_from(count).ok())
        .unwrap_or(0)
}

/// True if a quorum queue has handed this message out before, or may have: its place among what
/// was given back then is another one than among what was never handed out.
#[must_use]
pub fn was_handed_out(event: &Event, limit: Option<CountLimit>) -> bool {
    let has = |name: &str| event.properties.header(name).is_some();
    // From 4.3 on a nack is not counted as a delivery, but as this.
    let counted = limit.map_or_else(|| told(event), |limit| limit.count(event, false));
    event.transport.redelivered() && (counted > 0 || has("x-acquired-count"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Transport;
    use crate::event::amqp::Properties;
    use chrono::DateTime;

    fn queue(limit: Option<u64>) -> Queue {
        Queue {
            kind: "quorum".into(),
            delivery_limit: limit,
            ..Queue::named("q")
        }
    }

    fn limit(version: &str, most: u64) -> CountLimit {
        CountLimit::of(&queue(Some(most)), Some(&ServerVersion::rabbitmq(version))).unwrap()
    }

    /// A message with this count, that died before.
    fn dead(count: Option<i64>) -> Event {
        let count = count.map(|n| ("x-delivery-count".to_owned(), FieldValue::I64(n)));
        let death = ("x-death".to_owned(), FieldValue::Array(Vec::new()));
        let headers: Vec<_> = count.into_iter().chain([death]).collect();
        let is_redelivered = headers.len() == 2;
        let properties = Properties {
            headers: Some(headers),
            ..Properties::default()
        };
        let (exchange, key) = (String::new(), "q".to_owned());
        let at = DateTime::UNIX_EPOCH;
        Event::new(
            at,
            exchange,
            key,
            Transport::amqp(is_redelivered),
            properties,
            Vec::new(),
        )
    }

    #[test]
    fn who_has_a_limit() {
        let of = |queue: &Queue, version| {
            let version = ServerVersion::rabbitmq(version);
            CountLimit::of(queue, Some(&version)).map(|limit| limit.most)
        };
        assert_eq!(of(&queue(None), "3.10.8"), None);
        assert_eq!(of(&queue(None), "4.0.5"), Some(20));
        assert_eq!(of(&queue(None), "4.3.6"), Some(20));
        assert_eq!(of(&queue(None), ""), Some(20), "it may be a new one");
        let for_ever = Queue {
            delivers_for_ever: true,
            ..queue(None)
        };
        assert_eq!(of(&for_ever, "4.3.6"), None);
        let classic = Queue {
            kind: "classic".into(),
            ..queue(Some(3))
        };
        assert_eq!(of(&classic, "4.3.6"), None);
    }

    /// Each row as it was run: with a limit of 3, what one nack and what one broken connection do
    /// to a message that is seen with this count for the first time.
    #[test]
    fn what_is_thrown_out_by_version() {
        for (version, count, by_nack, by_break) in [
            ("3.10.8", 2, false, false),
            ("3.10.8", 3, true, true),
            ("4.0.5", 2, false, false),
            ("4.0.5", 3, true, true),
            ("4.3.6", 2, false, false),
            ("4.3.6", 3, false, true),
            ("4.3.6", 4, true, true),
        ] {
            let (limit, event) = (limit(version, 3), dead(Some(count)));
            let out = limit.throws_out(limit.count(&event, true));
            assert_eq!(out, by_nack, "{version} {count}");
            assert_eq!(limit.is_at_risk(&event), by_break, "{version} {count}");
        }
    }

    #[test]
    fn the_count_of_another_queue_is_told_from_ones_own() {
        // Died by crashes at a limit of 20, seen for the first time.
        let (limit40, event) = (limit("4.0.5", 20), dead(Some(21)));
        assert_eq!(limit40.count(&event, false), 0, "it begins again");
        assert!(limit40.is_at_risk(&event), "but the limit may be new");
        assert!(!was_handed_out(&event, Some(limit40)));
        let limit43 = limit("4.3.6", 20);
        assert!(limit43.throws_out(limit43.count(&event, false)));
        // Never delivered: whatever a client wrote there is no count.
        let mut written = event;
        written.transport = Transport::amqp(false);
        assert_eq!(limit43.count(&written, false), 0);
        assert!(!limit43.is_at_risk(&written));
    }

    #[test]
    fn the_message_that_was_delivered_most_decides() {
        let left = |version: &str, most, counts: &[Option<i64>], was_here| {
            let events: Vec<Event> = counts.iter().copied().map(dead).collect();
            let left = limit(version, most).left(events.iter(), |_| was_here);
            left.map(|left| (left.looks, left.at_least))
        };
        assert_eq!(left("3.10.8", 3, &[None], false), Some((2, false)));
        assert_eq!(
            left("3.10.8", 3, &[None, Some(2), Some(1)], false),
            Some((0, false))
        );
        let again = "it was put into the queue again";
        assert_eq!(
            left("3.10.8", 3, &[Some(3)], false),
            Some((3, false)),
            "{again}"
        );
        assert_eq!(left("3.10.8", 3, &[], false), Some((3, false)));
        // After a death by rejection 4.0 shows the count of the other queue once.
        assert_eq!(left("4.0.5", 20, &[Some(1)], false), Some((18, true)));
        assert_eq!(left("4.0.5", 20, &[Some(1)], true), Some((18, false)));
        assert_eq!(left("4.0.5", 20, &[Some(21)], false), Some((19, false)));
        assert_eq!(left("4.3.6", 20, &[Some(21)], false), None);
    }

    #[test]
    fn of_an_unknown_queue_all_that_was_delivered_is_at_risk_and_nothing_is_put_in_again() {
        let limit = CountLimit::not_known();
        assert!(limit.is_at_risk(&dead(Some(1))) && !limit.is_at_risk(&dead(None)));
        assert!(!limit.throws_out(99));
        assert_eq!(limit.left([&dead(Some(1))].into_iter(), |_| false), None);
    }
}
