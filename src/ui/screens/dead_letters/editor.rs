//! One dead letter: its history in words, and its fields to be edited and sent again.

use eframe::egui::{self, RichText, ScrollArea, Ui};

use super::faithful;
use crate::event::amqp::x_death::Death;
use crate::state::Action;
use crate::state::dead_letters::{DeadAction, EditorAction, came_back};
use crate::ui::Cx;
use crate::ui::parts::by_source;
use crate::ui::parts::steps::{self, WayBack};
use crate::ui::parts::theme::{Palette, STEP};
use crate::ui::parts::verdict::verdict_ui;
use crate::ui::parts::widgets::{banner, button, primary_button, tabs, weak};
use crate::ui::parts::{draft_form, inspector};

/// What the right side shows of the selected message.
#[derive(Clone, Copy, Default, PartialEq)]
enum EditorPart {
    #[default]
    Edit,
    Sent,
    AsItLies,
}

pub(crate) fn editor_ui(ui: &mut Ui, cx: &mut Cx<'_>) {
    if cx.state.front.dead.selected_message().is_none() {
        return;
    }
    if cx.state.front.dead.is_stream() {
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
    let part = ui.data(|data| data.get_temp::<EditorPart>(id).unwrap_or_default());
    ui.horizontal(|ui| {
        let all = [
            (EditorPart::Edit, "Edit and resend"),
            (EditorPart::Sent, "What is sent"),
            (EditorPart::AsItLies, "As it lies here"),
        ];
        if let Some(part) = tabs(ui, part, &all) {
            ui.data_mut(|data| data.insert_temp(id, part));
            if part == EditorPart::Sent {
                cx.act(Action::Dead(DeadAction::Compare));
            }
        }
    });
    ui.separator();
    match part {
        EditorPart::AsItLies => as_it_lies_ui(ui, cx),
        EditorPart::Sent => faithful::faithful_ui(ui, cx),
        EditorPart::Edit => edit_ui(ui, cx),
    }
}

fn as_it_lies_ui(ui: &mut Ui, cx: &mut Cx<'_>) {
    let Some(message) = cx.state.front.dead.selected_message() else {
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
    let Some(message) = state.front.dead.selected_message() else {
        return;
    };
    ScrollArea::vertical()
        .auto_shrink([false, false])
        .id_salt("editor")
        .show(ui, |ui| {
            ui.spacing_mut().item_spacing.y = STEP * 2.0;
            draft_form::part(ui, "WHY IT DIED");
            let origin = &message.origin;
            let line = |ui: &mut Ui, words: &str, color| {
                ui.add(egui::Label::new(RichText::new(words).color(color)).wrap());
            };
            if let Some(failed) = &origin.failed {
                line(ui, &failed.words, palette.warn);
            }
            let told = origin.failed.as_ref().map_or("", |failed| &failed.words);
            for words in origin.deaths.iter().map(Death::words) {
                if words != told {
                    line(ui, &words, palette.weak);
                }
            }
            for words in &origin.evidence {
                line(ui, words, palette.weak);
            }
            if let Some(remark) = &message.remark {
                ui.add(egui::Label::new(RichText::new(remark).color(palette.bad)).wrap());
            }
            if let Some(words) = came_back(message.came_back) {
                let words = format!("{words} after it was sent again");
                ui.add(egui::Label::new(RichText::new(words).color(palette.warn)).wrap());
            }
            draft_form::part(ui, "SEND AGAIN");
            steps_ui(ui, cx);
            let Some(editor) = &mut cx.forms.editor else {
                return;
            };
            let known = (&state.front.picture, by_source::front_words(state));
            let problems = editor.problems().to_vec();
            draft_form::target_ui(ui, &mut editor.draft, known, &[], &problems);
            weak(ui, cx.memory.preview.words(&editor.draft, state));
            if let Some(fit) = &editor.fit {
                let clicked = ui.horizontal_wrapped(|ui| verdict_ui(ui, fit, "")).inner;
                if let Some(pointer) = clicked {
                    draft_form::jump_to(ui, &editor.draft, &pointer);
                }
            }
            draft_form::payload_ui(ui, &mut editor.draft, None);
            draft_form::problems_ui(ui, &problems, by_source::front_words(state));
            if let Some(words) = &editor.refusal {
                banner(ui, palette.warn, words);
            }
            ui.horizontal(|ui| {
                let can = state.is_connected() && !state.front.dead.is_busy();
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
            draft_form::details_ui(ui, &mut editor.draft, &problems, false);
            let now = ui.input(|input| input.time);
            editor.history.note(&editor.draft, now);
            if editor.is_unjudged(
                state.front.topology_revision,
                state.schemas.catalog.as_ref(),
            ) {
                cx.actions.push(edit(EditorAction::Judge));
            }
        });
}

fn edit(action: EditorAction) -> Action {
    Action::Dead(DeadAction::Editor(action))
}

/// The way back through what was typed.
fn steps_ui(ui: &mut Ui, cx: &mut Cx<'_>) {
    let Some(editor) = &cx.forms.editor else {
        return;
    };
    ui.horizontal(|ui| {
        let step = steps::steps_ui(ui, Some(&editor.history));
        cx.actions.extend(step.map(|step| match step {
            WayBack::Undo => edit(EditorAction::Undo),
            WayBack::Redo => edit(EditorAction::Redo),
        }));
        let revert = button(ui, "Revert all", editor.history.is_edited());
        let words = "Back to how it was before any edit; can be undone";
        if revert.on_hover_text(words).clicked() {
            cx.actions.push(edit(EditorAction::RevertAll));
        }
    });
}
