//! Commands that could not be passed on: whatever waits for an answer gets one.

use super::*;
use crate::address::StoreKind;
use crate::event::source_id::SourceId;
use crate::protocol::DeskUpdate;
use crate::state::dead_letters::DeadTab;
use crate::state::files::FileToSave;
use crate::state::leaving::{Leave, LeaveAction, Wish};
use crate::state::live::taps::Phase;
use crate::state::publish::PublishAction;

impl Desk {
    /// Does something while the broker side takes nothing; gives what it would have been asked.
    fn act_in_vain(&mut self, action: Action) -> usize {
        let commands = self.act(action);
        let count = commands.len();
        for command in commands {
            self.state.refuse(command, &mut self.forms, self.now);
        }
        count
    }

    fn is_told_busy(&self) -> bool {
        let last = self.state.notices.entries().last();
        last.is_some_and(|entry| entry.words.contains("Try again in a moment"))
    }
}

#[test]
fn a_publish_is_refused() {
    let mut desk = Desk::connected();
    desk.act(Action::FillSample);
    desk.act_in_vain(Action::Publish(PublishAction::Send));
    let outcome = desk.state.front.publish.history[0].outcome.clone();
    assert!(matches!(outcome, Some(PublishOutcome::Refused(words)) if words.contains("busy")));
}

#[test]
fn a_look_is_refused() {
    let mut desk = Desk::connected();
    desk.act(Action::Dead(DeadAction::OpenQueue("orders.dead".into())));
    assert_eq!(desk.act_in_vain(Action::Dead(DeadAction::Peek)), 1);
    assert!(
        desk.state.front.dead.peeking.is_none() && desk.state.front.dead.peek_problem.is_some()
    );
}

#[test]
fn a_job_that_is_refused_has_ended_and_the_journal_can_be_read_later() {
    let mut desk = Desk::connected();
    desk.peek(&["1", "2"]);
    desk.act(Action::Dead(DeadAction::MarkAll(true)));
    assert_eq!(
        desk.act_in_vain(Action::Dead(DeadAction::ResendSelected)),
        1
    );
    let job = desk.state.front.dead.job.as_ref().unwrap();
    assert!(job.ended && job.result().contains("busy"));
    // A question about the journal that did not get through is not waited for.
    let commands = desk.act(Action::Dead(DeadAction::Tab(DeadTab::Journal)));
    assert!(
        matches!(
            commands.as_slice(),
            [Command::Desk(DeskCommand::ReadJournal(_))]
        ),
        "{commands:?}"
    );
}

#[test]
fn a_discard_that_is_refused_has_ended() {
    let mut desk = Desk::connected();
    desk.peek(&["1"]);
    desk.act(Action::Dead(DeadAction::Select(0)));
    desk.act(Action::Dead(DeadAction::AskDiscard));
    assert_eq!(desk.act_in_vain(Action::Dead(DeadAction::Discard)), 1);
    assert!(!desk.state.front.dead.is_busy() && desk.state.front.dead.job.is_some());
}

#[test]
fn a_tap_is_refused_and_one_that_could_not_be_stopped_runs() {
    let mut desk = Desk::connected();
    desk.act_in_vain(Action::Tap(TapAction::Start));
    let card = desk.state.front.tap_card.as_ref();
    assert!(matches!(card, Some(Card::Tap(report)) if !report.may_start()));
    desk.act(Action::Tap(TapAction::Cancel));
    let tap = desk.start_tap();
    let state = TapState::Running { queue: "q".into() };
    desk.apply(Update::Source(
        SourceId::FIRST,
        SourceUpdate::Tap { tap, state },
    ));
    desk.act_in_vain(Action::Tap(TapAction::Stop(tap)));
    assert_eq!(desk.state.taps.list()[0].phase, Phase::Running);
    assert!(desk.is_told_busy());
}

#[test]
fn the_sandbox_is_not_waited_for() {
    let mut desk = Desk::connected();
    desk.act_in_vain(Action::StartSandbox(StoreKind::RabbitMq));
    assert!(matches!(
        desk.state.front.sandbox,
        Some(SandboxState::Failed(_))
    ));
}

