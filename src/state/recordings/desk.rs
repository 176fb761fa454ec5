//! What is known of recordings as files: those of the app's folder, and the one that is written.

use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::protocol::{RecordingNow, ShelfUpdate};
use crate::recording::{ShelfEntry, ShelfLimits};
use crate::text::numbers::count_of;

/// Recordings, and what is done with them.
#[derive(Debug, Default)]
pub struct RecordingDesk {
    /// Everything is recorded from the first second of the next run on.
    pub from_start: bool,
    /// What recordings may take up.
    pub limits: ShelfLimits,
    /// Those of the folder, the newest first, or why they cannot be listed; nothing before they were.
    pub list: Option<Result<Vec<ShelfEntry>, String>>,
    /// The one that is looked at.
    pub chosen: Option<PathBuf>,
    /// The one that is about to be deleted, once the person agrees.
    pub deleting: Option<PathBuf>,
    /// What is recorded now, or was last.
    pub now: RecordingNow,
    /// It was asked for, and did not begin or end yet.
    pub is_changing: bool,
}

impl RecordingDesk {
    pub(in crate::state) fn restore(&mut self, from_start: bool, limits: ShelfLimits) {
        (self.from_start, self.limits) = (from_start, limits);
    }

    pub(in crate::state) fn apply(&mut self, update: ShelfUpdate) {
        match update {
            ShelfUpdate::List(list) => {
                self.list = Some(list);
                if self.entry().is_none() {
                    self.chosen = None;
                }
            }
            // That is told to whoever asked.
            ShelfUpdate::Destinations { .. } => {}
            ShelfUpdate::Recording(now) => {
                self.now = now;
                self.is_changing = false;
            }
        }
    }

    /// The recordings of the folder, as far as they could be listed.
    #[must_use]
    pub fn entries(&self) -> &[ShelfEntry] {
        match &self.list {
            Some(Ok(list)) => list,
            _ => &[],
        }
    }

    /// The recording that is looked at.
    #[must_use]
    pub fn entry(&self) -> Option<&ShelfEntry> {
        let chosen = self.chosen.as_ref()?;
        self.entries().iter().find(|one| one.file.path == *chosen)
    }

    /// True while something is recorded.
    #[must_use]
    pub fn is_on(&self) -> bool {
        self.now.since.is_some()
    }

    /// True if this file is being written by this window.
    #[must_use]
    pub fn is_written(&self, path: &Path) -> bool {
        self.is_on() && self.now.state.path.as_deref() == Some(path)
    }

    /// How it stands with what is recorded, in a sentence or two; nothing if nothing was.
    #[must_use]
    pub fn words(&self) -> Option<String> {
        let state = &self.now.state;
        let path = state.path.as_ref()?;
        let verb = if self.is_on() {
            "Recording into"
        } else {
            "Recorded into"
        };
        let mut words = format!(
            "{verb} {}: {}",
            path.display(),
            count_of(state.events, "event")
        );
        if state.missed > 0 {
            let missed = count_of(state.missed, "event");
            words.push_str(&format!(
                ", {missed} missed, because the disk was too slow or full"
            ));
        }
        if let Some(problem) = &state.problem {
            words.push_str(&format!(". {problem}"));
        }
        Some(words)
    }
}

/// What recordings may take up, as typed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RecordingForm {
    pub gigabytes: String,
    pub days: String,
    /// A note beside what is recorded.
    pub note: String,
}

impl RecordingForm {
    /// The fields that say this.
    #[must_use]
    pub fn of(limits: ShelfLimits) -> Self {
        let tenths = limits.bytes / 100_000_000;
        let gigabytes = match tenths % 10 {
            0 => (tenths / 10).to_string(),
            rest => format!("{}.{rest}", tenths / 10),
        };
        Self {
            gigabytes,
            days: limits.days().to_string(),
            note: String::new(),
        }
    }

    /// What they say.
    ///
    /// # Errors
    /// What is wrong with them, in words.
    pub fn limits(&self) -> Result<ShelfLimits, String> {
        let gigabytes: Option<f64> = self.gigabytes.trim().parse().ok();
        let gigabytes = gigabytes
            .filter(|number| (0.1..=10_000.0).contains(number))
            .ok_or("Keep at most must be a number of gigabytes from 0.1 to 10000")?;
        let days: Option<u16> = self.days.trim().parse().ok();
        let days = days
            .filter(|days| (1..=3_650).contains(days))
            .ok_or("Days must be a whole number from 1 to 3650")?;
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "it is within the bounds above"
        )]
        let tenths = (gigabytes * 10.0).round() as u64;
        Ok(ShelfLimits {
            bytes: tenths * 100_000_000,
            age: Duration::from_hours(24 * u64::from(days)),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::recording::RecordingState;

    #[test]
    fn limits_are_read_as_they_are_written() {
        let usual = ShelfLimits::default();
        let form = RecordingForm::of(usual);
        assert_eq!((form.gigabytes.as_str(), form.days.as_str()), ("2", "7"));
        assert_eq!(form.limits(), Ok(usual));
        for (gigabytes, days, part) in [
            ("", "7", "gigabytes"),
            ("0", "7", "gigabytes"),
            ("NaN", "7", "gigabytes"),
            ("2", "0", "Days"),
            ("2", "1.5", "Days"),
        ] {
            let form = RecordingForm {
                gigabytes: gigabytes.into(),
                days: days.into(),
                ..RecordingForm::default()
            };
            assert!(
                form.limits().unwrap_err().contains(part),
                "{gigabytes} {days}"
            );
        }
        let half = RecordingForm {
            gigabytes: "1.5".into(),
            days: "3".into(),
            ..RecordingForm::default()
        };
        let limits = half.limits().unwrap();
        assert_eq!((limits.bytes, limits.days()), (1_500_000_000, 3));
        assert_eq!(RecordingForm::of(limits), half);
    }

    #[test]
    fn what_is_recorded_is_said_with_what_is_missing() {
        let mut desk = RecordingDesk::default();
        assert_eq!(desk.words(), None);
        desk.is_changing = true;
        desk.apply(ShelfUpdate::Recording(RecordingNow {
            since: Some(chrono::DateTime::UNIX_EPOCH),
            state: RecordingState {
                events: 1_200,
                missed: 1,
                path: Some("/r/a.eventscope".into()),
                problem: None,
            },
        }));
        assert!(desk.is_on() && !desk.is_changing && desk.is_written(Path::new("/r/a.eventscope")));
        let words = desk.words().unwrap();
        assert!(words.starts_with("Recording into /r/a.eventscope: 1,200 events, 1 event missed"));
        desk.now.since = None;
        desk.now.state.problem = Some("There is no room left on the disk".into());
        let words = desk.words().unwrap();
        assert!(words.starts_with("Recorded into") && words.ends_with("left on the disk"));
    }
}
