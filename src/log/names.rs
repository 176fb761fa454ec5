//! Texts that occur again and again, kept once and named by a number.

use std::collections::HashMap;
use std::hash::{BuildHasher as _, Hash as _, Hasher as _};

use foldhash::fast::{FoldHasher, RandomState};

/// Distinct texts, end to end in one string.
#[derive(Clone, Debug, Default)]
pub(super) struct Names {
    text: String,
    ends: Vec<u32>,
}

impl Names {
    /// The text of this number; empty if there is none.
    pub(super) fn get(&self, number: u32) -> &str {
        let number = number as usize;
        let start = match number.checked_sub(1) {
            Some(before) => self.ends.get(before).copied().unwrap_or_default(),
            None => 0,
        };
        let end = self.ends.get(number).copied().unwrap_or(start);
        self.text
            .get(start as usize..end as usize)
            .unwrap_or_default()
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.ends.len()
    }

    /// All of them, in the order of their numbers.
    pub(super) fn iter(&self) -> impl Iterator<Item = &str> {
        (0u32..).take(self.len()).map(|number| self.get(number))
    }

    /// Bytes of memory.
    pub(super) fn cost(&self) -> usize {
        self.text.len() + self.ends.len() * size_of::<u32>()
    }

    pub(super) fn shrink(&mut self) {
        self.text.shrink_to_fit();
        self.ends.shrink_to_fit();
    }

    fn push(&mut self, text: &str) -> u32 {
        let number = u32::try_from(self.ends.len()).unwrap_or(u32::MAX);
        self.text.push_str(text);
        self.ends
            .push(u32::try_from(self.text.len()).unwrap_or(u32::MAX));
        number
    }
}

/// Finds things by their hash; whoever asks compares. Only what is still being written to needs
/// one.
#[derive(Debug, Default)]
pub(super) struct NameIndex(HashMap<u64, u32, RandomState>);

impl NameIndex {
    /// The hash of what is written. Seeded again in each run: names come from strangers.
    pub(super) fn hash(&self, write: impl FnOnce(&mut FoldHasher<'_>)) -> u64 {
        let mut hasher = self.0.hasher().build_hasher();
        write(&mut hasher);
        hasher.finish()
    }

    /// The number of an equal thing, or what `add` gives, which is remembered.
    pub(super) fn find_or_add(
        &mut self,
        mut hash: u64,
        equal: impl Fn(u32) -> bool,
        add: impl FnOnce() -> u32,
    ) -> u32 {
        // Two things with the same hash lie beside each other.
        while let Some(&number) = self.0.get(&hash) {
            if equal(number) {
                return number;
            }
            hash = hash.wrapping_add(1);
        }
        let number = add();
        self.0.insert(hash, number);
        number
    }

    /// The number of this text in `names`, which takes it in if it is new.
    pub(super) fn name(&mut self, names: &mut Names, text: &str) -> u32 {
        let hash = self.hash(|hasher| text.hash(hasher));
        let names = std::cell::RefCell::new(names);
        self.find_or_add(
            hash,
            |number| names.borrow().get(number) == text,
            || names.borrow_mut().push(text),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_kept_once() {
        let (mut names, mut index) = (Names::default(), NameIndex::default());
        let numbers: Vec<u32> = ["a", "", "bc", "a", "", "bc"]
            .iter()
            .map(|text| index.name(&mut names, text))
            .collect();
        assert_eq!(numbers, [0, 1, 2, 0, 1, 2]);
        assert_eq!(names.iter().collect::<Vec<_>>(), ["a", "", "bc"]);
        assert_eq!(names.get(9), "");
    }

    #[test]
    fn equal_hashes_do_not_make_equal_things() {
        let mut index = NameIndex::default();
        assert_eq!(index.find_or_add(7, |_| false, || 0), 0);
        assert_eq!(index.find_or_add(7, |number| number == 1, || 1), 1);
        assert_eq!(index.find_or_add(7, |number| number == 1, || 2), 1);
    }
}
