//! Dead letters: resending against RabbitMQ's own shovel, and a peek against the management API's
//! get. Both of a pair work on the same broker in the same run.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crossbeam_channel::Receiver;
use eventscope::address::Address;
use eventscope::drivers::rabbitmq::sandbox::{Sandbox, SandboxFacts, SandboxOptions};
use eventscope::drivers::{self, Options};
use eventscope::engine::handle::Handle;
use eventscope::event::source_id::SourceId;
use eventscope::protocol::{Command, RequestId, SourceCommand, SourceUpdate, Update, Which};
use eventscope::rabbitmq::endpoint::{Endpoint, Password};
use eventscope::rabbitmq::peek_rules::Page;
use eventscope::rabbitmq::resend::Target;
use eventscope::repair::pace::Pace;
use lapin::options::{BasicPublishOptions, ConfirmSelectOptions, QueueDeclareOptions};
use lapin::types::{AMQPValue, FieldTable};
use lapin::{BasicProperties, Channel};
use serde_json::json;

use crate::tap::connect;

const MESSAGES: u32 = 50_000;
const BODY: usize = 1_024;
/// Unacknowledged messages that a shovel holds; also the most that lapin gets at once here.
const PREFETCH: u32 = 1_000;
const PEEKED: u16 = 1_000;
const PEEKS: usize = 7;
const LONG: Duration = Duration::from_mins(2);

/// From where to where both move messages, and by queues of which type.
#[derive(Clone, Copy)]
struct Route {
    /// In the names of the figures.
    name: &'static str,
    kind: &'static str,
    dead: &'static str,
    alive: &'static str,
    dead2: &'static str,
    alive2: &'static str,
}

const CLASSIC: Route = Route {
    name: "",
    kind: "classic",
    dead: "dead",
    alive: "alive",
    dead2: "dead2",
    alive2: "alive2",
};

const QUORUM: Route = Route {
    name: "_quorum",
    kind: "quorum",
    dead: "dead quorum",
    alive: "alive quorum",
    dead2: "dead2 quorum",
    alive2: "alive2 quorum",
};

