//! Objects: properties, what may stand beside them, and what asks for what.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::rename::renames;
use super::{Change, Direction, Effect, SchemaDiffer, below, is_anything, limit, short};
use crate::text::pointer_step::escaped;

type ObjectTable = Map<String, Value>;

impl SchemaDiffer<'_> {
    pub(crate) fn properties(&mut self, old: &ObjectTable, new: &ObjectTable) -> Vec<Change> {
        let mut out = Vec::new();
        self.declared(old, new, &mut out);
        self.patterns(old, new, &mut out);
        self.rest(old, new, &mut out);
        self.names(old, new, &mut out);
        limit(
            "minProperties",
            "The smallest number of properties",
            true,
            old,
            new,
            &mut out,
        );
        limit(
            "maxProperties",
            "The largest number of properties",
            false,
            old,
            new,
            &mut out,
        );
        self.dependent(old, new, &mut out);
        out
    }

    /// Whether this side's further properties are judged tolerantly: a writer does not write them,
    /// a reader ignores them.
    fn tolerant(&self, schema: &ObjectTable) -> bool {
        self.policy.tolerates_unknown()
            && (self.policy.trusts_the_undeclared() || schema.contains_key("properties"))
    }

    #[expect(
        clippy::too_many_lines,
        reason = "the keywords of objects, which bear on each other"
    )]
    fn declared(&mut self, old: &ObjectTable, new: &ObjectTable, out: &mut Vec<Change>) {
        let none = ObjectTable::new();
        let before = table(old, "properties").unwrap_or(&none);
        let after = table(new, "properties").unwrap_or(&none);
        let (was, is) = (required(old), required(new));
        let (mut added, mut gone) = (Vec::new(), Vec::new());
        for (name, schema) in before {
            match after.get(name) {
                Some(now) => {
                    let changes = self.schemas(schema, now);
                    out.extend(below(name, changes));
                    out.extend(turn_of_requirement(
                        name,
                        was.contains(name.as_str()),
                        is.contains(name.as_str()),
                        Some(schema),
                        Some(now),
                    ));
                }
                None => gone.push((
                    name,
                    self.removed(
                        name,
                        schema,
                        new,
                        was.contains(name.as_str()),
                        is.contains(name.as_str()),
                    ),
                )),
            }
        }
        for (name, schema) in after {
            if !before.contains_key(name) {
                added.push((
                    name,
                    self.added(
                        name,
                        schema,
                        old,
                        was.contains(name.as_str()),
                        is.contains(name.as_str()),
                    ),
                ));
            }
        }
        let pairs = renames(
            &gone
                .iter()
                .map(|(name, _)| (name.as_str(), &before[name.as_str()]))
                .collect::<Vec<_>>(),
            &added
                .iter()
                .map(|(name, _)| (name.as_str(), &after[name.as_str()]))
                .collect::<Vec<_>>(),
        );
        for (from, to) in &pairs {
            let effect = |name: &str, list: &[(&String, Change)]| {
                list.iter()
                    .find(|(one, _)| one.as_str() == name)
                    .map(|(_, change)| (change.backward, change.forward))
            };
            if let (Some(a), Some(b)) = (effect(from, &gone), effect(to, &added)) {
                out.push(
                    Change::new("property-renamed", format!("`{from}` seems to be called `{to}` now: a reader looks for the name it knows."))
                        .values(Some(&json!(from)), Some(&json!(to)))
                        .at(format!("/{}", escaped(from)))
                        .effects(a.0.max(b.0), a.1.max(b.1)),
                );
            }
        }
        out.extend(
            gone.into_iter()
                .filter(|(name, _)| !pairs.iter().any(|(from, _)| from == *name))
                .map(|(_, change)| change),
        );
        out.extend(
            added
                .into_iter()
                .filter(|(name, _)| !pairs.iter().any(|(_, to)| to == *name))
                .map(|(_, change)| change),
        );
        // Names that are required without being described.
        for name in was.union(&is) {
            if !before.contains_key(*name) && !after.contains_key(*name) {
                out.extend(turn_of_requirement(
                    name,
                    was.contains(name),
                    is.contains(name),
                    None,
                    None,
                ));
            }
        }
    }

    fn added(
        &mut self,
        name: &str,
        schema: &Value,
        old: &ObjectTable,
        was_required: bool,
        is_required: bool,
    ) -> Change {
        let before = Self::undeclared(name, old);
        let mut backward = match &before {
            Value::Bool(true) if self.tolerant(old) => Effect::Ok,
            Value::Bool(true) => Effect::breaks(!is_anything(schema)),
            Value::Bool(false) => Effect::Ok,
            other => Effect::breaks(!self.covered(other, schema, Direction::Backward)),
        };
        let forward = match &before {
            Value::Bool(true) => Effect::Ok,
            Value::Bool(false) => {
                Effect::breaks(!self.tolerant(old) && *schema != Value::Bool(false))
            }
            other => Effect::breaks(!self.covered(other, schema, Direction::Forward)),
        };
        let newly = is_required && !was_required;
        let (kind, reason) = match (newly, has_default(schema)) {
            (true, false) => {
                backward = Effect::Breaks;
                (
                    "required-property-added",
                    format!("`{name}` is new and required: events written before do not have it."),
                )
            }
            (true, true) => (
                "property-with-default-added",
                format!(
                    "`{name}` is new and required, with a default: safe only if the reader applies defaults."
                ),
            ),
            (false, _) if backward == Effect::Breaks => (
                "property-added",
                format!(
                    "`{name}` is new. The old version allowed anything under that name, the new one does not."
                ),
            ),
            (false, _) if forward == Effect::Breaks => (
                "property-added",
                format!("`{name}` is new. The old version does not allow it."),
            ),
            (false, _) => ("property-added", format!("`{name}` is new and optional.")),
        };
        Change::new(kind, reason)
            .values(None, Some(schema))
            .at(format!("/{}", escaped(name)))
            .effects(backward, forward)
    }

    fn removed(
        &mut self,
        name: &str,
        schema: &Value,
        new: &ObjectTable,
        was_required: bool,
        is_required: bool,
    ) -> Change {
        let after = Self::undeclared(name, new);
        let backward = match &after {
            Value::Bool(true) => Effect::Ok,
            Value::Bool(false) => {
                Effect::breaks(!self.tolerant(new) && *schema != Value::Bool(false))
            }
            other => Effect::breaks(!self.covered(schema, other, Direction::Backward)),
        };
        let mut forward = match &after {
            Value::Bool(true) if self.tolerant(new) => Effect::Ok,
            Value::Bool(true) => Effect::breaks(!is_anything(schema)),
            Value::Bool(false) => Effect::Ok,
            other => Effect::breaks(!self.covered(schema, other, Direction::Forward)),
        };
        let (kind, reason) = if was_required && !is_required {
            if !has_default(schema) {
                forward = Effect::Breaks;
            }
            (
                "required-property-removed",
                format!("`{name}` was required and is gone: readers of the old version miss it."),
            )
        } else if backward == Effect::Breaks {
            (
                "property-removed",
                format!("`{name}` is gone, and the new version does not allow it any more."),
            )
        } else if forward == Effect::Breaks {
            (
                "property-removed",
                format!(
                    "`{name}` is gone. The new version allows anything under that name, the old one does not."
                ),
            )
        } else {
            (
                "property-removed",
                format!("`{name}` was optional and is gone."),
            )
        };
        Change::new(kind, reason)
            .values(Some(schema), None)
            .at(format!("/{}", escaped(name)))
            .effects(backward, forward)
    }

    /// What a schema says about a property that it does not declare by name.
    fn undeclared(name: &str, schema: &ObjectTable) -> Value {
        let matching: Vec<Value> = table(schema, "patternProperties")
            .into_iter()
            .flatten()
            .filter(|(pattern, _)| {
                regex::Regex::new(pattern).is_ok_and(|pattern| pattern.is_match(name))
            })
            .map(|(_, schema)| schema.clone())
            .collect();
        match matching.len() {
            0 => match schema.get("additionalProperties") {
                Some(rest) if is_anything(rest) => Value::Bool(true),
                Some(rest) => rest.clone(),
                None if schema.get("unevaluatedProperties") == Some(&Value::Bool(false)) => {
                    Value::Bool(false)
                }
                None => Value::Bool(true),
            },
            1 => matching.into_iter().next().unwrap_or(Value::Bool(true)),
            _ => json!({ "allOf": matching }),
        }
    }

    fn patterns(&mut self, old: &ObjectTable, new: &ObjectTable, out: &mut Vec<Change>) {
        let none = ObjectTable::new();
        let before = table(old, "patternProperties").unwrap_or(&none);
        let after = table(new, "patternProperties").unwrap_or(&none);
        for (pattern, schema) in before {
            let step = format!("{{{pattern}}}");
            if let Some(now) = after.get(pattern) {
                let changes = self.schemas(schema, now);
                out.extend(below(&step, changes));
                continue;
            }
            let (backward, forward) = match rest_of(new) {
                Value::Bool(true) => (
                    Effect::Ok,
                    Effect::breaks(!self.tolerant(new) && !is_anything(schema)),
                ),
                Value::Bool(false) => (Effect::breaks(!self.tolerant(new)), Effect::Ok),
                rest => (
                    Effect::breaks(!self.covered(schema, &rest, Direction::Backward)),
                    Effect::breaks(!self.covered(schema, &rest, Direction::Forward)),
                ),
            };
            out.push(
                Change::new(
                    "pattern-properties-removed",
                    format!("Properties that match `{pattern}` are no longer described."),
                )
                .values(Some(schema), None)
                .at(format!("/{}", escaped(&step)))
                .effects(backward, forward),
            );
        }
        for (pattern, schema) in after
            .iter()
            .filter(|(pattern, _)| !before.contains_key(*pattern))
        {
            let (backward, forward) = match rest_of(old) {
                Value::Bool(true) => (
                    Effect::breaks(!self.tolerant(old) && !is_anything(schema)),
                    Effect::Ok,
                ),
                Value::Bool(false) => (Effect::Ok, Effect::breaks(!self.tolerant(old))),
                rest => (
                    Effect::breaks(!self.covered(&rest, schema, Direction::Backward)),
                    Effect::breaks(!self.covered(&rest, schema, Direction::Forward)),
                ),
            };
            out.push(
                Change::new(
                    "pattern-properties-added",
                    format!("Properties that match `{pattern}` are now described."),
                )
                .values(None, Some(schema))
                .at(format!("/{}", escaped(&format!("{{{pattern}}}"))))
                .effects(backward, forward),
            );
        }
    }

    /// What may stand beside the declared properties.
    fn rest(&mut self, old: &ObjectTable, new: &ObjectTable, out: &mut Vec<Change>) {
        let (before, after) = (rest_of(old), rest_of(new));
        let forgiven = |differ: &Self, side: &ObjectTable| Effect::breaks(!differ.tolerant(side));
        let change = match (&before, &after) {
            (Value::Bool(a), Value::Bool(b)) if a == b => None,
            (Value::Bool(true), Value::Bool(false)) => Some(
                Change::new(
                    "object-closed",
                    "Further properties were allowed and are refused now.",
                )
                .effects(forgiven(self, old), Effect::Ok),
            ),
            (Value::Bool(false), Value::Bool(true)) => Some(
                Change::new(
                    "object-opened",
                    "Further properties were refused and are allowed now.",
                )
                .effects(Effect::Ok, forgiven(self, new)),
            ),
            (Value::Bool(true), rest) => Some(
                Change::new(
                    "further-properties-narrowed",
                    format!(
                        "Further properties could be anything and must now match {}.",
                        short(rest)
                    ),
                )
                .effects(forgiven(self, old), Effect::Ok),
            ),
            (rest, Value::Bool(true)) => Some(
                Change::new(
                    "further-properties-widened",
                    format!(
                        "Further properties had to match {} and may now be anything.",
                        short(rest)
                    ),
                )
                .effects(Effect::Ok, forgiven(self, new)),
            ),
            (_, Value::Bool(false)) => Some(
                Change::new(
                    "object-closed",
                    "Further properties were allowed and are refused now.",
                )
                .effects(forgiven(self, new), Effect::Ok),
            ),
            (Value::Bool(false), _) => Some(
                Change::new(
                    "object-opened",
                    "Further properties were refused and are allowed now.",
                )
                .effects(Effect::Ok, forgiven(self, old)),
            ),
            (a, b) => {
                let changes = self.schemas(a, b);
                out.extend(below("*", changes));
                None
            }
        };
        out.extend(change.map(|change| change.values(Some(&before), Some(&after)).at("/*")));
        whole(
            "unevaluatedProperties",
            self.policy.tolerates_unknown(),
            old,
            new,
            out,
        );
    }

    fn names(&mut self, old: &ObjectTable, new: &ObjectTable, out: &mut Vec<Change>) {
        let anything = Value::Bool(true);
        let before = old.get("propertyNames").unwrap_or(&anything);
        let after = new.get("propertyNames").unwrap_or(&anything);
        let mut changes = self.schemas(before, after);
        for change in &mut changes {
            change.kind = format!("property-names-{}", change.kind).into();
            change.reason = format!("Names of properties: {}", change.reason);
        }
        out.extend(below("*", changes));
    }
}

