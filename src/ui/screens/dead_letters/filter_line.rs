//! The filter over the messages of a look, in the language of the live stream.

use eframe::egui::Ui;

use crate::state::Action;
use crate::state::dead_letters::letters_seen::SeenLetters;
use crate::state::dead_letters::{DeadAction, Peeked};
use crate::text::numbers::thousands;
use crate::ui::Cx;
use crate::ui::parts::filter_doubt;
use crate::ui::parts::filter_field::{self, FilterField};
use crate::ui::parts::widgets::{button, weak};

/// Draws it, with how much it leaves.
pub(crate) fn filter_line_ui(ui: &mut Ui, cx: &mut Cx<'_>, peeked: &Peeked) {
    let listing = &cx.state.front.dead.listing;
    ui.horizontal(|ui| {
        let name = weak(ui, "Filter messages");
        let field = FilterField {
            id: "filter messages",
            hint: "Words, or reason:rejected data.amount>100 age<1h",
            width: (ui.available_width() - 150.0).max(100.0),
            label: name.id,
        };
        let (field, changed) = field.show(ui, &mut cx.forms.dead_filter, &SeenLetters(peeked));
        field.on_hover_text(
            "The same language as in Live. key and destination are those of the first publish, queue \
             is the one that failed, age counts from the death",
        );
        if changed {
            cx.actions.push(Action::Dead(DeadAction::FilterChanged));
        }
        if listing.is_busy() {
            weak(ui, "Looking…");
        } else if listing.is_filtered() {
            let all = peeked.messages.len();
            let [shown, all] = [listing.len(all), all].map(|count| thousands(count as u64));
            weak(ui, format!("{shown} of {all}"));
            if button(ui, "Clear filter", true).clicked() {
                cx.forms.dead_filter.clear();
                cx.actions.push(Action::Dead(DeadAction::FilterChanged));
            }
        }
    });
    filter_field::told_ui(
        ui,
        &cx.forms.dead_filter,
        (listing.problem(), listing.unfinished()),
        listing.in_force(),
    );
    if listing.problem().is_none() {
        let seen = SeenLetters(peeked);
        filter_doubt::doubts_ui(ui, "filter messages", listing.in_force(), &seen);
    }
}
