//! Looks into a queue: borrows, puts back, and says what looking may have changed.

use std::sync::Arc;

use tokio::sync::watch;

use super::borrow::Bounds;
use super::budget::{deliveries, delivery_limit};
use super::resend::{give_back, take_out};
use super::wires::{Knowledge, Wires};
use crate::domain::Event;
use crate::protocol::PeekReport;

/// Most bytes of a peek.
const PEEK_BYTES: usize = 64 * 1024 * 1024;

/// Borrows at most `limit` messages and puts them back.
///
/// # Errors
/// Why not, in words.
pub(super) async fn run(
    wires: Wires,
    queue: String,
    limit: u16,
    mut stop: watch::Receiver<bool>,
) -> Result<PeekReport, String> {
    let knowledge = wires.knowledge().await;
    refuse_kind(&knowledge, &queue)?;
    if wires.with_worn(|worn| worn.contains(&queue)) {
        return Err(worn_words(&queue));
    }
    let bounds = Bounds {
        messages: u32::from(limit),
        bytes: PEEK_BYTES,
    };
    let loan = take_out(&wires, &knowledge, &queue, bounds, &mut stop).await?;
    let (depth, since) = (loan.depth, loan.since);
    let all = loan.is_complete;
    let messages: Vec<Arc<Event>> = loan.messages.values().cloned().collect();
    let returned = give_back(&wires, &knowledge, &queue, loan).await;
    let borrowed_ms = u64::try_from(since.elapsed().as_millis()).unwrap_or(u64::MAX);
    let effect = Effect::of(&knowledge, &queue, &messages, all);
    if matches!(effect, Effect::Counted { left: 0, .. }) {
        wires.with_worn(|worn| worn.insert(queue.clone()));
    }
    let left = match effect {
        Effect::Counted { left, .. } => Some(left),
        _ => None,
    };
    let mut remark = effect.words();
    match returned {
        Err(words) => remark = format!("{words}. {remark}"),
        Ok(0) => {}
        Ok(renewed) => remark = format!("{}. {remark}", renewed_words(renewed)),
    }
    if !all && messages.len() < usize::from(limit) && *stop.borrow() {
        remark = format!("Stopped before all were looked at. {remark}");
    }
    Ok(PeekReport {
        queue,
        messages,
        depth,
        borrowed_ms,
        left,
        remark: remark.trim_end().to_owned(),
    })
}

/// Refuses kinds of queues that cannot be borrowed from.
///
/// # Errors
/// Why, in words.
pub(super) fn refuse_kind(knowledge: &Knowledge, queue: &str) -> Result<(), String> {
    match knowledge.topology.queue(queue).map(|q| q.kind.as_str()) {
        Some("stream") => Err(format!(
            "{queue} is a stream: messages cannot be taken out of it and put back. This version \
             reads queues only"
        )),
        _ => Ok(()),
    }
}

fn worn_words(queue: &str) -> String {
    format!(
        "Messages in {queue} have been handed out as often as its delivery limit allows. One more \
         look would make RabbitMQ remove or dead-letter them. Resend or discard them first, or \
         raise the delivery limit"
    )
}

fn renewed_words(renewed: usize) -> String {
    let (subject, verb) = match renewed {
        1 => ("1 message".to_owned(), "was"),
        count => (format!("{count} messages"), "were"),
    };
    format!(
        "{subject} had been handed out as often as the delivery limit allows, so that RabbitMQ \
         would have removed or dead-lettered what comes back. Instead {subject} {verb} put at the \
         end of the queue anew; the journal has a copy"
    )
}

/// What looking did to the queue.
#[derive(Debug, PartialEq, Eq)]
enum Effect {
    /// Nothing that matters.
    None,
    /// A quorum queue without a delivery limit puts what is returned behind the rest.
    Reordered,
    /// A quorum queue counted it as a delivery.
    Counted {
        /// Its limit.
        limit: u64,
        /// How often it can be looked at again without harm.
        left: u64,
    },
}

impl Effect {
    fn of(knowledge: &Knowledge, queue: &str, messages: &[Arc<Event>], all: bool) -> Self {
        let Some(known) = knowledge.topology.queue(queue) else {
            return Self::None;
        };
        if known.kind != "quorum" || messages.is_empty() {
            return Self::None;
        }
        match delivery_limit(knowledge, known) {
            // From 4.3 on giving back with a nack does not count.
            _ if knowledge.is_at_least(4, 3) => Self::None,
            None if all => Self::None,
            None => Self::Reordered,
            Some(limit) => {
                // The count that each message came with; giving it back has added one. What was
                // at the limit already was put into the queue anew.
                let counts = messages.iter().map(|event| deliveries(event));
                let most = counts.filter(|count| *count < limit).max();
                Self::Counted {
                    limit,
                    left: limit - most.map_or(0, |most| most + 1),
                }
            }
        }
    }

    fn words(&self) -> String {
        match self {
            Self::None => String::new(),
            Self::Reordered => "This quorum queue has no delivery limit, so RabbitMQ put the \
                                messages that were looked at back at its end: their order changed"
                .to_owned(),
            Self::Counted { limit, left: 0 } => format!(
                "This quorum queue counts each look as a delivery and allows {limit}. For some \
                 messages this was the last one: another look would make RabbitMQ remove or \
                 dead-letter them"
            ),
            Self::Counted { limit, .. } => {
                format!("This quorum queue counts each look as a delivery and allows {limit}")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{FieldValue, Properties, Queue, Topology};
    use chrono::DateTime;

    fn effect(version: &str, limit: Option<u64>, count: Option<i64>, all: bool) -> Effect {
        let mut queue = Queue::named("q");
        queue.kind = "quorum".into();
        queue.delivery_limit = limit;
        let knowledge = Knowledge {
            topology: Topology {
                queues: vec![queue],
                ..Topology::default()
            },
            version: Some(version.into()),
            ..Knowledge::default()
        };
        let headers = count.map(|n| vec![("x-delivery-count".to_owned(), FieldValue::I64(n))]);
        let properties = Properties {
            headers,
            ..Properties::default()
        };
        let event = Event::new(
            DateTime::UNIX_EPOCH,
            String::new(),
            "q".into(),
            true,
            properties,
            Vec::new(),
        );
        Effect::of(&knowledge, "q", &[Arc::new(event)], all)
    }

    #[test]
    fn the_person_learns_what_looking_costs() {
        assert_eq!(effect("3.10.8", None, None, false), Effect::Reordered);
        assert_eq!(effect("3.10.8", None, None, true), Effect::None);
        let counted = |limit, left| Effect::Counted { limit, left };
        assert_eq!(effect("3.10.8", Some(3), None, true), counted(3, 2));
        assert_eq!(effect("3.10.8", Some(3), Some(2), true), counted(3, 0));
        assert_eq!(effect("3.10.8", Some(3), Some(3), true), counted(3, 3));
        assert_eq!(effect("4.1.0", None, Some(1), false), counted(20, 18));
        assert_eq!(effect("4.3.0", Some(3), Some(3), false), Effect::None);
    }
}
