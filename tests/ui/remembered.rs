//! What a person arranged comes back at the next start: taps, the publish form, what was sent, panels.

use std::time::{Duration, Instant};

use eventscope::event::watching::{Finding, Weight};
use eventscope::settings::{SavedDesk, SavedTap};

use super::super::*;

/// Frames until the settings are written so.
fn wait_for(window: &mut Window, file: &std::path::Path, wanted: impl Fn(&Settings) -> bool) {
    let deadline = Instant::now() + Duration::from_secs(20);
    while !Settings::load(file).is_ok_and(|settings| wanted(&settings)) {
        assert!(Instant::now() < deadline, "it was not written");
        window.frames();
    }
}

fn tapped(destination: Option<&str>) -> SavedTap {
    SavedTap {
        destination: destination.map(str::to_owned),
        keys: vec!["order.*".to_owned()],
        deliveries: false,
        colour: 4,
        shown: false,
    }
}

fn settings(taps: Vec<SavedTap>) -> Settings {
    let place = Address::RabbitMq(Endpoint::default()).place();
    Settings {
        desks: vec![SavedDesk {
            place,
            taps,
            ..SavedDesk::default()
        }],
        ..Settings::default()
    }
}

/// Connects a window that finds these taps of an earlier session, and gives what it asks for.
fn connected(settings: Settings) -> (Window, Vec<Command>) {
    let mut window = Window::with_settings(1280.0, 800.0, settings);
    window.connect();
    let asked = window.commands.borrow_mut().drain(..).collect();
    (window, asked)
}

/// Answers the question what a tap would do.
fn report(window: &mut Window, asked: Command, findings: Vec<Finding>) {
    let Command::Source(
        source,
        SourceCommand::Preflight {
            request,
            destination,
            keys,
            ..
        },
    ) = asked
    else {
        panic!("{asked:?}")
    };
    let report = Report {
        destination,
        keys,
        findings,
        ..Report::default()
    };
    window.tell(Update::Source(
        source,
        SourceUpdate::Preflight { request, report },
    ));
}

#[test]
fn a_harmless_tap_starts_again_in_its_colour() {
    let (mut window, mut asked) = connected(settings(vec![tapped(Some("shop.events"))]));
    assert_eq!(asked.len(), 1, "{asked:?}");
    let note = Finding {
        weight: Weight::Info,
        words: "Each message is copied".into(),
    };
    report(&mut window, asked.remove(0), vec![note]);
    let Command::Source(_, SourceCommand::StartTap(request)) = window.take_last() else {
        panic!("it did not start")
    };
    assert_eq!(request.destination, "shop.events");
    assert_eq!(request.keys, ["order.*"]);
    let state = window.harness.state().state();
    let tap = &state.taps.list()[0];
    assert_eq!((tap.colour, tap.shown), (4, false));
    assert!(!window.sees("Ran here last time"));
}

#[test]
fn a_tap_that_would_be_noticed_is_offered_and_shows_its_card_first() {
    let (mut window, mut asked) = connected(settings(vec![tapped(Some("shop.events"))]));
    let careful = || Finding {
        weight: Weight::Warning,
        words: "Mandatory publishers are not told".into(),
    };
    report(&mut window, asked.remove(0), vec![careful()]);
    assert!(window.commands.borrow().is_empty(), "nothing started");
    window.assert_sees("Ran here last time. Mandatory publishers are not told");
    window.press("Start shop.events order.* again");
    window.assert_sees("Before the tap starts on shop.events");
    let asked = window.take_last();
    report(&mut window, asked, vec![careful()]);
    window.press("Start anyway");
    assert!(window.last().contains("StartTap"), "{}", window.last());
    assert!(!window.sees("Ran here last time"));
    assert_eq!(window.harness.state().state().taps.list()[0].colour, 4);
}

#[test]
fn the_firehose_never_starts_by_itself() {
    let (mut window, asked) = connected(settings(vec![tapped(None)]));
    assert!(asked.is_empty(), "{asked:?}");
    window.assert_sees("Ran here last time. It weighs on the whole broker");
    window.press("Dismiss Firehose");
    assert!(!window.sees("Ran here last time"));
}

#[test]
fn taps_form_and_what_was_sent_are_there_again_at_the_next_start() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("settings.json");
    let mut window = Window::starting(1280.0, 800.0, Settings::default(), Some(file.clone()));
    window.connect();
    start_tap(&mut window);
    window.tab("Publish");
    window.type_into("Routing key", "order.created");
    window.type_into("Payload", r#"{"id":"{{uuid}}"}"#);
    window.press("Publish event");
    let Command::Source(source, SourceCommand::Publish { request, .. }) = window.take_last() else {
        panic!("nothing was published")
    };
    window.tell(Update::Source(
        source,
        SourceUpdate::Published {
            request,
            outcome: PublishOutcome::Routed,
        },
    ));
    wait_for(&mut window, &file, |settings| {
        let desk = settings.desks.first();
        desk.is_some_and(|desk| desk.taps.len() == 1 && desk.sent.len() == 1)
    });
    let before = Settings::load(&file).expect("the settings");
    let (mut window, asked) = connected(before.clone());
    assert!(
        matches!(
            asked.as_slice(),
            [Command::Source(_, SourceCommand::Preflight { .. })]
        ),
        "{asked:?}"
    );
    window.tab("Publish");
    let forms = window.harness.state_mut().forms_mut();
    assert_eq!(forms.draft.key, "order.created");
    window.assert_sees("order.created Routed");
    window.press("Publish again");
    assert!(window.last().contains("Publish"), "{}", window.last());
}

#[test]
fn what_was_arranged_at_one_broker_is_not_mixed_with_another() {
    let mut window = Window::connected();
    start_tap(&mut window);
    window.tab("Publish");
    window.type_into("Routing key", "order.created");
    let idle = || Update::Source(SourceId::FIRST, SourceUpdate::Link(Link::Idle));
    window.tell(idle());
    let other = Link::Connected {
        address: Address::RabbitMq(Endpoint {
            host: "other.example".into(),
            ..Endpoint::default()
        }),
        server: Server::RabbitMq(ServerVersion::rabbitmq("3.10.8")),
        abilities: Abilities::ALL,
    };
    window.commands.borrow_mut().clear();
    window.tell(Update::Source(SourceId::FIRST, SourceUpdate::Link(other)));
    window.tell(Update::Source(
        SourceId::FIRST,
        SourceUpdate::Topology(shop()),
    ));
    assert!(window.commands.borrow().is_empty(), "{}", window.last());
    // What was being written stays in the form; it is one's own.
    assert_eq!(
        window.harness.state_mut().forms_mut().draft.key,
        "order.created"
    );
    window.tell(idle());
    window.connect();
    let last = window.last();
    assert!(last.contains("Preflight"), "the tap of that place: {last}");
}
