//! Frameworks for Python, PHP, Ruby and Node: Dramatiq, Celery, Symfony Messenger, Laravel,
//! Sneakers, Rascal.

use serde::Deserialize;
use serde_json::Value;

use super::dotnet::counted;
use super::look::{ParkedLook, instant, member, number};
use super::{Parked, Proposed, Removed, cause};
use crate::event::amqp::FieldValue;
use crate::event::names::text;

/// Longest body that is read for what a framework wrote into it, in bytes.
const LARGEST: usize = 4 * 1024 * 1024;

/// Dramatiq rejects what it gives up, and the queue's arguments lead it to `NAME.XQ`. What the
/// attempt before wrote down lies in the body's `options`.
pub(crate) fn dramatiq(look: ParkedLook<'_>) -> Option<Parked> {
    #[derive(Deserialize)]
    struct CeleryTask {
        actor_name: String,
        queue_name: String,
        message_id: String,
        #[serde(default)]
        options: ScriptOptions,
    }
    #[derive(Default, Deserialize)]
    struct ScriptOptions {
        retries: Option<u64>,
        traceback: Option<String>,
        requeue_timestamp: Option<u64>,
    }
    let task: CeleryTask = body(look, "\"actor_name\"")?;
    if task.message_id.is_empty() || task.actor_name.is_empty() || !look.is_given_up() {
        return None;
    }
    // What waits for its next attempt carries the name of the waiting queue.
    let queue = task.queue_name.trim_end_matches(".DQ").to_owned();
    let mut parked = Parked::by("Dramatiq", "actor_name in the body")
        .back_to(Some(queue), "queue_name in the body");
    parked.by_broker = true;
    parked.remarks.extend(counted(task.options.retries));
    parked.failure = cause::failure(None, None, task.options.traceback.as_deref());
    if parked.failure.is_some() {
        parked
            .remarks
            .push("what is told is of the attempt before the last".to_owned());
    }
    parked.when = task.options.requeue_timestamp.map(|ms| ms / 1_000);
    Some(parked)
}

/// Celery leaves the dead letters to the broker; its headers tell which task it was and how often it
/// was tried.
pub(crate) fn celery(look: ParkedLook<'_>) -> Option<Parked> {
    look.text("task").filter(|_| look.is_given_up())?;
    look.text("id")?;
    let mut parked = Parked::by("Celery", "headers task and id");
    parked.by_broker = true;
    parked.remarks.extend(counted(look.number("retries")));
    Some(parked)
}

/// Symfony Messenger sends what failed to the failure transport, with stamps as headers (where its
/// JSON serialiser is used; PHP's own puts them into the body).
pub(crate) fn symfony(look: ParkedLook<'_>) -> Option<Parked> {
    const ERROR: &str = r"X-Message-Stamp-Symfony\Component\Messenger\Stamp\ErrorDetailsStamp";
    const SENT: &str =
        r"X-Message-Stamp-Symfony\Component\Messenger\Stamp\SentToFailureTransportStamp";
    const AGAIN: &str = r"X-Message-Stamp-Symfony\Component\Messenger\Stamp\RedeliveryStamp";
    let sign = look.sign(&[SENT, ERROR])?;
    let mut parked = Parked::by("Symfony Messenger", format!("header {sign}"));
    let last = |name: &str| -> Option<Value> {
        let stamps: Value = serde_json::from_str(&look.text(name)?).ok()?;
        Some(stamps.as_array()?.last()?.clone())
    };
    if let Some(error) = last(ERROR) {
        let word = |name: &str| error.get(name).and_then(Value::as_str);
        parked.failure = cause::failure(word("exceptionClass"), word("exceptionMessage"), None);
    }
    if let Some(sent) = last(SENT)
        && let Some(name) = sent.get("originalReceiverName").and_then(Value::as_str)
    {
        let words =
            format!("it came from the transport {name}, whose queue the message does not name");
        parked.remarks.push(words);
    }
    if let Some(again) = last(AGAIN) {
        let word = again.get("redeliveredAt").and_then(Value::as_str);
        parked.when = word.and_then(instant);
    }
    parked.removed = look.removed(&[ERROR], "It tells of the failure and was written after it");
    parked.removed.extend(look.removed(
        &[SENT],
        "With it the message would be thrown away, and not kept, if it fails once more",
    ));
    parked.removed.extend(look.removed(
        &[r"X-Message-Stamp-Symfony\Component\Messenger\Stamp\DelayStamp"],
        "It belongs to a delivery that is over",
    ));
    Some(parked)
}

/// Laravel's queue driver for RabbitMQ counts attempts in a table, and dead-letters by the broker.
pub(crate) fn laravel(look: ParkedLook<'_>) -> Option<Parked> {
    let table = look.table("laravel").filter(|_| look.is_given_up())?;
    let mut parked = Parked::by("Laravel", "header laravel");
    parked.by_broker = true;
    parked
        .remarks
        .extend(counted(member(table, "attempts").and_then(number)));
    Some(parked)
}

