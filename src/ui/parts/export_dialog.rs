//! The dialog that exports events: what, as what, what is masked, what that looks like, and how far it is.

use eframe::egui::{Frame, Id, Label, Margin, Modal, ProgressBar, RichText, ScrollArea, Ui};

use super::path_dialog::AskedPath;
use super::theme::{self, Palette, STEP};
use super::widgets::{banner, button, primary_button, section, stacked_field, weak};
use crate::recording::export::{ExportForm, MaskedPair};
use crate::state::Action;
use crate::state::recordings::exporting::{ExportAction, ExportDialog, ExportFields, ExportWhat};
use crate::text::numbers::{count_of, thousands};
use crate::text::payload::shorten;
use crate::ui::Cx;

/// Characters of a line of the preview.
const LINE: usize = 2_000;

/// The button that opens the dialog, for Live and the recording in front.
pub(crate) fn button_ui(ui: &mut Ui, cx: &mut Cx<'_>, is_possible: bool) {
    if button(ui, "Export…", is_possible)
        .on_hover_text("Write events into a file, masked where you want it")
        .clicked()
    {
        cx.act(Action::Export(ExportAction::Ask(None)));
    }
}

/// Draws the dialog, while it is open.
pub(crate) fn export_ui(ui: &Ui, cx: &mut Cx<'_>) {
    let Some(dialog) = &cx.state.exporting else {
        return;
    };
    if let Some(chosen) = cx.memory.export_to.take(ui) {
        cx.actions.push(Action::Export(ExportAction::Begin {
            path: chosen.path,
            replaces: chosen.replaces,
        }));
    }
    let frame = Frame::popup(ui.style()).inner_margin(Margin::same(20));
    let room = ui.ctx().content_rect().size();
    let modal = Modal::new(Id::unique("export"))
        .frame(frame)
        .show(ui.ctx(), |ui| {
            ui.set_width((room.x - 120.0).clamp(320.0, 620.0));
            ui.heading("Export events");
            ui.add_space(STEP);
            ScrollArea::vertical()
                .max_height((room.y - 200.0).max(160.0))
                .min_scrolled_height((room.y - 200.0).max(160.0))
                .show(ui, |ui| {
                    ui.add_enabled_ui(dialog.running.is_none(), |ui| {
                        what_ui(ui, cx, dialog);
                        form_ui(ui, &mut cx.forms.export);
                        masks_ui(ui, cx, dialog);
                    });
                });
            if let Some(words) = &dialog.problem {
                ui.add_space(STEP);
                banner(ui, Palette::of(ui).bad, words);
            }
            ui.add_space(STEP * 2.0);
            buttons_ui(ui, cx, dialog);
        });
    // What lies over it closes first.
    if modal.should_close() && dialog.running.is_none() && !cx.memory.export_to.is_open() {
        cx.act(Action::Export(ExportAction::Close));
    }
}

fn what_ui(ui: &mut Ui, cx: &mut Cx<'_>, dialog: &ExportDialog) {
    section(ui, "WHICH EVENTS");
    let live = &cx.state.live;
    let fields = &mut cx.forms.export;
    let selected = live.selection.numbers().len() as u64;
    let shown = live.view.len(&live.log) as u64;
    let mut choices = vec![
        (
            ExportWhat::Selected,
            format!("Selected rows ({})", thousands(selected)),
            selected > 0,
        ),
        (
            ExportWhat::Shown,
            format!("What the list shows ({})", thousands(shown)),
            shown > 0,
        ),
        (
            ExportWhat::Kept,
            format!("All that Live keeps ({})", thousands(live.log.kept())),
            live.log.kept() > 0,
        ),
    ];
    if let Some(path) = &dialog.file {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        choices.push((ExportWhat::File, format!("The recording {name}"), true));
    }
    for (what, label, is_possible) in choices {
        ui.add_enabled_ui(is_possible, |ui| {
            ui.radio_value(&mut fields.what, what, label);
        });
    }
    if fields.what == ExportWhat::File {
        stacked_field(ui, "Only events that match", &mut fields.filter)
            .on_hover_text("A filter line, as above the table of Live; empty for all");
    }
}

