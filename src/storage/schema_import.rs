//! Writes schemas that come from elsewhere into a folder, and finds those of another folder. What
//! is there is never overwritten.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::Path;

use serde_json::Value;

use super::schema_files::{self, ENDINGS, LARGEST};
use super::schemas;
use crate::schema::folder::import::{FoundSchemas, ImportLine, Imported, Incoming, Outcome, plain};
use crate::schema::folder::meta::{self, MetaNote, SchemaOrigin};
use crate::schema::{Catalog, Content, EventType};

/// Most files of a folder without types that are looked at.
const MOST_FLAT: usize = 2_000;

/// Reads another folder: one of the same layout, or files such as `order.created.2.schema.json`.
///
/// # Errors
/// It cannot be read.
pub fn from_folder(folder: &Path) -> io::Result<FoundSchemas> {
    let Content {
        sources, samples, ..
    } = schemas::read(folder)?;
    let mut haul = FoundSchemas {
        origin: SchemaOrigin {
            kind: "folder".to_owned(),
            from: folder.display().to_string(),
            ..SchemaOrigin::default()
        },
        ..FoundSchemas::default()
    };
    for source in sources {
        let first = haul
            .found
            .last()
            .is_none_or(|last: &Incoming| last.event_type != source.event_type);
        let of_it = samples
            .iter()
            .filter(|sample| first && sample.event_type == source.event_type)
            .map(|sample| (sample.name.clone(), sample.text.clone()));
        haul.found.push(Incoming {
            samples: of_it.collect(),
            avro: source.file.ends_with(ENDINGS[1]),
            event_type: source.event_type,
            version: Some(source.version),
            text: source.text,
            ..Incoming::default()
        });
    }
    let mut flat: Vec<_> = fs::read_dir(folder)?.flatten().take(MOST_FLAT).collect();
    flat.sort_by_key(fs::DirEntry::file_name);
    for entry in flat {
        let name = entry.file_name().to_string_lossy().into_owned();
        let ending = ENDINGS[..2].iter().find(|ending| name.ends_with(**ending));
        let Some(ending) = ending.filter(|_| entry.path().is_file()) else {
            continue;
        };
        if entry.metadata().is_ok_and(|about| about.len() > LARGEST) {
            let words = format!("It is larger than {} MB", LARGEST / 1024 / 1024);
            haul.skipped.push(ImportLine::skipped(name, words));
            continue;
        }
        let (event_type, version) = parted(name.trim_end_matches(ending));
        haul.found.push(Incoming {
            event_type: plain(event_type),
            version: version.map(str::to_owned),
            avro: *ending == ENDINGS[1],
            text: schema_files::text_or_less(&entry.path())?,
            subject: Some(name.clone()),
            ..Incoming::default()
        });
    }
    Ok(haul)
}

/// The type and the version in a name such as `order.created.v2` or `order-1.2.0`.
fn parted(name: &str) -> (&str, Option<&str>) {
    let is_version = |c: char| c.is_ascii_digit() || c == '.';
    let numbers = name.trim_end_matches(is_version);
    let version = name[numbers.len()..].trim_start_matches('.');
    let event_type = numbers.strip_suffix(['v', 'V']).unwrap_or(numbers);
    let bare = event_type.trim_end_matches(['.', '-', '_']);
    // `utf8` is a name; `a.8` is a version of `a`.
    let apart = bare.len() < event_type.len() || name[numbers.len()..].starts_with('.');
    if version.is_empty() || bare.is_empty() || !apart {
        return (name, None);
    }
    (bare, Some(version))
}

/// Writes what was found into a folder, and says of each version how it went.
///
/// # Errors
/// The folder cannot be read or made. What goes wrong with one version is told in its line.
pub fn store(folder: &Path, haul: FoundSchemas) -> io::Result<Imported> {
    fs::create_dir_all(folder)?;
    let before = Catalog::new(folder.to_owned(), schemas::read(folder)?.sources);
    let newest: BTreeMap<String, String> = haul
        .found
        .iter()
        .filter_map(|one| Some((one.event_type.clone(), one.version.clone()?)))
        .collect();
    let who = match haul.origin.kind.as_str() {
        "registry" => "The registry",
        "asyncapi" => "The document",
        _ => "The other folder",
    };
    let mut writer = FolderWriter {
        folder,
        before,
        who,
        newest,
        written: BTreeMap::new(),
        lines: haul.skipped,
        notes: BTreeMap::new(),
    };
    for incoming in haul.found {
        writer.take(incoming, &haul.origin);
    }
    writer.note_down();
    let mut lines = writer.lines;
    lines.sort_by_key(|line| line.outcome);
    if lines.is_empty() {
        lines.push(ImportLine::skipped(
            who,
            "Nothing that could be imported is in it",
        ));
    }
    Ok(Imported {
        folder: folder.to_owned(),
        lines,
    })
}

struct FolderWriter<'a> {
    folder: &'a Path,
    before: Catalog,
    /// What is imported from, and the newest version that it has of a type.
    who: &'static str,
    newest: BTreeMap<String, String>,
    /// Content by type and version, of what was written now.
    written: BTreeMap<String, BTreeMap<String, String>>,
    lines: Vec<ImportLine>,
    notes: BTreeMap<String, MetaNote>,
}

