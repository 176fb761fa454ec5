//! The rules of ARCHITECTURE.md that a machine can check: who may know whom, and how large a file
//! may grow.

#![expect(clippy::expect_used, reason = "a test may panic")]

mod tidy {
    pub(crate) mod long_files;
}

use std::fs;
use std::path::{Path, PathBuf};

use tidy::long_files::LONG;

fn sources(folder: &str) -> Vec<PathBuf> {
    fn walk(folder: &Path, found: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(folder).expect("a source folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                walk(&path, found);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                found.push(path);
            }
        }
    }
    let mut found = Vec::new();
    walk(
        &Path::new(env!("CARGO_MANIFEST_DIR")).join(folder),
        &mut found,
    );
    assert!(!found.is_empty(), "{folder} has no sources");
    found.sort();
    found
}

/// The code of a file without its comments, because those may name anything.
fn code(path: &Path) -> String {
    let text = fs::read_to_string(path).expect("a readable source");
    let lines = text
        .lines()
        .filter(|line| !line.trim_start().starts_with("//"));
    lines.collect::<Vec<_>>().join("\n")
}

fn relative(path: &Path) -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    path.strip_prefix(root)
        .unwrap_or(path)
        .display()
        .to_string()
}

/// A room: what its path begins with, the rooms that it may name, and the libraries beside
/// [`ANYWHERE`] that it may use. A room stands below those that it names.
struct Room {
    name: &'static str,
    rooms: &'static [&'static str],
    crates: &'static [&'static str],
}

/// Libraries for data, text and errors, which no rule is about.
const ANYWHERE: &[&str] = &[
    "chrono",
    "fastrand",
    "foldhash",
    "memchr",
    "regex",
    "serde_json",
    "thiserror",
    "tracing",
    "url",
    "uuid",
];

const fn room(
    name: &'static str,
    rooms: &'static [&'static str],
    crates: &'static [&'static str],
) -> Room {
    Room {
        name,
        rooms,
        crates,
    }
}

