//! What the keyboard does. Letters act only while no text field has the focus.

use eframe::egui::{Event, Key, Modifiers, Ui};

use crate::state::dead_letters::DeadAction;
use crate::state::live::LiveAction;
use crate::state::publish::PublishAction;
use crate::state::{Action, Screen};
use crate::ui::Cx;
use crate::ui::parts::editor;

/// All shortcuts, for the help window.
pub const ALL: &[(&str, &str)] = &[
    (
        "Ctrl+1 2 3 4 5",
        "Live, Publish, Dead letters, Schemas, Recordings",
    ),
    ("Ctrl+F", "Filter the live stream; in an editor, find"),
    ("Space", "Pause and resume the live stream"),
    ("J or Down", "Next row"),
    ("K or Up", "Previous row"),
    ("End", "Follow the newest event"),
    ("Enter", "Open and close the inspector"),
    ("Esc", "Close the event or dead letter that is looked at"),
    ("Space on a dead letter", "Mark it"),
    ("Ctrl+Enter", "Publish the event"),
    ("Ctrl+Z", "Undo an edit of a dead letter"),
    ("Ctrl+Shift+Z or Ctrl+Y", "Redo it"),
    ("Left, Right on a key", "Close and open its branch"),
    ("Delete on a key", "Hide it, or show it again"),
    ("F6, Shift+F6", "Next and previous part of the window"),
    ("Ctrl +, Ctrl -, Ctrl 0", "Larger, smaller, and usual size"),
    ("?", "This help"),
];

/// Turns this frame's keys into actions.
pub fn read(ui: &mut Ui, cx: &mut Cx<'_>) {
    if !cx.state.has_session() {
        return;
    }
    let pressed = |modifiers: Modifiers, key: Key| ui.input_mut(|i| i.consume_key(modifiers, key));
    for (key, screen) in [Key::Num1, Key::Num2, Key::Num3, Key::Num4, Key::Num5]
        .into_iter()
        .zip(Screen::ALL)
    {
        if pressed(Modifiers::COMMAND, key) {
            cx.act(Action::Open(screen));
        }
    }
    // An editor has a search of its own.
    if !editor::has_focus(ui.ctx())
        && pressed(Modifiers::COMMAND, Key::F)
        && !cx.memory.inspector.find_if_meant(ui)
    {
        cx.act(Action::Open(Screen::Live));
        cx.memory.focus_filter = true;
    }
    if cx.state.screen == Screen::Publish
        && cx.state.is_connected()
        && pressed(Modifiers::COMMAND, Key::Enter)
    {
        cx.act(Action::Publish(PublishAction::Send));
    }
    // A focused field or button wants its own keys.
    if ui.ctx().memory(|memory| memory.focused().is_some()) {
        return;
    }
    if ui.input(|i| {
        i.events
            .iter()
            .any(|e| matches!(e, Event::Text(t) if t == "?"))
    }) {
        cx.memory.help = !cx.memory.help;
    }
    let down = pressed(Modifiers::NONE, Key::J) || pressed(Modifiers::NONE, Key::ArrowDown);
    let up = pressed(Modifiers::NONE, Key::K) || pressed(Modifiers::NONE, Key::ArrowUp);
    let step = isize::from(down) - isize::from(up);
    match cx.state.screen {
        Screen::Live => {
            if step != 0 {
                cx.memory.reveal = true;
                cx.act(Action::Live(LiveAction::Move(step)));
            }
            if pressed(Modifiers::NONE, Key::Space) {
                let paused = cx.state.live.view.is_frozen();
                let action = if paused {
                    LiveAction::Resume
                } else {
                    LiveAction::Pause
                };
                cx.act(Action::Live(action));
            }
            if pressed(Modifiers::NONE, Key::End) {
                cx.act(Action::Live(LiveAction::Follow(true)));
            }
        }
        Screen::DeadLetters if step != 0 => {
            cx.memory.reveal = true;
            cx.act(Action::Dead(DeadAction::Move(step)));
        }
        _ => {}
    }
}
