//! The payload as a tree, pretty, raw or as hex. Every view is a list of which only the visible
//! lines are laid out.

use std::collections::BTreeSet;
use std::sync::Arc;

use eframe::egui::{self, Popup, RichText, ScrollArea, Sense, Ui, WidgetInfo, accesskit::Role};

use super::super::theme::{self, Palette};
use super::super::widgets::{button, weak};
use crate::domain::decode::decode;
use crate::domain::json::{self, PrettyLine, RowValue, Rows};
use crate::domain::payload::{size_text, visible_line};
use crate::domain::{Event, PayloadKind, hex, json_path};
use crate::state::live::LiveAction;

/// Bytes of a payload that are shown before the person asks for all of it.
const FIRST_PART: usize = 256 * 1024;
/// Bytes that are shown at most; the whole payload can be saved to a file.
const MOST: usize = 64 * 1024 * 1024;
/// Characters on one line of the raw view.
const RAW_WIDTH: usize = 160;
/// Height of a line.
const LINE: f32 = 17.0;

/// What was worked out for the payload on show.
#[derive(Debug, Default)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each says something else of the payload"
)]
pub(super) struct PayloadMemory {
    event: Option<Arc<Event>>,
    whole: bool,
    /// `gzip → JSON · declared application/json · 1.2 kB → 8.4 kB`
    pub(super) line: String,
    /// Where declaration and bytes disagree, and what is broken.
    pub(super) remarks: Vec<String>,
    /// There is more than is shown.
    cut: bool,
    /// It could be read as JSON.
    pub(super) is_json: bool,
    /// It could be read as text.
    pub(super) is_text: bool,
    rows: Rows,
    pretty: Vec<PrettyLine>,
    raw: Vec<String>,
    closed: BTreeSet<usize>,
    visible: Vec<usize>,
}

impl PayloadMemory {
    /// Reads the payload, if it is not the one that was read last.
    pub(super) fn take(&mut self, event: &Arc<Event>) {
        let known = self.event.as_ref();
        if known.is_some_and(|known| Arc::ptr_eq(known, event)) {
            return;
        }
        self.whole = false;
        self.event = Some(Arc::clone(event));
        self.read();
    }

    fn read(&mut self) {
        let Some(event) = self.event.clone() else {
            return;
        };
        let limit = self.limit();
        let decoded = decode(&event.body, &event.properties, limit);
        self.line = decoded.line(&event.body);
        self.remarks.clone_from(&decoded.warnings);
        self.remarks.extend(decoded.problem.clone());
        self.cut = decoded.cut || event.body.len() > limit;
        self.closed.clear();
        self.rows = decoded.json().map(json::rows).unwrap_or_default();
        self.is_json = decoded.json().is_some();
        self.pretty = json::pretty(&self.rows);
        let text = decoded.text();
        self.is_text = text.is_some();
        // Raw is what came, where that is text; of a packed body it is what was unpacked.
        self.raw = text.map(|text| raw_lines(&text)).unwrap_or_default();
        self.lay_out();
    }

    fn limit(&self) -> usize {
        if self.whole { MOST } else { FIRST_PART }
    }

    fn lay_out(&mut self) {
        self.visible.clear();
        let mut index = 0;
        while let Some(row) = self.rows.rows.get(index) {
            self.visible.push(index);
            index = if self.closed.contains(&index) {
                row.end
            } else {
                index + 1
            };
        }
    }
}

fn raw_lines(text: &str) -> Vec<String> {
    let mut lines = Vec::new();
    for line in text.lines() {
        let line = visible_line(line);
        let mut rest = line.as_str();
        while let Some((cut, _)) = rest.char_indices().nth(RAW_WIDTH) {
            lines.push(rest[..cut].to_owned());
            rest = &rest[cut..];
        }
        lines.push(rest.to_owned());
    }
    lines
}

