//! The fields of a message being written: used to publish an event and to edit a dead letter.

use eframe::egui::{self, Align, ComboBox, Id, Response, RichText, TextEdit, Ui};

use super::by_source::StoreWords;
use super::editor::{self, CodeEditor};
use super::theme::{self, Palette, STEP};
use super::widgets::{
    button, choice_field, field_margin, section, small_label, stacked_field, weak,
};
use crate::event::amqp::FieldType;
use crate::event::draft::record::PARTITION;
use crate::event::draft::{DESTINATION, Field, HeaderDraft, KEY, MAX_EDITABLE, Problem};
use crate::event::kafka_record::KeyForm;
use crate::event::picture::Picture;
use crate::event::{BodyDraft, Draft, HeaderRow};
use crate::state::publish::verdict::PayloadVerdict;
use crate::text::json_edit::Document;

/// Where the message goes: destination and key, with choices from what is known.
pub fn target_ui(
    ui: &mut Ui,
    draft: &mut Draft,
    (picture, words): (&Picture, &'static StoreWords),
    seen_keys: &[&str],
    problems: &[Problem],
) {
    ui.columns(2, |columns| {
        let label = words.destination;
        let shown = choice_field(&mut columns[0], label, &mut draft.destination, || {
            picture.open_destinations()
        });
        problem_ui(&mut columns[0], &shown, DESTINATION, problems);
        let destination = draft.destination.clone();
        let shown = choice_field(&mut columns[1], words.key, &mut draft.key, || {
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
        problem_ui(&mut columns[1], &shown, KEY, problems);
    });
    record_ui(ui, draft, problems);
}

/// What only Kafka takes: a partition, and what the key is.
fn record_ui(ui: &mut Ui, draft: &mut Draft, problems: &[Problem]) {
    let Some(record) = &mut draft.record else {
        return;
    };
    ui.columns(2, |columns| {
        let shown = stacked_field(&mut columns[0], PARTITION, &mut record.partition)
            .on_hover_text("Empty: the key decides");
        problem_ui(&mut columns[0], &shown, PARTITION, problems);
        columns[1].horizontal(|ui| {
            for (form, label, about) in [
                (
                    KeyForm::Text,
                    "Text key",
                    "The key as it is typed; an empty one is a key too",
                ),
                (KeyForm::Hex, "Hex key", "Two digits a byte, such as 0aff"),
                (
                    KeyForm::Null,
                    "No key",
                    "Not the same as an empty key: any partition may get it",
                ),
            ] {
                ui.radio_value(&mut record.key, form, label)
                    .on_hover_text(about);
            }
        });
    });
}

/// What stands in the place of the editor where a payload is too large for it.
fn large_ui(ui: &mut Ui, text: &mut String) {
    let size = crate::text::payload::size_text(text.len() as u64);
    let words = format!(
        "{size} are too much to be edited here, and are sent as they are. To change them: copy, edit \
         elsewhere, empty the payload, paste"
    );
    ui.add(egui::Label::new(words).wrap());
    let begin = crate::text::payload::shorten(text, 200);
    let begin = RichText::new(begin).font(theme::mono());
    ui.add(egui::Label::new(begin.color(Palette::of(ui).weak)).wrap());
    ui.horizontal_wrapped(|ui| {
        if button(ui, "Copy payload", true).clicked() {
            ui.ctx().copy_text(text.clone());
        }
        let empty = button(ui, "Empty payload", true).on_hover_text("Undo brings it back");
        if empty.clicked() {
            text.clear();
        }
    });
}

/// The payload editor with live advice below it. It grows with its text up to the height of the area
/// that it is in. What is said of the payload, and where its fault is, comes from `said`; without it
/// only whether it is JSON.
pub(crate) fn payload_ui(ui: &mut Ui, draft: &mut Draft, said: Option<&PayloadVerdict>) {
    let label = small_label(ui, "Payload").id;
    ui.add_space(-STEP * 1.5);
    let own = said.is_none().then(|| draft.payload_fault()).flatten();
    let fault = match (said, &own) {
        (Some(said), _) => said.place.clone().zip(said.fit.fault_words()),
        (None, Some(fault)) => Some((fault.at..fault.at, fault.to_string())),
        (None, None) => None,
    };
    let is_json = draft.claims_json();
    match &mut draft.body {
        BodyDraft::Text(text) if text.len() > MAX_EDITABLE => large_ui(ui, text),
        BodyDraft::Text(text) => {
            // Some room is left for what stands below, so that both are seen at once.
            let room = ui.clip_rect().height();
            let least = (room * 0.3).clamp(110.0, 320.0);
            let most = (room - 130.0).max(least);
            let looks_so = text.trim_start().starts_with(['{', '[']);
            CodeEditor::new(text, editor::PAYLOAD, least..=most)
                .json(is_json || looks_so)
                .fault(fault)
                .show(ui, label);
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
    ui.horizontal_wrapped(|ui| {
        if let Some(fault) = own {
            let words = RichText::new(format!("Not valid JSON: {fault}"))
                .size(theme::SIZES[0])
                .color(Palette::of(ui).bad);
            if ui.link(words).on_hover_text("Go to this place").clicked() {
                editor::jump_to(ui.ctx(), editor::PAYLOAD, fault.at..fault.at);
            }
        } else if said.is_none() {
            small_label(ui, &draft.payload_words());
        }
        if let BodyDraft::Text(text) = &mut draft.body
            && text.len() <= MAX_EDITABLE
            && let Some(pretty) = text.contains('{').then(|| tidy(ui, text)).flatten()
        {
            *text = pretty;
        }
    });
}

/// Selects a field of the payload, where it is a text, when that is drawn next; `pointer` is a JSON
/// pointer into it.
pub fn jump_to(ui: &Ui, draft: &Draft, pointer: &str) {
    let BodyDraft::Text(text) = &draft.body else {
        return;
    };
    if let Ok(document) = Document::new(text.clone()) {
        editor::jump_to(ui.ctx(), editor::PAYLOAD, document.place_of(pointer));
    }
}

/// A button that pretty prints, shown for what looks like JSON.
fn tidy(ui: &mut Ui, text: &str) -> Option<String> {
    button(ui, "Format JSON", true)
        .on_hover_text("Line breaks and indents; numbers and order stay as they are")
        .clicked()
        .then(|| crate::text::json::pretty_text(text))
        .flatten()
}

/// Properties and delivery mode.
fn properties_ui(ui: &mut Ui, draft: &mut Draft, problems: &[Problem]) {
    if draft.record.is_some() {
        let field = Field::Timestamp;
        let shown = stacked_field(ui, field.label(), draft.text_mut(field)).on_hover_text(
            "Milliseconds since 1970, or a date such as 2026-01-31T12:00:00.000Z. Empty is now; a topic \
             with LogAppendTime puts its own there",
        );
        problem_ui(ui, &shown, field.label(), problems);
        return;
    }
    for pair in Field::ALL.chunks(2) {
        ui.columns(2, |columns| {
            for (column, field) in columns.iter_mut().zip(pair) {
                let shown = stacked_field(column, field.label(), draft.text_mut(*field));
                problem_ui(column, &shown, field.label(), problems);
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
fn headers_ui(ui: &mut Ui, draft: &mut Draft, problems: &[Problem]) {
    let palette = Palette::of(ui);
    let mut removed = None;
    let is_record = draft.record.is_some();
    for (index, row) in draft.headers.iter_mut().enumerate() {
        let label = match &*row.name {
            "" if row.is_empty() => String::new(),
            "" => "Header".to_owned(),
            name => format!("Header {name}"),
        };
        let line = ui.horizontal(|ui| {
            let width = (ui.available_width() - 210.0).max(120.0);
            let name = named_field(
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
                            let all = FieldType::ALL.into_iter();
                            for other in all.filter(|one| !is_record || one.is_kafkas()) {
                                if ui.selectable_value(kind, other, other.name()).clicked() {
                                    ui.close();
                                }
                            }
                        });
                    ui.ctx().accesskit_node_builder(combo.response.id, |node| {
                        node.set_label(format!("Header {} type", index + 1));
                        node.set_description(name);
                    });
                    let value = named_field(
                        ui,
                        &format!("Header {} value", index + 1),
                        text,
                        width * 0.55,
                    );
                    if !kind.example().is_empty() {
                        value.on_hover_text(format!("For example {}", kind.example()));
                    }
                }
                HeaderDraft::Kept(value) => {
                    ui.label(RichText::new(value.type_name()).color(palette.accent));
                    let text = RichText::new(value.to_string()).font(theme::mono());
                    ui.add(egui::Label::new(text.color(palette.weak)).truncate())
                        .on_hover_text("Carried unchanged");
                }
            }
            if button(ui, "Remove", true).clicked() {
                removed = Some(index);
            }
            name
        });
        problem_ui(ui, &line.inner, &label, problems);
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

fn named_field(ui: &mut Ui, name: &str, text: &mut String, width: f32) -> Response {
    let edit = TextEdit::singleline(text)
        .font(theme::mono())
        .desired_width(width - 16.0);
    let field = ui.add(edit.margin(field_margin()));
    ui.ctx()
        .accesskit_node_builder(field.id, |node| node.set_label(name));
    field
}

/// What is wrong with a field, below it.
fn problem_ui(ui: &mut Ui, field: &Response, label: &str, problems: &[Problem]) {
    let asked = ui.data(|data| data.get_temp::<String>(wanted_id()));
    if asked.is_some_and(|asked| asked == label) {
        ui.data_mut(|data| data.remove_temp::<String>(wanted_id()));
        field.request_focus();
        ui.scroll_to_rect(field.rect, Some(Align::Center));
    }
    for problem in problems.iter().filter(|problem| problem.field == label) {
        let mut words = problem.words.chars();
        let first = words.next().map(|first| first.to_uppercase().to_string());
        let words = format!("{}{}", first.unwrap_or_default(), words.as_str());
        let text = RichText::new(words)
            .size(theme::SIZES[0])
            .color(Palette::of(ui).bad);
        ui.add(egui::Label::new(text).wrap());
    }
}

/// The label of the field that the person wants to go to.
fn wanted_id() -> Id {
    Id::unique("wanted_field")
}

/// What is wrong with the form, one line each; a click leads to the field.
pub fn problems_ui(ui: &mut Ui, problems: &[Problem], words: &'static StoreWords) {
    let bad = Palette::of(ui).bad;
    for problem in problems {
        let sentence = problem.sentence(words.label(&problem.field));
        let link = ui.link(RichText::new(sentence).color(bad));
        if link.on_hover_text("Go to this field").clicked() {
            ui.data_mut(|data| data.insert_temp(wanted_id(), problem.field.clone()));
        }
    }
}

/// The rarely needed parts, folded away unless something is wrong in them that the person wants to see.
pub fn details_ui(ui: &mut Ui, draft: &mut Draft, problems: &[Problem], open: bool) {
    let asked = ui.data(|data| data.get_temp::<String>(wanted_id()));
    let is_asked = |which: fn(&str) -> bool| asked.as_deref().is_some_and(which).then_some(true);
    egui::CollapsingHeader::new("Properties")
        .default_open(open)
        .open(is_asked(|label| {
            Field::ALL.iter().any(|field| field.label() == label)
        }))
        .show(ui, |ui| properties_ui(ui, draft, problems));
    let title = match draft.headers.len() {
        0 => "Headers".to_owned(),
        count => format!("Headers ({count})"),
    };
    egui::CollapsingHeader::new(title)
        .id_salt("headers")
        .default_open(open)
        .open(is_asked(|label| label.starts_with("Header")))
        .show(ui, |ui| {
            if draft.headers.is_empty() {
                weak(
                    ui,
                    if draft.record.is_some() {
                        "Bytes under a name, in this order; a name may stand twice, and void is no value"
                    } else {
                        "Each header keeps its AMQP type"
                    },
                );
            }
            headers_ui(ui, draft, problems);
        });
}

/// A title above a part of a form.
pub fn part(ui: &mut Ui, title: &str) {
    ui.add_space(STEP);
    section(ui, title);
}
