//! A program that runs on the desktop, seen through its accessible tree.
//!
//! The program is not ours: it is any executable that publishes such a tree. Looking
//! is one call for the whole tree, so waiting means looking again, never sleeping.

use std::path::Path;
use std::process::ExitStatus;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow, bail};

use super::desktop::Environment;
use super::input::{self, Area, Button, Mouse};
use super::node::Node;
use super::process::{POLL, Process};
use super::query::Query;
use super::tree::{Entry, State, Tree};
use super::wire::{AccessibilityBus, Reference};

/// How long a find waits. Long, because a debug build draws slowly on a busy machine;
/// it costs time only where a test fails.
pub(super) const LIMIT: Duration = Duration::from_secs(10);
const LAUNCH_LIMIT: Duration = Duration::from_mins(1);

/// A running program. Dropping it ends the program.
#[derive(Debug)]
pub(crate) struct App {
    live: Arc<Live>,
}

/// What an [`App`] shares with its nodes.
#[derive(Debug)]
pub(super) struct Live {
    process: Mutex<Process>,
    pid: u32,
    /// The program's name on the accessibility bus.
    application: String,
    pub(super) bus: AccessibilityBus,
    pub(super) environment: Environment,
    mouse: Mutex<Mouse>,
}

impl App {
    pub(super) fn attach(
        mut process: Process,
        bus: AccessibilityBus,
        environment: Environment,
    ) -> Result<Self> {
        let pid = process.id();
        let deadline = Instant::now() + LAUNCH_LIMIT;
        let application = loop {
            if let Some(application) = bus.application(pid)? {
                break application;
            }
            process
                .check_alive()
                .context("before it was on the accessibility bus")?;
            if Instant::now() > deadline {
                bail!(
                    "nothing of it on the accessibility bus; its log:\n{}",
                    process.log()
                );
            }
            thread::sleep(POLL);
        };
        let process = Mutex::new(process);
        let mouse = Mutex::default();
        let live = Arc::new(Live {
            process,
            pid,
            application,
            bus,
            environment,
            mouse,
        });
        let app = Self { live };
        app.wait_until("the window has content", LAUNCH_LIMIT, || {
            let tree = app.live.tree()?;
            let window = tree.entries().iter().find(|entry| entry.role == "frame");
            Ok(window.is_some_and(|window| !tree.below(&window.object).is_empty()))
        })?;
        Ok(app)
    }

    /// Waits for the one object of this role and name.
    /// None and more than one are errors that print the tree.
    pub(crate) fn find(&self, role: &str, name: &str) -> Result<Node> {
        self.find_query(&Query::role(role).name(name))
    }

    /// Waits for the one object of this role whose name contains this part.
    pub(crate) fn find_containing(&self, role: &str, part: &str) -> Result<Node> {
        self.find_query(&Query::role(role).containing(part))
    }

    /// Waits for the one table row whose name starts so.
    pub(crate) fn find_row_starting_with(&self, prefix: &str) -> Result<Node> {
        self.find_query(&Query::role("table row").starting_with(prefix))
    }

    /// Waits for the one object that the query describes.
    pub(crate) fn find_query(&self, query: &Query<'_>) -> Result<Node> {
        self.live.find(query, None, LIMIT)
    }

    /// Like [`App::find_query`], with another limit than the usual one.
    pub(crate) fn find_within(&self, query: &Query<'_>, limit: Duration) -> Result<Node> {
        self.live.find(query, None, limit)
    }

    /// Everything that the query describes now, in reading order.
    pub(crate) fn find_all(&self, query: &Query<'_>) -> Result<Vec<Node>> {
        let tree = self.live.tree()?;
        let found = tree.matches(query, None).into_iter();
        Ok(found.map(|entry| Node::new(&self.live, entry)).collect())
    }

