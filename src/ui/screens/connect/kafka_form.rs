//! The fields of a Kafka on the connect screen.

use eframe::egui::{ComboBox, Ui};

use super::{fault_ui, is_entered_in, marks_ui};
use crate::kafka::connect_form::KafkaForm;
use crate::kafka::endpoint::{SaslMechanism, read_servers};
use crate::ui::Cx;
use crate::ui::parts::theme::STEP;
use crate::ui::parts::widgets::{password_field, small_label, stacked_field, weak};

/// The label of the line that says all of it, and an example.
pub(super) const LINE: (&str, &str) = ("Kafka URL", "kafka://user:password@host:9092?tls=true");

/// Draws them. True if the person pressed Enter behind the password; `is_another` becomes true where
/// they lead elsewhere now.
pub(super) fn kafka_ui(ui: &mut Ui, cx: &mut Cx<'_>, is_another: &mut bool) -> bool {
    let form = &mut cx.forms.kafka;
    let servers = stacked_field(ui, "Bootstrap servers", &mut form.servers)
        .on_hover_text("host:port of one broker or more, separated by commas");
    *is_another |= servers.changed();
    if !servers.has_focus() {
        fault_ui(
            ui,
            read_servers(&form.servers)
                .err()
                .map(|fault| fault.to_string()),
        );
    }
    sasl_ui(ui, form);
    let mut is_entered = false;
    if form.sasl.is_some() {
        ui.columns(2, |columns| {
            stacked_field(&mut columns[0], "User", &mut form.user);
            let label = match form.sasl {
                Some(SaslMechanism::OauthBearer) => "Token",
                _ => "Password",
            };
            let password = password_field(&mut columns[1], label, &mut form.password.0);
            is_entered = is_entered_in(&password, &mut cx.memory.focus_password);
        });
    }
    stacked_field(ui, "Name", &mut form.name);
    ui.horizontal(|ui| {
        ui.checkbox(&mut form.tls, "TLS")
            .on_hover_text("Encrypted; the servers' certificates are checked");
        marks_ui(ui, &mut cx.forms.connect);
    });
    if form.tls {
        stacked_field(ui, "CA file", &mut form.ca_file)
            .on_hover_text("CAs in PEM format that are trusted beside those of the system");
        ui.collapsing("Certificate of your own", |ui| {
            stacked_field(ui, "Certificate file", &mut form.certificate);
            stacked_field(ui, "Key file", &mut form.key);
            weak(ui, "Both in PEM format");
        });
    } else if matches!(
        form.sasl,
        Some(SaslMechanism::Plain | SaslMechanism::OauthBearer)
    ) {
        weak(
            ui,
            "Without TLS the password can be read by anybody on the way",
        );
    }
    is_entered
}

fn sasl_ui(ui: &mut Ui, form: &mut KafkaForm) {
    ui.vertical(|ui| {
        ui.spacing_mut().item_spacing.y = STEP / 2.0;
        let name = small_label(ui, "SASL mechanism");
        let shown = |one: Option<SaslMechanism>| one.map_or("None", SaslMechanism::name);
        let text = shown(form.sasl);
        let combo = ComboBox::from_id_salt("sasl_mechanism")
            .selected_text(text)
            .show_ui(ui, |ui| {
                let all = SaslMechanism::ALL.into_iter().map(Some);
                for one in std::iter::once(None).chain(all) {
                    if ui
                        .selectable_value(&mut form.sasl, one, shown(one))
                        .clicked()
                    {
                        ui.close();
                    }
                }
            });
        let response = combo.response.labelled_by(name.id);
        ui.ctx()
            .accesskit_node_builder(response.id, |node| node.set_description(text));
    });
}
