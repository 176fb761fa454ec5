//! Keys as a tree with counts, rates and a picture of the last seconds. A click shows one
//! branch alone, the eye hides it.

use chrono::{DateTime, Utc};
use eframe::egui::{
    self, EventFilter, FontId, Key, Modifiers, Painter, Rect, ScrollArea, Sense, Stroke, Ui,
    WidgetInfo,
};
use egui::accesskit::Role;

use crate::event::key_pattern::is_within;
use crate::state::Action;
use crate::state::live::tree::{HISTORY, KeyNode};
use crate::state::live::{LiveAction, clock};
use crate::ui::Cx;
use crate::ui::frame::status_bar::thousands;
use crate::ui::parts::by_source;
use crate::ui::parts::inspector::fold_ui;
use crate::ui::parts::theme::{self, Palette, ROW};
use crate::ui::parts::widgets::{cell, section, weak};

/// The tree.
pub(crate) fn tree_ui(ui: &mut Ui, cx: &mut Cx<'_>) {
    section(ui, by_source::words(cx.state).keys_heading);
    let tree = &cx.state.live.tree;
    if tree.row_count() == 0 {
        weak(ui, "Keys appear here with their counts and rates");
        return;
    }
    let scope = &cx.state.live.view.criteria().scope;
    ui.spacing_mut().item_spacing.y = 0.0;
    ui.spacing_mut().interact_size.y = ROW;
    let actions = &mut *cx.actions;
    ScrollArea::vertical()
        .auto_shrink([false, false])
        .show_rows(ui, ROW, tree.row_count(), |ui, range| {
            for row in range {
                let Some(node) = tree.row(row) else { continue };
                let line = TreeLine {
                    node,
                    history: tree.history(node),
                    solo: scope.branch.as_deref() == Some(&*node.path),
                    muted: scope.muted.contains(&*node.path),
                    hidden: scope.muted.iter().any(|path| is_within(&node.path, path)),
                };
                if let Some(action) = line.show(ui) {
                    actions.push(Action::Live(action));
                }
            }
        });
}

/// One row.
struct TreeLine<'a> {
    node: &'a KeyNode,
    history: [u32; HISTORY],
    /// Only this branch is shown.
    solo: bool,
    /// This branch was hidden.
    muted: bool,
    /// It or a branch above it was hidden.
    hidden: bool,
}

/// Width of the picture of the last seconds.
const SPARK: f32 = 36.0;
/// Width of a rate.
const RATE: f32 = 42.0;
/// Width of a row from which on its rate is shown, and from which on the picture too, which grows with
/// what is left.
const WITH_RATE: f32 = 130.0;
const WITH_SPARK: f32 = 190.0;
/// Width of the eye.
const EYE: f32 = 18.0;

