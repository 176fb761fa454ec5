//! Child processes that never outlive the test run.
//!
//! Normally `Drop` ends them. When the test process is killed, or when the desktop
//! lives in a `static` and is never dropped, the watchdog does it: a small shell
//! whose standard input closes with this process.

use std::ffi::OsStr;
use std::fs::File;
use std::io::{BufRead, BufReader, ErrorKind, Write};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::mpsc::{RecvTimeoutError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow, bail};

/// How often a condition is looked at again.
pub(super) const POLL: Duration = Duration::from_millis(25);

/// Kills what is left when its standard input closes without the word `done`,
/// then removes the directory that was given to it.
const WATCHDOG: &str = r#"
alive=
while read -r word pid; do
    case $word in
    started) alive="$alive $pid" ;;
    ended) rest=; for one in $alive; do [ "$one" = "$pid" ] || rest="$rest $one"; done; alive=$rest ;;
    done) exit 0 ;;
    esac
done
for one in $alive; do kill -s TERM -- "-$one" 2>/dev/null; done
rm -rf -- "$1"
"#;

/// The shell that ends our processes if we cannot.
#[derive(Clone, Debug)]
pub(super) struct Watchdog(Arc<Mutex<Shell>>);

#[derive(Debug)]
struct Shell {
    child: Child,
    commands: ChildStdin,
}

impl Watchdog {
    /// Starts it; `directory` is removed if this process dies.
    pub(super) fn start(directory: &Path) -> Result<Self> {
        let mut child = Command::new("sh")
            .arg("-c")
            .arg(WATCHDOG)
            .arg("watchdog")
            .arg(directory)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            // A group of its own, so that Ctrl-C in the terminal does not reach it.
            .process_group(0)
            .spawn()
            .context("starting sh")?;
        let commands = child.stdin.take().context("the watchdog has no stdin")?;
        Ok(Self(Arc::new(Mutex::new(Shell { child, commands }))))
    }

    fn tell(&self, word: &str, pid: u32) -> Result<()> {
        let mut shell = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        writeln!(shell.commands, "{word} {pid}").context("telling the watchdog")
    }
}

impl Drop for Shell {
    fn drop(&mut self) {
        // Either fails only if the shell is gone already, which is what is wanted.
        writeln!(self.commands, "done").ok();
        self.child.wait().ok();
    }
}

/// One child process in a process group of its own.
#[derive(Debug)]
pub(super) struct Process {
    name: String,
    child: Child,
    log: PathBuf,
    watchdog: Watchdog,
}

impl Process {
    /// Starts `command` with its standard error (and its standard output, unless the
    /// caller has piped it) going to `log`.
    pub(super) fn start(
        mut command: Command,
        log: &Path,
        output: Stdio,
        watchdog: &Watchdog,
    ) -> Result<Self> {
        let name = file_name(command.get_program());
        let errors = File::options().append(true).create(true).open(log)?;
        let child = command
            .stdin(Stdio::null())
            .stdout(output)
            .stderr(errors)
            .process_group(0)
            .spawn()
            .map_err(|error| cannot_start(&name, &error))?;
        let process = Self {
            name,
            child,
            log: log.to_owned(),
            watchdog: watchdog.clone(),
        };
        process.watchdog.tell("started", process.child.id())?;
        Ok(process)
    }

    pub(super) fn id(&self) -> u32 {
        self.child.id()
    }

    /// What it has written so far.
    pub(super) fn log(&self) -> String {
        std::fs::read(&self.log)
            .map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
            .unwrap_or_default()
    }

    /// An error, with the end of its log, if it has ended.
    pub(super) fn check_alive(&mut self) -> Result<()> {
        if let Some(status) = self.child.try_wait()? {
            bail!(
                "{} ended with {status}; its log:\n{}",
                self.name,
                self.log()
            );
        }
        Ok(())
    }

