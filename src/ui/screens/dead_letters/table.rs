//! The table of the messages that are listed.

use chrono::{DateTime, Local};
use eframe::egui::{
    self, Align, FontId, Key, Layout, Response, Sense, Ui, WidgetInfo, accesskit::Role,
};
use egui_extras::{Column, TableBuilder, TableRow};

use crate::event::draft::KEY;
use crate::rabbitmq::stream;
use crate::state::Action;
use crate::state::dead_letters::came_back;
use crate::state::dead_letters::{DeadAction, DeadLetter, DeadLetterDesk, LetterColumn, Peeked};
use crate::text::numbers::thousands;
use crate::ui::parts::by_source;
use crate::ui::parts::theme::{self, Palette, ROW};
use crate::ui::parts::widgets::cell;
use crate::ui::{Cx, TablePlace};

/// Messages at the top by which the columns are chosen.
const LOOKED_AT: usize = 50;

/// What stands in a column.
#[derive(Clone, Copy, PartialEq)]
enum Holds {
    /// The place in a stream.
    Offset,
    /// Something that messages are sorted by.
    Told(LetterColumn),
}

impl Holds {
    fn name(self) -> &'static str {
        match self {
            Self::Offset => "Offset",
            Self::Told(LetterColumn::Reason) => "Reason",
            Self::Told(LetterColumn::Exception) => "Exception",
            Self::Told(LetterColumn::Key) => KEY,
            Self::Told(LetterColumn::Died) => "First died",
            Self::Told(LetterColumn::DiedIn) => "Died in",
            Self::Told(LetterColumn::Summary) => "Summary",
        }
    }

    /// Width in points before the person changes it; the summary takes what is left.
    fn width(self) -> f32 {
        match self {
            Self::Offset => 80.0,
            Self::Told(LetterColumn::Reason) => 66.0,
            Self::Told(LetterColumn::Exception) => 190.0,
            Self::Told(LetterColumn::Died) => 108.0,
            Self::Told(LetterColumn::Key) => 120.0,
            Self::Told(LetterColumn::DiedIn | LetterColumn::Summary) => 140.0,
        }
    }
}

/// The columns that leave room for the summary. Where the message died is in the list of queues and
/// in its history too, so it goes first; an exception tells more than the broker's word.
fn columns(width: f32, is_stream: bool, has_exceptions: bool) -> Vec<Holds> {
    use LetterColumn::{Died, DiedIn, Exception, Key, Reason};
    if is_stream {
        return vec![Holds::Offset, Holds::Told(Key)];
    }
    let columns: &[LetterColumn] = match (has_exceptions, width) {
        (true, 900.0..) => &[Reason, Exception, Key, Died, DiedIn],
        (true, 680.0..) => &[Exception, Key, Died],
        (true, _) => &[Exception, Key],
        (false, 680.0..) => &[Reason, Key, Died, DiedIn],
        (false, 520.0..) => &[Reason, Key, Died],
        (false, _) => &[Reason, Key],
    };
    columns.iter().copied().map(Holds::Told).collect()
}

