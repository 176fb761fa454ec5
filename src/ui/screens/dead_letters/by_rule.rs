//! Edits by rule: the rules on the left, what they make of each message on the right.

use eframe::egui::{
    self, Align, CentralPanel, ComboBox, FontId, Frame, Label, Layout, Margin, Panel, Rangef,
    Response, RichText, ScrollArea, Sense, Stroke, TextEdit, Ui, WidgetInfo, accesskit::Role,
};
use egui_extras::{Column, TableBuilder, TableRow};

use super::bulk::{job_ui, options_ui, target_ui};
use super::table::checkbox;
use crate::event::amqp::FieldType;
use crate::event::draft::Field;
use crate::repair::edit::{Convert, RuleForm, RuleKind, RulePlace};
use crate::state::Action;
use crate::state::dead_letters::{DeadAction, Made, Preview, RuleAction, RuleDesk};
use crate::ui::Cx;
use crate::ui::frame::status_bar::thousands;
use crate::ui::parts::by_source;
use crate::ui::parts::choices::ChoiceList;
use crate::ui::parts::theme::{self, Palette, ROW, STEP};
use crate::ui::parts::widgets::{
    banner, button, cell, empty_state, field_margin, offer, primary_button, section, weak,
};

/// Most rules at once.
const MAX_RULES: usize = 20;

/// Draws them into what is left of the screen.
pub(crate) fn by_rule_ui(ui: &mut Ui, cx: &mut Cx<'_>, desk: &RuleDesk, side: Frame) {
    let wide = ui.available_width();
    let panel = Panel::left("rules").frame(side);
    let mut share = cx.memory.dead_shares.rules;
    let within = Rangef::new(230.0, wide * 0.5);
    share.show_beside(ui, (panel, wide, within), |ui| rules_ui(ui, cx, desk));
    cx.memory.dead_shares.rules = share;
    let frame = Frame::new()
        .fill(Palette::of(ui).base)
        .inner_margin(Margin::symmetric(12, 8));
    CentralPanel::default()
        .frame(frame)
        .show(ui, |ui| preview_ui(ui, cx, desk));
    if !desk.is_asked(&cx.forms.rules) {
        act(cx, RuleAction::Preview);
    }
}

fn act(cx: &mut Cx<'_>, action: RuleAction) {
    cx.act(Action::Dead(DeadAction::Rules(action)));
}

fn rules_ui(ui: &mut Ui, cx: &mut Cx<'_>, desk: &RuleDesk) {
    section(ui, "RULES");
    let (palette, mut removed) = (Palette::of(ui), None);
    ScrollArea::vertical()
        .auto_shrink([false, false])
        .show(ui, |ui| {
            for (place, rule) in cx.forms.rules.iter_mut().enumerate() {
                let wrong = desk.problem.as_ref().filter(|(wrong, _)| *wrong == place);
                Frame::new()
                    .stroke(Stroke::new(1.0, palette.line))
                    .corner_radius(6)
                    .inner_margin(Margin::same(10))
                    .show(ui, |ui| {
                        ui.spacing_mut().item_spacing.y = STEP;
                        if rule_ui(ui, place + 1, rule, desk.places()) {
                            removed = Some(place);
                        }
                        if let Some((_, words)) = wrong {
                            let words = RichText::new(words).color(palette.bad);
                            ui.add(Label::new(words).wrap());
                        }
                    });
                ui.add_space(STEP);
            }
            if button(ui, "Add rule", cx.forms.rules.len() < MAX_RULES).clicked() {
                cx.forms.rules.push(RuleForm::default());
            }
            ui.add_space(STEP);
            weak(ui, "Rules are applied one after the other");
            ui.add_space(STEP);
            let more = "A field is written as in a filter: data.amount, or data.lines[].qty for each item \
                        of a list; data is the event without its envelope, body the whole payload. \
                        The JSON pointer /data/amount is read too. All other text of a payload stays \
                        as it is; what is compressed is compressed the same way again";
            ui.add(Label::new(RichText::new(more).color(palette.weak)).wrap());
        });
    if let Some(place) = removed {
        cx.forms.rules.remove(place);
    }
}

