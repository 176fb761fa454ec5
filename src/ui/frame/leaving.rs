//! The question before one leaves while messages are being moved, or with edits that were not sent.

use eframe::egui::{self, Frame, Label, Margin, Modal, ProgressBar, RichText, Ui};

use crate::state::Action;
use crate::state::leaving::{Leave, LeaveAction, UnderWay, Wish, WorkKind};
use crate::ui::Cx;
use crate::ui::parts::theme::{Palette, STEP};
use crate::ui::parts::widgets::{button, danger_button, primary_button};

/// What stopping means for the messages, in words.
const STOP: &str = "Stopping waits for the messages that are on their way; the rest stays in the \
                    queue";

/// The same for a series.
const STOP_SERIES: &str =
    "Stopping waits for the events that are on their way; the rest is not sent";

/// Draws the question, while there is one.
pub fn leaving_ui(ui: &mut Ui, cx: &mut Cx<'_>) {
    let Some(leaving) = &cx.state.leaving else {
        return;
    };
    let running = cx.state.in_the_way(leaving.what);
    let verb = match leaving.what {
        Leave::Quit => "quit",
        Leave::Disconnect(_) => "disconnect",
    };
    let frame = Frame::popup(ui.style()).inner_margin(Margin::same(20));
    let modal = Modal::new(egui::Id::unique("leaving"))
        .frame(frame)
        .show(ui.ctx(), |ui| {
            ui.set_width(440.0);
            let title = match (&leaving.wish, running.first()) {
                (Wish::Asked, Some(first)) if first.kind == WorkKind::Series => {
                    format!("A series is being published. {}?", capital(verb))
                }
                (Wish::Asked, Some(first)) if first.kind == WorkKind::Replay => {
                    format!("A recording is being sent again. {}?", capital(verb))
                }
                (Wish::Asked, Some(_)) => format!("Messages are being moved. {}?", capital(verb)),
                (Wish::Asked, None) => format!("{}?", capital(verb)),
                (Wish::Finish, _) => format!("Will {verb} when all is done"),
                (Wish::Stop, _) => "Stopping…".to_owned(),
                (Wish::Ended(_), _) => "Not all of it was done".to_owned(),
            };
            ui.heading(title);
            ui.add_space(STEP);
            let palette = Palette::of(ui);
            if let Wish::Ended(words) = &leaving.wish {
                ui.add(Label::new(RichText::new(words).color(palette.warn)).wrap());
            }
            for running in &running {
                progress_ui(ui, running);
            }
            if !running.is_empty() && leaving.wish == Wish::Asked {
                let is_move =
                    |one: &UnderWay| !matches!(one.kind, WorkKind::Series | WorkKind::Replay);
                let moves = running.iter().any(is_move);
                let words = if moves { STOP } else { STOP_SERIES };
                ui.add(Label::new(RichText::new(words).color(palette.weak)).wrap());
            }
            if let Some(words) = cx.state.unsent_words(leaving.what, cx.forms) {
                ui.add_space(STEP);
                ui.add(Label::new(RichText::new(words).color(palette.warn)).wrap());
            }
            ui.add_space(STEP * 2.0);
            buttons_ui(ui, &leaving.wish, !running.is_empty(), verb)
        });
    let chosen = modal.inner;
    if let Some(action) = chosen.or_else(|| modal.should_close().then_some(LeaveAction::Cancel)) {
        cx.act(Action::Leave(action));
    }
}

fn progress_ui(ui: &mut Ui, running: &UnderWay) {
    let (told, total) = running.progress;
    ui.label(format!("{}: {}", running.queue, running.words));
    #[expect(clippy::cast_precision_loss, reason = "a part for a picture")]
    let part = told as f32 / total.max(1) as f32;
    ui.add_space(STEP / 2.0);
    ui.add(ProgressBar::new(part).desired_height(6.0));
    ui.add_space(STEP / 2.0);
}

fn buttons_ui(ui: &mut Ui, wish: &Wish, runs: bool, verb: &str) -> Option<LeaveAction> {
    let mut chosen = None;
    ui.horizontal(|ui| {
        let mut offer = |clicked: bool, action| {
            if clicked {
                chosen = Some(action);
            }
        };
        match wish {
            Wish::Asked if runs => {
                let finish = primary_button(ui, &format!("Finish, then {verb}"), true);
                offer(finish.clicked(), LeaveAction::Finish);
                let stop = button(ui, &format!("Stop and {verb}"), true);
                offer(stop.clicked(), LeaveAction::Stop);
            }
            Wish::Finish => {
                let stop = button(ui, &format!("Stop and {verb}"), true);
                offer(stop.clicked(), LeaveAction::Stop);
            }
            // What does not come to an end must not hold anybody.
            Wish::Stop => {
                let now = danger_button(ui, &format!("{} at once", capital(verb)), true)
                    .on_hover_text(
                        "What is on its way may be there twice then; the journal says which",
                    );
                offer(now.clicked(), LeaveAction::Now);
            }
            Wish::Asked | Wish::Ended(_) => {
                let now = primary_button(ui, &capital(verb), true);
                offer(now.clicked(), LeaveAction::Now);
            }
        }
        offer(button(ui, "Cancel", true).clicked(), LeaveAction::Cancel);
    });
    chosen
}

fn capital(word: &str) -> String {
    let mut letters = word.chars();
    let first = letters.next().map(|letter| letter.to_ascii_uppercase());
    first.into_iter().chain(letters).collect()
}
