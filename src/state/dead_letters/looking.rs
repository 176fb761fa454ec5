//! Opening a queue and looking into it, page by page, or reading it if it is a stream.

use std::collections::{BTreeMap, BTreeSet};

use super::log::log_page;
use super::{DeadLetter, DeadLetterDesk, Forms, Peeked, Surroundings, TargetChoice};
use crate::protocol::{LogPage, PutBack, RequestId, SourceCommand};
use crate::rabbitmq::delivery_limit::Left;
use crate::rabbitmq::peek_rules::{Forecast, PAGE_SIZES, Page, Past, PeekVerdict, REACH, forecast};
use crate::rabbitmq::server_version::ServerVersion;
use crate::rabbitmq::stream::{self, Start, StartKind};
use crate::rabbitmq::topology::{DeadLetterQueue, Queue, Topology, TopologySource};
use crate::repair::oldest::{AgeSource, Oldest};
use crate::text::numbers::{count_of, thousands};
use crate::text::timestamp;

/// What a person can do about looking.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LookAction {
    /// Show so many messages at once.
    PageSize(u32),
    /// Borrow what lies behind what is shown.
    NextPage,
    /// Borrow what lies before it.
    PreviousPage,
    /// Choose where reading a stream begins.
    From(StartKind),
    /// Read the open stream.
    Read,
}

/// How the open queue is looked at.
#[derive(Debug)]
pub struct Looking {
    /// Messages on a page.
    pub size: u32,
    /// Messages before the page that was asked for last.
    first: u32,
    /// What the next look does.
    pub forecast: Forecast,
    /// Where reading a stream begins.
    pub from: StartKind,
    /// The topology could tell of the open queue and does not: it is newer, or is not there.
    is_unlisted: bool,
    /// Which broker it is, if that is known.
    version: Option<ServerVersion>,
    /// How many safe looks the last one found to be left.
    left: BTreeMap<String, Left>,
    /// Queues into which the last look put nothing again.
    calm: BTreeSet<String>,
    /// The oldest messages that looks have seen.
    oldest: BTreeMap<String, Oldest>,
}

impl Default for Looking {
    fn default() -> Self {
        Self {
            size: PAGE_SIZES[0],
            first: 0,
            forecast: Forecast::default(),
            from: StartKind::default(),
            is_unlisted: false,
            version: None,
            left: BTreeMap::new(),
            calm: BTreeSet::new(),
            oldest: BTreeMap::new(),
        }
    }
}

impl Looking {
    /// A new session with this broker.
    pub fn start(&mut self, server: &ServerVersion) {
        *self = Self {
            size: self.size,
            version: Some(server.clone()),
            ..Self::default()
        };
    }

    fn page(&self) -> Page {
        Page {
            first: self.first,
            size: self.size,
        }
    }

    /// Takes down what a look has found.
    pub(super) fn note(&mut self, peeked: &Peeked) {
        match peeked.left {
            Some(left) => self.left.insert(peeked.queue.clone(), left),
            None => self.left.remove(&peeked.queue),
        };
        if peeked.put_back == PutBack::InOrder {
            self.calm.insert(peeked.queue.clone());
        } else {
            self.calm.remove(&peeked.queue);
        }
        if peeked.first == 0 && peeked.put_back != PutBack::Untouched {
            let head = peeked.messages.first();
            match head.and_then(|head| Oldest::seen(&head.event)) {
                Some(oldest) => self.oldest.insert(peeked.queue.clone(), oldest),
                None => self.oldest.remove(&peeked.queue),
            };
        }
    }

    /// Messages have left this queue, or were put into it again: what the last look found is not
    /// certain any more.
    pub(super) fn doubt(&mut self, queue: &str) {
        self.left.remove(queue);
        self.oldest.remove(queue);
    }
}

/// True if messages may lie in this queue that died in a quorum queue, which gives them the count
/// of their deliveries along.
fn may_carry(listed: &[DeadLetterQueue], topology: &Topology, name: &str) -> bool {
    let is_quorum = |queue: &Queue| queue.kind == "quorum";
    match listed.iter().find(|dead| dead.queue.name == name) {
        Some(dead) if !dead.origins.is_empty() => {
            let mut origins = dead.origins.iter();
            origins.any(|origin| topology.queue(origin).is_none_or(is_quorum))
        }
        // Where its messages come from is not known.
        _ => {
            let mut queues = topology.queues.iter();
            queues.any(|queue| is_quorum(queue) && queue.dead_letters_somewhere())
        }
    }
}

