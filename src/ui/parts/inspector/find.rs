//! Finding a text in the payload that is shown: a line above the view, and the way from hit to hit.

use std::sync::Arc;

use eframe::egui::{Key, Modifiers, Rect, TextEdit, Ui};

use crate::event::Event;
use crate::text::numbers::thousands;
use crate::ui::parts::widgets::{button, field_margin, weak};

/// Most hits that are told.
const MOST: usize = 10_000;

/// Which line of a view is marked.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Marked {
    pub(crate) line: Option<usize>,
    /// It is to be scrolled to.
    pub(crate) scroll: bool,
}

/// What is looked for, and where it was found.
#[derive(Debug, Default)]
pub(crate) struct PayloadFind {
    open: bool,
    focus: bool,
    text: String,
    /// What the hits are of: the event, the view, and the text.
    of: Option<(Arc<Event>, u8, String)>,
    hits: Vec<usize>,
    at: usize,
    scroll: bool,
    /// Where the inspector was drawn last, and in which frame.
    area: Option<(Rect, u64)>,
}

impl PayloadFind {
    /// Opens the line and puts the cursor into it.
    pub(crate) fn open(&mut self) {
        (self.open, self.focus) = (true, true);
    }

    pub(crate) fn is_open(&self) -> bool {
        self.open
    }

    /// Notes where the inspector is.
    pub(crate) fn drawn_at(&mut self, ui: &Ui) {
        self.area = Some((ui.min_rect(), ui.ctx().cumulative_frame_nr()));
    }

    /// True if the inspector is in sight and the person is busy with it: the pointer is over it, or
    /// its line is open.
    pub(crate) fn is_meant(&self, ui: &Ui) -> bool {
        let now = ui.ctx().cumulative_frame_nr();
        let seen = self.area.filter(|(_, frame)| now <= frame + 1);
        seen.is_some_and(|(area, _)| self.open || ui.rect_contains_pointer(area))
    }

    /// Draws the line.
    pub(crate) fn line_ui(&mut self, ui: &mut Ui) {
        ui.horizontal(|ui| {
            let name = weak(ui, "Find in payload");
            let edit = TextEdit::singleline(&mut self.text)
                .id_salt("find in payload")
                .desired_width((ui.available_width() - 240.0).max(80.0))
                .margin(field_margin());
            let field = ui.add(edit).labelled_by(name.id);
            if std::mem::take(&mut self.focus) {
                field.request_focus();
            }
            // A field gives the focus up on Enter and Esc before anybody sees the key.
            let pressed = |key| ui.input_mut(|input| input.consume_key(Modifiers::NONE, key));
            let back =
                |ui: &Ui| ui.input_mut(|input| input.consume_key(Modifiers::SHIFT, Key::Enter));
            if field.lost_focus() && pressed(Key::Escape) {
                self.open = false;
                return;
            }
            let mut step = 0;
            if field.lost_focus() && (back(ui) || pressed(Key::Enter)) {
                let shift = ui.input(|input| input.modifiers.shift);
                step = if shift { -1 } else { 1 };
                field.request_focus();
            }
            let some = !self.hits.is_empty();
            if button(ui, "Previous hit", some).clicked() {
                step = -1;
            }
            if button(ui, "Next hit", some).clicked() {
                step = 1;
            }
            self.go(step);
            if !self.text.is_empty() {
                weak(ui, self.words());
            }
        });
    }

    fn words(&self) -> String {
        match self.hits.len() {
            0 => "not found".to_owned(),
            count => {
                let more = if count == MOST { "+" } else { "" };
                let at = thousands(self.at as u64 + 1);
                format!("{at} of {}{more}", thousands(count as u64))
            }
        }
    }

    fn go(&mut self, step: isize) {
        let count = self.hits.len();
        if step == 0 || count == 0 {
            return;
        }
        self.at = match step {
            1 => (self.at + 1) % count,
            _ => (self.at + count - 1) % count,
        };
        self.scroll = true;
    }

    /// Looks through the lines of a view, unless that was done already. Gives the line to mark.
    pub(crate) fn look<'a, T: Into<String>>(
        &mut self,
        event: &Arc<Event>,
        view: u8,
        lines: impl Iterator<Item = T> + 'a,
    ) -> Marked {
        if !self.open || self.text.is_empty() {
            (self.of, self.hits) = (None, Vec::new());
            return Marked::default();
        }
        let known = self.of.as_ref().is_some_and(|(of, in_view, text)| {
            Arc::ptr_eq(of, event) && *in_view == view && *text == self.text
        });
        if !known {
            let wanted = self.text.to_lowercase();
            let hit = |(at, line): (usize, T)| {
                let line: String = line.into();
                line.to_lowercase().contains(&wanted).then_some(at)
            };
            self.hits = lines.enumerate().filter_map(hit).take(MOST).collect();
            self.of = Some((Arc::clone(event), view, self.text.clone()));
            self.at = 0;
            self.scroll = true;
        }
        Marked {
            line: self.hits.get(self.at).copied(),
            scroll: std::mem::take(&mut self.scroll) && !self.hits.is_empty(),
        }
    }
}
