//! One look at an application's accessible tree, as plain data.
//!
//! A tree does not change and asks nobody: what a node said when it was taken is what
//! it says forever. Waiting and acting belong to the live side.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::fmt;

use super::query::Query;
use super::wire::{CacheItem, Reference};

/// The states a test has reason to ask for, with their AT-SPI bit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    Active = 1,
    Busy = 3,
    Checked = 4,
    Editable = 7,
    Enabled = 8,
    Focusable = 11,
    Focused = 12,
    Modal = 16,
    Pressed = 20,
    Selected = 23,
    Showing = 25,
    Indeterminate = 32,
    ReadOnly = 43,
}

/// What a dump mentions; `Enabled` is the normal case, so its absence is shown instead.
const NOTABLE: [State; 9] = [
    State::Active,
    State::Busy,
    State::Checked,
    State::Focused,
    State::Modal,
    State::Pressed,
    State::Selected,
    State::Indeterminate,
    State::ReadOnly,
];

/// One accessible object as it was when the tree was taken.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) object: Reference,
    pub(super) role: String,
    pub(super) name: String,
    pub(super) description: String,
    interfaces: Vec<String>,
    states: u64,
    /// Zero at the root.
    pub(super) depth: usize,
}

impl Entry {
    pub(super) fn has(&self, state: State) -> bool {
        self.states >> state as u32 & 1 == 1
    }

    /// Whether it offers this interface of `org.a11y.atspi`.
    pub(super) fn offers(&self, interface: &str) -> bool {
        self.interfaces
            .iter()
            .any(|name| name.rsplit('.').next() == Some(interface))
    }

    pub(super) fn states(&self) -> Vec<String> {
        let mut states: Vec<String> = NOTABLE
            .iter()
            .filter(|state| self.has(**state))
            .map(|state| format!("{state:?}").to_lowercase())
            .collect();
        if self.role != "application" && !self.has(State::Enabled) && !self.has(State::ReadOnly) {
            states.push("disabled".to_owned());
        }
        states
    }
}

impl fmt::Display for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {:?}", self.role, self.name)
    }
}

/// All objects of one application in reading order: every parent before its children.
#[derive(Clone, Debug, Default)]
pub(super) struct Tree {
    entries: Vec<Entry>,
}

impl Tree {
    pub(super) fn new(items: Vec<CacheItem>) -> Self {
        let known: HashMap<String, usize> = items
            .iter()
            .enumerate()
            .map(|(at, item)| (item.0.1.as_str().to_owned(), at))
            .collect();
        let mut roots = Vec::new();
        let mut children = vec![Vec::new(); items.len()];
        for (at, item) in items.iter().enumerate() {
            match known.get(item.2.1.as_str()) {
                Some(&parent) if parent != at => children[parent].push((item.3, at)),
                _ => roots.push((item.3, at)),
            }
        }
        roots.sort_unstable_by_key(|&(index, _)| Reverse(index));
        // A stack: the last child goes in first, so that the first comes out first.
        let mut waiting: Vec<(usize, usize)> = roots.into_iter().map(|(_, at)| (0, at)).collect();
        let mut items: Vec<Option<CacheItem>> = items.into_iter().map(Some).collect();
        let mut entries = Vec::with_capacity(items.len());
        while let Some((depth, at)) = waiting.pop() {
            // A loop of parents would come back to an object that is taken already.
            let Some(item) = items[at].take() else {
                continue;
            };
            entries.push(entry(item, depth));
            let mut below = std::mem::take(&mut children[at]);
            below.sort_unstable_by_key(|&(index, _)| Reverse(index));
            waiting.extend(below.into_iter().map(|(_, child)| (depth + 1, child)));
        }
        Self { entries }
    }

    pub(super) fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The object itself, as it is in this tree.
    pub(super) fn get(&self, object: &Reference) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.object == *object)
    }

    /// Everything below an object, without the object.
    pub(super) fn below(&self, object: &Reference) -> &[Entry] {
        let Some(at) = self
            .entries
            .iter()
            .position(|entry| entry.object == *object)
        else {
            return &[];
        };
        let depth = self.entries[at].depth;
        let after = &self.entries[at + 1..];
        let length = after.iter().take_while(|entry| entry.depth > depth).count();
        &after[..length]
    }

    /// What a query means in this tree, below `within` if that is given.
    pub(super) fn matches(&self, query: &Query<'_>, within: Option<&Reference>) -> Vec<&Entry> {
        let searched = within.map_or(self.entries(), |object| self.below(object));
        searched
            .iter()
            .filter(|entry| query.accepts(&entry.role, &entry.name))
            .collect()
    }

    /// The tree as text; `text_of` may add what an entry contains.
    pub(super) fn dump(&self, text_of: impl Fn(&Entry) -> Option<String>) -> String {
        let mut dump = String::new();
        for entry in &self.entries {
            let mut parts = vec![format!("{}{entry}", "  ".repeat(entry.depth))];
            if !entry.description.is_empty() {
                parts.push(format!("description={:?}", entry.description));
            }
            parts.extend(text_of(entry).map(|text| format!("text={text:?}")));
            let states = entry.states();
            if !states.is_empty() {
                parts.push(format!("[{}]", states.join(" ")));
            }
            dump.push_str(&parts.join(" "));
            dump.push('\n');
        }
        dump
    }
}

fn entry(item: CacheItem, depth: usize) -> Entry {
    let (object, _, _, _, _, interfaces, name, role, description, states) = item;
    let states = states
        .iter()
        .take(2)
        .enumerate()
        .fold(0, |all, (word, bits)| all | u64::from(*bits) << (32 * word));
    Entry {
        object,
        role: role_name(role),
        name,
        description,
        interfaces,
        states,
        depth,
    }
}

/// The names assistive technologies use, for the roles AccessKit gives to widgets.
fn role_name(role: u32) -> String {
    let name = match role {
        2 => "alert",
        6 => "canvas",
        7 => "check box",
        8 => "check menu item",
        10 => "column header",
        11 => "combo box",
        12 => "date editor",
        16 => "dialog",
        23 => "frame",
        27 => "image",
        28 => "internal frame",
        29 => "label",
        31 => "list",
        32 => "list item",
        33 => "menu",
        34 => "menu bar",
        35 => "menu item",
        37 => "page tab",
        38 => "page tab list",
        39 => "panel",
        40 => "password text",
        42 => "progress bar",
        43 => "push button",
        44 => "radio button",
        45 => "radio menu item",
        47 => "row header",
        48 => "scroll bar",
        49 => "scroll pane",
        50 => "separator",
        51 => "slider",
        52 => "spin button",
        54 => "status bar",
        55 => "table",
        56 => "table cell",
        60 => "terminal",
        62 => "toggle button",
        63 => "tool bar",
        64 => "tool tip",
        65 => "tree",
        66 => "tree table",
        67 => "unknown",
        71 => "header",
        72 => "footer",
        73 => "paragraph",
        75 => "application",
        78 => "embedded",
        79 => "entry",
        81 => "caption",
        82 => "document frame",
        83 => "heading",
        85 => "section",
        87 => "form",
        88 => "link",
        90 => "table row",
        91 => "tree item",
        97 => "comment",
        98 => "list box",
        101 => "notification",
        103 => "level bar",
        104 => "title bar",
        105 => "block quote",
        109 => "article",
        110 => "landmark",
        111 => "log",
        112 => "marquee",
        115 => "timer",
        116 => "static",
        121 => "description list",
        122 => "description term",
        123 => "description value",
        other => return format!("role {other}"),
    };
    name.to_owned()
}
