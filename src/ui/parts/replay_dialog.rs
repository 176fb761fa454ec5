//! The dialog that sends a recording again: to which broker and destination, how fast, what is done to it on
//! purpose, how far it is, and what became of it.

use chrono::Utc;
use eframe::egui::{
    Frame, Id, Label, Margin, Modal, ProgressBar, RichText, ScrollArea, TextEdit, Ui,
};

use super::by_source;
use super::theme::{Palette, STEP};
use super::widgets::{
    banner, button, danger_button, field_margin, primary_button, section, stacked_field, weak,
};
use crate::state::Action;
use crate::state::recordings::replaying::{
    PaceChoice, ReplayAction, ReplayDialog, ReplayFields, ReplayRun,
};
use crate::ui::Cx;

/// Draws it, while it is open.
pub(crate) fn replay_ui(ui: &Ui, cx: &mut Cx<'_>) {
    let Some(dialog) = cx.state.replaying.as_ref().filter(|one| one.is_shown) else {
        return;
    };
    let frame = Frame::popup(ui.style()).inner_margin(Margin::same(20));
    let room = ui.ctx().content_rect().size();
    let modal = Modal::new(Id::unique("replay"))
        .frame(frame)
        .show(ui.ctx(), |ui| {
            ui.set_width((room.x - 120.0).clamp(320.0, 600.0));
            ui.heading("Replay a recording");
            weak(ui, dialog.path.display().to_string());
            ui.add_space(STEP);
            if let Some(run) = &dialog.run {
                run_ui(ui, cx, run);
                return;
            }
            ScrollArea::vertical()
                .max_height((room.y - 220.0).max(160.0))
                .min_scrolled_height((room.y - 220.0).max(160.0))
                .show(ui, |ui| {
                    to_ui(ui, cx, dialog);
                    pace_ui(ui, &mut cx.forms.replay);
                    trial_ui(ui, &mut cx.forms.replay);
                });
            if let Some(words) = &dialog.problem {
                ui.add_space(STEP);
                banner(ui, Palette::of(ui).bad, words);
            }
            ui.add_space(STEP * 2.0);
            ui.horizontal(|ui| {
                let is_ready = dialog.to.is_some() && dialog.came_from.is_some();
                if primary_button(ui, "Start replay", is_ready).clicked() {
                    cx.act(Action::Replay(ReplayAction::Start));
                }
                if button(ui, "Close", true).clicked() {
                    cx.act(Action::Replay(ReplayAction::Close));
                }
            });
        });
    if modal.should_close() {
        cx.act(Action::Replay(ReplayAction::Close));
    }
}

fn to_ui(ui: &mut Ui, cx: &mut Cx<'_>, dialog: &ReplayDialog) {
    section(ui, "WHERE TO");
    let names = by_source::names(cx.state);
    let sources = cx.state.sources();
    let able: Vec<_> = sources
        .into_iter()
        .zip(names)
        .filter(|(source, _)| source.takes_replays())
        .collect();
    if able.is_empty() {
        let words = "No broker is open that it could be sent to. Close this, and open a RabbitMQ with \
                     \"Open another…\" in the bar on top";
        banner(ui, Palette::of(ui).warn, words);
    }
    for (source, name) in able {
        let mut is_chosen = dialog.to == Some(source.id);
        let label = if source.is_production {
            format!("{name} (production)")
        } else {
            name
        };
        if ui.radio(is_chosen, label).clicked() {
            is_chosen = true;
            cx.actions.push(Action::Replay(ReplayAction::To(source.id)));
        }
        if is_chosen && source.is_production {
            banner(
                ui,
                Palette::of(ui).bad,
                "You marked this connection as production",
            );
        }
    }
    let fields = &mut cx.forms.replay;
    stacked_field(ui, "Destination", &mut fields.destination)
        .on_hover_text("All of it is sent here, with the keys that it had");
    let came_from = dialog.came_from.as_deref().unwrap_or_default();
    let is_original = came_from
        .iter()
        .any(|name| name == fields.destination.trim());
    if is_original {
        let words = format!(
            "Events of this recording came from {}: applications that read it will get them a second \
             time",
            fields.destination.trim()
        );
        banner(ui, Palette::of(ui).warn, &words);
        stacked_field(ui, "Type its name once more", &mut fields.original);
    }
    stacked_field(ui, "Only events that match", &mut fields.filter)
        .on_hover_text("A filter line, as above the table of Live; empty for all");
    ui.horizontal_wrapped(|ui| {
        ui.checkbox(&mut fields.new_ids, "New ids")
            .on_hover_text("Events that have a message id get a new one");
        ui.checkbox(&mut fields.shift_times, "Shift times")
            .on_hover_text("The property timestamp moves with the time of sending");
    });
}

