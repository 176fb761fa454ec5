//! The selected event in full: what it says of itself, its payload decoded and as it came, what
//! changed since the one before, its properties and typed headers. The same for a live event and a
//! dead letter.

mod copying;
mod diff;
mod find;
mod folded;
mod headers;
mod payload;
mod properties;
mod schema;
mod trace;
mod value_menu;
mod views;

use std::sync::Arc;

use chrono::{DateTime, SecondsFormat, Utc};
use eframe::egui::{self, RichText, Ui};

use super::save_file::Dialogs;
use super::theme::{self, Palette, STEP};
use super::widgets::{button, tabs, weak};
use crate::event::{Event, Transport};
use crate::schema::Catalog;
use crate::state::Action;
use crate::state::live::setup::{Column, ListSetup};
use crate::state::live::{LiveAction, clock};
use crate::text::timestamp;
use crate::ui::parts::by_source;
use value_menu::ValueMenu;

pub(in crate::ui) use views::fold_ui;

/// Where the event is looked at: not everything makes sense everywhere.
#[derive(Clone, Copy, Debug)]
pub enum Origin<'a> {
    /// In the live stream, which can be filtered and plotted.
    Live {
        /// The event before it on the same key.
        previous: Option<&'a Arc<Event>>,
        /// Two selected events, the earlier one first: they are compared instead.
        two: Option<[&'a Arc<Event>; 2]>,
        /// How the list beside it is set up, and its columns.
        list: (&'a ListSetup, &'a [Column]),
    },
    /// In a queue of dead letters.
    DeadLetter,
}

/// What the inspector shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum InspectorPart {
    /// The payload as a document that can be opened and closed.
    #[default]
    Tree,
    /// The payload with line breaks.
    Pretty,
    /// The bytes as they came, as text.
    Raw,
    /// The bytes as they came.
    Hex,
    /// What changed since the event before it.
    Diff,
    Properties,
    Headers,
}

impl InspectorPart {
    fn is_payload(self) -> bool {
        matches!(self, Self::Tree | Self::Pretty | Self::Raw | Self::Hex)
    }
}

const PARTS: [(InspectorPart, &str); 7] = [
    (InspectorPart::Tree, "Tree"),
    (InspectorPart::Pretty, "Pretty"),
    (InspectorPart::Raw, "Raw"),
    (InspectorPart::Hex, "Hex"),
    (InspectorPart::Diff, "Diff"),
    (InspectorPart::Properties, "Properties"),
    (InspectorPart::Headers, "Headers"),
];

/// The inspector's memory: what is shown is worked out once when another event is selected.
#[derive(Debug, Default)]
pub struct Inspector {
    part: InspectorPart,
    payload: payload::PayloadMemory,
    diff: diff::DiffMemory,
    headers: headers::HeaderMemory,
    schema: schema::SchemaMemory,
    find: find::PayloadFind,
    /// Dialogs that ask where a payload is saved.
    pub saving: Dialogs,
    /// The schemas that events are judged by.
    pub catalog: Option<Arc<Catalog>>,
}

impl Inspector {
    /// Opens the search in the payload if the person is busy with the inspector; false if not.
    pub(in crate::ui) fn find_if_meant(&mut self, ui: &Ui) -> bool {
        let meant = self.find.is_meant(ui);
        if meant {
            if !self.part.is_payload() {
                self.part = InspectorPart::Tree;
            }
            self.find.open();
        }
        meant
    }

    /// Shows what changed.
    pub fn compare(&mut self) {
        self.part = InspectorPart::Diff;
    }
}

/// Draws an event.
pub fn inspector_ui(
    ui: &mut Ui,
    memory: &mut Inspector,
    event: &Arc<Event>,
    origin: Origin<'_>,
) -> Vec<Action> {
    let mut actions = Vec::new();
    // Where it can be closed, the key stands on the line of the closing.
    if let Origin::DeadLetter = origin {
        key_ui(ui, event);
    }
    head_ui(ui, event, &mut actions);
    let catalog = memory.catalog.as_ref();
    if let Some(pointer) = schema::schema_ui(ui, &mut memory.schema, event, catalog) {
        memory.part = InspectorPart::Tree;
        memory.payload.take(event);
        memory.payload.reveal(&pointer);
    }
    ui.add_space(STEP);
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing = egui::vec2(0.0, 0.0);
        if let Some(part) = tabs(ui, memory.part, &PARTS) {
            memory.part = part;
        }
    });
    ui.separator();
    let part = memory.part;
    match part {
        InspectorPart::Tree | InspectorPart::Pretty | InspectorPart::Raw | InspectorPart::Hex => {
            let payload = &mut memory.payload;
            payload.take(event);
            payload::head_ui(ui, payload, event, &mut memory.saving, &mut memory.find);
            if memory.find.is_open() {
                memory.find.line_ui(ui);
            }
            ui.add_space(STEP);
            let mut menu = ValueMenu {
                event,
                origin,
                actions: &mut actions,
            };
            payload_ui(ui, part, payload, &mut memory.find, event, &mut menu);
        }
        InspectorPart::Diff => {
            let pair = match origin {
                Origin::Live { two: Some(two), .. } => Some(diff::Compared::Chosen(two)),
                Origin::Live { previous, .. } => {
                    previous.map(|previous| diff::Compared::Previous([previous, event]))
                }
                Origin::DeadLetter => None,
            };
            diff::diff_ui(ui, &mut memory.diff, pair);
        }
        InspectorPart::Properties => properties::properties_ui(ui, event),
        InspectorPart::Headers => headers::headers_ui(ui, &mut memory.headers, event),
    }
    memory.find.drawn_at(ui);
    actions
}

