//! The folder of one sandbox: its secrets, its configuration, its log, and the lock that says who lives in it.
//!
//! The lock is a file lock on the very file the broker writes its output to. A lock of this kind lives as long as
//! any process has that open file, so it holds while the app *or* the broker lives: no process ids to compare, and a
//! folder whose lock can be taken is dead for certain.

use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use uuid::Uuid;

use super::installation::children;
use super::ports::Ports;
use super::{SandboxError, neighbours};

/// The only user of a sandbox.
pub(crate) const USER: &str = "eventscope";
/// The broker's standard output, and the lock.
pub(crate) const CONSOLE: &str = "console.log";
/// The helpers of a killed broker hold the lock for some milliseconds more.
const LOCK_PATIENCE: Duration = Duration::from_secs(3);
/// How much of each log is looked at for the last words.
const TAIL_BYTES: u64 = 4096;
/// How many lines of each log are last words.
const TAIL_LINES: usize = 6;

/// A folder that is ours alone.
#[derive(Debug)]
pub(crate) struct Folder {
    path: PathBuf,
    password: String,
    console: File,
}

impl Folder {
    /// Makes the folder where it is missing, takes its lock, and clears away dead neighbours.
    pub(crate) fn open(path: &Path) -> Result<Self, SandboxError> {
        refuse_a_strangers_folder(path)?;
        make_private(path)?;
        // The broker runs inside the folder, where a relative path would mean something else.
        let path = fs::canonicalize(path).map_err(SandboxError::folder(path))?;
        let console = open_private(&path.join(CONSOLE))?;
        lock(&console, &path)?;
        neighbours::remove_dead(&path);
        for inner in ["data", "log", "none"] {
            make_private(&path.join(inner))?;
        }
        let password = kept_secret(&path.join("password"))?;
        // The cookie is the password of Erlang's own network; it must differ from every other node's.
        let cookie = path.join(".erlang.cookie");
        kept_secret(&cookie)?;
        // Erlang refuses a cookie that anyone else, or even a slip of its owner, could change.
        fs::set_permissions(&cookie, fs::Permissions::from_mode(0o400))
            .map_err(SandboxError::folder(&cookie))?;
        Ok(Self {
            path,
            password,
            console,
        })
    }

    /// The folder itself, absolute.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// The password of [`USER`].
    pub(crate) fn password(&self) -> &str {
        &self.password
    }

    /// Where the broker keeps its messages.
    pub(crate) fn data(&self) -> PathBuf {
        self.path.join("data")
    }

    /// Whether a broker has kept something here before.
    pub(crate) fn has_data(&self) -> bool {
        !children(&self.data()).is_empty()
    }