/// The map of ARCHITECTURE.md. What is not here fails.
const ROOMS: &[Room] = &[
    room("text", &[], &["serde", "struson"]),
    room("event/amqp", &["text"], &["serde"]),
    room(
        "event",
        &["text", "event/amqp"],
        &[
            "brotli",
            "brotli_decompressor",
            "bzip2",
            "flate2",
            "lzma_rust2",
            "ruzstd",
            "serde",
            "zip",
        ],
    ),
    room("repair", &["text", "event/amqp", "event"], &[]),
    room(
        "rabbitmq",
        &["text", "event/amqp", "event", "repair"],
        &["serde"],
    ),
    room("kafka", &["text", "event/amqp", "event", "repair"], &[]),
    room("address", &["rabbitmq", "kafka"], &[]),
    room("tls", &[], &["rustls"]),
    room("http", &["text", "rabbitmq", "tls"], &["ureq"]),
    room(
        "schema",
        &["text", "event/amqp", "event"],
        &[
            "flate2",
            "jsonschema",
            "referencing",
            "regex_automata",
            "regex_syntax",
            "serde",
            "serde_saphyr",
            "toml_edit",
        ],
    ),
    room("prover", &["schema"], &["rustix", "serde"]),
    room("query", &["text", "event/amqp", "event"], &["flate2"]),
    room(
        "log",
        &["text", "event/amqp", "event"],
        &["crossbeam_channel", "rayon"],
    ),
    room(
        "recording",
        &["text", "event/amqp", "event", "query", "log"],
        &["aho_corasick", "crossbeam_channel", "rusqlite"],
    ),
    room(
        "analysis",
        &[
            "text",
            "event/amqp",
            "event",
            "rabbitmq",
            "schema",
            "query",
            "log",
        ],
        &["crossbeam_channel", "flate2", "rayon", "similar"],
    ),
    room(
        "protocol",
        &[
            "event",
            "repair",
            "rabbitmq",
            "kafka",
            "address",
            "schema",
            "log",
            "recording",
            "analysis",
        ],
        &[],
    ),
    room(
        "storage",
        &[
            "event/amqp",
            "event",
            "repair",
            "rabbitmq",
            "kafka",
            "schema",
        ],
        &["rusqlite", "serde"],
    ),
    room("settings", &["rabbitmq", "address"], &["dirs", "serde"]),
    room(
        "state",
        &[
            "text",
            "event/amqp",
            "event",
            "repair",
            "rabbitmq",
            "kafka",
            "address",
            "schema",
            "query",
            "log",
            "recording",
            "analysis",
            "protocol",
            "settings",
        ],
        &[],
    ),
    room(
        "ui",
        &[
            "text",
            "event/amqp",
            "event",
            "repair",
            "rabbitmq",
            "kafka",
            "address",
            "schema",
            "query",
            "log",
            "recording",
            "analysis",
            "protocol",
            "state",
        ],
        &["eframe", "egui", "egui_extras", "egui_plot", "rfd"],
    ),
    room(
        "engine",
        &[
            "text",
            "event",
            "repair",
            "rabbitmq",
            "address",
            "http",
            "schema",
            "log",
            "protocol",
            "storage",
            "recording",
            "analysis",
        ],
        &["crossbeam_channel", "futures_util", "tokio", "ureq", "zbus"],
    ),
    room(
        "drivers",
        &[
            "event",
            "repair",
            "rabbitmq",
            "address",
            "protocol",
            "recording",
            "engine",
        ],
        &["crossbeam_channel", "tokio"],
    ),
    room(
        "drivers/recording",
        &[
            "text",
            "event",
            "address",
            "log",
            "protocol",
            "recording",
            "engine",
        ],
        &["futures_util", "tokio"],
    ),
    room(
        "drivers/rabbitmq",
        &[
            "text",
            "event/amqp",
            "event",
            "repair",
            "rabbitmq",
            "address",
            "tls",
            "http",
            "log",
            "protocol",
            "storage",
            "recording",
            "engine",
            "drivers",
        ],
        &[
            "async_rs",
            "dirs",
            "futures_io",
            "futures_util",
            "lapin",
            "serde",
            "tokio",
            "ureq",
        ],
    ),
    room(
        "drivers/kafka",
        &[
            "text",
            "event/amqp",
            "event",
            "repair",
            "kafka",
            "address",
            "tls",
            "log",
            "protocol",
            "storage",
            "engine",
            "drivers",
        ],
        &["dirs", "futures_util", "krafka", "tokio"],
    ),
    room("cli", &["schema", "storage"], &["clap"]),
    room(
        "cli/dead_letters",
        &[
            "text",
            "event/amqp",
            "event",
            "repair",
            "rabbitmq",
            "kafka",
            "address",
            "query",
            "protocol",
            "settings",
            "engine",
            "drivers",
        ],
        &["clap", "crossbeam_channel", "indicatif", "signal_hook"],
    ),
    room(
        "cli/recording",
        &[
            "text",
            "event",
            "address",
            "query",
            "schema",
            "protocol",
            "storage",
            "recording",
            "analysis",
            "engine",
            "drivers",
        ],
        &["clap", "crossbeam_channel", "indicatif", "signal_hook"],
    ),
    room(
        "warnings",
        &["protocol"],
        &["crossbeam_channel", "tracing_subscriber"],
    ),
    room(
        "app",
        &["protocol", "settings", "state", "ui", "warnings"],
        &["crossbeam_channel", "eframe", "egui"],
    ),
    room(
        "launch",
        &[
            "repair",
            "address",
            "recording",
            "settings",
            "state",
            "engine",
            "drivers",
            "drivers/rabbitmq",
            "warnings",
            "app",
        ],
        &["anyhow", "eframe", "egui"],
    ),
];

