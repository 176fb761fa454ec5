//! From the field of an event to its place in a schema: by the names of properties, through references
//! and into items.

use std::collections::BTreeSet;

use crate::state::schemas::PathRow;

/// A field that is looked for.
#[derive(Clone, Debug)]
pub struct SoughtField {
    /// The steps of its JSON pointer in the event, as they stand there.
    steps: Vec<String>,
    /// References that were asked for already.
    asked: BTreeSet<String>,
    /// The path of the row, once it was found.
    pub(super) found: Option<String>,
}

/// What comes next.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum SoughtStep {
    /// This row is it: seen for the first time.
    Found(usize),
    /// What the reference at this path means must be shown first.
    Unfold(String),
    Nothing,
}

impl SoughtField {
    /// The field at this JSON pointer of an event.
    #[must_use]
    pub fn new(pointer: &str) -> Self {
        Self {
            steps: pointer.split('/').skip(1).map(str::to_owned).collect(),
            asked: BTreeSet::new(),
            found: None,
        }
    }

    /// Looks for it in the rows of a schema.
    pub(super) fn step(&mut self, rows: &[PathRow]) -> SoughtStep {
        if self.found.is_some() || rows.is_empty() {
            return SoughtStep::Nothing;
        }
        // What an event has in an envelope, its schema has at its root.
        let whole = Self::walk(rows, &self.steps);
        let inside = self.steps.get(1..).map(|steps| Self::walk(rows, steps));
        let (row, closed) = match (whole, inside) {
            ((None, None), Some(inside)) => inside,
            (whole, _) => whole,
        };
        if let Some(path) = closed.filter(|path| self.asked.insert(path.clone())) {
            return SoughtStep::Unfold(path);
        }
        let Some(row) = row else {
            return SoughtStep::Nothing;
        };
        self.found = Some(rows[row].path.clone());
        SoughtStep::Found(row)
    }

    /// The row that the steps lead to, as far as they lead; and the reference that is in the way.
    fn walk(rows: &[PathRow], steps: &[String]) -> (Option<usize>, Option<String>) {
        let mut path = String::new();
        let mut at = None;
        for step in steps {
            let property = format!("{path}/properties/{step}");
            let items = format!("{path}/items");
            let next = rows.iter().position(|row| row.path == property);
            let next = next.or_else(|| {
                let is_item = step.parse::<usize>().is_ok();
                rows.iter().position(|row| is_item && row.path == items)
            });
            let Some(next) = next else {
                let closed = at.map(|at: usize| &rows[at]);
                let closed = closed.filter(|row| row.unfolded == Some(false));
                return (at, closed.map(|row| row.path.clone()));
            };
            path.clone_from(&rows[next].path);
            at = Some(next);
        }
        (at, None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::schemas::Shift;

    fn row(path: &str, unfolded: Option<bool>) -> PathRow {
        PathRow {
            depth: 0,
            name: String::new(),
            path: path.to_owned(),
            old: None,
            new: None,
            shift: Shift::Same,
            unfolded,
        }
    }

    #[test]
    fn a_field_is_found_through_references_items_and_envelopes() {
        let closed = [
            row("/properties", None),
            row("/properties/lines", None),
            row("/properties/lines/items", Some(false)),
        ];
        let mut field = SoughtField::new("/data/lines/0/price");
        let reference = "/properties/lines/items".to_owned();
        assert_eq!(field.step(&closed), SoughtStep::Unfold(reference.clone()));
        let mut open = closed.to_vec();
        open[2].unfolded = Some(true);
        open.push(row("/properties/lines/items/properties/price", None));
        assert_eq!(field.step(&open), SoughtStep::Found(3));
        assert_eq!(field.step(&open), SoughtStep::Nothing, "once");
        let mut other = SoughtField::new("/nowhere/at/all");
        assert_eq!(other.step(&open), SoughtStep::Nothing);
    }
}
