//! Queues into which frameworks publish what failed, by accessible names.

use std::sync::Arc;

use chrono::DateTime;
use eframe::egui::accesskit::Role;
use egui_kittest::kittest::Queryable as _;
use eventscope::event::amqp::{FieldValue, Properties};
use eventscope::event::source_id::SourceId;
use eventscope::event::{Event, Transport};
use eventscope::protocol::{Command, PeekReport, PutBack, SourceCommand, SourceUpdate, Update};
use eventscope::rabbitmq::topology::Queue;

use crate::{Window, shop};

fn queue(name: &str) -> Queue {
    Queue {
        ready: Some(2),
        consumers: Some(0),
        kind: "classic".into(),
        ..Queue::named(name)
    }
}

fn window() -> Window {
    let mut window = Window::connected();
    let mut shop = shop();
    for name in ["stock", "stock_error", "odd.1"] {
        shop.queues.push(queue(name));
    }
    window.tell(Update::Source(
        SourceId::FIRST,
        SourceUpdate::Topology(shop),
    ));
    window.tab("Dead letters");
    window
}

fn parked() -> Arc<Event> {
    let text = |text: &str| FieldValue::Text(text.to_owned());
    let headers = vec![
        ("MT-Fault-Message".into(), text("sku Z unknown")),
        ("MT-Fault-ExceptionType".into(), text("Shop.StockException")),
        (
            "MT-Fault-InputAddress".into(),
            text("rabbitmq://localhost/stock"),
        ),
        ("tenant".into(), text("acme")),
    ];
    let properties = Properties {
        headers: Some(headers),
        ..Properties::default()
    };
    Arc::new(Event::new(
        DateTime::UNIX_EPOCH,
        "stock_error".into(),
        String::new(),
        Transport::amqp(true),
        properties,
        b"{\"sku\":\"Z\"}".to_vec(),
    ))
}

#[test]
fn a_parked_message_says_why_and_where_it_goes() {
    let mut window = window();
    assert!(!window.sees("stock has no dead-letter exchange"), "folded");
    window.press("2 queues without a dead-letter exchange ›");
    window.assert_sees("stock has no dead-letter exchange");
    assert!(!window.sees("stock_error has no dead-letter exchange"));
    window.click(Role::ListBoxOption, "stock_error (2)");
    let Command::Source(_, SourceCommand::Peek { request, queue, .. }) = window.take_last() else {
        panic!("no peek")
    };
    let report = PeekReport {
        queue,
        messages: vec![parked()],
        depth: 1,
        borrowed: 1,
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
    let row = window.rows().remove(0);
    assert!(row.contains("StockException: sku Z unknown"), "{row}");
    window.click(Role::Row, &row);
    window.assert_sees("MassTransit parked it (header MT-Fault-Message)");
    window.press("Resend");
    let Command::Source(_, SourceCommand::Resend { which, .. }) = window.take_last() else {
        panic!("no resend")
    };
    let told = format!("{which:?}");
    assert!(told.contains(r#"destination: "", key: "stock""#), "{told}");
    assert!(
        told.contains("tenant") && !told.contains("MT-Fault-Message"),
        "{told}"
    );
}

#[test]
fn a_rule_of_the_person_lists_a_queue() {
    let mut window = window();
    window.press("2 queues without a dead-letter exchange ›");
    window.assert_sees("odd.1 has no dead-letter exchange");
    window.type_into("Also dead-letter queues", "odd.*");
    window.assert_sees("1 queue without a dead-letter exchange");
    assert!(!window.sees("odd.1 has no dead-letter exchange"));
    window
        .harness
        .get_by_role_and_label(Role::ListBoxOption, "odd.1 (2)");
}