/// The room of a file or of a path in the crate: the longest name that it begins with.
fn room_of(path: &str) -> Option<&'static Room> {
    let path = path.trim_end_matches(".rs");
    let begins = |room: &&Room| {
        path.strip_prefix(room.name)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    ROOMS
        .iter()
        .filter(begins)
        .max_by_key(|room| room.name.len())
}

/// The paths in the crate that a file names, from the root on, as far as rooms go.
fn named_paths(file: &str, code: &str) -> Vec<String> {
    let mut here: Vec<&str> = file.trim_end_matches(".rs").split('/').collect();
    here.retain(|part| *part != "mod");
    let mut found = Vec::new();
    for start in ["crate::", "super::"] {
        for (at, _) in code.match_indices(start) {
            let before = code[..at].chars().next_back();
            if before.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == ':') {
                continue;
            }
            let mut rest = &code[at..];
            let mut base: Vec<&str> = here.clone();
            if let Some(tail) = rest.strip_prefix("crate::") {
                (rest, base) = (tail, Vec::new());
            }
            while let Some(tail) = rest.strip_prefix("super::") {
                rest = tail;
                base.pop();
            }
            // A list of rooms in braces names each of them.
            let group = rest.strip_prefix('{').map(|list| {
                let list = &list[..list.find('}').unwrap_or(list.len())];
                list.split(',').map(str::trim).collect::<Vec<_>>()
            });
            for path in group.unwrap_or_else(|| vec![rest]) {
                let parts = path.split("::").take(2);
                let names = parts.map(|part| {
                    let end = part.find(|c: char| !c.is_alphanumeric() && c != '_');
                    &part[..end.unwrap_or(part.len())]
                });
                let whole: Vec<&str> = base.iter().copied().chain(names).collect();
                found.push(whole.join("/"));
            }
        }
    }
    found
}

/// True if the code names this library.
fn uses(code: &str, library: &str) -> bool {
    code.match_indices(&format!("{library}::")).any(|(at, _)| {
        let before = code[..at].chars().next_back();
        !before.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == ':')
    })
}

/// The libraries that the program is built with.
fn libraries() -> Vec<String> {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml");
    let manifest = fs::read_to_string(manifest).expect("Cargo.toml");
    let mut is_about_them = false;
    let mut found = Vec::new();
    for line in manifest.lines() {
        if let Some(section) = line.strip_prefix('[') {
            let section = section.trim_end_matches(']');
            is_about_them = section == "dependencies" || section.ends_with(".dependencies");
        } else if let Some((name, _)) = line.split_once('=').filter(|_| is_about_them) {
            found.push(name.trim().replace('-', "_"));
        }
    }
    assert!(found.len() > 20, "{found:?}");
    found
}

#[test]
fn each_room_names_only_what_it_may() {
    let libraries = libraries();
    let mut faults = Vec::new();
    for path in sources("src") {
        let (file, code) = (relative(&path), code(&path));
        // They put everything together, or serve the tests of all.
        let is_above = ["lib.rs", "main.rs", "testing.rs"].contains(&file.as_str());
        // A test may compare what several rooms say.
        if is_above || file.ends_with("tests.rs") {
            continue;
        }
        let Some(own) = room_of(&file) else {
            faults.push(format!("{file} lies in no room"));
            continue;
        };
        for path in named_paths(&file, &code) {
            let Some(room) = room_of(&path) else {
                continue;
            };
            if room.name != own.name && !own.rooms.contains(&room.name) {
                faults.push(format!("{file} names {path}"));
            }
        }
        for library in &libraries {
            let may =
                ANYWHERE.contains(&library.as_str()) || own.crates.contains(&library.as_str());
            if !may && uses(&code, library) {
                faults.push(format!("{file} uses {library}"));
            }
        }
    }
    assert!(faults.is_empty(), "{faults:#?}");
}