/// The fields of a rule; true if it is to be removed.
fn rule_ui(ui: &mut Ui, number: usize, rule: &mut RuleForm, places: &[String]) -> bool {
    let name = |what: &str| format!("Rule {number} {what}");
    ui.horizontal_wrapped(|ui| {
        let deeds = rule.place.deeds().iter().map(|deed| (*deed, deed.words()));
        let deed = rule.deed();
        choice(ui, &name("does"), deed, deeds, |deed| rule.chosen = deed);
        let places = RulePlace::ALL.map(|place| (place, place.words()));
        choice(ui, &name("where"), rule.place, places, |place| {
            rule.place = place;
        });
    });
    if rule.place == RulePlace::Property {
        let fields = Field::ALL.map(|field| (field, field.label()));
        choice(ui, &name("property"), rule.field, fields, |field| {
            rule.field = field;
        });
    } else {
        let (what, hint) = match rule.place {
            RulePlace::Header => ("header", "x-tenant"),
            _ => ("field", "data.amount"),
        };
        let is_header = rule.place == RulePlace::Header;
        let name = name(what);
        let list = ChoiceList::begin(ui, ui.scope_id().with(&name));
        let mut response = named(ui, &name, hint, list.field(&mut rule.at));
        offer(list, &mut response, &mut rule.at, || {
            fitting(places, is_header)
        });
    }
    match rule.deed() {
        RuleKind::Convert => {
            let kinds = Convert::ALL.map(|kind| (kind, kind.words()));
            choice(ui, &name("converts"), rule.convert, kinds, |kind| {
                rule.convert = kind;
            });
        }
        RuleKind::Set => {
            let hint = match rule.place {
                RulePlace::Payload => "a JSON value: 1, \"text\", null",
                _ => "value",
            };
            if rule.place == RulePlace::Header {
                let kinds = FieldType::ALL.map(|kind| (kind, kind.name()));
                choice(ui, &name("type"), rule.kind, kinds, |kind| rule.kind = kind);
            }
            drop(field(ui, &name("value"), hint, &mut rule.value));
        }
        RuleKind::Rename => drop(field(ui, &name("new name"), "new name", &mut rule.value)),
        RuleKind::Remove => {}
    }
    button(ui, "Remove rule", true).clicked()
}

/// A choice with a name of its own, since several rules have the same ones.
fn choice<T: Copy + PartialEq>(
    ui: &mut Ui,
    name: &str,
    current: T,
    all: impl IntoIterator<Item = (T, &'static str)>,
    mut choose: impl FnMut(T),
) {
    let all: Vec<(T, &str)> = all.into_iter().collect();
    let words = all
        .iter()
        .find(|(one, _)| *one == current)
        .map_or("", |(_, words)| *words);
    let combo = ComboBox::from_id_salt(name)
        .selected_text(words)
        .show_ui(ui, |ui| {
            for (one, words) in &all {
                if ui.selectable_label(*one == current, *words).clicked() {
                    choose(*one);
                    ui.close();
                }
            }
        });
    ui.ctx().accesskit_node_builder(combo.response.id, |node| {
        node.set_label(name);
        node.set_description(words);
    });
}

/// The places that a rule for a header, or for the payload, can be about.
fn fitting(places: &[String], is_header: bool) -> Vec<&str> {
    let places = places.iter().map(String::as_str);
    if is_header {
        return places
            .filter_map(|place| place.strip_prefix("header "))
            .collect();
    }
    places
        .filter(|place| place.starts_with("data") || place.starts_with("body."))
        .collect()
}

fn field(ui: &mut Ui, name: &str, hint: &str, text: &mut String) -> Response {
    named(ui, name, hint, TextEdit::singleline(text))
}

/// A field without a label in sight.
fn named(ui: &mut Ui, name: &str, hint: &str, edit: TextEdit<'_>) -> Response {
    let edit = edit
        .font(theme::mono())
        .hint_text(hint)
        .desired_width(f32::INFINITY)
        .margin(field_margin());
    let response = ui.add(edit);
    ui.ctx()
        .accesskit_node_builder(response.id, |node| node.set_label(name));
    response
}

fn preview_ui(ui: &mut Ui, cx: &mut Cx<'_>, desk: &RuleDesk) {
    let state = cx.state;
    let counts = desk.counts();
    ui.horizontal_wrapped(|ui| {
        if button(ui, "Back", true)
            .on_hover_text("Leave the rules; nothing is sent")
            .clicked()
        {
            act(cx, RuleAction::Close);
        }
        let messages = match desk.len() {
            1 => "1 message".to_owned(),
            count => format!("{} messages", thousands(count as u64)),
        };
        let queue = state.front.dead.queue.as_deref().unwrap_or_default();
        let words = RichText::new(format!("{messages} of {queue}"));
        let words = words.font(FontId::proportional(theme::SIZES[2]));
        ui.add(Label::new(words).truncate());
    });
    ui.add_space(STEP);
    let idle = state.is_connected() && !state.front.dead.is_busy();
    let can = idle && desk.shows(&cx.forms.rules) && counts.included > 0;
    ui.horizontal_wrapped(|ui| {
        target_ui(ui, cx, state.front.dead.choice);
        if primary_button(ui, "Resend selected", can)
            .on_hover_text(format!(
                "Send {} as this preview shows them",
                counts.included
            ))
            .clicked()
        {
            act(cx, RuleAction::Send { canary: false });
        }
        let watch = state.front.dead.bulk.watch;
        if button(ui, "Canary", can)
            .on_hover_text(format!(
                "Send one of them, watch {watch} s whether it dies again, then ten, then the rest"
            ))
            .clicked()
        {
            act(cx, RuleAction::Send { canary: true });
        }
        options_ui(ui, cx);
    });
    job_ui(ui, cx);
    ui.add_space(STEP);
    if desk.is_busy() {
        weak(ui, "Working out what the rules do…");
        return;
    }
    if desk.rows.is_empty() {
        empty_state(
            ui,
            "What shall be changed?",
            "Write a rule on the left, such as: convert data.amount from text to number. Here \
             you see what becomes of each message before anything is sent",
        );
        return;
    }
    counts_ui(ui, cx, desk);
    table_ui(ui, cx, desk);
}

fn counts_ui(ui: &mut Ui, cx: &Cx<'_>, desk: &RuleDesk) {
    let (palette, counts) = (Palette::of(ui), desk.counts());
    let mut words = format!("{} changed, {} not applicable", counts.changed, counts.not);
    if counts.unreadable > 0 {
        words.push_str(&format!(", {} that cannot be edited", counts.unreadable));
    }
    words.push_str(&format!(". {} will be sent", counts.included));
    ui.label(RichText::new(words).color(palette.text).strong());
    if cx.state.schemas.catalog.is_some() && counts.judged > 0 {
        let all = counts.fitting == counts.judged;
        let mut words = format!(
            "{} of {} would match their schema",
            counts.fitting, counts.changed
        );
        if counts.judged < counts.changed {
            let without = counts.changed - counts.judged;
            words.push_str(&format!("; of {without} no schema can tell"));
        }
        let color = if all { palette.good } else { palette.warn };
        ui.label(RichText::new(words).color(color));
    }
    if let Some(row) = desk.rows.iter().find(|row| row.refused.is_some()) {
        banner(ui, palette.warn, row.refused.as_deref().unwrap_or_default());
    }
    ui.add_space(STEP);
}

/// Bytes of words that most rows have room for.
const SHORT: usize = 60;

fn columns(key: &'static str) -> [(&'static str, f32); 3] {
    [(key, 130.0), ("Result", 96.0), ("Schema", 70.0)]
}

