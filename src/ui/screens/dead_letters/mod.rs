//! Dead letters: the queues, the messages in one, and the repair of a message.

mod asking;
mod bulk;
mod by_rule;
mod consumers;
mod editor;
mod faithful;
mod filter_line;
mod groups;
mod journal;
mod links;
mod log;
mod messages;
mod peek;
mod queues;
mod table;
mod toolbar;

use eframe::egui::{CentralPanel, Frame, Key, Margin, Panel, Popup, Rangef, RichText, Ui, Vec2};

use crate::state::Action;
use crate::state::dead_letters::{DeadAction, DeadTab};
use crate::ui::Cx;
use crate::ui::frame::status_bar::thousands;
use crate::ui::parts::by_source;
use crate::ui::parts::share::Share;
use crate::ui::parts::theme::Palette;
use crate::ui::parts::widgets::{empty_state, tabs};

/// How the screen is laid out, in shares of its room.
#[derive(Clone, Copy, Debug)]
pub struct Shares {
    queues: Share,
    beside: Share,
    below: Share,
    groups: Share,
    rules: Share,
    jobs: Share,
    record: Share,
    consumers: Share,
}

impl Default for Shares {
    fn default() -> Self {
        Self {
            queues: Share::new(0.23),
            beside: Share::new(0.38),
            below: Share::new(0.56),
            groups: Share::new(0.4),
            rules: Share::new(0.3),
            jobs: Share::new(0.27),
            record: Share::new(0.38),
            consumers: Share::new(0.3),
        }
    }
}

impl Shares {
    /// All of them, by the names under which they are kept.
    pub(crate) fn named(&mut self) -> [(&'static str, &mut Share); 8] {
        [
            ("dead.queues", &mut self.queues),
            ("dead.message.beside", &mut self.beside),
            ("dead.message.below", &mut self.below),
            ("dead.groups", &mut self.groups),
            ("dead.rules", &mut self.rules),
            ("dead.jobs", &mut self.jobs),
            ("dead.record", &mut self.record),
            ("dead.consumers", &mut self.consumers),
        ]
    }
}

/// Where the message that is looked at stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stands {
    /// Right of the list.
    Beside,
    Below,
    /// In its place.
    Over,
}

/// Points from which the message has room beside the list.
const WIDE: f32 = 1_000.0;
/// Points from which it has room below the list.
const TALL: f32 = 520.0;

impl Stands {
    fn in_room(room: Vec2) -> Self {
        match () {
            () if room.x >= WIDE => Self::Beside,
            () if room.y >= TALL => Self::Below,
            () => Self::Over,
        }
    }
}

/// Draws the screen.
pub fn dead_letters_ui(ui: &mut Ui, cx: &mut Cx<'_>) {
    let palette = Palette::of(ui);
    let side = Frame::new()
        .fill(palette.panel)
        .inner_margin(Margin::symmetric(12, 8));
    let strip = Frame::new()
        .fill(palette.panel)
        .inner_margin(Margin::symmetric(12, 4));
    Panel::top("dead_tabs")
        .frame(strip)
        .show(ui, |ui| tabs_ui(ui, cx));
    if let Some(words) = by_source::no_dead_letters(cx.state)
        && !matches!(
            cx.state.front.dead.tab,
            DeadTab::Journal | DeadTab::Consumers
        )
    {
        CentralPanel::default()
            .frame(Frame::new().fill(palette.base))
            .show(ui, |ui| empty_state(ui, "No dead letters here", &words));
        return;
    }
    if let Some(rules) = &cx.state.front.dead.rules {
        by_rule::by_rule_ui(ui, cx, rules, side);
        return;
    }
    let frame = Frame::new()
        .fill(palette.base)
        .inner_margin(Margin::symmetric(12, 8));
    match cx.state.front.dead.tab {
        DeadTab::Queues => queues_tab_ui(ui, cx, side),
        DeadTab::Groups => {
            CentralPanel::default()
                .frame(Frame::new().fill(palette.base))
                .show(ui, |ui| groups::groups_ui(ui, cx, side));
        }
        DeadTab::Journal => {
            CentralPanel::default()
                .frame(frame)
                .show(ui, |ui| journal::journal_ui(ui, cx, side));
        }
        DeadTab::Consumers => {
            CentralPanel::default()
                .frame(Frame::new().fill(palette.base))
                .show(ui, |ui| consumers::consumers_ui(ui, cx, side));
        }
    }
}

