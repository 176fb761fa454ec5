//! The payload of the publish form: as fields where the folder has a schema, else as text.

mod field;
mod samples;

use std::collections::BTreeMap;
use std::sync::Arc;

use eframe::egui::{Align, ComboBox, Rect, RichText, Ui};

use crate::event::{BodyDraft, Draft};
use crate::schema::form::fields::{self, Choices, FieldEdit, FormField};
use crate::schema::{Catalog, Version, place};
use crate::state::publish::fixed_id;
use crate::state::publish::schema_form::{FormTarget, about_of, target, version_of};
use crate::state::publish::verdict::{PayloadVerdict, verdict};
use crate::text::json_edit::Document;
use crate::ui::Cx;
use crate::ui::parts::draft_form;
use crate::ui::parts::editor;
use crate::ui::parts::theme::{self, Palette, STEP};
use crate::ui::parts::verdict::verdict_ui;
use crate::ui::parts::widgets::{banner, keep_together, tabs, weak};

pub use samples::samples_ui;

/// What a target and a verdict rest on: the event, whether its variables are replaced, the schema that
/// was chosen by hand, and the schemas.
type ViewBasis = (Draft, bool, Option<FormTarget>, Option<Arc<Catalog>>);

/// What is worked out from the payload and its schema, again when one of them changes.
#[derive(Default)]
pub struct PayloadView {
    of: Option<ViewBasis>,
    target: Option<FormTarget>,
    verdict: PayloadVerdict,
    form: Option<(FormTarget, Choices)>,
    version: Option<Result<Arc<Version>, String>>,
    document: Option<Result<Document, String>>,
    fields: Vec<FormField>,
    errors: BTreeMap<usize, Vec<String>>,
    others: Vec<String>,
    /// The id that the event has each time that it is sent, if it has one.
    fixed_id: Option<String>,
    /// Go to the first field that is wrong.
    go_to_fault: bool,
    /// What was typed and is no value yet, by JSON pointer.
    typed: BTreeMap<String, String>,
    /// Names of members to come, by JSON pointer.
    names: BTreeMap<String, String>,
}

impl PayloadView {
    /// The schema that the form is about: the chosen one, or what the event claims.
    #[must_use]
    pub fn target(&mut self, cx: &Cx<'_>) -> Option<&FormTarget> {
        let (draft, form) = (&cx.forms.draft, &cx.forms.payload);
        let catalog = cx.state.schemas.catalog.as_ref();
        let same = self
            .of
            .as_ref()
            .is_some_and(|(of, as_written, chosen, by)| {
                of == draft
                    && *as_written == cx.forms.as_written
                    && *chosen == form.chosen
                    && by.as_ref().map(Arc::as_ptr) == catalog.map(Arc::as_ptr)
            });
        if !same {
            self.target = catalog.and_then(|catalog| target(draft, form, catalog));
            let by = (self.target.as_ref(), form.chosen.is_some());
            let catalog = catalog.map(Arc::as_ref);
            self.verdict = verdict(draft, cx.forms.as_written, by, catalog);
            let catalog = cx.state.schemas.catalog.clone();
            self.fixed_id = fixed_id(draft, cx.forms.as_written);
            let chosen = form.chosen.clone();
            self.of = Some((draft.clone(), cx.forms.as_written, chosen, catalog));
            self.form = None;
        }
        self.target.as_ref()
    }

    /// What is said of the payload, as of the last frame.
    #[must_use]
    pub fn verdict(&self) -> &PayloadVerdict {
        &self.verdict
    }

    /// The id that the event has each time that it is sent, if it has one; as of the last frame.
    #[must_use]
    pub fn fixed_id(&self) -> Option<&str> {
        self.fixed_id.as_deref()
    }

    /// Goes to the place of the first fault in the next frame.
    pub fn show_fault(&mut self) {
        self.go_to_fault = true;
    }

