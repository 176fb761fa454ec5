//! The taps that run, on one line: the colour of each, its name, whether its rows are shown, and its
//! end. Those that have no room stand in a menu.

use eframe::egui::containers::menu::{MenuButton, MenuConfig};
use eframe::egui::{self, Frame, Label, Margin, PopupCloseBehavior, RichText, Sense, Ui};

use crate::protocol::TapProgress;
use crate::state::live::tap_card::TapAction;
use crate::state::live::taps::{ListensTo, Phase, Tap};
use crate::state::{Action, State};
use crate::text::numbers::thousands;
use crate::ui::Cx;
use crate::ui::parts::by_source;
use crate::ui::parts::theme::{self, Palette, STEP};
use crate::ui::parts::widgets::{banner, button, weak};

/// Width of a tap that was not drawn yet.
const USUAL: f32 = 280.0;
/// Room for the menu of those that have none.
const MENU: f32 = 110.0;

pub(crate) fn tap_list_ui(ui: &mut Ui, cx: &mut Cx<'_>) {
    running_ui(ui, cx);
    earlier_ui(ui, cx);
}

/// Taps of an earlier session that did not start by themselves.
fn earlier_ui(ui: &mut Ui, cx: &mut Cx<'_>) {
    for (place, earlier) in cx.state.front.earlier.iter().enumerate() {
        let Some(why) = earlier.why_offered() else {
            continue;
        };
        let name = earlier.name();
        ui.horizontal(|ui| {
            compact(ui);
            let start = format!("Start {name} again");
            let may = cx.state.is_connected();
            if button(ui, &start, may).clicked() {
                cx.act(Action::Tap(TapAction::StartEarlier(place)));
            }
            if button(ui, &format!("Dismiss {name}"), true).clicked() {
                cx.act(Action::Tap(TapAction::DismissEarlier(place)));
            }
            let words = format!("Ran here last time. {why}");
            ui.add(Label::new(RichText::new(words).color(Palette::of(ui).weak)).truncate());
        });
    }
}

fn running_ui(ui: &mut Ui, cx: &mut Cx<'_>) {
    let state = cx.state;
    let taps = state.taps.list();
    if taps.is_empty() {
        return;
    }
    let fitting = fitting(ui, taps);
    ui.horizontal(|ui| {
        compact(ui);
        for tap in &taps[..fitting] {
            measured_ui(ui, cx, tap);
        }
        if fitting < taps.len() {
            rest_ui(ui, cx, &taps[fitting..], fitting == 0);
        }
    });
    for tap in taps {
        let name = name(state, tap);
        match &tap.phase {
            Phase::Refused(words) => {
                let words = format!("{name}: {words}");
                banner(ui, Palette::of(ui).bad, &words);
            }
            Phase::Interrupted(words) => {
                let words = format!("{name}: sees nothing, and tries again. {words}");
                banner(ui, Palette::of(ui).warn, &words);
            }
            _ => {}
        }
    }
}

fn compact(ui: &mut Ui) {
    ui.spacing_mut().interact_size.y = 20.0;
    ui.spacing_mut().button_padding.y = 1.0;
}

/// Where the width of a tap is remembered from frame to frame.
fn width_of(ui: &Ui, tap: &Tap) -> f32 {
    let id = egui::Id::unique(("width of tap", tap.id.number));
    ui.data(|data| data.get_temp(id)).unwrap_or(USUAL)
}

/// How many have room on the line, with the menu if that is not all.
fn fitting(ui: &Ui, taps: &[Tap]) -> usize {
    let spacing = ui.spacing().item_spacing.x;
    let room = ui.available_width();
    let mut taken = 0.0;
    let mut with_menu = 0;
    for (count, tap) in taps.iter().enumerate() {
        taken += width_of(ui, tap) + spacing;
        if taken - spacing > room {
            return with_menu;
        }
        if taken + MENU <= room {
            with_menu = count + 1;
        }
    }
    taps.len()
}

fn measured_ui(ui: &mut Ui, cx: &mut Cx<'_>, tap: &Tap) {
    let id = egui::Id::unique(("width of tap", tap.id.number));
    let drawn = ui.push_id(tap.id.number, |ui| tap_ui(ui, cx, tap));
    let width = drawn.response.rect.width();
    if (width - width_of(ui, tap)).abs() > 0.5 {
        ui.ctx().request_repaint();
    }
    ui.data_mut(|data| data.insert_temp(id, width));
}

/// The taps that have no room on the line.
fn rest_ui(ui: &mut Ui, cx: &mut Cx<'_>, taps: &[Tap], are_all: bool) {
    let more = if are_all { "" } else { "more " };
    let s = if taps.len() == 1 { "" } else { "s" };
    let label = format!("{} {more}tap{s}", taps.len());
    let config = MenuConfig::new().close_behavior(PopupCloseBehavior::CloseOnClickOutside);
    MenuButton::new(label).config(config).ui(ui, |ui| {
        compact(ui);
        for tap in taps {
            measured_ui(ui, cx, tap);
        }
    });
}

