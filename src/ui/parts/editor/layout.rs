//! How a text is laid out in the editor: in colours, in rows that end between words.
//!
//! A frame asks for the same layout as the one before it, so it is kept as a whole. When something is
//! typed, the rows that did not change are taken over from the last layout.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use eframe::egui::text::{LayoutJob, TextFormat};
use eframe::egui::{Color32, FontId, Galley, Ui};

use crate::event::draft::variables;
use crate::text::json::{JsonToken, tokens};
use crate::text::wrap::breaks;
use crate::ui::parts::theme::{self, Palette};

/// A larger text has no colours, in bytes: laying it out would be felt while one types.
const COLOURED: usize = 48 * 1024;

/// A layout and what it was made of. Shared, because egui's memory gives copies.
#[derive(Clone, Default)]
pub(super) struct Layouts(Arc<Mutex<Layout>>);

/// What a layout depends on beside the text.
#[derive(Clone, Copy, PartialEq)]
struct LaidFor {
    width: f32,
    scale: f32,
    dark: bool,
    json: bool,
}

#[derive(Default)]
struct Layout {
    of: Option<(String, LaidFor)>,
    galley: Option<Arc<Galley>>,
    /// For each row the number of its line, if it begins one.
    lines: Arc<Vec<Option<usize>>>,
    /// The rows by their text, for the next layout.
    rows: HashMap<String, Arc<Galley>>,
    /// Laid out in each frame, and from egui's cache as long as that is valid. When the cache was
    /// emptied, rows that are kept here show glyphs that are elsewhere by now.
    probe: Option<Arc<Galley>>,
}

impl Layouts {
    /// The layout of a text, in rows of this width.
    pub(super) fn of(&self, ui: &Ui, text: &str, width: f32, json: bool) -> Arc<Galley> {
        let look = LaidFor {
            width,
            scale: ui.pixels_per_point(),
            dark: ui.visuals().dark_mode,
            json: json && text.len() <= COLOURED,
        };
        let mut layout = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let probe = ui.fonts_mut(|fonts| {
            let probe = LayoutJob::simple_singleline("x".to_owned(), theme::mono(), Color32::WHITE);
            fonts.layout_job(probe)
        });
        let is_valid = layout
            .probe
            .as_ref()
            .is_some_and(|old| Arc::ptr_eq(old, &probe));
        let is_same = |(of, by): &(String, LaidFor)| *by == look && of == text;
        if is_valid
            && let Some(galley) = &layout.galley
            && layout.of.as_ref().is_some_and(is_same)
        {
            return Arc::clone(galley);
        }
        let is_alike = layout.of.as_ref().is_some_and(|(_, by)| {
            let width = by.width;
            LaidFor { width, ..look } == *by
        });
        let kept = if is_valid && is_alike {
            std::mem::take(&mut layout.rows)
        } else {
            HashMap::new()
        };
        let galley = layout.lay_out(ui, text, look, &kept);
        layout.of = Some((text.to_owned(), look));
        layout.probe = Some(probe);
        layout.galley = Some(Arc::clone(&galley));
        galley
    }

    /// For each row of the last layout the number of its line, if it begins one.
    pub(super) fn lines(&self) -> Arc<Vec<Option<usize>>> {
        let layout = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(&layout.lines)
    }
}

impl Layout {
    fn lay_out(
        &mut self,
        ui: &Ui,
        text: &str,
        look: LaidFor,
        kept: &HashMap<String, Arc<Galley>>,
    ) -> Arc<Galley> {
        let palette = Palette::of(ui);
        let font = theme::mono();
        let (mut galleys, mut lines, mut wrapped) = (Vec::new(), Vec::new(), Vec::new());
        let mut rows: HashMap<String, Arc<Galley>> = HashMap::new();
        ui.fonts_mut(|fonts| {
            let (height, plain) = (fonts.row_height(&font), fonts.glyph_width(&font, 'x'));
            let mut width = |char: char| match char {
                ' '..='~' => plain,
                char => fonts.glyph_width(&font, char),
            };
            let mut todo = Vec::new();
            for (number, line) in text.split('\n').enumerate() {
                let colours = colours(line, look.json, palette);
                let mut begin = 0;
                let ends = breaks(line, look.width, &mut width);
                for end in ends.iter().copied().chain([line.len()]) {
                    lines.push((begin == 0).then_some(number + 1));
                    wrapped.push(end < line.len());
                    todo.push((&line[begin..end], clipped(&colours, begin, end)));
                    begin = end;
                }
            }
            for (row, colours) in todo {
                let key = key(row, &colours);
                let galley = match rows.get(&key).or_else(|| kept.get(&key)) {
                    Some(galley) => Arc::clone(galley),
                    None => fonts.layout_job(job(row, &colours, &font, height, palette.text)),
                };
                rows.insert(key, Arc::clone(&galley));
                galleys.push(galley);
            }
        });
        let whole = LayoutJob::simple(text.to_owned(), font, palette.text, look.width);
        let mut galley = Galley::concat(Arc::new(whole), &galleys, look.scale);
        for (row, is_wrapped) in galley.rows.iter_mut().zip(wrapped) {
            row.ends_with_newline &= !is_wrapped;
        }
        self.rows = rows;
        self.lines = Arc::new(lines);
        Arc::new(galley)
    }
}