/// What Sneakers' `Maxretry` handler writes: in a header since 2.5, in the body before.
#[derive(Deserialize)]
struct Sneakers {
    error: Option<String>,
    num_attempts: u64,
    failed_at: Option<String>,
    error_class: Option<String>,
    error_message: Option<String>,
}

/// Sneakers' `Maxretry` handler publishes what failed to `NAME-error`.
pub(crate) fn sneakers(look: ParkedLook<'_>) -> Option<Parked> {
    const HEADER: &str = "retry_info";
    let told = look.text(HEADER)?;
    // The newest entry stands first; a single one is not in a list.
    let told: Value = serde_json::from_str(&told).ok()?;
    let newest = match told {
        Value::Array(entries) => entries.into_iter().next()?,
        one => one,
    };
    let info: Sneakers = serde_json::from_value(newest).ok()?;
    let mut parked = Parked::by("Sneakers", format!("header {HEADER}")).back_to(
        look.queue_without("-error"),
        "the name of the queue without -error",
    );
    let words = info.error_message.or(info.error);
    parked.failure = cause::failure(info.error_class.as_deref(), words.as_deref(), None);
    parked.when = info.failed_at.as_deref().and_then(instant);
    parked.attempts = Some(info.num_attempts);
    parked.removed = look.removed(
        &[HEADER],
        "Sneakers wrote it when it published the message into this queue",
    );
    Some(parked)
}

/// Rascal forwards or republishes what failed, with a table that says why and how often.
pub(crate) fn rascal(look: ParkedLook<'_>) -> Option<Parked> {
    const HEADER: &str = "rascal";
    let table = look.table(HEADER)?;
    let word = |name: &str| {
        member(table, name)
            .and_then(text)
            .map(std::borrow::Cow::into_owned)
    };
    let error = match member(table, "error") {
        Some(FieldValue::Table(error)) => Some(error),
        _ => None,
    };
    let recovery = member(table, "recovery");
    if error.is_none() && recovery.is_none() {
        return None;
    }
    let mut parked = Parked::by("Rascal", format!("header {HEADER}"));
    parked.by_broker = !was_forwarded(recovery);
    parked.failed_queue = word("originalQueue");
    if let Some(key) = word("originalRoutingKey") {
        parked.target = Some(Proposed {
            exchange: word("originalExchange").unwrap_or_default(),
            routing_key: key,
            says: "header rascal: originalExchange and originalRoutingKey".to_owned(),
        });
    } else if let Some(queue) = word("originalQueue") {
        parked = parked.back_to(Some(queue), "header rascal: originalQueue");
    }
    if let Some(error) = error {
        let message = member(error, "message").and_then(text);
        let code = member(error, "code").and_then(text);
        parked.failure = cause::failure(code.as_deref(), message.as_deref(), None);
    }
    // `broker.forward` adds a key by which the message can be routed back.
    if let (Some(queue), Some(FieldValue::Array(keys))) = (&parked.failed_queue, look.header("CC"))
    {
        let begin = format!("{queue}.");
        let is_own = |key: &FieldValue| key.as_text().is_some_and(|key| key.starts_with(&begin));
        if !keys.is_empty() && keys.iter().all(is_own) {
            parked
                .removed
                .extend(look.removed(&["CC"], "Rascal added it when it forwarded the message"));
        }
    }
    // How the body was encrypted stands in the same table, so not the whole of it may go.
    for (name, why) in [
        ("error", "It tells of the failure and was written after it"),
        (
            "recovery",
            "With its counts the message would be given up at once if it fails again",
        ),
    ] {
        if member(table, name).is_some() {
            parked.removed.push(Removed {
                header: HEADER.to_owned(),
                member: Some(name.to_owned()),
                why: why.to_owned(),
            });
        }
    }
    Some(parked)
}

/// What is only republished is being retried: it may lie in the queue where it is worked on.
fn was_forwarded(recovery: Option<&FieldValue>) -> bool {
    let Some(FieldValue::Table(queues)) = recovery else {
        return false;
    };
    queues.iter().any(|(_, counts)| match counts {
        FieldValue::Table(counts) => member(counts, "forwarded").is_some(),
        _ => false,
    })
}

/// The body read as this, if it is short enough and has the word in it.
fn body<'a, T: Deserialize<'a>>(look: ParkedLook<'a>, word: &str) -> Option<T> {
    let body = &look.event.body;
    if body.len() > LARGEST || look.event.kind != crate::text::payload::PayloadKind::Json {
        return None;
    }
    let text = std::str::from_utf8(body).ok()?;
    text.contains(word)
        .then(|| serde_json::from_str(text).ok())?
}
