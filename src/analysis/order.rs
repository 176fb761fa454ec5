//! Rows in another order than that of their arrival: worked out once, from what is there, on
//! another thread.

use std::cmp::Ordering;
use std::collections::HashMap;
use std::sync::Arc;

use crossbeam_channel::Receiver;

use crate::log::{EventLog, Kept, Segment};

/// What rows are sorted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SortBy {
    /// Time of arrival.
    Time,
    /// What it was published to.
    Destination,
    Key,
    /// Claimed type.
    Type,
    /// Claimed version.
    Version,
    /// Claimed id.
    Id,
    /// Bytes of the body.
    Size,
}

/// A sorted picture of the rows. What comes later is not in it.
#[derive(Debug)]
pub struct Order {
    /// What it is sorted by.
    pub by: SortBy,
    /// The largest first.
    pub descending: bool,
    rows: Vec<u64>,
    coming: Option<Receiver<Vec<u64>>>,
}

impl Order {
    /// Begins to sort these rows; `None` means everything that is kept.
    #[must_use]
    pub fn begin(by: SortBy, descending: bool, log: &EventLog, rows: Option<Vec<u64>>) -> Self {
        let pieces = log.pieces(log.first());
        let (answer, coming) = crossbeam_channel::bounded(1);
        super::spawn(move || {
            let numbers = rows.unwrap_or_else(|| {
                let all = pieces.iter().flat_map(|piece| piece.first()..piece.end());
                all.collect()
            });
            // Nobody waits any more if it was given up meanwhile.
            drop(answer.send(sorted(by, descending, &pieces, numbers)));
        });
        Self {
            by,
            descending,
            rows: Vec::new(),
            coming: Some(coming),
        }
    }

    /// Takes the result if it is ready; true while it is not.
    pub fn advance(&mut self) -> bool {
        if let Some(coming) = &self.coming {
            match coming.try_recv() {
                Ok(rows) => self.rows = rows,
                Err(crossbeam_channel::TryRecvError::Empty) => return true,
                Err(crossbeam_channel::TryRecvError::Disconnected) => {}
            }
            self.coming = None;
        }
        false
    }

    /// Numbers of the entries, sorted.
    #[must_use]
    pub fn rows(&self) -> &[u64] {
        &self.rows
    }
}

fn sorted(by: SortBy, descending: bool, pieces: &[Arc<Segment>], numbers: Vec<u64>) -> Vec<u64> {
    let kept = |number: u64| -> Option<Kept<'_>> {
        let after = pieces.partition_point(|piece| piece.first() <= number);
        let piece = pieces.get(after.checked_sub(1)?)?;
        let row = usize::try_from(number - piece.first()).ok()?;
        piece.entry(row)?.event()
    };
    let mut rows = numbers;
    // Gaps belong to a time and have no place in another order.
    rows.retain(|number| kept(*number).is_some());
    match by {
        SortBy::Time => rows.sort_unstable(),
        SortBy::Size => rows.sort_by_cached_key(|number| kept(*number).map(|e| e.body().len())),
        SortBy::Id => {
            rows.sort_by_cached_key(|number| {
                kept(*number)?.event_id().map(std::borrow::Cow::into_owned)
            });
        }
        SortBy::Destination | SortBy::Key | SortBy::Type | SortBy::Version => {
            let mut texts: HashMap<u64, &str> = HashMap::with_capacity(rows.len());
            for number in &rows {
                let text = kept(*number).and_then(|event| text(by, event));
                texts.insert(*number, text.unwrap_or_default());
            }
            rows.sort_by(|a, b| natural(texts[a], texts[b]));
        }
    }
    if descending {
        rows.reverse();
    }
    rows
}

fn text(by: SortBy, event: Kept<'_>) -> Option<&str> {
    match by {
        SortBy::Destination => Some(&event.shape().destination),
        SortBy::Key => Some(event.key()),
        SortBy::Type => event.shape().event_type.as_deref(),
        SortBy::Version => event.shape().version.as_deref(),
        _ => None,
    }
}

/// Nothing first, then numbers by their value, so that version 10 comes after version 9, then
/// texts.
fn natural(a: &str, b: &str) -> Ordering {
    if a.is_empty() || b.is_empty() {
        return a.len().cmp(&b.len());
    }
    match (a.parse::<f64>(), b.parse::<f64>()) {
        (Ok(x), Ok(y)) => x.total_cmp(&y),
        (Ok(_), Err(_)) => Ordering::Less,
        (Err(_), Ok(_)) => Ordering::Greater,
        _ => a.cmp(b),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::source_id::SourceId;
    use crate::event::tap_id::TapId;
    use crate::testing::event;

    #[test]
    fn rows_are_sorted_by_what_was_asked() {
        let mut log = EventLog::new(300_000);
        for (key, body) in [
            ("b", r#"{"version":10}"#),
            ("a", r#"{"version":9}"#),
            ("c", "xx"),
        ] {
            log.push(TapId::of(SourceId::FIRST, 1), &event(key, body));
        }
        log.push_gap(chrono::DateTime::UNIX_EPOCH, chrono::DateTime::UNIX_EPOCH);
        let order = |by, descending| {
            let mut order = Order::begin(by, descending, &log, None);
            while order.advance() {
                std::thread::yield_now();
            }
            order.rows().to_vec()
        };
        assert_eq!(order(SortBy::Key, false), [1, 0, 2]);
        assert_eq!(order(SortBy::Key, true), [2, 0, 1]);
        assert_eq!(order(SortBy::Size, false), [2, 1, 0]);
        assert_eq!(order(SortBy::Version, true), [0, 1, 2]);
        assert_eq!(order(SortBy::Time, true), [2, 1, 0]);
    }
}