/// Its name: with that of its source where there are several, with its keys where another tap listens
/// to the same.
fn name(state: &State, tap: &Tap) -> String {
    let mut others = state.taps.list().iter().filter(|other| other.id != tap.id);
    let own = if others.any(|other| other.name() == tap.name()) {
        format!("{} {}", tap.name(), tap.keys())
            .trim_end()
            .to_owned()
    } else {
        tap.name().to_owned()
    };
    match by_source::name_beside_others(state, tap.id.source) {
        Some(source) => format!("{source}: {own}"),
        None => own,
    }
}

fn tap_ui(ui: &mut Ui, cx: &mut Cx<'_>, tap: &Tap) {
    let palette = Palette::of(ui);
    let name = name(cx.state, tap);
    let refused = matches!(tap.phase, Phase::Refused(_));
    Frame::new()
        .fill(palette.raised)
        .corner_radius(4)
        .inner_margin(Margin::symmetric(8, 2))
        .show(ui, |ui| {
            ui.horizontal(|ui| {
                let (rect, _) = ui.allocate_exact_size(egui::vec2(10.0, 10.0), Sense::hover());
                ui.painter()
                    .circle_filled(rect.center(), 5.0, palette.tap(tap.colour));
                if refused {
                    ui.label(&name);
                } else {
                    let mut shown = tap.shown;
                    let label = format!("Show {name}");
                    if ui
                        .checkbox(&mut shown, label)
                        .on_hover_text("Its rows in the table; receiving goes on either way")
                        .changed()
                    {
                        cx.act(Action::Tap(TapAction::Show(tap.id, shown)));
                    }
                }
                let keys = tap.keys();
                if !name.ends_with(&keys) {
                    keys_ui(ui, &keys);
                }
                phase_ui(ui, tap);
                skip_ui(ui, cx, tap);
                stop_ui(ui, cx, tap);
            });
        });
}

/// How far it is, and what it got.
fn phase_ui(ui: &mut Ui, tap: &Tap) {
    let palette = Palette::of(ui);
    match &tap.phase {
        Phase::Starting => drop(weak(ui, "starting")),
        Phase::Stopping => drop(weak(ui, "stopping")),
        Phase::Interrupted(_) => drop(ui.colored_label(palette.warn, "interrupted")),
        Phase::Refused(_) => drop(ui.colored_label(palette.bad, "refused")),
        Phase::Running => drop(weak(ui, thousands(tap.received))),
    }
    if let Some(progress) = &tap.progress {
        behind_ui(ui, progress);
    }
    if !tap.losses.is_empty() {
        ui.colored_label(palette.warn, "some not seen")
            .on_hover_text(losses_words(tap));
    }
}

/// How far it is behind what the store has, and what it found no event in.
fn behind_ui(ui: &mut Ui, progress: &TapProgress) {
    let words = match progress.behind {
        0 => "up to date".to_owned(),
        behind => format!("{} behind", thousands(behind)),
    };
    let mut about = "What is in the store waits: nothing is lost while this is behind".to_owned();
    if progress.holes > 0 {
        about.push_str(&format!(
            "\n{} places held no event: marks of transactions, what was given up, or what was compacted \
             away",
            thousands(progress.holes)
        ));
    }
    weak(ui, words).on_hover_text(about);
    if progress.gone > 0 {
        let words = format!("{} gone before they were read", thousands(progress.gone));
        ui.colored_label(Palette::of(ui).warn, words)
            .on_hover_text("Retention deleted them, or the topic was made again");
    }
}

/// Passes over what it has not read, where there can be such.
fn skip_ui(ui: &mut Ui, cx: &mut Cx<'_>, tap: &Tap) {
    let Some(progress) = &tap.progress else {
        return;
    };
    let may = tap.phase == Phase::Running && progress.behind > 0;
    if button(ui, "Skip to the end", may)
        .on_hover_text("Pass over what was not read yet and go on with what comes")
        .clicked()
    {
        cx.act(Action::Tap(TapAction::SkipToEnd(tap.id)));
    }
}

/// Its end. The firehose, which weighs on the whole broker, has a word of its own.
fn stop_ui(ui: &mut Ui, cx: &mut Cx<'_>, tap: &Tap) {
    let (label, color) = match (&tap.phase, &tap.source) {
        (Phase::Refused(_), _) => ("Dismiss tap", None),
        (_, ListensTo::Firehose) => ("Switch off firehose", Some(Palette::of(ui).warn)),
        (_, ListensTo::Destination { .. }) => ("Stop tap", None),
    };
    let mut text = RichText::new(label);
    if let Some(color) = color {
        text = text.color(color);
    }
    let stop = ui.add_enabled(tap.phase != Phase::Stopping, egui::Button::new(text));
    if stop.clicked() {
        cx.act(Action::Tap(TapAction::Stop(tap.id)));
    }
}

fn keys_ui(ui: &mut Ui, keys: &str) {
    let text = RichText::new(keys)
        .font(theme::mono())
        .color(Palette::of(ui).weak);
    ui.scope(|ui| {
        ui.set_max_width(STEP * 40.0);
        ui.add(Label::new(text).selectable(false).truncate());
    });
}

fn losses_words(tap: &Tap) -> String {
    use crate::state::live::clock;
    let mut words =
        "The tap's queue in the broker was full, so its oldest were dropped:".to_owned();
    for loss in &tap.losses {
        words.push_str(&format!(
            "\nsome were not seen between {} and {}",
            clock(loss.from),
            clock(loss.to)
        ));
    }
    words
}
