//! Schemas: the types of a folder, two versions of one, and what breaks between them.

mod by_path;
mod changes;
mod choose;
mod import;
mod learned;
mod low;
mod rules;
mod side_by_side;
mod sought_field;
mod stream;
mod verdicts;

use std::path::PathBuf;

use eframe::egui::{self, CentralPanel, ComboBox, Frame, Margin, Panel, RichText, ScrollArea, Ui};

use crate::schema::{Catalog, EventType, Level, Policy};
use crate::state::Action;
use crate::state::schemas::{Comparison, SchemaAction, SchemaTab, SideView};
use crate::text::json;
use crate::ui::Cx;
use crate::ui::parts::by_source::{self, StoreWords};
use crate::ui::parts::editor::{self, CodeEditor};
use crate::ui::parts::save_file::NO_DIALOG;
use crate::ui::parts::theme::{self, Palette, STEP};
use crate::ui::parts::widgets::{
    banner, button, empty_state, keep_together, primary_button, section, small_label,
    stacked_field, tabs, weak,
};
pub use choose::Choosing;
use choose::WantedPair;
pub use sought_field::SoughtField;

/// With less room than this beside the types, the draft stands alone: what it breaks is said above it,
/// and the rest is there again when it is closed.
const BOTH: f32 = 760.0;

/// Draws the screen.
pub fn schemas_ui(ui: &mut Ui, cx: &mut Cx<'_>) {
    take_chosen(cx);
    import::import_ui(ui, cx);
    rules::rules_ui(ui, cx);
    let palette = Palette::of(ui);
    let side = Frame::new()
        .fill(palette.panel)
        .inner_margin(Margin::symmetric(12, 8));
    let wide = ui.available_width();
    Panel::left("schema_types")
        .default_size((wide * 0.205).clamp(190.0, 300.0))
        .size_range(180.0..=420.0)
        .frame(side)
        .show(ui, |ui| types_ui(ui, cx));
    let has_draft = cx.state.schemas.what_if && cx.state.schemas.chosen().is_some();
    if has_draft && ui.available_width() < BOTH {
        let frame = side.fill(palette.base);
        CentralPanel::default().frame(frame).show(ui, |ui| {
            pickers_ui(ui, cx);
            ui.add_space(STEP);
            draft_ui(ui, cx);
        });
        return;
    }
    if has_draft {
        Panel::right("schema_draft")
            .default_size((wide * 0.34).clamp(280.0, 560.0))
            .size_range(260.0..=wide * 0.6)
            .frame(side)
            .show(ui, |ui| draft_ui(ui, cx));
    }
    let frame = Frame::new()
        .fill(palette.base)
        .inner_margin(Margin::symmetric(12, 8));
    CentralPanel::default().frame(frame).show(ui, |ui| {
        if let Some(problem) = &cx.state.schemas.problem {
            banner(ui, palette.bad, problem);
            ui.add_space(STEP);
        }
        if let Some(catalog) = &cx.state.schemas.catalog {
            problems_ui(ui, catalog, cx.state.schemas.chosen());
        }
        if let Some(seen) = &cx.state.schemas.seen {
            section(ui, seen);
            weak(ui, "The folder has no schema of this type");
            ui.add_space(STEP);
            learned::learned_ui(ui, cx);
        } else if cx.state.schemas.chosen().is_some() {
            versions_ui(ui, cx);
        } else {
            empty_ui(ui, cx);
        }
    });
}

/// A path that was chosen in a dialog goes where it was asked for.
fn take_chosen(cx: &mut Cx<'_>) {
    let Some((wanted, path)) = choose::chosen(cx.memory) else {
        return;
    };
    let shown = path.display().to_string();
    match wanted {
        WantedPair::Folder => cx.act(Action::Schemas(SchemaAction::Open(path))),
        WantedPair::Into => cx.forms.schema_import.into = shown,
        WantedPair::From | WantedPair::Document => cx.forms.schema_import.path = shown,
    }
}