/// So there can be no circle of rooms.
#[test]
fn a_room_names_only_rooms_that_stand_above_it_in_the_table() {
    for (number, room) in ROOMS.iter().enumerate() {
        for name in room.rooms {
            let above = ROOMS[..number].iter().any(|other| other.name == *name);
            assert!(above, "{} names {name}", room.name);
        }
    }
}

/// A permission that nobody needs any more is taken away.
#[test]
fn each_room_needs_what_it_may_name() {
    let mut needless = Vec::new();
    for room in ROOMS {
        let files: Vec<_> = (sources("src").into_iter())
            .map(|path| (relative(&path), code(&path)))
            .filter(|(file, _)| room_of(file).is_some_and(|own| own.name == room.name))
            .collect();
        for name in room.rooms {
            let is_named = files.iter().any(|(file, code)| {
                let paths = named_paths(file, code);
                let rooms = paths.iter().filter_map(|path| room_of(path));
                rooms.into_iter().any(|other| other.name == *name)
            });
            if !is_named {
                needless.push(format!("{} does not name {name}", room.name));
            }
        }
        for library in room.crates {
            if !files.iter().any(|(_, code)| uses(code, library)) {
                needless.push(format!("{} does not use {library}", room.name));
            }
        }
    }
    assert!(needless.is_empty(), "{needless:#?}");
}

#[test]
fn the_table_is_that_of_the_architecture() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("ARCHITECTURE.md");
    let text = fs::read_to_string(path).expect("ARCHITECTURE.md");
    let rows = text.lines().filter_map(|line| {
        let mut cells = line.strip_prefix("| `")?.split(" | ");
        let name = cells.next()?.split('`').next()?;
        let name = name.strip_prefix("src/")?;
        let name = name.trim_end_matches('/').trim_end_matches(".rs");
        let may = cells.nth(1)?.trim_end_matches(" |");
        Some((name.to_owned(), may.to_owned()))
    });
    let rows: Vec<(String, String)> = rows.collect();
    let expected: Vec<(String, String)> = (ROOMS.iter())
        .map(|room| {
            let quoted = |names: &[&str]| {
                let names = names.iter().map(|name| format!("`{name}`"));
                names.collect::<Vec<_>>().join(", ")
            };
            let mut may = quoted(room.rooms);
            if !room.crates.is_empty() {
                if !may.is_empty() {
                    may.push_str("; ");
                }
                may.push_str(&quoted(room.crates));
            }
            (room.name.to_owned(), may)
        })
        .collect();
    assert_eq!(rows, expected);
}

/// Lines that a file may have; a test file is a list of cases, and reading one does not need the
/// others.
const MOST_LINES: usize = 400;
const MOST_TEST_LINES: usize = 900;

#[test]
fn no_file_outgrows_one_thought() {
    let mut faults = Vec::new();
    let mut excused: Vec<&str> = LONG.iter().map(|(file, _)| *file).collect();
    for path in sources("src").into_iter().chain(sources("tests")) {
        let text = fs::read_to_string(&path).expect("a readable source");
        let lines = text.lines().count();
        let is_test =
            path.components().any(|part| part.as_os_str() == "tests") || path.ends_with("tests.rs");
        let limit = if is_test { MOST_TEST_LINES } else { MOST_LINES };
        let file = relative(&path);
        let is_excused = excused.contains(&file.as_str());
        excused.retain(|other| *other != file);
        if lines > limit && !is_excused {
            faults.push(format!("{file}: {lines} lines, limit {limit}"));
        } else if lines <= limit && is_excused {
            faults.push(format!("{file} needs no excuse any more"));
        } else if lines > 600 && !is_test {
            faults.push(format!("{file}: {lines} lines is too long with any reason"));
        }
    }
    faults.extend(excused.iter().map(|file| format!("{file} is not there")));
    assert!(faults.is_empty(), "{faults:#?}");
}

