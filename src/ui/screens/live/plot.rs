//! How a number in a key's events changed over time.

use chrono::{DateTime, Local, Utc};
use eframe::egui::{self, Align, Layout, RichText, Ui, accesskit::Role};
use egui_plot::{HoverPosition, Line, Plot, Points};

use crate::ui::parts::theme::{Palette, STEP};
use crate::ui::parts::widgets::{button, empty_state, weak};

/// Height of the picture in points.
const HEIGHT: f32 = 150.0;
/// Up to this many points each is joined to the next; of more, spans of time are told apart, and of
/// all points in one span the lowest and highest are drawn.
const JOINED: usize = 300;
/// Up to this many points each gets a mark.
const MARKED: usize = 120;

/// Draws the points, oldest first, under a title. `state` says what else there is to know, such as
/// that older events are still being read; it may be empty. True if the person closed it.
pub fn plot_ui(ui: &mut Ui, title: &str, points: &[(DateTime<Utc>, f64)], state: &str) -> bool {
    let palette = Palette::of(ui);
    let mut closed = false;
    ui.horizontal(|ui| {
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            closed = button(ui, "Close plot", true).clicked();
            ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                ui.add(egui::Label::new(RichText::new(title).strong()).truncate());
            });
        });
    });
    let numbers = numbers(points);
    ui.horizontal_wrapped(|ui| {
        if let Some(words) = words(&numbers) {
            weak(ui, words);
        }
        if !state.is_empty() {
            weak(ui, state);
        }
    });
    if numbers.is_empty() {
        empty_state(
            ui,
            "Nothing to plot",
            "No event of this key has a number at this place",
        );
        return closed;
    }
    ui.add_space(STEP);
    let response = Plot::new("plot_over_time")
        .height(HEIGHT)
        .show_background(false)
        .grid_color(palette.line)
        .cursor_color(palette.weak)
        .allow_scroll(false)
        .x_axis_formatter(|mark, range| axis_clock(mark.value, range.end() - range.start()))
        .label_formatter(|position| match position {
            HoverPosition::NearDataPoint { position, .. } => Some(format!(
                "{}\n{}",
                axis_clock(position.x, 0.0),
                number_text(position.y)
            )),
            HoverPosition::Elsewhere { .. } => None,
        })
        .show(ui, |plot| {
            // Stroke by stroke: one line through all points grows spikes where it turns sharply.
            for stroke in strokes(&numbers) {
                let line = Line::new(title, stroke.to_vec());
                plot.line(line.color(palette.accent).width(1.5));
            }
            if numbers.len() <= MARKED {
                let marks = Points::new(title, numbers).color(palette.accent);
                plot.points(marks.radius(2.5));
            }
        });
    ui.ctx()
        .accesskit_node_builder(response.response.id, |node| {
            node.set_role(Role::Image);
            node.set_label(format!("Plot of {title}"));
        });
    closed
}

/// Seconds since 1970 and the number; what is infinite or no number cannot be drawn.
fn numbers(points: &[(DateTime<Utc>, f64)]) -> Vec<[f64; 2]> {
    let finite = points.iter().filter(|(_, number)| number.is_finite());
    finite
        .map(|(time, number)| {
            #[expect(
                clippy::cast_precision_loss,
                reason = "microseconds since 1970 are exact"
            )]
            let seconds = time.timestamp_micros() as f64 / 1e6;
            [seconds, *number]
        })
        .collect()
}

/// The lowest, highest and last number, and how many there are.
fn words(numbers: &[[f64; 2]]) -> Option<String> {
    let last = number_text(numbers.last()?[1]);
    let all = numbers.iter().map(|[_, number]| *number);
    let low = number_text(all.clone().fold(f64::INFINITY, f64::min));
    let high = number_text(all.fold(f64::NEG_INFINITY, f64::max));
    let count = match numbers.len() {
        1 => "1 point".to_owned(),
        count => format!("{count} points"),
    };
    Some(format!("min {low} · max {high} · last {last} · {count}"))
}

/// A number for people: at most six digits behind the point, none that say nothing.
fn number_text(number: f64) -> String {
    if number != 0.0 && !(1e-4..1e15).contains(&number.abs()) {
        return format!("{number:e}");
    }
    let text = format!("{number:.6}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// Local time; with fractions of a second where the picture spans only a few.
fn axis_clock(seconds: f64, span: f64) -> String {
    #[expect(clippy::cast_possible_truncation, reason = "out of range is no time")]
    let micros = (seconds * 1e6) as i64;
    let Some(time) = DateTime::from_timestamp_micros(micros) else {
        return String::new();
    };
    let format = if span > 5.0 {
        "%H:%M:%S"
    } else {
        "%H:%M:%S%.3f"
    };
    time.with_timezone(&Local).format(format).to_string()
}

/// The lines that make the picture: from point to point, or of many points one upright line for
/// each span of time, from the lowest to the highest.
fn strokes(numbers: &[[f64; 2]]) -> Vec<[[f64; 2]; 2]> {
    if numbers.len() <= JOINED {
        return numbers.windows(2).map(|two| [two[0], two[1]]).collect();
    }
    let spans = numbers.chunks(numbers.len().div_ceil(JOINED));
    spans
        .filter_map(|span| {
            let by_number = |a: &&[f64; 2], b: &&[f64; 2]| a[1].total_cmp(&b[1]);
            let (low, high) = (
                span.iter().min_by(by_number)?,
                span.iter().max_by(by_number)?,
            );
            let time = span.first()?[0];
            Some([[time, low[1]], [time, high[1]]])
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_say_what_the_picture_shows() {
        let time = DateTime::UNIX_EPOCH;
        let points = [1.5, -2.0, f64::NAN, 30.0, 0.125].map(|number| (time, number));
        let expected = "min -2 · max 30 · last 0.125 · 4 points";
        assert_eq!(words(&numbers(&points)).as_deref(), Some(expected));
        assert_eq!(words(&[]), None);
        assert_eq!(number_text(1e20), "1e20");
    }

    #[test]
    fn many_points_are_drawn_as_spans_that_keep_the_extremes() {
        let mut all: Vec<[f64; 2]> = (0..100_000).map(|n| [f64::from(n), 0.0]).collect();
        all[51_234][1] = 9.0;
        all[77_777][1] = -9.0;
        let drawn = strokes(&all);
        assert!(drawn.len() <= JOINED);
        assert_eq!(drawn.iter().filter(|[_, high]| high[1] > 8.0).count(), 1);
        assert_eq!(drawn.iter().filter(|[low, _]| low[1] < -8.0).count(), 1);
        assert_eq!(strokes(&all[..3]).len(), 2);
    }
}
