//! The first screen: connect to a broker, or start a private one.

mod kafka_form;
mod rabbitmq_form;

use eframe::egui::{self, Frame, Key, Margin, Response, RichText, ScrollArea, Stroke, Ui};

use crate::protocol::{Link, SandboxState};
use crate::state::Action;
use crate::state::forms::StoreChoice;
use crate::state::saved_connections::SavedConnectionAction;
use crate::ui::Cx;
use crate::ui::parts::theme::{self, Palette, STEP};
use crate::ui::parts::widgets::{
    banner, button, close_button, primary_button, stacked_field, weak,
};

/// Most room that the list of connections takes, in points; it scrolls beyond that.
const SAVED_HEIGHT: f32 = 200.0;

/// Draws the screen.
pub fn connect_ui(ui: &mut Ui, cx: &mut Cx<'_>) {
    ScrollArea::vertical()
        .auto_shrink([false, false])
        .show(ui, |ui| {
            let width = ui.available_width();
            let column = 400.0_f32.min((width - STEP * 12.0) / 2.0).max(280.0);
            let two = width >= column * 2.0 + STEP * 12.0;
            let total = if two {
                column * 2.0 + STEP * 6.0
            } else {
                column
            };
            ui.add_space((ui.available_height() * 0.08).max(STEP * 4.0));
            ui.horizontal_top(|ui| {
                ui.add_space(((width - total) / 2.0).max(0.0));
                ui.vertical(|ui| {
                    ui.set_width(total);
                    ui.label(RichText::new("Eventscope").size(theme::SIZES[3]).strong());
                    weak(
                        ui,
                        "See what flows through your event store, and repair what died",
                    );
                    ui.add_space(STEP * 4.0);
                    if two {
                        ui.horizontal_top(|ui| {
                            ui.spacing_mut().item_spacing.x = STEP * 6.0;
                            card(ui, column, |ui| form_ui(ui, cx));
                            ui.vertical(|ui| beside_ui(ui, cx, column));
                        });
                    } else {
                        card(ui, column, |ui| form_ui(ui, cx));
                        ui.add_space(STEP * 3.0);
                        beside_ui(ui, cx, column);
                    }
                });
            });
            ui.add_space(STEP * 6.0);
        });
}

/// The two other ways in.
fn beside_ui(ui: &mut Ui, cx: &mut Cx<'_>, column: f32) {
    if !cx.state.saved_connections().is_empty() {
        card(ui, column, |ui| saved_connections_ui(ui, cx));
        ui.add_space(STEP * 3.0);
    }
    card(ui, column, |ui| sandbox_ui(ui, cx));
}

fn card(ui: &mut Ui, width: f32, content: impl FnOnce(&mut Ui)) {
    let palette = Palette::of(ui);
    Frame::new()
        .fill(palette.panel)
        .stroke(Stroke::new(1.0, palette.line))
        .corner_radius(8)
        .inner_margin(Margin::same(20))
        .show(ui, |ui| {
            ui.vertical(|ui| {
                ui.set_width(width - 40.0);
                ui.spacing_mut().item_spacing.y = STEP * 2.5;
                content(ui);
            });
        });
}

fn form_ui(ui: &mut Ui, cx: &mut Cx<'_>) {
    let palette = Palette::of(ui);
    ui.heading("Connect to a broker");
    ui.horizontal(|ui| {
        let chosen = &mut cx.forms.store;
        ui.selectable_value(chosen, StoreChoice::RabbitMq, "RabbitMQ");
        ui.selectable_value(chosen, StoreChoice::Kafka, "Kafka");
    });
    let (label, example) = match cx.forms.store {
        StoreChoice::RabbitMq => rabbitmq_form::LINE,
        StoreChoice::Kafka => kafka_form::LINE,
    };
    let mut is_another = stacked_field(ui, label, &mut cx.forms.connect.url).changed();
    if is_another {
        cx.forms.url_changed();
    }
    weak(ui, format!("Paste {example}, or fill in the fields"));
    let entered = match cx.forms.store {
        StoreChoice::RabbitMq => rabbitmq_form::rabbitmq_ui(ui, cx, &mut is_another),
        StoreChoice::Kafka => kafka_form::kafka_ui(ui, cx, &mut is_another),
    };
    if entered && !matches!(cx.state.front.link, Link::Connecting(_)) {
        cx.actions.push(Action::Connect);
    }
    let form = &mut cx.forms.connect;
    if is_another {
        cx.actions
            .push(Action::SavedConnection(SavedConnectionAction::Recall));
    }
    if let Some(words) = &form.problem {
        banner(ui, palette.bad, words);
    } else if let Link::Failed { address, reason } = &cx.state.front.link {
        if cx.state.front.is_guess {
            // Nobody asked for that, so nothing has failed, and it is no matter of another store.
            if cx.forms.store == StoreChoice::RabbitMq {
                banner(
                    ui,
                    palette.line,
                    "No RabbitMQ of this machine let us in as guest. Connect to yours here, or start \
                     the sandbox",
                );
            }
        } else {
            banner(ui, palette.bad, &format!("{address}: {reason}"));
        }
    }
    let connecting = matches!(cx.state.front.link, Link::Connecting(_));
    ui.horizontal(|ui| {
        if primary_button(ui, "Connect", !connecting).clicked() {
            cx.act(Action::Connect);
        }
        if connecting {
            if button(ui, "Cancel", true).clicked() {
                cx.act(Action::Disconnect);
            }
            weak(ui, "Connecting…");
        }
    });
    weak(ui, "The password is kept in memory only");
}

