//! The messages of the open queue in groups: what they have in common, when they died, and what
//! tells them from the events that passed.

use eframe::egui::{
    self, ComboBox, FontId, Frame, Label, Panel, Rangef, Rect, RichText, ScrollArea, Sense, Ui,
    WidgetInfo, accesskit::Role, vec2,
};

use super::bulk::{job_ui, resend_menu_ui};
use super::toolbar::item;
use crate::repair::groups::GroupBy;
use crate::repair::mend::Mend;
use crate::repair::why::Difference;
use crate::state::Action;
use crate::state::dead_letters::groups::{CommonGroup, Findings};
use crate::state::dead_letters::{DeadAction, Peeked, RuleAction};
use crate::text::numbers::{count_of, thousands};
use crate::ui::Cx;
use crate::ui::parts::by_source::{self, StoreWords};
use crate::ui::parts::theme::{self, Palette, STEP};
use crate::ui::parts::widgets::{button, cell, empty_state, primary_button, section, weak};

/// Height of a group in the list, in points.
const HEIGHT: f32 = 44.0;

/// Most keys that are named.
const KEYS: usize = 5;

/// Draws the groups into what is left of the screen.
pub(crate) fn groups_ui(ui: &mut Ui, cx: &mut Cx<'_>, side: Frame) {
    let state = cx.state;
    let Some(peeked) = state
        .front
        .dead
        .peeked
        .as_ref()
        .filter(|p| !p.messages.is_empty())
    else {
        empty_state(
            ui,
            "Nothing to group yet",
            &format!(
                "Open one under {} that has dead letters. Here they are put together by what killed them",
                by_source::front_words(state).dead.tab
            ),
        );
        return;
    };
    let wide = ui.available_width();
    let panel = Panel::left("groups").frame(side);
    let within = Rangef::new(210.0, wide * 0.6);
    let mut share = cx.memory.dead_shares.groups;
    share.show_beside(ui, (panel, wide, within), |ui| list_ui(ui, cx, peeked));
    cx.memory.dead_shares.groups = share;
    let frame = Frame::new().inner_margin(egui::Margin::symmetric(12, 8));
    frame.show(ui, |ui| match state.front.dead.groups.chosen() {
        Some(group) => group_ui(ui, cx, group),
        None => empty_state(
            ui,
            "Why did these die?",
            &format!(
                "Choose a group. It is compared with the events of the same {} that a tap saw pass",
                by_source::front_words(state).key_within()
            ),
        ),
    });
}

fn list_ui(ui: &mut Ui, cx: &mut Cx<'_>, peeked: &Peeked) {
    let groups = &cx.state.front.dead.groups;
    let total = peeked.messages.len();
    let queue = RichText::new(&peeked.queue).font(FontId::monospace(14.0));
    ui.add(Label::new(queue.strong()).truncate());
    weak(ui, looked_at(peeked));
    ui.horizontal(|ui| {
        let name = weak(ui, "Group by");
        let words = by_source::front_words(cx.state);
        let combo = ComboBox::from_id_salt("group_by")
            .selected_text(words.group_by(groups.by))
            .width(180.0)
            .height(320.0)
            .show_ui(ui, |ui| {
                for by in GroupBy::ALL {
                    if ui
                        .selectable_label(by == groups.by, words.group_by(by))
                        .clicked()
                    {
                        cx.actions.push(Action::Dead(DeadAction::GroupBy(by)));
                        ui.close();
                    }
                }
            });
        let response = combo.response.labelled_by(name.id);
        ui.ctx().accesskit_node_builder(response.id, |node| {
            node.set_description(words.group_by(groups.by));
        });
    });
    ui.add_space(STEP);
    if groups.groups.is_empty() && groups.is_grouping() {
        weak(ui, "Grouping…");
        return;
    }
    ScrollArea::vertical()
        .auto_shrink([false, false])
        .show_rows(ui, HEIGHT, groups.groups.len(), |ui, range| {
            for group in &groups.groups[range] {
                let selected = groups.selected.as_ref() == Some(&group.name);
                if row_ui(ui, group, total, selected) {
                    let select = DeadAction::SelectGroup(group.name.clone());
                    cx.actions.push(Action::Dead(select));
                }
            }
        });
}

