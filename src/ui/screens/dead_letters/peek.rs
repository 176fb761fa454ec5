//! Looking into the open queue: what a look costs, said before it, and what it did, said after it.

use chrono::{DateTime, Local, Utc};
use eframe::egui::{self, ComboBox, Label, RichText, TextEdit, Ui};

use crate::protocol::PutBack;
use crate::rabbitmq::peek_rules::{PAGE_SIZES, PeekVerdict};
use crate::rabbitmq::stream::StartKind;
use crate::state::Action;
use crate::state::dead_letters::{DeadAction, LookAction, Peeked};
use crate::text::numbers::count_of;
use crate::ui::Cx;
use crate::ui::parts::by_source;
use crate::ui::parts::theme::{self, Palette};
use crate::ui::parts::widgets::{button, field_margin, weak};

/// Where reading a log may begin.
const LOG_STARTS: [StartKind; 4] = [
    StartKind::Last,
    StartKind::First,
    StartKind::Offset,
    StartKind::Time,
];

/// Looks into the queue, or reads it.
pub(crate) fn look_ui(ui: &mut Ui, cx: &mut Cx<'_>) {
    let can = can_look(cx);
    if cx.state.front.dead.is_stream() {
        if button(ui, "Read", can)
            .on_hover_text("Read from the place that is chosen; nothing is taken out")
            .clicked()
        {
            cx.act(Action::Dead(DeadAction::Look(LookAction::Read)));
        }
        return;
    }
    let (name, about) = by_source::front_words(cx.state).dead.look;
    if button(ui, name, can).on_hover_text(about).clicked() {
        cx.act(Action::Dead(DeadAction::Peek));
    }
}

fn can_look(cx: &Cx<'_>) -> bool {
    let dead = &cx.state.front.dead;
    let idle = cx.state.is_connected() && !dead.is_busy() && dead.peeking.is_none();
    idle && (dead.log.is_on || dead.looking.forecast.verdict != PeekVerdict::Blocked)
}

/// From where a stream is read, and how much of it.
pub(crate) fn stream_ui(ui: &mut Ui, cx: &mut Cx<'_>) {
    ui.horizontal_wrapped(|ui| {
        from_ui(ui, cx);
        size_ui(ui, cx);
    });
}

/// How many messages are shown at once, each choice a line of a menu.
pub(crate) fn page_sizes_ui(ui: &mut Ui, cx: &mut Cx<'_>) {
    weak(ui, "Show at once");
    let size = cx.state.front.dead.looking.size;
    for other in PAGE_SIZES {
        let words = count_of(u64::from(other), "message");
        if ui.radio(other == size, words).clicked() {
            cx.act(Action::Dead(DeadAction::Look(LookAction::PageSize(other))));
            ui.close();
        }
    }
}

/// What the next look does.
pub(crate) fn forecast_ui(ui: &mut Ui, cx: &Cx<'_>) {
    let palette = Palette::of(ui);
    let forecast = &cx.state.front.dead.looking.forecast;
    let color = match forecast.verdict {
        PeekVerdict::Free | PeekVerdict::Stream => palette.weak,
        PeekVerdict::Read => palette.warn,
        PeekVerdict::Blocked => palette.bad,
    };
    ui.add(Label::new(RichText::new(&forecast.words).color(color)).wrap());
}

/// A choice whose value is also told to assistive technology.
fn choice_ui<T: Copy + PartialEq>(
    ui: &mut Ui,
    label: &str,
    current: T,
    all: &[T],
    words: impl Fn(T) -> String,
) -> Option<T> {
    let mut chosen = None;
    let name = weak(ui, label);
    let combo = ComboBox::from_id_salt(label)
        .selected_text(words(current))
        .width(104.0)
        .show_ui(ui, |ui| {
            for other in all {
                if ui
                    .selectable_label(*other == current, words(*other))
                    .clicked()
                {
                    chosen = Some(*other);
                    ui.close();
                }
            }
        });
    let response = combo.response.labelled_by(name.id);
    ui.ctx()
        .accesskit_node_builder(response.id, |node| node.set_description(words(current)));
    chosen
}

fn size_ui(ui: &mut Ui, cx: &mut Cx<'_>) {
    let size = cx.state.front.dead.looking.size;
    let words = |size: u32| count_of(u64::from(size), "message");
    if let Some(size) = choice_ui(ui, "Show", size, &PAGE_SIZES, words) {
        cx.act(Action::Dead(DeadAction::Look(LookAction::PageSize(size))));
    }
}

