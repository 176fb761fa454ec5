//! Several sources at once: what is told belongs to the one that told it.

use super::*;
use crate::protocol::Abilities;
use crate::rabbitmq::topology::Queue;
use crate::state::leaving::{Leave, LeaveAction, Wish};
use crate::state::live::taps::Phase;
use crate::state::sources::SourceAction;

const SECOND: SourceId = SourceId(2);

fn link(host: &str) -> SourceUpdate {
    SourceUpdate::Link(Link::Connected {
        address: Address::RabbitMq(Endpoint {
            host: host.to_owned(),
            ..Endpoint::default()
        }),
        server: Server::RabbitMq(ServerVersion::rabbitmq("4.0.5")),
        abilities: Abilities::ALL,
    })
}

impl Desk {
    /// The shop in front of a second broker, which is connected too.
    fn with_two() -> Self {
        let mut desk = Self::connected();
        desk.act(Action::Source(SourceAction::Add));
        assert_eq!(desk.state.front.id, SECOND);
        assert!(!desk.state.has_session(), "the connect screen is shown");
        desk.told(SECOND, link("second"));
        desk
    }

    fn told(&mut self, source: SourceId, update: SourceUpdate) -> Vec<Command> {
        self.apply(Update::Source(source, update))
    }

    fn choose(&mut self, source: SourceId) {
        self.act(Action::Source(SourceAction::Choose(source)));
        assert_eq!(self.state.front.id, source);
    }
}

#[test]
fn each_has_its_own_link_topology_and_dead_letters() {
    let mut desk = Desk::with_two();
    assert!(desk.state.front.topology.queues.is_empty());
    let topology = Topology {
        queues: vec![Queue::named("only here")],
        ..Topology::default()
    };
    desk.told(SECOND, SourceUpdate::Topology(topology));
    assert!(desk.state.front.topology.queue("only here").is_some());
    assert_eq!(desk.state.front.picture.holder_names(), ["only here"]);
    desk.choose(SourceId::FIRST);
    assert!(desk.state.front.topology.queue("only here").is_none());
    assert!(desk.state.front.topology.queue("orders").is_some());
    // What the one behind tells changes nothing in front.
    desk.told(SECOND, SourceUpdate::Topology(shop()));
    let lost = Link::Lost {
        address: Address::RabbitMq(Endpoint::default()),
        reason: "gone".into(),
        since: desk.now,
        retry_at: desk.now,
    };
    desk.told(SECOND, SourceUpdate::Link(lost));
    assert!(desk.state.is_connected() && desk.state.front.id == SourceId::FIRST);
    let second = desk.state.source(SECOND).unwrap();
    assert!(!second.is_connected() && second.has_session());
    assert!(desk.state.needs_clock(), "its next try is counted down");
}

#[test]
fn a_command_goes_to_the_source_in_front() {
    let mut desk = Desk::with_two();
    let commands = desk.act(Action::RefreshTopology);
    assert!(matches!(
        commands.as_slice(),
        [Command::Source(SECOND, SourceCommand::RefreshTopology)]
    ));
    desk.choose(SourceId::FIRST);
    let tap = desk.start_tap();
    assert_eq!(tap.source, SourceId::FIRST);
    desk.choose(SECOND);
    // A tap is ended where it runs, whatever is in front.
    let commands = desk.act(Action::Tap(TapAction::Stop(tap)));
    assert!(matches!(
        commands.as_slice(),
        [Command::Source(SourceId::FIRST, SourceCommand::StopTap(stopped))] if *stopped == tap
    ));
}

#[test]
fn the_streams_are_shown_together_and_one_goes_on_without_the_other() {
    let mut desk = Desk::with_two();
    desk.told(SECOND, SourceUpdate::Topology(shop()));
    let second = desk.start_tap();
    desk.choose(SourceId::FIRST);
    let first = desk.start_tap();
    for (tap, key) in [(first, "a"), (second, "b")] {
        let event = crate::testing::event(key, "{}");
        let batch = crate::log::Batch::of(tap, [&event]);
        desk.told(tap.source, SourceUpdate::Events(batch));
    }
    let log = &desk.state.live.log;
    let sources = |number| log.event(number).unwrap().tap().source;
    assert_eq!((sources(0), sources(1)), (SourceId::FIRST, SECOND));
    // The second is disconnected: its tap ends, the other one's runs.
    desk.choose(SECOND);
    desk.act(Action::Disconnect);
    let commands = desk.told(SECOND, SourceUpdate::Link(Link::Idle));
    assert!(matches!(
        commands.as_slice(),
        [Command::Desk(DeskCommand::CloseSource(SECOND))]
    ));
    assert_eq!(desk.state.front.id, SourceId::FIRST);
    assert!(!desk.state.has_several());
    let taps = desk.state.taps.list();
    assert!(matches!(taps, [tap] if tap.id == first && tap.phase == Phase::Starting));
    assert!(desk.state.taps.find(second).is_some(), "its rows are there");
    // What comes late from a source that was given up is nobody's.
    assert!(desk.told(SECOND, link("late")).is_empty());
    assert_eq!(desk.state.sources().len(), 1);
}

