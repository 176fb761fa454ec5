//! A comparison with what really flowed: the report of two versions, and how many captured events
//! and dead letters each of them refuses.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::Value;
use similar::{ChangeTag, TextDiff};

use crate::event::Event;
use crate::event::amqp::Properties;
use crate::event::key_pattern;
use crate::log::Segment;
use crate::rabbitmq::origin::{Provenance, Scene};
use crate::schema::stream::body::{LARGEST, payload, read};
use crate::schema::{
    Answer, Cancel, CatalogEntry, Change, CheckReport, EventType, Failure, Level, Policy,
    ReadySchemas, Sample, Validator, compare, compare_avro, ready,
};

/// Most captured events that are validated, the newest ones, and for how long.
const MOST: usize = 20_000;
const PATIENCE: Duration = Duration::from_secs(4);
/// Most versions that are compared with each other.
const MOST_VERSIONS: usize = 8;

/// What is compared.
pub(crate) struct CompareWork {
    pub event_type: String,
    /// Patterns of the keys of its events.
    pub keys: Vec<String>,
    pub pair: Pair,
    pub samples: Vec<Sample>,
    pub policy: Policy,
    pub log: Vec<Arc<Segment>>,
    pub dead: Vec<Arc<Event>>,
}

/// Two versions.
pub(crate) struct Pair {
    pub old: CatalogEntry,
    pub new: CatalogEntry,
    /// Stands in the place of the new version.
    pub draft: Option<String>,
}

impl Pair {
    /// The old and the new one, ready to be compared.
    pub(crate) fn made(self) -> (CatalogEntry, CatalogEntry) {
        let new = match self.draft {
            Some(draft) => CatalogEntry {
                version: "draft".to_owned(),
                ready: ready(&draft, false, &BTreeMap::new()),
                text: draft,
            },
            None => self.new,
        };
        (self.old, new)
    }
}

/// What was found out.
#[derive(Clone, Debug)]
pub struct Comparison {
    /// The report, or why there is none.
    pub report: Result<CheckReport, String>,
    /// Of each change: how many captured events the new version refuses at its place.
    pub hits: Vec<usize>,
    /// Events that were captured.
    pub captured: Replay,
    /// Dead letters that were looked at.
    pub dead: Replay,
    /// The examples of the folder, one by one.
    pub samples: Vec<SampleVerdict>,
    /// Both texts, line by line.
    pub lines: Vec<DiffLine>,
}

/// How many events each version refuses.
#[derive(Clone, Debug, Default)]
pub struct Replay {
    /// Events of the type that are JSON.
    pub seen: usize,
    /// The old version refuses.
    pub refused_by_old: usize,
    /// The new version refuses.
    pub refused_by_new: usize,
    /// The newest that the new version refuses, and why.
    pub first: Option<(String, Vec<Failure>)>,
}

/// What both versions say to an example of the folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SampleVerdict {
    pub name: String,
    pub text: String,
    /// The old version refuses it.
    pub refused_by_old: bool,
    /// Why the new version refuses it; empty if it does not.
    pub failures: Vec<Failure>,
}

impl Comparison {
    /// How many of the examples each version refuses.
    #[must_use]
    pub fn sample_counts(&self) -> Replay {
        let of = |refused: &dyn Fn(&SampleVerdict) -> bool| {
            self.samples.iter().filter(|one| refused(one)).count()
        };
        Replay {
            seen: self.samples.len(),
            refused_by_old: of(&|one| one.refused_by_old),
            refused_by_new: of(&|one| !one.failures.is_empty()),
            first: None,
        }
    }
}

/// A line of both texts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DiffLine {
    /// In the old one.
    pub old: Option<String>,
    /// In the new one.
    pub new: Option<String>,
}

impl DiffLine {
    /// Whether both say the same.
    #[must_use]
    pub fn is_same(&self) -> bool {
        self.old == self.new
    }
}

/// All versions against all.
#[derive(Clone, Debug)]
pub struct Matrix {
    /// Names of the versions, the oldest first.
    pub names: Vec<String>,
    /// Whether a reader of the row's version can read what the column's version wrote.
    pub cells: Vec<Vec<Answer>>,
    /// How many older versions are left out.
    pub left_out: usize,
}

