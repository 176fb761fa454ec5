//! The first screen: connect to a broker, or start a private one.

use eframe::egui::{self, Frame, Margin, RichText, ScrollArea, Stroke, Ui};

use crate::protocol::{Link, SandboxState};
use crate::state::Action;
use crate::ui::Cx;
use crate::ui::parts::theme::{self, Palette, STEP};
use crate::ui::parts::widgets::{
    banner, button, password_field, primary_button, stacked_field, weak,
};

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
                    weak(ui, "See what flows through RabbitMQ, and repair what died");
                    ui.add_space(STEP * 4.0);
                    if two {
                        ui.horizontal_top(|ui| {
                            ui.spacing_mut().item_spacing.x = STEP * 6.0;
                            card(ui, column, |ui| form_ui(ui, cx));
                            card(ui, column, |ui| sandbox_ui(ui, cx));
                        });
                    } else {
                        card(ui, column, |ui| form_ui(ui, cx));
                        ui.add_space(STEP * 3.0);
                        card(ui, column, |ui| sandbox_ui(ui, cx));
                    }
                });
            });
            ui.add_space(STEP * 6.0);
        });
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
    if stacked_field(ui, "AMQP URL", &mut cx.forms.connect.url).changed() {
        cx.forms.url_changed();
    }
    let form = &mut cx.forms.connect;
    weak(
        ui,
        "Paste amqp://user:password@host:5672/vhost, or fill in the fields",
    );
    let half = (ui.available_width() - STEP * 2.0) / 2.0;
    ui.columns(2, |columns| {
        stacked_field(&mut columns[0], "Host", &mut form.host);
        stacked_field(&mut columns[1], "Port", &mut form.port);
    });
    ui.columns(2, |columns| {
        stacked_field(&mut columns[0], "User", &mut form.user);
        password_field(&mut columns[1], "Password", &mut form.password.0);
    });
    ui.columns(2, |columns| {
        stacked_field(&mut columns[0], "Virtual host", &mut form.vhost);
        stacked_field(&mut columns[1], "Name", &mut form.name);
    });
    ui.horizontal(|ui| {
        ui.set_min_width(half);
        ui.checkbox(&mut form.tls, "TLS")
            .on_hover_text("Encrypted; the server's certificate is checked");
    });
    ui.collapsing("Management API", |ui| {
        weak(
            ui,
            "If it is not at port 15672 of the host (with TLS 15671): its URL, or its port",
        );
        stacked_field(ui, "Management URL or port", &mut form.management);
    });
    if let Some(words) = &form.problem {
        banner(ui, palette.bad, words);
    } else if let Link::Failed { address, reason } = &cx.state.front.link {
        banner(ui, palette.bad, &format!("{address}: {reason}"));
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

fn sandbox_ui(ui: &mut Ui, cx: &mut Cx<'_>) {
    let palette = Palette::of(ui);
    ui.heading("Try it in a sandbox");
    ui.label(
        "A real RabbitMQ of your own on this machine, with a sample shop in it: orders, payments \
         and shipments flow, and some of them die for honest reasons.",
    );
    ui.label("It listens on 127.0.0.1 only, touches no other RabbitMQ, and ends with this window.");
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
