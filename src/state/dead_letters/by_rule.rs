//! Many messages edited by the same rules. What becomes of each is shown before any is sent, and
//! what is sent is what was shown.

use crate::protocol::SourceCommand;
use std::collections::{BTreeSet, HashSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::Poll;

use super::editor::fit_of;
use super::planner::Planner;
use super::{DeadLetterDesk, Surroundings};
use crate::analysis::SearchTask;
use crate::event::{Event, Fingerprint, Outgoing};
use crate::protocol::{MoveOrder, MoveOutcome, RequestId};
use crate::rabbitmq::refusal::{Known, refusal};
use crate::rabbitmq::server_version::ServerVersion;
use crate::rabbitmq::topology::Topology;
use crate::repair::edit::{Edit, Rule, RuleForm, edit};
use crate::repair::feature::features;
use crate::schema::Catalog;
use crate::state::{Forms, Soon};

/// Milliseconds between two looks whether the preview is worked out.
const LOOK_MS: i64 = 30;

/// What a person can do with rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RuleAction {
    /// Edit the marked messages by rule, or all that are listed if none is marked.
    Open,
    /// Edit the group that is looked at.
    OpenGroup,
    /// The rules changed: show what they make of the messages.
    Preview,
    /// Send this one too, or leave it out, by its place.
    Include(usize, bool),
    /// Send what is included.
    Send {
        /// One first, then ten, then the rest.
        canary: bool,
    },
    /// Leave the rules.
    Close,
}

/// What the rules make of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Made {
    Changed,
    /// No rule applies to it.
    NotApplicable,
    /// Its payload cannot be edited.
    Unreadable,
    /// It is not known where to send it.
    NoTarget,
}

/// One message of the preview.
#[derive(Clone, Debug)]
pub struct Preview {
    pub original: Fingerprint,
    /// The key with which it would be sent.
    pub key: String,
    /// What the rules make of it.
    pub made: Made,
    /// What is changed, or why nothing, in words.
    pub words: String,
    /// Whether it would match its schema, where that can be said.
    pub fits: Option<bool>,
    /// Why it would not arrive, in words, where that is known beforehand.
    pub refused: Option<String>,
    /// It is sent.
    pub included: bool,
    /// True if it is not to be sent any more, else it stayed; and what there is to say of it.
    pub ended: Option<(bool, String)>,
    /// What would be sent.
    outgoing: Option<Outgoing>,
}

impl Preview {
    /// True if a person may choose whether it is sent.
    #[must_use]
    pub fn can_be_sent(&self) -> bool {
        self.outgoing.is_some() && !self.ended.as_ref().is_some_and(|(over, _)| *over)
    }
}

/// What is known of the broker, for another thread.
struct Refuse {
    topology: Topology,
    version: Option<ServerVersion>,
    write: Option<String>,
    frame: Option<u32>,
    login: String,
}

impl Refuse {
    fn of(cx: &Surroundings<'_>) -> Self {
        Self {
            topology: cx.known.topology.clone(),
            version: cx.known.version.cloned(),
            write: cx.known.write.map(str::to_owned),
            frame: cx.known.frame,
            login: cx.known.login.to_owned(),
        }
    }

    /// What would not arrive is left out, unless the person wants it all the same: what is known
    /// may be some seconds old.
    fn look_at(&self, row: &mut Preview) {
        let known = Known {
            topology: &self.topology,
            version: self.version.as_ref(),
            write: self.write.as_deref(),
            frame: self.frame,
            login: &self.login,
        };
        let outgoing = row.outgoing.as_ref().filter(|_| row.made == Made::Changed);
        // What is known of the broker is of queues.
        let outgoing = outgoing.filter(|outgoing| outgoing.record.is_none());
        row.refused = outgoing.and_then(|outgoing| refusal(outgoing, &known));
        row.included &= row.refused.is_none();
    }
}

/// A message that rules are put to.
#[derive(Clone, Debug)]
struct Chosen {
    original: Fingerprint,
    event: Arc<Event>,
    /// What it was edited to by hand, or why that cannot be sent.
    by_hand: Option<Result<Outgoing, String>>,
}

/// The messages that are edited by rule.
#[derive(Debug)]
pub struct RuleDesk {
    messages: Vec<Chosen>,
    /// See [`Self::places`].
    places: Vec<String>,
    /// What becomes of each, in their order; empty until it is worked out.
    pub rows: Vec<Preview>,
    /// The rules that this is about.
    shown: Vec<RuleForm>,
    /// What is wrong with a rule, and which.
    pub problem: Option<(usize, String)>,
    task: Option<SearchTask<Vec<Preview>>>,
    /// Ends the task early: nobody waits for it any more.
    stop: Arc<AtomicBool>,
}

impl Drop for RuleDesk {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
    }
}

