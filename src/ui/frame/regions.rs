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
    /// A panel of that screen, by its number in the order in which they are drawn.
    Panel(u8),
    /// The bar at the bottom.
    Status,
}

/// Where the parts were in the last frame, and which one is to get the focus.
#[derive(Debug, Default)]
pub struct Regions {
    drawn: Vec<(Region, Rect)>,
    goes_to: Option<Region>,
}

impl Regions {
    /// Reads the keys of this frame.
    pub fn read(&mut self, ui: &Ui) {
        // A part that was not drawn after all is not waited for.
        self.goes_to = None;
        let drawn = std::mem::take(&mut self.drawn);
        let is_back = ui.input_mut(|input| {
            if input.consume_key(Modifiers::SHIFT, Key::F6) {
                Some(true)
            } else {
                input.consume_key(Modifiers::NONE, Key::F6).then_some(false)
            }
        });
        let Some(is_back) = is_back else { return };
        let focused = ui.memory(Memory::focused);
        let rect = focused.and_then(|id| Some(ui.ctx().read_response(id)?.rect));
        let here = rect.and_then(|rect| {
            let mut parts = drawn.iter();
            // A panel stands within its page, which comes before it.
            parts.rposition(|(_, part)| part.contains(rect.center()))
        });
        let page = drawn.iter().position(|(part, _)| *part == Region::Page);
        let next = match here {
            // From nowhere the way leads to the page.
            None => page,
            Some(here) if is_back => Some(here.checked_sub(1).unwrap_or(drawn.len() - 1)),
            Some(here) => Some((here + 1) % drawn.len()),
        };
        self.goes_to = next.and_then(|next| drawn.get(next)).map(|(part, _)| *part);
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

    /// Begins a panel of the page, which fills what is left in this place.
    pub fn panel(&mut self, ui: &Ui, number: u8) {
        let region = Region::Panel(number);
        self.end(region, ui.max_rect());
        self.begin(ui, region);
    }

    /// Notes where a part is. In the order of Tab.
    pub fn end(&mut self, region: Region, rect: Rect) {
        self.drawn.retain(|(part, _)| *part != region);
        self.drawn.push((region, rect));
    }
}