pub(crate) fn measure() {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR"));
    let folder = folder.join(format!("repair-{}", std::process::id()));
    let options = SandboxOptions {
        plugins: vec!["rabbitmq_shovel"],
        ..SandboxOptions::new(folder.join("broker"))
    };
    let broker = runtime
        .block_on(Sandbox::start_with(options, |_| {}))
        .expect("a private RabbitMQ");
    let facts = broker.facts();
    let channel = runtime.block_on(async {
        let connection = connect(&facts.amqp_url()).await;
        let channel = connection.create_channel().await.expect("a channel");
        let confirms = ConfirmSelectOptions::default();
        channel.confirm_select(confirms).await.expect("confirms");
        for route in [CLASSIC, QUORUM] {
            for queue in [route.dead, route.alive, route.dead2, route.alive2] {
                queue_of(&channel, queue, route.kind).await;
            }
            fill(&channel, route.dead, MESSAGES).await;
            fill(&channel, route.dead2, MESSAGES).await;
        }
        queue_of(&channel, "peeked", CLASSIC.kind).await;
        fill(&channel, "peeked", u32::from(PEEKED)).await;
        channel
    });
    let mut app = App::start(facts, &folder);
    let peek = median((0..PEEKS).map(|_| app.peek()).collect());
    let get = median((0..PEEKS).map(|_| get(facts)).collect());
    for route in [CLASSIC, QUORUM] {
        let resend = app.resend(route);
        assert_eq!(runtime.block_on(depth(&channel, route.alive)), MESSAGES);
        let (shovel, moving) = runtime.block_on(shovel(facts, &channel, route));
        let name = route.name;
        println!("value resend{name}_vs_shovel {}", resend / shovel);
        println!("value resend{name}_messages_per_second {resend}");
        println!("value shovel{name}_messages_per_second {shovel}");
        println!("value shovel{name}_messages_per_second_once_it_moves {moving}");
    }
    println!("value peek_1000_vs_http_get {}", peek / get);
    println!("value peek_1000_ms {}", peek * 1e3);
    drop(broker);
    std::fs::remove_dir_all(folder).ok();
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

async fn queue_of(channel: &Channel, name: &str, kind: &str) {
    let options = QueueDeclareOptions {
        durable: true,
        ..QueueDeclareOptions::default()
    };
    let mut arguments = FieldTable::default();
    let kind = AMQPValue::LongString(kind.into());
    arguments.insert("x-queue-type".into(), kind);
    channel
        .queue_declare(name.into(), options, arguments)
        .await
        .expect("a queue");
}

async fn depth(channel: &Channel, name: &str) -> u32 {
    let options = QueueDeclareOptions::default().passive();
    let found = channel.queue_declare(name.into(), options, FieldTable::default());
    found.await.expect("the queue").message_count()
}

async fn fill(channel: &Channel, queue: &str, count: u32) {
    let mut waiting = Vec::new();
    for n in 0..count {
        let properties = BasicProperties::default()
            .with_delivery_mode(2)
            .with_content_type("application/json".into())
            .with_message_id(format!("{queue}-{n}").into());
        let body = vec![b'x'; BODY];
        let options = BasicPublishOptions::default();
        let published = channel.basic_publish("".into(), queue.into(), options, &body, properties);
        waiting.push(published.await.expect("a publish"));
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

/// The broker side of the app, with its journal.
struct App {
    handle: Handle,
    updates: Receiver<Update>,
    next: u64,
}

impl App {
    fn start(facts: &SandboxFacts, folder: &Path) -> Self {
        let options = Options {
            journal_dir: Some(folder.join("journal")),
            ..Options::default()
        };
        let (handle, updates) = drivers::start(|| {}, options).expect("the broker side");
        let endpoint = Endpoint {
            host: "127.0.0.1".into(),
            port: facts.amqp_port,
            user: facts.user.clone(),
            password: Password(facts.password.clone()),
            management_port: Some(facts.management_port),
            management_url: None,
            ..Endpoint::default()
        };
        let mut own = Self {
            handle,
            updates,
            next: 0,
        };
        own.send(Command::Source(
            SourceId::FIRST,
            SourceCommand::Connect(Address::RabbitMq(endpoint)),
        ));
        own.until(
            |update| matches!(update, Update::Source(_, SourceUpdate::Topology(t)) if t.queue(QUORUM.alive2).is_some()),
        );
        own
    }

    fn send(&mut self, command: Command) {
        self.handle.send(command).expect("room for a command");
    }

    fn fresh(&mut self) -> RequestId {
        self.next += 1;
        RequestId(self.next)
    }

    fn until(&mut self, done: impl Fn(&Update) -> bool) {
        while !done(&self.updates.recv_timeout(LONG).expect("an update")) {}
    }

    /// Seconds.
    fn peek(&mut self) -> f64 {
        let request = self.fresh();
        let start = Instant::now();
        let queue = "peeked".to_owned();
        self.send(Command::Source(
            SourceId::FIRST,
            SourceCommand::Peek {
                request,
                queue,
                page: Page::head(PEEKED.into()),
                agreed: true,
            },
        ));
        self.until(|update| match update {
            Update::Source(_, SourceUpdate::Peeked { result, .. }) => {
                let found = result.as_ref().expect("a peek").messages.len();
                assert_eq!(found, usize::from(PEEKED));
                true
            }
            _ => false,
        });
        start.elapsed().as_secs_f64()
    }

    /// Messages a second, from the click to the word that all is done.
    fn resend(&mut self, route: Route) -> f64 {
        let request = self.fresh();
        let start = Instant::now();
        self.send(Command::Source(
            SourceId::FIRST,
            SourceCommand::Resend {
                request,
                queue: route.dead.into(),
                which: Which::Whole {
                    manner: Target::Elsewhere {
                        exchange: String::new(),
                        routing_key: route.alive.into(),
                    }
                    .into(),
                    shown: MESSAGES,
                },
                pace: Pace::default(),
            },
        ));
        self.until(|update| match update {
            Update::Source(_, SourceUpdate::JobDone { problem, .. }) => {
                assert_eq!(*problem, None);
                true
            }
            _ => false,
        });
        f64::from(MESSAGES) / start.elapsed().as_secs_f64()
    }
}

fn http(facts: &SandboxFacts, method: &str, path: &str, body: &serde_json::Value) -> Vec<u8> {
    let user = format!("{}:{}", facts.user, facts.password);
    let user = eventscope::text::base64::encode(user.as_bytes());
    let url = format!("http://127.0.0.1:{}{path}", facts.management_port);
    let request = match method {
        "PUT" => ureq::put(url),
        _ => ureq::post(url),
    };
    let request = request.header("Authorization", format!("Basic {user}"));
    let mut answer = request.send_json(body).expect("an answer");
    answer.body_mut().read_to_vec().expect("its body")
}

/// Seconds that the management API takes.
fn get(facts: &SandboxFacts) -> f64 {
    let start = Instant::now();
    let asked = json!({"count": PEEKED, "ackmode": "ack_requeue_true", "encoding": "auto"});
    let answer = http(facts, "POST", "/api/queues/%2F/peeked/get", &asked);
    let found: Vec<serde_json::Value> = serde_json::from_slice(&answer).expect("JSON");
    assert_eq!(found.len(), usize::from(PEEKED));
    start.elapsed().as_secs_f64()
}

/// Messages a second of a dynamic shovel: from the request for it, as a resend is measured, and
/// from the first message that is seen to have arrived.
async fn shovel(facts: &SandboxFacts, channel: &Channel, route: Route) -> (f64, f64) {
    let uri = facts.amqp_url();
    let value = json!({"value": {
        "src-protocol": "amqp091", "src-uri": uri, "src-queue": route.dead2,
        "dest-protocol": "amqp091", "dest-uri": uri, "dest-queue": route.alive2,
        "ack-mode": "on-confirm", "src-prefetch-count": PREFETCH,
    }});
    let begun = Instant::now();
    let path = format!("/api/parameters/shovel/%2F/bench{}", route.name);
    http(facts, "PUT", &path, &value);
    let mut first = None;
    loop {
        assert!(begun.elapsed() < LONG, "the shovel moves nothing");
        let arrived = depth(channel, route.alive2).await;
        if arrived > 0 {
            let (start, before) = *first.get_or_insert_with(|| (Instant::now(), arrived));
            if arrived == MESSAGES && depth(channel, route.dead2).await == 0 {
                let moving = f64::from(MESSAGES - before) / start.elapsed().as_secs_f64();
                return (f64::from(MESSAGES) / begun.elapsed().as_secs_f64(), moving);
            }
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}
