//! Guesses which property took another's place under a new name.

use serde_json::Value;

use crate::schema::document::normal::is_annotation;

/// More pairs than this are not tried.
const MOST_PAIRS: usize = 10_000;

/// Pairs of a name that is gone and one that is new which say the same. Two that are merely both
/// text need alike names.
pub(crate) fn renames(gone: &[(&str, &Value)], added: &[(&str, &Value)]) -> Vec<(String, String)> {
    if gone.len() * added.len() > MOST_PAIRS {
        return Vec::new();
    }
    let mut found: Vec<(String, String)> = Vec::new();
    for (from, old) in gone {
        let taken: Vec<&(&str, &Value)> = added
            .iter()
            .filter(|(to, new)| same_words(old, new) && !found.iter().any(|(_, taken)| taken == to))
            .collect();
        let alike = taken.iter().find(|(to, _)| alike(from, to));
        let only = match taken.as_slice() {
            [only]
                if tells_much(old)
                    && gone
                        .iter()
                        .filter(|(_, other)| same_words(old, other))
                        .count()
                        == 1 =>
            {
                Some(only)
            }
            _ => None,
        };
        if let Some((to, _)) = alike.or(only) {
            found.push(((*from).to_owned(), (*to).to_owned()));
        }
    }
    found
}

fn same_words(old: &Value, new: &Value) -> bool {
    let bare = |value: &Value| match value {
        Value::Object(map) => Value::Object(
            map.iter()
                .filter(|(key, _)| !is_annotation(key))
                .map(|(key, value)| (key.clone(), value.clone()))
                .collect(),
        ),
        other => other.clone(),
    };
    !old.is_boolean() && bare(old) == bare(new)
}

/// Whether a schema is so particular that two equal ones are hardly chance.
fn tells_much(schema: &Value) -> bool {
    schema.as_object().is_some_and(|map| {
        let words = map.keys().filter(|key| !is_annotation(key)).count();
        words >= 2 || map.contains_key("enum") || map.contains_key("$ref")
    })
}

fn alike(one: &str, other: &str) -> bool {
    let plain = |name: &str| -> String {
        name.chars()
            .filter(|c| c.is_alphanumeric())
            .flat_map(char::to_lowercase)
            .collect()
    };
    let (a, b) = (plain(one), plain(other));
    let (short, long) = if a.len() <= b.len() {
        (&a, &b)
    } else {
        (&b, &a)
    };
    a == b
        || short.len() >= 3 && (long.starts_with(short.as_str()) || long.ends_with(short.as_str()))
}