impl DeadLetterDesk {
    /// Works out again what a look would do.
    pub(super) fn foresee(&mut self, topology: &Topology) {
        let looking = &mut self.looking;
        for queue in &topology.queues {
            if queue.ready == Some(0) && queue.unacked == Some(0) {
                looking.oldest.remove(&queue.name);
            }
        }
        let Some(name) = &self.queue else {
            return;
        };
        let past = Past {
            left: looking.left.get(name).copied(),
            may_carry: !looking.calm.contains(name) && may_carry(&self.queues, topology, name),
        };
        let version = looking.version.as_ref();
        looking.is_unlisted =
            topology.source == TopologySource::Management && topology.queue(name).is_none();
        looking.forecast = forecast(topology.queue(name), version, looking.page(), past);
    }

    /// The oldest message of a listed queue, if anything is known of it.
    #[must_use]
    pub fn oldest(&self, dead: &Queue) -> Option<Oldest> {
        let seen = self.looking.oldest.get(&dead.name).copied();
        seen.or_else(|| {
            let told = |number| Oldest {
                at: timestamp::seconds(number),
                source: AgeSource::Told,
            };
            dead.head_time.filter(|_| dead.ready != Some(0)).map(told)
        })
    }

    /// True if the open queue is a stream, which keeps what is in it.
    #[must_use]
    pub fn is_stream(&self) -> bool {
        if self.log.is_on {
            return false;
        }
        let was_read = |peeked: &Peeked| peeked.put_back == PutBack::Untouched;
        self.looking.forecast.verdict == PeekVerdict::Stream
            || self.peeked.as_ref().is_some_and(was_read)
    }

    /// Opens a queue. It is looked into at once if that changes nothing that matters; otherwise the
    /// person reads first what it does.
    pub(super) fn open(
        &mut self,
        name: String,
        request: RequestId,
        forms: &mut Forms,
        cx: &Surroundings<'_>,
    ) -> Vec<SourceCommand> {
        if self.queue.as_ref() != Some(&name) {
            self.put_editor_aside(forms);
            self.end_result();
            self.peeked = None;
            self.peeking = None;
            self.peek_problem = None;
            self.groups.reset();
            self.listing.reset();
            forms.dead_filter.clear();
            self.selected = None;
            self.marked.clear();
            self.asking = None;
            self.asking_all = None;
            self.rules = None;
            // What was chosen for one queue is not meant for another.
            self.choice = TargetChoice::default();
            self.queue = Some(name);
        }
        self.looking.first = 0;
        if self.log.is_on {
            self.log.spans.clear();
            return self
                .read_log(LogPage::Newest, request)
                .into_iter()
                .collect();
        }
        self.foresee(cx.known.topology);
        match self.looking.forecast.verdict {
            PeekVerdict::Free => self.peek(request).into_iter().collect(),
            // The broker side finds out what it is, and does nothing that had to be read before.
            PeekVerdict::Read if self.looking.is_unlisted => {
                self.peek(request).into_iter().collect()
            }
            PeekVerdict::Read | PeekVerdict::Blocked | PeekVerdict::Stream => Vec::new(),
        }
    }

    /// Looks at the page. The person has read what it does.
    pub(super) fn peek(&mut self, request: RequestId) -> Option<SourceCommand> {
        if self.log.is_on {
            return self.read_log_again(request);
        }
        // A peek while a job borrows the same messages would find an empty queue.
        let verdict = self.looking.forecast.verdict;
        let never = verdict == PeekVerdict::Blocked || self.is_stream();
        if self.is_busy() || self.peeking.is_some() || never {
            return None;
        }
        let queue = self.queue.clone()?;
        self.end_result();
        self.peeking = Some(request);
        // Where the figures were wrong, the last answer said so, and it is asked for once more.
        let has_read = verdict == PeekVerdict::Read && !self.looking.is_unlisted;
        let agreed = self.peek_problem.take().is_some() || has_read;
        Some(SourceCommand::Peek {
            request,
            queue,
            page: self.looking.page(),
            agreed,
        })
    }

