//! `eventscope record`: the app's own tap and its own recorder, without a window.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, RecvTimeoutError};
use signal_hook::consts::{SIGINT, SIGTERM};

use super::{DONE, EndedEarly, MISSING, about_file, output, progress};
use crate::address::Address;
use crate::drivers::{self, Options};
use crate::engine::handle::Handle;
use crate::engine::taping::Taping;
use crate::event::source_id::SourceId;
use crate::event::tap_id::TapId;
use crate::event::watching::{TapReading, TapRequest};
use crate::protocol::{
    Command, DeskUpdate, Gravity, Link, SourceCommand, SourceUpdate, TapState, Update,
};
use crate::recording::{RecordTo, RecordingThread};
use crate::text::numbers::count_of;

/// How often it is looked whether it is time to end.
const TICK: Duration = Duration::from_millis(50);
/// How long closing the tap may take.
const CLOSE_LIMIT: Duration = Duration::from_secs(5);

/// Records what passes.
#[derive(clap::Args, Debug)]
pub struct RecordArguments {
    /// Where the events are, as in the window: amqp://user:password@host, or amqps:// for TLS.
    #[arg(
        long,
        value_name = "URL",
        env = "EVENTSCOPE_URL",
        hide_env_values = true
    )]
    url: String,
    /// What to listen to, by the name that the broker has for it.
    #[arg(long, value_name = "NAME")]
    destination: String,
    /// Keys: a pattern with * and #. May be given several times.
    #[arg(long, value_name = "KEY", default_value = "#")]
    key: Vec<String>,
    /// The recording to be made.
    #[arg(long, value_name = "NEW FILE")]
    out: PathBuf,
    /// End after this time: 90s, 5m, 2h. Without it, at Ctrl+C.
    #[arg(long = "for", value_name = "TIME", value_parser = duration)]
    length: Option<Duration>,
    /// End after so many events, and those that came together with the last.
    #[arg(long, value_name = "EVENTS")]
    count: Option<u64>,
}

/// Reads `90s`, `5m`, `2h` or `500ms`.
pub(super) fn duration(text: &str) -> Result<Duration, String> {
    let wrong = || format!("\"{text}\" is no time such as 90s, 5m or 2h");
    let digits = text.len() - text.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let number: u64 = text[..digits].parse().map_err(|_| wrong())?;
    let ms = match &text[digits..] {
        "ms" => 1,
        "s" => 1_000,
        "m" | "min" => 60_000,
        "h" => 3_600_000,
        _ => return Err(wrong()),
    };
    number
        .checked_mul(ms)
        .map(Duration::from_millis)
        .ok_or_else(wrong)
}

/// A switch that turns true at Ctrl+C or when the process shall end. A second Ctrl+C ends it at once.
pub(super) fn end_switch() -> Result<Arc<AtomicBool>, EndedEarly> {
    let switch = Arc::new(AtomicBool::new(false));
    for signal in [SIGINT, SIGTERM] {
        signal_hook::flag::register_conditional_shutdown(signal, 130, Arc::clone(&switch))?;
        signal_hook::flag::register(signal, Arc::clone(&switch))?;
    }
    Ok(switch)
}

/// Does it.
pub(super) fn run(record: &RecordArguments) -> Result<u8, EndedEarly> {
    output::free(&record.out)?;
    let address = Address::from_text(&record.url)
        .map_err(|error| EndedEarly::Told(format!("--url: {error}")))?;
    let ended = end_switch()?;
    let to = RecordTo::File(record.out.clone());
    let recorder = RecordingThread::start(to, |_| {}).map_err(about_file(&record.out))?;
    let taping = Arc::new(Taping::new(recorder));
    let options = Options {
        taping: Some(Arc::clone(&taping)),
        ..Options::default()
    };
    let (handle, updates) = drivers::start(|| {}, options)?;
    let mut watched = Recorded {
        handle,
        updates,
        taping,
        ended,
        is_whole: true,
    };
    let done = watched.run(record, address);
    let Recorded {
        handle,
        taping,
        is_whole,
        ..
    } = watched;
    drop(handle);
    let state = taping.stop();
    if let Err(trouble) = done {
        if state.events == 0 {
            // It never began.
            std::fs::remove_file(&record.out).ok();
        }
        return Err(trouble);
    }
    let mut words = format!("{} recorded", count_of(state.events, "event"));
    if state.missed > 0 {
        words.push_str(&format!(", {} missed", count_of(state.missed, "event")));
    }
    progress::say(&words);
    if let Some(problem) = &state.problem {
        progress::say(problem);
    }
    let is_whole = is_whole && state.missed == 0 && state.problem.is_none();
    Ok(if is_whole { DONE } else { MISSING })
}

