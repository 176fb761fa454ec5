//! The topics of a cluster, and which of them a line such as `orders, payments.*` means.

/// A topic, as far as its metadata tell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TopicFacts {
    pub name: String,
    /// Another one where it was made again under the same name; zeros where the broker tells none.
    pub topic_id: [u8; 16],
    pub partitions: u32,
    /// Kafka's own, such as `__consumer_offsets`.
    pub is_internal: bool,
    /// Partitions that nobody leads now: they can be neither read nor written to.
    pub without_leader: u32,
}

/// Names of topics or patterns of names, in which `*` stands for any text, separated by commas.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TopicPattern {
    parts: Vec<String>,
}

impl TopicPattern {
    /// Reads a line.
    #[must_use]
    pub fn read(line: &str) -> Self {
        let parts = line.split([',', ' ']).map(str::trim);
        let parts = parts.filter(|part| !part.is_empty()).map(str::to_owned);
        Self {
            parts: parts.collect(),
        }
    }

    /// True if it means nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.parts.is_empty()
    }

    /// The names in it that are no patterns.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        let parts = self.parts.iter().map(String::as_str);
        parts.filter(|part| !part.contains('*'))
    }

    /// True if topics that do not exist yet may be meant.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.parts.iter().any(|part| part.contains('*'))
    }

    /// True if a topic of this name is meant. A pattern means internal ones only where it begins like
    /// them.
    #[must_use]
    pub fn means(&self, name: &str, is_internal: bool) -> bool {
        self.parts.iter().any(|part| {
            if part.contains('*') {
                (!is_internal || part.starts_with("__")) && fits(part, name)
            } else {
                part == name
            }
        })
    }
}

/// `*` stands for any text. Takes time by the product of both lengths at most.
fn fits(pattern: &str, name: &str) -> bool {
    let mut pieces = pattern.split('*');
    let first = pieces.next().unwrap_or_default();
    let Some(mut rest) = name.strip_prefix(first) else {
        return false;
    };
    let mut pieces: Vec<&str> = pieces.collect();
    let Some(last) = pieces.pop() else {
        return rest.is_empty();
    };
    for piece in pieces {
        let Some(at) = rest.find(piece) else {
            return false;
        };
        rest = &rest[at + piece.len()..];
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_means_names_and_patterns() {
        for (line, name, expected) in [
            ("orders", "orders", true),
            ("orders", "orders.eu", false),
            ("orders*", "orders", true),
            ("orders.*", "orders.eu.new", true),
            ("*.dlt", "orders.dlt", true),
            ("*.dlt", "orders.dlt.old", false),
            ("a*b*c", "axxbyyc", true),
            ("a*b*c", "abc", true),
            ("a*bc*c", "abc", false),
            ("*", "anything", true),
            ("a, b ,c*", "b", true),
            ("a, b ,c*", "cc", true),
            ("", "a", false),
            ("A", "a", false),
        ] {
            assert_eq!(
                TopicPattern::read(line).means(name, false),
                expected,
                "{line} {name}"
            );
        }
    }

    #[test]
    fn internal_topics_are_meant_by_their_names_only() {
        let means = |line| TopicPattern::read(line).means("__consumer_offsets", true);
        assert!(!means("*") && !means("*offsets"));
        assert!(means("__*") && means("__consumer_offsets"));
    }

    #[test]
    fn names_and_patterns_are_told_apart() {
        let pattern = TopicPattern::read("a, b*, c");
        assert_eq!(pattern.names().collect::<Vec<_>>(), ["a", "c"]);
        assert!(pattern.is_open() && !TopicPattern::read("a c").is_open());
    }
}