/// Parts of a line that have a colour of their own, in order.
type Colours = Vec<(std::ops::Range<usize>, Color32)>;

fn colours(line: &str, json: bool, palette: &Palette) -> Colours {
    if !json {
        return Vec::new();
    }
    let tokens = tokens(line).into_iter();
    let colours = tokens.map(|(kind, range)| {
        let color = match kind {
            JsonToken::Name => palette.name,
            JsonToken::Text => palette.string,
            JsonToken::Literal => palette.number,
        };
        (range, color)
    });
    let mut colours: Colours = colours.collect();
    for place in variables::places(line) {
        let around = std::mem::take(&mut colours);
        for (range, color) in around {
            let (before, after) = (
                range.start..range.end.min(place.start),
                range.start.max(place.end)..range.end,
            );
            colours.extend(
                [before, after]
                    .into_iter()
                    .filter(|part| !part.is_empty())
                    .map(|part| (part, color)),
            );
        }
        colours.push((place, palette.accent));
        colours.sort_by_key(|(range, _)| range.start);
    }
    colours
}

/// The colours of a part of the line, counted from where that begins.
fn clipped(colours: &Colours, begin: usize, end: usize) -> Colours {
    let inside = colours.iter().filter_map(|(range, color)| {
        let (from, to) = (range.start.max(begin), range.end.min(end));
        (from < to).then(|| (from - begin..to - begin, *color))
    });
    inside.collect()
}

/// What a row looks like, as a text.
fn key(row: &str, colours: &Colours) -> String {
    let mut key = row.to_owned();
    for (range, color) in colours {
        let [r, g, b, _] = color.to_array();
        key.push_str(&format!("\n{} {} {r} {g} {b}", range.start, range.end));
    }
    key
}

fn job(row: &str, colours: &Colours, font: &FontId, height: f32, plain: Color32) -> LayoutJob {
    let mut job = LayoutJob {
        keep_trailing_whitespace: true,
        ..LayoutJob::default()
    };
    let mut part = |text: &str, color| {
        let mut format = TextFormat::simple(font.clone(), color);
        format.line_height = Some(height);
        job.append(text, 0.0, format);
    };
    let mut at = 0;
    for (range, color) in colours {
        if at < range.start {
            part(&row[at..range.start], plain);
        }
        part(&row[range.clone()], *color);
        at = range.end;
    }
    if at < row.len() || row.is_empty() {
        part(&row[at..], plain);
    }
    job
}

#[cfg(test)]
mod tests {
    use super::*;
    use egui_kittest::Harness;

    /// Lays a text out twice in one frame.
    fn laid(text: &str, width: f32) -> (Arc<Galley>, Arc<Galley>, Vec<Option<usize>>) {
        let found = Arc::new(Mutex::new(None));
        let (to, text) = (Arc::clone(&found), text.to_owned());
        Harness::new_ui(move |ui| {
            let layouts = Layouts::default();
            let first = layouts.of(ui, &text, width, true);
            let again = layouts.of(ui, &text, width, true);
            *to.lock().unwrap() = Some((first, again, layouts.lines().to_vec()));
        })
        .run();
        let found = found.lock().unwrap().take();
        found.expect("a frame was drawn")
    }

    #[test]
    fn what_did_not_change_is_not_laid_out_again() {
        let (first, again, _) = laid("{\"a\": 1}", 300.0);
        assert!(Arc::ptr_eq(&first, &again));
    }

    #[test]
    fn rows_that_are_wrapped_hold_the_text_as_it_is() {
        let id = "0b5c9c58-3b5e-4f6c-9d3e-0f2a6f1f7a10";
        let text = format!("{{\"a\":\"{id}\",\"b\":\"{id}\"}}\n\né {{{{seq}}}}\n");
        let (galley, _, lines) = laid(&text, 330.0);
        let rows = galley.rows.iter();
        let characters: usize = rows.map(|row| row.char_count_including_newline().0).sum();
        assert_eq!(characters, text.chars().count());
        let rows: Vec<String> = galley.rows.iter().map(|row| row.text()).collect();
        assert!(
            rows.iter().filter(|row| row.contains(id)).count() == 2,
            "{rows:?}"
        );
        let numbers: Vec<usize> = lines.into_iter().flatten().collect();
        assert_eq!(numbers, [1, 2, 3, 4]);
        assert!(galley.rows.len() > 4, "the first line is wrapped");
    }
}
