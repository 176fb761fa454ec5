//! Policies: what a writer is taken to write and a reader to forgive. The names and the rules of
//! the first two are those of Confluent's schema registry.

/// By which rules two versions are judged.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Policy {
    /// JSON Schema to the letter; only a required property that has a default is forgiven.
    ConfluentStrict,
    /// Also: writers write only what they declare, readers ignore what they do not know.
    ConfluentLenient,
    /// The tolerant reader: as lenient, but an object that declares no property at all may hold
    /// anything, so closing one breaks.
    #[default]
    Event,
}

impl Policy {
    /// All of them, the default first.
    pub const ALL: [Self; 3] = [Self::Event, Self::ConfluentStrict, Self::ConfluentLenient];

    /// As it is written on a command line.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::ConfluentStrict => "confluent-strict",
            Self::ConfluentLenient => "confluent-lenient",
            Self::Event => "event",
        }
    }

    /// By that name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|policy| policy.name() == name)
    }

    /// What it means, in a sentence.
    #[must_use]
    pub fn explained(self) -> &'static str {
        match self {
            Self::ConfluentStrict => {
                "To the letter of JSON Schema: an open object may hold any further property. A \
                 required property with a default counts as present."
            }
            Self::ConfluentLenient => {
                "Writers write only the properties they declare, readers ignore the ones they do \
                 not know. A required property with a default counts as present."
            }
            Self::Event => {
                "The tolerant reader: unknown properties are ignored, writers write what they \
                 declare. Safe for a required property with a default only if the reader applies \
                 defaults."
            }
        }
    }

    /// Whether readers ignore unknown properties.
    pub(crate) fn tolerates_unknown(self) -> bool {
        self != Self::ConfluentStrict
    }

    /// Whether an object without any declared property is read like the others.
    pub(crate) fn trusts_the_undeclared(self) -> bool {
        self == Self::ConfluentLenient
    }
}

/// Which directions count, and against which versions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Level {
    /// New readers, old events; against the version before.
    #[default]
    Backward,
    /// Against all versions before.
    BackwardTransitive,
    /// Old readers, new events.
    Forward,
    /// Against all versions before.
    ForwardTransitive,
    /// Both.
    Full,
    /// Both, against all versions before.
    FullTransitive,
}

impl Level {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::Backward,
        Self::BackwardTransitive,
        Self::Forward,
        Self::ForwardTransitive,
        Self::Full,
        Self::FullTransitive,
    ];

    /// As registries write it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Backward => "BACKWARD",
            Self::BackwardTransitive => "BACKWARD_TRANSITIVE",
            Self::Forward => "FORWARD",
            Self::ForwardTransitive => "FORWARD_TRANSITIVE",
            Self::Full => "FULL",
            Self::FullTransitive => "FULL_TRANSITIVE",
        }
    }

    /// By that name, in any case, with `-` for `_`.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        let name = name.replace('-', "_");
        Self::ALL
            .into_iter()
            .find(|level| level.name().eq_ignore_ascii_case(&name))
    }

    /// Whether new readers must read old events.
    #[must_use]
    pub fn asks_backward(self) -> bool {
        !matches!(self, Self::Forward | Self::ForwardTransitive)
    }

    /// Whether old readers must read new events.
    #[must_use]
    pub fn asks_forward(self) -> bool {
        !matches!(self, Self::Backward | Self::BackwardTransitive)
    }

    /// Whether all earlier versions count.
    #[must_use]
    pub fn is_transitive(self) -> bool {
        matches!(
            self,
            Self::BackwardTransitive | Self::ForwardTransitive | Self::FullTransitive
        )
    }
}
