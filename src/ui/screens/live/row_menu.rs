//! What can be done with the selected rows: copy them, or show only what belongs to one.

use eframe::egui::Ui;

use crate::event::Event;
use crate::event::export::{CopyAs, export};
use crate::state::live::LiveAction;
use crate::state::{Action, State};
use crate::ui::parts::by_source;

/// Most bytes of bodies that are copied at once.
const MAX_COPIED: usize = 32 * 1024 * 1024;

const FORMS: [(CopyAs, &str); 3] = [
    (CopyAs::Json, "Copy as JSON"),
    (CopyAs::Ndjson, "Copy as NDJSON"),
    (CopyAs::Curl, "Copy as curl command"),
];

/// The entries that put the selected events on the clipboard.
pub(crate) fn copy_menu_ui(ui: &mut Ui, state: &State) {
    for (form, label) in FORMS {
        if ui.button(label).clicked() {
            ui.ctx().copy_text(copied(form, state));
            ui.close();
        }
    }
}

/// The selected events in this form. Each command line names the broker that its event came from.
fn copied(form: CopyAs, state: &State) -> String {
    let live = &state.live;
    let mut bytes = 0;
    let kept = live.selection.numbers().filter_map(|n| live.log.event(n));
    let kept = kept.take_while(|event| {
        bytes += event.body().len();
        bytes <= MAX_COPIED
    });
    if form == CopyAs::Curl {
        let command = |event: crate::log::Kept<'_>| {
            let url = by_source::publish_url(state, event.tap().source);
            export(form, &[event.to_event()], &url)
        };
        return kept.map(command).collect();
    }
    let events: Vec<Event> = kept.map(crate::log::Kept::to_event).collect();
    export(form, &events, "")
}

/// The menu of one row.
pub(crate) fn row_menu_ui(ui: &mut Ui, state: &State, number: u64, actions: &mut Vec<Action>) {
    copy_menu_ui(ui, state);
    let Some(event) = state.live.log.event(number) else {
        return;
    };
    ui.separator();
    let mut item = |ui: &mut Ui, label: &str, action: LiveAction| {
        if ui.button(label).clicked() {
            actions.push(Action::Live(action));
            ui.close();
        }
    };
    let key = event.key();
    item(
        ui,
        "Only this key",
        LiveAction::Branch(Some(key.to_owned())),
    );
    if let Some(id) = event.correlation_id() {
        let only = LiveAction::Conversation(Some(id.into_owned()));
        item(ui, "Only this correlation id", only);
    }
    item(ui, "Hide this key", LiveAction::Mute(key.to_owned()));
}
