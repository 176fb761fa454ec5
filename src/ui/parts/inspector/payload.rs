//! What was worked out for the payload on show, once for each event and each view of it, and the
//! lines above the views: what was decoded, what is wrong with it, how much of it is shown.

use std::collections::BTreeSet;
use std::sync::Arc;

use eframe::egui::{Label, RichText, Ui};

use super::copying::{copy_as_ui, payload_text};
use super::find::PayloadFind;
use super::folded::FoldedText;
use crate::event::Event;
use crate::event::decode::{Format, decode, named};
use crate::event::field_names::FieldNames;
use crate::event::reading::Reading;
use crate::query::MOST_READ;
use crate::text::json::{self, MAX_ROWS, PrettyLine, RowValue, Rows};
use crate::text::numbers::thousands;
use crate::text::payload::{PayloadKind, shorten, size_text, visible_line};
use crate::ui::parts::save_file::{Dialogs, SaveDialog};
use crate::ui::parts::theme::{self, Palette};
use crate::ui::parts::widgets::{banner, button, weak};

/// Bytes of a payload that are read before the person asks for more: some milliseconds of work.
const FIRST_PART: usize = 256_000;
/// Bytes that are read if the person asks for all.
const MOST: usize = 16_000_000;
/// Characters on one line of a payload that is text.
const TEXT_WIDTH: usize = 160;

/// What was worked out for the payload on show.
#[derive(Debug, Default)]
pub(crate) struct PayloadMemory {
    event: Option<Arc<Event>>,
    whole: bool,
    format: Option<Format>,
    line: String,
    warnings: Vec<String>,
    problem: Option<String>,
    cut: bool,
    /// Values of the whole document, where not all of them are or would be shown.
    total: Option<usize>,
    data_name: Option<String>,
    /// The document, if it can be shown as one.
    pub(crate) rows: Rows,
    /// The rows that are folded.
    closed: BTreeSet<usize>,
    /// The rows that are not inside a folded one.
    pub(crate) visible: Vec<usize>,
    text: FoldedText,
    pretty: Option<Vec<PrettyLine>>,
    /// The lines of the pretty print that are not inside a folded row.
    pretty_visible: Vec<usize>,
    raw: Option<FoldedText>,
    /// Its schema was being asked for when so many answers had come.
    asked_at: Option<u64>,
    /// The row that was asked for, and whether the tree still has to be scrolled to it.
    pub(crate) found: Option<usize>,
    pub(crate) scroll: bool,
}

impl PayloadMemory {
    /// Reads the payload, unless it is the one that was read last.
    pub(crate) fn take(&mut self, event: &Arc<Event>) {
        let known = self.event.as_ref();
        let has_come = self
            .asked_at
            .is_some_and(|before| before != named::answers());
        if known.is_none_or(|known| !Arc::ptr_eq(known, event)) || has_come {
            self.read(event, false);
        }
    }

    fn read(&mut self, event: &Arc<Event>, whole: bool) {
        let limit = if whole { MOST } else { FIRST_PART };
        let answers = named::answers();
        let mut decoded = decode(&event.body, &event.properties, limit);
        let rows = decoded.json().map(json::rows).unwrap_or_default();
        if let Some(name) = json::name_that_is_there_twice(&rows) {
            let name = shorten(&visible_line(name), 60);
            let words = format!("The name {name} is there twice in one object: the last counts");
            decoded.warnings.push(words);
        }
        // Of what is not plain, what a filter looks into gives the same answer.
        let data = if event.is_plain {
            event.data.clone()
        } else {
            Reading::of(&event.body, &event.properties, MOST_READ).data
        };
        let data_name = data.map(|_| {
            let text = decoded.json().map(String::from_utf8_lossy);
            let names = text.map(|text| FieldNames::of(&text, &event.properties));
            let name = names.and_then(|names| names.data().map(str::to_owned));
            name.unwrap_or_else(|| "data".to_owned())
        });
        let cut = decoded.cut || event.body.len() > limit;
        let total = if rows.are_too_many() {
            decoded.json().map(json::count_values)
        } else if cut && event.is_plain && decoded.format == Format::Json {
            let most = event.body.len().min(MOST);
            Some(json::count_values(&event.body[..most]))
        } else {
            None
        };
        *self = Self {
            total: total.filter(|total| *total > MAX_ROWS),
            event: Some(Arc::clone(event)),
            data_name,
            whole,
            format: Some(decoded.format),
            line: decoded.line(&event.body),
            cut,
            text: match (decoded.json(), decoded.text()) {
                (None, Some(text)) => FoldedText::new(&text, TEXT_WIDTH),
                _ => FoldedText::default(),
            },
            rows,
            warnings: decoded.warnings,
            problem: decoded.problem,
            asked_at: decoded.is_asked.then_some(answers),
            ..Self::default()
        };
        self.lay_out();
    }

