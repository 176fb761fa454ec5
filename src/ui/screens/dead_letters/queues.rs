//! The dead-letter queues with their depth and where their messages come from.

use chrono::Utc;
use eframe::egui::{
    self, Button, FontId, ScrollArea, Sense, TextEdit, Ui, WidgetInfo, accesskit::Role,
};

use super::log;
use crate::rabbitmq::losing::Losing;
use crate::rabbitmq::topology::{DeadLetterQueue, Queue, TopologySource};
use crate::repair::dead_place::DeadPlace;
use crate::repair::oldest::UNKNOWN;
use crate::state::Action;
use crate::state::alerts::AlertAction;
use crate::state::dead_letters::DeadAction;
use crate::text::numbers::{count_of, span, thousands};
use crate::ui::Cx;
use crate::ui::parts::by_source;
use crate::ui::parts::theme::{self, Palette, STEP};
use crate::ui::parts::widgets::{button, cell, field_margin, section, small_label, weak};

/// Most origins that are told of.
const ORIGINS: usize = 10;

/// Most queues that are listed apart.
const LISTED: usize = 30;

/// Most queues that are listed as losing.
const LOSING: usize = 30;

pub(crate) fn queues_ui(ui: &mut Ui, cx: &mut Cx<'_>) {
    cx.memory.regions.panel(ui, 1);
    section(ui, by_source::front_words(cx.state).dead.places);
    let state = cx.state;
    let list_height = (ui.available_height() - 172.0).max(80.0);
    let now = Utc::now().timestamp();
    ScrollArea::vertical()
        .max_height(list_height)
        .auto_shrink([false, true])
        .show(ui, |ui| {
            ui.spacing_mut().item_spacing.y = 2.0;
            if state.front.dead.queues.is_empty() {
                weak(ui, empty_words(cx));
            }
            for dead in &state.front.dead.queues {
                let open = state.front.dead.queue.as_ref() == Some(&dead.queue.name);
                let (facts, more) = (facts(cx, dead, now), more(cx, dead));
                if queue_ui(ui, &dead.queue, true, &facts, &more, open) {
                    let name = dead.queue.name.clone();
                    cx.actions.push(Action::Dead(DeadAction::OpenQueue(name)));
                }
            }
            waits_ui(ui, cx);
            unrouted_ui(ui, cx);
            losing_ui(ui, &state.front.dead.losing);
            if let Some(words) = &state.front.dead.log.problem {
                weak(
                    ui,
                    format!("Topics with dead letters could not be found: {words}"),
                );
            }
            if state.front.topology.source == TopologySource::Amqp
                && !state.front.dead.log.is_on
                && !state.front.dead.seen_dying.is_empty()
            {
                ui.add_space(STEP);
                let names: Vec<&str> = state
                    .front
                    .dead
                    .seen_dying
                    .iter()
                    .map(String::as_str)
                    .collect();
                weak(
                    ui,
                    format!("Messages were seen that died in: {}", names.join(", ")),
                );
            }
        });
    ui.add_space(STEP);
    let mut wanted = state.front.alerts.wanted;
    if ui
        .checkbox(&mut wanted, "Notify about new dead letters")
        .on_hover_text("Tell on the desktop when a queue of this list grows, once a minute at most")
        .changed()
    {
        cx.act(Action::Alert(AlertAction::Notify(wanted)));
    }
    if !cx.state.front.dead.log.is_on {
        parking_ui(ui, cx);
    }
    let name = small_label(ui, by_source::front_words(cx.state).dead.place);
    ui.horizontal(|ui| {
        // Not one that changes with the length of the list above it: typing would end.
        let edit = TextEdit::singleline(&mut cx.forms.queue)
            .id(egui::Id::unique("typed queue"))
            .font(theme::mono())
            .desired_width(ui.available_width() - 72.0)
            .margin(field_margin());
        let field = ui.add(edit).labelled_by(name.id);
        let enter = field.lost_focus() && ui.input(|input| input.key_pressed(egui::Key::Enter));
        let can = state.is_connected() && !cx.forms.queue.trim().is_empty();
        if button(ui, "Open", can)
            .on_hover_text("Look into any by its name")
            .clicked()
            || (enter && can)
        {
            cx.act(Action::Dead(DeadAction::OpenTyped));
        }
    });
}

/// Which queues the person says are such ones.
fn parking_ui(ui: &mut Ui, cx: &mut Cx<'_>) {
    let name = small_label(ui, "Also dead-letter queues");
    let edit = TextEdit::singleline(&mut cx.forms.parking)
        .id(egui::Id::unique("also dead-letter queues"))
        .font(theme::mono())
        .hint_text("*.parked, failed-*")
        .desired_width(f32::INFINITY)
        .margin(field_margin());
    let field = ui.add(edit).labelled_by(name.id).on_hover_text(
        "Names of queues into which failed messages are published. Separate several with commas; \
         * stands for any text. The usual names of frameworks are known, such as orders_error, default.XQ or \
         error",
    );
    if field.changed() {
        cx.act(Action::Dead(DeadAction::Parking));
    }
}

