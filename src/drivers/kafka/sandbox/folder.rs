//! The folder of one private Kafka, and the clearing away of those whose app has ended.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Read as _, Seek as _};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};

use uuid::Uuid;

/// The id of the cluster; there is no other that it could be taken for.
pub(super) const CLUSTER: &str = "RXZlbnRzY29wZVNhbmRib3";
/// How the folders are called; the clearing looks at no others.
const PREFIX: &str = "kafka-sandbox-";
/// The file that an app locks for as long as it lives.
const LOCK: &str = "lock";
/// Bytes of what a broker said last that are shown.
const TAIL: u64 = 2_000;

/// A folder that is ours. Dropping it leaves it on the disk, to be cleared away at the next start.
pub(super) struct SandboxFolder {
    path: PathBuf,
    _lock: File,
}

impl SandboxFolder {
    /// Makes one in the person's cache, with the settings of a broker on these ports: for clients, and for
    /// the controller.
    pub(super) fn make(ports: [u16; 2]) -> Result<Self, String> {
        let parent = dirs::cache_dir()
            .map(|cache| cache.join("eventscope"))
            .ok_or_else(|| "There is no folder for the sandbox".to_owned())?;
        clear(&parent);
        Self::make_in(&parent, ports).map_err(|error| {
            format!(
                "The sandbox cannot use {}: {error}. Make room there, or name another cache folder in \
                 XDG_CACHE_HOME",
                parent.display()
            )
        })
    }

    fn make_in(parent: &Path, ports: [u16; 2]) -> io::Result<Self> {
        let path = parent.join(format!("{PREFIX}{}", Uuid::new_v4().simple()));
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(&path)?;
        let lock = File::create(path.join(LOCK))?;
        lock.lock()?;
        let folder = Self { path, _lock: lock };
        fs::write(folder.properties(), properties(&folder.path, ports))?;
        Ok(folder)
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn properties(&self) -> PathBuf {
        self.path.join("server.properties")
    }

    /// Where a broker says what it has to say.
    pub(super) fn console(&self) -> io::Result<File> {
        let mut options = OpenOptions::new();
        options
            .create(true)
            .append(true)
            .open(self.path.join("console"))
    }

    /// The last lines of that.
    pub(super) fn tail(&self) -> String {
        let read = || -> io::Result<String> {
            let mut file = File::open(self.path.join("console"))?;
            let length = file.metadata()?.len();
            file.seek(io::SeekFrom::Start(length.saturating_sub(TAIL)))?;
            let mut bytes = Vec::new();
            file.take(TAIL).read_to_end(&mut bytes)?;
            Ok(String::from_utf8_lossy(&bytes).into_owned())
        };
        let text = read().unwrap_or_default();
        let lines: Vec<&str> = text.lines().rev().take(8).collect();
        lines.into_iter().rev().collect::<Vec<_>>().join("\n")
    }

    /// In words that a file of it cannot be used.
    pub(super) fn trouble(&self, error: &io::Error) -> String {
        format!("The sandbox cannot use {}: {error}", self.path.display())
    }

    /// Removes it. What cannot be removed is left for the next start.
    pub(super) fn remove(self) {
        if let Err(error) = fs::remove_dir_all(&self.path) {
            tracing::debug!(%error, folder = %self.path.display(), "a sandbox folder stays");
        }
    }
}

/// Removes folders of apps that have ended.
fn clear(parent: &Path) {
    let entries = fs::read_dir(parent).into_iter().flatten().flatten();
    for folder in entries.map(|entry| entry.path()) {
        let name = folder.file_name().unwrap_or_default().to_string_lossy();
        let is_ours = name.starts_with(PREFIX)
            && fs::symlink_metadata(&folder).is_ok_and(|found| found.is_dir());
        let lock = File::open(folder.join(LOCK));
        let is_dead = lock.is_ok_and(|file| file.try_lock().is_ok());
        if is_ours && is_dead {
            // One that stays is tried again at the next start.
            fs::remove_dir_all(&folder).ok();
        }
    }
}

fn properties(folder: &Path, [client, controller]: [u16; 2]) -> String {
    format!(
        "process.roles=broker,controller
node.id=1
controller.listener.names=CONTROLLER
controller.quorum.voters=1@127.0.0.1:{controller}
listeners=PLAINTEXT://127.0.0.1:{client},CONTROLLER://127.0.0.1:{controller}
advertised.listeners=PLAINTEXT://127.0.0.1:{client}
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
log.dirs={data}
auto.create.topics.enable=false
offsets.topic.replication.factor=1
offsets.topic.num.partitions=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=1
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
share.coordinator.state.topic.num.partitions=1
group.initial.rebalance.delay.ms=0
",
        data = folder.join("data").display(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_folders_of_apps_that_have_ended_are_cleared_away() {
        let parent = tempfile::tempdir().unwrap();
        let make = || SandboxFolder::make_in(parent.path(), [1, 2]).unwrap();
        let (dead, alive) = (make(), make());
        let other = parent.path().join("sandbox-of-another");
        fs::create_dir(&other).unwrap();
        let gone = dead.path.clone();
        drop(dead);
        clear(parent.path());
        assert!(!gone.exists() && alive.path.exists() && other.exists());
        let path = alive.path.clone();
        alive.remove();
        assert!(!path.exists());
    }

    #[test]
    fn every_socket_is_on_this_machine_only() {
        let text = properties(Path::new("/x"), [1, 2]);
        let listeners = text.lines().filter(|line| line.contains("listeners="));
        for line in listeners {
            let hosts = line.matches("://").count();
            assert_eq!(line.matches("://127.0.0.1:").count(), hosts, "{line}");
        }
    }
}
