//! The keyboard alone: the order of Tab, F6 through the parts of the window, and lists of choices.

use eframe::egui::accesskit::Role;
use eframe::egui::{Key, Modifiers};
use egui_kittest::kittest::{NodeT as _, Queryable as _};

use crate::Window;

impl Window {
    fn key(&mut self, modifiers: Modifiers, key: Key) {
        self.harness.key_press_modifiers(modifiers, key);
        self.frames();
    }

    /// The control that has the focus.
    fn focused(&self) -> String {
        let all = self
            .harness
            .query_all_by(|node| node.is_focused() && node.label().is_some());
        let mut names = all.filter_map(|node| node.accesskit_node().label());
        names.next_back().unwrap_or_default()
    }

    fn value(&self, field: &str) -> String {
        let node = self.harness.get_by_role_and_label(Role::TextInput, field);
        node.accesskit_node().value().unwrap_or_default()
    }
}

#[test]
fn f6_goes_through_the_parts_of_the_window() {
    let mut window = Window::connected();
    window.tab("Publish");
    let mut way = Vec::new();
    for _ in 0..4 {
        window.key(Modifiers::NONE, Key::F6);
        way.push(window.focused());
    }
    assert!(way[1].starts_with("memory"), "{way:?}");
    assert_eq!(way[2..], ["Theme", "Live"], "{way:?}");
    for back in way[..3].iter().rev() {
        window.key(Modifiers::SHIFT, Key::F6);
        assert_eq!(window.focused(), *back);
    }
}

#[test]
fn f6_goes_to_the_panels_of_a_page_too() {
    let mut window = Window::connected();
    let tap = crate::start_tap(&mut window);
    window.receive(tap, &[crate::event("order.created", "{\"a\":1}")]);
    let row = window.rows().remove(0);
    window.click(Role::Row, &row);
    let mut way = Vec::new();
    for _ in 0..7 {
        window.key(Modifiers::NONE, Key::F6);
        way.push(window.focused());
    }
    for panel in ["order (1)", "Close inspector", "Copy"] {
        assert!(way.iter().any(|one| one == panel), "{panel}: {way:?}");
    }
    way.sort_unstable();
    way.dedup();
    assert_eq!(way.len(), 7, "{way:?}");
}

#[test]
fn tab_goes_from_the_bar_to_the_rail_to_the_page_to_the_status_bar() {
    let mut window = Window::connected();
    window.tab("Schemas");
    let mut way: Vec<String> = Vec::new();
    for _ in 0..60 {
        window.key(Modifiers::NONE, Key::Tab);
        let now = window.focused();
        if way.first() == Some(&now) {
            break;
        }
        way.push(now);
    }
    let at = |name: &str| {
        let place = way.iter().position(|one| one.starts_with(name));
        place.unwrap_or_else(|| panic!("{name} is no stop of {way:?}"))
    };
    assert!(at("Theme") < at("Live"), "{way:?}");
    assert!(at("Live") < at("Help"), "{way:?}");
    assert!(at("Help") + 1 < at("memory"), "{way:?}");
    assert_eq!(at("memory"), way.len() - 1, "{way:?}");
}

#[test]
fn a_choice_is_made_by_arrows_and_enter_and_the_list_is_no_stop() {
    let mut window = Window::connected();
    window.tab("Publish");
    let field = window
        .harness
        .get_by_role_and_label(Role::TextInput, "Exchange");
    field.focus();
    window.frames();
    assert_eq!(window.value("Exchange"), "shop.events");
    window.assert_sees("spread");
    // The exchanges in their order, and round again.
    for _ in 0..3 {
        window.key(Modifiers::NONE, Key::ArrowUp);
    }
    window.key(Modifiers::NONE, Key::Enter);
    assert_eq!(window.value("Exchange"), "shop.events");
    window.type_into("Exchange", "-no-such");
    assert!(!window.sees("spread"));
    // With nothing marked Tab goes on to the next field, not into the list.
    window.key(Modifiers::NONE, Key::Tab);
    assert_eq!(window.focused(), "Routing key");
}

#[test]
fn the_filter_is_completed_by_keys_and_cleared_by_escape() {
    let mut window = Window::connected();
    window.key(Modifiers::COMMAND, Key::F);
    assert_eq!(window.focused(), "Filter");
    // The first Escape closes what is open on top, the next one clears the line.
    window.type_into("Filter", "correl");
    window.key(Modifiers::NONE, Key::Escape);
    assert_eq!(window.focused(), "Filter");
    assert_eq!(window.value("Filter"), "correl");
    window.key(Modifiers::NONE, Key::Escape);
    assert_eq!(window.value("Filter"), "");
    window.key(Modifiers::COMMAND, Key::F);
    window.type_into("Filter", "correl");
    window.key(Modifiers::NONE, Key::ArrowDown);
    window.key(Modifiers::NONE, Key::Tab);
    let line = window.value("Filter");
    assert!(line.len() > "correl".len(), "{line}");
    assert_eq!(window.focused(), "Filter");
}

#[test]
fn escape_closes_the_search_of_an_editor_and_tab_leaves_the_editor() {
    let mut window = Window::connected();
    window.tab("Publish");
    let payload = window
        .harness
        .get_by_role_and_label(Role::MultilineTextInput, "Payload");
    payload.focus();
    window.frames();
    window.key(Modifiers::COMMAND, Key::F);
    assert_eq!(window.focused(), "Find");
    window.key(Modifiers::NONE, Key::Escape);
    assert_eq!(window.focused(), "Payload");
    assert!(!window.sees("Close search"));
    window.key(Modifiers::NONE, Key::Tab);
    assert_ne!(window.focused(), "Payload");
}

#[test]
fn f6_goes_round_on_the_connect_screen_too() {
    let mut window = Window::new();
    let mut way = Vec::new();
    for _ in 0..3 {
        window.key(Modifiers::NONE, Key::F6);
        way.push(window.focused());
    }
    assert_eq!(way, ["RabbitMQ", "Theme", "RabbitMQ"]);
}
