//! The state as a whole: updates and actions in, commands out.

mod looking;
mod moving;
mod refused;
mod sources;

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};

use super::dead_letters::{DeadAction, RuleAction, RuleDesk, TargetChoice};
use super::live::LiveAction;
use super::live::tap_card::{Card, TapAction};
use super::publish::PublishAction;
use super::*;
use crate::address::Address;
use crate::event::amqp::{FieldValue, Properties};
use crate::event::source_id::SourceId;
use crate::event::tap_id::TapId;
use crate::event::watching::Report;
use crate::event::{BodyDraft, Event, Transport};
use crate::protocol::{
    Abilities, Command, DeskCommand, MoveOutcome, PeekReport, PublishOutcome, Server,
    SourceCommand, SourceUpdate, TapState, Update, Which,
};
use crate::rabbitmq::endpoint::Endpoint;
use crate::rabbitmq::server_version::ServerVersion;
use crate::testing::shop;

struct Desk {
    state: State,
    forms: Forms,
    now: DateTime<Utc>,
}

impl Desk {
    fn connected() -> Self {
        let mut desk = Self {
            state: State::new(),
            forms: Forms::default(),
            now: DateTime::UNIX_EPOCH,
        };
        desk.apply(Update::Source(
            SourceId::FIRST,
            SourceUpdate::Link(Link::Connected {
                address: Address::RabbitMq(Endpoint::default()),
                server: Server::RabbitMq(ServerVersion::rabbitmq("")),
                abilities: Abilities::ALL,
            }),
        ));
        desk.apply(Update::Source(
            SourceId::FIRST,
            SourceUpdate::Topology(shop()),
        ));
        desk
    }

    fn apply(&mut self, update: Update) -> Vec<Command> {
        let moment = Moment {
            now: self.now,
            fresh_id: "fresh",
        };
        self.state.apply(update, &mut self.forms, moment)
    }

    fn act(&mut self, action: Action) -> Vec<Command> {
        let moment = Moment {
            now: self.now,
            fresh_id: "fresh",
        };
        self.state.act(action, &mut self.forms, moment)
    }

    /// Asks for the tap that the form describes; gives the keys that the card is about.
    fn ask_tap(&mut self) -> Vec<String> {
        let commands = self.act(Action::Tap(TapAction::Start));
        let [
            Command::Source(
                _,
                SourceCommand::Preflight {
                    request,
                    destination,
                    keys,
                    ..
                },
            ),
        ] = commands.as_slice()
        else {
            panic!("no preflight: {commands:?}");
        };
        let report = Report {
            destination: destination.clone(),
            keys: keys.clone(),
            ..Report::default()
        };
        self.apply(Update::Source(
            self.state.front.id,
            SourceUpdate::Preflight {
                request: *request,
                report,
            },
        ));
        keys.clone()
    }

    fn start_tap(&mut self) -> TapId {
        self.ask_tap();
        let commands = self.act(Action::Tap(TapAction::StartAnyway));
        let [Command::Source(_, SourceCommand::StartTap(request))] = commands.as_slice() else {
            panic!("no tap: {commands:?}");
        };
        request.tap
    }

    fn receive(&mut self, tap: TapId, key: &str) {
        let event = crate::testing::event(key, "{}");
        self.apply(Update::Source(
            SourceId::FIRST,
            SourceUpdate::Events(crate::log::Batch::of(tap, [&event])),
        ));
    }

    fn peek(&mut self, bodies: &[&str]) {
        self.act(Action::Dead(DeadAction::OpenQueue("orders.dead".into())));
        let commands = self.act(Action::Dead(DeadAction::Peek));
        let [Command::Source(_, SourceCommand::Peek { request, .. })] = commands.as_slice() else {
            panic!("no peek: {commands:?}");
        };
        let messages = bodies.iter().map(|body| dead_letter(body)).collect();
        let report = PeekReport {
            queue: "orders.dead".into(),
            messages,
            depth: 9,
            borrowed: 9,
            borrowed_ms: 4,
            ..PeekReport::default()
        };
        self.apply(Update::Source(
            self.state.front.id,
            SourceUpdate::Peeked {
                request: *request,
                result: Ok(report),
            },
        ));
    }
}

