//! What every kept event is by the schemas of the folder, and what is learned from the events as
//! they come: one thread at a time works through the log in its order, and the window takes what
//! it found. A judgement is two bytes an event.

use std::collections::VecDeque;
use std::sync::Arc;
use std::task::Poll;

use super::SearchTask;
use super::learning::{Learner, Round};
use crate::log::EventLog;
use crate::schema::Catalog;
use crate::schema::stream::claim::Judgement;
use crate::schema::stream::drift::DriftField;

/// Segments of the log that one round looks at.
const SEGMENTS: usize = 2;
/// Milliseconds after which what was learned is shown again while events come.
const PICTURE_MS: u64 = 1_000;
/// New shapes that are remembered, the newest ones.
const MOST_SHAPES: usize = 200;

/// What events have in common that are judged alike.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// The type that they claim, as the folder calls it, if it knows it.
    pub event_type: Box<str>,
    /// The version that they claim; empty if none.
    pub version: Box<str>,
    /// Who published them: the property `app-id` or the login; empty if neither is known.
    pub publisher: Box<str>,
    /// Whether they are what they claim; failures are not told here.
    pub judgement: Judgement,
}

impl Standing {
    /// In few words, for a cell of a table. Empty where there is nothing to say.
    #[must_use]
    pub fn label(&self) -> String {
        let version = &self.version;
        match &self.judgement {
            Judgement::Matches => format!("matches {version}"),
            Judgement::Fails(_) => format!("fails {version}"),
            Judgement::FitsOnly(fits) => format!("{version}, fits {}", fits.join(", ")),
            Judgement::Unclaimed(fits) if fits.is_empty() => "fails all".to_owned(),
            Judgement::Unclaimed(fits) => format!("fits {}", fits.join(", ")),
            Judgement::UnknownVersion => format!("unknown {version}"),
            Judgement::NoSchema => String::new(),
            Judgement::NotJson => "not JSON".to_owned(),
            Judgement::TooLarge => "too large".to_owned(),
        }
    }
}

/// A standing with how many events have it.
#[derive(Clone, Debug)]
pub struct Counted {
    /// What they have in common.
    pub standing: Standing,
    /// [`Standing::label`].
    pub label: String,
    /// Events since the log was last cleared or the folder last changed.
    pub events: u64,
    /// Number of the newest of them in the log.
    pub newest: u64,
}

/// The first event of a new shape on its key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewShape {
    /// Its number in the log.
    pub number: u64,
    pub key: String,
    /// Who published it; empty if that is not known.
    pub publisher: String,
    /// What is new about it.
    pub words: String,
}

/// A type and version of which events were seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeenType {
    /// Type, as in [`Standing::event_type`].
    pub event_type: Box<str>,
    /// Version; empty if they claim none.
    pub version: Box<str>,
    /// JSON events of it that were learned from.
    pub events: u64,
}

/// What was learned of a type and version, beside what is declared.
#[derive(Clone, Debug, PartialEq)]
pub struct Learned {
    /// Events that were learned from.
    pub events: u64,
    /// Its fields, with what the folder's version of that name says of each.
    pub fields: Vec<DriftField>,
    /// As a JSON Schema.
    pub schema: String,
    /// The folder has that version, or the newest one where events claim none.
    pub declared: Option<String>,
}

/// What was found out so far.
#[derive(Debug)]
pub struct Judging {
    /// It goes on; otherwise it rests, and what came meanwhile is passed over.
    is_on: bool,
    catalog: Arc<Catalog>,
    /// Of each entry of the log from `first` on.
    codes: VecDeque<u16>,
    first: u64,
    counted: Vec<Counted>,
    new_shapes: VecDeque<NewShape>,
    types: Vec<SeenType>,
    /// What the person looks at: a type and a version of `types`.
    wanted: Option<(Box<str>, Box<str>)>,
    learned: Option<Arc<Learned>>,
    /// When that was asked for last, in milliseconds since 1970.
    asked_ms: i64,
    learner: Option<Learner>,
    running: Option<SearchTask<Round>>,
}

