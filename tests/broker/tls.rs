//! What the app says where TLS is asked for, over AMQP and over the management API: with the right
//! CA, with none that helps, and where the other side speaks something else. Which CAs are trusted
//! is a matter of a process's environment, so each question is asked by a process of its own.

use std::net::TcpListener;
use std::path::Path;
use std::process::Command as Process;
use std::time::{Duration, Instant};

use eventscope::address::Address;
use eventscope::drivers::Options;
use eventscope::event::source_id::SourceId;
use eventscope::protocol::{Command, Link, SourceCommand, SourceUpdate, Update};
use eventscope::rabbitmq::endpoint::{Endpoint, Password, encode};
use eventscope::rabbitmq::topology::TopologySource;
use serde_json::{Value, json};

use crate::support::raw_amqp::Life;
use crate::support::tls::{Shows, TlsBroker};
use crate::support::{App, Place, bodies, outgoing};

/// Connecting ends after ten seconds, whatever is there.
const LIMIT: Duration = Duration::from_secs(13);
/// What the line with the answer begins with.
const SAID: &str = "the app said ";

/// The app as a process of its own: this very test binary, at this one test.
#[test]
#[ignore = "run by the tests that choose its CAs"]
fn the_app_that_is_asked() {
    let url = std::env::var("TLS_URL").expect("what the test passes on");
    let endpoint = Endpoint::from_url(&url).expect("a URL");
    let mut app = App::start(Options::default());
    let began = Instant::now();
    app.send(Command::Source(
        SourceId::FIRST,
        SourceCommand::Connect(Address::RabbitMq(endpoint)),
    ));
    let mut said = app.expect("a connection or a refusal", |update| match update {
        Update::Source(_, SourceUpdate::Link(Link::Connected { server, .. })) => {
            Some(json!({"server": server.to_string()}))
        }
        Update::Source(_, SourceUpdate::Link(Link::Failed { reason, .. })) => {
            Some(json!({ "failed": reason }))
        }
        _ => None,
    });
    assert!(began.elapsed() < LIMIT, "{:?}", began.elapsed());
    if said.get("server").is_some() {
        let (source, missing) = app.expect("the topology", |update| match update {
            Update::Source(_, SourceUpdate::Topology(topology)) => {
                Some((topology.source.clone(), topology.missing.clone()))
            }
            _ => None,
        });
        said["management"] = json!(source == TopologySource::Management);
        said["missing"] = json!(missing);
    }
    eprintln!("{SAID}{said}");
}

/// Another one, which watches, publishes and looks.
#[test]
#[ignore = "run by the tests that choose its CAs"]
fn the_app_that_works() {
    let url = std::env::var("TLS_URL").expect("what the test passes on");
    let mut app = App::at(Endpoint::from_url(&url).expect("a URL"));
    let (tap, started) = app.tap("amq.topic", &["#"]);
    started.expect("a tap");
    let outcome = app.publish(outgoing("amq.topic", "a.key", "1"));
    let keys = app.keys(tap, 1);
    let look = app.peek("q", 10).expect("a peek");
    let said = json!({"published": format!("{outcome:?}"), "keys": keys, "looked": bodies(&look)});
    eprintln!("{SAID}{said}");
}

/// Asks the first process, which trusts what is in this file and nothing else.
fn ask(trusts: &Path, url: &str) -> Value {
    run("the_app_that_is_asked", trusts, url)
}

fn run(test: &str, trusts: &Path, url: &str) -> Value {
    let output = Process::new(std::env::current_exe().expect("this program"))
        .args(["--ignored", "--exact", "--nocapture"])
        .arg(format!("broker::tls::{test}"))
        .env("SSL_CERT_FILE", trusts)
        .env_remove("SSL_CERT_DIR")
        .env("TLS_URL", url)
        .output()
        .expect("a process");
    let words = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{words}");
    // Also none on a thread of its own.
    assert!(!words.contains("panicked"), "{words}");
    let said = words.lines().find_map(|line| line.strip_prefix(SAID));
    serde_json::from_str(said.expect("an answer")).expect("JSON")
}

/// The address of this port, with TLS or without, and where the management API is.
fn url(tls: bool, port: u16, management: &str) -> String {
    url_in("/", tls, port, management)
}

/// The same in this virtual host.
fn url_in(vhost: &str, tls: bool, port: u16, management: &str) -> String {
    let facts = &TlsBroker::shared().facts;
    let endpoint = Endpoint {
        vhost: vhost.to_owned(),
        host: "127.0.0.1".to_owned(),
        port,
        user: facts.user.clone(),
        password: Password(facts.password.clone()),
        tls,
        ..Endpoint::default()
    };
    let management = encode(management);
    format!("{}?management_url={management}", endpoint.secret_url())
}

/// Nothing listens there.
const NOWHERE: &str = "http://127.0.0.1:1";

/// Why there is no connection.
fn refusal(trusts: &Path, tls: bool, port: u16) -> String {
    let said = ask(trusts, &url(tls, port, NOWHERE));
    text(&said, "failed")
}

/// What is said of a management API that does not serve, on a connection that stands.
fn missing(trusts: &Path, management: &str) -> String {
    let broker = TlsBroker::shared();
    let said = ask(trusts, &url(false, broker.facts.amqp_port, management));
    assert_eq!(said["management"], json!(false), "{said}");
    text(&said, "missing")
}

fn text(said: &Value, name: &str) -> String {
    let found = said.get(name).and_then(Value::as_str);
    found.unwrap_or_else(|| panic!("{said}")).to_owned()
}

