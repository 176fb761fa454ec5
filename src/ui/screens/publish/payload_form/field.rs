//! One field of a form: its label, its input, and what is wrong with it.

use std::collections::BTreeMap;

use eframe::egui::{
    Align, Button, ComboBox, Label, Layout, Response, RichText, Sense, TextEdit, Ui, UiBuilder,
    vec2,
};

use crate::schema::form::fields::{FieldEdit, FormField, Input, Union};
use crate::text::json;
use crate::ui::parts::theme::{self, Palette, STEP};
use crate::ui::parts::widgets::{button, field_margin, weak};

/// Height of one line.
const LINE: f32 = 24.0;
/// Width of the hint beside a field.
const HINT: f32 = 76.0;

/// What was typed and is not in the payload.
pub(crate) struct Typing<'a> {
    pub typed: &'a mut BTreeMap<String, String>,
    pub names: &'a mut BTreeMap<String, String>,
}

/// Draws a field; what the person did to it.
pub(crate) fn field_ui(
    ui: &mut Ui,
    field: &FormField,
    errors: &[String],
    mut memory: Typing<'_>,
) -> Option<FieldEdit> {
    let palette = Palette::of(ui);
    let mut edit = None;
    ui.push_id(&field.pointer, |ui| {
        let wide = (ui.available_width() * 0.36).clamp(110.0, 230.0);
        let mut wrong = None;
        ui.horizontal_top(|ui| {
            edit = label_ui(ui, field, wide);
            let width = ui.available_width();
            ui.allocate_ui_with_layout(vec2(width, LINE), Layout::top_down(Align::Min), |ui| {
                ui.spacing_mut().item_spacing.y = STEP / 2.0;
                if let Some(union) = &field.union {
                    edit = union_ui(ui, field, union).or(edit.take());
                }
                let done = input_ui(ui, field, &mut memory, &mut wrong);
                edit = done.or(edit.take());
                for words in wrong.iter().chain(errors) {
                    let text = RichText::new(words)
                        .size(theme::SIZES[0])
                        .color(palette.bad);
                    ui.add(Label::new(text).wrap());
                }
            });
        });
    });
    edit
}

/// The label, which is a switch where the field is optional.
fn label_ui(ui: &mut Ui, field: &FormField, width: f32) -> Option<FieldEdit> {
    let palette = Palette::of(ui);
    let (rect, _) = ui.allocate_exact_size(vec2(width, LINE), Sense::hover());
    let mut cell = ui.new_child(
        UiBuilder::new()
            .max_rect(rect)
            .layout(Layout::left_to_right(Align::Center)),
    );
    cell.set_clip_rect(rect.expand(2.0).intersect(ui.clip_rect()));
    #[expect(clippy::cast_precision_loss, reason = "a small number of levels")]
    let indent = field.depth.min(8) as f32 * STEP * 2.0;
    cell.add_space(indent);
    if matches!(field.input, Input::More(_) | Input::Rest) {
        return None;
    }
    let font = theme::mono();
    if field.required || field.removable || field.pointer.is_empty() {
        let color = if field.there {
            palette.text
        } else {
            palette.weak
        };
        let text = RichText::new(&field.label).font(font).color(color);
        let label = cell.add(Label::new(text).truncate().selectable(false));
        if !field.help.is_empty() {
            label.on_hover_text(&field.help);
        }
        return None;
    }
    let mut on = field.there;
    let color = if on { palette.text } else { palette.weak };
    let switch = cell.checkbox(&mut on, RichText::new(&field.label).font(font).color(color));
    let switch = switch.on_hover_text(format!("Optional\n{}", field.help));
    if switch.changed() {
        return Some(if on {
            FieldEdit::Add
        } else {
            FieldEdit::Remove
        });
    }
    None
}

fn named(ui: &Ui, response: &Response, name: &str) {
    ui.ctx()
        .accesskit_node_builder(response.id, |node| node.set_label(name));
}

