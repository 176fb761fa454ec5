//! The window in process, by accessible names: every screen empty, full and failing. The broker
//! side is played by the test: it reads commands and sends updates.

#![expect(clippy::expect_used, clippy::panic, reason = "a test may panic")]

mod ui {
    mod connect;
    mod consumers;
    mod dead_letters;
    mod dead_list;
    mod files;
    mod journal;
    mod kafka_dead;
    mod keyboard;
    mod leaving;
    mod parked;
    mod peeking;
    mod publish_form;
    mod publishing;
    mod recorded;
    mod recordings;
    mod remembered;
    mod repair;
    mod schemas;
    mod sizes;
    mod sources;
    mod stream;
    mod taps;
    mod warnings;
}

use std::cell::RefCell;
use std::path::PathBuf;
use std::rc::Rc;
use std::sync::Arc;

use chrono::{TimeDelta, Utc};
use crossbeam_channel::Sender;
use eframe::egui::Memory;
use eframe::egui::accesskit::Role;
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use eventscope::address::Address;
use eventscope::app::{App, Wire};
use eventscope::event::amqp::{FieldValue, Properties};
use eventscope::event::source_id::SourceId;
use eventscope::event::watching::Report;
use eventscope::event::{Event, Transport};
use eventscope::log::Batch;
use eventscope::protocol::{
    Abilities, Command, DeskUpdate, Gravity, Link, Notice, PeekReport, PublishOutcome, PutBack,
    SandboxState, Server, SourceCommand, SourceUpdate, TapState, Update,
};
use eventscope::rabbitmq::endpoint::Endpoint;
use eventscope::rabbitmq::server_version::ServerVersion;
use eventscope::rabbitmq::topology::{
    Binding, Exchange, ExchangeKind, Queue, Topology, TopologySource,
};
use eventscope::settings::Settings;

/// The window with the test in the place of the broker side.
struct Window {
    harness: Harness<'static, App>,
    updates: Sender<Update>,
    commands: Rc<RefCell<Vec<Command>>>,
}

impl Window {
    fn new() -> Self {
        Self::sized(1280.0, 800.0)
    }

    fn sized(width: f32, height: f32) -> Self {
        Self::with_settings(width, height, Settings::default())
    }

    /// The window as it starts with what an earlier run has left.
    fn with_settings(width: f32, height: f32, settings: Settings) -> Self {
        Self::starting(width, height, settings, None)
    }

    /// The same, with the file that the settings are written to.
    fn starting(width: f32, height: f32, settings: Settings, file: Option<PathBuf>) -> Self {
        let (sender, updates) = crossbeam_channel::bounded(64);
        let commands: Rc<RefCell<Vec<Command>>> = Rc::default();
        let seen = Rc::clone(&commands);
        let harness = Harness::builder()
            .with_size([width, height])
            .build_eframe(move |cc| {
                let send = move |command| {
                    seen.borrow_mut().push(command);
                    Ok(())
                };
                let wire = Wire {
                    send: Box::new(send),
                    updates,
                };
                App::new(&cc.egui_ctx, wire, settings, file)
            });
        Self {
            harness,
            updates: sender,
            commands,
        }
    }

    fn connected() -> Self {
        let mut window = Self::new();
        window.connect();
        window
    }

    fn connect(&mut self) {
        self.tell(Update::Source(
            SourceId::FIRST,
            SourceUpdate::Link(Link::Connected {
                address: Address::RabbitMq(Endpoint::default()),
                server: Server::RabbitMq(ServerVersion::rabbitmq("3.10.8")),
                abilities: Abilities::ALL,
            }),
        ));
        self.tell(Update::Source(
            SourceId::FIRST,
            SourceUpdate::Topology(shop()),
        ));
    }

    /// Sends an update and lets it appear.
    fn tell(&mut self, update: Update) {
        self.updates.send(update).expect("the window takes updates");
        self.frames();
    }

    /// Sends events as a tap does and lets them appear.
    fn receive(&mut self, tap: eventscope::event::tap_id::TapId, events: &[Arc<Event>]) {
        let events = events.iter().map(|event| &**event);
        self.tell(Update::Source(
            tap.source,
            SourceUpdate::Events(Batch::of(tap, events)),
        ));
    }

