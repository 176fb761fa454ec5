//! The journal: every message that was resent or discarded, where it is now, and the way back. Jobs
//! on the left, the records of one or of all beside them, and the record that is looked at.

mod jobs;
mod record;

use chrono::{DateTime, Local, Utc};
use eframe::egui::{
    self, CentralPanel, ComboBox, Frame, Label, Margin, Modal, Panel, Rangef, Rect, RichText,
    ScrollArea, Sense, TextEdit, Ui, WidgetInfo, accesskit::Role, vec2,
};

use super::{Stands, escapes};
use crate::event::draft::KEY;
use crate::repair::journal_entry::{Fate, Operation, Record};
use crate::repair::journal_list::{JournalPage, Pile};
use crate::state::Action;
use crate::state::dead_letters::journal::{JournalAction, KEEP_CHOICES};
use crate::ui::Cx;
use crate::ui::frame::status_bar::thousands;
use crate::ui::parts::by_source::{self, StoreWords};
use crate::ui::parts::theme::{self, Palette, ROW, STEP};
use crate::ui::parts::widgets::{
    banner, button, cell, danger_button, empty_state, field_margin, keep_together, small_label,
    tabs, weak,
};

fn act(cx: &mut Cx<'_>, action: JournalAction) {
    cx.act(Action::Journal(action));
}

/// Draws the journal into what is left of the screen.
pub(crate) fn journal_ui(ui: &mut Ui, cx: &mut Cx<'_>, side: Frame) {
    let base = Frame::new()
        .fill(Palette::of(ui).base)
        .inner_margin(Margin::symmetric(12, 8));
    Panel::top("journal_bar")
        .frame(side)
        .show(ui, |ui| bar_ui(ui, cx));
    let page = cx.state.journal.page.as_deref();
    let Some(page) = page.filter(|page| page.all.total() > 0) else {
        CentralPanel::default().frame(base).show(ui, |ui| {
            if cx.state.journal.page.is_some() {
                empty_state(
                    ui,
                    "Nothing was moved yet",
                    "Before a dead letter is resent or discarded, a complete copy of it is \
                     written here. From here it can be put back",
                );
            } else if cx.state.journal.problem.is_none() {
                weak(ui, "Reading the journal…");
            }
        });
        return;
    };
    let wide = ui.available_width();
    let mut shares = cx.memory.dead_shares;
    let stands = Stands::in_room(ui.available_size());
    let is_open = cx.state.journal.selected.is_some();
    let jobs = Panel::left("journal_jobs").frame(side);
    let within = Rangef::new(180.0, wide * 0.4);
    shares
        .jobs
        .show_beside(ui, (jobs, wide, within), |ui| jobs::jobs_ui(ui, cx, page));
    let tall = ui.available_height();
    match stands {
        Stands::Beside if is_open => {
            let panel = Panel::right("record").frame(side);
            let within = Rangef::new(280.0, wide * 0.5);
            shares
                .record
                .show_beside(ui, (panel, wide, within), |ui| record::record_ui(ui, cx));
        }
        Stands::Below if is_open => {
            let panel = Panel::bottom("record_below").resizable(true).frame(side);
            let within = Rangef::new(160.0, tall * 0.7);
            shares
                .below
                .show_below(ui, (panel, tall, within), |ui| record::record_ui(ui, cx));
        }
        _ => {}
    }
    cx.memory.dead_shares = shares;
    let is_over = stands == Stands::Over && is_open;
    CentralPanel::default().frame(base).show(ui, |ui| {
        if is_over {
            record::record_ui(ui, cx);
        } else {
            records_ui(ui, cx, page);
        }
    });
    asking_ui(ui, cx);
    let is_asked = cx.state.journal.asking.is_some();
    if escapes(ui, cx, is_asked) && is_open {
        act(cx, JournalAction::CloseRecord);
    }
}

/// What holds for the whole journal.
fn bar_ui(ui: &mut Ui, cx: &mut Cx<'_>) {
    let palette = Palette::of(ui);
    ui.horizontal_wrapped(|ui| {
        if button(ui, "Read again", true).clicked() {
            act(cx, JournalAction::Refresh);
        }
        let name = weak(ui, "Search");
        let edit = TextEdit::singleline(&mut cx.forms.journal_search)
            .hint_text("key, queue, id or text of the payload")
            .desired_width(230.0)
            .margin(field_margin());
        if ui.add(edit).labelled_by(name.id).changed() {
            let text = cx.forms.journal_search.clone();
            act(cx, JournalAction::Search(text));
        }
        keep_ui(ui, cx);
    });
    if let Some(words) = &cx.state.journal.problem {
        ui.add(Label::new(RichText::new(words).color(palette.bad)).wrap());
    }
    if let Some(putting) = &cx.state.journal.putting {
        ui.horizontal_wrapped(|ui| {
            ui.add(egui::Spinner::new().size(14.0));
            ui.label(RichText::new(putting.words()).strong());
            if button(ui, "Stop", true)
                .on_hover_text("Stop after the messages that are on their way")
                .clicked()
            {
                cx.actions.push(Action::Journal(JournalAction::Stop));
            }
        });
    }
}

