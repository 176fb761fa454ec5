//! What goes into a sandbox and what is known of it: options, facts, and the steps of its start. Plain data.

use std::fmt;
use std::path::PathBuf;

/// Where a sandbox keeps its data, and which ports it must use if that matters.
#[derive(Debug, Clone)]
pub struct SandboxOptions {
    /// The folder of this broker; made if missing, private to the user. See [`default_data_dir`].
    pub data_dir: PathBuf,
    /// The AMQP port, or any free one.
    pub amqp_port: Option<u16>,
    /// The port of the management API, or any free one.
    pub management_port: Option<u16>,
    /// Plugins beside the management, such as `rabbitmq_shovel`.
    pub plugins: Vec<&'static str>,
}

impl SandboxOptions {
    /// Free ports and the given folder.
    #[must_use]
    pub fn new(data_dir: impl Into<PathBuf>) -> Self {
        Self {
            data_dir: data_dir.into(),
            amqp_port: None,
            management_port: None,
            plugins: Vec::new(),
        }
    }
}

/// What one needs to know to use a running sandbox.
#[derive(Clone)]
pub struct SandboxFacts {
    /// The AMQP port on 127.0.0.1.
    pub amqp_port: u16,
    /// The port of the management API on 127.0.0.1.
    pub management_port: u16,
    /// The only user, an administrator.
    pub user: String,
    /// The user's password: random, and the same for the life of the data folder.
    pub password: String,
    /// The folder with the broker's data, configuration and log.
    pub data_dir: PathBuf,
    /// The version of RabbitMQ, such as `3.10.8`.
    pub version: String,
}

impl SandboxFacts {
    /// The AMQP address, password included: for a client, never for a log or the screen.
    #[must_use]
    pub fn amqp_url(&self) -> String {
        format!(
            "amqp://{}:{}@127.0.0.1:{}/%2f",
            self.user, self.password, self.amqp_port
        )
    }

    /// The address of the management API without credentials.
    #[must_use]
    pub fn management_url(&self) -> String {
        format!("http://127.0.0.1:{}", self.management_port)
    }
}

impl fmt::Debug for SandboxFacts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SandboxFacts")
            .field("amqp_port", &self.amqp_port)
            .field("management_port", &self.management_port)
            .field("user", &self.user)
            .field("password", &"hidden")
            .field("data_dir", &self.data_dir)
            .field("version", &self.version)
            .finish()
    }
}

/// How far a start has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SandboxStep {
    /// Looking for RabbitMQ and Erlang on this machine.
    Finding,
    /// Making the data folder and the configuration.
    Preparing,
    /// The broker did not come up with the data that were there, which are set aside.
    MakingAnew,
    /// The process runs, AMQP does not answer yet. Seen twice when the fast boot was refused.
    Starting,
    /// AMQP answers, the management API does not yet.
    WaitingForAnswer,
    /// Both answer.
    Ready,
}

impl SandboxStep {
    /// The step in words for the screen.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Finding => "Looking for RabbitMQ on this machine",
            Self::Preparing => "Preparing a private data folder",
            Self::MakingAnew => "RabbitMQ did not start with its old data; trying without them",
            Self::Starting => "Starting a private RabbitMQ",
            Self::WaitingForAnswer => "Waiting for the management API to answer",
            Self::Ready => "The sandbox is ready",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_password_is_not_in_the_debug_text() {
        let facts = SandboxFacts {
            amqp_port: 1,
            management_port: 2,
            user: "eventscope".into(),
            password: "s3cret".into(),
            data_dir: PathBuf::from("/tmp/x"),
            version: "3.10.8".into(),
        };
        assert!(!format!("{facts:?}").contains("s3cret"));
        assert!(facts.amqp_url().contains("s3cret"));
    }
}
