//! What a person can do on the dead-letter screen.

use std::num::NonZeroU32;
use std::time::Duration;

use super::by_rule::RuleAction;
use super::editor::EditorAction;
use super::listing::LetterColumn;
use super::looking::LookAction;
use crate::kafka::resend::CopyTime;
use crate::protocol::RecordsAgreed;
use crate::rabbitmq::frameworks::RetryCounters;
use crate::rabbitmq::resend::{Expiration, Target};
use crate::repair::edit::RuleForm;
use crate::repair::groups::GroupBy;
use crate::repair::pace::Pace;

/// What a person can do on the dead-letter screen.
#[derive(Clone, Debug)]
pub enum DeadAction {
    /// Show another part of the screen.
    Tab(DeadTab),
    /// Group messages by something else.
    GroupBy(GroupBy),
    /// Look at the group of this name.
    SelectGroup(String),
    /// Send the messages of the group that is looked at: what was edited as edited.
    ResendGroup,
    /// Mark the messages of the group that is looked at, and show them.
    MarkGroup,
    /// Open a queue and peek into it.
    OpenQueue(String),
    /// Open the queue whose name was typed.
    OpenTyped,
    /// Peek into the open queue again.
    Peek,
    /// Look at another part of it, or in another way.
    Look(LookAction),
    /// Select a message by its place in the look.
    Select(usize),
    /// Select the message that is listed so many rows further down; negative is up.
    Move(isize),
    /// Look at no message.
    CloseMessage,
    /// The filter line changed.
    FilterChanged,
    /// Sort by a column, the second time the other way round, the third time not at all.
    Sort(LetterColumn),
    /// Mark or unmark a message.
    Mark(usize, bool),
    /// Mark or unmark all that are listed.
    MarkAll(bool),
    /// The result of the last job was read.
    DismissResult,
    /// Choose where messages are sent.
    Target(TargetChoice),
    /// Compare what lies in the queue with what the editor would send.
    Compare,
    /// Send the message in the editor.
    Resend,
    /// Send the marked ones, or the selected one: what was edited as edited, the rest as it lies.
    ResendSelected,
    /// Send all that lie in the queue, each as it lies there. Asks first if not all are shown.
    ResendAll,
    /// Yes, the whole queue.
    YesAll,
    /// No, not the whole queue.
    NotAll,
    /// Send the marked ones, or the whole queue, with a canary before them.
    Canary,
    /// The same for the group that is looked at.
    GroupCanary,
    /// Send several messages in another way.
    Bulk(Bulk),
    /// The headers that are left out were typed again.
    Dropped,
    /// The target for many messages was typed again.
    Elsewhere,
    /// The person read what speaks against it and agreed.
    Agree(RecordsAgreed),
    /// Give copies from a log this time.
    CopyTime(CopyTime),
    /// Do this with a time to live that the broker removed.
    Expiration(Expiration),
    /// Take over which queues are kept for what failed, as typed.
    Parking,
    /// Do this with retry counters that go with a copy.
    Counters(RetryCounters),
    /// Something in the editor.
    Editor(EditorAction),
    /// Something about edits by rule.
    Rules(RuleAction),
    /// Edit the group that is looked at by this rule.
    MendGroup(RuleForm),
    /// Pause the running resend, or let it go on.
    Pause(bool),
    /// Ask whether the marked ones, or the selected one, shall be thrown away.
    AskDiscard,
    /// Yes, throw them away.
    Discard,
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
    /// Who reads what, and how far behind.
    Consumers,
}

/// Where messages are sent again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TargetChoice {
    /// Where it came from: as a rule destination and key of the first publish.
    #[default]
    Origin,
    /// Only to the queue that failed.
    QueueThatFailed,
    /// To a destination and key that are typed once for all.
    Elsewhere,
}

impl TargetChoice {
    /// All, in the order in which they are offered.
    pub const ALL: [Self; 3] = [Self::Origin, Self::QueueThatFailed, Self::Elsewhere];

    /// Those for one message. In a log there is no queue that failed.
    #[must_use]
    pub fn single(is_log: bool) -> &'static [Self] {
        if is_log {
            return &[Self::Origin];
        }
        &[Self::Origin, Self::QueueThatFailed]
    }

    /// Those for many.
    #[must_use]
    pub fn for_many(is_log: bool) -> &'static [Self] {
        if is_log {
            return &[Self::Origin, Self::Elsewhere];
        }
        &Self::ALL
    }

    /// The choice in words.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Origin => "Where it came from",
            Self::QueueThatFailed => "Only the queue that failed",
            Self::Elsewhere => "Another target",
        }
    }

    pub(super) fn target(self, elsewhere: &(String, String)) -> Target {
        match self {
            Self::Origin => Target::Origin,
            Self::QueueThatFailed => Target::QueueThatFailed,
            Self::Elsewhere => Target::elsewhere(&elsewhere.0, &elsewhere.1),
        }
    }
}

/// How several messages are sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bulk {
    /// Most messages a second; 0 is as fast as the broker confirms.
    pub per_second: u32,
    /// How long a canary is watched, in seconds.
    pub watch: u32,
    /// Send also what would come back at once.
    pub insist: bool,
    /// Add headers that count the resends of a message.
    pub mark: bool,
}

impl Default for Bulk {
    fn default() -> Self {
        Self {
            per_second: 0,
            watch: 10,
            insist: false,
            mark: false,
        }
    }
}

impl Bulk {
    /// As the broker side wants it.
    #[must_use]
    pub fn pace(self, with_canary: bool) -> Pace {
        Pace {
            per_second: NonZeroU32::new(self.per_second),
            canary: with_canary.then(|| Duration::from_secs(u64::from(self.watch))),
            insist: self.insist,
            mark: self.mark,
        }
    }
}
