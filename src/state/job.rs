//! A resend or discard of several messages: how far it is and what it came to.

use chrono::{DateTime, Utc};

use crate::protocol::{JobStage, MoveOutcome, RequestId};

/// A resend or discard under way, or the last one.
#[derive(Clone, Debug)]
pub struct Job {
    /// Names it.
    pub request: RequestId,
    /// `Resend` or `Discard`, for the progress line.
    pub verb: &'static str,
    /// Messages asked for.
    pub total: usize,
    /// Sent, or thrown away.
    pub done: usize,
    /// Stayed in the queue.
    pub kept: usize,
    /// Sent, but their originals could not be removed.
    pub duplicates: usize,
    /// Not found in the queue any more.
    pub gone: usize,
    /// What it does now.
    pub stage: JobStage,
    /// When it began, and when the last message was told of.
    pub times: (DateTime<Utc>, DateTime<Utc>),
    /// It has ended.
    pub ended: bool,
    /// Why it ended early, or the first reason why something stayed.
    pub problem: Option<String>,
}

impl Job {
    /// A job of which nothing is done yet.
    #[must_use]
    pub fn new(request: RequestId, verb: &'static str, total: usize, now: DateTime<Utc>) -> Self {
        Self {
            request,
            verb,
            total,
            done: 0,
            kept: 0,
            duplicates: 0,
            gone: 0,
            stage: JobStage::Sending,
            times: (now, now),
            ended: false,
            problem: None,
        }
    }

    /// Counts how one message ended; true if it no longer lies in the queue.
    pub fn count(&mut self, outcome: &MoveOutcome, now: DateTime<Utc>) -> bool {
        self.times.1 = now;
        let (counter, words) = match outcome {
            MoveOutcome::Resent | MoveOutcome::Discarded => (&mut self.done, None),
            MoveOutcome::Gone => (&mut self.gone, None),
            MoveOutcome::Kept(words) => (&mut self.kept, Some(words)),
            MoveOutcome::Duplicate(words) => (&mut self.duplicates, Some(words)),
        };
        *counter += 1;
        if let Some(words) = words {
            self.problem.get_or_insert_with(|| words.clone());
        }
        words.is_none()
    }

    /// Messages of which it was told how they ended.
    #[must_use]
    pub fn told(&self) -> usize {
        self.done + self.kept + self.duplicates + self.gone
    }

    /// True unless something is not as it was asked for.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.kept + self.duplicates + self.gone == 0 && self.problem.is_none()
    }

    /// The job and why it ended as it did, in one line.
    #[must_use]
    pub fn result(&self) -> String {
        match &self.problem {
            Some(problem) => format!("{}. {problem}", self.words()),
            None => self.words(),
        }
    }

    /// Seconds until the end, at the speed so far; `None` while nothing can be said.
    #[must_use]
    pub fn seconds_left(&self) -> Option<u64> {
        let told = self.done + self.kept + self.duplicates + self.gone;
        let left = self.total.checked_sub(told)?;
        let took = (self.times.1 - self.times.0).num_milliseconds();
        if self.ended || self.stage != JobStage::Sending || told == 0 || took < 1_000 {
            return None;
        }
        let [took, left, told] = [u64::try_from(took).ok()?, left as u64, told as u64];
        Some((took * left / told).div_ceil(1_000))
    }

    /// The job in one line.
    #[must_use]
    pub fn words(&self) -> String {
        let (past, verb) = match self.verb {
            "Discard" => ("discarded", "Discarding"),
            _ => ("resent", "Resending"),
        };
        let mut words = if self.ended {
            format!("{} of {} {past}", self.done, self.total)
        } else {
            format!("{verb}: {} of {}", self.done, self.total)
        };
        for (count, what) in [
            (self.kept, "stayed in the queue"),
            (self.duplicates, "sent but still in the queue (duplicate)"),
            (self.gone, "no longer in the queue"),
        ] {
            if count > 0 {
                words.push_str(&format!(", {count} {what}"));
            }
        }
        match self.stage {
            _ if self.ended => {}
            JobStage::Paused => words.push_str(". Paused; the rest lies in the queue"),
            JobStage::Watching { seconds } => {
                words.push_str(&format!(". Watching for {seconds} s whether it comes back"));
            }
            JobStage::Sending => {
                if let Some(left) = self.seconds_left() {
                    words.push_str(&format!(". About {} left", time(left)));
                }
            }
        }
        words
    }
}

fn time(seconds: u64) -> String {
    match seconds {
        0..=90 => format!("{seconds} s"),
        91..=5_400 => format!("{} min", seconds.div_ceil(60)),
        _ => format!("{} h", seconds.div_ceil(3_600)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::TimeDelta;

    #[test]
    fn a_job_says_how_long_it_still_takes() {
        let start = DateTime::UNIX_EPOCH;
        let mut job = Job::new(RequestId(1), "Resend", 100, start);
        assert_eq!(job.words(), "Resending: 0 of 100");
        for second in 1..=10 {
            job.count(&MoveOutcome::Resent, start + TimeDelta::seconds(second));
        }
        assert_eq!(job.words(), "Resending: 10 of 100. About 90 s left");
        job.stage = JobStage::Paused;
        assert_eq!(
            job.words(),
            "Resending: 10 of 100. Paused; the rest lies in the queue"
        );
        job.ended = true;
        assert_eq!(job.words(), "10 of 100 resent");
        assert_eq!([time(91), time(7_201)], ["2 min", "3 h"]);
    }
}
