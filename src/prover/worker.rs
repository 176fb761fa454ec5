//! What the child does: it answers questions from standard input until that ends, and ends itself
//! when one takes too much.

use std::io::{self, BufReader, Read, Write};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread;
use std::time::Duration;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use rustix::time::{ClockId, clock_gettime};

use super::frame::{self, ChildAnswer, Request};
use crate::schema::compare::sets;

/// Address space beyond what the program takes at its start, in bytes.
const ALLOWANCE: u64 = 320 * 1024 * 1024;
/// A child that holds more after an answer is ended, in bytes.
const HEAVY: u64 = 96 * 1024 * 1024;
/// How often a question's CPU time is looked at.
const GLANCE: Duration = Duration::from_millis(10);
/// How the child ends a question that took too long.
const TOO_LONG: i32 = 3;

/// Answers until the input ends.
///
/// # Errors
/// The input is no sequence of frames, or no thread can be started.
pub fn serve(input: impl Read, output: impl Write + Send + 'static) -> io::Result<()> {
    let (ask, questions) = sync_channel::<Request>(1);
    let (begin, deadlines) = sync_channel::<Option<Duration>>(1);
    thread::Builder::new()
        .name("clock".to_owned())
        .spawn(move || watch(&deadlines))?;
    let answering = thread::Builder::new()
        .name("sets".to_owned())
        .stack_size(sets::STACK)
        .spawn(move || answer(&questions, &begin, output))?;
    limit_memory();
    let mut input = BufReader::new(input);
    while let Some(request) = frame::read(&mut input)? {
        if ask.send(request).is_err() {
            break;
        }
    }
    // Nobody reads the answer to what is still being asked: the process ends with this thread.
    drop(answering);
    Ok(())
}

fn answer(
    questions: &Receiver<Request>,
    begin: &SyncSender<Option<Duration>>,
    mut output: impl Write,
) {
    for request in questions {
        let patience = Duration::from_millis(request.patience_ms);
        let before = cpu_time();
        limit_cpu(before + patience);
        // The thread with the clock lives as long as this one.
        if begin.send(Some(before + patience)).is_err() {
            return;
        }
        let inclusion = sets::answered(&request.question);
        if begin.send(None).is_err() {
            return;
        }
        let answer = ChildAnswer {
            inclusion,
            spent_us: u64::try_from(cpu_time().saturating_sub(before).as_micros())
                .unwrap_or(u64::MAX),
            is_heavy: pages(1).is_some_and(|resident| resident > HEAVY),
        };
        drop(request);
        if frame::write(&mut output, &answer).is_err() {
            return;
        }
    }
}

/// Ends the process when a question's CPU time is over. Between questions it sleeps.
fn watch(deadlines: &Receiver<Option<Duration>>) {
    while let Ok(until) = deadlines.recv() {
        let Some(until) = until else { continue };
        loop {
            match deadlines.recv_timeout(GLANCE) {
                Ok(_) => break,
                Err(RecvTimeoutError::Disconnected) => return,
                Err(RecvTimeoutError::Timeout) => {
                    if cpu_time() > until {
                        std::process::exit(TOO_LONG);
                    }
                }
            }
        }
    }
}

/// CPU time of this process.
fn cpu_time() -> Duration {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    Duration::new(
        u64::try_from(time.tv_sec).unwrap_or(0),
        u32::try_from(time.tv_nsec).unwrap_or(0),
    )
}

/// The system's own limit, in whole seconds, should the clock's thread not get its turn.
fn limit_cpu(until: Duration) {
    lower(Resource::Cpu, until.as_secs() + 2);
}

fn limit_memory() {
    let now = pages(0).unwrap_or(512 * 1024 * 1024);
    lower(Resource::As, now + ALLOWANCE);
    // A child that is ended leaves no image of its memory behind.
    lower(Resource::Core, 0);
}

/// Sets the current limit, as far as the highest one allows.
fn lower(resource: Resource, to: u64) {
    let maximum = getrlimit(resource).maximum;
    let current = maximum.map_or(to, |most| most.min(to));
    let limit = Rlimit {
        current: Some(current),
        maximum,
    };
    if setrlimit(resource, limit).is_err() {
        tracing::debug!("a limit was refused; the parent still ends this process by the clock");
    }
}

/// Memory of this process in bytes, where Linux tells: 0 all of its addresses, 1 what is resident.
fn pages(field: usize) -> Option<u64> {
    let text = std::fs::read_to_string("/proc/self/statm").ok()?;
    let count: u64 = text.split_whitespace().nth(field)?.parse().ok()?;
    Some(count * rustix::param::page_size() as u64)
}