fn keep_ui(ui: &mut Ui, cx: &mut Cx<'_>) {
    let words = "Keep finished entries for";
    keep_together(ui, words, 90.0);
    let name = weak(ui, words);
    let days = cx.state.journal.keep_days;
    let combo = ComboBox::from_id_salt("keep_days")
        .selected_text(days_words(days))
        .width(90.0)
        .show_ui(ui, |ui| {
            for choice in KEEP_CHOICES {
                let label = days_words(choice);
                if ui.selectable_label(choice == days, label).clicked() {
                    act(cx, JournalAction::Keep(choice));
                    ui.close();
                }
            }
        });
    let response = combo
        .response
        .labelled_by(name.id)
        .on_hover_text("Unfinished entries are kept until you remove them");
    ui.ctx()
        .accesskit_node_builder(response.id, |node| node.set_description(days_words(days)));
}

fn days_words(days: u16) -> String {
    match days {
        365 => "1 year".to_owned(),
        3_650 => "10 years".to_owned(),
        days => format!("{days} days"),
    }
}

/// Day and time, local.
fn stamp(at: DateTime<Utc>) -> String {
    at.with_timezone(&Local)
        .format("%m-%d %H:%M:%S")
        .to_string()
}

/// The records of the job or pile that is shown, and what can be done with all of them.
fn records_ui(ui: &mut Ui, cx: &mut Cx<'_>, page: &JournalPage) {
    let journal = &cx.state.journal;
    jobs::heading_ui(ui, cx, page);
    piles_ui(ui, cx, page);
    ui.add_space(STEP / 2.0);
    if !journal.is_current() {
        weak(ui, "Reading the journal…");
        return;
    }
    pages_ui(ui, cx, page);
    if page.records.is_empty() {
        let (title, words) = if journal.question.search.trim().is_empty() {
            ("Nothing here", "Choose another job or another pile")
        } else {
            ("Nothing was found", "Search for something else")
        };
        empty_state(ui, title, words);
        return;
    }
    let narrow = ui.available_width() < 560.0;
    heads_ui(ui, narrow, by_source::front_words(cx.state));
    ui.spacing_mut().item_spacing.y = 0.0;
    ScrollArea::vertical()
        .auto_shrink([false, false])
        .show_rows(ui, ROW, page.records.len(), |ui, range| {
            for record in &page.records[range] {
                let selected = journal.selected.as_ref();
                let selected = selected.is_some_and(|(one, _)| one.id == record.id);
                if row_ui(ui, record, selected, narrow) {
                    let select = JournalAction::Select(record.id);
                    cx.actions.push(Action::Journal(select));
                }
            }
        });
}

/// The piles of what is shown, each to be shown alone.
fn piles_ui(ui: &mut Ui, cx: &mut Cx<'_>, page: &JournalPage) {
    let journal = &cx.state.journal;
    let job = journal.job();
    let counts = job.map_or(page.all, |job| job.counts);
    let deed = job.map(|job| job.deed);
    let all = format!("All ({})", thousands(counts.total()));
    let piles = counts.piles().map(|(pile, count)| {
        let label = format!("{} ({})", pile.name(deed), thousands(count));
        (Some(pile), label)
    });
    let labels: Vec<(Option<Pile>, String)> = [(None, all)].into_iter().chain(piles).collect();
    let labels: Vec<(Option<Pile>, &str)> = labels
        .iter()
        .map(|(pile, label)| (*pile, label.as_str()))
        .collect();
    let chosen = ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing.x = 0.0;
        tabs(ui, journal.question.pile, &labels)
    });
    if let Some(pile) = chosen.inner {
        act(cx, JournalAction::Pile(pile));
    }
}

/// Which part of what was found is shown, and the way to the others.
fn pages_ui(ui: &mut Ui, cx: &mut Cx<'_>, page: &JournalPage) {
    let (from, shown) = (page.question.from, page.records.len());
    let [first, last, found] = [from + 1, from + shown, page.found].map(|n| thousands(n as u64));
    let searched = !page.question.search.trim().is_empty();
    if page.found > shown || searched {
        ui.horizontal_wrapped(|ui| {
            let mut words = match shown {
                0 => "None".to_owned(),
                _ => format!("{first}–{last} of {found}"),
            };
            if searched {
                words.push_str(" found");
            }
            if page.is_cut {
                words.push_str(" before the search took too long: older records were not searched");
            }
            weak(ui, words);
            if page.found > shown {
                if button(ui, "Previous page", from > 0).clicked() {
                    act(cx, JournalAction::Turn(false));
                }
                if button(ui, "Next page", from + shown < page.found).clicked() {
                    act(cx, JournalAction::Turn(true));
                }
            }
        });
    }
}

