//! Both texts beside each other, with what differs in colour.

use eframe::egui::{Rect, ScrollArea, Sense, Ui, WidgetInfo, accesskit::Role, vec2};

use crate::state::schemas::DiffLine;
use crate::ui::parts::theme::{self, Palette};
use crate::ui::parts::widgets::cell;

/// Height of a line, in points.
const HEIGHT: f32 = 18.0;

/// Draws the lines.
pub(crate) fn side_by_side_ui(ui: &mut Ui, lines: &[DiffLine]) {
    let palette = Palette::of(ui);
    ui.spacing_mut().item_spacing.y = 0.0;
    ScrollArea::vertical()
        .auto_shrink([false, false])
        .show_rows(ui, HEIGHT, lines.len(), |ui, range| {
            for line in &lines[range] {
                let size = vec2(ui.available_width(), HEIGHT);
                let (rect, response) = ui.allocate_exact_size(size, Sense::hover());
                response.widget_info(|| {
                    let words_of = |text: &Option<String>| text.clone().unwrap_or_default();
                    let words = if line.is_same() {
                        words_of(&line.old)
                    } else {
                        format!("old: {} new: {}", words_of(&line.old), words_of(&line.new))
                    };
                    WidgetInfo::labeled(Role::ListItem, true, words)
                });
                let half = rect.width() / 2.0;
                let (left, right) = rect.split_left_right_at_x(rect.left() + half);
                for (at, text, color) in [
                    (left, &line.old, palette.bad),
                    (right, &line.new, palette.good),
                ] {
                    let Some(text) = text else { continue };
                    if !line.is_same() {
                        ui.painter().rect_filled(
                            at.shrink2(vec2(2.0, 0.0)),
                            0,
                            color.gamma_multiply(0.16),
                        );
                    }
                    let inside =
                        Rect::from_min_max(at.min + vec2(6.0, 0.0), at.max - vec2(6.0, 0.0));
                    cell(ui, inside, text, theme::mono(), palette.text, false);
                }
            }
        });
}