    /// A few frames: popups and tables place themselves over two or three.
    fn frames(&mut self) {
        self.harness.run_steps(4);
    }

    fn click(&mut self, role: Role, name: &str) {
        self.harness.get_by_role_and_label(role, name).click();
        self.frames();
    }

    fn press(&mut self, name: &str) {
        self.click(Role::Button, name);
    }

    /// Presses something in the menu of what sends dead letters again.
    fn in_resend_menu(&mut self, name: &str) {
        self.press("Resend menu");
        self.press(name);
    }

    fn tab(&mut self, name: &str) {
        self.click(Role::Tab, name);
    }

    fn type_into(&mut self, field: &str, text: &str) {
        let role = if ["Payload", "Version rules"].contains(&field) {
            Role::MultilineTextInput
        } else {
            Role::TextInput
        };
        let node = self.harness.get_by_role_and_label(role, field);
        node.focus();
        self.harness.run_steps(2);
        self.harness
            .get_by_role_and_label(role, field)
            .type_text(text);
        self.frames();
    }

    fn sees(&self, text: &str) -> bool {
        self.harness
            .query_all_by_label_contains(text)
            .next()
            .is_some()
    }

    /// All that is named or written on screen.
    fn all(&self) -> Vec<String> {
        let nodes = self.harness.query_all_by(|node| node.label().is_some());
        nodes
            .filter_map(|node| node.accesskit_node().label())
            .collect()
    }

    fn assert_sees(&self, text: &str) {
        assert!(
            self.sees(text),
            "{text:?} is not shown, but {:#?}",
            self.all()
        );
    }

    fn rows(&self) -> Vec<String> {
        let rows = self.harness.query_all_by_role(Role::Row);
        rows.filter_map(|row| row.accesskit_node().label())
            .collect()
    }

    /// Frames until there are so many rows: a filter works on threads of its own.
    fn wait_for_rows(&mut self, count: usize) {
        let deadline = std::time::Instant::now() + std::time::Duration::from_secs(10);
        while self.rows().len() != count {
            let rows = self.rows();
            assert!(std::time::Instant::now() < deadline, "{rows:?}");
            self.frames();
        }
    }

    /// Frames until a text is there that is worked out on threads of its own.
    fn wait_for_text(&mut self, text: &str) {
        let deadline = std::time::Instant::now() + std::time::Duration::from_secs(10);
        while !self.sees(text) {
            assert!(std::time::Instant::now() < deadline, "{text:?} never came");
            self.frames();
        }
    }

    /// The broker and virtual host as the journal names them.
    fn place(&self) -> String {
        let endpoint = self.harness.state().state().address();
        endpoint.expect("a connection").place()
    }

    fn last(&self) -> String {
        self.commands
            .borrow()
            .last()
            .map(|command| format!("{command:?}"))
            .unwrap_or_default()
    }

    fn take_last(&self) -> Command {
        self.commands
            .borrow_mut()
            .pop()
            .expect("a command was sent")
    }
}

fn shop() -> Topology {
    let exchange = |name: &str, kind: &str| Exchange {
        name: name.into(),
        kind: ExchangeKind::read(kind),
        internal: false,
    };
    let mut orders = Queue::named("orders");
    orders.dead_letter_exchange = Some("dead".into());
    let mut dead = Queue::named("orders.dead");
    dead.ready = Some(2);
    dead.kind = "classic".into();
    Topology {
        source: TopologySource::Management,
        missing: String::new(),
        exchanges: vec![
            exchange("shop.events", "topic"),
            exchange("dead", "fanout"),
            exchange("spread", "x-consistent-hash"),
        ],
        queues: vec![orders, dead],
        bindings: vec![
            Binding {
                source: "shop.events".into(),
                destination: "orders".into(),
                to_queue: true,
                key: "order.#".into(),
                ..Binding::default()
            },
            Binding {
                source: "dead".into(),
                destination: "orders.dead".into(),
                to_queue: true,
                ..Binding::default()
            },
        ],
        ..Topology::default()
    }
}

