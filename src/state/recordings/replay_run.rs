//! What a person asks of a replay, as typed, and how far one is.

use std::collections::BTreeMap;
use std::time::Duration;

use chrono::{DateTime, Utc};

use crate::event::source_id::SourceId;
use crate::protocol::RequestId;
use crate::recording::replay::{ReplayPace, ReplayTally, Trial};
use crate::text::numbers::{count_of, span, thousands};

/// How fast it is sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PaceChoice {
    /// As it came, or so many times as fast.
    #[default]
    Timing,
    Rate,
    AsConfirmed,
}

/// The fields of the dialog.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReplayFields {
    /// Only events that match this line.
    pub filter: String,
    pub destination: String,
    /// The name of the destination once more, where events came from there.
    pub original: String,
    pub pace: PaceChoice,
    pub speed: String,
    pub rate: String,
    pub new_ids: bool,
    pub shift_times: bool,
    /// Each event twice.
    pub twice: bool,
    /// Seconds within which events overtake each other.
    pub shuffle: String,
    /// So many of a hundred do not come.
    pub leave_out: String,
    /// Seconds by which one in ten comes later.
    pub late: String,
    pub seed: String,
}

impl ReplayFields {
    fn number<T: std::str::FromStr>(text: &str, usual: T, what: &str) -> Result<T, String> {
        let text = text.trim();
        if text.is_empty() {
            return Ok(usual);
        }
        text.parse()
            .map_err(|_| format!("{what}: \"{text}\" is no such number"))
    }

    fn seconds(text: &str, what: &str) -> Result<Duration, String> {
        let seconds: f64 = Self::number(text, 0.0, what)?;
        Duration::try_from_secs_f64(seconds)
            .ok()
            .filter(|time| *time <= Duration::from_hours(1))
            .ok_or_else(|| format!("{what} must be from 0 to 3600 seconds"))
    }

    pub(super) fn pace(&self) -> Result<ReplayPace, String> {
        Ok(match self.pace {
            PaceChoice::AsConfirmed => ReplayPace::AsConfirmed,
            PaceChoice::Timing => {
                let speed: f64 = Self::number(&self.speed, 1.0, "Speed")?;
                if !(speed.is_finite() && speed > 0.0) {
                    return Err("Speed must be more than 0".to_owned());
                }
                ReplayPace::Timing(speed)
            }
            PaceChoice::Rate => {
                let rate = self.rate.trim().parse();
                ReplayPace::Rate(rate.map_err(|_| "Events a second must be a number from 1 on")?)
            }
        })
    }

    pub(super) fn seed(&self) -> Result<u64, String> {
        Self::number(&self.seed, 0, "Seed")
    }

    /// What is done to it on purpose.
    ///
    /// # Errors
    /// What is wrong with the fields, in words.
    pub fn trial(&self) -> Result<Trial, String> {
        let leave_out: u8 = Self::number(&self.leave_out, 0, "Left out")?;
        if leave_out > 100 {
            return Err("Left out must be from 0 to 100 percent".to_owned());
        }
        Ok(Trial {
            twice: self.twice,
            shuffle: Self::seconds(&self.shuffle, "Shuffled within")?,
            leave_out,
            late: Self::seconds(&self.late, "Late by")?,
        })
    }
}

/// A replay that runs or has ended.
#[derive(Clone, Debug)]
pub struct ReplayRun {
    pub request: RequestId,
    /// Where it is sent.
    pub source: SourceId,
    pub seed: u64,
    /// Something is done to it on purpose.
    pub is_trial: bool,
    pub tally: ReplayTally,
    pub runs: bool,
    pub is_paused: bool,
    /// Why it ended early, in words.
    pub problem: Option<String>,
    pub(super) begun: DateTime<Utc>,
    /// Messages in each dead-letter queue when it began.
    pub(super) graves: BTreeMap<String, u64>,
}

impl ReplayRun {
    /// Seconds that are left, as far as can be told.
    #[must_use]
    pub fn left_s(&self, now: DateTime<Utc>) -> Option<i64> {
        let (done, all) = (self.tally.position, self.tally.recorded);
        if done == 0 || all < done || self.is_paused {
            return None;
        }
        let spent = (now - self.begun).num_seconds();
        let rest = i128::from(spent) * i128::from(all - done) / i128::from(done);
        i64::try_from(rest).ok()
    }

    /// How far it is.
    #[must_use]
    pub fn progress_words(&self, now: DateTime<Utc>) -> String {
        let mut words = format!(
            "{} of {}",
            thousands(self.tally.position),
            count_of(self.tally.recorded, "event")
        );
        if self.is_paused {
            words.push_str(", paused");
        } else if let Some(left) = self.left_s(now) {
            words.push_str(&format!(", about {} left", span(left)));
        }
        words
    }

    /// What became of it, a line each.
    #[must_use]
    pub fn report(&self) -> Vec<String> {
        let tally = &self.tally;
        let mut lines = vec![format!("{} confirmed", count_of(tally.confirmed, "event"))];
        for (count, words) in [
            (tally.not_routed, "returned or refused"),
            (tally.unsure, "not known to have arrived"),
            (tally.second, "of them a second time, on purpose"),
            (tally.left_out, "left out, on purpose"),
            (
                tally.without_user,
                "without their user id, which is not that of the login",
            ),
        ] {
            if count > 0 {
                lines.push(format!("{} {words}", thousands(count)));
            }
        }
        if let Some(trouble) = &tally.trouble {
            lines.push(format!("The first that was not confirmed: {trouble}"));
        }
        lines.extend(self.problem.clone());
        lines
    }

    /// True if each event was confirmed.
    #[must_use]
    pub fn is_good(&self) -> bool {
        self.problem.is_none() && self.tally.not_routed == 0 && self.tally.unsure == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_done_on_purpose_is_read_from_the_fields() {
        let mut fields = ReplayFields::default();
        assert!(fields.trial().unwrap().is_none());
        assert_eq!(fields.pace(), Ok(ReplayPace::Timing(1.0)));
        fields.shuffle = "2.5".into();
        fields.leave_out = "5".into();
        let trial = fields.trial().unwrap();
        assert_eq!(
            (trial.shuffle, trial.leave_out),
            (Duration::from_millis(2_500), 5)
        );
        for (shuffle, leave_out) in [
            ("x", ""),
            ("-1", ""),
            ("9999", ""),
            ("NaN", ""),
            ("", "101"),
        ] {
            fields.shuffle = shuffle.into();
            fields.leave_out = leave_out.into();
            assert!(fields.trial().is_err(), "{shuffle} {leave_out}");
        }
        for (pace, speed, rate) in [
            (PaceChoice::Timing, "0", ""),
            (PaceChoice::Timing, "inf", ""),
            (PaceChoice::Rate, "", "0"),
            (PaceChoice::Rate, "", ""),
        ] {
            let fields = ReplayFields {
                pace,
                speed: speed.into(),
                rate: rate.into(),
                ..ReplayFields::default()
            };
            assert!(fields.pace().is_err(), "{pace:?} {speed} {rate}");
        }
    }
}
