//! The fields of a RabbitMQ on the connect screen.

use eframe::egui::Ui;

use super::{fault_ui, is_entered_in, marks_ui};
use crate::ui::Cx;
use crate::ui::parts::theme::STEP;
use crate::ui::parts::widgets::{password_field, stacked_field, weak};

/// The label of the line that says all of it, and an example.
pub(super) const LINE: (&str, &str) = ("AMQP URL", "amqp://user:password@host:5672/vhost");

/// Draws them. True if the person pressed Enter behind the password; `is_another` becomes
/// true where they lead elsewhere now.
pub(super) fn rabbitmq_ui(ui: &mut Ui, cx: &mut Cx<'_>, is_another: &mut bool) -> bool {
    let form = &mut cx.forms.connect;
    let half = (ui.available_width() - STEP * 2.0) / 2.0;
    let mut is_entered = false;
    ui.columns(2, |columns| {
        *is_another |= stacked_field(&mut columns[0], "Host", &mut form.host).changed();
        *is_another |= stacked_field(&mut columns[1], "Port", &mut form.port).changed();
    });
    fault_ui(ui, form.port_fault());
    ui.columns(2, |columns| {
        stacked_field(&mut columns[0], "User", &mut form.user);
        let password = password_field(&mut columns[1], "Password", &mut form.password.0);
        is_entered = is_entered_in(&password, &mut cx.memory.focus_password);
    });
    ui.columns(2, |columns| {
        *is_another |= stacked_field(&mut columns[0], "Virtual host", &mut form.vhost).changed();
        stacked_field(&mut columns[1], "Name", &mut form.name);
    });
    ui.horizontal(|ui| {
        ui.set_min_width(half);
        ui.checkbox(&mut form.tls, "TLS")
            .on_hover_text("Encrypted; the server's certificate is checked");
        marks_ui(ui, form);
    });
    ui.collapsing("Management API", |ui| {
        weak(
            ui,
            "If it is not at port 15672 of the host (with TLS 15671): its URL, or its port",
        );
        stacked_field(ui, "Management URL or port", &mut form.management);
        fault_ui(ui, form.management_fault());
    });
    is_entered
}
