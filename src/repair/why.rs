//! Why did these die? What dead letters have, and events of the same key that passed have not.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::feature::{Feature, Said};

/// Most different statements that are counted; beyond it no new values are taken in.
const MOST: usize = 100_000;
/// Most differences that are told.
const TOLD: usize = 12;
/// A value says something only if that many dead have it: the values of one are its own.
const SAME_VALUE: usize = 2;
/// A difference counts if at least this part of the dead has it.
const MOST_DEAD: f64 = 0.5;
/// And if it is that much rarer among those that passed.
const APART: f64 = 0.3;

/// Of several differences, those count that are at least this much as sharp as the sharpest.
const VAGUE: f64 = 0.6;

/// How many messages each statement is true of.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    /// Messages that were counted.
    pub messages: usize,
    counts: HashMap<Feature, usize>,
}

impl Tally {
    /// Counts a message.
    pub fn add(&mut self, features: BTreeSet<Feature>) {
        self.messages += 1;
        for feature in features {
            self.put(feature, 1);
        }
    }

    /// Counts all that another tally has counted.
    pub fn merge(&mut self, other: Self) {
        self.messages += other.messages;
        for (feature, count) in other.counts {
            self.put(feature, count);
        }
    }

    fn put(&mut self, feature: Feature, count: usize) {
        let is_full = self.counts.len() >= MOST && matches!(feature.said, Said::Value(_));
        if let Some(known) = self.counts.get_mut(&feature) {
            *known += count;
        } else if !is_full {
            self.counts.insert(feature, count);
        }
    }

    /// The kind of value that most messages have at this place.
    fn kind_at(&self, place: &str) -> Option<&'static str> {
        let counts = self.counts.iter();
        let kinds = counts.filter_map(|(feature, count)| match feature.said {
            Said::Kind(kind) if feature.place == place => Some((*count, kind)),
            _ => None,
        });
        kinds.max().map(|(_, kind)| kind)
    }

    fn count(&self, feature: &Feature) -> usize {
        self.counts.get(feature).copied().unwrap_or(0)
    }
}

/// Something that tells the dead from those that passed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// What it is about.
    pub feature: Feature,
    /// The dead have it; if false, they lack it.
    pub have: bool,
    /// Of how many dead it is true, and of how many.
    pub dead: (usize, usize),
    /// The same for those that passed.
    pub passed: (usize, usize),
    /// The kind of value that most of those that passed have at this place, if they have any.
    pub passed_as: Option<&'static str>,
}

impl Difference {
    /// `37 of 37 dead have data.amount as text; 0 of 4,120 that passed`.
    #[must_use]
    pub fn words(&self, number: impl Fn(usize) -> String) -> String {
        let (verb, what) = (
            if self.have { "have" } else { "lack" },
            self.feature.words(),
        );
        let [dead, of_dead] = [self.dead.0, self.dead.1].map(&number);
        let [passed, of_passed] = [self.passed.0, self.passed.1].map(&number);
        format!("{dead} of {of_dead} dead {verb} {what}; {passed} of {of_passed} that passed")
    }

    fn apart(&self) -> f64 {
        share(self.dead) - share(self.passed)
    }
}

#[expect(clippy::cast_precision_loss, reason = "counts of messages")]
fn share((part, of): (usize, usize)) -> f64 {
    part as f64 / of.max(1) as f64
}

