//! Both schemas as trees, row by row the same place in both, with what differs in colour.

use eframe::egui::{
    Color32, Rect, ScrollArea, Sense, StrokeKind, Ui, WidgetInfo, accesskit::Role, pos2, vec2,
};

use super::sought_field::SoughtStep;
use crate::state::Action;
use crate::state::schemas::{ByPath, PathRow, SchemaAction, Shift};
use crate::ui::Cx;
use crate::ui::parts::theme::{self, Palette};
use crate::ui::parts::widgets::{cell, weak};

/// Height of a row, and how far a level is moved in, in points.
const HEIGHT: f32 = 20.0;
const INDENT: f32 = 14.0;
/// How much of the width the names take.
const NAMES: f32 = 0.4;

/// Draws the rows.
pub(crate) fn by_path_ui(ui: &mut Ui, cx: &mut Cx<'_>, tree: &ByPath) {
    if tree.cut {
        weak(ui, "The schemas are too large to be shown in full");
    }
    let old = cx.state.schemas.old.clone();
    let new = if cx.state.schemas.what_if {
        "draft".to_owned()
    } else {
        cx.state.schemas.new.clone()
    };
    ui.spacing_mut().item_spacing.y = 0.0;
    let palette = Palette::of(ui);
    let (head, _) = ui.allocate_exact_size(vec2(ui.available_width(), HEIGHT), Sense::hover());
    for (at, text) in columns(head).into_iter().zip(["Place", &old, &new]) {
        cell(ui, at, text, theme::words(), palette.weak, false);
    }
    let mut area = ScrollArea::vertical().auto_shrink([false, false]);
    if let Some(field) = &mut cx.memory.schema_field {
        match field.step(&tree.rows) {
            SoughtStep::Found(row) => {
                // A few rows of what stands around it stay in sight.
                #[expect(clippy::cast_precision_loss, reason = "rows of one schema")]
                let offset = row.saturating_sub(4) as f32 * HEIGHT;
                area = area.vertical_scroll_offset(offset);
            }
            SoughtStep::Unfold(path) => {
                let unfold = SchemaAction::Unfold(path);
                cx.actions.push(Action::Schemas(unfold));
            }
            SoughtStep::Nothing => {}
        }
    }
    let found = cx.memory.schema_field.as_ref();
    let found = found.and_then(|field| field.found.clone());
    area.show_rows(ui, HEIGHT, tree.rows.len(), |ui, range| {
        for row in &tree.rows[range] {
            let top = ui.cursor().top();
            let clicked = row_ui(ui, row);
            if found.as_ref() == Some(&row.path) {
                let rect = ui.max_rect().with_min_y(top).with_max_y(top + HEIGHT);
                let stroke = (1.0, palette.bad);
                ui.painter()
                    .rect_stroke(rect, 3, stroke, StrokeKind::Inside);
            }
            if clicked {
                let unfold = SchemaAction::Unfold(row.path.clone());
                cx.actions.push(Action::Schemas(unfold));
            }
        }
    });
}

fn columns(rect: Rect) -> [Rect; 3] {
    let names = rect.left() + rect.width() * NAMES;
    let half = (rect.right() - names) / 2.0;
    [
        (rect.left(), names),
        (names, names + half),
        (names + half, rect.right()),
    ]
    .map(|(left, right)| {
        Rect::from_min_max(
            pos2(left + 6.0, rect.top()),
            pos2(right - 6.0, rect.bottom()),
        )
    })
}

/// Whether what a reference means is asked for.
fn row_ui(ui: &mut Ui, row: &PathRow) -> bool {
    let palette = Palette::of(ui);
    let sense = if row.unfolded.is_some() {
        Sense::click()
    } else {
        Sense::hover()
    };
    let size = vec2(ui.available_width(), HEIGHT);
    let (rect, response) = ui.allocate_exact_size(size, sense);
    let words = words(row);
    let role = match row.unfolded {
        Some(_) => Role::Button,
        None => Role::ListItem,
    };
    response.widget_info(|| WidgetInfo::labeled(role, true, &words));
    let [names, old, new] = columns(rect);
    if response.hovered() || response.has_focus() {
        ui.painter().rect_filled(rect, 0, palette.hovered);
    }
    let changed = row.shift == Shift::Changed;
    let tint = |ui: &Ui, at: Rect, color: Color32| {
        let at = at.expand2(vec2(4.0, 0.0));
        ui.painter().rect_filled(at, 0, color.gamma_multiply(0.16));
    };
    if changed || row.shift == Shift::Removed {
        tint(ui, old, palette.bad);
    }
    if changed || row.shift == Shift::Added {
        tint(ui, new, palette.good);
    }
    #[expect(clippy::cast_precision_loss, reason = "rows are not that deep")]
    let inward = (row.depth.min(40) as f32) * INDENT;
    let mark = match row.unfolded {
        Some(true) => "⏷",
        Some(false) => "⏵",
        None => "",
    };
    let place = Rect::from_min_max(names.min + vec2(inward, 0.0), names.max);
    cell(ui, place, mark, theme::words(), palette.weak, false);
    let place = Rect::from_min_max(place.min + vec2(INDENT, 0.0), names.max);
    let color = match row.shift {
        Shift::Same => palette.weak,
        Shift::Removed => palette.bad,
        Shift::Added => palette.good,
        Shift::Changed | Shift::Inside => palette.name,
    };
    cell(ui, place, &row.name, theme::mono(), color, false);
    let color = match row.shift {
        Shift::Same | Shift::Inside => palette.weak,
        _ => palette.text,
    };
    for (at, text) in [(old, &row.old), (new, &row.new)] {
        let text = text.as_deref().unwrap_or_default();
        cell(ui, at, text, theme::mono(), color, false);
    }
    let clicked = response.clicked();
    response.on_hover_text(words);
    clicked
}

fn words(row: &PathRow) -> String {
    let none = "nothing".to_owned();
    let (old, new) = (
        row.old.as_ref().unwrap_or(&none),
        row.new.as_ref().unwrap_or(&none),
    );
    let place = crate::schema::place(&row.path);
    match row.shift {
        Shift::Same => format!("{place} {new}"),
        Shift::Inside => format!("{place} differs inside"),
        _ => format!("{place} old: {old} new: {new}"),
    }
}
