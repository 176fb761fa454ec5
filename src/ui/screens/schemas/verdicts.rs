//! The verdict of each direction, the event that breaks, and all versions against all.

use eframe::egui::{self, Grid, RichText, ScrollArea, Ui};

use crate::event::BodyDraft;
use crate::schema::{self, Answer, CheckReport, EventType, Proof, Verdict};
use crate::state::Action;
use crate::state::schemas::{Comparison, SampleVerdict, SchemaAction, SchemaDesk};
use crate::ui::Cx;
use crate::ui::frame::status_bar::thousands;
use crate::ui::parts::save_file::{Dialogs, SaveDialog};
use crate::ui::parts::theme::{self, Palette, STEP};
use crate::ui::parts::widgets::{button, empty_state, section, weak};

/// One line a direction, whether the level is met, and what real events say.
pub(crate) fn verdicts_ui(ui: &mut Ui, cx: &Cx<'_>, report: &CheckReport, found: &Comparison) {
    let schemas = &cx.state.schemas;
    for (name, verdict) in [("Backward", &report.backward), ("Forward", &report.forward)] {
        let (answer, why) = (verdict.answer.name(), verdict.reason.trim_end_matches('.'));
        let words = format!("{name}: {answer} – {why} ({})", proof_words(verdict));
        ui.label(RichText::new(words).color(color(ui, verdict.answer)));
    }
    if schemas.level.is_transitive() {
        lineage_ui(ui, schemas);
    }
    let met = if report.meets(schemas.level) {
        "met"
    } else {
        "not met"
    };
    let mut words = format!("{} is {met}", schemas.level.name());
    if schemas.level.is_transitive() {
        words.push_str(" for these two");
    }
    for (replay, what) in [
        (&found.captured, "captured events"),
        (&found.dead, "dead letters"),
    ] {
        if replay.seen > 0 {
            words.push_str(&format!(
                ". Of {} {what} the old version refuses {}, the new one {}",
                thousands(replay.seen as u64),
                thousands(replay.refused_by_old as u64),
                thousands(replay.refused_by_new as u64)
            ));
        }
    }
    let samples = found.sample_counts();
    if samples.seen > 0 {
        words.push_str(&format!(
            ". Samples: {} of {} would be refused",
            samples.refused_by_new, samples.seen
        ));
    }
    ui.label(words);
}

/// The verdict about all earlier versions; the reasons are told on hovering.
fn lineage_ui(ui: &mut Ui, schemas: &SchemaDesk) {
    let Some(lineage) = &schemas.lineage else {
        weak(ui, "Comparing with every earlier version…");
        return;
    };
    let answer = lineage.answer(schemas.level);
    let mut why = Vec::new();
    for one in &lineage.earlier {
        if one.answer(schemas.level) != Answer::Yes {
            why.push(format!("Against {}:\n{}", one.version, one.why));
        }
    }
    let words = RichText::new(lineage.sentence(schemas.level)).color(color(ui, answer));
    let label = ui.label(words);
    if !why.is_empty() {
        label.on_hover_text(why.join("\n\n"));
    }
}

fn proof_words(verdict: &Verdict) -> &'static str {
    match (verdict.proof, verdict.answer) {
        (Proof::Proved, _) => "proved",
        (Proof::Example, _) => "an event that breaks was found",
        (Proof::Policy, Answer::Yes) if verdict.example.is_some() => {
            "by the policy, but an event breaks to the letter"
        }
        (Proof::Policy, _) => "by the rules of the policy",
        (Proof::Unknown, _) => "not decided",
    }
}

fn color(ui: &Ui, answer: Answer) -> egui::Color32 {
    let palette = Palette::of(ui);
    match answer {
        Answer::Yes => palette.good,
        Answer::No => palette.bad,
        Answer::Unknown => palette.warn,
    }
}

/// Events that break, made up and real.
pub(crate) fn breaks_ui(ui: &mut Ui, cx: &mut Cx<'_>, report: &CheckReport, found: &Comparison) {
    let mut any = false;
    ScrollArea::vertical()
        .auto_shrink([false, false])
        .show(ui, |ui| {
            for (direction, who, verdict) in [
                (
                    "Backward",
                    "the old version allows and the new one refuses",
                    &report.backward,
                ),
                (
                    "Forward",
                    "the new version allows and the old one refuses",
                    &report.forward,
                ),
            ] {
                let Some(example) = &verdict.example else {
                    continue;
                };
                any = true;
                section(ui, &format!("{direction}: an event that {who}"));
                let text = serde_json::to_string_pretty(example).unwrap_or_default();
                let sample = breaks_name(&cx.state.schemas, direction);
                event_ui(ui, cx, &text, &verdict.failures, Some(sample));
            }
            if let Some((text, failures)) = &found.captured.first {
                any = true;
                section(
                    ui,
                    "Captured: the newest event that the new version refuses",
                );
                let sample = breaks_name(&cx.state.schemas, "captured");
                event_ui(ui, cx, text, failures, Some(sample));
            }
            any |= !found.samples.is_empty();
            samples_ui(ui, cx, &found.samples);
        });
    if !any {
        empty_state(
            ui,
            "No event breaks",
            "None was found that one version allows and the other refuses",
        );
    }
}

/// A name for an event that breaks: what it breaks, and between which versions.
fn breaks_name(schemas: &SchemaDesk, what: &str) -> String {
    let new = if schemas.what_if {
        "draft"
    } else {
        &schemas.new
    };
    format!("breaks-{}-{}-{new}", what.to_lowercase(), schemas.old)
}

