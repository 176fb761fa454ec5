//! The form by which offsets are set, and how far that is.

use chrono::{DateTime, Utc};

use crate::event::start_from::{StartChoice, StartFrom};
use crate::kafka::groups::reset::{ResetPlan, ResetTo};
use crate::protocol::RequestId;

/// Where a group shall go on, without the amount.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ResetChoice {
    #[default]
    Beginning,
    End,
    Time,
    Offset,
    By,
}

impl ResetChoice {
    /// All of them, the usual ones first.
    pub const ALL: [Self; 5] = [
        Self::Beginning,
        Self::End,
        Self::Time,
        Self::Offset,
        Self::By,
    ];

    /// Its name on the screen.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Beginning => "Beginning",
            Self::End => "End",
            Self::Time => "Time",
            Self::Offset => "Offset",
            Self::By => "Further or back by",
        }
    }

    /// The label of the field for its amount, and what goes there; nothing where it has none.
    #[must_use]
    pub fn amount(self) -> Option<(&'static str, &'static str)> {
        match self {
            Self::Beginning | Self::End => None,
            Self::Time => Some((
                "Time to go on from",
                "A date such as 2026-01-31T12:00:00Z, or a time ago: 15m, 2h, 3d",
            )),
            Self::Offset => Some(("Offset to go on from", "A number, for each partition")),
            Self::By => Some((
                "By how many",
                "100 passes over a hundred of each partition, -100 reads a hundred again",
            )),
        }
    }
}

/// What is typed to set offsets.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ResetForm {
    /// Empty for all topics of the group.
    pub topic: String,
    pub choice: ResetChoice,
    pub amount: String,
}

impl ResetForm {
    /// Where the group shall go on.
    ///
    /// # Errors
    /// Says what is wrong with the amount.
    pub fn to(&self, now: DateTime<Utc>) -> Result<ResetTo, String> {
        let wrong = |words: &str| {
            let label = self.choice.amount().map_or("", |(label, _)| label);
            format!("{label}: {words}")
        };
        match self.choice {
            ResetChoice::Beginning => Ok(ResetTo::Beginning),
            ResetChoice::End => Ok(ResetTo::End),
            ResetChoice::Time => match StartChoice::Time.with(&self.amount, now) {
                Ok(StartFrom::Time(time)) => Ok(ResetTo::Time(time)),
                _ => Err(wrong(
                    "a date such as 2026-01-31T12:00:00Z, a time ago such as 15m, 2h or 3d, or \
                     milliseconds since 1970",
                )),
            },
            ResetChoice::Offset => match StartChoice::Offset.with(&self.amount, now) {
                Ok(StartFrom::Offset(offset)) => Ok(ResetTo::Offset(offset)),
                _ => Err(wrong("a number from 0 on")),
            },
            ResetChoice::By => {
                let amount = self.amount.trim().replace(',', "");
                let count = amount.parse().ok().filter(|count| *count != 0);
                count
                    .map(ResetTo::By)
                    .ok_or_else(|| wrong("a number such as 100 or -100"))
            }
        }
    }
}

/// How far setting offsets is.
#[derive(Clone, Debug, Default)]
pub struct ResetDesk {
    /// What it would do is being worked out.
    pub planning: Option<RequestId>,
    /// What it would do.
    pub plan: Option<ResetPlan>,
    /// The form as it was then.
    pub(super) asked_by: ResetForm,
    /// It takes back what was done before, whatever the form says.
    pub is_back: bool,
    /// It is being done.
    pub running: Option<RequestId>,
    /// What was wrong, in words.
    pub problem: Option<String>,
    /// What was done, in words.
    pub done: Option<String>,
}

impl ResetDesk {
    /// True while something of it is under way.
    #[must_use]
    pub fn is_busy(&self) -> bool {
        self.planning.is_some() || self.running.is_some()
    }

    /// The plan, if it is what the form says now and would change something.
    #[must_use]
    pub fn ready(&self, form: &ResetForm) -> Option<&ResetPlan> {
        let plan = self.plan.as_ref().filter(|_| !self.is_busy())?;
        let is_meant = self.is_back || self.asked_by == *form;
        (is_meant && plan.changes().next().is_some()).then_some(plan)
    }
}
