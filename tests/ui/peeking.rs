//! What a look costs, paging, streams, ages and what is told on the desktop, by accessible names.

use std::sync::Arc;
use std::time::{Duration, Instant};

use eframe::egui::accesskit::Role;
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use eventscope::address::Address;
use eventscope::event::Event;
use eventscope::event::amqp::FieldValue;
use eventscope::event::source_id::SourceId;
use eventscope::protocol::{
    Abilities, Command, DeskCommand, Link, PeekReport, PutBack, Server, SourceCommand,
    SourceUpdate, Update,
};
use eventscope::rabbitmq::delivery_limit::Left;
use eventscope::rabbitmq::server_version::ServerVersion;
use eventscope::rabbitmq::stream::Start;
use eventscope::rabbitmq::topology::Topology;

use crate::{Window, dead_letter, event, shop};

/// The shop with another dead-letter queue.
fn shop_with(change: impl FnOnce(&mut eventscope::rabbitmq::topology::Queue)) -> Topology {
    let mut shop = shop();
    change(&mut shop.queues[1]);
    shop
}

fn window(version: &str, topology: Topology) -> Window {
    let mut window = Window::new();
    window.tell(Update::Source(
        SourceId::FIRST,
        SourceUpdate::Link(Link::Connected {
            address: Address::RabbitMq(eventscope::rabbitmq::endpoint::Endpoint::default()),
            server: Server::RabbitMq(ServerVersion::rabbitmq(version)),
            abilities: Abilities::ALL,
        }),
    ));
    window.tell(Update::Source(
        SourceId::FIRST,
        SourceUpdate::Topology(topology),
    ));
    window.tab("Dead letters");
    window
}

fn answer(window: &mut Window, fill: impl FnOnce(&mut PeekReport)) {
    let Command::Source(
        _,
        SourceCommand::Peek { request, queue, .. }
        | SourceCommand::ReadStream { request, queue, .. },
    ) = window.take_last()
    else {
        panic!("no look")
    };
    let mut report = PeekReport {
        queue,
        put_back: PutBack::InOrder,
        ..PeekReport::default()
    };
    fill(&mut report);
    let result = Ok(report);
    window.tell(Update::Source(
        SourceId::FIRST,
        SourceUpdate::Peeked { request, result },
    ));
}

/// Exactly so many safe looks.
fn left(looks: u64) -> Left {
    let at_least = false;
    Left { looks, at_least }
}