    /// Puts the data of earlier runs out of the way, and what lay there from an earlier time is removed. Gives where
    /// they are now.
    pub(crate) fn set_data_aside(&self) -> Result<PathBuf, SandboxError> {
        let aside = self.path.join("data-set-aside");
        match fs::remove_dir_all(&aside) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(SandboxError::folder(&aside)(error));
            }
            _ => fs::rename(self.data(), &aside).map_err(SandboxError::folder(&aside))?,
        }
        make_private(&self.data())?;
        Ok(aside)
    }

    /// Puts what was set aside back to its place.
    pub(crate) fn bring_data_back(&self, aside: &Path) -> Result<(), SandboxError> {
        fs::remove_dir_all(self.data())
            .and_then(|()| fs::rename(aside, self.data()))
            .map_err(SandboxError::folder(aside))
    }

    /// The broker's log.
    pub(crate) fn log_file(&self) -> PathBuf {
        self.path.join("log/broker.log")
    }

    /// The configuration that [`Folder::write_configuration`] writes.
    pub(crate) fn configuration(&self) -> PathBuf {
        self.path.join("advanced.config")
    }

    /// The list of plugins that are on.
    pub(crate) fn enabled_plugins(&self) -> PathBuf {
        self.path.join("enabled_plugins")
    }

    /// A folder that stays empty: for settings that want a place for files there shall be none of.
    pub(crate) fn nothing(&self) -> PathBuf {
        self.path.join("none")
    }

    /// Standard output or error for the broker. It shares our open file, and with it the lock.
    pub(crate) fn console(&self) -> Result<Stdio, SandboxError> {
        let console = self
            .console
            .try_clone()
            .map_err(SandboxError::folder(self.path.join(CONSOLE)))?;
        Ok(Stdio::from(console))
    }

    /// Writes what the broker reads at its start, and empties the console for the new run.
    pub(crate) fn write_configuration(
        &self,
        ports: Ports,
        plugins: &[&str],
    ) -> Result<(), SandboxError> {
        self.console
            .set_len(0)
            .map_err(SandboxError::folder(self.path.join(CONSOLE)))?;
        let enabled = [&["rabbitmq_management"], plugins].concat().join(",");
        let enabled = format!("[{enabled}].\n");
        write_private(&self.enabled_plugins(), &enabled)?;
        let password = &self.password;
        let Ports {
            amqp, management, ..
        } = ports;
        // Figures every second instead of every five: the screens of a demo should follow the hand. Queues report at
        // the interval, the API takes the reports over as often as it keeps its finest samples, hence both settings.
        let text = format!(
            "[{{rabbit, [\n\
             \x20  {{tcp_listeners, [{{\"127.0.0.1\", {amqp}}}]}},\n\
             \x20  {{default_user, <<\"{USER}\">>}},\n\
             \x20  {{default_pass, <<\"{password}\">>}},\n\
             \x20  {{default_user_tags, [administrator]}},\n\
             \x20  {{loopback_users, [<<\"{USER}\">>]}},\n\
             \x20  {{vm_memory_high_watermark, {{absolute, \"512MiB\"}}}},\n\
             \x20  {{collect_statistics_interval, 1000}},\n\
             \x20  {{log, [{{console, [{{enabled, false}}]}}, {{file, [{{level, info}}]}}]}}\n\
             \x20]}},\n\
             \x20{{rabbitmq_management, [\n\
             \x20  {{tcp_config, [{{ip, \"127.0.0.1\"}}, {{port, {management}}}]}},\n\
             \x20  {{sample_retention_policies, [\n\
             \x20    {{global, [{{605, 1}}, {{3660, 60}}, {{29400, 600}}, {{86400, 1800}}]}},\n\
             \x20    {{basic, [{{605, 1}}, {{3600, 60}}]}},\n\
             \x20    {{detailed, [{{605, 1}}]}}\n\
             \x20  ]}}\n\
             \x20]}}\n\
             ].\n"
        );
        write_private(&self.configuration(), &text)
    }

    /// Makes a folder of links to the given ones, again: for [`super::plugins`].
    pub(crate) fn link_plugins(&self, shipped: &[PathBuf]) -> Result<PathBuf, SandboxError> {
        let folder = self.path.join("plugins");
        match fs::remove_dir_all(&folder) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(SandboxError::folder(&folder)(error));
            }
            _ => make_private(&folder)?,
        }
        for target in shipped {
            let Some(name) = target.file_name() else {
                continue;
            };
            let link = folder.join(name);
            std::os::unix::fs::symlink(target, &link).map_err(SandboxError::folder(&link))?;
        }
        Ok(folder)
    }

    /// The last lines the broker wrote, from its console and its log.
    pub(crate) fn log_tail(&self) -> String {
        let lines: Vec<String> = [self.path.join(CONSOLE), self.log_file()]
            .iter()
            .flat_map(|file| last_lines(file))
            .collect();
        if lines.is_empty() {
            "(nothing)".to_owned()
        } else {
            lines.join("\n")
        }
    }
}

