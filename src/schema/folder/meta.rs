//! What is said about schemas beside them: `meta.toml` in the folder of a type, and `schemas.toml`
//! in the folder of all types, whose policy and level count where a type names none.
//!
//! People write these files too. What is wrong in one is told and the rest of it counts; a change
//! of ours leaves everything else in it as it stands.

use std::collections::BTreeMap;

use toml_edit::{Array, DocumentMut, Item, Table, TableLike, value};

use crate::schema::{Dialect, Level, Policy, Unusable, VersionRules};

/// The key of the rules by which events tell their version.
const RULES: &str = "version_rules";

/// What is said about a type, or about all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Meta {
    /// A name for people.
    pub title: Option<String>,
    /// Judged by this policy.
    pub policy: Option<Policy>,
    /// Asked for this level.
    pub level: Option<Level>,
    /// What the events are published to.
    pub destinations: Vec<String>,
    /// Patterns of their keys, with `*` for a word and `#` for any words.
    pub keys: Vec<String>,
    /// Where the versions came from.
    pub origin: Option<SchemaOrigin>,
    /// What is said about single versions, by name.
    pub versions: BTreeMap<String, VersionMeta>,
    /// How events tell their version, where it is said.
    pub rules: Option<VersionRules>,
    /// What is wrong in the file, in words.
    pub problems: Vec<String>,
}

/// Where versions came from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SchemaOrigin {
    /// Such as `registry`.
    pub kind: String,
    /// The address or path; never with a login in it.
    pub from: String,
    /// What it is called there.
    pub subject: Option<String>,
    /// The newest version that was there.
    pub newest: Option<String>,
}

/// What is said about a version.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct VersionMeta {
    /// It should not be used any more.
    pub deprecated: bool,
    /// The draft it is written in, where it does not say so itself.
    pub draft: Option<Dialect>,
}

impl Meta {
    /// Reads a file. One that is no TOML says only that.
    #[must_use]
    pub fn read(text: &str) -> Self {
        let document: DocumentMut = match text.parse() {
            Ok(document) => document,
            Err(error) => {
                return Self {
                    problems: vec![first_words(&error)],
                    ..Self::default()
                };
            }
        };
        let mut problems = Vec::new();
        let file = MetaReader(&document, &mut problems);
        let mut meta = file.meta();
        meta.problems = problems;
        meta
    }

    /// Whether a version should not be used any more.
    #[must_use]
    pub fn is_deprecated(&self, version: &str) -> bool {
        self.versions.get(version).is_some_and(|one| one.deprecated)
    }
}

/// What the toml reader says, on one line.
fn first_words(error: &toml_edit::TomlError) -> String {
    let words = error.to_string();
    let words: Vec<&str> = words
        .lines()
        .filter(|line| !line.contains('|'))
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .collect();
    words.join(": ")
}

struct MetaReader<'a>(&'a DocumentMut, &'a mut Vec<String>);

impl MetaReader<'_> {
    fn meta(self) -> Meta {
        let Self(table, problems) = self;
        let mut text = |table: &dyn TableLike, key: &str| {
            let item = table.get(key)?;
            let text = item.as_str().map(str::to_owned);
            if text.is_none() {
                problems.push(format!("`{key}` must be a text"));
            }
            text
        };
        let title = text(table.as_table(), "title");
        let policy = text(table.as_table(), "policy");
        let level = text(table.as_table(), "level");
        let origin = table
            .get("source")
            .and_then(Item::as_table_like)
            .map(|source| SchemaOrigin {
                kind: text(source, "kind").unwrap_or_default(),
                from: text(source, "from").unwrap_or_default(),
                subject: text(source, "subject"),
                newest: text(source, "newest"),
            });
        let mut versions = BTreeMap::new();
        let all = table.get("versions").and_then(Item::as_table_like);
        for (name, item) in all.into_iter().flat_map(TableLike::iter) {
            let Some(one) = item.as_table_like() else {
                continue;
            };
            let (status, draft) = (text(one, "status"), text(one, "draft"));
            versions.insert(name.to_owned(), (status, draft));
        }
        let mut named = |key: &str, known: bool, text: &str, may: &str| {
            if !known {
                problems.push(format!("`{key}` cannot be {text:?}: it is one of {may}"));
            }
        };
        let mut meta = Meta {
            title,
            origin,
            ..Meta::default()
        };
        if let Some(text) = policy {
            meta.policy = Policy::named(&text);
            let may = Policy::ALL.map(Policy::name).join(", ");
            named("policy", meta.policy.is_some(), &text, &may);
        }
        if let Some(text) = level {
            meta.level = Level::named(&text);
            let may = Level::ALL.map(Level::name).join(", ");
            named("level", meta.level.is_some(), &text, &may);
        }
        for (name, (status, draft)) in versions {
            let mut one = VersionMeta::default();
            if let Some(text) = status {
                one.deprecated = text == "deprecated";
                let known = one.deprecated || text == "active";
                named("status", known, &text, "active, deprecated");
            }
            if let Some(text) = draft {
                one.draft = Dialect::named(&text);
                let may = "draft-04, draft-06, draft-07, 2019-09, 2020-12";
                named("draft", one.draft.is_some(), &text, may);
            }
            meta.versions.insert(name, one);
        }
        if table.contains_key(RULES) {
            let lines = texts(table.as_table(), RULES, problems).join("\n");
            match VersionRules::parse(&lines) {
                Ok(rules) => meta.rules = Some(rules),
                Err(words) => problems.push(format!("`{RULES}`: {words}")),
            }
        }
        meta.destinations = texts(table.as_table(), "exchanges", problems);
        meta.keys = texts(table.as_table(), "routing_keys", problems);
        meta
    }
}