impl Default for Judging {
    fn default() -> Self {
        let catalog = Arc::new(Catalog::default());
        Self {
            is_on: true,
            learner: Some(Learner::new(Arc::clone(&catalog))),
            catalog,
            codes: VecDeque::new(),
            first: 0,
            counted: Vec::new(),
            new_shapes: VecDeque::new(),
            types: Vec::new(),
            wanted: None,
            learned: None,
            asked_ms: 0,
            running: None,
        }
    }
}

impl Judging {
    /// Judges by these schemas from now on, and all that is kept once more.
    pub fn set_catalog(&mut self, catalog: Arc<Catalog>) {
        *self = Self {
            is_on: self.is_on,
            wanted: self.wanted.take(),
            learner: Some(Learner::new(Arc::clone(&catalog))),
            catalog,
            ..Self::default()
        };
    }

    /// Forgets everything, as the log did.
    pub fn clear(&mut self) {
        self.set_catalog(Arc::clone(&self.catalog));
    }

    /// Goes on or rests.
    pub fn set_on(&mut self, is_on: bool) {
        self.is_on = is_on;
    }

    /// Whether it goes on.
    #[must_use]
    pub fn is_on(&self) -> bool {
        self.is_on
    }

    /// The schemas that events are judged by.
    #[must_use]
    pub fn catalog(&self) -> &Arc<Catalog> {
        &self.catalog
    }

    /// What was learned of this type and version is wanted by [`Self::learned`].
    pub fn want(&mut self, wanted: Option<(&str, &str)>) {
        let wanted = wanted.map(|(name, version)| (name.into(), version.into()));
        if self.wanted != wanted {
            self.wanted = wanted;
            self.learned = None;
        }
    }

    /// What was learned of the type and version that [`Self::want`] named.
    #[must_use]
    pub fn learned(&self) -> Option<&Arc<Learned>> {
        self.learned.as_ref()
    }

    /// How the entry of this number was judged; none if it was not looked at yet, or is no event.
    #[must_use]
    pub fn of(&self, number: u64) -> Option<&Counted> {
        let at = usize::try_from(number.checked_sub(self.first)?).ok()?;
        self.counted.get(usize::from(*self.codes.get(at)?))
    }

    /// What was found, in the order of first occurrence.
    #[must_use]
    pub fn counted(&self) -> &[Counted] {
        &self.counted
    }

    /// The types and versions that were seen.
    #[must_use]
    pub fn types(&self) -> &[SeenType] {
        &self.types
    }

    /// Events that were the first of a new shape, oldest first.
    #[must_use]
    pub fn new_shapes(&self) -> &VecDeque<NewShape> {
        &self.new_shapes
    }

    /// The new shape that the event of this number brought.
    #[must_use]
    pub fn new_shape(&self, number: u64) -> Option<&NewShape> {
        let at = self
            .new_shapes
            .binary_search_by_key(&number, |shape| shape.number);
        self.new_shapes.get(at.ok()?)
    }

    /// Every entry before this number was looked at.
    #[must_use]
    pub fn done_to(&self) -> u64 {
        self.first + self.codes.len() as u64
    }

    /// Takes what was found and begins the next round; true while one is under way.
    pub fn advance(&mut self, log: &EventLog, now_ms: i64) -> bool {
        if let Some(task) = &self.running
            && let Poll::Ready(round) = task.poll()
        {
            self.running = None;
            if let Some(round) = round {
                self.take(round);
            } else {
                // It ended in a panic, which is a fault of ours: what is kept is passed over.
                self.learner = Some(Learner::new(Arc::clone(&self.catalog)));
                self.skip_to(log.end());
            }
        }
        self.evict(log.first());
        if !self.is_on {
            if self.running.is_none() {
                self.skip_to(log.end());
            }
            return false;
        }
        let behind = self.done_to() < log.end();
        let is_old = now_ms.abs_diff(self.asked_ms) >= PICTURE_MS;
        let unlearned = self.wanted.is_some() && (self.learned.is_none() || behind && is_old);
        if (behind || unlearned)
            && let Some(learner) = self.learner.take()
        {
            let from = self.done_to();
            let pieces = log.some_pieces(from, SEGMENTS);
            let wanted = self.wanted.clone().filter(|_| unlearned);
            if unlearned {
                self.asked_ms = now_ms;
            }
            self.running = Some(SearchTask::begin(move || {
                learner.round(&pieces, from, wanted)
            }));
        }
        self.running.is_some()
    }

