//! The background as the window drives it.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use crossbeam_channel::Receiver;
use eventscope::address::Address;
use eventscope::drivers::{self, Options};
use eventscope::engine::handle::Handle;
use eventscope::event::picture::Picture;
use eventscope::event::source_id::SourceId;
use eventscope::event::start_from::StartFrom;
use eventscope::event::tap_id::TapId;
use eventscope::event::watching::{Report, TapReading, TapRequest};
use eventscope::event::{Event, Fingerprint, Outgoing};
use eventscope::log::Kept;
use eventscope::protocol::{
    Command, Link, LogPage, MoveOutcome, PeekReport, PublishOutcome, RecordsOrder, RequestId,
    ResendCheck, SourceCommand, SourceUpdate, TapProgress, TapState, Update,
};
use eventscope::repair::dead_place::DeadPlace;
use eventscope::repair::job_sum::JobSum;
use eventscope::repair::record_place::{RecordFound, RecordPlace};

use super::server::KafkaServer;

/// How long anything may take before a test fails.
pub(crate) const PATIENCE: Duration = Duration::from_mins(1);

/// The background.
pub(crate) struct App {
    handle: Handle,
    updates: Receiver<Update>,
    /// Updates that came while something else was waited for.
    kept: Vec<Update>,
    /// How far each tap said it is.
    pub(crate) progress: Option<TapProgress>,
}

pub(crate) fn number() -> u64 {
    static NUMBER: AtomicU64 = AtomicU64::new(1);
    NUMBER.fetch_add(1, Ordering::Relaxed)
}

/// An address of this server.
pub(crate) fn address(server: &str, query: &str) -> Address {
    Address::from_text(&format!("kafka://{server}{query}")).expect("an address")
}

impl App {
    pub(crate) fn start() -> Self {
        Self::with(Options::default())
    }

    /// With a journal in this folder.
    pub(crate) fn start_with_journal(folder: &Path) -> Self {
        Self::with(Options {
            journal_dir: Some(folder.to_owned()),
            ..Options::default()
        })
    }

    pub(crate) fn with(options: Options) -> Self {
        let (handle, updates) = drivers::start(|| {}, options).expect("the background");
        Self {
            handle,
            updates,
            kept: Vec::new(),
            progress: None,
        }
    }

    /// Connected, and the topics were read once.
    pub(crate) fn at(server: &KafkaServer) -> Self {
        Self::at_with(server, Options::default())
    }

    /// The same with a journal in this folder.
    pub(crate) fn at_with_journal(server: &KafkaServer, folder: &Path) -> Self {
        let options = Options {
            journal_dir: Some(folder.to_owned()),
            ..Options::default()
        };
        Self::at_with(server, options)
    }

    pub(crate) fn at_with(server: &KafkaServer, options: Options) -> Self {
        let mut app = Self::with(options);
        app.connect(address(&server.plain, ""))
            .expect("a connection");
        app.picture();
        app
    }

    /// What answers, or why nothing does.
    pub(crate) fn connect(&mut self, address: Address) -> Result<String, String> {
        self.tell(SourceCommand::Connect(address));
        self.expect("a connection", |update| match update {
            SourceUpdate::Link(Link::Connected { server, .. }) => Some(Ok(server.to_string())),
            SourceUpdate::Link(Link::Failed { reason, .. }) => Some(Err(reason.clone())),
            _ => None,
        })
    }

    pub(crate) fn picture(&mut self) -> Picture {
        self.expect("the topics", |update| match update {
            SourceUpdate::Picture(picture) => Some(picture.clone()),
            _ => None,
        })
    }

    /// Waits until a topic is in the list.
    pub(crate) fn knows(&mut self, topic: &str) {
        self.tell(SourceCommand::RefreshTopology);
        self.expect("the topic", |update| match update {
            SourceUpdate::Picture(picture) => picture.destination(topic).map(|_| ()),
            _ => None,
        });
    }

    pub(crate) fn tell(&self, command: SourceCommand) {
        let command = Command::Source(SourceId::FIRST, command);
        self.handle.send(command).expect("room for a command");
    }