/// The columns with their widths; what has no room is in the record itself.
fn columns(narrow: bool) -> &'static [(&'static str, f32)] {
    const ALL: [(&str, f32); 4] = [
        ("Time", 122.0),
        ("Queue", 130.0),
        (KEY, 150.0),
        ("Id", 130.0),
    ];
    const FEW: [(&str, f32); 2] = [("Time", 122.0), (KEY, 130.0)];
    if narrow { &FEW } else { &ALL }
}

fn heads_ui(ui: &mut Ui, narrow: bool, words: &'static StoreWords) {
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = 0.0;
        for (name, width) in columns(narrow) {
            let size = vec2(*width, 18.0);
            let layout = egui::Layout::left_to_right(egui::Align::Center);
            ui.allocate_ui_with_layout(size, layout, |ui| {
                ui.set_min_width(*width);
                ui.add_space(4.0);
                small_label(ui, words.label(name));
            });
        }
        small_label(ui, "Where it is");
    });
}

fn row_ui(ui: &mut Ui, record: &Record, selected: bool, narrow: bool) -> bool {
    let palette = Palette::of(ui);
    let size = vec2(ui.available_width(), ROW);
    let (rect, response) = ui.allocate_exact_size(size, Sense::click());
    let words = record.words();
    let queue = &record.message.queue;
    let key = &*record.message.known_key();
    let id = record.message.properties.message_id.as_deref();
    let id = id.unwrap_or_default();
    response.widget_info(|| {
        let deed = match record.deed {
            Operation::Resend => "Resend",
            Operation::Discard => "Discard",
        };
        let name = [deed, key, id, &words].map(str::to_owned);
        let name: Vec<String> = name.into_iter().filter(|part| !part.is_empty()).collect();
        WidgetInfo::selected(Role::Row, true, selected, name.join(" "))
    });
    if selected {
        ui.painter().rect_filled(rect, 3, palette.selected);
    } else if response.hovered() {
        ui.painter().rect_filled(rect, 3, palette.hovered);
    }
    let color = match record.fate() {
        Fate::DuplicatePossible => palette.warn,
        Fate::Untouched | Fate::UnderWay => palette.text,
        Fate::Certain => palette.weak,
    };
    let mut left = rect.left() + 4.0;
    let mut put = |width: f32, text: &str, color, mono: bool| {
        let to = (left + width - 8.0).min(rect.right());
        let track = Rect::from_x_y_ranges(left..=to.max(left), rect.y_range());
        let font = if mono { theme::mono() } else { theme::words() };
        cell(ui, track, text, font, color, false);
        left += width;
    };
    for (name, width) in columns(narrow) {
        match *name {
            "Time" => put(*width, &stamp(record.at), palette.weak, true),
            "Queue" => put(*width, queue, palette.text, true),
            "Id" => put(*width, id, palette.weak, true),
            _ => put(*width, key, palette.key(key), true),
        }
    }
    put(rect.width(), &words, color, false);
    response.on_hover_text(words.clone()).clicked()
}

/// What must be answered before something is done.
fn asking_ui(ui: &mut Ui, cx: &mut Cx<'_>) {
    let Some(asking) = &cx.state.journal.asking else {
        return;
    };
    let frame = Frame::popup(ui.style()).inner_margin(Margin::same(20));
    let modal = Modal::new(egui::Id::unique("journal_asking"))
        .frame(frame)
        .show(ui.ctx(), |ui| {
            ui.set_width(420.0);
            ui.heading(&asking.title);
            ui.add_space(STEP);
            ui.add(Label::new(&asking.words).wrap());
            ui.add_space(STEP * 2.0);
            ui.horizontal(|ui| {
                if danger_button(ui, &asking.yes, true).clicked() {
                    cx.actions.push(Action::Journal(JournalAction::Yes));
                }
                if button(ui, "Cancel", true).clicked() {
                    cx.actions.push(Action::Journal(JournalAction::No));
                }
            });
        });
    if modal.should_close() {
        act(cx, JournalAction::No);
    }
}

/// Why messages were not put back, where that is shown.
fn why_not_ui(ui: &mut Ui, words: Option<&str>) {
    if let Some(words) = words {
        banner(ui, Palette::of(ui).bad, words);
    }
}
