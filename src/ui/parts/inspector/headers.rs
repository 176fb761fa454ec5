//! The typed headers: each with the AMQP type that it has on the wire. A long one, such as a stack
//! trace, is read in a view of its own, of which only the visible lines are laid out.

use std::sync::Arc;

use eframe::egui::{self, RichText, ScrollArea, Ui};

use super::copying::named_value_menu;
use super::find::Marked;
use super::folded::FoldedText;
use super::properties::{mono, value_ui};
use super::views;
use crate::event::Event;
use crate::event::amqp::{FieldTable, FieldValue};
use crate::text::numbers::thousands;
use crate::text::payload::{shorten, size_text};
use crate::ui::parts::theme::{self, Palette};
use crate::ui::parts::widgets::{button, empty_state, weak};

/// Most header lines that are drawn; the rest is counted.
const MAX_LINES: usize = 300;
/// A longer value, in characters, or one of several lines is read in a view of its own.
const LONG: usize = 200;
/// What the list shows of such a value, in characters.
const SHOWN: usize = 120;
/// A name that is longer is cut on a button, in characters.
const NAME: usize = 48;

/// What was worked out for the headers of one event.
#[derive(Debug, Default)]
pub(crate) struct HeaderMemory {
    event: Option<Arc<Event>>,
    lines: Vec<HeaderLine>,
    reading: Option<HeaderReading>,
}

/// A value that is being read.
#[derive(Debug)]
struct HeaderReading {
    line: usize,
    /// Characters on a line.
    width: usize,
    lines: FoldedText,
}

impl HeaderMemory {
    fn take(&mut self, event: &Arc<Event>) {
        if self
            .event
            .as_ref()
            .is_some_and(|known| Arc::ptr_eq(known, event))
        {
            return;
        }
        let mut lines = Vec::new();
        let headers = event.properties.headers.as_ref();
        if let Some(headers) = headers {
            flatten(headers, "", 0, &mut lines);
        }
        *self = Self {
            event: Some(Arc::clone(event)),
            lines,
            reading: None,
        };
    }
}

/// Draws the headers, or the one that is being read.
pub(crate) fn headers_ui(ui: &mut Ui, memory: &mut HeaderMemory, event: &Arc<Event>) {
    memory.take(event);
    if memory.lines.is_empty() {
        empty_state(ui, "No headers", "None were sent with this message");
    } else if memory.reading.is_some() {
        reading_ui(ui, memory);
    } else {
        list_ui(ui, memory);
    }
}

fn list_ui(ui: &mut Ui, memory: &mut HeaderMemory) {
    let mut wanted = None;
    ScrollArea::both()
        .auto_shrink([false, false])
        .id_salt("headers")
        .show(ui, |ui| {
            egui::Grid::new("headers")
                .num_columns(3)
                .spacing([14.0, 4.0])
                .show(ui, |ui| {
                    for (place, line) in memory.lines.iter().take(MAX_LINES).enumerate() {
                        #[expect(clippy::cast_precision_loss, reason = "a handful of levels")]
                        let indent = line.depth.min(12) as f32 * 12.0;
                        ui.horizontal(|ui| {
                            ui.add_space(indent);
                            mono(ui, &shorten(&line.name, LONG));
                        });
                        ui.label(
                            RichText::new(line.kind)
                                .size(theme::SIZES[0])
                                .color(Palette::of(ui).accent),
                        );
                        ui.horizontal(|ui| {
                            if line.long.is_some() && button(ui, &line.label(), true).clicked() {
                                wanted = Some(place);
                            }
                            let response = value_ui(ui, &line.value);
                            named_value_menu(&response, &line.path, line.whole(), &line.bytes);
                        });
                        ui.end_row();
                    }
                });
            if memory.lines.len() > MAX_LINES {
                weak(ui, format!("… and {} more", memory.lines.len() - MAX_LINES));
            }
        });
    memory.reading = wanted.map(|line| HeaderReading {
        line,
        width: 0,
        lines: FoldedText::default(),
    });
}

