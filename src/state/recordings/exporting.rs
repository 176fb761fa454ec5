//! The dialog that exports events: what, as what, what is masked, and how far it is.

use std::path::PathBuf;
use std::sync::Arc;

use chrono::{DateTime, Utc};

use crate::address::Address;
use crate::protocol::{Command, DeskCommand, ExportCommand, ExportUpdate, Gravity, RequestId};
use crate::query::Filter;
use crate::recording::export::{
    ExportForm, ExportFrom, ExportOrder, ExportSum, LogPart, MaskedPair,
};
use crate::recording::table::USUAL_FIELDS;
use crate::state::{Forms, State};
use crate::text::numbers::count_of;

/// Which events are exported.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ExportWhat {
    /// The rows that are selected in Live.
    Selected,
    /// The rows that Live shows.
    Shown,
    /// All that Live keeps.
    #[default]
    Kept,
    /// All of a recording, or what matches.
    File,
}

/// The fields of the dialog.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a switch of its own in the dialog"
)]
pub struct ExportFields {
    pub what: ExportWhat,
    /// Only events of the recording that match this line.
    pub filter: String,
    pub form: ExportForm,
    /// Columns of CSV.
    pub columns: String,
    pub emails: bool,
    pub cards: bool,
    pub tokens: bool,
    pub ibans: bool,
    /// JSON pointers and `header.NAME`, with commas between them.
    pub places: String,
    /// The same masks of the same values in every export with this.
    pub seed: String,
}

impl Default for ExportFields {
    fn default() -> Self {
        Self {
            what: ExportWhat::default(),
            filter: String::new(),
            form: ExportForm::default(),
            columns: USUAL_FIELDS.to_owned(),
            emails: false,
            cards: false,
            tokens: false,
            ibans: false,
            places: String::new(),
            seed: String::new(),
        }
    }
}

impl ExportFields {
    /// The rules for masking that they ask for.
    #[must_use]
    pub fn masks(&self) -> Vec<String> {
        let detectors = [
            (self.emails, "emails"),
            (self.cards, "cards"),
            (self.tokens, "tokens"),
            (self.ibans, "ibans"),
        ];
        let chosen = detectors.into_iter().filter(|(is_on, _)| *is_on);
        let mut masks: Vec<String> = chosen.map(|(_, name)| name.to_owned()).collect();
        let places = self.places.split(',').map(str::trim);
        masks.extend(places.filter(|one| !one.is_empty()).map(str::to_owned));
        masks
    }

    /// The end of the file's name that is proposed.
    #[must_use]
    pub fn extension(&self) -> &'static str {
        match self.form {
            ExportForm::Ndjson | ExportForm::CloudEvents => "ndjson",
            ExportForm::Csv => "csv",
            ExportForm::Recording => "eventscope",
        }
    }
}

/// How far the dialog is.
#[derive(Debug, Default)]
pub struct ExportDialog {
    /// The recording that may be exported as a whole.
    pub file: Option<PathBuf>,
    /// What is wrong with the fields or went wrong, in words.
    pub problem: Option<String>,
    /// What masking would do; nothing before it was asked for.
    pub preview: Option<Vec<MaskedPair>>,
    previewing: Option<RequestId>,
    /// The export that runs, and how far it is.
    pub running: Option<(RequestId, u64, u64)>,
    /// Where the last one went.
    path: PathBuf,
}

impl ExportDialog {
    /// True while a preview is being made.
    #[must_use]
    pub fn is_previewing(&self) -> bool {
        self.previewing.is_some()
    }
}

/// What a person does in the dialog.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ExportAction {
    /// Open it, for Live and the recording in front, or for this recording.
    Ask(Option<PathBuf>),
    /// Show what masking would do.
    Preview,
    /// Write into this file.
    Begin {
        path: PathBuf,
        replaces: bool,
    },
    Stop,
    /// Put the dialog away. What runs is stopped.
    Close,
}

fn ask(command: ExportCommand) -> Command {
    Command::Desk(DeskCommand::Export(command))
}

impl State {
    pub(in crate::state) fn act_on_export(
        &mut self,
        action: ExportAction,
        forms: &mut Forms,
    ) -> Vec<Command> {
        match action {
            ExportAction::Ask(file) => {
                let front = match self.front.address() {
                    Some(Address::Recording(path)) => Some(path.clone()),
                    _ => None,
                };
                forms.export.what = if file.is_some() {
                    ExportWhat::File
                } else if self.live.selection.numbers().len() > 1 {
                    ExportWhat::Selected
                } else if self.live.view.is_narrowed() {
                    ExportWhat::Shown
                } else if front.is_some() {
                    ExportWhat::File
                } else {
                    ExportWhat::Kept
                };
                self.exporting = Some(ExportDialog {
                    file: file.or(front),
                    ..ExportDialog::default()
                });
            }
            ExportAction::Preview => {
                if let Some(order) = self.order_or_problem(forms) {
                    let request = RequestId(self.fresh());
                    if let Some(dialog) = &mut self.exporting {
                        dialog.previewing = Some(request);
                    }
                    return vec![ask(ExportCommand::Preview { request, order })];
                }
            }
            ExportAction::Begin { path, replaces } => {
                if let Some(order) = self.order_or_problem(forms) {
                    let request = RequestId(self.fresh());
                    if let Some(dialog) = &mut self.exporting {
                        dialog.running = Some((request, 0, 0));
                        dialog.path.clone_from(&path);
                    }
                    return vec![ask(ExportCommand::Begin {
                        request,
                        order,
                        path,
                        replaces,
                    })];
                }
            }
            ExportAction::Stop => {
                let running = self.exporting.as_ref().and_then(|dialog| dialog.running);
                return running
                    .map(|(request, ..)| ask(ExportCommand::Stop(request)))
                    .into_iter()
                    .collect();
            }
            ExportAction::Close => {
                let running = self.exporting.take().and_then(|dialog| dialog.running);
                return running
                    .map(|(request, ..)| ask(ExportCommand::Stop(request)))
                    .into_iter()
                    .collect();
            }
        }
        Vec::new()
    }

