//! The messages of the open queue.

use eframe::egui::Ui;

use super::bulk::job_ui;
use super::filter_line::filter_line_ui;
use super::log;
use super::peek::{forecast_ui, report_ui, stream_ui};
use super::table::table_ui;
use super::toolbar::toolbar_ui;
use crate::protocol::PutBack;
use crate::state::dead_letters::Peeked;
use crate::ui::Cx;
use crate::ui::parts::by_source;
use crate::ui::parts::theme::Palette;
use crate::ui::parts::widgets::{banner, empty_state, weak};

pub(crate) fn messages_ui(ui: &mut Ui, cx: &mut Cx<'_>) {
    cx.memory.regions.panel(ui, 3);
    let state = cx.state;
    let Some(queue) = &state.front.dead.queue else {
        empty_state(
            ui,
            "Why did it die?",
            by_source::front_words(state).dead.about_looking,
        );
        return;
    };
    toolbar_ui(ui, cx, queue);
    let is_log = state.front.dead.log.is_on;
    if state.front.dead.is_stream() || is_log {
        stream_ui(ui, cx);
    }
    if is_log {
        log::place_ui(ui, cx, queue);
    } else {
        forecast_ui(ui, cx);
    }
    job_ui(ui, cx);
    if let Some(words) = &state.front.dead.peek_problem {
        banner(ui, Palette::of(ui).bad, words);
    }
    match &state.front.dead.peeked {
        None if state.front.dead.peeking.is_some() => {
            drop(weak(ui, if is_log { "Reading…" } else { "Peeking…" }));
        }
        None if state.front.dead.peek_problem.is_some() => {}
        None => empty_state(
            ui,
            "Not looked at yet",
            "See the note above before you peek",
        ),
        Some(peeked) => {
            report_ui(ui, cx, peeked);
            if peeked.messages.is_empty() {
                let title = if is_log {
                    "No records here"
                } else if peeked.is_empty() {
                    "Queue is empty"
                } else {
                    "Nothing to show"
                };
                empty_state(ui, title, empty_words(peeked));
                return;
            }
            filter_line_ui(ui, cx, peeked);
            let listing = &state.front.dead.listing;
            if listing.len(peeked.messages.len()) == 0 && !listing.is_busy() {
                empty_state(ui, "No message matches", "Change the filter, or clear it");
            } else {
                table_ui(ui, cx, peeked);
            }
        }
    }
}

fn empty_words(peeked: &Peeked) -> &str {
    match peeked.put_back {
        _ if !peeked.nothing.is_empty() => &peeked.nothing,
        PutBack::Untouched => "Nothing was written from there on",
        _ if peeked.first > 0 => "The queue ends before this page. Go to the previous one",
        _ => "Peek again to see what came since",
    }
}
