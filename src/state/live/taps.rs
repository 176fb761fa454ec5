//! The taps of all sources: starting, stopping, and what each tells. Several may run at once, also on
//! one destination.

use std::collections::VecDeque;

use chrono::{DateTime, Utc};

use super::clock;
use crate::event::source_id::SourceId;
use crate::event::tap_id::TapId;
use crate::event::watching::TapRequest;
use crate::protocol::{Gravity, SourceCommand, TapState};
use crate::rabbitmq::tap::FirehoseRequest;

pub use super::tap::{ListensTo, Loss, Phase, Tap};

/// Number of colours that taps take in turn.
pub const COLOURS: usize = 6;
/// Ended taps whose name and colour are still known, for the rows they left.
const REMEMBERED: usize = 64;

/// What follows from a tap's new state.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Told {
    /// Nothing was seen between these times.
    pub gap: Option<(DateTime<Utc>, DateTime<Utc>)>,
    /// What the person should read.
    pub notice: Option<(Gravity, String)>,
}

/// What was forgotten of taps when their rows were cleared.
#[derive(Debug)]
pub struct ClearedTaps {
    /// What those that run had received and lost.
    counted: Vec<(TapId, u64, VecDeque<Loss>)>,
    ended: VecDeque<Tap>,
}

/// All taps.
#[derive(Debug, Default)]
pub struct Taps {
    running: Vec<Tap>,
    ended: VecDeque<Tap>,
}

impl Taps {
    /// Those that run, start, stop, or were refused, in the order in which they were asked for.
    #[must_use]
    pub fn list(&self) -> &[Tap] {
        &self.running
    }

    /// A tap of this id, also one that has ended.
    #[must_use]
    pub fn find(&self, id: TapId) -> Option<&Tap> {
        let mut all = self.running.iter().chain(&self.ended);
        all.find(|tap| tap.id == id)
    }

    /// The taps whose rows are not shown.
    #[must_use]
    pub fn hidden(&self) -> Vec<TapId> {
        let all = self.running.iter().chain(&self.ended);
        all.filter(|tap| !tap.shown).map(|tap| tap.id).collect()
    }

    /// True while the firehose of this source is listened to.
    #[must_use]
    pub fn has_firehose(&self, source: SourceId) -> bool {
        self.firehose(source).is_some()
    }

    /// The firehose of this source, unless it was refused.
    #[must_use]
    pub fn firehose(&self, source: SourceId) -> Option<&Tap> {
        let on = |tap: &Tap| !matches!(tap.phase, Phase::Refused(_));
        let mut all = self.running.iter();
        all.find(|tap| tap.id.source == source && tap.source == ListensTo::Firehose && on(tap))
    }

    /// The queues of a source's taps in its broker, which are nobody's consumers but ours.
    #[must_use]
    pub fn own_queues(&self, source: SourceId) -> Vec<&str> {
        let own = self.running.iter().filter(|tap| tap.id.source == source);
        let queues = own.filter_map(|tap| tap.queue.as_deref());
        queues.collect()
    }

    /// True for a tap whose events are wanted; batches of a stopped one are late and not shown.
    #[must_use]
    pub fn is_wanted(&self, id: TapId) -> bool {
        let wanted = |tap: &Tap| {
            matches!(
                tap.phase,
                Phase::Starting | Phase::Running | Phase::Interrupted(_)
            )
        };
        self.running.iter().any(|tap| tap.id == id && wanted(tap))
    }

    /// The first and last time at which events were not seen because a tap's queue was full.
    #[must_use]
    pub fn losses(&self) -> Option<Loss> {
        let taps = self.running.iter().chain(&self.ended);
        taps.flat_map(|tap| &tap.losses)
            .copied()
            .reduce(|a, b| Loss {
                from: a.from.min(b.from),
                to: a.to.max(b.to),
            })
    }

    /// Forgets losses and counts, and taps of which no row is left. Gives what was forgotten.
    pub fn clear(&mut self) -> ClearedTaps {
        let counted = self.running.iter_mut().map(|tap| {
            let losses = std::mem::take(&mut tap.losses);
            (tap.id, std::mem::take(&mut tap.received), losses)
        });
        ClearedTaps {
            counted: counted.collect(),
            ended: std::mem::take(&mut self.ended),
        }
    }

    /// Takes back what was forgotten.
    pub fn undo_clear(&mut self, cleared: ClearedTaps) {
        for (id, received, mut losses) in cleared.counted {
            let mut all = self.running.iter_mut().chain(&mut self.ended);
            if let Some(tap) = all.find(|tap| tap.id == id) {
                tap.received += received;
                losses.append(&mut tap.losses);
                for loss in losses {
                    tap.lost(loss);
                }
            }
        }
        let mut ended = cleared.ended;
        ended.append(&mut self.ended);
        while ended.len() > REMEMBERED {
            ended.pop_front();
        }
        self.ended = ended;
    }

