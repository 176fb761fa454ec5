//! The set engine in a process of its own. A question may take minutes and gigabytes, and nothing
//! can interrupt it from inside: so it is asked in a child of this program that has limits of CPU
//! time and memory, is kept while it behaves, and is ended and started again when it does not.

mod frame;
pub mod worker;

use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use crate::schema::Cancel;
use crate::schema::compare::sets::{Engine, Inclusion, SetQuestion};
use frame::{ChildAnswer, Request};

/// The hidden subcommand that the child is started with.
pub const COMMAND: &str = "schema-sets";
/// How often it is asked whether the comparison was given up.
const GLANCE: Duration = Duration::from_millis(20);
/// The child ends itself by its CPU time; where that fails, this is waited for beyond it, for a
/// machine that has other things to do.
const GRACE: Duration = Duration::from_secs(20);

/// Asks a child.
#[derive(Debug)]
pub struct Prover {
    program: PathBuf,
    /// One question at a time: a second child would only take the first one's time.
    child: Mutex<Option<RunningChild>>,
}

#[derive(Debug)]
struct RunningChild {
    process: Child,
    questions: ChildStdin,
    answers: Receiver<ChildAnswer>,
}

impl Prover {
    /// Starts `program` as a child when it is needed: this program itself.
    #[must_use]
    pub fn new(program: impl Into<PathBuf>) -> Self {
        Self {
            program: program.into(),
            child: Mutex::new(None),
        }
    }

    /// A child of the program that runs.
    #[must_use]
    pub fn of_this_program() -> Self {
        // On Linux also when its file was replaced by another version meanwhile.
        let own = Path::new("/proc/self/exe");
        if own.exists() {
            Self::new(own)
        } else {
            Self::new(std::env::current_exe().unwrap_or_default())
        }
    }

    /// The number of the child's process, while there is one.
    #[must_use]
    pub fn process(&self) -> Option<u32> {
        let child = self.child.lock().unwrap_or_else(PoisonError::into_inner);
        child.as_ref().map(|running| running.process.id())
    }

    fn started(&self) -> std::io::Result<RunningChild> {
        let mut process = Command::new(&self.program)
            .arg(COMMAND)
            // One heap: each thread's own would count against the limit before it is used.
            .env("MALLOC_ARENA_MAX", "1")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()?;
        let (questions, output) = (process.stdin.take(), process.stdout.take());
        let (Some(questions), Some(output)) = (questions, output) else {
            return Err(std::io::Error::other("the child has no pipes"));
        };
        let (send, answers) = sync_channel(1);
        // It ends when the child does.
        thread::Builder::new()
            .name("schema sets".to_owned())
            .spawn(move || {
                let mut output = std::io::BufReader::new(output);
                while let Ok(Some(answer)) = frame::read(&mut output) {
                    if send.send(answer).is_err() {
                        break;
                    }
                }
            })?;
        Ok(RunningChild {
            process,
            questions,
            answers,
        })
    }
}

impl Engine for Prover {
    fn ask(
        &self,
        question: &SetQuestion,
        patience: Duration,
        cancel: &Cancel,
    ) -> (Inclusion, Duration) {
        let none = |spent| (Inclusion::Unknown(None), spent);
        let mut child = self.child.lock().unwrap_or_else(PoisonError::into_inner);
        if cancel.is_cancelled() {
            return none(Duration::ZERO);
        }
        let running = match child.take() {
            Some(running) => Ok(running),
            None => self.started(),
        };
        let Ok(mut running) = running else {
            return none(Duration::ZERO);
        };
        let request = Request {
            question: question.clone(),
            patience_ms: u64::try_from(patience.as_millis()).unwrap_or(u64::MAX),
        };
        let answer = match frame::write(&mut running.questions, &request) {
            Ok(()) => awaited(&running.answers, patience + GRACE, cancel),
            Err(_) => None,
        };
        let Some(answer) = answer else {
            running.end();
            return none(patience);
        };
        // What a large question took is given back to the machine.
        if answer.is_heavy {
            running.end();
        } else {
            *child = Some(running);
        }
        let spent = Duration::from_micros(answer.spent_us);
        (answer.inclusion, spent)
    }
}

/// None where the child ended, was silent for too long, or nobody wants to know any more.
fn awaited(
    answers: &Receiver<ChildAnswer>,
    patience: Duration,
    cancel: &Cancel,
) -> Option<ChildAnswer> {
    let until = Instant::now() + patience;
    loop {
        match answers.recv_timeout(GLANCE) {
            Ok(answer) => return Some(answer),
            Err(RecvTimeoutError::Disconnected) => return None,
            Err(RecvTimeoutError::Timeout) => {
                if cancel.is_cancelled() || Instant::now() > until {
                    return None;
                }
            }
        }
    }
}

impl RunningChild {
    /// Ends the child, and waits until it is gone.
    fn end(mut self) {
        // It may have ended by itself.
        drop(self.process.kill());
        drop(self.process.wait());
    }
}

impl Drop for Prover {
    fn drop(&mut self) {
        let child = self.child.get_mut().unwrap_or_else(PoisonError::into_inner);
        if let Some(running) = child.take() {
            running.end();
        }
    }
}