fn reading_ui(ui: &mut Ui, memory: &mut HeaderMemory) {
    let Some(reading) = &mut memory.reading else {
        return;
    };
    let Some((line, text)) = memory
        .lines
        .get(reading.line)
        .and_then(|line| Some((line, line.long.as_deref()?)))
    else {
        memory.reading = None;
        return;
    };
    let width = views::columns_that_fit(ui);
    if reading.width != width {
        reading.width = width;
        reading.lines = FoldedText::new(text, width);
    }
    let mut back = false;
    ui.horizontal_wrapped(|ui| {
        back = button(ui, "All headers", true).clicked();
        if button(ui, "Copy header", true).clicked() {
            ui.ctx().copy_text(text.to_owned());
        }
        weak(ui, line.told());
    });
    ui.separator();
    let lines = reading.lines.lines();
    ui.push_id(reading.line, |ui| {
        views::lines_ui(ui, lines.len(), Marked::default(), |index| {
            lines[index].clone()
        });
    });
    if back {
        memory.reading = None;
    }
}

#[derive(Debug)]
struct HeaderLine {
    depth: usize,
    name: String,
    /// The names that lead to it.
    path: String,
    kind: &'static str,
    /// On one line, short.
    value: String,
    /// All of it, if that is more.
    long: Option<String>,
    /// As it came on the wire, where it is text or bytes; else as it is written here.
    bytes: Vec<u8>,
}

impl HeaderLine {
    fn whole(&self) -> &str {
        self.long.as_deref().unwrap_or(&self.value)
    }

    fn label(&self) -> String {
        format!("Read {}", shorten(&self.path, NAME))
    }

    fn told(&self) -> String {
        let text = self.long.as_deref().unwrap_or_default();
        let size = size_text(text.len() as u64);
        let lines = thousands(text.lines().count() as u64);
        format!("{} · {} · {size} · {lines} lines", self.path, self.kind)
    }
}

/// Nested tables and arrays become indented lines. AMQP bounds their depth by the frame size; the
/// recursion stops at 32 all the same and shows the rest on one line.
fn flatten(table: &FieldTable, path: &str, depth: usize, lines: &mut Vec<HeaderLine>) {
    for (name, value) in table {
        flatten_value(name.clone(), value, path, depth, lines);
    }
}

fn flatten_value(
    name: String,
    value: &FieldValue,
    within: &str,
    depth: usize,
    lines: &mut Vec<HeaderLine>,
) {
    let kind = value.type_name();
    let nested = depth < 32;
    let text = match value {
        FieldValue::Table(table) if nested => format!("{} entries", table.len()),
        FieldValue::Array(items) if nested => format!("{} items", items.len()),
        other => other.to_string(),
    };
    let path = match within {
        "" => name.clone(),
        within => format!("{within}.{name}"),
    };
    let is_long = text.contains('\n') || text.chars().nth(LONG).is_some();
    let (value_text, long) = if is_long {
        let first = text.lines().next().unwrap_or_default();
        let more = first.len() < text.len();
        let mut short = shorten(first, SHOWN);
        if more && !short.ends_with('…') {
            short.push_str(" …");
        }
        (short, Some(text))
    } else {
        (text, None)
    };
    let bytes = match value {
        FieldValue::Bytes(bytes) | FieldValue::RawText(bytes) => bytes.clone(),
        _ => long.as_ref().unwrap_or(&value_text).as_bytes().to_vec(),
    };
    lines.push(HeaderLine {
        bytes,
        depth,
        name,
        path: path.clone(),
        kind,
        value: value_text,
        long,
    });
    match value {
        FieldValue::Table(table) if nested => flatten(table, &path, depth + 1, lines),
        FieldValue::Array(items) if nested => {
            for (index, item) in items.iter().enumerate() {
                flatten_value(index.to_string(), item, &path, depth + 1, lines);
            }
        }
        _ => {}
    }
}
