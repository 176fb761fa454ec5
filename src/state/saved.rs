//! Filters that were given a name. They are remembered between runs.

use crate::settings::SavedFilter;

/// Puts a filter among the others, by name; one of the same name is replaced.
pub(super) fn save(all: &mut Vec<SavedFilter>, name: &str, line: &str) {
    let (name, line) = (name.trim(), line.trim());
    if name.is_empty() || line.is_empty() {
        return;
    }
    all.retain(|other| other.name != name);
    let place = all.partition_point(|other| other.name.as_str() < name);
    all.insert(
        place,
        SavedFilter {
            name: name.to_owned(),
            line: line.to_owned(),
        },
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_and_in_order() {
        let mut all = Vec::new();
        for (name, line) in [("b", "1"), (" a ", "2"), ("b", "3"), ("", "4"), ("c", " ")] {
            save(&mut all, name, line);
        }
        let pairs: Vec<_> = all
            .iter()
            .map(|f| (f.name.as_str(), f.line.as_str()))
            .collect();
        assert_eq!(pairs, [("a", "2"), ("b", "3")]);
    }
}