fn types_ui(ui: &mut Ui, cx: &mut Cx<'_>) {
    let field = stacked_field(ui, "Folder", &mut cx.forms.schema_folder);
    let entered = field.lost_focus() && ui.input(|input| input.key_pressed(egui::Key::Enter));
    ui.add_space(STEP / 2.0);
    ui.horizontal(|ui| {
        let typed = cx.forms.schema_folder.trim();
        if button(ui, "Open", !typed.is_empty()).clicked() || entered && !typed.is_empty() {
            let folder = PathBuf::from(typed);
            cx.actions.push(Action::Schemas(SchemaAction::Open(folder)));
        }
        if button(ui, "Browse…", true)
            .on_hover_text("Choose a folder of schemas: EVENT TYPE/VERSION.schema.json")
            .clicked()
        {
            choose::choose(ui, cx.memory, WantedPair::Folder);
        }
        if button(ui, "Import…", true)
            .on_hover_text("From another folder, an AsyncAPI document or a registry")
            .clicked()
        {
            import::open(cx);
        }
    });
    no_dialog_ui(ui, cx.memory.no_dialog);
    let unknown = stream::unknown_types(cx.state);
    if !unknown.is_empty() {
        let height = stream::unknown_height(ui, unknown.len());
        Panel::bottom("seen_types")
            .resizable(false)
            .exact_size(height)
            .frame(Frame::new())
            .show_separator_line(false)
            .show(ui, |ui| stream::unknown_types_ui(ui, cx, &unknown));
    }
    let schemas = &cx.state.schemas;
    let Some(catalog) = &schemas.catalog else {
        return;
    };
    section(ui, "Event types");
    if button(ui, "How versions are told…", true)
        .on_hover_text("The rules by which an event tells the version of its schema")
        .clicked()
    {
        rules::open(cx);
    }
    let schemas = &cx.state.schemas;
    ui.add_space(STEP / 2.0);
    ScrollArea::vertical()
        .auto_shrink([false, false])
        .show_rows(ui, 22.0, catalog.types.len(), |ui, range| {
            for one in &catalog.types[range] {
                let selected = schemas.looked_at() == Some(&*one.name);
                ui.horizontal(|ui| {
                    let label = RichText::new(&one.name).font(theme::mono());
                    if ui.selectable_label(selected, label).clicked() && !selected {
                        let choose = SchemaAction::Choose(one.name.clone());
                        cx.actions.push(Action::Schemas(choose));
                    }
                    let broken = one.versions.iter().any(|version| version.ready.is_err());
                    let count = match one.versions.len() {
                        1 => "1 version".to_owned(),
                        count => format!("{count} versions"),
                    };
                    if broken {
                        ui.label(RichText::new("unusable").color(Palette::of(ui).bad));
                    } else {
                        weak(ui, count);
                    }
                });
            }
        });
}

/// Says that a path has to be typed, once a dialog failed to come.
fn no_dialog_ui(ui: &mut Ui, missing: bool) {
    if missing {
        let words = RichText::new(NO_DIALOG).color(Palette::of(ui).warn);
        ui.add(egui::Label::new(words).wrap());
    }
}

/// What is wrong in the files that say something about schemas. The rest of them counts.
fn problems_ui(ui: &mut Ui, catalog: &Catalog, chosen: Option<&EventType>) {
    let all = catalog.defaults.problems.iter();
    let all = all.map(|words| format!("schemas.toml: {words}"));
    let of_type = chosen.into_iter().flat_map(|chosen| {
        let problems = chosen.meta.problems.iter();
        problems.map(|words| format!("{}/meta.toml: {words}", chosen.name))
    });
    for words in all.chain(of_type) {
        banner(ui, Palette::of(ui).warn, &words);
        ui.add_space(STEP);
    }
}

fn empty_ui(ui: &mut Ui, cx: &mut Cx<'_>) {
    let none = cx.state.schemas.catalog.is_some();
    empty_state(
        ui,
        if none {
            "No schemas in this folder"
        } else {
            "What changed, and what breaks?"
        },
        "Open a folder with a folder for each event type, and in it a file for each version, such as \
         order.created/2.schema.json. Eventscope compares the versions, and asks the events it \
         captured what each of them refuses",
    );
    ui.add_space(STEP * 2.0);
    ui.vertical_centered(|ui| {
        if button(ui, "Open the sample schemas", true).clicked() {
            cx.act(Action::Schemas(SchemaAction::OpenSample));
        }
    });
}

