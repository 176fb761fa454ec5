//! Edits that are kept, results where they belong, and leaving while messages are moved.

use super::*;
use crate::event::source_id::SourceId;
use crate::state::dead_letters::DeadTab;
use crate::state::leaving::{Leave, LeaveAction, Wish};
use crate::state::publish::PublishAction;

impl Desk {
    fn dead(&mut self, action: DeadAction) -> Vec<Command> {
        self.act(Action::Dead(action))
    }

    fn leave(&mut self, action: LeaveAction) -> Vec<Command> {
        self.act(Action::Leave(action))
    }

    /// Edits the payload of the message at this place, and looks at another one.
    fn edit(&mut self, place: usize, body: &str) {
        self.dead(DeadAction::Select(place));
        let editor = self.forms.editor.as_mut().unwrap();
        editor.draft.body = BodyDraft::Text(body.into());
    }

    fn bodies(commands: &[Command]) -> (RequestId, Vec<Vec<u8>>) {
        let [
            Command::Source(
                _,
                SourceCommand::Resend {
                    request,
                    which: Which::These(orders),
                    ..
                },
            ),
        ] = commands
        else {
            panic!("no resend: {commands:?}")
        };
        let bodies = orders.iter().map(|order| order.outgoing.body.clone());
        (*request, bodies.collect())
    }

    fn moved(&mut self, request: RequestId, body: &str, outcome: MoveOutcome) {
        let original = dead_letter(body).fingerprint();
        self.apply(Update::Source(
            SourceId::FIRST,
            SourceUpdate::Moved {
                request,
                moved: vec![(original, outcome)],
            },
        ));
    }

    fn done(&mut self, request: RequestId) -> Vec<Command> {
        let problem = None;
        self.apply(Update::Source(
            SourceId::FIRST,
            SourceUpdate::JobDone {
                request,
                problem,
                sum: None,
            },
        ))
    }

    /// Begins to send all three messages again.
    fn resend_all(&mut self) -> RequestId {
        self.dead(DeadAction::MarkAll(true));
        Self::bodies(&self.dead(DeadAction::ResendSelected)).0
    }

    fn last_notice(&self) -> &str {
        let last = self.state.notices.entries().last();
        last.map_or("", |entry| entry.words.as_str())
    }
}

#[test]
fn an_edit_stays_with_its_message_and_is_what_is_sent() {
    let mut desk = Desk::connected();
    desk.peek(&["1", "2", "3"]);
    desk.edit(1, "mended");
    desk.dead(DeadAction::Select(2));
    assert_eq!(desk.state.front.dead.edited(&desk.forms, &[0, 1, 2]), 1);
    desk.dead(DeadAction::Select(1));
    let editor = desk.forms.editor.as_ref().unwrap();
    assert_eq!(editor.draft.body, BodyDraft::Text("mended".into()));
    desk.dead(DeadAction::Select(0));
    desk.dead(DeadAction::Mark(0, true));
    desk.dead(DeadAction::Mark(1, true));
    let (request, sent) = Desk::bodies(&desk.dead(DeadAction::ResendSelected));
    assert_eq!(sent, [&b"1"[..], b"mended"]);
    // One that could not be sent keeps its edit; one that was sent has none any more.
    desk.moved(request, "2", MoveOutcome::Kept("No queue took it".into()));
    assert_eq!(desk.forms.edits(), 1);
    desk.done(request);
    let (request, _) = Desk::bodies(&desk.dead(DeadAction::ResendSelected));
    desk.moved(request, "2", MoveOutcome::Resent);
    assert_eq!(desk.forms.edits(), 0);
}

#[test]
fn an_edit_that_is_wrong_is_not_sent_unedited() {
    let mut desk = Desk::connected();
    desk.peek(&["1", "2"]);
    desk.dead(DeadAction::Select(0));
    let editor = desk.forms.editor.as_mut().unwrap();
    editor
        .draft
        .set(crate::event::draft::Field::Priority, "high");
    assert!(desk.dead(DeadAction::ResendSelected).is_empty());
    let peeked = desk.state.front.dead.peeked.as_ref().unwrap();
    let remark = peeked.messages[0].remark.as_deref().unwrap();
    assert!(
        remark.starts_with("Its edit cannot be sent. Priority"),
        "{remark}"
    );
}

