//! Looks into a queue: borrows, puts back, and says what looking has done.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

use crate::drivers::rabbitmq::connection::connections::{Connections, Knowledge};
use crate::drivers::rabbitmq::loan::borrow::{Bounds, Loan, ready};
use crate::drivers::rabbitmq::loan::budget;
use crate::drivers::rabbitmq::loan::renewal::{give_back, take_out_knowing};
use crate::event::Event;
use crate::protocol::{PeekReport, PutBack};
use crate::rabbitmq::peek_rules::{
    Page, QueueOrder, REACH, REACH_BYTES, REACH_TIME, SHOWN_BYTES, Terms, active_words, worn_words,
};
use crate::rabbitmq::topology::TopologySource;
use crate::text::numbers::{count_of, thousands};

/// What is asked for.
pub(crate) struct Look {
    pub queue: String,
    /// Which part of it.
    pub page: Page,
    /// The person read that the order may change.
    pub agreed: bool,
}

/// How long a look waits for another look or job of this window at the same queue.
const TURN_LIMIT: Duration = Duration::from_secs(30);

/// As [`run`], when nobody else of this window is at the queue.
///
/// # Errors
/// As [`run`]; also if that takes too long.
pub(crate) async fn run_in_turn(
    connections: Connections,
    look: Look,
    stop: watch::Receiver<bool>,
) -> Result<PeekReport, String> {
    let turn = tokio::time::timeout(TURN_LIMIT, connections.turns.take(&look.queue)).await;
    let Ok(_turn) = turn else {
        return Err(format!(
            "A job of this window is at work on {}, so it was not looked into. Peek again when the \
             job has ended",
            look.queue
        ));
    };
    run(connections.clone(), look, stop).await
}

