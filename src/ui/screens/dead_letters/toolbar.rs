//! The line above the messages of a queue: its name, and what can be done there.

use eframe::egui::containers::menu::{MenuButton, MenuConfig};
use eframe::egui::{
    Align, Button, FontId, Label, Layout, PopupCloseBehavior, Response, RichText, Ui, vec2,
};

use super::bulk::resend_menu_ui;
use super::peek::{look_ui, page_sizes_ui};
use crate::state::alerts::AlertAction;
use crate::state::dead_letters::{DeadAction, RuleAction};
use crate::state::{Action, State};
use crate::text::numbers::{count_of, thousands};
use crate::ui::Cx;
use crate::ui::parts::theme::Palette;
use crate::ui::parts::widgets::button;

/// Least points for the name of the queue; with less, a button goes into the menu.
const NAME: f32 = 120.0;
/// What *Edit by rule…* takes.
const BY_RULE: f32 = 110.0;

/// Draws it.
pub(crate) fn toolbar_ui(ui: &mut Ui, cx: &mut Cx<'_>, queue: &str) {
    let is_stream = cx.state.front.dead.is_stream();
    // What the buttons took in the last frame; they change with what is chosen.
    let id = ui.unique_id().with("buttons");
    let taken = ui.data(|data| data.get_temp::<f32>(id)).unwrap_or(300.0);
    let room = ui.available_width();
    let is_narrow = room - taken - BY_RULE < NAME;
    let taken = if is_narrow || is_stream {
        taken
    } else {
        taken + BY_RULE
    };
    ui.horizontal(|ui| {
        let size = vec2((room - taken).max(60.0), ui.spacing().interact_size.y);
        let layout = Layout::left_to_right(Align::Center);
        ui.allocate_ui_with_layout(size, layout, |ui| {
            ui.set_min_width(size.x);
            let name = RichText::new(queue).font(FontId::monospace(14.0));
            ui.add(Label::new(name.strong()).truncate())
                .on_hover_text(queue);
        });
        let begin = ui.cursor().left();
        look_ui(ui, cx);
        if !is_stream {
            menu(ui, "", "▾", "Peek options", |ui| page_sizes_ui(ui, cx));
            resend_ui(ui, cx);
        }
        let measured = |ui: &Ui| ui.cursor().left() - begin;
        let before = measured(ui);
        if !is_stream && !is_narrow {
            by_rule_ui(ui, cx);
        }
        let by_rule = measured(ui) - before;
        more_ui(ui, cx, queue, is_narrow);
        let own = measured(ui) - by_rule;
        ui.data_mut(|data| data.insert_temp(id, own));
    });
}

/// A button that opens a menu. `name` is what assistive technology calls it.
pub(crate) fn menu(
    ui: &mut Ui,
    label: &str,
    glyph: &str,
    name: &str,
    content: impl FnOnce(&mut Ui),
) {
    // The typeface for words has neither arrows nor dots.
    let glyph = RichText::new(glyph).monospace();
    let button = match label {
        "" => Button::new(glyph),
        label => Button::new((label, glyph)),
    };
    let config = MenuConfig::new().close_behavior(PopupCloseBehavior::CloseOnClickOutside);
    let (response, _) = MenuButton::from_button(button)
        .config(config)
        .ui(ui, content);
    ui.ctx()
        .accesskit_node_builder(response.id, |node| node.set_label(name));
    response.on_hover_text(name);
}

/// One line of a menu, which closes it.
pub(crate) fn item(ui: &mut Ui, label: &str, enabled: bool, words: &str) -> bool {
    let clicked = said(button(ui, label, enabled), words).clicked();
    if clicked {
        ui.close();
    }
    clicked
}

fn said(response: Response, words: &str) -> Response {
    response.on_hover_text(words).on_disabled_hover_text(words)
}

fn resend_ui(ui: &mut Ui, cx: &mut Cx<'_>) {
    resend_menu_ui(ui, cx, |ui, cx| {
        let dead = &cx.state.front.dead;
        let idle = cx.state.is_connected() && !dead.is_busy();
        let peeked = dead.peeked.as_ref();
        let any = peeked.is_some_and(|peeked| !peeked.messages.is_empty());
        let chosen = dead.chosen_places();
        let edited = dead.edited(cx.forms, &chosen);
        let (label, words) = resend_words(chosen.len(), edited);
        if item(ui, &label, idle && !chosen.is_empty(), &words) {
            cx.act(Action::Dead(DeadAction::ResendSelected));
        }
        let depth = thousands(peeked.map_or(0, |peeked| peeked.depth).into());
        let mut words = format!("Send all {depth} of the queue, as they lie here");
        if dead.listing.is_filtered() {
            words.push_str(", also those that the filter leaves out");
        }
        if item(ui, "Resend all", idle && any, &words) {
            cx.act(Action::Dead(DeadAction::ResendAll));
        }
        let which = match dead.marked.len() {
            0 => "the whole queue".to_owned(),
            count => format!("the {} marked", thousands(count as u64)),
        };
        let watch = dead.bulk.watch;
        let words = format!(
            "Send one of {which}, watch {watch} s whether it dies again, then ten, then the rest. \
             Stops by itself when one comes back"
        );
        if item(ui, "Canary", idle && any, &words) {
            cx.act(Action::Dead(DeadAction::Canary));
        }
    });
}

