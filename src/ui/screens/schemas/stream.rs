//! How the captured events of a type were judged: by version, verdict and publisher.

use std::collections::BTreeMap;

use eframe::egui::{Label, RichText, ScrollArea, Sense, Ui, WidgetInfo, accesskit::Role};
use egui_extras::{Column, TableBuilder};

use crate::analysis::{Counted, SeenType};
use crate::query::{Filter, Named, Op, QueryField, QueryNode, Value};
use crate::schema::stream::claim::Judgement;
use crate::state::live::LiveAction;
use crate::state::schemas::SchemaAction;
use crate::state::{Action, Screen, State};
use crate::text::payload::shorten;
use crate::ui::Cx;
use crate::ui::frame::status_bar::thousands;
use crate::ui::parts::theme::{self, Palette, ROW, STEP};
use crate::ui::parts::widgets::{empty_state, section, small_label, weak};

/// Types without a schema that are listed, those with the most events.
const MOST: usize = 50;

/// Draws the table; a click on a row shows its events.
#[expect(clippy::too_many_lines, reason = "one panel, from top to bottom")]
pub(crate) fn stream_ui(ui: &mut Ui, cx: &mut Cx<'_>) {
    let state = cx.state;
    let Some(event_type) = state.schemas.looked_at() else {
        return;
    };
    let judging = &state.live.judging;
    let of_it = |one: &&Counted| one.events > 0 && &*one.standing.event_type == event_type;
    let mut rows: Vec<&Counted> = judging.counted().iter().filter(of_it).collect();
    rows.sort_by(|a, b| {
        let (x, y) = (&a.standing, &b.standing);
        (&x.version, b.events).cmp(&(&y.version, a.events))
    });
    if rows.is_empty() {
        empty_state(
            ui,
            "No event of this type was captured",
            "Start a tap in Live. Each event is judged as it comes, by the version that it claims",
        );
        return;
    }
    let total: u64 = rows.iter().map(|one| one.events).sum();
    let matching = rows
        .iter()
        .filter(|one| one.standing.judgement == Judgement::Matches);
    let matching: u64 = matching.map(|one| one.events).sum();
    let words = format!("{} of {} match", thousands(matching), thousands(total));
    weak(ui, words);
    ui.add_space(STEP / 2.0);
    ui.spacing_mut().item_spacing.y = 0.0;
    TableBuilder::new(ui)
        .id_salt("stream")
        .sense(Sense::click())
        .auto_shrink([false, false])
        .column(Column::initial(80.0).clip(true))
        .column(Column::initial(170.0).clip(true))
        .column(Column::initial(170.0).clip(true))
        .column(Column::remainder().clip(true))
        .header(ROW, |mut header| {
            for name in ["Version", "Verdict", "Publisher", "Events"] {
                header.col(|ui| {
                    small_label(ui, name);
                });
            }
        })
        .body(|body| {
            body.rows(ROW, rows.len(), |mut row| {
                let one = rows[row.index()];
                let standing = &one.standing;
                let or = |text: &str, other: &str| match text {
                    "" => other.to_owned(),
                    text => text.to_owned(),
                };
                let cells = [
                    or(&standing.version, "none"),
                    or(&one.label, "no schema"),
                    or(&standing.publisher, "not known"),
                    thousands(one.events),
                ];
                for (column, text) in cells.iter().enumerate() {
                    row.col(|ui| {
                        let palette = Palette::of(ui);
                        let color = if column == 1 {
                            palette.judgement(&standing.judgement)
                        } else {
                            palette.text
                        };
                        let text = RichText::new(text).font(theme::mono()).color(color);
                        ui.add(Label::new(text).selectable(false).truncate());
                    });
                }
                let response = row.response();
                let words = format!(
                    "Version {}, {}, from {}: {} events",
                    cells[0], cells[1], cells[2], cells[3]
                );
                response.widget_info(|| WidgetInfo::selected(Role::Row, true, false, &words));
                if response
                    .on_hover_text("Show these events in Live")
                    .clicked()
                {
                    let line = filter(state, one);
                    cx.actions.push(Action::Live(LiveAction::SetFilter(line)));
                    cx.actions
                        .push(Action::Live(LiveAction::Select(one.newest)));
                    cx.actions.push(Action::Open(Screen::Live));
                    cx.memory.reveal = true;
                }
            });
        });
}

/// A filter line for events like these.
fn filter(state: &State, one: &Counted) -> String {
    let is = |field: Named, text: &str| {
        QueryNode::Compare(
            QueryField::Named(field),
            Op::Equal,
            Value::Quoted(text.to_owned()),
        )
    };
    let standing = &one.standing;
    let says = |event: crate::log::Kept<'_>| {
        event.shape().event_type.as_deref() == Some(&*standing.event_type)
    };
    let newest = state.live.log.event(one.newest);
    let mut filter = Filter::default();
    if newest.is_some_and(says) {
        filter = filter.and(is(Named::Type, &standing.event_type).into());
    } else if let Some(newest) = newest {
        filter = filter.and(is(Named::Key, newest.key()).into());
    }
    let name = standing.judgement.name().to_owned();
    let schema = QueryNode::Compare(
        QueryField::Named(Named::Schema),
        Op::Like,
        Value::Bare(name),
    );
    filter = filter.and(schema.into());
    if newest
        .is_some_and(|event| event.properties().app_id.as_deref() == Some(&*standing.publisher))
    {
        filter = filter.and(is(Named::App, &standing.publisher).into());
    }
    filter.to_string()
}

/// Types that events claimed and the folder does not have, with how many events there were.
pub(crate) fn unknown_types(state: &State) -> Vec<(String, u64)> {
    let catalog = state.live.judging.catalog();
    let mut all: BTreeMap<&str, u64> = BTreeMap::new();
    for SeenType {
        event_type, events, ..
    } in state.live.judging.types()
    {
        if catalog.get(event_type).is_none() {
            *all.entry(event_type).or_default() += events;
        }
    }
    let mut all: Vec<(String, u64)> = all
        .into_iter()
        .map(|(name, events)| (name.to_owned(), events))
        .collect();
    all.sort_by_key(|(_, events)| std::cmp::Reverse(*events));
    all.truncate(MOST);
    // By name, so that no row runs from under the pointer while events come.
    all.sort();
    all
}

/// Height of the list of so many, in points: all of them, but no more than a quarter of the window.
pub(crate) fn unknown_height(ui: &Ui, count: usize) -> f32 {
    #[expect(clippy::cast_precision_loss, reason = "there are few")]
    let all = 40.0 + count as f32 * (ROW + 2.0 + ui.spacing().item_spacing.y);
    all.min((ui.ctx().content_rect().height() * 0.25).max(90.0))
}

/// Lists them, to look at what was learned.
pub(crate) fn unknown_types_ui(ui: &mut Ui, cx: &mut Cx<'_>, types: &[(String, u64)]) {
    section(ui, "Seen without a schema");
    ScrollArea::vertical()
        .id_salt("seen")
        .auto_shrink([false, false])
        .show_rows(ui, ROW + 2.0, types.len(), |ui, range| {
            for (name, events) in &types[range] {
                ui.horizontal(|ui| {
                    let selected = cx.state.schemas.seen.as_deref() == Some(name);
                    let label = RichText::new(shorten(name, 40)).font(theme::mono());
                    if ui.selectable_label(selected, label).clicked() {
                        let choose = SchemaAction::ChooseSeen(name.clone());
                        cx.actions.push(Action::Schemas(choose));
                    }
                    weak(ui, thousands(*events));
                });
            }
        });
}
