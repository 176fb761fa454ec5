//! A private, real RabbitMQ that lives and dies with the app: for trying things out, for the demo shop, for tests.
//!
//! The broker is the one the machine has installed, run as a child process with its own data folder, its own
//! password and every socket on 127.0.0.1. It must not know what is done with it: no AMQP client, no shop,
//! no protocol of the app.
//!
//! Invariants:
//! - Nothing of the system's RabbitMQ is read or touched: no configuration, no cookie, no epmd.
//! - The child watches its standard input. When the app goes, even by SIGKILL, the pipe closes and the child ends.
//! - A data folder belongs to one broker at a time; the lock that says so is held by the broker process itself.

mod boot;
mod error;
mod facts;
mod folder;
mod installation;
mod launch;
mod neighbours;
mod plugins;
mod ports;
pub(crate) mod private;
mod probe;

use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::io::AsyncWriteExt;
use tokio::process::{Child, ChildStdin};

pub use error::SandboxError;
pub use facts::{SandboxFacts, SandboxOptions, SandboxStep};
pub use neighbours::default_data_dir;

use folder::Folder;
use installation::Installation;
use launch::{LaunchWays, end, launch, launch_or_fresh};
use ports::Ports;

/// How long a polite stop may take; what is confirmed is on disk by then, so a kill after it loses nothing.
const STOP_LIMIT: Duration = Duration::from_secs(8);

/// A running private broker. Dropping it kills the broker at once; [`Sandbox::stop`] is the polite way.
#[derive(Debug)]
pub struct Sandbox {
    installation: Installation,
    folder: Folder,
    facts: SandboxFacts,
    plugins: Vec<&'static str>,
    set_aside: Option<PathBuf>,
    child: Child,
    /// The life line: the broker ends when it closes. `None` only after a polite stop began.
    life_line: Option<ChildStdin>,
}

impl Sandbox {
    /// Starts a broker on free ports; returns when AMQP and the management API answer.
    ///
    /// # Errors
    /// When RabbitMQ is not installed, the folder cannot be used, or the broker does not come up.
    pub async fn start(
        data_dir: &Path,
        progress: impl Fn(SandboxStep) + Send,
    ) -> Result<Self, SandboxError> {
        Self::start_with(SandboxOptions::new(data_dir), progress).await
    }

    /// Like [`Sandbox::start`], with a choice of ports. The data of an earlier run in the folder is kept, unless the
    /// broker does not come up with it: see [`Sandbox::set_aside`].
    ///
    /// # Errors
    /// As [`Sandbox::start`]; also when a wanted port is taken.
    pub async fn start_with(
        options: SandboxOptions,
        progress: impl Fn(SandboxStep) + Send,
    ) -> Result<Self, SandboxError> {
        let mut progress = progress;
        progress(SandboxStep::Finding);
        let installation = off_thread(Installation::find).await?;
        progress(SandboxStep::Preparing);
        let data_dir = options.data_dir.clone();
        let folder = off_thread(move || Folder::open(&data_dir)).await?;
        let (running, set_aside) =
            launch_or_fresh(&installation, &folder, &options, &mut progress).await?;
        progress(SandboxStep::Ready);
        let facts = facts_of(&installation, &folder, running.ports);
        Ok(Self {
            installation,
            folder,
            facts,
            plugins: options.plugins,
            set_aside,
            child: running.child,
            life_line: running.life_line,
        })
    }

    /// Starts the broker again on the same data and the same ports; a broker that still runs is killed first. It
    /// comes up with these data or not at all.
    ///
    /// # Errors
    /// As [`Sandbox::start`]; the sandbox is then dead but can be restarted again.
    pub async fn restart(
        &mut self,
        progress: impl Fn(SandboxStep) + Send,
    ) -> Result<(), SandboxError> {
        let mut progress = progress;
        end(&mut self.child).await;
        let options = SandboxOptions {
            data_dir: self.facts.data_dir.clone(),
            amqp_port: Some(self.facts.amqp_port),
            management_port: Some(self.facts.management_port),
            plugins: self.plugins.clone(),
        };
        let running = launch(
            &self.installation,
            &self.folder,
            &options,
            LaunchWays::All,
            &mut progress,
        )
        .await?;
        self.child = running.child;
        self.life_line = running.life_line;
        progress(SandboxStep::Ready);
        Ok(())
    }

    /// Ports, user and folder of this broker.
    #[must_use]
    pub const fn facts(&self) -> &SandboxFacts {
        &self.facts
    }

    /// Where the data of earlier runs lie now, if the broker did not come up with them and was started without them.
    #[must_use]
    pub fn set_aside(&self) -> Option<&Path> {
        self.set_aside.as_deref()
    }

    /// The process id, while it runs.
    #[must_use]
    pub fn pid(&self) -> Option<u32> {
        self.child.id()
    }

    /// Whether the process still runs. Says nothing about whether it answers.
    pub fn is_alive(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }

    /// Ends the broker with SIGKILL, as a crash would. The folder stays ours: see [`Sandbox::restart`].
    pub fn kill(&mut self) {
        if let Err(error) = self.child.start_kill() {
            // The only cause is a process that has ended already, which is what was asked for.
            tracing::debug!(%error, "the sandbox had ended before it was killed");
        }
    }

    /// Stops the broker politely, within a few seconds, else with SIGKILL. The data stays for a later start.
    pub async fn stop(mut self) {
        if let Some(mut line) = self.life_line.take() {
            let asked = async {
                line.write_all(boot::STOP_LINE).await?;
                line.flush().await
            };
            if let Err(error) = asked.await {
                tracing::debug!(%error, "the sandbox was gone before it was asked to stop");
            }
            // The line stays open while we wait: closing it means "halt at once".
            if tokio::time::timeout(STOP_LIMIT, self.child.wait())
                .await
                .is_ok()
            {
                return;
            }
            tracing::warn!(
                limit_s = STOP_LIMIT.as_secs(),
                "the sandbox did not stop in time and is killed"
            );
        }
        end(&mut self.child).await;
    }
}

fn facts_of(installation: &Installation, folder: &Folder, ports: Ports) -> SandboxFacts {
    SandboxFacts {
        amqp_port: ports.amqp,
        management_port: ports.management,
        user: folder::USER.to_owned(),
        password: folder.password().to_owned(),
        data_dir: folder.path().to_path_buf(),
        version: installation.version.clone(),
    }
}

/// Runs file work where it may block.
async fn off_thread<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, SandboxError> + Send + 'static,
) -> Result<T, SandboxError> {
    match tokio::task::spawn_blocking(work).await {
        Ok(result) => result,
        Err(error) => Err(SandboxError::Process {
            source: std::io::Error::other(error),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_start_can_be_moved_to_another_thread() {
        fn is_send<T: Send>(_: &T) {}
        is_send(&Sandbox::start(Path::new("unused"), |_| ()));
    }
}
