//! The first screen: the three ways in, and what it says when one of them does not work.

use eframe::egui::Event;
use eframe::egui::accesskit::Role;
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use eventscope::address::Address;
use eventscope::event::source_id::SourceId;
use eventscope::protocol::{
    Abilities, Command, Link, SandboxState, Server, SourceCommand, SourceUpdate, Update,
};
use eventscope::rabbitmq::endpoint::Endpoint;
use eventscope::rabbitmq::server_version::ServerVersion;
use eventscope::settings::{SavedConnection, Settings};
use eventscope::state::Action;

use crate::Window;

fn saved(name: &str, host: &str, is_production: bool) -> SavedConnection {
    let endpoint = Endpoint {
        name: name.to_owned(),
        host: host.to_owned(),
        ..Endpoint::default()
    };
    SavedConnection {
        address: Address::RabbitMq(endpoint).without_secret(),
        is_production,
        is_spared: false,
    }
}

fn with_two_connections() -> Window {
    let settings = Settings {
        connections: vec![
            saved("Staging", "staging.example", false),
            saved("The shop", "shop.example", true),
        ],
        ..Settings::default()
    };
    Window::with_settings(1280.0, 800.0, settings)
}

fn value(window: &Window, field: &str) -> String {
    let node = window.harness.get_by_role_and_label(Role::TextInput, field);
    node.accesskit_node().value().unwrap_or_default()
}

fn tell(window: &mut Window, update: SourceUpdate) {
    window.tell(Update::Source(SourceId::FIRST, update));
}

/// The connection to this host is made.
fn stands(window: &mut Window, host: &str) {
    let endpoint = Endpoint {
        host: host.to_owned(),
        ..Endpoint::default()
    };
    let link = Link::Connected {
        address: Address::RabbitMq(endpoint),
        server: Server::RabbitMq(ServerVersion::rabbitmq("4.3.6")),
        abilities: Abilities::ALL,
    };
    tell(window, SourceUpdate::Link(link));
}

#[test]
fn a_recent_connection_fills_the_form_and_marks_production() {
    let mut window = with_two_connections();
    window.press("The shop");
    assert_eq!(value(&window, "Host"), "shop.example");
    assert_eq!(value(&window, "Name"), "The shop");
    window.press("Connect");
    let Command::Source(_, SourceCommand::Connect(Address::RabbitMq(endpoint))) =
        window.take_last()
    else {
        panic!("no connection was asked for")
    };
    assert_eq!(endpoint.host, "shop.example");
    stands(&mut window, "shop.example");
    window.assert_sees("Production");
    let kept = window.harness.state().state().saved_connections();
    assert!(kept[0].is_production);
}

#[test]
fn a_recent_connection_can_be_forgotten() {
    let mut window = with_two_connections();
    window.press("Forget Staging");
    assert!(!window.sees("Staging"));
    window.assert_sees("The shop");
    window.press("Forget The shop");
    assert!(!window.sees("Recent connections"));
}

#[test]
fn nobody_is_greeted_by_the_failure_of_what_was_not_asked_for() {
    let mut window = Window::new();
    window.harness.state_mut().act(Action::TryLocal);
    let failed = || {
        SourceUpdate::Link(Link::Failed {
            address: Address::RabbitMq(Endpoint::default()),
            reason: "connection refused".to_owned(),
        })
    };
    tell(&mut window, failed());
    window.assert_sees("start the sandbox");
    assert!(!window.sees("connection refused"));
    // It is no matter of another kind of store.
    for (store, is_told) in [("Kafka", false), ("RabbitMQ", true)] {
        window.harness.get_by_label(store).click();
        window.frames();
        assert_eq!(window.sees("start the sandbox"), is_told, "{store}");
    }
    // The same, asked for.
    window.press("Connect");
    tell(&mut window, failed());
    window.assert_sees("connection refused");
}

#[test]
fn while_the_sandbox_starts_it_has_the_screen_and_an_old_refusal_is_gone() {
    let mut window = Window::new();
    window.press("Connect");
    let failed = Link::Failed {
        address: Address::RabbitMq(Endpoint::default()),
        reason: "connection refused".to_owned(),
    };
    tell(&mut window, SourceUpdate::Link(failed));
    window.assert_sees("connection refused");
    window.press("Start a private RabbitMQ");
    window.assert_sees("The sandbox starts");
    window.assert_sees("Looking for RabbitMQ");
    assert!(!window.sees("Connect to a broker") || !window.sees("Host"));
    window.press("Connect to a broker instead");
    window.assert_sees("Host");
    assert!(!window.sees("connection refused"));
    let words = "There is no folder for the sandbox".to_owned();
    tell(
        &mut window,
        SourceUpdate::Sandbox(SandboxState::Failed(words)),
    );
    window.assert_sees("There is no folder for the sandbox");
}

#[test]
fn a_pasted_url_does_not_show_its_password() {
    let mut window = Window::new();
    let field = window
        .harness
        .get_by_role_and_label(Role::TextInput, "AMQP URL");
    field.focus();
    window.frames();
    let pasted = "amqp://ada:s3cr3t@broker:5999/team";
    window.harness.event(Event::Paste(pasted.to_owned()));
    window.frames();
    assert_eq!(value(&window, "AMQP URL"), "amqp://ada@broker:5999/team");
    assert_eq!(value(&window, "Host"), "broker");
    let form = &window.harness.state_mut().forms_mut().connect;
    assert_eq!(form.password.0, "s3cr3t");
}

#[test]
fn a_wrong_port_is_faulted_while_it_is_typed() {
    let mut window = Window::new();
    window.harness.state_mut().forms_mut().connect.port.clear();
    window.type_into("Port", "99999");
    window.assert_sees("Port must be a number from 1 to 65535");
}

#[test]
fn a_sandbox_that_died_is_started_again() {
    let mut window = Window::new();
    window.press("Start a private RabbitMQ");
    tell(&mut window, SourceUpdate::Sandbox(SandboxState::Running));
    window.connect();
    assert!(!window.sees("Start the sandbox again"));
    let lost = Link::Lost {
        address: Address::RabbitMq(Endpoint::default()),
        reason: "connection refused".to_owned(),
        since: chrono::Utc::now(),
        retry_at: chrono::Utc::now(),
    };
    tell(&mut window, SourceUpdate::Link(lost));
    window.press("Start the sandbox again");
    assert!(matches!(
        window.take_last(),
        Command::Source(_, SourceCommand::StartSandbox(_))
    ));
    window.assert_sees("The sandbox starts");
    tell(&mut window, SourceUpdate::Sandbox(SandboxState::Running));
    window.connect();
    window.assert_sees("Connected");
}

#[test]
fn a_known_place_is_marked_however_it_is_typed_and_the_mark_stays_with_it() {
    let mut window = with_two_connections();
    // Typed, not chosen.
    window.type_into("AMQP URL", "amqp://guest:secret@shop.example:5672/");
    window.press("Connect");
    // Another one is chosen while the first is still tried.
    window.press("Staging");
    stands(&mut window, "shop.example");
    let state = window.harness.state().state();
    assert!(state.front.is_production);
    let marks: Vec<bool> = state
        .saved_connections()
        .iter()
        .map(|one| one.is_production)
        .collect();
    assert_eq!(marks, [true, false]);
}