/// The differences, the sharpest first; of several about one place only the sharpest, and of
/// equally sharp ones the simplest. Empty if nothing is known of those that passed.
#[must_use]
pub fn differences(dead: &Tally, passed: &Tally) -> Vec<Difference> {
    if dead.messages == 0 || passed.messages == 0 {
        return Vec::new();
    }
    let have = dead.counts.iter().map(|(feature, count)| Difference {
        feature: feature.clone(),
        have: true,
        dead: (*count, dead.messages),
        passed: (passed.count(feature), passed.messages),
        passed_as: None,
    });
    let places = passed.counts.keys().filter(|f| f.said == Said::Present);
    let lack = places.map(|feature| Difference {
        feature: feature.clone(),
        have: false,
        dead: (dead.messages - dead.count(feature), dead.messages),
        passed: (passed.messages - passed.count(feature), passed.messages),
        passed_as: None,
    });
    let mut best: BTreeMap<String, Difference> = BTreeMap::new();
    for one in have.chain(lack) {
        let is_chance = matches!(one.feature.said, Said::Value(_)) && one.dead.0 < SAME_VALUE;
        if is_chance || share(one.dead) < MOST_DEAD || one.apart() < APART {
            continue;
        }
        match best.get(&one.feature.place) {
            Some(known) if !sharper(&one, known) => {}
            _ => {
                best.insert(one.feature.place.clone(), one);
            }
        }
    }
    let mut all: Vec<Difference> = best.into_values().collect();
    all.sort_by(|a, b| {
        let sharpest = b.apart().total_cmp(&a.apart());
        // A place within another that says as much adds nothing, so the outer one comes first.
        sharpest.then_with(|| a.feature.place.len().cmp(&b.feature.place.len()))
    });
    // Beside a sharp difference a vague one only distracts.
    let least = all.first().map_or(0.0, Difference::apart) * VAGUE;
    all.retain(|one| one.apart() >= least);
    all.truncate(TOLD);
    for one in &mut all {
        one.passed_as = passed.kind_at(&one.feature.place);
    }
    all
}

fn sharper(one: &Difference, than: &Difference) -> bool {
    let order = one.apart().total_cmp(&than.apart());
    order.then_with(|| than.feature.said.cmp(&one.feature.said)) == std::cmp::Ordering::Greater
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::amqp::Properties;
    use crate::repair::feature::features;
    use crate::text::json;

    fn tally(bodies: &[&str]) -> Tally {
        let mut tally = Tally::default();
        for body in bodies {
            assert!(json::check(body).is_ok());
            tally.add(features(&Properties::default(), body.as_bytes()));
        }
        tally
    }

    fn told(dead: &[&str], passed: &[&str]) -> Vec<String> {
        let all = differences(&tally(dead), &tally(passed));
        all.iter().map(|one| one.words(|n| n.to_string())).collect()
    }

    #[test]
    fn what_only_the_dead_have_is_told_in_the_simplest_words() {
        let dead = [r#"{"amount":"12","id":1}"#, r#"{"amount":"9","id":2}"#];
        let passed = [r#"{"amount":12,"id":3}"#, r#"{"amount":7,"id":4}"#];
        assert_eq!(
            told(&dead, &passed),
            ["2 of 2 dead have data.amount as text; 0 of 2 that passed"]
        );
    }

    #[test]
    fn what_only_the_dead_lack_is_told_too() {
        let passed = [
            r#"{"customer":{"email":"a"},"n":1}"#,
            r#"{"customer":{"email":"b"},"n":1}"#,
        ];
        assert_eq!(
            told(&[r#"{"customer":{},"n":1}"#], &passed),
            [
                "1 of 1 dead have data.customer as empty object; 0 of 2 that passed",
                "1 of 1 dead lack data.customer.email; 0 of 2 that passed",
            ]
        );
    }

    #[test]
    fn values_that_all_dead_share_stand_out() {
        let dead = [r#"{"currency":"XXX"}"#; 3];
        let passed = [r#"{"currency":"EUR"}"#, r#"{"currency":"USD"}"#];
        assert_eq!(
            told(&dead, &passed),
            ["3 of 3 dead have data.currency = XXX; 0 of 2 that passed"]
        );
    }

    #[test]
    fn equal_messages_and_unknown_ones_give_no_reason() {
        let one = [r#"{"a":1}"#];
        assert!(told(&one, &one).is_empty());
        assert!(told(&one, &[]).is_empty());
        assert!(told(&[], &one).is_empty());
    }

    #[test]
    fn tallies_that_were_counted_apart_can_be_joined() {
        let mut joined = tally(&[r#"{"a":1}"#]);
        joined.merge(tally(&[r#"{"a":"x"}"#, r#"{"a":2}"#]));
        assert_eq!(joined.messages, 3);
        assert_eq!(joined.count(&Feature::present("data.a")), 3);
    }
}
