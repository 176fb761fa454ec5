//! The way back through what was typed into a form.

use eframe::egui::{Key, Modifiers, Ui};

use super::widgets::button;
use crate::event::draft::History;

/// A way that was chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum WayBack {
    /// One step back.
    Undo,
    /// One step forward again.
    Redo,
}

/// Draws the two buttons and takes their keys, before a field sees them: a field knows only its own
/// text.
pub(crate) fn steps_ui(ui: &mut Ui, history: Option<&History>) -> Option<WayBack> {
    let (undo, redo) = ui.input_mut(|input| {
        let again = input.consume_key(Modifiers::COMMAND | Modifiers::SHIFT, Key::Z)
            | input.consume_key(Modifiers::COMMAND, Key::Y);
        (input.consume_key(Modifiers::COMMAND, Key::Z), again)
    });
    let can_undo = history.is_some_and(History::can_undo);
    let can_redo = history.is_some_and(History::can_redo);
    let mut step = None;
    let back = button(ui, "Undo", can_undo)
        .on_hover_text("Ctrl+Z")
        .clicked();
    if back || (undo && can_undo) {
        step = Some(WayBack::Undo);
    }
    let words = "Ctrl+Shift+Z or Ctrl+Y";
    let forward = button(ui, "Redo", can_redo).on_hover_text(words).clicked();
    if forward || (redo && can_redo) {
        step = Some(WayBack::Redo);
    }
    step
}
