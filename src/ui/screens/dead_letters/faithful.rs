//! The three columns: a message as it was first published, as it lies here, as it will be sent.

use eframe::egui::{Align, FontId, Label, Layout, RichText, ScrollArea, Ui};

use crate::repair::compared_row::Row;
use crate::state::Action;
use crate::state::dead_letters::DeadAction;
use crate::ui::Cx;
use crate::ui::parts::by_source;
use crate::ui::parts::draft_form;
use crate::ui::parts::theme::{self, Palette, STEP};

pub(crate) fn faithful_ui(ui: &mut Ui, cx: &mut Cx<'_>) {
    let Some(editor) = &cx.forms.editor else {
        return;
    };
    if !editor.problems().is_empty() {
        draft_form::problems_ui(ui, editor.problems(), by_source::front_words(cx.state));
    }
    // The fields cannot be edited while this is shown, so it is worked out once for a message.
    if editor.rows.is_empty() && editor.problems().is_empty() {
        cx.actions.push(Action::Dead(DeadAction::Compare));
        return;
    }
    let (own, others): (Vec<&Row>, Vec<&Row>) = editor.rows.iter().partition(|row| row.is_own);
    let (changed, same): (Vec<&Row>, Vec<&Row>) = others.into_iter().partition(|row| row.changes());
    ScrollArea::vertical()
        .auto_shrink([false, false])
        .id_salt("faithful")
        .show(ui, |ui| {
            ui.spacing_mut().item_spacing.y = STEP;
            // What the person did is what they look for.
            rows_ui(ui, "WHAT YOU CHANGED", &own);
            rows_ui(ui, "WHAT A RESEND CHANGES", &changed);
            ui.add_space(STEP);
            draft_form::part(ui, "WHAT STAYS AS IT IS");
            for row in same {
                let palette = Palette::of(ui);
                ui.horizontal(|ui| {
                    ui.label(RichText::new(&row.name).color(palette.weak));
                    let value = RichText::new(&row.sent).font(theme::mono());
                    ui.add(Label::new(value.color(palette.text)).truncate());
                });
            }
        });
}

/// Rows that are sent otherwise than they lie in the queue, below their title.
fn rows_ui(ui: &mut Ui, title: &str, rows: &[&Row]) {
    if rows.is_empty() {
        return;
    }
    draft_form::part(ui, title);
    let heads = [
        "As first published",
        "As it lies here",
        "As it will be sent",
    ];
    columns(
        ui,
        heads.map(|title| RichText::new(title).color(Palette::of(ui).weak)),
    );
    for row in rows {
        changed_ui(ui, row);
    }
}

/// Three cells of equal width.
fn columns(ui: &mut Ui, texts: [RichText; 3]) {
    ui.columns(3, |cells| {
        for (ui, text) in cells.iter_mut().zip(texts) {
            // Cells of columns are justified, which stretches text that is wrapped.
            ui.with_layout(Layout::top_down(Align::Min), |ui| {
                ui.add(Label::new(text).wrap());
            });
        }
    });
}

fn changed_ui(ui: &mut Ui, row: &Row) {
    let palette = Palette::of(ui);
    ui.separator();
    ui.label(RichText::new(&row.name).strong().color(palette.text));
    let why = RichText::new(&row.why).font(FontId::proportional(theme::SIZES[0]));
    ui.add(Label::new(why.color(palette.warn)).wrap());
    let sent = if row.here == row.sent {
        palette.text
    } else {
        palette.accent
    };
    let cell = |text: &str, color| match text {
        "" => RichText::new("–").color(palette.weak),
        text => RichText::new(text).font(theme::mono()).color(color),
    };
    columns(
        ui,
        [
            cell(&row.first, palette.weak),
            cell(&row.here, palette.text),
            cell(&row.sent, sent),
        ],
    );
}