#[test]
fn edits_outlive_another_queue_and_a_new_look_but_not_their_message() {
    let mut desk = Desk::connected();
    desk.peek(&["1", "2"]);
    desk.edit(1, "mended");
    desk.dead(DeadAction::OpenQueue("orders".into()));
    assert!(desk.forms.editor.is_none());
    desk.peek(&["1", "2", "3"]);
    assert_eq!(desk.state.front.dead.edited(&desk.forms, &[0, 1, 2]), 1);
    // A page that does not show it says nothing of it.
    desk.peek(&["1"]);
    assert_eq!(
        (
            desk.forms.edits(),
            desk.state.front.dead.edited_here(&desk.forms)
        ),
        (1, 1)
    );
    let request = desk.resend_all();
    desk.moved(request, "2", MoveOutcome::Gone);
    assert_eq!(desk.forms.edits(), 0);
    assert!(
        desk.last_notice()
            .contains("its message is not in orders.dead any more")
    );
}

#[test]
fn edits_go_with_a_word_when_all_of_the_queue_was_seen_and_nobody_holds_any() {
    for (unacked, left) in [(Some(1), 1), (None, 1), (Some(0), 0)] {
        let mut desk = Desk::connected();
        let mut topology = shop();
        let queues = topology.queues.iter_mut();
        for queue in queues.filter(|queue| queue.name == "orders.dead") {
            queue.unacked = unacked;
        }
        desk.apply(Update::Source(
            SourceId::FIRST,
            SourceUpdate::Topology(topology),
        ));
        desk.peek(&["1", "2"]);
        desk.edit(1, "mended");
        let commands = desk.dead(DeadAction::Peek);
        let [Command::Source(_, SourceCommand::Peek { request, .. })] = commands.as_slice() else {
            panic!("no peek: {commands:?}")
        };
        let report = PeekReport {
            queue: "orders.dead".into(),
            messages: vec![dead_letter("1")],
            depth: 1,
            ..PeekReport::default()
        };
        desk.apply(Update::Source(
            SourceId::FIRST,
            SourceUpdate::Peeked {
                request: *request,
                result: Ok(report),
            },
        ));
        assert_eq!(desk.forms.edits(), left, "{unacked:?}");
        let said = desk.last_notice().starts_with("1 edit was dropped");
        assert_eq!(said, left == 0, "{}", desk.last_notice());
    }
}

#[test]
fn another_target_moves_an_edited_message_too_and_keeps_the_edit() {
    let mut desk = Desk::connected();
    desk.peek(&["1", "2"]);
    desk.edit(0, "mended");
    desk.dead(DeadAction::Select(1));
    let choice = TargetChoice::QueueThatFailed;
    desk.dead(DeadAction::Target(choice));
    desk.dead(DeadAction::Mark(0, true));
    let commands = desk.dead(DeadAction::ResendSelected);
    let [
        Command::Source(
            _,
            SourceCommand::Resend {
                which: Which::These(orders),
                ..
            },
        ),
    ] = commands.as_slice()
    else {
        panic!("no resend: {commands:?}")
    };
    let sent = &orders[0].outgoing;
    assert_eq!((&*sent.destination, &*sent.key), ("", "orders"));
    assert_eq!(sent.body, b"mended");
}

#[test]
fn a_whole_queue_with_edits_is_sent_only_after_a_word() {
    let mut desk = Desk::connected();
    desk.peek(&["1", "2"]);
    desk.edit(0, "mended");
    assert!(desk.dead(DeadAction::Canary).is_empty());
    assert_eq!(desk.state.front.dead.asking_all, Some(true));
    let commands = desk.dead(DeadAction::YesAll);
    let [Command::Source(_, SourceCommand::Resend { pace, .. })] = commands.as_slice() else {
        panic!("no resend: {commands:?}")
    };
    assert!(pace.canary.is_some());
}

