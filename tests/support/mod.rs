//! What the broker tests share: one private RabbitMQ for the run, a virtual host for each test, the
//! app's broker side as the window drives it, and an independent client to check it with.

pub(crate) mod erlang;
pub(crate) mod fake;
pub(crate) mod fake_management;
pub(crate) mod fake_registry;
pub(crate) mod proxy;
pub(crate) mod raw_amqp;
pub(crate) mod reader;
pub(crate) mod tls;

use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use crossbeam_channel::Receiver;
use eventscope::address::Address;
use eventscope::drivers::rabbitmq::sandbox::{Sandbox, SandboxFacts};
use eventscope::drivers::{self, Options};
use eventscope::engine::handle::Handle;
use eventscope::event::amqp::Properties;
use eventscope::event::source_id::SourceId;
use eventscope::event::tap_id::TapId;
use eventscope::event::watching::{Report, TapReading, TapRequest};
use eventscope::event::{Event, Outgoing};
use eventscope::log::Kept;
use eventscope::protocol::{
    Command, DeskCommand, DeskUpdate, Link, MoveOrder, MoveOutcome, PeekReport, PublishOutcome,
    RequestId, Server, SourceCommand, SourceUpdate, TapState, Update, Which,
};
use eventscope::rabbitmq::endpoint::{Endpoint, Password};
use eventscope::rabbitmq::peek_rules::Page;
use eventscope::rabbitmq::server_version::ServerVersion;
use eventscope::rabbitmq::tap::FirehoseRequest;
use eventscope::repair::job_sum::JobSum;
use eventscope::repair::journal_entry::Record;
use eventscope::repair::journal_list::Question;
use eventscope::repair::pace::Pace;
use raw_amqp::{Life, Raw};
use serde_json::{Value, json};
use tokio::runtime::Runtime;

/// How long anything may take before a test fails.
pub(crate) const PATIENCE: Duration = Duration::from_mins(1);

/// A broker of its own, for tests that break it.
pub(crate) struct OwnBroker {
    runtime: Runtime,
    sandbox: Sandbox,
}

impl OwnBroker {
    pub(crate) fn start() -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let dir = scratch().join(format!("broker-{}-{number}", std::process::id()));
        let runtime = Runtime::new().expect("a runtime");
        let sandbox = runtime
            .block_on(Sandbox::start(&dir, |_| {}))
            .expect("a private RabbitMQ");
        Self { runtime, sandbox }
    }

    pub(crate) fn facts(&self) -> &SandboxFacts {
        self.sandbox.facts()
    }

    /// Waits until all that was declared so far survives a kill. The broker writes messages before it
    /// confirms them, but the declaration of a queue some moments after it said that all is well,
    /// and behind it the decision without which it does not count. So one more queue is declared,
    /// with a name that was never used: when its tables on the disk name it, what came before
    /// counts.
    pub(crate) fn keeps_what_was_declared(&self, place: &Place) {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let name = format!("declared last {}", NUMBER.fetch_add(1, Ordering::Relaxed));
        place.raw().queue(&name, Life::Durable, &[]);
        self.wrote_into(&["LATEST.LOG", "DCL", "DCD", "wal"], &name);
    }

    /// The same for a quorum queue. RabbitMQ 3.10 writes its name about a second later than all
    /// else; if it is killed before that, it never opens the queue again.
    pub(crate) fn wrote_quorum(&self, vhost: &str, name: &str) {
        self.wrote_into(&["names.dets"], &format!("{vhost}_{name}"));
    }

    fn wrote_into(&self, tables: &[&str], name: &str) {
        wait_for("the broker to write its tables", || {
            holds(&self.facts().data_dir, tables, name.as_bytes()).then_some(())
        });
    }

    pub(crate) fn pid(&self) -> u32 {
        self.sandbox.pid().expect("a running broker")
    }

    /// SIGKILL.
    pub(crate) fn kill(&mut self) {
        self.sandbox.kill();
    }

    /// Starts it again, on the same port and data.
    pub(crate) fn start_again(&mut self) {
        self.runtime
            .block_on(self.sandbox.restart(|_| {}))
            .expect("the broker again");
    }
}