fn event(key: &str, body: &str) -> Arc<Event> {
    let properties = Properties {
        content_type: Some("application/json".into()),
        correlation_id: Some("conversation-1".into()),
        headers: Some(vec![("x-tenant".into(), FieldValue::I16(7))]),
        ..Properties::default()
    };
    let (exchange, key) = ("shop.events".into(), key.into());
    Arc::new(Event::new(
        Utc::now(),
        exchange,
        key,
        Transport::amqp(false),
        properties,
        body.into(),
    ))
}

fn dead_letter(body: &str) -> Arc<Event> {
    let text = |t: &str| FieldValue::Text(t.into());
    let entry = FieldValue::Table(vec![
        ("reason".into(), text("rejected")),
        ("count".into(), FieldValue::I64(3)),
        ("queue".into(), text("orders")),
        ("time".into(), FieldValue::Timestamp(1_700_000_000)),
        ("exchange".into(), text("shop.events")),
        (
            "routing-keys".into(),
            FieldValue::Array(vec![text("order.created")]),
        ),
    ]);
    let properties = Properties {
        content_type: Some("application/json".into()),
        headers: Some(vec![("x-death".into(), FieldValue::Array(vec![entry]))]),
        ..Properties::default()
    };
    Arc::new(Event::new(
        Utc::now(),
        "dead".into(),
        "orders".into(),
        Transport::amqp(true),
        properties,
        body.into(),
    ))
}

/// Asks for a tap by the form and shows the card that `fill` has made.
fn ask_tap(window: &mut Window, fill: impl FnOnce(&mut Report)) {
    window.press("Start tap");
    let Command::Source(
        source,
        SourceCommand::Preflight {
            request,
            destination: exchange,
            keys: binding_keys,
            ..
        },
    ) = window.take_last()
    else {
        panic!("no card was asked for")
    };
    let mut report = Report {
        destination: exchange,
        keys: binding_keys,
        ..Report::default()
    };
    fill(&mut report);
    window.tell(Update::Source(
        source,
        SourceUpdate::Preflight { request, report },
    ));
}

/// Starts a tap by the form and answers it.
fn start_tap(window: &mut Window) -> eventscope::event::tap_id::TapId {
    ask_tap(window, |_| {});
    window.press("Start now");
    let Command::Source(source, SourceCommand::StartTap(request)) = window.take_last() else {
        panic!("no tap was asked for")
    };
    let state = TapState::Running {
        queue: "amq.gen-1".into(),
    };
    window.tell(Update::Source(
        source,
        SourceUpdate::Tap {
            tap: request.tap,
            state,
        },
    ));
    request.tap
}

/// Opens the dead-letter queue and answers the peek.
fn peek(window: &mut Window, bodies: &[&str]) {
    peek_events(window, bodies.iter().copied().map(dead_letter).collect());
}

/// The same with messages of any kind.
fn peek_events(window: &mut Window, messages: Vec<Arc<Event>>) {
    window.tab("Dead letters");
    window.click(Role::ListBoxOption, "orders.dead (2)");
    let Command::Source(_, SourceCommand::Peek { request, queue, .. }) = window.take_last() else {
        panic!("no peek")
    };
    let report = PeekReport {
        queue,
        messages,
        depth: 2,
        borrowed: 2,
        borrowed_ms: 12,
        put_back: PutBack::InOrder,
        ..PeekReport::default()
    };
    window.tell(Update::Source(
        SourceId::FIRST,
        SourceUpdate::Peeked {
            request,
            result: Ok(report),
        },
    ));
}

#[test]
fn the_connect_screen_says_what_is_wrong_with_a_url() {
    let mut window = Window::new();
    for name in ["AMQP URL", "Host", "Port", "User", "Virtual host", "Name"] {
        window.harness.get_by_role_and_label(Role::TextInput, name);
    }
    window
        .harness
        .get_by_role_and_label(Role::PasswordInput, "Password");
    window.type_into("AMQP URL", "http://localhost");
    window.assert_sees("The URL starts with http://");
    window.press("Connect");
    assert!(
        window.commands.borrow().is_empty(),
        "a wrong URL is not tried"
    );
}