impl Matrix {
    /// Where a check of all earlier versions, from the newest on, would stop first: the position
    /// of the earlier version that fails against the one at `newer`.
    #[must_use]
    pub fn first_failing(&self, newer: usize, level: Level) -> Option<usize> {
        (0..newer).rev().find(|&older| {
            let backward = self.cells[newer][older] == Answer::No;
            let forward = self.cells[older][newer] == Answer::No;
            level.asks_backward() && backward || level.asks_forward() && forward
        })
    }
}

impl CompareWork {
    pub(crate) fn done(self, cancel: &Cancel) -> Comparison {
        let (old, new) = self.pair.made();
        let is_of = |event_type: Option<&str>, key: &str| {
            let mut patterns = self.keys.iter();
            is_of(&self.event_type, event_type, Some(key))
                || event_type.is_none()
                    && patterns.any(|pattern| key_pattern::matches(pattern, key))
        };
        let mut out = Comparison {
            report: report(&old, &new, self.policy, cancel),
            lines: lines(&old.text, &new.text),
            samples: Vec::new(),
            hits: Vec::new(),
            captured: Replay::default(),
            dead: Replay::default(),
        };
        let (Ok(ReadySchemas::Json(old)), Ok(ReadySchemas::Json(new))) = (&old.ready, &new.ready)
        else {
            return out;
        };
        let changes: &[Change] = out.report.as_ref().map_or(&[], |report| &report.changes);
        let mut judge = Judge {
            old: &old.validator,
            new: &new.validator,
            changes,
            hits: vec![0; changes.len()],
        };
        let samples = self.samples.iter();
        out.samples = samples.map(|sample| judge.sample(sample)).collect();
        let mut dead = Replay::default();
        for event in &self.dead {
            if is_of(event.envelope.event_type.as_deref(), &origin_key(event)) {
                judge.ask(&mut dead, &event.body, &event.properties);
            }
        }
        // A change's hits are counted among what flowed.
        judge.hits.fill(0);
        let mut captured = Replay::default();
        let until = Instant::now() + PATIENCE;
        for kept in self
            .log
            .iter()
            .rev()
            .flat_map(|segment| segment.all_events())
        {
            if captured.seen >= MOST || Instant::now() > until || cancel.is_cancelled() {
                break;
            }
            if is_of(kept.shape().event_type.as_deref(), kept.key()) {
                judge.ask(&mut captured, kept.body(), &kept.properties());
            }
        }
        out.hits = judge.hits;
        (out.dead, out.captured) = (dead, captured);
        out
    }
}

/// Asks both versions about one event after the other.
struct Judge<'a> {
    old: &'a Validator,
    new: &'a Validator,
    changes: &'a [Change],
    hits: Vec<usize>,
}

impl Judge<'_> {
    fn sample(&self, sample: &Sample) -> SampleVerdict {
        let properties = Properties::default();
        let document = read(sample.text.as_bytes(), &properties, LARGEST);
        let event = document.as_ref().map(|one| payload(one, &properties));
        SampleVerdict {
            name: sample.name.clone(),
            text: sample.text.clone(),
            refused_by_old: event.is_none_or(|event| !self.old.is_valid(event)),
            failures: match event {
                Some(event) => self.new.failures(event, 20),
                None => vec![Failure {
                    at: String::new(),
                    words: "It is not JSON".to_owned(),
                    kind: "it is not JSON".to_owned(),
                }],
            },
        }
    }

    fn ask(&mut self, replay: &mut Replay, body: &[u8], properties: &Properties) {
        let Some(document) = read(body, properties, LARGEST) else {
            return;
        };
        let event = payload(&document, properties);
        replay.seen += 1;
        replay.refused_by_old += usize::from(!self.old.is_valid(event));
        if self.new.is_valid(event) {
            return;
        }
        replay.refused_by_new += 1;
        let failures = self.new.failures(event, 20);
        for (change, hits) in self.changes.iter().zip(&mut self.hits) {
            *hits += usize::from(failures.iter().any(|failure| is_at(failure, change)));
        }
        if replay.first.is_none() {
            replay.first = Some((event.to_string(), failures));
        }
    }
}

/// Whether an event is of this type: by what it says of itself, else by its key.
fn is_of(name: &str, event_type: Option<&str>, key: Option<&str>) -> bool {
    let bare = |text: &str| {
        // `order.created.v2` is an `order.created`.
        match text.rsplit_once(['.', '_', '-']) {
            Some((head, tail))
                if tail
                    .strip_prefix(['v', 'V'])
                    .is_some_and(|n| n.parse::<u32>().is_ok()) =>
            {
                head == name
            }
            _ => text == name,
        }
    };
    event_type.map_or_else(|| key.is_some_and(bare), bare)
}

