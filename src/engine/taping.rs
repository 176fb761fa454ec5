//! Records what sources tell, on its way to the window: events, and the times in which there were none
//! to be seen. Nothing waits for it.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, Utc};

use crate::address::Address;
use crate::event::source_id::SourceId;
use crate::event::tap_id::TapId;
use crate::protocol::{Link, SourceUpdate, TapState};
use crate::recording::{RecordingState, RecordingThread, WrittenGap};

/// Listens to all sources. Cheap to ask from any thread.
#[derive(Debug, Default)]
pub struct Taping {
    /// What writes, while something is recorded.
    recorder: Mutex<Option<RecordingThread>>,
    heard: Mutex<HeardSoFar>,
}

#[derive(Debug, Default)]
struct HeardSoFar {
    /// Where each source is; nothing for one that is not recorded.
    places: HashMap<SourceId, Option<Arc<str>>>,
    /// Sources that the person does not want to be recorded.
    spared: HashSet<SourceId>,
    /// Taps whose queue is full, and since when until when as told last.
    overflows: HashMap<TapId, (DateTime<Utc>, DateTime<Utc>)>,
}

impl Taping {
    /// Records with this recorder.
    #[must_use]
    pub fn new(recorder: RecordingThread) -> Self {
        Self {
            recorder: Mutex::new(Some(recorder)),
            ..Self::default()
        }
    }

    fn heard(&self) -> MutexGuard<'_, HeardSoFar> {
        self.heard.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn recorder(&self) -> MutexGuard<'_, Option<RecordingThread>> {
        self.recorder.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Records with this recorder from now on; one before it is ended.
    pub fn begin(&self, recorder: RecordingThread) {
        let before = self.recorder().replace(recorder);
        // Not while others wait for the lock: it waits for the disk.
        drop(before);
    }

    /// True while something is recorded.
    #[must_use]
    pub fn is_on(&self) -> bool {
        self.recorder().is_some()
    }

    /// What this source brings is recorded, or not, from now on.
    pub fn spare(&self, source: SourceId, is_spared: bool) {
        let mut heard = self.heard();
        if is_spared {
            heard.spared.insert(source);
        } else {
            heard.spared.remove(&source);
        }
    }

    /// Writes what the person says about this moment; false if nothing is recorded.
    pub fn note(&self, at: DateTime<Utc>, words: String) -> bool {
        let recorder = self.recorder();
        let is_on = recorder.is_some();
        if let Some(recorder) = &*recorder {
            recorder.note(at, words);
        }
        is_on
    }

    fn place(&self, source: SourceId) -> Option<Arc<str>> {
        let heard = self.heard();
        let place = heard.places.get(&source).cloned().flatten();
        place.filter(|_| !heard.spared.contains(&source))
    }

    /// Hears what a source tells.
    pub fn hear(&self, source: SourceId, update: &SourceUpdate) {
        match update {
            SourceUpdate::Link(Link::Connected { address, .. }) => {
                // What was recorded is not recorded again.
                let is_recorded = !matches!(address, Address::Recording(_));
                let place = is_recorded.then(|| address.place().into());
                self.heard().places.insert(source, place);
            }
            SourceUpdate::Events(batch) => {
                if let Some(recorder) = &*self.recorder()
                    && let Some(place) = self.place(source)
                {
                    let segment = Arc::new(batch.segment().clone());
                    recorder.events(&place, &segment);
                }
            }
            SourceUpdate::Tap { tap, state } => self.hear_tap(*tap, state),
            _ => {}
        }
    }

    fn hear_tap(&self, tap: TapId, state: &TapState) {
        match state {
            TapState::Resumed {
                from, to, because, ..
            } => {
                let because = because.as_deref();
                let why = because.unwrap_or("The connection was lost");
                self.gap(tap, (*from, *to), why.to_owned());
            }
            // The same one is told again and again while it goes on.
            TapState::Overflowing { from, to } => {
                let before = self.heard().overflows.insert(tap, (*from, *to));
                if let Some(before) = before.filter(|before| before.0 != *from) {
                    self.overflowed(tap, before);
                }
            }
            TapState::Stopped | TapState::Refused(_) => self.end_overflow(tap),
            TapState::Running { .. } | TapState::Interrupted(_) | TapState::Behind(_) => {}
        }
    }

    fn end_overflow(&self, tap: TapId) {
        let over = self.heard().overflows.remove(&tap);
        if let Some(over) = over {
            self.overflowed(tap, over);
        }
    }

    fn overflowed(&self, tap: TapId, times: (DateTime<Utc>, DateTime<Utc>)) {
        let why = "The tap's queue was full, and some events were not seen";
        self.gap(tap, times, why.to_owned());
    }

    fn gap(&self, tap: TapId, (from, to): (DateTime<Utc>, DateTime<Utc>), why: String) {
        if let Some(recorder) = &*self.recorder()
            && let Some(place) = self.place(tap.source)
        {
            recorder.gap(WrittenGap {
                from,
                to,
                place: Some(place.to_string()),
                events: None,
                why,
            });
        }
    }

