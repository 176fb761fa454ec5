//! `eventscope replay`: the app's own replay, without a window.

use std::num::NonZeroU32;
use std::path::PathBuf;
use std::sync::atomic::Ordering;
use std::time::Duration;

use crossbeam_channel::RecvTimeoutError;
use serde_json::json;

use super::output::Output;
use super::record::{duration, end_switch};
use super::{DONE, EndedEarly, MISSING, about_file, export, progress};
use crate::address::Address;
use crate::drivers::{self, Options};
use crate::event::source_id::SourceId;
use crate::protocol::{Command, Link, RequestId, SourceCommand, SourceUpdate, Update};
use crate::recording::Recording;
use crate::recording::replay::{ReplayOrder, ReplayPace, ReplayTally, Trial};
use crate::text::numbers::{count_of, thousands};

/// How often it is looked whether it shall end.
const TICK: Duration = Duration::from_millis(50);

/// Sends a recording again.
#[derive(clap::Args, Debug)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a switch of the command line"
)]
pub struct ReplayArguments {
    /// The recording.
    file: PathBuf,
    /// Where it is sent, as in the window: amqp://user:password@host, or amqps:// for TLS.
    #[arg(
        long,
        value_name = "URL",
        env = "EVENTSCOPE_URL",
        hide_env_values = true
    )]
    url: String,
    /// What it is sent to; keys stay as they were.
    #[arg(long, value_name = "NAME")]
    destination: String,
    /// The destination is one that the events came from, and that is meant.
    #[arg(long)]
    to_original: bool,
    /// Only events that match, as on the filter line.
    #[arg(long, value_name = "QUERY")]
    filter: Option<String>,
    /// So many times as fast as it came; 1 without another pace.
    #[arg(long, value_name = "FACTOR", conflicts_with_all = ["rate", "fast"])]
    speed: Option<f64>,
    /// So many events a second.
    #[arg(long, value_name = "EVENTS", conflicts_with = "fast")]
    rate: Option<NonZeroU32>,
    /// As fast as it is confirmed.
    #[arg(long)]
    fast: bool,
    /// Events that have a message id get a new one.
    #[arg(long)]
    new_ids: bool,
    /// The property timestamp moves with the time of sending.
    #[arg(long)]
    shift_times: bool,
    /// A trial: each event comes twice.
    #[arg(long)]
    twice: bool,
    /// A trial: each event comes up to so much later, so that they overtake each other.
    #[arg(long, value_name = "TIME", value_parser = duration, default_value = "0s")]
    shuffle: Duration,
    /// A trial: so many of a hundred do not come.
    #[arg(long, value_name = "PERCENT", default_value_t = 0, value_parser = clap::value_parser!(u8).range(0..=100))]
    leave_out: u8,
    /// A trial: one in ten comes so much later.
    #[arg(long, value_name = "TIME", value_parser = duration, default_value = "0s")]
    late: Duration,
    /// The same seed makes the same trial and the same new ids.
    #[arg(long, value_name = "NUMBER")]
    seed: Option<u64>,
    /// Write the report as one JSON object.
    #[arg(long)]
    json: bool,
}

/// Does it.
pub(super) fn run(replay: &ReplayArguments) -> Result<u8, EndedEarly> {
    let order = order(replay)?;
    let address = Address::from_text(&replay.url)
        .map_err(|error| EndedEarly::Told(format!("--url: {error}")))?;
    if !order.trial.is_none() {
        progress::say(&format!("Seed {}", order.seed));
    }
    let seed = order.seed;
    let (tally, problem) = send(address, order)?;
    let mut out = Output::to(None)?;
    out.text(&if replay.json {
        json_report(&tally, problem.as_deref(), seed)
    } else {
        report(&tally)
    })?;
    out.finish()?;
    if let Some(problem) = &problem {
        progress::say(problem);
    }
    let is_whole = problem.is_none() && tally.not_routed == 0 && tally.unsure == 0;
    Ok(if is_whole { DONE } else { MISSING })
}

