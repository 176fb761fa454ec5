//! The dialog that writes a payload to a file.

use std::sync::Arc;

use crate::domain::{Event, PayloadKind};

/// Asks for a file and writes the bytes. The dialog waits for the person, so it has a thread of its
/// own; without a dialog on this desktop nothing happens.
pub(super) fn save(event: Arc<Event>) {
    let suffix = if event.kind == PayloadKind::Json {
        "json"
    } else {
        "bin"
    };
    let name = format!("{}.{suffix}", event.routing_key.replace(['/', '\\'], "_"));
    let spawned = std::thread::Builder::new()
        .name("save-payload".to_owned())
        .spawn(move || {
            let dialog = rfd::FileDialog::new()
                .set_title("Save payload")
                .set_file_name(name);
            if let Some(path) = dialog.save_file()
                && let Err(error) = std::fs::write(&path, &event.body)
            {
                tracing::warn!(%error, path = %path.display(), "the payload was not saved");
            }
        });
    if let Err(error) = spawned {
        tracing::warn!(%error, "no thread for the file dialog");
    }
}
