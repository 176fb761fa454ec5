//! The pictures of the README, made by the program itself: scenes in a real window against the sandbox,
//! in both themes. `make pictures` writes them to `assets/`; no other test needs them.

mod gui;

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, Result};
use gui::{App, Desktop, Query};

/// The broker starts in about four seconds; a busy machine may need many times that.
const START: Duration = Duration::from_secs(90);
/// The sample shop kills something every few seconds.
const SHOP: Duration = Duration::from_mins(3);
/// Of the window, in pixels.
const SIZE: (u32, u32) = (1280, 800);
/// A short path: it stands in the pictures.
const HOME: &str = "/tmp/ada";
/// A home in which nothing was set up before: no notices of a desktop without notifications.
const SETTINGS: &str = "{\"light\": LIGHT, \"quiet\": true}";

#[test]
#[ignore = "writes to assets/: make pictures"]
fn pictures() -> Result<()> {
    for theme in ["dark", "light"] {
        let home = Home::make(theme)?;
        let desktop = Desktop::start((SIZE.0 + 40, SIZE.1 + 60))?;
        let config = home.0.join("config");
        let data = home.0.join("data");
        let folder = |path: &Path| path.to_str().map(str::to_owned).context("UTF-8");
        let (config, data) = (folder(&config)?, folder(&data)?);
        let environment = [
            ("XDG_CONFIG_HOME", config.as_str()),
            ("XDG_DATA_HOME", data.as_str()),
        ];
        let program = env!("CARGO_BIN_EXE_eventscope");
        let app = desktop.launch(&[program, "--sandbox"], &environment)?;
        let scenes = Scenes { app, theme };
        scenes.play()?;
        // Asked to close, it would speak of the edit that was not sent.
        scenes.app.kill()?;
    }
    Ok(())
}

/// Removed with all that is in it.
struct Home(PathBuf);

impl Home {
    fn make(theme: &str) -> Result<Self> {
        let home = Self(HOME.into());
        let config = home.0.join("config/eventscope");
        fs::create_dir(HOME).with_context(|| format!("{HOME} is somebody's"))?;
        fs::create_dir_all(&config)?;
        let light = if theme == "light" { "true" } else { "false" };
        fs::write(
            config.join("settings.json"),
            SETTINGS.replace("LIGHT", light),
        )?;
        Ok(home)
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        fs::remove_dir_all(&self.0).ok();
    }
}

struct Scenes {
    app: App,
    theme: &'static str,
}

impl Scenes {
    fn play(&self) -> Result<()> {
        let app = &self.app;
        app.find_within(&Query::role("page tab").name("Live"), START)?;
        app.resize(SIZE)?;
        self.live()?;
        self.publish()?;
        self.dead_letters()?;
        self.schemas()
    }

    fn live(&self) -> Result<()> {
        let app = &self.app;
        self.wait_for_row("order.cancelled")?;
        self.wait_for_row("shipment.delivered")?;
        // A stream that has run for a while.
        let rows = Query::role("table row");
        app.wait_until("a screen full of rows", SHOP, || {
            Ok(app.find_all(&rows)?.len() >= 22)
        })?;
        self.click_row("order.created")?;
        app.wait_for_text("Only this conversation")?;
        self.keep("live")
    }

    fn publish(&self) -> Result<()> {
        let app = &self.app;
        app.find("page tab", "Publish")?.click()?;
        app.find("entry", "Routing key")?
            .set_text("order.created")?;
        app.find("push button", "Valid sample")?.click()?;
        app.wait_for_text("Matches version 2")?;
        app.find("push button", "Publish event")?.click()?;
        app.wait_for_text("Routed")?;
        self.keep("publish")
    }

    fn dead_letters(&self) -> Result<()> {
        let app = &self.app;
        app.find("page tab", "Dead letters")?.click()?;
        let name = "notification.orders.dead (";
        app.wait_until("five dead letters", SHOP, || {
            let queues = app.find_all(&Query::role("list item").starting_with(name))?;
            let count = queues.first().and_then(|queue| {
                let rest = queue.name().strip_prefix(name)?;
                rest.trim_end_matches(')').parse::<u32>().ok()
            });
            Ok(count.is_some_and(|count| count >= 5))
        })?;
        app.find_query(&Query::role("list item").starting_with(name))?
            .click()?;
        // The first is what was published above.
        self.wait_for_row("order.created")?;
        let rows = app.find_all(&Query::role("table row").starting_with("order.created"))?;
        rows.last().context("a dead letter")?.click()?;
        app.wait_for_text("matches version 2")?;
        app.find("push button", "Format JSON")?.click()?;
        let payload = app.find("entry", "Payload")?;
        app.wait_until("the payload is formatted", START, || {
            Ok(payload.text()?.contains("\n  \"data\""))
        })?;
        self.keep("schemas-dead")?;
        app.find("page tab", "What is sent")?.click()?;
        app.wait_for_text("As it will be sent")?;
        self.keep("dead-letters-sent")?;
        app.find("page tab", "Groups")?.click()?;
        app.find_query(&Query::role("list item").starting_with("Claims version 1"))?
            .click()?;
        app.wait_for_text("have data.amount as text")?;
        self.keep("dead-letters-why")
    }

    fn schemas(&self) -> Result<()> {
        let app = &self.app;
        app.find("page tab", "Schemas")?.click()?;
        app.wait_for_text("Of the captured")
            .or_else(|_| app.wait_for_text("captured events"))?;
        self.keep("schemas-changes")?;
        app.find("push button", "What if…")?.click()?;
        app.wait_for_text("captured events would pass")?;
        self.keep("schemas-what-if")?;
        app.find("page tab", "Live")?.click()?;
        app.find("entry", "Filter")?.set_text("schema:fits-other")?;
        self.wait_for_row("order.created")?;
        self.click_row("order.created")?;
        app.wait_for_text("matches version 2")?;
        self.keep("schemas-live")
    }

    fn wait_for_row(&self, prefix: &str) -> Result<()> {
        let rows = Query::role("table row").starting_with(prefix);
        let what = format!("a row that starts with {prefix}");
        self.app
            .wait_until(&what, SHOP, || Ok(!self.app.find_all(&rows)?.is_empty()))
    }

    /// One of these rows, with others around it.
    fn click_row(&self, prefix: &str) -> Result<()> {
        self.wait_for_row(prefix)?;
        let rows = Query::role("table row").starting_with(prefix);
        let rows = self.app.find_all(&rows)?;
        rows.get(rows.len() / 2)
            .context("the row has gone")?
            .click()
    }

    fn keep(&self, name: &str) -> Result<()> {
        let assets = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets");
        let path = assets.join(format!("{name}-{}.png", self.theme));
        self.app.picture(&path)
    }
}
