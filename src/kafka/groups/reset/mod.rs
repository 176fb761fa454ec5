//! What setting the offsets of a group would do, partition by partition, before anything is done, and what
//! is kept of it so that it can be undone.

use std::collections::HashMap;
use std::fmt;

use chrono::{DateTime, Utc};

use super::{ConsumerGroup, GroupPlace};
use crate::text::numbers::thousands;

/// Where a group shall go on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ResetTo {
    /// The first offset that each partition still has.
    Beginning,
    /// Behind the last.
    End,
    /// The first record of this time or later.
    Time(DateTime<Utc>),
    /// This offset in each partition.
    Offset(u64),
    /// So much further; back if it is negative.
    By(i64),
    /// As it was before this was done.
    Before(KeptReset),
}

impl fmt::Display for ResetTo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Beginning => f.write_str("the beginning"),
            Self::End => f.write_str("the end"),
            Self::Time(time) => write!(f, "{}", time.format("%Y-%m-%d %H:%M:%S UTC")),
            Self::Offset(offset) => write!(f, "offset {offset}"),
            Self::By(count) => write!(f, "{count:+} from where it is"),
            Self::Before(kept) => {
                write!(f, "as before {}", kept.at.format("%Y-%m-%d %H:%M:%S UTC"))
            }
        }
    }
}

/// What is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResetOrder {
    pub group: String,
    /// Only this topic.
    pub topic: Option<String>,
    pub to: ResetTo,
}

/// What is done in one partition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ResetStep {
    /// The group goes on at this offset.
    To(u64),
    /// The group has no offset there any more, as before.
    Forget,
    /// Nothing; why, in words.
    Stay(String),
}

/// One partition of a plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResetLine {
    pub topic: String,
    pub partition: u32,
    /// Where the group is now, if it is anywhere.
    pub from: Option<u64>,
    pub step: ResetStep,
    /// What was wished for was no offset of the partition.
    pub is_clamped: bool,
}

impl ResetLine {
    /// True if something is done.
    #[must_use]
    pub fn changes(&self) -> bool {
        match self.step {
            ResetStep::To(to) => self.from != Some(to),
            ResetStep::Forget => self.from.is_some(),
            ResetStep::Stay(_) => false,
        }
    }

    /// The offset afterwards, if there is one.
    #[must_use]
    pub fn after(&self) -> Option<u64> {
        match self.step {
            ResetStep::To(to) => Some(to),
            ResetStep::Forget => None,
            ResetStep::Stay(_) => self.from,
        }
    }

    /// What it means, in words.
    #[must_use]
    pub fn words(&self) -> String {
        let words = match (&self.step, self.from) {
            (ResetStep::Stay(why), _) => return why.clone(),
            (ResetStep::Forget, None) => "stays without an offset".to_owned(),
            (ResetStep::Forget, Some(_)) => {
                "its offset is taken away: a consumer begins where its own setting says".to_owned()
            }
            (ResetStep::To(_), None) => "had no offset".to_owned(),
            (ResetStep::To(to), Some(from)) if *to < from => {
                format!("{} read again", thousands(from - to))
            }
            (ResetStep::To(to), Some(from)) if *to > from => {
                format!("{} passed over", thousands(to - from))
            }
            (ResetStep::To(_), Some(_)) => "stays".to_owned(),
        };
        if self.is_clamped {
            return format!("{words} (the nearest that is there)");
        }
        words
    }
}

/// What a reset would do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResetPlan {
    pub order: ResetOrder,
    /// By topic and partition.
    pub lines: Vec<ResetLine>,
}

impl ResetPlan {
    /// The lines in which something is done.
    pub fn changes(&self) -> impl Iterator<Item = &ResetLine> {
        self.lines.iter().filter(|line| line.changes())
    }

    /// What it means in all, in a sentence.
    #[must_use]
    pub fn words(&self) -> String {
        let (mut again, mut over, mut count) = (0_u64, 0_u64, 0_u64);
        for line in self.changes() {
            count += 1;
            if let (Some(from), Some(to)) = (line.from, line.after()) {
                again = again.saturating_add(from.saturating_sub(to));
                over = over.saturating_add(to.saturating_sub(from));
            }
        }
        if count == 0 {
            return "Nothing would change".to_owned();
        }
        let mut parts = Vec::new();
        if again > 0 {
            parts.push(format!("up to {} records are read again", thousands(again)));
        }
        if over > 0 {
            parts.push(format!("up to {} are passed over", thousands(over)));
        }
        let what = if parts.is_empty() {
            String::new()
        } else {
            format!(": {}", parts.join(", "))
        };
        let s = if count == 1 { "" } else { "s" };
        format!("Changes {} partition{s}{what}", thousands(count))
    }
}

/// The offsets of a group before and after something was done with them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptReset {
    /// A name of its own.
    pub id: String,
    pub at: DateTime<Utc>,
    /// The cluster.
    pub place: String,
    pub group: String,
    /// What was asked for, in words.
    pub to: String,
    pub offsets: Vec<KeptOffset>,
    /// What became of it, in words; nothing where Eventscope ended before that was known.
    pub end: Option<String>,
}