    /// What the dialog asks for, unless something is wrong with it, which is said.
    fn order_or_problem(&mut self, forms: &Forms) -> Option<Box<ExportOrder>> {
        let order = self.order(&forms.export);
        let dialog = self.exporting.as_mut()?;
        dialog.preview = None;
        match order {
            Ok(order) => {
                dialog.problem = None;
                Some(Box::new(order))
            }
            Err(words) => {
                dialog.problem = Some(words);
                None
            }
        }
    }

    fn order(&self, fields: &ExportFields) -> Result<ExportOrder, String> {
        let file = self.exporting.as_ref().and_then(|one| one.file.clone());
        let filter = match (fields.what, fields.filter.trim()) {
            (ExportWhat::File, line) if !line.is_empty() => {
                let filter = Filter::parse(line).map_err(|fault| fault.to_string())?;
                if filter.asks_for_schemas() {
                    return Err(
                        "\"schema:\" cannot be asked of a file. Choose what Live shows".into(),
                    );
                }
                Some(filter)
            }
            _ => None,
        };
        let live = &self.live;
        let only: Option<Vec<u64>> = match fields.what {
            ExportWhat::Selected => Some(live.selection.numbers().collect()),
            ExportWhat::Shown => {
                let rows = 0..live.view.len(&live.log);
                let mut numbers: Vec<u64> = rows
                    .filter_map(|row| live.view.number(&live.log, row))
                    .collect();
                numbers.sort_unstable();
                Some(numbers)
            }
            ExportWhat::Kept | ExportWhat::File => None,
        };
        let from = match (fields.what, file) {
            (ExportWhat::File, Some(path)) => ExportFrom::File(path),
            (ExportWhat::File, None) => return Err("No recording is chosen".to_owned()),
            _ => ExportFrom::Log(LogPart {
                segments: live.log.pieces(live.log.first()),
                only,
                places: self
                    .sources()
                    .into_iter()
                    .filter_map(|source| {
                        let place = source.address()?.place();
                        Some((source.id, Arc::from(place)))
                    })
                    .collect(),
            }),
        };
        let seed = fields.seed.trim();
        Ok(ExportOrder {
            from,
            filter,
            form: fields.form,
            fields: fields.columns.clone(),
            masks: fields.masks(),
            seed: (!seed.is_empty()).then(|| seed.to_owned()),
        })
    }

    pub(in crate::state) fn apply_export(&mut self, update: ExportUpdate, now: DateTime<Utc>) {
        let Some(dialog) = &mut self.exporting else {
            return;
        };
        match update {
            ExportUpdate::At {
                request,
                done,
                total,
            } => {
                if let Some(running) = dialog.running.as_mut().filter(|one| one.0 == request) {
                    *running = (request, done, total);
                }
            }
            ExportUpdate::Done { request, result } => {
                if dialog.running.is_none_or(|one| one.0 != request) {
                    return;
                }
                dialog.running = None;
                match result {
                    Ok(sum) => {
                        let words = done_words(&sum, &dialog.path);
                        let gravity = if sum.masked.left_out > 0 {
                            Gravity::Warning
                        } else {
                            Gravity::Info
                        };
                        self.notices.add(now, gravity, words);
                        self.exporting = None;
                    }
                    Err(words) => dialog.problem = Some(words),
                }
            }
            ExportUpdate::Preview { request, result } => {
                if dialog.previewing != Some(request) {
                    return;
                }
                dialog.previewing = None;
                match result {
                    Ok(pairs) => dialog.preview = Some(pairs),
                    Err(words) => dialog.problem = Some(words),
                }
            }
        }
    }

    /// An export could not be passed on.
    pub(in crate::state) fn refuse_export(&mut self, words: &str) {
        if let Some(dialog) = &mut self.exporting {
            (dialog.running, dialog.previewing) = (None, None);
            dialog.problem = Some(words.to_owned());
        }
    }
}

fn done_words(sum: &ExportSum, path: &std::path::Path) -> String {
    let mut words = format!(
        "{} written to {}",
        count_of(sum.events, "event"),
        path.display()
    );
    let masked = sum.masked;
    if masked.values > 0 {
        let (values, events) = (
            count_of(masked.values, "value"),
            count_of(masked.events, "event"),
        );
        words.push_str(&format!(", {values} in {events} masked"));
    }
    if masked.left_out > 0 {
        let bodies = count_of(masked.left_out, "payload");
        words.push_str(&format!(
            ". {bodies} left out, because nobody can say what is in what cannot be read"
        ));
    }
    words
}
