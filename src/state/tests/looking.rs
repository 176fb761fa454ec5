//! What a look showed, and what becomes of it while time passes.

use super::*;

impl Desk {
    /// The broker tells of its queues after so many seconds.
    fn told_after(&mut self, seconds: i64, ready: u64) -> Option<String> {
        self.now = DateTime::UNIX_EPOCH + TimeDelta::seconds(seconds);
        let mut shop = shop();
        for queue in &mut shop.queues {
            queue.ready = Some(ready);
        }
        self.apply(Update::Source(
            SourceId::FIRST,
            SourceUpdate::Topology(shop),
        ));
        self.state.front.dead.peeked.as_ref()?.since()
    }
}

#[test]
fn newer_messages_are_told_of_until_the_next_look() {
    let mut desk = Desk::connected();
    // Nine lay in the queue.
    desk.peek(&["1", "2", "3"]);
    assert_eq!(
        desk.told_after(2, 15),
        None,
        "it may have been counted before"
    );
    assert_eq!(desk.told_after(30, 15).as_deref(), Some("6 newer"));
    assert_eq!(desk.told_after(40, 7).as_deref(), Some("2 fewer by now"));
    desk.peek(&["1"]);
    let peeked = desk.state.front.dead.peeked.as_ref().unwrap();
    assert_eq!(peeked.since(), None);
}

#[test]
fn a_message_is_closed_and_its_edit_is_kept() {
    let mut desk = Desk::connected();
    desk.peek(&["1", "2"]);
    desk.act(Action::Dead(DeadAction::Select(0)));
    let editor = desk.forms.editor.as_mut().unwrap();
    editor.draft.body = BodyDraft::Text("mended".into());
    desk.act(Action::Dead(DeadAction::CloseMessage));
    assert!(desk.state.front.dead.selected_message().is_none());
    assert!(desk.forms.editor.is_none());
    assert_eq!(desk.forms.edits(), 1);
    desk.act(Action::Dead(DeadAction::Move(1)));
    assert_eq!(
        desk.state.front.dead.selected,
        Some(0),
        "the first is begun with"
    );
    desk.act(Action::Dead(DeadAction::Move(1)));
    assert_eq!(desk.state.front.dead.selected, Some(1));
}
