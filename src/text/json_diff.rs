//! What differs between two JSON documents, place by place. Works on flat rows: no recursion, one
//! pass over each document, and a bounded number of findings.

use std::collections::{HashMap, VecDeque};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use super::json::{RowValue, Rows};
use super::json_path::name_text;
use super::payload::shorten;

/// What happened at a place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum JsonChange {
    /// It is only in the newer document.
    Added(String),
    /// It is only in the older document.
    Removed(String),
    /// It is in both with another value: first the older, then the newer.
    Changed(String, String),
}

/// One difference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DiffRow {
    /// Where: `data.items[2].sku`.
    pub path: String,
    pub change: JsonChange,
}

/// Most differences that are listed.
pub const MAX_DIFFERENCES: usize = 2_000;
/// Longest value or path that is written out, in characters.
const MAX_TEXT: usize = 300;

/// The differences in the order of the documents. There may be more if there are
/// [`MAX_DIFFERENCES`].
#[must_use]
pub fn diff(old: &Rows, new: &Rows) -> Vec<DiffRow> {
    if old.rows.is_empty() || new.rows.is_empty() {
        return Vec::new();
    }
    let mut differ = JsonDiffer {
        old: DiffSide::new(old),
        new: DiffSide::new(new),
        places: Vec::new(),
        found: Vec::new(),
        work: vec![DiffWork::Both(0, 0, None)],
    };
    while differ.found.len() < MAX_DIFFERENCES
        && let Some(work) = differ.work.pop()
    {
        differ.step(work);
    }
    differ.found
}

/// A document with a number for each of its values that is equal for equal values.
struct DiffSide<'a> {
    rows: &'a Rows,
    sums: Vec<u64>,
}

impl<'a> DiffSide<'a> {
    fn new(rows: &'a Rows) -> Self {
        let mut sums = vec![0_u64; rows.rows.len()];
        for index in (0..rows.rows.len()).rev() {
            let mut hasher = DefaultHasher::new();
            match &rows.rows[index].value {
                RowValue::Object(_) => {
                    // The order of members has no meaning, so the sum does not know it.
                    let members = children(rows, index).map(|child| {
                        let mut member = DefaultHasher::new();
                        (&rows.rows[child].name, sums[child]).hash(&mut member);
                        member.finish()
                    });
                    ('{', members.fold(0, u64::wrapping_add)).hash(&mut hasher);
                }
                RowValue::Array(_) => {
                    '['.hash(&mut hasher);
                    children(rows, index).for_each(|child| sums[child].hash(&mut hasher));
                }
                RowValue::Text(text) => ('"', text).hash(&mut hasher),
                RowValue::Number(number) => ('1', number).hash(&mut hasher),
                RowValue::Bool(value) => ('b', value).hash(&mut hasher),
                RowValue::Null => '0'.hash(&mut hasher),
            }
            sums[index] = hasher.finish();
        }
        Self { rows, sums }
    }

    fn text(&self, index: usize) -> String {
        match &self.rows.rows[index].value {
            RowValue::Object(count) => format!("{{{count} members}}"),
            RowValue::Array(count) => format!("[{count} items]"),
            RowValue::Text(text) => format!("\"{}\"", short(text)),
            RowValue::Number(number) => short(number),
            RowValue::Bool(value) => value.to_string(),
            RowValue::Null => "null".to_owned(),
        }
    }
}

/// The direct members or items of a row.
fn children(rows: &Rows, index: usize) -> impl Iterator<Item = usize> {
    let end = rows.rows[index].end;
    let mut next = index + 1;
    std::iter::from_fn(move || {
        let child = (next < end).then_some(next)?;
        next = rows.rows[child].end;
        Some(child)
    })
}

/// A place by its step and the place it is in; the document itself has none.
type DiffPlace = Option<usize>;

enum DiffStep {
    Name(String),
    Item(usize),
}

