//! The folder of schemas: `EVENT TYPE/VERSION.schema.json` or `.avsc`, what is said about them in
//! `meta.toml`, and example events in `samples`. Plain files that other tools and people edit too.

use std::fs;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use super::schema_files::{self, ENDINGS, LARGEST, MOST_FILES, SAMPLES, name};
use crate::schema::{Content, Sample, SchemaPart, SchemaSource, Unusable};

/// Most example events of a type, and the largest.
const MOST_SAMPLES: usize = 200;
const LARGEST_SAMPLE: u64 = 1_000_000;
/// Most bytes of example events of all types.
const ALL_SAMPLES: usize = 64 * 1024 * 1024;
/// What is said about a type, and about all.
const META: &str = "meta.toml";
const DEFAULTS: &str = "schemas.toml";

/// One change of a `meta.toml` at a time.
static CHANGING: Mutex<()> = Mutex::new(());

/// Reads all that is in a folder of schemas.
///
/// # Errors
/// The folder or a schema cannot be read.
pub fn read(folder: &Path) -> io::Result<Content> {
    let mut content = Content {
        defaults: text_of(&folder.join(DEFAULTS)),
        ..Content::default()
    };
    let mut bytes = 0;
    for around in schema_files::types(folder)? {
        let event_type = name(&around);
        let versions = schema_files::versions(&around)?;
        for (path, file) in schema_files::inside(&around) {
            if content.parts.len() < MOST_FILES {
                content.parts.push(SchemaPart {
                    event_type: event_type.clone(),
                    path,
                    text: schema_files::text_or_less(&file)?,
                });
            }
        }
        if versions.is_empty() {
            continue;
        }
        let meta = text_of(&around.join(META));
        content.meta.insert(event_type.clone(), meta);
        for path in samples(&around) {
            if bytes > ALL_SAMPLES {
                break;
            }
            let text = text_of(&path);
            bytes += text.len();
            content.samples.push(Sample {
                event_type: event_type.clone(),
                name: name(&path).trim_end_matches(".json").to_owned(),
                text,
            });
        }
        for (version, path) in versions {
            if content.sources.len() < MOST_FILES {
                content.sources.push(SchemaSource {
                    event_type: event_type.clone(),
                    version,
                    file: name(&path),
                    text: schema_files::text_or_less(&path)?,
                });
            }
        }
    }
    Ok(content)
}

/// Changes when something in it is added, changed or removed.
///
/// # Errors
/// The folder cannot be read.
pub fn stamp(folder: &Path) -> io::Result<u64> {
    let mut hasher = DefaultHasher::new();
    let mut note = |path: &Path| {
        if let Ok(about) = fs::metadata(path) {
            path.hash(&mut hasher);
            about.len().hash(&mut hasher);
            about.modified().ok().hash(&mut hasher);
        }
    };
    note(&folder.join(DEFAULTS));
    for around in schema_files::types(folder)? {
        let versions = schema_files::versions(&around)?;
        for (_, path) in versions.iter().chain(&schema_files::inside(&around)) {
            note(path);
        }
        if !versions.is_empty() {
            note(&around.join(META));
            for path in samples(&around) {
                note(&path);
            }
        }
    }
    Ok(hasher.finish())
}

/// Example events of the type in this folder.
fn samples(around: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(around.join(SAMPLES)) else {
        return Vec::new();
    };
    let mut out: Vec<PathBuf> = entries
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|end| end == "json"))
        .filter(|path| {
            fs::metadata(path).is_ok_and(|about| about.is_file() && about.len() <= LARGEST_SAMPLE)
        })
        .collect();
    out.sort();
    out.truncate(MOST_SAMPLES);
    out
}

/// A file that need not be there, and whose content is judged by who reads it.
fn text_of(path: &Path) -> String {
    match fs::metadata(path) {
        Ok(about) if about.is_file() && about.len() <= LARGEST => {
            String::from_utf8_lossy(&fs::read(path).unwrap_or_default()).into_owned()
        }
        _ => String::new(),
    }
}

/// Changes what is said about a type.
///
/// # Errors
/// The file cannot be read or written, or is no TOML: then it stays as it is.
pub fn change_meta(
    folder: &Path,
    event_type: &str,
    change: impl FnOnce(&str) -> Result<String, Unusable>,
) -> io::Result<()> {
    change_file(&named_folder(folder, event_type)?, META, change)
}

/// Changes what is said about all types.
///
/// # Errors
/// As [`change_meta`].
pub fn change_defaults(
    folder: &Path,
    change: impl FnOnce(&str) -> Result<String, Unusable>,
) -> io::Result<()> {
    change_file(folder, DEFAULTS, change)
}

fn change_file(
    around: &Path,
    name: &str,
    change: impl FnOnce(&str) -> Result<String, Unusable>,
) -> io::Result<()> {
    let _one = CHANGING.lock().unwrap_or_else(PoisonError::into_inner);
    let path = around.join(name);
    let before = match fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
        Err(error) => return Err(error),
    };
    let after = change(&before).map_err(|error| {
        io::Error::new(
            io::ErrorKind::InvalidData,
            format!("{}: {error}", path.display()),
        )
    })?;
    if after == before {
        return Ok(());
    }
    // Whoever reads it meanwhile sees the old or the new one, never half of one.
    let draft = around.join(format!(".{name}.{}", std::process::id()));
    fs::write(&draft, after)?;
    fs::rename(&draft, &path)
}

