//! The journal as a person looks at it: piles of records that are in the same case, the jobs that
//! they belong to, and one page of them at a time. A journal may hold a million records; the window
//! never holds more than a page.

use chrono::{DateTime, Utc};

use super::journal_entry::{Fate, Operation, Record, RecordId, Stage};
use crate::text::numbers::thousands;

/// Names a resend or discard in the journal: all its records carry it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct JobId(pub i64);

/// Records that are in the same case, so that the same can be done with all of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Pile {
    /// Cut off where there may be two of it now.
    Twice,
    /// Cut off at the delivery limit of its queue: the copy in the journal may be the only one.
    OnlyHere,
    /// The work on it is under way.
    UnderWay,
    /// Cut off before anything was done with it: it lies where it lay.
    Untouched,
    /// Resent or discarded for certain.
    Done,
    /// Put back into its queue for certain.
    PutBack,
}

impl Pile {
    /// All piles; what a person should look at stands first.
    pub const ALL: [Self; 6] = [
        Self::Twice,
        Self::OnlyHere,
        Self::UnderWay,
        Self::Untouched,
        Self::Done,
        Self::PutBack,
    ];

    /// The pile of a record that has come so far. `abandoned`: nobody works on it any more.
    #[must_use]
    pub fn of(stage: Stage, abandoned: bool) -> Self {
        match stage {
            Stage::Removed => Self::Done,
            Stage::PutBack => Self::PutBack,
            _ if !abandoned => Self::UnderWay,
            Stage::Held => Self::Untouched,
            Stage::AtLimit => Self::OnlyHere,
            Stage::Sent | Stage::Confirmed | Stage::Returning => Self::Twice,
        }
    }

    /// The name of the pile on the screen.
    #[must_use]
    pub fn name(self, deed: Option<Operation>) -> &'static str {
        match (self, deed) {
            (Self::Twice, _) => "May be there twice",
            (Self::OnlyHere, _) => "May be only here",
            (Self::UnderWay, _) => "Under way",
            (Self::Untouched, _) => "Not touched",
            (Self::Done, Some(Operation::Resend)) => "Sent",
            (Self::Done, Some(Operation::Discard)) => "Discarded",
            (Self::Done, None) => "Sent or discarded",
            (Self::PutBack, _) => "Put back",
        }
    }

    /// So many of it, as a part of a sentence: `10 may be there twice`.
    #[must_use]
    pub fn words(self, count: u64, deed: Option<Operation>) -> String {
        let (one, many) = match (self, deed) {
            (Self::Twice, _) => ("may be there twice", "may be there twice"),
            (Self::OnlyHere, _) => ("may be only here", "may be only here"),
            (Self::UnderWay, _) => ("is under way", "are under way"),
            (Self::Untouched, _) => ("was not touched", "were not touched"),
            (Self::Done, Some(Operation::Resend)) => ("was sent", "were sent"),
            (Self::Done, Some(Operation::Discard)) => ("was discarded", "were discarded"),
            (Self::Done, None) => ("was sent or discarded", "were sent or discarded"),
            (Self::PutBack, _) => ("was put back", "were put back"),
        };
        let words = if count == 1 { one } else { many };
        format!("{} {words}", thousands(count))
    }

    /// True if a person should look at these.
    #[must_use]
    pub fn is_doubtful(self) -> bool {
        matches!(self, Self::Twice | Self::OnlyHere)
    }

    /// True if a copy may be put back from here. What was not touched lies in its queue already.
    #[must_use]
    pub fn can_be_put_back(self) -> bool {
        !matches!(self, Self::Untouched | Self::UnderWay)
    }
}

/// How many records lie on each pile.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StageCounts([u64; Pile::ALL.len()]);

impl StageCounts {
    /// One more on this pile.
    pub fn add(&mut self, pile: Pile, count: u64) {
        self.0[pile as usize] += count;
    }

    /// How many lie on this pile.
    #[must_use]
    pub fn get(&self, pile: Pile) -> u64 {
        self.0[pile as usize]
    }

    /// All records.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.0.iter().sum()
    }

    /// Records that a person should look at: what is not certain.
    #[must_use]
    pub fn doubtful(&self) -> u64 {
        self.get(Pile::Twice) + self.get(Pile::OnlyHere)
    }

    /// Records of a job that was cut off.
    #[must_use]
    pub fn cut_off(&self) -> u64 {
        self.doubtful() + self.get(Pile::Untouched)
    }

    /// The piles that are not empty, with their counts.
    pub fn piles(&self) -> impl Iterator<Item = (Pile, u64)> {
        let all = Pile::ALL.into_iter().map(|pile| (pile, self.get(pile)));
        all.filter(|(_, count)| *count > 0)
    }

    /// All of it in a sentence: `10 may be there twice, 2,868 were not touched, 121 were sent`.
    #[must_use]
    pub fn words(&self, deed: Option<Operation>) -> String {
        let piles = self.piles().map(|(pile, count)| pile.words(count, deed));
        piles.collect::<Vec<_>>().join(", ")
    }
}

/// What is to be shown of the journal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// Records of this job only.
    pub job: Option<JobId>,
    /// Records of this pile only.
    pub pile: Option<Pile>,
    /// Records in which this text occurs, whatever the case of its letters; empty for all.
    pub search: String,
    /// Records before the page.
    pub from: usize,
    /// Records on the page at most.
    pub size: usize,
    /// Jobs before those that are listed.
    pub jobs_from: usize,
    /// A record that is looked at, whatever page it is on.
    pub looked_at: Option<RecordId>,
}

