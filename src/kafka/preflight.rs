//! What a tap on topics would do, judged by rules over plain facts, before it starts.

use crate::event::start_from::StartFrom;
use crate::event::watching::{Report, TapReading, Weight};
use crate::text::numbers::thousands;

/// Records to be read first from which on the broker's disks will notice.
const MANY: u64 = 1_000_000;

/// What is known of what a tap would read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TopicTapFacts {
    /// Names of the topics that are meant.
    pub topics: Vec<String>,
    pub partitions: u32,
    /// Partitions that nobody leads now.
    pub without_leader: u32,
    /// Places between the start and the end.
    pub to_read: u64,
    /// Topics among them that this login may not read, as far as the broker tells.
    pub unreadable: Vec<String>,
    /// A broker may be quick to name the topics that match later.
    pub is_open: bool,
}

/// The report on a tap that reads these topics.
#[must_use]
pub fn judge(destination: &str, facts: &TopicTapFacts, reading: TapReading) -> Report {
    let mut report = Report {
        destination: destination.to_owned(),
        reading,
        ..Report::default()
    };
    if !facts.unreadable.is_empty() {
        let names = facts.unreadable.join(", ");
        let weight = if facts.unreadable.len() == facts.topics.len() {
            Weight::Refused
        } else {
            Weight::Warning
        };
        report.add(
            weight,
            format!("This login may not read {names}. It takes READ and DESCRIBE on the topic"),
        );
    }
    if facts.without_leader > 0 {
        report.add(
            Weight::Warning,
            format!(
                "{} of {} partitions have no leader now: what is in them is not seen until they have \
                 one",
                facts.without_leader, facts.partitions
            ),
        );
    }
    if facts.to_read > MANY {
        report.add(
            Weight::Warning,
            format!(
                "From {} on there are about {} records to read first. The brokers read old ones from \
                 their disks, and a quota of this login is shared with every application that uses \
                 the same login",
                reading.from,
                thousands(facts.to_read)
            ),
        );
    }
    add_notes(&mut report, facts, reading);
    report
        .findings
        .sort_by_key(|finding| std::cmp::Reverse(finding.weight));
    report
}

fn add_notes(report: &mut Report, facts: &TopicTapFacts, reading: TapReading) {
    let one = |count: usize, word: &str| {
        let s = if count == 1 { "" } else { "s" };
        format!("{} {word}{s}", thousands(count as u64))
    };
    let what = format!(
        "{} with {}",
        one(facts.topics.len(), "topic"),
        one(facts.partitions as usize, "partition")
    );
    report.add(
        Weight::Info,
        format!(
            "Reads {what}. Nothing is written: no consumer group, no commit, no topic. Consumers and \
             publishers do not notice it"
        ),
    );
    if facts.to_read > 0 && facts.to_read <= MANY && reading.from != StartFrom::End {
        report.add(
            Weight::Info,
            format!("About {} records are read first", thousands(facts.to_read)),
        );
    }
    if facts.partitions > 1 {
        report.add(
            Weight::Info,
            "Order holds within a partition; events of different partitions stand in the order in which \
             they came here",
        );
    }
    if let Some(most) = reading.most_per_second {
        report.add(
            Weight::Info,
            format!(
                "At most {} MB a second are read",
                thousands(most / 1_000_000)
            ),
        );
    }
    if facts.is_open {
        report.add(
            Weight::Info,
            "Topics of such a name that are made later are read too, from their beginning",
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn weights(facts: &TopicTapFacts) -> Vec<Weight> {
        let reading = TapReading {
            from: StartFrom::Beginning,
            ..TapReading::default()
        };
        let report = judge("a", facts, reading);
        report.findings.iter().map(|found| found.weight).collect()
    }

    #[test]
    fn a_tap_is_refused_only_where_it_could_read_nothing() {
        let mut facts = TopicTapFacts {
            topics: vec!["a".into(), "b".into()],
            partitions: 2,
            unreadable: vec!["a".into()],
            ..TopicTapFacts::default()
        };
        assert_eq!(weights(&facts)[0], Weight::Warning);
        facts.unreadable.push("b".into());
        assert_eq!(weights(&facts)[0], Weight::Refused);
        facts.unreadable.clear();
        assert_eq!(weights(&facts), [Weight::Info, Weight::Info]);
    }

    #[test]
    fn much_to_read_is_a_warning() {
        let facts = TopicTapFacts {
            topics: vec!["a".into()],
            partitions: 1,
            to_read: MANY + 1,
            ..TopicTapFacts::default()
        };
        assert_eq!(weights(&facts)[0], Weight::Warning);
    }
}
