//! The payload as a tree, pretty printed, as text or as hex. Every view is a list of which only the
//! visible lines are laid out.

use eframe::egui::{
    self, Label, Response, RichText, ScrollArea, Sense, Shape, Ui, WidgetInfo, accesskit::Role,
    text::LayoutJob,
};

use super::find::Marked;
use super::payload::PayloadMemory;
use super::value_menu::ValueMenu;
use crate::event::decode::Format;
use crate::text::hex;
use crate::text::json::RowValue;
use crate::text::payload::visible_line;
use crate::ui::parts::theme::{self, Palette};
use crate::ui::parts::widgets::empty_state;

/// Height of a line.
pub(crate) const LINE: f32 = 17.0;
/// Width of the triangle that folds and opens.
const FOLD: f32 = 14.0;
/// Longest value shown on one line of a tree or pretty print; the raw view has all of it.
const MAX_SHOWN: usize = 2_000;

/// Fewest and most characters on one line of text that is folded to its room.
const LINE_WIDTHS: std::ops::RangeInclusive<usize> = 20..=400;

fn area() -> ScrollArea {
    ScrollArea::both()
        .auto_shrink([false, false])
        .id_salt("payload")
}

/// A row is as high as the list believes, or the list would jump while it is scrolled and end
/// before its area does.
pub(crate) fn exact_rows(ui: &mut Ui) {
    ui.spacing_mut().interact_size.y = LINE;
    ui.spacing_mut().item_spacing.y = 0.0;
}

/// Characters of the payloads' typeface that fit on a line.
pub(crate) fn columns_that_fit(ui: &Ui) -> usize {
    let glyph = ui.fonts_mut(|fonts| fonts.glyph_width(&theme::mono(), 'm'));
    // The bar of a scroll area needs its place.
    let room = (ui.available_width() - 16.0) / glyph.max(1.0);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a width of the screen in characters"
    )]
    let room = room.max(0.0) as usize;
    room.clamp(*LINE_WIDTHS.start(), *LINE_WIDTHS.end())
}

/// Lines in the typeface of payloads, made when they are seen.
pub(crate) fn lines_ui(ui: &mut Ui, count: usize, marked: Marked, line: impl Fn(usize) -> String) {
    exact_rows(ui);
    scrolled_to(marked).show_rows(ui, LINE, count, |ui, range| {
        for index in range {
            let text = RichText::new(line(index)).font(theme::mono());
            let response = ui.horizontal(|ui| ui.add(Label::new(text).extend()));
            if marked.line == Some(index) {
                frame_ui(ui, response.inner.rect);
            }
        }
    });
}

/// The area, with the marked line in sight if it is to be.
fn scrolled_to(marked: Marked) -> ScrollArea {
    match marked.line {
        // A few lines of what stands around it stay in sight.
        Some(line) if marked.scroll => {
            #[expect(clippy::cast_precision_loss, reason = "lines of one document")]
            let offset = line.saturating_sub(4) as f32 * LINE;
            area().vertical_scroll_offset(offset)
        }
        _ => area(),
    }
}

/// A frame around what was found.
fn frame_ui(ui: &Ui, rect: egui::Rect) {
    let stroke = (1.0, Palette::of(ui).bad);
    let rect = rect.expand2(egui::vec2(3.0, 0.0));
    ui.painter()
        .rect_stroke(rect, 3, stroke, egui::StrokeKind::Inside);
}

/// How many bytes have room on a line.
pub(crate) fn hex_width(ui: &Ui) -> usize {
    // Sixteen bytes and their text need about 560 points.
    if ui.available_width() > 570.0 { 16 } else { 8 }
}

/// The bytes as they came.
pub(crate) fn hex_ui(ui: &mut Ui, body: &[u8], width: usize, marked: Marked) {
    let lines = body.len().div_ceil(width);
    lines_ui(ui, lines, marked, |index| hex::line(body, index, width));
}

