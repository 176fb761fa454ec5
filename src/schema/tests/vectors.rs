//! Open cases of other projects; `tests/schema-vectors/NOTICE.md` says whose.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use super::super::{
    Answer, Avro, Cancel, CheckReport, Dialect, Policy, Proof, Verdict, Version, compare,
    compare_avro,
};

#[derive(Deserialize)]
struct Case {
    id: String,
    draft: Option<String>,
    original: Value,
    update: Value,
    #[serde(flatten)]
    labels: BTreeMap<String, Value>,
}

fn cases(text: &str) -> Vec<Case> {
    serde_json::from_str(text).expect("the vectors are JSON")
}

fn matrix() -> Vec<Case> {
    cases(include_str!(
        "../../../tests/schema-vectors/policy-matrix.json"
    ))
}

fn apicurio() -> Vec<Case> {
    cases(include_str!(
        "../../../tests/schema-vectors/apicurio-json.json"
    ))
}

fn jsoncompat() -> Vec<Case> {
    cases(include_str!(
        "../../../tests/schema-vectors/jsoncompat.json"
    ))
}

fn sentry() -> Vec<Case> {
    cases(include_str!("../../../tests/schema-vectors/sentry.json"))
}

impl Case {
    fn versions(&self) -> (Version, Version) {
        let draft = self.draft.as_deref().and_then(Dialect::named);
        let version = |schema: &Value| {
            Version::new(schema.clone(), draft, &BTreeMap::new())
                .unwrap_or_else(|error| panic!("{}: {error}", self.id))
        };
        (version(&self.original), version(&self.update))
    }

    fn report(&self, policy: Policy) -> CheckReport {
        let (old, new) = self.versions();
        compare(&old, &new, policy, &Cancel::default())
    }

    /// The label as an answer; `None` where it is unknown.
    fn label(&self, name: &str) -> Option<Answer> {
        match self.labels.get(name)? {
            Value::Bool(true) => Some(Answer::Yes),
            Value::Bool(false) => Some(Answer::No),
            Value::String(word) if word == "yes" => Some(Answer::Yes),
            Value::String(word) if word == "no" => Some(Answer::No),
            _ => None,
        }
    }
}

/// The ids of the cases where a known label of either direction is not what is said.
fn wrong(cases: &[Case], policy: Policy, prefix: &str) -> Vec<String> {
    cases
        .iter()
        .filter(|case| {
            let report = case.report(policy);
            let differs = |verdict: &Verdict, direction: &str| {
                let label = case.label(&format!("{prefix}{direction}"));
                label.is_some_and(|label| label != verdict.answer)
            };
            differs(&report.backward, "backward") || differs(&report.forward, "forward")
        })
        .map(|case| case.id.clone())
        .collect()
}

const NONE: [&str; 0] = [];

#[test]
fn the_policies_judge_content_models_as_registries_do() {
    let matrix = matrix();
    assert_eq!(wrong(&matrix, Policy::ConfluentStrict, "strict_"), NONE);
    assert_eq!(wrong(&matrix, Policy::ConfluentLenient, "lenient_"), NONE);
    assert_eq!(wrong(&matrix, Policy::Event, "lenient_"), NONE);
}

#[test]
fn apicurios_labels_are_followed_but_for_seven() {
    // 010, 011 and 125: the patterns `[a-z]*` and `[A-Z]*`, without anchors, match every text, which
    // is proved. 108 and 124: both versions allow the same events, which is proved. 117 and 119: an event
    // that only one of the two branches took is taken by both of the other version, and `oneOf`
    // refuses it; the example is validated.
    assert_eq!(
        wrong(&apicurio(), Policy::ConfluentStrict, ""),
        [
            "apicurio-json/010",
            "apicurio-json/011",
            "apicurio-json/108",
            "apicurio-json/117",
            "apicurio-json/119",
            "apicurio-json/124",
            "apicurio-json/125"
        ]
    );
}

#[test]
fn jsoncompats_labels_are_followed_where_its_own_examples_agree() {
    // Both labels say something else than sets of values: in the first {"x":"text"}, one of the
    // case's own examples, is valid under the old version only; in the second all that the new
    // version allows is proved to be allowed by the old.
    assert_eq!(
        wrong(&jsoncompat(), Policy::ConfluentStrict, ""),
        [
            "jsoncompat/pattern_properties_fall_back_to_additional_properties",
            "jsoncompat/unsupported_subset_pattern_properties_additional_fallback"
        ]
    );
    assert_eq!(
        wrong(&jsoncompat(), Policy::ConfluentStrict, "semantic_"),
        NONE
    );
}

