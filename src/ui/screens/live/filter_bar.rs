//! The filter line of the stream, and filters with names.

use eframe::egui::{Key, Popup, PopupCloseBehavior, TextEdit, Ui};

use crate::state::Action;
use crate::state::live::LiveAction;
use crate::state::live::seen::Lately;
use crate::ui::Cx;
use crate::ui::parts::filter_doubt;
use crate::ui::parts::filter_field::{self, FilterField};
use crate::ui::parts::widgets::{button, field_margin, small_label, weak};

/// The line.
pub(crate) fn filter_bar_ui(ui: &mut Ui, cx: &mut Cx<'_>) {
    ui.horizontal(|ui| {
        let name = weak(ui, "Filter");
        let width = (ui.available_width() - 142.0).max(140.0);
        let field = FilterField {
            id: "filter",
            hint: "Words, or key:order.* data.amount>100 not type:test",
            width: width - 16.0,
            label: name.id,
        };
        let line = &mut cx.forms.filter;
        let (response, changed) = field.show(ui, line, &Lately(&cx.state.live));
        if std::mem::take(&mut cx.memory.focus_filter) {
            response.request_focus();
        }
        if changed {
            cx.act(Action::Live(LiveAction::FilterChanged));
        }
        saved_ui(ui, cx);
    });
    let view = &cx.state.live.view;
    filter_field::told_ui(
        ui,
        &cx.forms.filter,
        (view.problem(), view.unfinished()),
        view.in_force(),
    );
    if view.problem().is_none() {
        let seen = Lately(&cx.state.live);
        filter_doubt::doubts_ui(ui, "filter", view.in_force(), &seen);
    }
}

fn saved_ui(ui: &mut Ui, cx: &mut Cx<'_>) {
    let line = cx.forms.filter.trim();
    let can_save = !line.is_empty() && cx.state.live.view.problem().is_none();
    let save = button(ui, "Save filter", can_save).on_hover_text("Keep this filter under a name");
    let id = save.id.with("name");
    if save.clicked() {
        Popup::open_id(ui.ctx(), id);
    }
    if Popup::is_id_open(ui.ctx(), id) {
        let mut close = false;
        Popup::from_response(&save)
            .id(id)
            .open_memory(None)
            .close_behavior(PopupCloseBehavior::CloseOnClickOutside)
            .show(|ui| {
                let name = small_label(ui, "Name of the filter");
                let edit = TextEdit::singleline(&mut cx.forms.filter_name).margin(field_margin());
                let field = ui.add(edit).labelled_by(name.id);
                let enter = field.lost_focus() && ui.input(|i| i.key_pressed(Key::Enter));
                let ready = !cx.forms.filter_name.trim().is_empty();
                if (button(ui, "Save", ready).clicked() || enter) && ready {
                    let name = std::mem::take(&mut cx.forms.filter_name);
                    cx.actions.push(Action::SaveFilter(name));
                    close = true;
                }
            });
        if close {
            Popup::close_id(ui.ctx(), id);
        }
    }
    let saved = &cx.state.saved_filters;
    ui.add_enabled_ui(!saved.is_empty(), |ui| {
        ui.menu_button("Saved", |ui| {
            for filter in saved {
                ui.horizontal(|ui| {
                    let use_it = ui.button(&filter.name).on_hover_text(&filter.line);
                    if use_it.clicked() {
                        let action = LiveAction::SetFilter(filter.line.clone());
                        cx.actions.push(Action::Live(action));
                        ui.close();
                    }
                    let forget = format!("Forget {}", filter.name);
                    if button(ui, &forget, true).clicked() {
                        cx.actions.push(Action::ForgetFilter(filter.name.clone()));
                    }
                });
            }
        });
    });
}
