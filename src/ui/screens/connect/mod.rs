//! The first screen: connect to a broker, or start a private one.

mod kafka_form;
mod rabbitmq_form;
mod starting;

use eframe::egui::{self, Frame, Key, Margin, Response, RichText, ScrollArea, Stroke, Ui};

use crate::address::StoreKind;
use crate::protocol::{Link, SandboxState};
use crate::rabbitmq::connect_form::ConnectForm;
use crate::state::Action;
use crate::state::forms::StoreChoice;
use crate::state::recordings::RecordingAction;
use crate::state::saved_connections::SavedConnectionAction;
use crate::ui::Cx;
use crate::ui::parts::open_recording;
use crate::ui::parts::theme::{self, Palette, STEP};
use crate::ui::parts::widgets::{
    banner, button, close_button, primary_button, stacked_field, weak,
};

/// Most room that the list of connections takes, in points; it scrolls beyond that.
const SAVED_HEIGHT: f32 = 200.0;

/// Draws the screen.
pub fn connect_ui(ui: &mut Ui, cx: &mut Cx<'_>) {
    if starting::starting_ui(ui, cx) {
        return;
    }
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

/// The other ways in.
fn beside_ui(ui: &mut Ui, cx: &mut Cx<'_>, column: f32) {
    if !cx.state.saved_connections().is_empty() {
        card(ui, column, |ui| saved_connections_ui(ui, cx));
        ui.add_space(STEP * 3.0);
    }
    card(ui, column, |ui| sandbox_ui(ui, cx));
    ui.add_space(STEP * 3.0);
    card(ui, column, |ui| recording_ui(ui, cx));
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
                ui.spacing_mut().item_spacing = egui::vec2(STEP * 2.0, STEP * 2.5);
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
    let line = stacked_field(ui, label, &mut cx.forms.connect.url);
    let mut is_another = line.changed();
    if is_another {
        cx.forms.url_changed();
    }
    let is_pasted = ui.input(|input| {
        let mut events = input.events.iter();
        events.any(|event| matches!(event, egui::Event::Paste(_)))
    });
    if line.lost_focus() || (is_another && is_pasted) {
        // The field of the password has it now, where nobody can read it.
        cx.forms.hide_password();
    }
    weak(ui, "Paste a URL, or fill in the fields");
    let example = RichText::new(example).font(theme::mono());
    let example = example.size(theme::SIZES[0]).color(palette.weak);
    ui.add(egui::Label::new(example).wrap().selectable(false));
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
    // What was refused before is no answer to the sandbox that starts.
    let starting = matches!(cx.state.front.sandbox, Some(SandboxState::Starting(_)));
    if let Some(words) = &form.problem {
        banner(ui, palette.bad, words);
    } else if starting {
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

/// What is wrong with the field above, while it is typed.
fn fault_ui(ui: &mut Ui, fault: Option<String>) {
    if let Some(words) = fault {
        let text = RichText::new(words).size(theme::SIZES[0]);
        ui.add(egui::Label::new(text.color(Palette::of(ui).bad)).wrap());
    }
}

fn marks_ui(ui: &mut Ui, form: &mut ConnectForm) {
    ui.checkbox(&mut form.is_production, "Production")
        .on_hover_text("Marks the window in red while you work there");
    ui.checkbox(&mut form.is_spared, "Do not record")
        .on_hover_text("Nothing that this connection brings goes into a recording");
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
            let any_production = saved.iter().any(|one| one.is_production);
            let (mark, close) = (if any_production { 70.0 } else { 0.0 }, 28.0);
            let room = ui.available_width() - mark - close - 3.0 * ui.spacing().item_spacing.x;
            for (at, one) in saved.iter().enumerate() {
                let (title, place) = (one.address.title(), one.address.place());
                ui.horizontal(|ui| {
                    let label = egui::Button::new((title.as_str(), egui::Atom::grow()))
                        .min_size(egui::vec2(room * 0.5, 0.0))
                        .truncate();
                    let chosen = cell_ui(ui, room * 0.5, |ui| ui.add(label))
                        .on_hover_text(format!("Fill in {place}"));
                    if chosen.clicked() {
                        let action = SavedConnectionAction::Fill(at);
                        cx.act(Action::SavedConnection(action));
                        cx.memory.focus_password = true;
                    }
                    let shown = if place == title { "" } else { place.as_str() };
                    let text = RichText::new(shown).color(palette.weak);
                    let text = egui::Label::new(text).selectable(false).truncate();
                    cell_ui(ui, room * 0.5, |ui| ui.add(text));
                    if any_production {
                        let word = if one.is_production { "Production" } else { "" };
                        let text = RichText::new(word).color(palette.bad);
                        cell_ui(ui, mark, |ui| ui.label(text));
                    }
                    if close_button(ui, &format!("Forget {title}")).clicked() {
                        let action = SavedConnectionAction::Forget(at);
                        cx.act(Action::SavedConnection(action));
                    }
                });
            }
        });
    weak(ui, "Passwords are not kept");
}

/// A part of a row, of this width, so that the rows form columns.
fn cell_ui(ui: &mut Ui, width: f32, content: impl FnOnce(&mut Ui) -> Response) -> Response {
    let size = egui::vec2(width, ui.spacing().interact_size.y);
    let layout = egui::Layout::left_to_right(egui::Align::Center);
    ui.allocate_ui_with_layout(size, layout, |ui| {
        ui.set_width(width);
        content(ui)
    })
    .inner
}

fn recording_ui(ui: &mut Ui, cx: &mut Cx<'_>) {
    ui.heading("Look at a recording");
    ui.label(
        "Events that were kept in a file, without any broker. The sample is a minute and a half of a \
         shop: orders of two versions, payments, a lost connection, and messages that died.",
    );
    ui.horizontal_wrapped(|ui| {
        if button(ui, "Open the sample recording", true).clicked() {
            cx.act(Action::Recording(RecordingAction::OpenSample));
        }
        open_recording::button_ui(ui, cx);
    });
    weak(ui, "A file can also be dropped on the window");
}

fn sandbox_ui(ui: &mut Ui, cx: &mut Cx<'_>) {
    let palette = Palette::of(ui);
    ui.heading("Try it in a sandbox");
    let is_kafka = cx.forms.store == StoreChoice::Kafka;
    let (what, button_words, kind) = if is_kafka {
        ("Kafka", "Start a private Kafka", StoreKind::Kafka)
    } else {
        ("RabbitMQ", "Start a private RabbitMQ", StoreKind::RabbitMq)
    };
    ui.label(format!(
        "A real {what} of your own on this machine, with a sample shop in it: orders, payments \
         and shipments flow, and some of them fail, as in real life.",
    ));
    ui.label(format!(
        "It listens on 127.0.0.1 only and touches no other {what}. It ends with this window, and what was \
         in it is gone then."
    ));
    let starting = matches!(cx.state.front.sandbox, Some(SandboxState::Starting(_)));
    if button(ui, button_words, !starting).clicked() {
        cx.act(Action::StartSandbox(kind));
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
