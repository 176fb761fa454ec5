//! Where sandboxes live by default, and the clearing away of those that have ended. Deletes folders, so it is strict:
//! only in our own cache folder, only under our own kind of name, only when the lock is free.

use std::fs::{self, OpenOptions};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use uuid::Uuid;

use super::folder::CONSOLE;
use super::installation::children;

/// How folders made by [`default_data_dir`] are called; the cleaning looks at no others.
const PREFIX: &str = "sandbox-";
/// What follows the prefix: so many hexadecimal digits.
const NAME_DIGITS: usize = 12;
/// Between making its folder and taking the lock a living app looks dead. After this time it does not any more.
const SETTLED: Duration = Duration::from_mins(1);

/// A folder for the sandbox of one running app, in the user's cache folder; `None` when the user has none.
///
/// Every call gives another name, so two apps never share one. Nothing is made on disk; the folders of apps that have
/// ended are cleared away when a sandbox starts in the new one.
#[must_use]
pub fn default_data_dir() -> Option<PathBuf> {
    let unique = Uuid::new_v4().simple().to_string();
    let short: String = unique.chars().take(NAME_DIGITS).collect();
    Some(default_parent()?.join(format!("{PREFIX}{short}")))
}

fn default_parent() -> Option<PathBuf> {
    Some(dirs::cache_dir()?.join("eventscope"))
}

/// Clears away the dead neighbours of `own`. Elsewhere than in our own cache folder nothing is ours to delete.
pub(crate) fn remove_dead(own: &Path) {
    let parent = default_parent().and_then(|parent| fs::canonicalize(parent).ok());
    if let Some(parent) = parent.filter(|parent| own.starts_with(parent)) {
        remove_dead_in(&parent, own);
    }
}

/// Removes folders of sandboxes that have ended. A folder that cannot be removed is left for the next time.
fn remove_dead_in(parent: &Path, own: &Path) {
    for folder in children(parent) {
        if folder == own || !has_our_name(&folder) || !is_dead(&folder) {
            continue;
        }
        match fs::remove_dir_all(&folder) {
            Ok(()) => {
                tracing::debug!(folder = %folder.display(), "removed the folder of an ended sandbox");
            }
            Err(error) => {
                tracing::debug!(%error, folder = %folder.display(), "a dead sandbox folder stays");
            }
        }
    }
}

fn has_our_name(folder: &Path) -> bool {
    let name = folder
        .file_name()
        .map(|name| name.to_string_lossy().into_owned())
        .unwrap_or_default();
    let is_link = fs::symlink_metadata(folder).is_ok_and(|found| found.is_symlink());
    !is_link
        && name.strip_prefix(PREFIX).is_some_and(|rest| {
            rest.len() == NAME_DIGITS && rest.chars().all(|c| c.is_ascii_hexdigit())
        })
}

/// Whether nobody lives there: it has been quiet for a while and its lock is free. Where that cannot be told,
/// somebody lives there.
fn is_dead(folder: &Path) -> bool {
    let console = folder.join(CONSOLE);
    if !console.exists() {
        return children(folder).is_empty() && is_settled(folder);
    }
    is_settled(&console) && is_unlocked(&console)
}

pub(crate) fn is_unlocked(console: &Path) -> bool {
    OpenOptions::new()
        .append(true)
        .open(console)
        .is_ok_and(|file| file.try_lock().is_ok())
}

fn is_settled(path: &Path) -> bool {
    let changed = fs::metadata(path).and_then(|found| found.modified());
    let age = changed.ok().and_then(|changed| {
        SystemTime::from(chrono::Utc::now())
            .duration_since(changed)
            .ok()
    });
    age.is_some_and(|age| age > SETTLED)
}

#[cfg(test)]
mod tests;