    fn take(&mut self, round: Round) {
        // Numbers go on without a hole.
        self.skip_to(round.from);
        for standing in round.standings {
            self.counted.push(Counted {
                label: standing.label(),
                standing,
                events: 0,
                newest: 0,
            });
        }
        for (code, count, newest) in round.counts {
            if let Some(counted) = self.counted.get_mut(usize::from(code)) {
                counted.events += count;
                counted.newest = newest;
            }
        }
        // What was evicted meanwhile is not needed.
        let gone = self.done_to().saturating_sub(round.from);
        let gone = usize::try_from(gone).unwrap_or(usize::MAX);
        self.codes.extend(round.codes.into_iter().skip(gone));
        self.new_shapes.extend(round.new_shapes);
        let surplus = self.new_shapes.len().saturating_sub(MOST_SHAPES);
        self.new_shapes.drain(..surplus);
        if let Some(types) = round.types {
            self.types = types;
        }
        if round.wanted.is_some() && round.wanted == self.wanted {
            self.learned = round.learned;
        }
        self.learner = Some(round.learner);
    }

    fn evict(&mut self, first: u64) {
        let gone = first.saturating_sub(self.first);
        let gone = usize::try_from(gone).unwrap_or(usize::MAX);
        if gone > 0 {
            self.codes.drain(..gone.min(self.codes.len()));
            self.first = first.max(self.first);
        }
        while (self.new_shapes.front()).is_some_and(|shape| shape.number < first) {
            self.new_shapes.pop_front();
        }
    }