fn dead_letter(body: &str) -> Arc<Event> {
    let text = |t: &str| FieldValue::Text(t.into());
    let entry = FieldValue::Table(vec![
        ("reason".into(), text("rejected")),
        ("queue".into(), text("orders")),
        ("exchange".into(), text("shop")),
        (
            "routing-keys".into(),
            FieldValue::Array(vec![text("order.created")]),
        ),
    ]);
    let properties = Properties {
        headers: Some(vec![("x-death".into(), FieldValue::Array(vec![entry]))]),
        ..Properties::default()
    };
    let now = DateTime::UNIX_EPOCH;
    Arc::new(Event::new(
        now,
        "dead".into(),
        "orders".into(),
        Transport::amqp(true),
        properties,
        body.into(),
    ))
}

#[test]
fn a_refusal_starts_nothing_and_offers_the_firehose() {
    let mut desk = Desk::connected();
    desk.act(Action::Tap(TapAction::Start));
    let Some(Card::Asking { request, .. }) = desk.state.front.tap_card else {
        panic!("no card")
    };
    let report = Report::impossible("It would take messages away".into());
    desk.apply(Update::Source(
        SourceId::FIRST,
        SourceUpdate::Preflight { request, report },
    ));
    assert!(desk.act(Action::Tap(TapAction::StartAnyway)).is_empty());
    assert!(
        desk.state.front.tap_card.is_some(),
        "the reason stays in sight"
    );
    desk.act(Action::Tap(TapAction::AskFirehose));
    let commands = desk.act(Action::Tap(TapAction::SwitchOnFirehose));
    assert!(
        matches!(
            commands.as_slice(),
            [Command::Source(_, SourceCommand::StartFirehose(_))]
        ),
        "{commands:?}"
    );
    assert_eq!(desk.state.taps.list()[0].name(), "Firehose");
    // Once is enough.
    desk.act(Action::Tap(TapAction::AskFirehose));
    let again = desk.act(Action::Tap(TapAction::SwitchOnFirehose));
    assert!(again.is_empty());
}

#[test]
fn a_card_that_was_put_away_does_not_come_back_with_its_answer() {
    let mut desk = Desk::connected();
    desk.act(Action::Tap(TapAction::Start));
    let Some(Card::Asking { request, .. }) = desk.state.front.tap_card.clone() else {
        panic!("no card")
    };
    desk.act(Action::Tap(TapAction::Cancel));
    let report = Report::default();
    desk.apply(Update::Source(
        SourceId::FIRST,
        SourceUpdate::Preflight { request, report },
    ));
    assert_eq!(desk.state.front.tap_card, None);
    assert!(desk.act(Action::Tap(TapAction::StartAnyway)).is_empty());
    assert!(
        desk.act(Action::Tap(TapAction::SwitchOnFirehose))
            .is_empty()
    );
}

#[test]
fn the_firehose_is_never_switched_on_without_its_card() {
    let mut desk = Desk::connected();
    assert!(
        desk.act(Action::Tap(TapAction::SwitchOnFirehose))
            .is_empty()
    );
    desk.ask_tap();
    assert!(
        desk.act(Action::Tap(TapAction::SwitchOnFirehose))
            .is_empty()
    );
}

#[test]
fn a_direct_exchange_is_bound_to_every_known_key() {
    let mut desk = Desk::connected();
    desk.forms.tap.destination = "dead".into();
    assert_eq!(desk.ask_tap(), ["orders", "other"]);
}