#[test]
fn what_runs_behind_is_asked_about_when_the_window_closes() {
    let mut desk = Desk::with_two();
    desk.choose(SourceId::FIRST);
    desk.peek(&["1"]);
    desk.act(Action::Dead(DeadAction::MarkAll(true)));
    desk.act(Action::Dead(DeadAction::ResendSelected));
    desk.choose(SECOND);
    assert!(desk.state.front.dead.peeked.is_none(), "a queue of another");
    let running = desk.state.under_way().unwrap();
    assert_eq!(running.source, SourceId::FIRST);
    // Ending the connection in front cuts nothing off.
    assert!(desk.state.in_the_way(Leave::Disconnect(SECOND)).is_empty());
    desk.act(Action::Leave(LeaveAction::Ask(Leave::Quit)));
    assert!(desk.state.leaving.is_some() && !desk.state.quits);
    let commands = desk.act(Action::Leave(LeaveAction::Stop));
    assert!(commands.iter().any(|command| matches!(
        command,
        Command::Source(SourceId::FIRST, SourceCommand::StopJob(stopped))
            if *stopped == running.request
    )));
    let commands = desk.told(
        SourceId::FIRST,
        SourceUpdate::JobDone {
            request: running.request,
            problem: Some("Stopped".into()),
            sum: None,
        },
    );
    assert!(desk.state.quits, "{commands:?}");
    assert_eq!(desk.state.front.id, SECOND, "the person chose that one");
}

#[test]
fn what_is_typed_stays_with_its_source_and_settings_with_the_person() {
    let mut desk = Desk::connected();
    desk.forms.filter = "key:a".into();
    desk.forms.draft.destination = "mine".into();
    desk.act(Action::Alert(alerts::AlertAction::Notify(false)));
    desk.act(Action::Source(SourceAction::Add));
    assert_eq!(desk.forms.filter, "key:a");
    assert!(desk.forms.draft.destination.is_empty());
    assert!(!desk.state.front.alerts.wanted);
    desk.act(Action::Alert(alerts::AlertAction::Notify(true)));
    desk.forms.filter = "key:b".into();
    desk.choose(SourceId::FIRST);
    assert_eq!(desk.forms.filter, "key:b");
    assert_eq!(desk.forms.draft.destination, "mine");
    assert!(desk.state.front.alerts.wanted);
    // A connection that was never made is given up.
    desk.choose(SECOND);
    desk.act(Action::Source(SourceAction::GiveUp));
    assert_eq!(desk.state.front.id, SourceId::FIRST);
    desk.act(Action::Source(SourceAction::GiveUp));
    assert_eq!(desk.state.sources().len(), 1, "the last one stays");
}

#[test]
fn the_end_of_a_job_behind_disconnects_nobody() {
    let mut desk = Desk::with_two();
    desk.told(SECOND, SourceUpdate::Topology(shop()));
    for source in [SECOND, SourceId::FIRST] {
        desk.choose(source);
        desk.act(Action::Dead(DeadAction::OpenQueue("orders.dead".into())));
        let commands = desk.act(Action::Dead(DeadAction::Peek));
        let [Command::Source(_, SourceCommand::Peek { request, .. })] = commands.as_slice() else {
            panic!("no peek: {commands:?}");
        };
        let report = PeekReport {
            queue: "orders.dead".into(),
            messages: vec![dead_letter("1")],
            depth: 1,
            borrowed: 1,
            ..PeekReport::default()
        };
        let result = Ok(report);
        let request = *request;
        desk.told(source, SourceUpdate::Peeked { request, result });
        desk.act(Action::Dead(DeadAction::MarkAll(true)));
        desk.act(Action::Dead(DeadAction::ResendSelected));
    }
    let running = desk.state.in_the_way(Leave::Quit);
    assert_eq!(running.len(), 2);
    let [first, second] = [SourceId::FIRST, SECOND].map(|source| {
        let own = running.iter().find(|running| running.source == source);
        own.unwrap().request
    });
    desk.act(Action::Disconnect);
    desk.act(Action::Leave(LeaveAction::Finish));
    let done = |request| SourceUpdate::JobDone {
        request,
        problem: Some("half of it".into()),
        sum: None,
    };
    let commands = desk.told(SECOND, done(second));
    let ends = |commands: &[Command]| {
        let is_end = |c: &&Command| matches!(c, Command::Source(_, SourceCommand::Disconnect));
        commands.iter().filter(is_end).count()
    };
    assert_eq!(ends(&commands), 0, "{commands:?}");
    let wish = desk.state.leaving.as_ref().map(|leaving| &leaving.wish);
    assert_eq!(wish, Some(&Wish::Finish));
    desk.told(SourceId::FIRST, done(first));
    let wish = desk.state.leaving.as_ref().map(|leaving| &leaving.wish);
    assert!(matches!(wish, Some(Wish::Ended(_))));
    let commands = desk.act(Action::Leave(LeaveAction::Now));
    assert!(matches!(
        commands.as_slice(),
        [Command::Source(SourceId::FIRST, SourceCommand::Disconnect)]
    ));
}