/// Borrows what lies in this page and before it, and puts it back.
///
/// # Errors
/// Why not, in words.
#[expect(
    clippy::too_many_lines,
    reason = "one look in the order in which it happens"
)]
async fn run(
    connections: Connections,
    look: Look,
    mut stop: watch::Receiver<bool>,
) -> Result<PeekReport, String> {
    let Look {
        queue,
        page,
        agreed,
    } = look;
    let known = connections.knowledge().await;
    let is_told = known.topology.source == TopologySource::Management;
    let is_new = is_told && known.terms(&queue).is_none();
    let knowledge = known.of_now(&connections.endpoint, &queue).await;
    if is_new && knowledge.terms(&queue).is_some() {
        connections.refresh.notify_one();
    }
    budget::refuse_kind(&knowledge, &queue)?;
    if let Some(words) = knowledge.topology.queue(&queue).and_then(active_words) {
        return Err(words);
    }
    let terms = knowledge.terms(&queue);
    if !agreed {
        if terms.is_none() {
            // Tells of a queue that is not there.
            ready(&connections, &queue).await?;
        }
        refuse_unread(terms)?;
    }
    let limit = budget::limit(&knowledge, &queue);
    if let Some(limit) = terms.and_then(|terms| terms.counted())
        && connections.with_worn(|worn| worn.contains(&queue))
    {
        return Err(worn_words(limit.most));
    }
    // Where that keeps the order, all are taken, and the first of them are shown.
    let mut takes_all = terms.is_some_and(|terms| terms.order == QueueOrder::KeptIfAll);
    if takes_all {
        let depth = ready(&connections, &queue).await?;
        if depth > REACH && !agreed {
            return Err(too_many_words(&queue, depth));
        }
        takes_all = depth <= REACH;
    }
    let bounds = Bounds {
        messages: if takes_all { REACH } else { page.reach() },
        bytes: if takes_all || page.first > 0 {
            REACH_BYTES
        } else {
            SHOWN_BYTES
        },
    };
    let in_time = borrow_in_time(&connections, &knowledge, &queue, bounds, &mut stop);
    let (mut loan, is_late) = in_time.await?;
    let reach = Bounds {
        messages: REACH,
        bytes: REACH_BYTES,
    };
    let covers = if loan.mixes_up() {
        // A broken connection is told by giving back.
        let covering = loan.cover_returned(reach, &mut stop).await;
        covering.unwrap_or(false)
    } else {
        true
    };
    let (counted, since, is_complete) = (loan.depth, loan.since, loan.is_complete);
    let all: Vec<Arc<Event>> = loan.messages.values().cloned().collect();
    let borrowed = u32::try_from(all.len()).unwrap_or(u32::MAX);
    // Both numbers that are told are of the moment before all goes back.
    let behind = loan.ready().await.ok();
    // What came meanwhile lies before what is given back.
    let has_more = takes_all && behind != Some(0);
    let unkept = loan.unkept.take();
    let were_here = connections.returned_to(&queue);
    let returned = give_back(&connections, &queue, loan).await;
    let borrowed_ms = u64::try_from(since.elapsed().as_millis()).unwrap_or(u64::MAX);

    let left = limit.and_then(|limit| {
        let was_here = |event: &Event| were_here.contains(&event.fingerprint());
        limit.left(all.iter().map(AsRef::as_ref), was_here)
    });
    if left.is_some_and(|left| left.looks == 0 && !left.at_least) {
        connections.with_worn(|worn| worn.insert(queue.clone()));
    }
    let mut remarks = Vec::new();
    match &returned {
        Err(why) => remarks.push(why.to_string()),
        Ok(0) => {}
        Ok(renewed) => remarks.push(renewed_words(*renewed)),
    }
    let reach = usize::try_from(bounds.messages).unwrap_or(usize::MAX);
    let is_stopped = *stop.borrow();
    if let Some(words) = unkept {
        remarks.push(format!(
            "{words}, so no more was looked at: a message at its delivery limit has to be written \
             down first"
        ));
    } else if is_stopped || is_late {
        if !is_complete && all.len() < reach {
            remarks.push(if is_stopped {
                "Stopped before all were looked at".to_owned()
            } else {
                format!(
                    "Stopped after {} s, so that consumers do not wait longer",
                    REACH_TIME.as_secs()
                )
            });
        }
    } else if held_bytes(&all) >= bounds.bytes {
        let size = thousands((bounds.bytes / 1024 / 1024) as u64);
        remarks.push(format!("A look takes {size} MB at most"));
    } else {
        let wanted = counted.min(bounds.messages);
        remarks.extend(fewer_words(wanted, borrowed, behind.unwrap_or(0)));
    }
    let nothing = match &*all {
        [] => nothing_words(&knowledge, &queue, counted),
        _ => String::new(),
    };
    let is_kept =
        matches!(returned, Ok(0)) && covers && order_is_kept(terms, is_complete && !has_more);
    remarks.extend(effect_words(terms, &all, is_kept, covers));
    let taken = all.len();
    let first = usize::try_from(page.first).unwrap_or(usize::MAX);
    let size = usize::try_from(page.size).unwrap_or(usize::MAX);
    let shown = shown(all, first, size);
    if first + shown.len() < taken.min(first.saturating_add(size)) {
        let size = SHOWN_BYTES / 1024 / 1024;
        remarks.push(format!("A page shows {size} MB at most"));
    }
    Ok(PeekReport {
        queue,
        first: page.first,
        messages: shown,
        depth: borrowed.saturating_add(behind.unwrap_or(0)),
        borrowed,
        borrowed_ms,
        put_back: if is_kept {
            PutBack::InOrder
        } else {
            PutBack::Somehow
        },
        left,
        remark: remarks.join(". "),
        nothing,
        ..PeekReport::default()
    })
}

/// Bytes of the bodies of these.
fn held_bytes(messages: &[Arc<Event>]) -> usize {
    messages.iter().map(|event| event.body.len()).sum()
}

/// What is said where fewer came than the queue had counted: what did not come is not gone for that.
fn fewer_words(wanted: u32, came: u32, ready: u32) -> Option<String> {
    let missing = wanted.checked_sub(came).filter(|missing| *missing > 0)?;
    let subject = count_of(missing.into(), "message");
    Some(if ready == 0 {
        format!(
            "{subject} that were ready at the beginning did not come and are not ready any more: \
             others took or hold them"
        )
    } else {
        format!(
            "{subject} that were counted as ready did not come within some seconds: they are held \
             by others or not ready yet"
        )
    })
}