/// What the payload was recognised as, and what is not shown of it.
pub(super) fn steps_ui(ui: &mut Ui, memory: &mut PayloadMemory) {
    let palette = Palette::of(ui);
    let line = RichText::new(&memory.line).font(theme::mono());
    ui.add(egui::Label::new(line.color(palette.weak)).wrap());
    for words in &memory.remarks {
        ui.add(egui::Label::new(RichText::new(words).color(palette.warn)).wrap());
    }
    if memory.cut {
        let part = size_text(memory.limit() as u64);
        ui.horizontal(|ui| {
            weak(ui, format!("The first {part} are shown"));
            if !memory.whole && button(ui, "Show all", true).clicked() {
                memory.whole = true;
                memory.read();
            }
        });
    } else if let Some(words) = &memory.rows.stopped {
        weak(ui, words.as_str());
    }
}

/// Copies or saves the payload as it came.
pub(super) fn keep_ui(ui: &mut Ui, memory: &PayloadMemory, event: &Arc<Event>) {
    if memory.is_text
        && button(ui, "Copy payload", true)
            .on_hover_text("The whole payload, as text")
            .clicked()
    {
        let text = decode(&event.body, &event.properties, MOST)
            .text()
            .map(std::borrow::Cow::into_owned);
        ui.ctx().copy_text(text.unwrap_or_default());
    }
    if button(ui, "Save…", !event.body.is_empty())
        .on_hover_text("The whole payload, byte for byte, to a file")
        .clicked()
    {
        save(Arc::clone(event));
    }
}

/// The text that was read.
pub(super) fn raw_ui(ui: &mut Ui, memory: &PayloadMemory) {
    lines_ui(ui, memory.raw.len(), |index| memory.raw[index].clone());
}

/// The bytes as they came.
pub(super) fn hex_ui(ui: &mut Ui, memory: &PayloadMemory, event: &Event) {
    let body = &event.body[..event.body.len().min(memory.limit())];
    // Sixteen bytes and their text need about 560 points.
    let width = if ui.available_width() > 570.0 { 16 } else { 8 };
    lines_ui(ui, body.len().div_ceil(width), |index| {
        hex::line(body, index, width)
    });
}

fn area() -> ScrollArea {
    ScrollArea::both()
        .auto_shrink([false, false])
        .id_salt("payload")
}

fn lines_ui(ui: &mut Ui, count: usize, line: impl Fn(usize) -> String) {
    ui.spacing_mut().item_spacing.y = 0.0;
    area().show_rows(ui, LINE, count, |ui, range| {
        for index in range {
            let text = RichText::new(line(index)).font(theme::mono());
            ui.add(egui::Label::new(text).extend());
        }
    });
}

/// JSON with line breaks.
pub(super) fn pretty_ui(ui: &mut Ui, memory: &PayloadMemory) {
    let palette = Palette::of(ui);
    ui.spacing_mut().item_spacing.y = 0.0;
    area().show_rows(ui, LINE, memory.pretty.len(), |ui, range| {
        for line in &memory.pretty[range] {
            let mut job = egui::text::LayoutJob::default();
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
            ui.add(egui::Label::new(job).extend());
        }
    });
}

/// Longest value shown on one line of a tree or pretty print; the raw view has all of it.
const MAX_SHOWN: usize = 2_000;

fn cut(text: &str) -> String {
    match text.char_indices().nth(MAX_SHOWN) {
        None => visible_line(text),
        Some((at, _)) => format!("{}… ({} characters)", visible_line(&text[..at]), text.len()),
    }
}