fn origin_key(event: &Event) -> String {
    let origin = Provenance::of(event, Scene::default());
    origin.key(event).to_owned()
}

/// Whether a failure is at the place of a change. A missing property fails at the object around it.
fn is_at(failure: &Failure, change: &Change) -> bool {
    let place = change.path.trim_start_matches('#');
    let general = |pointer: &str| -> String {
        let steps = pointer.split('/').skip(1).map(|step| {
            if step.bytes().all(|b| b.is_ascii_digit()) {
                "/*".to_owned()
            } else {
                format!("/{step}")
            }
        });
        steps.collect()
    };
    let at = general(&failure.at);
    if at == place {
        return true;
    }
    match place.rsplit_once('/') {
        Some((around, last)) => at == around && failure.words.contains(&format!("\"{last}\"")),
        None => false,
    }
}

pub(crate) fn report(
    old: &CatalogEntry,
    new: &CatalogEntry,
    policy: Policy,
    cancel: &Cancel,
) -> Result<CheckReport, String> {
    let told = |entry: &CatalogEntry, error: &crate::schema::Unusable| {
        format!("Version {} cannot be used. {error}", entry.version)
    };
    match (&old.ready, &new.ready) {
        (Ok(ReadySchemas::Json(a)), Ok(ReadySchemas::Json(b))) => Ok(compare(a, b, policy, cancel)),
        (Ok(ReadySchemas::Avro(a)), Ok(ReadySchemas::Avro(b))) => Ok(compare_avro(a, b, policy)),
        (Ok(_), Ok(_)) => Err("One version is Avro and the other is JSON Schema: what one writes the other cannot read".to_owned()),
        (Err(error), _) => Err(told(old, error)),
        (_, Err(error)) => Err(told(new, error)),
    }
}

/// All pairs of the newest versions.
pub(crate) fn matrix(event_type: &EventType, policy: Policy, cancel: &Cancel) -> Matrix {
    let skipped = event_type.versions.len().saturating_sub(MOST_VERSIONS);
    let versions = &event_type.versions[skipped..];
    let size = versions.len();
    let mut cells = vec![vec![Answer::Yes; size]; size];
    for (at, old) in versions.iter().enumerate() {
        for (to, new) in versions.iter().enumerate().skip(at + 1) {
            let (backward, forward) = match report(old, new, policy, cancel) {
                Ok(report) => (report.backward.answer, report.forward.answer),
                Err(_) => (Answer::Unknown, Answer::Unknown),
            };
            cells[to][at] = backward;
            cells[at][to] = forward;
        }
    }
    Matrix {
        names: versions.iter().map(|one| one.version.clone()).collect(),
        cells,
        left_out: skipped,
    }
}

/// Both texts, with the members of objects in order, so that only what differs differs.
fn lines(old: &str, new: &str) -> Vec<DiffLine> {
    let (old, new) = (tidy(old), tidy(new));
    let diff = TextDiff::from_lines(old.as_str(), new.as_str());
    let mut out: Vec<DiffLine> = Vec::new();
    // Where the lines of the new text that replace lines of the old one go.
    let mut open = 0;
    for change in diff.iter_all_changes() {
        let text = change.value().trim_end_matches('\n').to_owned();
        match change.tag() {
            ChangeTag::Equal => {
                out.push(DiffLine {
                    old: Some(text.clone()),
                    new: Some(text),
                });
                open = out.len();
            }
            ChangeTag::Delete => out.push(DiffLine {
                old: Some(text),
                new: None,
            }),
            ChangeTag::Insert => {
                match out.get_mut(open) {
                    Some(line) => line.new = Some(text),
                    None => out.push(DiffLine {
                        old: None,
                        new: Some(text),
                    }),
                }
                open += 1;
            }
        }
    }
    out
}

fn tidy(text: &str) -> String {
    match serde_json::from_str::<Value>(text) {
        Ok(mut value) => {
            value.sort_all_objects();
            serde_json::to_string_pretty(&value).unwrap_or_else(|_| text.to_owned())
        }
        Err(_) => text.to_owned(),
    }
}
