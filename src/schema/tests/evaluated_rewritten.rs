//! What is made of schemas for the provers says what they said: for random events both agree.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::evaluated_random::{changed, schema, wild};
use crate::schema::Dialect;
use crate::schema::compare::named::named;
use crate::schema::document::generate::Generator;
use crate::schema::document::normal::Normal;
use crate::schema::document::validate::Validator;

/// Counts the events that were allowed and refused.
#[derive(Default)]
struct Told {
    rewritten: usize,
    allowed: usize,
    refused: usize,
}

impl Told {
    #[track_caller]
    fn compare(&mut self, was: &Normal, is: &Normal, random: &mut fastrand::Rng) {
        if was.root == is.root && was.defs == is.defs {
            return;
        }
        self.rewritten += 1;
        let (a, b) = (
            Validator::of_normal(was).unwrap(),
            Validator::of_normal(is).unwrap(),
        );
        let mut generator = Generator::new(was, &[is], random.u64(..));
        let is_list = was.root.get("prefixItems").is_some();
        for at in 0..120 {
            let event = if at % 4 == 0 {
                generator.next()
            } else {
                wild(random, is_list)
            };
            let allowed = a.is_valid(&event);
            *(if allowed {
                &mut self.allowed
            } else {
                &mut self.refused
            }) += 1;
            assert_eq!(
                allowed,
                b.is_valid(&event),
                "{event}\n{}\n{}",
                was.document(),
                is.document()
            );
        }
    }
}

fn rounds(seed: u64, count: usize) -> [Told; 2] {
    let mut random = fastrand::Rng::with_seed(seed);
    let (mut flattened, mut written) = (Told::default(), Told::default());
    for _ in 0..count {
        let old = schema(&mut random);
        let new = changed(&old, &mut random);
        let ready = |schema| Normal::of(schema, Dialect::of(schema), &BTreeMap::new());
        let (Ok(a), Ok(b)) = (ready(&old), ready(&new)) else {
            continue;
        };
        flattened.compare(&a, &a.flat(), &mut random);
        if let Some((w, r)) = named(&a, &b) {
            written.compare(&a, &w, &mut random);
            written.compare(&b, &r, &mut random);
        }
    }
    [flattened, written]
}

#[test]
fn what_is_rewritten_says_the_same() {
    for told in rounds(20_261_127, 2_000) {
        let Told {
            rewritten,
            allowed,
            refused,
        } = told;
        let words = format!("{rewritten} rewritten, {allowed} allowed, {refused} refused");
        assert!(
            rewritten > 300 && allowed > 5_000 && refused > 5_000,
            "{words}"
        );
    }
}

/// Each schema refers to the next one twice: followed to its end that doubles at each step.
#[test]
fn what_doubles_at_each_step_is_left_as_it_is() {
    let chain = |last: Value| {
        let mut defs = serde_json::Map::new();
        for at in 0..60 {
            let next = json!({"$ref": format!("#/$defs/d{}", at + 1)});
            defs.insert(
                format!("d{at}"),
                json!({"allOf": [next, next], "properties": {"a": true}, "unevaluatedProperties": false}),
            );
        }
        defs.insert("d60".to_owned(), last);
        let schema = json!({"$ref": "#/$defs/d0", "$defs": defs});
        Normal::of(&schema, Dialect::Twenty, &BTreeMap::new()).unwrap()
    };
    let old = chain(json!({"patternProperties": {"^x-": {"type": "string"}}}));
    let new = chain(json!({"patternProperties": {"^x-": {"type": "string"}},
        "properties": {"x-note": {"type": "string"}}}));
    assert_eq!(old.flat().defs["d0"], old.defs["d0"]);
    // Where a name needs no look at what stands elsewhere it is written out all the same.
    let (written, _) = named(&old, &new).unwrap();
    assert_eq!(
        written.defs["d60"]["properties"]["x-note"],
        json!({"type": ["string"]})
    );
}

/// For who changes what is made of schemas.
#[test]
#[ignore = "takes a minute"]
fn what_is_rewritten_says_the_same_often() {
    for seed in 0..20 {
        rounds(seed, 1_000);
    }
}