fn form_ui(ui: &mut Ui, fields: &mut ExportFields) {
    section(ui, "FORMAT");
    for (form, label, about) in [
        (
            ExportForm::Ndjson,
            "NDJSON",
            "One event a line, exact: it can be imported again",
        ),
        (
            ExportForm::CloudEvents,
            "CloudEvents",
            "One CloudEvent a line, for other tools",
        ),
        (ExportForm::Csv, "CSV", "Chosen fields, for a spreadsheet"),
        (
            ExportForm::Recording,
            "Recording",
            "A file that Eventscope opens, and sqlite3 reads",
        ),
    ] {
        ui.horizontal_wrapped(|ui| {
            ui.radio_value(&mut fields.form, form, label);
            weak(ui, about);
        });
    }
    if fields.form == ExportForm::Csv {
        stacked_field(ui, "Fields", &mut fields.columns).on_hover_text(
            "Fields as in a filter, and number, received_at, source, payload; commas between them",
        );
    }
}

fn masks_ui(ui: &mut Ui, cx: &mut Cx<'_>, dialog: &ExportDialog) {
    section(ui, "MASK");
    let fields = &mut cx.forms.export;
    ui.horizontal_wrapped(|ui| {
        ui.checkbox(&mut fields.emails, "E-mail addresses");
        ui.checkbox(&mut fields.cards, "Card numbers");
        ui.checkbox(&mut fields.tokens, "Tokens and passwords");
        ui.checkbox(&mut fields.ibans, "IBANs");
    });
    stacked_field(ui, "Places", &mut fields.places).on_hover_text(
        "JSON pointers into the body and headers, with commas between them: /data/customer/name, \
         /items/*/sku, header.x-user. What stands there is masked wherever it stands",
    );
    stacked_field(ui, "Seed", &mut fields.seed).on_hover_text(
        "With the same seed a value gets the same mask in another export too. Keep it to yourself; \
         without one nobody can find out by trying",
    );
    let has_masks = !fields.masks().is_empty();
    ui.horizontal_wrapped(|ui| {
        let is_idle = has_masks && !dialog.is_previewing();
        if button(ui, "Preview masking", is_idle).clicked() {
            cx.actions.push(Action::Export(ExportAction::Preview));
        }
        if dialog.is_previewing() {
            weak(ui, "Looking at the first events…");
        }
    });
    if let Some(pairs) = &dialog.preview {
        preview_ui(ui, pairs);
    }
}

fn preview_ui(ui: &mut Ui, pairs: &[MaskedPair]) {
    let palette = Palette::of(ui);
    if pairs.is_empty() {
        let words = "Nothing of this is in the first events that would be written";
        ui.label(RichText::new(words).color(palette.warn));
        return;
    }
    weak(ui, "As they are, and as they would be written");
    for pair in pairs {
        for (line, color) in [(&pair.before, palette.weak), (&pair.after, palette.text)] {
            let text = RichText::new(shorten(line, LINE))
                .font(theme::mono())
                .color(color);
            ui.add(Label::new(text).wrap());
        }
        ui.separator();
    }
}

#[expect(clippy::cast_precision_loss, reason = "a part for a picture")]
fn buttons_ui(ui: &mut Ui, cx: &mut Cx<'_>, dialog: &ExportDialog) {
    if let Some((_, done, total)) = dialog.running {
        let part = done as f32 / total.max(1) as f32;
        ui.add(ProgressBar::new(part).desired_height(6.0));
        ui.horizontal(|ui| {
            weak(
                ui,
                format!("{} of {}", thousands(done), count_of(total, "event")),
            );
            if button(ui, "Stop export", true).clicked() {
                cx.act(Action::Export(ExportAction::Stop));
            }
        });
        return;
    }
    ui.horizontal(|ui| {
        let is_free = !cx.memory.export_to.is_open();
        if primary_button(ui, "Export to file…", is_free).clicked() {
            let fields = &cx.forms.export;
            let asked = AskedPath {
                title: "Export events",
                field: "Path of the new file",
                button: "Write file",
                kind: ("Events", fields.extension()),
                new_name: Some(format!("events.{}", fields.extension())),
            };
            cx.memory.export_to.ask(ui, asked);
        }
        if button(ui, "Close", true).clicked() {
            cx.act(Action::Export(ExportAction::Close));
        }
    });
}
