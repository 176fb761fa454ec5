//! What the presence of one property asks of the others.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::object::table;
use super::{Change, SchemaDiffer, is_anything, short};
use crate::text::pointer_step::escaped;

type DependentTable = Map<String, Value>;

impl SchemaDiffer<'_> {
    pub(crate) fn dependent(
        &mut self,
        old: &DependentTable,
        new: &DependentTable,
        out: &mut Vec<Change>,
    ) {
        let none = DependentTable::new();
        let before = table(old, "dependentRequired").unwrap_or(&none);
        let after = table(new, "dependentRequired").unwrap_or(&none);
        let names = |table: &DependentTable, key: &str| -> BTreeSet<String> {
            table
                .get(key)
                .and_then(Value::as_array)
                .into_iter()
                .flatten()
                .filter_map(|one| one.as_str().map(str::to_owned))
                .collect()
        };
        let keys: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
        for key in keys {
            let (a, b) = (names(before, key), names(after, key));
            let at = format!("/{}", escaped(key));
            for name in b.difference(&a) {
                out.push(
                    Change::new(
                        "dependency-added",
                        format!("Who writes `{key}` must now also write `{name}`."),
                    )
                    .values(None, Some(&json!(name)))
                    .at(&at)
                    .narrowed(),
                );
            }
            for name in a.difference(&b) {
                out.push(
                    Change::new(
                        "dependency-removed",
                        format!("Who writes `{key}` no longer needs to write `{name}`."),
                    )
                    .values(Some(&json!(name)), None)
                    .at(&at)
                    .widened(),
                );
            }
        }
        let before = table(old, "dependentSchemas").unwrap_or(&none);
        let after = table(new, "dependentSchemas").unwrap_or(&none);
        let keys: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
        for key in keys {
            let at = format!("/{}", escaped(key));
            match (before.get(key), after.get(key)) {
                (Some(a), Some(b)) => out.extend(self.schemas(a, b)),
                (None, Some(b)) if !is_anything(b) => {
                    out.push(
                        Change::new(
                            "dependency-added",
                            format!("Events with `{key}` must now also match {}.", short(b)),
                        )
                        .values(None, Some(b))
                        .at(at)
                        .narrowed(),
                    );
                }
                (Some(a), None) if !is_anything(a) => {
                    out.push(
                        Change::new(
                            "dependency-removed",
                            format!("Events with `{key}` no longer need to match {}.", short(a)),
                        )
                        .values(Some(a), None)
                        .at(at)
                        .widened(),
                    );
                }
                _ => {}
            }
        }
    }
}
