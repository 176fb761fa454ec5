//! The whole way of an event, from the broker to the log, against a bare consumer that throws each
//! body away. Both read a queue that was filled beforehand, in turns, on the same broker.

use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use eframe::egui::Context;
use eventscope::app::Wire;
use eventscope::drivers::rabbitmq::sandbox::{Sandbox, SandboxFacts};
use eventscope::drivers::{self, Options};
use eventscope::event::source_id::SourceId;
use eventscope::launch::REPAINT;
use eventscope::rabbitmq::endpoint::{Endpoint, Password};
use eventscope::rabbitmq::tap::Limit;
use eventscope::state::live::tap_card::{Card, TapAction};
use eventscope::state::schemas::SchemaAction;
use eventscope::state::{Action, State};
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
    let app = app(&runtime, broker.facts(), None);
    println!("value tap_vs_bare_lapin {}", app.rate / bare.rate);
    println!("value tap_cpu_vs_bare_lapin {}", app.cpu / bare.cpu);
    println!("value tap_events_per_second {}", app.rate);
    println!("value tap_cpu_us_per_event {}", app.cpu * 1e6);
    println!("value bare_cpu_us_per_event {}", bare.cpu * 1e6);
    drop(broker);
    std::fs::remove_dir_all(folder).ok();
}

/// The same way with schemas of what comes, against without.
pub(crate) fn measure_with_schemas() {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR"));
    let folder = folder.join(format!("tap-schemas-{}", std::process::id()));
    let broker = runtime
        .block_on(Sandbox::start(&folder.join("broker"), |_| {}))
        .expect("a private RabbitMQ");
    runtime.block_on(declare(broker.facts()));
    let schemas = folder.join("schemas");
    events::write_schemas(&schemas);
    let without = app(&runtime, broker.facts(), None);
    let with = app(&runtime, broker.facts(), Some(&schemas));
    println!(
        "value tap_with_schemas_vs_without {}",
        with.rate / without.rate
    );
    println!("value tap_with_schemas_cpu_us_per_event {}", with.cpu * 1e6);
    println!(
        "value tap_without_schemas_cpu_us_per_event {}",
        without.cpu * 1e6
    );
    drop(broker);
    std::fs::remove_dir_all(folder).ok();
}

pub(crate) async fn connect(url: &str) -> Connection {
    Connection::connect(url, ConnectionProperties::default())
        .await
        .expect("a connection")
}

pub(crate) async fn declare(facts: &SandboxFacts) {
    let connection = connect(&facts.amqp_url()).await;
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

/// Publishes events and waits until the broker has them.
async fn publish(facts: &SandboxFacts, which: Range<u64>) {
    let connection = connect(&facts.amqp_url()).await;
    publish_on(&connection, which).await;
}

/// The same on a connection that is there.
pub(crate) async fn publish_on(connection: &Connection, which: Range<u64>) {
    let channel = connection.create_channel().await.expect("a channel");
    let confirms = ConfirmSelectOptions::default();
    channel.confirm_select(confirms).await.expect("confirms");
    let mut waiting = Vec::new();
    for n in which {
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
    let connection = connect(&facts.amqp_url()).await;
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
    publish(facts, 0..EVENTS).await;
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

/// The app with its broker side and a tap on `shop` with binding key `#`.
pub(crate) struct Tapping {
    pub(crate) window: Headless,
    woken: Arc<AtomicBool>,
}

impl Tapping {
    pub(crate) fn start(facts: &SandboxFacts, log_bytes: usize, tap_limit: Limit) -> Self {
        let woken = Arc::new(AtomicBool::new(false));
        let flag = Arc::clone(&woken);
        let options = Options {
            tap_limit,
            ..Options::default()
        };
        let wake = move || flag.store(true, Ordering::Relaxed);
        let (handle, updates) = drivers::start(wake, options).expect("the broker side");
        let wire = Wire {
            send: Box::new(move |command| handle.send(command)),
            updates,
        };
        let mut window = Headless::new(Context::default(), wire, log_bytes);
        let endpoint = Endpoint {
            host: "127.0.0.1".into(),
            port: facts.amqp_port,
            user: facts.user.clone(),
            password: Password(facts.password.clone()),
            management_port: Some(facts.management_port),
            management_url: None,
            ..Endpoint::default()
        };
        window.app.forms_mut().connect.take(&endpoint);
        window.app.act(Action::Connect);
        let mut own = Self { window, woken };
        own.until("a topology", |state| {
            state.front.topology.exchange("shop").is_some()
        });
        own.window.app.forms_mut().tap.destination = "shop".into();
        own.window.app.act(Action::Tap(TapAction::Start));
        own.until("a report", |state| {
            matches!(state.front.tap_card, Some(Card::Tap(_)))
        });
        own.window.app.act(Action::Tap(TapAction::StartAnyway));
        own.until("a tap", |state| {
            !state.taps.own_queues(SourceId::FIRST).is_empty()
        });
        own
    }

    fn until(&mut self, what: &str, done: impl Fn(&State) -> bool) {
        let deadline = Instant::now() + Duration::from_secs(30);
        while !done(self.window.app.state()) {
            assert!(Instant::now() < deadline, "{what}");
            self.window.frame();
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// A frame as the window makes one: some time after the broker side woke it. CPU seconds.
    pub(crate) fn turn(&mut self) -> Option<f64> {
        std::thread::sleep(Duration::from_millis(1));
        self.woken.swap(false, Ordering::Relaxed).then(|| {
            std::thread::sleep(REPAINT);
            self.window.frame()
        })
    }

    pub(crate) fn received(&self) -> u64 {
        self.window.app.state().live.log.received()
    }
}

/// The whole app. While the queue is being filled its loop stands still, so that the events wait in
/// the broker.
fn app(runtime: &tokio::runtime::Runtime, facts: &SandboxFacts, schemas: Option<&Path>) -> Pace {
    let roomy = Limit {
        messages: 1_000_000,
        bytes: 2_000_000_000,
    };
    let mut app = Tapping::start(facts, 1 << 30, roomy);
    if let Some(schemas) = schemas {
        let open = SchemaAction::Open(schemas.to_owned());
        app.window.app.act(Action::Schemas(open));
        app.until("schemas", |state| {
            !state.live.judging.catalog().types.is_empty()
        });
    }
    runtime.block_on(publish(facts, 0..EVENTS));
    let mut start = None;
    let mut from = 0;
    while app.received() < EVENTS {
        app.turn();
        if start.is_none() && app.received() >= WARM {
            start = Some((Instant::now(), clock::process_cpu()));
            from = app.received();
        }
    }
    // All that came is judged, too.
    while schemas.is_some() && app.window.app.state().live.judging.done_to() < EVENTS {
        app.window.frame();
    }
    let pace = pace(start.expect("a start"), EVENTS - from);
    if schemas.is_some() {
        let counted = app.window.app.state().live.judging.counted();
        let matching = counted
            .iter()
            .filter(|one| one.label.starts_with("matches"));
        assert_eq!(matching.map(|one| one.events).sum::<u64>(), EVENTS);
    }
    pace
}