fn order(replay: &ReplayArguments) -> Result<ReplayOrder, EndedEarly> {
    let recording = Recording::open(&replay.file).map_err(about_file(&replay.file))?;
    let came_from = recording
        .destinations(100_000)
        .map_err(about_file(&replay.file))?;
    if came_from.contains(&replay.destination) && !replay.to_original {
        return Err(EndedEarly::Told(format!(
            "Events of this recording came from {}. If they are to go there again, add --to-original",
            replay.destination
        )));
    }
    let pace = match (replay.speed, replay.rate, replay.fast) {
        (.., true) => ReplayPace::AsConfirmed,
        (_, Some(rate), _) => ReplayPace::Rate(rate),
        (Some(speed), ..) if speed.is_finite() && speed > 0.0 => ReplayPace::Timing(speed),
        (Some(_), ..) => return Err(EndedEarly::Told("--speed must be more than 0".to_owned())),
        (None, None, false) => ReplayPace::Timing(1.0),
    };
    Ok(ReplayOrder {
        path: replay.file.clone(),
        filter: export::filter(replay.filter.as_deref().unwrap_or_default())?,
        destination: replay.destination.clone(),
        pace,
        new_ids: replay.new_ids,
        shift_times: replay.shift_times,
        trial: Trial {
            twice: replay.twice,
            shuffle: replay.shuffle,
            leave_out: replay.leave_out,
            late: replay.late,
        },
        seed: replay.seed.unwrap_or_else(|| fastrand::u64(..)),
    })
}

/// Sends it; gives what became of it, and why it ended early.
fn send(address: Address, order: ReplayOrder) -> Result<(ReplayTally, Option<String>), EndedEarly> {
    let ended = end_switch()?;
    let (handle, updates) = drivers::start(|| {}, Options::default())?;
    let tell = |command| {
        let sent = handle.send(Command::Source(SourceId::FIRST, command));
        sent.map_err(|_| EndedEarly::Told("Eventscope has ended inside".to_owned()))
    };
    tell(SourceCommand::Connect(address))?;
    let request = RequestId(1);
    let mut order = Some(order);
    let bar = progress::bar(0);
    let mut is_stopping = false;
    loop {
        if ended.load(Ordering::Relaxed) && !is_stopping {
            if order.is_some() {
                return Err(EndedEarly::Told(
                    "Stopped before anything was sent".to_owned(),
                ));
            }
            is_stopping = true;
            tell(SourceCommand::StopJob(request))?;
        }
        let update = match updates.recv_timeout(TICK) {
            Ok(update) => update,
            Err(RecvTimeoutError::Timeout) => continue,
            Err(RecvTimeoutError::Disconnected) => {
                return Err(EndedEarly::Told("Eventscope has ended inside".to_owned()));
            }
        };
        let Update::Source(_, update) = update else {
            continue;
        };
        match update {
            SourceUpdate::Link(Link::Connected { .. }) => {
                if let Some(order) = order.take().map(Box::new) {
                    tell(SourceCommand::Replay { request, order })?;
                }
            }
            SourceUpdate::Link(Link::Failed { reason, .. }) => {
                return Err(EndedEarly::Told(reason));
            }
            SourceUpdate::ReplayAt { tally, .. } => {
                bar.set_length(tally.recorded);
                bar.set_position(tally.position);
            }
            SourceUpdate::ReplayDone { tally, problem, .. } => {
                bar.finish_and_clear();
                return match (tally, problem) {
                    (Some(tally), problem) => Ok((tally, problem)),
                    (None, problem) => Err(EndedEarly::Told(problem.unwrap_or_default())),
                };
            }
            _ => {}
        }
    }
}

fn report(tally: &ReplayTally) -> String {
    let mut text = format!("{} confirmed\n", count_of(tally.confirmed, "event"));
    let mut row = |count: u64, words: &str| {
        if count > 0 {
            text.push_str(&format!("{} {words}\n", thousands(count)));
        }
    };
    row(tally.not_routed, "returned or refused");
    row(tally.unsure, "not known");
    row(tally.second, "of them a second time, on purpose");
    row(tally.left_out, "left out, on purpose");
    row(
        tally.without_user,
        "without their user id, which is not that of the login",
    );
    if let Some(trouble) = &tally.trouble {
        text.push_str(&format!("The first that was not confirmed: {trouble}\n"));
    }
    text
}

fn json_report(tally: &ReplayTally, problem: Option<&str>, seed: u64) -> String {
    let all = json!({
        "recorded": tally.recorded,
        "confirmed": tally.confirmed,
        "not_routed": tally.not_routed,
        "unsure": tally.unsure,
        "second": tally.second,
        "left_out": tally.left_out,
        "without_user": tally.without_user,
        "trouble": tally.trouble,
        "problem": problem,
        "seed": seed,
    });
    format!("{all}\n")
}
