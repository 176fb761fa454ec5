//! A store that Eventscope has never heard of is added here by what ARCHITECTURE.md says under "Adding a
//! store": a driver, and a line that makes it for its addresses. The window needs nothing for it.

#![expect(clippy::expect_used, reason = "a test may panic")]

use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use eframe::egui::accesskit::Role;
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable as _;
use eventscope::address::Address;
use eventscope::app::{App, Wire};
use eventscope::engine::driver::{Driver, MakeDriver};
use eventscope::engine::handle::{DeskOptions, Handle};
use eventscope::engine::outbox::SourceOutbox;
use eventscope::event::amqp::Properties;
use eventscope::event::picture::{Destination, Picture};
use eventscope::event::source_id::SourceId;
use eventscope::event::watching::{Report, TapRequest};
use eventscope::event::{Event, Transport};
use eventscope::log::Batch;
use eventscope::protocol::{
    Abilities, Command, Link, Server, SourceCommand, SourceUpdate, TapState, Update,
};
use eventscope::recording::ShelfLimits;
use eventscope::settings::Settings;
use eventscope::state::live::tap_card::Card;
use futures_util::future::BoxFuture;
use tokio::sync::mpsc;

/// A shelf of notes: `toy:NAME`. It can be watched, and tells all its notes to whoever does.
struct Shelf;

impl Driver for Shelf {
    fn run(
        self: Box<Self>,
        mut commands: mpsc::Receiver<SourceCommand>,
        outbox: SourceOutbox,
    ) -> BoxFuture<'static, ()> {
        Box::pin(async move {
            while let Some(command) = commands.recv().await {
                for update in answers(command) {
                    outbox.send(update).await;
                }
            }
        })
    }
}

fn answers(command: SourceCommand) -> Vec<SourceUpdate> {
    match command {
        SourceCommand::Connect(address @ Address::Other { .. }) => {
            let open = Link::Connected {
                address,
                server: Server::Other("Shelf 1".to_owned()),
                abilities: Abilities {
                    watch: true,
                    ..Abilities::default()
                },
            };
            let notes = Destination {
                name: "notes".to_owned(),
                is_open: false,
                partitions: 0,
            };
            let picture = Picture {
                destinations: vec![notes],
                ..Picture::default()
            };
            vec![SourceUpdate::Link(open), SourceUpdate::Picture(picture)]
        }
        SourceCommand::Disconnect => vec![SourceUpdate::Link(Link::Idle)],
        SourceCommand::Preflight {
            request,
            destination,
            keys,
            ..
        } => {
            let report = Report {
                destination,
                keys,
                ..Report::default()
            };
            vec![SourceUpdate::Preflight { request, report }]
        }
        SourceCommand::StartTap(request) => watched(request),
        SourceCommand::StopTap(tap) => {
            let state = TapState::Stopped;
            vec![SourceUpdate::Tap { tap, state }]
        }
        other => other
            .refused("A shelf can only be read".to_owned())
            .into_iter()
            .collect(),
    }
}

fn watched(TapRequest { tap, .. }: TapRequest) -> Vec<SourceUpdate> {
    let state = TapState::Running {
        queue: String::new(),
    };
    let notes = (0_u64..3).map(|place| {
        Event::new(
            DateTime::<Utc>::UNIX_EPOCH,
            "notes".to_owned(),
            format!("note.{place}"),
            Transport::Plain(place),
            Properties::default(),
            format!(r#"{{"id":"n-{place}","type":"note"}}"#).into_bytes(),
        )
    });
    let notes: Vec<Event> = notes.collect();
    vec![
        SourceUpdate::Tap { tap, state },
        SourceUpdate::Events(Batch::of(tap, &notes)),
    ]
}

fn window() -> Harness<'static, App> {
    let make: MakeDriver = Arc::new(|_, _| -> Box<dyn Driver> { Box::new(Shelf) });
    let desk = DeskOptions {
        journal_dir: None,
        keep_days: 30,
        taping: None,
        recording_limits: ShelfLimits::default(),
    };
    let (handle, updates) = Handle::start(|| {}, desk, make).expect("threads");
    let wire = Wire {
        send: Box::new(move |command| handle.send(command)),
        updates,
    };
    Harness::builder()
        .with_size([1280.0, 800.0])
        .build_eframe(move |cc| App::new(&cc.egui_ctx, wire, Settings::default(), None))
}

