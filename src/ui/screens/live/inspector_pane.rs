//! Where the inspector stands on the live screen, how it is opened and closed, and what is said of the
//! event there beside the event itself.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use eframe::egui::{
    Align, Button, Key, Label, Layout, Modifiers, Popup, RichText, Ui, Vec2, WidgetInfo,
    accesskit::Role,
};

use super::bookmarks::{mark_ui, note_ui};
use crate::event::Event;
use crate::state::dead_letters::{DeadAction, DeadTab, Peeked};
use crate::state::live::LiveAction;
use crate::state::live::setup::Column;
use crate::state::{Action, Screen, State};
use crate::text::payload::shorten;
use crate::ui::Cx;
use crate::ui::parts::by_source;
use crate::ui::parts::inspector;
use crate::ui::parts::theme::Palette;
use crate::ui::parts::widgets::{button, weak};

/// Beside the list and the tree from this width on.
const BESIDE: f32 = 800.0;
/// Below the list from this height of the whole screen on.
const BELOW: f32 = 560.0;

/// What the pane remembers.
#[derive(Debug, Default)]
pub struct InspectorPane {
    /// Something had the keyboard in the last frame: `Esc` was meant for that.
    had_focus: bool,
    /// The columns of the list, as of the last frame.
    pub(super) columns: Vec<Column>,
    dead: DeadTwin,
}

/// Where the inspector stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PanePlace {
    /// Beside the list.
    Right,
    Below,
    /// In the place of the whole screen, until it is closed.
    Over,
}

/// Where it stands in this room; nowhere if nothing is selected or it is closed.
pub(crate) fn place(cx: &Cx<'_>, room: Vec2) -> Option<PanePlace> {
    let live = &cx.state.live;
    let shown = live.inspecting && live.selection.event().is_some();
    shown.then(|| place_in(room))
}

fn place_in(room: Vec2) -> PanePlace {
    if room.x >= BESIDE {
        PanePlace::Right
    } else if room.y >= BELOW {
        PanePlace::Below
    } else {
        PanePlace::Over
    }
}

/// `Enter` opens and closes it, `Esc` closes it, unless the key is meant for something else.
pub(crate) fn keys(ui: &Ui, cx: &mut Cx<'_>) {
    let focused = ui.ctx().memory(|memory| memory.focused().is_some());
    let others = cx.memory.help || cx.state.leaving.is_some() || Popup::is_any_open(ui.ctx());
    if focused || cx.memory.inspector_pane.had_focus || others {
        return;
    }
    let live = &cx.state.live;
    let pressed = |key| ui.input_mut(|input| input.consume_key(Modifiers::NONE, key));
    let shown = live.inspecting && live.selection.event().is_some();
    if shown && pressed(Key::Escape) {
        cx.act(Action::Live(LiveAction::Inspect(false)));
    } else if pressed(Key::Enter) {
        if live.selection.lead().is_none() {
            cx.act(Action::Live(LiveAction::Move(0)));
            cx.memory.reveal = true;
        }
        cx.act(Action::Live(LiveAction::Inspect(!shown)));
    }
}

/// Notes whether something has the keyboard: egui takes it away before anybody sees the `Esc`.
pub(crate) fn note_focus(ui: &Ui, cx: &mut Cx<'_>) {
    cx.memory.inspector_pane.had_focus = ui.ctx().memory(|memory| memory.focused().is_some());
}

/// Draws it.
pub(crate) fn pane_ui(ui: &mut Ui, cx: &mut Cx<'_>) {
    cx.memory.regions.panel(ui, 2);
    let live = &cx.state.live;
    let Some(event) = live.selection.event() else {
        return;
    };
    ui.horizontal(|ui| {
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            close_ui(ui, cx);
            mark_ui(ui, cx);
            ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                inspector::key_ui(ui, event);
            });
        });
    });
    source_ui(ui, cx.state);
    note_ui(ui, cx);
    dead_letter_ui(ui, cx);
    new_shape_ui(ui, cx.state);
    let columns = std::mem::take(&mut cx.memory.inspector_pane.columns);
    let origin = inspector::Origin::Live {
        previous: live.selection.previous(),
        two: live.selection.two(),
        list: (&live.setup, &columns),
    };
    let memory = &mut cx.memory.inspector;
    let actions = inspector::inspector_ui(ui, memory, event, origin);
    cx.actions.extend(actions);
    cx.memory.inspector_pane.columns = columns;
}

