//! The search in an editor: `Ctrl+F` opens it, Enter goes to the next match, Esc closes it.

use std::ops::Range;
use std::sync::Arc;

use eframe::egui::{Button, Id, Key, Modifiers, TextEdit, Ui};

use crate::ui::parts::theme::{self, STEP};
use crate::ui::parts::widgets::{field_margin, weak};

/// Most matches that are looked for.
const MOST: usize = 10_000;

/// What is looked for in one editor.
#[derive(Clone, Default)]
pub(super) struct EditorSearch {
    open: bool,
    focus: bool,
    words: String,
    /// What the matches are of.
    of: Arc<(String, String)>,
    found: Arc<Vec<Range<usize>>>,
    at: usize,
}

impl EditorSearch {
    pub(super) fn load(ui: &Ui, id: Id) -> Self {
        ui.data(|data| data.get_temp(id.with("search")))
            .unwrap_or_default()
    }

    pub(super) fn store(self, ui: &Ui, id: Id) {
        ui.data_mut(|data| data.insert_temp(id.with("search"), self));
    }

    /// What was found, by its bytes.
    pub(super) fn found(&self) -> &[Range<usize>] {
        if self.open { &self.found } else { &[] }
    }

    /// The match that the person is at.
    pub(super) fn at(&self) -> usize {
        self.at
    }

    /// Looks again if the text or the words changed.
    fn look(&mut self, text: &str) {
        if self.of.0 != text || self.of.1 != self.words {
            if self.of.1 != self.words {
                self.at = 0;
            }
            self.of = Arc::new((text.to_owned(), self.words.clone()));
            self.found = Arc::new(matches(text, &self.words));
            self.at = self.at.min(self.found.len().saturating_sub(1));
        }
    }

    /// Goes to another match; where that stands.
    fn go(&mut self, forward: bool) -> Option<Range<usize>> {
        let count = self.found.len();
        let step = if forward { 1 } else { count.saturating_sub(1) };
        self.at = (self.at + step).checked_rem(count)?;
        self.found.get(self.at).cloned()
    }

    fn words_of_place(&self) -> String {
        match self.found.len() {
            0 if self.words.is_empty() => String::new(),
            0 => "Not found".to_owned(),
            MOST => format!("{} of the first {MOST}", self.at + 1),
            count => format!("{} of {count}", self.at + 1),
        }
    }
}

/// Each place of some words, by bytes. ASCII letters match in either case.
fn matches(text: &str, words: &str) -> Vec<Range<usize>> {
    if words.is_empty() {
        return Vec::new();
    }
    let (text, words) = (text.to_ascii_lowercase(), words.to_ascii_lowercase());
    let found = text.match_indices(&words).take(MOST);
    found.map(|(at, found)| at..at + found.len()).collect()
}

pub(super) fn field_id(id: Id) -> Id {
    id.with("find_field")
}

/// Takes the keys of the search before the text gets them.
pub(super) fn keys(ui: &Ui, id: Id, search: &mut EditorSearch) {
    // A field gives the focus up on Esc before anybody sees the key.
    let is_in =
        |id: Id| ui.memory(|memory| memory.has_focus(id) || memory.had_focus_last_frame(id));
    let here = is_in(id) || is_in(field_id(id));
    let pressed = |modifiers, key| ui.input_mut(|input| input.consume_key(modifiers, key));
    if here && pressed(Modifiers::COMMAND, Key::F) {
        (search.open, search.focus) = (true, true);
    }
    if here && search.open && pressed(Modifiers::NONE, Key::Escape) {
        close(ui, id, search);
    }
}

/// Back to the text, where the match that was looked at is selected: whoever looks for a place wants to
/// be there.
fn close(ui: &Ui, id: Id, search: &mut EditorSearch) {
    ui.memory_mut(|memory| memory.request_focus(id));
    if let Some(range) = search.found().get(search.at) {
        super::select(ui, id, range.clone());
    }
    search.open = false;
}

/// Draws the bar while it is open; the match that was asked for.
pub(super) fn bar_ui(
    ui: &mut Ui,
    id: Id,
    search: &mut EditorSearch,
    text: &str,
) -> Option<Range<usize>> {
    if !search.open {
        return None;
    }
    search.look(text);
    let mut wanted = None;
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing.x = STEP;
        ui.add_space(STEP);
        let label = weak(ui, "Find");
        let edit = TextEdit::singleline(&mut search.words)
            .id(field_id(id))
            .font(theme::mono())
            .desired_width(180.0)
            .return_key(None)
            .margin(field_margin());
        let field = ui.add(edit).labelled_by(label.id);
        if std::mem::take(&mut search.focus) {
            field.request_focus();
        }
        if field.changed() {
            search.look(text);
            wanted = search.found.first().cloned();
        }
        let enter = field.has_focus() && ui.input(|input| input.key_pressed(Key::Enter));
        let back = ui.input(|input| input.modifiers.shift);
        weak(ui, search.words_of_place());
        let any = !search.found.is_empty();
        let mut button = |label: &str| ui.add_enabled(any, Button::new(label)).clicked();
        let (previous, next) = (button("Previous match"), button("Next match"));
        if previous || (enter && back) {
            wanted = search.go(false);
        } else if next || enter {
            wanted = search.go(true);
        }
        if ui.button("Close search").on_hover_text("Esc").clicked() {
            close(ui, id, search);
        }
    });
    wanted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn matches_are_counted_and_gone_through() {
        let mut search = EditorSearch {
            words: "ab".into(),
            ..EditorSearch::default()
        };
        search.look("AB é ab xab");
        assert_eq!(search.words_of_place(), "1 of 3");
        assert_eq!(search.go(true), Some(6..8));
        assert_eq!(search.go(false), Some(0..2));
        assert_eq!(search.go(false), Some(10..12), "round");
        search.look("ab");
        assert_eq!(search.words_of_place(), "1 of 1", "the text became shorter");
        search.words = "z".into();
        search.look("ab");
        assert_eq!(
            (search.go(true), search.words_of_place().as_str()),
            (None, "Not found")
        );
    }
}
