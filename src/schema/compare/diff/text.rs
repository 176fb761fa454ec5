//! Types, allowed values, strings, and the words for people.

use serde_json::{Map, Value};

use super::{Change, Effect, is_annotation, limit, numbers};
use crate::schema::compare::pattern::{Decision, Texts, included};
use crate::schema::document::normal::short;

/// Compares the types. Whether there is any type that both allow: only then the rest can be
/// compared.
pub(crate) fn kinds(
    old: &Map<String, Value>,
    new: &Map<String, Value>,
    out: &mut Vec<Change>,
) -> bool {
    let (before, after) = (old.get("type"), new.get("type"));
    if before == after {
        return true;
    }
    let (a, b) = (list(before), list(after));
    let covers = |wide: &Option<Vec<&str>>, kind: &str| {
        wide.as_ref().is_none_or(|wide| {
            wide.contains(&kind) || kind == "integer" && wide.contains(&"number")
        })
    };
    let covered = |narrow: &Option<Vec<&str>>, wide: &Option<Vec<&str>>| match narrow {
        Some(narrow) => narrow.iter().all(|kind| covers(wide, kind)),
        None => wide.is_none(),
    };
    let (backward, forward) = (covered(&a, &b), covered(&b, &a));
    let nothing = Vec::new();
    let added: Vec<&str> = b
        .as_ref()
        .unwrap_or(&nothing)
        .iter()
        .copied()
        .filter(|kind| !covers(&a, kind))
        .collect();
    let gone: Vec<&str> = a
        .as_ref()
        .unwrap_or(&nothing)
        .iter()
        .copied()
        .filter(|kind| !covers(&b, kind))
        .collect();
    let words = |kinds: &Option<Vec<&str>>| match kinds {
        Some(kinds) => kinds.join(" or "),
        None => "anything".to_owned(),
    };
    let (kind, reason) = if backward && added == ["null"] {
        (
            "null-allowed",
            format!("It was {} and may now also be null.", words(&a)),
        )
    } else if forward && gone == ["null"] {
        (
            "null-forbidden",
            format!("It could be null and must now be {}.", words(&b)),
        )
    } else {
        let kind = match (backward, forward) {
            (true, _) => "type-widened",
            (_, true) => "type-narrowed",
            _ => "type-changed",
        };
        (
            kind,
            format!("The type was {} and is now {}.", words(&a), words(&b)),
        )
    };
    out.push(
        Change::new(kind, reason)
            .values(before, after)
            .effects(Effect::breaks(!backward), Effect::breaks(!forward)),
    );
    match (&a, &b) {
        (Some(a), Some(b)) => a.iter().any(|kind| {
            b.contains(kind)
                || *kind == "integer" && b.contains(&"number")
                || *kind == "number" && b.contains(&"integer")
        }),
        _ => true,
    }
}

fn list(kinds: Option<&Value>) -> Option<Vec<&str>> {
    Some(
        kinds?
            .as_array()?
            .iter()
            .filter_map(Value::as_str)
            .collect(),
    )
}

/// Compares the lists of allowed values.
pub(crate) fn allowed_values(
    old: &Map<String, Value>,
    new: &Map<String, Value>,
    out: &mut Vec<Change>,
) {
    let (before, after) = (old.get("enum"), new.get("enum"));
    let values = |value: Option<&Value>| -> Option<Vec<Value>> { value?.as_array().cloned() };
    let change = match (values(before), values(after)) {
        (None, None) => return,
        (None, Some(b)) => Change::new(
            "enum-added",
            format!("Only {} {} allowed now.", listed(&b), is(&b)),
        )
        .narrowed(),
        (Some(a), None) => Change::new(
            "enum-removed",
            format!("It is no longer limited to {}.", listed(&a)),
        )
        .widened(),
        (Some(a), Some(b)) => {
            let without = |one: &[Value], other: &[Value]| -> Vec<Value> {
                one.iter()
                    .filter(|value| !other.iter().any(|o| numbers::same(value, o)))
                    .cloned()
                    .collect()
            };
            let (gone, added) = (without(&a, &b), without(&b, &a));
            match (gone.is_empty(), added.is_empty()) {
                (true, true) => return,
                (true, false) => Change::new(
                    "enum-value-added",
                    format!(
                        "{} {} allowed now: a reader that does not know it cannot handle it.",
                        listed(&added),
                        is(&added)
                    ),
                )
                .widened(),
                (false, true) => Change::new(
                    "enum-value-removed",
                    format!("{} {} no longer allowed.", listed(&gone), is(&gone)),
                )
                .narrowed(),
                (false, false) => Change::new(
                    "enum-changed",
                    format!(
                        "{} {} no longer allowed, {} {} instead.",
                        listed(&gone),
                        is(&gone),
                        listed(&added),
                        is(&added)
                    ),
                )
                .effects(Effect::Breaks, Effect::Breaks),
            }
        }
    };
    out.push(change.values(before, after));
}

fn is(values: &[Value]) -> &'static str {
    if values.len() == 1 { "is" } else { "are" }
}

