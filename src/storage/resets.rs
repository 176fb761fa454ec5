//! Offsets of consumer groups as they were before they were set: one file for each time, written before
//! anything is done, so that it can be undone whatever happens.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::kafka::groups::reset::{KeptOffset, KeptReset};

/// The folder, in that of the journal.
const FOLDER: &str = "offset-resets";
/// Files that are kept; the oldest go first.
const KEPT: usize = 200;
/// Most bytes that one is read of.
const LARGEST: u64 = 16 * 1024 * 1024;

/// What stands in a file.
#[derive(Serialize, Deserialize)]
struct WrittenReset {
    at: DateTime<Utc>,
    cluster: String,
    group: String,
    to: String,
    offsets: Vec<WrittenOffset>,
    outcome: Option<String>,
}

#[derive(Serialize, Deserialize)]
struct WrittenOffset {
    topic: String,
    partition: u32,
    before: Option<u64>,
    after: Option<u64>,
}

/// Writes one down, or once more with what became of it.
///
/// # Errors
/// If it is not on the disk afterwards. Then nothing may be done.
pub fn keep(dir: &Path, reset: &KeptReset) -> io::Result<()> {
    let folder = dir.join(FOLDER);
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(&folder)?;
    let offsets = reset.offsets.iter().map(|one| WrittenOffset {
        topic: one.topic.clone(),
        partition: one.partition,
        before: one.before,
        after: one.after,
    });
    let content = WrittenReset {
        at: reset.at,
        cluster: reset.place.clone(),
        group: reset.group.clone(),
        to: reset.to.clone(),
        offsets: offsets.collect(),
        outcome: reset.end.clone(),
    };
    let path = folder.join(format!("{}.json", reset.id));
    let fresh = folder.join(format!("{}.new", reset.id));
    let mut file = OpenOptions::new()
        .create(true)
        .truncate(true)
        .write(true)
        .mode(0o600)
        .open(&fresh)?;
    file.write_all(&serde_json::to_vec_pretty(&content)?)?;
    file.sync_all()?;
    fs::rename(&fresh, &path)?;
    // The name must be on the disk too, not only what the file holds.
    File::open(&folder)?.sync_all()
}

/// What was set at a cluster, the newest first. What cannot be read is left out, and older files than
/// are kept are removed.
#[must_use]
pub fn kept(dir: &Path, place: &str) -> Vec<KeptReset> {
    let mut all: Vec<(PathBuf, KeptReset)> = Vec::new();
    let Ok(entries) = fs::read_dir(dir.join(FOLDER)) else {
        return Vec::new();
    };
    for path in entries.flatten().map(|entry| entry.path()) {
        if path.extension().is_none_or(|ending| ending != "json") {
            continue;
        }
        match read(&path) {
            Ok(reset) => all.push((path, reset)),
            Err(error) => tracing::debug!(path = %path.display(), %error, "no kept offsets"),
        }
    }
    all.sort_by(|(_, a), (_, b)| b.at.cmp(&a.at).then_with(|| b.id.cmp(&a.id)));
    for (path, _) in all.iter().skip(KEPT) {
        // One that stays is tried again at the next time.
        fs::remove_file(path).ok();
    }
    all.truncate(KEPT);
    let resets = all.into_iter().map(|(_, reset)| reset);
    resets.filter(|reset| reset.place == place).collect()
}

fn read(path: &Path) -> io::Result<KeptReset> {
    let mut text = Vec::new();
    File::open(path)?.take(LARGEST).read_to_end(&mut text)?;
    let written: WrittenReset = serde_json::from_slice(&text)?;
    let id = path.file_stem().unwrap_or_default();
    let offsets = written.offsets.into_iter().map(|one| KeptOffset {
        topic: one.topic,
        partition: one.partition,
        before: one.before,
        after: one.after,
    });
    Ok(KeptReset {
        id: id.to_string_lossy().into_owned(),
        at: written.at,
        place: written.cluster,
        group: written.group,
        to: written.to,
        offsets: offsets.collect(),
        end: written.outcome,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reset(id: &str, at: i64, place: &str) -> KeptReset {
        KeptReset {
            id: id.to_owned(),
            at: DateTime::from_timestamp(at, 0).unwrap(),
            place: place.to_owned(),
            group: "billing".to_owned(),
            to: "the end".to_owned(),
            offsets: vec![KeptOffset {
                topic: "orders".to_owned(),
                partition: 2,
                before: None,
                after: Some(7),
            }],
            end: None,
        }
    }

    #[test]
    fn what_was_kept_is_read_back_the_newest_first() {
        let dir = tempfile::tempdir().unwrap();
        assert!(kept(dir.path(), "here").is_empty());
        let mut older = reset("b", 1, "here");
        for one in [&older, &reset("a", 2, "here"), &reset("c", 3, "elsewhere")] {
            keep(dir.path(), one).unwrap();
        }
        assert_eq!(
            kept(dir.path(), "here"),
            [reset("a", 2, "here"), older.clone()]
        );
        older.end = Some("Done".to_owned());
        keep(dir.path(), &older).unwrap();
        assert_eq!(kept(dir.path(), "here")[1], older);
    }

    #[test]
    fn broken_files_are_left_out_and_old_ones_go() {
        let dir = tempfile::tempdir().unwrap();
        for number in 0..KEPT + 3 {
            let at = i64::try_from(number).unwrap();
            keep(dir.path(), &reset(&format!("r{number}"), at, "here")).unwrap();
        }
        fs::write(dir.path().join(FOLDER).join("x.json"), "{").unwrap();
        let left = kept(dir.path(), "here");
        assert_eq!(left.len(), KEPT);
        assert_eq!(left[0].id, format!("r{}", KEPT + 2));
        assert!(!dir.path().join(FOLDER).join("r0.json").exists());
    }
}