fn versions_ui(ui: &mut Ui, cx: &mut Cx<'_>) {
    let Some(found) = &cx.state.schemas.found else {
        pickers_ui(ui, cx);
        ui.add_space(STEP);
        weak(ui, "Comparing…");
        return;
    };
    let report = match &found.report {
        Ok(report) => report,
        Err(words) => {
            pickers_ui(ui, cx);
            ui.add_space(STEP);
            banner(ui, Palette::of(ui).bad, words);
            ui.add_space(STEP);
            side_by_side::side_by_side_ui(ui, &found.lines);
            return;
        }
    };
    let head = |ui: &mut Ui, cx: &mut Cx<'_>| {
        pickers_ui(ui, cx);
        ui.add_space(STEP);
        verdicts::verdicts_ui(ui, cx, report, found);
        ui.add_space(STEP);
        tab_names_ui(ui, cx);
        ui.add_space(STEP / 2.0);
    };
    low::page_ui(ui, cx, head, |ui, cx| match cx.state.schemas.tab {
        SchemaTab::Changes => changes::changes_ui(ui, report, found),
        SchemaTab::SideBySide => side_ui(ui, cx, found),
        SchemaTab::Breaks => verdicts::breaks_ui(ui, cx, report, found),
        SchemaTab::Matrix => verdicts::matrix_ui(ui, cx),
        SchemaTab::Stream => stream::stream_ui(ui, cx),
        SchemaTab::Learned => learned::learned_ui(ui, cx),
    });
}

fn tab_names_ui(ui: &mut Ui, cx: &mut Cx<'_>) {
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing.x = 0.0;
        let all = [
            (SchemaTab::Changes, "Changes"),
            (SchemaTab::SideBySide, "Side by side"),
            (SchemaTab::Breaks, "Event that breaks"),
            (SchemaTab::Matrix, "Matrix"),
            (SchemaTab::Stream, "In the stream"),
            (SchemaTab::Learned, "Learned"),
        ];
        if let Some(tab) = tabs(ui, cx.state.schemas.tab, &all) {
            cx.actions.push(Action::Schemas(SchemaAction::Tab(tab)));
        }
    });
}

fn side_ui(ui: &mut Ui, cx: &mut Cx<'_>, found: &Comparison) {
    let schemas = &cx.state.schemas;
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = 0.0;
        let all = [
            (SideView::ByPath, "By path"),
            (SideView::RawText, "Raw text"),
        ];
        if let Some(side) = tabs(ui, schemas.side, &all) {
            cx.actions.push(Action::Schemas(SchemaAction::Side(side)));
        }
    });
    match (schemas.side, &schemas.by_path) {
        (SideView::RawText, _) => side_by_side::side_by_side_ui(ui, &found.lines),
        (SideView::ByPath, Some(tree)) => by_path::by_path_ui(ui, cx, tree),
        (SideView::ByPath, None) => drop(weak(ui, "Aligning…")),
    }
}

fn about_ui(ui: &mut Ui, chosen: &EventType, store: &'static StoreWords) {
    let meta = &chosen.meta;
    let mut words: Vec<String> = meta.title.iter().cloned().collect();
    if !meta.destinations.is_empty() {
        words.push(format!(
            "{} {}",
            store.destination,
            meta.destinations.join(", ")
        ));
    }
    if !meta.keys.is_empty() {
        words.push(format!("{} {}", store.key, meta.keys.join(", ")));
    }
    if let Some(origin) = &meta.origin {
        let newest = origin.newest.as_ref();
        let newest = newest.map_or_else(String::new, |newest| format!(", newest {newest}"));
        words.push(format!("From {} {}{newest}", origin.kind, origin.from));
    }
    if !words.is_empty() {
        weak(ui, words.join(" · "));
    }
}

