//! What is seen: reads the state, edits the forms, and returns what the person did as actions.
//!
//! Nothing here waits, and nothing here knows the broker side. One panel a file; colours come from
//! [`theme`] alone.

pub mod frame;
pub mod parts;
pub mod screens;

use std::collections::BTreeMap;

use crate::state::{Action, Forms, State};
use parts::share::Share;

/// What a panel gets: the state to read, the forms to edit, its own memory of how things are
/// shown, and a place for actions.
pub struct Cx<'a> {
    /// What the app knows.
    pub state: &'a State,
    /// What the person is typing.
    pub forms: &'a mut Forms,
    /// How things are shown.
    pub memory: &'a mut Memory,
    /// What the person did in this frame.
    pub actions: &'a mut Vec<Action>,
}

impl Cx<'_> {
    /// Notes an action.
    pub fn act(&mut self, action: Action) {
        self.actions.push(action);
    }
}

/// Where a table stands. Other columns make it another table to egui, which would begin at the top.
#[derive(Clone, Copy, Debug, Default)]
pub struct TablePlace {
    /// Number of columns in the last frame.
    pub columns: usize,
    /// Scroll offset in points in the last frame.
    pub offset: f32,
}

/// How things are shown; nothing in it would be missed.
#[derive(Debug, Default)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a thing that is open or not"
)]
pub struct Memory {
    /// The inspector's view of the selected event.
    pub inspector: parts::inspector::Inspector,
    /// The payload as fields.
    pub payload: screens::publish::payload_form::PayloadView,
    /// The publish screen's preview.
    pub preview: screens::publish::RoutePreview,
    /// The person wants the form although the sandbox starts.
    pub elsewhere: bool,
    /// Put the cursor into the password in the next frame.
    pub focus_password: bool,
    /// How much of the publish screen its history takes.
    pub history: screens::publish::HistoryShare,
    /// The history stands in the place of the form, where there is little room.
    pub history_open: bool,
    /// The parts of the window that F6 goes through.
    pub regions: frame::regions::Regions,
    /// The help window is open.
    pub help: bool,
    /// The notices are open.
    pub notices: bool,
    /// Put the cursor into the filter line in the next frame.
    pub focus_filter: bool,
    /// Where one reads in the live table.
    pub live_table: screens::live::ReadingPlace,
    /// The inspector of the live screen.
    pub inspector_pane: screens::live::InspectorPane,
    /// The card before a tap tells all that it knows.
    pub tap_details: bool,
    /// Where the table of dead letters stands.
    pub dead_table: TablePlace,
    /// How the screen of dead letters is laid out.
    pub dead_shares: screens::dead_letters::Shares,
    /// On that screen something was open in the last frame that Escape closes first.
    pub dead_escape_taken: bool,
    /// Dialogs that ask where a report is saved.
    pub saving: parts::save_file::Dialogs,
    /// A recording is being chosen in a dialog.
    pub opening: parts::path_dialog::PathDialog,
    /// The file of an export is being chosen in a dialog.
    pub export_to: parts::path_dialog::PathDialog,
    /// A path is being chosen in a dialog.
    pub choosing: Option<screens::schemas::Choosing>,
    /// This desktop showed no dialog for a path.
    pub no_dialog: bool,
    /// The form of an import of schemas is open.
    pub importing: bool,
    /// The rules for versions are open.
    pub version_rules: bool,
    /// The field of an event whose place in the schema is looked for.
    pub schema_field: Option<screens::schemas::SoughtField>,
    /// A note for the opened recording is being written.
    pub noting: bool,
    /// Scroll the selected row into view in the next frame.
    pub reveal: bool,
}

/// The name under which the share of the history of *Publish* is kept.
const HISTORY: &str = "publish.history";

impl Memory {
    /// The sizes of panels that differ from the usual ones, in thousandths of their room, by name.
    #[must_use]
    pub fn panels(&self) -> BTreeMap<String, u16> {
        let (mut own, mut usual) = (self.dead_shares, screens::dead_letters::Shares::default());
        let dead = own.named().into_iter().zip(usual.named());
        let dead = dead.map(|((name, own), (_, usual))| (name, *own, *usual));
        let usual = screens::publish::HistoryShare::default().0;
        let history = (HISTORY, self.history.0, usual);
        let all = dead.chain([history]);
        let changed = all.filter(|(_, own, usual)| own.thousandths() != usual.thousandths());
        let kept = changed.map(|(name, own, _)| (name.to_owned(), own.thousandths()));
        kept.collect()
    }

    /// Takes over what an earlier run left.
    pub fn take_panels(&mut self, kept: &BTreeMap<String, u16>) {
        let history = (HISTORY, &mut self.history.0);
        for (name, share) in self.dead_shares.named().into_iter().chain([history]) {
            if let Some(kept) = kept.get(name) {
                *share = Share::of_thousandths(*kept);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn panels_come_back_as_the_person_left_them() {
        let mut memory = Memory::default();
        assert!(memory.panels().is_empty(), "the usual ones are not kept");
        let kept = BTreeMap::from([
            ("dead.queues".to_owned(), 310),
            ("publish.history".to_owned(), 250),
            ("of another version".to_owned(), 500),
        ]);
        memory.take_panels(&kept);
        let now = memory.panels();
        assert_eq!(now.len(), 2);
        assert!(now.iter().all(|(name, share)| kept[name] == *share));
    }
}
