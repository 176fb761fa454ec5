//! An opened recording over its time: how fast events came, marks where something is worth looking at, and
//! the slider that goes through it.

use chrono::DateTime;
use eframe::egui::{
    Align2, Color32, FontId, Frame, Id, Key, Margin, Modal, Panel, Pos2, Rect, RichText, Sense,
    Shape, Slider, Stroke, Ui, pos2, vec2,
};

use crate::address::Address;
use crate::state::Action;
use crate::state::recordings::RecordingAction;
use crate::state::recordings::replaying::ReplayAction;
use crate::state::recordings::scrub::{Mark, MarkKind, Scrub, Zoom};
use crate::ui::Cx;
use crate::ui::parts::theme::{self, Palette, STEP};
use crate::ui::parts::widgets::{button, primary_button, stacked_field, weak};

/// Height of the picture, in points.
const HEIGHT: f32 = 44.0;
/// The pointer is at a mark within so many points.
const NEAR: f32 = 5.0;

/// Draws it, if a recording stands in front.
pub(super) fn scrub_ui(ui: &mut Ui, cx: &mut Cx<'_>) {
    let Some(scrub) = &cx.state.front.scrub else {
        return;
    };
    let frame = Frame::new()
        .fill(Palette::of(ui).panel)
        .inner_margin(Margin::symmetric(12, 6));
    Panel::top("scrub").frame(frame).show(ui, |ui| {
        cx.memory.regions.panel(ui, 4);
        let marks = marks(cx, scrub);
        picture_ui(ui, cx, scrub, &marks);
        slider_ui(ui, cx, scrub);
        buttons_ui(ui, cx, scrub, &marks);
    });
    note_ui(ui, cx);
}

fn act(cx: &mut Cx<'_>, action: RecordingAction) {
    cx.act(Action::Recording(action));
}

fn seek(cx: &mut Cx<'_>, to_ms: i64, is_moving: bool) {
    cx.memory.reveal = true;
    act(cx, RecordingAction::Seek { to_ms, is_moving });
}

/// Where the person is: at the event that is looked at, if it is one of the recording.
fn position(cx: &Cx<'_>, scrub: &Scrub) -> i64 {
    let live = &cx.state.live;
    let lead = live.selection.lead();
    let found = lead.and_then(|number| Some((number, live.log.event(number)?)));
    let own = found.filter(|(_, event)| event.tap().source == cx.state.front.id);
    own.map_or(scrub.position_ms(), |(number, event)| {
        scrub.position_at(number, event.received_ms())
    })
}

/// All marks: those of the file, and new shapes among what was read. They are few.
fn marks(cx: &Cx<'_>, scrub: &Scrub) -> Vec<Mark> {
    let mut marks = scrub.marks().to_vec();
    let live = &cx.state.live;
    for shape in live.judging.new_shapes() {
        let event = live.log.event(shape.number);
        let own = event.filter(|event| event.tap().source == cx.state.front.id);
        if let Some(event) = own {
            marks.push(Mark {
                at_ms: event.received_ms(),
                kind: MarkKind::NewShape,
                words: format!("New on {}: {}", shape.key, shape.words),
            });
        }
    }
    marks.sort_by_key(|mark| mark.at_ms);
    marks
}

