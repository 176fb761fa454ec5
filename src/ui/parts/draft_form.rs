//! The fields of a message being written: used to publish an event and to edit a dead letter.

use eframe::egui::text::{CCursor, CCursorRange};
use eframe::egui::{self, Align, ComboBox, RichText, ScrollArea, TextEdit, Ui};

use super::by_source::StoreWords;
use super::theme::{self, Palette, STEP};
use super::widgets::{
    button, choice_field, field_margin, section, small_label, stacked_field, weak,
};
use crate::event::amqp::FieldType;
use crate::event::draft::{Field, HeaderDraft, Problem};
use crate::event::picture::Picture;
use crate::event::{BodyDraft, Draft, HeaderRow};
use crate::text::json_edit::Document;

/// Where the message goes: destination and key, with choices from what is known.
pub fn target_ui(
    ui: &mut Ui,
    draft: &mut Draft,
    (picture, words): (&Picture, StoreWords),
    seen_keys: &[&str],
) {
    ui.columns(2, |columns| {
        let label = words.destination;
        choice_field(&mut columns[0], label, &mut draft.destination, || {
            picture.open_destinations()
        });
        let destination = draft.destination.clone();
        choice_field(&mut columns[1], words.key, &mut draft.key, || {
            if destination.is_empty() {
                return picture.holder_names();
            }
            let bound = picture.keys_of(&destination).into_iter();
            let mut keys: Vec<&str> = bound
                .filter(|key| !key.contains(['#', '*']) && !key.is_empty())
                .chain(seen_keys.iter().copied())
                .collect();
            keys.sort_unstable();
            keys.dedup();
            keys
        });
    });
}

/// The payload editor with live advice below it.
pub fn payload_ui(ui: &mut Ui, draft: &mut Draft, rows: usize) {
    let palette = Palette::of(ui);
    let label = small_label(ui, "Payload").id;
    ui.add_space(-STEP * 1.5);
    match &mut draft.body {
        BodyDraft::Text(text) => {
            #[expect(clippy::cast_precision_loss, reason = "a few rows")]
            let height = rows as f32 * 14.5 + 12.0;
            ScrollArea::vertical()
                .id_salt("payload_editor")
                .max_height(height)
                .show(ui, |ui| {
                    // One editor is on screen at a time. What is said above it comes and goes, and
                    // must not end the typing.
                    let edit = TextEdit::multiline(text)
                        .id(egui::Id::unique("payload_text"))
                        .font(theme::mono())
                        .desired_rows(rows)
                        .desired_width(f32::INFINITY)
                        .lock_focus(true)
                        .margin(field_margin());
                    let mut shown = edit.show(ui);
                    shown.response.response.clone().labelled_by(label);
                    let asked = ui.data_mut(|data| data.remove_temp::<(usize, usize)>(jump_id()));
                    if let Some((from, to)) = asked {
                        let range = CCursorRange::two(CCursor::new(from), CCursor::new(to));
                        shown.state.cursor.set_char_range(Some(range));
                        shown.state.store(ui.ctx(), shown.response.id);
                        shown.response.request_focus();
                        let place = shown.galley.pos_from_cursor(CCursor::new(from));
                        let place = place.translate(shown.galley_pos.to_vec2());
                        ui.scroll_to_rect(place, Some(Align::Center));
                    }
                });
        }
        BodyDraft::Kept { bytes, why } => {
            let size = crate::text::payload::size_text(bytes.len() as u64);
            let words = format!("{why}, so its {size} are sent unchanged");
            ui.add(egui::Label::new(words).wrap());
        }
    }
    if let Some(words) = draft.packing_words() {
        weak(ui, words);
    }
    ui.horizontal(|ui| {
        match draft.payload_check() {
            Ok(words) => ui.label(
                RichText::new(words)
                    .size(theme::SIZES[0])
                    .color(palette.weak),
            ),
            Err(words) => {
                let text = format!("Not valid JSON: {words}");
                ui.label(RichText::new(text).size(theme::SIZES[0]).color(palette.bad))
            }
        };
        if let BodyDraft::Text(text) = &mut draft.body
            && let Some(pretty) = text.contains('{').then(|| tidy(ui, text)).flatten()
        {
            *text = pretty;
        }
    });
}

fn jump_id() -> egui::Id {
    egui::Id::unique("payload_jump")
}

/// Selects a field of the payload, where it is a text, when that is drawn next; `pointer` is a JSON
/// pointer into it.
pub fn jump_to(ui: &Ui, draft: &Draft, pointer: &str) {
    let BodyDraft::Text(text) = &draft.body else {
        return;
    };
    if let Ok(document) = Document::new(text.clone()) {
        let place = document.place_of(pointer);
        // A cursor counts characters.
        let characters = |end: usize| text.get(..end).map_or(0, |part| part.chars().count());
        let range = (characters(place.start), characters(place.end));
        ui.data_mut(|data| data.insert_temp(jump_id(), range));
    }
}