    /// Works out the fields, if anything changed.
    fn refresh(
        &mut self,
        target: &FormTarget,
        catalog: &Catalog,
        draft: &Draft,
        choices: &mut Choices,
    ) {
        let BodyDraft::Text(text) = &draft.body else {
            return;
        };
        let form = (target.clone(), choices.clone());
        if self.form.as_ref() == Some(&form) {
            return;
        }
        self.form = Some(form);
        let version = version_of(catalog, target);
        let is_own = self
            .document
            .as_ref()
            .is_some_and(|one| one.as_ref().is_ok_and(|one| one.text() == text));
        if !is_own {
            self.typed.clear();
            self.document = Some(Document::new(text.to_owned()));
        }
        if let Some(Ok(document)) = &self.document {
            choices.set_about(&about_of(draft, document.value()));
            self.form = Some((target.clone(), choices.clone()));
        }
        self.fields.clear();
        self.errors.clear();
        self.others.clear();
        if let (Ok(version), Some(Ok(document))) = (&version, &self.document) {
            self.fields = fields::fields(version, document, choices);
            (self.errors, self.others) = fields::placed(&self.fields, &self.verdict.faults);
        }
        self.version = Some(version);
    }
}

impl std::fmt::Debug for PayloadView {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PayloadView").finish_non_exhaustive()
    }
}

/// Draws the payload.
pub fn payload_ui(ui: &mut Ui, cx: &mut Cx<'_>) {
    let mut view = std::mem::take(&mut cx.memory.payload);
    let target = view.target(cx).cloned();
    let catalog = cx.state.schemas.catalog.as_ref();
    if let Some(catalog) = catalog {
        picker_ui(ui, cx, catalog, target.as_ref());
    }
    broken_ui(ui, cx);
    let said = ui.horizontal_wrapped(|ui| verdict_ui(ui, &view.verdict.fit, ""));
    view.go_to_fault |= said.inner.is_some();
    let has_form = match (catalog, &target) {
        (Some(catalog), Some(target)) if !cx.forms.payload.raw => {
            form_ui(ui, cx, &mut view, catalog, target)
        }
        _ => false,
    };
    if !has_form {
        if std::mem::take(&mut view.go_to_fault)
            && let Some(place) = &view.verdict.place
        {
            editor::jump_to(ui.ctx(), editor::PAYLOAD, place.clone());
        }
        draft_form::payload_ui(ui, &mut cx.forms.draft, Some(&view.verdict));
    }
    cx.memory.payload = view;
}

/// The type, the version, and whether they are shown as a form.
fn picker_ui(ui: &mut Ui, cx: &mut Cx<'_>, catalog: &Catalog, target: Option<&FormTarget>) {
    let form = &mut cx.forms.payload;
    ui.horizontal_wrapped(|ui| {
        let type_name = target.map(|target| target.event_type.as_str());
        let mut picked: Option<Option<FormTarget>> = None;
        named_combo(
            ui,
            "Event type",
            type_name.unwrap_or("Choose…"),
            150.0,
            |ui| {
                if choice(ui, form.chosen.is_none(), "As the event says") {
                    picked = Some(None);
                }
                for one in &catalog.types {
                    if choice(ui, type_name == Some(&one.name), &one.name)
                        && let Some(newest) = one.versions.last()
                    {
                        picked = Some(Some(FormTarget {
                            event_type: one.name.clone(),
                            version: newest.version.clone(),
                        }));
                    }
                }
            },
        );
        let kind = target.and_then(|target| catalog.get(&target.event_type));
        if let (Some(target), Some(kind)) = (target, kind) {
            named_combo(ui, "Schema version", &target.version, 50.0, |ui| {
                for one in &kind.versions {
                    if choice(ui, one.version == target.version, &one.version) {
                        picked = Some(Some(FormTarget {
                            event_type: kind.name.clone(),
                            version: one.version.clone(),
                        }));
                    }
                }
            });
            let all = [(false, "Form"), (true, "Raw")];
            if let Some(raw) = tabs(ui, form.raw, &all) {
                form.raw = raw;
            }
        }
        if let Some(picked) = picked {
            form.chosen = picked;
            form.choices = Choices::default();
        }
    });
    if target.is_none() {
        weak(ui, "No schema for this event. Choose one to fill in a form");
    }
}

/// A choice with its name before it, which is its accessible name.
fn named_combo(ui: &mut Ui, name: &str, text: &str, width: f32, choices: impl FnOnce(&mut Ui)) {
    keep_together(ui, name, width);
    let label = weak(ui, name);
    let combo = ComboBox::from_id_salt(("payload_form", name))
        .selected_text(RichText::new(text).font(theme::mono()))
        .width(width)
        .truncate()
        .show_ui(ui, choices);
    let response = combo.response.labelled_by(label.id);
    ui.ctx()
        .accesskit_node_builder(response.id, |node| node.set_description(text));
}