pub(crate) fn table_ui(ui: &mut Ui, cx: &mut Cx<'_>, peeked: &Peeked) {
    let dead = &cx.state.front.dead;
    // Marks are for what can be taken out.
    let is_stream = dead.is_stream();
    let mut first = peeked.messages.iter().take(LOOKED_AT);
    let has_exceptions = first.any(|message| !message.exception().is_empty());
    let columns = columns(ui.available_width(), is_stream, has_exceptions);
    let rows = dead.listed_count();
    ui.spacing_mut().item_spacing.y = 0.0;
    let mut table = TableBuilder::new(ui)
        .id_salt(("dead_letters", columns.len(), has_exceptions))
        .sense(Sense::click())
        .resizable(true)
        .auto_shrink([false, false])
        .cell_layout(Layout::left_to_right(Align::Center))
        .column(Column::exact(24.0));
    for holds in &columns {
        table = table.column(Column::initial(holds.width()).at_least(40.0).clip(true));
    }
    table = table.column(Column::remainder().at_least(80.0).clip(true));
    if std::mem::take(&mut cx.memory.reveal)
        && let Some(row) = dead.selected.and_then(|place| dead.listing.row(place))
    {
        table = table.scroll_to_row(row, None);
    }
    if cx.memory.dead_table.columns != columns.len() {
        table = table.vertical_scroll_offset(cx.memory.dead_table.offset);
    }
    let output = table
        .header(ROW, |mut header| {
            header.col(|ui| mark_all_ui(ui, cx, rows));
            for holds in columns
                .iter()
                .copied()
                .chain([Holds::Told(LetterColumn::Summary)])
            {
                header.col(|ui| header_ui(ui, cx, holds));
            }
        })
        .body(|body| {
            body.rows(ROW, rows, |mut row| {
                let place = dead.listing.place(row.index());
                let message = place.and_then(|place| Some((place, peeked.messages.get(place)?)));
                if let Some((place, message)) = message {
                    letter_ui(&mut row, cx, &columns, place, message);
                }
            });
        });
    cx.memory.dead_table = TablePlace {
        columns: columns.len(),
        offset: output.state.unclamped_offset().y,
    };
    // Letters and Space act while nothing has the focus.
    let is_free = ui.memory(|memory| memory.focused().is_none());
    if let Some(place) = dead.selected.filter(|_| is_free && !is_stream)
        && ui.input(|input| input.key_pressed(Key::Space))
    {
        let marked = dead.marked.contains(&place);
        cx.act(Action::Dead(DeadAction::Mark(place, !marked)));
    }
}

fn mark_all_ui(ui: &mut Ui, cx: &mut Cx<'_>, rows: usize) {
    let dead = &cx.state.front.dead;
    if dead.is_stream() {
        return;
    }
    // What a filter hides may be marked too.
    let marked = dead.marked.len() >= rows && dead.are_listed_marked();
    if checkbox(ui, marked && rows > 0, "Mark all") {
        cx.act(Action::Dead(DeadAction::MarkAll(!marked)));
    }
}

/// A column's name; a click sorts by it.
fn header_ui(ui: &mut Ui, cx: &mut Cx<'_>, holds: Holds) {
    let palette = Palette::of(ui);
    let words = by_source::front_words(cx.state);
    let name = words.label(holds.name());
    let Holds::Told(by) = holds else {
        let font = FontId::proportional(theme::SIZES[0]);
        cell(ui, ui.max_rect(), name, font, palette.weak, false);
        return;
    };
    let order = cx.state.front.dead.listing.order();
    let order = order.filter(|(column, _)| *column == by);
    let label = match order {
        None => name.to_owned(),
        Some((_, false)) => format!("{name} ↑"),
        Some((_, true)) => format!("{name} ↓"),
    };
    let response = ui.allocate_response(ui.available_size(), Sense::click());
    let color = if order.is_some() || response.hovered() {
        palette.text
    } else {
        palette.weak
    };
    // The typeface for words has no arrows.
    let font = match order {
        Some(_) => FontId::monospace(theme::SIZES[0]),
        None => FontId::proportional(theme::SIZES[0]),
    };
    cell(ui, response.rect, &label, font, color, false);
    response.widget_info(|| WidgetInfo::labeled(Role::ColumnHeader, true, &label));
    if response.clicked() {
        cx.act(Action::Dead(DeadAction::Sort(by)));
    }
}

/// One message.
fn letter_ui(
    row: &mut TableRow<'_, '_>,
    cx: &mut Cx<'_>,
    columns: &[Holds],
    place: usize,
    message: &DeadLetter,
) {
    let dead = &cx.state.front.dead;
    let selected = dead.selected == Some(place);
    row.set_selected(selected);
    let marked = dead.marked.contains(&place);
    let is_stream = dead.is_stream();
    let mut toggled = false;
    row.col(|ui| {
        let name = format!("Mark message {}, {}", place + 1, message.key());
        toggled = !is_stream && checkbox(ui, marked, &name);
    });
    let edited = dead.edit_of(cx.forms, message.fingerprint).is_some();
    cells_ui(row, columns, message, selected, edited);
    let response = row.response();
    if toggled || marks(&response, dead) {
        cx.act(Action::Dead(DeadAction::Mark(place, !marked)));
    } else if response.clicked() {
        cx.act(Action::Dead(DeadAction::Select(place)));
    }
}

