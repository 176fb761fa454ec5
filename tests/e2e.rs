//! The whole job once, in a real window against a real RabbitMQ, by accessible names from outside:
//! start a private broker, watch, publish, repair a dead letter. What lies in the queues is read
//! by a client that shares no code with Eventscope.

#![expect(clippy::expect_used, reason = "a test may panic")]

mod gui;

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use amqprs::callbacks::{DefaultChannelCallback, DefaultConnectionCallback};
use amqprs::channel::{
    BasicAckArguments, BasicGetArguments, BasicNackArguments, BasicPublishArguments, Channel,
    ExchangeDeclareArguments, QueueBindArguments, QueueDeclareArguments,
};
use amqprs::connection::{Connection, OpenConnectionArguments};
use amqprs::{BasicProperties, FieldTable, FieldValue};
use anyhow::{Context as _, Result, ensure};
use gui::{App, Desktop, Query};

/// The broker starts in about four seconds; a busy machine may need many times that.
const START: Duration = Duration::from_secs(90);

/// The other client, in the same queues as the app.
struct Witness {
    runtime: tokio::runtime::Runtime,
    client: Option<(Connection, Channel)>,
}

/// The client's connection closes itself in a task when it goes, so it goes inside the runtime. Else
/// the reason of a test that fails is lost in a second panic.
impl Drop for Witness {
    fn drop(&mut self) {
        let _inside = self.runtime.enter();
        self.client = None;
    }
}

type Got = (BasicProperties, Vec<u8>, String, String, u64);

impl Witness {
    fn connect(cache: &Path) -> Result<Self> {
        let (port, password) = sandbox_login(cache)?;
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()?;
        let (connection, channel) = runtime.block_on(async {
            let arguments =
                OpenConnectionArguments::new("127.0.0.1", port, "eventscope", &password);
            let connection = Connection::open(&arguments).await?;
            connection
                .register_callback(DefaultConnectionCallback)
                .await?;
            let channel = connection.open_channel(None).await?;
            channel.register_callback(DefaultChannelCallback).await?;
            anyhow::Ok((connection, channel))
        })?;
        Ok(Self {
            runtime,
            client: Some((connection, channel)),
        })
    }

    fn channel(&self) -> &Channel {
        let client = self.client.as_ref();
        &client.expect("a client until it is dropped").1
    }

    /// An exchange, a queue behind it, and that queue's dead-letter queue. Nobody consumes them.
    fn declare(&self) -> Result<()> {
        self.runtime.block_on(async {
            let exchange = ExchangeDeclareArguments::new("e2e.events", "topic")
                .durable(true)
                .finish();
            self.channel().exchange_declare(exchange).await?;
            let mut arguments = FieldTable::new();
            let text = |text: &str| FieldValue::S(text.try_into().expect("a short text"));
            let name = |name: &str| name.try_into().expect("a short name");
            arguments.insert(name("x-dead-letter-exchange"), text(""));
            arguments.insert(name("x-dead-letter-routing-key"), text("e2e.dead"));
            let queue = QueueDeclareArguments::durable_client_named("e2e.orders")
                .arguments(arguments)
                .finish();
            self.channel().queue_declare(queue).await?;
            let dead = QueueDeclareArguments::durable_client_named("e2e.dead");
            self.channel().queue_declare(dead).await?;
            let bind = QueueBindArguments::new("e2e.orders", "e2e.events", "order.#");
            self.channel().queue_bind(bind).await?;
            anyhow::Ok(())
        })
    }

    /// Publishes a message and refuses it, so that it is dead-lettered.
    fn kill(&self, key: &str, properties: &BasicProperties, body: &str) -> Result<()> {
        self.runtime.block_on(async {
            let target = BasicPublishArguments::new("e2e.events", key);
            self.channel()
                .basic_publish(properties.clone(), body.into(), target)
                .await?;
            anyhow::Ok(())
        })?;
        let (.., tag) = self.wait_for("e2e.orders")?;
        self.runtime.block_on(async {
            self.channel()
                .basic_nack(BasicNackArguments::new(tag, false, false))
                .await
        })?;
        Ok(())
    }

