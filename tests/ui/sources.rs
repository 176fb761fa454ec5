//! Several brokers in one window: which is in front, what each is called, and that one is given up.

use eventscope::protocol::DeskCommand;
use eventscope::state::Action;
use eventscope::state::sources::SourceAction;

use super::super::*;

const SECOND: SourceId = SourceId(2);

fn connected(window: &mut Window, source: SourceId, host: &str) {
    let endpoint = Endpoint {
        host: host.to_owned(),
        ..Endpoint::default()
    };
    let link = Link::Connected {
        address: Address::RabbitMq(endpoint),
        server: Server::RabbitMq(ServerVersion::rabbitmq("4.3.6")),
        abilities: Abilities::ALL,
    };
    window.tell(Update::Source(source, SourceUpdate::Link(link)));
    window.tell(Update::Source(source, SourceUpdate::Topology(shop())));
}

#[test]
fn another_broker_is_opened_beside_the_first() {
    let mut window = Window::connected();
    window.press("Open another…");
    window.assert_sees("Connect to a broker");
    window.press("Connect");
    window.assert_sees("This broker is open already");
    window.type_into("AMQP URL", "amqp://second.example");
    window.press("Connect");
    assert!(matches!(
        window.take_last(),
        Command::Source(SECOND, SourceCommand::Connect(_))
    ));
    connected(&mut window, SECOND, "second.example");
    window.tab("Live");
    let tap = start_tap(&mut window);
    assert_eq!(tap.source, SECOND);
    window.assert_sees("Show second.example:5672: shop");
    window.receive(tap, &[event("order.created", "{}")]);
    let row = window.rows().remove(0);
    window.click(Role::Row, &row);
    window.assert_sees("From second.example:5672");
    // The first comes to the front by its name; its form is its own.
    window.press("localhost:5672");
    assert_eq!(window.harness.state().state().front.id, SourceId::FIRST);
    window.assert_sees("From second.example:5672");
}

#[test]
fn two_names_that_are_alike_are_told_apart() {
    let mut window = Window::connected();
    window
        .harness
        .state_mut()
        .act(Action::Source(SourceAction::Add));
    connected(&mut window, SECOND, "localhost");
    window.assert_sees("localhost:5672 · vhost / (1)");
    window.press("localhost:5672 · vhost / (1)");
    assert_eq!(window.harness.state().state().front.id, SourceId::FIRST);
}

#[test]
fn a_connection_that_was_not_made_is_given_up() {
    let mut window = Window::connected();
    window.press("Open another…");
    window.press("Give up");
    assert!(matches!(
        window.take_last(),
        Command::Desk(DeskCommand::CloseSource(SECOND))
    ));
    assert!(window.harness.state().state().has_session());
    assert!(window.harness.query_by_label("Give up").is_none());
}
