//! What goes wrong inside and is written to the log is told in the window too: a person who starts
//! Eventscope from a menu sees no log.
//!
//! Only our own words, of WARN and above. They are bounded, the same ones are told once in a while,
//! and nobody waits: where there is no room the log alone has them. What the window learns in another
//! way carries the field `told`.

use std::collections::VecDeque;
use std::fmt::{self, Write as _};
use std::sync::{Arc, Mutex, OnceLock, TryLockError};
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender, TrySendError};
use tracing::field::{Field, Visit};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::Context;

use crate::protocol::{Gravity, Notice};

/// Warnings that may wait for the window.
const WAITING: usize = 32;
/// The same words are told again after so long.
const AGAIN: Duration = Duration::from_mins(1);
/// Words that are remembered for that.
const REMEMBERED: usize = 32;
/// Longest warning, in characters.
const LONGEST: usize = 400;
/// Where our own events come from.
const OURS: &str = "eventscope";

type Wake = Arc<OnceLock<Box<dyn Fn() + Send + Sync>>>;

/// The layer that takes warnings from the log.
pub struct Warnings {
    send: Sender<Notice>,
    recent: Mutex<VecDeque<(Instant, String)>>,
    wake: Wake,
}

/// The other end of it: for the window.
pub struct Heard {
    notices: Receiver<Notice>,
    wake: Wake,
}

/// A layer, and where its warnings come out.
#[must_use]
pub fn channel() -> (Warnings, Heard) {
    let (send, notices) = crossbeam_channel::bounded(WAITING);
    let wake = Wake::default();
    let warnings = Warnings {
        send,
        recent: Mutex::default(),
        wake: Arc::clone(&wake),
    };
    (warnings, Heard { notices, wake })
}

impl Heard {
    /// From here on `wake` is called after each warning.
    pub fn wake(&self, wake: impl Fn() + Send + Sync + 'static) {
        // The first window is the only one.
        self.wake.set(Box::new(wake)).ok();
    }

    /// The next warning, if there is one.
    #[must_use]
    pub fn next(&self) -> Option<Notice> {
        self.notices.try_recv().ok()
    }
}

impl Warnings {
    /// Whether these words were not told just now.
    fn is_news(&self, words: &str) -> bool {
        let mut recent = match self.recent.try_lock() {
            Ok(recent) => recent,
            Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
            // Once too often is better than waiting.
            Err(TryLockError::WouldBlock) => return true,
        };
        let now = Instant::now();
        recent.retain(|(at, _)| now.duration_since(*at) < AGAIN);
        if recent.iter().any(|(_, known)| known == words) {
            return false;
        }
        if recent.len() >= REMEMBERED {
            recent.pop_front();
        }
        recent.push_back((now, words.to_owned()));
        true
    }
}

impl<S: Subscriber> Layer<S> for Warnings {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let about = event.metadata();
        let is_ours = about.target().split("::").next() == Some(OURS);
        if !is_ours || *about.level() > Level::WARN {
            return;
        }
        let mut words = Words::default();
        event.record(&mut words);
        if words.told {
            return;
        }
        let gravity = if *about.level() == Level::ERROR {
            Gravity::Error
        } else {
            Gravity::Warning
        };
        let words = words.sentence();
        if !self.is_news(&words) {
            return;
        }
        match self.send.try_send(Notice { gravity, words }) {
            Ok(()) => {
                if let Some(wake) = self.wake.get() {
                    wake();
                }
            }
            // Too many at once, or there is no window.
            Err(TrySendError::Full(_) | TrySendError::Disconnected(_)) => {}
        }
    }
}

/// What an event says.
#[derive(Default)]
struct Words {
    message: String,
    /// Why, as far as that is a field.
    reasons: Vec<String>,
    details: Vec<String>,
    told: bool,
}

impl Words {
    fn sentence(self) -> String {
        let mut sentence = String::new();
        let mut characters = self.message.chars();
        sentence.extend(
            characters
                .next()
                .iter()
                .flat_map(|first| first.to_uppercase()),
        );
        sentence.push_str(characters.as_str());
        for reason in self.reasons {
            sentence.push_str(": ");
            sentence.push_str(&reason);
        }
        if !self.details.is_empty() {
            // A text takes whatever is written to it.
            write!(sentence, " ({})", self.details.join(", ")).ok();
        }
        if let Some((cut, _)) = sentence.char_indices().nth(LONGEST) {
            sentence.truncate(cut);
            sentence.push('…');
        }
        sentence
    }

    fn take(&mut self, field: &Field, text: String) {
        match field.name() {
            "message" => self.message = text,
            "error" | "words" | "reason" | "problem" => self.reasons.push(text),
            name => self.details.push(format!("{name} {text}")),
        }
    }
}

impl Visit for Words {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.take(field, format!("{value:?}"));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.take(field, value.to_owned());
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        if field.name() == "told" {
            self.told = value;
        } else {
            self.take(field, value.to_string());
        }
    }
}

impl fmt::Debug for Warnings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Warnings")
    }
}

impl fmt::Debug for Heard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Heard")
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use tracing_subscriber::layer::SubscriberExt as _;

    use super::*;

    fn heard(work: impl FnOnce()) -> Vec<(Gravity, String)> {
        let (warnings, heard) = channel();
        let log = tracing_subscriber::registry().with(warnings);
        tracing::subscriber::with_default(log, work);
        let all = std::iter::from_fn(|| heard.next());
        all.map(|notice| (notice.gravity, notice.words)).collect()
    }

    #[test]
    fn a_warning_of_ours_is_told_in_a_sentence() {
        let told = heard(|| {
            let error = std::io::Error::from(std::io::ErrorKind::PermissionDenied);
            tracing::warn!(%error, path = "/a/b", "the settings were not read");
            tracing::error!("the journal is gone");
        });
        let expected = [
            (
                Gravity::Warning,
                "The settings were not read: permission denied (path /a/b)".to_owned(),
            ),
            (Gravity::Error, "The journal is gone".to_owned()),
        ];
        assert_eq!(told, expected);
    }

    #[test]
    fn what_others_log_what_is_no_warning_and_what_is_told_already_is_not_told() {
        let told = heard(|| {
            tracing::warn!(target: "library::channel", "a body that nobody should see");
            tracing::warn!(target: "eventscope_like", "another program");
            tracing::info!("connected");
            tracing::error!(told = true, "a job panicked");
        });
        assert_eq!(told, []);
    }

    #[test]
    fn the_same_words_are_told_once_and_a_flood_waits_for_nobody() {
        let told = heard(|| {
            for _ in 0..10 {
                tracing::warn!("again");
            }
            for number in 0..1_000 {
                tracing::warn!("number {number} {}", "x".repeat(1_000));
            }
        });
        assert_eq!(told.len(), WAITING);
        assert!(
            told.iter()
                .all(|(_, words)| words.chars().count() <= LONGEST + 1)
        );
    }

    #[test]
    fn the_window_is_woken_and_may_be_gone() {
        let (warnings, heard) = channel();
        let woken = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&woken);
        heard.wake(move || {
            count.fetch_add(1, Ordering::Relaxed);
        });
        let log = tracing_subscriber::registry().with(warnings);
        tracing::subscriber::with_default(log, || {
            tracing::warn!("once");
            drop(heard);
            tracing::warn!("nobody hears this");
        });
        assert_eq!(woken.load(Ordering::Relaxed), 1);
    }
}