    /// The tap of this source that listens to the same already.
    #[must_use]
    pub fn same(&self, source: SourceId, name: &str, keys: &[String]) -> Option<&Tap> {
        let is_same = |tap: &&Tap| match &tap.source {
            ListensTo::Destination {
                name: own,
                keys: own_keys,
            } => own == name && own_keys == keys,
            ListensTo::Firehose => false,
        };
        let is_on = |tap: &&Tap| !matches!(tap.phase, Phase::Refused(_) | Phase::Stopping);
        let mut all = self.running.iter().filter(|tap| tap.id.source == source);
        all.find(|tap| is_same(tap) && is_on(tap))
    }

    /// True if rows of more than one tap may be there.
    #[must_use]
    pub fn are_several(&self) -> bool {
        let is_empty = |tap: &&Tap| matches!(tap.phase, Phase::Refused(_)) && tap.received == 0;
        let refused = self.running.iter().filter(is_empty).count();
        self.running.len() - refused + self.ended.len() > 1
    }

    /// Adds a tap on a destination; gives the command that starts it.
    pub fn start(&mut self, request: TapRequest) -> SourceCommand {
        let source = ListensTo::Destination {
            name: request.destination.clone(),
            keys: request.keys.clone(),
        };
        self.add(request.tap, source);
        SourceCommand::StartTap(request)
    }

    /// Adds the firehose; gives the command that starts it.
    pub fn start_firehose(&mut self, request: FirehoseRequest) -> SourceCommand {
        self.add(request.tap, ListensTo::Firehose);
        if let Some(tap) = self.running.last_mut() {
            tap.deliveries = request.deliveries;
        }
        SourceCommand::StartFirehose(request)
    }

    fn add(&mut self, id: TapId, source: ListensTo) {
        let is_same = |tap: &Tap| tap.id.source == id.source && tap.source == source;
        // What was refused before and is tried again needs no words any more.
        self.running
            .retain(|tap| !is_same(tap) || !matches!(tap.phase, Phase::Refused(_)));
        let in_use = |colour: &usize| self.running.iter().any(|tap| tap.colour == *colour);
        let free = (0..COLOURS).find(|colour| !in_use(colour));
        self.running.push(Tap {
            id,
            source,
            colour: free.unwrap_or(self.running.len() % COLOURS),
            shown: true,
            deliveries: false,
            phase: Phase::Starting,
            queue: None,
            received: 0,
            losses: VecDeque::new(),
            progress: None,
        });
    }

    /// Gives a tap the colour that it had before, if no other has it, and shows or hides its rows.
    pub fn dress(&mut self, id: TapId, colour: usize, shown: bool) {
        let mut others = self.running.iter().filter(|tap| tap.id != id);
        let is_free = colour < COLOURS && others.all(|tap| tap.colour != colour);
        if let Some(tap) = self.running.iter_mut().find(|tap| tap.id == id) {
            tap.shown = shown;
            if is_free {
                tap.colour = colour;
            }
        }
    }

    /// Asks for the end of a tap. What it received stays.
    pub fn stop(&mut self, id: TapId) -> Option<SourceCommand> {
        let tap = self.running.iter_mut().find(|tap| tap.id == id)?;
        match tap.phase {
            Phase::Starting | Phase::Running | Phase::Interrupted(_) => {
                tap.phase = Phase::Stopping;
                Some(SourceCommand::StopTap(id))
            }
            Phase::Stopping => None,
            Phase::Refused(_) => {
                self.end(id);
                None
            }
        }
    }

    /// The end could not be asked for: it runs on.
    pub fn not_stopped(&mut self, id: TapId) {
        if let Some(tap) = self.running.iter_mut().find(|tap| tap.id == id) {
            tap.phase = Phase::Running;
        }
    }

    /// Shows or hides a tap's rows.
    pub fn show(&mut self, id: TapId, shown: bool) {
        let mut all = self.running.iter_mut().chain(&mut self.ended);
        if let Some(tap) = all.find(|tap| tap.id == id) {
            tap.shown = shown;
        }
    }

    /// Counts events of a tap.
    pub fn count(&mut self, id: TapId, events: usize) {
        if let Some(tap) = self.running.iter_mut().find(|tap| tap.id == id) {
            tap.received += events as u64;
        }
    }

    fn end(&mut self, id: TapId) {
        let Some(at) = self.running.iter().position(|tap| tap.id == id) else {
            return;
        };
        let mut tap = self.running.remove(at);
        tap.queue = None;
        self.ended.push_back(tap);
        if self.ended.len() > REMEMBERED {
            self.ended.pop_front();
        }
    }