/// A keyword that is compared as a whole. `forgiven` says whether refusing is overlooked.
pub(crate) fn whole(
    keyword: &'static str,
    forgiven: bool,
    old: &ObjectTable,
    new: &ObjectTable,
    out: &mut Vec<Change>,
) {
    let (before, after) = (old.get(keyword), new.get(keyword));
    if before == after {
        return;
    }
    let change = Change::new(
        format!("{keyword}-changed"),
        format!("`{keyword}` changed."),
    )
    .values(before, after);
    let refuses = |value: Option<&Value>| value == Some(&Value::Bool(false));
    let effect = Effect::breaks(!forgiven);
    out.push(match (before, after) {
        (None, after) if refuses(after) => change.effects(effect, Effect::Ok),
        (before, None) if refuses(before) => change.effects(Effect::Ok, effect),
        (None, _) => change.narrowed(),
        (_, None) => change.widened(),
        _ => change.effects(Effect::Breaks, Effect::Breaks),
    });
}

fn turn_of_requirement(
    name: &str,
    was: bool,
    is: bool,
    old: Option<&Value>,
    new: Option<&Value>,
) -> Option<Change> {
    let at = format!("/{}", escaped(name));
    match (was, is) {
        (false, true) => {
            let excused = new.is_some_and(has_default);
            let reason = if excused {
                format!(
                    "`{name}` was optional and is required, with a default: safe only if the reader applies defaults."
                )
            } else {
                format!("`{name}` was optional and is required now: events without it are refused.")
            };
            Some(
                Change::new("became-required", reason)
                    .at(at)
                    .effects(Effect::breaks(!excused), Effect::Ok),
            )
        }
        (true, false) => {
            let excused = old.is_some_and(has_default);
            Some(
                Change::new("became-optional", format!("`{name}` was required and is optional now: readers of the old version may miss it."))
                    .at(at)
                    .effects(Effect::Ok, Effect::breaks(!excused)),
            )
        }
        _ => None,
    }
}

pub(crate) fn table<'a>(schema: &'a ObjectTable, key: &str) -> Option<&'a ObjectTable> {
    schema.get(key)?.as_object()
}

fn required(schema: &ObjectTable) -> BTreeSet<&str> {
    schema
        .get("required")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect()
}

fn has_default(schema: &Value) -> bool {
    schema.get("default").is_some()
}

fn rest_of(schema: &ObjectTable) -> Value {
    match schema.get("additionalProperties") {
        Some(rest) if !is_anything(rest) => rest.clone(),
        _ => Value::Bool(true),
    }
}