/// Keeps an example event, and says where and whether it was written: one with the same content
/// may be there already.
///
/// # Errors
/// The name is no file name, or it cannot be written.
pub fn write_sample(
    folder: &Path,
    event_type: &str,
    sample: &str,
    text: &str,
) -> io::Result<(PathBuf, bool)> {
    if !is_plain(sample) {
        return Err(no_name());
    }
    let around = named_folder(folder, event_type)?.join(SAMPLES);
    fs::create_dir_all(&around)?;
    for at in 1..=MOST_SAMPLES {
        let name = if at == 1 {
            format!("{sample}.json")
        } else {
            format!("{sample}-{at}.json")
        };
        let path = around.join(name);
        match write_new(&path, text) {
            Ok(()) => return Ok((path, true)),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                if text_of(&path) == text {
                    return Ok((path, false));
                }
            }
            Err(error) => return Err(error),
        }
    }
    let words = format!("there are {MOST_SAMPLES} samples of that name");
    Err(io::Error::new(io::ErrorKind::AlreadyExists, words))
}

/// Writes a version as a new file.
///
/// # Errors
/// There is such a version, the name is no file name, or it cannot be written.
pub fn write(folder: &Path, event_type: &str, version: &str, text: &str) -> io::Result<PathBuf> {
    write_as(folder, event_type, version, ENDINGS[0], text)
}

/// Like [`write`], with this ending of its name.
pub(super) fn write_as(
    folder: &Path,
    event_type: &str,
    version: &str,
    ending: &str,
    text: &str,
) -> io::Result<PathBuf> {
    if !is_plain(version) {
        return Err(no_name());
    }
    let folder = named_folder(folder, event_type)?;
    fs::create_dir_all(&folder)?;
    let path = folder.join(format!("{version}{ending}"));
    write_new(&path, text)?;
    Ok(path)
}

/// Whether these may be names of files.
pub(super) fn may_write(event_type: &str, version: &str) -> io::Result<()> {
    if is_plain(event_type) && is_plain(version) {
        Ok(())
    } else {
        Err(no_name())
    }
}

fn write_new(path: &Path, text: &str) -> io::Result<()> {
    let mut file = fs::File::create_new(path)?;
    io::Write::write_all(&mut file, text.as_bytes())
}

fn named_folder(folder: &Path, event_type: &str) -> io::Result<PathBuf> {
    if is_plain(event_type) {
        Ok(folder.join(event_type))
    } else {
        Err(no_name())
    }
}

fn is_plain(name: &str) -> bool {
    !name.is_empty() && !name.starts_with('.') && !name.contains(['/', '\\', '\0'])
}

fn no_name() -> io::Error {
    io::Error::new(
        io::ErrorKind::InvalidInput,
        "a type, a version and a sample must be names of files",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_and_nothing_is_overwritten() {
        let folder = tempfile::tempdir().unwrap();
        write(folder.path(), "order.created", "1", "{}").unwrap();
        let before = stamp(folder.path()).unwrap();
        assert!(write(folder.path(), "order.created", "1", "{}").is_err());
        assert!(write(folder.path(), "../elsewhere", "1", "{}").is_err());
        fs::write(
            folder.path().join("order.created").join("2.avsc"),
            "\"int\"",
        )
        .unwrap();
        assert_ne!(stamp(folder.path()).unwrap(), before);
        let all = read(folder.path()).unwrap();
        let names: Vec<_> = all
            .sources
            .iter()
            .map(|one| (one.event_type.as_str(), one.version.as_str()))
            .collect();
        assert_eq!(names, [("order.created", "1"), ("order.created", "2")]);
        assert!(read(Path::new("/nowhere/at/all")).is_err());
    }

    #[test]
    fn what_is_said_and_examples_are_read_and_watched() {
        let folder = tempfile::tempdir().unwrap();
        let at = folder.path();
        write(at, "a", "1", "{}").unwrap();
        let mut known = stamp(at).unwrap();
        let mut is_new = |what: &str| {
            let before = std::mem::replace(&mut known, stamp(at).unwrap());
            assert_ne!(before, known, "{what}");
        };
        change_meta(at, "a", |text| Ok(format!("{text}title = \"A\"\n"))).unwrap();
        is_new("meta");
        fs::write(at.join(DEFAULTS), "level = \"FULL\"").unwrap();
        is_new("defaults");
        let (first, written) = write_sample(at, "a", "x", "{}").unwrap();
        is_new("a sample");
        fs::create_dir(at.join("a/parts")).unwrap();
        fs::write(at.join("a/parts/b.json"), "true").unwrap();
        is_new("a part");
        assert!(written);
        assert_eq!(write_sample(at, "a", "x", "{}").unwrap(), (first, false));
        let (other, _) = write_sample(at, "a", "x", "[]").unwrap();
        assert!(other.ends_with("a/samples/x-2.json"), "{}", other.display());
        assert!(write_sample(at, "a", "../x", "[]").is_err());
        let content = read(at).unwrap();
        assert_eq!(content.meta["a"], "title = \"A\"\n");
        assert_eq!(content.defaults, "level = \"FULL\"");
        let names: Vec<&str> = content
            .samples
            .iter()
            .map(|one| one.name.as_str())
            .collect();
        assert_eq!(names, ["x-2", "x"]);
        let refused = change_meta(at, "a", |_| Err(Unusable::new("no")));
        assert!(refused.unwrap_err().to_string().contains("meta.toml: no"));
        assert_eq!(read(at).unwrap().meta["a"], "title = \"A\"\n");
    }
}
