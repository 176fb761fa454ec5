//! The card before a tap starts: what it will do there, in plain words, and one click
//! to go on. It stands under the tap bar and holds nothing else up.

use eframe::egui::{self, Color32, Frame, Label, Margin, RichText, ScrollArea, Stroke, Ui};

use crate::address::Address;
use crate::event::watching::{Report, Weight};
use crate::rabbitmq::tap;
use crate::state::Action;
use crate::state::live::tap_card::{Card, TapAction};
use crate::ui::Cx;
use crate::ui::parts::by_source::{self, StoreWords};
use crate::ui::parts::theme::{self, Palette, STEP};
use crate::ui::parts::widgets::{button, primary_button, weak};

/// Share of the window that the findings may take before they scroll.
const SHARE: f32 = 0.4;
/// Most warnings that are told while the details are folded.
const MOST_LINES: usize = 3;

pub(crate) fn tap_card_ui(ui: &mut Ui, cx: &mut Cx<'_>) {
    let Some(card) = &cx.state.front.tap_card else {
        return;
    };
    let words = by_source::front_words(cx.state);
    let palette = Palette::of(ui);
    ui.add_space(STEP);
    Frame::new()
        .fill(palette.base)
        .stroke(Stroke::new(1.0, palette.line))
        .corner_radius(6)
        .inner_margin(Margin::symmetric(14, 10))
        .show(ui, |ui| {
            ui.set_width(ui.available_width().min(900.0));
            match card {
                Card::Asking { destination, .. } => {
                    title(ui, destination, words);
                    weak(ui, words.looking);
                    ui.horizontal(|ui| cancel(ui, cx));
                }
                Card::Tap(report) => report_ui(ui, cx, report),
                Card::Firehose => firehose_ui(ui, cx),
            }
        });
}

fn title(ui: &mut Ui, destination: &str, words: &'static StoreWords) {
    let name = match destination {
        "" => format!("the {}", words.unnamed),
        name => name.to_owned(),
    };
    heading(ui, &format!("Before the tap starts on {name}"));
}

fn heading(ui: &mut Ui, words: &str) {
    let text = RichText::new(words).size(theme::SIZES[2]);
    ui.add(Label::new(text).selectable(false).wrap());
}

fn report_ui(ui: &mut Ui, cx: &mut Cx<'_>, report: &Report) {
    title(ui, &report.destination, by_source::front_words(cx.state));
    let gravest = report.findings.iter().map(|finding| finding.weight).max();
    // What forbids the tap is why there is none, and is read at once.
    if gravest == Some(Weight::Refused) {
        scrolled(ui, |ui| {
            for finding in &report.findings {
                finding_ui(ui, finding.weight, &finding.words);
            }
        });
    } else {
        findings_ui(ui, cx, report, gravest);
    }
    ui.add_space(STEP);
    ui.horizontal_wrapped(|ui| {
        let connected = cx.state.is_connected();
        let label = match gravest {
            Some(Weight::Warning) => "Start anyway",
            _ => "Start now",
        };
        if report.may_start() && primary_button(ui, label, connected).clicked() {
            cx.act(Action::Tap(TapAction::StartAnyway));
        }
        let may = connected && !cx.state.taps.has_firehose(cx.state.front.id);
        if report.firehose && button(ui, "Use firehose…", may).clicked() {
            cx.act(Action::Tap(TapAction::AskFirehose));
        }
        cancel(ui, cx);
        let has_details = !report.findings.is_empty() || !report.queue.is_empty();
        if report.may_start() && has_details {
            details_button(ui, cx);
        }
    });
}

/// What was found: in short, or all of it.
fn findings_ui(ui: &mut Ui, cx: &Cx<'_>, report: &Report, gravest: Option<Weight>) {
    if cx.memory.tap_details {
        scrolled(ui, |ui| details_ui(ui, report));
    } else {
        summary_ui(ui, report, gravest);
    }
}

