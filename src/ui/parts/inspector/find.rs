//! Finding a text in the payload that is shown: a line above the view, and the way from hit to hit.

use std::sync::Arc;

use eframe::egui::{Key, Modifiers, Rect, TextEdit, Ui};

use crate::event::Event;
use crate::text::hex;
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
    of: Option<(Arc<Event>, u16, String)>,
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

    /// Looks through the lines of a view, unless that was done already. Each comes with whether it goes
    /// on in the next one: a word may stand across the fold. Gives the line to mark.
    pub(crate) fn look<T: AsRef<str>>(
        &mut self,
        event: &Arc<Event>,
        view: u8,
        lines: impl Iterator<Item = (T, bool)>,
    ) -> Marked {
        self.look_anew(event, u16::from(view), |wanted| hits(lines, wanted))
    }

    /// Looks through bytes that are shown so many a line, for the text and for what it says as hex
    /// digits.
    pub(crate) fn look_at_bytes(
        &mut self,
        event: &Arc<Event>,
        view: u8,
        (body, width): (&[u8], usize),
    ) -> Marked {
        // In a wider view the bytes stand on other lines.
        let view = u16::from(view) | u16::from(width > 8) << 8;
        self.look_anew(event, view, |wanted| {
            let all = places(body, wanted).into_iter();
            all.map(|at| at / width).collect()
        })
    }

    fn look_anew(
        &mut self,
        event: &Arc<Event>,
        view: u16,
        look: impl FnOnce(&str) -> Vec<usize>,
    ) -> Marked {
        if !self.open || self.text.is_empty() {
            (self.of, self.hits) = (None, Vec::new());
            return Marked::default();
        }
        let known = self.of.as_ref().is_some_and(|(of, in_view, text)| {
            Arc::ptr_eq(of, event) && *in_view == view && *text == self.text
        });
        if !known {
            self.hits = look(&self.text.to_lowercase());
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

/// The lines on which the wanted text, in small letters, begins.
fn hits<T: AsRef<str>>(lines: impl Iterator<Item = (T, bool)>, wanted: &str) -> Vec<usize> {
    let mut hits = Vec::new();
    // What stands together: the text so far, and where each of its lines begins in it.
    let mut whole = String::new();
    let mut begins = Vec::new();
    for (at, (line, goes_on)) in lines.enumerate() {
        begins.push((whole.len(), at));
        whole.push_str(&line.as_ref().to_lowercase());
        if goes_on {
            continue;
        }
        let mut last = None;
        for (place, _) in whole.match_indices(wanted) {
            let line = begins.partition_point(|(begin, _)| *begin <= place) - 1;
            let line = begins[line].1;
            // A line is told once.
            if last.replace(line) != Some(line) {
                hits.push(line);
            }
            if hits.len() == MOST {
                return hits;
            }
        }
        whole.clear();
        begins.clear();
    }
    hits
}

/// Where the bytes of a text in small letters stand, in either case, and those that it names as hex
/// digits.
fn places(body: &[u8], wanted: &str) -> Vec<usize> {
    let digits: String = wanted.chars().filter(|c| !c.is_whitespace()).collect();
    let named = hex::bytes(&digits).filter(|bytes| !bytes.is_empty());
    let wanted = wanted.as_bytes();
    let is_here = |at: &usize| {
        let rest = &body[*at..];
        let is_text = rest.get(..wanted.len());
        is_text.is_some_and(|text| text.eq_ignore_ascii_case(wanted))
            || named.as_ref().is_some_and(|named| rest.starts_with(named))
    };
    (0..body.len()).filter(is_here).take(MOST).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_across_a_fold_are_found_where_they_begin() {
        let lines = [
            ("one tw", true),
            ("o three t", true),
            ("wo", false),
            ("two two", false),
        ];
        assert_eq!(hits(lines.into_iter(), "two"), [0, 1, 3]);
        assert_eq!(hits(lines.into_iter(), "wotwo"), [] as [usize; 0]);
    }

    #[test]
    fn bytes_are_found_as_text_and_as_digits() {
        let body = b"ab AB \x01\xff ab";
        assert_eq!(places(body, "ab"), [0, 3, 9]);
        assert_eq!(places(body, "01 ff"), [6]);
        assert_eq!(places(body, "41 42"), [3]);
        assert_eq!(places(body, "zz"), [] as [usize; 0]);
    }
}