    /// The object that the keyboard goes to now.
    pub(crate) fn focused(&self) -> Result<Option<Node>> {
        let tree = self.live.tree()?;
        let mut focused = tree.entries().iter().filter(|entry| {
            // The window has it too while one of its controls has it.
            entry.has(State::Focused) && entry.role != "frame"
        });
        Ok(focused
            .next_back()
            .map(|entry| Node::new(&self.live, entry)))
    }

    /// Whether there is such an object now, without waiting.
    pub(crate) fn exists(&self, role: &str, name: &str) -> Result<bool> {
        Ok(!self.find_all(&Query::role(role).name(name))?.is_empty())
    }

    /// Waits until some object's name contains this text, and returns the first one.
    pub(crate) fn wait_for_text(&self, part: &str) -> Result<Node> {
        let mut seen = None;
        self.wait_until(
            &format!("a text containing {part:?} is shown"),
            LIMIT,
            || {
                seen = self.find_all(&Query::text(part))?.into_iter().next();
                Ok(seen.is_some())
            },
        )?;
        seen.context("a text that was seen")
    }

    /// Waits until no object of this role has this name.
    pub(crate) fn wait_gone(&self, role: &str, name: &str) -> Result<()> {
        let query = Query::role(role).name(name);
        self.wait_until(&format!("{query} is gone"), LIMIT, || {
            Ok(!self.exists(role, name)?)
        })
    }

    /// Waits until the condition holds. An error in it means "not yet": an object may
    /// go away between two looks. The last error is told if the time runs out.
    pub(crate) fn wait_until(
        &self,
        what: &str,
        limit: Duration,
        condition: impl FnMut() -> Result<bool>,
    ) -> Result<()> {
        self.live.wait_until(what, limit, condition)
    }

    /// Chooses an entry of a combo box and waits until the list is closed.
    pub(crate) fn choose(&self, combo_box: &str, option: &str) -> Result<()> {
        self.find("combo box", combo_box)?.click()?;
        let list = self.find_query(&Query::role("list box"))?;
        // With the mouse, because egui closes a popup on a click of the pointer only.
        list.find_query(&Query::named(option))?.mouse_click()?;
        self.wait_until("the list is closed", LIMIT, || {
            Ok(self.find_all(&Query::role("list box"))?.is_empty())
        })
    }

    /// Presses a key with its modifiers, such as `ctrl+k`, in this program's window.
    pub(crate) fn key(&self, key: &str) -> Result<()> {
        self.live.press(&[key])
    }

    /// Types into whatever has the focus; see [`Node::type_text`] for a field.
    pub(crate) fn type_text(&self, text: &str) -> Result<()> {
        self.live.ensure_active()?;
        input::type_text(&self.live.environment, text)
    }

    /// The accessible tree as text, one object a line.
    pub(crate) fn dump_tree(&self) -> Result<String> {
        self.live.dump()
    }

    /// Writes a picture of the screen; `.png` in the name makes it a PNG.
    pub(crate) fn screenshot(&self, path: &Path) -> Result<()> {
        input::screenshot(&self.live.environment, path)
    }

    /// Makes the window so large, in pixels.
    pub(crate) fn resize(&self, size: (u32, u32)) -> Result<()> {
        input::resize_window(&self.live.environment, self.live.pid, size)
    }

    /// Writes a picture of the window alone, with the mouse out of the way.
    pub(crate) fn picture(&self, path: &Path) -> Result<()> {
        input::point_nowhere(&self.live.environment)?;
        input::picture_of_window(&self.live.environment, self.live.pid, path)
    }

    /// The process id, to measure or to disturb it.
    pub(crate) fn pid(&self) -> u32 {
        self.live.pid
    }

    /// What the program has written to its standard output and error.
    pub(crate) fn log(&self) -> String {
        self.live.process().log()
    }

    /// Closes the window as a person does, and waits for the program to end.
    pub(crate) fn close(self) -> Result<ExitStatus> {
        self.live.press(&["alt+F4"])?;
        self.wait_for_exit(Duration::from_secs(15))
    }

