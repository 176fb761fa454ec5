//! What is drawn beside, behind and on the text of an editor.

use std::ops::Range;
use std::sync::Arc;

use eframe::egui::layers::ShapeIdx;
use eframe::egui::text::CCursor;
use eframe::egui::{Align, Align2, Galley, Pos2, Rect, Sense, Shape, Stroke, Ui, pos2};

use crate::ui::parts::theme::{self, Palette, STEP};

/// Space on each side of a line number, in points.
const BESIDE: f32 = 8.0;
/// Matches that are marked; those beyond it are still gone through.
const MARKED: usize = 500;

/// The text as it is laid out in this frame.
pub(super) struct Marks<'a> {
    pub(super) text: &'a str,
    pub(super) galley: &'a Arc<Galley>,
    /// Where the first row begins.
    pub(super) origin: Pos2,
    /// The editor with its margins.
    pub(super) whole: Rect,
    /// A place in the order of drawing that is behind the text.
    pub(super) behind: ShapeIdx,
}

/// Width that the numbers of a text's lines need, in points.
pub(super) fn gutter(ui: &Ui, text: &str) -> i8 {
    let lines = text.bytes().filter(|byte| *byte == b'\n').count() + 1;
    let digits = lines.to_string().len().max(2);
    let digit = ui.fonts_mut(|fonts| fonts.glyph_width(&theme::mono(), '0'));
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        reason = "a few digits"
    )]
    let width = (digits as f32 * digit + BESIDE * 2.0).min(120.0) as i8;
    width
}

impl Marks<'_> {
    /// The numbers of the lines that are in sight, and the edge beside them.
    pub(super) fn numbers(&self, ui: &Ui, lines: &[Option<usize>], gutter: f32) {
        let palette = Palette::of(ui);
        let sight = ui.clip_rect();
        let edge = self.whole.left() + gutter - STEP;
        ui.painter()
            .vline(edge, self.whole.y_range(), Stroke::new(1.0, palette.line));
        let rows = &self.galley.rows;
        let first = rows.partition_point(|row| row.rect().bottom() + self.origin.y < sight.top());
        for (row, number) in rows.iter().zip(lines).skip(first) {
            let rect = row.rect().translate(self.origin.to_vec2());
            if rect.top() > sight.bottom() {
                break;
            }
            if let Some(number) = number {
                ui.painter().text(
                    pos2(edge - STEP, rect.center().y),
                    Align2::RIGHT_CENTER,
                    number,
                    theme::mono(),
                    palette.weak,
                );
            }
        }
    }

    /// The place of a fault: a line under it, and a mark beside its row that says what it is.
    pub(super) fn fault(&self, ui: &Ui, place: &Range<usize>, words: &str) {
        let palette = Palette::of(ui);
        let inside = self.text.get(place.clone()).unwrap_or_default();
        // Of an object only its beginning: lines under all of it would hide what is meant.
        let range = if place.is_empty() || inside.contains('\n') {
            word_at(self.text, place.start)
        } else {
            place.clone()
        };
        for rect in self.rects(&range) {
            let y = rect.bottom() - 1.0;
            let line = Stroke::new(2.0, palette.bad);
            ui.painter().hline(rect.x_range(), y, line);
            let row =
                Rect::from_x_y_ranges(self.whole.left()..=self.whole.left() + 3.0, rect.y_range());
            ui.painter().rect_filled(row, 0, palette.bad);
            ui.interact(
                rect.expand(2.0),
                ui.scope_id().with("fault"),
                Sense::hover(),
            )
            .on_hover_text(words);
        }
    }

    /// Marks what was found; `current` is the one that the person is at.
    pub(super) fn found(&self, ui: &Ui, found: &[Range<usize>], current: usize) {
        let palette = Palette::of(ui);
        let mut shapes = Vec::new();
        let near = current.saturating_sub(MARKED / 2);
        for (number, range) in found.iter().enumerate().skip(near).take(MARKED) {
            let strength = if number == current { 0.6 } else { 0.25 };
            let color = palette.warn.gamma_multiply(strength);
            let rects = self.rects(range).into_iter();
            shapes.extend(rects.map(|rect| Shape::rect_filled(rect, 2, color)));
        }
        ui.painter().set(self.behind, Shape::Vec(shapes));
    }

    /// Scrolls to a place.
    pub(super) fn reveal(&self, ui: &Ui, range: Range<usize>) {
        if let Some(rect) = self.rects(&range).first() {
            ui.scroll_to_rect(rect.expand(STEP), Some(Align::Center));
        }
    }

    /// Where a range of bytes stands, one rectangle a row.
    fn rects(&self, range: &Range<usize>) -> Vec<Rect> {
        let before = self
            .text
            .get(..range.start)
            .map_or(0, |text| text.chars().count());
        let inside = self
            .text
            .get(range.clone())
            .map_or(0, |text| text.chars().count());
        let place = |at: usize| {
            let rect = self.galley.pos_from_cursor(CCursor::new(at));
            rect.translate(self.origin.to_vec2())
        };
        let (begin, end) = (place(before), place(before + inside));
        if (begin.top() - end.top()).abs() < 1.0 {
            // At the end of a text there is nothing to stand under.
            let right = end.left().max(begin.left() + 6.0);
            return vec![Rect::from_min_max(begin.min, pos2(right, end.bottom()))];
        }
        let right = self.whole.right() - 2.0;
        vec![
            Rect::from_min_max(begin.min, pos2(right, begin.bottom())),
            Rect::from_min_max(pos2(self.origin.x, end.top()), end.max),
        ]
    }
}

/// The word at a place, or the one character.
fn word_at(text: &str, at: usize) -> Range<usize> {
    let is_word = |c: char| c.is_alphanumeric() || matches!(c, '_' | '.' | '-' | '+');
    let (before, after) = text.split_at(at.min(text.len()));
    let begin = before.trim_end_matches(is_word).len();
    let end = text.len() - after.trim_start_matches(is_word).len();
    if begin < end {
        return begin..end;
    }
    let one = after.chars().next().filter(|c| *c != '\n');
    begin..end + one.map_or(0, char::len_utf8)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_is_marked_as_a_word() {
        for (text, at, word) in [
            ("{oops}", 1, "oops"),
            ("[tru]", 4, "tru"),
            ("[1 2]", 3, "2"),
            ("{\"a\": }", 6, "}"),
            ("[1", 2, "1"),
            ("[", 1, ""),
            ("é\nx", 2, "é"),
        ] {
            assert_eq!(&text[word_at(text, at)], word, "{text}");
        }
    }
}
