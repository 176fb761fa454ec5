//! What was published, with the broker's verdict on each.

use chrono::{DateTime, Local, Utc};
use eframe::egui::{
    self, Frame, Margin, RichText, ScrollArea, Stroke, Ui, WidgetInfo, accesskit::Role,
};

use super::outcome;
use crate::state::Action;
use crate::state::live::clock;
use crate::state::publish::{PublishAction, SentEvent};
use crate::text::payload::{PayloadKind, summary};
use crate::ui::Cx;
use crate::ui::parts::by_source;
use crate::ui::parts::theme::{self, Palette};
use crate::ui::parts::widgets::{button, danger_button, empty_state, section, weak};

/// Draws it, the newest first.
pub(super) fn history_ui(ui: &mut Ui, cx: &mut Cx<'_>) {
    let palette = Palette::of(ui);
    section(ui, "HISTORY");
    if cx.state.front.publish.history.is_empty() {
        empty_state(
            ui,
            "Nothing sent yet",
            "What you publish is listed here with the broker's verdict, ready to be sent again",
        );
        return;
    }
    ScrollArea::vertical()
        .auto_shrink([false, false])
        .show(ui, |ui| {
            let store = by_source::front_words(cx.state);
            let may = cx.state.is_connected() && by_source::no_publishing(cx.state).is_none();
            for sent in &cx.state.front.publish.history {
                let (color, words) = outcome(sent, palette);
                let frame = Frame::new()
                    .fill(palette.base)
                    .stroke(Stroke::new(1.0, palette.line))
                    .corner_radius(6)
                    .inner_margin(Margin::symmetric(10, 8));
                frame
                    .show(ui, |ui| {
                        ui.set_width(ui.available_width());
                        ui.spacing_mut().item_spacing.y = 3.0;
                        let line = egui::vec2(ui.available_width(), 20.0);
                        let right = egui::Layout::right_to_left(egui::Align::Center);
                        ui.allocate_ui_with_layout(line, right, |ui| {
                            weak(ui, time_of(sent.at));
                            let left = egui::Layout::left_to_right(egui::Align::Center);
                            ui.with_layout(left, |ui| {
                                let key = &sent.outgoing.key;
                                let text = RichText::new(key)
                                    .font(theme::mono())
                                    .color(palette.key(key));
                                ui.add(egui::Label::new(text).truncate());
                            });
                        });
                        ui.add(egui::Label::new(RichText::new(&words).color(color)).wrap());
                        let destination = store.shown(&sent.outgoing.destination);
                        let kind = PayloadKind::detect(
                            &sent.outgoing.body[..sent.outgoing.body.len().min(4096)],
                        );
                        let line =
                            format!("{destination} · {}", summary(kind, &sent.outgoing.body));
                        let text = RichText::new(line)
                            .size(theme::SIZES[0])
                            .color(palette.weak);
                        ui.add(egui::Label::new(text).truncate());
                        if let Some(why) = cx.state.front.why_not_kept(sent.request) {
                            let words = format!("Not kept for the next start: {why}");
                            let text = RichText::new(words)
                                .size(theme::SIZES[0])
                                .color(palette.weak);
                            ui.add(egui::Label::new(text).wrap());
                        }
                        let used = ui.horizontal_wrapped(|ui| actions_ui(ui, cx, sent, may));
                        if used.inner {
                            cx.memory.history_open = false;
                        }
                    })
                    .response
                    .widget_info(|| {
                        let name = format!("{} {words}", sent.outgoing.key);
                        WidgetInfo::labeled(Role::Row, true, name)
                    });
            }
        });
}

/// When something was sent: the time of day, with its day if that is not today.
pub(super) fn time_of(at: DateTime<Utc>) -> String {
    let (local, today) = (at.with_timezone(&Local), Local::now().date_naive());
    if local.date_naive() == today {
        return clock(at);
    }
    local.format("%Y-%m-%d %H:%M").to_string()
}

/// Two ways to go on from a sent event; true if it goes into the form.
fn actions_ui(ui: &mut Ui, cx: &mut Cx<'_>, sent: &SentEvent, may: bool) -> bool {
    let number = sent.request.0;
    if cx.state.front.publish.is_asking_again(number) {
        let words = format!("{} is production", cx.state.front.title());
        ui.label(RichText::new(words).color(Palette::of(ui).bad));
        if danger_button(ui, "Publish again to production", may).clicked() {
            cx.act(Action::Publish(PublishAction::AgainToProduction(number)));
        }
        if button(ui, "Do not publish again", true).clicked() {
            cx.act(Action::Publish(PublishAction::DoNotSend));
        }
        return false;
    }
    let draft = button(ui, "Use as draft", true)
        .on_hover_text("Load it into the form. What is in there comes back with Undo");
    let used = draft.clicked();
    if used {
        cx.act(Action::Publish(PublishAction::UseAsDraft(number)));
    }
    let words = "Send the same event once more, with the same id and time";
    let again = button(ui, "Publish again", may).on_hover_text(words);
    if again.clicked() {
        cx.act(Action::Publish(PublishAction::Again(number)));
    }
    used
}
