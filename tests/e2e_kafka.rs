//! The whole job once on Kafka, in a real window against a private Kafka, by accessible names from outside:
//! events appear, one is published, a dead letter is edited and sent again, and the shop's consumer takes it.
//! What lies in the topics is read by Kafka's own tools.

#![cfg(feature = "kafka")]
#![expect(
    clippy::print_stderr,
    reason = "it says what it skips, and what is only a remark"
)]

mod gui;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use gui::{App, Desktop, Query};

/// A Kafka starts in some seconds; a busy machine may need many times that.
const START: Duration = Duration::from_mins(2);
/// The sample shop kills something every few seconds.
const SHOP: Duration = Duration::from_mins(2);

/// The home of a Kafka, if there is one.
fn kafka_home() -> Option<PathBuf> {
    if let Some(home) = std::env::var_os("EVENTSCOPE_KAFKA_HOME") {
        return Some(home.into());
    }
    let all = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/kafka");
    let found = fs::read_dir(all).ok()?.flatten().map(|one| one.path());
    found.filter(|home| home.join("libs").is_dir()).max()
}

fn picture(app: &App, name: &str) {
    // Pictures are for people; a test does not fail without them.
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("screenshots");
    if fs::create_dir_all(&folder).is_ok()
        && let Err(error) = app.screenshot(&folder.join(format!("kafka-{name}.png")))
    {
        eprintln!("no picture {name}: {error}");
    }
}

/// Kafka's own tools at the sandbox of the app.
struct Tools {
    libs: PathBuf,
    server: String,
}

impl Tools {
    fn at(home: &Path, cache: &Path) -> Result<Self> {
        let folders = fs::read_dir(cache.join("eventscope"))?;
        let files = folders.filter_map(|one| Some(one.ok()?.path().join("server.properties")));
        let file = files.into_iter().find(|file| file.exists());
        let text = fs::read_to_string(file.context("no sandbox folder")?)?;
        let line = text.lines().find(|line| line.starts_with("advertised"));
        let (_, server) = line
            .and_then(|line| line.split_once("PLAINTEXT://"))
            .context("no address")?;
        Ok(Self {
            libs: home.join("libs"),
            server: server.to_owned(),
        })
    }

    fn run(&self, class: &str, arguments: &[&str]) -> Result<String> {
        let done = Command::new("java")
            .args(["-Xmx256m", "-XX:TieredStopAtLevel=1", "-cp"])
            .arg(self.libs.join("*"))
            .arg(class)
            .args(["--bootstrap-server", &self.server])
            .args(arguments)
            .stdin(Stdio::null())
            .output()?;
        Ok(String::from_utf8_lossy(&done.stdout).into_owned())
    }

    /// How many records of a topic hold this text. The shop goes on writing, so only as many are read as
    /// lie there now.
    fn with(&self, topic: &str, text: &str) -> Result<usize> {
        let ends = self.run("org.apache.kafka.tools.GetOffsetShell", &["--topic", topic])?;
        let end = |line: &str| line.rsplit_once(':')?.1.trim().parse::<u64>().ok();
        let all: u64 = ends.lines().filter_map(end).sum();
        let all = all.to_string();
        let said = self.run(
            "org.apache.kafka.tools.consumer.ConsoleConsumer",
            &[
                "--topic",
                topic,
                "--from-beginning",
                "--max-messages",
                &all,
                "--timeout-ms",
                "10000",
            ],
        )?;
        Ok(said.lines().filter(|line| line.contains(text)).count())
    }
}

fn rows(app: &App, prefix: &str) -> Result<usize> {
    let rows = Query::role("table row").starting_with(prefix);
    Ok(app.find_all(&rows)?.len())
}

