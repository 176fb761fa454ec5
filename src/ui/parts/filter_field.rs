//! A filter line: its field with completion, and what is wrong with it or not finished.

use std::ops::Range;

use eframe::egui::{self, Id, Key, Response, TextEdit, Ui};

use super::choices::ChoiceList;
use super::theme::{self, Palette};
use super::widgets::{field_margin, weak};
use crate::query::{Filter, ParseError, SeenValues, complete};

/// The field, for one frame.
pub(crate) struct FilterField {
    /// What tells it from others.
    pub(crate) id: &'static str,
    pub(crate) hint: &'static str,
    pub(crate) width: f32,
    /// The widget that names it.
    pub(crate) label: Id,
}

impl FilterField {
    /// Draws it; `Esc` clears it. True if the line is another one now.
    pub(crate) fn show(
        self,
        ui: &mut Ui,
        line: &mut String,
        seen: &dyn SeenValues,
    ) -> (Response, bool) {
        let list = ChoiceList::begin(ui, ui.make_persistent_id(self.id));
        let edit = list
            .field(line)
            .font(theme::mono())
            .hint_text(self.hint)
            .desired_width(self.width)
            .margin(field_margin());
        let output = edit.show(ui);
        let field = output.response.response.labelled_by(self.label);
        let cursor = output
            .cursor_range
            .map(|range| byte_of(line, range.primary.index.0));
        let mut changed = field.changed();
        // The field has given up the focus when it is told of the key.
        if field.lost_focus() && ui.input(|input| input.key_pressed(Key::Escape)) {
            line.clear();
            changed = true;
        }
        changed |= completion_ui(line, (list, seen), &field, cursor, Palette::of(ui));
        (field, changed)
    }
}

/// The byte at which a character stands.
fn byte_of(text: &str, character: usize) -> usize {
    let mut places = text.char_indices().map(|(byte, _)| byte);
    places.nth(character).unwrap_or(text.len())
}

/// What could be written at the cursor; true if something was.
fn completion_ui(
    line: &mut String,
    (list, seen): (ChoiceList, &dyn SeenValues),
    field: &Response,
    cursor: Option<usize>,
    palette: &Palette,
) -> bool {
    let cursor = cursor.unwrap_or(line.len());
    let width = field.rect.width().clamp(240.0, 480.0);
    let chosen = list.show(field, width, || {
        let offers = complete(line, cursor, seen);
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
    let Some(offer) = chosen else {
        return false;
    };
    let end = offer.replace.start + offer.text.len();
    replace(line, offer.replace, &offer.text);
    put_cursor(&field.ctx, field.id, line, end);
    field.request_focus();
    true
}

fn replace(line: &mut String, range: Range<usize>, text: &str) {
    if line.get(range.clone()).is_some() {
        line.replace_range(range, text);
    }
}

fn put_cursor(ctx: &egui::Context, field: Id, line: &str, byte: usize) {
    if let Some(mut state) = TextEdit::load_state(ctx, field) {
        let characters = line.get(..byte).map_or(0, |before| before.chars().count());
        let cursor = egui::text::CCursor::new(characters);
        state
            .cursor
            .set_char_range(Some(egui::text::CCursorRange::one(cursor)));
        state.store(ctx, field);
    }
}

/// What is to be said of the line: the fault, under the place where it is, with the filter that is in
/// force meanwhile; or quietly what is not finished.
pub(crate) fn told_ui(
    ui: &mut Ui,
    line: &str,
    (problem, unfinished): (Option<&ParseError>, Option<&str>),
    in_force: Option<&Filter>,
) {
    if let Some(clause) = unfinished {
        weak(
            ui,
            format!("{clause} is not finished, so it filters nothing yet"),
        );
    }
    let Some(problem) = problem else {
        return;
    };
    let palette = Palette::of(ui);
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
    let force = match in_force {
        Some(filter) => format!("Until then this filter is in force: {filter}"),
        None => "Until then nothing is filtered".to_owned(),
    };
    weak(ui, force);
}
