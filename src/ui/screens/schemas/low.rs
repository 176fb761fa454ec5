//! A page whose last part wants room of its own: where that is too little the whole page scrolls, so that
//! what stands above does not press it to nothing.

use eframe::egui::{Id, Layout, ScrollArea, Ui, vec2};

/// Least height of the last part, in points.
const LEAST: f32 = 280.0;

/// Draws `head` and below it `rest`, which fills what is left.
pub(super) fn page_ui<C>(
    ui: &mut Ui,
    cx: &mut C,
    head: impl FnOnce(&mut Ui, &mut C),
    rest: impl FnOnce(&mut Ui, &mut C),
) {
    // How high the head is, is known once it was drawn.
    let id = Id::unique("schemas head");
    let before: f32 = ui.data(|data| data.get_temp(id)).unwrap_or(0.0);
    let both = |ui: &mut Ui, low: bool| {
        let top = ui.cursor().top();
        head(ui, cx);
        let height = ui.cursor().top() - top;
        ui.data_mut(|data| data.insert_temp(id, height));
        if low {
            let size = vec2(ui.available_width(), LEAST);
            ui.allocate_ui_with_layout(size, Layout::default(), |ui| rest(ui, cx));
        } else {
            rest(ui, cx);
        }
    };
    if ui.available_height() - before < LEAST {
        ScrollArea::vertical()
            .id_salt("low page")
            .auto_shrink([false, false])
            .show(ui, |ui| both(ui, true));
    } else {
        both(ui, false);
    }
}