    /// Waits for an update that `pick` likes; the others are kept for later.
    pub(crate) fn expect<T>(
        &mut self,
        what: &str,
        mut pick: impl FnMut(&SourceUpdate) -> Option<T>,
    ) -> T {
        let mut pick = |update: &Update| match update {
            Update::Source(_, update) => pick(update),
            Update::Desk(_) => None,
        };
        for index in 0..self.kept.len() {
            if let Some(found) = pick(&self.kept[index]) {
                self.kept.remove(index);
                return found;
            }
        }
        let deadline = Instant::now() + PATIENCE;
        loop {
            let Ok(update) = self.updates.recv_deadline(deadline) else {
                panic!("waited in vain for {what}; there came {:#?}", self.kept);
            };
            if let Update::Source(
                _,
                SourceUpdate::Tap {
                    state: TapState::Behind(told),
                    ..
                },
            ) = update
            {
                self.progress = Some(told);
            }
            if let Some(found) = pick(&update) {
                return found;
            }
            self.kept.push(update);
        }
    }

    pub(crate) fn preflight(&mut self, topics: &str, from: StartFrom) -> Report {
        let request = RequestId(number());
        self.tell(SourceCommand::Preflight {
            request,
            destination: topics.to_owned(),
            keys: Vec::new(),
            reading: TapReading {
                from,
                ..TapReading::default()
            },
        });
        self.expect("a preflight", |update| match update {
            SourceUpdate::Preflight { request: r, report } if *r == request => Some(report.clone()),
            _ => None,
        })
    }

    /// Starts a tap and waits until it reads, or for why it does not.
    pub(crate) fn tap(&mut self, topics: &str, reading: TapReading) -> Result<TapId, String> {
        let tap = TapId::of(SourceId::FIRST, number());
        self.tell(SourceCommand::StartTap(TapRequest {
            tap,
            destination: topics.to_owned(),
            keys: Vec::new(),
            reading,
        }));
        self.expect("a tap", |update| match update {
            SourceUpdate::Tap { tap: t, state } if *t == tap => match state {
                TapState::Running { .. } => Some(Ok(tap)),
                TapState::Refused(words) => Some(Err(words.clone())),
                _ => None,
            },
            _ => None,
        })
    }

    /// Why a tap that runs sees nothing.
    pub(crate) fn interruption(&mut self, id: TapId) -> String {
        self.expect("an interruption", |update| match update {
            SourceUpdate::Tap {
                tap,
                state: TapState::Interrupted(words),
            } if *tap == id => Some(words.clone()),
            _ => None,
        })
    }

    pub(crate) fn tap_from(&mut self, topics: &str, from: StartFrom) -> TapId {
        let reading = TapReading {
            from,
            ..TapReading::default()
        };
        self.tap(topics, reading).expect("a tap")
    }

    /// The next so many events of a tap.
    pub(crate) fn events(&mut self, tap: TapId, count: usize) -> Vec<Event> {
        let mut events = Vec::new();
        while events.len() < count {
            let more = self.expect("events", |update| match update {
                SourceUpdate::Events(batch) if batch.tap() == tap => {
                    Some(batch.events().map(Kept::to_event).collect::<Vec<_>>())
                }
                _ => None,
            });
            events.extend(more);
        }
        events
    }

    /// Events of a tap that have come and were not taken.
    pub(crate) fn waiting(&mut self, tap: TapId) -> usize {
        self.kept.extend(self.updates.try_iter());
        let all = self.kept.iter().map(|update| match update {
            Update::Source(_, SourceUpdate::Events(batch)) if batch.tap() == tap => batch.len(),
            _ => 0,
        });
        all.sum()
    }

    /// Why a tap could not go on.
    pub(crate) fn refusal(&mut self) -> String {
        self.expect("a refusal", |update| match update {
            SourceUpdate::Tap {
                state: TapState::Refused(words),
                ..
            } => Some(words.clone()),
            _ => None,
        })
    }

    pub(crate) fn publish(&mut self, outgoing: Outgoing) -> PublishOutcome {
        let request = RequestId(number());
        self.tell(SourceCommand::Publish { request, outgoing });
        self.expect("a verdict", |update| match update {
            SourceUpdate::Published {
                request: r,
                outcome,
            } if *r == request => Some(outcome.clone()),
            _ => None,
        })
    }

    /// Publishes all, with many under way.
    pub(crate) fn publish_all(&mut self, all: &[Outgoing]) {
        for some in all.chunks(100) {
            let mut open: Vec<RequestId> = Vec::new();
            for outgoing in some {
                let request = RequestId(number());
                let outgoing = outgoing.clone();
                self.tell(SourceCommand::Publish { request, outgoing });
                open.push(request);
            }
            for wanted in open {
                let outcome = self.expect("a verdict", |update| match update {
                    SourceUpdate::Published { request, outcome } if *request == wanted => {
                        Some(outcome.clone())
                    }
                    _ => None,
                });
                assert!(
                    matches!(outcome, PublishOutcome::Written { .. }),
                    "{outcome:?}"
                );
            }
        }
    }

