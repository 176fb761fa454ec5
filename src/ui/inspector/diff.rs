//! What changed since the previous event on the same routing key.

use std::sync::Arc;

use eframe::egui::{self, ScrollArea, Ui};

use super::super::status_bar::thousands;
use super::super::theme::{self, Palette, STEP};
use super::super::widgets::weak;
use crate::domain::Event;
use crate::domain::event_diff::{EventDiff, between};
use crate::domain::json_diff::{Change, DiffRow};
use crate::domain::payload::visible_line;
use crate::state::live::clock;

/// Bytes of each body that take part.
const LIMIT: usize = 1_000_000;
const LINE: f32 = 17.0;

/// The difference that was worked out last.
#[derive(Debug, Default)]
pub(super) struct DiffMemory {
    of: Option<(Arc<Event>, Arc<Event>)>,
    found: EventDiff,
}

/// Draws the difference.
pub(super) fn diff_ui(
    ui: &mut Ui,
    memory: &mut DiffMemory,
    event: &Arc<Event>,
    previous: Option<&Arc<Event>>,
) {
    let Some(previous) = previous else {
        weak(ui, "No earlier event with this key is kept");
        return;
    };
    let known = memory
        .of
        .as_ref()
        .is_some_and(|(old, new)| Arc::ptr_eq(old, previous) && Arc::ptr_eq(new, event));
    if !known {
        memory.of = Some((Arc::clone(previous), Arc::clone(event)));
        memory.found = between(previous, event, LIMIT);
    }
    let found = &memory.found;
    let count = match found.rows.len() {
        0 => "Nothing differs from".to_owned(),
        1 => "1 difference from".to_owned(),
        count => format!("{} differences from", thousands(count as u64)),
    };
    let time = clock(previous.received_at);
    weak(ui, format!("{count} the event before, of {time}"));
    for remark in &found.remarks {
        weak(ui, remark.as_str());
    }
    ui.add_space(STEP / 2.0);
    ui.spacing_mut().item_spacing.y = 0.0;
    ScrollArea::both()
        .auto_shrink([false, false])
        .id_salt("diff")
        .show_rows(ui, LINE, found.rows.len(), |ui, range| {
            for row in &found.rows[range] {
                ui.add(egui::Label::new(line(row, Palette::of(ui))).extend());
            }
        });
}

fn line(row: &DiffRow, palette: &Palette) -> egui::text::LayoutJob {
    let mut job = egui::text::LayoutJob::default();
    let mut part = |text: &str, color| {
        let format = egui::TextFormat::simple(theme::mono(), color);
        job.append(&visible_line(text), 0.0, format);
    };
    let sign = match &row.change {
        Change::Added(_) => ("+ ", palette.good),
        Change::Removed(_) => ("- ", palette.bad),
        Change::Changed(..) => ("~ ", palette.warn),
    };
    part(sign.0, sign.1);
    part(&row.path, palette.name);
    part("  ", palette.weak);
    match &row.change {
        Change::Added(new) => part(new, palette.good),
        Change::Removed(old) => part(old, palette.bad),
        Change::Changed(old, new) => {
            part(old, palette.bad);
            part(" → ", palette.weak);
            part(new, palette.good);
        }
    }
    job
}
