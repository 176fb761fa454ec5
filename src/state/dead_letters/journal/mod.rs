//! The journal of this machine: what was resent or discarded, and what was cut off on its way. Only
//! a page of it is here; what is to be shown is asked for.

use crate::event::source_id::SourceId;
use std::sync::Arc;

use chrono::{DateTime, Utc};

use crate::event::{Event, Transport};
use crate::protocol::{Command, DeskCommand, RequestId, SourceCommand};
use crate::repair::journal_entry::{KEEP_DAYS, Operation, Record, RecordId};
use crate::repair::journal_list::{
    JOBS, JobId, JobLine, JournalPage, PAGE, Pile, Question, Records, StageCounts,
};
use crate::state::live::clock;
use crate::text::numbers::{count_of, thousands};

/// What a person can do with the journal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum JournalAction {
    /// Read it again.
    Refresh,
    /// Show the records of this job, or of all.
    Job(Option<JobId>),
    /// Show the records of this pile, or of all.
    Pile(Option<Pile>),
    /// Show the records in which this text occurs.
    Search(String),
    /// Show the page behind this one, or the one before it.
    Turn(bool),
    /// The same for the list of jobs.
    TurnJobs(bool),
    /// Look at a record.
    Select(RecordId),
    /// Look at none.
    CloseRecord,
    /// Publish its message to the queue that it lay in. Asks where that may make a second one.
    PutBack(RecordId),
    /// The same for a pile of the job that is shown; always asks.
    PutPileBack(Pile),
    /// Remove it from the journal.
    Forget(RecordId),
    /// Remove a pile of the job that is shown; always asks.
    ForgetPile(Pile),
    /// Yes, do what was asked about.
    Yes,
    No,
    /// End putting back after the messages that are under way.
    Stop,
    /// Keep records for so many days.
    Keep(u16),
}

/// Days that can be chosen.
pub const KEEP_CHOICES: [u16; 5] = [7, 30, 90, 365, 3_650];

/// A question that must be answered before something is done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asking {
    /// What it is about, as a title.
    pub title: String,
    /// The question.
    pub words: String,
    /// What the answer *yes* is called.
    pub yes: String,
    deed: Then,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Then {
    PutBack(Records),
    Forget(Records),
}

/// Messages that are being put back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Putting {
    pub request: RequestId,
    /// The source that they go to.
    pub source: SourceId,
    pub which: Records,
    /// Messages that were asked for; none while that is not known.
    pub total: usize,
    /// Put back so far.
    pub done: usize,
    /// The queue they go to.
    pub queue: String,
}

impl Putting {
    /// How far it is, in words.
    #[must_use]
    pub fn words(&self) -> String {
        let [done, total] = [self.done, self.total].map(|count| thousands(count as u64));
        match self.total {
            0 | 1 => "Putting back".to_owned(),
            _ => format!("Putting back: {done} of {total}"),
        }
    }
}

/// The journal as it was last read.
#[derive(Debug)]
pub struct JournalDesk {
    /// What was read; none before the first answer.
    pub page: Option<Box<JournalPage>>,
    /// What is to be shown.
    pub question: Question,
    /// Why it could not be read.
    pub problem: Option<String>,
    /// What is looked at, as an event.
    pub selected: Option<(Record, Arc<Event>)>,
    /// Messages that are being put back.
    pub putting: Option<Putting>,
    /// Why messages were not put back, and which.
    pub not_put_back: Option<(Records, String)>,
    /// What the person was asked and did not yet answer.
    pub asking: Option<Asking>,
    /// Days that a record is kept after its message left the queue.
    pub keep_days: u16,
    told: bool,
    /// It is being read. One answer is waited for at a time.
    is_reading: bool,
    /// It is to be read once more after that.
    is_stale: bool,
}

impl Default for JournalDesk {
    fn default() -> Self {
        Self {
            page: None,
            question: Question::default(),
            problem: None,
            selected: None,
            putting: None,
            not_put_back: None,
            asking: None,
            keep_days: KEEP_DAYS,
            told: false,
            is_reading: false,
            is_stale: false,
        }
    }
}

