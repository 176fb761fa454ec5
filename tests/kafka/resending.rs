//! Sending dead letters again: what arrives, what is kept back, what the journal says, and that nothing is
//! taken out of a topic.

use std::sync::Arc;
use std::time::Duration;

use eventscope::event::Event;
use eventscope::kafka::resend::{CopyTime, RecordManner, RecordTarget};
use eventscope::protocol::{
    Agreement, LogPage, MoveOutcome, RecordOrder, RecordsAgreed, RecordsOrder, SendingWay,
    WhichRecords,
};
use eventscope::repair::pace::Pace;
use eventscope::repair::record_place::RecordDeed;
use eventscope::text::percent::encode;

use super::app::{App, address};
use super::letters::{DIED, Headers, WRITTEN, own, record, share, spring};
use super::server::{KafkaServer, PASSWORD, USER, server};

/// All of a topic, to where each came from.
pub(crate) fn whole(place: &str) -> RecordsOrder {
    RecordsOrder {
        place: place.to_owned(),
        which: WhichRecords::Whole(Box::default()),
        time: CopyTime::AsItFits,
        agreed: RecordsAgreed::default(),
        pace: Pace::default(),
    }
}

fn these(place: &str, letters: &[Arc<Event>]) -> RecordsOrder {
    let manner = RecordManner::default();
    let orders = letters.iter().map(|letter| RecordOrder {
        letter: Arc::clone(letter),
        outgoing: manner.plan(letter, None, |_| None).unwrap().outgoing,
    });
    RecordsOrder {
        which: WhichRecords::These(orders.collect()),
        ..whole(place)
    }
}

fn letter(
    dead: &str,
    key: Option<&str>,
    body: &[u8],
    headers: Headers,
) -> eventscope::event::Outgoing {
    record(dead, key, Some(body), [own(), headers].concat(), DIED)
}

#[test]
fn all_of_a_topic_is_sent_once_and_the_journal_knows_it() {
    let Some(server) = server() else { return };
    let (origin, dead) = (
        server.topic("all", 4, &["retention.ms=-1"]),
        server.topic("all-dlt", 2, &[]),
    );
    let folder = tempfile::tempdir().unwrap();
    let mut app = App::at_with_journal(server, folder.path());
    for number in 0..120_i64 {
        let key = format!("k{number}");
        let headers = spring(&origin, i32::try_from(number % 4).unwrap(), number, "g");
        app.publish(letter(
            &dead,
            Some(&key),
            number.to_string().as_bytes(),
            headers,
        ));
    }
    let check = app.check(whole(&dead)).unwrap();
    assert_eq!(
        (check.records, check.targets.clone()),
        (120, vec![(origin.clone(), 120)])
    );
    assert_eq!(check.way, SendingWay::Transactions);
    assert!(
        check.notes.iter().any(|note| note.contains("not only g")),
        "{check:?}"
    );
    let done = app.resend(whole(&dead));
    assert_eq!(
        (done.problem.as_deref(), done.sum.done, done.sum.asked),
        (None, 120, 120)
    );
    // Kafka's own consumer reads them: each once, in its partition, with its own headers only.
    let read = server.read(&origin, 120);
    assert_eq!(read.len(), 120);
    for number in 0..120 {
        let end = format!("|k{number}|{number}");
        let line: Vec<_> = read.iter().filter(|line| line.ends_with(&end)).collect();
        assert_eq!(line.len(), 1, "{number}");
        assert!(
            line[0].starts_with(&format!("Partition:{}|", number % 4)),
            "{line:?}"
        );
        assert!(
            line[0].contains("|traceparent:00-1,note:NULL,traceparent:00-2|"),
            "{line:?}"
        );
    }
    // Nothing left the topic, each is marked, and what was sent is not sent again.
    let page = app.read_log(&dead, LogPage::Oldest, 200).unwrap();
    assert_eq!(page.messages.len(), 120);
    let deeds = page.marks.iter().flatten().map(|mark| mark.deed);
    assert_eq!(deeds.filter(|deed| *deed == RecordDeed::Sent).count(), 120);
    let again = app.resend(whole(&dead));
    assert_eq!(
        (again.problem, again.sum.asked, again.sum.done),
        (None, 0, 0)
    );
    let mut some = these(&dead, &page.messages[..2]);
    let kept = app.resend(some.clone());
    assert_eq!((kept.sum.kept, kept.sum.done), (2, 0));
    some.agreed.again = true;
    assert_eq!(app.resend(some).sum.done, 2);
    // The time is that of the event.
    let origin_page = app.read_log(&origin, LogPage::Oldest, 1).unwrap();
    let time = origin_page.messages[0].properties.timestamp;
    assert_eq!(time, u64::try_from(WRITTEN).ok());
    // Another window with the same journal knows it too.
    drop(app);
    let mut app = App::at_with_journal(server, folder.path());
    assert_eq!(app.resend(whole(&dead)).sum.done, 0);
    let places = app.dead_places(&[]).unwrap();
    let place = places.iter().find(|place| place.name == dead).unwrap();
    assert_eq!((place.records, place.done), (Some(120), 120));
}

