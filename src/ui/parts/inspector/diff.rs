//! What changed since the event before it on the same key.

use std::sync::Arc;

use eframe::egui::{self, Label, ScrollArea, Ui, text::LayoutJob};

use super::views::{LINE, exact_rows};
use crate::event::Event;
use crate::event::event_diff::{self, EventDiff};
use crate::state::live::clock;
use crate::text::json_diff::{DiffRow, JsonChange};
use crate::text::payload::visible_line;
use crate::ui::parts::theme::{self, Palette, STEP};
use crate::ui::parts::widgets::{empty_state, weak};

/// Bytes of each body that are compared: some milliseconds of work.
const COMPARED: usize = 256_000;

/// The differences on show, worked out once for two events.
#[derive(Debug, Default)]
pub(crate) struct DiffMemory {
    events: Option<[Arc<Event>; 2]>,
    diff: EventDiff,
}

impl DiffMemory {
    fn take(&mut self, old: &Arc<Event>, new: &Arc<Event>) {
        let known = self.events.as_ref();
        if known.is_some_and(|[a, b]| Arc::ptr_eq(a, old) && Arc::ptr_eq(b, new)) {
            return;
        }
        self.diff = event_diff::between(old, new, COMPARED);
        self.events = Some([Arc::clone(old), Arc::clone(new)]);
    }
}

/// Draws the differences.
pub(crate) fn diff_ui(
    ui: &mut Ui,
    memory: &mut DiffMemory,
    previous: Option<&Arc<Event>>,
    event: &Arc<Event>,
) {
    let Some(previous) = previous else {
        empty_state(
            ui,
            "Nothing to compare with",
            "No earlier event with this key is kept",
        );
        return;
    };
    memory.take(previous, event);
    weak(
        ui,
        format!(
            "Compared with the event of {} on the same key",
            clock(previous.received_at)
        ),
    );
    let diff = &memory.diff;
    for remark in &diff.remarks {
        ui.add(Label::new(remark).wrap());
    }
    if diff.rows.is_empty() {
        if diff.remarks.is_empty() {
            empty_state(ui, "No difference", "Content and headers are the same");
        }
        return;
    }
    ui.add_space(STEP);
    exact_rows(ui);
    ScrollArea::both()
        .auto_shrink([false, false])
        .id_salt("diff")
        .show_rows(ui, LINE, diff.rows.len(), |ui, range| {
            for row in &diff.rows[range] {
                let job = line(Palette::of(ui), row);
                ui.horizontal(|ui| ui.add(Label::new(job).extend()));
            }
        });
}

fn line(palette: &Palette, row: &DiffRow) -> LayoutJob {
    let mut job = LayoutJob::default();
    let mut part = |text: &str, color| {
        job.append(
            &visible_line(text),
            0.0,
            egui::TextFormat::simple(theme::mono(), color),
        );
    };
    let (sign, color) = match &row.change {
        JsonChange::Added(_) => ("+ ", palette.good),
        JsonChange::Removed(_) => ("- ", palette.bad),
        JsonChange::Changed(..) => ("~ ", palette.warn),
    };
    part(sign, color);
    part(&row.path, palette.name);
    part(": ", palette.weak);
    match &row.change {
        JsonChange::Added(value) | JsonChange::Removed(value) => part(value, color),
        JsonChange::Changed(old, new) => {
            part(old, palette.bad);
            part(" → ", palette.weak);
            part(new, palette.good);
        }
    }
    job
}