fn from_ui(ui: &mut Ui, cx: &mut Cx<'_>) {
    let from = cx.state.front.dead.looking.from;
    let is_log = cx.state.front.dead.log.is_on;
    let words = |kind: StartKind| match kind {
        StartKind::First if is_log => "The oldest".to_owned(),
        StartKind::Last if is_log => "The newest".to_owned(),
        kind => kind.words().to_owned(),
    };
    let all: &[StartKind] = if is_log { &LOG_STARTS } else { &StartKind::ALL };
    if let Some(kind) = choice_ui(ui, "Read from", from, all, words) {
        cx.act(Action::Dead(DeadAction::Look(LookAction::From(kind))));
    }
    let Some(label) = from.field() else {
        return;
    };
    let name = weak(ui, label);
    let hint = match from {
        StartKind::Time => "2026-01-31T12:00:00Z",
        _ => "0",
    };
    let edit = TextEdit::singleline(&mut cx.forms.stream_from)
        .font(theme::mono())
        .hint_text(hint)
        .desired_width(170.0)
        .margin(field_margin());
    let field = ui.add(edit).labelled_by(name.id);
    let enter = field.lost_focus() && ui.input(|input| input.key_pressed(egui::Key::Enter));
    if enter {
        cx.act(Action::Dead(DeadAction::Look(LookAction::Read)));
    }
}

fn pages_ui(ui: &mut Ui, cx: &mut Cx<'_>, can: bool) {
    let dead = &cx.state.front.dead;
    let (next, cost) = if dead.log.is_on {
        (
            dead.log_goes_on().1,
            "Read on behind what is shown".to_owned(),
        )
    } else if dead.is_stream() {
        let any = dead.peeked.as_ref().is_some_and(|p| !p.messages.is_empty());
        (any, "Read on behind what is shown".to_owned())
    } else {
        let page = dead.next_page();
        let cost = page.map_or("There is none within reach".to_owned(), |page| {
            let reach = count_of(u64::from(page.reach()), "message");
            format!("Borrow the first {reach} of the queue and put them back")
        });
        (page.is_some(), cost)
    };
    let previous = dead.has_previous_page();
    if !next && !previous {
        return;
    }
    if button(ui, "Previous page", can && previous).clicked() {
        cx.act(Action::Dead(DeadAction::Look(LookAction::PreviousPage)));
    }
    if button(ui, "Next page", can && next)
        .on_hover_text(cost)
        .clicked()
    {
        cx.act(Action::Dead(DeadAction::Look(LookAction::NextPage)));
    }
}

/// What the look showed, and how true that still is.
pub(crate) fn report_ui(ui: &mut Ui, cx: &mut Cx<'_>, peeked: &Peeked) {
    let palette = Palette::of(ui);
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing.x = 6.0;
        let dead = &cx.state.front.dead;
        let words = report_words(peeked, &dead.window_words(), dead.log.is_on);
        ui.add(Label::new(RichText::new(words).color(palette.weak)).wrap())
            .on_hover_text(how_words(peeked));
        if let Some(words) = peeked.since() {
            let words = RichText::new(words).color(palette.warn);
            let told = ui.label(words);
            if let Some((at, _)) = peeked.counted {
                told.on_hover_text(format!("As the broker counted the queue at {}", time(at)));
            }
            if button(ui, "Peek again", can_look(cx)).clicked() {
                cx.act(Action::Dead(DeadAction::Peek));
            }
        }
        let marked = cx.state.front.dead.marked_words();
        if !marked.is_empty() {
            ui.label(RichText::new(marked).color(palette.text));
        }
        let reach = cx.state.front.dead.reach_words();
        if !reach.is_empty() {
            ui.add(Label::new(RichText::new(reach).color(palette.weak)).wrap());
        }
        let can = can_look(cx);
        pages_ui(ui, cx, can);
    });
}

/// A time of day, local.
fn time(at: DateTime<Utc>) -> String {
    at.with_timezone(&Local).format("%H:%M:%S").to_string()
}

/// One sentence, all of it of the same moment.
fn report_words(peeked: &Peeked, what: &str, is_log: bool) -> String {
    let at = time(peeked.at);
    let mut words = match peeked.put_back {
        PutBack::Untouched if is_log => format!("{what}, read at {at}; nothing was taken out"),
        PutBack::Untouched => format!("{what}, read at {at}; nothing in the stream changed"),
        _ if peeked.borrowed == 0 => format!("Looked into at {at}: nothing came"),
        PutBack::InOrder => format!("{what}, looked at {at}"),
        PutBack::Somehow => format!("{what}, looked at {at}; their order may have changed"),
    };
    if !peeked.remark.is_empty() {
        words = format!("{words}. {}", peeked.remark);
    }
    words
}

/// How it was looked at, for who wants to know.
fn how_words(peeked: &Peeked) -> String {
    let ms = peeked.borrowed_ms;
    let borrowed = count_of(u64::from(peeked.borrowed), "message");
    match peeked.put_back {
        PutBack::InOrder => format!("{borrowed} borrowed for {ms} ms and put back in order"),
        PutBack::Somehow => format!("{borrowed} borrowed for {ms} ms and put back"),
        PutBack::Untouched => format!("Read in {ms} ms"),
    }
}
