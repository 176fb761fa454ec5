//! One accessible object: what it said when it was found, and what can be done to it.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};

use super::app::{LIMIT, Live};
use super::input::{self, Area, Button};
use super::query::Query;
use super::tree::{Entry, State};

/// An object found in the tree. Its role, name and states are those of that moment
/// ([`Node::fresh`] looks again); actions go to the object as it is now.
#[derive(Clone, Debug)]
pub(crate) struct Node {
    live: Arc<Live>,
    entry: Entry,
}

impl fmt::Display for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.entry.fmt(f)
    }
}

impl Node {
    pub(super) fn new(live: &Arc<Live>, entry: &Entry) -> Self {
        Self {
            live: Arc::clone(live),
            entry: entry.clone(),
        }
    }

    pub(crate) fn role(&self) -> &str {
        &self.entry.role
    }

    pub(crate) fn name(&self) -> &str {
        &self.entry.name
    }

    pub(crate) fn description(&self) -> &str {
        &self.entry.description
    }

    pub(crate) fn has(&self, state: State) -> bool {
        self.entry.has(state)
    }

    /// Whether it is checked, pressed or selected: which of the three it is depends on
    /// how a toolkit describes the widget, not on what the user sees.
    pub(crate) fn is_on(&self) -> bool {
        [State::Checked, State::Pressed, State::Selected]
            .iter()
            .any(|state| self.has(*state))
    }

    /// The states worth a mention, in words; `disabled` if it cannot be used.
    pub(crate) fn states(&self) -> Vec<String> {
        self.entry.states()
    }