#[test]
fn several_taps_run_at_once_and_each_is_stopped_alone() {
    let mut desk = Desk::connected();
    let first = desk.start_tap();
    // Exactly the same once more would only show everything twice.
    let none = desk.act(Action::Tap(TapAction::Start));
    assert!(none.is_empty());
    assert!(matches!(&desk.state.front.tap_card, Some(Card::Tap(report)) if !report.may_start()));
    desk.forms.tap.binding_key = "order.*".into();
    let second = desk.start_tap();
    desk.receive(first, "a");
    desk.receive(second, "b");
    let counts =
        |desk: &Desk| -> Vec<u64> { desk.state.taps.list().iter().map(|t| t.received).collect() };
    assert_eq!(counts(&desk), [1, 1]);
    let commands = desk.act(Action::Tap(TapAction::Stop(first)));
    assert!(
        matches!(commands.as_slice(), [Command::Source(_, SourceCommand::StopTap(tap))] if *tap == first)
    );
    desk.apply(Update::Source(
        SourceId::FIRST,
        SourceUpdate::Tap {
            tap: first,
            state: TapState::Stopped,
        },
    ));
    desk.receive(first, "late");
    desk.receive(second, "c");
    assert_eq!(counts(&desk), [2]);
    assert_eq!(desk.state.live.log.received(), 3);
}

#[test]
fn late_batches_of_a_stopped_tap_are_not_shown() {
    let mut desk = Desk::connected();
    let tap = desk.start_tap();
    desk.receive(tap, "order.created");
    desk.act(Action::Tap(TapAction::Stop(tap)));
    desk.receive(tap, "order.created");
    assert_eq!(desk.state.live.log.received(), 1);
}

#[test]
fn a_break_shows_as_a_gap_in_the_stream() {
    let mut desk = Desk::connected();
    let tap = desk.start_tap();
    desk.receive(tap, "a");
    let to = desk.now + TimeDelta::seconds(3);
    let state = TapState::Resumed {
        queue: "q".into(),
        from: desk.now,
        to,
        because: None,
    };
    desk.apply(Update::Source(
        SourceId::FIRST,
        SourceUpdate::Tap { tap, state },
    ));
    assert!(matches!(
        desk.state.live.log.get(1),
        Some(crate::log::Entry::Gap { .. })
    ));
    assert_eq!(desk.state.notices.entries().len(), 1);
}

#[test]
fn selecting_stops_following_and_survives_new_events() {
    let mut desk = Desk::connected();
    let tap = desk.start_tap();
    desk.receive(tap, "a");
    desk.act(Action::Live(LiveAction::Select(0)));
    desk.receive(tap, "b");
    assert!(!desk.state.live.follow);
    assert_eq!(desk.state.live.selection.event().unwrap().key, "a");
    desk.act(Action::Live(LiveAction::Move(1)));
    assert_eq!(desk.state.live.selection.event().unwrap().key, "b");
}

#[test]
fn a_clause_is_added_to_the_filter_and_a_plot_is_noted() {
    let mut desk = Desk::connected();
    for clause in ["data.a:1", "data.b:2"] {
        desk.act(Action::Live(LiveAction::AddToFilter(clause.into())));
    }
    assert_eq!(desk.forms.filter, "data.a:1 data.b:2");
    assert_eq!(desk.state.live.view.criteria().text, "data.a:1 data.b:2");
    let (key, path) = ("order.created".to_owned(), "data.a".to_owned());
    desk.act(Action::Live(LiveAction::Plot { key, path }));
    let plot = desk.state.live.plot.as_ref().unwrap();
    assert_eq!((&*plot.key, &*plot.path), ("order.created", "data.a"));
}

#[test]
fn clearing_keeps_the_filter() {
    let mut desk = Desk::connected();
    let tap = desk.start_tap();
    desk.forms.filter = "paid".into();
    desk.act(Action::Live(LiveAction::FilterChanged));
    desk.receive(tap, "order.paid");
    desk.act(Action::Live(LiveAction::Clear));
    desk.receive(tap, "order.created");
    desk.receive(tap, "order.paid");
    while desk.state.live.tick(desk.now) == Soon::Now {
        std::thread::yield_now();
    }
    assert_eq!(desk.state.live.view.len(&desk.state.live.log), 1);
}