    /// The connection was ended on purpose, and all taps with it.
    pub fn all_ended_of(&mut self, source: SourceId) {
        let own = self.running.iter().map(|tap| tap.id);
        let own: Vec<_> = own.filter(|id| id.source == source).collect();
        for id in own {
            self.end(id);
        }
    }

    /// Takes a tap's new state.
    pub fn apply(&mut self, id: TapId, state: TapState) -> Told {
        let Some(tap) = self.running.iter_mut().find(|tap| tap.id == id) else {
            return Told::default();
        };
        let mut told = Told::default();
        match state {
            TapState::Running { queue } => {
                // A store without queues names none.
                tap.queue = Some(queue).filter(|queue| !queue.is_empty());
                if matches!(tap.phase, Phase::Starting | Phase::Interrupted(_)) {
                    tap.phase = Phase::Running;
                }
            }
            TapState::Stopped => self.end(id),
            TapState::Refused(words) => {
                tap.queue = None;
                tap.phase = Phase::Refused(words);
            }
            TapState::Resumed {
                queue,
                from,
                to,
                because,
            } => {
                tap.queue = Some(queue);
                if matches!(tap.phase, Phase::Interrupted(_)) {
                    tap.phase = Phase::Running;
                }
                told.gap = Some((from, to));
                let name = tap.name();
                let words = match because {
                    None => {
                        let (from, to) = (clock(from), clock(to));
                        format!(
                            "Connected again. Events of {name} between {from} and {to} were not seen"
                        )
                    }
                    // Without the times: where it happens again and again, it is one notice.
                    Some(because) => format!(
                        "{because}. The tap listens again; events of {name} that came meanwhile \
                         were not seen. The gap in the stream says when"
                    ),
                };
                told.notice = Some((Gravity::Warning, words));
            }
            TapState::Interrupted(words) => {
                tap.queue = None;
                if matches!(tap.phase, Phase::Running | Phase::Interrupted(_)) {
                    tap.phase = Phase::Interrupted(words);
                }
            }
            TapState::Behind(progress) => tap.progress = Some(progress),
            TapState::Overflowing { from, to } => tap.lost(Loss { from, to }),
        }
        told
    }
}

#[cfg(test)]
mod tests {
    use super::super::tap::LOSSES;
    use super::*;
    use crate::event::watching::TapReading;

    fn taps(exchanges: &[&str]) -> Taps {
        let mut taps = Taps::default();
        for (number, exchange) in (1..).zip(exchanges) {
            taps.start(TapRequest {
                tap: TapId::of(SourceId::FIRST, number),
                destination: (*exchange).to_owned(),
                keys: vec!["#".to_owned()],
                reading: TapReading::default(),
            });
        }
        taps
    }

    fn at(second: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(second, 0).unwrap()
    }

    fn overflow(taps: &mut Taps, from: i64, to: i64) {
        let (from, to) = (at(from), at(to));
        taps.apply(
            TapId::of(SourceId::FIRST, 1),
            TapState::Overflowing { from, to },
        );
    }

    #[test]
    fn each_tap_keeps_its_colour_and_a_free_one_is_taken_again() {
        let mut taps = taps(&["a", "a", "b"]);
        let colours = |taps: &Taps| taps.list().iter().map(|t| t.colour).collect::<Vec<_>>();
        assert_eq!(colours(&taps), [0, 1, 2]);
        taps.stop(TapId::of(SourceId::FIRST, 2));
        taps.apply(TapId::of(SourceId::FIRST, 2), TapState::Stopped);
        assert_eq!(colours(&taps), [0, 2]);
        taps.add(TapId::of(SourceId::FIRST, 9), ListensTo::Firehose);
        assert_eq!(colours(&taps), [0, 2, 1]);
        assert_eq!(
            taps.find(TapId::of(SourceId::FIRST, 2)).unwrap().name(),
            "a",
            "its rows remain"
        );
    }

    #[test]
    fn hiding_outlives_the_end_of_a_tap() {
        let mut taps = taps(&["a", "b"]);
        taps.show(TapId::of(SourceId::FIRST, 1), false);
        taps.apply(TapId::of(SourceId::FIRST, 1), TapState::Stopped);
        assert_eq!(taps.hidden(), [TapId::of(SourceId::FIRST, 1)]);
        let cleared = taps.clear();
        assert!(taps.hidden().is_empty());
        taps.undo_clear(cleared);
        assert_eq!(taps.hidden(), [TapId::of(SourceId::FIRST, 1)]);
    }

