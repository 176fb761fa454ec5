//! The broker is killed, or runs short of memory.

use std::time::Instant;

use eventscope::protocol::{DeskUpdate, Link, SourceUpdate, Update};

use super::{Fault, MESSAGES, Round, assert_often, records, resend_all, rounds, some_moment};
use crate::support::erlang::Erlang;
use crate::support::raw_amqp::text;
use crate::support::{App, OwnBroker, Place};

fn survive_kills(kind: &'static str) {
    let mut broker = OwnBroker::start();
    for number in 0..(rounds() / 25).clamp(1, 8) {
        let place = Place::on(broker.facts());
        let arguments = [("x-queue-type", text(kind))];
        let mut round = Round::empty(&place, number, kind, &arguments);
        round.fill();
        broker.keeps_what_was_declared(&place);
        if kind == "quorum" {
            broker.wrote_quorum(&place.vhost, &round.dead);
            broker.wrote_quorum(&place.vhost, &round.alive);
        }
        let mut app = App::with(place.endpoint(), round.options());
        let request = resend_all(&mut app, &round.dead, &round.alive);
        some_moment();
        broker.kill();
        app.job_done(request);
        app.expect("the loss", |update| {
            matches!(
                update,
                Update::Source(_, SourceUpdate::Link(Link::Lost { .. }))
            )
            .then_some(())
        });
        // As it was at the start, and what the loss made doubtful.
        for _ in 0..2 {
            app.expect("the journal", |update| {
                matches!(update, Update::Desk(DeskUpdate::Journal(_))).then_some(())
            });
        }
        app.journal();
        // The window is told of the newest only.
        let records = records(round.journal.path());
        drop(app);
        broker.start_again();
        round.raw = place.raw();
        round.check(Fault::BrokerKilled, &records);
    }
}

#[test]
fn a_killed_broker_loses_nothing() {
    survive_kills("classic");
}

#[test]
fn a_killed_broker_with_quorum_queues_loses_nothing() {
    survive_kills("quorum");
}

#[test]
fn a_broker_that_is_short_of_memory_loses_nothing() {
    let broker = OwnBroker::start();
    let mut erlang = Erlang::on(&broker);
    let mut share = |share: &str| {
        let set = "vm_memory_monitor:set_vm_memory_high_watermark";
        assert_eq!(erlang.eval(&format!("{set}({share}).")), "ok");
        erlang.eval("length(rabbit_alarm:get_alarms()).")
    };
    let place = Place::on(broker.facts());
    let rounds = (rounds() / 10).max(2);
    let mut cut_short = 0;
    for number in 0..rounds {
        let mut round = Round::new(&place, number, None);
        let mut app = App::with(place.endpoint(), round.options());
        let request = resend_all(&mut app, &round.dead, &round.alive);
        some_moment();
        assert_eq!(share("0.000001"), "1", "an alarm");
        let start = Instant::now();
        app.job_done(request);
        // One message that is not taken is waited for, and not each behind it.
        assert!(start.elapsed().as_secs() < 10, "{:?}", start.elapsed());
        app.journal();
        // The window is told of the newest only.
        let records = records(round.journal.path());
        // What waited in the socket is taken now.
        assert_eq!(share("0.9"), "0", "no alarm");
        drop(app);
        let moved = round.check(Fault::Alarm, &records);
        cut_short += usize::from(moved < MESSAGES);
    }
    assert_often(cut_short, rounds);
}
