//! The journal of this machine: what was resent or discarded, and what was cut off on its way.

use std::sync::Arc;

use crate::domain::Event;
use crate::domain::record::{Fate, KEEP_DAYS, Record, RecordId};
use crate::protocol::{Command, RequestId};

/// What a person can do with the journal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JournalAction {
    /// Read it again.
    Refresh,
    /// Look at a record.
    Select(RecordId),
    /// Publish its message to the queue that it lay in.
    PutBack(RecordId),
    /// Remove it from the journal.
    Forget(RecordId),
    /// Keep records for so many days.
    Keep(u16),
}

/// Days that can be chosen.
pub const KEEP_CHOICES: [u16; 5] = [7, 30, 90, 365, 3_650];

/// The journal as it was last read.
#[derive(Debug)]
pub struct JournalDesk {
    /// What is not certain first, then the newest.
    pub records: Vec<Record>,
    /// Why it could not be read, or why a message was not put back.
    pub problem: Option<String>,
    /// What is looked at, as an event.
    pub selected: Option<(RecordId, Arc<Event>)>,
    /// A message is being put back.
    pub putting: Option<RequestId>,
    /// Days that a record is kept after its message left the queue.
    pub keep_days: u16,
    told: bool,
}

impl Default for JournalDesk {
    fn default() -> Self {
        Self {
            records: Vec::new(),
            problem: None,
            selected: None,
            putting: None,
            keep_days: KEEP_DAYS,
            told: false,
        }
    }
}

impl JournalDesk {
    /// Takes in what was read. The first time, what an earlier run left unfinished is worth a
    /// sentence.
    pub fn read(&mut self, read: Result<Vec<Record>, String>) -> Option<String> {
        match read {
            Err(words) => {
                self.problem = Some(words);
                return None;
            }
            Ok(records) => self.records = records,
        }
        if let Some((id, _)) = self.selected
            && self.record(id).is_none()
        {
            self.selected = None;
        }
        if std::mem::replace(&mut self.told, true) {
            return None;
        }
        let count = self.unfinished();
        (count > 0).then(|| {
            let messages = match count {
                1 => "1 message was".to_owned(),
                count => format!("{count} messages were"),
            };
            format!(
                "{messages} cut off on the way by an earlier run. The journal under Dead letters \
                 says of each where it is"
            )
        })
    }

    /// Records that a person should look at.
    #[must_use]
    pub fn unfinished(&self) -> usize {
        let open =
            |record: &&Record| matches!(record.fate(), Fate::Untouched | Fate::DuplicatePossible);
        self.records.iter().filter(open).count()
    }

    /// The record of this name.
    #[must_use]
    pub fn record(&self, id: RecordId) -> Option<&Record> {
        self.records.iter().find(|record| record.id == id)
    }

    /// The record that is looked at.
    #[must_use]
    pub fn selected_record(&self) -> Option<&Record> {
        self.record(self.selected.as_ref()?.0)
    }

    /// Does what the person asked for.
    pub fn act(&mut self, action: JournalAction, request: RequestId) -> Option<Command> {
        match action {
            JournalAction::Refresh => {
                self.problem = None;
                Some(Command::ReadJournal)
            }
            JournalAction::Select(id) => {
                let event = self.record(id).map(|record| Arc::new(event_of(record)));
                self.selected = event.map(|event| (id, event));
                None
            }
            JournalAction::PutBack(id) => {
                if self.putting.is_some() {
                    return None;
                }
                self.problem = None;
                self.putting = Some(request);
                Some(Command::PutBack { request, id })
            }
            JournalAction::Keep(days) => {
                self.keep_days = days;
                Some(Command::KeepRecords(days))
            }
            JournalAction::Forget(id) => Some(Command::ForgetRecords(vec![id])),
        }
    }

    /// Notes the end of putting back; true if it was that request.
    pub fn job_done(&mut self, request: RequestId, problem: Option<&str>) -> bool {
        let own = self.putting == Some(request);
        if own {
            self.putting = None;
            self.problem = problem.map(str::to_owned);
        }
        own
    }
}

fn event_of(record: &Record) -> Event {
    let held = &record.message;
    Event::new(
        record.at,
        held.exchange.clone(),
        held.routing_key.clone(),
        false,
        held.properties.clone(),
        held.body.clone(),
    )
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::*;
    use crate::domain::Properties;
    use crate::domain::record::{Deed, Held, Stage};

    fn record(id: i64, stage: Stage) -> Record {
        Record {
            id: RecordId(id),
            deed: Deed::Resend,
            stage,
            at: DateTime::UNIX_EPOCH,
            abandoned: true,
            words: String::new(),
            came_back: false,
            message: Held {
                place: "localhost:5672/".into(),
                queue: "q".into(),
                exchange: "shop".into(),
                routing_key: "k".into(),
                properties: Properties::default(),
                body: b"{}".to_vec(),
                sent: None,
            },
        }
    }

    #[test]
    fn what_was_cut_off_is_told_once() {
        let mut desk = JournalDesk::default();
        let all = vec![record(1, Stage::Sent), record(2, Stage::Removed)];
        assert!(
            desk.read(Ok(all.clone()))
                .unwrap()
                .starts_with("1 message was")
        );
        assert_eq!(desk.read(Ok(all)), None);
        let mut desk = JournalDesk::default();
        assert_eq!(desk.read(Ok(vec![record(2, Stage::Removed)])), None);
    }

    #[test]
    fn a_message_is_put_back_once_at_a_time() {
        let mut desk = JournalDesk::default();
        desk.read(Ok(vec![record(1, Stage::Removed)]));
        let put = |desk: &mut JournalDesk, n| {
            desk.act(JournalAction::PutBack(RecordId(1)), RequestId(n))
                .is_some()
        };
        assert!(put(&mut desk, 5));
        assert!(!put(&mut desk, 6));
        assert!(!desk.job_done(RequestId(9), None));
        assert!(desk.job_done(RequestId(5), Some("no queue")));
        assert_eq!(desk.problem.as_deref(), Some("no queue"));
        assert!(put(&mut desk, 7));
    }

    #[test]
    fn a_record_that_is_gone_is_not_looked_at() {
        let mut desk = JournalDesk::default();
        desk.read(Ok(vec![record(1, Stage::Removed)]));
        desk.act(JournalAction::Select(RecordId(1)), RequestId(1));
        assert_eq!(desk.selected.as_ref().unwrap().1.routing_key, "k");
        desk.read(Ok(Vec::new()));
        assert!(desk.selected.is_none());
    }
}
