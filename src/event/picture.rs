//! What a store is made of, as far as every kind of store has it: destinations, what holds events for
//! consumers, and what leads where. What only one kind has stands beside it in that kind's own words.

/// The picture of a store.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Picture {
    /// What events are published to, by name.
    pub destinations: Vec<Destination>,
    /// What holds events for consumers, by name.
    pub holders: Vec<Holder>,
    /// What leads where.
    pub edges: Vec<Edge>,
}

/// What events are published to, such as a topic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Destination {
    /// Its name; empty for one without a name.
    pub name: String,
    /// Applications can publish to it.
    pub is_open: bool,
    /// The partitions that it is made of; 0 where it is not made of any.
    pub partitions: u32,
}

/// What holds events for consumers: a queue, or the subscription of a group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holder {
    pub name: String,
    /// Events that wait in it, if that is known.
    pub waiting: Option<u64>,
    /// How many consume from it, if that is known.
    pub consumers: Option<u64>,
}

/// A place where an edge begins or ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Vertex {
    /// A destination of this name.
    Destination(String),
    /// A holder of this name.
    Holder(String),
}

/// What an edge means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Flow {
    /// Events with keys of this pattern go there. Empty where the store looks at no key.
    Events(String),
    /// What fails goes there, with this key, or with its own.
    DeadLetters(Option<String>),
}

/// Something leads from one place to another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edge {
    /// Where it begins.
    pub from: Vertex,
    /// Where it ends.
    pub to: Vertex,
    /// What goes this way.
    pub flow: Flow,
}

impl Picture {
    /// The names of destinations that a person can publish to.
    #[must_use]
    pub fn open_destinations(&self) -> Vec<&str> {
        let open = self.destinations.iter().filter(|one| one.is_open);
        open.map(|one| one.name.as_str())
            .filter(|name| !name.is_empty())
            .collect()
    }

    /// The names of all destinations that have one.
    #[must_use]
    pub fn named_destinations(&self) -> Vec<&str> {
        let names = self.destinations.iter().map(|one| one.name.as_str());
        names.filter(|name| !name.is_empty()).collect()
    }

    /// The destination of this name.
    #[must_use]
    pub fn destination(&self, name: &str) -> Option<&Destination> {
        self.destinations.iter().find(|one| one.name == name)
    }

    /// The names of all holders.
    #[must_use]
    pub fn holder_names(&self) -> Vec<&str> {
        self.holders.iter().map(|one| one.name.as_str()).collect()
    }

    /// The patterns of keys for which something leads on from this destination, in order, each once.
    #[must_use]
    pub fn keys_of(&self, destination: &str) -> Vec<&str> {
        let keys = self
            .edges
            .iter()
            .filter_map(|edge| match (&edge.from, &edge.flow) {
                (Vertex::Destination(name), Flow::Events(key)) if name == destination => {
                    Some(key.as_str())
                }
                _ => None,
            });
        let mut keys: Vec<&str> = keys.collect();
        keys.sort_unstable();
        keys.dedup();
        keys
    }
}
