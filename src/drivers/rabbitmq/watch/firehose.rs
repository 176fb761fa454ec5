//! The firehose: RabbitMQ's own trace of a virtual host, listened to like an exchange.
//!
//! The trace slows the broker down for everybody, so it is never left on by us: it is switched off
//! when the tap stops, when the connection is ended, and, by a note on the disk, when Eventscope
//! connects for the first time after it was killed. A trace that somebody else had switched on is
//! only listened to.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use chrono::Utc;
use lapin::Connection;

use super::tap_queue::TapQueue;
use crate::drivers::rabbitmq::connection::connections::Connections;
use crate::drivers::rabbitmq::management::Switch;
use crate::engine::outbox::SourceOutbox;
use crate::protocol::Gravity;
use crate::rabbitmq::endpoint::Endpoint;
use crate::rabbitmq::tap::{FirehoseRequest, Limit};
use crate::rabbitmq::topology::ExchangeKind;
use crate::storage::firehose::{FoundNote, Note};

/// Where RabbitMQ publishes what it traces.
pub(crate) const EXCHANGE: &str = "amq.rabbitmq.trace";
/// How long a note that is in use is waited for: a sweep holds it for a moment.
const NOTE_TRIES: u32 = 20;
const NOTE_PAUSE: Duration = Duration::from_millis(100);

/// A trace that is on.
pub(crate) struct Tracing {
    endpoint: Endpoint,
    /// The note that we switched it on; `None` if somebody else did.
    note: Option<Note>,
}

/// Switches the trace on.
///
/// # Errors
/// Why not and what to do, in words. The trace is as it was then.
pub(crate) async fn trace(connections: &Connections) -> Result<Tracing, String> {
    let Some(dir) = connections.notes_dir.clone() else {
        return Err(
            "There is no folder in which Eventscope could note that the trace is on, so a crash \
             would leave it on"
                .to_owned(),
        );
    };
    let endpoint = connections.endpoint.as_ref().clone();
    let tracing = blocking(move || switch_on(&dir, endpoint)).await?;
    if tracing.note.is_none() {
        let words = "Somebody else had switched the trace of this virtual host on before; it \
                     stays on when the firehose stops";
        connections.outbox.notice(Gravity::Info, words).await;
    }
    Ok(tracing)
}

/// Listens to the trace.
///
/// # Errors
/// Why not and what to do, in words.
pub(crate) async fn listen(
    connection: &Connection,
    limit: Limit,
    request: FirehoseRequest,
) -> Result<TapQueue, String> {
    let mut keys = vec!["publish.#".to_owned()];
    if request.deliveries {
        keys.push("deliver.#".to_owned());
    }
    TapQueue::on(connection, limit, EXCHANGE, &ExchangeKind::Topic, &keys).await
}

fn switch_on(dir: &Path, endpoint: Endpoint) -> Result<Tracing, String> {
    let unwritten = |error: io::Error| {
        format!(
            "Eventscope could not note in {} that the trace is on ({error}), so a crash would \
             leave it on",
            dir.display()
        )
    };
    let switch = Switch::of(&endpoint);
    let was_on = switch.is_on()?;
    let note = match find(dir, &endpoint).map_err(unwritten)? {
        // From before the connection broke, or before a crash.
        FoundNote::Left(note) => Some(note),
        // By an administrator, or by another Eventscope, which switches it off when it stops.
        FoundNote::InUse | FoundNote::Nothing if was_on => None,
        FoundNote::InUse => {
            return Err("Another Eventscope is just switching the trace. Try again".to_owned());
        }
        FoundNote::Nothing => Some(Note::write(dir, &endpoint, Utc::now()).map_err(unwritten)?),
    };
    let tracing = Tracing { endpoint, note };
    if tracing.note.is_some()
        && let Err(words) = switch.turn(true)
    {
        // It may be on all the same, if only the answer was lost.
        return match tracing.turn_off() {
            Ok(()) => Err(words),
            Err(second) => Err(format!("{words}. {second}")),
        };
    }
    Ok(tracing)
}

/// Looks for the note, waiting a little for one that is in use.
fn find(dir: &Path, endpoint: &Endpoint) -> io::Result<FoundNote> {
    for _ in 0..NOTE_TRIES {
        match Note::find(dir, endpoint)? {
            FoundNote::InUse => std::thread::sleep(NOTE_PAUSE),
            found => return Ok(found),
        }
    }
    Note::find(dir, endpoint)
}

impl Tracing {
    /// Switches the trace off, if it was us who switched it on.
    pub(crate) async fn switch_off(self, outbox: &SourceOutbox) {
        if let Err(words) = blocking(move || self.turn_off()).await {
            outbox.notice(Gravity::Error, words).await;
        }
    }

    fn turn_off(self) -> Result<(), String> {
        let Some(note) = self.note else {
            return Ok(());
        };
        let switch = Switch::of(&self.endpoint);
        if let Err(why) = switch.turn(false) {
            // A login that could not switch it on cannot have left it on.
            if switch.is_on() == Ok(false) {
                return removed(note);
            }
            return Err(format!(
                "The trace of the virtual host {vhost} could not be switched off: {why}. \
                 Eventscope tries again when it connects here the next time; by hand: rabbitmqctl \
                 trace_off -p {vhost}",
                vhost = self.endpoint.vhost
            ));
        }
        removed(note)
    }
}

fn removed(note: Note) -> Result<(), String> {
    note.remove().map_err(|error| {
        format!("The trace is off, but the note that it was on could not be removed ({error})")
    })
}

/// Switches a trace off that was left on. `None` if there is none.
pub(crate) async fn sweep(dir: PathBuf, endpoint: Endpoint) -> Option<Result<(), String>> {
    let swept = blocking(move || match find(&dir, &endpoint) {
        Ok(FoundNote::Left(note)) => {
            let note = Some(note);
            Tracing { endpoint, note }.turn_off().map(|()| true)
        }
        Ok(FoundNote::Nothing | FoundNote::InUse) => Ok(false),
        Err(error) => Err(format!(
            "Whether the trace was left on could not be read in {} ({error})",
            dir.display()
        )),
    });
    match swept.await {
        Ok(false) => None,
        Ok(true) => Some(Ok(())),
        Err(words) => Some(Err(words)),
    }
}

/// Switches off, after a connection was opened, what an Eventscope that was killed left on.
pub(crate) async fn sweep_and_tell(connections: Connections) {
    let Some(dir) = connections.notes_dir.clone() else {
        return;
    };
    match sweep(dir, connections.endpoint.as_ref().clone()).await {
        None => {}
        Some(Ok(())) => {
            let words = "The firehose had been left on when Eventscope ended the last time. It is \
                         switched off now";
            connections.outbox.notice(Gravity::Info, words).await;
        }
        Some(Err(words)) => connections.outbox.notice(Gravity::Error, words).await,
    }
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, String> + Send + 'static,
) -> Result<T, String> {
    tokio::task::spawn_blocking(work)
        .await
        .unwrap_or_else(|error| Err(format!("Switching the trace failed ({error})")))
}