impl JournalDesk {
    /// Takes in what was read, and asks again where something else is to be shown by now. The first
    /// time, what an earlier run left unfinished is worth a sentence.
    pub fn read(
        &mut self,
        read: Result<Box<JournalPage>, String>,
    ) -> (Option<String>, Option<DeskCommand>) {
        self.is_reading = false;
        let page = match read {
            Err(words) => {
                self.problem = Some(words);
                return (None, self.again());
            }
            Ok(page) => page,
        };
        self.problem = None;
        // Told by itself, for what was to be shown before: its numbers are true, its records are
        // not those that are wanted.
        let is_wanted = page.question == self.question;
        let told = (!std::mem::replace(&mut self.told, true)).then(|| cut_off(&page));
        if is_wanted {
            if let Some((before, event)) = self.selected.take() {
                let fresh = page.looked_at.clone();
                let fresh = fresh.filter(|record| record.id == before.id);
                self.selected = fresh.map(|record| (record, event));
            }
            // What was shown is gone: its last record was removed.
            if page.question.job.is_some() && page.job.is_none() {
                self.question.job = None;
                self.question.pile = None;
                self.question.from = 0;
                self.is_stale = true;
            } else if page.question.from > 0 && page.records.is_empty() {
                self.question.from = self.question.from.saturating_sub(PAGE);
                self.is_stale = true;
            }
        } else {
            self.is_stale = true;
        }
        self.page = Some(page);
        (told.flatten(), self.again())
    }

    fn again(&mut self) -> Option<DeskCommand> {
        std::mem::take(&mut self.is_stale)
            .then(|| self.ask())
            .flatten()
    }

    /// Asks for what is to be shown, unless an answer is waited for: then after that.
    pub fn ask(&mut self) -> Option<DeskCommand> {
        if self.is_reading {
            self.is_stale = true;
            return None;
        }
        self.is_reading = true;
        Some(DeskCommand::ReadJournal(self.question.clone()))
    }

    /// The question did not get through.
    pub fn not_read(&mut self) {
        self.is_reading = false;
    }

    /// True if what is shown is what is to be shown.
    #[must_use]
    pub fn is_current(&self) -> bool {
        let page = self.page.as_ref();
        page.is_some_and(|page| is_same(&page.question, &self.question))
    }

    /// How many records lie on which pile, in all.
    #[must_use]
    pub fn counts(&self) -> StageCounts {
        self.page
            .as_ref()
            .map_or_else(StageCounts::default, |page| page.all)
    }

    /// Records that a person should look at.
    #[must_use]
    pub fn doubtful(&self) -> u64 {
        self.counts().doubtful()
    }

    /// The job that is shown, if only one is.
    #[must_use]
    pub fn job(&self) -> Option<&JobLine> {
        let job = self.page.as_ref()?.job.as_ref()?;
        (self.question.job == Some(job.id)).then_some(job)
    }

    /// True if this is a record that messages are put back of.
    #[must_use]
    pub fn is_put_back(&self, record: &Record) -> bool {
        self.putting
            .as_ref()
            .is_some_and(|p| is_of(&p.which, record))
    }

    /// Why this record's message was not put back, as far as that was tried last.
    #[must_use]
    pub fn why_not(&self, record: &Record) -> Option<&str> {
        let (which, words) = self.not_put_back.as_ref()?;
        is_of(which, record).then_some(words.as_str())
    }

    /// The same for the job that is shown.
    #[must_use]
    pub fn why_not_job(&self) -> Option<&str> {
        let (which, words) = self.not_put_back.as_ref()?;
        matches!(which, Records::Pile(job, _) if Some(*job) == self.question.job)
            .then_some(words.as_str())
    }