#[test]
fn a_wrong_form_publishes_nothing_and_names_the_fields() {
    let mut desk = Desk::connected();
    desk.forms
        .draft
        .set(crate::event::draft::Field::Priority, "high");
    assert!(desk.act(Action::Publish(PublishAction::Send)).is_empty());
    assert_eq!(
        desk.state.front.publish.problems(&desk.forms.draft)[0].field,
        "Priority"
    );
}

#[test]
fn publish_again_loads_what_was_sent() {
    let mut desk = Desk::connected();
    desk.act(Action::FillSample);
    let commands = desk.act(Action::Publish(PublishAction::Send));
    let [Command::Source(_, SourceCommand::Publish { request, outgoing })] = commands.as_slice()
    else {
        panic!("{commands:?}")
    };
    desk.apply(Update::Source(
        SourceId::FIRST,
        SourceUpdate::Published {
            request: *request,
            outcome: PublishOutcome::Routed,
        },
    ));
    assert_eq!(
        desk.state.front.publish.history[0].outcome,
        Some(PublishOutcome::Routed)
    );
    desk.forms.draft = crate::event::Draft::default();
    desk.act(Action::Publish(PublishAction::UseAsDraft(request.0)));
    assert_eq!(desk.forms.draft.check().as_ref(), Ok(outgoing));
}

#[test]
fn an_edited_dead_letter_is_sent_once_and_leaves_the_list() {
    let mut desk = Desk::connected();
    desk.peek(&["1", "2", "3"]);
    desk.act(Action::Dead(DeadAction::Select(1)));
    let editor = desk.forms.editor.as_mut().unwrap();
    assert_eq!(
        (editor.draft.destination.as_str(), editor.draft.key.as_str()),
        ("shop", "order.created")
    );
    editor.draft.body = BodyDraft::Text("22".into());
    let commands = desk.act(Action::Dead(DeadAction::Resend));
    let [
        Command::Source(
            _,
            SourceCommand::Resend {
                request,
                queue,
                which: Which::These(orders),
                ..
            },
        ),
    ] = commands.as_slice()
    else {
        panic!("{commands:?}")
    };
    assert_eq!(queue, "orders.dead");
    assert_eq!(orders.len(), 1);
    assert_eq!(orders[0].outgoing.body, b"22");
    assert!(
        desk.act(Action::Dead(DeadAction::Resend)).is_empty(),
        "a second click sends nothing"
    );
    let original = orders[0].original;
    desk.apply(Update::Source(
        SourceId::FIRST,
        SourceUpdate::Moved {
            request: *request,
            moved: vec![(original, MoveOutcome::Resent)],
        },
    ));
    desk.apply(Update::Source(
        SourceId::FIRST,
        SourceUpdate::JobDone {
            request: *request,
            problem: None,
            sum: None,
        },
    ));
    let peeked = desk.state.front.dead.peeked.as_ref().unwrap();
    let left: Vec<_> = peeked
        .messages
        .iter()
        .map(|m| m.event.body.clone())
        .collect();
    assert_eq!(left, [b"1", b"3"]);
    let next = desk.forms.editor.as_ref().map(|editor| editor.original);
    assert_eq!(next, Some(dead_letter("3").fingerprint()));
    assert_eq!(
        desk.state.front.dead.job.as_ref().unwrap().words(),
        "1 of 1 resent"
    );
}