#[test]
#[expect(
    clippy::too_many_lines,
    reason = "one story: what is kept back, and what goes once the person agreed"
)]
fn what_would_do_harm_is_kept_back() {
    let Some(server) = server() else { return };
    let compacted = server.topic("state", 1, &["cleanup.policy=compact"]);
    let small = server.topic("small", 1, &["max.message.bytes=2000"]);
    let dead = server.topic("harm-dlt", 1, &[]);
    let folder = tempfile::tempdir().unwrap();
    let mut app = App::at_with_journal(server, folder.path());
    for (key, body) in [("old", "1"), ("only", "1"), ("old", "2")] {
        app.publish(record(
            &compacted,
            Some(key),
            Some(body.as_bytes()),
            own(),
            WRITTEN,
        ));
    }
    app.publish(letter(
        &dead,
        Some("old"),
        b"1",
        spring(&compacted, 0, 0, "g"),
    ));
    app.publish(letter(
        &dead,
        Some("only"),
        b"1",
        spring(&compacted, 0, 1, "g"),
    ));
    app.publish(letter(
        &dead,
        Some("k"),
        &[b'x'; 3_000],
        spring(&small, 0, 0, "g"),
    ));
    app.publish(letter(
        &dead,
        Some("k"),
        b"x",
        spring("harm-none", 0, 0, "g"),
    ));
    app.publish(record(
        &dead,
        None,
        None,
        share(&compacted, 0, 1, "g"),
        DIED,
    ));
    app.publish(letter(&dead, Some("k"), b"nobody tells", Vec::new()));
    let check = app.check(whole(&dead)).unwrap();
    assert_eq!(check.targets, [(compacted.clone(), 1)]);
    let kept = |part: &str| {
        let found = check.kept.iter().find(|one| one.words.contains(part));
        found.unwrap_or_else(|| panic!("{part}: {check:#?}"))
    };
    let newer = kept("has a newer record of this key (at 0:2)");
    assert_eq!(
        (newer.needs, &*newer.examples),
        (Some(Agreement::OverNewer), &[(0, 0)][..])
    );
    assert_eq!(kept("max.message.bytes").needs, None);
    assert_eq!(kept("There is no topic harm-none").needs, None);
    assert_eq!(
        kept("neither key nor value").needs,
        Some(Agreement::Unproven)
    );
    assert_eq!(kept("is not told by any header").needs, None);
    let done = app.resend(whole(&dead));
    assert_eq!((done.sum.done, done.sum.kept, done.sum.asked), (1, 5, 6));
    assert!(
        done.kept
            .iter()
            .any(|words| words.contains("max.message.bytes"))
    );
    assert_eq!(
        app.read_log(&compacted, LogPage::Oldest, 9)
            .unwrap()
            .messages
            .len(),
        4
    );
    let mut agreed = whole(&dead);
    agreed.agreed.over_newer = true;
    agreed.agreed.unproven = true;
    let done = app.resend(agreed);
    assert_eq!(done.sum.done, 2, "{done:#?}");
    // Nothing was made by asking.
    let topics = server.tool("org.apache.kafka.tools.TopicCommand", &["--list"]);
    assert!(!topics.contains("harm-none"));
}

#[test]
fn a_time_that_the_target_would_not_keep_becomes_that_of_sending() {
    let Some(server) = server() else { return };
    let origin = server.topic("aged", 1, &["retention.ms=3600000"]);
    let dead = server.topic("aged-dlt", 1, &[]);
    let folder = tempfile::tempdir().unwrap();
    let mut app = App::at_with_journal(server, folder.path());
    app.publish(letter(&dead, Some("k"), b"x", spring(&origin, 0, 0, "g")));
    let check = app.check(whole(&dead)).unwrap();
    let note = check
        .notes
        .iter()
        .any(|note| note.starts_with("1 get the time of sending"));
    assert!(note, "{check:?}");
    assert_eq!(app.resend(whole(&dead)).sum.done, 1);
    let read = app.read_log(&origin, LogPage::Newest, 1).unwrap();
    let time = read.messages[0].properties.timestamp.unwrap();
    let now = u64::try_from(chrono::Utc::now().timestamp_millis()).unwrap();
    assert!(now.abs_diff(time) < 60_000, "{time}");
}

