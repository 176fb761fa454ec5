//! The list of changes: what breaks first, with what real events say of each.

use eframe::egui::{
    FontId, Rect, RichText, ScrollArea, Sense, Ui, WidgetInfo, accesskit::Role, pos2, vec2,
};

use crate::schema::{Change, CheckReport, Effect, place};
use crate::state::schemas::Comparison;
use crate::ui::frame::status_bar::thousands;
use crate::ui::parts::theme::{self, Palette};
use crate::ui::parts::widgets::{cell, empty_state};

/// Height of a change, in points.
const HEIGHT: f32 = 44.0;
/// Width of a direction's column.
const COLUMN: f32 = 110.0;

/// Draws the list.
pub(crate) fn changes_ui(ui: &mut Ui, report: &CheckReport, found: &Comparison) {
    if report.changes.is_empty() {
        empty_state(
            ui,
            "No changes",
            "Both versions say the same, however they are written",
        );
        return;
    }
    let palette = Palette::of(ui);
    if !report.complete {
        ui.label(
            RichText::new("The schemas are too large for a complete list").color(palette.warn),
        );
    }
    ScrollArea::vertical()
        .auto_shrink([false, false])
        .show_rows(ui, HEIGHT, report.changes.len(), |ui, range| {
            for at in range {
                let hits = found.hits.get(at).copied().unwrap_or(0);
                row_ui(ui, &report.changes[at], hits, found.captured.seen);
            }
        });
}

fn row_ui(ui: &mut Ui, change: &Change, hits: usize, seen: usize) {
    let palette = Palette::of(ui);
    let size = vec2(ui.available_width(), HEIGHT);
    let (rect, response) = ui.allocate_exact_size(size, Sense::hover());
    let words = format!(
        "{} {}: {} Backward {}, forward {}",
        change.path,
        change.kind,
        change.reason,
        change.backward.name(),
        change.forward.name()
    );
    response.widget_info(|| WidgetInfo::labeled(Role::ListItem, true, &words));
    let painter = ui.painter();
    painter.hline(rect.x_range(), rect.bottom() - 0.5, (1.0, palette.line));
    let small = FontId::proportional(theme::SIZES[0] + 1.0);
    let wide = rect.width() - 2.0 * COLUMN;
    let top = Rect::from_min_size(rect.min + vec2(4.0, 3.0), vec2(wide - 8.0, 19.0));
    let path = place(&change.path);
    let name = ui
        .painter()
        .layout_no_wrap(path.clone(), theme::mono(), palette.name);
    let shown = name.size().x.min(top.width());
    cell(ui, top, &path, theme::mono(), palette.name, false);
    let kind = Rect::from_min_max(pos2(top.left() + shown + 10.0, top.top()), top.max);
    if kind.width() > 30.0 {
        cell(ui, kind, &change.kind, small.clone(), palette.weak, false);
    }
    let bottom = top.translate(vec2(0.0, 19.0));
    cell(
        ui,
        bottom,
        &change.reason,
        theme::words(),
        palette.text,
        false,
    );
    for (column, (direction, effect)) in
        [("Backward", change.backward), ("Forward", change.forward)]
            .into_iter()
            .enumerate()
    {
        #[expect(clippy::cast_precision_loss, reason = "there are two columns")]
        let left = rect.right() - COLUMN * (2 - column) as f32;
        let at = Rect::from_min_size(pos2(left, rect.top() + 3.0), vec2(COLUMN - 6.0, 19.0));
        let (words, color) = match effect {
            Effect::Ok => (format!("{direction} ok"), palette.good),
            Effect::Unknown => (format!("{direction} not proved"), palette.warn),
            Effect::Breaks => (format!("{direction} breaks"), palette.bad),
        };
        cell(ui, at, &words, theme::words(), color, false);
    }
    if hits > 0 {
        let at = Rect::from_min_size(
            pos2(rect.right() - 2.0 * COLUMN, rect.top() + 22.0),
            vec2(2.0 * COLUMN - 6.0, 19.0),
        );
        let words = format!(
            "would refuse {} of {}",
            thousands(hits as u64),
            thousands(seen as u64)
        );
        cell(ui, at, &words, small, palette.warn, false);
    }
    response.on_hover_text(words);
}