/// Draws one of the views of a payload, with the hit of a search marked.
fn payload_ui(
    ui: &mut Ui,
    part: InspectorPart,
    payload: &mut payload::PayloadMemory,
    find: &mut find::PayloadFind,
    event: &Arc<Event>,
    menu: &mut ValueMenu<'_>,
) {
    // What *Show all* adds is looked through too.
    let view = part as u8 | u8::from(payload.is_whole()) << 7;
    match part {
        InspectorPart::Raw => {
            let text = payload.raw(event);
            let marked = find.look(event, view, text.parts());
            let lines = text.lines();
            views::lines_ui(ui, lines.len(), marked, |index| lines[index].clone());
        }
        InspectorPart::Hex => {
            let shown = event.body.len().min(payload.limit());
            let (body, width) = (&event.body[..shown], views::hex_width(ui));
            let marked = find.look_at_bytes(event, view, (body, width));
            views::hex_ui(ui, body, width, marked);
        }
        _ if !payload.is_document() => {
            let marked = find.look(event, view, payload.text().parts());
            views::no_document_ui(ui, payload, marked);
        }
        InspectorPart::Tree => {
            let rows = payload.row_texts().map(|row| (row, false));
            let marked = find.look(event, view, rows);
            if let (Some(row), true) = (marked.line, marked.scroll) {
                payload.reveal_row(row);
            }
            views::tree_ui(ui, payload, menu);
        }
        _ => {
            payload.print();
            let lines = payload.pretty().iter();
            let lines = lines.map(|line| (format!("{}{}", line.name, line.value), false));
            let marked = find.look(event, view, lines);
            let row = marked.line.and_then(|line| payload.pretty()[line].row);
            if let (Some(row), true) = (row, marked.scroll) {
                payload.unfold_to(row);
            }
            views::pretty_ui(ui, payload, marked, menu);
        }
    }
}

/// The key of an event as a title.
pub fn key_ui(ui: &mut Ui, event: &Event) {
    let palette = Palette::of(ui);
    ui.horizontal(|ui| {
        let key = RichText::new(&event.key).font(egui::FontId::monospace(14.0));
        ui.add(egui::Label::new(key.color(palette.key(&event.key)).strong()).truncate());
    });
}

fn head_ui(ui: &mut Ui, event: &Arc<Event>, actions: &mut Vec<Action>) {
    ui.scope(|ui| facts_ui(ui, event));
    if let Some(trace) = event.transport.trace() {
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
}

fn facts_ui(ui: &mut Ui, event: &Event) {
    let facts = &event.envelope;
    let words = by_source::words_for(&event.transport);
    let mut line = clock(event.received_at);
    let destination = words.shown(&event.destination);
    if !destination.is_empty() {
        line.push_str(" · ");
        line.push_str(destination);
    }
    for remark in event.transport.remarks() {
        line.push_str(" · ");
        line.push_str(&remark);
    }
    weak(ui, line);
    ui.spacing_mut().interact_size.y = 16.0;
    egui::Grid::new("facts")
        .num_columns(2)
        .spacing([12.0, 3.0])
        .show(ui, |ui| {
            let happened = facts.timestamp.as_deref();
            let stamp = event.properties.timestamp;
            let happened = happened.map(|time| match event.transport {
                // It counts milliseconds for certain, and `remarks` say whose clock it is.
                Transport::Kafka(_) if stamp.map(timestamp::text).as_deref() == Some(time) => {
                    let ms = stamp.and_then(|ms| i64::try_from(ms).ok());
                    let time = ms.and_then(DateTime::<Utc>::from_timestamp_millis);
                    time.map(|time| time.to_rfc3339_opts(SecondsFormat::Millis, true))
                        .unwrap_or_default()
                }
                _ => timestamp::told(time, stamp),
            });
            for (name, value) in [
                ("Type", facts.event_type.as_deref()),
                ("Version", facts.version.as_deref()),
                ("Id", facts.event_id.as_deref()),
                ("Happened", happened.as_deref()),
            ] {
                let Some(value) = value else { continue };
                weak(ui, name);
                ui.add(egui::Label::new(RichText::new(value).font(theme::mono())).truncate());
                ui.end_row();
            }
        });
}
