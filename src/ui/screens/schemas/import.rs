//! The form that imports schemas from elsewhere, what that would do, and what came out.

use eframe::egui::{
    self, Frame, Margin, Modal, Rect, RichText, ScrollArea, Sense, TextEdit, Ui, WidgetInfo,
    accesskit::Role, vec2,
};

use super::choose::{self, WantedPair};
use crate::schema::folder::import::{ImportLine, ImportPlan, Imported, Outcome};
use crate::state::Action;
use crate::state::schemas::{Import, ImportKind, SchemaAction};
use crate::ui::Cx;
use crate::ui::parts::theme::{self, Palette, STEP};
use crate::ui::parts::widgets::{
    banner, button, cell, field_margin, password_field, primary_button, small_label, stacked_field,
    tabs, weak,
};

/// Height of a line of the report, and width of the button beside a path, in points.
const HEIGHT: f32 = 40.0;
const BROWSE: f32 = 100.0;

/// Opens the form.
pub(crate) fn open(cx: &mut Cx<'_>) {
    let form = &mut cx.forms.schema_import;
    form.problem = None;
    if let Some(catalog) = &cx.state.schemas.catalog {
        form.into = catalog.folder.display().to_string();
    }
    cx.memory.importing = true;
}

/// Draws it while it is open.
pub(crate) fn import_ui(ui: &mut Ui, cx: &mut Cx<'_>) {
    if !cx.memory.importing {
        return;
    }
    let frame = Frame::popup(ui.style()).inner_margin(Margin::same(20));
    let modal = Modal::new(egui::Id::unique("import"))
        .frame(frame)
        .show(ui.ctx(), |ui| {
            let room = ui.ctx().content_rect().size();
            ui.set_width((room.x - 80.0).clamp(300.0, 600.0));
            ui.heading("Import schemas");
            ui.add_space(STEP);
            if let Import::Planned(plan) = &cx.state.schemas.import {
                plan_ui(ui, cx.actions, plan, (room.y * 0.6).clamp(80.0, 480.0));
                return false;
            }
            form_ui(ui, cx);
            ui.add_space(STEP * 2.0);
            let runs = cx.state.schemas.import.runs();
            let close = ui
                .horizontal(|ui| {
                    if primary_button(ui, "Preview import", !runs)
                        .on_hover_text("Nothing is written before you have seen what it would be")
                        .clicked()
                    {
                        cx.actions.push(Action::Schemas(SchemaAction::PlanImport));
                    }
                    button(ui, "Close", true).clicked()
                })
                .inner;
            result_ui(ui, cx, (room.y * 0.35).clamp(80.0, 320.0));
            close
        });
    if modal.inner || modal.should_close() {
        cx.memory.importing = false;
        cx.act(Action::Schemas(SchemaAction::CancelImport));
        cx.forms.schema_import.password = crate::rabbitmq::endpoint::Password::default();
    }
}

fn form_ui(ui: &mut Ui, cx: &mut Cx<'_>) {
    let form = &mut cx.forms.schema_import;
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = 0.0;
        let all = ImportKind::ALL.map(|kind| (kind, kind.name()));
        if let Some(kind) = tabs(ui, form.kind, &all) {
            form.kind = kind;
            form.path.clear();
            form.problem = None;
        }
    });
    ui.add_space(STEP);
    let mut wanted = None;
    match form.kind {
        ImportKind::Folder => {
            weak(
                ui,
                "EVENT TYPE/VERSION.schema.json or .avsc, or files such as order.created.2.schema.json",
            );
            path_ui(
                ui,
                "From folder",
                &mut form.path,
                WantedPair::From,
                &mut wanted,
            );
        }
        ImportKind::AsyncApi => {
            weak(ui, "AsyncAPI 2.x or 3.x, JSON or YAML");
            path_ui(
                ui,
                "Document",
                &mut form.path,
                WantedPair::Document,
                &mut wanted,
            );
        }
        ImportKind::Registry => {
            weak(
                ui,
                "What speaks Confluent's REST API: Confluent, Karapace, Redpanda, Apicurio under \
                 /apis/ccompat/v7",
            );
            stacked_field(ui, "Registry URL", &mut form.url);
            ui.columns(2, |columns| {
                stacked_field(&mut columns[0], "Registry user", &mut form.user);
                password_field(&mut columns[1], "Registry password", &mut form.password.0);
            });
            weak(ui, "The login is not kept");
        }
    }
    path_ui(
        ui,
        "Into folder",
        &mut form.into,
        WantedPair::Into,
        &mut wanted,
    );
    super::no_dialog_ui(ui, cx.memory.no_dialog);
    if let Some(problem) = &form.problem {
        banner(ui, Palette::of(ui).bad, problem);
    }
    if let Some(wanted) = wanted {
        choose::choose(ui, cx.memory, wanted);
    }
}

fn path_ui(
    ui: &mut Ui,
    label: &str,
    text: &mut String,
    which: WantedPair,
    to: &mut Option<WantedPair>,
) {
    ui.add_space(STEP);
    let name = small_label(ui, label);
    ui.horizontal(|ui| {
        let edit = TextEdit::singleline(text)
            .desired_width((ui.available_width() - BROWSE).max(80.0))
            .margin(field_margin());
        ui.add(edit).labelled_by(name.id);
        // Two fields have such a button; which one it is for is said to those who do not see.
        let browse = button(ui, "Browse…", true);
        let about = label.to_owned();
        ui.ctx()
            .accesskit_node_builder(browse.id, |node| node.set_description(about));
        if browse.clicked() {
            *to = Some(which);
        }
    });
}

