//! The messages of the open queue, and what can be done with them.

use chrono::{DateTime, Local};
use eframe::egui::{self, Align, Layout, Sense, Ui, WidgetInfo, accesskit::Role};
use egui_extras::{Column, TableBuilder, TableRow};

use super::bulk::{job_ui, options_ui, target_ui};
use super::peek::{peek_ui, report_ui};
use crate::event::draft::KEY;
use crate::protocol::PutBack;
use crate::rabbitmq::stream;
use crate::state::Action;
use crate::state::dead_letters::{DeadAction, DeadLetter, Peeked, RuleAction, came_back};
use crate::ui::frame::status_bar::thousands;
use crate::ui::parts::by_source;
use crate::ui::parts::theme::{self, Palette, ROW};
use crate::ui::parts::widgets::{
    banner, button, cell, danger_button, empty_state, small_label, weak,
};
use crate::ui::{Cx, TablePlace};

pub(crate) fn messages_ui(ui: &mut Ui, cx: &mut Cx<'_>) {
    let state = cx.state;
    let Some(queue) = &state.front.dead.queue else {
        empty_state(
            ui,
            "Why did it die?",
            "Open a queue on the left. Looking is a peek: messages are borrowed for a moment and \
             put back in order",
        );
        return;
    };
    peek_ui(ui, cx, queue);
    if !state.front.dead.is_stream() {
        bar_ui(ui, cx);
    }
    job_ui(ui, cx);
    if let Some(words) = &state.front.dead.peek_problem {
        banner(ui, Palette::of(ui).bad, words);
    }
    match &state.front.dead.peeked {
        None if state.front.dead.peeking.is_some() => drop(weak(ui, "Peeking…")),
        None if state.front.dead.peek_problem.is_some() => {}
        None => empty_state(
            ui,
            "Not looked at yet",
            "See the note above before you peek",
        ),
        Some(peeked) => {
            report_ui(ui, cx, peeked);
            if peeked.messages.is_empty() {
                let title = if peeked.is_empty() {
                    "Queue is empty"
                } else {
                    "Nothing to show"
                };
                empty_state(ui, title, empty_words(peeked));
            } else {
                table_ui(ui, cx, peeked);
            }
        }
    }
}

fn empty_words(peeked: &Peeked) -> &str {
    match peeked.put_back {
        PutBack::Untouched => "Nothing was written to the stream from there on",
        _ if peeked.first > 0 => "The queue ends before this page. Go to the previous one",
        _ if !peeked.nothing.is_empty() => &peeked.nothing,
        _ => "Peek again to look anew",
    }
}

fn bar_ui(ui: &mut Ui, cx: &mut Cx<'_>) {
    let state = cx.state;
    let dead = &state.front.dead;
    let idle = state.is_connected() && !dead.is_busy();
    let count = dead
        .peeked
        .as_ref()
        .map_or(0, |peeked| peeked.messages.len());
    let chosen = dead.chosen_places();
    let edited = dead.edited(cx.forms, &chosen);
    let chosen = chosen.len();
    ui.horizontal_wrapped(|ui| {
        target_ui(ui, cx, dead.choice);
        let (label, words) = resend_words(chosen, edited);
        if button(ui, &label, idle && chosen > 0)
            .on_hover_text(words)
            .clicked()
        {
            cx.act(Action::Dead(DeadAction::ResendSelected));
        }
        let depth = dead.peeked.as_ref().map_or(0, |peeked| peeked.depth);
        let all = format!(
            "Send all {} of the queue, as they lie here",
            thousands(depth.into())
        );
        if button(ui, "Resend all", idle && count > 0)
            .on_hover_text(all)
            .clicked()
        {
            cx.act(Action::Dead(DeadAction::ResendAll));
        }
        let which = match dead.marked.len() {
            0 => "the whole queue".to_owned(),
            count => format!("the {count} marked"),
        };
        let watch = dead.bulk.watch;
        if button(ui, "Canary", idle && count > 0)
            .on_hover_text(format!(
                "Send one of {which}, watch {watch} s whether it dies again, then ten, then the \
                 rest. Stops by itself when one comes back"
            ))
            .clicked()
        {
            cx.act(Action::Dead(DeadAction::Canary));
        }
        let which = match dead.marked.len() {
            0 => format!("all {count} that are shown"),
            marked => format!("the {marked} marked"),
        };
        if button(ui, "Edit by rule…", idle && count > 0)
            .on_hover_text(format!(
                "Change a field in {which}, and see what becomes of each before it is sent"
            ))
            .clicked()
        {
            cx.act(Action::Dead(DeadAction::Rules(RuleAction::Open)));
        }
        if danger_button(ui, "Discard", idle && chosen > 0)
            .on_hover_text(format!(
                "Copy {chosen} to the journal and remove them; asks first"
            ))
            .clicked()
        {
            cx.act(Action::Dead(DeadAction::AskDiscard));
        }
        options_ui(ui, cx);
    });
}

