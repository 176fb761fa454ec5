//! A resend or discard of several messages: how far it is and what it came to.

use chrono::{DateTime, Utc};

use crate::protocol::{JobStage, MoveOutcome, RequestId};
use crate::repair::job_sum::JobSum;
use crate::text::numbers::thousands;

/// What a job came to, as its colour says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JobOutcome {
    Running,
    /// It has ended, and each message that was asked for was sent or discarded.
    AllDone,
    /// It has ended, and some were not.
    NotAll,
}

/// A resend or discard under way, or the last one.
#[derive(Clone, Debug)]
pub struct Job {
    pub request: RequestId,
    /// `Resend` or `Discard`, for the progress line.
    pub verb: &'static str,
    /// How many messages it is about, and where each of them is. What was not told of yet is
    /// nowhere until the job has ended.
    pub sum: JobSum,
    /// What it does now.
    pub stage: JobStage,
    /// When it began, and when the last message was told of.
    pub times: (DateTime<Utc>, DateTime<Utc>),
    /// It has ended.
    pub ended: bool,
    /// Why it ended early, or the first reason why something stayed.
    pub problem: Option<String>,
    /// The line of a filter that finds in the live stream what was sent, if that was one event.
    pub sent: Option<String>,
}

impl Job {
    /// A job of which nothing is done yet.
    #[must_use]
    pub fn new(request: RequestId, verb: &'static str, total: usize, now: DateTime<Utc>) -> Self {
        Self {
            request,
            verb,
            sum: JobSum {
                asked: total,
                ..JobSum::default()
            },
            stage: JobStage::Sending,
            times: (now, now),
            ended: false,
            problem: None,
            sent: None,
        }
    }

    /// Counts how one message ended; true if it no longer lies in the queue.
    pub fn count(&mut self, outcome: &MoveOutcome, now: DateTime<Utc>) -> bool {
        self.times.1 = now;
        let sum = &mut self.sum;
        let (counter, words) = match outcome {
            MoveOutcome::Resent | MoveOutcome::Discarded => (&mut sum.done, None),
            MoveOutcome::Gone => (&mut sum.gone, None),
            MoveOutcome::Held(words) => (&mut sum.held, Some(words)),
            MoveOutcome::Kept(words) => (&mut sum.kept, Some(words)),
            MoveOutcome::Duplicate(words) => (&mut sum.duplicates, Some(words)),
            MoveOutcome::Unsure(words) => (&mut sum.unsure, Some(words)),
        };
        *counter += 1;
        if let Some(words) = words {
            self.problem.get_or_insert_with(|| words.clone());
        }
        words.is_none()
    }

    /// It has ended. Where no sum is told, it was cut off, and what was not told of was not tried.
    pub fn end(&mut self, problem: Option<String>, sum: Option<JobSum>) {
        self.ended = true;
        if problem.is_some() {
            self.problem = problem;
        }
        match sum {
            Some(sum) => self.sum = sum,
            None => self.sum.untried += self.sum.asked.saturating_sub(self.sum.told()),
        }
    }

    /// How it stands.
    #[must_use]
    pub fn outcome(&self) -> JobOutcome {
        if !self.ended {
            JobOutcome::Running
        } else if self.sum.is_all_done() && self.problem.is_none() {
            JobOutcome::AllDone
        } else {
            JobOutcome::NotAll
        }
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
        let told = self.sum.told();
        let left = self.sum.asked.checked_sub(told)?;
        let took = (self.times.1 - self.times.0).num_milliseconds();
        if self.ended || self.stage != JobStage::Sending || told == 0 || took < 1_000 {
            return None;
        }
        let [took, left, told] = [u64::try_from(took).ok()?, left as u64, told as u64];
        Some((took * left / told).div_ceil(1_000))
    }

    /// The job in one line. At the end its numbers add up to what was asked for.
    #[must_use]
    pub fn words(&self) -> String {
        let (past, verb) = match self.verb {
            "Discard" => ("discarded", "Discarding"),
            _ => ("resent", "Resending"),
        };
        let number = |n: usize| thousands(n as u64);
        let sum = &self.sum;
        let (done, asked) = (number(sum.done), number(sum.asked));
        let mut words = if self.ended {
            format!("{done} of {asked} {past}")
        } else {
            format!("{verb}: {done} of {asked}")
        };
        for (count, what) in [
            (sum.kept, "stayed in the queue"),
            (sum.duplicates, "sent but still in the queue (duplicate)"),
            (sum.unsure, "possibly sent"),
            (sum.held, "held by others"),
            (sum.gone, "no longer in the queue"),
            (sum.unseen, "not seen: held by others or gone"),
            (sum.untried, "not tried"),
        ] {
            if count > 0 {
                words.push_str(&format!(", {} {what}", number(count)));
            }
        }
        match self.stage {
            _ if self.ended && sum.added > 0 => {
                let added = number(sum.added);
                words.push_str(&format!(". {added} more lie in the queue now"));
            }
            _ if self.ended => {}
            JobStage::Paused => words.push_str(". Paused; the rest lies in the queue"),
            JobStage::Waiting { seconds } => words.push_str(&format!(
                ". Waiting up to {seconds} s for messages that are held elsewhere"
            )),
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
        job.end(None, None);
        assert_eq!(job.words(), "10 of 100 resent, 90 not tried");
        assert_eq!([time(91), time(7_201)], ["2 min", "3 h"]);
    }

    #[test]
    fn a_job_is_green_only_when_all_is_done() {
        let new = || Job::new(RequestId(1), "Resend", 5_000, DateTime::UNIX_EPOCH);
        let mut job = new();
        assert_eq!(job.outcome(), JobOutcome::Running);
        let all = JobSum {
            asked: 5_000,
            done: 5_000,
            ..JobSum::default()
        };
        job.end(None, Some(all));
        assert_eq!(job.outcome(), JobOutcome::AllDone);
        assert_eq!(job.words(), "5,000 of 5,000 resent");
        let mut job = new();
        let held = JobSum {
            done: 8,
            held: 4_990,
            gone: 2,
            ..all
        };
        job.end(Some("A look has them".into()), Some(held));
        assert_eq!(job.outcome(), JobOutcome::NotAll);
        assert_eq!(
            job.words(),
            "8 of 5,000 resent, 4,990 held by others, 2 no longer in the queue"
        );
        let mut job = new();
        job.end(
            None,
            Some(JobSum {
                done: 0,
                gone: 5_000,
                ..all
            }),
        );
        assert_eq!(job.outcome(), JobOutcome::NotAll, "nothing was sent");
    }
}