#[test]
fn who_leaves_is_asked_again_when_the_job_was_not_told_to_stop() {
    let mut desk = Desk::connected();
    desk.peek(&["1", "2"]);
    desk.act(Action::Dead(DeadAction::MarkAll(true)));
    desk.act(Action::Dead(DeadAction::ResendSelected));
    desk.act(Action::Leave(LeaveAction::Ask(Leave::Quit)));
    assert_eq!(desk.act_in_vain(Action::Leave(LeaveAction::Stop)), 1);
    assert_eq!(desk.state.leaving.as_ref().unwrap().wish, Wish::Asked);
    assert!(desk.is_told_busy() && desk.state.front.dead.is_busy());
}

#[test]
fn a_pause_that_did_not_get_through_is_told() {
    let mut desk = Desk::connected();
    desk.peek(&["1", "2"]);
    desk.act(Action::Dead(DeadAction::MarkAll(true)));
    desk.act(Action::Dead(DeadAction::ResendSelected));
    desk.act_in_vain(Action::Dead(DeadAction::Pause(true)));
    assert!(desk.is_told_busy() && desk.state.front.dead.is_busy());
}

#[test]
fn a_file_that_was_not_passed_on_was_not_saved() {
    let mut desk = Desk::connected();
    desk.act_in_vain(Action::SaveFile(FileToSave {
        what: "report",
        path: "/tmp/report.md".into(),
        replaces: true,
        bytes: Vec::new(),
    }));
    let last = desk.state.notices.entries().last().unwrap();
    assert!(
        last.words
            .starts_with("The report was not saved as /tmp/report.md. ")
    );
    assert!(desk.is_told_busy());
}

#[test]
fn putting_back_that_is_refused_says_so_at_its_record() {
    use crate::repair::journal_entry::{Operation, Record, RecordId, Stage};
    use crate::repair::journal_list::JournalPage;
    use crate::state::dead_letters::journal::JournalAction;

    let mut desk = Desk::connected();
    let mut record = Record::example(Stage::Removed);
    record.deed = Operation::Discard;
    let page = JournalPage {
        records: vec![record.clone()],
        ..JournalPage::default()
    };
    desk.apply(Update::Desk(DeskUpdate::Journal(Ok(Box::new(page)))));
    desk.act(Action::Journal(JournalAction::Select(RecordId(1))));
    assert_eq!(
        desk.act_in_vain(Action::Journal(JournalAction::PutBack(RecordId(1)))),
        1
    );
    assert!(desk.state.journal.putting.is_none());
    let why = desk.state.journal.why_not(&record);
    assert!(why.is_some_and(|words| words.contains("busy")));
}

#[test]
fn an_end_is_taken_by_whom_it_belongs_to() {
    let mut desk = Desk::connected();
    desk.peek(&["1"]);
    desk.act(Action::Dead(DeadAction::MarkAll(true)));
    let commands = desk.act(Action::Dead(DeadAction::ResendSelected));
    let [Command::Source(_, SourceCommand::Resend { request, .. })] = commands.as_slice() else {
        panic!("{commands:?}")
    };
    // The same number, but another's end.
    let request = *request;
    let problem = None;
    desk.apply(Update::Source(
        SourceId::FIRST,
        SourceUpdate::PutBackDone { request, problem },
    ));
    assert!(desk.state.front.dead.is_busy());
    desk.apply(Update::Source(
        SourceId::FIRST,
        SourceUpdate::JobDone {
            request,
            problem: None,
            sum: None,
        },
    ));
    assert!(!desk.state.front.dead.is_busy());
}

#[test]
fn an_end_that_was_not_passed_on_can_be_asked_for_again() {
    let mut desk = Desk::connected();
    assert_eq!(desk.act_in_vain(Action::Disconnect), 1);
    assert!(!desk.state.front.is_ending && desk.is_told_busy());
}