/// What the button is called that sends the chosen messages, and what it does at more length: it
/// says what is sent edited and what as it lies.
fn resend_words(chosen: usize, edited: usize) -> (String, String) {
    let [all, some] = [chosen, edited].map(|count| thousands(count as u64));
    match (chosen, edited) {
        (0, _) => (
            "Resend selected".to_owned(),
            "Mark or select messages first".to_owned(),
        ),
        (_, 0) => (
            format!("Resend {all} unchanged"),
            format!("Send {all} as they lie here"),
        ),
        _ if edited == chosen => (
            format!("Resend {all} edited"),
            format!("Send {all} as you edited them"),
        ),
        _ => (
            format!("Resend {all} · {some} edited"),
            format!("Send {some} as you edited them, the others as they lie here"),
        ),
    }
}

/// The columns that leave room for the summary. Where the message died is in the queue's list and
/// in its history too, so it goes first. What a consumer failed of needs more room than the broker's
/// word.
fn columns(width: f32, is_stream: bool, has_failures: bool) -> &'static [(&'static str, f32)] {
    const fn all(reason: f32) -> [(&'static str, f32); 4] {
        [
            ("Reason", reason),
            (KEY, 120.0),
            ("First died", 108.0),
            ("Died in", 140.0),
        ]
    }
    const WORDS: [(&str, f32); 4] = all(66.0);
    const FAILURES: [(&str, f32); 4] = all(210.0);
    if is_stream {
        return &[("Offset", 80.0), (KEY, 160.0)];
    }
    match (has_failures, width > 680.0) {
        (true, true) => &FAILURES,
        (true, false) => &FAILURES[..2],
        (false, true) => &WORDS,
        (false, false) => &WORDS[..3],
    }
}

fn table_ui(ui: &mut Ui, cx: &mut Cx<'_>, peeked: &Peeked) {
    let dead = &cx.state.front.dead;
    // Marks are for what can be taken out.
    let is_stream = dead.is_stream();
    let has_failures = peeked.messages.iter().take(LOOKED_AT).any(|message| {
        let parked = message.origin.parked.as_ref();
        parked.is_some_and(|parked| parked.failure.is_some())
    });
    let columns = columns(ui.available_width(), is_stream, has_failures);
    let all = dead.marked.len() == peeked.messages.len();
    ui.spacing_mut().item_spacing.y = 0.0;
    let mut table = TableBuilder::new(ui)
        .id_salt(("dead_letters", columns.len(), has_failures))
        .sense(Sense::click())
        .resizable(true)
        .auto_shrink([false, false])
        .cell_layout(Layout::left_to_right(Align::Center))
        .column(Column::exact(24.0));
    for (_, width) in columns {
        table = table.column(Column::initial(*width).at_least(40.0).clip(true));
    }
    table = table.column(Column::remainder().at_least(80.0).clip(true));
    if std::mem::take(&mut cx.memory.reveal)
        && let Some(row) = dead.selected
    {
        table = table.scroll_to_row(row, None);
    }
    if cx.memory.dead_table.columns != columns.len() {
        table = table.vertical_scroll_offset(cx.memory.dead_table.offset);
    }
    let output = table
        .header(ROW, |mut header| {
            header.col(|ui| {
                if !is_stream && checkbox(ui, all, "Mark all") {
                    cx.actions.push(Action::Dead(DeadAction::MarkAll(!all)));
                }
            });
            let words = by_source::front_words(cx.state);
            for name in columns.iter().map(|(name, _)| *name).chain(["Summary"]) {
                header.col(|ui| {
                    small_label(ui, words.label(name));
                });
            }
        })
        .body(|body| {
            body.rows(ROW, peeked.messages.len(), |mut row| {
                let place = row.index();
                let Some(message) = peeked.messages.get(place) else {
                    return;
                };
                let selected = dead.selected == Some(place);
                row.set_selected(selected);
                let marked = dead.marked.contains(&place);
                let mut toggled = false;
                row.col(|ui| {
                    toggled = !is_stream
                        && checkbox(ui, marked, &format!("Mark {} {place}", key(message)));
                });
                let edited = dead.edit_of(cx.forms, message.fingerprint).is_some();
                message_row(&mut row, columns, message, selected, edited);
                if toggled {
                    cx.actions
                        .push(Action::Dead(DeadAction::Mark(place, !marked)));
                } else if row.response().clicked() {
                    cx.actions.push(Action::Dead(DeadAction::Select(place)));
                }
            });
        });
    cx.memory.dead_table = TablePlace {
        columns: columns.len(),
        offset: output.state.unclamped_offset().y,
    };
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

pub(crate) fn checkbox(ui: &mut Ui, marked: bool, name: &str) -> bool {
    let mut value = marked;
    let response = ui.add(egui::Checkbox::without_text(&mut value));
    ui.ctx()
        .accesskit_node_builder(response.id, |node| node.set_label(name));
    response.on_hover_text(name).changed()
}

/// The key of the first publish, which is the event's own; dead-lettering may have
/// replaced the one that the message now carries.
fn key(message: &DeadLetter) -> &str {
    message.origin.key(&message.event)
}

/// Why it died: the broker's word, the consumer's failure, or both.
fn reason(message: &DeadLetter) -> String {
    let origin = &message.origin;
    let parked = origin.parked.as_ref();
    match parked.and_then(|parked| parked.failure.as_ref()) {
        Some(failure) if origin.deaths.is_empty() => failure.words(),
        Some(failure) => format!("{} · {}", origin.reason(), failure.words()),
        None => origin.reason().to_owned(),
    }
}

/// Messages at the top by which the width of the reasons is chosen.
const LOOKED_AT: usize = 50;

fn message_row(
    row: &mut TableRow<'_, '_>,
    columns: &[(&str, f32)],
    message: &DeadLetter,
    selected: bool,
    edited: bool,
) {
    let reason = reason(message);
    let queue = message.origin.died_in().to_owned();
    let time = message.origin.died_at().map(short_date).unwrap_or_default();
    let offset = stream::offset(&message.event)
        .map(thousands)
        .unwrap_or_default();
    let remark = message.remark.as_deref();
    let key = key(message).to_owned();
    let back = came_back(message.came_back);
    let mut line = match (remark, &back) {
        (Some(remark), _) => remark.to_owned(),
        (None, Some(back)) => format!("{back} · {}", message.event.summary()),
        (None, None) => message.event.summary(),
    };
    if edited {
        line.insert_str(0, "edited · ");
    }
    let summary = &*line;
    let mut put = |text: &str, color: &dyn Fn(&Palette) -> egui::Color32| {
        row.col(|ui| {
            let color = color(Palette::of(ui));
            cell(ui, ui.max_rect(), text, theme::mono(), color, false);
        });
    };
    for (name, _) in columns {
        match *name {
            "Offset" => put(&offset, &|p| p.weak),
            "Reason" => put(&reason, &|p| p.warn),
            KEY => put(&key, &|p| p.key(&key)),
            "First died" => put(&time, &|p| p.weak),
            _ => put(&queue, &|p| p.text),
        }
    }
    put(summary, &|p| match (remark, &back) {
        (Some(_), _) => p.bad,
        _ if edited => p.accent,
        (None, Some(_)) => p.warn,
        (None, None) => p.text,
    });
    row.response().widget_info(|| {
        let id = message
            .event
            .envelope
            .event_id
            .as_deref()
            .unwrap_or_default();
        let name = format!("{key} {id} {reason} {summary}");
        WidgetInfo::selected(Role::Row, true, selected, name)
    });
}