#[test]
fn a_pasted_url_connects_and_its_password_is_shown_nowhere() {
    let mut window = Window::new();
    window.type_into("AMQP URL", "amqp://ada:hunter2@broker:5999/team");
    window.press("Connect");
    let sent = window.last();
    assert!(
        sent.contains("\"broker\"") && sent.contains("5999") && sent.contains("\"team\""),
        "{sent}"
    );
    let endpoint = Endpoint::from_url("amqp://ada:hunter2@broker:5999/team").expect("a URL");
    window.tell(Update::Source(
        SourceId::FIRST,
        SourceUpdate::Link(Link::Failed {
            address: Address::RabbitMq(endpoint),
            reason: "Refused. Is it running?".into(),
        }),
    ));
    window.assert_sees("amqp://ada@broker:5999/team: Refused. Is it running?");
}

#[test]
fn the_sandbox_shows_its_progress_and_its_failure() {
    let mut window = Window::new();
    window.press("Start a private RabbitMQ");
    assert!(window.last().contains("StartSandbox"));
    window.tell(Update::Source(
        SourceId::FIRST,
        SourceUpdate::Sandbox(SandboxState::Starting("Waiting for an answer".into())),
    ));
    window.assert_sees("Waiting for an answer");
    window.press("Connect to a broker instead");
    window.assert_sees("Waiting for an answer");
    let button = window
        .harness
        .get_by_role_and_label(Role::Button, "Start a private RabbitMQ");
    assert!(button.accesskit_node().is_disabled());
    window.tell(Update::Source(
        SourceId::FIRST,
        SourceUpdate::Sandbox(SandboxState::Failed("RabbitMQ is not installed".into())),
    ));
    window.assert_sees("RabbitMQ is not installed");
}

#[test]
fn live_is_empty_then_full() {
    let mut window = Window::connected();
    window.assert_sees("See what flows");
    let tap = start_tap(&mut window);
    window.assert_sees("Waiting for events");
    window.receive(
        tap,
        &[
            event(
                "order.created",
                r#"{"eventId":"e-1","version":2,"data":{"amount":"1"}}"#,
            ),
            event("payment.captured", "not json"),
        ],
    );
    let rows = window.rows();
    assert!(rows[0].starts_with("order.created e-1"), "{rows:?}");
    assert!(rows[1].starts_with("payment.captured"), "{rows:?}");
    for text in ["received 2", "kept 2", "dropped by the tap 0", "evicted 0"] {
        window.assert_sees(text);
    }
    window.assert_sees("order.created (1)");
    assert!(window.sees("order (1)") && window.sees("payment (1)"));
}

#[test]
fn a_row_opens_the_inspector_with_all_views() {
    let mut window = Window::connected();
    let tap = start_tap(&mut window);
    let body = r#"{"eventId":"e-1","data":{"amount":1.10}}"#;
    window.receive(tap, &[event("order.created", body)]);
    let row = window.rows().remove(0);
    window.click(Role::Row, &row);
    window.assert_sees("eventId: \"e-1\"");
    window.tab("Pretty");
    window.assert_sees("\"amount\": 1.10");
    window.tab("Raw");
    window.assert_sees(body);
    window.tab("Hex");
    window.assert_sees("00000000  7b 22");
    window.tab("Properties");
    window.assert_sees("content-type");
    window.tab("Diff");
    window.assert_sees("No earlier event with this key is kept");
    window.tab("Headers");
    for text in ["x-tenant", "int16"] {
        window.assert_sees(text);
    }
    window.press("Use as draft");
    window
        .harness
        .get_by_role_and_label(Role::MultilineTextInput, "Payload");
}

#[test]
fn pausing_filtering_and_clearing() {
    let mut window = Window::connected();
    let tap = start_tap(&mut window);
    window.receive(tap, &[event("order.created", "{}")]);
    window.press("Pause");
    window.receive(tap, &[event("order.paid", "{}")]);
    assert_eq!(window.rows().len(), 1);
    window.press("Resume");
    assert_eq!(window.rows().len(), 2);
    window.type_into("Filter", "paid");
    window.wait_for_rows(1);
    window.assert_sees("1 of 2 events");
    window.press("Clear");
    window.wait_for_rows(0);
    window.assert_sees("received 0");
}