fn texts(table: &Table, key: &str, problems: &mut Vec<String>) -> Vec<String> {
    let Some(item) = table.get(key) else {
        return Vec::new();
    };
    let Some(list) = item.as_array() else {
        problems.push(format!("`{key}` must be a list of texts"));
        return Vec::new();
    };
    list.iter()
        .filter_map(|one| one.as_str().map(str::to_owned))
        .collect()
}

/// What an import says about a type.
#[derive(Clone, Debug, Default)]
pub struct MetaNote {
    /// Where its versions came from.
    pub origin: SchemaOrigin,
    /// Written only where the file names none.
    pub level: Option<Level>,
    /// Destinations to be added.
    pub destinations: Vec<String>,
    /// Patterns of keys to be added.
    pub keys: Vec<String>,
    /// Drafts of versions that do not say theirs.
    pub drafts: Vec<(String, Dialect)>,
}

/// The text of a `meta.toml` with this policy and level.
///
/// # Errors
/// The text is not TOML.
pub fn with_judgement(text: &str, policy: Policy, level: Level) -> Result<String, Unusable> {
    let mut document = parsed(text)?;
    set(document.as_table_mut(), "policy", policy.name());
    set(document.as_table_mut(), "level", level.name());
    Ok(document.to_string())
}

/// The text of a `schemas.toml` with these rules.
///
/// # Errors
/// The text is not TOML.
pub fn with_rules(text: &str, rules: &VersionRules) -> Result<String, Unusable> {
    let mut document = parsed(text)?;
    let mut list: Array = rules.0.iter().map(ToString::to_string).collect();
    for one in list.iter_mut() {
        one.decor_mut().set_prefix("\n    ");
    }
    list.set_trailing("\n");
    document.insert(RULES, value(list));
    Ok(document.to_string())
}

/// The text of a `meta.toml` with what an import says.
///
/// # Errors
/// The text is not TOML, or something in it is not what it should be.
pub fn with_note(text: &str, note: &MetaNote) -> Result<String, Unusable> {
    let mut document = parsed(text)?;
    let root = document.as_table_mut();
    if let Some(level) = note.level
        && !root.contains_key("level")
    {
        set(root, "level", level.name());
    }
    for (key, more) in [
        ("exchanges", &note.destinations),
        ("routing_keys", &note.keys),
    ] {
        if more.is_empty() {
            continue;
        }
        let list = root.entry(key).or_insert_with(|| value(Array::new()));
        let list = list
            .as_array_mut()
            .ok_or_else(|| Unusable::new(format!("`{key}` must be a list of texts.")))?;
        for one in more {
            if !list.iter().any(|known| known.as_str() == Some(one)) {
                list.push(one.as_str());
            }
        }
    }
    let source = table(root, "source")?;
    set(source, "kind", &note.origin.kind);
    set(source, "from", &note.origin.from);
    for (key, text) in [
        ("subject", &note.origin.subject),
        ("newest", &note.origin.newest),
    ] {
        match text {
            Some(text) => set(source, key, text),
            None => drop(source.remove(key)),
        }
    }
    if !note.drafts.is_empty() {
        let versions = table(root, "versions")?;
        for (version, draft) in &note.drafts {
            set(table(versions, version)?, "draft", draft.name());
        }
    }
    Ok(document.to_string())
}

fn parsed(text: &str) -> Result<DocumentMut, Unusable> {
    text.parse()
        .map_err(|error| Unusable::new(format!("It is not TOML: {}.", first_words(&error))))
}

