//! The dialog that compares two recordings, or one with what Live keeps.

use eframe::egui::{
    ComboBox, Frame, Id, Label, Margin, Modal, ProgressBar, RichText, ScrollArea, Ui,
};

use super::theme::{self, Palette, STEP};
use super::widgets::{banner, button, primary_button, weak};
use crate::analysis::census::{CensusDifference, DifferenceKind, DifferenceLine};
use crate::state::Action;
use crate::state::recordings::comparing::{CompareAction, CompareDialog, CompareSide};
use crate::text::numbers::{count_of, thousands};
use crate::text::payload::shorten;
use crate::ui::Cx;

/// Lines of each sort that are shown.
const SHOWN: usize = 100;

/// Draws it, while it is open.
pub(crate) fn compare_ui(ui: &Ui, cx: &mut Cx<'_>) {
    let Some(dialog) = &cx.state.comparing else {
        return;
    };
    let frame = Frame::popup(ui.style()).inner_margin(Margin::same(20));
    let room = ui.ctx().content_rect().size();
    let modal = Modal::new(Id::unique("compare"))
        .frame(frame)
        .show(ui.ctx(), |ui| {
            ui.set_width((room.x - 120.0).clamp(320.0, 760.0));
            ui.heading("Compare recordings");
            weak(
                ui,
                "What is different since the release: what is new, gone, faster or slower",
            );
            ui.add_space(STEP);
            let sides = cx.state.compare_sides();
            for (which, label) in ["Before", "After"].into_iter().enumerate() {
                side_ui(ui, cx, dialog, &sides, (which, label));
            }
            if let Some(words) = &dialog.problem {
                banner(ui, Palette::of(ui).bad, words);
            }
            if let Some(difference) = &dialog.result {
                ui.add_space(STEP * 2.0);
                ScrollArea::vertical()
                    .max_height((room.y - 300.0).max(160.0))
                    .min_scrolled_height((room.y - 300.0).max(160.0))
                    .show(ui, |ui| result_ui(ui, difference));
            }
            ui.add_space(STEP * 2.0);
            buttons_ui(ui, cx, dialog);
        });
    if modal.should_close() && dialog.running.is_none() {
        cx.act(Action::Compare(CompareAction::Close));
    }
}

fn side_ui(
    ui: &mut Ui,
    cx: &mut Cx<'_>,
    dialog: &CompareDialog,
    sides: &[CompareSide],
    (which, label): (usize, &str),
) {
    let chosen = dialog.sides[which].as_ref();
    let name = chosen.map_or_else(|| "Choose…".to_owned(), CompareSide::name);
    ui.add_enabled_ui(dialog.running.is_none(), |ui| {
        ComboBox::from_label(label)
            .selected_text(name)
            .width(320.0)
            .show_ui(ui, |ui| {
                for side in sides {
                    if ui
                        .selectable_label(chosen == Some(side), side.name())
                        .clicked()
                    {
                        let action = CompareAction::Choose(which, side.clone());
                        cx.act(Action::Compare(action));
                    }
                }
            });
    });
}

fn result_ui(ui: &mut Ui, difference: &CensusDifference) {
    let palette = Palette::of(ui);
    for (label, (events, seconds)) in ["Before", "After"].into_iter().zip(difference.sides) {
        weak(
            ui,
            format!("{label}: {} in {seconds:.0} s", count_of(events, "event")),
        );
    }
    if difference.is_same() {
        ui.label(RichText::new("Nothing differs").color(palette.good));
    }
    if difference.is_cut {
        let words = "There are too many different things: not all of them are compared";
        banner(ui, palette.warn, words);
    }
    for (kind, lines) in &difference.lines {
        let title = format!("{} ({})", kind.title(), thousands(lines.len() as u64));
        let color = match kind {
            DifferenceKind::NewKey
            | DifferenceKind::NewType
            | DifferenceKind::NewShape
            | DifferenceKind::Faster => palette.accent,
            DifferenceKind::NewVerdict => palette.bad,
            _ => palette.warn,
        };
        ui.add_space(STEP);
        ui.label(RichText::new(title).color(color).strong());
        for line in lines.iter().take(SHOWN) {
            line_ui(ui, line);
        }
        if lines.len() > SHOWN {
            let more = thousands((lines.len() - SHOWN) as u64);
            weak(ui, format!("{more} more; eventscope compare lists them"));
        }
    }
}

fn line_ui(ui: &mut Ui, line: &DifferenceLine) {
    let numbers = match line.rates {
        Some((before, after)) => format!("{before:.2}/s to {after:.2}/s"),
        None => count_of(line.events.0.max(line.events.1), "event"),
    };
    ui.horizontal_wrapped(|ui| {
        let name = RichText::new(shorten(&line.name, 300)).font(theme::mono());
        ui.add(Label::new(name).wrap());
        weak(ui, numbers);
    });
}

#[expect(clippy::cast_precision_loss, reason = "a part for a picture")]
fn buttons_ui(ui: &mut Ui, cx: &mut Cx<'_>, dialog: &CompareDialog) {
    if let Some((_, side, done, total)) = dialog.running {
        let part = done as f32 / total.max(1) as f32;
        ui.add(ProgressBar::new(f32::midpoint(side as f32, part)).desired_height(6.0));
        if button(ui, "Stop comparing", true).clicked() {
            cx.act(Action::Compare(CompareAction::Stop));
        }
        return;
    }
    ui.horizontal(|ui| {
        let is_chosen = dialog.sides.iter().all(Option::is_some);
        if primary_button(ui, "Compare", is_chosen).clicked() {
            cx.act(Action::Compare(CompareAction::Begin));
        }
        if button(ui, "Close", true).clicked() {
            cx.act(Action::Compare(CompareAction::Close));
        }
    });
}