    /// True for a row that is folded.
    pub(crate) fn is_closed(&self, row: usize) -> bool {
        self.closed.contains(&row)
    }

    /// How many bytes of the body may be shown.
    pub(crate) fn limit(&self) -> usize {
        if self.whole { MOST } else { FIRST_PART }
    }

    /// True once the person asked for all of it.
    pub(crate) fn is_whole(&self) -> bool {
        self.whole
    }

    /// What the payload was recognised as.
    pub(crate) fn format(&self) -> Format {
        self.format.unwrap_or(Format::Empty)
    }

    /// True if the payload can be opened and closed.
    pub(crate) fn is_document(&self) -> bool {
        !self.rows.rows.is_empty()
    }

    /// The member of the document in which a filter's `data` begins; none if it begins at its start.
    pub(crate) fn data_name(&self) -> Option<&str> {
        self.data_name.as_deref()
    }

    /// True if reading stopped before the end of the document.
    pub(crate) fn is_partial(&self) -> bool {
        self.cut || self.rows.stopped.is_some()
    }

    /// The lines of a text that is no document.
    pub(crate) fn text(&self) -> &FoldedText {
        &self.text
    }

    /// Works the pretty print out, if it is not there yet.
    pub(crate) fn print(&mut self) {
        if self.pretty.is_none() {
            self.pretty = Some(json::pretty(&self.rows));
            self.lay_out();
        }
    }

    /// The lines of the pretty print, once [`Self::print`] was called.
    pub(crate) fn pretty(&self) -> &[PrettyLine] {
        self.pretty.as_deref().unwrap_or_default()
    }

    /// The lines of the pretty print that are to be seen.
    pub(crate) fn pretty_visible(&self) -> &[usize] {
        &self.pretty_visible
    }

    /// The bytes as they came, as text.
    pub(crate) fn raw(&mut self, event: &Event) -> &FoldedText {
        let body = &event.body[..event.body.len().min(self.limit())];
        self.raw
            .get_or_insert_with(|| FoldedText::new(&String::from_utf8_lossy(body), TEXT_WIDTH))
    }

    /// Opens what is around a place and scrolls to it. Of a member that is missing, that is the
    /// object it is missing in.
    pub(crate) fn reveal(&mut self, pointer: &str) {
        let way = self.rows.way_to(pointer);
        let Some(found) = way.last() else { return };
        self.found = Some(*found);
        self.scroll = true;
        for around in &way[..way.len() - 1] {
            self.closed.remove(around);
        }
        self.lay_out();
    }

    /// The same for a row.
    pub(crate) fn reveal_row(&mut self, row: usize) {
        self.found = Some(row);
        self.scroll = true;
        self.unfold_to(row);
    }

    /// Opens what is around a row.
    pub(crate) fn unfold_to(&mut self, row: usize) {
        let rows = &self.rows.rows;
        self.closed
            .retain(|closed| !(*closed < row && row < rows[*closed].end));
        self.lay_out();
    }

    /// What stands on each row of the document, folded or not.
    pub(crate) fn row_texts(&self) -> impl Iterator<Item = String> + '_ {
        self.rows.rows.iter().map(|row| {
            let name = row.name.as_deref().unwrap_or_default();
            match &row.value {
                RowValue::Text(text) => format!("{name}: \"{text}\""),
                RowValue::Number(number) => format!("{name}: {number}"),
                RowValue::Bool(value) => format!("{name}: {value}"),
                RowValue::Null => format!("{name}: null"),
                RowValue::Object(_) | RowValue::Array(_) => name.to_owned(),
            }
        })
    }

    /// Folds a row that can be folded, or opens it.
    pub(crate) fn toggle(&mut self, row: usize) {
        if !self.closed.remove(&row) {
            self.closed.insert(row);
        }
        self.lay_out();
    }

    /// Folds everything inside the document, or opens all.
    fn fold_all(&mut self, fold: bool) {
        self.closed.clear();
        if fold {
            let rows = self.rows.rows.iter().enumerate();
            let inner = rows.filter(|(at, row)| row.depth > 0 && row.end > at + 1);
            self.closed.extend(inner.map(|(at, _)| at));
        }
        self.lay_out();
    }

    /// Finds the rows and lines that are to be seen.
    fn lay_out(&mut self) {
        self.visible.clear();
        let mut index = 0;
        while let Some(row) = self.rows.rows.get(index) {
            self.visible.push(index);
            index = if self.closed.contains(&index) {
                row.end
            } else {
                index + 1
            };
        }
        self.pretty_visible.clear();
        // The depth of the folded row that the lines are inside of.
        let mut inside: Option<usize> = None;
        for (at, line) in self.pretty.iter().flatten().enumerate() {
            if let Some(depth) = inside {
                // Its closing bracket is the first line that is as deep as it.
                inside = inside.filter(|_| line.depth > depth);
                continue;
            }
            self.pretty_visible.push(at);
            let folded = line.row.filter(|row| self.closed.contains(row));
            inside = folded.map(|_| line.depth);
        }
    }
}