#[test]
fn jsoncompats_examples_are_valid_where_it_says() {
    for case in jsoncompat() {
        let (old, new) = case.versions();
        let list = |name: &str| -> Vec<Value> {
            let examples = case.labels.get("examples");
            examples
                .and_then(|all| all.get(name)?.as_array().cloned())
                .unwrap_or_default()
        };
        for (name, allowed_by) in [
            ("old_only", (true, false)),
            ("new_only", (false, true)),
            ("both", (true, true)),
        ] {
            for event in list(name) {
                let valid = (
                    old.validator.is_valid(&event),
                    new.validator.is_valid(&event),
                );
                assert_eq!(valid, allowed_by, "{} {event}", case.id);
            }
        }
    }
}

#[test]
fn sets_of_values_are_told_as_they_are() {
    assert_eq!(wrong(&sentry(), Policy::ConfluentStrict, "semantic_"), NONE);
}

#[test]
fn no_proof_and_no_example_is_wrong() {
    for case in matrix()
        .into_iter()
        .chain(apicurio())
        .chain(jsoncompat())
        .chain(sentry())
    {
        let (old, new) = case.versions();
        for policy in Policy::ALL {
            let report = case.report(policy);
            for (verdict, direction, writer, reader) in [
                (&report.backward, "backward", &old, &new),
                (&report.forward, "forward", &new, &old),
            ] {
                let id = format!("{} {direction} {}", case.id, policy.name());
                if verdict.proof == Proof::Proved {
                    assert_ne!(
                        case.label(&format!("semantic_{direction}")),
                        Some(Answer::No),
                        "{id}"
                    );
                }
                if let Some(event) = &verdict.example {
                    assert!(writer.validator.is_valid(event), "{id}: {event}");
                    assert!(!reader.validator.is_valid(event), "{id}: {event}");
                    assert!(!verdict.failures.is_empty(), "{id}: {event}");
                }
                if let Some(witness) = case.labels.get(&format!("witness_{direction}"))
                    && writer.validator.is_valid(witness)
                    && !reader.validator.is_valid(witness)
                {
                    assert_ne!(verdict.proof, Proof::Proved, "{id}: {witness}");
                    let forgives =
                        policy.tolerates_unknown() || case.original.to_string().contains("default");
                    let forgives = forgives || case.update.to_string().contains("default");
                    assert!(verdict.answer != Answer::Yes || forgives, "{id}: {witness}");
                }
            }
        }
    }
}

#[derive(Deserialize)]
struct AvroCase {
    id: String,
    reader: Value,
    writer: Value,
    can_read: bool,
}

#[test]
fn avro_is_resolved_as_its_own_tests_say() {
    let cases: Vec<AvroCase> = serde_json::from_str(include_str!(
        "../../../tests/schema-vectors/avro-py-test-compatibility.json"
    ))
    .expect("the vectors are JSON");
    assert_eq!(cases.len(), 92);
    for case in cases {
        let read = |schema: &Value| {
            Avro::new(schema).unwrap_or_else(|error| panic!("{}: {error}", case.id))
        };
        let report = compare_avro(&read(&case.writer), &read(&case.reader), Policy::Event);
        assert_eq!(
            report.backward.answer == Answer::Yes,
            case.can_read,
            "{}",
            case.id
        );
        // The list and the verdict must not contradict each other.
        let breaks = report
            .changes
            .iter()
            .any(|change| change.backward == super::super::Effect::Breaks);
        assert_eq!(breaks, !case.can_read, "{}: {:?}", case.id, report.changes);
    }
}

#[derive(Deserialize)]
struct AvroFile {
    tests: Vec<AvroPair>,
}

#[derive(Deserialize)]
struct AvroPair {
    id: String,
    compatibility: String,
    original: Value,
    updated: Value,
}

#[test]
fn apicurios_avro_pairs_are_judged_as_it_does() {
    let file: AvroFile = serde_json::from_str(include_str!(
        "../../../tests/schema-vectors/apicurio-avro.json"
    ))
    .expect("the vectors are JSON");
    for case in file.tests {
        let read = |schema: &Value| {
            Avro::new(schema).unwrap_or_else(|error| panic!("{}: {error}", case.id))
        };
        let report = compare_avro(&read(&case.original), &read(&case.updated), Policy::Event);
        let (backward, forward) = (
            report.backward.answer == Answer::Yes,
            report.forward.answer == Answer::Yes,
        );
        let expected = match case.compatibility.as_str() {
            "backward" => (true, forward),
            "forward" => (backward, true),
            "both" => (true, true),
            _ => (false, false),
        };
        assert_eq!(
            (backward, forward),
            expected,
            "{} {}",
            case.id,
            case.compatibility
        );
    }
}
