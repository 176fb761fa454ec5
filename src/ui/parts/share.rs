//! Panels whose size is a share of the room that there is, so that they follow the window.

use eframe::egui::{Panel, Rangef, Ui};

/// The size of a panel, as a share of the room. The person changes it by dragging its edge.
#[derive(Clone, Copy, Debug)]
pub struct Share {
    of_room: f32,
    /// The room in the last frame.
    room: f32,
}

impl Share {
    /// So much of the room, until the person changes it.
    #[must_use]
    pub const fn new(of_room: f32) -> Self {
        Self { of_room, room: 0.0 }
    }

    /// Its part of the room in thousandths, to be kept.
    #[must_use]
    pub fn thousandths(self) -> u16 {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "it is between 0 and 1000"
        )]
        let kept = (self.of_room.clamp(0.0, 1.0) * 1_000.0).round() as u16;
        kept
    }

    /// What [`Self::thousandths`] gave.
    #[must_use]
    pub fn of_thousandths(kept: u16) -> Self {
        Self::new(f32::from(kept.clamp(20, 980)) / 1_000.0)
    }

    /// Draws a panel that stands left or right, in a room of this width.
    pub fn show_beside(
        &mut self,
        ui: &mut Ui,
        (panel, room, within): (Panel, f32, Rangef),
        content: impl FnOnce(&mut Ui),
    ) {
        let shown = self.sized(panel, room, within).show(ui, content);
        self.note(ui, room, shown.response.rect.width());
    }

    /// Draws a panel that stands above or below, in a room of this height.
    pub fn show_below(
        &mut self,
        ui: &mut Ui,
        (panel, room, within): (Panel, f32, Rangef),
        content: impl FnOnce(&mut Ui),
    ) {
        let shown = self.sized(panel, room, within).show(ui, content);
        self.note(ui, room, shown.response.rect.height());
    }

    fn sized(self, panel: Panel, room: f32, within: Rangef) -> Panel {
        let size = within.clamp(self.of_room * room);
        if self.is_of(room) {
            panel.default_size(size).size_range(within)
        } else {
            panel.exact_size(size)
        }
    }

    /// Takes down what the panel was in this frame.
    fn note(&mut self, ui: &Ui, room: f32, size: f32) {
        // Other sizes are the window's doing, or that of what stands in the panel.
        let is_dragged = ui.input(|input| input.pointer.any_down() || input.pointer.any_released());
        if self.is_of(room) && is_dragged && room > 0.0 {
            self.of_room = size / room;
        }
        self.room = room;
    }

    fn is_of(self, room: f32) -> bool {
        (self.room - room).abs() < 0.5
    }
}