fn table_ui(ui: &mut Ui, cx: &mut Cx<'_>, desk: &RuleDesk) {
    ui.spacing_mut().item_spacing.y = 0.0;
    let mut table = TableBuilder::new(ui)
        .id_salt("by_rule")
        .sense(Sense::hover())
        .resizable(true)
        .auto_shrink([false, false])
        .cell_layout(Layout::left_to_right(Align::Center))
        .column(Column::exact(24.0));
    let columns = columns(by_source::front_words(cx.state).key);
    for (_, width) in columns {
        table = table.column(Column::initial(width).at_least(40.0).clip(true));
    }
    table
        .column(Column::remainder().at_least(80.0).clip(true))
        .header(ROW, |mut header| {
            header.col(|_| {});
            for name in columns.map(|(name, _)| name).into_iter().chain(["Change"]) {
                header.col(|ui| drop(weak(ui, name)));
            }
        })
        .body(|body| {
            body.rows(ROW, desk.rows.len(), |mut table_row| {
                let place = table_row.index();
                if let Some(row) = desk.rows.get(place)
                    && row_ui(&mut table_row, row, place)
                {
                    act(cx, RuleAction::Include(place, !row.included));
                }
            });
        });
}

/// One message; true if it is to be sent or left out from now on.
fn row_ui(table_row: &mut TableRow<'_, '_>, row: &Preview, place: usize) -> bool {
    let mut toggled = false;
    table_row.col(|ui| {
        if row.can_be_sent() {
            toggled = checkbox(ui, row.included, &format!("Send {} {}", row.key, place + 1));
        }
    });
    let (result, words) = match (&row.ended, &row.refused, row.made) {
        (Some((true, words)), ..) if words.is_empty() => ("sent", &row.words),
        (Some((true, words)), ..) => ("left the queue", words),
        (Some((false, words)), ..) => ("stayed", words),
        (None, Some(words), _) => ("no target", words),
        (None, None, Made::Changed) => ("changed", &row.words),
        (None, None, Made::NotApplicable) => ("not applicable", &row.words),
        (None, None, Made::Unreadable) => ("not editable", &row.words),
        (None, None, Made::NoTarget) => ("no target", &row.words),
    };
    let schema = match row.fits {
        Some(true) => "matches",
        Some(false) => "fails",
        None => "",
    };
    let mut put = |text: &str, color: &dyn Fn(&Palette) -> egui::Color32| {
        table_row.col(|ui| {
            let color = color(Palette::of(ui));
            cell(ui, ui.max_rect(), text, theme::mono(), color, false);
        });
    };
    put(&row.key, &|p| p.key(&row.key));
    put(result, &|p| match result {
        "changed" | "sent" => p.good,
        "not applicable" => p.weak,
        _ => p.warn,
    });
    put(schema, &|p| match row.fits {
        Some(true) => p.good,
        _ => p.bad,
    });
    put(words, &|p| match row.made {
        Made::Changed => p.text,
        _ => p.weak,
    });
    let response = table_row.response();
    response.widget_info(|| {
        let name = format!("{} {result} {words} {schema}", row.key);
        WidgetInfo::selected(Role::Row, true, row.included, name.trim_end())
    });
    // What is short is read in the row; a tip would hide the rows below.
    if words.len() > SHORT {
        response.on_hover_text(words);
    }
    toggled
}
