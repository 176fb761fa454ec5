//! What a person does with the records of the journal: read them, put a message back, forget.

use std::collections::VecDeque;
use std::sync::Arc;

use tokio::sync::watch;

use crate::drivers::rabbitmq::connection::connections::Connections;
use crate::drivers::rabbitmq::moves::copy::as_it_lay;
use crate::drivers::rabbitmq::publisher::{Publisher, Sent};
use crate::engine::journal_access::{names, read};
use crate::event::amqp::x_death::Death;
use crate::event::{Event, Outgoing};
use crate::protocol::{RequestId, SourceUpdate};
use crate::repair::journal_entry::{Record, RecordId, Stage};
use crate::repair::journal_list::Records;
use crate::repair::lineage;
use crate::storage::journal::{Journal, JournalError, Lying};
use crate::text::numbers::thousands;

/// Messages that are put back together.
const TOGETHER: usize = 128;
/// Bytes of bodies after which no further message is put back together with these.
const BYTES: usize = 8 * 1024 * 1024;

/// Which of these messages, as they lie in a queue, were sent again before. Their records say from
/// now on that they came back.
pub(crate) async fn returns(connections: &Connections, messages: Vec<Arc<Event>>) -> SourceUpdate {
    let place = connections.endpoint.place();
    let asked = connections.journal.with(move |journal| {
        let lying: Vec<Lying> = messages.iter().map(|event| lying(event)).collect();
        let returns = journal.returns(&place, &lying)?;
        let told = messages.iter().zip(returns.times);
        let told = told.filter(|(_, times)| *times > 0);
        let told: Vec<_> = told
            .map(|(event, times)| (event.fingerprint(), times))
            .collect();
        Ok((told, returns.is_news))
    });
    match asked.await {
        Ok((told, is_news)) => {
            if is_news {
                let news = read(&connections.journal).await;
                connections.outbox.desk().send(news).await;
            }
            SourceUpdate::CameBack(told)
        }
        Err(words) => {
            tracing::warn!(
                words,
                "which messages came back after a resend is not known"
            );
            SourceUpdate::CameBack(Vec::new())
        }
    }
}

fn lying(event: &Event) -> Lying {
    let last = Death::history(&event.properties).into_iter().next();
    Lying {
        content: lineage::content(&event.properties, &event.body),
        died: last.and_then(|death| i64::try_from(death.first_time?).ok()),
    }
}

/// Publishes messages of the journal to the queues that they lay in, as they lay there, part by
/// part. Ends with why some were not put back, if some were not.
pub(crate) async fn put_back(
    connections: &Connections,
    request: RequestId,
    which: Records,
    stop: &watch::Receiver<bool>,
) -> Option<String> {
    let naming = connections
        .journal
        .with(move |journal| names(journal, which));
    let ids = match naming.await {
        Ok(ids) => ids,
        Err(words) => return Some(words),
    };
    let (total, mut done, mut left) = (ids.len(), 0, ids.into_iter().collect());
    let mut publisher = Publisher::new(
        Arc::clone(&connections.publishing),
        connections.confirm_limit,
    );
    let mut why = None;
    while !VecDeque::is_empty(&left) {
        let update = SourceUpdate::PuttingBack {
            request,
            total,
            done,
        };
        connections.outbox.send(update).await;
        if *stop.borrow() {
            why.get_or_insert("Stopped".to_owned());
            break;
        }
        let part;
        (part, left) = match connections
            .journal
            .with(move |journal| take(journal, left))
            .await
        {
            Ok(taken) => taken,
            Err(words) => {
                why.get_or_insert(words);
                break;
            }
        };
        let (routed, words) = put_back_part(connections, &mut publisher, part).await;
        done += routed;
        if let Some((words, is_end)) = words {
            why.get_or_insert(words);
            if is_end {
                break;
            }
        }
    }
    match total {
        0 => Some("The journal has no such record any more".to_owned()),
        1 => why,
        _ => why.map(|why| {
            let [done, total] = [done, total].map(|count| thousands(count as u64));
            format!("{done} of {total} were put back. {why}")
        }),
    }
}

/// The next records, as many as are put back together. Those that are gone are passed over.
fn take(
    journal: &Journal,
    mut left: VecDeque<RecordId>,
) -> Result<(Vec<Record>, VecDeque<RecordId>), JournalError> {
    let (mut part, mut bytes) = (Vec::new(), 0);
    while part.len() < TOGETHER
        && bytes < BYTES
        && let Some(id) = left.pop_front()
    {
        if let Some(record) = journal.get(id)? {
            bytes += record.message.body.len();
            part.push(record);
        }
    }
    Ok((part, left))
}

/// Puts these back. Gives how many were, and why some were not and whether the rest would not
/// be either.
async fn put_back_part(
    connections: &Connections,
    publisher: &mut Publisher,
    part: Vec<Record>,
) -> (usize, Option<(String, bool)>) {
    let here = connections.endpoint.place();
    let mut why = None;
    let mut records = Vec::with_capacity(part.len());
    for record in part {
        if record.message.place != here {
            why.get_or_insert(format!(
                "This message came from {}. Connect to that broker to put it back",
                record.message.place
            ));
        } else if let Some(words) = record.not_put_back() {
            why.get_or_insert(words);
        } else {
            records.push(record);
        }
    }
    let returning: Vec<_> = records.iter().map(|record| record.id).collect();
    let marking = connections.journal.with(move |journal| {
        let marks = returning.iter().map(|id| (*id, Stage::Returning, ""));
        journal.mark(&marks.collect::<Vec<_>>())
    });
    if let Err(words) = marking.await {
        return (0, Some((format!("{words}, so nothing was sent"), true)));
    }
    let user = &connections.endpoint.user;
    let all: Vec<Outgoing> = records
        .iter()
        .map(|r| as_it_lay(&r.message, user))
        .collect();
    let all: Vec<&Outgoing> = all.iter().collect();
    let sent = publisher.send_all(&all).await;
    let mut routed = 0;
    let (mut marks, mut before) = (Vec::with_capacity(records.len()), Vec::new());
    for (record, sent) in records.into_iter().zip(sent) {
        match sent {
            Sent::Routed => {
                routed += 1;
                marks.push((record.id, Stage::PutBack, String::new()));
            }
            Sent::NotRouted(words) => {
                let queue = &record.message.queue;
                why.get_or_insert(format!("It could not be put back into {queue}: {words}"));
                before.push(record);
            }
            Sent::Unknown(words) | Sent::NoConfirm(words) => {
                why.get_or_insert(words.clone());
                marks.push((record.id, Stage::Returning, words));
            }
        }
    }
    let writing = connections.journal.with(move |journal| {
        let written: Vec<_> = marks
            .iter()
            .map(|(id, at, words)| (*id, *at, &**words))
            .collect();
        journal.mark(&written)?;
        journal.take_back(&before)?;
        let ids: Vec<RecordId> = marks.iter().map(|(id, ..)| *id).collect();
        journal.settle(&ids)
    });
    if let Err(words) = writing.await {
        return (routed, Some((words, true)));
    }
    let is_end = !publisher.is_open();
    (routed, why.map(|why| (why, is_end)))
}
