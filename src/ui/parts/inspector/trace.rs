//! What RabbitMQ's own trace tells of an event: who published it and where it went.

use eframe::egui::{Label, RichText, Ui};

use crate::event::amqp::{Trace, Traced};
use crate::ui::parts::theme::{self, Palette};
use crate::ui::parts::widgets::weak;

/// Most queues that are named.
const NAMED: usize = 12;

pub(crate) fn trace_ui(ui: &mut Ui, trace: &Trace) {
    let palette = Palette::of(ui);
    let line = |ui: &mut Ui, name: &str, value: &str| {
        ui.horizontal_wrapped(|ui| {
            weak(ui, name);
            ui.add(Label::new(RichText::new(value).font(theme::mono())).wrap());
        });
    };
    let who = format!("{} over {}", trace.user, trace.connection);
    match &trace.fate {
        Traced::Published(queues) if queues.is_empty() => {
            line(ui, "Published by", &who);
            ui.colored_label(palette.bad, "No queue took this message: it was lost");
        }
        Traced::Published(queues) => {
            line(ui, "Published by", &who);
            let mut names = queues
                .iter()
                .take(NAMED)
                .cloned()
                .collect::<Vec<_>>()
                .join(", ");
            if queues.len() > NAMED {
                names.push_str(&format!(" and {} more", queues.len() - NAMED));
            }
            line(ui, "Reached", &names);
        }
        Traced::Delivered(queue) => {
            line(ui, "Delivered to", &who);
            line(ui, "From the queue", queue);
        }
    }
}