/// True if one of these tables of the broker, in or under this folder, holds these bytes. (`wal`:
/// from 4.0 on.)
fn holds(folder: &Path, tables: &[&str], bytes: &[u8]) -> bool {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return false;
    };
    entries.flatten().map(|entry| entry.path()).any(|path| {
        if path.is_dir() {
            return holds(&path, tables, bytes);
        }
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let is_table = tables.iter().any(|end| name.ends_with(end));
        let text = || std::fs::read(&path).unwrap_or_default();
        is_table && text().windows(bytes.len()).any(|part| part == bytes)
    })
}

/// The folder for data of test brokers; what dead test runs left there is removed.
fn scratch() -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("broker-tests");
    if let Ok(entries) = std::fs::read_dir(&folder) {
        for entry in entries.flatten() {
            let name = entry.file_name().to_string_lossy().into_owned();
            let process = name.split('-').nth(1).unwrap_or_default();
            if !Path::new("/proc").join(process).exists() {
                // Another run may be removing it at the same time.
                std::fs::remove_dir_all(entry.path()).ok();
            }
        }
    }
    folder
}

/// The broker of this run. It ends with the process: its life line closes then.
fn shared() -> &'static SandboxFacts {
    static SHARED: OnceLock<SandboxFacts> = OnceLock::new();
    SHARED.get_or_init(|| {
        let broker = Box::leak(Box::new(OwnBroker::start()));
        broker.facts().clone()
    })
}

/// A virtual host with one user, alone for one test.
pub(crate) struct Place {
    pub(crate) facts: SandboxFacts,
    pub(crate) vhost: String,
}

impl Place {
    /// A fresh virtual host on the broker of this run.
    pub(crate) fn fresh() -> Self {
        Self::on(shared())
    }