/// A module with children is a folder with a `mod.rs`, and its tests stand in `tests.rs` beside it
/// or in the file itself.
#[test]
fn modules_are_laid_out_in_one_way() {
    let mut faults = Vec::new();
    for path in sources("src") {
        if path.with_extension("").is_dir() && !path.ends_with("mod.rs") {
            faults.push(format!("{} has a folder beside it", relative(&path)));
        }
        if code(&path).contains("#[path") {
            faults.push(format!("{} says where a module lies", relative(&path)));
        }
    }
    assert!(faults.is_empty(), "{faults:#?}");
}

#[test]
fn every_module_says_what_it_is_for() {
    let silent: Vec<String> = sources("src")
        .into_iter()
        .filter(|path| {
            !fs::read_to_string(path)
                .expect("a source")
                .starts_with("//!")
        })
        .map(|path| relative(&path))
        .collect();
    assert!(silent.is_empty(), "no //! at the head of {silent:?}");
}

/// What the app knows is changed by the state itself; the window asks it to.
/// Words with which the definition of an item begins. Fields and variants are not among them: where
/// the name says all, a comment would only repeat it.
const ITEMS: &[&str] = &[
    "fn ",
    "const ",
    "async fn ",
    "struct ",
    "enum ",
    "trait ",
    "type ",
    "static ",
    "union ",
];

#[test]
fn every_public_item_says_what_it_is() {
    let mut silent = Vec::new();
    for path in sources("src") {
        let text = fs::read_to_string(&path).expect("a readable source");
        let (mut before, mut in_attribute) = ("", false);
        for (number, line) in text.lines().enumerate() {
            let line = line.trim();
            in_attribute |= line.starts_with("#[");
            let is_item = line
                .strip_prefix("pub ")
                .is_some_and(|rest| ITEMS.iter().any(|item| rest.starts_with(item)))
                // A macro gives the words along with the name.
                && !line.contains('$');
            if is_item && !before.starts_with("///") {
                silent.push(format!("{}:{}: {line}", relative(&path), number + 1));
            }
            // Attributes, also those over several lines, stand between the words and the item.
            if !in_attribute {
                before = line;
            }
            in_attribute &= !line.ends_with(']');
        }
    }
    assert!(silent.is_empty(), "without words:\n{}", silent.join("\n"));
}