fn pickers_ui(ui: &mut Ui, cx: &mut Cx<'_>) {
    let schemas = &cx.state.schemas;
    let Some(chosen) = schemas.chosen() else {
        return;
    };
    let names: Vec<(String, String)> = chosen
        .versions
        .iter()
        .map(|one| {
            let deprecated = chosen.meta.is_deprecated(&one.version);
            let mark = if deprecated { " deprecated" } else { "" };
            (one.version.clone(), format!("{}{mark}", one.version))
        })
        .collect();
    let shown_as = |version: &str| {
        let found = names.iter().find(|(name, _)| name == version);
        found.map_or_else(String::new, |(_, shown)| shown.clone())
    };
    let mut done = None;
    about_ui(ui, chosen, by_source::words(cx.state));
    ui.horizontal_wrapped(|ui| {
        if let Some(version) = picker(ui, "Old version", &shown_as(&schemas.old), 70.0, &names) {
            done = Some(SchemaAction::Old(version));
        }
        if schemas.what_if {
            weak(ui, "against the draft");
        } else if let Some(version) =
            picker(ui, "New version", &shown_as(&schemas.new), 70.0, &names)
        {
            done = Some(SchemaAction::New(version));
        }
        let open = schemas.what_if;
        let label = if open {
            "Close the draft"
        } else {
            "What if…"
        };
        if button(ui, label, true)
            .on_hover_text("Edit a draft of the next version and see what it would break")
            .clicked()
        {
            done = Some(SchemaAction::WhatIf(!open));
        }
        if button(ui, "Export report", schemas.found.is_some())
            .on_hover_text("As Markdown for a pull request, or as JSON")
            .clicked()
            && let Some(found) = &schemas.found
        {
            verdicts::export(ui, &mut cx.memory.saving, found, schemas, chosen);
        }
    });
    ui.horizontal_wrapped(|ui| {
        let policies = Policy::ALL.map(|policy| (policy, policy.name().to_owned()));
        let shown = schemas.policy.name();
        if let Some(policy) = picker(ui, "Policy", shown, 150.0, &policies) {
            done = Some(SchemaAction::Policy(policy));
        }
        let levels = Level::ALL.map(|level| (level, level.name().to_owned()));
        if let Some(level) = picker(ui, "Level", schemas.level.name(), 190.0, &levels) {
            done = Some(SchemaAction::Level(level));
        }
    });
    weak(ui, schemas.policy.explained());
    cx.actions.extend(done.map(Action::Schemas));
}

/// A choice with its name before it; what was chosen, if it is another.
fn picker<T: Clone>(
    ui: &mut Ui,
    label: &str,
    shown: &str,
    width: f32,
    all: &[(T, String)],
) -> Option<T> {
    let mut chosen = None;
    keep_together(ui, label, width);
    let name = weak(ui, label);
    let combo = ComboBox::from_id_salt(("schema", label))
        .selected_text(shown)
        .width(width)
        .show_ui(ui, |ui| {
            for (value, words) in all {
                if ui.selectable_label(words == shown, words).clicked() {
                    chosen = (words != shown).then(|| value.clone());
                    ui.close();
                }
            }
        });
    let response = combo.response.labelled_by(name.id);
    let shown = shown.to_owned();
    ui.ctx()
        .accesskit_node_builder(response.id, |node| node.set_description(shown));
    chosen
}

fn draft_ui(ui: &mut Ui, cx: &mut Cx<'_>) {
    let schemas = &cx.state.schemas;
    let next = schemas.chosen().map(EventType::next).unwrap_or_default();
    section(ui, "Draft of the next version");
    let Some(found) = &schemas.found else { return };
    let samples = found.sample_counts();
    let all = [
        (&found.captured, "captured events"),
        (&found.dead, "dead letters"),
        (&samples, "samples"),
    ];
    if found.report.is_err() {
        weak(
            ui,
            "Events were not checked: the draft is not a valid schema",
        );
    }
    for (replay, what) in all.into_iter().filter(|_| found.report.is_ok()) {
        let passed = replay.seen - replay.refused_by_new;
        let words = match replay.seen {
            0 if what == "dead letters" => {
                "No dead letters of this type are known: a peek in Dead \
                                             letters makes those of a queue known"
                    .to_owned()
            }
            0 => format!("No {what} of this type are known"),
            seen => format!("{passed} of {seen} {what} would pass"),
        };
        ui.label(words);
    }
    ui.add_space(STEP / 2.0);
    let usable = schemas
        .found
        .as_ref()
        .is_some_and(|found| found.report.is_ok());
    if primary_button(ui, "Save as version", usable)
        .on_hover_text(format!("Writes it to the folder as version {next}"))
        .clicked()
    {
        cx.actions.push(Action::Schemas(SchemaAction::Save));
    }
    ui.add_space(STEP);
    let fault = json::fault_in(&cx.forms.schema_draft);
    if let Some(fault) = &fault {
        let words = RichText::new(format!("Not valid JSON: {fault}")).color(Palette::of(ui).bad);
        if ui.link(words).on_hover_text("Go to this place").clicked() {
            editor::jump_to(ui.ctx(), editor::SCHEMA, fault.at..fault.at);
        }
    }
    let name = small_label(ui, "Draft");
    let room = (ui.available_height() - STEP * 2.0).max(80.0);
    let shown = CodeEditor::new(&mut cx.forms.schema_draft, editor::SCHEMA, room..=room)
        .fault(fault.map(|fault| (fault.at..fault.at, fault.to_string())))
        .show(ui, name.id);
    if shown.changed() {
        cx.actions.push(Action::Schemas(SchemaAction::Drafted));
    }
}
