//! What was learned of the captured events of a type, beside what its schema declares.

use eframe::egui::{ComboBox, Label, RichText, TextEdit, Ui};
use egui_extras::{Column, TableBuilder};

use crate::analysis::Learned;
use crate::schema::stream::drift::{Drift, DriftField};
use crate::state::Action;
use crate::state::schemas::SchemaAction;
use crate::ui::Cx;
use crate::ui::frame::status_bar::thousands;
use crate::ui::parts::theme::{self, Palette, ROW, STEP};
use crate::ui::parts::widgets::{
    button, empty_state, field_margin, primary_button, small_label, weak,
};

/// Draws it.
pub(crate) fn learned_ui(ui: &mut Ui, cx: &mut Cx<'_>) {
    let schemas = &cx.state.schemas;
    let judging = &cx.state.live.judging;
    let Some((event_type, version)) = schemas.wanted(judging.types()) else {
        empty_state(
            ui,
            "Nothing was learned yet",
            "Start a tap in Live. From the events of this type Eventscope learns their fields, how \
             often each is there, and what its values are",
        );
        return;
    };
    let name = |version: &str| match version {
        "" => "none".to_owned(),
        version => version.to_owned(),
    };
    let seen = judging.types().iter();
    let versions: Vec<&str> = seen
        .filter(|one| *one.event_type == *event_type)
        .map(|one| &*one.version)
        .collect();
    ui.horizontal_wrapped(|ui| {
        let label = weak(ui, "Claimed version");
        let combo = ComboBox::from_id_salt("learned")
            .selected_text(name(&version))
            .width(70.0)
            .show_ui(ui, |ui| {
                for one in versions {
                    if ui.selectable_label(one == version, name(one)).clicked() {
                        let action = SchemaAction::Learned(one.to_owned());
                        cx.actions.push(Action::Schemas(action));
                        ui.close();
                    }
                }
            });
        let response = combo.response.labelled_by(label.id);
        let shown = name(&version);
        ui.ctx()
            .accesskit_node_builder(response.id, |node| node.set_description(shown));
        if let Some(learned) = judging.learned() {
            save_ui(ui, cx, &version, learned);
        }
    });
    let Some(learned) = judging.learned() else {
        weak(ui, "Looking…");
        return;
    };
    name_ui(ui, cx, learned);
    weak(ui, summary(learned));
    ui.add_space(STEP / 2.0);
    table_ui(ui, &learned.fields);
}

fn save_ui(ui: &mut Ui, cx: &mut Cx<'_>, version: &str, learned: &Learned) {
    let is_open = cx.state.schemas.catalog.is_some();
    let hint = if is_open {
        "Asks for the version first"
    } else {
        "Open a folder of schemas first"
    };
    let save = button(ui, "Save as version…", is_open).on_hover_text(hint);
    if save.on_disabled_hover_text(hint).clicked() {
        let name = SchemaAction::NameLearned(version.to_owned());
        cx.actions.push(Action::Schemas(name));
    }
    if button(ui, "Copy schema", true).clicked() {
        ui.ctx().copy_text(learned.schema.clone());
    }
}

/// Asks for the version before anything is written.
fn name_ui(ui: &mut Ui, cx: &mut Cx<'_>, learned: &Learned) {
    let schemas = &cx.state.schemas;
    let Some(version) = &mut cx.forms.learned_version else {
        return;
    };
    let (Some(event_type), Some(catalog)) = (schemas.looked_at(), &schemas.catalog) else {
        return;
    };
    ui.horizontal_wrapped(|ui| {
        let name = weak(ui, "Write as version");
        let edit = TextEdit::singleline(version).desired_width(70.0);
        ui.add(edit.margin(field_margin())).labelled_by(name.id);
        let refused = schemas.refuses_version(version.trim());
        if primary_button(ui, "Write schema", refused.is_none()).clicked() {
            let save = SchemaAction::SaveLearned(learned.schema.clone());
            cx.actions.push(Action::Schemas(save));
        }
        if button(ui, "Cancel", true).clicked() {
            cx.actions.push(Action::Schemas(SchemaAction::DropLearned));
        }
        if let Some(words) = refused {
            ui.label(RichText::new(words).color(Palette::of(ui).warn));
        } else {
            let folder = catalog.folder.join(event_type);
            weak(ui, format!("to {}", folder.display()));
        }
    });
}

fn summary(learned: &Learned) -> String {
    let count = |wanted: fn(&Drift) -> bool| {
        let fields = learned.fields.iter();
        fields.filter(|field| wanted(&field.drift)).count()
    };
    let mut words = format!("Learned from {} events", thousands(learned.events));
    let Some(declared) = &learned.declared else {
        words.push_str(". There is no schema to compare with");
        return words;
    };
    words.push_str(&format!(
        ". Against version {declared}: {} never declared, {} declared and never seen, {} of another kind",
        count(|drift| *drift == Drift::NotDeclared),
        count(|drift| *drift == Drift::NeverSeen),
        count(|drift| matches!(drift, Drift::OtherKind(_))),
    ));
    words
}

fn table_ui(ui: &mut Ui, fields: &[DriftField]) {
    ui.spacing_mut().item_spacing.y = 0.0;
    let room = ui.available_width();
    // What names the drift stands first: in a narrow window the last columns have little room.
    let share = |part: f32| Column::initial((room * part).clamp(60.0, 260.0)).clip(true);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a width in points"
    )]
    let place = room as usize / 200;
    TableBuilder::new(ui)
        .id_salt(("learned_fields", place))
        .auto_shrink([false, false])
        .column(share(0.28).resizable(true))
        .column(share(0.26).resizable(true))
        .column(Column::initial(52.0).clip(true))
        .column(share(0.18).resizable(true))
        .column(Column::remainder().clip(true))
        .header(ROW, |mut header| {
            for name in ["Field", "Schema", "Present", "Values", "More"] {
                header.col(|ui| {
                    small_label(ui, name);
                });
            }
        })
        .body(|body| {
            body.rows(ROW, fields.len(), |mut row| {
                let field = &fields[row.index()];
                let (drift, is_bad) = match &field.drift {
                    Drift::None => (String::new(), false),
                    Drift::NotDeclared => ("never declared".to_owned(), false),
                    Drift::NeverSeen => ("declared, never seen".to_owned(), false),
                    Drift::OtherKind(declared) => (format!("declared as {declared}"), true),
                };
                let cells = [
                    field.path.clone(),
                    drift,
                    presence(field),
                    field.kinds.clone(),
                    field.detail.clone(),
                ];
                for (column, text) in cells.iter().enumerate() {
                    row.col(|ui| {
                        let palette = Palette::of(ui);
                        let color = match column {
                            0 => palette.name,
                            1 if is_bad => palette.bad,
                            1 => palette.warn,
                            _ => palette.text,
                        };
                        let text = RichText::new(text).font(theme::mono()).color(color);
                        ui.add(Label::new(text).selectable(false).truncate());
                    });
                }
            });
        });
}

/// How often a field is there, in percent of the objects that could have it.
fn presence(field: &DriftField) -> String {
    if field.of == 0 {
        return "0 %".to_owned();
    }
    let percent = (field.seen * 100 / field.of).min(100);
    match percent {
        0 if field.seen > 0 => "< 1 %".to_owned(),
        // It was missing at least once.
        100 if field.seen < field.of => "99 %".to_owned(),
        percent => format!("{percent} %"),
    }
}