/// Keeps the comment behind a value that is replaced.
fn set(table: &mut dyn TableLike, key: &str, text: &str) {
    match table.get_mut(key).and_then(Item::as_value_mut) {
        Some(old) => {
            let decor = old.decor().clone();
            *old = text.into();
            *old.decor_mut() = decor;
        }
        None => drop(table.insert(key, value(text))),
    }
}

fn table<'a>(
    around: &'a mut dyn TableLike,
    key: &str,
) -> Result<&'a mut (dyn TableLike + 'a), Unusable> {
    if !around.contains_key(key) {
        let mut fresh = Table::new();
        fresh.set_implicit(key == "versions");
        around.insert(key, Item::Table(fresh));
    }
    around
        .get_mut(key)
        .and_then(Item::as_table_like_mut)
        .ok_or_else(|| Unusable::new(format!("`{key}` must be a table.")))
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = "# ours\npolicy = \"confluent-strict\" # agreed in May\nowner = \"team a\"\n\n\
                        [versions.1]\nstatus = \"deprecated\"\n";

    #[test]
    fn rules_are_written_and_read_back() {
        let rules = VersionRules::parse("header rev\nbody /meta/rev").unwrap();
        let text = with_rules(FILE, &rules).unwrap();
        assert!(text.starts_with("# ours\n"), "{text}");
        let meta = Meta::read(&text);
        assert_eq!((meta.rules, meta.problems), (Some(rules), Vec::new()));
        let wrong = Meta::read("version_rules = [\"magic\"]");
        assert_eq!(wrong.rules, None);
        assert!(wrong.problems[0].contains("`magic` is no rule"));
    }

    #[test]
    fn what_is_said_is_read() {
        let text = format!(
            "title = \"Order created\"\nlevel = \"full-transitive\"\nrouting_keys = [\"order.#\"]\n\
             {FILE}[versions.\"1.2.0\"]\ndraft = \"draft-07\"\n[source]\nkind = \"registry\"\n\
             from = \"http://x\"\nnewest = \"4\"\n"
        );
        let meta = Meta::read(&text);
        assert_eq!(meta.problems, Vec::<String>::new());
        assert_eq!(meta.policy, Some(Policy::ConfluentStrict));
        assert_eq!(meta.level, Some(Level::FullTransitive));
        assert_eq!(meta.title.as_deref(), Some("Order created"));
        assert_eq!(meta.keys, ["order.#"]);
        assert!(meta.is_deprecated("1") && !meta.is_deprecated("1.2.0"));
        assert_eq!(meta.versions["1.2.0"].draft, Some(Dialect::Seven));
        assert_eq!(meta.origin.unwrap().newest.as_deref(), Some("4"));
    }

    #[test]
    fn what_is_wrong_is_told_and_the_rest_counts() {
        let meta = Meta::read("policy = \"mine\"\nlevel = 3\ntitle = \"x\"\nexchanges = \"y\"");
        assert_eq!(meta.title.as_deref(), Some("x"));
        assert_eq!(meta.problems.len(), 3, "{:?}", meta.problems);
        let broken = Meta::read("policy = \n");
        assert_eq!(broken.problems.len(), 1);
        assert!(!broken.problems[0].contains('\n'), "{:?}", broken.problems);
        let deep = format!("a = {}", "[".repeat(100_000));
        assert_eq!(Meta::read(&deep).problems.len(), 1);
    }

    #[test]
    fn a_change_keeps_everything_else() {
        let text = with_judgement(FILE, Policy::Event, Level::Full).unwrap();
        assert!(text.starts_with("# ours\npolicy = \"event\" # agreed in May\nowner = \"team a\""));
        assert!(text.contains("level = \"FULL\""));
        assert!(text.contains("[versions.1]\nstatus = \"deprecated\""));
        assert!(with_judgement("policy =", Policy::Event, Level::Full).is_err());
        let note = MetaNote {
            origin: SchemaOrigin {
                kind: "registry".into(),
                from: "http://x".into(),
                subject: Some("order-value".into()),
                newest: Some("4".into()),
            },
            level: Some(Level::Forward),
            keys: vec!["order.created".into()],
            drafts: vec![
                ("1".into(), Dialect::Seven),
                ("1.2.0".into(), Dialect::Seven),
            ],
            ..MetaNote::default()
        };
        let noted = with_note(&text, &note).unwrap();
        assert_eq!(with_note(&noted, &note).unwrap(), noted);
        let meta = Meta::read(&noted);
        assert_eq!((meta.level, meta.problems.len()), (Some(Level::Full), 0));
        assert!(meta.is_deprecated("1"));
        assert_eq!(meta.versions["1"].draft, Some(Dialect::Seven));
        assert_eq!(meta.keys, ["order.created"]);
        assert_eq!(meta.origin.as_ref(), Some(&note.origin));
        assert!(with_note("source = 1", &note).is_err());
    }
}
