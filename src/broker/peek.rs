//! Looks into a queue: borrows, puts back, and says what looking has done.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

use super::borrow::{Bounds, Loan, borrow};
use super::budget;
use super::management;
use super::resend::{give_back, take_out};
use super::wires::{Knowledge, Wires};
use crate::domain::number_words::{count_of, thousands};
use crate::domain::peek_rules::{
    Order, Page, REACH, REACH_BYTES, REACH_TIME, SHOWN_BYTES, Terms, worn_words,
};
use crate::domain::{Event, TopologySource};
use crate::protocol::{PeekReport, PutBack};

/// What is asked for.
pub(super) struct Look {
    /// The queue.
    pub queue: String,
    /// Which part of it.
    pub page: Page,
    /// The person read that the order may change.
    pub agreed: bool,
}

/// Borrows what lies in this page and before it, and puts it back.
///
/// # Errors
/// Why not, in words.
pub(super) async fn run(
    wires: Wires,
    look: Look,
    mut stop: watch::Receiver<bool>,
) -> Result<PeekReport, String> {
    let Look {
        queue,
        page,
        agreed,
    } = look;
    let mut knowledge = wires.knowledge().await;
    let is_told = knowledge.topology.source == TopologySource::Management;
    if is_told && knowledge.terms(&queue).is_none() {
        // It may be newer than what is known.
        knowledge = Arc::new(management::read(wires.endpoint.as_ref().clone()).await);
        wires.refresh.notify_one();
    }
    refuse_kind(&knowledge, &queue)?;
    let terms = knowledge.terms(&queue);
    if !agreed {
        if terms.is_none() {
            // Tells of a queue that is not there.
            depth(&wires, &knowledge, &queue).await?;
        }
        refuse_unread(terms)?;
    }
    let limit = terms.and_then(|terms| terms.limit);
    if let Some(limit) = limit
        && wires.with_worn(|worn| worn.contains(&queue))
    {
        return Err(worn_words(limit));
    }
    // Where that keeps the order, all are taken, and the first of them are shown.
    let mut takes_all = terms.is_some_and(|terms| terms.order == Order::KeptIfAll);
    if takes_all {
        let depth = depth(&wires, &knowledge, &queue).await?;
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
    let in_time = borrow_in_time(&wires, &knowledge, &queue, bounds, &mut stop);
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
    let (depth, since, is_complete) = (loan.depth, loan.since, loan.is_complete);
    let all: Vec<Arc<Event>> = loan.messages.values().cloned().collect();
    // What came meanwhile lies before what is given back.
    let has_more = takes_all && loan.ready().await.map_or(true, |ready| ready > 0);
    let returned = give_back(&wires, &knowledge, &queue, loan).await;
    let borrowed_ms = u64::try_from(since.elapsed().as_millis()).unwrap_or(u64::MAX);

    let left = limit.map(|limit| budget::left(limit, all.iter().map(AsRef::as_ref)));
    if left == Some(0) {
        wires.with_worn(|worn| worn.insert(queue.clone()));
    }
    let mut remarks = Vec::new();
    match &returned {
        Err(words) => remarks.push(words.clone()),
        Ok(0) => {}
        Ok(renewed) => remarks.push(renewed_words(*renewed)),
    }
    let reach = usize::try_from(bounds.messages).unwrap_or(usize::MAX);
    if !is_complete && all.len() < reach {
        remarks.push(if *stop.borrow() {
            "Stopped before all were looked at".to_owned()
        } else if is_late {
            format!(
                "Stopped after {} s, so that consumers do not wait longer",
                REACH_TIME.as_secs()
            )
        } else {
            let size = thousands((bounds.bytes / 1024 / 1024) as u64);
            format!("A look takes {size} MB at most, or what comes within some seconds")
        });
    }
    let is_kept =
        matches!(returned, Ok(0)) && covers && order_is_kept(terms, is_complete && !has_more);
    remarks.extend(effect_words(terms, &all, is_kept));
    let borrowed = all.len();
    let first = usize::try_from(page.first).unwrap_or(usize::MAX);
    let size = usize::try_from(page.size).unwrap_or(usize::MAX);
    let shown = shown(all, first, size);
    if first + shown.len() < borrowed.min(first.saturating_add(size)) {
        let size = SHOWN_BYTES / 1024 / 1024;
        remarks.push(format!("A page shows {size} MB at most"));
    }
    Ok(PeekReport {
        queue,
        first: page.first,
        messages: shown,
        depth,
        borrowed: u32::try_from(borrowed).unwrap_or(u32::MAX),
        borrowed_ms,
        put_back: if is_kept {
            PutBack::InOrder
        } else {
            PutBack::Somehow
        },
        left,
        remark: remarks.join(". "),
    })
}

/// Borrows for as long as a look may take. True if that time was up.
async fn borrow_in_time(
    wires: &Wires,
    knowledge: &Knowledge,
    queue: &str,
    bounds: Bounds,
    stop: &mut watch::Receiver<bool>,
) -> Result<(Loan, bool), String> {
    let (enough, mut either) = watch::channel(false);
    let mut is_late = false;
    let borrowing = take_out(wires, knowledge, queue, bounds, &mut either);
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

/// Refuses kinds of queues that cannot be borrowed from.
///
/// # Errors
/// Why, in words.
pub(super) fn refuse_kind(knowledge: &Knowledge, queue: &str) -> Result<(), String> {
    match knowledge.terms(queue) {
        Some(terms) if terms.is_stream => Err(format!(
            "{queue} is a stream, which keeps what is in it: nothing can be taken out. Read it, \
             and publish a copy elsewhere"
        )),
        _ => Ok(()),
    }
}

/// Messages that are ready now.
async fn depth(wires: &Wires, knowledge: &Knowledge, queue: &str) -> Result<u32, String> {
    let nothing = Bounds {
        messages: 0,
        bytes: 0,
    };
    let (_open, mut never) = watch::channel(false);
    let loan = borrow(wires, knowledge, queue, nothing, &mut never).await?;
    let depth = loan.depth;
    loan.give_back().await.map_err(|trouble| trouble.words)?;
    Ok(depth)
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
        terms.limit.is_some() || terms.delays || matches!(terms.order, Order::MayChange(_))
    });
    if !costs {
        return Ok(());
    }
    Err(
        "This look would cost something, or it is not known what it does, so it was not taken. \
         Read above what it does, then press Peek"
            .to_owned(),
    )
}

