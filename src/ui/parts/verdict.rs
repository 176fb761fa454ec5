//! What a schema says to an event, the same on every screen: in words, and the field that is wrong as
//! a link that leads to it.

use eframe::egui::{Label, RichText, Ui};

use super::theme::Palette;
use crate::schema::Fit;

/// Draws it; the pointer of the field, if that was clicked. `hover` may say more.
pub(crate) fn verdict_ui(ui: &mut Ui, fit: &Fit, hover: &str) -> Option<String> {
    let palette = Palette::of(ui);
    let color = match fit.fits {
        Some(true) => palette.good,
        Some(false) => palette.bad,
        None => palette.weak,
    };
    let label = ui.add(Label::new(RichText::new(&fit.words).color(color)).wrap());
    if !hover.is_empty() {
        label.on_hover_text(hover);
    }
    let fault = fit.fault.as_ref()?;
    let words = fit.fault_words()?;
    ui.label(RichText::new("·").color(color));
    ui.link(RichText::new(words).color(color))
        .on_hover_text("Go to this field")
        .clicked()
        .then(|| fault.at.clone())
}