#[test]
fn a_lost_connection_is_said_and_the_gap_is_shown() {
    let mut window = Window::connected();
    let tap = start_tap(&mut window);
    window.receive(tap, &[event("order.created", "{}")]);
    let now = Utc::now();
    window.tell(Update::Source(
        SourceId::FIRST,
        SourceUpdate::Link(Link::Lost {
            address: Address::RabbitMq(Endpoint::default()),
            reason: "The broker closed the connection".into(),
            since: now,
            retry_at: now + TimeDelta::seconds(8),
        }),
    ));
    window.assert_sees("Connection lost, trying again in");
    assert_eq!(window.rows().len(), 1, "what was seen stays");
    window.press("Try now");
    assert!(window.last().contains("RetryNow"));
    window.tell(Update::Source(
        SourceId::FIRST,
        SourceUpdate::Link(Link::Connected {
            address: Address::RabbitMq(Endpoint::default()),
            server: Server::RabbitMq(ServerVersion::rabbitmq("3.10.8")),
            abilities: Abilities::ALL,
        }),
    ));
    let state = TapState::Resumed {
        queue: "q".into(),
        from: now,
        to: now + TimeDelta::seconds(3),
        because: None,
    };
    window.tell(Update::Source(
        SourceId::FIRST,
        SourceUpdate::Tap { tap, state },
    ));
    assert!(
        window.rows().iter().any(|row| row.starts_with("Gap")),
        "{:?}",
        window.rows()
    );
}

#[test]
fn a_sample_is_published_and_the_verdict_is_shown() {
    let mut window = Window::connected();
    window.tab("Publish");
    window.assert_sees("Nothing sent yet");
    window.press("Fill a sample");
    window.assert_sees("Valid JSON");
    window.assert_sees("Reaches the queue orders");
    for (outcome, words) in [
        (PublishOutcome::Routed, "Routed"),
        (
            PublishOutcome::Unroutable("NO_ROUTE".into()),
            "Unroutable (returned: NO_ROUTE)",
        ),
        (
            PublishOutcome::Refused("no permission".into()),
            "Refused: no permission",
        ),
        (
            PublishOutcome::NotConfirmed { seconds: 10 },
            "Not confirmed in 10 s",
        ),
    ] {
        window.press("Publish event");
        let Command::Source(_, SourceCommand::Publish { request, .. }) = window.take_last() else {
            panic!("no publish")
        };
        window.assert_sees("Waiting for the broker's confirm");
        window.tell(Update::Source(
            SourceId::FIRST,
            SourceUpdate::Published { request, outcome },
        ));
        window.assert_sees(words);
    }
}

#[test]
fn a_wrong_field_is_named_and_nothing_is_published() {
    let mut window = Window::connected();
    window.tab("Publish");
    window.type_into("Priority", "high");
    window.press("Publish event");
    window.assert_sees("Priority must be 0–255");
    // And at the field itself.
    window.assert_sees("Must be 0–255");
    assert!(window.commands.borrow().is_empty());
}

#[test]
fn broken_json_is_said_while_it_is_typed() {
    let mut window = Window::connected();
    window.tab("Publish");
    window.type_into("Payload", "{\"a\":");
    window.assert_sees("Not valid JSON");
    window.assert_sees("Line 1, column 6: A value is missing at the end");
}

#[test]
fn without_the_management_api_the_screens_say_what_is_missing() {
    let mut window = Window::connected();
    window.tell(Update::Source(
        SourceId::FIRST,
        SourceUpdate::Topology(Topology {
            source: TopologySource::Amqp,
            missing: "The management API did not answer".into(),
            ..Topology::default()
        }),
    ));
    window.assert_sees("AMQP only");
    window.tab("Dead letters");
    window.assert_sees("queues cannot be listed");
}

#[test]
fn notices_can_be_read_and_dismissed() {
    let mut window = Window::connected();
    let words = "Publishing is blocked by the broker".to_owned();
    window.tell(Update::Desk(DeskUpdate::Notice(Notice {
        gravity: Gravity::Warning,
        words,
    })));
    window.press("1 notice");
    window.press("Dismiss");
    assert!(!window.sees("Publishing is blocked"));
}