#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    reason = "places in a picture"
)]
fn picture_ui(ui: &mut Ui, cx: &mut Cx<'_>, scrub: &Scrub, marks: &[Mark]) {
    let palette = Palette::of(ui);
    let size = vec2(ui.available_width(), HEIGHT);
    let (rect, response) = ui.allocate_exact_size(size, Sense::hover());
    let (from, to) = scrub.shown();
    let span = (to - from).max(1) as f32;
    let x = |ms: i64| rect.left() + (ms - from) as f32 / span * rect.width();
    let painter = ui.painter().with_clip_rect(rect);
    painter.rect_filled(rect, 3, palette.base);
    let highest = scrub.bars().iter().copied().fold(0.0, f32::max);
    let wide = rect.width() / scrub.bars().len().max(1) as f32;
    for (place, rate) in scrub.bars().iter().enumerate() {
        if *rate > 0.0 {
            let height = (rate / highest * (HEIGHT - 12.0)).max(1.5);
            let left = rect.left() + place as f32 * wide;
            let bar = Rect::from_min_max(
                pos2(left, rect.bottom() - height),
                pos2(left + (wide - 1.0).max(1.0), rect.bottom()),
            );
            painter.rect_filled(bar, 0, palette.accent.gamma_multiply(0.55));
        }
    }
    // What was read has a line below it.
    if let Some((first, last)) = scrub.covered() {
        let line = Rect::from_min_max(
            pos2(x(first.timestamp_millis()), rect.bottom() - 2.0),
            pos2(x(last.timestamp_millis()), rect.bottom()),
        );
        painter.rect_filled(line, 0, palette.good);
    }
    for mark in marks {
        painter.extend(shapes(mark.kind, pos2(x(mark.at_ms), rect.top()), palette));
    }
    let place = x(position(cx, scrub));
    let line = [pos2(place, rect.top()), pos2(place, rect.bottom())];
    painter.line_segment(line, Stroke::new(1.5, palette.text));
    let top = format!("{highest:.1}/s");
    painter.text(
        rect.right_top() + vec2(-4.0, 2.0),
        Align2::RIGHT_TOP,
        top,
        FontId::proportional(theme::SIZES[0]),
        palette.weak,
    );
    let Some(hovered) = response.hover_pos() else {
        return;
    };
    let at_ms = from + ((hovered.x - rect.left()) / rect.width() * span) as i64;
    let near = |mark: &&Mark| (x(mark.at_ms) - hovered.x).abs() <= NEAR;
    let mut words: Vec<String> = marks
        .iter()
        .filter(near)
        .take(8)
        .map(|mark| mark.words.clone())
        .collect();
    if let Some(at) = DateTime::from_timestamp_millis(at_ms) {
        words.insert(0, cx.state.live.setup.times.with_date(at));
    }
    response.on_hover_text(words.join("\n"));
    if ui.input(|input| input.pointer.primary_clicked()) && ui.rect_contains_pointer(rect) {
        seek(cx, at_ms, false);
    }
}

/// A gap is a line through the picture, a note a triangle on top, a new shape a square.
fn shapes(kind: MarkKind, at: Pos2, palette: &Palette) -> Vec<Shape> {
    let polygon =
        |points: Vec<Pos2>, color: Color32| Shape::convex_polygon(points, color, Stroke::NONE);
    match kind {
        MarkKind::Gap => vec![Shape::line_segment(
            [at, at + vec2(0.0, HEIGHT)],
            Stroke::new(2.0, palette.bad),
        )],
        MarkKind::Note => vec![polygon(
            vec![
                at + vec2(-5.0, 0.0),
                at + vec2(5.0, 0.0),
                at + vec2(0.0, 8.0),
            ],
            palette.accent,
        )],
        MarkKind::NewShape => vec![polygon(
            vec![
                at + vec2(-3.0, 2.0),
                at + vec2(3.0, 2.0),
                at + vec2(3.0, 8.0),
                at + vec2(-3.0, 8.0),
            ],
            palette.warn,
        )],
    }
}

#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    reason = "milliseconds of a slider"
)]
fn slider_ui(ui: &mut Ui, cx: &mut Cx<'_>, scrub: &Scrub) {
    let (from, to) = scrub.shown();
    let now = position(cx, scrub);
    let mut at = (now - from) as f64;
    let times = cx.state.live.setup.times;
    let shown = |ms: i64| DateTime::from_timestamp_millis(ms).map(|at| times.with_date(at));
    ui.horizontal(|ui| {
        let label = 76.0;
        ui.spacing_mut().slider_width = (ui.available_width() - label).max(80.0);
        let slider = Slider::new(&mut at, 0.0..=(to - from) as f64)
            .show_value(false)
            .text("Position");
        let response = ui.add(slider);
        if response.changed() || response.drag_stopped() {
            let is_moving = response.dragged();
            seek(cx, from + at as i64, is_moving);
        }
        response.on_hover_text(shown(now).unwrap_or_default());
    });
}