impl FolderWriter<'_> {
    fn take(&mut self, incoming: Incoming, origin: &SchemaOrigin) {
        let event_type = incoming.event_type.clone();
        let (version, outcome, mut words) = match self.place(&incoming) {
            Ok(placed) => placed,
            Err(error) => {
                let name = incoming.subject.unwrap_or(event_type);
                self.lines.push(ImportLine::skipped(
                    name,
                    format!("It cannot be written: {error}"),
                ));
                return;
            }
        };
        let mut samples = 0;
        for (name, text) in &incoming.samples {
            match schemas::write_sample(self.folder, &event_type, name, text) {
                Ok((_, written)) => samples += usize::from(written),
                Err(error) => words = format!("The sample {name} was not written: {error}"),
            }
        }
        if samples > 0 && words.is_empty() {
            words = match samples {
                1 => "With 1 sample".to_owned(),
                count => format!("With {count} samples"),
            };
        }
        if outcome != Outcome::Differs {
            let note = self.notes.entry(event_type.clone()).or_default();
            note.origin = SchemaOrigin {
                subject: incoming.subject.or(note.origin.subject.take()),
                newest: Some(version.clone()),
                ..origin.clone()
            };
            note.level = note.level.or(incoming.level);
            note.destinations.extend(incoming.destinations);
            note.keys.extend(incoming.keys);
            let draft = incoming.draft.map(|draft| (version.clone(), draft));
            note.drafts.extend(draft);
        }
        self.lines.push(ImportLine {
            name: format!("{event_type} {version}"),
            outcome,
            words,
        });
    }

    /// Where it belongs: the name of its version, whether it is there, and what to say.
    fn place(&mut self, incoming: &Incoming) -> io::Result<(String, Outcome, String)> {
        let event_type = &incoming.event_type;
        let known = self.before.get(event_type);
        let now = self.written.entry(event_type.clone()).or_default();
        let there = known
            .into_iter()
            .flat_map(|known| &known.versions)
            .map(|entry| (entry.version.as_str(), entry.text.as_str()))
            .chain(
                now.iter()
                    .map(|(version, text)| (version.as_str(), text.as_str())),
            );
        let mut there: BTreeMap<&str, &str> = there.collect();
        let version = if let Some(version) = &incoming.version {
            if let Some(text) = there.remove(version.as_str()) {
                return Ok(if is_same(text, &incoming.text) {
                    (version.clone(), Outcome::Unchanged, String::new())
                } else {
                    let words =
                        "The folder has other content under that name; it was left as it is";
                    (version.clone(), Outcome::Differs, words.to_owned())
                });
            }
            version.clone()
        } else {
            let same = there.iter().find(|(_, text)| is_same(text, &incoming.text));
            if let Some((version, _)) = same {
                return Ok(((*version).to_owned(), Outcome::Unchanged, String::new()));
            }
            next(known, now.keys())
        };
        let newest = known.and_then(|known| known.versions.last());
        let words = match (newest, self.newest.get(event_type)) {
            (Some(ours), Some(theirs)) => {
                format!("{} has {theirs}, the folder had {}", self.who, ours.version)
            }
            _ => String::new(),
        };
        if incoming.text.len() as u64 > LARGEST {
            return Err(io::Error::other(format!(
                "it is larger than {} MB",
                LARGEST / 1024 / 1024
            )));
        }
        let ending = ENDINGS[usize::from(incoming.avro)];
        schemas::write_as(self.folder, event_type, &version, ending, &incoming.text)?;
        now.insert(version.clone(), incoming.text.clone());
        Ok((version, Outcome::Added, words))
    }

    fn note_down(&mut self) {
        for (event_type, note) in std::mem::take(&mut self.notes) {
            let noted = schemas::change_meta(self.folder, &event_type, |text| {
                meta::with_note(text, &note)
            });
            if let Err(error) = noted {
                let words = format!("Where it came from was not noted: {error}");
                self.lines.push(ImportLine::skipped(event_type, words));
            }
        }
    }
}

fn next<'n>(known: Option<&EventType>, now: impl Iterator<Item = &'n String>) -> String {
    let number = |version: &str| version.split('.').next()?.parse::<u64>().ok();
    let now = now.filter_map(|version| number(version)).max().unwrap_or(0);
    let known = known.and_then(|known| number(&known.next())).unwrap_or(1);
    known.max(now.saturating_add(1)).to_string()
}

