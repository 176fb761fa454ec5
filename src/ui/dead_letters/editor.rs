//! One dead letter: its history in words, and its fields to be edited and sent again.

use eframe::egui::{self, RichText, ScrollArea, Ui};

use super::super::theme::{Palette, STEP};
use super::super::widgets::{primary_button, tabs, weak};
use super::super::{Cx, draft_form, inspector};
use super::faithful;
use crate::state::Action;
use crate::state::dead_letters::DeadAction;

/// What the right side shows of the selected message.
#[derive(Clone, Copy, Default, PartialEq)]
enum Part {
    #[default]
    Edit,
    Sent,
    AsItLies,
}

pub(super) fn editor_ui(ui: &mut Ui, cx: &mut Cx<'_>) {
    if cx.state.dead.selected_message().is_none() {
        return;
    }
    if cx.state.dead.is_stream() {
        weak(
            ui,
            "A stream keeps what is in it: nothing is taken out and nothing is sent again from \
             here. Use as draft loads a copy into Publish",
        );
        ui.separator();
        as_it_lies_ui(ui, cx);
        return;
    }
    let id = egui::Id::unique("dead_part");
    let part = ui.data(|data| data.get_temp::<Part>(id).unwrap_or_default());
    ui.horizontal(|ui| {
        let all = [
            (Part::Edit, "Edit and resend"),
            (Part::Sent, "What is sent"),
            (Part::AsItLies, "As it lies here"),
        ];
        if let Some(part) = tabs(ui, part, &all) {
            ui.data_mut(|data| data.insert_temp(id, part));
            if part == Part::Sent {
                cx.act(Action::Dead(DeadAction::Compare));
            }
        }
    });
    ui.separator();
    match part {
        Part::AsItLies => as_it_lies_ui(ui, cx),
        Part::Sent => faithful::faithful_ui(ui, cx),
        Part::Edit => edit_ui(ui, cx),
    }
}

fn as_it_lies_ui(ui: &mut Ui, cx: &mut Cx<'_>) {
    let Some(message) = cx.state.dead.selected_message() else {
        return;
    };
    let origin = inspector::Origin::DeadLetter;
    let memory = &mut cx.memory.inspector;
    let actions = inspector::inspector_ui(ui, memory, &message.event, origin);
    cx.actions.extend(actions);
}

fn edit_ui(ui: &mut Ui, cx: &mut Cx<'_>) {
    let palette = Palette::of(ui);
    let state = cx.state;
    let Some(message) = state.dead.selected_message() else {
        return;
    };
    ScrollArea::vertical()
        .auto_shrink([false, false])
        .id_salt("editor")
        .show(ui, |ui| {
            ui.spacing_mut().item_spacing.y = STEP * 2.0;
            draft_form::part(ui, "WHY IT DIED");
            if message.deaths.is_empty() {
                weak(
                    ui,
                    "This message carries no death history: it was not dead-lettered",
                );
            }
            for death in &message.deaths {
                ui.add(egui::Label::new(RichText::new(death.words()).color(palette.warn)).wrap());
            }
            if let Some(remark) = &message.remark {
                ui.add(egui::Label::new(RichText::new(remark).color(palette.bad)).wrap());
            }
            let Some(editor) = &mut cx.forms.editor else {
                return;
            };
            draft_form::part(ui, "SEND AGAIN");
            draft_form::target_ui(ui, &mut editor.draft, &state.topology, &[]);
            weak(ui, cx.memory.preview.words(&editor.draft, state));
            draft_form::payload_ui(ui, &mut editor.draft, 14);
            draft_form::problems_ui(ui, &editor.problems);
            ui.horizontal(|ui| {
                let can = state.is_connected() && !state.dead.is_busy();
                if primary_button(ui, "Resend", can)
                    .on_hover_text(
                        "Publish it as edited; the original is removed only after the broker \
                     confirmed that the copy was routed",
                    )
                    .clicked()
                {
                    cx.actions.push(Action::Dead(DeadAction::Resend));
                }
            });
            for note in &editor.notes {
                ui.add(egui::Label::new(RichText::new(note).color(palette.weak)).wrap());
            }
            ui.separator();
            draft_form::details_ui(ui, &mut editor.draft, false);
        });
}
