//! What stands in the place of the connect screen while the sandbox starts.

use eframe::egui::{RichText, Spinner, Ui};

use crate::protocol::{Link, SandboxState};
use crate::ui::Cx;
use crate::ui::parts::theme::{self, STEP};
use crate::ui::parts::widgets::{button, weak};

/// Draws it; false if nothing starts, or the person wants to connect elsewhere meanwhile.
pub(super) fn starting_ui(ui: &mut Ui, cx: &mut Cx<'_>) -> bool {
    let (Some(SandboxState::Starting(step)), Link::Idle | Link::Failed { .. }) =
        (&cx.state.front.sandbox, &cx.state.front.link)
    else {
        cx.memory.elsewhere = false;
        return false;
    };
    if cx.memory.elsewhere {
        return false;
    }
    ui.vertical_centered(|ui| {
        ui.add_space((ui.available_height() * 0.3).max(STEP * 4.0));
        ui.set_max_width(ui.available_width().min(460.0));
        ui.label(
            RichText::new("The sandbox starts")
                .size(theme::SIZES[3])
                .strong(),
        );
        ui.add_space(STEP * 2.0);
        ui.add(Spinner::new().size(18.0));
        weak(ui, step.as_str());
        ui.add_space(STEP * 3.0);
        ui.label(
            "It takes a few seconds. Then the events of a sample shop appear in Live. It listens on \
             127.0.0.1 only and ends with this window",
        );
        ui.add_space(STEP * 3.0);
        let words = "The form, while the sandbox goes on starting";
        if button(ui, "Connect to a broker instead", true)
            .on_hover_text(words)
            .clicked()
        {
            cx.memory.elsewhere = true;
        }
    });
    true
}
