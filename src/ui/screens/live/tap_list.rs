//! The taps that run: the colour of each, its name, whether its rows are shown, and its end.

use eframe::egui::{self, Frame, Label, Margin, RichText, Sense, Ui};

use crate::state::live::tap_card::TapAction;
use crate::state::live::taps::{Phase, Tap};
use crate::state::{Action, State};
use crate::ui::Cx;
use crate::ui::frame::status_bar::thousands;
use crate::ui::parts::by_source;
use crate::ui::parts::theme::{self, Palette, STEP};
use crate::ui::parts::widgets::{banner, weak};

pub(crate) fn tap_list_ui(ui: &mut Ui, cx: &mut Cx<'_>) {
    let state = cx.state;
    let taps = state.taps.list();
    if taps.is_empty() {
        return;
    }
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().interact_size.y = 20.0;
        ui.spacing_mut().button_padding.y = 1.0;
        for tap in taps {
            let name = name(state, tap);
            ui.push_id(tap.id.number, |ui| tap_ui(ui, cx, tap, &name));
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

/// Its name, with the name of its source where there are several.
fn name(state: &State, tap: &Tap) -> String {
    match by_source::name_beside_others(state, tap.id.source) {
        Some(source) => format!("{source}: {}", tap.name()),
        None => tap.name().to_owned(),
    }
}

fn tap_ui(ui: &mut Ui, cx: &mut Cx<'_>, tap: &Tap, name: &str) {
    let palette = Palette::of(ui);
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
                    ui.label(name);
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
                keys_ui(ui, tap);
                match &tap.phase {
                    Phase::Starting => drop(weak(ui, "starting")),
                    Phase::Stopping => drop(weak(ui, "stopping")),
                    Phase::Interrupted(_) => {
                        drop(ui.colored_label(palette.warn, "interrupted"));
                    }
                    Phase::Refused(_) => drop(ui.colored_label(palette.bad, "refused")),
                    Phase::Running => drop(weak(ui, thousands(tap.received))),
                }
                if !tap.losses.is_empty() {
                    ui.colored_label(palette.warn, "some not seen")
                        .on_hover_text(losses_words(tap));
                }
                let label = if refused { "Put away" } else { "Stop tap" };
                let stop = ui.add_enabled(tap.phase != Phase::Stopping, egui::Button::new(label));
                if stop.clicked() {
                    cx.act(Action::Tap(TapAction::Stop(tap.id)));
                }
            });
        });
}

fn keys_ui(ui: &mut Ui, tap: &Tap) {
    let palette = Palette::of(ui);
    let keys = tap.keys();
    if keys.is_empty() {
        return;
    }
    let text = RichText::new(&keys).font(theme::mono()).color(palette.weak);
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