    /// How it stands; as at the beginning while nothing is recorded.
    #[must_use]
    pub fn state(&self) -> RecordingState {
        let recorder = self.recorder();
        recorder
            .as_ref()
            .map(RecordingThread::state)
            .unwrap_or_default()
    }

    /// Ends it, and waits until the file is closed.
    pub fn stop(&self) -> RecordingState {
        let taps: Vec<TapId> = self.heard().overflows.keys().copied().collect();
        for tap in taps {
            self.end_overflow(tap);
        }
        let recorder = self.recorder().take();
        recorder.map(RecordingThread::stop).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::log::Batch;
    use crate::protocol::{Abilities, Server};
    use crate::rabbitmq::endpoint::Endpoint;
    use crate::recording::reader::RecordingCursor;
    use crate::recording::{RecordTo, RecordedEntry, Recording};
    use crate::testing::event;

    fn connected(address: Address) -> SourceUpdate {
        SourceUpdate::Link(Link::Connected {
            address,
            server: Server::Other("x".into()),
            abilities: Abilities::ALL,
        })
    }

    fn at(second: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(second, 0).unwrap()
    }

    #[test]
    fn events_and_gaps_of_brokers_are_recorded_and_recordings_are_not() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.eventscope");
        let recorder = RecordingThread::start(RecordTo::File(path.clone()), |_| {}).unwrap();
        let taping = Taping::new(recorder);
        let [broker, file] = [SourceId(1), SourceId(2)];
        let address = Address::RabbitMq(Endpoint::default());
        let place = address.place();
        taping.hear(broker, &connected(address));
        taping.hear(file, &connected(Address::Recording("x".into())));
        let events = |source, key| {
            let batch = Batch::of(TapId::of(source, 1), [&event(key, "{}")]);
            taping.hear(source, &SourceUpdate::Events(batch));
        };
        let tap = |state| {
            let tap = TapId::of(broker, 1);
            taping.hear(broker, &SourceUpdate::Tap { tap, state });
        };
        let overflow = |from, to| {
            tap(TapState::Overflowing {
                from: at(from),
                to: at(to),
            });
        };
        events(broker, "first");
        events(file, "again");
        overflow(1, 2);
        overflow(1, 3);
        tap(TapState::Resumed {
            queue: "q".into(),
            from: at(4),
            to: at(5),
            because: None,
        });
        overflow(6, 7);
        events(broker, "second");
        let state = taping.stop();
        assert_eq!((state.events, state.missed, state.problem), (2, 0, None));
        let mut recording = Recording::open(&path).unwrap();
        let (mut cursor, mut entries) = (RecordingCursor::default(), Vec::new());
        loop {
            let page = recording.page(&mut cursor, 100).unwrap();
            if page.is_empty() {
                break;
            }
            entries.extend(page);
        }
        let told = entries.into_iter().map(|entry| match entry {
            RecordedEntry::Event(read) => {
                assert_eq!(*read.place, *place);
                read.event.key
            }
            RecordedEntry::Gap(gap) => {
                assert_eq!(gap.place.as_deref(), Some(place.as_str()));
                format!("{}-{}", gap.from.timestamp(), gap.to.timestamp())
            }
        });
        let told: Vec<String> = told.collect();
        assert_eq!(told, ["first", "4-5", "1-3", "second", "6-7"]);
    }

    #[test]
    fn it_begins_and_ends_while_sources_are_open_and_leaves_out_who_is_spared() {
        let dir = tempfile::tempdir().unwrap();
        let start = |name: &str| {
            let path = dir.path().join(name);
            RecordingThread::start(RecordTo::File(path), |_| {}).unwrap()
        };
        let taping = Taping::default();
        let address = Address::RabbitMq(Endpoint::default());
        for source in [SourceId(1), SourceId(2)] {
            taping.hear(source, &connected(address.clone()));
        }
        let events = |source| {
            let batch = Batch::of(TapId::of(source, 1), [&event("k", "{}")]);
            taping.hear(source, &SourceUpdate::Events(batch));
        };
        events(SourceId(1));
        assert!(!taping.is_on() && !taping.note(at(1), "x".into()));
        taping.begin(start("a.eventscope"));
        taping.spare(SourceId(2), true);
        events(SourceId(1));
        events(SourceId(2));
        assert!(taping.is_on() && taping.note(at(1), "here".into()));
        assert_eq!(taping.stop().events, 1);
        assert_eq!(taping.state(), RecordingState::default());
        taping.begin(start("b.eventscope"));
        taping.spare(SourceId(2), false);
        events(SourceId(2));
        assert_eq!(taping.stop().events, 1);
        let first = Recording::open(&dir.path().join("a.eventscope")).unwrap();
        assert_eq!(first.notes().unwrap()[0].words, "here");
    }
}
