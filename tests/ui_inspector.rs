//! The inspector alone, by accessible names: what it shows of ordinary, compressed, binary and
//! hostile bodies, and what it asks for when a value is clicked.

#![expect(clippy::expect_used, reason = "a test may panic")]

use std::io::Write as _;
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use eframe::egui::Key;
use eframe::egui::accesskit::Role;
use egui_kittest::kittest::Queryable as _;
use egui_kittest::{Harness, HarnessBuilder};
use eventscope::event::amqp::{FieldValue, Properties};
use eventscope::event::{Event, Transport};
use eventscope::state::Action;
use eventscope::state::live::LiveAction;
use eventscope::state::live::setup::{Column, ListSetup};
use eventscope::ui::parts::inspector::{Inspector, Origin, inspector_ui};
use eventscope::ui::parts::theme;
use eventscope::ui::screens::live::plot::plot_ui;

/// What the inspector is given and what it gave back.
struct Desk {
    memory: Inspector,
    event: Arc<Event>,
    previous: Option<Arc<Event>>,
    dead: bool,
    list: ListSetup,
    actions: Vec<Action>,
}

struct Window(Harness<'static, Desk>);

impl Window {
    fn new(event: Event) -> Self {
        Self::build(event, Harness::builder())
    }

    /// Hostile text has characters that no installed font can draw.
    fn without_all_glyphs(event: Event) -> Self {
        Self::build(event, Harness::builder().allow_missing_glyphs())
    }

    fn build(event: Event, builder: HarnessBuilder<Desk>) -> Self {
        let desk = Desk {
            memory: Inspector::default(),
            event: Arc::new(event),
            previous: None,
            dead: false,
            list: ListSetup::default(),
            actions: Vec::new(),
        };
        let harness = builder.with_size([560.0, 700.0]).build_ui_state(
            |ui, desk: &mut Desk| {
                theme::install(ui.ctx());
                let origin = if desk.dead {
                    Origin::DeadLetter
                } else {
                    let previous = desk.previous.as_ref();
                    Origin::Live {
                        previous,
                        two: None,
                        list: (&desk.list, &[Column::Key, Column::Summary]),
                    }
                };
                let actions = inspector_ui(ui, &mut desk.memory, &desk.event, origin);
                desk.actions.extend(actions);
            },
            desk,
        );
        Self(harness)
    }

    fn frames(&mut self) {
        self.0.run_steps(4);
    }

    fn click(&mut self, role: Role, name: &str) {
        self.0.get_by_role_and_label(role, name).click();
        self.frames();
    }

    fn tab(&mut self, name: &str) {
        self.click(Role::Tab, name);
    }

    fn show(&mut self, event: Event) {
        self.0.state_mut().event = Arc::new(event);
        self.frames();
    }

    fn sees(&self, text: &str) -> bool {
        self.0.query_all_by_label_contains(text).next().is_some()
    }

    #[track_caller]
    fn assert_sees(&self, text: &str) {
        assert!(self.sees(text), "{text:?} is not shown");
    }

    fn last(&self) -> String {
        let last = self.0.state().actions.last();
        last.map(|action| format!("{action:?}")).unwrap_or_default()
    }
}

fn event(content_type: &str, body: &[u8]) -> Event {
    let properties = Properties {
        content_type: Some(content_type.into()),
        headers: Some(vec![("x-tenant".into(), FieldValue::I16(7))]),
        ..Properties::default()
    };
    let (exchange, key) = ("shop.events".into(), "order.created".into());
    Event::new(
        DateTime::UNIX_EPOCH,
        exchange,
        key,
        Transport::amqp(false),
        properties,
        body.into(),
    )
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut out = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    out.write_all(bytes).expect("memory takes it");
    out.finish().expect("memory takes it")
}

const DOCUMENT: &[u8] = br#"{"eventId":"e-1","data":{"customer":{"id":"c-1"},"amount":1.10}}"#;

#[test]
fn a_compressed_document_is_shown_as_a_tree() {
    let mut window = Window::new(event("application/json", &gzip(DOCUMENT)));
    window.assert_sees("gzip (not declared) → JSON · declared application/json · ");
    window.assert_sees("eventId: \"e-1\"");
    window.tab("Pretty");
    window.assert_sees("\"amount\": 1.10");
    window.tab("Hex");
    window.assert_sees("00000000  1f 8b");
}

#[test]
fn a_text_is_found_in_the_payload() {
    let items: Vec<String> = (0..400).map(|n| format!("\"item {n}\"")).collect();
    let body = format!("{{\"items\":[{}],\"end\":\"Item 39\"}}", items.join(","));
    let mut window = Window::new(event("application/json", body.as_bytes()));
    assert!(!window.sees("\"item 399\""), "it is far below");
    window.click(Role::Button, "Find…");
    let field = "Find in payload";
    let find = window.0.get_by_role_and_label(Role::TextInput, field);
    find.type_text("item 39");
    window.frames();
    window.assert_sees("1 of 12");
    window.assert_sees("\"item 39\"");
    window.click(Role::Button, "Previous hit");
    window.assert_sees("12 of 12");
    window.assert_sees("end: \"Item 39\"");
    window.tab("Raw");
    window.assert_sees(" of ");
    window.tab("Pretty");
    window.click(Role::Button, "Previous hit");
    window.click(Role::Button, "Previous hit");
    window.assert_sees("\"item 399\"");
    window
        .0
        .get_by_role_and_label(Role::TextInput, field)
        .focus();
    window.frames();
    window.0.key_press(Key::Escape);
    window.frames();
    assert!(!window.sees("Next hit"));
}

#[test]
fn a_value_is_copied_in_several_forms() {
    let mut window = Window::new(event("application/json", DOCUMENT));
    window.click(Role::Button, "Copy as…");
    for name in ["Hex", "Base64", "pika (Python)", "rabbitmqadmin"] {
        window.assert_sees(name);
    }
    window.click(Role::Button, "Base64");
    window.tab("Headers");
    window.click(Role::Label, "7");
    window.click(Role::Button, "Copy value as hex");
    assert!(!window.sees("Copy name"), "the menu is closed");
    window.tab("Properties");
    window.click(Role::Label, "application/json");
    window.click(Role::Button, "Copy value");
}

#[test]
fn all_views_stand_in_one_row() {
    let window = Window::new(event("application/json", DOCUMENT));
    let names = [
        "Tree",
        "Pretty",
        "Raw",
        "Hex",
        "Diff",
        "Properties",
        "Headers",
    ];
    let tops = names.map(|name| window.0.get_by_role_and_label(Role::Tab, name).rect().top());
    let (low, high) = (tops.iter().fold(f32::MAX, |a, b| a.min(*b)), tops[0]);
    assert!((low - high).abs() < 0.5, "{tops:?}");
}

#[test]
fn message_pack_is_shown_and_a_wrong_declaration_is_said() {
    let body = b"\x82\xa2id\xa3c-1\xa1n\x2a";
    let mut window = Window::new(event("application/msgpack", body));
    window.assert_sees("MessagePack · declared application/msgpack");
    window.assert_sees("id: \"c-1\"");
    assert!(!window.sees("but it is"));
    window.show(event("application/json", body));
    window.assert_sees("Declared application/json, but it is MessagePack");
    window.assert_sees("n: 42");
}

#[test]
fn a_broken_layer_is_said_and_the_rest_is_shown() {
    let mut body = gzip(DOCUMENT);
    body.truncate(body.len() - 4);
    let window = Window::new(event("application/json", &body));
    window.assert_sees("data is broken after");
    window.assert_sees("eventId: \"e-1\"");
}

#[test]
fn what_is_no_document_says_what_it_is() {
    let mut window = Window::new(event("application/x-protobuf", b"\x08\x96\x01"));
    window.assert_sees("This is Protobuf. Raw and Hex show its bytes");
    window.show(event("text/plain", b"just words"));
    window.assert_sees("just words");
    window.show(event("text/plain", b""));
    window.assert_sees("No body");
}

#[test]
fn a_value_is_added_to_the_filter() {
    let mut window = Window::new(event("application/json", DOCUMENT));
    window.click(Role::Label, "id: \"c-1\"");
    window.click(Role::Button, "Add to filter");
    let action = window.last();
    assert!(
        action.contains(r#"AddToFilter("data.customer.id:\"c-1\"")"#),
        "{action}"
    );
    assert!(!window.sees("Add to filter"), "the menu is closed");
    window.click(Role::Label, "eventId: \"e-1\"");
    assert!(!window.sees("Plot over time"), "a text is no number");
    window.click(Role::Button, "Add to filter");
    let action = window.last();
    assert!(action.contains(r#"body.eventId:\"e-1\""#), "{action}");
}

#[test]
fn a_value_is_excluded_and_its_field_becomes_a_column() {
    let mut window = Window::new(event("application/json", DOCUMENT));
    window.click(Role::Label, "amount: 1.10");
    window.click(Role::Button, "Exclude");
    let action = window.last();
    assert!(
        action.contains(r#"AddToFilter("not data.amount:1.10")"#),
        "{action}"
    );
    window.click(Role::Label, "amount: 1.10");
    window.click(Role::Button, "Show as column");
    let Some(Action::Live(LiveAction::SetUp(setup))) = window.0.state().actions.last() else {
        panic!("{}", window.last())
    };
    let columns = setup.columns.iter().flatten().map(Column::written);
    let columns: Vec<&str> = columns.collect();
    assert_eq!(columns, ["Key", "data.amount", "Summary"]);
}

#[test]
fn a_number_is_plotted_from_the_pretty_print_too() {
    let mut window = Window::new(event("application/json", DOCUMENT));
    window.tab("Pretty");
    window.click(Role::Label, "    \"amount\": 1.10");
    window.click(Role::Button, "Plot over time");
    let action = window.last();
    assert!(action.contains(r#"key: "order.created""#), "{action}");
    assert!(action.contains(r#"path: "data.amount""#), "{action}");
}

#[test]
fn a_dead_letter_cannot_be_filtered_but_copied() {
    let mut window = Window::new(event("application/json", DOCUMENT));
    window.0.state_mut().dead = true;
    window.frames();
    window.click(Role::Label, "amount: 1.10");
    assert!(!window.sees("Add to filter") && !window.sees("Plot over time"));
    window.click(Role::Button, "Copy path");
    assert!(!window.sees("Copy path"), "the menu is closed");
}

#[test]
fn differences_to_the_event_before_are_listed() {
    let mut window = Window::new(event("application/json", DOCUMENT));
    window.tab("Diff");
    window.assert_sees("No earlier event with this key is kept");
    let older = br#"{"eventId":"e-0","data":{"customer":{"id":"c-1"},"amount":2,"old":[]}}"#;
    window.0.state_mut().previous = Some(Arc::new(event("application/json", older)));
    window.frames();
    for line in [
        "~ body.eventId: \"e-0\" → \"e-1\"",
        "~ data.amount: 2 → 1.10",
        "- data.old: [0 items]",
    ] {
        window.assert_sees(line);
    }
    assert!(!window.sees("customer"), "what is equal is not listed");
    window.0.state_mut().previous = Some(Arc::new(event("application/json", DOCUMENT)));
    window.frames();
    window.assert_sees("No difference");
}

#[test]
fn a_large_payload_is_shown_in_part_and_then_whole() {
    let items: Vec<String> = (0..60_000).map(|n| format!("\"item {n}\"")).collect();
    let body = format!("[{}]", items.join(","));
    let mut window = Window::new(event("application/json", body.as_bytes()));
    window.assert_sees("The first 256.0 kB");
    assert!(!window.sees("[60000 items]"));
    window.click(Role::Button, "Show all 768.9 kB");
    window.assert_sees("[60000 items]");
    assert!(!window.sees("Show all") && !window.sees("The first"));
    // Another event begins with its first part again.
    window.show(event("application/json", &gzip(body.as_bytes())));
    window.assert_sees("→ more than 256.0 kB");
    window.click(Role::Button, "Show up to 16.0 MB");
    window.assert_sees("[60000 items]");
}

#[test]
fn more_values_than_are_shown_are_counted() {
    let body = format!("[{}1]", "1,".repeat(299_999));
    let mut window = Window::new(event("application/json", body.as_bytes()));
    window.click(Role::Button, "Show 200,000 of 300,001 values");
    window.assert_sees("The first 200,000 of 300,001 values; Save… writes all of it");
}

#[test]
fn objects_and_lists_fold_in_tree_and_pretty() {
    let mut window = Window::new(event("application/json", DOCUMENT));
    window.assert_sees("amount");
    window.click(Role::Button, "Fold all");
    assert!(!window.sees("amount"));
    window.tab("Pretty");
    assert!(!window.sees("amount"), "they are folded in both");
    window.click(Role::Button, "Open \"data\": { … }");
    window.assert_sees("\"amount\": ");
    window.click(Role::Button, "Unfold all");
    window.click(Role::Button, "Close \"data\": {");
    assert!(!window.sees("amount"));
    // A search opens what it finds.
    window.click(Role::Button, "Find…");
    let find = "Find in payload";
    let field = window.0.get_by_role_and_label(Role::TextInput, find);
    field.type_text("amount");
    window.frames();
    window.assert_sees("\"amount\": ");
}

#[test]
fn a_search_looks_through_what_was_added_and_counts_in_hex() {
    let items: Vec<String> = (0..60_000).map(|n| format!("\"item {n}\"")).collect();
    let body = format!("[{}]", items.join(","));
    let mut window = Window::new(event("application/json", body.as_bytes()));
    window.click(Role::Button, "Find…");
    let find = "Find in payload";
    let field = window.0.get_by_role_and_label(Role::TextInput, find);
    field.type_text("item 59999");
    window.frames();
    window.assert_sees("not found");
    window.click(Role::Button, "Show all 768.9 kB");
    window.assert_sees("1 of 1");
    window.tab("Hex");
    window.assert_sees("1 of 1");
    window.show(event("text/plain", b"item 59999 and item 59999"));
    window.assert_sees("1 of 2");
}

#[test]
fn a_list_fills_its_area() {
    let items: Vec<String> = (0..500).map(|n| format!("\"item {n}\"")).collect();
    let body = format!("[{}]", items.join(","));
    let mut window = Window::new(event("application/json", body.as_bytes()));
    for tab in ["Tree", "Pretty", "Hex"] {
        window.tab(tab);
        let labels = window.0.query_all_by_role(Role::Label);
        let lowest = labels
            .map(|label| label.rect().bottom())
            .fold(0.0, f32::max);
        assert!(lowest > 680.0, "{tab} ends at {lowest}");
    }
}

#[test]
fn hostile_bodies_do_no_harm_in_any_view() {
    let deep = "[".repeat(10_000) + &"]".repeat(10_000);
    let bomb = gzip(&gzip(&vec![0; 50_000_000]));
    let packed = [vec![0x91; 100_000], vec![1]].concat();
    let bodies = [
        deep.into_bytes(),
        bomb,
        packed,
        format!("{{\"a\":\"{}\"}}", "x".repeat(5_000_000)).into_bytes(),
        b"{\"a\xe2\x80\xae\":\"\\u202e\x1b\",\"a\":".to_vec(),
        vec![0xff, 0xfe, 0x00],
    ];
    let mut window = Window::without_all_glyphs(event("application/json", b"{}"));
    for body in bodies {
        window.0.state_mut().previous = Some(Arc::clone(&window.0.state().event));
        window.show(event("application/json", &body));
        for tab in ["Pretty", "Raw", "Hex", "Diff", "Headers", "Tree"] {
            window.tab(tab);
        }
    }
}

/// A header of 100 kB on 1,400 lines, as frameworks put a stack trace there.
fn with_stack_trace() -> Event {
    let line = "\tat org.example.stock.Warehouse.take(Warehouse.java:42)\n";
    let trace = format!(
        "org.example.StockException: sku unknown\n{}",
        line.repeat(1_800)
    );
    let mut event = event("application/json", b"{}");
    let cause = FieldValue::Text(format!("{trace}Caused by: the last line\n"));
    let headers = event.properties.headers.get_or_insert_default();
    headers.push(("x-exception-stacktrace".into(), cause));
    let table = vec![("reason".into(), FieldValue::Text("a\nb".into()))];
    headers.push(("x-error".into(), FieldValue::Table(table)));
    event
}

#[test]
fn a_long_header_is_read_in_a_view_of_its_own() {
    let mut window = Window::new(with_stack_trace());
    window.tab("Headers");
    window.assert_sees("org.example.StockException: sku unknown");
    assert!(
        !window.sees("Warehouse.take"),
        "the list shows one line of it"
    );
    window.click(Role::Button, "Read x-exception-stacktrace");
    window.assert_sees("1,802 lines");
    window.assert_sees("Warehouse.take(Warehouse.java:42)");
    let shown = window
        .0
        .query_all_by_label_contains("Warehouse.take")
        .count();
    assert!(shown < 60, "only what is visible is laid out: {shown}");
    window.click(Role::Button, "Copy header");
    window.click(Role::Button, "All headers");
    window.click(Role::Button, "Read x-error.reason");
    window.assert_sees("x-error.reason · string · 3 B · 2 lines");
    window.show(event("application/json", b"{}"));
    assert!(!window.sees("All headers"), "another event, another list");
    window.assert_sees("x-tenant");
}

#[test]
fn what_a_text_leaves_open_and_a_doubtful_time_are_said() {
    let body = b"{\"title\":\"sale \\ud83d\",\"orderId\":\"o-0\",\"orderId\":\"o-1\"}\0";
    let mut event = event("application/json", body);
    event.properties.timestamp = Some(1_700_000_000_123);
    let mut window = Window::without_all_glyphs(event);
    window.assert_sees("half of a character");
    window.assert_sees("The name orderId is there twice in one object: the last counts");
    window.assert_sees("A NUL byte stands behind the text");
    window.assert_sees("orderId: \"o-1\"");
    window.tab("Properties");
    window.assert_sees("1700000000123 (2023-11-14T22:13:20.123Z, if milliseconds)");
}

#[test]
fn a_plot_says_its_numbers_and_closes() {
    let points: Vec<(DateTime<Utc>, f64)> = [3.0, 1.0, 2.0]
        .into_iter()
        .zip(0..)
        .map(|(number, second)| (DateTime::UNIX_EPOCH + TimeDelta::seconds(second), number))
        .collect();
    let mut harness = Harness::builder().with_size([600.0, 300.0]).build_ui_state(
        move |ui, closed: &mut bool| {
            theme::install(ui.ctx());
            *closed |= plot_ui(ui, "order.created data.amount", &points, "");
        },
        false,
    );
    harness.run_steps(3);
    harness.get_by_label("min 1 · max 3 · last 2 · 3 points");
    harness.get_by_role_and_label(Role::Image, "Plot of order.created data.amount");
    harness
        .get_by_role_and_label(Role::Button, "Close plot")
        .click();
    harness.run_steps(2);
    assert!(*harness.state());
}

#[test]
fn versions_that_contradict_each_other_are_told() {
    let versions = |header: i32, body: &str| {
        let mut event = event("application/json", body.as_bytes());
        event.properties.headers = Some(vec![("x-schema-version".into(), FieldValue::I32(header))]);
        event
    };
    let mut window = Window::new(versions(2, r#"{"version":1}"#));
    window
        .assert_sees("Its version contradicts itself: 2 by header x-schema-version, but 1 by body");
    window.show(versions(2, r#"{"version":"2.1"}"#));
    assert!(!window.sees("contradicts itself"));
}