/// What is recorded, and whether anything is missing.
struct Recorded {
    handle: Handle,
    updates: Receiver<Update>,
    taping: Arc<Taping>,
    ended: Arc<AtomicBool>,
    is_whole: bool,
}

impl Recorded {
    fn send(&self, command: SourceCommand) -> Result<(), EndedEarly> {
        let sent = self.handle.send(Command::Source(SourceId::FIRST, command));
        sent.map_err(|_| EndedEarly::Told("Eventscope has ended inside".to_owned()))
    }

    fn run(&mut self, record: &RecordArguments, address: Address) -> Result<(), EndedEarly> {
        self.send(SourceCommand::Connect(address))?;
        let tap = TapId::of(SourceId::FIRST, 1);
        let request = TapRequest {
            tap,
            destination: record.destination.clone(),
            keys: record.key.clone(),
            reading: TapReading::default(),
        };
        let mut request = Some(request);
        let mut begun: Option<Instant> = None;
        let mark = progress::mark("Connecting");
        loop {
            let is_time = begun
                .zip(record.length)
                .is_some_and(|(at, length)| at.elapsed() >= length);
            let state = self.taping.state();
            let is_enough = record.count.is_some_and(|count| state.events >= count);
            if is_time || is_enough || self.ended.load(Ordering::Relaxed) || state.problem.is_some()
            {
                break;
            }
            if begun.is_some() {
                mark.set_message(count_of(state.events, "event"));
            }
            let update = match self.updates.recv_timeout(TICK) {
                Ok(update) => update,
                Err(RecvTimeoutError::Timeout) => continue,
                Err(RecvTimeoutError::Disconnected) => {
                    return Err(EndedEarly::Told("Eventscope has ended inside".to_owned()));
                }
            };
            match update {
                Update::Source(_, SourceUpdate::Link(Link::Connected { .. })) => {
                    if let Some(request) = request.take() {
                        self.send(SourceCommand::StartTap(request))?;
                    }
                }
                Update::Source(_, SourceUpdate::Link(Link::Failed { reason, .. })) => {
                    return Err(EndedEarly::Told(reason));
                }
                Update::Source(_, SourceUpdate::Link(Link::Lost { reason, .. })) => {
                    mark.suspend(|| progress::say(&format!("The connection was lost: {reason}")));
                }
                Update::Source(_, SourceUpdate::Tap { state, .. }) => match state {
                    TapState::Running { .. } => {
                        if begun.is_none() {
                            begun = Some(Instant::now());
                            let (from, out) = (&record.destination, record.out.display());
                            mark.suspend(|| progress::say(&format!("Recording {from} into {out}")));
                        }
                    }
                    TapState::Refused(words) => return Err(EndedEarly::Told(words)),
                    TapState::Interrupted(words) => {
                        self.is_whole = false;
                        mark.suspend(|| progress::say(&words));
                    }
                    TapState::Resumed { .. } | TapState::Overflowing { .. } => {
                        self.is_whole = false;
                    }
                    TapState::Behind(progress) => self.is_whole &= progress.gone == 0,
                    TapState::Stopped => break,
                },
                Update::Desk(DeskUpdate::Notice(notice)) if notice.gravity != Gravity::Info => {
                    mark.suspend(|| progress::say(&notice.words));
                }
                _ => {}
            }
        }
        mark.finish_and_clear();
        self.close(tap)
    }

    /// Ends the tap; what had come by then is recorded.
    fn close(&mut self, tap: TapId) -> Result<(), EndedEarly> {
        self.send(SourceCommand::StopTap(tap))?;
        let deadline = Instant::now() + CLOSE_LIMIT;
        while let Ok(update) = self.updates.recv_deadline(deadline) {
            if let Update::Source(_, SourceUpdate::Tap { state, .. }) = update
                && matches!(state, TapState::Stopped | TapState::Refused(_))
            {
                break;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_with_their_unit() {
        assert_eq!(duration("90s"), Ok(Duration::from_secs(90)));
        assert_eq!(duration("5m"), Ok(Duration::from_mins(5)));
        assert_eq!(duration("250ms"), Ok(Duration::from_millis(250)));
        for wrong in [
            "",
            "s",
            "5",
            "1d",
            "-1s",
            "99999999999999999999h",
            "18446744073709551615h",
        ] {
            assert!(duration(wrong).is_err(), "{wrong}");
        }
    }
}
