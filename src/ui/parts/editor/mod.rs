//! The editor of payloads and schemas: line numbers, colours, rows that end between words, the place
//! of a fault, and a search (`Ctrl+F`). It grows with its text within the room that it is given.

mod find;
mod layout;
mod marks;

use std::ops::{Range, RangeInclusive};

use eframe::egui::text::{CCursor, CCursorRange};
use eframe::egui::{
    self, Align, Context, CornerRadius, Frame, Id, Margin, Response, ScrollArea, Stroke, TextEdit,
    Ui,
};

use super::theme::{self, Palette, STEP};
use find::EditorSearch;
use layout::Layouts;
use marks::Marks;

/// The editor of the payload. One is on screen at a time; what is said above it comes and goes, and
/// must not end the typing.
pub(crate) const PAYLOAD: &str = "payload_text";
/// The editor of a draft of a schema.
pub(crate) const SCHEMA: &str = "schema_text";

/// Room at the right edge, which the scroll bar needs.
const RIGHT: i8 = 14;

/// An editor, for one frame.
pub(crate) struct CodeEditor<'a> {
    text: &'a mut String,
    name: &'static str,
    json: bool,
    height: RangeInclusive<f32>,
    fault: Option<(Range<usize>, String)>,
}

impl<'a> CodeEditor<'a> {
    /// The editor of this name, one of those above. It is at least and at most so high, in points.
    pub(crate) fn new(
        text: &'a mut String,
        name: &'static str,
        height: RangeInclusive<f32>,
    ) -> Self {
        Self {
            text,
            name,
            json: true,
            height,
            fault: None,
        }
    }

    /// In the colours of JSON, or in none.
    pub(crate) fn json(mut self, json: bool) -> Self {
        self.json = json;
        self
    }

    /// Marks the bytes at which a fault shows, or the word at an empty range; the words appear when
    /// one points at it.
    pub(crate) fn fault(mut self, fault: Option<(Range<usize>, String)>) -> Self {
        self.fault = fault;
        self
    }

    /// Draws it. `label` is the widget that names it.
    pub(crate) fn show(self, ui: &mut Ui, label: Id) -> Response {
        let Self {
            text,
            name,
            json,
            height,
            fault,
        } = self;
        let id = Id::unique(name);
        let mut search = EditorSearch::load(ui, id);
        find::keys(ui, id, &mut search);
        let palette = Palette::of(ui);
        let line = if ui.memory(|memory| memory.has_focus(id)) {
            palette.accent
        } else {
            palette.line
        };
        let frame = Frame::new()
            .fill(palette.base)
            .stroke(Stroke::new(1.0, line))
            .corner_radius(CornerRadius::same(4))
            .inner_margin(1);
        let shown = frame.show(ui, |ui| {
            ui.set_width(ui.available_width());
            ui.spacing_mut().item_spacing.y = 0.0;
            let wanted = find::bar_ui(ui, id, &mut search, text);
            let area = ScrollArea::vertical()
                .id_salt(name)
                .auto_shrink([false, true])
                .min_scrolled_height(*height.start())
                .max_height(*height.end());
            area.show(ui, |ui| {
                let least = *height.start();
                text_ui(ui, id, label, (text, json, least), |ui, marks| {
                    if let Some((place, words)) = &fault {
                        marks.fault(ui, place, words);
                    }
                    marks.found(ui, search.found(), search.at());
                    if let Some(range) = wanted {
                        marks.reveal(ui, range);
                    }
                })
            })
            .inner
        });
        search.store(ui, id);
        shown.inner
    }
}

/// The text with its line numbers; `mark` draws on it.
fn text_ui(
    ui: &mut Ui,
    id: Id,
    label: Id,
    (text, json, least): (&mut String, bool, f32),
    mark: impl FnOnce(&Ui, &Marks<'_>),
) -> Response {
    let layouts: Layouts = ui.data_mut(|data| data.get_temp_mut_or_default::<Layouts>(id).clone());
    let gutter = marks::gutter(ui, text);
    let margin = Margin {
        left: gutter,
        right: RIGHT,
        top: 5,
        bottom: 5,
    };
    let mut layouter = |ui: &Ui, text: &dyn egui::TextBuffer, width: f32| {
        layouts.of(ui, text.as_str(), width, json)
    };
    // What lies behind the text is known only when that is laid out.
    let behind = ui.painter().add(egui::Shape::Noop);
    let mut shown = TextEdit::multiline(text)
        .id(id)
        .font(theme::mono())
        .frame(Frame::new().inner_margin(margin))
        .min_size(egui::vec2(0.0, least))
        .desired_width(f32::INFINITY)
        .layouter(&mut layouter)
        .show(ui);
    let response = shown.response.response.clone().labelled_by(label);
    let asked = ui.data_mut(|data| data.remove_temp::<Range<usize>>(jump_id(id)));
    if let Some(range) = asked {
        let range = cursors(text, &range);
        shown.state.cursor.set_char_range(Some(range));
        shown.state.store(ui.ctx(), id);
        response.request_focus();
        let place = shown.galley.pos_from_cursor(range.primary);
        let place = place.translate(shown.galley_pos.to_vec2());
        ui.scroll_to_rect(place.expand(STEP), Some(Align::Center));
    }
    let marks = Marks {
        text,
        galley: &shown.galley,
        origin: shown.galley_pos,
        whole: response.rect,
        behind,
    };
    marks.numbers(ui, &layouts.lines(), f32::from(gutter));
    mark(ui, &marks);
    response
}

/// A range of bytes as a selection, which counts characters; its end is where the cursor is.
fn cursors(text: &str, range: &Range<usize>) -> CCursorRange {
    let at = |end: usize| {
        let part = text.get(..end).unwrap_or(text);
        CCursor::new(part.chars().count())
    };
    CCursorRange::two(at(range.start), at(range.end))
}

fn jump_id(id: Id) -> Id {
    id.with("jump")
}

/// Selects a range of bytes when the editor is drawn next.
fn select(ui: &Ui, id: Id, range: Range<usize>) {
    ui.data_mut(|data| data.insert_temp(jump_id(id), range));
}

/// Selects a range of bytes in an editor and scrolls to it when it is drawn next.
pub(crate) fn jump_to(ctx: &Context, name: &'static str, range: Range<usize>) {
    ctx.data_mut(|data| data.insert_temp(jump_id(Id::unique(name)), range));
}

/// True while the person is in an editor, which then takes `Ctrl+F`.
pub(crate) fn has_focus(ctx: &Context) -> bool {
    let focused = ctx.memory(egui::Memory::focused);
    focused.is_some_and(|focused| {
        [PAYLOAD, SCHEMA]
            .into_iter()
            .map(Id::unique)
            .any(|id| focused == id || focused == find::field_id(id))
    })
}