#[derive(Clone, Copy)]
enum DiffWork {
    Both(usize, usize, DiffPlace),
    Removed(usize, DiffPlace),
    Added(usize, DiffPlace),
}

struct JsonDiffer<'a> {
    old: DiffSide<'a>,
    new: DiffSide<'a>,
    places: Vec<(DiffPlace, DiffStep)>,
    found: Vec<DiffRow>,
    work: Vec<DiffWork>,
}

impl JsonDiffer<'_> {
    fn step(&mut self, work: DiffWork) {
        let (place, change) = match work {
            DiffWork::Removed(index, place) => (place, JsonChange::Removed(self.old.text(index))),
            DiffWork::Added(index, place) => (place, JsonChange::Added(self.new.text(index))),
            DiffWork::Both(old, new, _) if self.old.sums[old] == self.new.sums[new] => return,
            DiffWork::Both(old, new, place) => {
                let values = (
                    &self.old.rows.rows[old].value,
                    &self.new.rows.rows[new].value,
                );
                let first = self.work.len();
                match values {
                    (RowValue::Object(_), RowValue::Object(_)) => self.members(old, new, place),
                    (RowValue::Array(_), RowValue::Array(_)) => self.items(old, new, place),
                    _ => {
                        let change = JsonChange::Changed(self.old.text(old), self.new.text(new));
                        self.find(place, change);
                    }
                }
                // The work is taken from its end.
                self.work[first..].reverse();
                return;
            }
        };
        self.find(place, change);
    }

    fn find(&mut self, place: DiffPlace, change: JsonChange) {
        let path = self.path(place);
        self.found.push(DiffRow { path, change });
    }

    fn place(&mut self, inside: DiffPlace, step: DiffStep) -> usize {
        self.places.push((inside, step));
        self.places.len() - 1
    }

    fn members(&mut self, old: usize, new: usize, place: DiffPlace) {
        let (old_rows, new_rows) = (self.old.rows, self.new.rows);
        // A name may come twice; the first goes with the first.
        let mut by_name: HashMap<&str, VecDeque<usize>> = HashMap::new();
        for child in children(new_rows, new) {
            let name = new_rows.rows[child].name.as_deref().unwrap_or_default();
            by_name.entry(name).or_default().push_back(child);
        }
        for child in children(old_rows, old) {
            let name = old_rows.rows[child].name.as_deref().unwrap_or_default();
            let other = by_name.get_mut(name).and_then(VecDeque::pop_front);
            if other.is_some_and(|other| self.new.sums[other] == self.old.sums[child]) {
                continue;
            }
            let at = Some(self.place(place, DiffStep::Name(name.to_owned())));
            self.work.push(match other {
                Some(other) => DiffWork::Both(child, other, at),
                None => DiffWork::Removed(child, at),
            });
        }
        let mut added: Vec<usize> = by_name.into_values().flatten().collect();
        added.sort_unstable();
        for child in added {
            let name = new_rows.rows[child].name.clone().unwrap_or_default();
            let at = Some(self.place(place, DiffStep::Name(name)));
            self.work.push(DiffWork::Added(child, at));
        }
    }

    fn items(&mut self, old: usize, new: usize, place: DiffPlace) {
        let old_items: Vec<usize> = children(self.old.rows, old).collect();
        let new_items: Vec<usize> = children(self.new.rows, new).collect();
        let same = |(old, new): &(&usize, &usize)| self.old.sums[**old] == self.new.sums[**new];
        let start = old_items.iter().zip(&new_items).take_while(same).count();
        let shorter = old_items.len().min(new_items.len()) - start;
        let pairs = old_items.iter().rev().zip(new_items.iter().rev());
        let tail = pairs.take(shorter).take_while(same).count();
        let old_part = start..old_items.len() - tail;
        let new_part = start..new_items.len() - tail;
        for index in start..old_part.end.max(new_part.end) {
            let at = Some(self.place(place, DiffStep::Item(index)));
            self.work.push(
                match (old_part.contains(&index), new_part.contains(&index)) {
                    (true, true) => DiffWork::Both(old_items[index], new_items[index], at),
                    (true, false) => DiffWork::Removed(old_items[index], at),
                    _ => DiffWork::Added(new_items[index], at),
                },
            );
        }
    }

    fn path(&self, place: DiffPlace) -> String {
        let mut steps = Vec::new();
        let mut at = place;
        let mut length = 0;
        // From the place outwards, and no further than can be read.
        while let Some((inside, step)) = at.and_then(|at| self.places.get(at)) {
            if length > MAX_TEXT {
                steps.push("…".to_owned());
                break;
            }
            let text = match step {
                DiffStep::Name(name) => format!(".{}", name_text(&short(name))),
                DiffStep::Item(index) => format!("[{index}]"),
            };
            length += text.len();
            steps.push(text);
            at = *inside;
        }
        steps.reverse();
        format!("body{}", steps.concat())
    }
}