fn union_ui(ui: &mut Ui, field: &FormField, union: &Union) -> Option<FieldEdit> {
    let chosen = union.chosen.and_then(|at| union.names.get(at));
    let text = chosen.map_or("None of them", String::as_str);
    let name = format!("{} kind", field.label);
    let mut edit = None;
    let combo = ComboBox::from_id_salt("kind")
        .selected_text(text)
        .width(ui.available_width().min(160.0))
        .truncate()
        .show_ui(ui, |ui| {
            for (at, one) in union.names.iter().enumerate() {
                if ui.selectable_label(union.chosen == Some(at), one).clicked() {
                    edit = Some(FieldEdit::Alternative(at));
                    ui.close();
                }
            }
        });
    ui.ctx().accesskit_node_builder(combo.response.id, |node| {
        node.set_label(name);
        node.set_description(text);
    });
    edit
}

fn input_ui(
    ui: &mut Ui,
    field: &FormField,
    memory: &mut Typing<'_>,
    wrong: &mut Option<String>,
) -> Option<FieldEdit> {
    match &field.input {
        Input::Nothing if !field.there && field.required => {
            let add = ui.button(format!("Add {}", field.label));
            add.clicked().then_some(FieldEdit::Add)
        }
        Input::Nothing if !field.there => None,
        Input::More(hidden) => {
            let mut edit = None;
            ui.horizontal_wrapped(|ui| {
                weak(ui, format!("… {hidden} more"));
                if ui.button(format!("Show more of {}", field.label)).clicked() {
                    edit = Some(FieldEdit::More);
                }
            });
            edit
        }
        Input::Rest => {
            weak(
                ui,
                "There are more fields than a form shows: the rest is in Raw",
            );
            None
        }
        _ => {
            let mut edit = None;
            let removes = field.removable.then(|| format!("Remove {}", field.label));
            ui.horizontal(|ui| {
                #[expect(clippy::cast_precision_loss, reason = "a few characters")]
                let beside = removes
                    .as_ref()
                    .map_or(0.0, |text| text.chars().count() as f32 * 7.0 + 26.0);
                let is_wide = ui.available_width() - beside > 230.0;
                let hint = if is_wide { field.hint.as_str() } else { "" };
                // The hints have a column of their own, so that all fields end at one edge.
                let column = if is_wide { HINT } else { 0.0 };
                let room = ui.available_width() - beside - column - STEP * 2.0;
                edit = value_ui(ui, field, memory, wrong, room.max(70.0));
                if is_wide && !hint.is_empty() {
                    let text = RichText::new(hint).color(Palette::of(ui).weak);
                    let label = Label::new(text).truncate().selectable(false);
                    let layout = Layout::left_to_right(Align::Center);
                    ui.allocate_ui_with_layout(vec2(HINT, LINE), layout, |ui| {
                        ui.set_width(HINT);
                        ui.add(label).on_hover_text(hint);
                    });
                }
                if let Some(text) = removes
                    && button(ui, &text, true).clicked()
                {
                    edit = Some(FieldEdit::Remove);
                }
            });
            edit
        }
    }
}