fn listed(values: &[Value]) -> String {
    let shown: Vec<String> = values.iter().take(6).map(short).collect();
    let rest = values.len().saturating_sub(shown.len());
    let mut text = shown.join(", ");
    if rest > 0 {
        text.push_str(&format!(" and {rest} more"));
    }
    text
}

/// Compares what is asked of strings.
pub(crate) fn strings(old: &Map<String, Value>, new: &Map<String, Value>, out: &mut Vec<Change>) {
    let mut texts = Vec::new();
    for (keyword, what, raising_narrows) in [
        ("minLength", "The shortest length in characters", true),
        ("maxLength", "The longest length in characters", false),
    ] {
        limit(keyword, what, raising_narrows, old, new, &mut texts);
    }
    word(
        "pattern",
        "pattern",
        "the pattern",
        true,
        old,
        new,
        &mut texts,
    );
    let patterned = old.contains_key("pattern") || new.contains_key("pattern");
    if patterned && !texts.is_empty() {
        decide(&Texts::of(old), &Texts::of(new), &mut texts);
    }
    out.append(&mut texts);
    word(
        "contentEncoding",
        "content-encoding",
        "the encoding",
        true,
        old,
        new,
        out,
    );
    word(
        "contentMediaType",
        "content-media-type",
        "the media type",
        true,
        old,
        new,
        out,
    );
    word("format", "format", "the format", false, old, new, out);
}

/// Patterns and lengths together decide which texts are let through; their words alone do not.
fn decide(old: &Texts, new: &Texts, changes: &mut [Change]) {
    let decisions = [included(old, new), included(new, old)];
    for (backward, decision) in [(true, &decisions[0]), (false, &decisions[1])] {
        let set = |change: &mut Change, effect: Effect| {
            if backward {
                change.backward = effect;
            } else {
                change.forward = effect;
            }
        };
        let by_pattern = |change: &Change| change.kind.starts_with("pattern");
        let (from, to) = if backward {
            ("old", "new")
        } else {
            ("new", "old")
        };
        match decision {
            Decision::Yes => changes.iter_mut().for_each(|one| set(one, Effect::Ok)),
            Decision::No(text) => {
                let shown = short(&Value::from(text.as_str()));
                let Some(at) = changes.iter().position(by_pattern) else {
                    continue;
                };
                set(&mut changes[at], Effect::Breaks);
                changes[at].reason.push_str(&format!(
                    " {shown} is a text that the {from} version allows and the {to} one does not."
                ));
            }
            Decision::Undecided => {
                for change in changes.iter_mut().filter(|one| by_pattern(one)) {
                    set(change, Effect::Unknown);
                    change.reason.push_str(&format!(
                        " Whether all texts of the {from} version are texts of the {to} one could not be decided."
                    ));
                }
            }
        }
    }
}

/// A keyword whose values cannot be ordered. One that does not refuse values never breaks.
fn word(
    keyword: &str,
    kind: &str,
    what: &str,
    refuses: bool,
    old: &Map<String, Value>,
    new: &Map<String, Value>,
    out: &mut Vec<Change>,
) {
    let (before, after) = (old.get(keyword), new.get(keyword));
    let change = match (before, after) {
        (a, b) if a == b => return,
        (None, Some(b)) => {
            let change = Change::new(
                format!("{kind}-added"),
                format!("The text must now have {what} {}.", short(b)),
            );
            if refuses { change.narrowed() } else { change }
        }
        (Some(a), None) => {
            let change = Change::new(
                format!("{kind}-removed"),
                format!("The text no longer needs {what} {}.", short(a)),
            );
            if refuses { change.widened() } else { change }
        }
        (Some(a), Some(b)) => {
            let change = Change::new(
                format!("{kind}-changed"),
                format!(
                    "{} was {} and is now {}.",
                    capital(what),
                    short(a),
                    short(b)
                ),
            );
            if refuses {
                change.effects(Effect::Breaks, Effect::Breaks)
            } else {
                change
            }
        }
        (None, None) => return,
    };
    let mut change = change.values(before, after);
    if !refuses {
        change.reason.push_str(
            " Validators take a format as a remark; a reader that parses it may still fail.",
        );
    }
    out.push(change);
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| {
        first.to_uppercase().collect::<String>() + letters.as_str()
    })
}

/// What refuses nothing: defaults, and words for people.
pub(crate) fn annotations(
    old: &Map<String, Value>,
    new: &Map<String, Value>,
    out: &mut Vec<Change>,
) {
    if old.get("default") != new.get("default") {
        out.push(
            Change::new(
                "default-changed",
                "The default changed; no event is refused for it.",
            )
            .values(old.get("default"), new.get("default")),
        );
    }
    let differing: Vec<&String> = old
        .keys()
        .chain(new.keys().filter(|key| !old.contains_key(*key)))
        .filter(|key| is_annotation(key) && *key != "default" && old.get(*key) != new.get(*key))
        .collect();
    for key in differing {
        out.push(
            Change::new("documentation-changed", format!("`{key}` changed."))
                .values(old.get(key), new.get(key)),
        );
    }
}
