//! The bar on top: which broker, in which state, and how to leave it.

use chrono::Utc;
use eframe::egui::{self, Color32, Panel, RichText, Sense, ThemePreference, Ui, vec2};

use crate::address::{Address, StoreKind};
use crate::protocol::Link;
use crate::state::Action;
use crate::state::sources::SourceAction;
use crate::ui::Cx;
use crate::ui::frame::regions::Region;
use crate::ui::parts::by_source;
use crate::ui::parts::theme::{self, Palette};
use crate::ui::parts::widgets::{button, weak};

/// Draws the bar.
pub fn top_bar_ui(ui: &mut Ui, cx: &mut Cx<'_>) {
    let palette = Palette::of(ui);
    let frame = egui::Frame::new()
        .fill(palette.panel)
        .inner_margin(egui::Margin::symmetric(12, 6));
    let bar = Panel::top("top_bar")
        .exact_size(42.0)
        .frame(frame)
        .show(ui, |ui| {
            ui.horizontal_centered(|ui| {
                sources_ui(ui, cx, palette);
                state_ui(ui, cx, palette);
                ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
                    theme_ui(ui);
                    if cx.state.has_session() {
                        // The second click of two is not for the source that comes to the front.
                        let end = button(ui, "Disconnect", !cx.state.front.is_ending);
                        if end.clicked() && !end.double_clicked() {
                            cx.act(Action::Disconnect);
                        }
                        if button(ui, "Open another…", true)
                            .on_hover_text("Connect to one more broker beside this one")
                            .clicked()
                        {
                            cx.act(Action::Source(SourceAction::Add));
                        }
                    } else if cx.state.has_several()
                        && button(ui, "Give up", true)
                            .on_hover_text("Put this connection away and show the next one")
                            .clicked()
                    {
                        cx.act(Action::Source(SourceAction::GiveUp));
                    }
                    if matches!(cx.state.front.link, Link::Lost { .. }) {
                        if button(ui, "Try now", true).clicked() {
                            cx.act(Action::RetryNow);
                        }
                        // The sandbox's broker is a process of ours: if it died, nobody else starts it.
                        if cx.state.front.in_sandbox()
                            && button(ui, "Start the sandbox again", true).clicked()
                        {
                            let address = cx.state.front.address();
                            let kind = address.map_or(StoreKind::RabbitMq, Address::kind);
                            cx.act(Action::StartSandbox(kind));
                        }
                    }
                });
            });
        });
    let room = bar.response.rect;
    if cx.state.front.is_production {
        let line = egui::Rect::from_min_max(room.left_top(), room.right_top() + vec2(0.0, 3.0));
        ui.painter().rect_filled(line, 0, palette.bad);
    }
    cx.memory.regions.end(Region::Top, room);
}

/// Which theme: that of the desktop, or always the same.
fn theme_ui(ui: &mut Ui) {
    ui.menu_button("Theme", |ui| {
        let mut chosen = ui.ctx().options(|options| options.theme_preference);
        let before = chosen;
        for (preference, label) in [
            (ThemePreference::System, "As the desktop"),
            (ThemePreference::Dark, "Dark"),
            (ThemePreference::Light, "Light"),
        ] {
            ui.radio_value(&mut chosen, preference, label);
        }
        if chosen != before {
            ui.ctx().set_theme(chosen);
            ui.close();
        }
    });
}

/// The sources that are open, once there are several: the colour of each, its name, and which is in
/// front.
fn sources_ui(ui: &mut Ui, cx: &mut Cx<'_>, palette: &Palette) {
    if !cx.state.has_several() {
        return;
    }
    let state = cx.state;
    let names = by_source::names(state);
    for (source, name) in state.sources().into_iter().zip(names) {
        let (rect, _) = ui.allocate_exact_size(vec2(10.0, 10.0), Sense::hover());
        let square = egui::Rect::from_center_size(rect.center(), vec2(9.0, 9.0));
        ui.painter()
            .rect_filled(square, 2, palette.source(source.colour));
        let is_front = source.id == state.front.id;
        let words = match source.link {
            Link::Connected { .. } => "Connected",
            Link::Lost { .. } => "Connection lost",
            Link::Connecting(_) => "Connecting",
            Link::Idle | Link::Failed { .. } => "Not connected",
        };
        let text = RichText::new(&name);
        let text = match source.link {
            Link::Lost { .. } => text.color(palette.bad),
            _ => text,
        };
        if ui
            .selectable_label(is_front, text)
            .on_hover_text(words)
            .clicked()
            && !is_front
        {
            cx.act(Action::Source(SourceAction::Choose(source.id)));
        }
    }
    ui.separator();
}

fn state_ui(ui: &mut Ui, cx: &Cx<'_>, palette: &Palette) {
    if cx.state.front.is_production && cx.state.has_session() {
        let text = RichText::new("Production").color(palette.bad).strong();
        ui.label(text)
            .on_hover_text("You marked this connection as production");
    }
    // Beside others it is named in their row.
    let title = |ui: &mut Ui, title: String| {
        if !cx.state.has_several() {
            ui.label(RichText::new(title).strong());
        }
    };
    match &cx.state.front.link {
        Link::Idle | Link::Failed { .. } => {
            dot(ui, palette.weak);
            if !cx.state.has_several() {
                ui.label(RichText::new("Eventscope").strong().size(theme::SIZES[2]));
            }
            weak(ui, "Not connected");
        }
        Link::Connecting(address) => {
            dot(ui, palette.warn);
            title(ui, address.title());
            weak(ui, "Connecting…");
        }
        Link::Connected {
            address, server, ..
        } => {
            dot(ui, palette.good);
            title(ui, address.title());
            weak(ui, "Connected");
            chip(ui, palette, &server.to_string());
            let part = address.part();
            if !part.is_empty() {
                chip(ui, palette, &part);
            }
            if !cx.state.front.topology.missing.is_empty() {
                chip(ui, palette, "AMQP only").on_hover_text(&cx.state.front.topology.missing);
            }
        }
        Link::Lost {
            address,
            reason,
            retry_at,
            ..
        } => {
            dot(ui, palette.bad);
            title(ui, address.title());
            let seconds = (*retry_at - Utc::now()).num_seconds().max(0);
            let text = if seconds == 0 {
                "Connection lost, trying again…".to_owned()
            } else {
                format!("Connection lost, trying again in {seconds} s")
            };
            ui.label(RichText::new(text).color(palette.bad))
                .on_hover_text(reason);
        }
    }
}

fn dot(ui: &mut Ui, color: Color32) {
    let (rect, _) = ui.allocate_exact_size(vec2(10.0, 10.0), Sense::hover());
    ui.painter().circle_filled(rect.center(), 4.5, color);
}

fn chip(ui: &mut Ui, palette: &Palette, text: &str) -> egui::Response {
    egui::Frame::new()
        .fill(palette.raised)
        .corner_radius(4)
        .inner_margin(egui::Margin::symmetric(7, 2))
        .show(ui, |ui| {
            let text = RichText::new(text)
                .size(theme::SIZES[0])
                .color(palette.weak);
            ui.add(egui::Label::new(text).selectable(false))
        })
        .inner
}