/// Space on a row that has the focus marks it; Enter opens it, as a click does.
fn marks(row: &Response, dead: &DeadLetterDesk) -> bool {
    row.has_focus() && !dead.is_stream() && row.ctx.input(|input| input.key_pressed(Key::Space))
}

fn cells_ui(
    row: &mut TableRow<'_, '_>,
    columns: &[Holds],
    message: &DeadLetter,
    selected: bool,
    edited: bool,
) {
    let line_of = &message.line;
    let (key, exception) = (message.key(), message.exception());
    let time = line_of.died_at.map(short_date).unwrap_or_default();
    let remark = message.remark.as_deref();
    let back = came_back(message.came_back);
    let mark = message.mark.as_ref().map(|mark| mark.deed.name());
    let mut line = match (remark, &back) {
        // Why is told when one points at it, and beside the editor.
        (Some(_), _) => format!("failed · {}", message.event.summary()),
        (None, _) if mark.is_some() => {
            format!("{} · {}", mark.unwrap_or_default(), message.event.summary())
        }
        (None, Some(back)) => format!("{back} · {}", message.event.summary()),
        (None, None) => message.event.summary(),
    };
    if edited {
        line.insert_str(0, "edited · ");
    }
    let mut put = |text: &str, color: &dyn Fn(&Palette) -> egui::Color32| {
        row.col(|ui| {
            let color = color(Palette::of(ui));
            cell(ui, ui.max_rect(), text, theme::mono(), color, false);
        });
    };
    for holds in columns {
        match holds {
            Holds::Offset => {
                let offset = stream::offset(&message.event).map(thousands);
                put(&offset.unwrap_or_default(), &|p| p.weak);
            }
            Holds::Told(LetterColumn::Reason) => put(message.reason(), &|p| p.warn),
            Holds::Told(LetterColumn::Exception) if exception.is_empty() => {
                put(message.reason(), &|p| p.weak);
            }
            Holds::Told(LetterColumn::Exception) => put(exception, &|p| p.warn),
            Holds::Told(LetterColumn::Key) => put(key, &|p| p.key(key)),
            Holds::Told(LetterColumn::Died) => put(&time, &|p| p.weak),
            Holds::Told(LetterColumn::DiedIn | LetterColumn::Summary) => {
                put(&line_of.died_in, &|p| p.text);
            }
        }
    }
    put(&line, &|p| match (remark, &back) {
        (Some(_), _) => p.bad,
        _ if mark.is_some() => p.good,
        _ if edited => p.accent,
        (None, Some(_)) => p.warn,
        (None, None) => p.text,
    });
    row.response().widget_info(|| {
        let id = message.event.envelope.event_id.as_deref();
        let words = [
            key,
            id.unwrap_or_default(),
            &time,
            message.reason(),
            exception,
            &line,
            remark.unwrap_or_default(),
        ];
        let words: Vec<&str> = words.into_iter().filter(|word| !word.is_empty()).collect();
        WidgetInfo::selected(Role::Row, true, selected, words.join(" "))
    });
    if let Some(remark) = remark {
        row.response().on_hover_text(remark);
    }
}

/// Day and time, local; the year is in the history beside the editor.
fn short_date(seconds: u64) -> String {
    let time = i64::try_from(seconds)
        .ok()
        .and_then(|s| DateTime::from_timestamp(s, 0));
    time.map_or_else(
        || seconds.to_string(),
        |time| {
            time.with_timezone(&Local)
                .format("%m-%d %H:%M:%S")
                .to_string()
        },
    )
}

/// A check box of a row; true if it was clicked.
pub(crate) fn checkbox(ui: &mut Ui, marked: bool, name: &str) -> bool {
    let mut value = marked;
    // A box that is higher than its row would stand below the middle of it.
    ui.spacing_mut().interact_size.y = ROW - 4.0;
    let response = ui.add(egui::Checkbox::without_text(&mut value));
    ui.ctx()
        .accesskit_node_builder(response.id, |node| node.set_label(name));
    response.on_hover_text(name).changed()
}