/// How many messages of a preview are what.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    pub changed: usize,
    /// Not applicable, or without a target.
    pub not: usize,
    /// Not to be edited.
    pub unreadable: usize,
    /// To be sent.
    pub included: usize,
    /// Changed ones of which a schema says whether they match.
    pub judged: usize,
    /// Those of them that would.
    pub fitting: usize,
}

impl RuleDesk {
    fn new(messages: Vec<Chosen>) -> Self {
        Self {
            places: places(&messages),
            messages,
            rows: Vec::new(),
            shown: Vec::new(),
            problem: None,
            task: None,
            stop: Arc::default(),
        }
    }

    /// Messages that the rules are put to.
    #[must_use]
    pub fn len(&self) -> usize {
        self.messages.len()
    }

    /// True if there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.messages.is_empty()
    }

    /// The fields of the payloads and the headers of the first messages, to choose from.
    #[must_use]
    pub fn places(&self) -> &[String] {
        &self.places
    }

    /// True while the preview is worked out.
    #[must_use]
    pub fn is_busy(&self) -> bool {
        self.task.is_some()
    }

    /// True if the rows say what these rules do.
    #[must_use]
    pub fn shows(&self, rules: &[RuleForm]) -> bool {
        self.task.is_none() && !self.rows.is_empty() && self.shown == rules
    }

    /// True if the preview of these rules was asked for.
    #[must_use]
    pub fn is_asked(&self, rules: &[RuleForm]) -> bool {
        self.shown == rules
    }

    /// How many are what.
    #[must_use]
    pub fn counts(&self) -> Counts {
        let mut counts = Counts::default();
        for row in &self.rows {
            match row.made {
                Made::Changed => {
                    counts.changed += 1;
                    counts.judged += usize::from(row.fits.is_some());
                    counts.fitting += usize::from(row.fits == Some(true));
                }
                Made::NotApplicable | Made::NoTarget => counts.not += 1,
                Made::Unreadable => counts.unreadable += 1,
            }
            counts.included += usize::from(row.included);
        }
        counts
    }

    fn preview(
        &mut self,
        forms: &[RuleForm],
        planner: Planner,
        refuse: Refuse,
        catalog: Option<Arc<Catalog>>,
    ) {
        self.rows.clear();
        self.task = None;
        self.stop.store(true, Ordering::Relaxed);
        self.stop = Arc::default();
        self.problem = None;
        self.shown = forms.to_vec();
        let mut rules = Vec::new();
        for (place, form) in forms
            .iter()
            .enumerate()
            .filter(|(_, form)| !form.is_empty())
        {
            match form.rule() {
                Ok(rule) => rules.push(rule),
                Err(words) => {
                    self.problem = Some((place, words));
                    return;
                }
            }
        }
        if rules.is_empty() {
            return;
        }
        let (messages, stop) = (self.messages.clone(), Arc::clone(&self.stop));
        self.task = Some(SearchTask::begin(move || {
            let one = |chosen: &Chosen| preview(chosen, &rules, &planner, catalog.as_deref());
            let wanted = messages
                .iter()
                .take_while(|_| !stop.load(Ordering::Relaxed));
            let mut rows: Vec<Preview> = wanted.map(one).collect();
            for row in &mut rows {
                refuse.look_at(row);
            }
            rows
        }));
    }

    /// A frame passes in which this is shown.
    pub(super) fn tick(&mut self) -> Soon {
        let Some(task) = &self.task else {
            return Soon::No;
        };
        match task.poll() {
            Poll::Pending => Soon::In(LOOK_MS),
            Poll::Ready(rows) => {
                self.task = None;
                if rows.is_none() {
                    let words = "Working it out failed inside Eventscope. Try other rules";
                    self.problem = Some((0, words.to_owned()));
                }
                self.rows = rows.unwrap_or_default();
                Soon::Now
            }
        }
    }

    /// What is included, as it was shown.
    fn orders(&self) -> Vec<MoveOrder> {
        let included = self.rows.iter().filter(|row| row.included);
        included
            .filter_map(|row| {
                Some(MoveOrder {
                    original: row.original,
                    outgoing: row.outgoing.clone()?,
                })
            })
            .collect()
    }

    /// Notes how one message ended. Equal ones stand for each other.
    pub(super) fn moved(&mut self, original: Fingerprint, outcome: &MoveOutcome) {
        let mut rows = self.rows.iter_mut();
        let Some(row) = rows.find(|row| row.original == original && row.included) else {
            return;
        };
        row.included = false;
        row.ended = Some(match outcome {
            MoveOutcome::Resent | MoveOutcome::Discarded => (true, String::new()),
            MoveOutcome::Gone => (true, "It was not in the queue any more".to_owned()),
            MoveOutcome::Duplicate(words) => (true, words.clone()),
            MoveOutcome::Kept(words) | MoveOutcome::Held(words) | MoveOutcome::Unsure(words) => {
                (false, words.clone())
            }
        });
    }
}