/// Gives the field of a password the focus where that is wanted; true if Enter was pressed in it.
fn is_entered_in(password: &Response, is_wanted: &mut bool) -> bool {
    if std::mem::take(is_wanted) {
        password.request_focus();
    }
    let enter = password.ctx.input(|input| input.key_pressed(Key::Enter));
    password.lost_focus() && enter
}

fn production_ui(ui: &mut Ui, is_production: &mut bool) {
    ui.checkbox(is_production, "Production")
        .on_hover_text("Marks the window in red while you work there");
}

/// Connections that worked: a click fills the form.
fn saved_connections_ui(ui: &mut Ui, cx: &mut Cx<'_>) {
    let palette = Palette::of(ui);
    ui.heading("Recent connections");
    let saved = cx.state.saved_connections();
    ScrollArea::vertical()
        .id_salt("saved connections")
        .max_height(SAVED_HEIGHT)
        .auto_shrink([false, true])
        .show(ui, |ui| {
            ui.spacing_mut().item_spacing.y = STEP / 2.0;
            for (at, one) in saved.iter().enumerate() {
                let (title, place) = (one.address.title(), one.address.place());
                ui.horizontal(|ui| {
                    let forget = format!("Forget {title}");
                    let chosen = ui
                        .add(egui::Button::new(&title).truncate())
                        .on_hover_text(format!("Fill in {place}"));
                    if chosen.clicked() {
                        let action = SavedConnectionAction::Fill(at);
                        cx.act(Action::SavedConnection(action));
                        cx.memory.focus_password = true;
                    }
                    if one.is_production {
                        ui.label(RichText::new("Production").color(palette.bad));
                    }
                    ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
                        if close_button(ui, &forget).clicked() {
                            let action = SavedConnectionAction::Forget(at);
                            cx.act(Action::SavedConnection(action));
                        }
                        let mut shown = place.clone();
                        if shown == title {
                            shown.clear();
                        }
                        let text = RichText::new(shown).color(palette.weak);
                        ui.add(egui::Label::new(text).selectable(false).truncate());
                    });
                });
            }
        });
    weak(ui, "Passwords are not kept");
}

fn sandbox_ui(ui: &mut Ui, cx: &mut Cx<'_>) {
    let palette = Palette::of(ui);
    ui.heading("Try it in a sandbox");
    ui.label(
        "A real RabbitMQ of your own on this machine, with a sample shop in it: orders, payments \
         and shipments flow, and some of them fail, as in real life.",
    );
    ui.label("It listens on 127.0.0.1 only and touches no other RabbitMQ. It ends with this window, and what was in it is gone then.");
    let starting = matches!(cx.state.front.sandbox, Some(SandboxState::Starting(_)));
    if button(ui, "Start a private RabbitMQ", !starting).clicked() {
        cx.act(Action::StartSandbox);
    }
    match &cx.state.front.sandbox {
        Some(SandboxState::Starting(words)) => {
            ui.horizontal(|ui| {
                ui.add(egui::Spinner::new().size(14.0));
                weak(ui, words.as_str());
            });
        }
        Some(SandboxState::Failed(words)) => banner(ui, palette.bad, words),
        Some(SandboxState::Running) | None => {}
    }
}