/// Whether both say the same, however they are set out.
fn is_same(a: &str, b: &str) -> bool {
    let read = |text: &str| serde_json::from_str::<Value>(text).ok();
    a == b || read(a).is_some_and(|a| read(b).is_some_and(|b| a == b))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::{Dialect, Level, Meta};

    fn incoming(version: Option<&str>, text: &str) -> Incoming {
        Incoming {
            event_type: "order.created".into(),
            version: version.map(str::to_owned),
            text: text.into(),
            subject: Some("order.created-value".into()),
            draft: Some(Dialect::Seven),
            level: Some(Level::Full),
            samples: vec![("small".into(), "{}".into())],
            ..Incoming::default()
        }
    }

    fn haul(found: Vec<Incoming>) -> FoundSchemas {
        FoundSchemas {
            origin: SchemaOrigin {
                kind: "registry".into(),
                from: "http://x".into(),
                ..SchemaOrigin::default()
            },
            found,
            skipped: vec![ImportLine::skipped("p", "Protobuf")],
        }
    }

    fn outcomes(done: &Imported) -> Vec<(&str, Outcome)> {
        let lines = done.lines.iter();
        lines
            .map(|line| (line.name.as_str(), line.outcome))
            .collect()
    }

    #[test]
    fn nothing_is_overwritten_and_each_version_is_told_of() {
        let folder = tempfile::tempdir().unwrap();
        let at = folder.path().join("new");
        let first = store(&at, haul(vec![incoming(Some("1"), "{}")])).unwrap();
        assert_eq!(
            outcomes(&first),
            [("p", Outcome::Skipped), ("order.created 1", Outcome::Added)]
        );
        fs::write(at.join("order.created/3.schema.json"), "true").unwrap();
        let again = vec![
            incoming(Some("1"), "{ }"),
            incoming(Some("3"), "{}"),
            incoming(Some("4"), "{\"a\":1}"),
        ];
        let second = store(&at, haul(again)).unwrap();
        assert_eq!(
            outcomes(&second),
            [
                ("order.created 3", Outcome::Differs),
                ("p", Outcome::Skipped),
                ("order.created 4", Outcome::Added),
                ("order.created 1", Outcome::Unchanged),
            ]
        );
        assert!(
            second.lines[2]
                .words
                .contains("The registry has 4, the folder had 3"),
            "{second:?}"
        );
        assert_eq!(
            fs::read_to_string(at.join("order.created/3.schema.json")).unwrap(),
            "true"
        );
        let content = schemas::read(&at).unwrap();
        let meta = Meta::read(&content.meta["order.created"]);
        let origin = meta.origin.unwrap();
        assert_eq!(
            (origin.from.as_str(), origin.newest.as_deref(), meta.level),
            ("http://x", Some("4"), Some(Level::Full))
        );
        assert_eq!(meta.versions["4"].draft, Some(Dialect::Seven));
        assert_eq!(content.samples.len(), 1);
    }

    #[test]
    fn without_a_version_it_is_the_next_unless_it_is_there() {
        let folder = tempfile::tempdir().unwrap();
        let found = vec![
            incoming(None, "{}"),
            incoming(None, "true"),
            incoming(None, "{}"),
        ];
        let done = store(folder.path(), haul(found)).unwrap();
        assert_eq!(
            (done.count(Outcome::Added), done.count(Outcome::Unchanged)),
            (2, 1)
        );
        let done = store(folder.path(), haul(vec![incoming(None, "false")])).unwrap();
        assert_eq!(outcomes(&done)[1], ("order.created 3", Outcome::Added));
        let mut bad = incoming(Some("1"), "{}");
        bad.event_type = "../up".into();
        let done = store(folder.path(), haul(vec![bad])).unwrap();
        assert_eq!(done.count(Outcome::Skipped), 2);
    }

    #[test]
    fn a_meta_that_is_broken_is_left_alone_and_told_of() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("order.created")).unwrap();
        let meta = folder.path().join("order.created/meta.toml");
        fs::write(&meta, "level = ").unwrap();
        let done = store(folder.path(), haul(vec![incoming(Some("1"), "{}")])).unwrap();
        assert_eq!(done.count(Outcome::Added), 1);
        assert!(
            done.lines
                .iter()
                .any(|line| line.words.contains("not TOML")),
            "{done:?}"
        );
        assert_eq!(fs::read_to_string(&meta).unwrap(), "level = ");
    }

    #[test]
    fn another_folder_is_taken_over_with_its_samples_and_flat_files_too() {
        let (from, to) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        schemas::write(from.path(), "order.paid", "2", "{}").unwrap();
        schemas::write_sample(from.path(), "order.paid", "x", "{}").unwrap();
        for (name, text) in [
            ("user.moved.v3.schema.json", "{}"),
            ("Order-1.2.0.avsc", "\"int\""),
            ("utf8.schema.json", "true"),
            ("package.json", "{}"),
        ] {
            fs::write(from.path().join(name), text).unwrap();
        }
        let done = store(to.path(), from_folder(from.path()).unwrap()).unwrap();
        let mut names: Vec<&str> = done.lines.iter().map(|line| line.name.as_str()).collect();
        names.sort_unstable();
        assert_eq!(
            names,
            ["Order 1.2.0", "order.paid 2", "user.moved 3", "utf8 1"]
        );
        assert!(to.path().join("Order/1.2.0.avsc").is_file());
        assert!(to.path().join("order.paid/samples/x.json").is_file());
        let nothing = tempfile::tempdir().unwrap();
        let done = store(to.path(), from_folder(nothing.path()).unwrap()).unwrap();
        assert!(done.lines[0].words.contains("Nothing"));
    }
}
