//! The selected event in full: what it says of itself, its payload in four views, what changed
//! since the event before it, its properties and typed headers. The same for a live event and a
//! dead letter.

mod diff;
mod payload;
mod properties;
mod trace;

use std::sync::Arc;

use eframe::egui::{self, RichText, Ui};

use super::theme::{self, Palette, STEP};
use super::widgets::{button, tabs, weak};
use crate::domain::Event;
use crate::state::Action;
use crate::state::live::{LiveAction, clock};

pub(in crate::ui) use payload::fold_ui;

/// What the inspector shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Part {
    #[default]
    Tree,
    Pretty,
    Raw,
    Hex,
    Diff,
    Properties,
    Headers,
}

/// The inspector's memory: what is shown is worked out once when another event is selected.
#[derive(Debug, Default)]
pub struct Inspector {
    part: Part,
    payload: payload::PayloadMemory,
    diff: diff::DiffMemory,
}

/// Draws an event; `previous` is the one before it on the same key.
pub fn inspector_ui(
    ui: &mut Ui,
    memory: &mut Inspector,
    event: &Arc<Event>,
    previous: Option<&Arc<Event>>,
) -> Vec<Action> {
    memory.payload.take(event);
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
        payload::keep_ui(ui, &memory.payload, event);
    });
    ui.add_space(STEP);
    let part = part_ui(ui, memory);
    ui.separator();
    if matches!(part, Part::Tree | Part::Pretty | Part::Raw | Part::Hex) {
        payload::steps_ui(ui, &mut memory.payload);
        ui.add_space(STEP / 2.0);
    }
    match part {
        Part::Tree => {
            let action = payload::tree_ui(ui, &mut memory.payload, event);
            actions.extend(action.map(Action::Live));
        }
        Part::Pretty => payload::pretty_ui(ui, &memory.payload),
        Part::Raw => payload::raw_ui(ui, &memory.payload),
        Part::Hex => payload::hex_ui(ui, &memory.payload, event),
        Part::Diff => diff::diff_ui(ui, &mut memory.diff, event, previous),
        Part::Properties => properties::properties_ui(ui, event),
        Part::Headers => properties::headers_ui(ui, event),
    }
    actions
}

/// The tabs. A chosen one stays chosen while an event that lacks it is looked at.
fn part_ui(ui: &mut Ui, memory: &mut Inspector) -> Part {
    let payload = &memory.payload;
    let all: Vec<(Part, &str)> = [
        (Part::Tree, "Tree", payload.is_json),
        (Part::Pretty, "Pretty", payload.is_json),
        (Part::Raw, "Raw", payload.is_text),
        (Part::Hex, "Hex", true),
        (Part::Diff, "Diff", true),
        (Part::Properties, "Properties", true),
        (Part::Headers, "Headers", true),
    ]
    .into_iter()
    .filter_map(|(part, name, there)| there.then_some((part, name)))
    .collect();
    let shown = all.iter().find(|(part, _)| *part == memory.part);
    let shown = shown.or(all.first()).map_or(Part::Hex, |(part, _)| *part);
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing.x = 0.0;
        if let Some(part) = tabs(ui, shown, &all) {
            memory.part = part;
        }
    });
    shown
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
        });
}
