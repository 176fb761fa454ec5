//! What a Kafka cluster says of itself.

use std::fmt;

/// A cluster.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ClusterFacts {
    /// Its own id, where it tells one.
    pub id: Option<String>,
    /// The broker that is its controller.
    pub controller: Option<u32>,
    /// How many brokers it has; 0 where it does not tell.
    pub brokers: usize,
    /// The highest level of the feature `metadata.version` that the broker knows; one without KRaft
    /// tells none.
    pub metadata_level: Option<i16>,
}

/// The first level of each release (Kafka's `MetadataVersion`).
const RELEASES: [(i16, &str); 15] = [
    (1, "3.0"),
    (2, "3.1"),
    (3, "3.2"),
    (4, "3.3"),
    (8, "3.4"),
    (9, "3.5"),
    (12, "3.6"),
    (15, "3.7"),
    (20, "3.8"),
    (21, "3.9"),
    (22, "4.0"),
    (26, "4.1"),
    (28, "4.2"),
    (30, "4.3"),
    (31, "4.4"),
];

impl ClusterFacts {
    /// The release that it is at least, by what it knows. Kafka itself tells no version.
    #[must_use]
    pub fn release(&self) -> Option<&'static str> {
        let level = self.metadata_level?;
        let known = RELEASES.iter().rev().find(|(first, _)| *first <= level);
        known.map(|(_, release)| *release)
    }
}

impl fmt::Display for ClusterFacts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.release() {
            Some(release) => write!(f, "Kafka {release}")?,
            None => f.write_str("Kafka")?,
        }
        match self.brokers {
            0 => Ok(()),
            1 => f.write_str(", 1 broker"),
            count => write!(f, ", {count} brokers"),
        }
    }
}
