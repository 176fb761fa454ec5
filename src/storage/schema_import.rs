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
use crate::schema::{Catalog, Content, EventType, Sample, SchemaSource};

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

/// Says what [`store`] would do, version by version. Nothing is written.
///
/// # Errors
/// The folder cannot be read.
pub fn plan(folder: &Path, found: &FoundSchemas) -> io::Result<Imported> {
    let there = content_of(folder)?;
    let unusable = unusable(folder, &there, found);
    Ok(run(folder, there, found, (&unusable, false)).0)
}

/// Writes what was found into a folder, and says of each version how it went.
///
/// # Errors
/// The folder cannot be read or made. What goes wrong with one version is told in its line.
pub fn store(folder: &Path, found: &FoundSchemas) -> io::Result<Imported> {
    fs::create_dir_all(folder)?;
    let there = content_of(folder)?;
    let unusable = unusable(folder, &there, found);
    Ok(run(folder, there, found, (&unusable, true)).0)
}

/// What lies in a folder, which may be one that is not made yet.
fn content_of(folder: &Path) -> io::Result<Content> {
    match schemas::read(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Content::default()),
        read => read,
    }
}

/// Why a schema cannot be used, by its type and its text.
type UnusableTexts = BTreeMap<(String, String), String>;

/// What would be no schema where it is written: it would make its whole type look broken.
fn unusable(folder: &Path, there: &Content, found: &FoundSchemas) -> UnusableTexts {
    let nothing = UnusableTexts::new();
    let (_, placed) = run(folder, there.clone(), found, (&nothing, false));
    let mut all = there.clone();
    for (event_type, versions) in &placed {
        for (version, (ending, text)) in versions {
            all.sources.push(SchemaSource {
                event_type: event_type.clone(),
                version: version.clone(),
                file: format!("{version}{ending}"),
                text: text.clone(),
            });
        }
    }
    let catalog = Catalog::of(folder.to_owned(), all);
    let new = placed.iter().flat_map(|(event_type, versions)| {
        let of_type = catalog.get(event_type);
        let entries = versions
            .keys()
            .filter_map(move |version| of_type?.get(version));
        entries.map(move |entry| (event_type, entry))
    });
    let broken = new.filter_map(|(event_type, entry)| {
        let why = entry.ready.as_ref().err()?;
        Some(((event_type.clone(), entry.text.clone()), why.to_string()))
    });
    broken.collect()
}

/// The ending of the file and the text of each version that is new, by type and version.
type Placed = BTreeMap<String, BTreeMap<String, (&'static str, String)>>;

fn run(
    folder: &Path,
    there: Content,
    found: &FoundSchemas,
    (unusable, is_written): (&UnusableTexts, bool),
) -> (Imported, Placed) {
    let newest: BTreeMap<String, String> = found
        .found
        .iter()
        .filter_map(|one| Some((one.event_type.clone(), one.version.clone()?)))
        .collect();
    let who = match found.origin.kind.as_str() {
        "registry" => "The registry",
        "asyncapi" => "The document",
        _ => "The other folder",
    };
    let mut writer = FolderWriter {
        folder,
        is_written,
        unusable,
        before: Catalog::new(folder.to_owned(), there.sources),
        samples: there.samples,
        who,
        newest,
        placed: Placed::new(),
        lines: found.skipped.clone(),
        notes: BTreeMap::new(),
    };
    for incoming in &found.found {
        writer.take(incoming.clone(), &found.origin);
    }
    if is_written {
        writer.note_down();
    }
    let mut lines = writer.lines;
    lines.sort_by_key(|line| line.outcome);
    if lines.is_empty() {
        lines.push(ImportLine::skipped(
            who,
            "Nothing that could be imported is in it",
        ));
    }
    let told = Imported {
        folder: folder.to_owned(),
        lines,
    };
    (told, writer.placed)
}

struct FolderWriter<'a> {
    folder: &'a Path,
    /// Else it only says what it would do.
    is_written: bool,
    unusable: &'a UnusableTexts,
    before: Catalog,
    /// Samples that were there.
    samples: Vec<Sample>,
    /// What is imported from, and the newest version that it has of a type.
    who: &'static str,
    newest: BTreeMap<String, String>,
    /// What was written now, or would be.
    placed: Placed,
    lines: Vec<ImportLine>,
    notes: BTreeMap<String, MetaNote>,
}

