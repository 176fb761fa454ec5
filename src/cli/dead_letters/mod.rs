//! What works on dead letters without a window: `eventscope dead-letters` and `eventscope resend`. The same
//! drivers, rules and journal as the window's, and the same words.
//!
//! What was asked for goes to standard output and nothing else does; how far it is and what is wrong goes
//! to standard error. The fields and the exit codes are those of README.md.

mod background;
mod kafka;
mod letter;
mod list;
mod output;
mod plan;
mod rabbitmq;
mod report;
mod resend;
mod rule;
mod subject;

use std::io;
use std::process::ExitCode;

/// `eventscope dead-letters`, `eventscope resend`.
#[derive(clap::Subcommand, Debug)]
pub enum DeadLettersCommand {
    /// Say where dead letters lie, and what each tells of its death.
    DeadLetters(list::ListArguments),
    /// Send dead letters again, written down in the journal first.
    Resend(resend::ResendArguments),
}

/// All was done.
const ALL_DONE: u8 = 0;
/// Something is missing: a look that was refused, a dead letter that was kept back.
const SOMETHING_MISSING: u8 = 1;
/// It could not be done, or nobody agreed to it.
const NOT_DONE: u8 = 2;

/// Why a command ended early.
#[derive(Debug, thiserror::Error)]
enum CutShort {
    /// Whoever reads the output has had enough: no error.
    #[error("nobody reads the output any more")]
    NotWanted,
    /// In words for the person.
    #[error("{0}")]
    Told(String),
}

impl From<io::Error> for CutShort {
    fn from(error: io::Error) -> Self {
        if error.kind() == io::ErrorKind::BrokenPipe {
            Self::NotWanted
        } else {
            Self::Told(format!("The output cannot be written: {error}"))
        }
    }
}

impl From<String> for CutShort {
    fn from(words: String) -> Self {
        Self::Told(words)
    }
}

/// Does it; gives the exit code.
pub fn run(command: &DeadLettersCommand) -> ExitCode {
    let done = match command {
        DeadLettersCommand::DeadLetters(list) => list::run(list),
        DeadLettersCommand::Resend(resend) => resend::run(resend),
    };
    match done {
        Ok(code) => code.into(),
        Err(CutShort::NotWanted) => ALL_DONE.into(),
        Err(CutShort::Told(words)) => {
            output::say(&words);
            NOT_DONE.into()
        }
    }
}
