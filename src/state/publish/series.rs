//! A series of events that is being published: what the form asks for, and how far it is.

use std::num::NonZeroU32;

use chrono::{DateTime, Utc};

use super::{PublishDesk, SentEvent};
use crate::event::Outgoing;
use crate::event::draft::series::{EventSeries, MOST, SeriesTally};
use crate::protocol::{RequestId, SourceCommand};
use crate::text::numbers::thousands;

/// The fields of a series, as typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeriesForm {
    /// How many events.
    pub count: String,
    /// Most of them a second; empty for as fast as they are confirmed.
    pub rate: String,
    /// What is wrong with them, in words.
    pub problem: Option<String>,
}

impl Default for SeriesForm {
    fn default() -> Self {
        Self {
            count: "10".to_owned(),
            rate: "5".to_owned(),
            problem: None,
        }
    }
}

impl SeriesForm {
    /// The fields that ask for this.
    pub(super) fn of(count: u32, per_second: Option<NonZeroU32>) -> Self {
        Self {
            count: count.to_string(),
            rate: per_second.map(|rate| rate.to_string()).unwrap_or_default(),
            problem: None,
        }
    }

    /// How many, and how many a second.
    pub(super) fn read(&self) -> Result<(u32, Option<NonZeroU32>), String> {
        let count = self.count.trim().parse().ok();
        let count = count
            .filter(|count| (1..=MOST).contains(count))
            .ok_or_else(|| format!("Times must be 1–{}", thousands(u64::from(MOST))))?;
        let rate = match self.rate.trim() {
            "" => None,
            rate => Some(
                rate.parse()
                    .map_err(|_| "A second must be a number, or empty for as fast as possible")?,
            ),
        };
        Ok((count, rate))
    }
}

/// A series that runs or has ended.
#[derive(Clone, Debug, PartialEq)]
pub struct SeriesRun {
    pub request: RequestId,
    /// How many events were asked for.
    pub count: u32,
    /// What became of them so far.
    pub tally: SeriesTally,
    /// It goes on.
    pub runs: bool,
    /// Why it ended early, in words.
    pub problem: Option<String>,
}

/// A series as it stands in the history.
#[derive(Clone, Debug, PartialEq)]
pub struct SentSeries {
    /// What was asked for.
    pub asked: EventSeries,
    pub run: SeriesRun,
}

impl SeriesRun {
    /// A series that begins.
    fn new(request: RequestId, count: u32) -> Self {
        Self {
            request,
            count,
            tally: SeriesTally::default(),
            runs: true,
            problem: None,
        }
    }

    fn end(&mut self, tally: Option<SeriesTally>, problem: Option<String>) {
        self.tally = tally.unwrap_or_else(|| self.tally.clone());
        (self.runs, self.problem) = (false, problem);
    }

    /// How far it is or how it ended, in a sentence or two.
    #[must_use]
    pub fn words(&self) -> String {
        let number = |count: u32| thousands(u64::from(count));
        let tally = &self.tally;
        let mut words = format!(
            "Series: {} of {} published, {} routed",
            number(tally.told()),
            number(self.count),
            number(tally.routed)
        );
        for (count, what) in [
            (tally.not_routed, "not routed"),
            (tally.unsure, "not known to have arrived"),
        ] {
            if count > 0 {
                words.push_str(&format!(", {} {what}", number(count)));
            }
        }
        for more in self.problem.iter().chain(&tally.trouble) {
            words.push_str(&format!(". {more}"));
        }
        words
    }

    /// True if all of it was done and each event has a queue.
    #[must_use]
    pub fn is_good(&self) -> bool {
        self.problem.is_none() && self.tally.not_routed == 0 && self.tally.unsure == 0
    }
}

