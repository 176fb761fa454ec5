//! One consumer group: its members, and where it is in each partition.

use eframe::egui::{
    self, FontId, Label, Rect, RichText, ScrollArea, Sense, Ui, WidgetInfo, accesskit::Role, vec2,
};

use super::{joined, lag_text, reset};
use crate::kafka::groups::{ConsumerGroup, GroupMember, GroupPlace};
use crate::state::Action;
use crate::state::consumers::ConsumerAction;
use crate::text::numbers::{count_of, thousands};
use crate::ui::Cx;
use crate::ui::parts::theme::{self, Palette, STEP};
use crate::ui::parts::widgets::{banner, button, cell, section, weak};

/// Height of a row, in points.
pub(super) const ROW: f32 = 22.0;
/// Height of the list of members, in points; more are scrolled to.
const SHOWN: f32 = 76.0;
/// Most members that are told of.
const MEMBERS: usize = 50;

pub(super) fn group_ui(ui: &mut Ui, cx: &mut Cx<'_>, group: &ConsumerGroup) {
    let state = cx.state;
    let desk = &state.front.consumers;
    let heading = RichText::new(&group.name).font(FontId::monospace(theme::SIZES[2]));
    ui.add(Label::new(heading).wrap());
    let protocol = group.protocol.words().unwrap_or_default();
    let trend = desk.trend(&group.name);
    let lag = match group.lag() {
        Some(lag) => format!("lag {}", thousands(lag)),
        None => "lag not known".to_owned(),
    };
    let facts = joined(&format!("{} · {lag}", group.facts()), &trend);
    weak(ui, joined(&facts, &protocol));
    if let Some(words) = &group.trouble {
        banner(ui, Palette::of(ui).warn, words);
    }
    ui.add_space(STEP);
    if let Some(open) = &desk.reset {
        reset::reset_ui(ui, cx, group, open);
        return;
    }
    ui.horizontal_wrapped(|ui| {
        let why_not = group.why_no_reset();
        let may = state.is_connected() && why_not.is_none();
        let about = "Choose where the group goes on, and see first what that would mean";
        if button(ui, "Reset offsets…", may)
            .on_hover_text(about)
            .on_disabled_hover_text(why_not.as_deref().unwrap_or("Not connected"))
            .clicked()
        {
            cx.actions
                .push(Action::Consumers(ConsumerAction::OpenReset));
        }
        if let Some(words) = why_not {
            let text = RichText::new(words).color(Palette::of(ui).weak);
            ui.add(Label::new(text).wrap());
        }
    });
    members_ui(ui, &group.members);
    reset::kept_ui(ui, cx, group);
    section(ui, "PARTITIONS");
    if group.places.is_empty() {
        weak(ui, "It has no offset, and no member that reads a partition");
        return;
    }
    weak(
        ui,
        "Lag counts offsets, and so also marks of transactions and what was compacted away",
    );
    places_ui(ui, &group.places);
}

fn members_ui(ui: &mut Ui, members: &[GroupMember]) {
    if members.is_empty() {
        return;
    }
    section(ui, "MEMBERS");
    ScrollArea::vertical()
        .id_salt("members")
        .max_height(SHOWN)
        .auto_shrink([false, true])
        .show(ui, |ui| {
            ui.spacing_mut().item_spacing.y = 2.0;
            for member in members.iter().take(MEMBERS) {
                let text = RichText::new(member_words(member)).color(Palette::of(ui).text);
                ui.add(Label::new(text).truncate());
            }
            if members.len() > MEMBERS {
                weak(ui, format!("and {} more", members.len() - MEMBERS));
            }
        });
}

fn member_words(member: &GroupMember) -> String {
    let reads = match &member.reads {
        None => "what it reads is not told".to_owned(),
        Some(reads) if reads.is_empty() => "reads nothing now".to_owned(),
        Some(reads) => {
            let mut topics: Vec<&str> = reads.iter().map(|(topic, _)| topic.as_str()).collect();
            topics.dedup();
            let partitions = count_of(reads.len() as u64, "partition");
            format!("reads {partitions} of {}", topics.join(", "))
        }
    };
    let instance = member.instance.as_ref();
    let instance = instance.map_or(String::new(), |name| format!(" (instance {name})"));
    format!("{}{instance} at {}: {reads}", member.client, member.host)
}

/// The columns of a table, as shares of its width.
const COLUMNS: [(&str, f32, bool); 6] = [
    ("Topic", 0.24, false),
    ("Partition", 0.09, true),
    ("Committed", 0.12, true),
    ("End", 0.12, true),
    ("Lag", 0.1, true),
    ("Remark", 0.33, false),
];

fn places_ui(ui: &mut Ui, places: &[GroupPlace]) {
    header_ui(ui, &COLUMNS);
    ScrollArea::vertical()
        .id_salt("places")
        .auto_shrink([false, false])
        .show_rows(ui, ROW, places.len(), |ui, range| {
            for place in &places[range] {
                let number = |number: Option<u64>| number.map_or("–".to_owned(), thousands);
                let reader = place.reader.as_ref();
                let reader = reader.map_or(String::new(), |name| format!("read by {name}"));
                let cells = [
                    place.topic.clone(),
                    place.partition.to_string(),
                    number(place.committed),
                    number(place.within.map(|(_, end)| end)),
                    lag_text(place.lag()),
                    joined(&place.remark(), &reader)
                        .trim_start_matches(" · ")
                        .to_owned(),
                ];
                let is_bad = place.lost() > 0 || place.is_beyond();
                row_ui(ui, &COLUMNS, &cells, is_bad);
            }
        });
}

/// The names of columns.
pub(super) fn header_ui(ui: &mut Ui, columns: &[(&str, f32, bool)]) {
    let names: Vec<String> = columns
        .iter()
        .map(|(name, ..)| (*name).to_owned())
        .collect();
    let size = vec2(ui.available_width(), ROW);
    let (rect, _) = ui.allocate_exact_size(size, Sense::hover());
    let color = Palette::of(ui).weak;
    cells_ui(ui, rect, columns, &names, color);
}

/// A row: one accessible node with the text of its cells.
pub(super) fn row_ui(ui: &mut Ui, columns: &[(&str, f32, bool)], cells: &[String], is_bad: bool) {
    let size = vec2(ui.available_width(), ROW);
    let (rect, response) = ui.allocate_exact_size(size, Sense::hover());
    let all = cells.join(" · ");
    response.widget_info(|| WidgetInfo::labeled(Role::Row, true, &all));
    let palette = Palette::of(ui);
    let color = if is_bad { palette.bad } else { palette.text };
    cells_ui(ui, rect, columns, cells, color);
    response.on_hover_text(all);
}

fn cells_ui(
    ui: &Ui,
    rect: Rect,
    columns: &[(&str, f32, bool)],
    cells: &[String],
    color: egui::Color32,
) {
    let mut left = rect.left();
    for ((_, share, is_right), text) in columns.iter().zip(cells) {
        let width = rect.width() * share;
        let within = Rect::from_min_max(
            egui::pos2(left, rect.top()),
            egui::pos2(left + width - 10.0, rect.bottom()),
        );
        cell(ui, within, text, theme::words(), color, *is_right);
        left += width;
    }
}