    /// A fresh virtual host on some broker.
    pub(crate) fn on(facts: &SandboxFacts) -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let vhost = format!("test {}", NUMBER.fetch_add(1, Ordering::Relaxed));
        let place = Self {
            facts: facts.clone(),
            vhost,
        };
        place.put(&format!("vhosts/{}", place.encoded()), &json!({}));
        place.permit(&facts.user, ".*", ".*", ".*");
        place
    }

    fn encoded(&self) -> String {
        eventscope::rabbitmq::endpoint::encode(&self.vhost)
    }

    pub(crate) fn permit(&self, user: &str, configure: &str, write: &str, read: &str) {
        let rights = json!({"configure": configure, "write": write, "read": read});
        self.put(&format!("permissions/{}/{user}", self.encoded()), &rights);
    }

    /// A user who may do only this much here.
    pub(crate) fn user(&self, name: &str, configure: &str, write: &str, read: &str) -> Endpoint {
        let rights = json!({"password": "secret", "tags": "management"});
        let encoded = eventscope::rabbitmq::endpoint::encode(name);
        self.put(&format!("users/{encoded}"), &rights);
        self.permit(&encoded, configure, write, read);
        Endpoint {
            user: name.to_owned(),
            password: Password("secret".to_owned()),
            ..self.endpoint()
        }
    }

    /// Switches the trace of the virtual host.
    pub(crate) fn trace(&self, on: bool) {
        let path = format!("vhosts/{}", self.encoded());
        self.put(&path, &json!({ "tracing": on }));
    }

    /// The virtual host as the management API tells it.
    pub(crate) fn described(&self) -> Value {
        self.get(&format!("vhosts/{}", self.encoded()))
    }

    pub(crate) fn is_traced(&self) -> bool {
        self.described()["tracing"] == true
    }

    /// Gives the virtual host a description and tags.
    pub(crate) fn describe(&self, description: &str, tags: &str) {
        let path = format!("vhosts/{}", self.encoded());
        self.put(&path, &json!({"description": description, "tags": tags}));
    }

    /// Gives a user who is there other tags.
    pub(crate) fn tag(&self, name: &str, tags: &str) {
        let name = eventscope::rabbitmq::endpoint::encode(name);
        let rights = json!({"password": "secret", "tags": tags});
        self.put(&format!("users/{name}"), &rights);
    }

    /// A queue as the management API tells it.
    pub(crate) fn queue(&self, name: &str) -> Value {
        let name = eventscope::rabbitmq::endpoint::encode(name);
        self.get(&format!("queues/{}/{name}", self.encoded()))
    }

    /// Publishes with headers of any size: the management API hands a message over within the
    /// broker, where there are no frames.
    pub(crate) fn publish_large(&self, exchange: &str, key: &str, headers: &Value, body: &str) {
        let exchange = match exchange {
            "" => "amq.default".to_owned(),
            name => eventscope::rabbitmq::endpoint::encode(name),
        };
        let path = format!("exchanges/{}/{exchange}/publish", self.encoded());
        let message = json!({"properties": {"headers": headers, "delivery_mode": 2},
            "routing_key": key, "payload": body, "payload_encoding": "string"});
        let answer = self.request("POST", &path, Some(&message));
        assert!(answer.contains("true"), "not routed: {answer}");
    }

    pub(crate) fn policy(&self, definition: &Value) {
        self.policy_for("queues", definition);
    }

    pub(crate) fn policy_for(&self, apply_to: &str, definition: &Value) {
        let policy = json!({"pattern": ".*", "definition": definition, "apply-to": apply_to});
        self.put(&format!("policies/{}/all", self.encoded()), &policy);
    }

    pub(crate) fn endpoint(&self) -> Endpoint {
        Endpoint {
            name: String::new(),
            host: "127.0.0.1".to_owned(),
            port: self.facts.amqp_port,
            user: self.facts.user.clone(),
            password: Password(self.facts.password.clone()),
            vhost: self.vhost.clone(),
            tls: false,
            management_port: Some(self.facts.management_port),
            management_url: None,
        }
    }

    /// Each look into a quorum queue counts as a delivery there, and what is given back by a queue
    /// without a limit goes behind the rest.
    pub(crate) fn looks_count(&self) -> bool {
        !self.version().at_least(4, 3)
    }

    /// The arguments of a quorum queue without a delivery limit. From 4.0 on it has one by itself.
    pub(crate) fn endless(&self) -> Vec<(&'static str, Vec<u8>)> {
        let mut arguments = vec![("x-queue-type", raw_amqp::text("quorum"))];
        if self.version().at_least(4, 0) {
            arguments.push(("x-delivery-limit", raw_amqp::int(-1)));
        }
        arguments
    }

    /// Which RabbitMQ the tests run against: rules differ from version to version.
    pub(crate) fn version(&self) -> ServerVersion {
        ServerVersion::rabbitmq(&self.facts.version)
    }

    pub(crate) fn raw(&self) -> Raw {
        let facts = &self.facts;
        Raw::connect(facts.amqp_port, &facts.user, &facts.password, &self.vhost)
    }

    /// The names of all queues, as the management API lists them.
    pub(crate) fn queues(&self) -> Vec<String> {
        let path = format!("queues/{}?disable_stats=true&columns=name", self.encoded());
        let rows = self.get(&path);
        let rows = rows.as_array().expect("a list");
        rows.iter()
            .map(|row| row["name"].as_str().expect("a name").to_owned())
            .collect()
    }

    /// Waits until the management API knows the app's two connections, which takes seconds. A look
    /// or a job has one of its own.
    pub(crate) fn our_connections(&self) -> Vec<String> {
        wait_for("connections in the management API", || {
            let rows = self.get(&format!("vhosts/{}/connections", self.encoded()));
            let rows = rows.as_array().expect("a list");
            let ours = |row: &&Value| {
                let name = &row["client_properties"]["connection_name"];
                name.as_str()
                    .is_some_and(|name| name.starts_with("Eventscope"))
            };
            let names = rows.iter().filter(ours).map(|row| {
                let name = row["name"].as_str().expect("a name");
                name.to_owned()
            });
            let names: Vec<String> = names.collect();
            (names.len() >= 2).then_some(names)
        })
    }

    /// Closes all connections of the app in this virtual host, as an administrator would. Not before
    /// both are listed: closing one would close the successors of the other too.
    pub(crate) fn close_connections(&self) {
        for name in self.our_connections() {
            let encoded = eventscope::rabbitmq::endpoint::encode(&name);
            // The app drops the second one itself when the first is closed, so this may fail.
            self.ask("DELETE", &format!("connections/{encoded}"), None);
        }
    }

    fn put(&self, path: &str, body: &Value) {
        self.request("PUT", path, Some(body));
    }

    fn get(&self, path: &str) -> Value {
        let text = self.request("GET", path, None);
        serde_json::from_str(&text).expect("JSON")
    }

    fn request(&self, method: &str, path: &str, body: Option<&Value>) -> String {
        let (code, text) = self.ask(method, path, body);
        assert!((200..300).contains(&code), "{path}: {code} {text}");
        text
    }

    fn ask(&self, method: &str, path: &str, body: Option<&Value>) -> (u16, String) {
        let facts = &self.facts;
        let login = format!("{}:{}", facts.user, facts.password);
        let login = eventscope::text::base64::encode(login.as_bytes());
        let body = body.map(Value::to_string).unwrap_or_default();
        let request = ureq::http::Request::builder()
            .method(method)
            .uri(format!("{}/api/{path}", facts.management_url()))
            .header("Authorization", format!("Basic {login}"))
            .header("Content-Type", "application/json")
            .body(body)
            .expect("a request");
        let agent = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .build()
            .new_agent();
        let mut answer = agent.run(request).expect(path);
        let text = answer.body_mut().read_to_string().expect("a body");
        (answer.status().as_u16(), text)
    }
}

