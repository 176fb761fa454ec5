//! Brings the process up and watches it until it answers. Knows nothing of what becomes of it then.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use tokio::process::{Child, ChildStdin};

use super::boot::{self, BootPath};
use super::folder::{self, Folder};
use super::installation::Installation;
use super::ports::Ports;
use super::{SandboxError, SandboxOptions, SandboxStep, probe};

/// How long a broker may take from its start to its answers before it counts as stuck.
const READY_LIMIT: Duration = Duration::from_mins(1);
/// The pause between two questions whether the broker answers already.
const ASK_EVERY: Duration = Duration::from_millis(40);

/// A broker that has answered, before it becomes a [`Sandbox`].
pub(crate) struct RunningBroker {
    pub(crate) child: Child,
    /// Its standard input.
    pub(crate) life_line: Option<ChildStdin>,
    /// Where it listens.
    pub(crate) ports: Ports,
}

/// Which ways to start are tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LaunchWays {
    /// One after the other, until one works.
    All,
    /// The same, but not after a broker that ran and never answered: on old data the next one would do no better.
    UntilStuck,
}

/// As [`launch`]; data of earlier runs with which the broker does not come up are set aside and the start is tried
/// without them. A sandbox has sample data only, so a start counts for more than they do. If it does not come up
/// without them either, they were not the cause and stay. Gives where they are, if they were.
pub(crate) async fn launch_or_fresh(
    installation: &Installation,
    folder: &Folder,
    options: &SandboxOptions,
    progress: &mut (impl Fn(SandboxStep) + Send),
) -> Result<(RunningBroker, Option<PathBuf>), SandboxError> {
    let had_data = folder.has_data();
    let ways = if had_data {
        LaunchWays::UntilStuck
    } else {
        LaunchWays::All
    };
    let error = match launch(installation, folder, options, ways, progress).await {
        Ok(running) => return Ok((running, None)),
        Err(error @ (SandboxError::Ended { .. } | SandboxError::Silent { .. })) if had_data => {
            error
        }
        Err(error) => return Err(error),
    };
    tracing::warn!(told = true, %error, "the sandbox does not start with its data");
    progress(SandboxStep::MakingAnew);
    let aside = folder.set_data_aside()?;
    match launch(installation, folder, options, LaunchWays::All, progress).await {
        Ok(running) => Ok((running, Some(aside))),
        Err(again) => {
            tracing::warn!(told = true, error = %again, "nor without them");
            folder.bring_data_back(&aside)?;
            Err(error)
        }
    }
}

/// Tries the fast boot, then the package's own script: the fast one leans on the inner order of things in
/// RabbitMQ 3.x and a newer version may refuse it.
pub(crate) async fn launch(
    installation: &Installation,
    folder: &Folder,
    options: &SandboxOptions,
    ways: LaunchWays,
    progress: &mut (impl Fn(SandboxStep) + Send),
) -> Result<RunningBroker, SandboxError> {
    let mut refused = None;
    for path in boot::paths(installation, &options.plugins) {
        let ports = Ports::choose(options.amqp_port, options.management_port).await?;
        folder.write_configuration(ports, &options.plugins)?;
        progress(SandboxStep::Starting);
        match run(installation, folder, &path, ports, progress).await {
            Ok(running) => return Ok(running),
            Err(error) => {
                tracing::info!(%error, boot = path.name(), "the sandbox did not start this way");
                let is_stuck = matches!(error, SandboxError::Silent { .. });
                refused = Some(error);
                if is_stuck && ways == LaunchWays::UntilStuck {
                    break;
                }
            }
        }
    }
    Err(refused
        .unwrap_or_else(|| SandboxError::not_installed("RabbitMQ is not complete on this machine")))
}

/// One attempt: a process, watched until it answers on both ports.
async fn run(
    installation: &Installation,
    folder: &Folder,
    path: &BootPath,
    ports: Ports,
    progress: &mut (impl Fn(SandboxStep) + Send),
) -> Result<RunningBroker, SandboxError> {
    let began = Instant::now();
    let mut child = boot::spawn(installation, folder, path, ports)?;
    let life_line = child.stdin.take();
    let waited =
        tokio::time::timeout(READY_LIMIT, answers(&mut child, folder, ports, progress)).await;
    match waited {
        Ok(Ok(())) => {
            let took_ms = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
            tracing::info!(took_ms, boot = path.name(), version = %installation.version, "sandbox is ready");
            Ok(RunningBroker {
                child,
                life_line,
                ports,
            })
        }
        Ok(Err(error)) => {
            end(&mut child).await;
            Err(error)
        }
        Err(_elapsed) => {
            end(&mut child).await;
            Err(SandboxError::Silent {
                seconds: READY_LIMIT.as_secs(),
                tail: folder.log_tail(),
                log: folder.log_file(),
            })
        }
    }
}

/// Returns when both sides answer, or when the process has ended.
async fn answers(
    child: &mut Child,
    folder: &Folder,
    ports: Ports,
    progress: &mut (impl Fn(SandboxStep) + Send),
) -> Result<(), SandboxError> {
    while !probe::amqp_answers(ports.amqp).await {
        still_runs(child, folder)?;
        tokio::time::sleep(ASK_EVERY).await;
    }
    progress(SandboxStep::WaitingForAnswer);
    // This question carries our password, so a stranger who took the port cannot pass for the broker.
    while !probe::management_answers(ports.management, folder::USER, folder.password()).await {
        still_runs(child, folder)?;
        tokio::time::sleep(ASK_EVERY).await;
    }
    still_runs(child, folder)
}

fn still_runs(child: &mut Child, folder: &Folder) -> Result<(), SandboxError> {
    match child.try_wait() {
        Ok(None) => Ok(()),
        Ok(Some(status)) => Err(SandboxError::Ended {
            status: status.to_string(),
            tail: folder.log_tail(),
            log: folder.log_file(),
        }),
        Err(source) => Err(SandboxError::Process { source }),
    }
}

/// SIGKILL, and wait until the process is gone, so that its ports and its lock are free.
pub(crate) async fn end(child: &mut Child) {
    if let Err(error) = child.kill().await {
        tracing::debug!(%error, "the sandbox process could not be killed");
    }
}
