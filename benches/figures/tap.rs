//! The whole way of an event, from the broker to the log, against a bare consumer that throws each
//! body away. Both read a queue that was filled beforehand, in turns, on the same broker.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use eframe::egui::Context;
use eventscope::app::Wire;
use eventscope::broker::sandbox::{Sandbox, SandboxFacts};
use eventscope::broker::{Handle, Options};
use eventscope::domain::tap::Limit;
use eventscope::domain::{Endpoint, Password};
use eventscope::launch::REPAINT;
use eventscope::state::Action;
use eventscope::state::tap_card::{Card, TapAction};
use futures_util::StreamExt as _;
use lapin::options::{
    BasicAckOptions, BasicConsumeOptions, BasicPublishOptions, BasicQosOptions,
    ConfirmSelectOptions, ExchangeDeclareOptions, QueueBindOptions, QueueDeclareOptions,
};
use lapin::types::FieldTable;
use lapin::{BasicProperties, Channel, Connection, ConnectionProperties, ExchangeKind};

use crate::headless::Headless;
use crate::{clock, events};

const EVENTS: u64 = 200_000;
/// The first events are under way before the reader starts; they are not measured.
const WARM: u64 = 20_000;

/// Events a second and CPU seconds an event.
struct Pace {
    rate: f64,
    cpu: f64,
}

pub(crate) fn measure() {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR"));
    let folder = folder.join(format!("tap-{}", std::process::id()));
    let broker = runtime
        .block_on(Sandbox::start(&folder, |_| {}))
        .expect("a private RabbitMQ");
    runtime.block_on(declare(broker.facts()));
    let bare = runtime.block_on(bare(broker.facts()));
    let app = app(&runtime, broker.facts());
    println!("value tap_vs_bare_lapin {}", app.rate / bare.rate);
    println!("value tap_cpu_vs_bare_lapin {}", app.cpu / bare.cpu);
    println!("value tap_events_per_second {}", app.rate);
    println!("value tap_cpu_us_per_event {}", app.cpu * 1e6);
    println!("value bare_cpu_us_per_event {}", bare.cpu * 1e6);
    drop(broker);
    std::fs::remove_dir_all(folder).ok();
}

async fn connect(facts: &SandboxFacts) -> Connection {
    Connection::connect(&facts.amqp_url(), ConnectionProperties::default())
        .await
        .expect("a connection")
}

async fn declare(facts: &SandboxFacts) {
    let connection = connect(facts).await;
    let channel = connection.create_channel().await.expect("a channel");
    channel
        .exchange_declare(
            "shop".into(),
            ExchangeKind::Topic,
            ExchangeDeclareOptions::default(),
            FieldTable::default(),
        )
        .await
        .expect("an exchange");
}

/// Publishes all events and waits until the broker has them.
async fn publish(facts: &SandboxFacts) {
    let connection = connect(facts).await;
    let channel = connection.create_channel().await.expect("a channel");
    let confirms = ConfirmSelectOptions::default();
    channel.confirm_select(confirms).await.expect("confirms");
    let mut waiting = Vec::new();
    for n in 0..EVENTS {
        let own = events::properties(n);
        let mut properties = BasicProperties::default()
            .with_content_type("application/json".into())
            .with_delivery_mode(1)
            .with_type("order.created".into())
            .with_app_id("web".into());
        if let (Some(message), Some(correlation)) = (own.message_id, own.correlation_id) {
            properties = properties
                .with_message_id(message.into())
                .with_correlation_id(correlation.into());
        }
        let confirm = channel
            .basic_publish(
                "shop".into(),
                events::key(n).into(),
                BasicPublishOptions::default(),
                &events::body(n),
                properties,
            )
            .await
            .expect("a publish");
        waiting.push(confirm);
        if waiting.len() == 2_000 {
            for confirm in waiting.drain(..) {
                confirm.await.expect("a confirm");
            }
        }
    }
    for confirm in waiting {
        confirm.await.expect("a confirm");
    }
}

