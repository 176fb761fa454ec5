//! Messages that were sent again and lie in a queue once more, known by their content.

use std::collections::{HashMap, HashSet};

use rusqlite::params;

use super::written::stage_number;
use super::{Journal, JournalError, signed};
use crate::repair::journal_entry::Stage;

/// Most edits of one message that are followed back.
const MAX_EDITS: usize = 8;
/// Most contents that are asked for in one statement.
const AT_ONCE: usize = 500;
/// The broker's clock may be so much behind ours, in milliseconds.
const SKEW_MS: i64 = 5_000;

/// A message as it lies in a queue.
#[derive(Clone, Copy, Debug)]
pub struct Lying {
    /// What stays the same about it; see [`crate::repair::lineage::content`].
    pub content: u64,
    /// When it died, in seconds since 1970. What died before it was sent again has not come back:
    /// it is another message with the same content.
    pub died: Option<i64>,
}

/// What the journal knows of messages that lie in a queue.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Returns {
    /// How often each came back.
    pub times: Vec<u32>,
    /// A record says so for the first time.
    pub is_news: bool,
}

/// A resend that is over.
struct PastDeaths {
    id: i64,
    at: i64,
    before: Option<i64>,
    after: i64,
}

impl Journal {
    /// How often these messages were sent again at this place before, edits followed back. The
    /// records note that their messages came back.
    ///
    /// # Errors
    /// If the journal cannot be read or written.
    pub fn returns(&mut self, place: &str, lying: &[Lying]) -> Result<Returns, JournalError> {
        let mut times = vec![0_u32; lying.len()];
        let mut ids: HashSet<i64> = HashSet::new();
        // Contents that are looked for, and the messages that this is about.
        let mut open: HashMap<i64, Vec<usize>> = HashMap::new();
        for (index, one) in lying.iter().enumerate() {
            open.entry(signed(one.content)).or_default().push(index);
        }
        let mut seen: HashSet<i64> = open.keys().copied().collect();
        for _ in 0..MAX_EDITS {
            let contents: Vec<i64> = open.keys().copied().collect();
            let mut next: HashMap<i64, Vec<usize>> = HashMap::new();
            for past in self.sent(place, &contents)? {
                let Some(indexes) = open.get(&past.after) else {
                    continue;
                };
                for index in indexes {
                    let died = lying[*index]
                        .died
                        .map(|seconds| seconds.saturating_mul(1_000));
                    if died.is_some_and(|died| died + SKEW_MS < past.at) {
                        continue;
                    }
                    times[*index] = times[*index].saturating_add(1);
                    ids.insert(past.id);
                    if let Some(before) = past.before
                        && !seen.contains(&before)
                    {
                        let places = next.entry(before).or_default();
                        if !places.contains(index) {
                            places.push(*index);
                        }
                    }
                }
            }
            seen.extend(next.keys());
            open = next;
            if open.is_empty() {
                break;
            }
        }
        let is_news = self.note_return(&ids)?;
        Ok(Returns { times, is_news })
    }

    fn sent(&self, place: &str, contents: &[i64]) -> Result<Vec<PastDeaths>, JournalError> {
        let mut all = Vec::new();
        for some in contents.chunks(AT_ONCE) {
            let list: Vec<String> = some.iter().map(i64::to_string).collect();
            let mut select = self.db.prepare(&format!(
                "SELECT id, at, content, sent_content FROM progress JOIN record USING (id)
                 WHERE sent_content IN ({}) AND stage IN (?, ?) AND place = ?",
                list.join(",")
            ))?;
            let over = [Stage::Confirmed, Stage::Removed].map(stage_number);
            let rows = select.query_map(params![over[0], over[1], place], |row| {
                Ok(PastDeaths {
                    id: row.get(0)?,
                    at: row.get(1)?,
                    before: row.get(2)?,
                    after: row.get(3)?,
                })
            })?;
            for row in rows {
                all.push(row?);
            }
        }
        Ok(all)
    }

    fn note_return(&mut self, ids: &HashSet<i64>) -> Result<bool, JournalError> {
        let mut news = 0;
        let transaction = self.db.transaction()?;
        {
            let mut update = transaction.prepare_cached(
                "UPDATE progress SET came_back = 1 WHERE id = ? AND came_back = 0",
            )?;
            for id in ids {
                news += update.execute([id])?;
            }
        }
        transaction.commit()?;
        Ok(news > 0)
    }
}