#[test]
fn the_window_does_not_write_into_the_state() {
    let app = code(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src/app.rs"));
    let writes = |line: &&str| {
        let line = line.trim_start().trim_start_matches("self.");
        let path = line.split([' ', '(']).next().unwrap_or_default();
        let is_field = path.strip_prefix("state.").is_some_and(|rest| {
            rest.contains('.') || line[path.len()..].trim_start().starts_with("= ")
        });
        is_field && (line.ends_with(';') || line.ends_with('('))
    };
    let found: Vec<&str> = app.lines().filter(writes).collect();
    assert!(found.is_empty(), "{found:?}");
}

/// A second HTTP client would be a second set of settings about passwords and certificates.
#[test]
fn http_is_spoken_in_one_place() {
    let elsewhere: Vec<String> = sources("src")
        .into_iter()
        .filter(|path| !path.ends_with("src/http.rs"))
        .filter(|path| code(path).contains("config_builder"))
        .map(|path| relative(&path))
        .collect();
    assert!(elsewhere.is_empty(), "{elsewhere:?}");
}

/// What is RabbitMQ's own: in its rooms, and in the one file of the window that has a word for each
/// kind of store.
const RABBITMQ: [&str; 5] = [
    "cli/dead_letters/rabbitmq.rs",
    "drivers/rabbitmq/",
    "rabbitmq/",
    "event/amqp/",
    "ui/parts/by_source.rs",
];

/// Its words, in small letters.
const RABBITMQ_WORDS: [&str; 8] = [
    "exchange",
    "routing key",
    "routing_key",
    "routingkey",
    "virtual host",
    "vhost",
    "x-death",
    "lapin",
];

/// Where they stand all the same, and why.
const RABBITMQ_EXCUSED: &[(&str, &str)] = &[
    ("address.rs", "one variant a kind of store"),
    (
        "event/export.rs",
        "the form in which events are copied is documented",
    ),
    ("event/line.rs", "names that lines of earlier versions have"),
    ("main.rs", "the help of the command line"),
    ("query/ast.rs", "the filter understands each store's word"),
    ("query/field.rs", "what people write in a filter"),
    (
        "query/matcher.rs",
        "the filter understands each store's word",
    ),
    (
        "schema/folder/import/asyncapi/mod.rs",
        "the AMQP binding of AsyncAPI",
    ),
    ("schema/folder/meta.rs", "members of a file"),
    ("schema/folder/rules.rs", "a line of a file"),
    ("settings/written.rs", "members of a file"),
    ("storage/firehose.rs", "notes about RabbitMQ's own trace"),
    ("storage/journal/mod.rs", "columns of a database"),
    ("storage/journal/reading/mod.rs", "columns of a database"),
    (
        "ui/screens/connect/rabbitmq_form.rs",
        "the fields of RabbitMQ's address",
    ),
];

/// Elsewhere a store is any store.
#[test]
fn rabbitmqs_words_stay_in_its_rooms() {
    let mut faults = Vec::new();
    let mut needed = Vec::new();
    for path in sources("src") {
        let file = relative(&path);
        let is_own = RABBITMQ.iter().any(|room| file.starts_with(room));
        if is_own || file.ends_with("tests.rs") || file == "testing.rs" || file.contains("/tests/")
        {
            continue;
        }
        let text = fs::read_to_string(&path).expect("a source");
        let text = text.split("#[cfg(test)]\nmod tests {").next();
        let text = text.unwrap_or_default().to_lowercase();
        let Some(word) = RABBITMQ_WORDS.iter().find(|word| text.contains(*word)) else {
            continue;
        };
        if RABBITMQ_EXCUSED.iter().any(|(excused, _)| *excused == file) {
            needed.push(file);
        } else {
            faults.push(format!("{file} says {word}"));
        }
    }
    assert!(faults.is_empty(), "{faults:#?}");
    let excused = RABBITMQ_EXCUSED.iter().map(|(file, _)| *file);
    let needless: Vec<_> = excused
        .filter(|file| !needed.iter().any(|n| n == file))
        .collect();
    assert!(needless.is_empty(), "need no excuse: {needless:?}");
}

/// Two things with one name are taken for one. Associated types and what stands inside of functions do
/// not count.
#[test]
fn a_type_name_is_defined_once() {
    let mut seen: Vec<(String, String)> = Vec::new();
    for path in sources("src") {
        let file = relative(&path);
        if file.ends_with("tests.rs") || file == "testing.rs" || file.contains("/tests/") {
            continue;
        }
        let code = code(&path);
        let code = code.split("#[cfg(test)]\nmod tests {").next();
        for line in code.unwrap_or_default().lines() {
            let line = line.strip_prefix("pub(crate) ").unwrap_or(line);
            let line = line.strip_prefix("pub(super) ").unwrap_or(line);
            let line = line.strip_prefix("pub ").unwrap_or(line);
            let kinds = ["struct ", "enum ", "trait ", "type "];
            let Some(rest) = kinds.iter().find_map(|kind| line.strip_prefix(kind)) else {
                continue;
            };
            let end = rest.find(|c: char| !c.is_alphanumeric());
            seen.push((rest[..end.unwrap_or(rest.len())].to_owned(), file.clone()));
        }
    }
    assert!(seen.len() > 500, "{}", seen.len());
    seen.sort();
    let twice = seen.windows(2).filter(|pair| pair[0].0 == pair[1].0);
    let twice: Vec<_> = twice.collect();
    assert!(twice.is_empty(), "{twice:#?}");
}
