//! A number of the payloads on one key, over time.

use chrono::{DateTime, Local};
use eframe::egui::{self, Ui, accesskit::Role};
use egui_plot::{HoverPosition, Line, Plot, PlotPoints, Points};

use super::super::Cx;
use super::super::status_bar::thousands;
use super::super::theme::{self, Palette};
use super::super::widgets::{button, weak};
use crate::search::Series;
use crate::state::Action;
use crate::state::live::LiveAction;

/// Points that are drawn; of more, every so-many-th.
const MOST_DRAWN: usize = 2_000;

/// Draws the plot with its way out.
pub(super) fn plot_ui(ui: &mut Ui, cx: &mut Cx<'_>) {
    let Some(series) = &cx.state.live.plot else {
        return;
    };
    let mut close = false;
    ui.horizontal(|ui| {
        let title = format!("{} of {}", series.path, series.key);
        ui.label(egui::RichText::new(title).font(theme::mono()));
        weak(ui, words(series));
        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
            close = button(ui, "Close plot", true).clicked();
        });
    });
    graph_ui(ui, series);
    if close {
        cx.act(Action::Live(LiveAction::ClosePlot));
    }
}

fn words(series: &Series) -> String {
    let points = series.points();
    let Some((_, last)) = points.last() else {
        return "No number was found there".to_owned();
    };
    let values = points.iter().map(|(_, value)| *value);
    let minimum = values.clone().fold(f64::INFINITY, f64::min);
    let maximum = values.fold(f64::NEG_INFINITY, f64::max);
    let count = thousands(points.len() as u64);
    format!("min {minimum} · max {maximum} · last {last} · {count} points")
}

fn graph_ui(ui: &mut Ui, series: &Series) {
    let palette = Palette::of(ui);
    let all = series.points();
    let every = all.len().div_ceil(MOST_DRAWN).max(1);
    // The newest is always among them.
    let mut drawn: Vec<[f64; 2]> = all
        .iter()
        .rev()
        .step_by(every)
        .map(|(time, value)| [seconds(*time), *value])
        .collect();
    drawn.reverse();
    let color = palette.accent;
    let response = Plot::new("number over time")
        .show_axes([true, true])
        .show_grid([true, true])
        .allow_scroll(false)
        .height(ui.available_height())
        .x_axis_formatter(|mark, _| time_text(mark.value, "%H:%M:%S"))
        .label_formatter(|near| match near {
            HoverPosition::NearDataPoint { position, .. } => {
                let time = time_text(position.x, "%H:%M:%S%.3f");
                Some(format!("{time}\n{}", position.y))
            }
            HoverPosition::Elsewhere { .. } => None,
        })
        .show(ui, |plot| {
            plot.line(Line::new("value", PlotPoints::from(drawn.clone())).color(color));
            if drawn.len() <= 200 {
                let points = Points::new("value", PlotPoints::from(drawn));
                plot.points(points.color(color).radius(2.5));
            }
        })
        .response;
    let label = format!("Plot of {} over time", series.path);
    response.widget_info(|| egui::WidgetInfo::labeled(Role::GraphicsObject, true, &label));
}

#[expect(clippy::cast_precision_loss, reason = "milliseconds since 1970 fit")]
fn seconds(time: DateTime<chrono::Utc>) -> f64 {
    time.timestamp_millis() as f64 / 1_000.0
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "a place beyond the calendar has no text"
)]
fn time_text(seconds: f64, format: &str) -> String {
    DateTime::from_timestamp_millis((seconds * 1_000.0) as i64)
        .map(|time| time.with_timezone(&Local).format(format).to_string())
        .unwrap_or_default()
}