impl FolderWriter<'_> {
    fn take(&mut self, incoming: Incoming, origin: &SchemaOrigin) {
        let event_type = incoming.event_type.clone();
        let (version, outcome, mut words) = match self.place(&incoming) {
            Ok(placed) => placed,
            Err(error) => {
                let name = match incoming.version {
                    Some(version) => format!("{event_type} {version}"),
                    None => incoming.subject.unwrap_or(event_type),
                };
                self.lines.push(ImportLine::skipped(name, error));
                return;
            }
        };
        let mut samples = 0;
        for (name, text) in &incoming.samples {
            match self.sample(&event_type, name, text) {
                Ok(is_new) => samples += usize::from(is_new),
                Err(error) => words = format!("The sample {name} was not written: {error}"),
            }
        }
        if samples > 0 && words.is_empty() {
            words = match samples {
                1 => "With 1 sample".to_owned(),
                count => format!("With {count} samples"),
            };
        }
        let original = incoming.subject.as_deref().unwrap_or(&event_type);
        if !original.starts_with(&event_type) {
            let dot = if words.is_empty() { "" } else { ". " };
            words = format!("{} calls it {original}{dot}{words}", self.who);
        }
        // Of a type of which nothing was taken it is not said that it came from there.
        if outcome == Outcome::Added {
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

    /// Keeps a sample; true if it was not there.
    fn sample(&mut self, event_type: &str, name: &str, text: &str) -> io::Result<bool> {
        if self.is_written {
            let (_, is_new) = schemas::write_sample(self.folder, event_type, name, text)?;
            return Ok(is_new);
        }
        let mut there = self.samples.iter();
        let is_there = there.any(|sample| sample.event_type == event_type && sample.text == text);
        if !is_there {
            self.samples.push(Sample {
                event_type: event_type.to_owned(),
                name: name.to_owned(),
                text: text.to_owned(),
            });
        }
        Ok(!is_there)
    }

    /// Where it belongs: the name of its version, whether it is there, and what to say. Else why it is
    /// not written, in words.
    fn place(&mut self, incoming: &Incoming) -> Result<(String, Outcome, String), String> {
        let event_type = &incoming.event_type;
        let known = self.before.get(event_type);
        let now = self.placed.entry(event_type.clone()).or_default();
        let there = known
            .into_iter()
            .flat_map(|known| &known.versions)
            .map(|entry| (entry.version.as_str(), entry.text.as_str()))
            .chain(
                now.iter()
                    .map(|(version, (_, text))| (version.as_str(), text.as_str())),
            );
        let mut there: BTreeMap<&str, &str> = there.collect();
        let version = if let Some(version) = &incoming.version {
            if let Some(text) = there.remove(version.as_str()) {
                return Ok(if is_same(text, &incoming.text) {
                    (version.clone(), Outcome::Unchanged, String::new())
                } else {
                    let words =
                        "The folder has other content under that name, which stays as it is";
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
            let most = LARGEST / 1024 / 1024;
            return Err(format!("It cannot be written: it is larger than {most} MB"));
        }
        let content = (event_type.clone(), incoming.text.clone());
        if let Some(why) = self.unusable.get(&content) {
            return Err(format!("It cannot be used as a schema. {why}"));
        }
        let ending = ENDINGS[usize::from(incoming.avro)];
        let (folder, text) = (self.folder, &incoming.text);
        let written = if self.is_written {
            schemas::write_as(folder, event_type, &version, ending, text).map(drop)
        } else {
            schemas::may_write(event_type, &version)
        };
        written.map_err(|error| format!("It cannot be written: {error}"))?;
        now.insert(version.clone(), (ending, incoming.text.clone()));
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
        let first = store(&at, &haul(vec![incoming(Some("1"), "{}")])).unwrap();
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
        let second = store(&at, &haul(again)).unwrap();
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
    fn a_type_of_which_nothing_was_taken_did_not_come_from_there() {
        let folder = tempfile::tempdir().unwrap();
        let at = folder.path();
        schemas::write_as(at, "order.created", "1", ENDINGS[0], "{}").unwrap();
        schemas::write_as(at, "order.created", "2", ENDINGS[0], "{}").unwrap();
        let found = haul(vec![incoming(Some("1"), "{}"), incoming(Some("2"), "true")]);
        let done = store(at, &found).unwrap();
        let taken = |(_, outcome): &(&str, Outcome)| *outcome == Outcome::Added;
        assert!(!outcomes(&done).iter().any(taken), "{done:?}");
        let content = schemas::read(at).unwrap();
        let meta = content.meta.get("order.created");
        assert!(meta.is_none_or(|text| Meta::read(text).origin.is_none()));
    }

    #[test]
    fn a_plan_says_the_same_and_writes_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let at = folder.path().join("new");
        let found = haul(vec![
            incoming(Some("1"), "{}"),
            incoming(None, "true"),
            incoming(None, "{}"),
        ]);
        let planned = plan(&at, &found).unwrap();
        assert!(!at.exists());
        assert_eq!(planned, store(&at, &found).unwrap());
        let planned = plan(&at, &found).unwrap();
        assert_eq!(planned.count(Outcome::Unchanged), 3, "{planned:?}");
        assert_eq!(planned, store(&at, &found).unwrap());
    }

    #[test]
    fn what_is_no_schema_is_refused_before_anything_is_written() {
        let folder = tempfile::tempdir().unwrap();
        let mut renamed = incoming(Some("1"), "true");
        renamed.event_type = "user.signed.up".into();
        renamed.subject = Some("user/signed/up".into());
        let found = haul(vec![
            incoming(Some("1"), "{}"),
            incoming(Some("2"), "{broken"),
            incoming(None, r#"{"$ref":"parts/money.json"}"#),
            renamed,
        ]);
        let planned = plan(folder.path(), &found).unwrap();
        assert_eq!(planned.count(Outcome::Added), 2, "{planned:?}");
        let told = |part: &str| planned.lines.iter().any(|line| line.words.contains(part));
        assert!(
            told("It cannot be used as a schema. It is not JSON"),
            "{planned:?}"
        );
        assert!(told("The registry calls it user/signed/up"), "{planned:?}");
        assert_eq!(planned, store(folder.path(), &found).unwrap());
        assert!(!folder.path().join("order.created/2.schema.json").exists());
    }

    #[test]
    fn without_a_version_it_is_the_next_unless_it_is_there() {
        let folder = tempfile::tempdir().unwrap();
        let found = vec![
            incoming(None, "{}"),
            incoming(None, "true"),
            incoming(None, "{}"),
        ];
        let done = store(folder.path(), &haul(found)).unwrap();
        assert_eq!(
            (done.count(Outcome::Added), done.count(Outcome::Unchanged)),
            (2, 1)
        );
        let done = store(folder.path(), &haul(vec![incoming(None, "false")])).unwrap();
        assert_eq!(outcomes(&done)[1], ("order.created 3", Outcome::Added));
        let mut bad = incoming(Some("1"), "{}");
        bad.event_type = "../up".into();
        let done = store(folder.path(), &haul(vec![bad])).unwrap();
        assert_eq!(done.count(Outcome::Skipped), 2);
    }

    #[test]
    fn a_meta_that_is_broken_is_left_alone_and_told_of() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("order.created")).unwrap();
        let meta = folder.path().join("order.created/meta.toml");
        fs::write(&meta, "level = ").unwrap();
        let done = store(folder.path(), &haul(vec![incoming(Some("1"), "{}")])).unwrap();
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
        let done = store(to.path(), &from_folder(from.path()).unwrap()).unwrap();
        let mut names: Vec<&str> = done.lines.iter().map(|line| line.name.as_str()).collect();
        names.sort_unstable();
        assert_eq!(
            names,
            ["Order 1.2.0", "order.paid 2", "user.moved 3", "utf8 1"]
        );
        assert!(to.path().join("Order/1.2.0.avsc").is_file());
        assert!(to.path().join("order.paid/samples/x.json").is_file());
        let nothing = tempfile::tempdir().unwrap();
        let done = store(to.path(), &from_folder(nothing.path()).unwrap()).unwrap();
        assert!(done.lines[0].words.contains("Nothing"));
    }
}