fn result_ui(ui: &mut Ui, cx: &mut Cx<'_>, most: f32) {
    let palette = Palette::of(ui);
    match &cx.state.schemas.import {
        // A plan stands in the place of the form.
        Import::None | Import::Planned(_) => {}
        Import::Looking => {
            ui.add_space(STEP * 2.0);
            ui.horizontal(|ui| {
                ui.spinner();
                weak(ui, "Looking at what there is…");
                if button(ui, "Stop", true).clicked() {
                    cx.actions.push(Action::Schemas(SchemaAction::StopImport));
                }
            });
        }
        Import::Writing => {
            ui.add_space(STEP * 2.0);
            ui.horizontal(|ui| {
                ui.spinner();
                weak(ui, "Importing…");
            });
        }
        Import::Failed(words) => {
            ui.add_space(STEP * 2.0);
            banner(ui, palette.bad, words);
        }
        Import::Done(done) => {
            ui.add_space(STEP * 2.0);
            ui.label(format!("Imported: {}", summary(done, Outcome::name)));
            lines_ui(ui, &done.lines, Outcome::name, most);
        }
    }
}

/// What an import would do, before anything is written.
fn plan_ui(ui: &mut Ui, actions: &mut Vec<Action>, plan: &ImportPlan, most: f32) {
    let told = &plan.told;
    ui.label(format!(
        "Nothing is written yet. {}",
        summary(told, planned)
    ));
    lines_ui(ui, &told.lines, planned, most);
    ui.add_space(STEP * 2.0);
    let (new, same) = (told.count(Outcome::Added), told.count(Outcome::Unchanged));
    ui.horizontal(|ui| {
        // Those that are there may still bring samples, and where they come from.
        let may = new + same > 0;
        let label = match (new, same) {
            (0, 0) => "Nothing to import".to_owned(),
            (0, _) => "Import samples and sources only".to_owned(),
            (new, _) => format!("Import {new} of {}", told.lines.len()),
        };
        let words = "Writes what is new. Nothing that is there is overwritten";
        if primary_button(ui, &label, may)
            .on_hover_text(words)
            .clicked()
        {
            actions.push(Action::Schemas(SchemaAction::Import));
        }
        if button(ui, "Cancel", true).clicked() {
            actions.push(Action::Schemas(SchemaAction::CancelImport));
        }
    });
}

/// What would become of a version, in a word.
fn planned(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Added => "new",
        Outcome::Unchanged => "same",
        Outcome::Differs => "differs",
        Outcome::Skipped => "refused",
    }
}

fn lines_ui(ui: &mut Ui, lines: &[ImportLine], name: fn(Outcome) -> &'static str, most: f32) {
    ui.add_space(STEP);
    ui.spacing_mut().item_spacing.y = 0.0;
    #[expect(clippy::cast_precision_loss, reason = "it is cut off soon")]
    let height = (HEIGHT * lines.len() as f32).min(most);
    ScrollArea::vertical()
        .max_height(height)
        .min_scrolled_height(height)
        .auto_shrink([false, true])
        .show_rows(ui, HEIGHT, lines.len(), |ui, range| {
            for line in &lines[range] {
                line_ui(ui, line, name(line.outcome));
            }
        });
}

fn summary(done: &Imported, name: fn(Outcome) -> &'static str) -> String {
    let counts = Outcome::ALL.iter().rev().filter_map(|outcome| {
        let count = done.count(*outcome);
        (count > 0).then(|| format!("{count} {}", name(*outcome)))
    });
    let counts: Vec<String> = counts.collect();
    format!("{} in {}", counts.join(", "), done.folder.display())
}

fn line_ui(ui: &mut Ui, line: &ImportLine, outcome: &str) {
    let palette = Palette::of(ui);
    let size = vec2(ui.available_width(), HEIGHT);
    let (rect, response) = ui.allocate_exact_size(size, Sense::hover());
    let words = match line.words.as_str() {
        "" => format!("{}: {outcome}", line.name),
        words => format!("{}: {outcome}. {words}", line.name),
    };
    response.widget_info(|| WidgetInfo::labeled(Role::ListItem, true, &words));
    ui.painter()
        .hline(rect.x_range(), rect.bottom() - 0.5, (1.0, palette.line));
    let color = match line.outcome {
        Outcome::Added => palette.good,
        Outcome::Unchanged => palette.weak,
        Outcome::Differs => palette.bad,
        Outcome::Skipped => palette.warn,
    };
    let first = Rect::from_min_size(rect.min + vec2(2.0, 1.0), vec2(82.0, 18.0));
    cell(ui, first, outcome, theme::words(), color, false);
    let name = Rect::from_min_max(first.right_top(), rect.right_top() + vec2(-2.0, 19.0));
    cell(ui, name, &line.name, theme::mono(), palette.text, false);
    let below = name.translate(vec2(0.0, 18.0));
    cell(ui, below, &line.words, theme::words(), palette.weak, false);
    response.on_hover_text(RichText::new(words));
}
