//! Files that a person saves something as. Not the broker's business, but a disk may be slow, and
//! the window must not wait for it.

use std::fs::OpenOptions;
use std::io::{self, Write as _};
use std::path::PathBuf;

use super::outbox::Outbox;
use crate::protocol::{DeskUpdate, RequestId};

/// Writes the file and answers the request.
pub(crate) async fn save(
    request: RequestId,
    (path, replaces): (PathBuf, bool),
    bytes: Vec<u8>,
    outbox: Outbox,
) {
    let written = tokio::task::spawn_blocking(move || {
        if replaces {
            return std::fs::write(path, bytes);
        }
        let mut file = OpenOptions::new().write(true).create_new(true).open(path)?;
        file.write_all(&bytes)
    })
    .await;
    let result = match written {
        Ok(written) => written.map_err(|error| why(&error)),
        Err(error) => Err(format!("Eventscope made a mistake inside: {error}")),
    };
    outbox.send(DeskUpdate::Saved { request, result }).await;
}

/// Why a file could not be written, and what to do.
fn why(error: &io::Error) -> String {
    use io::ErrorKind::{
        AlreadyExists, IsADirectory, NotADirectory, NotFound, PermissionDenied, ReadOnlyFilesystem,
        StorageFull,
    };
    let advice = match error.kind() {
        StorageFull => "Make room on the disk, or choose another one",
        AlreadyExists => "There is a file of that name already: choose another name",
        IsADirectory => "It is a folder: choose another name",
        NotFound | NotADirectory | PermissionDenied | ReadOnlyFilesystem => {
            "Choose a folder that you may write to"
        }
        _ => "Try another folder",
    };
    format!("{advice} ({error})")
}
