//! The background as the window drives it.

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
use eventscope::event::{Event, Outgoing};
use eventscope::log::Kept;
use eventscope::protocol::{
    Command, Link, PublishOutcome, RequestId, SourceCommand, SourceUpdate, TapProgress, TapState,
    Update,
};

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
}