/// Waits until `look` gives something, and gives it on.
pub(crate) fn wait_for<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    wait_told(what, || look().ok_or(""))
}

/// The same; `look` says what is not so yet, which is told if it never is.
pub(crate) fn wait_told<T, E: std::fmt::Display>(
    what: &str,
    mut look: impl FnMut() -> Result<T, E>,
) -> T {
    let start = Instant::now();
    loop {
        match look() {
            Ok(found) => return found,
            Err(seen) => assert!(
                start.elapsed() < PATIENCE,
                "waited in vain for {what} {seen}"
            ),
        }
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// The app without its window: commands go in, updates come out.
pub(crate) struct App {
    pub(crate) handle: Handle,
    updates: Receiver<Update>,
    /// Updates that came while something else was waited for.
    kept: Vec<Update>,
    /// Of the journal, where the test gave none.
    folder: Option<tempfile::TempDir>,
}

impl App {
    pub(crate) fn start(options: Options) -> Self {
        let (handle, updates) = drivers::start(|| {}, options).expect("the broker side");
        Self {
            handle,
            updates,
            kept: Vec::new(),
            folder: None,
        }
    }

    /// Started and connected; the topology was read once.
    pub(crate) fn at(endpoint: Endpoint) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let options = Options {
            journal_dir: Some(folder.path().to_owned()),
            ..Options::default()
        };
        let mut app = Self::with(endpoint, options);
        app.folder = Some(folder);
        // Read by itself at the start.
        app.expect("the journal", |update| {
            matches!(update, Update::Desk(DeskUpdate::Journal(_))).then_some(())
        });
        app
    }

    /// What the journal says now.
    pub(crate) fn journal(&mut self) -> Vec<Record> {
        self.kept
            .retain(|update| !matches!(update, Update::Desk(DeskUpdate::Journal(_))));
        let question = Question {
            size: usize::MAX,
            ..Question::default()
        };
        self.send(Command::Desk(DeskCommand::ReadJournal(question.clone())));
        let page = self.expect("the journal", |update| match update {
            Update::Desk(DeskUpdate::Journal(Ok(page))) if page.question != question => None,
            Update::Desk(DeskUpdate::Journal(read)) => Some(read.clone()),
            _ => None,
        });
        page.expect("a journal that can be read").records
    }

    pub(crate) fn with(endpoint: Endpoint, options: Options) -> Self {
        let mut app = Self::start(options);
        app.connect(endpoint);
        app
    }

    pub(crate) fn connect(&mut self, endpoint: Endpoint) {
        self.send(Command::Source(
            SourceId::FIRST,
            SourceCommand::Connect(Address::RabbitMq(endpoint)),
        ));
        self.connected();
        self.expect("the topology", |update| {
            matches!(update, Update::Source(_, SourceUpdate::Topology(_))).then_some(())
        });
    }

    /// Waits for a standing connection; gives what answered.
    pub(crate) fn connected(&mut self) -> ServerVersion {
        self.expect("a connection", |update| match update {
            Update::Source(_, SourceUpdate::Link(Link::Connected { server, .. })) => match server {
                Server::RabbitMq(version) => Some(version.clone()),
                Server::Other(name) => panic!("{name} answers"),
            },
            Update::Source(_, SourceUpdate::Link(Link::Failed { reason, .. })) => {
                panic!("not connected: {reason}")
            }
            _ => None,
        })
    }

    pub(crate) fn send(&self, command: Command) {
        self.handle.send(command).expect("room for a command");
    }

    /// Waits for an update that `pick` likes; the others are kept for later.
    pub(crate) fn expect<T>(
        &mut self,
        what: &str,
        mut pick: impl FnMut(&Update) -> Option<T>,
    ) -> T {
        for index in 0..self.kept.len() {
            if let Some(found) = pick(&self.kept[index]) {
                self.kept.remove(index);
                return found;
            }
        }
        let deadline = Instant::now() + PATIENCE;
        loop {
            let Ok(update) = self.updates.recv_deadline(deadline) else {
                panic!("waited in vain for {what}; there came {:#?}", self.kept);
            };
            if let Some(found) = pick(&update) {
                return found;
            }
            self.kept.push(update);
        }
    }

    /// Everything that has come by now and was not waited for.
    pub(crate) fn rest(&mut self) -> Vec<Update> {
        self.kept.extend(self.updates.try_iter());
        std::mem::take(&mut self.kept)
    }

    /// Starts a tap and waits for its first state: its queue, or why not.
    pub(crate) fn tap(&mut self, exchange: &str, keys: &[&str]) -> (TapId, Result<String, String>) {
        let tap = TapId::of(SourceId::FIRST, fresh().0);
        self.send(Command::Source(
            SourceId::FIRST,
            SourceCommand::StartTap(TapRequest {
                tap,
                destination: exchange.to_owned(),
                keys: keys.iter().map(ToString::to_string).collect(),
                reading: TapReading::default(),
            }),
        ));
        (tap, self.started(tap))
    }

    /// What a tap would do.
    pub(crate) fn preflight(&mut self, exchange: &str, keys: &[&str]) -> Report {
        let request = fresh();
        self.send(Command::Source(
            SourceId::FIRST,
            SourceCommand::Preflight {
                request,
                destination: exchange.to_owned(),
                keys: keys.iter().map(ToString::to_string).collect(),
                reading: TapReading::default(),
            },
        ));
        self.expect("a preflight", |update| match update {
            Update::Source(_, SourceUpdate::Preflight { request: r, report }) if *r == request => {
                Some(report.clone())
            }
            _ => None,
        })
    }

    /// Switches the firehose on and waits for its first state.
    pub(crate) fn firehose(&mut self, deliveries: bool) -> (TapId, Result<String, String>) {
        let tap = TapId::of(SourceId::FIRST, fresh().0);
        self.send(Command::Source(
            SourceId::FIRST,
            SourceCommand::StartFirehose(FirehoseRequest { tap, deliveries }),
        ));
        (tap, self.started(tap))
    }

    fn started(&mut self, tap: TapId) -> Result<String, String> {
        self.tap_state(tap, "a tap", |state| match state {
            TapState::Running { queue } => Some(Ok(queue.clone())),
            TapState::Refused(words) => Some(Err(words.clone())),
            _ => None,
        })
    }

    /// Stops a tap and waits for its end.
    pub(crate) fn stop_tap(&mut self, tap: TapId) {
        self.send(Command::Source(
            SourceId::FIRST,
            SourceCommand::StopTap(tap),
        ));
        self.tap_state(tap, "the end of the tap", |state| {
            (*state == TapState::Stopped).then_some(())
        });
    }

    /// The next events of a tap, at least this many.
    pub(crate) fn events(&mut self, id: TapId, count: usize) -> Vec<Event> {
        let mut all = Vec::new();
        while all.len() < count {
            all.extend(self.expect("events", |update| match update {
                Update::Source(_, SourceUpdate::Events(batch)) if batch.tap() == id => {
                    Some(batch.events().map(Kept::to_event).collect::<Vec<_>>())
                }
                _ => None,
            }));
        }
        all
    }

    pub(crate) fn tap_state<T>(
        &mut self,
        id: TapId,
        what: &str,
        pick: impl Fn(&TapState) -> Option<T>,
    ) -> T {
        self.expect(what, |update| match update {
            Update::Source(_, SourceUpdate::Tap { tap, state }) if *tap == id => pick(state),
            _ => None,
        })
    }

    /// The routing keys of the next events of a tap.
    pub(crate) fn keys(&mut self, id: TapId, count: usize) -> Vec<String> {
        let events = self.events(id, count);
        events.iter().map(|event| event.key.clone()).collect()
    }

    pub(crate) fn publish(&mut self, outgoing: Outgoing) -> PublishOutcome {
        let request = fresh();
        self.send(Command::Source(
            SourceId::FIRST,
            SourceCommand::Publish { request, outgoing },
        ));
        self.expect("the end of a publish", |update| match update {
            Update::Source(
                _,
                SourceUpdate::Published {
                    request: r,
                    outcome,
                },
            ) if *r == request => Some(outcome.clone()),
            _ => None,
        })
    }

    pub(crate) fn peek(&mut self, queue: &str, limit: u16) -> Result<PeekReport, String> {
        let request = fresh();
        let queue = queue.to_owned();
        self.send(Command::Source(
            SourceId::FIRST,
            SourceCommand::Peek {
                request,
                queue,
                page: Page::head(limit.into()),
                agreed: true,
            },
        ));
        self.peeked(request)
    }

    /// Waits for the end of a look.
    pub(crate) fn peeked(&mut self, request: RequestId) -> Result<PeekReport, String> {
        self.expect("the end of a peek", |update| match update {
            Update::Source(_, SourceUpdate::Peeked { request: r, result }) if *r == request => {
                Some(result.clone())
            }
            _ => None,
        })
    }

    /// Sends messages again and waits for the end.
    pub(crate) fn resend(&mut self, queue: &str, orders: Vec<MoveOrder>) -> Ended {
        let request = fresh();
        let queue = queue.to_owned();
        self.send(Command::Source(
            SourceId::FIRST,
            SourceCommand::Resend {
                request,
                queue,
                which: Which::These(orders),
                pace: Pace::default(),
            },
        ));
        self.job_done(request)
    }

    /// Waits for the end of a job; gives how each message ended.
    pub(crate) fn job_done(&mut self, request: RequestId) -> Ended {
        let mut outcomes = Vec::new();
        let (problem, sum) = self.expect("the end of a job", |update| match update {
            Update::Source(
                _,
                SourceUpdate::JobDone {
                    request: r,
                    problem,
                    sum,
                },
            ) if *r == request => Some((problem.clone(), *sum)),
            Update::Source(
                _,
                SourceUpdate::PutBackDone {
                    request: r,
                    problem,
                },
            ) if *r == request => Some((problem.clone(), None)),
            _ => None,
        });
        if let Some(sum) = sum {
            assert_eq!(sum.told(), sum.asked, "it adds up: {sum:?}");
        }
        self.kept.retain(|update| match update {
            Update::Source(_, SourceUpdate::Moved { request: r, moved }) if *r == request => {
                outcomes.extend(moved.iter().map(|(_, outcome)| outcome.clone()));
                false
            }
            _ => true,
        });
        Ended {
            outcomes,
            problem,
            sum: sum.unwrap_or_default(),
        }
    }
}

/// How a job ended.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Ended {
    pub(crate) outcomes: Vec<MoveOutcome>,
    pub(crate) problem: Option<String>,
    /// Nothing is counted where none was told.
    pub(crate) sum: JobSum,
}

/// A request that was never used before.
pub(crate) fn fresh() -> RequestId {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    RequestId(NEXT.fetch_add(1, Ordering::Relaxed))
}

/// A plain message.
pub(crate) fn outgoing(exchange: &str, key: &str, body: impl Into<Vec<u8>>) -> Outgoing {
    Outgoing {
        record: None,
        destination: exchange.to_owned(),
        key: key.to_owned(),
        properties: Properties::default(),
        body: body.into(),
    }
}

/// An order to send this message again, unchanged, somewhere else.
pub(crate) fn order(event: &Event, exchange: &str, key: &str) -> MoveOrder {
    MoveOrder {
        original: event.fingerprint(),
        outgoing: Outgoing {
            record: None,
            properties: event.properties.clone(),
            ..outgoing(exchange, key, event.body.clone())
        },
    }
}

/// The bodies of messages, as text.
pub(crate) fn bodies(report: &PeekReport) -> Vec<String> {
    report
        .messages
        .iter()
        .map(|event| String::from_utf8_lossy(&event.body).into_owned())
        .collect()
}