    /// Does what the person asked for.
    #[expect(
        clippy::too_many_lines,
        reason = "one arm for each action of the journal"
    )]
    ///
    /// What goes back to a store goes to `source`.
    pub fn act(
        &mut self,
        action: JournalAction,
        request: RequestId,
        source: SourceId,
    ) -> Option<Command> {
        match action {
            JournalAction::Refresh => return self.ask().map(Command::Desk),
            JournalAction::Job(job) => self.show(|question| {
                (question.job, question.pile) = (job, None);
            }),
            JournalAction::Pile(pile) => self.show(|question| question.pile = pile),
            JournalAction::Search(text) => self.show(|question| question.search = text),
            JournalAction::Turn(on) => {
                let from = self.question.from;
                self.question.from = turned(from, on, PAGE);
            }
            JournalAction::TurnJobs(on) => {
                let from = self.question.jobs_from;
                self.question.jobs_from = turned(from, on, JOBS);
            }
            JournalAction::Select(id) => {
                let mut records = self.page.iter().flat_map(|page| &page.records);
                let record = records.find(|record| record.id == id).cloned();
                self.selected = record.map(with_event);
                self.question.looked_at = self.selected.as_ref().map(|(record, _)| record.id);
                return None;
            }
            JournalAction::CloseRecord => {
                self.selected = None;
                self.question.looked_at = None;
                return None;
            }
            JournalAction::PutBack(id) => {
                let (record, _) = self
                    .selected
                    .as_ref()
                    .filter(|(record, _)| record.id == id)?;
                let which = Records::These(vec![id]);
                if self.putting.is_some() || record.not_put_back().is_some() {
                    return None;
                }
                let Some(words) = record.second_copy(clock_with_day) else {
                    let queue = record.message.queue.clone();
                    return self.put_back(which, queue, (request, source));
                };
                self.asking = Some(Asking {
                    title: format!("Put a copy back into {}?", record.message.queue),
                    words,
                    yes: "Put a copy back".to_owned(),
                    deed: Then::PutBack(which),
                });
                return None;
            }
            JournalAction::PutPileBack(pile) => {
                if self.putting.is_none() && pile.can_be_put_back() {
                    self.asking = self.job().map(|job| put_pile_back(job, pile));
                }
                return None;
            }
            JournalAction::ForgetPile(pile) => {
                self.asking = self.job().map(|job| forget_pile(job, pile));
                return None;
            }
            JournalAction::Forget(id) => {
                let which = Records::These(vec![id]);
                let (record, _) = self
                    .selected
                    .as_ref()
                    .filter(|(record, _)| record.id == id)?;
                if !record.is_doubtful() {
                    return Some(Command::Desk(DeskCommand::ForgetRecords(which)));
                }
                self.asking = Some(Asking {
                    title: "Remove it from the journal?".to_owned(),
                    words: format!(
                        "{}. With the record goes the copy that is in the journal.",
                        record.words()
                    ),
                    yes: "Remove it".to_owned(),
                    deed: Then::Forget(which),
                });
                return None;
            }
            JournalAction::Yes => {
                return match self.asking.take()?.deed {
                    Then::Forget(which) => Some(Command::Desk(DeskCommand::ForgetRecords(which))),
                    Then::PutBack(which) => {
                        let job = self.job().map(|job| job.queue.clone());
                        let one = self.selected.as_ref().map(|(r, _)| r.message.queue.clone());
                        let queue = match which {
                            Records::Pile(..) => job,
                            Records::These(_) => one,
                        };
                        self.put_back(which, queue.unwrap_or_default(), (request, source))
                    }
                };
            }
            JournalAction::No => {
                self.asking = None;
                return None;
            }
            JournalAction::Stop => {
                let stop = |putting: &Putting| SourceCommand::StopJob(putting.request);
                return self
                    .putting
                    .as_ref()
                    .map(|putting| Command::Source(putting.source, stop(putting)));
            }
            JournalAction::Keep(days) => {
                self.keep_days = days;
                return Some(Command::Desk(DeskCommand::KeepRecords(days)));
            }
        }
        self.ask().map(Command::Desk)
    }

    /// Other records are to be shown: from the first on.
    fn show(&mut self, change: impl FnOnce(&mut Question)) {
        change(&mut self.question);
        self.question.from = 0;
        self.asking = None;
        self.not_put_back = None;
    }

    fn put_back(
        &mut self,
        which: Records,
        queue: String,
        (request, source): (RequestId, SourceId),
    ) -> Option<Command> {
        if self.putting.is_some() {
            return None;
        }
        self.not_put_back = None;
        self.putting = Some(Putting {
            request,
            source,
            which: which.clone(),
            total: 0,
            done: 0,
            queue,
        });
        let command = SourceCommand::PutBack { request, which };
        Some(Command::Source(source, command))
    }

    /// Notes how far putting back is.
    pub fn putting_back(&mut self, request: RequestId, total: usize, done: usize) {
        if let Some(putting) = self.putting.as_mut().filter(|p| p.request == request) {
            (putting.total, putting.done) = (total, done);
        }
    }

    /// Notes the end of putting back; gives what it was if it was that request.
    pub fn put_back_done(&mut self, request: RequestId, problem: Option<&str>) -> Option<Putting> {
        let putting = self.putting.take_if(|putting| putting.request == request)?;
        self.not_put_back = problem.map(|words| (putting.which.clone(), words.to_owned()));
        Some(putting)
    }
}