/// Takes the lock, with some patience for the helpers of a broker that has just been killed.
fn lock(console: &File, dir: &Path) -> Result<(), SandboxError> {
    let began = Instant::now();
    loop {
        match console.try_lock() {
            Ok(()) => return Ok(()),
            Err(TryLockError::WouldBlock) if began.elapsed() < LOCK_PATIENCE => {
                std::thread::sleep(Duration::from_millis(50));
            }
            Err(TryLockError::WouldBlock) => {
                return Err(SandboxError::InUse {
                    dir: dir.to_path_buf(),
                });
            }
            Err(TryLockError::Error(error)) => {
                // Some network file systems have no locks. The folder's name is unique, so go on without.
                tracing::debug!(%error, "the sandbox folder cannot be locked");
                return Ok(());
            }
        }
    }
}

/// A folder that holds other things is somebody's home folder or worse; making it private would do harm.
fn refuse_a_strangers_folder(path: &Path) -> Result<(), SandboxError> {
    if children(path).is_empty() || path.join(CONSOLE).is_file() {
        return Ok(());
    }
    let reason = "the folder holds other files and no sandbox";
    Err(SandboxError::folder(path)(io::Error::new(
        io::ErrorKind::AlreadyExists,
        reason,
    )))
}

/// A folder that only its owner can look into.
fn make_private(path: &Path) -> Result<(), SandboxError> {
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(path)
        .map_err(SandboxError::folder(path))?;
    // An existing folder keeps its mode when "created", so it is set as well.
    fs::set_permissions(path, fs::Permissions::from_mode(0o700)).map_err(SandboxError::folder(path))
}

/// A file for appending that only its owner can read.
fn open_private(path: &Path) -> Result<File, SandboxError> {
    OpenOptions::new()
        .create(true)
        .append(true)
        .mode(0o600)
        .open(path)
        .map_err(SandboxError::folder(path))
}

fn write_private(path: &Path, text: &str) -> Result<(), SandboxError> {
    OpenOptions::new()
        .create(true)
        .truncate(true)
        .write(true)
        .mode(0o600)
        .open(path)
        .and_then(|mut file| file.write_all(text.as_bytes()))
        .map_err(SandboxError::folder(path))
}

/// The secret in the file; a new random one where the file is missing or empty.
fn kept_secret(path: &Path) -> Result<String, SandboxError> {
    let found = match fs::read_to_string(path) {
        Ok(text) => text.trim().to_owned(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
        Err(error) => return Err(SandboxError::folder(path)(error)),
    };
    if !found.is_empty() {
        return Ok(found);
    }
    // Two random ids give 244 bits of the system's randomness in characters no file format minds.
    let secret = format!("{}{}", Uuid::new_v4().simple(), Uuid::new_v4().simple());
    write_private(path, &secret)?;
    Ok(secret)
}

fn last_lines(file: &Path) -> Vec<String> {
    let read = || -> io::Result<Vec<u8>> {
        let mut file = File::open(file)?;
        let length = file.metadata()?.len();
        file.seek(SeekFrom::Start(length.saturating_sub(TAIL_BYTES)))?;
        let mut bytes = Vec::new();
        file.take(TAIL_BYTES).read_to_end(&mut bytes)?;
        Ok(bytes)
    };
    // A log that is not there has no last words.
    let bytes = read().unwrap_or_default();
    let text = String::from_utf8_lossy(&bytes);
    let lines: Vec<String> = text
        .lines()
        .map(without_titles)
        .filter(|line| !line.trim().is_empty())
        .collect();
    lines.into_iter().rev().take(TAIL_LINES).rev().collect()
}

/// RabbitMQ sets the title of the terminal in the middle of its lines (ESC ] … BEL); that is not for reading.
fn without_titles(line: &str) -> String {
    line.split('\u{1b}')
        .map(
            |piece| match (piece.starts_with(']'), piece.split_once('\u{7}')) {
                (true, Some((_title, rest))) => rest,
                _ => piece,
            },
        )
        .flat_map(str::chars)
        .filter(|c| !c.is_control())
        .collect()
}

#[cfg(test)]
mod tests;