/// What is said where nothing came and the queue may all the same not be empty; nothing if it is.
fn nothing_words(knowledge: &Knowledge, queue: &str, counted: u32) -> String {
    if counted > 0 {
        return format!(
            "{} counted as ready, and none came: others hold them, or they are not ready yet",
            count_of(counted.into(), "message")
        );
    }
    let known = knowledge.topology.queue(queue);
    match known
        .and_then(|known| known.unacked)
        .filter(|held| *held > 0)
    {
        Some(held) => format!(
            "None is ready. {} handed out and not acknowledged, as the management API said some \
             seconds ago: others hold what lies there",
            count_of(held, "message")
        ),
        None => String::new(),
    }
}

/// Borrows for as long as a look may take. True if that time was up.
async fn borrow_in_time(
    connections: &Connections,
    knowledge: &Knowledge,
    queue: &str,
    bounds: Bounds,
    stop: &mut watch::Receiver<bool>,
) -> Result<(Loan, bool), String> {
    let (enough, mut either) = watch::channel(false);
    let mut is_late = false;
    let borrowing = take_out_knowing(connections, knowledge, queue, bounds, &mut either);
    tokio::pin!(borrowing);
    let loan = tokio::select! {
        loan = &mut borrowing => loan,
        () = end_of(stop, REACH_TIME, &mut is_late) => {
            // What is under way comes to its end, so that nothing is left half borrowed.
            enough.send_replace(true);
            borrowing.await
        }
    }?;
    Ok((loan, is_late))
}

async fn end_of(stop: &mut watch::Receiver<bool>, limit: Duration, is_late: &mut bool) {
    let asked = async { stop.wait_for(|stop| *stop).await.is_ok() };
    match tokio::time::timeout(limit, asked).await {
        Ok(true) => {}
        // Whoever could stop it is gone, and cuts it off.
        Ok(false) => std::future::pending().await,
        Err(_) => *is_late = true,
    }
}

/// The page of what was borrowed, as far as it may be kept in memory.
fn shown(all: Vec<Arc<Event>>, first: usize, size: usize) -> Vec<Arc<Event>> {
    let mut bytes = 0_usize;
    all.into_iter()
        .skip(first)
        .take(size)
        .take_while(|event| {
            let fits = bytes < SHOWN_BYTES;
            bytes = bytes.saturating_add(event.body.len());
            fits
        })
        .collect()
}

/// The window says before a look whether the order will change, by figures that are some seconds
/// old. Where they were wrong, nothing is done.
fn too_many_words(queue: &str, depth: u32) -> String {
    format!(
        "{} lie in {queue}, more than can be taken at once, and without a delivery limit RabbitMQ \
         puts what was looked at behind the rest: the order would change. Peek again if that may be",
        count_of(u64::from(depth), "message")
    )
}

/// Refuses a look that costs something, because the person has not read what.
fn refuse_unread(terms: Option<Terms>) -> Result<(), String> {
    let costs = terms.is_none_or(|terms| {
        let is_counted = terms.counted().is_some();
        is_counted || terms.delays || matches!(terms.order, QueueOrder::MayChange(_))
    });
    if !costs {
        return Ok(());
    }
    Err(
        "This look would cost something, or it is not known what it does, so it was not taken. \
         The window says what it does before you press Peek; without the management API nobody knows"
            .to_owned(),
    )
}

fn renewed_words(renewed: usize) -> String {
    let subject = count_of(renewed as u64, "message");
    let verb = if renewed == 1 { "was" } else { "were" };
    format!(
        "{subject} had been handed out as often as the delivery limit allows, here or in the queue \
         of the death, so RabbitMQ would have removed or dead-lettered what comes back. Instead \
         {subject} {verb} put at the end of the queue again; the journal has a copy"
    )
}

/// True if the messages lie as they lay.
fn order_is_kept(terms: Option<Terms>, took_all: bool) -> bool {
    match terms.map(|terms| terms.order) {
        Some(QueueOrder::Kept) => true,
        Some(QueueOrder::KeptIfAll) => took_all,
        Some(QueueOrder::MayChange(_)) | None => false,
    }
}

