//! The ways from a dead letter to where it, or what belongs to it, is shown elsewhere.

use eframe::egui::Ui;

use crate::event::Event;
use crate::state::dead_letters::job::Job;
use crate::state::dead_letters::journal::JournalAction;
use crate::state::dead_letters::{DeadAction, DeadLetter, DeadTab, in_stream};
use crate::state::live::LiveAction;
use crate::state::schemas::{SchemaAction, SchemaTab, SideView};
use crate::state::{Action, Screen};
use crate::ui::Cx;
use crate::ui::parts::widgets::{button, weak};
use crate::ui::screens::schemas::SoughtField;

/// From the message that is looked at.
pub(crate) fn letter_ui(ui: &mut Ui, cx: &mut Cx<'_>, letter: &DeadLetter) {
    let event = &letter.event;
    ui.horizontal_wrapped(|ui| {
        if let Some(line) = in_stream(event)
            && button(ui, "Find in Live", true)
                .on_hover_text(format!("What the taps saw of this event: {line}"))
                .clicked()
        {
            show_in_live(cx, line);
        }
        if let Some(id) = &event.properties.correlation_id
            && button(ui, "Conversation in Live", true)
                .on_hover_text(format!("Events with correlation id {id}"))
                .clicked()
        {
            cx.act(Action::Open(Screen::Live));
            cx.act(Action::Live(LiveAction::Conversation(Some(id.clone()))));
        }
        let editor = cx.forms.editor.as_ref();
        let fault = editor.and_then(|editor| editor.fit.as_ref()?.fault.as_ref());
        let wrong = fault.map(|fault| fault.at.clone());
        if let Some(name) = editor.and_then(|editor| editor.schema.clone())
            && button(ui, "Its schema", true)
                .on_hover_text(format!("The versions of {name}, side by side"))
                .clicked()
        {
            cx.act(Action::Open(Screen::Schemas));
            cx.act(Action::Schemas(SchemaAction::Choose(name)));
            cx.act(Action::Schemas(SchemaAction::Tab(SchemaTab::SideBySide)));
            cx.act(Action::Schemas(SchemaAction::Side(SideView::ByPath)));
            // To the field that is wrong.
            cx.memory.schema_field = wrong.as_deref().map(SoughtField::new);
        }
        if letter.came_back > 0
            && let Some(id) = id_of(event)
            && button(ui, "In the journal", true)
                .on_hover_text("What was done with this message before")
                .clicked()
        {
            show_in_journal(cx, id.to_owned());
        }
    });
}

/// From the result of a job.
pub(crate) fn result_ui(ui: &mut Ui, cx: &mut Cx<'_>, job: &Job) {
    if let Some(line) = &job.sent
        && button(ui, "Show what was sent", true)
            .on_hover_text(format!("In Live, if a tap saw it: {line}"))
            .clicked()
    {
        show_in_live(cx, line.clone());
    }
    if button(ui, "Show in journal", true)
        .on_hover_text("Each message of this with where it is now, and the way back")
        .clicked()
    {
        show_in_journal(cx, String::new());
    }
    if button(ui, "Dismiss result", true).clicked() {
        cx.act(Action::Dead(DeadAction::DismissResult));
    }
    if job.sum.done > 0 {
        let words = match (cx.state.front.abilities().is_log(), job.verb) {
            (true, _) => {
                "Nothing leaves a topic: what is done with is marked, here and in the journal"
            }
            (false, "Discard") => "Put back, in the journal, lays it into the queue again",
            (false, _) => {
                "What was sent cannot be recalled. The original lies in the journal: Put back lays a copy of it into the queue"
            }
        };
        weak(ui, words);
    }
}

fn show_in_live(cx: &mut Cx<'_>, line: String) {
    cx.act(Action::Open(Screen::Live));
    cx.act(Action::Live(LiveAction::SetFilter(line)));
}

/// Opens the journal with what holds this text, or with all.
fn show_in_journal(cx: &mut Cx<'_>, text: String) {
    cx.forms.journal_search.clone_from(&text);
    cx.act(Action::Journal(JournalAction::Job(None)));
    cx.act(Action::Journal(JournalAction::Search(text)));
    cx.act(Action::Dead(DeadAction::Tab(DeadTab::Journal)));
}

fn id_of(event: &Event) -> Option<&str> {
    let own = event.properties.message_id.as_deref();
    own.or(event.envelope.event_id.as_deref())
}
