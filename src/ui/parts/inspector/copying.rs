//! What can be put on the clipboard of an event: its payload in several forms, code that publishes it
//! again, and any single value.

use eframe::egui::{Popup, Response, Ui};

use crate::event::decode::decode;
use crate::event::{Event, Transport};
use crate::rabbitmq::as_code::{Client, as_code};
use crate::text::{base64, hex};
use crate::ui::parts::widgets::small_label;

/// Most bytes of a payload that are decoded for the clipboard.
const MOST: usize = 16_000_000;

/// The menu of the payload's forms.
pub(crate) fn copy_as_ui(ui: &mut Ui, event: &Event) {
    ui.menu_button("Copy as…", |ui| {
        small_label(ui, "The payload, as it came");
        let mut text = None;
        if ui.button("Hex").clicked() {
            text = Some(hex::plain(&event.body));
        }
        if ui.button("Base64").clicked() {
            text = Some(base64::encode(&event.body));
        }
        if let Transport::Amqp(_) = event.transport {
            ui.separator();
            small_label(ui, "Code that publishes it again");
            for client in Client::ALL {
                if ui.button(client.name()).clicked() {
                    text = Some(as_code(client, event));
                }
            }
        }
        if let Some(text) = text {
            ui.ctx().copy_text(text);
            ui.close();
        }
    });
}

/// The payload, decoded, as text.
pub(crate) fn payload_text(event: &Event) -> String {
    let decoded = decode(&event.body, &event.properties, MOST);
    decoded.text().unwrap_or_default().into_owned()
}

/// The forms of one value, as entries of a menu.
pub(crate) fn value_entries(ui: &mut Ui, value: &str, bytes: &[u8]) {
    let mut entry = |label: &str, text: &dyn Fn() -> String| {
        if ui.button(label).clicked() {
            ui.ctx().copy_text(text());
            ui.close();
        }
    };
    entry("Copy value", &|| value.to_owned());
    entry("Copy value as hex", &|| hex::plain(bytes));
    entry("Copy value as base64", &|| base64::encode(bytes));
}

/// A menu under a value with a name, such as a header.
pub(crate) fn named_value_menu(response: &Response, name: &str, value: &str, bytes: &[u8]) {
    Popup::menu(response).show(|ui| {
        value_entries(ui, value, bytes);
        if ui.button("Copy name").clicked() {
            ui.ctx().copy_text(name.to_owned());
            ui.close();
        }
    });
}
