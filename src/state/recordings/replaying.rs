//! The dialog that sends a recording again: what, where to, how fast, what is done to it on purpose, how far
//! it is and what became of it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::ask;
pub use super::replay_run::{PaceChoice, ReplayFields, ReplayRun};
use crate::address::Address;
use crate::event::source_id::SourceId;
use crate::protocol::{Command, RequestId, ShelfCommand, SourceCommand};
use crate::query::Filter;
use crate::recording::replay::{ReplayOrder, ReplayTally};
use crate::state::leaving::{UnderWay, WorkKind};
use crate::state::source::Source;
use crate::state::{Forms, Moment, State};
use crate::text::numbers::count_of;

/// The dialog, which stays while a replay runs.
#[derive(Clone, Debug)]
pub struct ReplayDialog {
    /// The recording.
    pub path: PathBuf,
    /// The broker that it is sent to, while there is one.
    pub to: Option<SourceId>,
    /// Where its events came from; nothing before that is known.
    pub came_from: Option<Vec<String>>,
    /// What is wrong with the fields, in words.
    pub problem: Option<String>,
    pub run: Option<ReplayRun>,
    pub is_shown: bool,
}

/// What a person does in the dialog.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReplayAction {
    /// Open it for this recording; if one runs, that is shown.
    Ask(PathBuf),
    /// Send it to this source.
    To(SourceId),
    Start,
    Stop,
    /// Pause, or go on.
    Pause(bool),
    /// Back to the fields after the end.
    Again,
    /// Put the dialog away; what runs goes on.
    Close,
}

impl Source {
    /// True if a recording can be sent to it.
    #[must_use]
    pub fn takes_replays(&self) -> bool {
        let is_able = matches!(self.address(), Some(Address::RabbitMq(_)));
        is_able && self.is_connected() && self.abilities().publish
    }

    fn graves(&self) -> BTreeMap<String, u64> {
        let counted = self.dead.counted();
        counted
            .map(|dead| (dead.queue.name.clone(), dead.queue.ready.unwrap_or(0)))
            .collect()
    }
}

impl State {
    pub(in crate::state) fn act_on_replay(
        &mut self,
        action: ReplayAction,
        forms: &mut Forms,
        moment: Moment<'_>,
    ) -> Vec<Command> {
        match action {
            ReplayAction::Ask(path) => return self.ask_replay(path, forms, moment),
            ReplayAction::To(source) => {
                if let Some(dialog) = &mut self.replaying {
                    dialog.to = Some(source);
                }
            }
            ReplayAction::Start => return self.start_replay(forms, moment),
            ReplayAction::Stop => {
                if let Some(run) = self.run().filter(|run| run.runs) {
                    let stop = SourceCommand::StopJob(run.request);
                    return vec![Command::Source(run.source, stop)];
                }
            }
            ReplayAction::Pause(pause) => {
                if let Some(run) = self.run().filter(|run| run.runs) {
                    run.is_paused = pause;
                    let request = run.request;
                    let pause = SourceCommand::PauseJob { request, pause };
                    return vec![Command::Source(run.source, pause)];
                }
            }
            ReplayAction::Again => {
                if let Some(dialog) = &mut self.replaying {
                    dialog.run = dialog.run.take().filter(|run| run.runs);
                }
            }
            ReplayAction::Close => {
                if let Some(dialog) = &mut self.replaying {
                    dialog.is_shown = false;
                }
                let runs = self.run().is_some_and(|run| run.runs);
                if !runs {
                    self.replaying = None;
                }
            }
        }
        Vec::new()
    }

    fn run(&mut self) -> Option<&mut ReplayRun> {
        self.replaying.as_mut()?.run.as_mut()
    }

    fn ask_replay(&mut self, path: PathBuf, forms: &mut Forms, moment: Moment<'_>) -> Vec<Command> {
        if self.run().is_some_and(|run| run.runs) {
            if let Some(dialog) = &mut self.replaying {
                dialog.is_shown = true;
            }
            return Vec::new();
        }
        let able: Vec<SourceId> = self
            .sources()
            .into_iter()
            .filter(|source| source.takes_replays())
            .map(|source| source.id)
            .collect();
        self.replaying = Some(ReplayDialog {
            path: path.clone(),
            to: able.first().copied(),
            came_from: None,
            problem: None,
            run: None,
            is_shown: true,
        });
        forms.replay.original.clear();
        if forms.replay.seed.is_empty() {
            forms.replay.seed = (moment.seed() % 1_000_000).to_string();
        }
        vec![ask(ShelfCommand::LookInto(path))]
    }

    /// Where the events of a recording came from is known.
    pub(in crate::state) fn looked_into(
        &mut self,
        path: &Path,
        found: Result<Vec<String>, String>,
        forms: &mut Forms,
    ) {
        let Some(dialog) = self.replaying.as_mut().filter(|one| one.path == path) else {
            return;
        };
        match found {
            Ok(names) => {
                if let Some(first) = names.first()
                    && forms.replay.destination.is_empty()
                {
                    forms.replay.destination = format!("{first}.replay");
                }
                dialog.came_from = Some(names);
            }
            Err(words) => dialog.problem = Some(words),
        }
    }

