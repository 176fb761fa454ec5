//! How long a dead letter still lies there. A topic's retention counts from the time of the record, and
//! some writers keep the time of the original: a message that died long after it was written is then
//! deleted as soon as the topic's segment rolls.

use super::record::RecordTime;
use super::telling::KafkaWriter;
use crate::text::numbers::span;

/// Less than this left is told even of a dead letter that is as old as its death.
const SOON_MS: i64 = 24 * 60 * 60 * 1_000;

/// What is to be said of a dead letter that retention will take soon; `None` where there is time.
/// `retention_ms` is the topic's `retention.ms` where it deletes by time, `None` where it does not or
/// where that is not known.
#[must_use]
pub fn retention_warning(
    writer: Option<KafkaWriter>,
    time: Option<RecordTime>,
    retention_ms: Option<i64>,
    now_ms: i64,
) -> Option<String> {
    let retention_ms = retention_ms.filter(|ms| *ms >= 0)?;
    let time = time?;
    let left_ms = time
        .ms()
        .saturating_add(retention_ms)
        .saturating_sub(now_ms);
    if left_ms > SOON_MS {
        return None;
    }
    let keeps =
        writer.filter(|writer| writer.keeps_the_time() && matches!(time, RecordTime::Created(_)));
    let mut words = match keeps {
        Some(writer) => format!(
            "{} keeps the time of the original, and the topic keeps records for {}. ",
            writer.name(),
            span(retention_ms / 1_000)
        ),
        None => format!(
            "The topic keeps records for {}. ",
            span(retention_ms / 1_000)
        ),
    };
    words.push_str(&if left_ms <= 0 {
        "This one is older: Kafka deletes it when the topic's segment rolls, which may be within a \
         minute"
            .to_owned()
    } else {
        format!(
            "This one is deleted when the segment rolls that is open in {}",
            span(left_ms / 1_000)
        )
    });
    Some(words)
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: i64 = 86_400_000;
    const NOW: i64 = 1_764_219_600_000;

    fn warned(writer: Option<KafkaWriter>, time: RecordTime, days: Option<i64>) -> Option<String> {
        retention_warning(writer, Some(time), days.map(|days| days * DAY), NOW)
    }

    #[test]
    fn what_retention_takes_soon_is_told() {
        use RecordTime::{Appended, Created};
        let connect = Some(KafkaWriter::Connect);
        let old = warned(connect, Created(NOW - 30 * DAY), Some(7)).unwrap();
        assert!(
            old.contains("Kafka Connect keeps the time") && old.contains("7 days"),
            "{old}"
        );
        assert!(old.contains("within a minute"), "{old}");
        let soon = warned(connect, Created(NOW - 6 * DAY - DAY / 2), Some(7)).unwrap();
        assert!(soon.contains("12 h"), "{soon}");
        let appended = warned(connect, Appended(NOW - 8 * DAY), Some(7)).unwrap();
        assert!(!appended.contains("keeps the time"), "{appended}");
        let spring = warned(Some(KafkaWriter::Spring), Created(NOW - 8 * DAY), Some(7)).unwrap();
        assert!(spring.starts_with("The topic keeps"), "{spring}");
        for (time, days) in [
            (Created(NOW), Some(7)),
            (Created(NOW - 30 * DAY), None),
            (Created(NOW - 30 * DAY), Some(-1)),
            (Created(i64::MAX), Some(7)),
        ] {
            assert_eq!(warned(connect, time, days), None, "{time:?}");
        }
        assert_eq!(retention_warning(connect, None, Some(DAY), NOW), None);
        assert!(retention_warning(connect, Some(Created(i64::MIN)), Some(DAY), i64::MAX).is_some());
    }
}