#[test]
fn hostile_payloads_do_no_harm() {
    let mut window = Window::connected();
    let tap = start_tap(&mut window);
    let deep = format!("{}{}", "[".repeat(10_000), "]".repeat(10_000));
    let large = format!("{{\"a\":\"{}\"}}", "x".repeat(5_000_000));
    let mut binary = (*event("order.binary", "")).clone();
    binary = Event::new(
        binary.received_at,
        binary.destination,
        binary.key,
        Transport::amqp(false),
        binary.properties,
        vec![0xff, 0xfe, 0x00],
    );
    window.receive(
        tap,
        &[
            event("order.deep", &deep),
            event("order.large", &large),
            Arc::new(binary),
        ],
    );
    for row in window.rows() {
        window.click(Role::Row, &row);
        window.tab("Hex");
        window.assert_sees("00000000");
        window.tab("Tree");
    }
    window.assert_sees("3 bytes of binary data");
}

#[test]
fn the_keyboard_moves_pauses_and_changes_screens() {
    use eframe::egui::{Key, Modifiers};
    let mut window = Window::connected();
    let tap = start_tap(&mut window);
    window.receive(tap, &[event("a.b", "1"), event("c.d", "2")]);
    // The click on "Start tap" left the focus there; letters act while nothing has it.
    window.harness.ctx.memory_mut(Memory::stop_text_input);
    window.harness.key_press(Key::J);
    window.frames();
    assert!(
        window
            .harness
            .state()
            .state()
            .live
            .selection
            .lead()
            .is_some()
    );
    window.harness.key_press(Key::Space);
    window.frames();
    window.harness.get_by_role_and_label(Role::Button, "Resume");
    window
        .harness
        .key_press_modifiers(Modifiers::COMMAND, Key::Num2);
    window.frames();
    window
        .harness
        .get_by_role_and_label(Role::Button, "Publish event");
}

#[test]
fn every_screen_fits_a_small_window() {
    let mut window = Window::sized(760.0, 500.0);
    window
        .harness
        .get_by_role_and_label(Role::Button, "Connect");
    window.tell(Update::Source(
        SourceId::FIRST,
        SourceUpdate::Link(Link::Connected {
            address: Address::RabbitMq(Endpoint::default()),
            server: Server::RabbitMq(ServerVersion::rabbitmq("3.10.8")),
            abilities: Abilities::ALL,
        }),
    ));
    window.tell(Update::Source(
        SourceId::FIRST,
        SourceUpdate::Topology(shop()),
    ));
    for (screen, button) in [
        ("Publish", "Publish event"),
        ("Dead letters", "Open"),
        ("Live", "Start tap"),
    ] {
        window.tab(screen);
        let node = window.harness.get_by_role_and_label(Role::Button, button);
        let rect = node.rect();
        assert!(
            rect.right() <= 760.0 && rect.bottom() <= 500.0,
            "{button} is at {rect:?}"
        );
    }
}

#[test]
fn selecting_a_row_does_not_move_the_rows_away() {
    let mut window = Window::connected();
    let tap = start_tap(&mut window);
    let events: Vec<_> = (0..300)
        .map(|number| event(&format!("order.n{number}"), "{}"))
        .collect();
    window.receive(tap, &events);
    let rows = window.rows();
    let last = rows.last().expect("a row").clone();
    assert!(
        last.starts_with("order.n299"),
        "the newest is in sight: {last}"
    );
    let chosen = rows[rows.len() - 3].clone();
    window.click(Role::Row, &chosen);
    assert!(
        window.rows().contains(&chosen),
        "{chosen} is still in sight"
    );
}

#[test]
fn a_verdict_is_not_shown_beside_an_edited_form() {
    let mut window = Window::connected();
    window.tab("Publish");
    window.press("Fill a sample");
    window.press("Publish event");
    let Command::Source(_, SourceCommand::Publish { request, .. }) = window.take_last() else {
        panic!("no publish")
    };
    let outcome = PublishOutcome::Unroutable("NO_ROUTE".into());
    window.tell(Update::Source(
        SourceId::FIRST,
        SourceUpdate::Published { request, outcome },
    ));
    let verdicts = |window: &Window| {
        let all = window.harness.query_all_by_label_contains("Unroutable");
        all.filter(|node| node.accesskit_node().role() == Role::Label)
            .count()
    };
    assert_eq!(verdicts(&window), 2, "beside the form and in the history");
    window.type_into("Priority", "high");
    assert_eq!(verdicts(&window), 1, "only in the history");
    window.press("Publish event");
    assert_eq!(verdicts(&window), 1);
}