    /// Waits for the program to end by itself.
    pub(crate) fn wait_for_exit(self, limit: Duration) -> Result<ExitStatus> {
        let ended = self.live.process().wait(limit);
        ended.map_err(|error| anyhow!("{error}\n{}", self.live.tree_for_error()))
    }

    /// Ends the program at once, as a crash would.
    pub(crate) fn kill(self) -> Result<ExitStatus> {
        self.live.process().kill()
    }
}

impl Drop for App {
    fn drop(&mut self) {
        // Nodes may outlive the app, the program must not. Failing means it has ended.
        self.live.process().kill().ok();
    }
}

impl Live {
    fn process(&self) -> MutexGuard<'_, Process> {
        self.process.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn tree(&self) -> Result<Tree> {
        self.bus.items(&self.application).map(Tree::new)
    }

    pub(super) fn text(&self, entry: &Entry) -> Result<String> {
        self.bus
            .ask(&entry.object, "Text", "GetText", &(0_i32, -1_i32))
    }

    pub(super) fn find(
        self: &Arc<Self>,
        query: &Query<'_>,
        within: Option<&Reference>,
        limit: Duration,
    ) -> Result<Node> {
        let mut found = None;
        self.wait_until(&format!("there is one {query}"), limit, || {
            let tree = self.tree()?;
            match tree.matches(query, within).as_slice() {
                [] => bail!("there is none"),
                [entry] => found = Some(Node::new(self, entry)),
                // Also a reason to wait: for a frame, old and new may both be there.
                many => bail!("it is ambiguous: {} match", many.len()),
            }
            Ok(true)
        })?;
        found.context("a node that was found")
    }

    pub(super) fn wait_until(
        &self,
        what: &str,
        limit: Duration,
        mut condition: impl FnMut() -> Result<bool>,
    ) -> Result<()> {
        let deadline = Instant::now() + limit;
        loop {
            let outcome = condition();
            if matches!(outcome, Ok(true)) {
                return Ok(());
            }
            self.process()
                .check_alive()
                .with_context(|| format!("waiting until {what}"))?;
            if Instant::now() > deadline {
                let reason = outcome
                    .err()
                    .map(|error| format!(": {error:#}"))
                    .unwrap_or_default();
                bail!(
                    "waited {limit:?} until {what}{reason}\n{}",
                    self.tree_for_error()
                );
            }
            thread::sleep(POLL);
        }
    }

    pub(super) fn press(&self, keys: &[&str]) -> Result<()> {
        self.ensure_active()?;
        input::press(&self.environment, keys)
    }

    pub(super) fn click(&self, area: Area, button: Button, times: u32) -> Result<()> {
        let mut mouse = self.mouse.lock().unwrap_or_else(PoisonError::into_inner);
        mouse.click(&self.environment, area, button, times)
    }

    /// Makes sure that keys go to this program's window.
    pub(super) fn ensure_active(&self) -> Result<()> {
        if self.is_active()? {
            return Ok(());
        }
        input::activate_window(&self.environment, self.pid)?;
        self.wait_until("the window is active", LIMIT, || self.is_active())
    }

    fn is_active(&self) -> Result<bool> {
        let tree = self.tree()?;
        Ok(tree
            .entries()
            .iter()
            .any(|e| e.role == "frame" && e.has(State::Active)))
    }

    fn dump(&self) -> Result<String> {
        Ok(self.tree()?.dump(|entry| {
            let is_field = entry.role == "entry" || entry.role == "password text";
            // A field that has just gone away is shown without its text.
            is_field.then(|| self.text(entry).ok()).flatten()
        }))
    }

    fn tree_for_error(&self) -> String {
        match self.dump() {
            Ok(tree) => format!("the accessible tree:\n{tree}"),
            Err(error) => format!("and no tree: {error:#}"),
        }
    }
}
