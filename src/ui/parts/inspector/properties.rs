//! The basic properties that were sent with a message.

use eframe::egui::{self, Label, Response, RichText, ScrollArea, Sense, Ui};

use super::copying::named_value_menu;
use crate::event::Event;
use crate::text::payload::visible_line;
use crate::ui::parts::theme;
use crate::ui::parts::widgets::{empty_state, weak};

pub(crate) fn properties_ui(ui: &mut Ui, event: &Event) {
    let rows = event.properties.rows();
    if rows.is_empty() {
        empty_state(ui, "No properties", "None were sent with this message");
        return;
    }
    ScrollArea::both()
        .auto_shrink([false, false])
        .id_salt("properties")
        .show(ui, |ui| {
            egui::Grid::new("properties")
                .num_columns(2)
                .spacing([14.0, 4.0])
                .show(ui, |ui| {
                    for (name, value) in rows {
                        weak(ui, name);
                        let response = value_ui(ui, &value);
                        named_value_menu(&response, name, &value, value.as_bytes());
                        ui.end_row();
                    }
                });
        });
}

/// A value in the typeface of keys that can be clicked.
pub(crate) fn value_ui(ui: &mut Ui, text: &str) -> Response {
    let text = RichText::new(visible_line(text)).font(theme::mono());
    let label = Label::new(text).extend().sense(Sense::click());
    ui.add(label).on_hover_text("Click to copy")
}

/// A text in the typeface of keys.
pub(crate) fn mono(ui: &mut Ui, text: &str) {
    ui.add(Label::new(RichText::new(visible_line(text)).font(theme::mono())).extend());
}
