//! What works on recordings without a window: `eventscope record`, `export`, `import`, `filter`, `replay`,
//! `compare`, `stats`.
//!
//! What was asked for goes to standard output and nothing else does, so that it can be piped; how far it
//! is and what is wrong goes to standard error. The exit codes are those of README.md.

mod compare;
mod export;
mod import;
mod progress;
mod record;
mod replay;
mod stats;

use std::process::ExitCode;

use crate::recording::export::ExportError as EndedEarly;
use crate::recording::export::{about_file, output};

/// `eventscope record`, `export` and so on.
#[derive(clap::Subcommand, Debug)]
pub enum RecordingCommand {
    /// Record what passes through a destination into a file, until Ctrl+C.
    Record(record::RecordArguments),
    /// Write the events of a recording as NDJSON, CloudEvents, CSV, or as another recording.
    Export(export::ExportArguments),
    /// Make a recording of lines of NDJSON or CloudEvents.
    Import(import::ImportArguments),
    /// Write the events of a recording that match a filter, as NDJSON.
    Filter(export::FilterArguments),
    /// Send the events of a recording again, each with a confirm.
    Replay(replay::ReplayArguments),
    /// Say what is different in the second of two recordings: new, gone, faster, slower.
    Compare(compare::CompareArguments),
    /// Say what is in a recording.
    Stats(stats::StatsArguments),
}

/// All was done.
const DONE: u8 = 0;
/// It was done, and something is missing, or nothing was found.
const MISSING: u8 = 1;
/// It could not be done.
const UNUSABLE: u8 = 2;

/// Does it; gives the exit code.
pub fn run(command: &RecordingCommand) -> ExitCode {
    let done = match command {
        RecordingCommand::Record(record) => record::run(record),
        RecordingCommand::Export(export) => export::run(export),
        RecordingCommand::Import(import) => import::run(import),
        RecordingCommand::Filter(filter) => export::run_filter(filter),
        RecordingCommand::Replay(replay) => replay::run(replay),
        RecordingCommand::Compare(compare) => compare::run(compare),
        RecordingCommand::Stats(stats) => stats::run(stats),
    };
    match done {
        Ok(code) => code.into(),
        Err(EndedEarly::NotWanted) => DONE.into(),
        Err(EndedEarly::Told(words)) => {
            progress::say(&words);
            UNUSABLE.into()
        }
    }
}
