//! What is told by nobody in particular: the journal, schemas, recordings, files.

use super::{Forms, Moment, State};
use crate::protocol::{Command, DeskUpdate, Gravity, ShelfUpdate};

impl State {
    /// Takes what concerns no source.
    pub(super) fn apply_desk(
        &mut self,
        update: DeskUpdate,
        forms: &mut Forms,
        moment: Moment<'_>,
    ) -> Vec<Command> {
        match update {
            DeskUpdate::Places(places) => self.places = places,
            DeskUpdate::Journal(read) => {
                let (told, command) = self.journal.read(read);
                if let Some(words) = told {
                    self.notices.add(moment.now, Gravity::Warning, words);
                }
                return command.map(Command::Desk).into_iter().collect();
            }
            DeskUpdate::Compare(update) => self.apply_compare(update),
            DeskUpdate::Export(update) => self.apply_export(update, moment.now),
            DeskUpdate::Shelf(ShelfUpdate::Destinations { path, found }) => {
                self.looked_into(&path, found, forms);
            }
            DeskUpdate::Shelf(update) => self.recordings.apply(update),
            DeskUpdate::Schemas(read) => {
                if let Ok(catalog) = &read {
                    self.live.set_schemas(catalog, moment.now);
                }
                self.schemas.read(read, forms);
            }
            DeskUpdate::ImportPlanned(planned) => self.schemas.import.planned(planned),
            DeskUpdate::Imported(done) => {
                let command = self.schemas.imported(done);
                return command.map(Command::Desk).into_iter().collect();
            }
            DeskUpdate::Saved { request, result } => {
                if let Some((gravity, words)) = self.files.saved(request, result) {
                    self.notices.add(moment.now, gravity, words);
                }
            }
            DeskUpdate::Notice(notice) => {
                self.notices.add(moment.now, notice.gravity, notice.words);
            }
        }
        Vec::new()
    }
}
