//! One version against every earlier one, which is what a transitive level asks for. All of them
//! are asked, also after one failed, because each that fails is another thing to know.

use super::compare::report;
use crate::schema::{Answer, Cancel, CatalogEntry, EventType, Level, Policy};

/// What came out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lineage {
    /// The version that was judged.
    pub newer: String,
    /// The earlier ones, the oldest first.
    pub earlier: Vec<Earlier>,
}

/// An earlier version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Earlier {
    /// Its name.
    pub version: String,
    /// Whether the newer one reads what it wrote.
    pub backward: Answer,
    /// Whether it reads what the newer one writes.
    pub forward: Answer,
    /// Why one of the two is not a yes, in words.
    pub why: String,
}

impl Earlier {
    /// The answer to what a level asks.
    #[must_use]
    pub fn answer(&self, level: Level) -> Answer {
        let asked = [
            (level.asks_backward(), self.backward),
            (level.asks_forward(), self.forward),
        ];
        let asked = asked
            .iter()
            .filter(|(is, _)| *is)
            .map(|(_, answer)| *answer);
        worst(asked)
    }
}

fn worst(answers: impl Iterator<Item = Answer>) -> Answer {
    let mut out = Answer::Yes;
    for answer in answers {
        match answer {
            Answer::No => return Answer::No,
            Answer::Unknown => out = Answer::Unknown,
            Answer::Yes => {}
        }
    }
    out
}

impl Lineage {
    /// Whether the level is met by all.
    #[must_use]
    pub fn answer(&self, level: Level) -> Answer {
        worst(self.earlier.iter().map(|one| one.answer(level)))
    }

    /// The earlier versions with this answer.
    #[must_use]
    pub fn with(&self, level: Level, answer: Answer) -> Vec<&Earlier> {
        let of = |one: &&Earlier| one.answer(level) == answer;
        self.earlier.iter().filter(of).collect()
    }

    /// The verdict in a sentence that names the versions.
    #[must_use]
    pub fn sentence(&self, level: Level) -> String {
        let (name, newer) = (level.name(), &self.newer);
        let names = |answer| {
            let found = self.with(level, answer);
            let names: Vec<&str> = found.iter().map(|one| one.version.as_str()).collect();
            names.join(", ")
        };
        let total = self.earlier.len();
        match self.answer(level) {
            _ if total == 0 => format!("{name} is met: no version is earlier than {newer}"),
            Answer::Yes if total == 1 => {
                format!("{name} is met: {newer} fits the only earlier version")
            }
            Answer::Yes => format!("{name} is met: {newer} fits all {total} earlier versions"),
            Answer::No if total == 1 => {
                let list = names(Answer::No);
                format!("{name} is not met: {newer} fails against the only earlier version, {list}")
            }
            Answer::No => {
                let failing = self.with(level, Answer::No).len();
                let list = names(Answer::No);
                format!(
                    "{name} is not met: {newer} fails against {failing} of {total} earlier versions: {list}"
                )
            }
            Answer::Unknown => {
                let list = names(Answer::Unknown);
                format!("{name} is not decided: {newer} against {list}")
            }
        }
    }
}

/// Judges `newer` against all versions before it; a draft comes after all.
pub(crate) fn lineage(
    event_type: &EventType,
    newer: &CatalogEntry,
    policy: Policy,
    cancel: &Cancel,
) -> Lineage {
    let before = event_type
        .versions
        .iter()
        .take_while(|one| one.version != newer.version);
    let mut earlier = Vec::new();
    for old in before {
        if cancel.is_cancelled() {
            break;
        }
        let (backward, forward, why) = match report(old, newer, policy, cancel) {
            Ok(report) => {
                let verdicts = [("Backward", &report.backward), ("Forward", &report.forward)];
                let why: Vec<String> = verdicts
                    .iter()
                    .filter(|(_, verdict)| verdict.answer != Answer::Yes)
                    .map(|(name, verdict)| format!("{name}: {}", verdict.reason))
                    .collect();
                (
                    report.backward.answer,
                    report.forward.answer,
                    why.join("\n"),
                )
            }
            Err(words) => (Answer::Unknown, Answer::Unknown, words),
        };
        earlier.push(Earlier {
            version: old.version.clone(),
            backward,
            forward,
            why,
        });
    }
    Lineage {
        newer: newer.version.clone(),
        earlier,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::{Catalog, SchemaSource};

    fn catalog(texts: &[&str]) -> Catalog {
        let sources = texts.iter().enumerate().map(|(at, text)| SchemaSource {
            event_type: "a".into(),
            version: (at + 1).to_string(),
            file: format!("{}.schema.json", at + 1),
            text: (*text).into(),
        });
        Catalog::new("/x".into(), sources.collect())
    }

    #[test]
    fn every_earlier_version_is_asked_and_the_failing_ones_are_named() {
        // Each is fine for the one before, but the last is not for the first and the second.
        let catalog = catalog(&[
            r#"{"properties":{"a":{"type":"string"}}}"#,
            r#"{"properties":{"a":{"type":"string"},"b":{"type":"string"}}}"#,
            r#"{"properties":{"b":{"type":"string"}}}"#,
            r#"{"properties":{"a":{"type":"integer"},"b":{"type":"string"}}}"#,
        ]);
        let one = &catalog.types[0];
        let done = lineage(one, &one.versions[3], Policy::Event, &Cancel::default());
        assert_eq!(done.earlier.len(), 3);
        let level = Level::BackwardTransitive;
        let failing: Vec<&str> = done
            .with(level, Answer::No)
            .iter()
            .map(|one| one.version.as_str())
            .collect();
        assert_eq!(failing, ["1", "2"]);
        assert_eq!(
            done.sentence(level),
            "BACKWARD_TRANSITIVE is not met: 4 fails against 2 of 3 earlier versions: 1, 2"
        );
        assert!(done.earlier[0].why.contains("Backward"));
        let first = lineage(one, &one.versions[0], Policy::Event, &Cancel::default());
        assert_eq!(first.answer(level), Answer::Yes);
        assert!(first.sentence(level).contains("no version is earlier"));
    }

    #[test]
    fn what_cannot_be_compared_is_not_decided() {
        let catalog = catalog(&["{", "{}"]);
        let one = &catalog.types[0];
        let done = lineage(one, &one.versions[1], Policy::Event, &Cancel::default());
        let words = done.sentence(Level::FullTransitive);
        assert_eq!(words, "FULL_TRANSITIVE is not decided: 2 against 1");
    }
}