fn empty_words(cx: &Cx<'_>) -> &'static str {
    let log = &cx.state.front.dead.log;
    if log.is_on && !log.is_found {
        return "Looking for topics with dead letters …";
    }
    if log.is_on {
        return by_source::front_words(cx.state).no_dead_letters;
    }
    match cx.state.front.topology.source {
        TopologySource::Management => by_source::front_words(cx.state).no_dead_letters,
        TopologySource::Amqp => {
            "Without the management API, queues cannot be listed. Type the name of one below"
        }
    }
}

/// How fast it grows, how old its oldest is, where its messages come from, and who takes them.
fn facts(cx: &Cx<'_>, dead: &DeadLetterQueue, now: i64) -> String {
    let mut facts = Vec::new();
    if cx.state.front.alerts.is_muted(&dead.queue.name) {
        facts.push("muted".to_owned());
    }
    // Who else takes messages here is to be known before anything is sent or thrown away.
    if let Some(count) = dead.queue.consumers.filter(|count| *count > 0) {
        facts.push(count_of(count, "consumer"));
    }
    facts.extend(cx.state.front.dead.growth.words(&dead.queue.name));
    if let Some(place) = cx.state.front.dead.log.place(&dead.queue.name) {
        facts.extend(place_facts(place, now));
    } else if dead.queue.ready != Some(0) {
        let oldest = cx.state.front.dead.oldest(&dead.queue);
        facts.push(oldest.map_or("age not known".to_owned(), |oldest| oldest.words(now)));
    }
    if !dead.origins.is_empty() {
        facts.push(format!("from {}", dead.origins.join(", ")));
    }
    if let Some(says) = cx.state.front.dead.parking.says(&dead.queue.name) {
        facts.push(says.to_owned());
    }
    facts.join(" · ")
}

/// What is known of a topic of dead letters.
fn place_facts(place: &DeadPlace, now: i64) -> Vec<String> {
    let mut facts = Vec::new();
    if place.done > 0 {
        facts.push(format!("{} done", thousands(place.done)));
    }
    if let Some(newest) = place.newest {
        facts.push(format!("newest {} ago", span(now - newest.timestamp())));
    }
    facts.extend(place.written_by.clone());
    if !place.warnings.is_empty() {
        facts.push("read the warning".to_owned());
    }
    facts
}

/// The same at more length: how what is said is known.
fn more(cx: &Cx<'_>, dead: &DeadLetterQueue) -> String {
    let mut lines = Vec::new();
    if let Some(place) = cx.state.front.dead.log.place(&dead.queue.name) {
        lines.push(log::why_words(place));
        lines.extend(place.warnings.iter().cloned());
        return lines.join("\n");
    }
    for origin in dead.origins.iter().take(ORIGINS) {
        let way = cx.state.front.topology.way_of_the_dead(origin);
        let way = way.unwrap_or_else(|| "it publishes here what failed".to_owned());
        lines.push(format!("From {origin}: {way}"));
    }
    if dead.origins.len() > ORIGINS {
        lines.push(format!("and {} more", dead.origins.len() - ORIGINS));
    }
    if dead.queue.ready != Some(0) {
        let oldest = cx.state.front.dead.oldest(&dead.queue);
        lines.push(oldest.map_or(UNKNOWN.to_owned(), |oldest| oldest.reason()));
    }
    lines.join("\n")
}

/// Queues in which nothing is dead: what lies there comes out again by itself.
fn waits_ui(ui: &mut Ui, cx: &mut Cx<'_>) {
    let state = cx.state;
    let roles = &state.front.dead.ground.roles;
    let rows: Vec<(&Queue, String, String)> = roles
        .waits
        .iter()
        .take(LISTED)
        .map(|wait| {
            let from = match wait.from.as_slice() {
                [] => "Messages are published to it".to_owned(),
                from => format!("From {}", from.join(", ")),
            };
            (&wait.queue, wait.words(), from)
        })
        .collect();
    let words = "What lies here is not dead: it comes out by itself to be worked on";
    apart_ui(
        ui,
        cx,
        ("RETRY LOOPS AND DELAYS", words),
        &rows,
        roles.waits.len(),
    );
}

/// Queues that take what nothing else took.
fn unrouted_ui(ui: &mut Ui, cx: &mut Cx<'_>) {
    let state = cx.state;
    let roles = &state.front.dead.ground.roles;
    let rows: Vec<(&Queue, String, String)> = roles
        .unrouted
        .iter()
        .take(LISTED)
        .map(|one| {
            let facts = format!("what {} cannot route", one.origins.join(", "));
            (&one.queue, facts, String::new())
        })
        .collect();
    let words = by_source::front_words(state).unrouted;
    apart_ui(ui, cx, ("UNROUTED", words), &rows, roles.unrouted.len());
}

/// Queues that can be opened like the others, but count for no badge and no message.
fn apart_ui(
    ui: &mut Ui,
    cx: &mut Cx<'_>,
    (title, words): (&str, &str),
    rows: &[(&Queue, String, String)],
    all: usize,
) {
    if rows.is_empty() {
        return;
    }
    ui.add_space(STEP * 2.0);
    section(ui, title);
    weak(ui, words);
    for (queue, facts, more) in rows {
        let open = cx.state.front.dead.queue.as_ref() == Some(&queue.name);
        if queue_ui(ui, queue, false, facts, more, open) {
            let name = queue.name.clone();
            cx.actions.push(Action::Dead(DeadAction::OpenQueue(name)));
        }
    }
    if all > rows.len() {
        weak(ui, format!("and {} more", all - rows.len()));
    }
}

/// Queues whose dead letters nobody will ever see: folded, because on most brokers there are many, and
/// most of them are meant to be so.
fn losing_ui(ui: &mut Ui, losing: &[Losing]) {
    if losing.is_empty() {
        return;
    }
    ui.add_space(STEP * 2.0);
    let words = |count: usize, what: &str| format!("{} {what}", count_of(count as u64, "queue"));
    let (without, broken): (Vec<&Losing>, Vec<&Losing>) =
        losing.iter().partition(|one| one.has_none);
    fold_ui(ui, &words(broken.len(), "losing dead letters"), &broken);
    let title = words(without.len(), by_source::NO_GRAVE);
    fold_ui(ui, &title, &without);
}

fn fold_ui(ui: &mut Ui, title: &str, losing: &[&Losing]) {
    let Some(first) = losing.first() else {
        return;
    };
    let id = ui.unique_id().with(("losing", first.has_none));
    let is_open = ui.data(|data| data.get_temp::<bool>(id)).unwrap_or(false);
    let label = if is_open {
        title.to_owned()
    } else {
        format!("{title} ›")
    };
    // A header of egui's own would be as wide as its words, and so would the panel.
    let button = Button::new(label).frame(false).truncate();
    let about = "What they reject or let expire is lost";
    if ui.add(button).on_hover_text(about).clicked() {
        ui.data_mut(|data| data.insert_temp(id, !is_open));
    }
    if !is_open {
        return;
    }
    weak(ui, about);
    let color = Palette::of(ui).text;
    for one in losing.iter().take(LOSING) {
        let words = format!("{} {}", one.queue, one.why);
        ui.add(egui::Label::new(egui::RichText::new(words).color(color)).wrap());
    }
    if losing.len() > LOSING {
        weak(ui, format!("and {} more", losing.len() - LOSING));
    }
}

fn queue_ui(
    ui: &mut Ui,
    queue: &Queue,
    is_dead: bool,
    facts: &str,
    more: &str,
    open: bool,
) -> bool {
    let palette = Palette::of(ui);
    let height = if facts.is_empty() { 30.0 } else { 44.0 };
    let size = egui::vec2(ui.available_width(), height);
    let (rect, response) = ui.allocate_exact_size(size, Sense::click());
    let depth = queue.ready.map_or("?".to_owned(), thousands);
    response.widget_info(|| {
        let name = format!("{} ({depth})", queue.name);
        WidgetInfo::selected(Role::ListBoxOption, true, open, name)
    });
    let painter = ui.painter();
    if open {
        painter.rect_filled(rect, 4, palette.selected);
    } else if response.hovered() {
        painter.rect_filled(rect, 4, palette.hovered);
    }
    let waiting = is_dead && queue.ready.is_some_and(|ready| ready > 0);
    let galley = painter.layout_no_wrap(
        depth,
        FontId::proportional(theme::SIZES[1]),
        if waiting { palette.warn } else { palette.weak },
    );
    let top = rect.top() + 15.0;
    let depth_x = rect.right() - 8.0 - galley.size().x;
    painter.galley(
        egui::pos2(depth_x, top - galley.size().y / 2.0),
        galley,
        palette.warn,
    );
    let line = |y: f32, right: f32| {
        egui::Rect::from_min_max(
            egui::pos2(rect.left() + 8.0, y - 9.0),
            egui::pos2(right - 8.0, y + 9.0),
        )
    };
    let put = |rect, text: &str, font, color| cell(ui, rect, text, font, color, false);
    put(line(top, depth_x), &queue.name, theme::mono(), palette.text);
    if !facts.is_empty() {
        let small = FontId::proportional(theme::SIZES[0]);
        put(line(top + 17.0, rect.right()), facts, small, palette.weak);
    }
    response
        .on_hover_text(format!("Open {}\n{facts}\n{more}", queue.name))
        .clicked()
}
