//! The rules by which an event tells its version, edited as lines.

use eframe::egui::{self, Frame, Margin, Modal, RichText, ScrollArea, TextEdit, Ui};

use crate::schema::VersionRules;
use crate::state::Action;
use crate::state::schemas::SchemaAction;
use crate::ui::Cx;
use crate::ui::parts::by_source::RULES_HINT;
use crate::ui::parts::theme::{self, Palette, STEP};
use crate::ui::parts::widgets::{button, field_margin, primary_button, small_label, weak};

/// Opens them.
pub(crate) fn open(cx: &mut Cx<'_>) {
    let catalog = cx.state.schemas.catalog.as_ref();
    let rules = catalog.map_or_else(VersionRules::default, |catalog| catalog.rules.clone());
    cx.forms.version_rules = rules.to_string();
    cx.memory.version_rules = true;
}

/// Draws them while they are open.
pub(crate) fn rules_ui(ui: &mut Ui, cx: &mut Cx<'_>) {
    if !cx.memory.version_rules {
        return;
    }
    let frame = Frame::popup(ui.style()).inner_margin(Margin::same(20));
    let modal = Modal::new(egui::Id::unique("version_rules"))
        .frame(frame)
        .show(ui.ctx(), |ui| {
            ui.set_width((ui.ctx().content_rect().width() - 80.0).clamp(280.0, 460.0));
            ui.heading("How versions are told");
            ui.add_space(STEP);
            weak(
                ui,
                "The first sign that an event has is believed. One a line:",
            );
            weak(ui, RULES_HINT);
            ui.add_space(STEP);
            let name = small_label(ui, "Version rules");
            let edit = TextEdit::multiline(&mut cx.forms.version_rules)
                .font(theme::mono())
                .margin(field_margin())
                .desired_width(f32::INFINITY)
                .desired_rows(12);
            ScrollArea::vertical()
                .max_height((ui.ctx().content_rect().height() * 0.5).max(120.0))
                .show(ui, |ui| ui.add(edit).labelled_by(name.id));
            let fault = VersionRules::parse(&cx.forms.version_rules).err();
            let words = fault.as_deref().unwrap_or(" ");
            ui.label(RichText::new(words).color(Palette::of(ui).bad));
            ui.horizontal(|ui| {
                let save = primary_button(ui, "Save rules", fault.is_none())
                    .on_hover_text("Writes them to schemas.toml in the folder");
                if save.clicked() {
                    cx.actions.push(Action::Schemas(SchemaAction::SaveRules));
                }
                if button(ui, "Usual rules", true).clicked() {
                    cx.forms.version_rules = VersionRules::default().to_string();
                }
                save.clicked() || button(ui, "Cancel", true).clicked()
            })
            .inner
        });
    if modal.inner || modal.should_close() {
        cx.memory.version_rules = false;
    }
}