/// What stands in the place of a document that is none: the text, or what it is.
pub(crate) fn no_document_ui(ui: &mut Ui, memory: &PayloadMemory, marked: Marked) {
    let text = memory.text();
    match memory.format() {
        _ if !text.lines().is_empty() => {
            let lines = text.lines();
            lines_ui(ui, lines.len(), marked, |index| lines[index].clone());
        }
        Format::Empty => empty_state(ui, "No body", "The message consists of its headers alone"),
        Format::Text => empty_state(ui, "Only blank", "The text has no line to show"),
        format => {
            let words = format!("This is {}. Raw and Hex show its bytes", format.name());
            empty_state(ui, "Not a document", &words);
        }
    }
}

/// A line that can be clicked, with a light behind it while the pointer is there.
fn clickable(ui: &mut Ui, job: LayoutJob) -> Response {
    let behind = ui.painter().add(Shape::Noop);
    let response = ui.add(Label::new(job).extend().sense(Sense::click()));
    if response.hovered() || response.has_focus() {
        let color = Palette::of(ui).hovered;
        let rect = response.rect.expand2(egui::vec2(3.0, 0.0));
        ui.painter().set(behind, Shape::rect_filled(rect, 3, color));
    }
    response
}

/// Draws the pretty print.
pub(crate) fn pretty_ui(
    ui: &mut Ui,
    memory: &mut PayloadMemory,
    marked: Marked,
    menu: &mut ValueMenu<'_>,
) {
    let palette = Palette::of(ui);
    exact_rows(ui);
    let mut toggled = None;
    let lines = memory.pretty();
    let visible = memory.pretty_visible();
    let place = |line| visible.binary_search(&line).ok();
    let in_sight = Marked {
        line: marked.line.and_then(place),
        ..marked
    };
    scrolled_to(in_sight).show_rows(ui, LINE, visible.len(), |ui, range| {
        for &index in &visible[range] {
            let line = &lines[index];
            let row = line
                .row
                .and_then(|row| memory.rows.rows.get(row).zip(Some(row)));
            let folds = row.is_some_and(|(read, row)| read.end > row + 1);
            let closed = row.is_some_and(|(_, row)| memory.is_closed(row));
            let mut job = LayoutJob::default();
            let mut part = |text: &str, color| {
                job.append(text, 0.0, egui::TextFormat::simple(theme::mono(), color));
            };
            // A depth of thousands must not make a line of thousands of characters.
            part(&"  ".repeat(line.depth.min(40)), palette.weak);
            part(&visible_line(&line.name), palette.name);
            let color = if line.is_text {
                palette.string
            } else {
                palette.number
            };
            let bracket = line.value.starts_with(['{', '}', '[', ']']);
            part(
                &cut(&line.value),
                if bracket { palette.weak } else { color },
            );
            if closed {
                let end = if line.value == "[" {
                    " … ]"
                } else {
                    " … }"
                };
                part(end, palette.weak);
            }
            match line.row {
                Some(row) => {
                    ui.push_id(row, |ui| {
                        ui.horizontal(|ui| {
                            if folds {
                                let clicked = fold_ui(ui, job.text.trim(), closed, Sense::click());
                                toggled = clicked.then_some(row).or(toggled);
                            } else {
                                ui.add_space(FOLD);
                            }
                            let response = clickable(ui, job);
                            menu.show(&response, memory, row);
                        });
                    });
                }
                None => {
                    ui.horizontal(|ui| {
                        ui.add_space(FOLD);
                        ui.add(Label::new(job).extend());
                    });
                }
            }
            if marked.line == Some(index) {
                let bottom = ui.cursor().top();
                let row = ui.max_rect().with_min_y(bottom - LINE).with_max_y(bottom);
                frame_ui(ui, row);
            }
        }
    });
    if let Some(row) = toggled {
        memory.toggle(row);
    }
}

fn cut(text: &str) -> String {
    match text.char_indices().nth(MAX_SHOWN) {
        None => visible_line(text),
        Some((at, _)) => format!("{}… ({} characters)", visible_line(&text[..at]), text.len()),
    }
}