/// Draws what stands above every view of the payload.
pub(crate) fn head_ui(
    ui: &mut Ui,
    memory: &mut PayloadMemory,
    event: &Arc<Event>,
    saving: &mut Dialogs,
    find: &mut PayloadFind,
) {
    let palette = Palette::of(ui);
    // The typeface of payloads has the arrow, the one of words has not.
    let line = RichText::new(&memory.line)
        .monospace()
        .size(theme::SIZES[0]);
    ui.add(Label::new(line.color(palette.weak)).wrap());
    for words in &memory.warnings {
        banner(ui, palette.warn, words);
    }
    if let Some(words) = &memory.problem {
        banner(ui, palette.bad, words);
    }
    ui.horizontal_wrapped(|ui| {
        let is_text = memory.is_document() || !memory.text.lines().is_empty();
        if button(ui, "Copy", is_text)
            .on_hover_text("The payload, decoded, as text")
            .clicked()
        {
            ui.ctx().copy_text(payload_text(event));
        }
        copy_as_ui(ui, event);
        if button(ui, "Find…", is_text)
            .on_hover_text("Find a text in the payload (Ctrl+F while the pointer is here)")
            .clicked()
        {
            find.open();
        }
        if memory.is_document() {
            let fold = memory.closed.is_empty();
            let label = if fold { "Fold all" } else { "Unfold all" };
            let words = "Objects and lists inside the document, in Tree and Pretty";
            if button(ui, label, true).on_hover_text(words).clicked() {
                memory.fold_all(fold);
            }
        }
        if button(ui, "Save…", !event.body.is_empty())
            .on_hover_text("The payload as it came, byte for byte, to a file")
            .clicked()
        {
            save(ui, saving, Arc::clone(event));
        }
        if memory.cut {
            let label = all_label(event, memory.total);
            if !memory.whole && button(ui, &label, true).clicked() {
                memory.read(event, true);
            }
        }
        if let Some(words) = part_words(memory) {
            weak(ui, words);
        } else if let Some(words) = &memory.rows.stopped {
            weak(ui, words.as_str());
        }
    });
}

/// Asks for a file and saves the payload as it came.
fn save(ui: &Ui, saving: &mut Dialogs, event: Arc<Event>) {
    let suffix = if event.kind == PayloadKind::Json {
        "json"
    } else {
        "bin"
    };
    let asked = SaveDialog {
        what: "payload",
        title: "Save payload",
        name: format!("{}.{suffix}", event.key.replace(['/', '\\'], "_")),
    };
    saving.ask(ui, asked, move |_| event.body.clone());
}

/// The button that shows more says how much more that is.
fn all_label(event: &Event, total: Option<usize>) -> String {
    let size = event.body.len();
    match total {
        Some(total) => {
            let more = if size > MOST { " or more" } else { "" };
            let [shown, total] = [MAX_ROWS, total].map(|count| thousands(count as u64));
            format!("Show {shown} of {total}{more} values")
        }
        // How large it is without its compression is not known before it is read.
        None if !event.is_plain => format!("Show up to {}", size_text(MOST as u64)),
        None if size > MOST => format!("Show the first {}", size_text(MOST as u64)),
        None => format!("Show all {}", size_text(size as u64)),
    }
}

/// How much of the payload is shown, unless it is all.
fn part_words(memory: &PayloadMemory) -> Option<String> {
    let limit = size_text(memory.limit() as u64);
    match memory.total {
        Some(total) if memory.rows.are_too_many() => {
            let more = if memory.cut { " or more" } else { "" };
            let [shown, total] = [MAX_ROWS, total].map(|count| thousands(count as u64));
            Some(format!(
                "The first {shown} of {total}{more} values; Save… writes all of it"
            ))
        }
        _ if !memory.cut => None,
        _ if memory.whole => Some(format!(
            "The first {limit}, no more can be shown; Save… writes all of it"
        )),
        _ => Some(format!("The first {limit}")),
    }
}
