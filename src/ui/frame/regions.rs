//! The parts of the window in the order of Tab: bar on top, rail, page, status bar. F6 goes to the first
//! control of the next one, Shift+F6 of the one before, as in browsers and editors.

use eframe::egui::{FocusDirection, Key, Memory, Modifiers, Rect, Ui};

/// A part of the window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Region {
    /// The bar on top.
    Top,
    /// The rail with a tab for each screen.
    Rail,
    /// The screen that is open.
    Page,
    /// The bar at the bottom.
    Status,
}

const ALL: [Region; 4] = [Region::Top, Region::Rail, Region::Page, Region::Status];

/// Where the parts were in the last frame, and which one is to get the focus.
#[derive(Debug)]
pub struct Regions {
    rects: [Rect; 4],
    goes_to: Option<Region>,
}

impl Default for Regions {
    fn default() -> Self {
        Self {
            rects: [Rect::NOTHING; 4],
            goes_to: None,
        }
    }
}

impl Regions {
    /// Reads the keys of this frame.
    pub fn read(&mut self, ui: &Ui) {
        let steps = ui.input_mut(|input| {
            if input.consume_key(Modifiers::SHIFT, Key::F6) {
                Some(ALL.len() - 1)
            } else {
                input.consume_key(Modifiers::NONE, Key::F6).then_some(1)
            }
        });
        let Some(steps) = steps else { return };
        let focused = ui.memory(Memory::focused);
        let rect = focused.and_then(|id| Some(ui.ctx().read_response(id)?.rect));
        let here = rect.and_then(|rect| {
            let parts = self.rects.iter();
            parts.clone().position(|part| part.contains(rect.center()))
        });
        // From nowhere the way leads to the page.
        let before = here.unwrap_or(Region::Page as usize + ALL.len() - steps);
        self.goes_to = Some(ALL[(before + steps) % ALL.len()]);
        if let Some(focused) = focused {
            ui.memory_mut(|memory| memory.surrender_focus(focused));
        }
    }

    /// Begins a part: what is drawn next is in it.
    pub fn begin(&mut self, ui: &Ui, region: Region) {
        if self.goes_to == Some(region) {
            self.goes_to = None;
            // Nothing has the focus, so the next control that can have it gets it.
            ui.memory_mut(|memory| memory.move_focus(FocusDirection::Next));
        }
    }

    /// Notes where a part is.
    pub fn end(&mut self, region: Region, rect: Rect) {
        self.rects[region as usize] = rect;
    }
}