/// Only as loud as the risk: what is to be careful about, and else one line of what is good to know.
fn summary_ui(ui: &mut Ui, report: &Report, gravest: Option<Weight>) {
    let Some(weight) = gravest else {
        weak(ui, "Nothing speaks against it");
        return;
    };
    let all: Vec<_> = report
        .findings
        .iter()
        .filter(|finding| finding.weight == weight)
        .collect();
    match all.as_slice() {
        [only] if weight == Weight::Warning => finding_ui(ui, weight, &only.words),
        _ if weight == Weight::Warning => {
            for finding in all.iter().take(MOST_LINES) {
                line_ui(ui, weight, first_sentence(&finding.words));
            }
        }
        notes => {
            let first = notes.first().map_or("", |note| note.words.as_str());
            let more = match notes.len() {
                0 | 1 => String::new(),
                count => format!(" (and {} more)", count - 1),
            };
            line_ui(ui, weight, &format!("{}{more}", first_sentence(first)));
        }
    }
}

/// A finding that is cut where its line ends; the details have all of it.
fn line_ui(ui: &mut Ui, weight: Weight, words: &str) {
    ui.horizontal(|ui| {
        sign_of(ui, weight);
        ui.add(Label::new(words).truncate());
    });
}

/// The first sentence of several.
fn first_sentence(words: &str) -> &str {
    words.split_once(". ").map_or(words, |(first, _)| first)
}

fn details_ui(ui: &mut Ui, report: &Report) {
    for finding in &report.findings {
        finding_ui(ui, finding.weight, &finding.words);
    }
    if !report.queue.is_empty() {
        ui.add_space(STEP);
        weak(ui, "What will be declared:");
        let text = RichText::new(report.queue.join("\n")).font(theme::mono());
        ui.add(Label::new(text).wrap());
    }
}

/// Not more than a share of the window: the panel takes its height from this, and the buttons below
/// it stay in sight.
fn scrolled(ui: &mut Ui, contents: impl FnOnce(&mut Ui)) {
    let tallest = (ui.ctx().content_rect().height() * SHARE).max(STEP * 20.0);
    ScrollArea::vertical()
        .max_height(tallest)
        .min_scrolled_height(tallest)
        .auto_shrink([false, true])
        .show(ui, contents);
}

fn details_button(ui: &mut Ui, cx: &mut Cx<'_>) {
    let label = if cx.memory.tap_details {
        "Hide details"
    } else {
        "Show details"
    };
    if button(ui, label, true).clicked() {
        cx.memory.tap_details = !cx.memory.tap_details;
    }
}

fn cancel(ui: &mut Ui, cx: &mut Cx<'_>) {
    if button(ui, "Cancel", true).clicked() {
        cx.act(Action::Tap(TapAction::Cancel));
    }
}

/// A sign and a sentence.
fn finding_ui(ui: &mut Ui, weight: Weight, words: &str) {
    ui.horizontal_top(|ui| {
        sign_of(ui, weight);
        ui.add(Label::new(words).wrap());
    });
}

/// The sign is a word for those who do not see its colour.
fn sign_of(ui: &mut Ui, weight: Weight) {
    let palette = Palette::of(ui);
    let (sign, color) = match weight {
        Weight::Refused => ("No", palette.bad),
        Weight::Warning => ("Careful", palette.warn),
        Weight::Info => ("Note", palette.weak),
    };
    sign_ui(ui, sign, color);
}

fn sign_ui(ui: &mut Ui, sign: &str, color: Color32) {
    let text = RichText::new(sign).color(color).strong();
    ui.allocate_ui(egui::vec2(56.0, 18.0), |ui| {
        ui.set_min_width(56.0);
        ui.add(Label::new(text).selectable(false));
    });
}

fn firehose_ui(ui: &mut Ui, cx: &mut Cx<'_>) {
    heading(ui, "Before the firehose is switched on");
    let part = cx.state.address().map(Address::part_name);
    let findings = tap::about_firehose(part.unwrap_or_default());
    let report = Report {
        findings,
        ..Report::default()
    };
    let gravest = report.findings.iter().map(|finding| finding.weight).max();
    findings_ui(ui, cx, &report, gravest);
    ui.add_space(STEP);
    ui.checkbox(&mut cx.forms.tap.deliveries, "Deliveries too")
        .on_hover_text("Show what is delivered to consumers, which doubles the copies");
    ui.horizontal(|ui| {
        if primary_button(ui, "Switch on firehose", cx.state.is_connected()).clicked() {
            cx.act(Action::Tap(TapAction::SwitchOnFirehose));
        }
        cancel(ui, cx);
        details_button(ui, cx);
    });
}
