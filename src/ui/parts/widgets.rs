//! Small parts that every screen uses, each with an accessible name equal to its visible label.

use eframe::egui::{
    self, Button, Color32, Frame, Margin, Response, RichText, Sense, Stroke, TextEdit, Ui,
    WidgetInfo, accesskit::Role,
};

use super::choices::ChoiceList;
use super::theme::{self, Palette, STEP};

/// The one button of a screen that does its main thing.
pub fn primary_button(ui: &mut Ui, label: &str, enabled: bool) -> Response {
    let palette = Palette::of(ui);
    let text = RichText::new(label).color(palette.on_accent).strong();
    let button = Button::new(text).fill(palette.accent).stroke(Stroke::NONE);
    ui.add_enabled(enabled, button)
}

/// An ordinary button.
pub fn button(ui: &mut Ui, label: &str, enabled: bool) -> Response {
    ui.add_enabled(enabled, Button::new(label))
}

/// A button for what cannot be undone by another click.
pub fn danger_button(ui: &mut Ui, label: &str, enabled: bool) -> Response {
    let palette = Palette::of(ui);
    let button = Button::new(RichText::new(label).color(palette.bad));
    ui.add_enabled(
        enabled,
        button.stroke(Stroke::new(1.0, palette.bad.gamma_multiply(0.5))),
    )
}

/// A cross that closes or removes something. `label` says what, to a screen reader and on hover.
pub fn close_button(ui: &mut Ui, label: &str) -> Response {
    let button = Button::new("×").frame_when_inactive(false);
    let response = ui.add(button).on_hover_text(label);
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, label));
    response
}

/// Words of less weight.
pub fn weak(ui: &mut Ui, text: impl Into<String>) -> Response {
    let color = Palette::of(ui).weak;
    ui.add(egui::Label::new(RichText::new(text).color(color)).selectable(false))
}

/// In a row that wraps: begins a new line unless these words and a control of this width behind them
/// fit on this one, so that a name never stands apart from what it names.
pub fn keep_together(ui: &mut Ui, words: &str, width: f32) {
    let font = egui::TextStyle::Body.resolve(ui.style());
    let label = ui
        .painter()
        .layout_no_wrap(words.to_owned(), font, Color32::PLACEHOLDER);
    let wanted = label.size().x + ui.spacing().item_spacing.x + width;
    let is_first = ui.cursor().left() <= ui.max_rect().left() + 1.0;
    if !is_first && ui.available_size_before_wrap().x < wanted {
        ui.end_row();
    }
}

/// A label above its field, and the field as wide as there is room.
pub fn stacked_field(ui: &mut Ui, label: &str, text: &mut String) -> Response {
    stacked(ui, label, |ui| {
        ui.add(
            TextEdit::singleline(text)
                .desired_width(f32::INFINITY)
                .margin(field_margin()),
        )
    })
}

/// Like [`stacked_field`], for a password.
pub fn password_field(ui: &mut Ui, label: &str, text: &mut String) -> Response {
    stacked(ui, label, |ui| {
        let edit = TextEdit::singleline(text).password(true);
        ui.add(edit.desired_width(f32::INFINITY).margin(field_margin()))
    })
}

/// Like [`stacked_field`], in the typeface of keys, with choices below it while it is edited.
/// `choices` is called only then.
pub fn choice_field<'a>(
    ui: &mut Ui,
    label: &str,
    text: &mut String,
    choices: impl FnOnce() -> Vec<&'a str>,
) -> Response {
    ui.vertical(|ui| {
        ui.spacing_mut().item_spacing.y = STEP / 2.0;
        let name = small_label(ui, label);
        suggestions(ui, label, &name, text, f32::INFINITY, choices)
    })
    .inner
}

/// A label and a field of a given width on one line, with choices below it while it is edited.
pub fn inline_choice_field<'a>(
    ui: &mut Ui,
    label: &str,
    text: &mut String,
    width: f32,
    choices: impl FnOnce() -> Vec<&'a str>,
) -> Response {
    let name = weak(ui, label);
    suggestions(ui, label, &name, text, width, choices)
}

/// Most choices that are offered at once.
const MAX_CHOICES: usize = 12;

fn suggestions<'a>(
    ui: &mut Ui,
    label: &str,
    name: &Response,
    text: &mut String,
    width: f32,
    choices: impl FnOnce() -> Vec<&'a str>,
) -> Response {
    let list = ChoiceList::begin(ui, ui.make_persistent_id(label));
    let edit = list.field(text).font(theme::mono());
    let edit = edit.desired_width(width).margin(field_margin());
    let mut response = ui.add(edit).labelled_by(name.id);
    offer(list, &mut response, text, choices);
    response
}

/// Offers choices below a field that `list` has made: those that hold what was typed. `choices` is
/// called only while the field is edited.
pub fn offer<'a>(
    list: ChoiceList,
    field: &mut Response,
    text: &mut String,
    choices: impl FnOnce() -> Vec<&'a str>,
) {
    let chosen = list.show(field, field.rect.width().max(200.0), || {
        let typed = text.to_lowercase();
        let all = choices();
        let exact = all.contains(&text.as_str());
        all.into_iter()
            .filter(|choice| exact || choice.to_lowercase().contains(&typed))
            .take(MAX_CHOICES)
            .map(|choice| {
                let line = RichText::new(choice).font(theme::mono());
                (choice.to_owned(), line.into())
            })
            .collect()
    });
    if let Some(choice) = chosen {
        *text = choice;
        field.mark_changed();
    }
}