impl PublishDesk {
    /// Begins a series, unless one runs. `first` is its first event.
    pub(super) fn begin_series(
        &mut self,
        request: RequestId,
        (series, first): (EventSeries, Outgoing),
        only_tap: bool,
        at: DateTime<Utc>,
    ) -> Option<SourceCommand> {
        if self.runs_a_series() {
            return None;
        }
        self.published = None;
        let run = SeriesRun::new(request, series.count);
        self.series = Some(run.clone());
        self.note_sent(SentEvent {
            request,
            at,
            id: super::id_of(&first),
            outgoing: first,
            only_tap,
            outcome: None,
            series: Some(Box::new(SentSeries {
                asked: series.clone(),
                run,
            })),
        });
        let series = Box::new(series);
        Some(SourceCommand::PublishSeries { request, series })
    }

    /// The series that runs, or the last one as long as nothing was sent after it.
    #[must_use]
    pub fn series_in_sight(&self) -> Option<&SeriesRun> {
        let run = self.series.as_ref()?;
        let newest = self.history.first().map(|sent| sent.request);
        (run.runs || newest == Some(run.request)).then_some(run)
    }

    /// True while a series is being published.
    #[must_use]
    pub fn runs_a_series(&self) -> bool {
        self.series.as_ref().is_some_and(|run| run.runs)
    }

    /// Asks the series that runs to stop.
    pub(super) fn stop_series(&self) -> Option<SourceCommand> {
        let run = self.series.as_ref().filter(|run| run.runs)?;
        Some(SourceCommand::StopJob(run.request))
    }

    /// How far a series is.
    pub(in crate::state) fn series_at(&mut self, request: RequestId, tally: &SeriesTally) {
        for run in self.runs_of(request) {
            run.tally = tally.clone();
        }
    }

    /// A series ended. Without a tally the last one that was told counts.
    pub(in crate::state) fn series_done(
        &mut self,
        request: RequestId,
        tally: Option<&SeriesTally>,
        problem: Option<&str>,
    ) {
        for run in self.runs_of(request) {
            run.end(tally.cloned(), problem.map(str::to_owned));
        }
        self.revision += 1;
    }

    /// The series of this request: the one that is shown, and as it stands in the history.
    fn runs_of(&mut self, request: RequestId) -> impl Iterator<Item = &mut SeriesRun> {
        let history = self.history.iter_mut();
        let kept = history.filter_map(|sent| Some(&mut sent.series.as_mut()?.run));
        let all = self.series.iter_mut().chain(kept);
        all.filter(move |run| run.request == request)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Draft;

    #[test]
    fn the_fields_say_what_is_wrong_with_them() {
        let read = |count: &str, rate: &str| {
            let form = SeriesForm {
                count: count.into(),
                rate: rate.into(),
                problem: None,
            };
            form.read()
        };
        assert_eq!(read("100", ""), Ok((100, None)));
        assert_eq!(read(" 5 ", "20"), Ok((5, NonZeroU32::new(20))));
        for (count, rate) in [("0", ""), ("100001", ""), ("x", ""), ("1", "0"), ("1", "x")] {
            assert!(read(count, rate).is_err(), "{count} {rate}");
        }
    }

    #[test]
    fn a_series_is_told_of_until_its_one_answer() {
        let mut desk = PublishDesk::default();
        let series = || EventSeries {
            draft: Draft::default(),
            as_written: false,
            count: 1_000,
            per_second: None,
            seed: 0,
        };
        let mut begin = |request| {
            let first = series().event(1, DateTime::UNIX_EPOCH).expect("right");
            let asked = (series(), first);
            desk.begin_series(RequestId(request), asked, false, DateTime::UNIX_EPOCH)
        };
        assert!(begin(1).is_some());
        assert!(begin(2).is_none(), "one at a time");
        let tally = SeriesTally {
            routed: 400,
            ..SeriesTally::default()
        };
        desk.series_at(RequestId(1), &tally);
        desk.series_done(RequestId(1), None, Some("The connection was ended"));
        let run = desk.series.clone().expect("a series");
        assert_eq!(
            run.words(),
            "Series: 400 of 1,000 published, 400 routed. The connection was ended"
        );
        assert!(!run.is_good() && !run.runs);
        assert!(desk.stop_series().is_none());
        // It is one event of the history, which tells the same.
        let [sent] = desk.history.as_slice() else {
            panic!("{:?}", desk.history)
        };
        assert_eq!(sent.series.as_ref().map(|sent| &sent.run), Some(&run));
    }
}
