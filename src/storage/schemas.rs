//! The folder of schemas: `EVENT TYPE/VERSION.schema.json` or `.avsc`, plain files that other tools
//! and people edit too.

use std::fs;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::io;
use std::path::{Path, PathBuf};

use crate::schema::Source;

/// More files than this are not read, nor larger ones.
const MOST_FILES: usize = 2_000;
const LARGEST: u64 = 4 * 1024 * 1024;
/// Endings of the files, the longest first.
const ENDINGS: [&str; 3] = [".schema.json", ".avsc", ".json"];

/// Reads all schemas of a folder.
///
/// # Errors
/// The folder or a file cannot be read.
pub fn read(folder: &Path) -> io::Result<Vec<Source>> {
    let mut out = Vec::new();
    for (event_type, version, path) in files(folder)? {
        out.push(Source {
            event_type,
            version,
            file: name(&path),
            text: String::from_utf8_lossy(&fs::read(&path)?).into_owned(),
        });
    }
    Ok(out)
}

/// Changes when a schema is added, changed or removed.
///
/// # Errors
/// The folder cannot be read.
pub fn stamp(folder: &Path) -> io::Result<u64> {
    let mut hasher = DefaultHasher::new();
    for (_, _, path) in files(folder)? {
        let about = fs::metadata(&path)?;
        path.hash(&mut hasher);
        about.len().hash(&mut hasher);
        about.modified()?.hash(&mut hasher);
    }
    Ok(hasher.finish())
}

/// Writes a version as a new file.
///
/// # Errors
/// There is such a version, the name is no file name, or it cannot be written.
pub fn write(folder: &Path, event_type: &str, version: &str, text: &str) -> io::Result<PathBuf> {
    let plain = |name: &str| {
        !name.is_empty() && !name.starts_with('.') && !name.contains(['/', '\\', '\0'])
    };
    if !plain(event_type) || !plain(version) {
        return Err(io::Error::new(
            io::ErrorKind::InvalidInput,
            "a type and a version must be names of files",
        ));
    }
    let folder = folder.join(event_type);
    fs::create_dir_all(&folder)?;
    let path = folder.join(format!("{version}.schema.json"));
    let mut file = fs::File::create_new(&path)?;
    io::Write::write_all(&mut file, text.as_bytes())?;
    Ok(path)
}

fn files(folder: &Path) -> io::Result<Vec<(String, String, PathBuf)>> {
    let mut out = Vec::new();
    let mut types: Vec<PathBuf> = fs::read_dir(folder)?
        .flatten()
        .map(|entry| entry.path())
        .collect();
    types.sort();
    for path in types.into_iter().filter(|path| path.is_dir()) {
        let event_type = name(&path);
        let mut versions: Vec<PathBuf> = fs::read_dir(&path)?
            .flatten()
            .map(|entry| entry.path())
            .collect();
        versions.sort();
        for path in versions {
            let file = name(&path);
            let version = ENDINGS.iter().find_map(|ending| file.strip_suffix(ending));
            let small =
                fs::metadata(&path).is_ok_and(|about| about.is_file() && about.len() <= LARGEST);
            if let Some(version) = version
                && small
                && version != "inferred"
                && !event_type.starts_with('.')
                && out.len() < MOST_FILES
            {
                out.push((event_type.clone(), version.to_owned(), path));
            }
        }
    }
    Ok(out)
}

fn name(path: &Path) -> String {
    path.file_name()
        .map(|name| name.to_string_lossy().into_owned())
        .unwrap_or_default()
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
        fs::write(folder.path().join("order.created").join("meta.toml"), "").unwrap();
        assert_ne!(stamp(folder.path()).unwrap(), before);
        let all = read(folder.path()).unwrap();
        let names: Vec<_> = all
            .iter()
            .map(|one| (one.event_type.as_str(), one.version.as_str()))
            .collect();
        assert_eq!(names, [("order.created", "1"), ("order.created", "2")]);
        assert!(read(Path::new("/nowhere/at/all")).is_err());
    }
}
