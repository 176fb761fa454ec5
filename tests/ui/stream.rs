//! A stream that one can read: pausing, clearing, what is new, the inspector that closes, columns of
//! one's own, two events side by side, bookmarks, overlapping taps.

use std::time::{Duration, Instant};

use eframe::egui::accesskit::Role;
use eframe::egui::{Key, Memory, Modifiers, pos2};
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use eventscope::event::source_id::SourceId;
use eventscope::protocol::{SourceUpdate, TapState, Update};
use eventscope::settings::Settings;

use crate::{Window, event, start_tap};

fn no_focus(window: &mut Window) {
    window.harness.ctx.memory_mut(Memory::stop_text_input);
}

fn has_inspector(window: &Window) -> bool {
    let close = (window.harness).query_by_role_and_label(Role::Button, "Close inspector");
    close.is_some()
}

fn lead(window: &Window) -> Option<u64> {
    window.harness.state().state().live.selection.lead()
}

#[test]
fn a_pause_says_what_it_holds_back_and_outlives_a_clear() {
    let mut window = Window::connected();
    let tap = start_tap(&mut window);
    window.receive(tap, &[event("a.b", "1")]);
    window.press("Pause");
    window.assert_sees("Paused · 0 new");
    window.receive(tap, &[event("a.b", "2"), event("a.b", "3")]);
    window.assert_sees("Paused · 2 new");
    window.press("Clear");
    window.assert_sees("Paused · 0 new");
    window.receive(tap, &[event("a.b", "4")]);
    window.assert_sees("Paused · 1 new");
    window.press("Resume");
    assert!(window.rows()[0].starts_with("a.b 4"), "{:?}", window.rows());
    assert!(!window.sees("Paused"));
}

#[test]
fn a_clear_can_be_undone() {
    let mut window = Window::connected();
    let tap = start_tap(&mut window);
    window.receive(tap, &[event("a.b", "1"), event("c.d", "2")]);
    window.press("Clear");
    window.assert_sees("2 events cleared");
    assert!(window.rows().is_empty() && !window.sees("c.d (1)"));
    window.receive(tap, &[event("a.b", "3")]);
    window.press("Undo clear");
    assert_eq!(window.rows().len(), 3);
    window.assert_sees("received 3");
    window.assert_sees("a.b (2)");
    assert!(!window.sees("Undo clear"));
}

#[test]
fn what_is_new_below_is_counted_and_one_click_follows_it() {
    let mut window = Window::connected();
    let tap = start_tap(&mut window);
    let many: Vec<_> = (0..60).map(|n| event("a.b", &n.to_string())).collect();
    window.receive(tap, &many);
    assert!(!window.sees("new ↓"), "the newest is in sight");
    let row = window.rows().remove(3);
    window.click(Role::Row, &row);
    window.receive(tap, &many[..5]);
    window.press("5 new ↓");
    assert!(!window.sees("new ↓"));
    let last = window.rows().pop().expect("a row");
    assert!(last.starts_with("a.b 4"), "{last}");
}

#[test]
fn rows_do_not_run_from_under_the_pointer() {
    let mut window = Window::connected();
    let tap = start_tap(&mut window);
    let some: Vec<_> = (0..60).map(|n| event("a.b", &n.to_string())).collect();
    window.receive(tap, &some);
    let rows = window.rows();
    window.harness.hover_at(pos2(700.0, 400.0));
    window.receive(tap, &some[..9]);
    assert_eq!(window.rows(), rows);
    window.assert_sees("9 new ↓");
    window.harness.hover_at(pos2(700.0, 10.0));
    window.frames();
    window.frames();
    let last = window.rows().pop().expect("a row");
    assert!(last.starts_with("a.b 8"), "{last}");
}

