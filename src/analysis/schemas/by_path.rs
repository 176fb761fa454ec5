//! Both schemas as trees of their members in order, row by row, each row the same place in both.
//! What a reference means is shown where the person asks for it.

use crate::text::pointer_step::escaped;
use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

/// Most rows, and how deep they go: the person unfolds references, some of which lead in circles.
const MOST_ROWS: usize = 50_000;
const DEEPEST: usize = 200;

/// What is different in a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shift {
    /// Nothing, nor in what is below.
    Same,
    /// Only in what is below.
    Inside,
    Changed,
    /// Only the new one has it.
    Added,
    /// Only the old one has it.
    Removed,
}

/// A place in both schemas.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PathRow {
    /// How far it is from the root.
    pub depth: usize,
    /// The member, or its number in a list.
    pub name: String,
    /// JSON pointer of the place.
    pub path: String,
    /// Value in the old one.
    pub old: Option<String>,
    /// Value in the new one.
    pub new: Option<String>,
    pub shift: Shift,
    /// It is a reference into the schema, and whether what it means is shown below.
    pub unfolded: Option<bool>,
}

/// All rows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ByPath {
    /// In the order of their paths.
    pub rows: Vec<PathRow>,
    /// There are more than are shown.
    pub cut: bool,
}

/// Both schemas, with what the references at `unfolded` mean. None where one of them is no JSON.
pub(crate) fn by_path(old: &str, new: &str, unfolded: &BTreeSet<String>) -> Option<ByPath> {
    let old: Value = serde_json::from_str(old).ok()?;
    let new: Value = serde_json::from_str(new).ok()?;
    let mut builder = TreeBuilder {
        roots: [&old, &new],
        unfolded,
        out: ByPath::default(),
    };
    builder.members([Some(&old), Some(&new)], "", 0);
    Some(builder.out)
}

struct TreeBuilder<'a> {
    roots: [&'a Value; 2],
    unfolded: &'a BTreeSet<String>,
    out: ByPath,
}

type Both<'a> = [Option<&'a Value>; 2];

impl<'a> TreeBuilder<'a> {
    fn row(&mut self, name: &str, both: Both<'a>, around: &str, depth: usize) {
        if self.out.rows.len() >= MOST_ROWS || depth > DEEPEST {
            self.out.cut = true;
            return;
        }
        let path = format!("{around}/{}", escaped(name));
        let means = [0, 1].map(|side| self.meaning(both[side]?, side));
        let is_open = means.iter().any(Option::is_some) && self.unfolded.contains(&path);
        let shown = both.map(|value| value.map(|value| text(name, value)));
        let shift = match both {
            [Some(_), None] => Shift::Removed,
            [None, Some(_)] => Shift::Added,
            [a, b] if a == b => Shift::Same,
            // The same in another order, where that says nothing.
            [Some(Value::Array(a)), Some(Value::Array(b))]
                if is_plain(a) && is_plain(b) && shown[0] == shown[1] =>
            {
                Shift::Same
            }
            _ if shown[0] != shown[1] => Shift::Changed,
            _ => Shift::Inside,
        };
        let at = self.out.rows.len();
        let [old, new] = shown;
        self.out.rows.push(PathRow {
            depth,
            name: name.to_owned(),
            path: path.clone(),
            old,
            new,
            shift,
            unfolded: means.iter().any(Option::is_some).then_some(is_open),
        });
        if is_open {
            // What stands beside a reference is seen by folding it up again.
            let open = [0, 1].map(|side| means[side].or(both[side]));
            self.members(open, &path, depth + 1);
            // The references may be alike and what they mean not.
            let below = &self.out.rows[at + 1..];
            if shift == Shift::Same && below.iter().any(|row| row.shift != Shift::Same) {
                self.out.rows[at].shift = Shift::Inside;
            }
        } else {
            self.members(both, &path, depth + 1);
        }
    }

    fn members(&mut self, both: Both<'a>, path: &str, depth: usize) {
        let (mut names, mut all): (Vec<String>, BTreeMap<String, Both<'a>>) = Default::default();
        let by_name = both.iter().flatten().all(|value| is_named_list(value));
        for (side, value) in both.iter().enumerate() {
            for (name, value) in value.map(|value| parts(value, by_name)).unwrap_or_default() {
                let known = all.entry(name.clone()).or_default();
                if known == &[None, None] {
                    names.push(name);
                }
                known[side] = Some(value);
            }
        }
        if both.iter().flatten().any(|value| value.is_object()) {
            // What is referred to comes behind what refers to it.
            let is_last = |name: &str| depth == 0 && matches!(name, "$defs" | "definitions");
            names.sort_by(|a, b| (is_last(a), a).cmp(&(is_last(b), b)));
        }
        for name in names {
            self.row(&name, all[&name], path, depth);
        }
    }

    /// What a value means, if it is a reference into its own schema.
    fn meaning(&self, value: &Value, side: usize) -> Option<&'a Value> {
        let reference = value.get("$ref")?.as_str()?.strip_prefix('#')?;
        self.roots[side].pointer(reference)
    }
}

/// Members that are rows of their own. Lists of plain values are one row.
fn parts(value: &Value, by_name: bool) -> Vec<(String, &Value)> {
    match value {
        Value::Object(map) => {
            let only_reference = map.len() == 1 && map.contains_key("$ref");
            let members = map.iter().filter(|_| !only_reference);
            members.map(|(name, value)| (name.clone(), value)).collect()
        }
        Value::Array(list) if is_plain(list) => Vec::new(),
        Value::Array(list) => {
            let named = list.iter().enumerate().map(|(at, one)| {
                let name = one.get("name").and_then(Value::as_str).filter(|_| by_name);
                (name.map_or_else(|| at.to_string(), str::to_owned), one)
            });
            named.collect()
        }
        _ => Vec::new(),
    }
}