#[test]
fn a_discard_marks_and_takes_nothing() {
    let Some(server) = server() else { return };
    let (origin, dead) = (server.topic("off", 1, &[]), server.topic("off-dlt", 1, &[]));
    let folder = tempfile::tempdir().unwrap();
    let mut app = App::at_with_journal(server, folder.path());
    for body in [b"1", b"2"] {
        app.publish(letter(&dead, None, body, spring(&origin, 0, 0, "g")));
    }
    let page = app.read_log(&dead, LogPage::Oldest, 9).unwrap();
    let (moved, done) = app.discard(vec![Arc::clone(&page.messages[0])]);
    assert_eq!(
        moved,
        [(page.messages[0].fingerprint(), MoveOutcome::Discarded)]
    );
    assert_eq!(done.sum.done, 1);
    let page = app.read_log(&dead, LogPage::Oldest, 9).unwrap();
    let deeds: Vec<_> = page
        .marks
        .iter()
        .map(|mark| mark.as_ref().map(|mark| mark.deed))
        .collect();
    assert_eq!(deeds, [Some(RecordDeed::Discarded), None]);
    assert_eq!(app.resend(whole(&dead)).sum.done, 1);
    assert_eq!(server.read(&origin, 1).len(), 1);
}

#[test]
fn a_canary_that_dies_again_ends_the_resend() {
    let Some(server) = server() else { return };
    let (origin, dead) = (
        server.topic("canary", 1, &[]),
        server.topic("canary-dlt", 1, &[]),
    );
    let folder = tempfile::tempdir().unwrap();
    let mut app = App::at_with_journal(server, folder.path());
    for number in 0..5 {
        app.publish(letter(
            &dead,
            None,
            b"x",
            spring(&origin, 0, 100 + number, "g"),
        ));
    }
    let mut order = whole(&dead);
    order.pace.canary = Some(Duration::from_secs(8));
    let request = app.begin_resend(order);
    // A consumer gives the first copy up at once.
    app.expect("the watch", |update| match update {
        eventscope::protocol::SourceUpdate::JobAt {
            stage: eventscope::protocol::JobStage::Watching { .. },
            ..
        } => Some(()),
        _ => None,
    });
    app.publish(letter(&dead, None, b"x", spring(&origin, 0, 0, "g")));
    let done = app.end_of(request);
    let problem = done.problem.unwrap();
    assert!(problem.contains("1 died again"), "{problem}");
    assert_eq!((done.sum.done, done.sum.untried), (1, 4));
    let page = app.read_log(&dead, LogPage::Newest, 1).unwrap();
    let returns = app.returns(page.messages.clone());
    assert_eq!(returns, [(page.messages[0].fingerprint(), 1)]);
}

fn allow(server: &KafkaServer, topic: &str, operation: &str) {
    let principal = format!("User:{USER}");
    let arguments = [
        "--add",
        "--force",
        "--allow-principal",
        &principal,
        "--operation",
        operation,
        "--topic",
        topic,
    ];
    server.tool("org.apache.kafka.tools.AclCommand", &arguments);
}

#[test]
fn without_the_right_to_transactions_each_copy_is_confirmed_by_itself() {
    let Some(server) = server() else { return };
    let (origin, dead) = (
        server.topic("rights", 2, &[]),
        server.topic("rights-dlt", 1, &[]),
    );
    let folder = tempfile::tempdir().unwrap();
    let mut all = App::at(server);
    for number in 0..20 {
        let key = format!("k{number}");
        all.publish(letter(
            &dead,
            Some(&key),
            b"x",
            spring(&origin, 0, number, "g"),
        ));
    }
    allow(server, &dead, "READ");
    allow(server, &origin, "WRITE");
    let mut app = App::start_with_journal(folder.path());
    let login = format!("{USER}:{}@{}", encode(PASSWORD), server.sasl);
    app.connect(address(&login, "?sasl=plain"))
        .expect("a connection");
    app.knows(&origin);
    let check = app.check(whole(&dead)).unwrap();
    assert_eq!(check.way, SendingWay::NoTransactions);
    let told = check.notes.join(" ");
    assert!(told.contains("no right to transactions"), "{told}");
    assert!(told.contains("DESCRIBE_CONFIGS"), "{told}");
    let done = app.resend(whole(&dead));
    assert_eq!((done.problem.as_deref(), done.sum.done), (None, 20));
    assert_eq!(server.read(&origin, 20).len(), 20);
    assert_eq!(app.resend(whole(&dead)).sum.done, 0);
    // Where it may not write, that is said of each.
    let mut elsewhere = whole(&dead);
    elsewhere.agreed.again = true;
    let closed = server.topic("closed", 1, &[]);
    allow(server, &closed, "DESCRIBE");
    elsewhere.which = WhichRecords::Whole(Box::new(RecordManner {
        target: RecordTarget::Topic(closed),
        ..RecordManner::default()
    }));
    let done = app.resend(elsewhere);
    assert_eq!((done.sum.kept, done.sum.done), (20, 0));
}