#[test]
#[expect(
    clippy::too_many_lines,
    reason = "one story from the first step to the last"
)]
fn the_walkthrough_on_kafka() -> Result<()> {
    let Some(home) = kafka_home() else {
        eprintln!("\nSKIPPED: there is no Apache Kafka here. `make kafka` fetches one\n");
        return Ok(());
    };
    let desktop = Desktop::start((1280, 840))?;
    let cache = desktop.path().join("cache");
    let data = desktop.path().join("data");
    let text = |path: &Path| path.to_str().map(str::to_owned).context("a path in UTF-8");
    let (cache_dir, data_dir, kafka) = (text(&cache)?, text(&data)?, text(&home)?);
    let environment = [
        ("XDG_CACHE_HOME", cache_dir.as_str()),
        ("XDG_DATA_HOME", data_dir.as_str()),
        ("KAFKA_HOME", kafka.as_str()),
    ];
    let program = env!("CARGO_BIN_EXE_eventscope");
    let app = desktop.launch(&[program, "--sandbox", "kafka"], &environment)?;

    // Events at once.
    app.find_within(&Query::role("page tab").name("Live"), START)?;
    app.wait_until("events of the shop", Duration::from_mins(1), || {
        Ok(rows(&app, "ORD-")? > 0)
    })?;
    picture(&app, "1-live");

    // One of our own.
    app.find("page tab", "Publish")?.click()?;
    app.find("entry", "Topic")?.set_text("orders")?;
    app.find("entry", "Key")?.set_text("E2E-1")?;
    app.find("entry", "Payload")?
        .set_text(r#"{"eventType":"order.paid","data":{}}"#)?;
    app.wait_for_text("by its key (murmur2")?;
    app.find("push button", "Publish")?.click()?;
    app.wait_for_text("Written to partition")?;
    picture(&app, "2-publish");
    app.find("page tab", "Live")?.click()?;
    app.find("entry", "Filter")?.set_text("key:E2E-1")?;
    app.wait_until("our event", Duration::from_secs(20), || {
        Ok(rows(&app, "E2E-1")? == 1)
    })?;

    // A dead letter of the shop is mended.
    app.find("page tab", "Dead letters")?.click()?;
    let topic = Query::role("list item").starting_with("orders-dlt (");
    app.wait_until("a dead letter of the shop", SHOP, || {
        let found = app.find_all(&topic)?;
        Ok(found.iter().any(|one| !one.name().ends_with("(0)")))
    })?;
    app.find_all(&topic)?
        .first()
        .context("the topic")?
        .click()?;
    let letters = Query::role("table row").starting_with("ORD-");
    app.wait_until("its records", SHOP, || {
        Ok(!app.find_all(&letters)?.is_empty())
    })?;
    let letters = app.find_all(&letters)?;
    letters.first().context("a record")?.click()?;
    app.wait_for_text("in the group notification-service")?;
    app.wait_for_text("The original is still there")?;
    picture(&app, "3-dead-letter");
    let payload = app.find("entry", "Payload")?;
    let mut event: serde_json::Value = serde_json::from_str(&payload.text()?)?;
    let amount = event["data"]["amount"].as_str().context("an amount")?;
    event["data"]["amount"] = serde_json::from_str(amount)?;
    event["data"]["note"] = "mended".into();
    payload.set_text(&event.to_string())?;
    app.find("push button", "Resend")?.click()?;
    app.wait_for_text("1 of 1 resent")?;
    app.wait_for_text("Sent")?;
    picture(&app, "4-resent");

    // It is in the topic that it came from, once, and the shop's consumer took it: it did not die again.
    let tools = Tools::at(&home, &cache)?;
    app.wait_until("the shop's consumer took it", SHOP, || {
        let said = tools.run(
            "org.apache.kafka.tools.consumer.group.ConsumerGroupCommand",
            &["--describe", "--group", "notification-service"],
        )?;
        let own = said.lines().filter(|line| line.contains("orders"));
        let lags: Vec<u64> = own
            .filter_map(|line| line.split_whitespace().nth(5)?.parse().ok())
            .collect();
        // A partition of which it read nothing yet has no lag.
        ensure!(
            !lags.is_empty() && lags.iter().all(|lag| *lag < 5),
            "{said}"
        );
        Ok(true)
    })?;
    ensure!(tools.with("orders", "mended")? == 1, "one copy was sent");
    ensure!(tools.with("orders-dlt", "mended")? == 0, "it died again");

    // Who reads what.
    app.find("page tab", "Consumer groups")?.click()?;
    app.wait_until("the shop's groups", Duration::from_secs(30), || {
        let all = Query::role("list item").starting_with("fraud-service (");
        Ok(!app.find_all(&all)?.is_empty())
    })?;
    picture(&app, "5-groups");

    ensure!(app.close()?.success(), "the window closes cleanly");
    // Nothing of it is left.
    let left = fs::read_dir(cache.join("eventscope"))?.flatten();
    let left: Vec<_> = left
        .filter(|one| {
            one.file_name()
                .to_string_lossy()
                .starts_with("kafka-sandbox-")
        })
        .collect();
    ensure!(left.is_empty(), "{left:?}");
    Ok(())
}

/// The broker ends with the app, also when that is killed.
#[test]
fn the_private_kafka_dies_with_the_app() -> Result<()> {
    let Some(home) = kafka_home() else {
        eprintln!("\nSKIPPED: there is no Apache Kafka here. `make kafka` fetches one\n");
        return Ok(());
    };
    let desktop = Desktop::start((1280, 840))?;
    let cache = desktop.path().join("cache");
    let text = |path: &Path| path.to_str().map(str::to_owned).context("a path in UTF-8");
    let (cache_dir, kafka) = (text(&cache)?, text(&home)?);
    let environment = [
        ("XDG_CACHE_HOME", cache_dir.as_str()),
        ("KAFKA_HOME", kafka.as_str()),
    ];
    let program = env!("CARGO_BIN_EXE_eventscope");
    let app = desktop.launch(&[program, "--sandbox", "kafka"], &environment)?;
    app.find_within(&Query::role("page tab").name("Live"), START)?;
    let server = Tools::at(&home, &cache)?.server;
    ensure!(std::net::TcpStream::connect(&server).is_ok(), "it answers");
    app.kill()?;
    let deadline = std::time::Instant::now() + Duration::from_secs(20);
    while std::net::TcpStream::connect(&server).is_ok() {
        ensure!(std::time::Instant::now() < deadline, "it still answers");
        std::thread::sleep(Duration::from_millis(100));
    }
    Ok(())
}
