//! The three columns: a message as it was first published, as it lies here, as it will be sent.

use eframe::egui::{FontId, Grid, Label, RichText, ScrollArea, Ui};

use super::super::Cx;
use super::super::draft_form;
use super::super::theme::{self, Palette, STEP};
use super::super::widgets::{small_label, weak};
use crate::domain::faithful::Row;
use crate::state::Action;
use crate::state::dead_letters::DeadAction;

pub(super) fn faithful_ui(ui: &mut Ui, cx: &mut Cx<'_>) {
    let Some(editor) = &cx.forms.editor else {
        return;
    };
    if !editor.problems.is_empty() {
        draft_form::problems_ui(ui, &editor.problems);
    }
    // The fields cannot be edited while this is shown, so it is worked out once for a message.
    if editor.rows.is_empty() && editor.problems.is_empty() {
        cx.actions.push(Action::Dead(DeadAction::Compare));
        return;
    }
    let changed = editor.rows.iter().filter(|row| row.changes()).count();
    weak(
        ui,
        format!(
            "{changed} of {} differ. Everything else is sent as it is",
            editor.rows.len()
        ),
    );
    ui.add_space(STEP);
    ScrollArea::both()
        .auto_shrink([false, false])
        .id_salt("faithful")
        .show(ui, |ui| {
            let width = ((ui.available_width() - 130.0) / 3.0 - STEP * 2.0).max(90.0);
            Grid::new("faithful")
                .num_columns(4)
                .spacing([STEP * 2.0, STEP])
                .show(ui, |ui| {
                    for title in [
                        "",
                        "As first published",
                        "As it lies here",
                        "As it will be sent",
                    ] {
                        small_label(ui, title);
                    }
                    ui.end_row();
                    for row in &editor.rows {
                        row_ui(ui, row, width);
                        ui.end_row();
                    }
                });
        });
}

fn row_ui(ui: &mut Ui, row: &Row, width: f32) {
    let palette = Palette::of(ui);
    let color = if row.changes() {
        palette.text
    } else {
        palette.weak
    };
    ui.vertical(|ui| {
        ui.set_width(130.0);
        ui.add(Label::new(RichText::new(&row.name).color(color)).wrap());
    });
    let cell = |ui: &mut Ui, text: &str, color, why: &str| {
        ui.vertical(|ui| {
            ui.set_width(width);
            let text = match text {
                "" => RichText::new("–").color(palette.weak),
                text => RichText::new(text).font(theme::mono()).color(color),
            };
            ui.add(Label::new(text).wrap());
            if !why.is_empty() {
                let why = RichText::new(why).font(FontId::proportional(theme::SIZES[0]));
                ui.add(Label::new(why.color(palette.warn)).wrap());
            }
        });
    };
    cell(ui, &row.first, color, "");
    cell(ui, &row.here, color, "");
    let sent = if row.here == row.sent {
        color
    } else {
        palette.accent
    };
    cell(ui, &row.sent, sent, &row.why);
}
