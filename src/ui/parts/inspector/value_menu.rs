//! What can be done with one value of a payload: a small menu under it.

use eframe::egui::{Popup, Response, RichText};

use super::Origin;
use super::copying::value_entries;
use super::payload::PayloadMemory;
use crate::event::Event;
use crate::state::Action;
use crate::state::live::LiveAction;
use crate::state::live::setup::Column;
use crate::text::json::{self, RowValue};
use crate::text::json_path;
use crate::text::payload::shorten;
use crate::ui::parts::theme::{self, Palette};
use crate::ui::parts::widgets::button;

/// The menu of the values of one event.
pub(crate) struct ValueMenu<'a> {
    /// The event they are in.
    pub(crate) event: &'a Event,
    /// Where it is looked at.
    pub(crate) origin: Origin<'a>,
    /// What the person chose.
    pub(crate) actions: &'a mut Vec<Action>,
}

impl ValueMenu<'_> {
    /// Opens under the value that was clicked.
    pub(crate) fn show(&mut self, response: &Response, memory: &PayloadMemory, index: usize) {
        Popup::menu(response).show(|ui| {
            let document = &memory.rows;
            let data = memory.data_name();
            let path = json_path::path(document, index, data);
            let title = RichText::new(shorten(&path, 60)).size(theme::SIZES[0]);
            ui.label(title.color(Palette::of(ui).weak));
            if let Origin::Live {
                list: (setup, shown),
                ..
            } = self.origin
            {
                let clause = json_path::clause(document, index, data);
                if let Some(clause) = clause {
                    let mut add = |clause: String| {
                        let action = LiveAction::AddToFilter(clause);
                        self.actions.push(Action::Live(action));
                    };
                    if button(ui, "Add to filter", true).clicked() {
                        add(clause);
                        ui.close();
                    } else if button(ui, "Exclude", true)
                        .on_hover_text("Hide the events that have this value here")
                        .clicked()
                    {
                        add(format!("not {clause}"));
                        ui.close();
                    }
                }
                if let Ok(column) = Column::field(&path) {
                    let may = Column::has_room(shown) && !shown.contains(&column);
                    if button(ui, "Show as column", may).clicked() {
                        let action = LiveAction::SetUp(setup.with_column(shown, column));
                        self.actions.push(Action::Live(action));
                        ui.close();
                    }
                }
                let value = document.rows.get(index).map(|row| &row.value);
                if matches!(value, Some(RowValue::Number(_)))
                    && button(ui, "Plot over time", true).clicked()
                {
                    let key = self.event.key.clone();
                    let path = path.clone();
                    self.actions
                        .push(Action::Live(LiveAction::Plot { key, path }));
                    ui.close();
                }
            }
            let value = json::value_text(document, index);
            value_entries(ui, &value, value.as_bytes());
            if button(ui, "Copy path", true).clicked() {
                ui.ctx().copy_text(path);
                ui.close();
            }
        });
    }
}