impl TreeLine<'_> {
    fn show(&self, ui: &mut Ui) -> Option<LiveAction> {
        let mut action = None;
        ui.horizontal(|ui| {
            ui.spacing_mut().item_spacing.x = 0.0;
            #[expect(clippy::cast_precision_loss, reason = "a key has few words")]
            ui.add_space(self.node.depth.min(20) as f32 * 12.0);
            if self.node.has_children() {
                if fold_ui(ui, &self.node.path, !self.node.is_open(), Sense::CLICK) {
                    action = Some(LiveAction::Fold(self.node.path.to_string()));
                }
            } else {
                ui.add_space(14.0);
            }
            let size = egui::vec2(ui.available_width() - EYE, ROW);
            let (rect, response) = ui.allocate_exact_size(size, Sense::click());
            response.widget_info(|| {
                let name = format!("{} ({})", self.name(), thousands(self.node.shown));
                WidgetInfo::selected(Role::ListBoxOption, true, self.solo, name)
            });
            let palette = Palette::of(ui);
            if self.solo {
                ui.painter().rect_filled(rect, 3, palette.selected);
            } else if response.hovered() {
                ui.painter().rect_filled(rect, 3, palette.hovered);
            }
            self.paint(ui, rect, palette);
            action = self.keys(ui, &response).or(action.take());
            if response.clicked() {
                let only = (!self.solo).then(|| self.node.path.to_string());
                action = Some(LiveAction::Branch(only));
            }
            response.on_hover_ui(|ui| self.tip_ui(ui));
            if self.eye_ui(ui) {
                action = Some(LiveAction::Mute(self.node.path.to_string()));
            }
        });
        action
    }

    /// What the keys do to the row that has the focus: a key is one stop of Tab, not three.
    fn keys(&self, ui: &Ui, row: &egui::Response) -> Option<LiveAction> {
        if !row.has_focus() {
            return None;
        }
        let filter = EventFilter {
            horizontal_arrows: true,
            ..EventFilter::default()
        };
        ui.memory_mut(|memory| memory.set_focus_lock_filter(row.id, filter));
        let pressed = |key| ui.input_mut(|input| input.consume_key(Modifiers::NONE, key));
        let path = || self.node.path.to_string();
        if pressed(Key::Delete) {
            return Some(LiveAction::Mute(path()));
        }
        let to_fold = match (pressed(Key::ArrowLeft), pressed(Key::ArrowRight)) {
            (true, _) => self.node.is_open(),
            (_, true) => !self.node.is_open(),
            _ => false,
        };
        (to_fold && self.node.has_children()).then(|| LiveAction::Fold(path()))
    }

    fn name(&self) -> &str {
        match &*self.node.path {
            "" => "(empty)",
            path => path,
        }
    }

    fn tip_ui(&self, ui: &mut Ui) {
        ui.label(self.name());
        if self.node.last_seen != DateTime::<Utc>::UNIX_EPOCH {
            weak(ui, format!("last seen {}", clock(self.node.last_seen)));
        }
    }

    fn paint(&self, ui: &mut Ui, rect: Rect, palette: &Palette) {
        let fade = if self.hidden { 0.4 } else { 1.0 };
        let small = FontId::proportional(theme::SIZES[0]);
        let painter = ui.painter();
        let right = |x: f32, text: String, color: egui::Color32| {
            let at = egui::pos2(x, rect.center().y);
            let color = color.gamma_multiply(fade);
            painter.text(at, egui::Align2::RIGHT_CENTER, text, small.clone(), color)
        };
        let mut edge = rect.right() - 4.0;
        // The word comes first: what has no room beside it is left out.
        if rect.width() > WITH_RATE {
            if self.node.rate > 0.0 {
                right(edge, format!("{:.1}/s", self.node.rate), palette.weak);
            }
            edge -= RATE;
        }
        if rect.width() > WITH_SPARK {
            let width = SPARK + (rect.width() - WITH_SPARK) * 0.5;
            let spark = Rect::from_min_max(
                egui::pos2(edge - width, rect.top() + 5.0),
                egui::pos2(edge, rect.bottom() - 5.0),
            );
            let color = palette.key(&self.node.path).gamma_multiply(0.8 * fade);
            self.spark(painter, spark, color);
            edge -= width + 6.0;
        }
        let count = right(edge, thousands(self.node.shown), palette.text);
        let words = Rect::from_min_max(
            rect.min + egui::vec2(4.0, 0.0),
            egui::pos2(count.left() - 6.0, rect.bottom()),
        );
        let color = palette.key(&self.node.path).gamma_multiply(fade);
        let word = match &*self.node.word {
            "" => "(empty)",
            word => word,
        };
        cell(ui, words, word, theme::mono(), color, false);
    }

    /// Events in each of the last seconds, as bars.
    fn spark(&self, painter: &Painter, rect: Rect, color: egui::Color32) {
        let most = self.history.iter().copied().max().unwrap_or(0);
        if most == 0 {
            return;
        }
        #[expect(clippy::cast_precision_loss, reason = "a bar has few pixels")]
        for (place, count) in self.history.iter().enumerate() {
            if *count == 0 {
                continue;
            }
            let step = rect.width() / HISTORY as f32;
            let x = rect.left() + (place as f32 + 0.5) * step;
            let height = (*count as f32 / most as f32 * rect.height()).max(1.0);
            let top = rect.bottom() - height;
            painter.vline(x, top..=rect.bottom(), Stroke::new(step - 0.5, color));
        }
    }

    /// Hides the branch, or shows it again.
    fn eye_ui(&self, ui: &mut Ui) -> bool {
        let (rect, response) = ui.allocate_exact_size(egui::vec2(EYE, ROW), Sense::CLICK);
        let verb = if self.muted { "Show" } else { "Hide" };
        let label = format!("{verb} {}", self.name());
        response.widget_info(|| WidgetInfo::labeled(Role::Button, true, &label));
        let palette = Palette::of(ui);
        // Only where it matters, or where the pointer is: an eye on every row is noise.
        let row = rect.with_min_x(ui.min_rect().left());
        if self.muted || ui.rect_contains_pointer(row) || response.has_focus() {
            let color = if response.hovered() {
                palette.text
            } else {
                palette.weak
            };
            let (center, painter) = (rect.center(), ui.painter());
            painter.circle_stroke(center, 4.0, Stroke::new(1.2, color));
            if self.muted {
                let reach = egui::vec2(5.0, -5.0);
                let line = [center - reach, center + reach];
                painter.line_segment(line, Stroke::new(1.2, color));
            } else {
                painter.circle_filled(center, 1.6, color);
            }
        }
        response.on_hover_text(&label).clicked()
    }
}