fn letters(from: usize, count: usize) -> Vec<Arc<Event>> {
    let bodies = (from..from + count).map(|number| format!(r#"{{"n":{number}}}"#));
    bodies.map(|body| dead_letter(&body)).collect()
}

fn is_disabled(window: &Window, button: &str) -> bool {
    let button = window.harness.get_by_role_and_label(Role::Button, button);
    button.accesskit_node().is_disabled()
}

#[test]
fn the_cost_of_a_look_is_read_before_it_and_the_last_safe_one_is_the_last() {
    let counting = shop_with(|queue| queue.kind = "quorum".into());
    let mut window = window("4.1.0", counting);
    window.click(Role::ListBoxOption, "orders.dead (2)");
    assert!(!window.last().contains("Peek"), "nothing is done unasked");
    window.assert_sees("Up to 20 safe peeks left");
    window.press("Peek");
    answer(&mut window, |report| {
        report.messages = letters(0, 2);
        (report.depth, report.borrowed, report.borrowed_ms) = (2, 2, 41);
        report.left = Some(left(17));
    });
    window.assert_sees("17 safe peeks left; the order is kept");
    window.assert_sees("2 messages, looked at");
    window.press("Peek");
    answer(&mut window, |report| {
        report.messages = letters(0, 2);
        (report.depth, report.borrowed) = (2, 2);
        report.left = Some(left(0));
    });
    window.assert_sees("No safe peek is left");
    assert!(is_disabled(&window, "Peek"));
}

#[test]
fn what_a_peek_would_throw_out_is_read_before_the_first_one() {
    let mut quorum = shop_with(|queue| queue.kind = "quorum".into());
    quorum.queues[0].kind = "quorum".into();
    let mut window = window("4.3.6", quorum);
    window.click(Role::ListBoxOption, "orders.dead (2)");
    assert!(!window.last().contains("Peek"), "nothing is done unasked");
    window.assert_sees("died with more deliveries than the limit of 20 here");
    window.press("Peek");
    answer(&mut window, |report| {
        report.messages = letters(0, 2);
        (report.depth, report.borrowed) = (2, 2);
    });
    // None was there.
    assert!(!window.sees("more deliveries than the limit"));
    window.assert_sees("Peeking here is safe and keeps the order");
}

#[test]
fn a_single_active_consumer_is_named_and_nothing_is_called_empty() {
    let single = shop_with(|queue| {
        queue.single_active = Some("worker-1".into());
        queue.consumers = Some(1);
    });
    let mut window = window("3.10.8", single);
    window.click(Role::ListBoxOption, "orders.dead (2)");
    assert!(!window.last().contains("Peek"), "nothing is done in vain");
    window.assert_sees("worker-1 is active: a peek gets nothing");
    assert!(is_disabled(&window, "Peek"));
}

#[test]
fn a_look_that_got_nothing_says_why_and_one_into_an_empty_queue_that_it_is_empty() {
    let shared = shop_with(|queue| queue.consumers = Some(2));
    let mut window = window("3.10.8", shared);
    window.click(Role::ListBoxOption, "orders.dead (2)");
    window.assert_sees("2 consumers take messages here");
    answer(&mut window, |report| {
        report.nothing = "2 messages counted as ready, and none came: others hold them".into();
    });
    window.assert_sees("2 messages counted as ready, and none came");
    window.assert_sees("nothing came");
    assert!(!window.sees("Queue is empty"));
    window.press("Peek");
    answer(&mut window, |_| {});
    window.assert_sees("Queue is empty");
}

#[test]
fn a_deep_queue_is_shown_page_by_page_and_says_so() {
    let mut window = window("3.10.8", shop());
    window.click(Role::ListBoxOption, "orders.dead (2)");
    answer(&mut window, |report| {
        report.messages = letters(0, 200);
        (report.depth, report.borrowed) = (100_000, 200);
    });
    window.assert_sees("Messages 1–200 of 100,000, looked at");
    window.assert_sees("The next page borrows the first 400");
    assert!(is_disabled(&window, "Previous page"));
    window.press("Next page");
    let Command::Source(_, SourceCommand::Peek { page, .. }) = window.take_last() else {
        panic!("no peek")
    };
    assert_eq!((page.first, page.size), (200, 200));
}

#[test]
fn the_end_of_the_reach_is_told_in_words() {
    let mut window = window("3.10.8", shop());
    window.click(Role::ListBoxOption, "orders.dead (2)");
    answer(&mut window, |report| {
        report.messages = letters(0, 100);
        (report.first, report.depth, report.borrowed) = (9_900, 100_000, 10_000);
    });
    window.assert_sees("Messages 9,901–10,000 of 100,000");
    window.assert_sees("A look ends after 10,000 messages");
    assert!(is_disabled(&window, "Next page"));
    window.press("Previous page");
    assert!(window.last().contains("Peek"), "{}", window.last());
}

#[test]
fn a_stream_is_read_and_offers_nothing_that_would_take_from_it() {
    let stream = shop_with(|queue| queue.kind = "stream".into());
    let mut window = window("3.10.8", stream);
    window.click(Role::ListBoxOption, "orders.dead (2)");
    window.assert_sees("A stream: it is read, and nothing in it changes");
    window.press("Read");
    let message = |offset: i64| {
        let mut event = (*event(&format!("order.{offset}"), "{}")).clone();
        let headers = event.properties.headers.get_or_insert_default();
        headers.push(("x-stream-offset".into(), FieldValue::I64(offset)));
        Arc::new(event)
    };
    assert!(window.last().contains("First"), "{}", window.last());
    answer(&mut window, |report| {
        report.messages = vec![message(1_200), message(1_201)];
        report.put_back = PutBack::Untouched;
    });
    window.assert_sees("Offsets 1,200–1,201, read at");
    window.assert_sees("nothing in the stream changed");
    for button in ["Resend menu", "Discard", "Peek", "Edit by rule…"] {
        assert!(
            window
                .harness
                .query_by_role_and_label(Role::Button, button)
                .is_none(),
            "{button} is offered"
        );
    }
    window.press("Next page");
    let Command::Source(_, SourceCommand::ReadStream { request, start, .. }) = window.take_last()
    else {
        panic!("no read")
    };
    assert_eq!(start, Start::Offset(1_202));
    let result = Err("There is no stream".to_owned());
    window.tell(Update::Source(
        SourceId::FIRST,
        SourceUpdate::Peeked { request, result },
    ));
    window.assert_sees("There is no stream");
    let row = window.rows().remove(0);
    window.click(Role::Row, &row);
    window.assert_sees("A stream keeps what is in it");
    assert!(
        window
            .harness
            .query_by_role_and_label(Role::Button, "Resend")
            .is_none()
    );
    window.press("Use as draft");
    let screen = window.harness.state().state().screen;
    assert_eq!(screen, eventscope::state::Screen::Publish);
}

#[test]
fn the_age_of_the_oldest_is_told_with_its_source_or_as_unknown() {
    let told = shop_with(|queue| queue.head_time = Some(1_700_000_000));
    let mut first = window("3.10.8", shop());
    let facts = |window: &Window| window.harness.state().state().front.dead.queues[0].clone();
    let oldest = |window: &Window| {
        let dead = &window.harness.state().state().front.dead;
        dead.oldest(&facts(window).queue)
            .map(|oldest| oldest.reason())
    };
    assert_eq!(oldest(&first), None);
    first.tell(Update::Source(
        SourceId::FIRST,
        SourceUpdate::Topology(told),
    ));
    let reason = oldest(&first).expect("an age");
    assert!(reason.starts_with("The management API says"), "{reason}");
    first.click(Role::ListBoxOption, "orders.dead (2)");
    answer(&mut first, |report| {
        report.messages = letters(0, 2);
        report.depth = 2;
    });
    let reason = oldest(&first).expect("an age");
    assert!(
        reason.contains("a peek saw at the head died at"),
        "{reason}"
    );
    first.tell(Update::Source(
        SourceId::FIRST,
        SourceUpdate::Topology(shop_with(|queue| {
            (queue.ready, queue.unacked) = (Some(0), Some(0));
        })),
    ));
    assert_eq!(oldest(&first), None, "it is gone");
}

#[test]
fn growth_is_told_on_the_desktop_unless_it_is_muted() {
    let mut window = window("3.10.8", shop());
    let grow = |window: &mut Window, ready| {
        window.tell(Update::Source(
            SourceId::FIRST,
            SourceUpdate::Topology(shop_with(|queue| {
                queue.ready = Some(ready);
            })),
        ));
    };
    assert!(!window.last().contains("Notify"), "it was there before");
    grow(&mut window, 5);
    let Command::Desk(DeskCommand::Notify { title, words }) = window.take_last() else {
        panic!("nothing was told")
    };
    assert_eq!(title, "3 new dead letters in orders.dead");
    assert_eq!(words, "5 messages lie there now");
    window.click(Role::CheckBox, "Notify about new dead letters");
    grow(&mut window, 9);
    assert!(!window.last().contains("Notify"), "{}", window.last());
    window.click(Role::CheckBox, "Notify about new dead letters");
    window.click(Role::ListBoxOption, "orders.dead (9)");
    window.press("More");
    window.press("Mute");
    grow(&mut window, 12);
    assert!(!window.last().contains("Notify"), "{}", window.last());
    window.press("More");
    window.press("Unmute");
    window.press("More");
    window.assert_sees("Mute");
}

/// The fastest of some frames: what else the machine does makes frames slower and never faster.
fn frame(window: &mut Window) -> Duration {
    let times = (0..20).map(|_| {
        let start = Instant::now();
        window.harness.step();
        start.elapsed()
    });
    times.min().unwrap_or_default()
}

#[test]
fn ten_thousand_messages_make_no_frame_slower() {
    let mut times = [50, 10_000].map(|count| {
        let mut window = window("3.10.8", shop());
        window.click(Role::ListBoxOption, "orders.dead (2)");
        answer(&mut window, |report| {
            report.messages = letters(0, count);
            report.depth = 10_000;
        });
        frame(&mut window)
    });
    times[0] = times[0].max(Duration::from_millis(1));
    assert!(times[1] < times[0] * 3, "{times:?}");
}