/// A button that pretty prints, shown for what looks like JSON.
fn tidy(ui: &mut Ui, text: &str) -> Option<String> {
    ui.small_button("Format JSON")
        .on_hover_text("Line breaks and indents; numbers and order stay as they are")
        .clicked()
        .then(|| crate::text::json::pretty_text(text))
        .flatten()
}

/// Properties and delivery mode.
pub fn properties_ui(ui: &mut Ui, draft: &mut Draft) {
    for pair in Field::ALL.chunks(2) {
        ui.columns(2, |columns| {
            for (column, field) in columns.iter_mut().zip(pair) {
                stacked_field(column, field.label(), draft.text_mut(*field));
            }
        });
    }
    ui.horizontal(|ui| {
        let name = small_label(ui, "Delivery mode");
        let modes = [
            (Some(2), "Persistent"),
            (Some(1), "Transient"),
            (None, "Not set"),
        ];
        let text = modes
            .iter()
            .find(|(mode, _)| *mode == draft.delivery_mode)
            .map_or("Unusual", |(_, text)| text);
        let combo = ComboBox::from_id_salt("delivery_mode")
            .selected_text(text)
            .show_ui(ui, |ui| {
                for (mode, text) in modes {
                    if ui
                        .selectable_value(&mut draft.delivery_mode, mode, text)
                        .clicked()
                    {
                        ui.close();
                    }
                }
            });
        let response = combo.response.labelled_by(name.id);
        ui.ctx()
            .accesskit_node_builder(response.id, |node| node.set_description(text));
    });
}

/// Typed headers.
pub fn headers_ui(ui: &mut Ui, draft: &mut Draft) {
    let palette = Palette::of(ui);
    let mut removed = None;
    for (index, row) in draft.headers.iter_mut().enumerate() {
        ui.horizontal(|ui| {
            let width = (ui.available_width() - 210.0).max(120.0);
            named_field(
                ui,
                &format!("Header {} name", index + 1),
                &mut row.name,
                width * 0.45,
            );
            match &mut row.value {
                HeaderDraft::Typed(kind, text) => {
                    let name = kind.name();
                    let combo = ComboBox::from_id_salt(("header_type", index))
                        .selected_text(name)
                        .width(84.0)
                        .show_ui(ui, |ui| {
                            for other in FieldType::ALL {
                                if ui.selectable_value(kind, other, other.name()).clicked() {
                                    ui.close();
                                }
                            }
                        });
                    ui.ctx().accesskit_node_builder(combo.response.id, |node| {
                        node.set_label(format!("Header {} type", index + 1));
                        node.set_description(name);
                    });
                    named_field(
                        ui,
                        &format!("Header {} value", index + 1),
                        text,
                        width * 0.55,
                    );
                }
                HeaderDraft::Kept(value) => {
                    ui.label(RichText::new(value.type_name()).color(palette.accent));
                    let text = RichText::new(value.to_string()).font(theme::mono());
                    ui.add(egui::Label::new(text.color(palette.weak)).truncate())
                        .on_hover_text("Carried unchanged");
                }
            }
            if ui.small_button("Remove").clicked() {
                removed = Some(index);
            }
        });
    }
    if let Some(index) = removed {
        draft.headers.remove(index);
    }
    if button(ui, "Add header", true).clicked() {
        draft.headers.push(HeaderRow {
            name: String::new(),
            value: HeaderDraft::Typed(FieldType::Text, String::new()),
        });
    }
}

fn named_field(ui: &mut Ui, name: &str, text: &mut String, width: f32) {
    let edit = TextEdit::singleline(text)
        .font(theme::mono())
        .desired_width(width - 16.0);
    let field = ui.add(edit.margin(field_margin()));
    ui.ctx()
        .accesskit_node_builder(field.id, |node| node.set_label(name));
}

/// What is wrong with the form, one line each.
pub fn problems_ui(ui: &mut Ui, problems: &[Problem], words: StoreWords) {
    let bad = Palette::of(ui).bad;
    for problem in problems {
        ui.label(
            RichText::new(format!(
                "{}: {}",
                words.label(&problem.field),
                problem.words
            ))
            .color(bad),
        );
    }
}

/// The rarely needed parts, folded away.
pub fn details_ui(ui: &mut Ui, draft: &mut Draft, open: bool) {
    let header = |title: &str| egui::CollapsingHeader::new(title.to_owned()).default_open(open);
    header("Properties").show(ui, |ui| properties_ui(ui, draft));
    let title = match draft.headers.len() {
        0 => "Headers".to_owned(),
        count => format!("Headers ({count})"),
    };
    header(&title).id_salt("headers").show(ui, |ui| {
        if draft.headers.is_empty() {
            weak(ui, "Each header keeps its AMQP type");
        }
        headers_ui(ui, draft);
    });
}

/// A title above a part of a form.
pub fn part(ui: &mut Ui, title: &str) {
    ui.add_space(STEP);
    section(ui, title);
}
