//! Keys as a tree of their words, with counts and rates. Bounded: keys that carry ids do
//! not grow it without end.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};

use crate::event::key_pattern;
use crate::log::Batch;

/// Most nodes; a key beyond it is counted in the branch where the tree is full.
pub const MAX_NODES: usize = 20_000;

/// Ticks that a branch remembers.
pub const HISTORY: usize = 20;

/// One word in its place.
#[derive(Debug)]
pub struct KeyNode {
    pub word: Box<str>,
    /// The key up to here.
    pub path: Box<str>,
    /// Number of words before it.
    pub depth: usize,
    /// Events whose key begins with this path, as of the last [`KeyTree::show_counts`].
    pub shown: u64,
    count: u64,
    /// Events a second, smoothed.
    pub rate: f32,
    /// When the last one came.
    pub last_seen: DateTime<Utc>,
    /// Events since the last tick.
    fresh: u32,
    /// Events in each of the last ticks, the newest last, as of tick `ticked`.
    history: [u32; HISTORY],
    ticked: u64,
    children: BTreeMap<Box<str>, usize>,
    parent: Option<usize>,
    /// It was expanded or collapsed by the person.
    open: bool,
}

/// The tree.
#[derive(Debug, Default)]
pub struct KeyTree {
    nodes: Vec<KeyNode>,
    roots: BTreeMap<Box<str>, usize>,
    active: BTreeSet<usize>,
    rows: Vec<usize>,
    stale: bool,
    ticks: u64,
}

impl KeyTree {
    /// Counts the events of a batch. Each key is looked up once.
    pub fn count(&mut self, batch: &Batch) {
        let Some(last) = batch.events().last() else {
            return;
        };
        let keys = batch.segment().keys();
        let mut counts: Vec<(&str, u32)> = keys.map(|key| (key, 0)).collect();
        for event in batch.events() {
            counts[event.key_number()].1 += 1;
        }
        for (key, count) in counts {
            self.add(key, count, last.received_at());
        }
    }

    /// Counts events that came now.
    fn add(&mut self, key: &str, count: u32, at: DateTime<Utc>) {
        self.count_on(key, u64::from(count), count, at);
    }

    /// Counts events of a key, and so many of them for the rate.
    fn count_on(&mut self, key: &str, count: u64, fresh: u32, at: DateTime<Utc>) {
        let mut parent = None;
        let mut end = 0;
        for word in key.split('.') {
            end += word.len() + usize::from(parent.is_some());
            let Some(index) = self.child(parent, word, &key[..end.min(key.len())]) else {
                break;
            };
            let node = &mut self.nodes[index];
            node.count += count;
            node.fresh = node.fresh.saturating_add(fresh);
            node.last_seen = node.last_seen.max(at);
            self.active.insert(index);
            parent = Some(index);
        }
    }

    /// Takes over what was counted before this tree was begun.
    pub fn take_back(&mut self, older: Self) {
        let newer = std::mem::replace(self, older);
        for node in &newer.nodes {
            let below = node.children.values().map(|child| &newer.nodes[*child]);
            let (count, fresh) = below.fold((node.count, node.fresh), |(count, fresh), child| {
                (
                    count.saturating_sub(child.count),
                    fresh.saturating_sub(child.fresh),
                )
            });
            if count > 0 {
                self.count_on(&node.path, count, fresh, node.last_seen);
            }
        }
    }

    fn child(&mut self, parent: Option<usize>, word: &str, path: &str) -> Option<usize> {
        let siblings = match parent {
            Some(parent) => &self.nodes[parent].children,
            None => &self.roots,
        };
        if let Some(index) = siblings.get(word) {
            return Some(*index);
        }
        if self.nodes.len() >= MAX_NODES {
            return None;
        }
        let index = self.nodes.len();
        let depth = parent.map_or(0, |parent| self.nodes[parent].depth + 1);
        self.nodes.push(KeyNode {
            word: word.into(),
            path: path.into(),
            depth,
            shown: 0,
            count: 0,
            rate: 0.0,
            last_seen: DateTime::UNIX_EPOCH,
            fresh: 0,
            history: [0; HISTORY],
            ticked: self.ticks,
            children: BTreeMap::new(),
            parent,
            open: depth == 0,
        });
        match parent {
            Some(parent) => self.nodes[parent].children.insert(word.into(), index),
            None => self.roots.insert(word.into(), index),
        };
        self.stale = true;
        Some(index)
    }

    /// Works the rates out again; `seconds` have passed since the last time. Only nodes that had
    /// events lately are looked at.
    pub fn tick(&mut self, seconds: f32) {
        if seconds <= 0.0 {
            return;
        }
        self.ticks += 1;
        let (nodes, ticks) = (&mut self.nodes, self.ticks);
        self.active.retain(|&index| {
            let node = &mut nodes[index];
            #[expect(clippy::cast_precision_loss, reason = "a rate is shown with one digit")]
            let now = node.fresh as f32 / seconds;
            node.history = node.history_at(ticks);
            node.history[HISTORY - 1] = node.fresh;
            node.ticked = ticks;
            node.fresh = 0;
            node.rate = if node.rate == 0.0 {
                now
            } else {
                node.rate * 0.7 + now * 0.3
            };
            if node.rate < 0.05 {
                node.rate = 0.0;
            }
            node.rate > 0.0
        });
    }

    /// Shows the counts as they are now. Not for every frame of a flood: nobody reads that fast,
    /// and each new number costs its layout.
    pub fn show_counts(&mut self) {
        for index in &self.active {
            let node = &mut self.nodes[*index];
            node.shown = node.count;
        }
    }