    /// What lies before this number and was not looked at never will be.
    fn skip_to(&mut self, number: u64) {
        if number > self.done_to() {
            self.codes.clear();
            self.first = number;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::learning;
    use crate::event::Event;
    use crate::event::amqp::FieldValue;
    use crate::event::source_id::SourceId;
    use crate::event::tap_id::TapId;
    use crate::schema::SchemaSource;
    use crate::schema::stream::drift::Drift;
    use crate::testing::event;

    fn catalog() -> Arc<Catalog> {
        let source = |version: &str, kind: &str| SchemaSource {
            event_type: "order.created".into(),
            version: version.into(),
            file: format!("{version}.schema.json"),
            text: format!(r#"{{"type":"object","properties":{{"amount":{{"type":"{kind}"}}}}}}"#),
        };
        Arc::new(Catalog::new(
            std::path::PathBuf::new(),
            vec![source("1", "number"), source("2", "string")],
        ))
    }

    fn order(version: i32, body: &str) -> Event {
        let mut event = event("order.created", body);
        event.properties.app_id = Some(format!("orders-{version}"));
        event.properties.headers =
            Some(vec![("x-schema-version".into(), FieldValue::I32(version))]);
        event
    }

    fn settle(judging: &mut Judging, log: &EventLog) {
        while judging.advance(log, 0) {
            std::thread::yield_now();
        }
    }

    #[test]
    fn every_event_is_judged_counted_and_learned_from() {
        let mut log = EventLog::new(1_000_000);
        for event in [
            order(1, r#"{"amount":1}"#),
            order(1, r#"{"amount":"1"}"#),
            order(2, r#"{"amount":"1"}"#),
            order(2, r#"{"amount":true}"#),
            event("order.paid", "{}"),
        ] {
            log.push(TapId::of(SourceId::FIRST, 1), &event);
        }
        let at = chrono::DateTime::UNIX_EPOCH;
        log.push_gap(at, at);
        log.push(TapId::of(SourceId::FIRST, 1), &order(3, "nothing"));
        let mut judging = Judging::default();
        judging.set_catalog(catalog());
        settle(&mut judging, &log);
        let label = |number| judging.of(number).map(|counted| counted.label.as_str());
        assert_eq!(
            (0..7).map(label).collect::<Vec<_>>(),
            [
                Some("matches 1"),
                Some("1, fits 2"),
                Some("matches 2"),
                Some("fails 2"),
                Some(""),
                None,
                Some("not JSON"),
            ]
        );
        let second = &judging.of(2).unwrap().standing;
        assert_eq!(
            (&*second.event_type, &*second.version, &*second.publisher),
            ("order.created", "2", "orders-2")
        );
        let types = judging.types().iter();
        let orders = types.filter(|seen| &*seen.event_type == "order.created");
        let counts: Vec<u64> = orders.map(|seen| seen.events).collect();
        assert_eq!(counts, [2, 2]);
        judging.want(Some(("order.created", "2")));
        settle(&mut judging, &log);
        let learned = judging.learned().unwrap();
        let amount = &learned.fields[0];
        assert_eq!(
            (amount.path.as_str(), amount.seen, amount.kinds.as_str()),
            ("amount", 2, "text or true or false")
        );
        assert_eq!(amount.drift, Drift::OtherKind("text".into()));
        assert!(learned.schema.contains("\"boolean\""));
        judging.set_catalog(Arc::new(Catalog::default()));
        settle(&mut judging, &log);
        assert!(judging.of(0).is_none(), "there is nothing to judge by");
        assert_eq!(judging.types().len(), 3);
    }

    #[test]
    fn a_new_shape_is_marked_with_its_publisher() {
        let mut log = EventLog::new(1_000_000);
        for _ in 0..30 {
            log.push(TapId::of(SourceId::FIRST, 1), &order(1, r#"{"amount":1}"#));
        }
        log.push(
            TapId::of(SourceId::FIRST, 1),
            &order(2, r#"{"amount":"1"}"#),
        );
        let mut judging = Judging::default();
        settle(&mut judging, &log);
        let shape = judging.new_shape(30).unwrap();
        assert_eq!(
            (shape.publisher.as_str(), shape.words.as_str()),
            ("orders-2", "amount is text, was a number")
        );
        assert_eq!(judging.new_shapes().len(), 1);
    }

    #[test]
    fn judgements_keep_their_events_while_old_ones_are_evicted_and_it_rests() {
        let mut log = EventLog::new(60_000);
        let mut judging = Judging::default();
        judging.set_catalog(catalog());
        for number in 0..2_000 {
            let version = 1 + number % 2;
            log.push(
                TapId::of(SourceId::FIRST, 1),
                &order(version, r#"{"amount":1}"#),
            );
            judging.set_on(!(500..1_500).contains(&number));
            judging.advance(&log, 0);
        }
        settle(&mut judging, &log);
        assert!(log.first() > 0);
        assert_eq!(judging.done_to(), log.end());
        for number in judging.first..log.end() {
            let wanted = ["matches 1", "2, fits 1"][usize::from(number % 2 == 1)];
            assert_eq!(judging.of(number).unwrap().label, wanted);
        }
        log.clear();
        judging.clear();
        log.push(TapId::of(SourceId::FIRST, 1), &order(1, r#"{"amount":1}"#));
        settle(&mut judging, &log);
        assert_eq!(judging.of(log.first()).unwrap().events, 1);
    }

    #[test]
    fn strangers_without_end_are_counted_together() {
        let mut log = EventLog::new(10_000_000);
        for number in 0..6_000 {
            log.push(
                TapId::of(SourceId::FIRST, 1),
                &event(&format!("k.{number}"), "{}"),
            );
        }
        let mut judging = Judging::default();
        judging.set_catalog(catalog());
        settle(&mut judging, &log);
        let learned: u64 = judging.types().iter().map(|seen| seen.events).sum();
        assert!(
            learned <= u64::from(learning::MOST_A_SECOND),
            "all came in one second"
        );
        assert!(judging.counted().len() <= learning::MOST_STANDINGS);
        assert!(judging.types().len() <= learning::MOST_TYPES);
        let sum: u64 = judging.counted().iter().map(|counted| counted.events).sum();
        assert_eq!(sum, 6_000);
        assert!(judging.of(5_999).unwrap().standing.event_type.is_empty());
    }
}