fn is_plain(list: &[Value]) -> bool {
    !list.iter().any(|one| one.is_object() || one.is_array())
}

/// Whether the members of a list have names, such as the fields of an Avro record.
fn is_named_list(value: &Value) -> bool {
    let Value::Array(list) = value else {
        return false;
    };
    let names: BTreeSet<&str> = list
        .iter()
        .filter_map(|one| one.get("name")?.as_str())
        .collect();
    names.len() == list.len()
}

/// A value as it stands in its row.
fn text(name: &str, value: &Value) -> String {
    match value {
        Value::Object(map) => match map.get("$ref").and_then(Value::as_str) {
            Some(reference) => format!("→ {}", reference.rsplit('/').next().unwrap_or(reference)),
            None => count(map),
        },
        Value::Array(list) if is_plain(list) => {
            let mut list: Vec<String> = list.iter().map(Value::to_string).collect();
            // Their order says nothing.
            if matches!(name, "required" | "enum" | "type") {
                list.sort();
            }
            format!("[{}]", list.join(", "))
        }
        Value::Array(_) => "[…]".to_owned(),
        other => other.to_string(),
    }
}

fn count(map: &Map<String, Value>) -> String {
    if map.is_empty() { "{}" } else { "{…}" }.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    const OLD: &str = r##"{"type":"object","required":["b","a"],
        "properties":{"line":{"$ref":"#/$defs/Line"},"gone":{"type":"null"}},
        "$defs":{"Line":{"type":"object","properties":{"qty":{"type":"integer"},"next":{"$ref":"#/$defs/Line"}}}}}"##;
    const NEW: &str = r##"{"required":["a","b"],"type":"object",
        "properties":{"line":{"$ref":"#/$defs/Line"},"extra":{"type":"string"}},
        "$defs":{"Line":{"type":"object","properties":{"qty":{"type":"number"},"next":{"$ref":"#/$defs/Line"}}}}}"##;

    fn shown(old: &str, new: &str, unfolded: &[&str]) -> Vec<String> {
        let unfolded = unfolded.iter().map(|path| (*path).to_owned()).collect();
        let done = by_path(old, new, &unfolded).unwrap();
        let rows = done
            .rows
            .iter()
            .filter(|row| !row.path.starts_with("/$defs"));
        rows.map(|row| {
            let side = |text: &Option<String>| text.clone().unwrap_or_else(|| "-".to_owned());
            let indent = " ".repeat(row.depth);
            format!(
                "{indent}{} {} {} {:?}",
                row.name,
                side(&row.old),
                side(&row.new),
                row.shift
            )
        })
        .collect()
    }

    #[test]
    fn rows_are_the_same_place_in_both() {
        assert_eq!(
            shown(OLD, NEW, &[]),
            [
                "properties {…} {…} Inside",
                " extra - {…} Added",
                "  type - \"string\" Added",
                " gone {…} - Removed",
                "  type \"null\" - Removed",
                " line → Line → Line Same",
                "required [\"a\", \"b\"] [\"a\", \"b\"] Same",
                "type \"object\" \"object\" Same",
            ]
        );
    }

    #[test]
    fn definitions_come_last() {
        let done = by_path(OLD, NEW, &BTreeSet::new()).unwrap();
        let tops = done.rows.iter().filter(|row| row.depth == 0);
        let tops: Vec<&str> = tops.map(|row| row.name.as_str()).collect();
        assert_eq!(tops, ["properties", "required", "type", "$defs"]);
    }

    #[test]
    fn a_reference_is_unfolded_once_and_again() {
        let rows = shown(
            OLD,
            NEW,
            &["/properties/line", "/properties/line/properties/next"],
        );
        let from = rows.iter().position(|row| row.contains("line")).unwrap();
        assert_eq!(
            rows[from..from + 6],
            [
                " line → Line → Line Inside",
                "  properties {…} {…} Inside",
                "   next → Line → Line Inside",
                "    properties {…} {…} Inside",
                "     next → Line → Line Same",
                "     qty {…} {…} Inside",
            ]
        );
        assert!(rows.contains(&"      type \"integer\" \"number\" Changed".to_owned()));
    }

    #[test]
    fn a_list_of_named_members_is_aligned_by_name_and_others_by_number() {
        let old = r#"{"fields":[{"name":"a","type":"int"},{"name":"b","type":"int"}],"oneOf":[{"type":"x"},true]}"#;
        let new = r#"{"fields":[{"name":"b","type":"long"}],"oneOf":[{"type":"x"},false]}"#;
        assert_eq!(
            shown(old, new, &[]),
            [
                "fields […] […] Inside",
                " a {…} - Removed",
                "  name \"a\" - Removed",
                "  type \"int\" - Removed",
                " b {…} {…} Inside",
                "  name \"b\" \"b\" Same",
                "  type \"int\" \"long\" Changed",
                "oneOf […] […] Inside",
                " 0 {…} {…} Same",
                "  type \"x\" \"x\" Same",
                " 1 true false Changed",
            ][..]
        );
    }

    #[test]
    fn what_is_no_json_has_no_rows_and_circles_end() {
        assert_eq!(by_path("{", "{}", &BTreeSet::new()), None);
        let many = format!("{{\"a\":[{}]}}", vec!["{\"b\":1}"; 60_000].join(","));
        assert!(by_path(&many, "{}", &BTreeSet::new()).unwrap().cut);
    }
}
