//! Looking into the open queue: what a look costs, said before it, and what it did, said after it.

use eframe::egui::{self, ComboBox, Label, RichText, TextEdit, Ui};

use crate::protocol::PutBack;
use crate::rabbitmq::peek_rules::{PAGE_SIZES, PeekVerdict};
use crate::rabbitmq::stream::StartKind;
use crate::state::Action;
use crate::state::alerts::AlertAction;
use crate::state::dead_letters::{DeadAction, LookAction, Peeked};
use crate::state::live::clock;
use crate::text::numbers::{count_of, thousands};
use crate::ui::Cx;
use crate::ui::parts::theme::{self, Palette};
use crate::ui::parts::widgets::{button, field_margin, weak};

/// The name of the queue, and the buttons to look into it.
pub(crate) fn peek_ui(ui: &mut Ui, cx: &mut Cx<'_>, queue: &str) {
    let (state, dead) = (cx.state, &cx.state.front.dead);
    let verdict = dead.looking.forecast.verdict;
    let idle = state.is_connected() && !dead.is_busy() && dead.peeking.is_none();
    let can = idle && verdict != PeekVerdict::Blocked;
    ui.horizontal(|ui| {
        if dead.is_stream() {
            if button(ui, "Read", can)
                .on_hover_text("Read from the place that is chosen; nothing is taken out")
                .clicked()
            {
                cx.act(Action::Dead(DeadAction::Look(LookAction::Read)));
            }
        } else if button(ui, "Peek", can)
            .on_hover_text("Borrow messages for a moment and put them back")
            .clicked()
        {
            cx.act(Action::Dead(DeadAction::Peek));
        }
        mute_ui(ui, cx, queue);
        let name = RichText::new(queue).font(egui::FontId::monospace(14.0));
        ui.add(Label::new(name.strong()).truncate());
    });
    ui.horizontal_wrapped(|ui| {
        if dead.is_stream() {
            from_ui(ui, cx);
        }
        size_ui(ui, cx);
        pages_ui(ui, cx, can);
    });
    forecast_ui(ui, cx);
}

/// What the next look does.
fn forecast_ui(ui: &mut Ui, cx: &Cx<'_>) {
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
    let words = |kind: StartKind| kind.words().to_owned();
    if let Some(kind) = choice_ui(ui, "Read from", from, &StartKind::ALL, words) {
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
    let (next, cost) = if dead.is_stream() {
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

fn mute_ui(ui: &mut Ui, cx: &mut Cx<'_>, queue: &str) {
    let alerts = &cx.state.front.alerts;
    let listed = cx.state.front.dead.queues.iter();
    if !alerts.wanted || !listed.into_iter().any(|dead| dead.queue.name == queue) {
        return;
    }
    let muted = alerts.is_muted(queue);
    let (name, words) = if muted {
        ("Unmute", "Tell on the desktop again when this queue grows")
    } else {
        ("Mute", "Do not tell on the desktop when this queue grows")
    };
    if button(ui, name, true).on_hover_text(words).clicked() {
        let action = AlertAction::Mute(queue.to_owned(), !muted);
        cx.act(Action::Alert(action));
    }
}

/// What the look did.
pub(crate) fn report_ui(ui: &mut Ui, cx: &Cx<'_>, peeked: &Peeked) {
    let palette = Palette::of(ui);
    let mut words = report_words(peeked);
    let window = cx.state.front.dead.window_words();
    if !window.is_empty() {
        words = format!("Shown are {window}. {words}");
    }
    ui.add(Label::new(RichText::new(words).color(palette.weak)).wrap());
}

fn report_words(peeked: &Peeked) -> String {
    let (borrowed, ms) = (thousands(u64::from(peeked.borrowed)), peeked.borrowed_ms);
    let (depth, at) = (thousands(u64::from(peeked.counted)), clock(peeked.at));
    let mut words = match peeked.put_back {
        PutBack::InOrder | PutBack::Somehow if peeked.borrowed == 0 => {
            format!("Looked into at {at}: nothing came")
        }
        PutBack::InOrder => {
            format!("{borrowed} of {depth} borrowed for {ms} ms, put back in order at {at}")
        }
        PutBack::Somehow => format!("{borrowed} of {depth} borrowed for {ms} ms, put back at {at}"),
        PutBack::Untouched => {
            format!("Read in {ms} ms at {at}; nothing in the stream changed")
        }
    };
    if !peeked.remark.is_empty() {
        words = format!("{words}. {}", peeked.remark);
    }
    words
}
