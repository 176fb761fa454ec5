//! The folder of schemas, read and watched for what others change in it. Not the broker's business,
//! but it is work with files, which the window must not do.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use super::wires::Outbox;
use crate::protocol::{Gravity, Update};
use crate::schema::Catalog;
use crate::shop::SCHEMAS;
use crate::storage::schemas;

/// How often the folder is looked at.
const LOOK: Duration = Duration::from_secs(2);

/// Reads the folder now and whenever something in it changes, until it is cut off.
pub(super) async fn watch(folder: PathBuf, outbox: Outbox) {
    let mut known = None;
    let mut failed = false;
    loop {
        let at = folder.clone();
        let stamp = blocking(move || schemas::stamp(&at).map_err(|error| told(&at, &error))).await;
        match stamp {
            Ok(stamp) if known == Some(stamp) => {}
            Ok(stamp) => {
                known = Some(stamp);
                failed = false;
                outbox.send(read(folder.clone()).await).await;
            }
            Err(words) if !failed => {
                known = None;
                failed = true;
                outbox.send(Update::Schemas(Err(words))).await;
            }
            Err(_) => {}
        }
        tokio::time::sleep(LOOK).await;
    }
}

/// Writes a version; what is wrong is told as a notice. The watch finds it.
pub(super) async fn save(
    folder: PathBuf,
    event_type: String,
    version: String,
    text: String,
    outbox: Outbox,
) {
    let at = folder.clone();
    let name = format!("{event_type} {version}");
    let written = blocking(move || {
        schemas::write(&at, &event_type, &version, &text).map_err(|error| told(&at, &error))
    })
    .await;
    match written {
        Ok(path) => {
            outbox
                .notice(
                    Gravity::Info,
                    &format!("{name} was written to {}", path.display()),
                )
                .await;
            outbox.send(read(folder).await).await;
        }
        Err(words) => {
            outbox
                .notice(Gravity::Error, &format!("{name} was not saved. {words}"))
                .await;
        }
    }
}

/// Puts the sample shop's schemas into a folder, where they are not there yet.
pub(super) async fn unpack(folder: PathBuf) -> PathBuf {
    let at = folder.clone();
    let done = blocking(move || {
        for (event_type, version, text) in SCHEMAS {
            // One that is there may have been edited.
            if !at
                .join(event_type)
                .join(format!("{version}.schema.json"))
                .exists()
            {
                schemas::write(&at, event_type, version, text)
                    .map_err(|error| told(&at, &error))?;
            }
        }
        Ok(())
    })
    .await;
    if let Err(words) = done {
        tracing::warn!(words, "the sample schemas were not written");
    }
    folder
}

async fn read(folder: PathBuf) -> Update {
    let catalog = blocking(move || {
        let sources = schemas::read(&folder).map_err(|error| told(&folder, &error))?;
        Ok(Arc::new(Catalog::new(folder, sources)))
    })
    .await;
    Update::Schemas(catalog)
}

fn told(folder: &Path, error: &std::io::Error) -> String {
    format!("The folder {} cannot be used: {error}", folder.display())
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, String> + Send + 'static,
) -> Result<T, String> {
    tokio::task::spawn_blocking(work)
        .await
        .unwrap_or_else(|error| Err(error.to_string()))
}