    #[test]
    fn a_tap_on_the_same_is_found_while_it_is_on() {
        let mut taps = taps(&["a"]);
        let same = |taps: &Taps, keys: &str| {
            let keys = vec![keys.to_owned()];
            taps.same(SourceId::FIRST, "a", &keys).is_some()
        };
        assert!(same(&taps, "#") && !same(&taps, "order.*"));
        let refused = TapState::Refused("no".into());
        taps.apply(TapId::of(SourceId::FIRST, 1), refused);
        assert!(!same(&taps, "#"), "it may be tried again");
    }

    #[test]
    fn a_stopping_tap_wants_no_more_events_unless_it_could_not_be_asked() {
        let mut taps = taps(&["a"]);
        assert!(taps.stop(TapId::of(SourceId::FIRST, 1)).is_some());
        assert!(
            !taps.is_wanted(TapId::of(SourceId::FIRST, 1))
                && taps.stop(TapId::of(SourceId::FIRST, 1)).is_none()
        );
        taps.not_stopped(TapId::of(SourceId::FIRST, 1));
        assert!(taps.is_wanted(TapId::of(SourceId::FIRST, 1)));
    }

    #[test]
    fn a_refused_tap_stays_with_its_words_until_it_is_put_away_or_tried_again() {
        let mut taps = taps(&["a", "b"]);
        for id in [1, 2] {
            taps.apply(
                TapId::of(SourceId::FIRST, id),
                TapState::Refused("no".into()),
            );
        }
        assert!(
            taps.stop(TapId::of(SourceId::FIRST, 1)).is_none(),
            "nothing to ask the broker"
        );
        assert_eq!(taps.list().len(), 1);
        taps.start(TapRequest {
            tap: TapId::of(SourceId::FIRST, 3),
            destination: "b".into(),
            keys: vec!["#".into()],
            reading: TapReading::default(),
        });
        assert_eq!(taps.list().len(), 1);
        assert_eq!(taps.list()[0].phase, Phase::Starting);
    }

    #[test]
    fn a_tap_that_lost_its_own_connection_says_why_until_it_listens_again() {
        let mut taps = taps(&["shop"]);
        let queue = || "amq.gen-1".to_owned();
        taps.apply(
            TapId::of(SourceId::FIRST, 1),
            TapState::Running { queue: queue() },
        );
        taps.apply(
            TapId::of(SourceId::FIRST, 1),
            TapState::Interrupted("no more connections".into()),
        );
        let phase = Phase::Interrupted("no more connections".into());
        assert_eq!(taps.list()[0].phase, phase);
        assert!(
            taps.is_wanted(TapId::of(SourceId::FIRST, 1))
                && taps.own_queues(SourceId::FIRST).is_empty()
        );
        let resumed = |from, because: Option<&str>| TapState::Resumed {
            queue: queue(),
            from: at(from),
            to: at(from + 1),
            because: because.map(str::to_owned),
        };
        let told = taps.apply(
            TapId::of(SourceId::FIRST, 1),
            resumed(10, Some("It cannot be read")),
        );
        assert_eq!(told.gap, Some((at(10), at(11))));
        let words = told.notice.unwrap().1;
        assert!(words.starts_with("It cannot be read. "), "{words}");
        assert_eq!(taps.list()[0].phase, Phase::Running);
        // Again and again, it is the same notice.
        let again = taps.apply(
            TapId::of(SourceId::FIRST, 1),
            resumed(20, Some("It cannot be read")),
        );
        assert_eq!(again.notice.unwrap().1, words);
        let lost = taps.apply(TapId::of(SourceId::FIRST, 1), resumed(30, None));
        assert!(lost.notice.unwrap().1.starts_with("Connected again"));
        assert!(taps.stop(TapId::of(SourceId::FIRST, 1)).is_some());
    }

    #[test]
    fn losses_that_touch_are_one_and_there_are_never_many() {
        let mut taps = taps(&["a"]);
        overflow(&mut taps, 10, 12);
        overflow(&mut taps, 10, 15);
        overflow(&mut taps, 20, 21);
        let losses = |taps: &Taps| taps.list()[0].losses.clone();
        assert_eq!(losses(&taps).len(), 2);
        assert_eq!(losses(&taps)[0].to, at(15));
        for round in 0..100 {
            overflow(&mut taps, 100 + round * 10, 105 + round * 10);
        }
        assert_eq!(losses(&taps).len(), LOSSES);
        let all = taps.losses().unwrap();
        assert_eq!((all.from, all.to), (at(10), at(100 + 99 * 10 + 5)));
        let before = losses(&taps);
        let cleared = taps.clear();
        assert!(taps.losses().is_none());
        taps.undo_clear(cleared);
        assert_eq!(losses(&taps), before);
    }
}
