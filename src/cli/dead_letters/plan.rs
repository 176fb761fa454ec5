//! Which dead letters are sent, and what is sent for each: the same plan as the window's, with the same
//! rules of an edit.

use std::str::FromStr as _;
use std::sync::Arc;

use super::CutShort;
use super::background::{Background, MadeOf};
use super::letter::{LetterPosition, ListedLetter};
use super::resend::ResendArguments;
use super::subject::FilteredLetter;
use super::{kafka, rabbitmq, rule};
use crate::event::Outgoing;
use crate::event::picture::Picture;
use crate::kafka::resend::{CopyTime, RecordManner, RecordTarget, is_bare};
use crate::protocol::{LogPage, RecordOrder, RecordsAgreed, RecordsOrder, WhichRecords};
use crate::query::Filter;
use crate::rabbitmq::ground::Ground;
use crate::rabbitmq::peek_rules::REACH;
use crate::rabbitmq::resend::{Manner, Target};
use crate::repair::dead_place::LogSpan;
use crate::repair::edit::{Edit, Rule, edit};
use crate::repair::pace::Pace;
use crate::repair::record_place::RecordFound;

/// Most dead letters that are chosen one by one, and most bytes of them.
const MOST: usize = 100_000;
const MOST_BYTES: usize = 1024 * 1024 * 1024;
/// Records of a page.
const PAGE: u32 = 2_000;

/// What is not sent, and why.
pub(super) struct NotPlanned {
    pub letter: ListedLetter,
    pub words: String,
}

/// What was asked for on the command line, read.
pub(super) struct Choice {
    filter: Option<Filter>,
    position: Option<(Option<u32>, u64)>,
    rules: Vec<Rule>,
    now_ms: i64,
}

impl Choice {
    pub(super) fn read(arguments: &ResendArguments) -> Result<Self, CutShort> {
        let filter = arguments
            .filter
            .as_deref()
            .map(|line| Filter::from_str(line).map_err(|error| format!("--filter: {error}")))
            .transpose()?;
        let position = arguments
            .position
            .as_deref()
            .map(position)
            .transpose()
            .map_err(|words| format!("--position: {words}"))?;
        let rules = arguments
            .edit
            .iter()
            .map(|line| rule::read(line).map_err(|words| format!("--edit: {words}")))
            .collect::<Result<_, _>>()?;
        Ok(Self {
            filter,
            position,
            rules,
            now_ms: chrono::Utc::now().timestamp_millis(),
        })
    }

    /// All go as they lie there.
    pub(super) fn is_whole(&self) -> bool {
        self.filter.is_none() && self.position.is_none() && self.rules.is_empty()
    }

    fn takes(&self, letter: &ListedLetter) -> bool {
        let matcher = self.filter.as_ref().map(Filter::matcher);
        matcher.is_none_or(|matcher| matcher.matches(&FilteredLetter(letter), self.now_ms))
    }

    /// What the rules make of it.
    fn edited(&self, outgoing: Outgoing) -> Result<Outgoing, String> {
        if self.rules.is_empty() {
            return Ok(outgoing);
        }
        match edit(&outgoing, &self.rules) {
            Edit::Changed { outgoing, not, .. } if not.is_empty() => Ok(outgoing),
            Edit::Changed { not, .. } => Err(format!("A rule does not apply: {not}")),
            Edit::NotApplicable(words) | Edit::Unreadable(words) => Err(words),
        }
    }
}

/// `2:17`, or the number from the head of a queue.
fn position(text: &str) -> Result<(Option<u32>, u64), String> {
    let wrong = || format!("\"{text}\" is no position: PARTITION:OFFSET, or in a queue its index");
    match text.split_once(':') {
        Some((partition, offset)) => Ok((
            Some(partition.trim().parse().map_err(|_| wrong())?),
            offset.trim().parse().map_err(|_| wrong())?,
        )),
        None => Ok((None, text.trim().parse().map_err(|_| wrong())?)),
    }
}

/// The order of a resend from a log.
pub(super) fn of_log(
    background: &mut Background,
    arguments: &ResendArguments,
    choice: &Choice,
) -> Result<(RecordsOrder, Vec<NotPlanned>), CutShort> {
    let time = CopyTime::AsItFits;
    let manner = RecordManner {
        target: match &arguments.to {
            Some(topic) => RecordTarget::Topic(topic.clone()),
            None => RecordTarget::Origin,
        },
        time,
        ..RecordManner::default()
    };
    let mut not = Vec::new();
    let which = if choice.is_whole() {
        WhichRecords::Whole(Box::new(manner))
    } else {
        let picture = match background.made_of()? {
            MadeOf::Other(picture) => picture,
            MadeOf::RabbitMq(_) => Picture::default(),
        };
        let mut orders = Vec::new();
        for letter in chosen(background, &arguments.source, choice)? {
            match order(background, &picture, &manner, choice, &letter)? {
                Ok(order) => orders.push(order),
                Err(words) => not.push(NotPlanned { letter, words }),
            }
        }
        WhichRecords::These(orders)
    };
    let order = RecordsOrder {
        place: arguments.source.clone(),
        which,
        time,
        agreed: RecordsAgreed {
            over_newer: arguments.over_newer,
            unproven: arguments.unproven,
            again: arguments.again,
        },
        pace: Pace::default(),
    };
    Ok((order, not))
}