fn queues_tab_ui(ui: &mut Ui, cx: &mut Cx<'_>, side: Frame) {
    let palette = Palette::of(ui);
    let room = ui.available_size();
    let mut shares = cx.memory.dead_shares;
    let queues = Panel::left("dead_queues").frame(side);
    let within = Rangef::new(190.0, room.x * 0.4);
    shares
        .queues
        .show_beside(ui, (queues, room.x, within), |ui| queues::queues_ui(ui, cx));
    let is_open = cx.state.front.dead.selected_message().is_some();
    let stands = Stands::in_room(room);
    match stands {
        Stands::Beside if is_open => {
            let panel = Panel::right("dead_editor").frame(side);
            let within = Rangef::new(300.0, room.x * 0.6);
            shares
                .beside
                .show_beside(ui, (panel, room.x, within), |ui| editor::editor_ui(ui, cx));
        }
        Stands::Below if is_open => {
            let panel = Panel::bottom("dead_editor_below")
                .resizable(true)
                .frame(side);
            let within = Rangef::new(160.0, room.y * 0.7);
            shares
                .below
                .show_below(ui, (panel, room.y, within), |ui| editor::editor_ui(ui, cx));
        }
        _ => {}
    }
    cx.memory.dead_shares = shares;
    let is_over = stands == Stands::Over && is_open;
    let fill = if is_over { palette.panel } else { palette.base };
    let frame = Frame::new()
        .fill(fill)
        .inner_margin(Margin::symmetric(12, 8));
    CentralPanel::default().frame(frame).show(ui, |ui| {
        if is_over {
            editor::editor_ui(ui, cx);
        } else {
            messages::messages_ui(ui, cx);
        }
    });
    asking::discard_ui(ui, cx);
    asking::whole_ui(ui, cx);
    let dead = &cx.state.front.dead;
    let is_asked = dead.asking.is_some() || dead.asking_all.is_some();
    if escapes(ui, cx, is_asked) && is_open {
        cx.act(Action::Dead(DeadAction::CloseMessage));
    }
}

/// Escape is for what is topmost: a menu, a question or a field comes before the message. What was
/// open in the last frame may have taken the key already, so that frame counts.
fn escapes(ui: &Ui, cx: &mut Cx<'_>, is_asked: bool) -> bool {
    let is_leaving = cx.state.leaving.is_some();
    let is_taken = is_asked
        || is_leaving
        || cx.memory.help
        || ui.text_edit_focused()
        || Popup::is_any_open(ui);
    let was_taken = std::mem::replace(&mut cx.memory.dead_escape_taken, is_taken);
    !was_taken && ui.input(|input| input.key_pressed(Key::Escape))
}

fn tabs_ui(ui: &mut Ui, cx: &mut Cx<'_>) {
    let (tab, unfinished) = (cx.state.front.dead.tab, cx.state.journal.doubtful());
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = 0.0;
        let mut all = vec![
            (DeadTab::Queues, by_source::front_words(cx.state).dead.tab),
            (DeadTab::Groups, "Groups"),
            (DeadTab::Journal, "Journal"),
        ];
        if cx.state.front.abilities().consumer_groups {
            all.push((DeadTab::Consumers, "Consumer groups"));
        }
        if let Some(tab) = tabs(ui, tab, &all) {
            cx.act(Action::Dead(DeadAction::Tab(tab)));
        }
        if unfinished > 0 {
            let words = format!("{} to look at", thousands(unfinished));
            ui.label(RichText::new(words).color(Palette::of(ui).warn));
        }
    });
}
