//! What a person can do on the dead-letter screen.

use crate::domain::groups::GroupBy;
use crate::domain::resend::Target;

/// What a person can do on the dead-letter screen.
#[derive(Clone, Debug)]
pub enum DeadAction {
    /// Show another part of the screen.
    Tab(DeadTab),
    /// Group messages by something else.
    GroupBy(GroupBy),
    /// Look at the group of this name.
    SelectGroup(String),
    /// Send the messages of the group that is looked at, each as it lies there.
    ResendGroup,
    /// Mark the messages of the group that is looked at, and show them.
    MarkGroup,
    /// Open a queue and peek into it.
    OpenQueue(String),
    /// Open the queue whose name was typed.
    OpenTyped,
    /// Peek into the open queue again.
    Peek,
    /// Select a message by its place in the list.
    Select(usize),
    /// Mark or unmark a message.
    Mark(usize, bool),
    /// Mark or unmark all shown.
    MarkAll(bool),
    /// Choose where messages are sent.
    Target(TargetChoice),
    /// Send the message in the editor.
    Resend,
    /// Send the marked ones, each as it lies there.
    ResendSelected,
    /// Send all that are shown, each as it lies there.
    ResendAll,
    /// Ask whether the marked ones, or the selected one, shall be thrown away.
    AskDiscard,
    /// Yes, throw them away.
    Discard,
    /// No.
    CancelDiscard,
    /// Stop the running job after the message it is at.
    Stop,
}

/// The parts of the screen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DeadTab {
    /// The queues, and the messages in one.
    #[default]
    Queues,
    /// The messages in groups, and why they died.
    Groups,
    /// What was resent or discarded.
    Journal,
}

/// Where messages are sent again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TargetChoice {
    /// To the exchange and key of the first publish.
    #[default]
    Origin,
    /// Only to the queue that failed.
    QueueThatFailed,
}

impl TargetChoice {
    /// The choice in words.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Origin => "The original exchange",
            Self::QueueThatFailed => "Only the queue that failed",
        }
    }

    pub(super) fn target(self) -> Target {
        match self {
            Self::Origin => Target::Origin,
            Self::QueueThatFailed => Target::QueueThatFailed,
        }
    }
}
