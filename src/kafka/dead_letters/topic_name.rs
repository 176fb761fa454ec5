//! What the name of a topic tells: that dead letters lie in it, or records that wait to be tried again.

use super::telling::KafkaWriter;

/// A topic that is for dead letters by its name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeadTopicName {
    /// What says so, as the end of a sentence: `its name ends in -dlt`.
    pub says: String,
    /// Whose convention it is, if it is one's own.
    pub writer: Option<KafkaWriter>,
    /// The topic that it belongs to, as far as its name tells.
    pub origin: Option<String>,
}

/// Ends of names, in any case.
const ENDS: [(&str, Option<KafkaWriter>); 11] = [
    ("-dlt", Some(KafkaWriter::Spring)),
    (".dlt", Some(KafkaWriter::Spring)),
    (".dlq", None),
    ("-dlq", None),
    ("_dlq", None),
    ("_error", None),
    ("-dead-letter", None),
    (".dead-letter", None),
    ("_dead_letter", None),
    ("-dead-letters", None),
    ("-dead-letter-queue", None),
];
/// Whole names, in any case.
const NAMES: [&str; 5] = [
    "dlq",
    "dlt",
    "dead-letter",
    "dead-letters",
    "dead-letter-queue",
];
/// The beginning of the names that SmallRye makes of a channel.
const SMALL_RYE: &str = "dead-letter-topic-";

/// Says whether a topic is for dead letters by its name.
#[must_use]
pub fn dead_topic(name: &str) -> Option<DeadTopicName> {
    let begins = |begin: &str, writer, origin: Option<String>| DeadTopicName {
        says: format!("its name begins with {begin}"),
        writer,
        origin,
    };
    if name.starts_with("dlq.") && name.len() > 4 {
        return Some(begins("dlq.", None, None));
    }
    if name.starts_with(SMALL_RYE) {
        return Some(begins(SMALL_RYE, Some(KafkaWriter::SmallRye), None));
    }
    let parts: Vec<&str> = name.split('.').collect();
    if parts.len() > 2 && parts[0] == "error" && parts.iter().all(|part| !part.is_empty()) {
        // With more dots, where the destination ends and the group begins is not told.
        let origin = (parts.len() == 3).then(|| parts[1].to_owned());
        return Some(begins("error.", Some(KafkaWriter::CloudStream), origin));
    }
    if NAMES.iter().any(|known| name.eq_ignore_ascii_case(known)) {
        return Some(DeadTopicName {
            says: "its name".to_owned(),
            writer: None,
            origin: None,
        });
    }
    ENDS.iter().find_map(|(end, writer)| {
        let at = name.len().checked_sub(end.len()).filter(|at| *at > 0)?;
        let (before, behind) = (name.get(..at)?, name.get(at..)?);
        behind.eq_ignore_ascii_case(end).then(|| DeadTopicName {
            says: format!("its name ends in {behind}"),
            writer: *writer,
            origin: Some(before.to_owned()),
        })
    })
}

/// Says whether a topic is one in which records wait to be tried again, by its name: `orders-retry`,
/// `orders-retry-0` (Spring), `orders_retry_1000` (SmallRye).
#[must_use]
pub fn is_retry_topic(name: &str) -> bool {
    let bare = name.trim_end_matches(|c: char| c.is_ascii_digit());
    let bare = if bare.len() == name.len() {
        bare
    } else {
        bare.trim_end_matches(['-', '_', '.'])
    };
    ["-retry", "_retry", ".retry"].iter().any(|end| {
        let at = bare.len().checked_sub(end.len()).filter(|at| *at > 0);
        at.and_then(|at| bare.get(at..))
            .is_some_and(|behind| behind.eq_ignore_ascii_case(end))
    })
}

/// What Kafka takes as the name of a topic.
#[must_use]
pub(crate) fn is_topic_name(name: &str) -> bool {
    let fits = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
    (1..=249).contains(&name.len()) && name.chars().all(fits) && name != "." && name != ".."
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_dead_letter_topics_are_known() {
        use KafkaWriter::{CloudStream, SmallRye, Spring};
        for (name, writer, origin) in [
            ("orders-dlt", Some(Spring), Some("orders")),
            ("orders.DLT", Some(Spring), Some("orders")),
            ("orders-retry-0-dlt", Some(Spring), Some("orders-retry-0")),
            ("orders.dlq", None, Some("orders")),
            ("shop.orders-DLQ", None, Some("shop.orders")),
            ("dlq.billing", None, None),
            ("error.orders.billing", Some(CloudStream), Some("orders")),
            ("error.shop.orders.billing", Some(CloudStream), None),
            ("dead-letter-topic-orders-in", Some(SmallRye), None),
            ("orders_error", None, Some("orders")),
            ("orders-dead-letter", None, Some("orders")),
            ("DLQ", None, None),
        ] {
            let found = dead_topic(name).unwrap();
            assert_eq!(
                (found.writer, found.origin.as_deref()),
                (writer, origin),
                "{name}"
            );
        }
        for name in [
            "orders",
            "-dlt",
            "dlq.",
            "error.orders",
            "error..x",
            "terror",
            "adult",
            "dead-letter-topic",
            "é",
            "",
        ] {
            assert_eq!(dead_topic(name), None, "{name}");
        }
    }

    #[test]
    fn retry_topics_are_known_by_their_ends() {
        for name in [
            "orders-retry",
            "orders-retry-0",
            "orders-retry-1000",
            "orders_retry_10000",
        ] {
            assert!(is_retry_topic(name), "{name}");
        }
        for name in [
            "orders",
            "retry",
            "-retry",
            "orders-retrying",
            "orders-retry-x",
            "orders1",
            "",
        ] {
            assert!(!is_retry_topic(name), "{name}");
        }
    }
}