    /// The first line of its (piped) standard output.
    pub(super) fn first_line(&mut self, limit: Duration) -> Result<String> {
        let output = self
            .child
            .stdout
            .take()
            .context("standard output is not piped")?;
        match read_first_line(output, limit)? {
            Some(line) if !line.is_empty() => Ok(line),
            Some(_) => {
                self.wait(Duration::from_secs(1)).ok();
                bail!("{} did not start; its log:\n{}", self.name, self.log())
            }
            None => bail!(
                "{} said nothing in {limit:?}; its log:\n{}",
                self.name,
                self.log()
            ),
        }
    }

    /// Waits for it to end by itself.
    pub(super) fn wait(&mut self, limit: Duration) -> Result<std::process::ExitStatus> {
        let deadline = Instant::now() + limit;
        loop {
            if let Some(status) = self.child.try_wait()? {
                return Ok(status);
            }
            if Instant::now() > deadline {
                bail!("{} is still running after {limit:?}", self.name);
            }
            thread::sleep(POLL);
        }
    }

    /// Ends this one process at once, as a crash would (SIGKILL).
    pub(super) fn kill(&mut self) -> Result<std::process::ExitStatus> {
        if self.child.try_wait()?.is_none() {
            self.child.kill()?;
        }
        Ok(self.child.wait()?)
    }

    /// Asks its whole process group to end (SIGTERM).
    fn terminate_group(&self) {
        // Without a crate for signals the shell's own `kill` is the way; it also
        // exists where no procps is installed.
        Command::new("sh")
            .args([
                "-c",
                "kill -s TERM -- \"-$1\"",
                "kill",
                &self.child.id().to_string(),
            ])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .ok();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // A failing step means that there is nothing left to end.
        if matches!(self.child.try_wait(), Ok(None)) {
            self.terminate_group();
            if self.wait(Duration::from_secs(5)).is_err() {
                self.kill().ok();
            }
        }
        self.watchdog.tell("ended", self.child.id()).ok();
    }
}

/// Reads on a thread, because a pipe has no deadline; the thread ends with the pipe.
fn read_first_line(output: ChildStdout, limit: Duration) -> Result<Option<String>> {
    let (sender, receiver) = sync_channel(1);
    thread::Builder::new()
        .name("first line".to_owned())
        .spawn(move || {
            let mut lines = BufReader::new(output);
            let mut line = String::new();
            let read = lines.read_line(&mut line).map(|_| line.trim().to_owned());
            // The receiver is gone only if the deadline has passed.
            sender.send(read).ok();
            // Keeping the pipe open until its end spares the writer a SIGPIPE.
            std::io::copy(&mut lines, &mut std::io::sink()).ok();
        })?;
    match receiver.recv_timeout(limit) {
        Ok(line) => Ok(Some(line?)),
        Err(RecvTimeoutError::Timeout) => Ok(None),
        Err(RecvTimeoutError::Disconnected) => bail!("the reading thread has ended"),
    }
}

/// Runs a short-lived program to its end and returns what it printed.
pub(super) fn run(mut command: Command) -> Result<String> {
    let name = file_name(command.get_program());
    let output = command
        .stdin(Stdio::null())
        .output()
        .map_err(|error| cannot_start(&name, &error))?;
    if !output.status.success() {
        bail!(
            "{command:?}: {}: {}",
            output.status,
            String::from_utf8_lossy(&output.stderr).trim()
        );
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

fn cannot_start(name: &str, error: &std::io::Error) -> anyhow::Error {
    let package = match name {
        "Xvfb" => "xvfb",
        "dbus-daemon" => "dbus",
        "import" => "imagemagick",
        "openbox" | "xdotool" => name,
        _ => return anyhow!("cannot start {name}: {error}"),
    };
    if error.kind() == ErrorKind::NotFound {
        return anyhow!(
            "{name} is not installed (Debian package: {package}); `make test` installs what the tests need"
        );
    }
    anyhow!("cannot start {name}: {error}")
}

fn file_name(program: &OsStr) -> String {
    Path::new(program)
        .file_name()
        .unwrap_or(program)
        .to_string_lossy()
        .into_owned()
}
