//! The selected event in full: what it says of itself, its payload in four views, its properties
//! and typed headers. The same for a live event and a dead letter.

mod payload;
mod properties;
mod trace;

use std::sync::Arc;

use eframe::egui::{self, RichText, Ui};

use super::theme::{self, Palette, STEP};
use super::widgets::{button, tabs, weak};
use crate::domain::Event;
use crate::domain::payload::size_text;
use crate::state::Action;
use crate::state::live::{LiveAction, clock};

pub(in crate::ui) use payload::fold_ui;

/// What the inspector shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Part {
    #[default]
    Payload,
    Properties,
}

/// The inspector's memory: the payload's lines are worked out once when another event is selected.
#[derive(Debug, Default)]
pub struct Inspector {
    part: Part,
    payload: payload::PayloadMemory,
}

/// Draws an event. Actions that only a live event has are offered with `live`.
pub fn inspector_ui(ui: &mut Ui, memory: &mut Inspector, event: &Arc<Event>) -> Vec<Action> {
    let mut actions = Vec::new();
    let palette = Palette::of(ui);
    ui.horizontal(|ui| {
        let key = RichText::new(&event.routing_key).font(egui::FontId::monospace(14.0));
        ui.add(egui::Label::new(key.color(palette.key(&event.routing_key)).strong()).truncate());
    });
    ui.scope(|ui| facts_ui(ui, event));
    if let Some(trace) = &event.trace {
        trace::trace_ui(ui, trace);
    }
    ui.horizontal_wrapped(|ui| {
        if button(ui, "Use as draft", true)
            .on_hover_text("Load it into the publish form")
            .clicked()
        {
            actions.push(Action::LoadEvent(Arc::clone(event)));
        }
        if let Some(id) = &event.properties.correlation_id
            && button(ui, "Only this conversation", true)
                .on_hover_text(format!("Events with correlation id {id}"))
                .clicked()
        {
            actions.push(Action::Live(LiveAction::Conversation(Some(id.clone()))));
        }
    });
    ui.add_space(STEP);
    ui.horizontal(|ui| {
        let all = [
            (Part::Payload, "Payload view"),
            (Part::Properties, "Properties"),
        ];
        if let Some(part) = tabs(ui, memory.part, &all) {
            memory.part = part;
        }
    });
    ui.separator();
    match memory.part {
        Part::Payload => payload::payload_ui(ui, &mut memory.payload, event),
        Part::Properties => properties::properties_ui(ui, event),
    }
    actions
}

fn facts_ui(ui: &mut Ui, event: &Event) {
    let facts = &event.envelope;
    let exchange = match event.exchange.as_str() {
        "" => "default exchange",
        name => name,
    };
    let mut line = format!("{} · {exchange}", clock(event.received_at));
    if event.redelivered {
        line.push_str(" · redelivered");
    }
    weak(ui, line);
    ui.spacing_mut().interact_size.y = 16.0;
    egui::Grid::new("facts")
        .num_columns(2)
        .spacing([12.0, 3.0])
        .show(ui, |ui| {
            for (name, value) in [
                ("Type", facts.event_type.as_deref()),
                ("Version", facts.version.as_deref()),
                ("Id", facts.event_id.as_deref()),
                ("Happened", facts.timestamp.as_deref()),
            ] {
                let Some(value) = value else { continue };
                weak(ui, name);
                ui.add(egui::Label::new(RichText::new(value).font(theme::mono())).truncate());
                ui.end_row();
            }
            weak(ui, "Body");
            let declared = event
                .properties
                .content_type
                .as_deref()
                .unwrap_or("no content type");
            let size = size_text(event.body.len() as u64);
            ui.label(format!(
                "{size}, {} (declared: {declared})",
                event.kind.name()
            ));
            ui.end_row();
        });
}