fn order(
    background: &mut Background,
    picture: &Picture,
    manner: &RecordManner,
    choice: &Choice,
    letter: &ListedLetter,
) -> Result<Result<RecordOrder, String>, CutShort> {
    let mut original = None;
    if is_bare(&letter.event, None)
        && let Some(place) = letter.account.original_place.clone()
        && let Some(RecordFound::There(event)) = kafka::originals(background, vec![place])?.pop()
    {
        original = Some(event);
    }
    let partitions = |topic: &str| picture.destination(topic).map(|found| found.partitions);
    let planned = manner.plan(&letter.event, original.as_deref(), partitions);
    Ok(planned
        .and_then(|planned| choice.edited(planned.outgoing))
        .map(|outgoing| RecordOrder {
            letter: Arc::clone(&letter.event),
            outgoing,
        }))
}

/// The dead letters of a topic that were chosen.
fn chosen(
    background: &mut Background,
    topic: &str,
    choice: &Choice,
) -> Result<Vec<ListedLetter>, CutShort> {
    let mut page = match choice.position {
        Some((Some(partition), offset)) => {
            let page = LogPage::From(vec![(partition, offset)]);
            let page = kafka::read(background, topic, page, Some(partition), 1)?;
            let found = kafka::letters(background, page)?;
            let is_it = found.first().is_some_and(|letter| {
                matches!(letter.position, LetterPosition::Record { offset: own, .. } if own == offset)
            });
            if !is_it {
                return Err(CutShort::Told(format!(
                    "There is no record at {topic} {partition}:{offset}"
                )));
            }
            return Ok(found);
        }
        Some((None, _)) => {
            return Err(CutShort::Told(
                "--position: in a topic it is PARTITION:OFFSET".to_owned(),
            ));
        }
        None => kafka::read(background, topic, LogPage::Oldest, None, PAGE)?,
    };
    let (mut found, mut bytes) = (Vec::new(), 0);
    loop {
        let next: Vec<(u32, u64)> = page
            .spans
            .iter()
            .map(|span| (span.partition, span.to))
            .collect();
        let is_last = !page.spans.iter().any(LogSpan::has_behind);
        for letter in kafka::letters(background, page)? {
            if choice.takes(&letter) {
                bytes += letter.event.cost();
                found.push(letter);
            }
        }
        if found.len() > MOST || bytes > MOST_BYTES {
            return Err(CutShort::Told(
                "More than 100,000 dead letters or 1 GB of them were chosen: choose fewer, or send all of \
                 the topic without a filter and an edit"
                    .to_owned(),
            ));
        }
        if is_last {
            return Ok(found);
        }
        page = kafka::read(background, topic, LogPage::From(next), None, PAGE)?;
    }
}

/// Where a resend from a queue goes.
pub(super) fn manner(arguments: &ResendArguments) -> Manner {
    Manner::from(match arguments.to.as_deref() {
        None => Target::Origin,
        Some(to) => match to.split_once('/') {
            Some((destination, key)) => Target::elsewhere(destination, key),
            // A name alone is that of a queue.
            None => Target::elsewhere("", to),
        },
    })
}

/// Messages with what is sent for each, and those for which nothing is.
pub(super) type PlannedLetters = (Vec<(ListedLetter, Outgoing)>, Vec<NotPlanned>);

/// What is sent for the messages of a queue that were chosen, and what is not.
pub(super) fn of_queue(
    background: &mut Background,
    arguments: &ResendArguments,
    choice: &Choice,
    ground: &Ground,
    login: &str,
) -> Result<PlannedLetters, CutShort> {
    let reach = match choice.position {
        Some((Some(_), _)) => {
            return Err(CutShort::Told(
                "--position: in a queue it is the index, as dead-letters tells it".to_owned(),
            ));
        }
        Some((None, index)) => u32::try_from(index.saturating_add(1))
            .unwrap_or(REACH)
            .min(REACH),
        None => REACH,
    };
    let report = rabbitmq::look(background, &arguments.source, reach)?;
    let mut letters = rabbitmq::letters(ground, &report);
    match choice.position {
        Some((_, index)) => {
            let wanted = usize::try_from(index).unwrap_or(usize::MAX);
            if wanted >= letters.len() {
                return Err(CutShort::Told(format!(
                    "There is no message at {index}: the queue has {}",
                    letters.len()
                )));
            }
            letters = vec![letters.swap_remove(wanted)];
        }
        None => letters.retain(|letter| choice.takes(letter)),
    }
    let manner = manner(arguments);
    let (mut planned, mut not) = (Vec::new(), Vec::new());
    for letter in letters {
        let scene = ground.scene(Some(&report.queue));
        let plan = manner
            .plan(&letter.event, login, scene)
            .and_then(|plan| choice.edited(plan.outgoing));
        match plan {
            Ok(outgoing) => planned.push((letter, outgoing)),
            Err(words) => not.push(NotPlanned { letter, words }),
        }
    }
    Ok((planned, not))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_position_is_a_record_or_an_index() {
        assert_eq!(position("2:17"), Ok((Some(2), 17)));
        assert_eq!(position("3"), Ok((None, 3)));
        assert!(position("2:").is_err() && position("x").is_err() && position("-1").is_err());
    }
}
