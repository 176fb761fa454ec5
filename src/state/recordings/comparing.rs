//! The dialog that compares two recordings, or one with what Live keeps: what is different since the release.

use std::path::PathBuf;
use std::sync::Arc;

use crate::address::Address;
use crate::analysis::census::CensusDifference;
use crate::protocol::{Command, CompareCommand, CompareUpdate, DeskCommand, RequestId};
use crate::recording::export::{ExportFrom, LogPart};
use crate::state::State;

/// One side of a comparison.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CompareSide {
    /// What Live keeps.
    Live,
    File(PathBuf),
}

impl CompareSide {
    /// What it is called.
    #[must_use]
    pub fn name(&self) -> String {
        match self {
            Self::Live => "What Live keeps".to_owned(),
            Self::File(path) => {
                let stem = path.file_stem().unwrap_or_default();
                stem.to_string_lossy().into_owned()
            }
        }
    }
}

/// The dialog.
#[derive(Debug)]
pub struct CompareDialog {
    /// The earlier and the later.
    pub sides: [Option<CompareSide>; 2],
    pub problem: Option<String>,
    /// The comparison that runs: which side it is at, and how far.
    pub running: Option<(RequestId, usize, u64, u64)>,
    pub result: Option<Box<CensusDifference>>,
}

/// What a person does in the dialog.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CompareAction {
    /// Open it, with this one as the earlier side.
    Ask(Option<PathBuf>),
    /// Choose the earlier (0) or the later side (1).
    Choose(usize, CompareSide),
    Begin,
    Stop,
    /// Put the dialog away. What runs is stopped.
    Close,
}

fn ask(command: CompareCommand) -> Command {
    Command::Desk(DeskCommand::Compare(command))
}

impl State {
    /// What can be compared: what Live keeps, the recordings that are open, and those of the folder.
    #[must_use]
    pub fn compare_sides(&self) -> Vec<CompareSide> {
        let mut sides = Vec::new();
        if self.live.log.kept() > 0 {
            sides.push(CompareSide::Live);
        }
        let open = self.sources().into_iter().filter_map(Self::opened_file);
        let listed = self.recordings.entries().iter();
        let listed = listed.filter(|entry| entry.about.is_ok());
        for path in open.chain(listed.map(|entry| entry.file.path.clone())) {
            let side = CompareSide::File(path);
            if !sides.contains(&side) {
                sides.push(side);
            }
        }
        sides
    }

    fn opened_file(source: &crate::state::source::Source) -> Option<PathBuf> {
        match source.address() {
            Some(Address::Recording(path)) => Some(path.clone()),
            _ => None,
        }
    }

    pub(in crate::state) fn act_on_compare(&mut self, action: CompareAction) -> Vec<Command> {
        match action {
            CompareAction::Ask(path) => {
                let first = path.map(CompareSide::File);
                let mut other = self.compare_sides().into_iter();
                let other = other.find(|side| first.is_some() && Some(side) != first.as_ref());
                self.comparing = Some(CompareDialog {
                    sides: [first, other],
                    problem: None,
                    running: None,
                    result: None,
                });
            }
            CompareAction::Choose(which, side) => {
                if let Some(dialog) = &mut self.comparing
                    && let Some(place) = dialog.sides.get_mut(which)
                {
                    *place = Some(side);
                    dialog.result = None;
                }
            }
            CompareAction::Begin => return self.begin_compare(),
            CompareAction::Stop => {
                let running = self.comparing.as_ref().and_then(|dialog| dialog.running);
                return running
                    .map(|(request, ..)| ask(CompareCommand::Stop(request)))
                    .into_iter()
                    .collect();
            }
            CompareAction::Close => {
                let running = self.comparing.take().and_then(|dialog| dialog.running);
                return running
                    .map(|(request, ..)| ask(CompareCommand::Stop(request)))
                    .into_iter()
                    .collect();
            }
        }
        Vec::new()
    }

    fn begin_compare(&mut self) -> Vec<Command> {
        let request = RequestId(self.fresh());
        let live = &self.live.log;
        let from = |side: &CompareSide| match side {
            CompareSide::File(path) => ExportFrom::File(path.clone()),
            CompareSide::Live => ExportFrom::Log(LogPart {
                segments: live.pieces(live.first()),
                ..LogPart::default()
            }),
        };
        let Some(dialog) = &mut self.comparing else {
            return Vec::new();
        };
        let [Some(before), Some(after)] = &dialog.sides else {
            dialog.problem = Some("Choose both sides".to_owned());
            return Vec::new();
        };
        if before == after {
            dialog.problem = Some("Both sides are the same: choose two".to_owned());
            return Vec::new();
        }
        let sides = Box::new([from(before), from(after)]);
        (dialog.problem, dialog.result) = (None, None);
        dialog.running = Some((request, 0, 0, 0));
        let schemas = self.schemas.catalog.as_ref().map(Arc::clone);
        vec![ask(CompareCommand::Begin {
            request,
            sides,
            schemas,
        })]
    }

    pub(in crate::state) fn apply_compare(&mut self, update: CompareUpdate) {
        let Some(dialog) = &mut self.comparing else {
            return;
        };
        let own = dialog.running.map(|running| running.0);
        match update {
            CompareUpdate::At {
                request,
                side,
                done,
                total,
            } if own == Some(request) => dialog.running = Some((request, side, done, total)),
            CompareUpdate::Done { request, result } if own == Some(request) => {
                dialog.running = None;
                match result {
                    Ok(difference) => dialog.result = Some(difference),
                    Err(words) => dialog.problem = Some(words),
                }
            }
            CompareUpdate::At { .. } | CompareUpdate::Done { .. } => {}
        }
    }

    /// A comparison could not be passed on.
    pub(in crate::state) fn refuse_compare(&mut self, words: &str) {
        if let Some(dialog) = &mut self.comparing {
            dialog.running = None;
            dialog.problem = Some(words.to_owned());
        }
    }
}
