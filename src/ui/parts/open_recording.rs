//! Opening a recording: the button with its file dialog, and files that are dropped on the window.

use eframe::egui::Ui;

use super::path_dialog::AskedPath;
use super::widgets::button;
use crate::state::Action;
use crate::state::recordings::RecordingAction;
use crate::ui::Cx;

/// What recordings are called, and how their names end.
pub(crate) const RECORDINGS: (&str, &str) = ("Recordings", "eventscope");

/// The button that opens the dialog.
pub(crate) fn button_ui(ui: &mut Ui, cx: &mut Cx<'_>) {
    let is_free = !cx.memory.opening.is_open();
    if button(ui, "Open recording…", is_free).clicked() {
        let asked = AskedPath {
            title: "Open a recording",
            field: "Path of the recording",
            button: "Open file",
            kind: RECORDINGS,
            new_name: None,
        };
        cx.memory.opening.ask(ui, asked);
    }
}

/// Passes on what was chosen by now, and what was dropped on the window.
pub(crate) fn take(ui: &Ui, cx: &mut Cx<'_>) {
    let dropped = ui.input(|input| input.raw.dropped_files.clone());
    let dropped = dropped.into_iter().map(|file| file.path().to_owned());
    let chosen = cx.memory.opening.take(ui).map(|chosen| chosen.path);
    for path in dropped.chain(chosen).collect::<Vec<_>>() {
        cx.act(Action::Recording(RecordingAction::Open(path)));
    }
}
