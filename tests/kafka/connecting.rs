//! Connecting: what answers, and every way in which it does not, in words.

use eventscope::event::start_from::StartFrom;
use eventscope::event::watching::{TapReading, Weight};

use super::app::{App, address};
use super::server::{PASSWORD, USER, server};
use eventscope::text::percent::encode;

#[test]
fn a_cluster_says_what_it_is_and_which_topics_it_has() {
    let Some(server) = server() else { return };
    let topic = server.topic("orders", 3, &[]);
    let mut app = App::start();
    let told = app
        .connect(address(&server.plain, ""))
        .expect("a connection");
    assert!(
        told.starts_with("Kafka ") && told.ends_with(", 1 broker"),
        "{told}"
    );
    app.knows(&topic);
    // A second address that nobody answers at is no harm.
    let two = format!("127.0.0.1:1,{}", server.plain);
    app.connect(address(&two, "")).expect("a connection");
    let picture = app.picture();
    let found = picture.destination(&topic).expect("the topic");
    assert_eq!((found.partitions, found.is_open), (3, true));
}

#[test]
fn every_login_that_the_broker_knows_works() {
    let Some(server) = server() else { return };
    for mechanism in ["plain", "scram-sha-256", "scram-sha-512"] {
        let mut app = App::start();
        let login = format!("{}:{}@{}", encode(USER), encode(PASSWORD), server.sasl);
        let query = format!("?sasl={mechanism}");
        app.connect(address(&login, &query)).expect(mechanism);
    }
}

#[test]
fn tls_trusts_a_ca_that_is_named_and_no_other() {
    let Some(server) = server() else { return };
    let mut app = App::start();
    let ca = encode(&server.ca_file().to_string_lossy());
    app.connect(address(&server.tls, &format!("?tls=true&ca={ca}")))
        .expect("a connection");
    let told = app
        .connect(address(&server.tls, "?tls=true"))
        .expect_err("no trust");
    assert!(told.contains("does not trust"), "{told}");
    let told = app
        .connect(address(&server.tls, "?tls=true&ca=%2Fno%2Fsuch.pem"))
        .expect_err("no file");
    assert!(told.contains("such.pem"), "{told}");
}

#[test]
fn the_wrong_protocol_is_told_in_words() {
    let Some(server) = server() else { return };
    let login = format!("{USER}:x@");
    for (server, query, words) in [
        (server.tls.clone(), "", "speaks TLS at this port"),
        (server.plain.clone(), "?tls=true", "does not speak TLS"),
        (server.sasl.clone(), "", "wants a login"),
        (
            format!("{login}{}", server.sasl),
            "?sasl=plain",
            "refused the login",
        ),
        (
            format!("{login}{}", server.sasl),
            "?sasl=scram-sha-512",
            "refused the login",
        ),
        (
            format!("{login}{}", server.sasl),
            "?sasl=oauthbearer",
            "It knows: ",
        ),
        ("127.0.0.1:1".to_owned(), "", "Nobody answers there"),
        (
            "no-such-host.invalid:1".to_owned(),
            "",
            "Nobody answers there",
        ),
    ] {
        let told = App::start().connect(address(&server, query));
        let told = told.expect_err("no connection");
        assert!(told.contains(words), "{server}{query}: {told}");
        assert!(!told.contains("krafka"), "{told}");
    }
}

#[test]
fn what_is_not_there_cannot_be_read() {
    let Some(server) = server() else { return };
    let mut app = App::at(server);
    let report = app.preflight("no-such-topic", StartFrom::End);
    assert_eq!(report.findings[0].weight, Weight::Refused);
    assert!(
        report.findings[0]
            .words
            .contains("No topic is called no-such-topic")
    );
    let told = app
        .tap("no-such-*", TapReading::default())
        .expect_err("no tap");
    assert!(told.contains("No topic is called"), "{told}");
}