fn renewed_words(renewed: usize) -> String {
    let subject = count_of(renewed as u64, "message");
    let verb = if renewed == 1 { "was" } else { "were" };
    format!(
        "{subject} had been handed out as often as the delivery limit allows, so that RabbitMQ \
         would have removed or dead-lettered what comes back. Instead {subject} {verb} put at the \
         end of the queue anew; the journal has a copy"
    )
}

/// True if the messages lie as they lay.
fn order_is_kept(terms: Option<Terms>, took_all: bool) -> bool {
    match terms.map(|terms| terms.order) {
        Some(Order::Kept) => true,
        Some(Order::KeptIfAll) => took_all,
        Some(Order::MayChange(_)) | None => false,
    }
}

/// What looking did to the order, where it did something. What it did to a limit of deliveries is
/// said with the next look.
fn effect_words(terms: Option<Terms>, all: &[Arc<Event>], is_kept: bool) -> Option<String> {
    let terms = terms.filter(|_| !is_kept && !all.is_empty())?;
    match terms.order {
        Order::Kept if terms.limit.is_some() => Some(
            "More messages than a look takes had been handed out before, and RabbitMQ put those \
             that were looked at behind them: the order changed"
                .to_owned(),
        ),
        Order::KeptIfAll => Some(
            "This quorum queue has no delivery limit, so RabbitMQ put what was looked at behind \
             the rest: the order changed"
                .to_owned(),
        ),
        Order::MayChange(why) => Some(format!("The order may have changed: {why}")),
        Order::Kept => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Properties, Queue, ServerVersion, peek_rules};
    use chrono::DateTime;

    fn event(bytes: usize) -> Arc<Event> {
        Arc::new(Event::new(
            DateTime::UNIX_EPOCH,
            String::new(),
            "q".into(),
            true,
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
        let words = |version: &str, limit: Option<u64>, took_all| {
            let mut queue = Queue::named("q");
            queue.kind = "quorum".into();
            queue.delivery_limit = limit;
            let version = ServerVersion::rabbitmq(version);
            let terms = peek_rules::terms(Some(&queue), Some(&version));
            let is_kept = order_is_kept(terms, took_all);
            let words = effect_words(terms, &[event(1)], is_kept);
            (is_kept, words.unwrap_or_default())
        };
        let changed = words("3.10.8", None, false);
        assert!(!changed.0 && changed.1.ends_with("the order changed"));
        assert_eq!(words("3.10.8", None, true), (true, String::new()));
        assert_eq!(words("3.10.8", Some(3), false), (true, String::new()));
        assert!(!words("4.3.0", Some(3), true).0);
        assert_eq!(effect_words(None, &[], false), None);
    }
}
