//! Publishing the form many times: how often and how fast, and how far it is.

use eframe::egui::{CollapsingHeader, Label, ProgressBar, RichText, TextEdit, Ui};

use crate::event::draft::variables;
use crate::state::Action;
use crate::state::publish::PublishAction;
use crate::text::payload::shorten;
use crate::ui::Cx;
use crate::ui::parts::theme::{self, Palette};
use crate::ui::parts::widgets::{button, field_margin, weak};

/// What is replaced when the event is sent, where there is something to be replaced.
pub(super) fn variables_ui(ui: &mut Ui, cx: &mut Cx<'_>) {
    if !cx.forms.draft.has_variables() {
        return;
    }
    let mut replace = !cx.forms.as_written;
    let words: Vec<String> = variables::ALL
        .iter()
        .map(|(name, words)| format!("{name}: {words}"))
        .collect();
    if ui
        .checkbox(&mut replace, "Replace variables when it is sent")
        .on_hover_text(words.join("\n"))
        .changed()
    {
        cx.forms.as_written = !replace;
    }
}

/// The fields of a series, folded away.
pub(super) fn series_ui(ui: &mut Ui, cx: &mut Cx<'_>, may: bool) {
    CollapsingHeader::new("Publish many times")
        .default_open(false)
        .show(ui, |ui| {
            ui.horizontal_wrapped(|ui| {
                let form = &mut cx.forms.series;
                number_field(ui, "Times", &mut form.count);
                number_field(ui, "A second at most", &mut form.rate);
                let runs = cx.state.front.publish.series.as_ref().is_some_and(|run| run.runs);
                if button(ui, "Publish series", may && !runs)
                    .on_hover_text("Each event is confirmed like a single one. It ends by itself when an answer fails to come")
                    .clicked()
                {
                    cx.act(Action::Publish(PublishAction::Series));
                }
            });
            if let Some(id) = cx.memory.payload.fixed_id()
                && cx.forms.series.count.trim() != "1"
            {
                let words = format!(
                    "All of them have the id {}: write {{{{uuid}}}} into it, or consumers may take \
                     them for one",
                    shorten(id, 60)
                );
                let color = Palette::of(ui).warn;
                ui.add(Label::new(RichText::new(words).color(color)).wrap());
            }
            if let Some(problem) = &cx.forms.series.problem {
                ui.label(RichText::new(problem).color(Palette::of(ui).bad));
            }
            let names: Vec<&str> = variables::ALL.iter().map(|(name, _)| *name).collect();
            let words = format!(
                "With variables the events differ: {}",
                names.join(", ")
            );
            let all: Vec<String> = variables::ALL
                .iter()
                .map(|(name, words)| format!("{name}: {words}"))
                .collect();
            let text = RichText::new(words).size(theme::SIZES[0]).color(Palette::of(ui).weak);
            ui.add(Label::new(text).wrap()).on_hover_text(all.join("\n"));
        });
}

fn number_field(ui: &mut Ui, label: &str, text: &mut String) {
    let name = weak(ui, label);
    let edit = TextEdit::singleline(text)
        .desired_width(64.0)
        .margin(field_margin());
    ui.add(edit).labelled_by(name.id);
}

/// How far the series is, or how it ended.
pub(super) fn progress_ui(ui: &mut Ui, cx: &mut Cx<'_>) {
    let Some(run) = cx.state.front.publish.series_in_sight() else {
        return;
    };
    let palette = Palette::of(ui);
    let color = match (run.runs, run.is_good()) {
        (true, true) => palette.text,
        (false, true) => palette.good,
        (_, false) => palette.warn,
    };
    if run.runs {
        #[expect(clippy::cast_precision_loss, reason = "a share that is drawn")]
        let share = run.tally.told() as f32 / run.count.max(1) as f32;
        ui.add(ProgressBar::new(share).desired_height(4.0));
    }
    ui.horizontal_wrapped(|ui| {
        ui.add(Label::new(RichText::new(run.words()).color(color)).wrap());
        if run.runs && button(ui, "Stop series", true).clicked() {
            cx.act(Action::Publish(PublishAction::StopSeries));
        }
    });
}
