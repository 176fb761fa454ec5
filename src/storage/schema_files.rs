//! Files of schemas: how their text is read, and which of them a version may refer to. The window
//! and the command line see the same ones: what lies in the folder of the version and in the
//! folders in it, and by `../` what lies in the folders beside it.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::event::decode::marked_text;
use crate::schema::folder::catalog::leads_elsewhere;
use crate::schema::without_mark;

/// More files than this are not read, nor larger ones.
pub(super) const MOST_FILES: usize = 2_000;
pub(super) const LARGEST: u64 = 4 * 1024 * 1024;
/// Endings of the files, the longest first.
pub(super) const ENDINGS: [&str; 3] = [".schema.json", ".avsc", ".json"];
/// The folder of example events of a type, which are no schemas.
pub(super) const SAMPLES: &str = "samples";
/// Most files in the folders in that of a type, and how deep those are nested.
const MOST_INSIDE: usize = 200;
const DEEPEST: usize = 4;
/// Most entries that are looked at for them.
const MOST_LOOKS: usize = 5_000;

/// The text of a schema: UTF-8, or UTF-16 with a byte order mark.
///
/// # Errors
/// It cannot be read, or is neither.
pub fn text(path: &Path) -> io::Result<String> {
    let bytes = fs::read(path)?;
    match marked_text(&bytes) {
        Some(text) => Ok(text),
        None => String::from_utf8(bytes).map_err(|_| {
            let words = "it is neither UTF-8 nor UTF-16 with a byte order mark";
            io::Error::new(io::ErrorKind::InvalidData, words)
        }),
    }
}

/// The same for who shows it anyway. Where it is neither, what is no text becomes a character that
/// JSON does not allow: two names that differ in it must not become one.
pub(super) fn text_or_less(path: &Path) -> io::Result<String> {
    match text(path) {
        Err(error) if error.kind() == io::ErrorKind::InvalidData => {
            let text = String::from_utf8_lossy(&fs::read(path)?).into_owned();
            Ok(text.replace('\u{fffd}', "\u{1a}"))
        }
        read => read,
    }
}

/// The folders of types.
pub(super) fn types(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut out: Vec<PathBuf> = fs::read_dir(folder)?
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| !name(path).starts_with('.') && path.is_dir())
        .collect();
    out.sort();
    Ok(out)
}

/// The versions in the folder of a type, each with its name.
pub(super) fn versions(folder: &Path) -> io::Result<Vec<(String, PathBuf)>> {
    let mut all: Vec<PathBuf> = fs::read_dir(folder)?
        .flatten()
        .map(|entry| entry.path())
        .collect();
    all.sort();
    let mut out = Vec::new();
    for path in all {
        let file = name(&path);
        let version = ENDINGS.iter().find_map(|ending| file.strip_suffix(ending));
        if let Some(version) = version
            && version != "inferred"
            && is_small(&path)
        {
            out.push((version.to_owned(), path));
        }
    }
    Ok(out)
}

/// The schemas in the folders in that of a type, by their path from it. They are no versions, but
/// versions may refer to them.
pub(super) fn inside(folder: &Path) -> Vec<(String, PathBuf)> {
    let mut out = Vec::new();
    let mut looks = 0;
    let mut open = vec![(folder.to_owned(), String::new(), 0)];
    while let Some((folder, around, depth)) = open.pop() {
        let entries = fs::read_dir(folder).into_iter().flatten().flatten();
        let mut all: Vec<fs::DirEntry> = entries.take(MOST_LOOKS - looks).collect();
        looks += all.len();
        all.sort_by_key(fs::DirEntry::file_name);
        for entry in all {
            // A link to a folder is not followed: it may lead to itself.
            let (Ok(kind), Ok(name)) = (entry.file_type(), entry.file_name().into_string()) else {
                continue;
            };
            if name.starts_with('.') || depth == 0 && name == SAMPLES {
                continue;
            }
            let (path, name) = (entry.path(), format!("{around}{name}"));
            if kind.is_dir() {
                if depth < DEEPEST {
                    open.push((path, format!("{name}/"), depth + 1));
                }
            } else if depth > 0
                && path.extension().is_some_and(|end| end == "json")
                && is_small(&path)
            {
                out.push((name, path));
            }
        }
    }
    out.sort();
    out.truncate(MOST_INSIDE);
    out
}

/// The schemas that the version at this path may refer to, by their path from its folder.
#[must_use]
pub fn beside(path: &Path) -> BTreeMap<String, Value> {
    let around = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty())
        .unwrap_or(Path::new("."));
    let mut found = Beside {
        schemas: BTreeMap::new(),
        leads: text(path).is_ok_and(|text| leads_elsewhere(&text)),
    };
    for (name, at) in all_of(around) {
        if at != path {
            found.take(name, &at);
        }
    }
    // Without links, so that `.` has a folder around it too.
    let folder = around.canonicalize().ok().filter(|_| found.leads);
    let folder = folder.as_deref().and_then(Path::parent);
    let types = folder.and_then(|folder| types(folder).ok());
    for at in types.into_iter().flatten() {
        for (path, file) in all_of(&at) {
            found.take(format!("../{}/{path}", name(&at)), &file);
        }
    }
    found.schemas
}

struct Beside {
    schemas: BTreeMap<String, Value>,
    /// Whether one of them may refer to those of other types.
    leads: bool,
}