/// The beginning of a long text.
#[must_use]
pub fn short(text: &str) -> String {
    shorten(text, MAX_TEXT)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::json::rows;
    use proptest::prelude::*;

    fn lines(old: &str, new: &str) -> Vec<String> {
        diff(&rows(old.as_bytes()), &rows(new.as_bytes()))
            .into_iter()
            .map(|row| match row.change {
                JsonChange::Added(value) => format!("+ {} {value}", row.path),
                JsonChange::Removed(value) => format!("- {} {value}", row.path),
                JsonChange::Changed(old, new) => format!("{} {old} → {new}", row.path),
            })
            .collect()
    }

    #[test]
    fn members_are_compared_by_name_and_in_any_order() {
        assert_eq!(
            lines(
                r#"{"a":1,"b":{"c":"x","d":null},"gone":[1,2]}"#,
                r#"{"b":{"d":null,"c":"y"},"a":1.0,"new":true}"#
            ),
            [
                "body.a 1 → 1.0",
                "body.b.c \"x\" → \"y\"",
                "- body.gone [2 items]",
                "+ body.new true"
            ]
        );
        assert!(lines(r#"{"a":1,"b":2}"#, r#"{"b":2,"a":1}"#).is_empty());
        assert_eq!(lines("1", "[]"), ["body 1 → [0 items]"]);
    }

    #[test]
    fn an_item_put_in_does_not_change_those_behind_it() {
        assert_eq!(lines("[1,2,3]", "[1,9,2,3]"), ["+ body[1] 9"]);
        assert_eq!(lines("[1,2,3]", "[2,3]"), ["- body[0] 1"]);
        assert_eq!(
            lines(r#"[{"s":1},{"s":2}]"#, r#"[{"s":1},{"s":3},4]"#),
            ["body[1].s 2 → 3", "+ body[2] 4"]
        );
        assert!(lines("[1,1]", "[1,1]").is_empty());
        assert_eq!(lines("[1,1]", "[1,1,1]"), ["+ body[2] 1"]);
    }

    #[test]
    fn size_and_depth_are_bounded() {
        let deep = |end: &str| format!("{}{end}{}", "[".repeat(20_000), "]".repeat(20_000));
        let found = lines(&deep("1"), &deep("2"));
        assert_eq!(found.len(), 1);
        assert!(found[0].len() < 1_000 && found[0].ends_with("1 → 2"));
        let wide = |n: usize| format!("[{}0]", format!("{n},").repeat(50_000));
        assert_eq!(lines(&wide(1), &wide(2)).len(), MAX_DIFFERENCES);
    }

    proptest! {
        #[test]
        fn equal_documents_have_no_difference_and_others_have(a in 0..4_u8, b in 0..4_u8) {
            let document = |n: u8| format!(r#"{{"x":[{n},{{"y":{}}}],"z":"{}"}}"#, n / 2, n % 2);
            prop_assert_eq!(lines(&document(a), &document(b)).is_empty(), a == b);
        }
    }
}