/// The examples of the folder: what both versions say to each.
fn samples_ui(ui: &mut Ui, cx: &mut Cx<'_>, samples: &[SampleVerdict]) {
    let refused = samples.iter().filter(|one| !one.failures.is_empty());
    if samples.is_empty() {
        return;
    }
    let (refused, total) = (refused.count(), samples.len());
    section(
        ui,
        &format!("Samples: {refused} of {total} would be refused"),
    );
    for one in samples {
        let palette = Palette::of(ui);
        let (words, color) = match (one.refused_by_old, one.failures.is_empty()) {
            (false, true) => ("both versions allow it", palette.good),
            (true, true) => ("only the new version allows it", palette.good),
            (false, false) => ("the new version refuses it", palette.bad),
            (true, false) => ("both versions refuse it", palette.warn),
        };
        let title = RichText::new(format!("{}: {words}", one.name)).color(color);
        egui::CollapsingHeader::new(title)
            .id_salt(("sample", &one.name))
            .show(ui, |ui| event_ui(ui, cx, &one.text, &one.failures, None));
    }
}

/// An event, why it is refused, and what can be done with it. With a name it can be kept.
fn event_ui(
    ui: &mut Ui,
    cx: &mut Cx<'_>,
    text: &str,
    failures: &[schema::Failure],
    sample: Option<String>,
) {
    let palette = Palette::of(ui);
    for failure in failures {
        let at = schema::place(&failure.at);
        ui.label(RichText::new(format!("{at}: {}", failure.words)).color(palette.bad));
    }
    ui.add(egui::Label::new(RichText::new(text).font(theme::mono())).wrap());
    ui.horizontal(|ui| {
        ui.push_id(sample.clone(), |ui| {
            if button(ui, "Copy event", true).clicked() {
                ui.ctx().copy_text(text.to_owned());
            }
            if button(ui, "Load into Publish", true).clicked() {
                cx.forms.draft.body = BodyDraft::Text(text.to_owned());
                cx.actions.push(Action::Open(crate::state::Screen::Publish));
            }
            if let Some(sample) = sample
                && button(ui, "Save as sample", true)
                    .on_hover_text(format!("Writes it to samples/{sample}.json of the type"))
                    .clicked()
            {
                let text = text.to_owned();
                let save = SchemaAction::SaveSample { sample, text };
                cx.actions.push(Action::Schemas(save));
            }
        });
    });
    ui.add_space(STEP);
}

/// Whether the reader of a row can read what a column wrote.
pub(crate) fn matrix_ui(ui: &mut Ui, cx: &mut Cx<'_>) {
    let Some(matrix) = &cx.state.schemas.matrix else {
        weak(ui, "Comparing all versions…");
        return;
    };
    weak(
        ui,
        "A row reads what a column wrote. A cell opens the two versions",
    );
    let level = cx.state.schemas.level;
    if level.is_transitive() {
        weak(
            ui,
            "First: where a check of all earlier versions, from the newest on, fails first",
        );
    }
    if matrix.left_out > 0 {
        weak(
            ui,
            format!("{} older versions are left out", matrix.left_out),
        );
    }
    ui.add_space(STEP);
    ScrollArea::both()
        .auto_shrink([false, false])
        .show(ui, |ui| {
            Grid::new("matrix").spacing([STEP, STEP]).show(ui, |ui| {
                ui.label("");
                for name in &matrix.names {
                    weak(ui, format!("wrote {name}"));
                }
                ui.end_row();
                for (row, reader) in matrix.names.iter().enumerate() {
                    weak(ui, format!("reads {reader}"));
                    for (column, writer) in matrix.names.iter().enumerate() {
                        if row == column {
                            weak(ui, "·");
                            continue;
                        }
                        let answer = matrix.cells[row][column];
                        let (newer, older) = (row.max(column), row.min(column));
                        let first = level.is_transitive()
                            && answer == Answer::No
                            && matrix.first_failing(newer, level) == Some(older)
                            && (if row > column {
                                level.asks_backward()
                            } else {
                                level.asks_forward()
                            });
                        let mark = if first { ", first" } else { "" };
                        let words = format!("{}{mark}", answer.name());
                        let mut label = RichText::new(&words).color(color(ui, answer));
                        if first {
                            label = label.strong();
                        }
                        let cell = ui.button(label);
                        let name = format!("{reader} reads {writer}: {words}");
                        cell.widget_info(|| {
                            egui::WidgetInfo::labeled(egui::accesskit::Role::Button, true, &name)
                        });
                        if cell.clicked() {
                            let (old, new) = if row > column {
                                (writer, reader)
                            } else {
                                (reader, writer)
                            };
                            let pair = SchemaAction::Pair(old.clone(), new.clone());
                            cx.actions.push(Action::Schemas(pair));
                        }
                    }
                    ui.end_row();
                }
            });
        });
}

/// Asks for a file and saves the report: Markdown, or JSON if the name ends so.
pub(crate) fn export(
    ui: &Ui,
    saving: &mut Dialogs,
    found: &Comparison,
    schemas: &SchemaDesk,
    chosen: &EventType,
) {
    let Ok(report) = &found.report else { return };
    let new = if schemas.what_if {
        "draft"
    } else {
        &schemas.new
    };
    let title = format!("{} {} → {new}", chosen.name, schemas.old);
    let (report, level) = (report.clone(), schemas.level);
    let asked = SaveDialog {
        what: "report",
        title: "Export report",
        name: format!("{}.md", chosen.name),
    };
    saving.ask(ui, asked, move |path| {
        let text = if path.extension().is_some_and(|end| end == "json") {
            schema::json(&serde_json::Value::from(title), &report, level).to_string()
        } else {
            schema::markdown(&title, &report, level)
        };
        text.into_bytes()
    });
}
