//! Routing keys as a tree with counts and rates; a click shows one branch.

use eframe::egui::{self, FontId, ScrollArea, Sense, Ui, WidgetInfo, accesskit::Role};

use super::super::Cx;
use super::super::inspector::fold_ui;
use super::super::status_bar::thousands;
use super::super::theme::{self, Palette, ROW};
use super::super::widgets::{section, weak};
use crate::state::Action;
use crate::state::live::LiveAction;
use crate::state::tree::Node;

pub(super) fn tree_ui(ui: &mut Ui, cx: &mut Cx<'_>) {
    section(ui, "ROUTING KEYS");
    let tree = &cx.state.live.tree;
    if tree.row_count() == 0 {
        weak(ui, "Keys appear here with their counts and rates");
        return;
    }
    let branch = cx.state.live.view.criteria().branch.clone();
    ui.spacing_mut().item_spacing.y = 0.0;
    ui.spacing_mut().interact_size.y = ROW;
    ScrollArea::vertical()
        .auto_shrink([false, false])
        .show_rows(ui, ROW, tree.row_count(), |ui, range| {
            for row in range {
                let Some(node) = tree.row(row) else { continue };
                let selected = branch.as_deref() == Some(&*node.path);
                match node_ui(ui, node, selected) {
                    Some(Click::Fold) => {
                        cx.actions
                            .push(Action::Live(LiveAction::Toggle(node.path.to_string())));
                    }
                    Some(Click::Branch) => {
                        let next = (!selected).then(|| node.path.to_string());
                        cx.actions.push(Action::Live(LiveAction::Branch(next)));
                    }
                    None => {}
                }
            }
        });
}

enum Click {
    Fold,
    Branch,
}

fn node_ui(ui: &mut Ui, node: &Node, selected: bool) -> Option<Click> {
    let palette = Palette::of(ui);
    let mut click = None;
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = 0.0;
        #[expect(clippy::cast_precision_loss, reason = "a key has few words")]
        ui.add_space(node.depth.min(20) as f32 * 12.0);
        if node.has_children() {
            if fold_ui(ui, &node.path, !node.is_open()) {
                click = Some(Click::Fold);
            }
        } else {
            ui.add_space(14.0);
        }
        let size = egui::vec2(ui.available_width(), ROW);
        let (rect, response) = ui.allocate_exact_size(size, Sense::click());
        let word = if node.word.is_empty() {
            "(empty)"
        } else {
            &node.word
        };
        let count = thousands(node.count);
        response.widget_info(|| {
            let name = format!(
                "{} ({count})",
                if node.path.is_empty() {
                    word
                } else {
                    &node.path
                }
            );
            WidgetInfo::selected(Role::ListBoxOption, true, selected, name)
        });
        let painter = ui.painter();
        if selected {
            painter.rect_filled(rect, 3, palette.selected);
        } else if response.hovered() {
            painter.rect_filled(rect, 3, palette.hovered);
        }
        let small = FontId::proportional(theme::SIZES[0]);
        let rate = if node.rate > 0.0 {
            format!("{:.1}/s", node.rate)
        } else {
            String::new()
        };
        let right = |x: f32, text: String, color| {
            painter.text(
                egui::pos2(x, rect.center().y),
                egui::Align2::RIGHT_CENTER,
                text,
                small.clone(),
                color,
            );
        };
        right(rect.right() - 4.0, rate, palette.weak);
        right(rect.right() - 46.0, count, palette.text);
        let words = egui::Rect::from_min_max(
            rect.min + egui::vec2(4.0, 0.0),
            egui::pos2(rect.right() - 84.0, rect.bottom()),
        );
        let color = palette.key(&node.path);
        let mut cell = ui.new_child(egui::UiBuilder::new().max_rect(words));
        super::super::widgets::cell(&mut cell, word, theme::mono(), color, false);
        if response.clicked() {
            click = Some(Click::Branch);
        }
    });
    click
}