/// The value itself, of this width.
fn value_ui(
    ui: &mut Ui,
    field: &FormField,
    memory: &mut Typing<'_>,
    wrong: &mut Option<String>,
    width: f32,
) -> Option<FieldEdit> {
    match &field.input {
        Input::Text(value) => {
            let mut text = value.clone();
            let edit = if value.contains('\n') {
                TextEdit::multiline(&mut text).desired_rows(3)
            } else {
                TextEdit::singleline(&mut text)
            };
            let response = ui.add(edit.desired_width(width - 16.0).margin(field_margin()));
            named(ui, &response, &field.label);
            response.changed().then_some(FieldEdit::Text(text))
        }
        Input::Number(value) | Input::Json(value) => {
            json_ui(ui, field, value, memory, wrong, width)
        }
        Input::Choice {
            options,
            chosen,
            written,
        } => choice_ui(ui, field, options, *chosen, &plain(written), width),
        Input::Group { open: true } => {
            let name = memory.names.entry(field.pointer.clone()).or_default();
            let edit = TextEdit::singleline(name)
                .desired_width((width - 130.0).clamp(50.0, 160.0))
                .margin(field_margin());
            let response = ui.add(edit);
            named(ui, &response, &format!("New field of {}", field.label));
            let add = ui.add_enabled(
                !name.is_empty(),
                Button::new(format!("Add field to {}", field.label)).truncate(),
            );
            add.clicked()
                .then(|| FieldEdit::AddNamed(std::mem::take(name)))
        }
        Input::List { count, grows } => {
            let words = match count {
                1 => "1 item".to_owned(),
                count => format!("{count} items"),
            };
            weak(ui, words);
            let add = Button::new(format!("Add item to {}", field.label)).truncate();
            let add = ui.add_enabled(*grows, add);
            add.on_disabled_hover_text("The schema allows no more")
                .clicked()
                .then_some(FieldEdit::Add)
        }
        Input::Long => {
            weak(ui, "Too long for a field: edit it in Raw");
            None
        }
        Input::Nothing => {
            weak(ui, "null");
            None
        }
        Input::Group { open: false } | Input::More(_) | Input::Rest => None,
    }
}

/// A number or any JSON as it is written; the payload takes it as soon as it is one.
fn json_ui(
    ui: &mut Ui,
    field: &FormField,
    value: &str,
    memory: &mut Typing<'_>,
    wrong: &mut Option<String>,
    width: f32,
) -> Option<FieldEdit> {
    let is_number = matches!(field.input, Input::Number(_));
    let kept = memory.typed.get(&field.pointer);
    let mut text = kept.map_or(value, String::as_str).to_owned();
    let edit = if is_number {
        TextEdit::singleline(&mut text)
    } else {
        let rows = text.lines().count().clamp(1, 10);
        TextEdit::multiline(&mut text).desired_rows(rows)
    };
    let response = ui.add(
        edit.font(theme::mono())
            .desired_width(width - 16.0)
            .margin(field_margin()),
    );
    named(ui, &response, &field.label);
    let read = json::value(text.as_bytes());
    let fault = match &read {
        Ok(read) if !is_number || read.is_number() => None,
        Ok(_) => Some("not a number".to_owned()),
        Err(_) if is_number => Some("not a number".to_owned()),
        Err(fault) => Some(format!("not JSON: {fault}")),
    };
    if response.changed() {
        memory.typed.insert(field.pointer.clone(), text.clone());
    } else if fault.is_none() && !response.has_focus() {
        memory.typed.remove(&field.pointer);
    }
    if let Some(fault) = fault {
        let kept: String = value.chars().take(40).collect();
        *wrong = Some(format!("This is {fault}. The payload keeps {kept}"));
        return None;
    }
    response.changed().then_some(FieldEdit::Json(text))
}

fn choice_ui(
    ui: &mut Ui,
    field: &FormField,
    options: &[String],
    chosen: Option<usize>,
    shown: &str,
    width: f32,
) -> Option<FieldEdit> {
    let mut edit = None;
    let combo = ComboBox::from_id_salt("choice")
        .selected_text(RichText::new(shown).font(theme::mono()))
        .width(width - 16.0)
        .truncate()
        .show_ui(ui, |ui| {
            for (at, json) in options.iter().enumerate() {
                let line = RichText::new(plain(json)).font(theme::mono());
                if ui.selectable_label(chosen == Some(at), line).clicked() {
                    edit = Some(FieldEdit::Json(json.clone()));
                    ui.close();
                }
            }
        });
    ui.ctx().accesskit_node_builder(combo.response.id, |node| {
        node.set_label(field.label.as_str());
        node.set_description(shown);
    });
    edit
}

/// A text without its quotes, short; anything else as JSON.
fn plain(json: &str) -> String {
    let text = json::string(json.as_bytes()).unwrap_or(json.into());
    text.chars().take(80).collect()
}