    /// Whether both are the same object, whatever it said of itself at the time.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        self.entry.object == other.entry.object
    }

    /// The same object in a new look at the tree.
    pub(crate) fn fresh(&self) -> Result<Self> {
        let tree = self.live.tree()?;
        let entry = tree
            .get(&self.entry.object)
            .with_context(|| format!("{self} is gone"))?;
        Ok(Self::new(&self.live, entry))
    }

    /// What a text field contains, or what a label says.
    pub(crate) fn text(&self) -> Result<String> {
        if self.entry.offers("Text") {
            return self.live.text(&self.entry);
        }
        Ok(self.entry.name.clone())
    }

    /// The number in a slider or a number field.
    pub(crate) fn value(&self) -> Result<f64> {
        self.live.bus.current_value(&self.entry.object)
    }

    /// Where it is on the screen now.
    pub(crate) fn extents(&self) -> Result<Area> {
        const SCREEN: u32 = 0;
        let (left, top, width, height): (i32, i32, i32, i32) =
            self.live
                .bus
                .ask(&self.entry.object, "Component", "GetExtents", &SCREEN)?;
        Ok(Area {
            left,
            top,
            width,
            height,
        })
    }

    /// The objects directly below it, now.
    pub(crate) fn children(&self) -> Result<Vec<Self>> {
        let tree = self.live.tree()?;
        let depth = self.entry.depth + 1;
        let below = tree.below(&self.entry.object).iter();
        Ok(below
            .filter(|e| e.depth == depth)
            .map(|e| Self::new(&self.live, e))
            .collect())
    }

    /// All names and texts below it, in reading order.
    pub(crate) fn texts(&self) -> Result<Vec<String>> {
        let tree = self.live.tree()?;
        let names = tree
            .below(&self.entry.object)
            .iter()
            .map(|entry| entry.name.clone());
        Ok(names.filter(|name| !name.is_empty()).collect())
    }

    /// Waits for the one object of this role and name below this one.
    pub(crate) fn find(&self, role: &str, name: &str) -> Result<Self> {
        self.find_query(&Query::role(role).name(name))
    }

    /// Waits for the one object of this role below this one whose name has this part.
    pub(crate) fn find_containing(&self, role: &str, part: &str) -> Result<Self> {
        self.find_query(&Query::role(role).containing(part))
    }

    /// Waits for the one object below this one that the query describes.
    pub(crate) fn find_query(&self, query: &Query<'_>) -> Result<Self> {
        self.live.find(query, Some(&self.entry.object), LIMIT)
    }

    /// Does what a click would do, through the accessible action.
    pub(crate) fn click(&self) -> Result<()> {
        ensure!(self.has(State::Enabled), "{self} is disabled");
        ensure!(self.entry.offers("Action"), "{self} offers no action");
        let done: bool = self
            .live
            .bus
            .ask(&self.entry.object, "Action", "DoAction", &0_i32)?;
        ensure!(done, "{self} refused the action");
        Ok(())
    }

    /// Replaces the content of a text field and waits until it reads back.
    pub(crate) fn set_text(&self, text: &str) -> Result<()> {
        let object = &self.entry.object;
        ensure!(
            self.entry.offers("EditableText"),
            "{self} is not a text field to write in"
        );
        ensure!(self.has(State::Enabled), "{self} is disabled");
        let done: bool = self
            .live
            .bus
            .ask(object, "EditableText", "SetTextContents", &text)?;
        ensure!(done, "{self} refused the text");
        self.wait_for_text(text)
    }

    /// Types into a text field, key by key, in place of what it contains.
    /// Characters that are not on a US keyboard belong in [`Node::set_text`].
    pub(crate) fn type_text(&self, text: &str) -> Result<()> {
        self.focus()?;
        self.live.press(&["ctrl+a", "BackSpace"])?;
        self.wait_for_text("")?;
        input::type_text(&self.live.environment, text)?;
        self.wait_for_text(text)
    }

    /// Waits until a text field contains exactly this.
    pub(crate) fn wait_for_text(&self, text: &str) -> Result<()> {
        if self.role() == "password text" {
            // It reads back as bullets, one for each character.
            let length = text.chars().count();
            return self.wait(&format!("{self} has {length} characters"), || {
                Ok(self.text()?.chars().count() == length)
            });
        }
        self.wait(&format!("{self} reads {text:?}"), || {
            let now = self.text()?;
            if now != text {
                bail!("it reads {now:?}");
            }
            Ok(true)
        })
    }

    /// Gives it the keyboard and waits until it has it.
    pub(crate) fn focus(&self) -> Result<()> {
        self.live.ensure_active()?;
        let _: bool = self
            .live
            .bus
            .ask(&self.entry.object, "Component", "GrabFocus", &())?;
        self.wait(&format!("{self} has the focus"), || {
            Ok(self.fresh()?.has(State::Focused))
        })
    }

    /// Clicks in its middle with the mouse.
    pub(crate) fn mouse_click(&self) -> Result<()> {
        self.pointer(Button::Left, 1)
    }

    /// Clicks twice in its middle with the mouse.
    pub(crate) fn double_click(&self) -> Result<()> {
        self.pointer(Button::Left, 2)
    }

    /// Clicks in its middle with the right mouse button.
    pub(crate) fn right_click(&self) -> Result<()> {
        self.pointer(Button::Right, 1)
    }

    /// Turns the wheel over it; positive notches go down.
    pub(crate) fn wheel(&self, notches: i32) -> Result<()> {
        let button = if notches > 0 {
            Button::WheelDown
        } else {
            Button::WheelUp
        };
        self.pointer(button, notches.unsigned_abs())
    }

    /// Puts the mouse pointer over it.
    pub(crate) fn hover(&self) -> Result<()> {
        input::hover(&self.live.environment, self.steady_extents()?)
    }

    fn pointer(&self, button: Button, times: u32) -> Result<()> {
        self.live.click(self.steady_extents()?, button, times)
    }

    /// Where it is once it stays there: popups are placed over a few frames.
    fn steady_extents(&self) -> Result<Area> {
        let mut last = None;
        self.wait(&format!("{self} stays in its place"), || {
            let now = self.extents()?;
            Ok(last.replace(now) == Some(now) && now.width > 0 && now.height > 0)
        })?;
        last.context("no extents")
    }

    fn wait(&self, what: &str, condition: impl FnMut() -> Result<bool>) -> Result<()> {
        self.live
            .wait_until(what, LIMIT.min(Duration::from_secs(5)), condition)
    }
}