/// What the button is called that sends the chosen messages, and what it does at more length: it
/// says what is sent edited and what as it lies.
fn resend_words(chosen: usize, edited: usize) -> (String, String) {
    let [all, some] = [chosen, edited].map(|count| thousands(count as u64));
    match (chosen, edited) {
        (0, _) => (
            "Resend selected".to_owned(),
            "Mark or select messages first".to_owned(),
        ),
        (_, 0) => (
            format!("Resend {all} unchanged"),
            format!("Send {all} as they lie here"),
        ),
        _ if edited == chosen => (
            format!("Resend {all} edited"),
            format!("Send {all} as you edited them"),
        ),
        _ => (
            format!("Resend {all} · {some} edited"),
            format!("Send {some} as you edited them, the others as they lie here"),
        ),
    }
}

fn by_rule_ui(ui: &mut Ui, cx: &mut Cx<'_>) {
    let (can, words) = by_rule(cx);
    if said(button(ui, "Edit by rule…", can), &words).clicked() {
        cx.act(Action::Dead(DeadAction::Rules(RuleAction::Open)));
    }
}

/// Whether messages can be edited by rule now, and which.
fn by_rule(cx: &Cx<'_>) -> (bool, String) {
    let dead = &cx.state.front.dead;
    let count = dead.listed_count();
    let which = match dead.marked.len() {
        0 => format!("all {} that are listed", thousands(count as u64)),
        marked => format!("the {} marked", thousands(marked as u64)),
    };
    let idle = cx.state.is_connected() && !dead.is_busy();
    let words =
        format!("Change a field in {which}, and see what becomes of each before it is sent");
    (idle && count > 0, words)
}

/// What is done less often, or more dangerous.
fn more_ui(ui: &mut Ui, cx: &mut Cx<'_>, queue: &str, is_narrow: bool) {
    let state = cx.state;
    let is_stream = state.front.dead.is_stream();
    let is_listed = {
        let mut listed = state.front.dead.queues.iter();
        listed.any(|dead| dead.queue.name == queue)
    };
    let can_mute = state.front.alerts.wanted && is_listed;
    if is_stream && !can_mute {
        return;
    }
    menu(ui, "", "⋯", "More", |ui| {
        if !is_stream && is_narrow {
            let (can, words) = by_rule(cx);
            if item(ui, "Edit by rule…", can, &words) {
                cx.act(Action::Dead(DeadAction::Rules(RuleAction::Open)));
            }
        }
        if !is_stream {
            discard_ui(ui, cx);
        }
        if can_mute {
            mute_ui(ui, cx, queue);
        }
    });
}

fn discard_ui(ui: &mut Ui, cx: &mut Cx<'_>) {
    let dead = &cx.state.front.dead;
    let idle = cx.state.is_connected() && !dead.is_busy();
    let count = dead.chosen_places().len();
    let words = match count {
        0 => "Mark or select messages first".to_owned(),
        count => format!(
            "Copy {} to the journal and remove them from the queue; asks first",
            count_of(count as u64, "message")
        ),
    };
    let color = Palette::of(ui).bad;
    let text = RichText::new("Discard").color(color);
    let response = ui.add_enabled(idle && count > 0, Button::new(text));
    if said(response, &words).clicked() {
        ui.close();
        cx.act(Action::Dead(DeadAction::AskDiscard));
    }
}

fn mute_ui(ui: &mut Ui, cx: &mut Cx<'_>, queue: &str) {
    let muted = cx.state.front.alerts.is_muted(queue);
    let (name, words) = if muted {
        ("Unmute", "Tell on the desktop again when this queue grows")
    } else {
        ("Mute", "Do not tell on the desktop when this queue grows")
    };
    if item(ui, name, true, words) {
        let action = AlertAction::Mute(queue.to_owned(), !muted);
        cx.act(Action::Alert(action));
    }
}

/// Who else takes messages out of this queue, if somebody does.
pub(crate) fn race_words(state: &State, queue: &str) -> Option<String> {
    let found = state.front.dead.ground.topology.queue(queue)?;
    let consumers = found.consumers.filter(|count| *count > 0)?;
    let verb = if consumers == 1 { "takes" } else { "take" };
    Some(format!(
        "{} {verb} messages here too: what you resend or discard may be gone before",
        count_of(consumers, "consumer")
    ))
}
