//! The one that looks at the events. It travels to the thread that works and back, so that nothing
//! is locked.

use std::collections::HashMap;
use std::hash::{BuildHasher as _, Hash};
use std::sync::Arc;

use foldhash::fast::RandomState;

use super::judging::{Learned, NewShape, SeenType, Standing};
use crate::log::{Entry, Kept, Segment};
use crate::schema::folder::catalog::{Catalog, ReadySchemas};
use crate::schema::stream::body::{LARGEST, payload, read};
use crate::schema::stream::claim::{Facts, Judgement, find, judge_facts};
use crate::schema::stream::drift::fields;
use crate::schema::stream::infer::InferredShape;
use crate::schema::stream::novelty::Novelty;

/// Most different standings; what is beyond them has the one of strangers.
pub(crate) const MOST_STANDINGS: usize = 4_096;
/// Most types and versions that are learned from, and how many places in all of one.
pub(crate) const MOST_TYPES: usize = 500;
const MOST_PLACES: usize = 5_000;
/// Most events of a second that are learned from. A schema is not learned better from more, and
/// what reads the tap needs the time.
pub(crate) const MOST_A_SECOND: u32 = 2_000;
/// The code of an entry that is no event, or was not judged because there are no schemas.
const NO_CODE: u16 = u16::MAX;

/// What one round over a part of the log brought.
#[derive(Debug)]
pub(crate) struct Round {
    pub learner: Learner,
    /// Number of the first entry.
    pub from: u64,
    /// Of each entry.
    pub codes: Vec<u16>,
    /// Standings that were not there before, in the order of their codes.
    pub standings: Vec<Standing>,
    /// Code, how many, and the number of the newest.
    pub counts: Vec<(u16, u64, u64)>,
    pub new_shapes: Vec<NewShape>,
    /// What was seen in all, if it changed.
    pub types: Option<Vec<SeenType>>,
    /// What was asked for.
    pub wanted: Option<(Box<str>, Box<str>)>,
    pub learned: Option<Arc<Learned>>,
}

/// What is learned of a type and version.
#[derive(Debug)]
struct Lesson {
    event_type: Box<str>,
    version: Box<str>,
    shape: InferredShape,
    room: usize,
}

#[derive(Debug)]
pub(crate) struct Learner {
    catalog: Arc<Catalog>,
    hasher: RandomState,
    /// Codes by what [`Standing`]s hold.
    codes: HashMap<u64, u16>,
    /// Places in `lessons` by type and version.
    lesson_of: HashMap<u64, usize>,
    lessons: Vec<Lesson>,
    novelty: Novelty,
    strangers: Option<u16>,
    /// The second that the last event came in, and how many of it were learned from.
    second: (i64, u32),
}

impl Learner {
    pub(crate) fn new(catalog: Arc<Catalog>) -> Self {
        Self {
            catalog,
            hasher: RandomState::default(),
            codes: HashMap::new(),
            lesson_of: HashMap::new(),
            lessons: Vec::new(),
            novelty: Novelty::default(),
            strangers: None,
            second: (0, 0),
        }
    }

    /// Whether an event has its turn to be learned from.
    fn has_turn(&mut self, event: Kept<'_>) -> bool {
        let second = event.received_ms().div_euclid(1_000);
        if self.second.0 != second {
            self.second = (second, 0);
        }
        self.second.1 += 1;
        self.second.1 <= MOST_A_SECOND
    }

    /// Looks at the entries of these pieces from a number on.
    pub(crate) fn round(
        mut self,
        pieces: &[Arc<Segment>],
        from: u64,
        wanted: Option<(Box<str>, Box<str>)>,
    ) -> Round {
        let from = pieces.first().map_or(from, |piece| from.max(piece.first()));
        let mut out = FoundClaim {
            first_new: self.codes.len() + usize::from(self.strangers.is_some()),
            ..FoundClaim::default()
        };
        for piece in pieces {
            let skip = usize::try_from(from.saturating_sub(piece.first())).unwrap_or(usize::MAX);
            for row in skip..piece.len() {
                let number = piece.first() + row as u64;
                let code = match piece.entry(row) {
                    Some(Entry::Event(event)) => {
                        let learns = self.has_turn(event);
                        if learns || !self.catalog.types.is_empty() {
                            self.look(event, number, learns, &mut out)
                        } else {
                            NO_CODE
                        }
                    }
                    _ => NO_CODE,
                };
                out.codes.push(code);
            }
        }
        let learned = wanted.as_ref().and_then(|(name, version)| {
            let lesson = self.lesson_of.get(&self.hash(&(name, version)))?;
            Some(Arc::new(self.learned(self.lessons.get(*lesson)?)))
        });
        let types = out.learned.then(|| {
            let all = self.lessons.iter().map(|lesson| SeenType {
                event_type: lesson.event_type.clone(),
                version: lesson.version.clone(),
                events: lesson.shape.seen,
            });
            all.collect()
        });
        Round {
            from,
            codes: out.codes,
            standings: out.standings,
            counts: (out.counts.into_iter())
                .map(|(code, (count, newest))| (code, count, newest))
                .collect(),
            new_shapes: out.new_shapes,
            types,
            wanted,
            learned,
            learner: self,
        }
    }

