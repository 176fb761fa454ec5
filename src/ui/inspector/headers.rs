//! The typed headers: each with the AMQP type that it has on the wire.

use eframe::egui::{self, RichText, ScrollArea, Ui};

use super::super::theme::{self, Palette};
use super::super::widgets::{empty_state, weak};
use super::properties::mono;
use crate::domain::{Event, FieldTable, FieldValue};

/// Most header lines that are drawn; the rest is counted.
const MAX_LINES: usize = 300;

pub(super) fn headers_ui(ui: &mut Ui, event: &Event) {
    let Some(headers) = event.properties.headers.as_ref().filter(|h| !h.is_empty()) else {
        empty_state(ui, "No headers", "None were sent with this message");
        return;
    };
    let mut lines = Vec::new();
    flatten(headers, 0, &mut lines);
    ScrollArea::both()
        .auto_shrink([false, false])
        .id_salt("headers")
        .show(ui, |ui| {
            egui::Grid::new("headers")
                .num_columns(3)
                .spacing([14.0, 4.0])
                .show(ui, |ui| {
                    for line in lines.iter().take(MAX_LINES) {
                        #[expect(clippy::cast_precision_loss, reason = "a handful of levels")]
                        let indent = line.depth.min(12) as f32 * 12.0;
                        ui.horizontal(|ui| {
                            ui.add_space(indent);
                            mono(ui, &line.name);
                        });
                        ui.label(
                            RichText::new(line.kind)
                                .size(theme::SIZES[0])
                                .color(Palette::of(ui).accent),
                        );
                        mono(ui, &line.value);
                        ui.end_row();
                    }
                });
            if lines.len() > MAX_LINES {
                weak(ui, format!("… and {} more", lines.len() - MAX_LINES));
            }
        });
}

struct Line {
    depth: usize,
    name: String,
    kind: &'static str,
    value: String,
}

/// Nested tables and arrays become indented lines. AMQP bounds their depth by the frame size; the
/// recursion stops at 32 all the same and shows the rest on one line.
fn flatten(table: &FieldTable, depth: usize, lines: &mut Vec<Line>) {
    for (name, value) in table {
        flatten_value(name.clone(), value, depth, lines);
    }
}

fn flatten_value(name: String, value: &FieldValue, depth: usize, lines: &mut Vec<Line>) {
    let kind = value.type_name();
    let nested = depth < 32;
    let text = match value {
        FieldValue::Table(table) if nested => format!("{} entries", table.len()),
        FieldValue::Array(items) if nested => format!("{} items", items.len()),
        other => other.to_string(),
    };
    lines.push(Line {
        depth,
        name,
        kind,
        value: text,
    });
    match value {
        FieldValue::Table(table) if nested => flatten(table, depth + 1, lines),
        FieldValue::Array(items) if nested => {
            for (index, item) in items.iter().enumerate() {
                flatten_value(index.to_string(), item, depth + 1, lines);
            }
        }
        _ => {}
    }
}