    pub(super) fn look(
        &mut self,
        action: LookAction,
        request: RequestId,
        forms: &Forms,
    ) -> Option<SourceCommand> {
        match action {
            LookAction::PageSize(size) => {
                self.looking.size = size.clamp(1, REACH);
                self.looking.first = 0;
                None
            }
            LookAction::NextPage if self.log.is_on => self.turn_log(true, request),
            LookAction::PreviousPage if self.log.is_on => self.turn_log(false, request),
            LookAction::NextPage if self.is_stream() => {
                let last = self.peeked.as_ref()?.messages.last()?;
                let next = stream::offset(&last.event)?.saturating_add(1);
                self.read(Start::Offset(next), request)
            }
            LookAction::PreviousPage if self.is_stream() => {
                let first = self.peeked.as_ref()?.messages.first()?;
                let first = stream::offset(&first.event)?;
                let before = first.saturating_sub(u64::from(self.looking.size));
                self.read(Start::Offset(before), request)
            }
            LookAction::NextPage => {
                self.looking.first = self.next_page()?.first;
                self.peek(request)
            }
            LookAction::PreviousPage => {
                self.looking.first = self.looking.first.saturating_sub(self.looking.size);
                self.peek(request)
            }
            LookAction::From(kind) => {
                self.looking.from = kind;
                None
            }
            LookAction::Read => match self.looking.from.start(&forms.stream_from) {
                Ok(start) if self.log.is_on => self.read_log(log_page(start), request),
                Ok(start) => self.read(start, request),
                Err(words) => {
                    self.peek_problem = Some(words);
                    None
                }
            },
        }
    }

    fn read(&mut self, start: Start, request: RequestId) -> Option<SourceCommand> {
        if self.is_busy() || self.peeking.is_some() {
            return None;
        }
        let queue = self.queue.clone()?;
        self.peek_problem = None;
        self.peeking = Some(request);
        Some(SourceCommand::ReadStream {
            request,
            queue,
            start,
            size: self.looking.size,
        })
    }

    /// The page behind the one that is shown, if there is one within reach.
    #[must_use]
    pub fn next_page(&self) -> Option<Page> {
        let peeked = self.peeked.as_ref()?;
        let shown = u32::try_from(peeked.messages.len()).unwrap_or(u32::MAX);
        let page = Page {
            first: peeked.first.saturating_add(shown),
            size: self.looking.size,
        };
        (shown > 0 && page.first < peeked.depth && page.first < REACH).then_some(page)
    }

    /// True if there is a page before the one that is shown.
    #[must_use]
    pub fn has_previous_page(&self) -> bool {
        let Some(peeked) = &self.peeked else {
            return false;
        };
        if self.log.is_on {
            return self.log_goes_on().0;
        }
        if peeked.put_back == PutBack::Untouched {
            let first = peeked.messages.first();
            return first.and_then(|first| stream::offset(&first.event)) > Some(0);
        }
        peeked.first > 0
    }

    /// What is shown of the queue, in words.
    #[must_use]
    pub fn window_words(&self) -> String {
        let Some(peeked) = &self.peeked else {
            return String::new();
        };
        if self.log.is_on {
            return self.log_words(peeked);
        }
        if peeked.put_back != PutBack::Untouched {
            return peeked.what();
        }
        let offset = |message: Option<&DeadLetter>| stream::offset(&message?.event);
        let messages = &peeked.messages;
        match (offset(messages.first()), offset(messages.last())) {
            (Some(first), Some(last)) => {
                format!("Offsets {}–{}", thousands(first), thousands(last))
            }
            _ => peeked.what(),
        }
    }

    /// What lies behind what is shown, and what it costs to see it; empty if all is shown.
    #[must_use]
    pub fn reach_words(&self) -> String {
        let peeked = self.peeked.as_ref();
        let Some(peeked) = peeked.filter(|p| p.put_back != PutBack::Untouched) else {
            return String::new();
        };
        if peeked.messages.is_empty() || peeked.shows_all() {
            return String::new();
        }
        let shown = u32::try_from(peeked.messages.len()).unwrap_or(u32::MAX);
        let last = peeked.first.saturating_add(shown);
        match self.next_page() {
            Some(page) => {
                let reach = page.reach().min(peeked.depth);
                format!(
                    "The next page borrows the first {}",
                    thousands(reach.into())
                )
            }
            None if last < peeked.depth => format!(
                "A look ends after {}, because AMQP can only borrow from the head: resend or \
                 discard some of these, or resend all, to get to the rest",
                count_of(u64::from(REACH), "message")
            ),
            None => String::new(),
        }
    }
}
