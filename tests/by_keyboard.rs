//! README's walkthrough once more, in a real window, by the keyboard alone: the accessible tree is only
//! looked at.

mod gui;

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};
use gui::{App, Desktop, Node, Query};

/// The broker starts in about four seconds; a busy machine may need many times that.
const START: Duration = Duration::from_secs(90);
const SOON: Duration = Duration::from_secs(10);

/// So many presses go once round the window.
const ROUND: usize = 150;

/// Somebody who has no mouse.
struct Typist {
    app: App,
}

impl Typist {
    /// Presses a key that moves the focus until it is where it should be.
    fn press_until(&self, key: &str, what: &str, is_it: impl Fn(&Node) -> bool) -> Result<Node> {
        let mut way = Vec::new();
        for _ in 0..ROUND {
            let now = self.app.focused()?;
            if let Some(node) = &now {
                if is_it(node) {
                    return Ok(node.clone());
                }
                way.push(node.to_string());
            }
            self.app.key(key)?;
            self.wait_for_move(now.as_ref())?;
        }
        bail!("{key} does not lead to {what}, but to\n{}", way.join("\n"))
    }

    /// Waits until the focus is elsewhere; a moment where a key does not move it.
    fn wait_for_move(&self, from: Option<&Node>) -> Result<()> {
        let deadline = Instant::now() + Duration::from_secs(2);
        while Instant::now() < deadline {
            let has_moved = match (from, self.app.focused()?) {
                (Some(from), Some(now)) => !from.is_same(&now),
                (from, now) => from.is_some() != now.is_some(),
            };
            if has_moved {
                break;
            }
            std::thread::yield_now();
        }
        Ok(())
    }

    fn tab_to(&self, role: &str, name: &str) -> Result<Node> {
        self.press_until("Tab", name, |node| {
            node.role() == role && node.name() == name
        })
    }

    fn press(&self, button: &str) -> Result<()> {
        self.tab_to("push button", button)?;
        self.app.key("space")
    }

    /// Looks for words in the text that is being edited, and goes on in it behind them.
    fn find_in_text(&self, words: &str) -> Result<()> {
        self.app.key("ctrl+f")?;
        self.wait_for_focus("Find")?;
        self.app.key("ctrl+a")?;
        self.app.type_text(words)?;
        // A slow window takes the keys later than they are pressed.
        self.app.find("entry", "Find")?.wait_for_text(words)?;
        self.app.key("Return")?;
        self.app.wait_for_text(" of 1")?;
        self.app.key("Escape")?;
        self.wait_for_focus("Payload")
    }

    fn wait_for_focus(&self, name: &str) -> Result<()> {
        self.app
            .wait_until(&format!("{name} has the focus"), SOON, || {
                let now = self.app.focused()?;
                Ok(now.is_some_and(|node| node.name() == name))
            })
    }

    fn is_shown(&self, part: &str) -> Result<bool> {
        Ok(!self.app.find_all(&Query::text(part))?.is_empty())
    }
}

/// The number in a queue's row: 0 where it is not known yet.
fn lies_in(row: &Node) -> u32 {
    let number = row.name().rsplit_once('(').map(|(_, rest)| rest);
    number
        .and_then(|rest| rest.trim_end_matches(')').parse().ok())
        .unwrap_or_default()
}

#[test]
fn the_walkthrough_by_keyboard() -> Result<()> {
    let desktop = Desktop::start((1280, 840))?;
    let cache = desktop.path().join("cache");
    let data = desktop.path().join("data");
    let environment = [
        ("XDG_CACHE_HOME", cache.to_str().context("a path in UTF-8")?),
        ("XDG_DATA_HOME", data.to_str().context("a path in UTF-8")?),
    ];
    let app = desktop.launch(&[env!("CARGO_BIN_EXE_eventscope")], &environment)?;
    let typist = Typist { app };
    let app = &typist.app;

    // A private broker, and events at once.
    typist.press("Start a private RabbitMQ")?;
    app.find_within(&Query::role("page tab").name("Live"), START)?;
    let row = Query::role("table row").starting_with("order.created");
    app.wait_until("events come", START, || Ok(!app.find_all(&row)?.is_empty()))?;

    // One event, and those of its conversation.
    app.key("ctrl+1")?;
    app.key("space")?;
    app.wait_for_text("Paused")?;
    app.key("k")?;
    typist.press("Only this conversation")?;
    app.wait_for_text("Conversation")?;
    app.key("Escape")?;
    app.key("space")?;

    // Publish an event of a known type.
    app.key("ctrl+2")?;
    app.find("push button", "Publish event")?;
    typist.tab_to("combo box", "Event type")?;
    app.key("space")?;
    app.find_query(&Query::role("list box"))?;
    typist.press_until("Down", "the type", |node| node.name() == "order.created")?;
    app.key("Return")?;
    typist.press("Valid sample")?;
    app.wait_for_text("Matches version")?;
    app.key("ctrl+Return")?;
    app.wait_for_text("Routed")?;

    // A dead letter, which the shop makes by itself.
    app.key("ctrl+3")?;
    let dead = Query::role("list item").starting_with("notification.orders.dead (");
    app.wait_until("a dead letter", Duration::from_mins(2), || {
        let queues = app.find_all(&dead)?;
        Ok(queues.iter().any(|queue| lies_in(queue) > 0))
    })?;
    typist.press_until("Tab", "the queue", |node| {
        node.name().starts_with("notification.orders.dead (")
    })?;
    app.key("Return")?;
    app.wait_until("messages", SOON, || Ok(!app.find_all(&row)?.is_empty()))?;
    typist.press_until("Tab", "a message", |node| node.role() == "table row")?;
    app.key("Return")?;
    app.wait_for_text("Died because a consumer of queue notification.orders rejected it")?;

    // The amount as a number: the quotes around it go.
    typist.press("Format JSON")?;
    typist.tab_to("entry", "Payload")?;
    typist.find_in_text("\"amount\": \"")?;
    for key in ["End", "Left", "BackSpace"] {
        app.key(key)?;
    }
    app.wait_until("the second quote is gone", SOON, || {
        let text = app.find("entry", "Payload")?.text()?;
        let (_, amount) = text.split_once("\"amount\": \"").context(text.clone())?;
        let line = amount.lines().next().unwrap_or_default();
        ensure!(!line.contains('"'), "{line}");
        Ok(true)
    })?;
    typist.find_in_text("\"amount\": \"")?;
    for key in ["Right", "BackSpace"] {
        app.key(key)?;
    }
    app.wait_until("the amount is a number", SOON, || {
        let text = app.find("entry", "Payload")?.text()?;
        let (_, amount) = text.split_once("\"amount\": ").context(text.clone())?;
        ensure!(amount.starts_with(|c: char| c.is_ascii_digit()), "{amount}");
        Ok(true)
    })?;
    typist.press("Resend")?;
    app.wait_for_text("1 of 1 resent")?;
    ensure!(!typist.is_shown("not resent")?, "nothing stayed");
    ensure!(typist.app.close()?.success(), "the window closes cleanly");
    Ok(())
}