#[test]
fn what_stays_says_why() {
    let mut desk = Desk::connected();
    desk.peek(&["1", "2"]);
    desk.act(Action::Dead(DeadAction::MarkAll(true)));
    let commands = desk.act(Action::Dead(DeadAction::ResendSelected));
    let [
        Command::Source(
            _,
            SourceCommand::Resend {
                request,
                which: Which::These(orders),
                ..
            },
        ),
    ] = commands.as_slice()
    else {
        panic!("{commands:?}")
    };
    let outcome = MoveOutcome::Kept("No queue took it".into());
    desk.apply(Update::Source(
        SourceId::FIRST,
        SourceUpdate::Moved {
            request: *request,
            moved: vec![(orders[0].original, outcome)],
        },
    ));
    desk.apply(Update::Source(
        SourceId::FIRST,
        SourceUpdate::JobDone {
            request: *request,
            problem: None,
            sum: None,
        },
    ));
    let peeked = desk.state.front.dead.peeked.as_ref().unwrap();
    assert_eq!(
        peeked.messages[0].remark.as_deref(),
        Some("No queue took it")
    );
    let job = desk.state.front.dead.job.as_ref().unwrap();
    assert_eq!(
        job.words(),
        "0 of 2 resent, 1 stayed in the queue, 1 not tried"
    );
}

#[test]
fn more_than_is_shown_is_sent_only_after_a_second_word() {
    let mut desk = Desk::connected();
    desk.peek(&["1", "2"]);
    let commands = desk.act(Action::Dead(DeadAction::ResendAll));
    let asked = desk
        .state
        .front
        .dead
        .peeked
        .as_ref()
        .map(|peeked| peeked.depth);
    assert_eq!(asked, Some(9), "more than the two that are shown");
    assert!(commands.is_empty() && desk.state.front.dead.asking_all.is_some());
    desk.act(Action::Dead(DeadAction::NotAll));
    assert!(desk.state.front.dead.asking_all.is_none());
    desk.act(Action::Dead(DeadAction::ResendAll));
    let commands = desk.act(Action::Dead(DeadAction::YesAll));
    assert!(matches!(
        commands.as_slice(),
        [Command::Source(
            _,
            SourceCommand::Resend {
                which: Which::Whole { .. },
                ..
            }
        )]
    ));
}

