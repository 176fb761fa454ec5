//! What is seen: reads the state, edits the forms, and returns what the person did as actions.
//!
//! Nothing here waits, and nothing here knows the broker side. One panel a file; colours come from
//! [`theme`] alone.

pub mod frame;
pub mod parts;
pub mod screens;
use crate::state::{Action, Forms, State};

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
    /// Put the cursor into the password in the next frame.
    pub focus_password: bool,
    /// How much of the publish screen its history takes, once that was drawn.
    pub history: Option<parts::share::Share>,
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
    /// A path is being chosen in a dialog.
    pub choosing: Option<screens::schemas::Choosing>,
    /// This desktop showed no dialog for a path.
    pub no_dialog: bool,
    /// The form of an import of schemas is open.
    pub importing: bool,
    /// The rules for versions are open.
    pub version_rules: bool,
    /// Scroll the selected row into view in the next frame.
    pub reveal: bool,
}