    /// The next message of a queue, not yet acknowledged.
    fn get(&self, queue: &str) -> Result<Option<Got>> {
        let got = self
            .runtime
            .block_on(self.channel().basic_get(BasicGetArguments::new(queue)))?;
        Ok(got.map(|(get, properties, body)| {
            let (exchange, key) = (get.exchange().clone(), get.routing_key().clone());
            (properties, body, exchange, key, get.delivery_tag())
        }))
    }

    fn wait_for(&self, queue: &str) -> Result<Got> {
        let deadline = std::time::Instant::now() + Duration::from_mins(1);
        loop {
            if let Some(got) = self.get(queue)? {
                return Ok(got);
            }
            ensure!(
                std::time::Instant::now() < deadline,
                "nothing came to {queue}"
            );
            std::thread::yield_now();
        }
    }

    fn ack(&self, tag: u64) -> Result<()> {
        let ack = self.channel().basic_ack(BasicAckArguments::new(tag, false));
        Ok(self.runtime.block_on(ack)?)
    }
}

/// Port and password of the sandbox, as its own files on disk say.
fn sandbox_login(cache: &Path) -> Result<(u16, String)> {
    let parent = cache.join("eventscope");
    let folder: PathBuf = fs::read_dir(&parent)?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .find(|path| path.join("advanced.config").exists())
        .context("no sandbox folder")?;
    let config = fs::read_to_string(folder.join("advanced.config"))?;
    let (_, listeners) = config.split_once("tcp_listeners").context("no listener")?;
    let digits: String = listeners
        .split_once("127.0.0.1")
        .context("no address")?
        .1
        .chars()
        .skip_while(|c| !c.is_ascii_digit())
        .take_while(char::is_ascii_digit)
        .collect();
    let password = fs::read_to_string(folder.join("password"))?
        .trim()
        .to_owned();
    Ok((digits.parse()?, password))
}

#[expect(
    clippy::print_stderr,
    reason = "a remark for whoever reads the log of the test"
)]
fn picture(app: &App, name: &str) {
    // Pictures are for people; a test does not fail without them.
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("screenshots");
    if fs::create_dir_all(&folder).is_ok()
        && let Err(error) = app.screenshot(&folder.join(format!("{name}.png")))
    {
        eprintln!("no picture {name}: {error}");
    }
}

fn wait_for_row(app: &App, prefix: &str, limit: Duration) -> Result<()> {
    app.wait_until(&format!("a row that starts with {prefix}"), limit, || {
        Ok(!app
            .find_all(&Query::role("table row").starting_with(prefix))?
            .is_empty())
    })
}

