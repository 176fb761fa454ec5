//! What a person does with the records of the journal: read them, put a message back, forget.

use std::sync::Arc;

use chrono::Utc;

use super::outlet::{Outlet, Sent};
use super::recorder::Recorder;
use super::wires::Wires;
use crate::domain::record::{Held, RecordId, Stage};
use crate::domain::{Death, Event, Outgoing, lineage};
use crate::protocol::Update;
use crate::storage::journal::{Journal, Lying};

/// Most records that are shown; those that are not certain come first.
const SHOWN: usize = 500;

/// The newest records.
pub(super) async fn read(journal: &Recorder) -> Update {
    Update::Journal(journal.with(|journal| journal.newest(SHOWN)).await)
}

/// Forgets records, and tells of those that are left.
pub(super) async fn forget(journal: &Recorder, ids: Vec<RecordId>) -> Update {
    match journal.with(move |journal| journal.forget(&ids)).await {
        Ok(()) => read(journal).await,
        Err(words) => Update::Journal(Err(words)),
    }
}

/// The connection to this place was lost.
pub(super) async fn doubt(journal: &Recorder, place: String) -> Update {
    match journal.with(move |journal| journal.doubt(&place)).await {
        Ok(()) => read(journal).await,
        Err(words) => Update::Journal(Err(words)),
    }
}

/// Jobs were cut off by the end of the connection: what they had under way is not certain.
pub(super) async fn cut_off(journal: &Recorder) -> Update {
    match journal.with(Journal::settle_all).await {
        Ok(()) => read(journal).await,
        Err(words) => Update::Journal(Err(words)),
    }
}

/// Which of these messages, as they lie in a queue, were sent again before. Their records say from
/// now on that they came back.
pub(super) async fn returns(wires: &Wires, messages: Vec<Arc<Event>>) -> Update {
    let place = wires.endpoint.place();
    let asked = wires.journal.with(move |journal| {
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
                let news = read(&wires.journal).await;
                wires.outbox.send(news).await;
            }
            Update::CameBack(told)
        }
        Err(words) => {
            tracing::warn!(words, "what came back is not known");
            Update::CameBack(Vec::new())
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

/// Forgets what is old and certain.
pub(super) async fn age_out(journal: &Recorder, days: u16) {
    let ageing = journal.with(move |journal| journal.age_out(Utc::now(), days));
    if let Err(words) = ageing.await {
        tracing::warn!(words, "old records stay in the journal");
    }
}

/// Publishes a message of the journal to the queue that it lay in, as it lay there. Ends with why
/// it did not work out, if it did not.
pub(super) async fn put_back(wires: &Wires, id: RecordId) -> Option<String> {
    let record = match wires.journal.with(move |journal| journal.get(id)).await {
        Ok(Some(record)) => record,
        Ok(None) => return Some("The journal has no such record any more".to_owned()),
        Err(words) => return Some(words),
    };
    if record.message.place != wires.endpoint.place() {
        return Some(format!(
            "This message came from {}. Connect to that broker to put it back",
            record.message.place
        ));
    }
    let (before, words) = (record.stage, record.words.clone());
    let outgoing = as_it_lay(&record.message, &wires.endpoint.user);
    if let Err(words) = mark(&wires.journal, id, Stage::Returning, String::new()).await {
        return Some(format!("{words}, so nothing was sent"));
    }
    let mut outlet = Outlet::new(Arc::clone(&wires.publishing), wires.confirm_limit);
    let sent = outlet.send_all(&[&outgoing]).await.pop();
    let (stage, words, problem) = match sent {
        Some(Sent::Routed) => (Stage::PutBack, String::new(), None),
        Some(Sent::NotRouted(why)) => {
            let queue = &record.message.queue;
            (
                before,
                words,
                Some(format!("It could not be put back into {queue}: {why}")),
            )
        }
        Some(Sent::Unknown(why)) => (Stage::Returning, why.clone(), Some(why)),
        None => (Stage::Returning, String::new(), None),
    };
    let written = wires.journal.with(move |journal| {
        journal.mark(&[(id, stage, words.as_str())])?;
        journal.settle(&[id])
    });
    match written.await {
        Ok(()) => problem,
        Err(words) => Some(words),
    }
}

/// The default exchange routes by the name of the queue, and by CC and BCC keys too, which must not
/// add others. The broker accepts no user id but our own.
pub(super) fn as_it_lay(message: &Held, login: &str) -> Outgoing {
    let mut properties = message.properties.clone();
    properties.user_id.take_if(|user| user != login);
    if let Some(headers) = &mut properties.headers {
        // What a quorum queue counts starts anew.
        let own = ["CC", "BCC", "x-delivery-count", "x-acquired-count"];
        headers.retain(|(name, _)| !own.contains(&name.as_str()));
        if headers.is_empty() {
            properties.headers = None;
        }
    }
    Outgoing {
        exchange: String::new(),
        routing_key: message.queue.clone(),
        properties,
        body: message.body.clone(),
    }
}

async fn mark(journal: &Recorder, id: RecordId, stage: Stage, words: String) -> Result<(), String> {
    let write = move |journal: &mut Journal| journal.mark(&[(id, stage, words.as_str())]);
    journal.with(write).await
}
