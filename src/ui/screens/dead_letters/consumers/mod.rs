//! Consumer groups: who reads what, how far behind each is, and where one without members goes on.

mod group;
mod reset;

use eframe::egui::{
    self, FontId, Frame, Panel, Rangef, Rect, RichText, ScrollArea, Sense, TextEdit, Ui,
    WidgetInfo, accesskit::Role, vec2,
};

use crate::kafka::groups::ConsumerGroup;
use crate::state::Action;
use crate::state::consumers::{ConsumerAction, ConsumerDesk};
use crate::text::numbers::thousands;
use crate::ui::Cx;
use crate::ui::parts::theme::{self, Palette, STEP};
use crate::ui::parts::widgets::{
    banner, button, cell, empty_state, field_margin, section, small_label, weak,
};

/// Height of a group in the list, in points.
const HEIGHT: f32 = 44.0;

/// Draws the groups into what is left of the screen.
pub(crate) fn consumers_ui(ui: &mut Ui, cx: &mut Cx<'_>, side: Frame) {
    let desk = &cx.state.front.consumers;
    if desk.reading.is_none() {
        match &desk.problem {
            Some(words) => empty_state(ui, "Consumer groups could not be read", words),
            None if cx.state.is_connected() => {
                empty_state(
                    ui,
                    "Reading consumer groups …",
                    "Nothing is joined or committed",
                );
            }
            None => empty_state(
                ui,
                "Not connected",
                "Consumer groups are read once it stands",
            ),
        }
        return;
    }
    let wide = ui.available_width();
    let panel = Panel::left("consumers").frame(side);
    let within = Rangef::new(210.0, wide * 0.5);
    let mut share = cx.memory.dead_shares.consumers;
    share.show_beside(ui, (panel, wide, within), |ui| list_ui(ui, cx, desk));
    cx.memory.dead_shares.consumers = share;
    let frame = Frame::new().inner_margin(egui::Margin::symmetric(12, 8));
    frame.show(ui, |ui| match desk.chosen() {
        Some(chosen) => group::group_ui(ui, cx, chosen),
        None => empty_state(
            ui,
            "Who reads what?",
            "Choose a group. It shows where the group is in each partition, how far that is from the \
             end, and what it did not read in time. Looking joins no group and commits nothing",
        ),
    });
}

fn list_ui(ui: &mut Ui, cx: &mut Cx<'_>, desk: &ConsumerDesk) {
    cx.memory.regions.panel(ui, 1);
    section(ui, "CONSUMER GROUPS");
    ui.horizontal(|ui| {
        let name = small_label(ui, "Find a group");
        let edit = TextEdit::singleline(&mut cx.forms.group_filter)
            .id(egui::Id::unique("find a group"))
            .desired_width((ui.available_width() - 88.0).max(60.0))
            .margin(field_margin());
        ui.add(edit).labelled_by(name.id);
        let may = cx.state.is_connected() && desk.asked.is_none();
        if button(ui, "Read again", may)
            .on_hover_text("While they are shown, groups are read every five seconds")
            .clicked()
        {
            cx.actions.push(Action::Consumers(ConsumerAction::Read));
        }
    });
    let warn = Palette::of(ui).warn;
    if let Some(words) = &desk.problem {
        banner(ui, warn, &format!("Shown as read before: {words}"));
    }
    let remarks = desk.reading.iter().flat_map(|reading| &reading.remarks);
    for words in remarks {
        banner(ui, warn, words);
    }
    let groups: Vec<&ConsumerGroup> = desk.listed(&cx.forms.group_filter).collect();
    if groups.is_empty() {
        let is_all = cx.forms.group_filter.trim().is_empty();
        weak(
            ui,
            if is_all {
                "There is no consumer group here that this login may see (that takes DESCRIBE on the group)"
            } else {
                "No group has these letters in its name"
            },
        );
    }
    ui.add_space(STEP);
    ScrollArea::vertical()
        .auto_shrink([false, false])
        .show_rows(ui, HEIGHT, groups.len(), |ui, range| {
            for group in &groups[range] {
                let selected = desk.selected.as_ref() == Some(&group.name);
                if row_ui(ui, group, &desk.trend(&group.name), selected) {
                    let select = ConsumerAction::Select(group.name.clone());
                    cx.actions.push(Action::Consumers(select));
                }
            }
        });
}

/// A lag as it is written in a column.
fn lag_text(lag: Option<u64>) -> String {
    lag.map_or("?".to_owned(), thousands)
}

fn row_ui(ui: &mut Ui, group: &ConsumerGroup, trend: &str, selected: bool) -> bool {
    let palette = Palette::of(ui);
    let size = vec2(ui.available_width(), HEIGHT);
    let (rect, response) = ui.allocate_exact_size(size, Sense::click());
    let lag = lag_text(group.lag());
    response.widget_info(|| {
        let name = format!("{} ({lag})", group.name);
        WidgetInfo::selected(Role::ListBoxOption, true, selected, name)
    });
    if selected {
        ui.painter().rect_filled(rect, 4, palette.selected);
    } else if response.hovered() {
        ui.painter().rect_filled(rect, 4, palette.hovered);
    }
    let inner = rect.shrink2(vec2(8.0, 5.0));
    let upper = Rect::from_min_max(inner.min, egui::pos2(inner.right(), inner.top() + 18.0));
    let number = Rect::from_min_max(egui::pos2(inner.right() - 76.0, upper.top()), upper.max);
    let words = Rect::from_min_max(upper.min, egui::pos2(number.left() - 8.0, upper.bottom()));
    let lower = Rect::from_min_max(egui::pos2(inner.left(), upper.bottom()), inner.max);
    cell(ui, words, &group.name, theme::mono(), palette.text, false);
    let color = match group.lag() {
        Some(0) | None => palette.weak,
        Some(_) => palette.warn,
    };
    cell(ui, number, &lag, theme::words(), color, true);
    let facts = joined(&group.facts(), trend);
    let color = if group.lost() > 0 {
        palette.bad
    } else {
        palette.weak
    };
    let small = FontId::proportional(theme::SIZES[0]);
    cell(ui, lower, &facts, small, color, false);
    let hover = format!("{}\nlag {lag} · {facts}", group.name);
    response.on_hover_text(RichText::new(hover)).clicked()
}

fn joined(facts: &str, trend: &str) -> String {
    if trend.is_empty() {
        return facts.to_owned();
    }
    format!("{facts} · {trend}")
}
