//! The filter over the messages of a look, in the language of the live stream.

use eframe::egui::{Key, Label, RichText, TextEdit, Ui};

use crate::state::Action;
use crate::state::dead_letters::{DeadAction, Peeked};
use crate::text::numbers::thousands;
use crate::ui::Cx;
use crate::ui::parts::theme::{self, Palette};
use crate::ui::parts::widgets::{button, field_margin, weak};

/// Draws it, with how much it leaves.
pub(crate) fn filter_line_ui(ui: &mut Ui, cx: &mut Cx<'_>, peeked: &Peeked) {
    let listing = &cx.state.front.dead.listing;
    ui.horizontal(|ui| {
        let name = weak(ui, "Filter messages");
        let width = (ui.available_width() - 150.0).max(100.0);
        let edit = TextEdit::singleline(&mut cx.forms.dead_filter)
            .id_salt("filter messages")
            .font(theme::mono())
            .hint_text("Words, or key:order.* data.amount>100 age<1h")
            .desired_width(width)
            .margin(field_margin());
        let field = ui.add(edit).labelled_by(name.id).on_hover_text(
            "The same language as in Live. key and destination are those of the first publish; age \
             counts from the death",
        );
        let cleared = field.lost_focus() && ui.input(|input| input.key_pressed(Key::Escape));
        if cleared {
            cx.forms.dead_filter.clear();
        }
        if field.changed() || cleared {
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
    if let Some(problem) = listing.problem() {
        let mut words = problem.words.clone();
        if listing.is_filtered() {
            words.push_str(". Until then the filter before it is in force");
        }
        let color = Palette::of(ui).bad;
        ui.add(Label::new(RichText::new(words).color(color)).wrap());
    }
}
