//! How the way of a message is known, and what speaks against it.

/// Sentences in the order in which they were found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Evidence {
    told: Vec<(String, bool)>,
}

impl Evidence {
    /// This is how it is known.
    pub(super) fn fact(&mut self, words: String) {
        self.told.push((words, false));
    }

    /// This speaks against it, or is missing.
    pub(super) fn doubt(&mut self, words: String) {
        self.told.push((words, true));
    }

    pub(super) fn clear(&mut self) {
        self.told.clear();
    }

    /// The last sentence; empty if there is none.
    pub(super) fn last(&self) -> &str {
        self.told.last().map_or("", |(words, _)| words)
    }

    /// All of it.
    pub fn words(&self) -> impl Iterator<Item = &str> {
        self.told.iter().map(|(words, _)| words.as_str())
    }

    /// What speaks against it.
    pub fn doubts(&self) -> impl Iterator<Item = &str> {
        let doubts = self.told.iter().filter(|(_, is_doubt)| *is_doubt);
        doubts.map(|(words, _)| words.as_str())
    }

    /// How it is known.
    pub fn facts(&self) -> impl Iterator<Item = &str> {
        let facts = self.told.iter().filter(|(_, is_doubt)| !*is_doubt);
        facts.map(|(words, _)| words.as_str())
    }
}