#[test]
fn a_filter_that_can_hardly_be_meant_is_doubted() {
    let mut window = Window::connected();
    let tap = start_tap(&mut window);
    let wrapped = event("a.b", r#"{"eventId":"e-1","data":{"total":5}}"#);
    window.receive(tap, &[wrapped, event("c.d", r#"{"eventId":"e-1"}"#)]);
    for (line, rows, doubt) in [
        ("eventId:e-1", 2, ""),
        ("total>4", 1, ""),
        (
            "schema:fials",
            0,
            "schema:fials finds nothing: schema: knows matches, fails",
        ),
        (
            "reason:rejected",
            0,
            "Only dead letters have a reason: reason: finds nothing here",
        ),
        ("colour:red", 0, "colour is read as a field of the payload"),
    ] {
        window.type_into("Filter", line);
        window.wait_for_rows(rows);
        for sign in ["finds nothing", "is read as"] {
            assert_eq!(window.sees(sign), doubt.contains(sign), "{line}");
        }
        window.assert_sees(doubt);
        window.harness.key_press(Key::Escape);
        window.frames();
    }
}

#[test]
fn a_key_of_the_tree_is_one_stop_and_is_folded_and_hidden_by_keys() {
    let mut window = Window::connected();
    let tap = start_tap(&mut window);
    window.receive(tap, &[event("a.b", "1"), event("a.c", "2")]);
    let branch = |window: &Window, name: &str| {
        (window.harness)
            .query_by_role_and_label(Role::ListBoxOption, name)
            .is_some()
    };
    window
        .harness
        .get_by_role_and_label(Role::ListBoxOption, "a (2)")
        .focus();
    window.frames();
    window.harness.key_press(Key::ArrowLeft);
    window.frames();
    assert!(!branch(&window, "a.b (1)"), "it is closed");
    window.harness.key_press(Key::ArrowRight);
    window.frames();
    assert!(branch(&window, "a.b (1)"), "it is open");
    window.harness.key_press(Key::Tab);
    window.frames();
    let row = window
        .harness
        .get_by_role_and_label(Role::ListBoxOption, "a.b (1)");
    assert!(row.is_focused(), "the next stop is the next key");
    window.harness.key_press(Key::Delete);
    window.frames();
    window.wait_for_rows(1);
    window.press("Show a.b");
    window.wait_for_rows(2);
}

#[test]
fn the_inspector_closes_and_opens() {
    let mut window = Window::connected();
    let tap = start_tap(&mut window);
    window.receive(tap, &[event("a.b", "1"), event("c.d", "2")]);
    let rows = window.rows();
    window.click(Role::Row, &rows[0]);
    assert!(has_inspector(&window));
    window.press("Close inspector");
    assert!(!has_inspector(&window));
    assert_eq!(lead(&window), Some(0), "the row stays selected");
    no_focus(&mut window);
    for (key, open) in [(Key::Enter, true), (Key::Escape, false), (Key::J, false)] {
        window.harness.key_press(key);
        window.frames();
        assert_eq!(has_inspector(&window), open, "{key:?}");
    }
    window.harness.key_press(Key::Enter);
    window.frames();
    // What is typed into a field is no matter of the inspector.
    window.type_into("Filter", "a");
    window.harness.key_press(Key::Escape);
    window.frames();
    assert!(has_inspector(&window));
}

#[test]
fn in_a_small_window_the_inspector_stands_below_or_over_the_list() {
    for (width, height, rows_too) in [(760.0, 900.0, true), (760.0, 500.0, false)] {
        let mut window = Window::sized(width, height);
        window.connect();
        let tap = start_tap(&mut window);
        window.receive(tap, &[event("a.b", "1")]);
        let row = window.rows().remove(0);
        window.click(Role::Row, &row);
        assert_eq!(!window.rows().is_empty(), rows_too, "{height}");
        let close = window
            .harness
            .get_by_role_and_label(Role::Button, "Close inspector");
        assert!(close.rect().right() <= width, "{:?}", close.rect());
        window.press("Close inspector");
        assert_eq!(window.rows().len(), 1);
    }
}

#[test]
fn the_selected_row_stays_in_sight_when_other_rows_are_shown() {
    let mut window = Window::connected();
    let tap = start_tap(&mut window);
    let mut events: Vec<_> = (0..200)
        .map(|n| event("order.created", &n.to_string()))
        .collect();
    events.insert(120, event("order.odd", "120"));
    window.receive(tap, &events);
    window.type_into("Filter", "odd");
    window.wait_for_rows(1);
    let row = window.rows().remove(0);
    window.click(Role::Row, &row);
    window.type_into("Filter", " or order");
    let is_back = |window: &Window| window.rows().len() > 5 && window.rows().contains(&row);
    let deadline = Instant::now() + Duration::from_secs(10);
    while !is_back(&window) {
        assert!(Instant::now() < deadline, "{:?}", window.rows());
        window.frames();
    }
}

#[test]
fn two_selected_events_are_compared() {
    let mut window = Window::connected();
    let tap = start_tap(&mut window);
    let body = |n: u8| format!(r#"{{"data":{{"n":{n}}}}}"#);
    let events = [
        event("a.b", &body(1)),
        event("a.b", &body(2)),
        event("c.d", &body(3)),
    ];
    window.receive(tap, &events);
    let rows = window.rows();
    window.click(Role::Row, &rows[2]);
    assert!(!window.sees("Compare 2"));
    let first = window.harness.get_by_role_and_label(Role::Row, &rows[0]);
    first.click_modifiers(Modifiers::COMMAND);
    window.frames();
    window.press("Compare 2");
    window.assert_sees("~ data.n: 1 → 3");
}

#[test]
fn a_field_becomes_a_column() {
    let mut window = Window::connected();
    let tap = start_tap(&mut window);
    window.receive(tap, &[event("a.b", r#"{"data":{"amount":7}}"#)]);
    window.press("Columns");
    let field = "A field of the payload, a header or a property";
    window.type_into(field, "kee");
    window.assert_sees("did you mean key? A field of the payload with that name is data.kee");
    window.harness.state_mut().forms_mut().column = "data.amount".into();
    window.frames();
    window.press("Add column");
    window
        .harness
        .get_by_role_and_label(Role::ColumnHeader, "data.amount");
    let setup = &window.harness.state().state().live.setup;
    let columns = setup.columns.as_ref().expect("chosen columns");
    assert!(
        columns
            .iter()
            .any(|column| column.written() == "data.amount")
    );
    window.press("Automatic");
    assert!(!window.sees("data.amount"));
}

#[test]
fn a_bookmark_with_its_note_leads_back_to_its_event() {
    let mut window = Window::connected();
    let tap = start_tap(&mut window);
    window.receive(tap, &[event("a.b", "1"), event("c.d", "2")]);
    let row = window.rows().remove(0);
    window.click(Role::Row, &row);
    window.press("Bookmark");
    window.type_into("Note", "odd one");
    window.press("Clear");
    assert!(!has_inspector(&window));
    window.press("1 bookmark");
    window.assert_sees("odd one · not in the list any more");
    let name = window
        .all()
        .into_iter()
        .find(|name| name.contains("odd one"));
    let name = name.expect("the bookmark in the menu");
    window.press(&name);
    assert!(has_inspector(&window));
    window.assert_sees("Not in the list any more: it was evicted or cleared");
    window.press("Remove bookmark");
    assert!(!window.sees("1 bookmark"));
}

#[test]
fn overlapping_taps_are_told_apart_merged_and_never_equal() {
    let mut window = Window::connected();
    let first = start_tap(&mut window);
    window.press("Start tap");
    window.assert_sees("A tap listens to exactly this already");
    assert!(window.commands.borrow().is_empty());
    window.press("Cancel");
    let keys = &mut window.harness.state_mut().forms_mut().tap.binding_key;
    *keys = "order.*".into();
    let second = start_tap(&mut window);
    window
        .harness
        .get_by_role_and_label(Role::CheckBox, "Show shop.events #");
    let both = [event("order.created", "1"), event("order.paid", "2")];
    window.receive(first, &both);
    window.receive(second, &both);
    window.assert_sees("Seen as");
    let rows = window.rows();
    assert!(rows[0].contains("shop.events #"), "{rows:?}");
    assert!(rows[2].contains("shop.events order.*"), "{rows:?}");
    window.press("View");
    window.click(Role::CheckBox, "Merge copies of a message");
    window.wait_for_rows(2);
    window.assert_sees("2 of 4 events");
}

#[test]
fn many_taps_stay_on_one_line_with_a_menu() {
    let mut window = Window::sized(760.0, 500.0);
    window.connect();
    for number in 0..9 {
        let keys = &mut window.harness.state_mut().forms_mut().tap.binding_key;
        *keys = format!("order.{number}");
        start_tap(&mut window);
    }
    window.frames();
    let stops = window.harness.query_all_by_role(Role::Button);
    for node in stops {
        let (rect, label) = (node.rect(), node.accesskit_node().label());
        assert!(rect.right() <= 760.0, "{label:?} ends at {rect:?}");
    }
    let menu = window
        .all()
        .into_iter()
        .find(|name| name.contains("more taps"));
    window.press(&menu.expect("a menu of taps"));
    window
        .harness
        .get_by_role_and_label(Role::CheckBox, "Show shop.events order.8");
}

#[test]
fn a_faulty_filter_says_which_one_is_in_force() {
    let mut window = Window::connected();
    let tap = start_tap(&mut window);
    window.receive(tap, &[event("a.b", "1"), event("c.d", "2")]);
    window.type_into("Filter", "key:a.b");
    window.wait_for_rows(1);
    window.type_into("Filter", " (");
    window.assert_sees("Until then this filter is in force: key:a.b");
    window.harness.state_mut().forms_mut().filter.clear();
    window.type_into("Filter", "key:x");
    window.wait_for_text("No event matches");
    window.wait_for_text("Show all events");
    window.press("Show all events");
    window.wait_for_rows(2);
}

#[test]
fn a_stopped_tap_keeps_the_name_of_its_rows() {
    let mut window = Window::connected();
    let tap = start_tap(&mut window);
    window.receive(tap, &[event("a.b", "1")]);
    window.press("Stop tap");
    let state = TapState::Stopped;
    let update = SourceUpdate::Tap { tap, state };
    window.tell(Update::Source(SourceId::FIRST, update));
    start_tap(&mut window);
    let rows = window.rows();
    assert!(rows[0].contains("shop.events #"), "{rows:?}");
}

#[test]
fn show_all_events_shows_hidden_taps_too() {
    let mut window = Window::connected();
    let tap = start_tap(&mut window);
    window.receive(tap, &[event("a.b", "1")]);
    window.click(Role::CheckBox, "Show shop.events");
    window.wait_for_text("Show all events");
    window.press("Show all events");
    window.wait_for_rows(1);
}

#[test]
fn the_filter_is_there_again_at_the_next_start() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("settings.json");
    let mut window = Window::starting(1280.0, 800.0, Settings::default(), Some(file.clone()));
    window.connect();
    window.type_into("Filter", "key:order.*");
    let deadline = Instant::now() + Duration::from_secs(20);
    let written = || Settings::load(&file).map(|settings| settings.list.filter);
    while !written().is_ok_and(|line| line == "key:order.*") {
        assert!(Instant::now() < deadline, "it was not written");
        window.frames();
    }
    let settings = Settings::load(&file).expect("the settings");
    let mut window = Window::with_settings(1280.0, 800.0, settings);
    window.connect();
    let field = window
        .harness
        .get_by_role_and_label(Role::TextInput, "Filter");
    assert_eq!(
        field.accesskit_node().value().as_deref(),
        Some("key:order.*")
    );
}