#[test]
fn nothing_is_sent_by_rule_before_its_preview_was_worked_out() {
    let mut desk = Desk::connected();
    let rules = |action| Action::Dead(DeadAction::Rules(action));
    desk.state.screen = Screen::DeadLetters;
    desk.peek(&[r#"{"a":"1"}"#, r#"{"a":2}"#, "not JSON"]);
    desk.act(rules(RuleAction::Open));
    let send = RuleAction::Send { canary: false };
    assert!(desk.act(rules(send)).is_empty());
    desk.forms.rules[0].at = "/a".into();
    // The rules are others than those that were shown.
    assert!(desk.act(rules(send)).is_empty());
    desk.act(rules(RuleAction::Preview));
    while desk.state.tick(desk.now) != Soon::No {
        std::thread::yield_now();
    }
    let counts = desk.state.front.dead.rules.as_ref().map(RuleDesk::counts);
    let counts = counts.unwrap_or_default();
    assert_eq!(
        (counts.changed, counts.not, counts.unreadable),
        (1, 1, 1),
        "{counts:?}"
    );
    desk.forms.rules[0].at = "/b".into();
    assert!(desk.act(rules(send)).is_empty());
    desk.forms.rules[0].at = "/a".into();
    // What a rule does not apply to is sent as it lies, if the person says so.
    desk.act(rules(RuleAction::Include(1, true)));
    let commands = desk.act(rules(send));
    let [
        Command::Source(
            _,
            SourceCommand::Resend {
                request,
                which: Which::These(orders),
                ..
            },
        ),
    ] = commands.as_slice()
    else {
        panic!("{commands:?}")
    };
    let bodies: Vec<&[u8]> = orders.iter().map(|order| &*order.outgoing.body).collect();
    assert_eq!(bodies, [br#"{"a":1}"#, br#"{"a":2}"#]);
    assert!(desk.act(rules(send)).is_empty(), "a second click");
    desk.apply(Update::Source(
        SourceId::FIRST,
        SourceUpdate::Moved {
            request: *request,
            moved: vec![(orders[0].original, MoveOutcome::Resent)],
        },
    ));
    let desk = desk.state.front.dead.rules.as_ref().expect("the rules");
    assert_eq!(desk.rows[0].ended, Some((true, String::new())));
    assert!(!desk.rows[0].can_be_sent() && !desk.rows[0].included);
}

#[test]
fn discarding_asks_first() {
    let mut desk = Desk::connected();
    desk.peek(&["1", "2"]);
    desk.act(Action::Dead(DeadAction::Mark(1, true)));
    assert!(desk.act(Action::Dead(DeadAction::AskDiscard)).is_empty());
    assert_eq!(desk.state.front.dead.asking.as_ref().map(Vec::len), Some(1));
    desk.act(Action::Dead(DeadAction::CancelDiscard));
    assert!(desk.act(Action::Dead(DeadAction::Discard)).is_empty());
    desk.act(Action::Dead(DeadAction::AskDiscard));
    assert!(matches!(
        desk.act(Action::Dead(DeadAction::Discard)).as_slice(),
        [Command::Source(_, SourceCommand::Discard { messages, .. })] if messages.len() == 1
    ));
}

#[test]
fn a_new_peek_keeps_selection_and_marks_on_their_messages() {
    let mut desk = Desk::connected();
    desk.peek(&["1", "2", "3"]);
    desk.act(Action::Dead(DeadAction::Select(2)));
    desk.act(Action::Dead(DeadAction::Mark(1, true)));
    desk.peek(&["2", "3", "4"]);
    assert_eq!(desk.state.front.dead.selected, Some(1));
    assert_eq!(
        desk.state
            .front
            .dead
            .marked
            .iter()
            .copied()
            .collect::<Vec<_>>(),
        [0]
    );
}

#[test]
fn only_the_sandbox_starts_a_tap_by_itself() {
    let mut desk = Desk::connected();
    assert!(desk.state.taps.list().is_empty());
    desk.apply(Update::Source(
        SourceId::FIRST,
        SourceUpdate::Link(Link::Idle),
    ));
    desk.apply(Update::Source(
        SourceId::FIRST,
        SourceUpdate::Sandbox(SandboxState::Running),
    ));
    desk.apply(Update::Source(
        SourceId::FIRST,
        SourceUpdate::Link(Link::Connected {
            address: Address::RabbitMq(Endpoint::default()),
            server: Server::RabbitMq(ServerVersion::default()),
            abilities: Abilities::ALL,
        }),
    ));
    let commands = desk.apply(Update::Source(
        SourceId::FIRST,
        SourceUpdate::Topology(shop()),
    ));
    assert!(
        matches!(
            commands.as_slice(),
            [
                Command::Source(_, SourceCommand::StartTap(_)),
                Command::Desk(DeskCommand::OpenSampleSchemas)
            ]
        ),
        "{commands:?}"
    );
    // In there a tap of one's own needs no card either; anywhere else it does, also while the
    // sandbox runs on.
    desk.forms.tap.binding_key = "order.*".into();
    let commands = desk.act(Action::Tap(TapAction::Start));
    assert!(matches!(
        commands.as_slice(),
        [Command::Source(_, SourceCommand::StartTap(_))]
    ));
    desk.act(Action::Connect);
    desk.apply(Update::Source(
        SourceId::FIRST,
        SourceUpdate::Link(Link::Connecting(Address::RabbitMq(Endpoint::default()))),
    ));
    desk.apply(Update::Source(
        SourceId::FIRST,
        SourceUpdate::Link(Link::Connected {
            address: Address::RabbitMq(Endpoint::default()),
            server: Server::RabbitMq(ServerVersion::default()),
            abilities: Abilities::ALL,
        }),
    ));
    assert!(
        desk.apply(Update::Source(
            SourceId::FIRST,
            SourceUpdate::Topology(shop())
        ))
        .is_empty()
    );
    desk.ask_tap();
}

#[test]
fn a_lost_connection_keeps_the_screens_and_the_tap() {
    let mut desk = Desk::connected();
    desk.start_tap();
    desk.apply(Update::Source(
        SourceId::FIRST,
        SourceUpdate::Link(Link::Lost {
            address: Address::RabbitMq(Endpoint::default()),
            reason: "gone".into(),
            since: desk.now,
            retry_at: desk.now,
        }),
    ));
    assert!(desk.state.has_session() && desk.state.taps.list().len() == 1);
    desk.apply(Update::Source(
        SourceId::FIRST,
        SourceUpdate::Link(Link::Idle),
    ));
    assert!(!desk.state.has_session() && desk.state.taps.list().is_empty());
}

#[test]
fn a_work_queue_of_a_retry_loop_is_opened_without_a_badge_or_a_message() {
    let mut desk = Desk::connected();
    desk.state.screen = Screen::DeadLetters;
    let mut topology = crate::rabbitmq::roles::tests::retry_loop();
    let filled = |topology: &mut Topology, ready| {
        for queue in &mut topology.queues {
            queue.ready = Some(ready);
        }
        topology.clone()
    };
    let first = filled(&mut topology, 3);
    desk.apply(Update::Source(
        SourceId::FIRST,
        SourceUpdate::Topology(first),
    ));
    desk.forms.queue = "pay.work".into();
    desk.act(Action::Dead(DeadAction::OpenTyped));
    let commands = desk.apply(Update::Source(
        SourceId::FIRST,
        SourceUpdate::Topology(filled(&mut topology, 12)),
    ));
    assert!(commands.is_empty(), "{commands:?}");
    assert_eq!(
        desk.state.front.dead.queues.len(),
        1,
        "it can be opened again"
    );
    assert_eq!(desk.state.front.dead.waiting(), 0);
    let waits = &desk.state.front.dead.ground.roles.waits;
    assert_eq!(waits[0].queue.name, "pay.wait");
}

#[test]
fn what_has_no_known_origin_is_not_sent_before_a_target_is_typed() {
    let mut desk = Desk::connected();
    desk.peek(&["1"]);
    let plain = Event::new(
        DateTime::UNIX_EPOCH,
        String::new(),
        "dead".into(),
        Transport::amqp(true),
        Properties::default(),
        b"{}".to_vec(),
    );
    desk.state.front.dead.peeked.as_mut().unwrap().messages[0].event = Arc::new(plain);
    desk.act(Action::Dead(DeadAction::Select(0)));
    assert!(desk.act(Action::Dead(DeadAction::Resend)).is_empty());
    let editor = desk.forms.editor.as_mut().unwrap();
    assert!(editor.problems()[0].words.contains("type where to send it"));
    assert!(editor.notes[0].contains("not known"), "{:?}", editor.notes);
    editor.draft.key = "orders".into();
    assert_eq!(desk.act(Action::Dead(DeadAction::Resend)).len(), 1);
}

#[test]
fn one_target_is_typed_for_many_dead_letters() {
    let mut desk = Desk::connected();
    desk.peek(&["1", "2"]);
    desk.act(Action::Dead(DeadAction::MarkAll(true)));
    desk.act(Action::Dead(DeadAction::Target(TargetChoice::Elsewhere)));
    assert!(
        desk.act(Action::Dead(DeadAction::ResendSelected))
            .is_empty()
    );
    let peeked = desk.state.front.dead.peeked.as_ref().unwrap();
    let remark = peeked.messages[0].remark.as_deref().unwrap_or_default();
    assert!(remark.starts_with("No target is named"), "{remark}");
    desk.forms.elsewhere = ("other".into(), "again".into());
    desk.act(Action::Dead(DeadAction::Elsewhere));
    let commands = desk.act(Action::Dead(DeadAction::ResendSelected));
    let [
        Command::Source(
            _,
            SourceCommand::Resend {
                which: Which::These(orders),
                ..
            },
        ),
    ] = commands.as_slice()
    else {
        panic!("{commands:?}")
    };
    let to_both = orders.iter().all(|order| {
        (
            order.outgoing.destination.as_str(),
            order.outgoing.key.as_str(),
        ) == ("other", "again")
    });
    assert!(to_both && orders.len() == 2);
}