    fn learned(&self, lesson: &Lesson) -> Learned {
        let kind = self.catalog.get(&lesson.event_type);
        let entry = kind.and_then(|kind| match &*lesson.version {
            "" => kind.versions.last(),
            version => kind.get(version),
        });
        let declared = entry.and_then(|entry| match &entry.ready {
            Ok(ReadySchemas::Json(version)) => Some(&**version),
            _ => None,
        });
        let schema = lesson.shape.schema();
        Learned {
            events: lesson.shape.seen,
            fields: fields(&lesson.shape, declared),
            schema: serde_json::to_string_pretty(&schema).unwrap_or_default(),
            declared: declared.and(entry).map(|entry| entry.version.clone()),
        }
    }

    fn hash(&self, parts: &impl Hash) -> u64 {
        self.hasher.hash_one(parts)
    }

    fn look(&mut self, event: Kept<'_>, number: u64, learns: bool, out: &mut FoundClaim) -> u16 {
        let properties = event.properties();
        let document = read(event.body(), &properties, LARGEST);
        let facts = Facts {
            properties: &properties,
            key: event.key(),
            event_type: event.shape().event_type.as_deref(),
            body: event.body(),
            document: document.as_ref(),
        };
        let catalog = Arc::clone(&self.catalog);
        let (claimed, _) = facts.claimed_type();
        let known = find(&catalog, &claimed, facts.key);
        let event_type = known.map_or(&*claimed, |kind| &kind.name);
        let version = facts.claimed_version(&catalog.rules);
        let version = version.as_ref().map_or("", |(version, _)| &**version);
        let user = || event.trace().map(|trace| trace.user.as_str());
        let publisher = properties.app_id.as_deref().or_else(user);
        let publisher = publisher.unwrap_or_default();
        if let Some(document) = document.as_ref().filter(|_| learns) {
            out.learned = true;
            self.learn(event_type, version, payload(document, &properties));
            let destination = &event.shape().destination;
            if let Some(words) = self.novelty.look(destination, facts.key, document) {
                out.new_shapes.push(NewShape {
                    number,
                    key: facts.key.to_owned(),
                    publisher: publisher.to_owned(),
                    words,
                });
            }
        }
        if catalog.types.is_empty() {
            return NO_CODE;
        }
        let judgement = judge_facts(&facts, &catalog, 0);
        let standing = (event_type, version, publisher, &judgement);
        let code = self.code(standing, out);
        let (count, newest) = out.counts.entry(code).or_default();
        *count += 1;
        *newest = number;
        code
    }

    fn code(
        &mut self,
        (event_type, version, publisher, judgement): (&str, &str, &str, &Judgement),
        out: &mut FoundClaim,
    ) -> u16 {
        let parts = self.hash(&(event_type, version, publisher, judgement));
        if let Some(code) = self.codes.get(&parts) {
            return *code;
        }
        let next = u16::try_from(out.first_new + out.standings.len()).unwrap_or(NO_CODE - 1);
        let room = self.codes.len() + 1 < MOST_STANDINGS;
        if !room && let Some(code) = self.strangers {
            return code;
        }
        out.standings.push(if room {
            self.codes.insert(parts, next);
            Standing {
                event_type: event_type.into(),
                version: version.into(),
                publisher: publisher.into(),
                judgement: judgement.clone(),
            }
        } else {
            self.strangers = Some(next);
            Standing {
                event_type: "".into(),
                version: "".into(),
                publisher: "".into(),
                judgement: Judgement::NoSchema,
            }
        });
        next
    }

    /// What a schema is about is learned, the envelope of a framework is not.
    fn learn(&mut self, event_type: &str, version: &str, payload: &serde_json::Value) {
        let parts = self.hash(&(event_type, version));
        let at = self.lesson_of.get(&parts).copied().or_else(|| {
            (self.lessons.len() < MOST_TYPES).then(|| {
                self.lessons.push(Lesson {
                    event_type: event_type.into(),
                    version: version.into(),
                    shape: InferredShape::default(),
                    room: MOST_PLACES,
                });
                self.lesson_of.insert(parts, self.lessons.len() - 1);
                self.lessons.len() - 1
            })
        });
        if let Some(lesson) = at.and_then(|at| self.lessons.get_mut(at)) {
            lesson.shape.learn_within(payload, &mut lesson.room);
        }
    }
}

/// What a round found so far.
#[derive(Default)]
struct FoundClaim {
    codes: Vec<u16>,
    /// The code that the first new standing gets.
    first_new: usize,
    standings: Vec<Standing>,
    counts: HashMap<u16, (u64, u64)>,
    new_shapes: Vec<NewShape>,
    learned: bool,
}