fn stacked(ui: &mut Ui, label: &str, field: impl FnOnce(&mut Ui) -> Response) -> Response {
    ui.vertical(|ui| {
        ui.spacing_mut().item_spacing.y = STEP / 2.0;
        let name = small_label(ui, label);
        field(ui).labelled_by(name.id)
    })
    .inner
}

/// The label of a field.
pub fn small_label(ui: &mut Ui, label: &str) -> Response {
    let color = Palette::of(ui).weak;
    let text = RichText::new(label).size(theme::SIZES[0]).color(color);
    ui.add(egui::Label::new(text).selectable(false))
}

/// Space inside a text field.
#[must_use]
pub fn field_margin() -> Margin {
    Margin::symmetric(8, 5)
}

/// A title over a group of things.
pub fn section(ui: &mut Ui, title: &str) {
    let color = Palette::of(ui).weak;
    ui.add_space(STEP);
    let text = RichText::new(title)
        .size(theme::SIZES[0])
        .color(color)
        .strong();
    ui.add(egui::Label::new(text).selectable(false));
}

/// A coloured strip with a sentence, such as an error that stays in sight.
pub fn banner(ui: &mut Ui, color: Color32, words: &str) {
    Frame::new()
        .fill(color.gamma_multiply(0.14))
        .stroke(Stroke::new(1.0, color.gamma_multiply(0.5)))
        .corner_radius(4)
        .inner_margin(Margin::symmetric(10, 6))
        .show(ui, |ui| {
            ui.set_width(ui.available_width());
            ui.add(egui::Label::new(RichText::new(words).color(Palette::of(ui).text)).wrap());
        });
}

/// What an empty area says: what it is for, and what to do next.
pub fn empty_state(ui: &mut Ui, title: &str, words: &str) {
    let palette = Palette::of(ui);
    ui.vertical_centered(|ui| {
        ui.add_space((ui.available_height() * 0.3).clamp(STEP * 4.0, 160.0));
        ui.label(
            RichText::new(title)
                .size(theme::SIZES[2])
                .color(palette.text),
        );
        ui.add_space(STEP);
        ui.scope(|ui| {
            ui.set_max_width(ui.available_width().min(420.0));
            ui.label(RichText::new(words).color(palette.weak));
        });
    });
}

/// A line of text painted into this cell of a table, cut at its edge. It makes no node of its own for
/// assistive technology: the row as a whole has the name, and hundreds of cells would slow it down.
pub fn cell(
    ui: &Ui,
    rect: egui::Rect,
    text: &str,
    font: egui::FontId,
    color: Color32,
    right: bool,
) {
    if text.is_empty() {
        return;
    }
    // What would be cut off all the same need not be laid out.
    let narrow = match font.family {
        egui::FontFamily::Monospace => 0.55,
        _ => 0.2,
    };
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a number of characters is small and not negative"
    )]
    let most = (rect.width() / (font.size * narrow)) as usize + 2;
    let end = text
        .char_indices()
        .nth(most)
        .map_or(text.len(), |(at, _)| at);
    let text = text[..end].to_owned();
    let mut job = egui::text::LayoutJob::simple_singleline(text, font, color);
    job.wrap = egui::text::TextWrapping::truncate_at_width(rect.width());
    let galley = ui.fonts_mut(|fonts| fonts.layout_job(job));
    let x = if right {
        rect.right() - galley.size().x
    } else {
        rect.left()
    };
    let y = rect.center().y - galley.size().y / 2.0;
    ui.painter().galley(egui::pos2(x, y), galley, color);
}

/// Tabs of which one is shown; the new choice if one was clicked.
pub fn tabs<T: Copy + PartialEq>(ui: &mut Ui, current: T, all: &[(T, &str)]) -> Option<T> {
    let mut chosen = None;
    for (tab, label) in all {
        let selected = *tab == current;
        let palette = Palette::of(ui);
        let color = if selected { palette.text } else { palette.weak };
        let galley = ui
            .painter()
            .layout_no_wrap((*label).to_owned(), theme::words(), color);
        let size = egui::vec2(galley.size().x + STEP * 3.0, 26.0);
        let (rect, response) = ui.allocate_exact_size(size, Sense::click());
        response.widget_info(|| WidgetInfo::selected(Role::Tab, ui.is_enabled(), selected, label));
        if response.hovered() && !selected {
            ui.painter().rect_filled(rect, 4, palette.hovered);
        }
        let at = rect.center() - galley.size() / 2.0;
        ui.painter().galley(at, galley, color);
        if selected {
            let line = egui::Rect::from_min_max(
                egui::pos2(rect.left() + STEP, rect.bottom() - 2.0),
                egui::pos2(rect.right() - STEP, rect.bottom()),
            );
            ui.painter().rect_filled(line, 1, palette.accent);
        }
        if response.has_focus() {
            ui.painter().rect_stroke(
                rect,
                4,
                Stroke::new(1.0, palette.accent),
                egui::StrokeKind::Inside,
            );
        }
        if response.clicked() && !selected {
            chosen = Some(*tab);
        }
    }
    chosen
}