fn close_ui(ui: &mut Ui, cx: &mut Cx<'_>) {
    let response = ui
        .add(Button::new("×"))
        .on_hover_text("Close the inspector (Esc). Enter opens it again");
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, "Close inspector"));
    if response.clicked() {
        cx.act(Action::Live(LiveAction::Inspect(false)));
    }
}

/// Whose event is shown, once there are several sources.
fn source_ui(ui: &mut Ui, state: &State) {
    let live = &state.live;
    let event = live.selection.lead().and_then(|lead| live.log.event(lead));
    let name = event.and_then(|event| by_source::name_beside_others(state, event.tap().source));
    if let Some(name) = name {
        weak(ui, format!("From {name}"));
    }
}

/// The way to the dead letter that says it is the same event, if it was looked at.
fn dead_letter_ui(ui: &mut Ui, cx: &mut Cx<'_>) {
    let dead = &cx.state.front.dead;
    let Some(event) = cx.state.live.selection.event() else {
        return;
    };
    let Some(place) = cx
        .memory
        .inspector_pane
        .dead
        .of(event, dead.peeked.as_ref())
    else {
        return;
    };
    let queue = dead.queue.clone().unwrap_or_default();
    let words = format!("An event with this id lies in {queue}");
    if !button(ui, "Open dead letter", true)
        .on_hover_text(words)
        .clicked()
    {
        return;
    }
    let is_hidden = !dead.listing.shows(place);
    cx.act(Action::Open(Screen::DeadLetters));
    cx.act(Action::Dead(DeadAction::Tab(DeadTab::Queues)));
    if is_hidden {
        cx.forms.dead_filter.clear();
        cx.act(Action::Dead(DeadAction::FilterChanged));
    }
    cx.act(Action::Dead(DeadAction::Select(place)));
}

/// Which dead letter has the id of an event: looked for once for each event and each look.
#[derive(Debug, Default)]
struct DeadTwin {
    of: Option<(Arc<Event>, DateTime<Utc>, usize)>,
    place: Option<usize>,
}

impl DeadTwin {
    fn of(&mut self, event: &Arc<Event>, peeked: Option<&Peeked>) -> Option<usize> {
        let peeked = peeked?;
        let (at, count) = (peeked.at, peeked.messages.len());
        let is_known = self.of.as_ref().is_some_and(|(of, then, before)| {
            Arc::ptr_eq(of, event) && (*then, *before) == (at, count)
        });
        if !is_known {
            let id = id_of(event);
            let mut all = peeked.messages.iter();
            self.place = id.and_then(|id| all.position(|one| id_of(&one.event) == Some(id)));
            self.of = Some((Arc::clone(event), at, count));
        }
        self.place
    }
}

fn id_of(event: &Event) -> Option<&str> {
    let own = event.properties.message_id.as_deref();
    event.envelope.event_id.as_deref().or(own)
}

/// What is new about the event that is selected.
fn new_shape_ui(ui: &mut Ui, state: &State) {
    let lead = state.live.selection.lead();
    let Some(shape) = lead.and_then(|lead| state.live.judging.new_shape(lead)) else {
        return;
    };
    let from = match shape.publisher.as_str() {
        "" => String::new(),
        publisher => format!(" from {publisher}"),
    };
    let words = format!(
        "New shape on {}{from}: {}",
        shorten(&shape.key, 60),
        shape.words
    );
    let color = Palette::of(ui).accent;
    ui.add(Label::new(RichText::new(words).color(color)).wrap());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_there_is_little_room_the_inspector_goes_below_or_over_the_list() {
        let place = |x, y| place_in(Vec2::new(x, y));
        assert_eq!(place(1_184.0, 600.0), PanePlace::Right);
        assert_eq!(place(904.0, 500.0), PanePlace::Right);
        assert_eq!(place(664.0, 600.0), PanePlace::Below);
        assert_eq!(place(664.0, 450.0), PanePlace::Over);
    }
}
