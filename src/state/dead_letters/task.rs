//! Where the result of a job is shown: where it was begun, and until something else is done there.

use super::job::Job;
use super::{DeadLetterDesk, DeadTab};

/// A part of the screen in which a job can be begun.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Task {
    /// The messages of a queue.
    #[default]
    Messages,
    /// The messages in groups.
    Groups,
    /// Edits by rule.
    Rules,
}

/// The part of the screen and the queue in which a job was begun.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Begun {
    pub queue: String,
    /// The part.
    pub task: Task,
}

impl DeadLetterDesk {
    /// The part of the screen that is open, unless it is the journal.
    #[must_use]
    pub fn task(&self) -> Option<Task> {
        match self.tab {
            _ if self.rules.is_some() => Some(Task::Rules),
            DeadTab::Queues => Some(Task::Messages),
            DeadTab::Groups => Some(Task::Groups),
            DeadTab::Journal | DeadTab::Consumers => None,
        }
    }

    /// The job that belongs to what is shown: one that runs in this queue, or the result of one
    /// that was begun here.
    #[must_use]
    pub fn shown_job(&self) -> Option<&Job> {
        let job = self.job.as_ref()?;
        let task = self.task()?;
        let is_here = self.queue.as_ref() == Some(&self.begun.queue);
        (is_here && (!job.ended || self.begun.task == task)).then_some(job)
    }

    /// The running job, and its queue.
    #[must_use]
    pub fn running(&self) -> Option<(&Job, &str)> {
        let job = self.job.as_ref().filter(|job| !job.ended)?;
        Some((job, &self.begun.queue))
    }

    /// Something else is done where the last job was begun: its result is not of this moment.
    pub(super) fn end_result(&mut self) {
        self.job.take_if(|job| job.ended);
    }
}