fn until(harness: &mut Harness<'static, App>, what: &str, is: impl Fn(&App) -> bool) {
    let start = Instant::now();
    while !is(harness.state()) {
        assert!(start.elapsed() < Duration::from_secs(20), "no {what}");
        harness.run_steps(1);
        std::thread::sleep(Duration::from_millis(2));
    }
    harness.run_steps(4);
}

fn press(harness: &mut Harness<'static, App>, role: Role, name: &str) {
    harness.get_by_role_and_label(role, name).click();
    harness.run_steps(4);
}

#[test]
fn a_store_of_ones_own_is_connected_to_and_watched() {
    let mut harness = window();
    let line = harness.get_by_role_and_label(Role::TextInput, "AMQP URL");
    line.focus();
    harness.run_steps(2);
    harness
        .get_by_role_and_label(Role::TextInput, "AMQP URL")
        .type_text("toy:desk");
    harness.run_steps(4);
    press(&mut harness, Role::Button, "Connect");
    until(&mut harness, "connection", |app| app.state().is_connected());
    harness.get_by_label_contains("desk");
    harness.get_by_label_contains("Shelf 1");
    // Its own words are those of any store, and what it cannot do is said.
    harness.get_by_role_and_label(Role::TextInput, "Destination");
    assert!(harness.query_by_label("Firehose…").is_none());
    press(&mut harness, Role::Button, "Start tap");
    until(&mut harness, "forecast", |app| {
        matches!(app.state().front.tap_card, Some(Card::Tap(_)))
    });
    press(&mut harness, Role::Button, "Start now");
    until(&mut harness, "events", |app| {
        app.state().live.log.kept() == 3
    });
    let kept = harness.state().state().live.log.event(2).expect("an event");
    assert_eq!(kept.to_event().transport, Transport::Plain(2));
    assert_eq!(kept.event_id().as_deref(), Some("n-2"));
    press(&mut harness, Role::Tab, "Publish");
    harness.get_by_label_contains("desk takes no events");
    press(&mut harness, Role::Tab, "Dead letters");
    harness.get_by_label_contains("desk keeps no messages that can be looked at");
    press(&mut harness, Role::Button, "Disconnect");
    until(&mut harness, "end", |app| !app.state().is_connected());
}

/// A driver with a mistake in it.
struct Broken;

impl Driver for Broken {
    fn run(
        self: Box<Self>,
        mut commands: mpsc::Receiver<SourceCommand>,
        _outbox: SourceOutbox,
    ) -> BoxFuture<'static, ()> {
        Box::pin(async move {
            let command = commands.recv().await;
            assert!(command.is_none(), "this driver breaks down at once");
        })
    }
}

#[test]
fn a_driver_that_breaks_down_is_told_of_and_harms_no_other() {
    let make: MakeDriver = Arc::new(|command, _| -> Box<dyn Driver> {
        match command {
            SourceCommand::RefreshTopology => Box::new(Broken),
            _ => Box::new(Shelf),
        }
    });
    let desk = DeskOptions {
        journal_dir: None,
        keep_days: 30,
        taping: None,
        recording_limits: ShelfLimits::default(),
    };
    let (handle, updates) = Handle::start(|| {}, desk, make).expect("threads");
    let send = |source, command| {
        handle
            .send(Command::Source(SourceId(source), command))
            .expect("room");
    };
    let next = |what: &str, is: &dyn Fn(&Update) -> bool| {
        let deadline = Instant::now() + Duration::from_secs(20);
        while !is(&updates.recv_deadline(deadline).expect(what)) {}
    };
    send(1, SourceCommand::RefreshTopology);
    next("the end", &|update| {
        matches!(
            update,
            Update::Source(SourceId(1), SourceUpdate::Link(Link::Idle))
        )
    });
    let shelf = Address::from_text("toy:desk").expect("an address");
    for source in [1, 2] {
        send(source, SourceCommand::Connect(shelf.clone()));
        next("a connection", &|update| {
            matches!(
                update,
                Update::Source(id, SourceUpdate::Link(Link::Connected { .. })) if id.0 == source
            )
        });
    }
}
