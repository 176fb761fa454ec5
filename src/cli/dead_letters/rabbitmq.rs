//! Dead letters in queues: which they are, and looks that keep to the same limits as the window's.

use super::CutShort;
use super::background::{Background, MadeOf};
use super::letter::{LetterPosition, ListedLetter};
use super::list::ListedPlace;
use crate::protocol::{PeekReport, SourceCommand, SourceUpdate};
use crate::rabbitmq::account::account;
use crate::rabbitmq::frameworks::parking_queue;
use crate::rabbitmq::ground::Ground;
use crate::rabbitmq::origin::Provenance;
use crate::rabbitmq::peek_rules::Page;
use crate::rabbitmq::topology::{Queue, Topology};

/// What the broker is made of.
pub(super) fn ground(background: &mut Background) -> Result<Ground, CutShort> {
    match background.made_of()? {
        MadeOf::RabbitMq(topology) => Ok(Ground::of(*topology)),
        MadeOf::Other(_) => Err(CutShort::Told(
            "This store keeps no dead letters that Eventscope knows of".to_owned(),
        )),
    }
}

/// The queues that hold dead letters, with the first of each.
pub(super) fn places(
    background: &mut Background,
    source: Option<&str>,
    peek: u32,
) -> Result<Vec<ListedPlace>, CutShort> {
    let ground = ground(background)?;
    let mut places = listed(&ground);
    if let Some(source) = source {
        places.retain(|place| place.name == source);
        if places.is_empty() {
            places.push(named(&ground.topology, source)?);
        }
    } else if !ground.topology.is_complete() {
        return Err(CutShort::Told(format!(
            "The queues cannot be listed: {}. Name one with --source",
            ground.topology.missing
        )));
    }
    for place in &mut places {
        // A count of 0 may be a few seconds old: it is no reason not to look.
        if peek == 0 {
            continue;
        }
        match look(background, &place.name, peek) {
            Ok(report) => {
                if report.messages.is_empty() && !report.nothing.is_empty() {
                    place.peek_refused = Some(report.nothing.clone());
                }
                place.letters = letters(&ground, &report);
            }
            Err(CutShort::Told(words)) => place.peek_refused = Some(words),
            Err(other) => return Err(other),
        }
    }
    Ok(places)
}

fn listed(ground: &Ground) -> Vec<ListedPlace> {
    let mut places: Vec<ListedPlace> = Vec::new();
    for dead in &ground.roles.dead {
        places.push(ListedPlace {
            name: dead.queue.name.clone(),
            count: dead.queue.ready,
            why: vec![format!("dead letters of {}", dead.origins.join(", "))],
            origin: match dead.origins.as_slice() {
                [one] => Some(one.clone()),
                _ => None,
            },
            ..ListedPlace::default()
        });
    }
    let told = |places: &[ListedPlace], name: &str| places.iter().any(|place| place.name == name);
    let waits = |name: &str| ground.roles.wait(name).is_some();
    for queue in &ground.topology.queues {
        if told(&places, &queue.name) || waits(&queue.name) {
            continue;
        }
        if let Some(found) = parking_queue(queue, &[]) {
            places.push(ListedPlace {
                name: queue.name.clone(),
                count: queue.ready,
                why: vec![match found.framework {
                    Some(framework) => format!("{framework}: {}", found.says),
                    None => found.says,
                }],
                origin: found.origin,
                ..ListedPlace::default()
            });
        }
    }
    places.sort_by(|a, b| a.name.cmp(&b.name));
    places
}

fn named(topology: &Topology, name: &str) -> Result<ListedPlace, CutShort> {
    let queue: Option<&Queue> = topology.queue(name);
    if queue.is_none() && topology.is_complete() {
        return Err(CutShort::Told(format!(
            "There is no queue {name} in this virtual host"
        )));
    }
    Ok(ListedPlace {
        name: name.to_owned(),
        count: queue.and_then(|queue| queue.ready),
        why: vec!["it was named".to_owned()],
        ..ListedPlace::default()
    })
}

/// Borrows the first messages of a queue and puts them back, where that does no harm that a person would
/// have to read first.
pub(super) fn look(
    background: &mut Background,
    queue: &str,
    count: u32,
) -> Result<PeekReport, CutShort> {
    let request = background.request();
    background.tell(SourceCommand::Peek {
        request,
        queue: queue.to_owned(),
        page: Page::head(count),
        agreed: false,
    })?;
    let report = background.wait(None, |update| match update {
        SourceUpdate::Peeked { request: r, result } if r == request => Some(result),
        _ => None,
    })?;
    Ok(report?)
}

/// What each message of a look tells.
pub(super) fn letters(ground: &Ground, report: &PeekReport) -> Vec<ListedLetter> {
    let scene = ground.scene(Some(&report.queue));
    report
        .messages
        .iter()
        .enumerate()
        .map(|(index, event)| ListedLetter {
            source: report.queue.clone(),
            position: LetterPosition::Index(index),
            account: account(&Provenance::of(event, scene)),
            event: std::sync::Arc::clone(event),
            mark: None,
        })
        .collect()
}
