//! A private, real Apache Kafka that lives and dies with the app: one node, every socket on 127.0.0.1, in a
//! folder of its own, with the sample shop on it.
//!
//! Invariants:
//! - Nothing of another Kafka is read or touched; only the jars of one are run.
//! - A shell stands between: it waits for the end of its input, which only we hold open, and then kills the
//!   broker. So the broker ends when the app goes, even by SIGKILL.
//! - A folder belongs to one app at a time: it holds a lock in it. Folders of apps that have ended are
//!   removed at the next start.

mod folder;
mod installation;
mod place;

use std::fs::File;
use std::io;
use std::process::Stdio;
use std::time::{Duration, Instant};

use krafka::admin::ListTopicsOptions;
use tokio::process::{Child, ChildStdin, Command};

pub(super) use place::SandboxPlace;

use self::folder::SandboxFolder;
use self::installation::JavaKafka;
use super::{connect, shop};
use crate::engine::outbox::SourceOutbox;
use crate::kafka::endpoint::{BootstrapServer, KafkaEndpoint};
use crate::protocol::{SandboxState, SourceUpdate};

/// How long a broker may take from its start to its answers.
const READY_LIMIT: Duration = Duration::from_mins(1);
/// The pause between two questions whether it answers.
const ASK_EVERY: Duration = Duration::from_millis(150);
/// How long its end may take.
const END_LIMIT: Duration = Duration::from_secs(5);
/// Runs a command until its own input ends, and then kills it. It ends when the command does.
const WATCHED: &str = "exec 3<&0; \"$@\" </dev/null 3<&- & pid=$!; \
    { cat <&3 >/dev/null; kill -9 $pid; } & watch=$!; \
    wait $pid; end=$?; kill $watch; exit $end";

/// A private Kafka that runs. It ends when this is dropped.
pub(super) struct KafkaSandbox {
    port: u16,
    child: Child,
    /// The life line: the broker ends when it closes.
    life_line: Option<ChildStdin>,
    /// Holds the lock.
    folder: SandboxFolder,
}

impl KafkaSandbox {
    /// Where it is, as if the person had typed it.
    pub(super) fn endpoint(&self) -> KafkaEndpoint {
        endpoint(self.port)
    }

    /// Whether the process still runs.
    pub(super) fn is_alive(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }

    /// Ends the broker and removes what it had.
    pub(super) async fn stop(mut self) {
        drop(self.life_line.take());
        if tokio::time::timeout(END_LIMIT, self.child.wait())
            .await
            .is_err()
        {
            tracing::warn!("the sandbox's Kafka did not end in time");
            return;
        }
        self.folder.remove();
    }
}

fn endpoint(port: u16) -> KafkaEndpoint {
    KafkaEndpoint {
        name: "Sandbox".to_owned(),
        servers: vec![BootstrapServer {
            host: "127.0.0.1".to_owned(),
            port,
        }],
        ..KafkaEndpoint::default()
    }
}

/// Starts a broker and makes the shop's topics, so that they are there when the list is read first.
///
/// # Errors
/// What happened and what to do, in words.
pub(super) async fn start(outbox: SourceOutbox) -> Result<KafkaSandbox, String> {
    let tell = |words: &str| {
        let state = SandboxState::Starting(words.to_owned());
        outbox.offer(SourceUpdate::Sandbox(state));
    };
    tell("Looking for Apache Kafka");
    let kafka = blocking(JavaKafka::find).await?;
    tell("Preparing a folder");
    let ports = ports().await?;
    let folder = blocking(move || SandboxFolder::make(ports)).await?;
    format(&kafka, &folder).await?;
    tell("Starting Kafka");
    let began = Instant::now();
    let told = folder.console().map_err(|error| folder.trouble(&error))?;
    let mut child = run(&kafka, &folder, told).map_err(|error| {
        format!("Kafka could not be run: {error}. Check that a shell (sh) and Java are installed")
    })?;
    let life_line = child.stdin.take();
    let mut sandbox = KafkaSandbox {
        port: ports[0],
        child,
        life_line,
        folder,
    };
    while !answers(sandbox.port).await {
        let late = began.elapsed() > READY_LIMIT;
        if late || !sandbox.is_alive() {
            let what = if late {
                format!("did not answer within {} s", READY_LIMIT.as_secs())
            } else {
                "ended before it was ready".to_owned()
            };
            let tail = sandbox.folder.tail();
            sandbox.stop().await;
            return Err(format!("Kafka {what}. Its last words:\n{tail}"));
        }
        tokio::time::sleep(ASK_EVERY).await;
    }
    tell("Opening the sample shop");
    shop::declare(&sandbox.endpoint()).await?;
    Ok(sandbox)
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, String> + Send + 'static,
) -> Result<T, String> {
    let done = tokio::task::spawn_blocking(work).await;
    done.map_err(|error| error.to_string())?
}

/// Two free ports: for clients, and for the controller. Not those from which systems take the ports of
/// outgoing connections.
async fn ports() -> Result<[u16; 2], String> {
    let mut found = Vec::new();
    for _ in 0..40 {
        let port = fastrand::u16(20_000..30_000);
        let is_free = tokio::net::TcpListener::bind(("127.0.0.1", port))
            .await
            .is_ok();
        if is_free && !found.contains(&port) {
            found.push(port);
        }
        if let [client, controller] = found[..] {
            return Ok([client, controller]);
        }
    }
    Err("No free port was found on 127.0.0.1".to_owned())
}

async fn format(kafka: &JavaKafka, folder: &SandboxFolder) -> Result<(), String> {
    let mut command = java(kafka);
    command
        .args([
            "kafka.tools.StorageTool",
            "format",
            "-t",
            folder::CLUSTER,
            "-c",
        ])
        .arg(folder.properties())
        .stdin(Stdio::null());
    let done = command.output().await;
    let done = done.map_err(|error| format!("Java could not be run: {error}"))?;
    if done.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&done.stderr);
    let last: Vec<&str> = said.lines().rev().take(5).collect();
    let last: Vec<&str> = last.into_iter().rev().collect();
    Err(format!(
        "Kafka could not prepare its folder. It said:\n{}",
        last.join("\n")
    ))
}

fn java(kafka: &JavaKafka) -> Command {
    let mut command = Command::new(&kafka.java);
    command.args(kafka.arguments()).kill_on_drop(true);
    command
}

fn run(kafka: &JavaKafka, folder: &SandboxFolder, told: File) -> io::Result<Child> {
    let mut command = Command::new("sh");
    command
        .args(["-c", WATCHED, "sh"])
        .arg(&kafka.java)
        .args(kafka.arguments())
        .arg("kafka.Kafka")
        .arg(folder.properties())
        .current_dir(folder.path())
        .stdin(Stdio::piped())
        .stdout(told.try_clone()?)
        .stderr(told)
        // Ctrl-C in the terminal of the app goes to its process group; the broker is ended by the app.
        .process_group(0);
    command.spawn()
}

/// A broker that answers lists its topics.
async fn answers(port: u16) -> bool {
    if tokio::net::TcpStream::connect(("127.0.0.1", port))
        .await
        .is_err()
    {
        return false;
    }
    let Ok(kafka) = connect::kafka(&endpoint(port)).await else {
        return false;
    };
    let listed = kafka
        .admin()
        .list_topics(ListTopicsOptions::default())
        .await;
    listed.is_ok()
}
