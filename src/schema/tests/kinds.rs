//! Kinds of pairs that were once judged wrongly, with neighbours.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::super::{Answer, Cancel, CheckReport, Effect, Policy, Proof, Version, compare};

fn version(schema: &Value) -> Version {
    Version::new(schema.clone(), None, &BTreeMap::new()).unwrap()
}

fn report(old: &Value, new: &Value) -> CheckReport {
    compare(
        &version(old),
        &version(new),
        Policy::Event,
        &Cancel::default(),
    )
}

fn member(about: &Value) -> Value {
    json!({"$schema": "http://json-schema.org/draft-07/schema#", "type": "object", "properties": {"code": about}})
}

fn pattern(source: &str) -> Value {
    member(&json!({"type": "string", "pattern": source}))
}

#[track_caller]
fn answers(old: &Value, new: &Value, backward: Answer, forward: Answer) -> CheckReport {
    let report = report(old, new);
    assert_eq!(report.backward.answer, backward, "{:?}", report.backward);
    assert_eq!(report.forward.answer, forward, "{:?}", report.forward);
    report
}

#[test]
fn one_more_word_of_a_pattern_breaks_only_forward_and_is_shown() {
    use Answer::{No, Yes};
    let report = answers(
        &pattern("^(red|blue)$"),
        &pattern("^(red|blue|green)$"),
        Yes,
        No,
    );
    assert_eq!(report.backward.proof, Proof::Proved);
    assert_eq!(report.forward.example, Some(json!({"code": "green"})));
    assert!(report.changes[0].reason.contains("\"green\""), "{report:?}");
    assert_eq!(report.changes[0].backward, Effect::Ok);
    answers(&pattern("^xy"), &pattern("^xy.*"), Yes, Yes);
    answers(&pattern("^[0-9]+$"), &pattern("^\\d+$"), Yes, Yes);
    answers(&pattern("^a"), &pattern("^b"), No, No);
}

#[test]
fn lengths_and_patterns_are_one_question() {
    use Answer::{No, Yes};
    let length = |least: u32, most: u32| {
        member(&json!({"type": "string", "minLength": least, "maxLength": most}))
    };
    let report = answers(&length(3, 3), &pattern("^[\\s\\S]{3}$"), Yes, Yes);
    assert!(
        report.changes.iter().all(|change| !change.breaks()),
        "{report:?}"
    );
    answers(&length(3, 4), &pattern("^[\\s\\S]{3}$"), No, Yes);
    let both = member(&json!({"type": "string", "pattern": "^(ab)*$", "maxLength": 5}));
    answers(&both, &pattern("^(ab){0,2}$"), Yes, Yes);
}

#[test]
fn what_cannot_be_decided_is_not_proved_and_does_not_break() {
    let report = report(&pattern("^(?=[a-f])[a-z]+$"), &pattern("^(?=[a-f])[a-z]*$"));
    for verdict in [&report.backward, &report.forward] {
        assert_eq!(verdict.answer, Answer::Unknown, "{verdict:?}");
        assert_eq!(verdict.proof, Proof::Unknown);
        assert!(
            verdict.reason.contains("could not be decided"),
            "{verdict:?}"
        );
    }
    assert_eq!(report.changes[0].backward, Effect::Unknown);
    assert_eq!(report.changes[0].backward.name(), "not proved");
}

#[test]
fn a_member_that_the_reader_already_covers_is_not_called_breaking() {
    let old = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "allOf": [{"properties": {"id": {"type": "string"}}}],
        "properties": {"total": {"type": "number"}},
        "patternProperties": {"^meta_": {"type": "string"}},
        "unevaluatedProperties": false
    });
    let mut new = old.clone();
    new["properties"]["meta_source"] = json!({"type": "string"});
    answers(&old, &new, Answer::Yes, Answer::Yes);
    let mut rest = old.clone();
    rest["unevaluatedProperties"] = json!({"type": "integer"});
    let mut more = rest.clone();
    more["properties"]["count"] = json!({"type": "integer"});
    let found = answers(&rest, &more, Answer::Yes, Answer::Yes);
    assert_eq!(found.forward.proof, Proof::Proved);
    more["properties"]["count"] = json!({"type": "string"});
    let found = report(&rest, &more);
    assert_ne!(found.forward.proof, Proof::Proved);
}

/// 2020-12 core, 11.3: a part that lets everything through evaluates it, and what stands around the
/// part refuses nothing then.
#[test]
fn a_part_that_evaluates_everything_leaves_nothing_to_refuse() {
    let closed = json!({"type": "object", "additionalProperties": false});
    for parts in ["allOf", "anyOf"] {
        for rest in ["unevaluatedProperties", "additionalProperties"] {
            let mut open = json!({"type": "object", "unevaluatedProperties": false});
            open[parts] = json!([{rest: true}, {"minProperties": 0}]);
            let found = report(&open, &closed);
            let what = format!("{parts} {rest}: {found:?}");
            // What the open one wrote the closed one refuses, and the other way round all is well.
            assert_ne!(found.backward.answer, Answer::Yes, "{what}");
            assert_ne!(found.forward.answer, Answer::No, "{what}");
        }
    }
    let none = json!({"type": "array", "maxItems": 0});
    let mut any = json!({"type": "array", "unevaluatedItems": false});
    any["allOf"] = json!([{"unevaluatedItems": true}]);
    let found = report(&any, &none);
    assert_ne!(found.backward.answer, Answer::Yes, "{found:?}");
    assert_ne!(found.forward.answer, Answer::No, "{found:?}");
}

#[test]
fn the_schemas_of_the_drafts_need_no_network() {
    for draft in [
        "http://json-schema.org/draft-04/schema#",
        "http://json-schema.org/draft-06/schema#",
        "http://json-schema.org/draft-07/schema#",
        "https://json-schema.org/draft/2019-09/schema",
        "https://json-schema.org/draft/2020-12/schema",
    ] {
        let about =
            json!({"$schema": draft, "type": "object", "properties": {"shape": {"$ref": draft}}});
        let report = answers(&about, &about, Answer::Yes, Answer::Yes);
        assert_eq!(report.changes, [], "{draft}");
        let ready = version(&about);
        let fits = |schema: Value| ready.validator.is_valid(&json!({ "shape": schema }));
        assert!(fits(json!({"type": "string"})), "{draft}");
        assert!(!fits(json!({"type": 7})), "{draft}");
        let mut wider = about.clone();
        wider["properties"]["shape"] = json!(true);
        if draft.contains("04") {
            wider["properties"]["shape"] = json!({});
        }
        assert_eq!(
            self::report(&about, &wider).backward.answer,
            Answer::Yes,
            "{draft}"
        );
    }
}
