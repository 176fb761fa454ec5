//! A long run at a steady rate: memory must stay flat and frames short. Not among the figures that
//! are measured by default, because it takes half an hour: `make soak`.

use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use eventscope::drivers::rabbitmq::sandbox::Sandbox;
use eventscope::rabbitmq::tap::LIMIT;

use crate::clock;
use crate::tap::{self, Tapping};

const RATE: u64 = 5_000;
/// The publisher sends so many at once, so many times a second.
const STEP: u64 = 250;
/// Small, so that the log is full after a minute and evicts for the rest of the run.
const LOG_BYTES: usize = 128 << 20;

/// Runs for so many minutes; the first tenth, in which the log fills, is not judged.
pub(crate) fn measure(minutes: u64) {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR"));
    let folder = folder.join(format!("soak-{}", std::process::id()));
    let broker = runtime
        .block_on(Sandbox::start(&folder, |_| {}))
        .expect("a private RabbitMQ");
    runtime.block_on(tap::declare(broker.facts()));
    let mut app = Tapping::start(broker.facts(), LOG_BYTES, LIMIT);
    let seconds = minutes * 60;
    // In a process of its own: its memory and its pauses are not the app's.
    let mut publisher = Command::new(std::env::current_exe().expect("the path of this program"))
        .args(["--measure", "publisher", &broker.facts().amqp_url()])
        .arg(seconds.to_string())
        .stdin(Stdio::null())
        .spawn()
        .expect("a publisher");
    let begin = Instant::now();
    let mut full = None;
    let mut costs = Vec::new();
    let mut peak: f64 = 0.0;
    let mut looked = Instant::now();
    while app.received() < seconds * RATE {
        assert!(
            begin.elapsed() < Duration::from_secs(seconds + 60),
            "{} of {} events came",
            app.received(),
            seconds * RATE
        );
        let start = Instant::now();
        let Some(cpu) = app.turn() else { continue };
        let judged = begin.elapsed().as_secs() > seconds / 10;
        if judged {
            costs.push((cpu * 1e3, start.elapsed()));
        }
        if judged && looked.elapsed() > Duration::from_secs(5) {
            looked = Instant::now();
            let resident = clock::resident();
            full.get_or_insert(resident);
            peak = peak.max(resident);
        }
    }
    publisher.wait().expect("the end of the publisher");
    let state = app.window.app.state();
    let log = &state.live.log;
    assert_eq!(log.received(), log.kept() + log.evicted());
    assert!(state.taps.losses().is_none(), "the tap's queue overflowed");
    let full = full.expect("a run that is long enough");
    costs.sort_by(|a, b| a.0.total_cmp(&b.0));
    let at = |share: usize| costs[costs.len() * share / 1_000].0;
    println!("value soak_frame_ms_median {}", at(500));
    println!("value soak_frame_ms_p999 {}", at(999));
    println!("value soak_resident_mb_when_full {}", full / 1e6);
    println!("value soak_resident_peak_over_full {}", peak / full);
    println!("value soak_events {}", log.received());
    drop(app);
    drop(broker);
    std::fs::remove_dir_all(folder).ok();
}

/// Publishes at the steady rate for so many seconds.
pub(crate) fn publish(url: &str, seconds: u64) {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(async {
        let connection = tap::connect(url).await;
        let begin = Instant::now();
        for start in (0..seconds * RATE).step_by(usize::try_from(STEP).expect("a few")) {
            tap::publish_on(&connection, start..start + STEP).await;
            let due = begin + Duration::from_secs_f64((start + STEP) as f64 / RATE as f64);
            tokio::time::sleep_until(due.into()).await;
        }
    });
}