/// A queue like a tap's, without its limits, and a consumer with a tap's prefetch.
async fn bare(facts: &SandboxFacts) -> Pace {
    let connection = connect(facts).await;
    let channel: Channel = connection.create_channel().await.expect("a channel");
    let options = QueueDeclareOptions {
        exclusive: true,
        auto_delete: true,
        ..QueueDeclareOptions::default()
    };
    let queue = channel
        .queue_declare("".into(), options, FieldTable::default())
        .await
        .expect("a queue");
    let name = queue.name().clone();
    channel
        .queue_bind(
            name.clone(),
            "shop".into(),
            "#".into(),
            QueueBindOptions::default(),
            FieldTable::default(),
        )
        .await
        .expect("a binding");
    publish(facts).await;
    let qos = channel.basic_qos(1_000, BasicQosOptions::default());
    qos.await.expect("a prefetch");
    let mut consumer = channel
        .basic_consume(
            name,
            "bare".into(),
            BasicConsumeOptions::default(),
            FieldTable::default(),
        )
        .await
        .expect("a consumer");
    let mut start = (Instant::now(), clock::process_cpu());
    for n in 1..=EVENTS {
        let delivery = consumer.next().await.expect("a delivery").expect("intact");
        if n.is_multiple_of(256) || n == EVENTS {
            let acked = delivery.ack(BasicAckOptions { multiple: true });
            acked.await.expect("an acknowledgement");
        }
        if n == WARM {
            start = (Instant::now(), clock::process_cpu());
        }
    }
    pace(start, EVENTS - WARM)
}

fn pace((wall, cpu): (Instant, f64), events: u64) -> Pace {
    let count = events as f64;
    Pace {
        rate: count / wall.elapsed().as_secs_f64(),
        cpu: (clock::process_cpu() - cpu) / count,
    }
}

/// The app: its broker side, and its loop as often as it asks to be woken. While the queue is being
/// filled the loop stands still, so that the events wait in the broker.
fn app(runtime: &tokio::runtime::Runtime, facts: &SandboxFacts) -> Pace {
    let ctx = Context::default();
    let woken = Arc::new(AtomicBool::new(false));
    let flag = Arc::clone(&woken);
    let options = Options {
        tap_limit: Limit {
            messages: 1_000_000,
            bytes: 2_000_000_000,
        },
        ..Options::default()
    };
    let wake = move || flag.store(true, Ordering::Relaxed);
    let (handle, updates) = Handle::start(wake, options).expect("the broker side");
    let wire = Wire {
        send: Box::new(move |command| handle.send(command)),
        updates,
    };
    let mut window = Headless::new(ctx, wire, 1 << 30);
    let endpoint = Endpoint {
        host: "127.0.0.1".into(),
        port: facts.amqp_port,
        user: facts.user.clone(),
        password: Password(facts.password.clone()),
        management_port: Some(facts.management_port),
        ..Endpoint::default()
    };
    window.app.forms_mut().connect.take(&endpoint);
    window.app.act(Action::Connect);
    let until = |what: &str, window: &mut Headless, done: &dyn Fn(&Headless) -> bool| {
        let deadline = Instant::now() + Duration::from_secs(30);
        while !done(window) {
            assert!(Instant::now() < deadline, "{what}");
            window.frame();
            std::thread::sleep(Duration::from_millis(10));
        }
    };
    until("a topology", &mut window, &|w| {
        w.app.state().topology.exchange("shop").is_some()
    });
    window.app.forms_mut().tap.exchange = "shop".into();
    window.app.act(Action::Tap(TapAction::Start));
    until("a report", &mut window, &|w| {
        matches!(w.app.state().tap_card, Some(Card::Tap(_)))
    });
    window.app.act(Action::Tap(TapAction::StartAnyway));
    until("a tap", &mut window, &|w| {
        !w.app.state().taps.own_queues().is_empty()
    });
    runtime.block_on(publish(facts));
    let received = |window: &Headless| window.app.state().live.log.received();
    let mut start = None;
    let mut from = 0;
    while received(&window) < EVENTS {
        // As the window does: a frame some time after the broker side woke it.
        std::thread::sleep(Duration::from_millis(1));
        if woken.swap(false, Ordering::Relaxed) {
            std::thread::sleep(REPAINT);
            window.frame();
        }
        if start.is_none() && received(&window) >= WARM {
            start = Some((Instant::now(), clock::process_cpu()));
            from = received(&window);
        }
    }
    pace(start.expect("a start"), EVENTS - from)
}