/// Of which messages the groups are: of all, or of those of a page.
fn looked_at(peeked: &Peeked) -> String {
    let shown = count_of(peeked.messages.len() as u64, "message");
    if let Some(since) = peeked.since() {
        return format!("The {shown} looked at · {since}");
    }
    if peeked.shows_all() {
        return format!("All {shown} of the queue");
    }
    let depth = thousands(peeked.depth.into());
    format!("The {shown} looked at, of {depth} in the queue")
}

fn row_ui(ui: &mut Ui, group: &CommonGroup, total: usize, selected: bool) -> bool {
    let palette = Palette::of(ui);
    let size = vec2(ui.available_width(), HEIGHT);
    let (rect, response) = ui.allocate_exact_size(size, Sense::click());
    let count = thousands(group.members.len() as u64);
    response.widget_info(|| {
        let name = format!("{} ({count})", group.name);
        WidgetInfo::selected(Role::ListBoxOption, true, selected, name)
    });
    let painter = ui.painter();
    if selected {
        painter.rect_filled(rect, 4, palette.selected);
    } else if response.hovered() {
        painter.rect_filled(rect, 4, palette.hovered);
    }
    let inner = rect.shrink2(vec2(8.0, 6.0));
    let upper = Rect::from_min_max(inner.min, egui::pos2(inner.right(), inner.top() + 18.0));
    let number = Rect::from_min_max(egui::pos2(inner.right() - 56.0, upper.top()), upper.max);
    let words = Rect::from_min_max(upper.min, egui::pos2(number.left() - 8.0, upper.bottom()));
    cell(ui, words, &group.name, theme::words(), palette.text, false);
    cell(ui, number, &count, theme::words(), palette.warn, true);
    let lower = Rect::from_min_max(egui::pos2(inner.left(), upper.bottom() + 4.0), inner.max);
    let bar = Rect::from_min_size(lower.min, vec2(lower.width() * 0.5 - 8.0, lower.height()));
    let bar = bar
        .with_min_y(bar.center().y - 2.0)
        .with_max_y(bar.center().y + 2.0);
    ui.painter().rect_filled(bar, 2, palette.line);
    let part = ratio(group.members.len(), total);
    let filled = bar.with_max_x(bar.left() + bar.width() * part);
    ui.painter().rect_filled(filled, 2, palette.warn);
    let right = lower.with_min_x(lower.center().x);
    histogram_ui(ui, right, &group.times);
    let share = format!("{count} of the {} looked at", thousands(total as u64));
    response
        .on_hover_text(format!("{}\n{share}", group.name))
        .clicked()
}

#[expect(clippy::cast_precision_loss, reason = "counts for a picture")]
fn ratio(part: usize, of: usize) -> f32 {
    part as f32 / of.max(1) as f32
}

/// Bars over the time in which all messages died.
fn histogram_ui(ui: &Ui, rect: Rect, times: &[u32]) {
    let Some(most) = times.iter().max().filter(|most| **most > 0) else {
        return;
    };
    let color = Palette::of(ui).weak;
    let width = rect.width() * ratio(1, times.len());
    let mut left = rect.left();
    for count in times {
        let height = rect.height() * ratio(*count as usize, *most as usize);
        if *count > 0 {
            let from = egui::pos2(left, rect.bottom() - height.max(1.5));
            let to = egui::pos2(left + (width - 1.0).max(1.0), rect.bottom());
            ui.painter()
                .rect_filled(Rect::from_min_max(from, to), 0, color);
        }
        left += width;
    }
}