/// Draws the tree.
pub(crate) fn tree_ui(ui: &mut Ui, memory: &mut PayloadMemory, menu: &mut ValueMenu<'_>) {
    exact_rows(ui);
    let mut toggled = None;
    let mut area = area();
    if std::mem::take(&mut memory.scroll)
        && let Some(at) = memory
            .visible
            .iter()
            .position(|row| Some(*row) == memory.found)
    {
        // A few rows of what stands around it stay in sight.
        #[expect(clippy::cast_precision_loss, reason = "rows of one document")]
        let offset = at.saturating_sub(4) as f32 * LINE;
        area = area.vertical_scroll_offset(offset);
    }
    area.show_rows(ui, LINE, memory.visible.len(), |ui, range| {
        for &index in &memory.visible[range] {
            let row = &memory.rows.rows[index];
            let closed = memory.is_closed(index);
            let job = tree_line(Palette::of(ui), memory, index);
            ui.push_id(index, |ui| {
                ui.horizontal(|ui| {
                    #[expect(clippy::cast_precision_loss, reason = "at most 40 levels")]
                    ui.add_space(row.depth.min(40) as f32 * 14.0);
                    if row.end > index + 1 {
                        let clicked = fold_ui(ui, &job.text, closed, Sense::click());
                        toggled = clicked.then_some(index).or(toggled);
                    } else {
                        ui.add_space(FOLD);
                    }
                    let response = clickable(ui, job);
                    if memory.found == Some(index) {
                        frame_ui(ui, response.rect);
                    }
                    menu.show(&response, memory, index);
                });
            });
        }
    });
    if let Some(index) = toggled {
        memory.toggle(index);
    }
}

fn tree_line(palette: &Palette, memory: &PayloadMemory, index: usize) -> LayoutJob {
    let row = &memory.rows.rows[index];
    let mut job = LayoutJob::default();
    let mut part = |text: &str, color| {
        job.append(text, 0.0, egui::TextFormat::simple(theme::mono(), color));
    };
    if let Some(name) = &row.name {
        part(&cut(name), palette.name);
        part(": ", palette.weak);
    }
    // What was still open where reading stopped has more than was counted.
    let open = memory.is_partial() && row.end == memory.rows.rows.len();
    let more = if open { "+" } else { "" };
    match &row.value {
        RowValue::Object(1) if more.is_empty() => part("{1 member}", palette.weak),
        RowValue::Object(count) => {
            part(&format!("{{{count}{more} members}}"), palette.weak);
        }
        RowValue::Array(1) if more.is_empty() => part("[1 item]", palette.weak),
        RowValue::Array(count) => part(&format!("[{count}{more} items]"), palette.weak),
        RowValue::Text(text) => part(&format!("\"{}\"", cut(text)), palette.string),
        RowValue::Number(number) => part(&cut(number), palette.number),
        RowValue::Bool(value) => part(&value.to_string(), palette.number),
        RowValue::Null => part("null", palette.number),
    }
    job
}

/// The small triangle before something that can be opened; true if it was clicked.
pub(crate) fn fold_ui(ui: &mut Ui, name: &str, closed: bool, sense: Sense) -> bool {
    let palette = Palette::of(ui);
    let spacing = std::mem::take(&mut ui.spacing_mut().item_spacing.x);
    let (rect, response) = ui.allocate_exact_size(egui::vec2(FOLD, LINE), sense);
    ui.spacing_mut().item_spacing.x = spacing;
    let verb = if closed { "Open" } else { "Close" };
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, format!("{verb} {name}")));
    let color = if response.hovered() {
        palette.text
    } else {
        palette.weak
    };
    let center = rect.center();
    let points = if closed {
        [[-2.5, -4.0], [3.0, 0.0], [-2.5, 4.0]]
    } else {
        [[-4.0, -2.5], [4.0, -2.5], [0.0, 3.0]]
    };
    let points = points
        .iter()
        .map(|[x, y]| center + egui::vec2(*x, *y))
        .collect();
    ui.painter()
        .add(Shape::convex_polygon(points, color, egui::Stroke::NONE));
    response.clicked()
}
