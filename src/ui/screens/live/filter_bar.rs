//! The filter line: its field with completion, what is wrong with it, and filters with names.

use std::ops::Range;

use eframe::egui::{self, Key, Popup, PopupCloseBehavior, Response, RichText, TextEdit, Ui};

use crate::query::complete;
use crate::state::Action;
use crate::state::live::LiveAction;
use crate::state::live::seen::Lately;
use crate::ui::Cx;
use crate::ui::parts::choices::ChoiceList;
use crate::ui::parts::theme::{self, Palette};
use crate::ui::parts::widgets::{button, field_margin, small_label, weak};

/// The line.
pub(crate) fn filter_bar_ui(ui: &mut Ui, cx: &mut Cx<'_>) {
    ui.horizontal(|ui| {
        let name = weak(ui, "Filter");
        let width = (ui.available_width() - 190.0).max(140.0);
        let list = ChoiceList::begin(ui, ui.make_persistent_id("filter"));
        let edit = list
            .field(&mut cx.forms.filter)
            .font(theme::mono())
            .hint_text("Words, or key:order.* data.amount>100 not type:test")
            .desired_width(width - 16.0)
            .margin(field_margin());
        let output = edit.show(ui);
        let field = output.response.response.labelled_by(name.id);
        if std::mem::take(&mut cx.memory.focus_filter) {
            field.request_focus();
        }
        let cursor = output
            .cursor_range
            .map(|range| byte_of(&cx.forms.filter, range.primary.index.0));
        // The field has given up the focus when it is told of the key.
        if field.lost_focus() && ui.input(|input| input.key_pressed(Key::Escape)) {
            cx.forms.filter.clear();
            cx.act(Action::Live(LiveAction::FilterChanged));
        } else if field.changed() {
            cx.act(Action::Live(LiveAction::FilterChanged));
        }
        completion_ui(cx, list, &field, cursor, Palette::of(ui));
        saved_ui(ui, cx);
    });
    problem_ui(ui, cx);
}

/// The byte at which a character stands.
fn byte_of(text: &str, character: usize) -> usize {
    let mut places = text.char_indices().map(|(byte, _)| byte);
    places.nth(character).unwrap_or(text.len())
}

/// What could be written at the cursor.
fn completion_ui(
    cx: &mut Cx<'_>,
    list: ChoiceList,
    field: &Response,
    cursor: Option<usize>,
    palette: &Palette,
) {
    let line = &cx.forms.filter;
    let cursor = cursor.unwrap_or(line.len());
    let width = field.rect.width().clamp(240.0, 480.0);
    let chosen = list.show(field, width, || {
        let offers = complete(line, cursor, &Lately(&cx.state.live));
        let format = |color| egui::TextFormat::simple(theme::mono(), color);
        offers
            .into_iter()
            .map(|offer| {
                let mut text = egui::text::LayoutJob::default();
                text.append(&offer.text, 0.0, format(palette.text));
                text.append(&offer.note, 12.0, format(palette.weak));
                (offer, text.into())
            })
            .collect()
    });
    if let Some(offer) = chosen {
        let end = offer.replace.start + offer.text.len();
        replace(&mut cx.forms.filter, offer.replace, &offer.text);
        put_cursor(&field.ctx, field.id, &cx.forms.filter, end);
        field.request_focus();
        cx.act(Action::Live(LiveAction::FilterChanged));
    }
}

fn replace(line: &mut String, range: Range<usize>, text: &str) {
    if line.get(range.clone()).is_some() {
        line.replace_range(range, text);
    }
}

fn put_cursor(ctx: &egui::Context, field: egui::Id, line: &str, byte: usize) {
    if let Some(mut state) = TextEdit::load_state(ctx, field) {
        let characters = line.get(..byte).map_or(0, |before| before.chars().count());
        let cursor = egui::text::CCursor::new(characters);
        state
            .cursor
            .set_char_range(Some(egui::text::CCursorRange::one(cursor)));
        state.store(ctx, field);
    }
}

fn saved_ui(ui: &mut Ui, cx: &mut Cx<'_>) {
    let line = cx.forms.filter.trim();
    let can_save = !line.is_empty() && cx.state.live.view.problem().is_none();
    let save = button(ui, "Save filter", can_save).on_hover_text("Keep this filter under a name");
    let id = save.id.with("name");
    if save.clicked() {
        Popup::open_id(ui.ctx(), id);
    }
    if Popup::is_id_open(ui.ctx(), id) {
        let mut close = false;
        Popup::from_response(&save)
            .id(id)
            .open_memory(None)
            .close_behavior(PopupCloseBehavior::CloseOnClickOutside)
            .show(|ui| {
                let name = small_label(ui, "Name of the filter");
                let edit = TextEdit::singleline(&mut cx.forms.filter_name).margin(field_margin());
                let field = ui.add(edit).labelled_by(name.id);
                let enter = field.lost_focus() && ui.input(|i| i.key_pressed(Key::Enter));
                let ready = !cx.forms.filter_name.trim().is_empty();
                if (button(ui, "Save", ready).clicked() || enter) && ready {
                    let name = std::mem::take(&mut cx.forms.filter_name);
                    cx.actions.push(Action::SaveFilter(name));
                    close = true;
                }
            });
        if close {
            Popup::close_id(ui.ctx(), id);
        }
    }
    let saved = &cx.state.saved_filters;
    ui.add_enabled_ui(!saved.is_empty(), |ui| {
        ui.menu_button("Saved", |ui| {
            for filter in saved {
                ui.horizontal(|ui| {
                    let use_it = ui.button(&filter.name).on_hover_text(&filter.line);
                    if use_it.clicked() {
                        let action = LiveAction::SetFilter(filter.line.clone());
                        cx.actions.push(Action::Live(action));
                        ui.close();
                    }
                    let forget = format!("Forget {}", filter.name);
                    if ui.small_button(RichText::new(&forget)).clicked() {
                        cx.actions.push(Action::ForgetFilter(filter.name.clone()));
                    }
                });
            }
        });
    });
}

/// The fault, under the place where it is.
fn problem_ui(ui: &mut Ui, cx: &Cx<'_>) {
    let Some(problem) = cx.state.live.view.problem() else {
        return;
    };
    let palette = Palette::of(ui);
    let line = &cx.forms.filter;
    let part = |range: Range<usize>| line.get(range).unwrap_or_default();
    let start = problem.at.start.min(line.len());
    let end = problem.at.end.clamp(start, line.len());
    let mut text = egui::text::LayoutJob::default();
    let plain = egui::TextFormat::simple(theme::mono(), palette.weak);
    let mut marked = egui::TextFormat::simple(theme::mono(), palette.bad);
    marked.underline = egui::Stroke::new(1.0, palette.bad);
    let from = line[..start]
        .char_indices()
        .rev()
        .nth(30)
        .map_or(0, |(byte, _)| byte);
    text.append(part(from..start), 0.0, plain.clone());
    let place = if start == end {
        "▏"
    } else {
        part(start..end)
    };
    text.append(place, 0.0, marked);
    let rest: String = part(end..line.len()).chars().take(30).collect();
    text.append(&rest, 0.0, plain);
    let words = egui::TextFormat::simple(theme::words(), palette.bad);
    text.append(&problem.words, 16.0, words);
    ui.add(egui::Label::new(text).wrap());
    let force = match cx.state.live.view.in_force() {
        Some(filter) => format!("Until then this filter is in force: {filter}"),
        None => "Until then nothing is filtered".to_owned(),
    };
    weak(ui, force);
}