/// Records on a page.
pub const PAGE: usize = 200;
/// Jobs that are listed at once.
pub const JOBS: usize = 100;

impl Default for Question {
    fn default() -> Self {
        Self {
            job: None,
            pile: None,
            search: String::new(),
            from: 0,
            size: PAGE,
            jobs_from: 0,
            looked_at: None,
        }
    }
}

/// A resend or discard as the journal tells of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JobLine {
    /// Its name.
    pub id: JobId,
    pub deed: Operation,
    /// The place of the source.
    pub place: String,
    /// The queue that the messages lay in.
    pub queue: String,
    /// When the first and the last message were taken in.
    pub times: (DateTime<Utc>, DateTime<Utc>),
    /// Where its messages are.
    pub counts: StageCounts,
}

/// One page of the journal, all of one moment.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct JournalPage {
    /// What was asked for.
    pub question: Question,
    /// All records of the journal.
    pub all: StageCounts,
    /// How many jobs there are.
    pub jobs_total: usize,
    /// Some of them: what was cut off first, then the newest.
    pub jobs: Vec<JobLine>,
    /// The job that was asked for, unless its last record is gone.
    pub job: Option<JobLine>,
    /// Records that were found, on all pages.
    pub found: usize,
    /// The search took too long and ended before the oldest records.
    pub is_cut: bool,
    /// Those of the page: what is not certain first, then the newest.
    pub records: Vec<Record>,
    /// The record that is looked at, unless it is gone.
    pub looked_at: Option<Record>,
}

/// Which records something is done with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Records {
    These(Vec<RecordId>),
    /// A pile of a job.
    Pile(JobId, Pile),
}

impl Record {
    /// The pile that it lies on.
    #[must_use]
    pub fn pile(&self) -> Pile {
        Pile::of(self.stage, self.abandoned)
    }

    /// Why it cannot be put back, in words, if it cannot.
    #[must_use]
    pub fn not_put_back(&self) -> Option<String> {
        let queue = &self.message.queue;
        match self.pile() {
            Pile::Untouched => Some(format!(
                "It was not touched: it lies in {queue} as before. A copy would be a second one"
            )),
            Pile::UnderWay => Some("It is under way".to_owned()),
            _ => None,
        }
    }

    /// What to ask before a copy is put back, because it may be a second one; `None` where it is
    /// none. `time` writes a time as the screen does.
    #[must_use]
    pub fn second_copy(&self, time: impl Fn(DateTime<Utc>) -> String) -> Option<String> {
        let queue = &self.message.queue;
        let changed = time(self.changed);
        match (self.stage, self.deed) {
            (Stage::PutBack, _) => Some(format!(
                "It was put back into {queue} at {changed}. Put back another copy?"
            )),
            (Stage::Removed, Operation::Discard) => None,
            (Stage::Removed, Operation::Resend) => Some(format!(
                "It was sent again and removed from {queue} at {changed}. A copy that is put back \
                 is a second one. Put it back all the same?"
            )),
            (Stage::AtLimit, _) => Some(format!(
                "It may lie in {queue}, or where that queue's dead letters go. Look there first. \
                 Put a copy back?"
            )),
            _ => Some(format!(
                "It may lie in {queue} already. Look there first. Put a copy back?"
            )),
        }
    }

    /// True if it is not certain where its message is.
    #[must_use]
    pub fn is_doubtful(&self) -> bool {
        self.fate() == Fate::DuplicatePossible
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pile_and_a_fate_say_the_same() {
        for stage in Stage::ALL {
            for abandoned in [true, false] {
                let pile = Pile::of(stage, abandoned);
                let mut record = Record::example(stage);
                record.abandoned = abandoned;
                assert_eq!(record.pile(), pile);
                assert_eq!(pile.is_doubtful(), record.is_doubtful(), "{stage:?}");
                let untouched = record.fate() == Fate::Untouched;
                assert_eq!(pile == Pile::Untouched, untouched, "{stage:?}");
                let can = record.not_put_back().is_none();
                assert_eq!(pile.can_be_put_back(), can, "{stage:?}");
            }
        }
    }

    #[test]
    fn the_counts_are_told_with_what_is_not_certain_first() {
        let mut counts = StageCounts::default();
        counts.add(Pile::Done, 121);
        counts.add(Pile::Untouched, 2_868);
        counts.add(Pile::Twice, 10);
        assert_eq!(
            counts.words(Some(Operation::Resend)),
            "10 may be there twice, 2,868 were not touched, 121 were sent"
        );
        assert_eq!(counts.doubtful(), 10);
        assert_eq!((counts.cut_off(), counts.total()), (2_878, 2_999));
        let mut one = StageCounts::default();
        one.add(Pile::Done, 1);
        assert_eq!(one.words(Some(Operation::Discard)), "1 was discarded");
    }

    #[test]
    fn a_second_copy_is_asked_for_and_a_first_is_not() {
        let time = |_| "23:38".to_owned();
        let mut record = Record::example(Stage::PutBack);
        assert_eq!(
            record.second_copy(time).unwrap(),
            "It was put back into q at 23:38. Put back another copy?"
        );
        record.stage = Stage::Removed;
        assert!(record.second_copy(time).is_some());
        record.deed = Operation::Discard;
        assert_eq!(record.second_copy(time), None);
        for stage in [Stage::Sent, Stage::Confirmed, Stage::Returning] {
            assert!(Record::example(stage).second_copy(time).is_some());
        }
    }
}