/// What looking did to the order, where it did something. What it did to a limit of deliveries is
/// said with the next look.
fn effect_words(
    terms: Option<Terms>,
    all: &[Arc<Event>],
    is_kept: bool,
    covers: bool,
) -> Option<String> {
    let terms = terms.filter(|_| !is_kept && !all.is_empty())?;
    match terms.order {
        // What was put in again is told already.
        QueueOrder::Kept if terms.mixes_up && !covers => Some(
            "More messages than a look takes may have been handed out before; RabbitMQ puts those \
             that were looked at behind such: the order may have changed"
                .to_owned(),
        ),
        QueueOrder::KeptIfAll => Some(
            "This quorum queue has no delivery limit, so RabbitMQ put what was looked at behind \
             the rest: the order changed"
                .to_owned(),
        ),
        QueueOrder::MayChange(why) => Some(format!("The order may have changed: {why}")),
        QueueOrder::Kept => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Transport;
    use crate::event::amqp::Properties;
    use crate::rabbitmq::peek_rules;
    use crate::rabbitmq::server_version::ServerVersion;
    use crate::rabbitmq::topology::{Queue, Topology};
    use chrono::DateTime;

    fn event(bytes: usize) -> Arc<Event> {
        Arc::new(Event::new(
            DateTime::UNIX_EPOCH,
            String::new(),
            "q".into(),
            Transport::amqp(true),
            Properties::default(),
            vec![0; bytes],
        ))
    }

    #[test]
    fn a_page_is_cut_out_and_bounded_by_bytes() {
        let all: Vec<_> = (0..5).map(|_| event(SHOWN_BYTES / 2)).collect();
        assert_eq!(shown(all.clone(), 1, 1).len(), 1);
        assert_eq!(shown(all.clone(), 0, 9).len(), 2);
        assert_eq!(shown(all.clone(), 4, 9).len(), 1);
        assert!(shown(all, 9, 9).is_empty());
    }

    #[test]
    fn the_person_learns_what_looking_did() {
        let words = |version: &str, limit: Option<u64>, took_all, covers| {
            let mut queue = Queue::named("q");
            queue.kind = "quorum".into();
            queue.delivery_limit = limit;
            let version = ServerVersion::rabbitmq(version);
            let terms = peek_rules::terms(Some(&queue), Some(&version));
            let is_kept = covers && order_is_kept(terms, took_all);
            let words = effect_words(terms, &[event(1)], is_kept, covers);
            (is_kept, words.unwrap_or_default())
        };
        let changed = words("3.10.8", None, false, true);
        assert!(!changed.0 && changed.1.ends_with("the order changed"));
        assert_eq!(words("3.10.8", None, true, true), (true, String::new()));
        for version in ["3.10.8", "4.0.5", "4.3.6"] {
            let kept = words(version, Some(3), false, true);
            assert_eq!(kept, (true, String::new()), "{version}");
            let may = words(version, Some(3), false, false);
            assert!(!may.0 && may.1.ends_with("may have changed"), "{version}");
        }
        assert_eq!(words("4.3.6", None, false, true), (true, String::new()));
        assert_eq!(effect_words(None, &[], false, true), None);
    }

    #[test]
    fn what_did_not_come_is_not_called_gone() {
        assert_eq!(fewer_words(5, 5, 0), None);
        assert_eq!(fewer_words(5, 7, 0), None, "more came than were counted");
        assert!(
            fewer_words(5, 3, 0)
                .unwrap()
                .starts_with("2 messages that were ready")
        );
        assert!(
            fewer_words(5, 0, 5)
                .unwrap()
                .contains("held by others or not ready")
        );
        let mut queue = Queue::named("q");
        queue.unacked = Some(3);
        let knowledge = Knowledge {
            topology: Topology {
                queues: vec![queue],
                ..Topology::default()
            },
            ..Knowledge::default()
        };
        assert!(nothing_words(&knowledge, "q", 0).contains("3 messages handed out"));
        assert!(nothing_words(&knowledge, "q", 4).starts_with("4 messages counted as ready"));
        assert_eq!(nothing_words(&Knowledge::default(), "q", 0), "");
    }
}
