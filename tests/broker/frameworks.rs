//! What real frameworks leave in their queues: as it was recorded, and, where `make
//! test-frameworks` could fetch them, as they leave it today.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command as Process;
use std::sync::Arc;

use eventscope::event::{Event, Transport};
use eventscope::rabbitmq::endpoint::encode;
use eventscope::rabbitmq::frameworks::{counters, recognise};
use eventscope::storage::journal::WrittenProperties;
use serde::{Deserialize, Serialize};

use crate::support::{App, Place, wait_for};

/// A framework of ours to be run.
struct Framework {
    /// Its name in file names, and that of the queue it works on.
    name: &'static str,
    /// What is behind that name in the queue where its dead letters lie.
    dead: &'static str,
    /// The folder in which it lies, its program and the arguments before its own.
    folder: &'static str,
    program: &'static str,
    arguments: &'static [&'static str],
    /// What is to be told of its message.
    told: &'static str,
}

const CELERY: Framework = Framework {
    name: "celery",
    dead: ".dead",
    folder: "python",
    program: "bin/python",
    arguments: &["SOURCES/celery_parks.py"],
    told: "\
It is a message of Celery (headers task and id); it was retried once before
type shop.stock.reserve, with an id
shop.stock.reserve ('Z',) {'amount': 2}
header retries counts 1 retries and goes with the copy: Celery goes on counting from there
",
};

const DRAMATIQ: Framework = Framework {
    name: "dramatiq",
    dead: ".XQ",
    folder: "python",
    program: "bin/python",
    arguments: &["SOURCES/dramatiq_parks.py"],
    told: "\
It is a message of Dramatiq (actor_name in the body): SkuUnknown: sku Z unknown (caused by \
KeyError: 'Z'), in queue dramatiq, TIME; it was retried once before; what is told is of the attempt \
before the last
to () dramatiq: queue_name in the body
type reserve, with an id
/options/retries in the body counts 1 retries and goes with the copy: Dramatiq goes on counting \
from there
",
};

const RASCAL: Framework = Framework {
    name: "rascal",
    dead: ".dead",
    folder: "node",
    program: "node",
    arguments: &["SOURCES/rascal_parks.js"],
    told: "\
Rascal parked it (header rascal): SKU_UNKNOWN: sku Z unknown, in queue rascal
to (shop) stock.reserve: header rascal: originalExchange and originalRoutingKey
without CC
without rascal: error
without rascal: recovery
no type, with an id
",
};

const SPRING: Framework = Framework {
    name: "spring",
    dead: ".parked",
    folder: "java",
    program: "java",
    arguments: &["-Xmx128m", "-cp", "libs/*:classes", "SpringParks"],
    told: "\
Spring AMQP parked it (header x-exception-stacktrace): SpringParks$StockException: sku Z unknown
to (spring.shop) stock.reserve: headers x-original-exchange and x-original-routingKey
without x-exception-message
without x-exception-stacktrace
without x-original-exchange
without x-original-routingKey
type SpringParks$Reserve, with an id
",
};

/// A message as it lay in a queue.
#[derive(Serialize, Deserialize)]
struct Recording<'a> {
    /// What left it there.
    by: String,
    queue: String,
    exchange: String,
    routing_key: String,
    properties: WrittenProperties<'a>,
    body: String,
}

impl Framework {
    fn queue(&self) -> String {
        format!("{}{}", self.name, self.dead)
    }

