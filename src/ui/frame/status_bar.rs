//! The bar at the bottom: what was received and what was not, always in sight, and notices.

use chrono::{TimeDelta, Utc};
use eframe::egui::{self, Color32, Panel, RichText, Ui};

use crate::protocol::Gravity;
use crate::state::live::clock;
use crate::state::{Action, State};
use crate::text::payload::size_text;
use crate::ui::Cx;
use crate::ui::frame::regions::Region;
use crate::ui::parts::theme::{self, Palette};
use crate::ui::parts::widgets::button;

/// Keeps the room for the bar.
pub fn reserve(ui: &mut Ui) -> egui::Rect {
    let frame = egui::Frame::new()
        .fill(Palette::of(ui).panel)
        .inner_margin(egui::Margin::symmetric(12, 3));
    Panel::bottom("status_bar")
        .exact_size(30.0)
        .frame(frame)
        .show(ui, |ui| ui.max_rect())
        .inner
}

/// Draws the bar into its room.
pub fn status_bar_ui(ui: &mut Ui, room: egui::Rect, cx: &mut Cx<'_>) {
    cx.memory.regions.end(Region::Status, room);
    let palette = Palette::of(ui);
    let mut ui = ui.new_child(egui::UiBuilder::new().max_rect(room));
    ui.horizontal_centered(|ui| {
        ui.spacing_mut().item_spacing.x = 18.0;
        for (name, value, color) in counters(cx.state, palette) {
            let text = format!("{name} {value}");
            let text = RichText::new(text).size(theme::SIZES[0] + 1.0).color(color);
            ui.add(egui::Label::new(text).selectable(false));
        }
        memory_ui(ui, cx);
        running_ui(ui, cx);
        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
            notices_button(ui, cx);
        });
    });
}

/// The counters as (name, value, colour), so that a test can read them as data.
fn counters(state: &State, palette: &Palette) -> Vec<(&'static str, String, Color32)> {
    let live = &state.live;
    let dropped = match state.taps.losses() {
        None => ("0".to_owned(), palette.weak),
        Some(loss) => (
            format!("some ({} to {})", clock(loss.from), clock(loss.to)),
            palette.warn,
        ),
    };
    let evicted = live.counters.evicted;
    let evicted_color = if evicted > 0 {
        palette.warn
    } else {
        palette.weak
    };
    let mut counters = vec![
        ("received", thousands(live.counters.received), palette.weak),
        ("kept", thousands(live.counters.kept), palette.weak),
        ("dropped by the tap", dropped.0, dropped.1),
        ("evicted", thousands(evicted), evicted_color),
        ("rate", format!("{:.1}/s", live.rate), palette.weak),
    ];
    let recordings = &state.recordings;
    if recordings.is_on() {
        let recorded = &recordings.now.state;
        let color = if recorded.missed > 0 {
            palette.bad
        } else {
            palette.text
        };
        counters.push(("recorded", thousands(recorded.events), color));
    }
    counters
}

/// What moves messages now: in sight on every screen, and the way to it.
fn running_ui(ui: &mut Ui, cx: &mut Cx<'_>) {
    let Some(running) = cx.state.under_way() else {
        return;
    };
    ui.spacing_mut().button_padding.y = 1.0;
    ui.spacing_mut().item_spacing.x = 6.0;
    ui.add(egui::Spinner::new().size(12.0));
    let words = format!("{}\n{}", running.words, "Show it");
    if button(ui, &running.short(), true)
        .on_hover_text(words)
        .clicked()
    {
        cx.act(Action::ShowJob);
    }
}

/// How many MiB of events may be kept.
const LIMITS: [usize; 5] = [128, 256, 512, 1024, 2048];

/// How much memory the kept events take, and how much they may.
fn memory_ui(ui: &mut Ui, cx: &mut Cx<'_>) {
    let log = &cx.state.live.log;
    let limit = log.max_bytes();
    let bytes = cx.state.live.counters.bytes + log.cleared_bytes();
    let text = format!("memory {}", size_text(bytes as u64));
    let text = RichText::new(text).size(theme::SIZES[0] + 1.0);
    let color = Palette::of(ui).weak;
    ui.spacing_mut().button_padding.y = 1.0;
    ui.menu_button(text.color(color), |ui| {
        for mib in LIMITS {
            let bytes = mib << 20;
            if ui
                .radio(limit == bytes, format!("Keep {mib} MiB of events"))
                .clicked()
            {
                cx.act(Action::KeepBytes(bytes));
                ui.close();
            }
        }
    })
    .response
    .on_hover_text("When this is full, the oldest events are evicted");
}

pub use crate::text::numbers::thousands;

/// For so long a notice stands in the bar that is no warning.
const SHOWN: TimeDelta = TimeDelta::seconds(20);

fn notices_button(ui: &mut Ui, cx: &mut Cx<'_>) {
    let entries = cx.state.notices.entries();
    let Some(last) = entries.last() else { return };
    let label = match entries.len() {
        1 => "1 notice".to_owned(),
        count => format!("{count} notices"),
    };
    ui.spacing_mut().button_padding.y = 1.0;
    if button(ui, &label, true).clicked() {
        cx.memory.notices = !cx.memory.notices;
    }
    // What is no fault was read by then; the button still has it.
    let left = SHOWN - (Utc::now() - last.at);
    if last.gravity == Gravity::Info {
        match left.to_std() {
            Ok(left) => ui.ctx().request_repaint_after(left),
            Err(_) => return,
        }
    }
    let color = color(last.gravity, Palette::of(ui));
    let text = RichText::new(&last.words)
        .size(theme::SIZES[0] + 1.0)
        .color(color);
    ui.add(egui::Label::new(text).selectable(false).truncate());
}

fn color(gravity: Gravity, palette: &Palette) -> Color32 {
    match gravity {
        Gravity::Info => palette.weak,
        Gravity::Warning => palette.warn,
        Gravity::Error => palette.bad,
    }
}

/// The list of notices, while it is open.
pub fn notices_ui(ui: &mut Ui, cx: &mut Cx<'_>) {
    if !cx.memory.notices || cx.state.notices.entries().is_empty() {
        cx.memory.notices = false;
        return;
    }
    let palette = Palette::of(ui);
    let frame = egui::Frame::new()
        .fill(palette.panel)
        .inner_margin(egui::Margin::symmetric(12, 6));
    Panel::bottom("notices")
        .max_size(180.0)
        .frame(frame)
        .show(ui, |ui| {
            egui::ScrollArea::vertical()
                .auto_shrink([false, true])
                .show(ui, |ui| {
                    let state = cx.state;
                    for entry in state.notices.entries().iter().rev() {
                        ui.horizontal(|ui| {
                            let time = clock(entry.at);
                            ui.label(
                                RichText::new(&time[..8])
                                    .font(theme::mono())
                                    .color(palette.weak),
                            );
                            let times = match entry.times {
                                1 => String::new(),
                                times => format!(" ({times} times)"),
                            };
                            if button(ui, "Dismiss", true).clicked() {
                                cx.act(Action::DismissNotice(entry.number));
                            }
                            let text = RichText::new(format!("{}{times}", entry.words));
                            ui.add(
                                egui::Label::new(text.color(color(entry.gravity, palette))).wrap(),
                            );
                        });
                    }
                });
        });
}