#[test]
fn one_broker_is_not_opened_twice() {
    let mut desk = Desk::connected();
    desk.act(Action::Source(SourceAction::Add));
    assert!(desk.act(Action::Connect).is_empty());
    assert!(
        desk.forms
            .connect
            .problem
            .as_deref()
            .unwrap()
            .contains("open already")
    );
    desk.forms.connect.host = "elsewhere".into();
    assert_eq!(desk.act(Action::Connect).len(), 1);
}

#[test]
fn a_source_that_ends_behind_is_given_up_and_its_rows_keep_its_name() {
    let mut desk = Desk::with_two();
    desk.act(Action::Disconnect);
    assert!(desk.state.front.is_ending);
    desk.choose(SourceId::FIRST);
    let commands = desk.told(SECOND, SourceUpdate::Link(Link::Idle));
    assert!(matches!(
        commands.as_slice(),
        [Command::Desk(DeskCommand::CloseSource(SECOND))]
    ));
    assert_eq!(desk.state.front.id, SourceId::FIRST);
    assert_eq!(desk.state.sources().len(), 1);
    assert_eq!(desk.state.ended_name(SECOND), Some("second:5672"));
    desk.act(Action::Live(LiveAction::Clear));
    assert_eq!(desk.state.ended_name(SECOND), None);
}

#[test]
fn a_driver_that_breaks_down_leaves_nothing_waiting() {
    let mut desk = Desk::connected();
    desk.act(Action::Dead(DeadAction::OpenQueue("orders.dead".into())));
    desk.act(Action::Dead(DeadAction::Peek));
    assert!(desk.state.front.dead.peeking.is_some());
    desk.told(SourceId::FIRST, SourceUpdate::Link(Link::Idle));
    assert!(desk.state.front.dead.peeking.is_none());
    assert!(!desk.state.has_session());
    let mut desk = Desk::connected();
    desk.peek(&["1"]);
    desk.act(Action::Dead(DeadAction::MarkAll(true)));
    desk.act(Action::Dead(DeadAction::ResendSelected));
    let commands = desk.told(SourceId::FIRST, SourceUpdate::Link(Link::Idle));
    assert!(desk.state.under_way().is_none());
    let reads = |c: &Command| matches!(c, Command::Desk(DeskCommand::ReadJournal(_)));
    assert!(
        commands.iter().any(reads),
        "the journal is asked: {commands:?}"
    );
}

#[test]
fn a_broken_driver_takes_no_edits_along_and_giving_up_asks_for_them() {
    let mut desk = Desk::with_two();
    desk.told(SECOND, SourceUpdate::Topology(shop()));
    desk.peek(&["1"]);
    desk.act(Action::Dead(DeadAction::Select(0)));
    let editor = desk.forms.editor.as_mut().unwrap();
    editor.draft.key = "mine".into();
    assert_eq!(desk.forms.edits(), 1);
    desk.told(SECOND, SourceUpdate::Link(Link::Idle));
    assert_eq!(desk.state.front.id, SECOND, "it was not ended by a person");
    assert_eq!(desk.forms.edits(), 1);
    desk.act(Action::Source(SourceAction::GiveUp));
    assert!(desk.state.leaving.is_some() && desk.state.has_several());
    desk.act(Action::Leave(LeaveAction::Now));
    desk.told(SECOND, SourceUpdate::Link(Link::Idle));
    assert!(!desk.state.has_several());
}

#[test]
fn what_a_source_cannot_do_it_cannot_do_while_it_is_lost() {
    let mut desk = Desk::with_two();
    let address = Address::RabbitMq(Endpoint::default());
    let only_read = Abilities {
        publish: false,
        ..Abilities::ALL
    };
    desk.told(
        SECOND,
        SourceUpdate::Link(Link::Connected {
            address: address.clone(),
            server: Server::Other("a shelf".into()),
            abilities: only_read,
        }),
    );
    let lost = Link::Lost {
        address,
        reason: "gone".into(),
        since: desk.now,
        retry_at: desk.now,
    };
    desk.told(SECOND, SourceUpdate::Link(lost));
    assert_eq!(desk.state.front.abilities(), only_read);
}

#[test]
fn a_first_try_that_is_broken_off_stays_at_its_form() {
    let mut desk = Desk::connected();
    desk.act(Action::Source(SourceAction::Add));
    let address = Address::RabbitMq(Endpoint::default());
    desk.told(SECOND, SourceUpdate::Link(Link::Connecting(address)));
    desk.act(Action::Disconnect);
    desk.told(SECOND, SourceUpdate::Link(Link::Idle));
    assert_eq!(desk.state.front.id, SECOND);
}
