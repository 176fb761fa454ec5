//! The rail on the left: one tab a screen, each with an icon, its name and perhaps a count.

use eframe::egui::{
    self, Align2, Color32, FontId, Panel, Rect, Sense, Shape, Stroke, Ui, WidgetInfo,
    accesskit::Role, epaint::PathShape, pos2, vec2,
};

use crate::state::{Action, Screen};
use crate::text::numbers::count_of;
use crate::ui::frame::regions::Region;
use crate::ui::parts::theme::{self, Palette};
use crate::ui::{Cx, Memory};

/// Draws the rail.
pub fn rail_ui(ui: &mut Ui, cx: &mut Cx<'_>) {
    let palette = Palette::of(ui);
    let frame = egui::Frame::new()
        .fill(palette.panel)
        .inner_margin(egui::Margin::symmetric(6, 8));
    let rail = Panel::left("rail")
        .resizable(false)
        .exact_size(96.0)
        .frame(frame)
        .show(ui, |ui| {
            ui.spacing_mut().item_spacing.y = 4.0;
            for screen in Screen::ALL {
                let badge = match screen {
                    Screen::DeadLetters => cx.state.front.dead.waiting(),
                    _ => 0,
                };
                if tab(ui, screen, cx.state.screen == screen, badge) {
                    cx.act(Action::Open(screen));
                }
            }
            ui.with_layout(egui::Layout::bottom_up(egui::Align::Center), |ui| {
                let help = ui.button("Help").on_hover_text("Keyboard shortcuts (?)");
                if help.clicked() {
                    let Memory { help, .. } = cx.memory;
                    *help = !*help;
                }
            });
        });
    let room = rail.response.rect;
    cx.memory.regions.end(Region::Rail, room);
}

fn tab(ui: &mut Ui, screen: Screen, selected: bool, badge: u64) -> bool {
    let palette = Palette::of(ui);
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), 54.0), Sense::click());
    response.widget_info(|| WidgetInfo::selected(Role::Tab, true, selected, screen.name()));
    let fill = if selected {
        palette.raised
    } else if response.hovered() {
        palette.hovered
    } else {
        Color32::TRANSPARENT
    };
    let painter = ui.painter();
    painter.rect_filled(rect, 6, fill);
    if response.has_focus() {
        let line = Stroke::new(1.0, palette.accent);
        painter.rect_stroke(rect, 6, line, egui::StrokeKind::Inside);
    }
    let color = if selected {
        palette.accent
    } else {
        palette.weak
    };
    let icon = Rect::from_center_size(pos2(rect.center().x, rect.top() + 19.0), vec2(20.0, 20.0));
    painter.extend(shapes(screen, icon, color));
    let color = if selected { palette.text } else { palette.weak };
    painter.text(
        pos2(rect.center().x, rect.bottom() - 12.0),
        Align2::CENTER_CENTER,
        screen.name(),
        FontId::proportional(theme::SIZES[0] + 1.0),
        color,
    );
    if badge > 0 {
        let text = if badge > 999 {
            "999+".to_owned()
        } else {
            badge.to_string()
        };
        let galley = painter.layout_no_wrap(text, FontId::proportional(10.0), palette.on_accent);
        let size = vec2((galley.size().x + 8.0).max(15.0), 15.0);
        let place = Rect::from_center_size(pos2(rect.center().x + 20.0, rect.top() + 11.0), size);
        painter.rect_filled(place, 7, palette.warn);
        painter.galley(
            place.center() - galley.size() / 2.0,
            galley,
            palette.on_accent,
        );
    }
    let response = response.on_hover_text(match screen {
        Screen::Live => "What flows? (Ctrl+1)".to_owned(),
        Screen::Publish => "Send a test event (Ctrl+2)".to_owned(),
        Screen::DeadLetters => format!("{} (Ctrl+3)", count_of(badge, "dead letter")),
        Screen::Schemas => "What changed, and what breaks? (Ctrl+4)".to_owned(),
        Screen::Recordings => "What happened then? (Ctrl+5)".to_owned(),
    });
    response.clicked() && !selected
}

/// The icons are drawn, not taken from a font: they look the same on every machine.
fn shapes(screen: Screen, rect: Rect, color: Color32) -> Vec<Shape> {
    let at = |x: f32, y: f32| rect.lerp_inside(vec2(x, y));
    let stroke = Stroke::new(1.6, color);
    let line = |points: Vec<egui::Pos2>| Shape::line(points, stroke);
    match screen {
        Screen::Live => vec![line(vec![
            at(0.0, 0.55),
            at(0.22, 0.55),
            at(0.38, 0.12),
            at(0.6, 0.9),
            at(0.76, 0.55),
            at(1.0, 0.55),
        ])],
        Screen::Publish => vec![
            Shape::Path(PathShape::closed_line(
                vec![at(0.05, 0.12), at(0.98, 0.5), at(0.05, 0.88), at(0.22, 0.5)],
                stroke,
            )),
            line(vec![at(0.22, 0.5), at(0.6, 0.5)]),
        ],
        Screen::DeadLetters => vec![
            Shape::Path(PathShape::closed_line(
                vec![
                    at(0.02, 0.18),
                    at(0.98, 0.18),
                    at(0.98, 0.84),
                    at(0.02, 0.84),
                ],
                stroke,
            )),
            line(vec![at(0.36, 0.38), at(0.64, 0.66)]),
            line(vec![at(0.64, 0.38), at(0.36, 0.66)]),
        ],
        // A reel of tape.
        Screen::Recordings => {
            let ring = |x, y, radius| Shape::circle_stroke(at(x, y), radius, stroke);
            vec![
                ring(0.27, 0.42, rect.width() * 0.23),
                ring(0.73, 0.42, rect.width() * 0.23),
                line(vec![at(0.27, 0.65), at(0.73, 0.65)]),
                line(vec![at(0.1, 0.9), at(0.9, 0.9)]),
            ]
        }
        // Two sheets, one before the other.
        Screen::Schemas => vec![
            Shape::Path(PathShape::closed_line(
                vec![at(0.3, 0.28), at(0.96, 0.28), at(0.96, 0.98), at(0.3, 0.98)],
                stroke,
            )),
            line(vec![at(0.06, 0.72), at(0.06, 0.02), at(0.7, 0.02)]),
            line(vec![at(0.46, 0.52), at(0.8, 0.52)]),
            line(vec![at(0.46, 0.74), at(0.8, 0.74)]),
        ],
    }
}