fn small_field(ui: &mut Ui, label: &str, text: &mut String, unit: &str) {
    let name = weak(ui, label);
    let edit = TextEdit::singleline(text)
        .desired_width(64.0)
        .margin(field_margin());
    ui.add(edit).labelled_by(name.id);
    weak(ui, unit);
}

fn pace_ui(ui: &mut Ui, fields: &mut ReplayFields) {
    section(ui, "HOW FAST");
    ui.horizontal_wrapped(|ui| {
        ui.radio_value(&mut fields.pace, PaceChoice::Timing, "As it came");
        if fields.pace == PaceChoice::Timing {
            small_field(ui, "Speed", &mut fields.speed, "times as fast; empty is 1");
        }
    });
    ui.horizontal_wrapped(|ui| {
        ui.radio_value(&mut fields.pace, PaceChoice::Rate, "At a fixed rate");
        if fields.pace == PaceChoice::Rate {
            small_field(ui, "Events a second", &mut fields.rate, "");
        }
    });
    ui.radio_value(
        &mut fields.pace,
        PaceChoice::AsConfirmed,
        "As fast as it is confirmed",
    );
}

fn trial_ui(ui: &mut Ui, fields: &mut ReplayFields) {
    section(ui, "TRIAL OF IDEMPOTENCE");
    weak(
        ui,
        "What delivery at least once may do to consumers. The same seed does the same again",
    );
    ui.checkbox(&mut fields.twice, "Each event twice");
    ui.horizontal_wrapped(|ui| {
        small_field(ui, "Shuffled within", &mut fields.shuffle, "s");
        small_field(ui, "Left out", &mut fields.leave_out, "%");
        small_field(ui, "One in ten late by", &mut fields.late, "s");
        small_field(ui, "Seed", &mut fields.seed, "");
    });
}

#[expect(clippy::cast_precision_loss, reason = "a part for a picture")]
fn run_ui(ui: &mut Ui, cx: &mut Cx<'_>, run: &ReplayRun) {
    let palette = Palette::of(ui);
    let now = Utc::now();
    let tally = &run.tally;
    let part = tally.position as f32 / tally.recorded.max(1) as f32;
    ui.add(ProgressBar::new(part).desired_height(6.0));
    let words = if run.runs {
        run.progress_words(now)
    } else if run.is_good() {
        "All of it was confirmed".to_owned()
    } else {
        "Not all of it was confirmed".to_owned()
    };
    let color = match (run.runs, run.is_good()) {
        (true, _) => palette.text,
        (false, true) => palette.good,
        (false, false) => palette.warn,
    };
    ui.add(Label::new(RichText::new(words).color(color).strong()).wrap());
    if run.is_trial {
        weak(ui, format!("Seed {}", run.seed));
    }
    for line in run.report() {
        ui.add(Label::new(line).wrap());
    }
    let died = cx.state.died_since();
    if !died.is_empty() {
        section(ui, "DEAD LETTERS SINCE IT BEGAN");
        for (queue, more) in died {
            ui.label(RichText::new(format!("{queue}: {more} more")).color(palette.warn));
        }
        weak(
            ui,
            "By the counts of the queues: what others published meanwhile counts too",
        );
    } else if !run.runs && run.is_trial {
        weak(
            ui,
            "No dead-letter queue has grown since it began, as far as they are counted",
        );
    }
    ui.add_space(STEP * 2.0);
    ui.horizontal(|ui| {
        if run.runs {
            let (label, pause) = if run.is_paused {
                ("Resume replay", false)
            } else {
                ("Pause replay", true)
            };
            if button(ui, label, true).clicked() {
                cx.act(Action::Replay(ReplayAction::Pause(pause)));
            }
            if danger_button(ui, "Stop replay", true).clicked() {
                cx.act(Action::Replay(ReplayAction::Stop));
            }
        } else if button(ui, "Replay again…", true).clicked() {
            cx.act(Action::Replay(ReplayAction::Again));
        }
        if button(ui, "Close", true)
            .on_hover_text("What runs goes on; the bar at the bottom leads back here")
            .clicked()
        {
            cx.act(Action::Replay(ReplayAction::Close));
        }
    });
}