impl Beside {
    fn take(&mut self, name: String, at: &Path) {
        if self.schemas.len() >= MOST_FILES {
            return;
        }
        let Ok(text) = text(at) else { return };
        self.leads |= leads_elsewhere(&text);
        let schema = serde_json::from_str(without_mark(&text)).ok();
        self.schemas.extend(schema.map(|schema| (name, schema)));
    }
}

/// All schemas of the folder of a type, by their path from it.
fn all_of(folder: &Path) -> impl Iterator<Item = (String, PathBuf)> {
    let versions = versions(folder).unwrap_or_default();
    let direct = versions.into_iter().map(|(_, path)| (name(&path), path));
    direct.chain(inside(folder))
}

fn is_small(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|about| about.is_file() && about.len() <= LARGEST)
}

pub(super) fn name(path: &Path) -> String {
    path.file_name()
        .map(|name| name.to_string_lossy().into_owned())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::super::schemas::read;
    use super::*;
    use crate::schema::{Catalog, ReadySchemas};

    fn written(folder: &Path, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = folder.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, content).unwrap();
        path
    }

    fn wide(text: &str, little: bool) -> Vec<u8> {
        let units = std::iter::once(0xfeff).chain(text.encode_utf16());
        let bytes = |unit: u16| {
            if little {
                unit.to_le_bytes()
            } else {
                unit.to_be_bytes()
            }
        };
        units.flat_map(bytes).collect()
    }

    #[test]
    fn utf_16_with_a_mark_is_read_as_utf_8_is() {
        let folder = tempfile::tempdir().unwrap();
        let schema = r#"{"title": "Ärger 🙂", "$ref": "part.json"}"#;
        for (name, bytes) in [
            ("a/1.json", schema.as_bytes().to_vec()),
            ("a/2.json", wide(schema, true)),
            ("a/3.json", wide(schema, false)),
            ("a/4.json", format!("\u{feff}{schema}").into_bytes()),
        ] {
            let path = written(folder.path(), name, bytes);
            assert_eq!(without_mark(&text(&path).unwrap()), schema, "{name}");
        }
        let part = written(
            folder.path(),
            "a/part.json",
            wide(r#"{"type":"string"}"#, true),
        );
        assert_eq!(
            beside(&folder.path().join("a/1.json"))["part.json"]["type"],
            "string"
        );
        let catalog = Catalog::of(PathBuf::new(), read(folder.path()).unwrap());
        for version in ["1", "2", "3", "4"] {
            let entry = catalog.get("a").unwrap().get(version).unwrap();
            let Ok(ReadySchemas::Json(ready)) = &entry.ready else {
                panic!("{version}: {:?}", entry.ready);
            };
            assert!(!ready.validator.is_valid(&Value::from(1)), "{version}");
        }
        // Half a character, and what is in no set that says so.
        for bytes in [&b"\xff\xfe\x7b"[..], b"{\"a\": \"\xe4\"}"] {
            fs::write(&part, bytes).unwrap();
            assert!(text(&part).is_err(), "{bytes:?}");
            let shown = text_or_less(&part).unwrap();
            assert!(serde_json::from_str::<Value>(&shown).is_err(), "{shown:?}");
            assert!(!beside(&folder.path().join("a/1.json")).contains_key("part.json"));
        }
    }

    #[test]
    fn folders_in_that_of_a_type_and_beside_it_are_seen_alike() {
        let folder = tempfile::tempdir().unwrap();
        let at = folder.path();
        let order = r#"{"properties": {"total": {"$ref": "parts/money.json"},
            "buyer": {"$ref": "../user/1.schema.json"}, "seat": {"$ref": "../place/deep/seat.json"}}}"#;
        let path = written(at, "order/1.schema.json", order);
        written(
            at,
            "order/parts/money.json",
            r#"{"$ref": "deep/unit.json"}"#,
        );
        written(at, "order/parts/deep/unit.json", r#"{"type": "integer"}"#);
        written(at, "order/samples/one.json", r#"{"total": 1}"#);
        written(at, "order/.git/x.json", "true");
        written(at, "user/1.schema.json", r#"{"$ref": "parts/name.json"}"#);
        written(at, "user/parts/name.json", r#"{"type": "string"}"#);
        written(at, "place/deep/seat.json", r#"{"type": "null"}"#);
        let found = beside(&path);
        for name in [
            "parts/money.json",
            "parts/deep/unit.json",
            "../user/parts/name.json",
        ] {
            assert!(found.contains_key(name), "{name}: {:?}", found.keys());
        }
        let is_strange = |name: &String| name.contains("samples/") || name.contains(".git");
        assert!(!found.keys().any(is_strange), "{:?}", found.keys());
        let catalog = Catalog::of(at.to_owned(), read(at).unwrap());
        let names: Vec<&str> = catalog.types.iter().map(|one| one.name.as_str()).collect();
        assert_eq!(names, ["order", "user"]);
        let entry = catalog.get("order").unwrap().get("1").unwrap();
        let Ok(ReadySchemas::Json(window)) = &entry.ready else {
            panic!("{:?}", entry.ready);
        };
        let schema = serde_json::from_str(order).unwrap();
        let line = crate::schema::Version::new(schema, None, &found).unwrap();
        for (event, fits) in [
            (r#"{"total": 1, "buyer": "x", "seat": null}"#, true),
            (r#"{"total": "1"}"#, false),
            (r#"{"buyer": 1}"#, false),
            (r#"{"seat": 1}"#, false),
        ] {
            let event = serde_json::from_str(event).unwrap();
            assert_eq!(window.validator.is_valid(&event), fits, "{event}");
            assert_eq!(line.validator.is_valid(&event), fits, "{event}");
        }
    }
}