fn choice(ui: &mut Ui, selected: bool, text: &str) -> bool {
    let clicked = ui.selectable_label(selected, text).clicked();
    if clicked {
        ui.close();
    }
    clicked
}

/// What was broken on purpose, as long as it is still so.
fn broken_ui(ui: &mut Ui, cx: &Cx<'_>) {
    let Some(broken) = &cx.forms.payload.broken else {
        return;
    };
    if !cx.forms.payload.is_on_purpose(&cx.forms.draft) {
        return;
    }
    let by = match &cx.forms.payload.chosen {
        Some(target) => format!("version {} of {}", target.version, target.event_type),
        None => "the schema".to_owned(),
    };
    let why: Vec<String> = broken
        .why
        .iter()
        .map(|one| format!("{}: {}", place(&one.at), one.words))
        .collect();
    let words = format!(
        "Invalid on purpose – {}. Refused by {by}: {}",
        broken.label,
        why.join("; ")
    );
    banner(ui, Palette::of(ui).warn, &words);
}

/// Says which part of the payload the fields are of, if that is not the whole.
fn about_ui(ui: &mut Ui, about: &str) {
    if !about.is_empty() {
        let part = place(about);
        let words = format!("The fields of {part}. What stands around it is edited in Raw");
        weak(ui, words);
    }
}

/// Draws the fields; false where there can be none, after saying why.
fn form_ui(
    ui: &mut Ui,
    cx: &mut Cx<'_>,
    view: &mut PayloadView,
    catalog: &Catalog,
    target: &FormTarget,
) -> bool {
    let palette = Palette::of(ui);
    let BodyDraft::Text(text) = &cx.forms.draft.body else {
        weak(ui, "Binary or large payloads have no form");
        return false;
    };
    if text.trim().is_empty() {
        weak(
            ui,
            "There is no payload yet: choose Valid sample, or begin with an empty form",
        );
        if ui.button("Begin with an empty form").clicked()
            && let Ok(version) = version_of(catalog, target)
        {
            cx.forms.draft.body = BodyDraft::Text(fields::beginning(&version));
        }
        return true;
    }
    let choices = &mut cx.forms.payload.choices;
    view.refresh(target, catalog, &cx.forms.draft, choices);
    match (&view.version, &view.document) {
        (Some(Err(words)), _) => {
            ui.label(RichText::new(words).color(palette.warn));
            return false;
        }
        (_, Some(Err(words))) => {
            let why = match &view.verdict.place {
                // The verdict says it, with the place.
                Some(_) => String::new(),
                None => format!(": {words}"),
            };
            let words = format!(
                "This payload is written as text, because it is not JSON that a form can edit{why}"
            );
            ui.label(RichText::new(words).color(palette.warn));
            return false;
        }
        _ => {}
    }
    about_ui(ui, cx.forms.payload.choices.about());
    for words in &view.others {
        ui.label(RichText::new(words).color(palette.bad));
    }
    let mut wanted: Option<(usize, FieldEdit)> = None;
    ui.scope(|ui| {
        ui.spacing_mut().item_spacing.y = STEP;
        let none = Vec::new();
        for (index, field) in view.fields.iter().enumerate() {
            let errors = view.errors.get(&index).unwrap_or(&none);
            let memory = field::Typing {
                typed: &mut view.typed,
                names: &mut view.names,
            };
            let begin = ui.next_widget_position();
            if let Some(edit) = field::field_ui(ui, field, errors, memory) {
                wanted = Some((index, edit));
            }
            if !errors.is_empty() && std::mem::take(&mut view.go_to_fault) {
                let place = Rect::from_two_pos(begin, ui.next_widget_position());
                ui.scroll_to_rect(place, Some(Align::Center));
            }
        }
    });
    if let Some((index, edit)) = wanted
        && let (Some(Ok(version)), Some(Ok(document))) = (&view.version, &mut view.document)
    {
        fields::edit(
            version,
            document,
            &mut cx.forms.payload.choices,
            index,
            edit,
        );
        cx.forms.draft.body = BodyDraft::Text(document.text().to_owned());
        view.form = None;
    }
    true
}
