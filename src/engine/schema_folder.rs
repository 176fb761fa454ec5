//! The folder of schemas, read and watched for what others change in it. Not the broker's business,
//! but it is work with files, which the window must not do.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use super::outbox::Outbox;
use super::registry;
use super::sample_schemas::SCHEMAS;
use crate::protocol::{DeskUpdate, Gravity, ImportFrom, Notice};
use crate::schema::folder::import::{FoundSchemas, ImportPlan, asyncapi};
use crate::schema::folder::meta;
use crate::schema::{Cancel, Catalog, Level, Policy, VersionRules};
use crate::storage::{schema_import, schemas};

/// How often the folder is looked at.
const LOOK: Duration = Duration::from_secs(2);
/// A larger document is not read.
const LARGEST_DOCUMENT: u64 = 16 * 1024 * 1024;

/// Reads the folder now and whenever something in it changes, until it is cut off.
pub(crate) async fn watch(folder: PathBuf, outbox: Outbox) {
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
                outbox.send(DeskUpdate::Schemas(Err(words))).await;
            }
            Err(_) => {}
        }
        tokio::time::sleep(LOOK).await;
    }
}

/// Writes a version; what is wrong is told as a notice. The watch finds it.
pub(crate) async fn save(
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

/// Finds out what an import would write.
pub(crate) async fn plan_import(folder: PathBuf, from: ImportFrom, stop: Cancel, outbox: Outbox) {
    let planned = blocking(move || {
        let found = found(&folder, from, &stop)?;
        let told = schema_import::plan(&folder, &found).map_err(|error| told(&folder, &error))?;
        let found = Arc::new(found);
        Ok(ImportPlan { told, found })
    });
    outbox.send(DeskUpdate::ImportPlanned(planned.await)).await;
}

/// Writes schemas from elsewhere into a folder.
pub(crate) async fn import(plan: ImportPlan, outbox: Outbox) {
    let folder = plan.told.folder;
    let (at, found) = (folder.clone(), plan.found);
    let done =
        blocking(move || schema_import::store(&at, &found).map_err(|error| told(&at, &error)));
    let done = done.await;
    let wrote = done.is_ok();
    outbox.send(DeskUpdate::Imported(done)).await;
    if wrote {
        outbox.send(read(folder).await).await;
    }
}

/// What there is to import.
fn found(folder: &Path, from: ImportFrom, stop: &Cancel) -> Result<FoundSchemas, String> {
    let haul = match from {
        ImportFrom::Folder(other) if is_one(folder, &other) => {
            return Err("That is the folder itself: choose another one".to_owned());
        }
        ImportFrom::Folder(other) => {
            schema_import::from_folder(&other).map_err(|error| told(&other, &error))?
        }
        ImportFrom::AsyncApi(path) => {
            let shown = path.display();
            let about = std::fs::metadata(&path);
            if about.is_ok_and(|about| about.len() > LARGEST_DOCUMENT) {
                return Err(format!("{shown} is too large to be an AsyncAPI document"));
            }
            let text = std::fs::read_to_string(&path)
                .map_err(|error| format!("{shown} cannot be read: {error}"))?;
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            let mut beside = BesideFolder::new(&path);
            let mut load = |path: &str| beside.text_of(path);
            asyncapi::read_with(&text, &shown.to_string(), &name, &mut load)
                .map_err(|words| format!("{shown} was not imported. {words}"))?
        }
        ImportFrom::Registry {
            url,
            user,
            password,
        } => registry::read(&url, &user, &password, stop)?,
    };
    if stop.is_cancelled() {
        return Err("The import was stopped. Nothing was written".to_owned());
    }
    Ok(haul)
}

/// Files beside a document, which it may refer to.
struct BesideFolder {
    /// The folder of the document, as it is without links.
    folder: Option<PathBuf>,
    /// Bytes that may still be read.
    left: u64,
}

impl BesideFolder {
    fn new(document: &Path) -> Self {
        let folder = document.canonicalize().ok();
        Self {
            folder: folder.and_then(|path| Some(path.parent()?.to_owned())),
            left: 4 * LARGEST_DOCUMENT,
        }
    }

    /// The text of a file by its path from the folder; a link that leads out of it is not followed.
    fn text_of(&mut self, path: &str) -> Option<String> {
        let folder = self.folder.as_ref()?;
        let path = folder.join(path).canonicalize().ok()?;
        let about = std::fs::metadata(&path).ok()?;
        let good = path.starts_with(folder) && about.is_file() && about.len() <= self.left;
        self.left -= if good { about.len() } else { 0 };
        let bytes = good.then(|| std::fs::read(&path).ok()).flatten()?;
        String::from_utf8(bytes).ok()
    }
}

fn is_one(a: &Path, b: &Path) -> bool {
    match (a.canonicalize(), b.canonicalize()) {
        (Ok(a), Ok(b)) => a == b,
        _ => a == b,
    }
}

/// Writes down by what a type is judged, and reads the folder again.
pub(crate) async fn judge(
    folder: PathBuf,
    event_type: String,
    policy: Policy,
    level: Level,
) -> DeskUpdate {
    let at = folder.clone();
    let written = blocking(move || {
        schemas::change_meta(&at, &event_type, |text| {
            meta::with_judgement(text, policy, level)
        })
        .map_err(|error| format!("Policy and level of {event_type} were not kept: {error}"))
    })
    .await;
    match written {
        Ok(()) => read(folder).await,
        Err(words) => DeskUpdate::Notice(Notice {
            gravity: Gravity::Error,
            words,
        }),
    }
}

/// Writes down how events tell their version, and reads the folder again.
pub(crate) async fn save_rules(folder: PathBuf, rules: VersionRules) -> DeskUpdate {
    let at = folder.clone();
    let written = blocking(move || {
        schemas::change_defaults(&at, |text| meta::with_rules(text, &rules))
            .map_err(|error| format!("The rules for versions were not kept: {error}"))
    })
    .await;
    match written {
        Ok(()) => read(folder).await,
        Err(words) => DeskUpdate::Notice(Notice {
            gravity: Gravity::Error,
            words,
        }),
    }
}

/// Keeps an event as an example of its type. The watch finds it.
pub(crate) async fn save_sample(
    folder: PathBuf,
    event_type: String,
    sample: String,
    text: String,
    outbox: Outbox,
) {
    let at = folder.clone();
    let written = blocking(move || {
        schemas::write_sample(&at, &event_type, &sample, &text)
            .map_err(|error| format!("The sample was not saved: {error}"))
    })
    .await;
    match written {
        Ok((path, written)) => {
            let words = if written {
                format!("The event was saved as {}", path.display())
            } else {
                format!("The event is saved already, as {}", path.display())
            };
            outbox.notice(Gravity::Info, words).await;
            outbox.send(read(folder).await).await;
        }
        Err(words) => outbox.notice(Gravity::Error, words).await,
    }
}

/// Puts the sample shop's schemas into a folder, where they are not there yet.
pub(crate) async fn unpack(folder: PathBuf) -> PathBuf {
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

async fn read(folder: PathBuf) -> DeskUpdate {
    let catalog = blocking(move || {
        let content = schemas::read(&folder).map_err(|error| told(&folder, &error))?;
        Ok(Arc::new(Catalog::of(folder, content)))
    })
    .await;
    DeskUpdate::Schemas(catalog)
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