/// Messages whose fields are offered.
const OFFERED: usize = 10;
/// A larger payload offers none, in bytes.
const LARGEST: usize = 64 * 1024;

/// What rules can be about in the first messages.
fn places(messages: &[Chosen]) -> Vec<String> {
    let first = messages.iter().map(|chosen| &chosen.event);
    let small = first.filter(|event| event.body.len() <= LARGEST);
    let all: BTreeSet<String> = small
        .take(OFFERED)
        .flat_map(|event| features(&event.properties, &event.body))
        .map(|feature| feature.place)
        .collect();
    all.into_iter().collect()
}

fn preview(
    chosen: &Chosen,
    rules: &[Rule],
    planner: &Planner,
    catalog: Option<&Catalog>,
) -> Preview {
    let mut row = Preview {
        original: chosen.original,
        key: chosen.event.key.clone(),
        made: Made::NoTarget,
        words: String::new(),
        fits: None,
        refused: None,
        included: false,
        ended: None,
        outgoing: None,
    };
    let outgoing = match &chosen.by_hand {
        Some(edited) => edited.clone(),
        None => planner.plan(&chosen.event).map(|resend| resend.outgoing),
    };
    let outgoing = match outgoing {
        Ok(outgoing) => outgoing,
        Err(words) => {
            row.words = words;
            return row;
        }
    };
    row.key.clone_from(&outgoing.key);
    match edit(&outgoing, rules) {
        Edit::Changed {
            outgoing,
            steps,
            places,
            not,
        } => {
            let shown = steps.len();
            let mut words: Vec<String> = steps.iter().map(ToString::to_string).collect();
            if chosen.by_hand.is_some() {
                words.insert(0, "edited by hand".to_owned());
            }
            if places > shown {
                words.push(format!("and {} more places", places - shown));
            }
            if !not.is_empty() {
                words.push(format!("not: {not}"));
            }
            row.made = Made::Changed;
            row.words = words.join("; ");
            row.fits = catalog.and_then(|catalog| fit_of(&outgoing, catalog).fits);
            row.included = true;
            row.outgoing = Some(outgoing);
        }
        Edit::NotApplicable(words) => {
            row.made = Made::NotApplicable;
            row.words = words;
            row.outgoing = Some(outgoing);
        }
        Edit::Unreadable(words) => {
            row.made = Made::Unreadable;
            row.words = words;
            row.outgoing = Some(outgoing);
        }
    }
    row
}

impl DeadLetterDesk {
    pub(super) fn act_on_rules(
        &mut self,
        action: RuleAction,
        request: RequestId,
        forms: &mut Forms,
        cx: &Surroundings<'_>,
    ) -> Vec<SourceCommand> {
        match action {
            RuleAction::Open | RuleAction::OpenGroup => {
                let places: HashSet<usize> = match action {
                    RuleAction::OpenGroup => self.group_places().into_iter().collect(),
                    _ if self.marked.is_empty() => self.listed().collect(),
                    _ => self.marked.iter().copied().collect(),
                };
                let messages = self.peeked.iter().flat_map(|peeked| &peeked.messages);
                let chosen = messages
                    .enumerate()
                    .filter(|(place, _)| places.contains(place));
                let planner = self.planner(cx.known.login);
                let chosen = chosen.map(|(_, message)| {
                    let (original, event) = (message.fingerprint, &message.event);
                    Chosen {
                        original,
                        event: Arc::clone(event),
                        by_hand: self.edited_order(forms, original, event, &planner),
                    }
                });
                let chosen: Vec<Chosen> = chosen.collect();
                if !chosen.is_empty() {
                    self.end_result();
                    if forms.rules.is_empty() {
                        forms.rules.push(RuleForm::default());
                    }
                    self.rules = Some(RuleDesk::new(chosen));
                    self.show_rules(forms, cx);
                }
            }
            RuleAction::Preview => self.show_rules(forms, cx),
            RuleAction::Include(place, included) => {
                let row = self
                    .rules
                    .as_mut()
                    .and_then(|desk| desk.rows.get_mut(place));
                if let Some(row) = row.filter(|row| row.can_be_sent()) {
                    row.included = included;
                }
            }
            RuleAction::Send { canary } => {
                let desk = self.rules.as_ref().filter(|desk| desk.shows(&forms.rules));
                if let Some(orders) = desk.map(RuleDesk::orders) {
                    return self.resend(orders, canary, request, cx.now);
                }
            }
            RuleAction::Close => self.rules = None,
        }
        Vec::new()
    }

    /// Works the preview out again, for the target that is chosen.
    pub(super) fn show_rules(&mut self, forms: &Forms, cx: &Surroundings<'_>) {
        let planner = self.planner(cx.known.login);
        let refuse = Refuse::of(cx);
        if let Some(desk) = &mut self.rules {
            desk.preview(&forms.rules, planner, refuse, cx.catalog.cloned());
        }
    }
}