    /// Runs it, until its message lies in its queue; `None` where it is not on this machine.
    fn parks(&self) -> Option<Arc<Event>> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let folder = std::env::var_os("EVENTSCOPE_FRAMEWORKS").map(PathBuf::from);
        let folder = folder.map(|folder| root.join(folder).join(self.folder));
        let Some(folder) = folder.filter(|folder| folder.join("made-from").exists()) else {
            eprintln!(
                "SKIPPED: {} was not run, only its recording was tested; `make test-frameworks` \
                 fetches it",
                self.name
            );
            return None;
        };
        let place = Place::fresh();
        let facts = &place.facts;
        let url = format!(
            "amqp://{}:{}@127.0.0.1:{}/{}",
            facts.user,
            facts.password,
            facts.amqp_port,
            encode(&place.vhost)
        );
        let own = folder.join(self.program);
        let program = if own.exists() {
            own
        } else {
            PathBuf::from(self.program)
        };
        let sources = root.join("tests/frameworks");
        let arguments = self.arguments.iter().map(|argument| {
            let sources = sources.display().to_string();
            argument.replace("SOURCES", &sources)
        });
        let done = Process::new(program)
            .args(arguments)
            .args([url.as_str(), self.name])
            .current_dir(&folder)
            .output()
            .expect("its program");
        let words = String::from_utf8_lossy(&done.stderr);
        assert!(done.status.success(), "{}: {words}", self.name);
        let mut app = App::at(place.endpoint());
        let found = wait_for("its message", || {
            let report = app.peek(&self.queue(), 10).expect("a peek");
            report.messages.into_iter().next()
        });
        if std::env::var_os("EVENTSCOPE_RECORD").is_some() {
            self.record(&found, &folder);
        }
        Some(found)
    }

    fn recording(&self) -> PathBuf {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/frameworks/recorded");
        folder.join(self.name).with_extension("json")
    }

    /// Writes down what it left, with the folders of this machine shortened.
    fn record(&self, event: &Event, folder: &Path) {
        let recording = Recording {
            by: format!(
                "tests/frameworks, versions as in its files, program {}",
                self.program
            ),
            queue: self.queue(),
            exchange: event.destination.clone(),
            routing_key: event.key.clone(),
            properties: WrittenProperties::from(&event.properties),
            body: String::from_utf8(event.body.clone()).expect("text"),
        };
        let text = serde_json::to_string_pretty(&recording).expect("JSON");
        let root = env!("CARGO_MANIFEST_DIR");
        let text = text.replace(&folder.display().to_string(), "/opt");
        let text = text.replace(root, "/shop");
        fs::write(self.recording(), text + "\n").expect("a file");
    }

    fn check(&self, event: &Event, who: &str) {
        assert_eq!(told(event, &self.queue()), self.told, "{} {who}", self.name);
    }

    fn check_both(&self) {
        let text = fs::read_to_string(self.recording()).expect("its recording");
        let recorded: Recording<'_> = serde_json::from_str(&text).expect("a recording");
        let event = Event::new(
            chrono::DateTime::UNIX_EPOCH,
            recorded.exchange,
            recorded.routing_key,
            Transport::amqp(true),
            recorded.properties.into(),
            recorded.body.into_bytes(),
        );
        self.check(&event, "recorded");
    }
}

/// All that is told of a message, a line each. Its times are blanked out.
fn told(event: &Event, queue: &str) -> String {
    let parked = recognise(event, queue).expect("a framework");
    let words = parked.words();
    let blanked = words.split_inclusive([',', ';']).map(|part| {
        let time = part.trim().trim_end_matches([',', ';']);
        if time.len() == 20 && time.ends_with('Z') {
            part.replace(time, "TIME")
        } else {
            part.to_owned()
        }
    });
    let mut all = blanked.collect::<String>() + "\n";
    if let Some(target) = &parked.target {
        let (exchange, key, says) = (&target.exchange, &target.routing_key, &target.says);
        all.push_str(&format!("to ({exchange}) {key}: {says}\n"));
    }
    for removed in &parked.removed {
        all.push_str(&format!("without {}\n", removed.name()));
    }
    let kind = event.envelope.event_type.as_deref();
    let kind = kind.map_or("no type".to_owned(), |kind| format!("type {kind}"));
    let id = match &event.envelope.event_id {
        Some(_) => "with an id",
        None => "no id",
    };
    all.push_str(&format!("{kind}, {id}\n"));
    if let Some(summary) = eventscope::event::names::summary(&event.properties) {
        all.push_str(&summary);
        all.push('\n');
    }
    let mut sent = event.properties.clone();
    parked.strip(&mut sent);
    for counter in counters(&sent, &event.body) {
        all.push_str(&counter.note());
        all.push('\n');
    }
    all
}

fn run(framework: &Framework) {
    let found = framework.parks();
    framework.check_both();
    if let Some(event) = found {
        framework.check(&event, "as it is today");
    }
}

#[test]
fn frameworks_celery() {
    run(&CELERY);
}

#[test]
fn frameworks_dramatiq() {
    run(&DRAMATIQ);
}

#[test]
fn frameworks_rascal() {
    run(&RASCAL);
}

#[test]
fn frameworks_spring_amqp() {
    run(&SPRING);
}
