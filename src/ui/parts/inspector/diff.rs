//! What differs between two events: since the one before on the same key, or between two that were
//! chosen.

use std::sync::Arc;

use eframe::egui::{self, Label, ScrollArea, Ui, text::LayoutJob};

use super::views::{LINE, columns_that_fit, exact_rows};
use crate::event::Event;
use crate::event::event_diff::{self, EventDiff};
use crate::state::live::clock;
use crate::text::json_diff::{DiffRow, JsonChange};
use crate::text::payload::visible_line;
use crate::ui::parts::theme::{self, Palette, STEP};
use crate::ui::parts::widgets::{empty_state, weak};

/// Bytes of each body that are compared: some milliseconds of work.
const COMPARED: usize = 256_000;
/// Characters by which the rest of a wrapped line is set in.
const INDENT: usize = 4;

/// Which two events are compared, the earlier one first.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Compared<'a> {
    /// An event with the one before it on the same key.
    Previous([&'a Arc<Event>; 2]),
    /// Two that the person selected.
    Chosen([&'a Arc<Event>; 2]),
}

/// The differences on show, worked out once for two events.
#[derive(Debug, Default)]
pub(crate) struct DiffMemory {
    events: Option<[Arc<Event>; 2]>,
    diff: EventDiff,
    /// Characters on a line, and the lines of that width.
    width: usize,
    lines: Vec<Vec<DiffPart>>,
}

/// A part of a line, and what it is.
#[derive(Clone, Debug, PartialEq, Eq)]
struct DiffPart {
    text: String,
    role: DiffRole,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum DiffRole {
    Added,
    Removed,
    Changed,
    Path,
    Between,
}

impl DiffMemory {
    fn take(&mut self, [old, new]: [&Arc<Event>; 2], width: usize) {
        let known = self.events.as_ref();
        let same = known.is_some_and(|[a, b]| Arc::ptr_eq(a, old) && Arc::ptr_eq(b, new));
        if !same {
            self.diff = event_diff::between(old, new, COMPARED);
            self.events = Some([Arc::clone(old), Arc::clone(new)]);
        }
        if !same || self.width != width {
            self.width = width;
            let rows = self.diff.rows.iter();
            self.lines = rows.flat_map(|row| wrapped(parts(row), width)).collect();
        }
    }
}

/// Draws the differences.
pub(crate) fn diff_ui(ui: &mut Ui, memory: &mut DiffMemory, compared: Option<Compared<'_>>) {
    let Some(compared) = compared else {
        empty_state(
            ui,
            "Nothing to compare with",
            "No earlier event with this key is kept. Two selected rows are compared with each other",
        );
        return;
    };
    let (pair, words) = match compared {
        Compared::Previous(pair) => {
            let time = clock(pair[0].received_at);
            (
                pair,
                format!("Compared with the event of {time} on the same key"),
            )
        }
        Compared::Chosen(pair) => {
            let [old, new] =
                pair.map(|event| format!("{} {}", clock(event.received_at), event.key));
            (pair, format!("From {old} to {new}"))
        }
    };
    memory.take(pair, columns_that_fit(ui));
    ui.horizontal_wrapped(|ui| weak(ui, words));
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
    let lines = &memory.lines;
    ScrollArea::vertical()
        .auto_shrink([false, false])
        .id_salt("diff")
        .show_rows(ui, LINE, lines.len(), |ui, range| {
            for line in &lines[range] {
                let job = laid_out(Palette::of(ui), line);
                ui.horizontal(|ui| ui.add(Label::new(job).extend()));
            }
        });
}

fn parts(row: &DiffRow) -> Vec<DiffPart> {
    let part = |text: &str, role| DiffPart {
        text: visible_line(text),
        role,
    };
    let (sign, role) = match &row.change {
        JsonChange::Added(_) => ("+ ", DiffRole::Added),
        JsonChange::Removed(_) => ("- ", DiffRole::Removed),
        JsonChange::Changed(..) => ("~ ", DiffRole::Changed),
    };
    let mut parts = vec![
        part(sign, role),
        part(&row.path, DiffRole::Path),
        part(": ", DiffRole::Between),
    ];
    match &row.change {
        JsonChange::Added(value) | JsonChange::Removed(value) => parts.push(part(value, role)),
        JsonChange::Changed(old, new) => parts.extend([
            part(old, DiffRole::Removed),
            part(" → ", DiffRole::Between),
            part(new, DiffRole::Added),
        ]),
    }
    parts
}

/// The parts on lines of so many characters; all lines but the first are set in.
fn wrapped(parts: Vec<DiffPart>, width: usize) -> Vec<Vec<DiffPart>> {
    let mut lines = vec![Vec::new()];
    let mut room = width;
    for part in parts {
        let mut rest = part.text.as_str();
        while !rest.is_empty() {
            if room == 0 {
                let indent = DiffPart {
                    text: " ".repeat(INDENT),
                    role: DiffRole::Between,
                };
                lines.push(vec![indent]);
                room = width.saturating_sub(INDENT).max(1);
            }
            let end = rest.char_indices().nth(room);
            let (here, behind) = rest.split_at(end.map_or(rest.len(), |(at, _)| at));
            room -= here.chars().count();
            if let Some(line) = lines.last_mut() {
                line.push(DiffPart {
                    text: here.to_owned(),
                    role: part.role,
                });
            }
            rest = behind;
        }
    }
    lines
}

fn laid_out(palette: &Palette, line: &[DiffPart]) -> LayoutJob {
    let mut job = LayoutJob::default();
    for part in line {
        let color = match part.role {
            DiffRole::Added => palette.good,
            DiffRole::Removed => palette.bad,
            DiffRole::Changed => palette.warn,
            DiffRole::Path => palette.name,
            DiffRole::Between => palette.weak,
        };
        let format = egui::TextFormat::simple(theme::mono(), color);
        job.append(&part.text, 0.0, format);
    }
    job
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_line_is_wrapped_and_none_of_it_is_lost() {
        let row = DiffRow {
            path: "body.note".into(),
            change: JsonChange::Changed("é".repeat(30), "b".repeat(25)),
        };
        let lines = wrapped(parts(&row), 20);
        let text = |line: &Vec<DiffPart>| line.iter().map(|p| p.text.as_str()).collect::<String>();
        let all: Vec<String> = lines.iter().map(text).collect();
        assert!(all.iter().all(|line| line.chars().count() <= 20), "{all:?}");
        assert!(all[1..].iter().all(|line| line.starts_with("    ")));
        let joined: String = all[0].clone() + &all[1..].iter().map(|l| &l[4..]).collect::<String>();
        let whole = format!("~ body.note: {} → {}", "é".repeat(30), "b".repeat(25));
        assert_eq!(joined, whole);
    }
}
