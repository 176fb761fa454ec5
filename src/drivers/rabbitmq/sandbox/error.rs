//! What can go wrong with the sandbox, in words for the person who pressed the button.

use std::io;
use std::path::PathBuf;

use super::installation;

/// Why there is no sandbox.
#[derive(Debug, thiserror::Error)]
pub enum SandboxError {
    /// RabbitMQ or Erlang is missing; `advice` says how to get it on this system.
    #[error("{what}. {advice}")]
    NotInstalled {
        /// What was looked for and not found.
        what: String,
        /// How to install it here, as a sentence.
        advice: String,
    },
    /// Another broker lives in the folder.
    #[error("Another sandbox is using {}", .dir.display())]
    InUse {
        /// The folder in question.
        dir: PathBuf,
    },
    /// A port that had to be used is taken.
    #[error("Port {port} on 127.0.0.1 is taken by another program")]
    PortTaken {
        /// The port in question.
        port: u16,
    },
    /// No free port was found.
    #[error("No free port was found on 127.0.0.1")]
    NoFreePort,
    /// The data folder or a file in it could not be made.
    #[error("The sandbox cannot use {}: {source}", .path.display())]
    Folder {
        /// The folder or file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The process could not be started or watched.
    #[error("RabbitMQ could not be run: {source}")]
    Process {
        /// What the system said.
        source: io::Error,
    },
    /// The broker ended before it answered.
    #[error("RabbitMQ ended before it was ready ({status}). Its last words:\n{tail}\nThe log is {}", .log.display())]
    Ended {
        /// How the process ended.
        status: String,
        /// The last lines of the log.
        tail: String,
        log: PathBuf,
    },
    /// The broker runs and does not answer.
    #[error("RabbitMQ did not answer within {seconds} s. Its last words:\n{tail}\nThe log is {}", .log.display())]
    Silent {
        /// How long we waited.
        seconds: u64,
        /// The last lines of the log.
        tail: String,
        log: PathBuf,
    },
}

impl SandboxError {
    /// `what` is missing, with the advice for this machine.
    pub(crate) fn not_installed(what: &str) -> Self {
        Self::NotInstalled {
            what: what.to_owned(),
            advice: installation::advice(),
        }
    }

    /// A file operation on `path` failed; made for `map_err`.
    pub(crate) fn folder(path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::Folder { path, source }
    }
}
