//! The journal: every message that was resent or discarded, where it is now, and the way back.

use eframe::egui::{
    ComboBox, Frame, Label, Panel, Rect, RichText, ScrollArea, Sense, Ui, WidgetInfo,
    accesskit::Role, vec2,
};

use super::super::Cx;
use super::super::inspector::{self, Origin};
use super::super::theme::{self, Palette, ROW, STEP};
use super::super::widgets::{button, cell, empty_state, weak};
use crate::domain::record::{Deed, Fate, Record};
use crate::state::Action;
use crate::state::journal::{JournalAction, KEEP_CHOICES};
use crate::state::live::clock;

/// Draws the journal into what is left of the screen.
pub(super) fn journal_ui(ui: &mut Ui, cx: &mut Cx<'_>, side: Frame) {
    let wide = ui.available_width();
    if let Some((_, event)) = &cx.state.journal.selected
        && let Some(record) = cx.state.journal.selected_record()
    {
        Panel::right("record")
            .default_size((wide * 0.42).clamp(320.0, 640.0))
            .size_range(300.0..=wide * 0.7)
            .frame(side)
            .show(ui, |ui| {
                fate_ui(ui, cx.actions, cx.state, record);
                ui.add_space(STEP);
                let memory = &mut cx.memory.inspector;
                let actions = inspector::inspector_ui(ui, memory, event, Origin::DeadLetter);
                cx.actions.extend(actions);
            });
    }
    let palette = Palette::of(ui);
    ui.horizontal(|ui| {
        if button(ui, "Read again", true).clicked() {
            cx.act(Action::Journal(JournalAction::Refresh));
        }
        let name = weak(ui, "Keep what is certain for");
        let days = cx.state.journal.keep_days;
        let combo = ComboBox::from_id_salt("keep_days")
            .selected_text(days_words(days))
            .width(90.0)
            .show_ui(ui, |ui| {
                for choice in KEEP_CHOICES {
                    let label = days_words(choice);
                    if ui.selectable_label(choice == days, label).clicked() {
                        let keep = JournalAction::Keep(choice);
                        cx.actions.push(Action::Journal(keep));
                        ui.close();
                    }
                }
            });
        let response = combo.response.labelled_by(name.id);
        ui.ctx()
            .accesskit_node_builder(response.id, |node| node.set_description(days_words(days)));
        weak(ui, "The rest is kept until you remove it");
    });
    if let Some(words) = &cx.state.journal.problem {
        ui.add(Label::new(RichText::new(words).color(palette.bad)).wrap());
    }
    ui.add_space(STEP);
    let records = &cx.state.journal.records;
    if records.is_empty() {
        empty_state(
            ui,
            "Nothing was moved yet",
            "Before a dead letter is resent or discarded, a complete copy of it is written here. \
             From here it can be put back",
        );
        return;
    }
    ui.spacing_mut().item_spacing.y = 0.0;
    ScrollArea::vertical()
        .auto_shrink([false, false])
        .show_rows(ui, ROW, records.len(), |ui, range| {
            for record in &records[range] {
                let selected = cx.state.journal.selected.as_ref();
                let selected = selected.is_some_and(|(id, _)| *id == record.id);
                if row_ui(ui, record, selected) {
                    let select = JournalAction::Select(record.id);
                    cx.actions.push(Action::Journal(select));
                }
            }
        });
}

fn days_words(days: u16) -> String {
    match days {
        365 => "1 year".to_owned(),
        3_650 => "10 years".to_owned(),
        days => format!("{days} days"),
    }
}

fn row_ui(ui: &mut Ui, record: &Record, selected: bool) -> bool {
    let palette = Palette::of(ui);
    let size = vec2(ui.available_width(), ROW);
    let (rect, response) = ui.allocate_exact_size(size, Sense::click());
    let deed = match record.deed {
        Deed::Resend => "Resend",
        Deed::Discard => "Discard",
    };
    let words = record.words();
    response.widget_info(|| {
        let name = format!("{deed} {} {words}", record.message.routing_key);
        WidgetInfo::selected(Role::Row, true, selected, name)
    });
    if selected {
        ui.painter().rect_filled(rect, 3, palette.selected);
    } else if response.hovered() {
        ui.painter().rect_filled(rect, 3, palette.hovered);
    }
    let color = match record.fate() {
        Fate::DuplicatePossible => palette.warn,
        Fate::Untouched | Fate::UnderWay => palette.text,
        Fate::Certain => palette.weak,
    };
    let mut left = rect.left() + 4.0;
    let mut put = |width: f32, text: &str, color, mono: bool| {
        let to = (left + width - 8.0).min(rect.right());
        let track = Rect::from_x_y_ranges(left..=to.max(left), rect.y_range());
        let font = if mono { theme::mono() } else { theme::words() };
        cell(ui, track, text, font, color, false);
        left += width;
    };
    put(104.0, &clock(record.at), palette.weak, true);
    put(64.0, deed, palette.text, false);
    let key = &record.message.routing_key;
    put(170.0, key, palette.key(key), true);
    put(rect.width(), &words, color, false);
    response.clicked()
}

fn fate_ui(ui: &mut Ui, actions: &mut Vec<Action>, state: &crate::state::State, record: &Record) {
    let palette = Palette::of(ui);
    let color = match record.fate() {
        Fate::DuplicatePossible => palette.warn,
        _ => palette.text,
    };
    ui.add(Label::new(RichText::new(record.words()).color(color)).wrap());
    if !record.words.is_empty() {
        ui.add(Label::new(RichText::new(&record.words).color(palette.weak)).wrap());
    }
    let mut facts = format!("{} on {}", record.message.queue, record.message.place);
    if let Some(sent) = &record.message.sent {
        let exchange = match &*sent.exchange {
            "" => "the default exchange",
            name => name,
        };
        facts.push_str(&format!(
            " · sent to {exchange} with key {}",
            sent.routing_key
        ));
        if sent.body != record.message.body {
            facts.push_str(" · edited");
        }
    }
    ui.add(Label::new(RichText::new(facts).color(palette.weak)).wrap());
    ui.horizontal(|ui| {
        let place = state.endpoint().map(crate::domain::Endpoint::place);
        let here = place.as_ref() == Some(&record.message.place);
        let idle = state.is_connected() && state.journal.putting.is_none();
        let under_way = record.fate() == Fate::UnderWay;
        let words = if here {
            "Publish this copy to the queue that it lay in"
        } else {
            "Connect to the broker that it came from first"
        };
        if button(ui, "Put back", here && idle && !under_way)
            .on_hover_text(words)
            .on_disabled_hover_text(words)
            .clicked()
        {
            actions.push(Action::Journal(JournalAction::PutBack(record.id)));
        }
        if button(ui, "Remove from journal", !under_way)
            .on_hover_text("Forget this record; the copy in it is gone then")
            .clicked()
        {
            actions.push(Action::Journal(JournalAction::Forget(record.id)));
        }
    });
}
