//! Arrays: elements, positions of tuples, and how many.

use serde_json::{Map, Value};

use super::object::whole;
use super::{Change, Direction, Effect, SchemaDiffer, below, limit, short};

impl SchemaDiffer<'_> {
    #[expect(
        clippy::too_many_lines,
        reason = "the keywords of arrays, which bear on each other"
    )]
    pub(crate) fn arrays(
        &mut self,
        old: &Map<String, Value>,
        new: &Map<String, Value>,
    ) -> Vec<Change> {
        let mut out = Vec::new();
        let anything = Value::Bool(true);
        let none = Vec::new();
        let before = old
            .get("prefixItems")
            .and_then(Value::as_array)
            .unwrap_or(&none);
        let after = new
            .get("prefixItems")
            .and_then(Value::as_array)
            .unwrap_or(&none);
        let rest_before = old.get("items").unwrap_or(&anything);
        let rest_after = new.get("items").unwrap_or(&anything);
        for at in 0..before.len().max(after.len()) {
            let step = at.to_string();
            match (before.get(at), after.get(at)) {
                (Some(a), Some(b)) => {
                    let changes = self.schemas(a, b);
                    out.extend(below(&step, changes));
                }
                (None, Some(b)) => {
                    let backward =
                        Effect::breaks(!self.covered(rest_before, b, Direction::Backward));
                    let forward = Effect::breaks(!self.covered(rest_before, b, Direction::Forward));
                    out.push(
                        Change::new(
                            "position-added",
                            format!("Position {at} of the tuple is described now: {}.", short(b)),
                        )
                        .values(None, Some(b))
                        .at(format!("/{step}"))
                        .effects(backward, forward),
                    );
                }
                (Some(a), None) => {
                    let backward =
                        Effect::breaks(!self.covered(a, rest_after, Direction::Backward));
                    let forward = Effect::breaks(!self.covered(a, rest_after, Direction::Forward));
                    out.push(
                        Change::new(
                            "position-removed",
                            format!(
                                "Position {at} of the tuple is no longer described: {}.",
                                short(a)
                            ),
                        )
                        .values(Some(a), None)
                        .at(format!("/{step}"))
                        .effects(backward, forward),
                    );
                }
                (None, None) => {}
            }
        }
        let changes = match (rest_before, rest_after) {
            (Value::Bool(true), Value::Bool(false)) => vec![
                Change::new(
                    "tuple-closed",
                    "Further elements were allowed and are refused now.",
                )
                .narrowed(),
            ],
            (Value::Bool(false), Value::Bool(true)) => vec![
                Change::new(
                    "tuple-opened",
                    "Further elements were refused and are allowed now.",
                )
                .widened(),
            ],
            (a, b) => self.schemas(a, b),
        };
        out.extend(below("*", changes));
        limit(
            "minItems",
            "The smallest number of elements",
            true,
            old,
            new,
            &mut out,
        );
        limit(
            "maxItems",
            "The largest number of elements",
            false,
            old,
            new,
            &mut out,
        );
        self.contains(old, new, &mut out);
        let unique =
            |schema: &Map<String, Value>| schema.get("uniqueItems") == Some(&Value::Bool(true));
        match (unique(old), unique(new)) {
            (false, true) => out.push(
                Change::new(
                    "unique-items-added",
                    "Elements must now differ from each other.",
                )
                .narrowed(),
            ),
            (true, false) => out
                .push(Change::new("unique-items-removed", "Elements may now be equal.").widened()),
            _ => {}
        }
        whole("unevaluatedItems", false, old, new, &mut out);
        out
    }

    fn contains(
        &mut self,
        old: &Map<String, Value>,
        new: &Map<String, Value>,
        out: &mut Vec<Change>,
    ) {
        match (old.get("contains"), new.get("contains")) {
            (None, None) => {}
            (None, Some(b)) => out.push(
                Change::new(
                    "contains-added",
                    format!("An element must now match {}.", short(b)),
                )
                .values(None, Some(b))
                .narrowed(),
            ),
            (Some(a), None) => out.push(
                Change::new(
                    "contains-removed",
                    format!("No element needs to match {} any more.", short(a)),
                )
                .values(Some(a), None)
                .widened(),
            ),
            (Some(a), Some(b)) => {
                // With an upper limit, allowing more elements to count refuses more arrays.
                let limited = |schema: &Map<String, Value>| schema.contains_key("maxContains");
                let both = limited(old) || limited(new);
                let mut changes = self.schemas(a, b);
                for change in changes.iter_mut().filter(|change| both && change.breaks()) {
                    change.backward = Effect::Breaks;
                    change.forward = Effect::Breaks;
                }
                out.extend(below("*", changes));
                limit(
                    "minContains",
                    "The smallest number of matching elements",
                    true,
                    &at_least_one(old),
                    &at_least_one(new),
                    out,
                );
                limit(
                    "maxContains",
                    "The largest number of matching elements",
                    false,
                    old,
                    new,
                    out,
                );
            }
        }
    }
}

/// Without `minContains` one is asked for.
fn at_least_one(schema: &Map<String, Value>) -> Map<String, Value> {
    let least = schema
        .get("minContains")
        .cloned()
        .unwrap_or_else(|| Value::from(1));
    Map::from_iter([("minContains".to_owned(), least)])
}