    pub(crate) fn dead_places(&mut self, named: &[String]) -> Result<Vec<DeadPlace>, String> {
        let request = RequestId(number());
        let named = named.to_vec();
        self.tell(SourceCommand::FindDeadPlaces { request, named });
        self.expect("places", |update| match update {
            SourceUpdate::DeadPlaces { request: r, result } if *r == request => {
                Some(result.clone())
            }
            _ => None,
        })
    }

    pub(crate) fn read_log(
        &mut self,
        place: &str,
        page: LogPage,
        size: u32,
    ) -> Result<PeekReport, String> {
        self.read(place, None, page, size)
    }

    pub(crate) fn read_partition(
        &mut self,
        place: &str,
        partition: u32,
        page: LogPage,
        size: u32,
    ) -> Result<PeekReport, String> {
        self.read(place, Some(partition), page, size)
    }

    fn read(
        &mut self,
        place: &str,
        partition: Option<u32>,
        page: LogPage,
        size: u32,
    ) -> Result<PeekReport, String> {
        let request = RequestId(number());
        self.tell(SourceCommand::ReadLog {
            request,
            place: place.to_owned(),
            partition,
            page,
            size,
        });
        self.expect("a page", |update| match update {
            SourceUpdate::Peeked { request: r, result } if *r == request => Some(result.clone()),
            _ => None,
        })
    }

    pub(crate) fn records(&mut self, places: Vec<RecordPlace>) -> Result<Vec<RecordFound>, String> {
        let request = RequestId(number());
        self.tell(SourceCommand::ReadRecords { request, places });
        self.expect("records", |update| match update {
            SourceUpdate::Records { request: r, result } if *r == request => Some(result.clone()),
            _ => None,
        })
    }

    pub(crate) fn check(&mut self, order: RecordsOrder) -> Result<ResendCheck, String> {
        let request = RequestId(number());
        let order = Box::new(order);
        self.tell(SourceCommand::CheckResend { request, order });
        self.expect("a check", |update| match update {
            SourceUpdate::ResendChecked { request: r, result } if *r == request => {
                Some(result.clone().map(|check| *check))
            }
            _ => None,
        })
    }

    pub(crate) fn begin_resend(&mut self, order: RecordsOrder) -> RequestId {
        let request = RequestId(number());
        let order = Box::new(order);
        self.tell(SourceCommand::ResendRecords { request, order });
        request
    }

    pub(crate) fn resend(&mut self, order: RecordsOrder) -> EndedJob {
        let request = self.begin_resend(order);
        self.end_of(request)
    }

    /// How a job ended.
    pub(crate) fn end_of(&mut self, request: RequestId) -> EndedJob {
        let mut kept = Vec::new();
        self.expect("the end of a job", |update| match update {
            SourceUpdate::Moved { request: r, moved } if *r == request => {
                kept.extend(moved.iter().filter_map(|(_, outcome)| match outcome {
                    MoveOutcome::Kept(words) | MoveOutcome::Unsure(words) => Some(words.clone()),
                    _ => None,
                }));
                None
            }
            SourceUpdate::JobDone {
                request: r,
                problem,
                sum,
            } if *r == request => Some(EndedJob {
                problem: problem.clone(),
                sum: sum.unwrap_or_default(),
                kept: std::mem::take(&mut kept),
            }),
            _ => None,
        })
    }

    pub(crate) fn discard(
        &mut self,
        letters: Vec<Arc<Event>>,
    ) -> (Vec<(Fingerprint, MoveOutcome)>, EndedJob) {
        let request = RequestId(number());
        self.tell(SourceCommand::DiscardRecords { request, letters });
        let moved = self.expect("what was moved", |update| match update {
            SourceUpdate::Moved { request: r, moved } if *r == request => Some(moved.clone()),
            _ => None,
        });
        (moved, self.end_of(request))
    }

    /// Which of these came back.
    pub(crate) fn returns(&mut self, letters: Vec<Arc<Event>>) -> Vec<(Fingerprint, u32)> {
        self.tell(SourceCommand::AskReturns(letters));
        self.expect("what came back", |update| match update {
            SourceUpdate::CameBack(told) => Some(told.clone()),
            _ => None,
        })
    }
}

/// How a job ended.
#[derive(Debug)]
pub(crate) struct EndedJob {
    pub(crate) problem: Option<String>,
    pub(crate) sum: JobSum,
    /// Why some were not sent.
    pub(crate) kept: Vec<String>,
}