#[test]
#[expect(
    clippy::too_many_lines,
    reason = "one story from the first step to the last"
)]
fn the_walkthrough() -> Result<()> {
    let desktop = Desktop::start((1280, 840))?;
    let cache = desktop.path().join("cache");
    let data = desktop.path().join("data");
    let environment = [
        ("XDG_CACHE_HOME", cache.to_str().context("a path in UTF-8")?),
        ("XDG_DATA_HOME", data.to_str().context("a path in UTF-8")?),
    ];
    let app = desktop.launch(&[env!("CARGO_BIN_EXE_eventscope")], &environment)?;
    picture(&app, "1-connect");

    // A private broker, and events at once.
    app.find("push button", "Start a private RabbitMQ")?
        .click()?;
    app.find_within(&Query::role("page tab").name("Live"), START)?;
    wait_for_row(&app, "order.created", Duration::from_secs(30))?;
    picture(&app, "2-live");

    // Publish by the form; it appears in the stream.
    app.find("page tab", "Publish")?.click()?;
    app.find("push button", "Publish event")?;
    app.find("entry", "Exchange")?.set_text("shop.events")?;
    app.find("entry", "Routing key")?
        .set_text("order.created")?;
    app.find("push button", "Valid sample")?.click()?;
    app.wait_for_text("Matches version 2")?;
    app.find("page tab", "Raw")?.click()?;
    let payload = app.find("entry", "Payload")?;
    app.wait_until("the sample is filled in", Duration::from_secs(5), || {
        Ok(payload.text()?.contains("eventId"))
    })?;
    let sample: serde_json::Value = serde_json::from_str(&payload.text()?)?;
    let event_id = sample["eventId"]
        .as_str()
        .context("the sample has an id")?
        .to_owned();
    let customer = sample["data"]["customer"]["name"]
        .as_str()
        .context("the sample has a customer")?;
    app.find("push button", "Publish event")?.click()?;
    app.wait_for_text("Routed")?;
    picture(&app, "3-publish");
    app.find("page tab", "Live")?.click()?;
    app.find("entry", "Filter")?.set_text(&event_id)?;
    wait_for_row(
        &app,
        &format!("order.created {event_id}"),
        Duration::from_secs(10),
    )?;
    app.find_row_starting_with(&format!("order.created {event_id}"))?
        .click()?;
    app.wait_for_text(customer)?;
    picture(&app, "4-inspect");

    // Two messages die, each with properties and headers of its own.
    let witness = Witness::connect(&cache)?;
    witness.declare()?;
    let original = properties();
    witness.kill(
        "order.created",
        &original,
        r#"{"amount":"129.90","note":"text"}"#,
    )?;
    witness.kill("order.paid", &original, r#"{"amount":"1.00"}"#)?;

    // Open one, edit it, resend it by a click.
    app.find("page tab", "Dead letters")?.click()?;
    app.find("entry", "Queue")?.set_text("e2e.dead")?;
    app.find("push button", "Open")?.click()?;
    wait_for_row(&app, "order.paid", Duration::from_secs(10))?;
    app.find_row_starting_with("order.created")?.click()?;
    app.wait_for_text("Died because a consumer of queue e2e.orders rejected it")?;
    let edited = r#"{"amount":129.90,"note":"text"}"#;
    app.find("entry", "Payload")?.set_text(edited)?;
    picture(&app, "5-dead-letters");
    app.find("push button", "Resend")?.click()?;
    app.wait_for_text("1 of 1 resent")?;
    // What is said of the look is about what is left of it.
    app.wait_for_text("1 message, looked at")?;
    picture(&app, "6-resent");

    // It is in the target queue with the edit, and nothing else changed.
    let (properties, body, exchange, key, tag) = witness.wait_for("e2e.orders")?;
    assert_eq!(String::from_utf8(body)?, edited);
    assert_eq!(
        (exchange.as_str(), key.as_str()),
        ("e2e.events", "order.created")
    );
    assert_eq!(format!("{properties:?}"), format!("{original:?}"));
    witness.ack(tag)?;
    assert!(
        witness.get("e2e.orders")?.is_none(),
        "exactly one copy was sent"
    );

    // It is gone from the dead-letter queue, and the other one lies there as before.
    let (properties, body, _, key, tag) = witness.wait_for("e2e.dead")?;
    assert_eq!(
        (body.as_slice(), key.as_str()),
        (br#"{"amount":"1.00"}"#.as_slice(), "e2e.dead")
    );
    assert_eq!(properties.message_id(), original.message_id());
    witness.ack(tag)?;
    assert!(witness.get("e2e.dead")?.is_none(), "the resent one is gone");

    // The shop's own dead letters are found by themselves.
    app.wait_until("a dead letter of the shop", Duration::from_mins(1), || {
        let queues =
            app.find_all(&Query::role("list item").starting_with("notification.orders.dead ("))?;
        Ok(queues.iter().any(|queue| !queue.name().ends_with("(0)")))
    })?;

    ensure!(app.close()?.success(), "the window closes cleanly");
    Ok(())
}

/// Several properties, and headers whose types are easily lost: a decimal, a 16-bit integer, a
/// nested table. One entry a table, because this client keeps tables without an order.
fn properties() -> BasicProperties {
    let name = |name: &str| name.try_into().expect("a short name");
    let mut nested = FieldTable::new();
    nested.insert(name("inner"), FieldValue::s(-7));
    let mut headers = FieldTable::new();
    headers.insert(name("x-nested"), FieldValue::F(nested));
    BasicProperties::default()
        .with_content_type("application/json")
        .with_message_id("m-1")
        .with_correlation_id("c-1")
        .with_message_type("order.created")
        .with_app_id("e2e")
        .with_persistence(true)
        .with_priority(3)
        .with_timestamp(1_700_000_000)
        .with_headers(headers)
        .finish()
}