fn assert_says(words: &str, wanted: &[&str]) {
    for part in wanted {
        assert!(words.contains(part), "{part:?} is missing in: {words}");
    }
    // The libraries' own names for what happened.
    for jargon in [
        "UnknownIssuer",
        "InvalidContentType",
        "CaUsedAsEndEntity",
        "peer certificate",
        "rustls",
        "protocol:",
        "io:",
        "DnsName",
    ] {
        assert!(!words.contains(jargon), "{jargon:?} is in: {words}");
    }
}

#[test]
fn with_the_right_ca_broker_and_management_api_are_reached() {
    let broker = TlsBroker::shared();
    let https = format!("https://127.0.0.1:{}", broker.https);
    let version = format!("RabbitMQ {}", broker.facts.version);
    for shows in [Shows::Good, Shows::SelfSigned] {
        let said = ask(&broker.trusted(), &url(true, broker.amqps(shows), &https));
        let wanted = json!({"server": version, "management": true, "missing": ""});
        assert_eq!(said, wanted, "{shows:?}");
    }
}

#[test]
fn the_greeting_names_the_broker_over_tls_too() {
    let broker = TlsBroker::shared();
    let port = broker.amqps(Shows::Good);
    let said = ask(&broker.trusted(), &url(true, port, NOWHERE));
    let version = format!("RabbitMQ {}", broker.facts.version);
    assert_eq!(said["server"], json!(version));
    assert_eq!(said["management"], json!(false));
    assert_says(&text(&said, "missing"), &["No management API listens at"]);
}

/// The headers of what is looked at need larger frames than those that RabbitMQ offers: what is said
/// of their size is changed inside of TLS.
#[test]
fn over_tls_events_are_watched_published_and_looked_at() {
    let broker = TlsBroker::shared();
    let place = Place::on(&broker.facts);
    place.raw().queue("q", Life::Durable, &[]);
    let headers = json!({ "trace": "x".repeat(300 * 1024) });
    place.publish_large("", "q", &headers, "large");
    let https = format!("https://127.0.0.1:{}", broker.https);
    let url = url_in(&place.vhost, true, broker.amqps(Shows::Good), &https);
    let said = run("the_app_that_works", &broker.trusted(), &url);
    let wanted = json!({"published": "Routed", "keys": ["a.key"], "looked": ["large"]});
    assert_eq!(said, wanted);
}

#[test]
fn a_certificate_that_does_not_hold_says_why_and_what_to_do() {
    let broker = TlsBroker::shared();
    let port = |shows| broker.amqps(shows);
    let trusted = broker.trusted();
    for shows in [Shows::Good, Shows::SelfSigned] {
        let words = refusal(&broker.stranger(), true, port(shows));
        assert_says(&words, &["does not trust", "SSL_CERT_FILE"]);
    }
    let words = refusal(&trusted, true, port(Shows::OtherName));
    assert_says(&words, &["broker.example", "127.0.0.1"]);
    let words = refusal(&trusted, true, port(Shows::Expired));
    assert_says(&words, &["expired", "2020", "clock"]);
    let words = refusal(&trusted, true, port(Shows::SelfSignedCa));
    assert_says(&words, &["a CA's own", "127.0.0.1"]);
    // No CA at all.
    let words = refusal(Path::new("/dev/null"), true, port(Shows::Good));
    assert_says(&words, &["no CA", "ca-certificates", "SSL_CERT_FILE"]);
}

#[test]
fn tls_at_a_plain_port_and_the_other_way_round_are_told_apart() {
    let broker = TlsBroker::shared();
    let trusted = broker.trusted();
    let words = refusal(&trusted, true, broker.facts.amqp_port);
    assert_says(&words, &["does not speak TLS", "5671"]);
    let words = refusal(&trusted, false, broker.amqps(Shows::Good));
    // Some versions hang up, others send what no AMQP begins with.
    assert_says(&words, &["TLS", "amqps://"]);
}

#[test]
fn a_server_that_wants_a_certificate_of_the_client_says_so() {
    let broker = TlsBroker::shared();
    let words = refusal(&broker.trusted(), true, broker.amqps(Shows::GoodAndAsks));
    assert_says(
        &words,
        &["encrypted connection", "certificate of the client"],
    );
}

/// Nobody takes up what the system has accepted for this listener.
#[test]
fn what_never_answers_a_handshake_is_given_up() {
    let broker = TlsBroker::shared();
    let silent = TcpListener::bind(("127.0.0.1", 0)).expect("a port");
    let port = silent.local_addr().expect("its number").port();
    let words = refusal(&broker.trusted(), true, port);
    assert_says(&words, &["did not answer within 10 seconds"]);
    let words = missing(&broker.trusted(), &format!("https://127.0.0.1:{port}"));
    assert_says(&words, &["did not answer in time"]);
}

#[test]
fn the_management_api_is_checked_as_the_broker_is() {
    let broker = TlsBroker::shared();
    let at = |scheme: &str, port: u16| format!("{scheme}://127.0.0.1:{port}");
    let https = at("https", broker.https);
    let words = missing(&broker.stranger(), &https);
    assert_says(&words, &[&https, "does not trust", "SSL_CERT_FILE"]);
    let trusted = broker.trusted();
    // The handshake is over before it shows that another protocol is spoken there.
    let other = at("https", broker.amqps(Shows::OtherName));
    assert_says(&missing(&trusted, &other), &[&other, "broker.example"]);
    let plain = at("https", broker.facts.management_port);
    let words = missing(&trusted, &plain);
    assert_says(&words, &[&plain, "does not speak TLS", "http://"]);
    let encrypted = at("http", broker.https);
    let words = missing(&trusted, &encrypted);
    assert_says(&words, &[&encrypted, "https://"]);
    let no_http = at("https", broker.amqps(Shows::Good));
    let words = missing(&trusted, &no_http);
    assert_says(&words, &[&no_http, "does not speak HTTP"]);
}