/// True if these show the same records.
fn is_same(a: &Question, b: &Question) -> bool {
    let parts = |q: &Question| (q.job, q.pile, q.from, q.jobs_from);
    parts(a) == parts(b) && a.search == b.search
}

fn turned(from: usize, on: bool, size: usize) -> usize {
    if on {
        from + size
    } else {
        from.saturating_sub(size)
    }
}

fn is_of(which: &Records, record: &Record) -> bool {
    match which {
        Records::These(ids) => ids.contains(&record.id),
        Records::Pile(job, _) => *job == record.job,
    }
}

fn clock_with_day(at: DateTime<Utc>) -> String {
    let local = at.with_timezone(&chrono::Local);
    format!("{} {}", local.format("%Y-%m-%d"), &clock(at)[..8])
}

/// What an earlier run left unfinished, in a sentence; nothing if nothing.
fn cut_off(page: &JournalPage) -> Option<String> {
    let cut = page.jobs.iter().filter(|job| job.counts.cut_off() > 0);
    let mut parts: Vec<String> = Vec::new();
    for pile in [Pile::Twice, Pile::OnlyHere, Pile::Untouched] {
        let count = page.all.get(pile);
        if count > 0 {
            parts.push(pile.words(count, None));
        }
    }
    if parts.is_empty() {
        return None;
    }
    for deed in [Operation::Resend, Operation::Discard] {
        let jobs = cut.clone().filter(|job| job.deed == deed);
        let done: u64 = jobs.map(|job| job.counts.get(Pile::Done)).sum();
        if done > 0 {
            parts.push(Pile::Done.words(done, Some(deed)));
        }
    }
    Some(format!(
        "An earlier run was cut off. Of its messages {}. The journal under Dead letters says of \
         each where it is",
        parts.join(", ")
    ))
}

fn put_pile_back(job: &JobLine, pile: Pile) -> Asking {
    let count = job.counts.get(pile);
    let (messages, queue) = (count_of(count, "message"), &job.queue);
    let words = match (pile, job.deed) {
        (Pile::Done, Operation::Discard) => {
            format!("They were discarded. Each is published to {queue} again, as it lay there.")
        }
        (Pile::Done, Operation::Resend) => format!(
            "They were sent again, so each copy that is put back into {queue} is a second one."
        ),
        (Pile::PutBack, _) => {
            format!("They were put back into {queue} before, so each copy is a further one.")
        }
        (Pile::OnlyHere, _) => format!(
            "RabbitMQ may have dropped them, or they lie in {queue} or where its dead letters go. \
             Look there first: what is there is there twice afterwards."
        ),
        _ => format!(
            "They may lie in {queue} already, or in the queue that they were sent to. Look there \
             first: what is there is there twice afterwards."
        ),
    };
    Asking {
        title: format!("Put {messages} back?"),
        words,
        yes: format!("Put {messages} back"),
        deed: Then::PutBack(Records::Pile(job.id, pile)),
    }
}

fn forget_pile(job: &JobLine, pile: Pile) -> Asking {
    let records = count_of(job.counts.get(pile), "record");
    let words = match pile {
        Pile::Untouched => format!(
            "Their messages were not touched: they lie in {} as before, unless somebody took them \
             since. The copies in the journal go.",
            job.queue
        ),
        Pile::Twice | Pile::OnlyHere => format!(
            "It is not certain where their messages are. Look into {} first: the copies in the \
             journal go.",
            job.queue
        ),
        _ => "The copies in the journal go, so they cannot be put back any more.".to_owned(),
    };
    Asking {
        title: format!("Remove {records} from the journal?"),
        words,
        yes: format!("Remove {records}"),
        deed: Then::Forget(Records::Pile(job.id, pile)),
    }
}

fn with_event(record: Record) -> (Record, Arc<Event>) {
    let held = &record.message;
    let event = Event::new(
        record.at,
        held.destination.clone(),
        held.key.clone(),
        Transport::amqp(false),
        held.properties.clone(),
        held.body.clone(),
    );
    (record, Arc::new(event))
}

#[cfg(test)]
mod tests;
