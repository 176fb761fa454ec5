//! Open cases of other projects; `tests/schema-vectors` says whose.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use super::super::{Answer, Cancel, Draft, Policy, Report, Version, compare};

#[derive(Deserialize)]
struct Case {
    id: String,
    #[serde(default)]
    draft: Option<String>,
    #[serde(default)]
    description: String,
    original: Value,
    update: Value,
    backward: Option<bool>,
    forward: Option<bool>,
    strict_backward: Option<bool>,
    strict_forward: Option<bool>,
    lenient_backward: Option<bool>,
    lenient_forward: Option<bool>,
    semantic_backward: String,
    semantic_forward: String,
    witness_backward: Option<Value>,
    witness_forward: Option<Value>,
    examples: Option<Examples>,
}

#[derive(Deserialize)]
struct Examples {
    #[serde(default)]
    old_only: Vec<Value>,
    #[serde(default)]
    new_only: Vec<Value>,
    #[serde(default)]
    both: Vec<Value>,
}

fn cases(text: &str) -> Vec<Case> {
    serde_json::from_str(text).expect("the vectors are JSON")
}

impl Case {
    fn versions(&self) -> (Version, Version) {
        let draft = self.draft.as_deref().and_then(Draft::named);
        let version = |schema: &Value| {
            Version::new(schema.clone(), draft, &BTreeMap::new()).unwrap_or_else(|error| panic!("{}: {error}", self.id))
        };
        (version(&self.original), version(&self.update))
    }

    fn report(&self, policy: Policy) -> Report {
        let (old, new) = self.versions();
        compare(&old, &new, policy, &Cancel::default())
    }
}

fn says(answer: Answer) -> Option<bool> {
    match answer {
        Answer::Yes => Some(true),
        Answer::No => Some(false),
        Answer::Unknown => None,
    }
}

fn show(name: &str, cases: &[Case], policy: Policy, label: impl Fn(&Case) -> (Option<bool>, Option<bool>)) -> usize {
    let mut good = 0;
    for case in cases {
        eprintln!("{}", case.id);
        let report = case.report(policy);
        let (b, f) = label(case);
        let right = says(report.backward.answer) == b && says(report.forward.answer) == f;
        good += usize::from(right);
        if !right {
            println!("{name} {} {}: label {b:?} {f:?}, said {:?}/{:?} {:?}/{:?}, semantic {} {}", case.id, case.description, report.backward.answer, report.backward.proof, report.forward.answer, report.forward.proof, case.semantic_backward, case.semantic_forward);
            for change in &report.changes {
                println!("     {} {} {:?} {:?}", change.path, change.kind, change.backward, change.forward);
            }
        }
    }
    println!("{name}: {good} of {}", cases.len());
    good
}

#[test]
fn trial() {
    let matrix = cases(include_str!("../../../tests/schema-vectors/policy-matrix.json"));
    show("strict", &matrix, Policy::ConfluentStrict, |c| (c.strict_backward, c.strict_forward));
    show("lenient", &matrix, Policy::ConfluentLenient, |c| (c.lenient_backward, c.lenient_forward));
    show("event", &matrix, Policy::Event, |c| (c.lenient_backward, c.lenient_forward));
    let apicurio = cases(include_str!("../../../tests/schema-vectors/apicurio-json.json"));
    show("apicurio", &apicurio, Policy::ConfluentStrict, |c| (c.backward, c.forward));
    let jsoncompat = cases(include_str!("../../../tests/schema-vectors/jsoncompat.json"));
    show("jsoncompat", &jsoncompat, Policy::ConfluentStrict, |c| (c.backward, c.forward));
    let sentry = cases(include_str!("../../../tests/schema-vectors/sentry.json"));
    let sem = |s: &str| match s { "yes" => Some(true), "no" => Some(false), _ => None };
    show("sentry", &sentry, Policy::ConfluentStrict, |c| (sem(&c.semantic_backward), sem(&c.semantic_forward)));
}