/// JSON that can be opened and closed. A click on a value offers what can be done with it.
pub(super) fn tree_ui(
    ui: &mut Ui,
    memory: &mut PayloadMemory,
    event: &Event,
) -> Option<LiveAction> {
    let palette = Palette::of(ui);
    // A row is as high as it says, or the list would jump while it is scrolled.
    ui.spacing_mut().interact_size.y = LINE;
    ui.spacing_mut().item_spacing.y = 0.0;
    let (mut toggled, mut action) = (None, None);
    area().show_rows(ui, LINE, memory.visible.len(), |ui, range| {
        for &index in &memory.visible[range] {
            let row = &memory.rows.rows[index];
            let nested = row.end > index + 1;
            let closed = memory.closed.contains(&index);
            let mut job = egui::text::LayoutJob::default();
            let mut part = |text: &str, color| {
                job.append(text, 0.0, egui::TextFormat::simple(theme::mono(), color));
            };
            if let Some(name) = &row.name {
                part(&cut(name), palette.name);
                part(": ", palette.weak);
            }
            // What was still open where reading stopped has more than was counted.
            let more = if memory.rows.stopped.is_some() && row.end == memory.rows.rows.len() {
                "+"
            } else {
                ""
            };
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
            ui.horizontal(|ui| {
                #[expect(clippy::cast_precision_loss, reason = "at most 40 levels are indented")]
                ui.add_space(row.depth.min(40) as f32 * 14.0);
                if nested {
                    toggled = fold_ui(ui, &job.text, closed).then_some(index).or(toggled);
                } else {
                    ui.add_space(14.0);
                }
                let label = egui::Label::new(job).extend().sense(Sense::click());
                let response = ui.add(label.selectable(false));
                Popup::menu(&response).show(|ui| {
                    let chosen = value_menu_ui(ui, &memory.rows, index, event);
                    action = chosen.or(action.take());
                });
            });
        }
    });
    if let Some(index) = toggled {
        if !memory.closed.remove(&index) {
            memory.closed.insert(index);
        }
        memory.lay_out();
    }
    action
}

/// What can be done with a value.
fn value_menu_ui(ui: &mut Ui, rows: &Rows, index: usize, event: &Event) -> Option<LiveAction> {
    let path = json_path::path(rows, index, event.data.is_some());
    let value = rows.rows.get(index).map(|row| &row.value)?;
    let mut action = None;
    if let Some(clause) = json_path::clause(rows, index, event.data.is_some())
        && ui.button("Add to filter").clicked()
    {
        action = Some(LiveAction::AddToFilter(clause));
        ui.close();
    }
    if matches!(value, RowValue::Number(_)) && ui.button("Plot over time").clicked() {
        action = Some(LiveAction::Plot {
            key: event.routing_key.clone(),
            path: path.clone(),
        });
        ui.close();
    }
    let text = match value {
        RowValue::Text(text) | RowValue::Number(text) => Some(text.clone()),
        RowValue::Bool(value) => Some(value.to_string()),
        RowValue::Null => Some("null".to_owned()),
        RowValue::Object(_) | RowValue::Array(_) => None,
    };
    if let Some(text) = text
        && ui.button("Copy value").clicked()
    {
        ui.ctx().copy_text(text);
        ui.close();
    }
    if ui.button("Copy path").clicked() {
        ui.ctx().copy_text(path);
        ui.close();
    }
    action
}

/// The small triangle before something that can be opened; true if it was clicked.
pub(in crate::ui) fn fold_ui(ui: &mut Ui, name: &str, closed: bool) -> bool {
    let palette = Palette::of(ui);
    let spacing = std::mem::take(&mut ui.spacing_mut().item_spacing.x);
    let (rect, response) = ui.allocate_exact_size(egui::vec2(14.0, LINE), Sense::click());
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
    ui.painter().add(egui::Shape::convex_polygon(
        points,
        color,
        egui::Stroke::NONE,
    ));
    response.clicked()
}

/// Asks for a file and writes the bytes. The dialog waits for the person, so it has a thread of its
/// own; without a dialog on this desktop nothing happens.
fn save(event: Arc<Event>) {
    let suffix = if event.kind == PayloadKind::Json {
        "json"
    } else {
        "bin"
    };
    let name = format!("{}.{suffix}", event.routing_key.replace(['/', '\\'], "_"));
    let spawned = std::thread::Builder::new()
        .name("save-payload".to_owned())
        .spawn(move || {
            let dialog = rfd::FileDialog::new()
                .set_title("Save payload")
                .set_file_name(name);
            if let Some(path) = dialog.save_file()
                && let Err(error) = std::fs::write(&path, &event.body)
            {
                tracing::warn!(%error, path = %path.display(), "the payload was not saved");
            }
        });
    if let Err(error) = spawned {
        tracing::warn!(%error, "no thread for the file dialog");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_lines_are_folded_and_none_is_lost() {
        let text = format!("{}\nshort", "é".repeat(RAW_WIDTH * 2 + 1));
        let lines = raw_lines(&text);
        assert_eq!(lines.len(), 4);
        assert_eq!(lines[..3].concat().chars().count(), RAW_WIDTH * 2 + 1);
    }
}
