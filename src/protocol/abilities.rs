//! What a source can do, which differs from one kind of store to the next. A screen asks here before it
//! offers something, and says in words what is not there.

/// What a source can do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a question of its own, and all combinations exist"
)]
pub struct Abilities {
    /// Show events as they come.
    pub watch: bool,
    /// Take events from a person.
    pub publish: bool,
    /// Show what lies in it without changing it.
    pub browse: bool,
    /// Take a message out for good: a dead letter that was sent again leaves its queue.
    pub take_out: bool,
    /// Give the past once more, from a chosen place on.
    pub replay: bool,
    /// Say what it is made of: destinations, queues and what leads where.
    pub topology: bool,
    /// Tell how far consumer groups are, and set where one without members goes on.
    pub consumer_groups: bool,
}

impl Abilities {
    /// All of them but consumer groups, which only a log has.
    pub const ALL: Self = Self {
        watch: true,
        publish: true,
        browse: true,
        take_out: true,
        replay: true,
        topology: true,
        consumer_groups: false,
    };

    /// Dead letters lie in a log: they are found by [`FindDeadPlaces`](super::SourceCommand::FindDeadPlaces),
    /// read by [`ReadLog`](super::SourceCommand::ReadLog) and stay where they are whatever is done with
    /// them. Otherwise they lie in queues.
    #[must_use]
    pub fn is_log(self) -> bool {
        self.browse && !self.take_out
    }
}
