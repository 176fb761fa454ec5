//! Queues that frameworks and people keep for what failed, known by their names. They carry no
//! `x-death`, and no queue's arguments lead to them.

use super::look::without;
use crate::rabbitmq::topology::Queue;

/// Why a queue counts as one for dead letters though no dead-letter exchange leads there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParkingQueue {
    /// Whose convention it is, if it is one framework's own.
    pub framework: Option<&'static str>,
    /// What says so, as the end of a sentence: `its name ends in _error`.
    pub says: String,
    /// The queue that it belongs to, as far as its name tells.
    pub origin: Option<String>,
}

/// Ends of names that mean nothing else, with whose they are.
const ENDS: [(&str, Option<&str>); 12] = [
    ("_error", Some("MassTransit")),
    ("_skipped", Some("MassTransit")),
    (".XQ", Some("Dramatiq")),
    (".dlq", None),
    ("-dlq", None),
    ("_dlq", None),
    (".parkingLot", None),
    (".parking-lot", None),
    ("-parking-lot", None),
    (".parked", None),
    ("-dead-letter", None),
    ("-dead-letter-queue", None),
];
/// Whole names that mean nothing else.
const NAMES: [(&str, Option<&str>); 5] = [
    ("EasyNetQ_Default_Error_Queue", Some("EasyNetQ")),
    ("wolverine-dead-letter-queue", Some("Wolverine")),
    ("dlq", None),
    ("dead-letter-queue", None),
    ("parking-lot", None),
];
/// Ends that a work queue may have as well: there may be a consumer for `payment.failed`.
const VAGUE_ENDS: [(&str, Option<&str>); 7] = [
    ("-error", Some("Sneakers")),
    (".error", None),
    (".errors", None),
    (".failed", None),
    ("-failed", None),
    ("_failed", None),
    (".dead", None),
];
/// Whole names of that kind.
const VAGUE_NAMES: [(&str, Option<&str>); 5] = [
    ("error", None),
    ("errors", None),
    ("failed", None),
    ("messages_failed", Some("Symfony Messenger")),
    ("poison", None),
];

/// Says whether a queue is kept for what failed. A name that a work queue may have as well counts
/// only where nobody consumes and the queue has no dead-letter exchange of its own. `rules` are the
/// person's: names with `*` for any text.
#[must_use]
pub fn parking_queue(queue: &Queue, rules: &[String]) -> Option<ParkingQueue> {
    let name = queue.name.as_str();
    let rule = rules
        .iter()
        .map(|rule| rule.trim())
        .find(|rule| fits(rule, name));
    if let Some(rule) = rule {
        return Some(ParkingQueue {
            framework: None,
            says: format!("your rule {rule}"),
            origin: None,
        });
    }
    if queue.exclusive || queue.kind == "stream" {
        return None;
    }
    if let Some(found) = by_name(name, &NAMES, &ENDS) {
        return Some(found);
    }
    let idle = queue.consumers.unwrap_or(0) == 0 && queue.dead_letter_exchange.is_none();
    by_name(name, &VAGUE_NAMES, &VAGUE_ENDS).filter(|_| idle)
}

fn by_name(
    name: &str,
    names: &[(&str, Option<&'static str>)],
    ends: &[(&str, Option<&'static str>)],
) -> Option<ParkingQueue> {
    if let Some((_, framework)) = names.iter().find(|(own, _)| name.eq_ignore_ascii_case(own)) {
        return Some(ParkingQueue {
            framework: *framework,
            says: "its name".to_owned(),
            origin: None,
        });
    }
    ends.iter().find_map(|(end, framework)| {
        Some(ParkingQueue {
            origin: Some(without(name, end)?),
            framework: *framework,
            says: format!("its name ends in {end}"),
        })
    })
}

/// `*` stands for any text, also none. Case counts, as it does in RabbitMQ.
fn fits(rule: &str, name: &str) -> bool {
    if rule.is_empty() {
        return false;
    }
    let Some((first, rest)) = rule.split_once('*') else {
        return rule == name;
    };
    let Some(mut left) = name.strip_prefix(first) else {
        return false;
    };
    let mut parts: Vec<&str> = rest.split('*').collect();
    let last = parts.pop().unwrap_or_default();
    for part in parts {
        match left.find(part) {
            Some(at) => left = &left[at + part.len()..],
            None => return false,
        }
    }
    left.len() >= last.len() && left.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(name: &str, consumers: u64) -> Option<(Option<&'static str>, Option<String>)> {
        let queue = Queue {
            consumers: Some(consumers),
            ..Queue::named(name)
        };
        parking_queue(&queue, &["odd.*.box".to_owned()])
            .map(|found| (found.framework, found.origin))
    }

    #[test]
    fn names_of_frameworks_are_known_and_vague_ones_only_without_consumers() {
        let own = |framework, origin: Option<&str>| Some((framework, origin.map(str::to_owned)));
        assert_eq!(
            found("orders_error", 1),
            own(Some("MassTransit"), Some("orders"))
        );
        assert_eq!(
            found("orders_skipped", 0),
            own(Some("MassTransit"), Some("orders"))
        );
        assert_eq!(
            found("default.XQ", 0),
            own(Some("Dramatiq"), Some("default"))
        );
        assert_eq!(found("in.group.dlq", 0), own(None, Some("in.group")));
        assert_eq!(
            found("EasyNetQ_Default_Error_Queue", 0),
            own(Some("EasyNetQ"), None)
        );
        assert_eq!(found("error", 0), own(None, None));
        assert_eq!(found("payment.failed", 0), own(None, Some("payment")));
        assert_eq!(found("odd.7.box", 3), own(None, None));
        for work in ["error", "payment.failed", "resize-error"] {
            assert_eq!(found(work, 1), None, "{work}");
        }
        for work in ["orders", "errors.in", "_error", "terror", ""] {
            assert_eq!(found(work, 0), None, "{work}");
        }
        let mut own_exchange = Queue::named("payment.failed");
        own_exchange.dead_letter_exchange = Some("dead".into());
        assert_eq!(parking_queue(&own_exchange, &[]), None);
    }

    #[test]
    fn a_rule_of_the_person_fits_as_a_whole() {
        for (rule, name, yes) in [
            ("park.*", "park.a", true),
            ("park.*", "my.park.a", false),
            ("*-box", "a-box", true),
            ("*-box", "a-box-b", false),
            ("a*b*c", "a1b2c", true),
            ("a*b*c", "abc", true),
            ("a*bc", "abcbc", true),
            ("a*a", "a", false),
            ("", "", false),
            ("*", "anything", true),
            ("exact", "exact", true),
        ] {
            assert_eq!(fits(rule, name), yes, "{rule} {name}");
        }
    }
}