fn buttons_ui(ui: &mut Ui, cx: &mut Cx<'_>, scrub: &Scrub, marks: &[Mark]) {
    let now = position(cx, scrub);
    let palette = Palette::of(ui);
    ui.horizontal_wrapped(|ui| {
        if let Some(at) = DateTime::from_timestamp_millis(now) {
            let text = cx.state.live.setup.times.with_date(at);
            ui.label(RichText::new(text).font(theme::mono()));
        }
        let before = marks.iter().rev().find(|mark| mark.at_ms < now);
        let after = marks.iter().find(|mark| mark.at_ms > now);
        for (label, mark) in [("Previous mark", before), ("Next mark", after)] {
            let to = button(ui, label, mark.is_some());
            if let Some(mark) = mark
                && to.on_hover_text(&mark.words).clicked()
            {
                seek(cx, mark.at_ms, false);
            }
        }
        for (label, zoom, is_possible) in [
            ("Zoom in", Zoom::In, true),
            ("Zoom out", Zoom::Out, !scrub.is_whole()),
            ("Whole recording", Zoom::Whole, !scrub.is_whole()),
        ] {
            if button(ui, label, is_possible).clicked() {
                act(cx, RecordingAction::Zoom(zoom));
            }
        }
        if button(ui, "Add note…", true)
            .on_hover_text("Write a note into the recording, at this position")
            .clicked()
        {
            cx.memory.noting = true;
        }
        if let Some(Address::Recording(path)) = cx.state.front.address()
            && button(ui, "Replay…", true)
                .on_hover_text("Send its events to a broker once more")
                .clicked()
        {
            cx.act(Action::Replay(ReplayAction::Ask(path.clone())));
        }
        if let Some(words) = scrub.unread_words() {
            weak(ui, words);
            if scrub.has_more()
                && button(ui, "Read on", true)
                    .on_hover_text("Read the events behind those that were read")
                    .clicked()
            {
                act(cx, RecordingAction::ReadOn);
            }
        }
        // What the mark at the position says.
        if let Some(mark) = marks.iter().rev().find(|mark| mark.at_ms <= now)
            && now - mark.at_ms < (scrub.shown().1 - scrub.shown().0) / 100
        {
            ui.label(RichText::new(&mark.words).color(palette.warn));
        }
    });
}

/// Asks for a note.
fn note_ui(ui: &Ui, cx: &mut Cx<'_>) {
    if !cx.memory.noting {
        return;
    }
    let note = &mut cx.forms.recordings.note;
    let frame = Frame::popup(ui.style()).inner_margin(Margin::same(20));
    let modal = Modal::new(Id::unique("note_here"))
        .frame(frame)
        .show(ui.ctx(), |ui| {
            ui.set_width(420.0);
            ui.heading("Add a note");
            weak(
                ui,
                "It is written into the file, at the position of the slider",
            );
            ui.add_space(STEP);
            let field = stacked_field(ui, "Words", note);
            let is_typed = !note.trim().is_empty();
            let enter = field.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter));
            ui.add_space(STEP * 2.0);
            ui.horizontal(|ui| {
                (
                    primary_button(ui, "Write note", is_typed).clicked() || (enter && is_typed),
                    button(ui, "Cancel", true).clicked(),
                )
            })
            .inner
        });
    let (is_written, is_cancelled) = modal.inner;
    if is_written {
        act(cx, RecordingAction::NoteHere);
    }
    if is_written || is_cancelled || modal.should_close() {
        cx.memory.noting = false;
    }
}