    fn start_replay(&mut self, forms: &Forms, moment: Moment<'_>) -> Vec<Command> {
        let order = self.replay_order(&forms.replay);
        let request = RequestId(self.fresh());
        let Some(dialog) = &mut self.replaying else {
            return Vec::new();
        };
        let order = match order {
            Ok(order) => order,
            Err(words) => {
                dialog.problem = Some(words);
                return Vec::new();
            }
        };
        let (Some(to), None) = (dialog.to, dialog.run.as_ref().filter(|run| run.runs)) else {
            return Vec::new();
        };
        let graves = self.source(to).map(Source::graves).unwrap_or_default();
        let Some(dialog) = &mut self.replaying else {
            return Vec::new();
        };
        dialog.problem = None;
        dialog.run = Some(ReplayRun {
            request,
            source: to,
            seed: order.seed,
            is_trial: !order.trial.is_none(),
            tally: ReplayTally::default(),
            runs: true,
            is_paused: false,
            problem: None,
            begun: moment.now,
            graves,
        });
        let order = Box::new(order);
        vec![Command::Source(
            to,
            SourceCommand::Replay { request, order },
        )]
    }

    fn replay_order(&self, fields: &ReplayFields) -> Result<ReplayOrder, String> {
        let dialog = self.replaying.as_ref().ok_or("No recording is chosen")?;
        let to = dialog.to.and_then(|to| self.source(to));
        let to = to
            .filter(|to| to.takes_replays())
            .ok_or("Open a broker first: Open another… in the bar on top")?;
        let came_from = dialog
            .came_from
            .as_ref()
            .ok_or("The recording is still being looked into")?;
        let destination = fields.destination.trim();
        if destination.is_empty() {
            return Err("Destination: type where the events are sent".to_owned());
        }
        let is_original = came_from.iter().any(|name| name == destination);
        if is_original && fields.original.trim() != destination {
            return Err(format!(
                "Events of this recording came from {destination}. If they are to go there again, \
                 type its name once more"
            ));
        }
        let known = to.picture.named_destinations();
        if to.topology.is_complete() && !known.contains(&destination) {
            return Err(format!(
                "{} has no destination named {destination}. Make it there first, with the queues \
                 that shall get the events, or choose another",
                to.title()
            ));
        }
        let filter = Filter::parse(&fields.filter).map_err(|fault| fault.to_string())?;
        if filter.asks_for_schemas() {
            return Err("\"schema:\" cannot be asked of a file".to_owned());
        }
        Ok(ReplayOrder {
            path: dialog.path.clone(),
            filter,
            destination: destination.to_owned(),
            pace: fields.pace()?,
            new_ids: fields.new_ids,
            shift_times: fields.shift_times,
            trial: fields.trial()?,
            seed: fields.seed()?,
        })
    }

    pub(in crate::state) fn replay_at(&mut self, request: RequestId, tally: ReplayTally) {
        if let Some(run) = self.run().filter(|run| run.request == request) {
            run.tally = tally;
        }
    }

    /// A replay has ended. Without a tally the last one that was told counts.
    pub(in crate::state) fn replay_done(
        &mut self,
        request: RequestId,
        tally: Option<ReplayTally>,
        problem: Option<String>,
        forms: &Forms,
    ) -> Vec<Command> {
        let Some(run) = self.run().filter(|run| run.request == request) else {
            return Vec::new();
        };
        (run.runs, run.is_paused, run.problem) = (false, false, problem);
        if let Some(tally) = tally {
            run.tally = tally;
        }
        let source = run.source;
        let words = (!run.is_good()).then(|| format!("Replay: {}", run.report().join(". ")));
        if let Some(dialog) = &mut self.replaying {
            // Its report is to be seen.
            dialog.is_shown = true;
        }
        // Who died of it is counted.
        let mut commands = vec![Command::Source(source, SourceCommand::RefreshTopology)];
        commands.extend(self.series_ended(words, forms));
        commands
    }

    /// The request of a replay to the source in front that will get no answer any more.
    pub(in crate::state) fn replay_without_end(&self) -> Option<RequestId> {
        let run = self.replaying.as_ref()?.run.as_ref()?;
        (run.runs && run.source == self.front.id).then_some(run.request)
    }

    /// Dead-letter queues that have more messages now than when the replay began, and how many more.
    #[must_use]
    pub fn died_since(&self) -> Vec<(String, u64)> {
        let run = self.replaying.as_ref().and_then(|one| one.run.as_ref());
        let Some((run, source)) = run.and_then(|run| Some((run, self.source(run.source)?))) else {
            return Vec::new();
        };
        let now = source.graves().into_iter();
        let more = now.filter_map(|(queue, count)| {
            let before = run.graves.get(&queue).copied().unwrap_or(0);
            (count > before).then(|| (queue, count - before))
        });
        more.collect()
    }

    pub(in crate::state) fn replay_under_way(&self) -> Option<UnderWay> {
        let dialog = self.replaying.as_ref()?;
        let run = dialog.run.as_ref().filter(|run| run.runs)?;
        let name = dialog.path.file_stem().unwrap_or_default();
        Some(UnderWay {
            request: run.request,
            source: run.source,
            queue: format!("Replay of {}", name.to_string_lossy()),
            words: format!("{} confirmed", count_of(run.tally.confirmed, "event")),
            progress: (
                usize::try_from(run.tally.position).unwrap_or(usize::MAX),
                usize::try_from(run.tally.recorded.max(1)).unwrap_or(usize::MAX),
            ),
            kind: WorkKind::Replay,
        })
    }
}
