//! One dead letter: its history in words, and its fields to be edited and sent again.

use std::time::Duration;

use chrono::Utc;
use eframe::egui::{self, Align, Button, Layout, RichText, ScrollArea, Ui};

use super::{faithful, links, log};
use crate::event::amqp::x_death::Death;
use crate::state::Action;
use crate::state::dead_letters::{DeadAction, DeadLetter, EditorAction, TargetChoice, came_back};
use crate::ui::Cx;
use crate::ui::parts::by_source;
use crate::ui::parts::steps::{self, WayBack};
use crate::ui::parts::theme::{Palette, STEP};
use crate::ui::parts::verdict::verdict_ui;
use crate::ui::parts::widgets::{banner, button, danger_button, primary_button, tabs, weak};
use crate::ui::parts::{draft_form, inspector};

/// What the right side shows of the selected message.
#[derive(Clone, Copy, Default, PartialEq)]
enum EditorPart {
    #[default]
    Edit,
    Sent,
    AsItLies,
    /// What lies at the place of the original, in a log.
    Original,
}

pub(crate) fn editor_ui(ui: &mut Ui, cx: &mut Cx<'_>) {
    cx.memory.regions.panel(ui, 2);
    if cx.state.front.dead.selected_message().is_none() {
        return;
    }
    if cx.state.front.dead.is_stream() {
        head_ui(ui, cx, |_, _| {});
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
    head_ui(ui, cx, |ui, cx| {
        ui.spacing_mut().item_spacing.x = 0.0;
        let mut all = vec![
            (EditorPart::Edit, "Edit and resend"),
            (EditorPart::Sent, "What is sent"),
            (EditorPart::AsItLies, "As it lies here"),
        ];
        if cx.state.front.dead.log.is_on {
            all.push((EditorPart::Original, "Original"));
        }
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
        EditorPart::Original => log::original_ui(ui, cx),
        EditorPart::Sent => {
            steps_ui(ui, cx);
            faithful::faithful_ui(ui, cx);
        }
        EditorPart::Edit => edit_ui(ui, cx),
    }
}

/// The line above a message, with the way back to the list at its end.
fn head_ui(ui: &mut Ui, cx: &mut Cx<'_>, content: impl FnOnce(&mut Ui, &mut Cx<'_>)) {
    let mut close = false;
    ui.horizontal(|ui| {
        content(ui, cx);
        close = close_ui(ui, "Close message");
    });
    if close {
        cx.act(Action::Dead(DeadAction::CloseMessage));
    }
}

/// A cross at the right end of a line; true if it was clicked. `name` is what assistive technology
/// calls it.
pub(crate) fn close_ui(ui: &mut Ui, name: &str) -> bool {
    let layout = Layout::right_to_left(Align::Center);
    ui.with_layout(layout, |ui| {
        let response = ui.add(Button::new("×").frame(false));
        ui.ctx()
            .accesskit_node_builder(response.id, |node| node.set_label(name));
        response.on_hover_text(format!("{name} (Esc)")).clicked()
    })
    .inner
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

/// Points from which the way of a message and its payload have room beside each other.
const TWO_COLUMNS: f32 = 620.0;
/// With less height than this they need it: the payload is what one came for.
const LOW: f32 = 460.0;

fn edit_ui(ui: &mut Ui, cx: &mut Cx<'_>) {
    let Some(message) = cx.state.front.dead.selected_message() else {
        return;
    };
    // Always in sight, however little room there is for the fields.
    steps_ui(ui, cx);
    let room = ui.available_size();
    let are_beside = room.x >= TWO_COLUMNS && room.y < LOW;
    ScrollArea::vertical()
        .auto_shrink([false, false])
        .id_salt("editor")
        .show(ui, |ui| {
            ui.spacing_mut().item_spacing.y = STEP * 2.0;
            if are_beside {
                ui.columns(2, |columns| {
                    // Cells of columns are justified, which stretches text that is wrapped.
                    columns[0].with_layout(Layout::top_down(Align::Min), |ui| {
                        why_ui(ui, cx, message);
                        target_ui(ui, cx);
                    });
                    body_ui(&mut columns[1], cx);
                });
            } else {
                why_ui(ui, cx, message);
                target_ui(ui, cx);
                body_ui(ui, cx);
            }
            rest_ui(ui, cx);
        });
}

/// Why it died, and the ways to what belongs to it.
fn why_ui(ui: &mut Ui, cx: &mut Cx<'_>, message: &DeadLetter) {
    let palette = Palette::of(ui);
    draft_form::part(ui, "WHY IT DIED");
    let origin = &message.origin;
    let line = |ui: &mut Ui, words: &str, color| {
        ui.add(egui::Label::new(RichText::new(words).color(color)).wrap());
    };
    log::story_ui(ui, cx, message);
    if let Some(failed) = &origin.failed {
        line(ui, &failed.words, palette.warn);
    }
    let told = origin.failed.as_ref().map_or("", |failed| &failed.words);
    for words in origin.deaths.iter().map(Death::words) {
        if words != told {
            line(ui, &words, palette.weak);
        }
    }
    for words in origin.evidence.words() {
        line(ui, words, palette.weak);
    }
    if let Some(remark) = &message.remark {
        line(ui, remark, palette.bad);
    }
    if let Some(words) = came_back(message.came_back) {
        let words = format!("{words} after it was sent again");
        line(ui, &words, palette.warn);
    }
    links::letter_ui(ui, cx, message);
}

/// Where it is sent, and what its schema says to it.
fn target_ui(ui: &mut Ui, cx: &mut Cx<'_>) {
    let state = cx.state;
    draft_form::part(ui, "SEND AGAIN");
    let Some(editor) = &mut cx.forms.editor else {
        return;
    };
    let chosen = editor.own_target.unwrap_or(state.front.dead.choice);
    // A target that was typed is neither of them, and a click goes back to what is chosen.
    let first = editor.history.first();
    let target = (first.destination.clone(), first.key.clone());
    let is_typed = (&editor.draft.destination, &editor.draft.key) != (&target.0, &target.1);
    ui.horizontal_wrapped(|ui| {
        for choice in TargetChoice::single(state.front.dead.log.is_on) {
            let choice = *choice;
            let is_on = choice == chosen && !is_typed;
            let response = ui.selectable_label(is_on, choice.words());
            if !response.on_hover_text("For this message alone").clicked() || is_on {
                continue;
            }
            if choice == chosen {
                (editor.draft.destination, editor.draft.key) = target.clone();
            } else {
                cx.actions.push(edit(EditorAction::Target(choice)));
            }
        }
    });
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
}

/// The payload, and what is wrong with the message.
fn body_ui(ui: &mut Ui, cx: &mut Cx<'_>) {
    let Some(editor) = &mut cx.forms.editor else {
        return;
    };
    draft_form::payload_ui(ui, &mut editor.draft, None);
    let words = by_source::front_words(cx.state);
    draft_form::problems_ui(ui, editor.problems(), words);
    if let Some(words) = &editor.refusal {
        banner(ui, Palette::of(ui).warn, words);
    }
}

/// What a resend does beside that, and the fields that are rarely changed.
fn rest_ui(ui: &mut Ui, cx: &mut Cx<'_>) {
    let state = cx.state;
    let Some(editor) = &mut cx.forms.editor else {
        return;
    };
    let weak = Palette::of(ui).weak;
    for note in &editor.notes {
        ui.add(egui::Label::new(RichText::new(note).color(weak)).wrap());
    }
    ui.separator();
    let problems = editor.problems().to_vec();
    draft_form::details_ui(ui, &mut editor.draft, &problems, false);
    let now = ui.input(|input| input.time);
    editor.history.note(&editor.draft, now);
    let catalog = state.schemas.catalog.as_ref();
    if editor.is_unjudged(state.front.topology_revision, catalog) {
        cx.actions.push(edit(EditorAction::Judge));
    }
}

fn edit(action: EditorAction) -> Action {
    Action::Dead(DeadAction::Editor(action))
}

/// What sends the message, and the way back through what was typed.
fn steps_ui(ui: &mut Ui, cx: &mut Cx<'_>) {
    let Some(editor) = &cx.forms.editor else {
        return;
    };
    let idle = cx.state.is_connected() && !cx.state.front.dead.is_busy();
    ui.horizontal_wrapped(|ui| {
        let words = by_source::front_words(cx.state).dead.about_resend;
        let is_broken = editor.draft.claims_json() && editor.draft.payload_fault().is_some();
        // The next message has taken the place of the one that was sent: time to see that.
        let rests = cx.state.front.dead.rests(Utc::now());
        if rests {
            ui.ctx().request_repaint_after(Duration::from_millis(100));
        }
        let resend = if is_broken {
            danger_button(ui, "Resend broken JSON", idle && !rests)
        } else {
            primary_button(ui, "Resend", idle && !rests)
        };
        let resend = resend.on_hover_text(words);
        // The second click of two is not for the message that is next.
        if resend.clicked() && !resend.double_clicked() {
            cx.actions.push(Action::Dead(DeadAction::Resend));
        }
        let step = steps::steps_ui(ui, Some(&editor.history));
        cx.actions.extend(step.map(|step| match step {
            WayBack::Undo => edit(EditorAction::Undo),
            WayBack::Redo => edit(EditorAction::Redo),
        }));
        let revert = button(ui, "Revert all", editor.is_edited());
        let words = "Back to how it was before any edit; can be undone";
        if revert.on_hover_text(words).clicked() {
            cx.actions.push(edit(EditorAction::RevertAll));
        }
    });
}