/// One partition of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptOffset {
    pub topic: String,
    pub partition: u32,
    /// Nothing where the group had none.
    pub before: Option<u64>,
    /// Nothing where it was taken away.
    pub after: Option<u64>,
}

impl KeptReset {
    /// What is kept of a plan before it is carried out.
    #[must_use]
    pub fn of(plan: &ResetPlan, id: String, place: String, at: DateTime<Utc>) -> Self {
        let offsets = plan.changes().map(|line| KeptOffset {
            topic: line.topic.clone(),
            partition: line.partition,
            before: line.from,
            after: line.after(),
        });
        Self {
            id,
            at,
            place,
            group: plan.order.group.clone(),
            to: plan.order.to.to_string(),
            offsets: offsets.collect(),
            end: None,
        }
    }

    /// What became of it, in words.
    #[must_use]
    pub fn outcome(&self) -> &str {
        let words = "Eventscope ended before it was known whether it was done";
        self.end.as_deref().unwrap_or(words)
    }
}

/// The offset of the first record of a time, by topic and partition. A partition without such a record
/// is not in it.
pub type OffsetsAt = HashMap<(String, u32), u64>;

/// What a reset would do to a group.
///
/// # Errors
/// Says in words why nothing can be done.
pub fn plan(order: ResetOrder, group: &ConsumerGroup, at: &OffsetsAt) -> Result<ResetPlan, String> {
    if let Some(words) = group.why_no_reset() {
        return Err(words);
    }
    let mut lines = Vec::new();
    if let ResetTo::Before(kept) = &order.to {
        for one in &kept.offsets {
            let mut places = group.places.iter();
            let place = places.find(|p| p.topic == one.topic && p.partition == one.partition);
            lines.push(line_back(one, place));
        }
    } else {
        let meant = |place: &&GroupPlace| {
            let topic = order.topic.as_ref();
            topic.is_none_or(|topic| *topic == place.topic)
        };
        let places = group.places.iter().filter(meant);
        lines.extend(places.map(|place| line(&order.to, place, at)));
    }
    if lines.is_empty() {
        return Err(match &order.topic {
            Some(topic) => format!("{} has no offset in {topic}", order.group),
            None => format!("{} has no offsets", order.group),
        });
    }
    Ok(ResetPlan { order, lines })
}

fn line(to: &ResetTo, place: &GroupPlace, at: &OffsetsAt) -> ResetLine {
    let mut is_clamped = false;
    let step = match (place.within, to) {
        (None, _) => ResetStep::Stay("Where the partition begins and ends is not known".to_owned()),
        (Some((first, _)), ResetTo::Beginning) => ResetStep::To(first),
        (Some((_, end)), ResetTo::End | ResetTo::Before(_)) => ResetStep::To(end),
        (Some((_, end)), ResetTo::Time(_)) => {
            let found = at.get(&(place.topic.clone(), place.partition));
            ResetStep::To(found.copied().unwrap_or(end))
        }
        (Some(within), ResetTo::Offset(wish)) => {
            nearest(i128::from(*wish), within, &mut is_clamped)
        }
        (Some(within), ResetTo::By(count)) => match place.committed {
            Some(committed) => {
                let wish = i128::from(committed) + i128::from(*count);
                nearest(wish, within, &mut is_clamped)
            }
            None => ResetStep::Stay("It has no offset to count from".to_owned()),
        },
    };
    ResetLine {
        topic: place.topic.clone(),
        partition: place.partition,
        from: place.committed,
        step,
        is_clamped,
    }
}

fn nearest(wish: i128, (first, end): (u64, u64), is_clamped: &mut bool) -> ResetStep {
    let found = wish.clamp(i128::from(first), i128::from(end.max(first)));
    *is_clamped = found != wish;
    ResetStep::To(u64::try_from(found).unwrap_or(end))
}

/// Back to what was before. An offset that is gone is set all the same: it is what the group had, and a
/// consumer begins where its own setting says, as it would have.
fn line_back(kept: &KeptOffset, place: Option<&GroupPlace>) -> ResetLine {
    let from = place.and_then(|place| place.committed);
    let is_there = place.is_some_and(|place| place.within.is_some());
    let step = match kept.before {
        _ if !is_there => ResetStep::Stay("The partition is not there any more".to_owned()),
        Some(before) if from == Some(before) => ResetStep::To(before),
        None if from.is_none() => ResetStep::Forget,
        _ if from != kept.after => ResetStep::Stay(
            "The group is elsewhere by now: it went on, or was set again".to_owned(),
        ),
        Some(before) => ResetStep::To(before),
        None => ResetStep::Forget,
    };
    ResetLine {
        topic: kept.topic.clone(),
        partition: kept.partition,
        from,
        step,
        is_clamped: false,
    }
}

#[cfg(test)]
mod tests;