fn group_ui(ui: &mut Ui, cx: &mut Cx<'_>, group: &CommonGroup) {
    let state = cx.state;
    let palette = Palette::of(ui);
    let heading = RichText::new(&group.name).font(FontId::proportional(theme::SIZES[2]));
    ui.add(Label::new(heading).wrap());
    let messages = count_of(group.members.len() as u64, "message");
    let all = state.front.dead.peeked.as_ref();
    let all = all.map_or(0, |peeked| peeked.messages.len());
    weak(
        ui,
        format!(
            "{messages} of the {} looked at, grouped by {}",
            thousands(all as u64),
            by_source::front_words(state)
                .group_by(state.front.dead.groups.by)
                .to_lowercase()
        ),
    );
    ui.add_space(STEP);
    let idle = state.is_connected() && !state.front.dead.is_busy();
    ui.horizontal_wrapped(|ui| {
        if primary_button(ui, "Edit by rule…", idle)
            .on_hover_text("Change a field in all of them, and see what becomes of each first")
            .clicked()
        {
            cx.act(Action::Dead(DeadAction::Rules(RuleAction::OpenGroup)));
        }
        resend_menu_ui(ui, cx, |ui, cx| resend_items_ui(ui, cx, group, &messages));
        if button(ui, "Mark in queue", true)
            .on_hover_text("Mark them under Queues, to look at them or discard them")
            .clicked()
        {
            cx.act(Action::Dead(DeadAction::MarkGroup));
        }
    });
    job_ui(ui, cx);
    ui.add_space(STEP * 2.0);
    section(ui, "WHY DID THESE DIE?");
    let Some(found) = &state.front.dead.groups.findings else {
        weak(ui, "Comparing…");
        return;
    };
    ScrollArea::vertical()
        .auto_shrink([false, false])
        .show(ui, |ui| {
            for one in &found.differences {
                let words = one.words(|number| thousands(number as u64));
                ui.add(Label::new(RichText::new(words).color(palette.text)).wrap());
                mend_ui(ui, cx, one, idle);
                ui.add_space(STEP);
            }
            weak(ui, conclusion(found, by_source::front_words(cx.state)));
        });
}

/// What sends the messages of a group.
fn resend_items_ui(ui: &mut Ui, cx: &mut Cx<'_>, group: &CommonGroup, messages: &str) {
    let dead = &cx.state.front.dead;
    let idle = cx.state.is_connected() && !dead.is_busy();
    let (label, words) = match dead.edited_of(cx.forms, &group.members) {
        0 => ("Resend group".to_owned(), "as they lie there"),
        edited => (
            format!("Resend group · {} edited", thousands(edited as u64)),
            "those that you edited as edited, the others as they lie there",
        ),
    };
    if item(ui, &label, idle, &format!("Send {messages}, {words}")) {
        cx.act(Action::Dead(DeadAction::ResendGroup));
    }
    let words = format!(
        "Send one of them, watch {} s whether it dies again, then ten, then the rest",
        dead.bulk.watch
    );
    if item(ui, "Canary", idle, &words) {
        cx.act(Action::Dead(DeadAction::GroupCanary));
    }
}

/// From what was found to the rule that mends it.
fn mend_ui(ui: &mut Ui, cx: &mut Cx<'_>, difference: &Difference, idle: bool) {
    let Some(mend) = Mend::of(difference) else {
        return;
    };
    if button(ui, &mend.words, idle)
        .on_hover_text("Write this rule, and see what becomes of each message before it is sent")
        .clicked()
    {
        cx.act(Action::Dead(DeadAction::MendGroup(mend.form)));
    }
}

/// What the comparison rests on, and what to do where it cannot be made.
fn conclusion(found: &Findings, words: &'static StoreWords) -> String {
    let (key, destination) = (words.key_within(), words.destination_within());
    let mut keys = found.keys[..found.keys.len().min(KEYS)].join(", ");
    if found.keys.len() > KEYS {
        keys.push_str(&format!(" and {} more", found.keys.len() - KEYS));
    }
    let passed = thousands(found.passed as u64);
    match (found.passed, found.differences.is_empty()) {
        (0, _) => format!(
            "No event with the {key} {keys} was seen to pass, so there is nothing to compare \
             with. Start a tap on the {destination} under Live, wait for some events, and choose the \
             group again"
        ),
        (_, true) => format!(
            "Nothing tells them from the {passed} events with the {key} {keys} that were \
             seen to pass. The cause may lie in the consumer, not in the events"
        ),
        (_, false) => format!(
            "Compared with {passed} events with the {key} {keys} that a tap saw and that are \
             not among these dead letters"
        ),
    }
}