    /// The visible rows, in order. Worked out again only after the tree changed its shape.
    pub fn rows(&mut self) -> &[usize] {
        if self.stale {
            self.stale = false;
            self.rows.clear();
            let mut open: Vec<usize> = self.roots.values().rev().copied().collect();
            while let Some(index) = open.pop() {
                self.rows.push(index);
                let node = &self.nodes[index];
                if node.open {
                    open.extend(node.children.values().rev().copied());
                }
            }
        }
        &self.rows
    }

    /// Number of visible rows as of the last [`Self::rows`].
    #[must_use]
    pub fn row(&self, row: usize) -> Option<&KeyNode> {
        self.nodes.get(*self.rows.get(row)?)
    }

    /// Number of rows as of the last [`Self::rows`].
    #[must_use]
    pub fn row_count(&self) -> usize {
        self.rows.len()
    }

    /// Events of a branch in each of the last ticks, the newest last.
    #[must_use]
    pub fn history(&self, node: &KeyNode) -> [u32; HISTORY] {
        node.history_at(self.ticks)
    }

    /// Opens or closes a branch.
    pub fn toggle(&mut self, path: &str) {
        if let Some(node) = self.nodes.iter_mut().find(|node| *node.path == *path) {
            node.open = !node.open;
            self.stale = true;
        }
    }

    /// Every complete key that was seen, for suggestions; at most `limit`.
    #[must_use]
    pub fn keys(&self, limit: usize) -> Vec<&str> {
        let leaves = self.nodes.iter().filter(|node| node.children.is_empty());
        leaves.take(limit).map(|node| &*node.path).collect()
    }

    /// Forgets everything.
    pub fn clear(&mut self) {
        *self = Self::default();
    }
}

impl KeyNode {
    /// Its history moved on to this tick: nothing came since it was last active.
    fn history_at(&self, tick: u64) -> [u32; HISTORY] {
        let passed = usize::try_from(tick - self.ticked).unwrap_or(HISTORY);
        let passed = passed.min(HISTORY);
        let mut history = [0; HISTORY];
        history[..HISTORY - passed].copy_from_slice(&self.history[passed..]);
        history
    }

    /// True if it has branches below it.
    #[must_use]
    pub fn has_children(&self) -> bool {
        !self.children.is_empty()
    }

    /// True if its branches are shown.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.open
    }

    /// True if no word stands before it.
    #[must_use]
    pub fn is_root(&self) -> bool {
        self.parent.is_none()
    }
}

/// The first word of a key, which gives an event its colour.
#[must_use]
pub fn first_word(key: &str) -> &str {
    key_pattern::words(key).next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(tree: &mut KeyTree) -> Vec<(String, u64)> {
        tree.rows();
        tree.show_counts();
        (0..tree.row_count())
            .filter_map(|row| tree.row(row))
            .map(|node| (node.path.to_string(), node.shown))
            .collect()
    }

    #[test]
    fn keys_become_branches_with_counts() {
        let mut tree = KeyTree::default();
        for key in [
            "order.created",
            "order.paid",
            "order.created",
            "payment",
            "",
            "a..b",
        ] {
            tree.add(key, 1, DateTime::UNIX_EPOCH);
        }
        assert_eq!(
            rows(&mut tree),
            [
                (String::new(), 1),
                ("a".into(), 1),
                ("a.".into(), 1),
                ("order".into(), 3),
                ("order.created".into(), 2),
                ("order.paid".into(), 1),
                ("payment".into(), 1),
            ]
        );
        tree.toggle("order");
        assert_eq!(rows(&mut tree).len(), 5);
        tree.toggle("a.");
        assert_eq!(rows(&mut tree)[3].0, "a..b");
    }

    #[test]
    fn what_was_counted_before_is_taken_back() {
        let (mut older, mut tree) = (KeyTree::default(), KeyTree::default());
        for key in ["order.paid", "order", "payment"] {
            older.add(key, 2, DateTime::UNIX_EPOCH);
        }
        for key in ["order.paid", "order.paid", "stock"] {
            tree.add(key, 1, DateTime::UNIX_EPOCH);
        }
        tree.take_back(older);
        assert_eq!(
            rows(&mut tree),
            [
                ("order".into(), 6),
                ("order.paid".into(), 4),
                ("payment".into(), 2),
                ("stock".into(), 1),
            ]
        );
    }

    #[test]
    fn keys_with_ids_do_not_grow_it_without_end() {
        let mut tree = KeyTree::default();
        for number in 0..MAX_NODES * 2 {
            tree.add(&format!("order.{number}"), 1, DateTime::UNIX_EPOCH);
        }
        assert_eq!(tree.nodes.len(), MAX_NODES);
        assert_eq!(tree.nodes[0].count, (MAX_NODES * 2) as u64);
    }

    #[test]
    fn a_rate_falls_to_nothing_when_events_stop() {
        let mut tree = KeyTree::default();
        for _ in 0..10 {
            tree.add("a", 1, DateTime::UNIX_EPOCH);
        }
        tree.tick(1.0);
        assert!((tree.nodes[0].rate - 10.0).abs() < 0.01);
        let history = tree.history(&tree.nodes[0]);
        assert_eq!((history[HISTORY - 1], history[HISTORY - 2]), (10, 0));
        for _ in 0..3 {
            tree.tick(1.0);
        }
        assert_eq!(tree.history(&tree.nodes[0])[HISTORY - 4], 10);
        for _ in 0..30 {
            tree.tick(1.0);
        }
        assert_eq!(tree.history(&tree.nodes[0]), [0; HISTORY]);
        assert!(tree.nodes[0].rate == 0.0 && tree.active.is_empty());
    }
}
