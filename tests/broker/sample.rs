//! Makes `assets/sample.eventscope`, the first look of a newcomer: a minute and a half of the sample
//! shop, recorded by the app's own taps and its own recorder. `make sample` runs it.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crossbeam_channel::Receiver;
use eventscope::address::{Address, StoreKind};
use eventscope::drivers::{self, Options};
use eventscope::engine::taping::Taping;
use eventscope::event::source_id::SourceId;
use eventscope::event::tap_id::TapId;
use eventscope::event::watching::{TapReading, TapRequest};
use eventscope::log::Batch;
use eventscope::protocol::{Command, Link, SourceCommand, SourceUpdate, TapState, Update};
use eventscope::rabbitmq::endpoint::{Endpoint, encode};
use eventscope::recording::reader::RecordingCursor;
use eventscope::recording::writer::RecordingWriter;
use eventscope::recording::{RecordTo, RecordedEntry, Recording, RecordingThread};

use crate::support::PATIENCE;

/// How long the shop is watched. The connection is cut in the middle of it.
const LENGTH: Duration = Duration::from_secs(90);
const CUT_AFTER: Duration = Duration::from_secs(50);
/// The name of the place in the file: which port it was says nothing to anybody.
const PLACE: &str = "sandbox";

#[test]
#[ignore = "writes assets/sample.eventscope: make sample"]
fn sample_recording() {
    let dir = tempfile::tempdir().expect("a folder");
    let raw = dir.path().join("raw.eventscope");
    let recorder = RecordingThread::start(RecordTo::File(raw.clone()), |words| panic!("{words}"));
    let taping = Arc::new(Taping::new(recorder.expect("a recording")));
    let options = Options {
        sandbox_dir: Some(dir.path().join("sandbox")),
        taping: Some(Arc::clone(&taping)),
        ..Options::default()
    };
    let (handle, updates) = drivers::start(|| {}, options).expect("threads");
    let send = |command| {
        let sent = handle.send(Command::Source(SourceId::FIRST, command));
        sent.expect("room");
    };
    send(SourceCommand::StartSandbox(StoreKind::RabbitMq));
    let endpoint = next(&updates, PATIENCE, |update| match update {
        SourceUpdate::Link(Link::Connected {
            address: Address::RabbitMq(endpoint),
            ..
        }) => Some(endpoint),
        _ => None,
    });
    // The shop has declared its exchanges.
    next(&updates, PATIENCE, |update| {
        if let SourceUpdate::Topology(topology) = update {
            return topology.exchange("shop.dead").map(|_| ());
        }
        send(SourceCommand::RefreshTopology);
        None
    });
    for (number, destination) in [(1, "shop.events"), (2, "shop.dead")] {
        let keys = match destination {
            "shop.events" => vec!["#".to_owned()],
            _ => ["notification.orders", "payment.settle", "shipment.labels"]
                .map(str::to_owned)
                .to_vec(),
        };
        send(SourceCommand::StartTap(TapRequest {
            tap: TapId::of(SourceId::FIRST, number),
            destination: destination.to_owned(),
            keys,
            reading: TapReading::default(),
        }));
    }
    let begun = Instant::now();
    let mut is_cut = false;
    while begun.elapsed() < LENGTH {
        if begun.elapsed() > CUT_AFTER && !is_cut {
            is_cut = true;
            cut(&endpoint);
        }
        if let Ok(Update::Source(_, SourceUpdate::Tap { state, .. })) =
            updates.recv_timeout(Duration::from_millis(200))
            && let TapState::Refused(words) = state
        {
            panic!("{words}");
        }
    }
    drop(handle);
    let state = taping.stop();
    assert_eq!((state.missed, state.problem), (0, None));
    tidy(
        &raw,
        &Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/sample.eventscope"),
    );
}

fn next<T>(
    updates: &Receiver<Update>,
    patience: Duration,
    mut pick: impl FnMut(SourceUpdate) -> Option<T>,
) -> T {
    let deadline = Instant::now() + patience;
    loop {
        let update = updates.recv_deadline(deadline).expect("an update in time");
        if let Update::Source(_, update) = update
            && let Some(found) = pick(update)
        {
            return found;
        }
    }
}

/// Closes the taps' connections, as an administrator would.
fn cut(endpoint: &Endpoint) {
    let login = format!("{}:{}", endpoint.user, endpoint.password.0);
    let login = eventscope::text::base64::encode(login.as_bytes());
    let base = format!("{}/api/connections", endpoint.management_url());
    let agent = ureq::Agent::config_builder()
        .http_status_as_error(false)
        .build()
        .new_agent();
    let ask = |method: &str, uri: &str| {
        let request = ureq::http::Request::builder()
            .method(method)
            .uri(uri)
            .header("Authorization", format!("Basic {login}"))
            .body(())
            .expect("a request");
        let mut answer = agent.run(request).expect("an answer");
        answer.body_mut().read_to_string().expect("a body")
    };
    let all: serde_json::Value = serde_json::from_str(&ask("GET", &base)).expect("JSON");
    let mut closed = 0;
    for connection in all.as_array().expect("a list") {
        let own = connection["client_properties"]["connection_name"].as_str();
        if own == Some("Eventscope (tap)") {
            let name = connection["name"].as_str().expect("a name");
            ask("DELETE", &format!("{base}/{}", encode(name)));
            closed += 1;
        }
    }
    assert!(closed > 0, "no connection of a tap in {all}");
}

/// Writes it once more, as small as it can be, with notes beside what is worth looking at.
fn tidy(raw: &Path, out: &Path) {
    let mut recording = Recording::open(raw).expect("a recording");
    let about = recording.about().expect("what it is");
    let (mut cursor, mut entries) = (RecordingCursor::default(), Vec::new());
    loop {
        let page = recording.page(&mut cursor, 10_000).expect("a page");
        if page.is_empty() {
            break;
        }
        entries.extend(page);
    }
    std::fs::remove_file(out).ok();
    let mut writer = RecordingWriter::create(out, about.begun_at).expect("a new file");
    let mut gaps = 0;
    let mut noted = [false; 2];
    for entry in entries {
        match entry {
            RecordedEntry::Event(read) => {
                let event = &read.event;
                let batch = Batch::of(TapId::of(SourceId::FIRST, 1), [event]);
                writer.segment(PLACE, batch.segment()).expect("an event");
                let words = match event.destination.as_str() {
                    "shop.dead" if event.key == "notification.orders" => Some((
                        0,
                        "The first order that nobody was told of: its amount is text",
                    )),
                    "shop.events" if event.key.starts_with("payment.") && gaps > 0 => {
                        Some((1, "Payments go on after the connection was cut"))
                    }
                    _ => None,
                };
                if let Some((which, words)) = words.filter(|(which, _)| !noted[*which]) {
                    noted[which] = true;
                    let number = writer.events();
                    writer
                        .note(event.received_at, Some(number), words)
                        .expect("a note");
                }
            }
            RecordedEntry::Gap(mut gap) => {
                gap.place = gap.place.map(|_| PLACE.to_owned());
                writer.gap(&gap).expect("a gap");
                gaps += 1;
            }
        }
    }
    assert!(gaps > 0 && noted == [true; 2], "{gaps} gaps, {noted:?}");
    let end = about.ended_at.unwrap_or(about.seen_until);
    writer.seal(end).expect("its end");
}