#[test]
fn rules_are_put_to_what_was_edited_by_hand() {
    let mut desk = Desk::connected();
    desk.peek(&[r#"{"a":"1"}"#]);
    desk.edit(0, r#"{"a":"2"}"#);
    let rule = crate::repair::edit::RuleForm {
        at: "/a".into(),
        ..Default::default()
    };
    desk.forms.rules = vec![rule];
    desk.dead(DeadAction::Rules(RuleAction::Open));
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(10);
    let rules = |desk: &Desk| {
        desk.state
            .front
            .dead
            .rules
            .as_ref()
            .map(|desk| desk.rows.clone())
    };
    while rules(&desk).is_none_or(|rows| rows.is_empty()) {
        assert!(std::time::Instant::now() < deadline, "no preview came");
        desk.state.front.dead.tick(None);
        std::thread::yield_now();
    }
    let row = rules(&desk).unwrap().remove(0);
    assert!(row.words.starts_with("edited by hand"), "{}", row.words);
}

#[test]
fn the_next_message_is_selected_when_one_was_sent() {
    let mut desk = Desk::connected();
    desk.peek(&["1", "2", "3"]);
    for (place, next) in [(1, Some("3")), (1, Some("1")), (0, None)] {
        desk.dead(DeadAction::Select(place));
        let commands = desk.dead(DeadAction::Resend);
        let (request, sent) = Desk::bodies(&commands);
        let body = String::from_utf8(sent[0].clone()).unwrap();
        desk.moved(request, &body, MoveOutcome::Resent);
        desk.done(request);
        let selected = desk.state.front.dead.selected_message();
        let selected = selected.map(|message| message.event.body.clone());
        assert_eq!(selected.as_deref(), next.map(str::as_bytes));
        assert_eq!(desk.forms.editor.is_some(), next.is_some());
    }
}

#[test]
fn a_result_is_shown_where_it_belongs_and_until_something_else_is_done_there() {
    let mut desk = Desk::connected();
    desk.peek(&["1", "2", "3"]);
    let request = desk.resend_all();
    // It runs: that is said wherever this queue is.
    desk.dead(DeadAction::Tab(DeadTab::Groups));
    assert!(desk.state.front.dead.shown_job().is_some());
    desk.dead(DeadAction::Tab(DeadTab::Queues));
    desk.act(Action::Open(Screen::DeadLetters));
    desk.done(request);
    assert!(desk.state.front.dead.shown_job().is_some());
    assert_eq!(desk.last_notice(), "", "it is in sight");
    desk.dead(DeadAction::Tab(DeadTab::Groups));
    assert!(
        desk.state.front.dead.shown_job().is_none(),
        "it was no task of the groups"
    );
    desk.dead(DeadAction::Tab(DeadTab::Queues));
    desk.dead(DeadAction::Rules(RuleAction::Open));
    assert!(
        desk.state.front.dead.shown_job().is_none(),
        "it was no task of the rules"
    );
    desk.dead(DeadAction::Rules(RuleAction::Close));
    desk.peek(&["1"]);
    assert!(
        desk.state.front.dead.shown_job().is_none(),
        "the list is of another moment"
    );
    let request = desk.resend_all();
    desk.done(request);
    desk.dead(DeadAction::OpenQueue("orders".into()));
    assert!(desk.state.front.dead.shown_job().is_none());
    desk.dead(DeadAction::OpenQueue("orders.dead".into()));
    assert!(desk.state.front.dead.shown_job().is_none());
}

#[test]
fn a_job_that_ends_out_of_sight_is_a_notice() {
    let mut desk = Desk::connected();
    desk.peek(&["1", "2"]);
    let request = desk.resend_all();
    let running = desk.state.under_way().unwrap();
    assert_eq!((&*running.queue, running.progress), ("orders.dead", (0, 2)));
    desk.dead(DeadAction::OpenQueue("orders".into()));
    desk.act(Action::Open(Screen::Live));
    desk.moved(request, "1", MoveOutcome::Resent);
    assert_eq!(
        desk.state.under_way().unwrap().short(),
        "orders.dead: 1 of 2"
    );
    desk.act(Action::ShowJob);
    assert_eq!(desk.state.screen, Screen::DeadLetters);
    assert_eq!(desk.state.front.dead.queue.as_deref(), Some("orders.dead"));
    desk.act(Action::Open(Screen::Live));
    desk.moved(request, "2", MoveOutcome::Kept("No queue took it".into()));
    desk.done(request);
    assert_eq!(desk.state.under_way(), None);
    let words = "orders.dead: 1 of 2 resent, 1 stayed in the queue. No queue took it";
    assert_eq!(desk.last_notice(), words);
}

#[test]
fn what_was_said_of_a_draft_ends_with_it() {
    let mut desk = Desk::connected();
    desk.forms
        .draft
        .set(crate::event::draft::Field::Priority, "high");
    desk.act(Action::Publish(PublishAction::Send));
    assert_eq!(
        desk.state.front.publish.problems(&desk.forms.draft).len(),
        1
    );
    desk.act(Action::LoadEvent(dead_letter("1")));
    assert!(
        desk.state
            .front
            .publish
            .problems(&desk.forms.draft)
            .is_empty()
    );
    desk.peek(&["1"]);
    desk.dead(DeadAction::Select(0));
    let priority = |desk: &mut Desk, text: &str, second| {
        let editor = desk.forms.editor.as_mut().unwrap();
        editor.draft.set(crate::event::draft::Field::Priority, text);
        editor.history.note(&editor.draft, second);
    };
    priority(&mut desk, "high", 0.0);
    desk.dead(DeadAction::Resend);
    assert_eq!(desk.forms.editor.as_ref().unwrap().problems().len(), 1);
    priority(&mut desk, "1", 9.0);
    assert!(desk.forms.editor.as_ref().unwrap().problems().is_empty());
}

#[test]
fn closing_without_anything_under_way_asks_nothing() {
    let mut desk = Desk::connected();
    desk.leave(LeaveAction::Ask(Leave::Quit));
    assert!(desk.state.quits && desk.state.leaving.is_none());
    let commands = desk.act(Action::Disconnect);
    assert!(matches!(
        commands.as_slice(),
        [Command::Source(_, SourceCommand::Disconnect)]
    ));
}

#[test]
fn closing_waits_for_the_end_or_stops_or_is_taken_back() {
    let mut desk = Desk::connected();
    desk.peek(&["1", "2"]);
    let request = desk.resend_all();
    desk.leave(LeaveAction::Ask(Leave::Quit));
    desk.leave(LeaveAction::Ask(Leave::Quit));
    assert!(!desk.state.quits);
    desk.leave(LeaveAction::Cancel);
    desk.moved(request, "1", MoveOutcome::Resent);
    desk.moved(request, "2", MoveOutcome::Resent);
    desk.done(request);
    assert!(!desk.state.quits, "it was taken back");
    // Finish, then quit.
    desk.peek(&["1", "2"]);
    let request = desk.resend_all();
    desk.leave(LeaveAction::Ask(Leave::Quit));
    assert!(desk.leave(LeaveAction::Finish).is_empty());
    desk.moved(request, "1", MoveOutcome::Resent);
    desk.moved(request, "2", MoveOutcome::Kept("No queue took it".into()));
    desk.done(request);
    // Not all of it was done, and that is to be seen.
    let leaving = desk.state.leaving.clone().unwrap();
    assert!(matches!(leaving.wish, Wish::Ended(words) if words.contains("1 stayed in the queue")));
    assert!(!desk.state.quits);
    desk.leave(LeaveAction::Now);
    assert!(desk.state.quits);
}

#[test]
fn stop_and_disconnect_stops_the_job_and_then_ends_the_connection() {
    let mut desk = Desk::connected();
    desk.peek(&["1", "2"]);
    let request = desk.resend_all();
    assert!(desk.act(Action::Disconnect).is_empty());
    let commands = desk.leave(LeaveAction::Stop);
    assert!(
        matches!(commands.as_slice(), [Command::Source(_, SourceCommand::StopJob(stopped))] if *stopped == request)
    );
    let commands = desk.done(request);
    assert!(
        commands
            .iter()
            .any(|command| matches!(command, Command::Source(_, SourceCommand::Disconnect)))
    );
    assert!(desk.state.leaving.is_none() && !desk.state.quits);
}

#[test]
fn edits_that_were_not_sent_are_named_before_they_are_lost() {
    let mut desk = Desk::connected();
    desk.peek(&["1", "2"]);
    desk.edit(0, "mended");
    desk.leave(LeaveAction::Ask(Leave::Quit));
    let words = desk
        .state
        .unsent_words(Leave::Disconnect(SourceId::FIRST), &desk.forms)
        .unwrap();
    assert!(
        words.starts_with("1 edit of dead letters was not sent"),
        "{words}"
    );
    assert!(!desk.state.quits);
    desk.leave(LeaveAction::Now);
    assert!(desk.state.quits);
}
