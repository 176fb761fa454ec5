//! The rules of ARCHITECTURE.md that a machine can check: who may know whom, and how large a file
//! may grow.

#![expect(clippy::expect_used, reason = "a test may panic")]

use std::fs;
use std::path::{Path, PathBuf};

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

/// True if `word` occurs as a path: not as a part of a longer name.
fn names(code: &str, word: &str) -> bool {
    code.match_indices(word).any(|(at, _)| {
        let before = code[..at].chars().next_back();
        !before.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == ':')
    })
}

#[test]
fn each_room_knows_only_what_it_may() {
    // (files whose path begins so, what they must not name)
    let rules: &[(&[&str], &[&str])] = &[
        (
            &["domain", "log", "protocol.rs"],
            &[
                "egui",
                "eframe",
                "lapin",
                "tokio",
                "ureq",
                "crate::state",
                "crate::ui",
                "crate::broker",
                "crate::storage",
                "crate::shop",
                "crate::app",
            ],
        ),
        (
            &["query"],
            &[
                "egui",
                "eframe",
                "lapin",
                "tokio",
                "ureq",
                "std::thread",
                "crate::protocol",
                "crate::state",
                "crate::ui",
                "crate::broker",
                "crate::storage",
                "crate::shop",
                "crate::settings",
                "crate::app",
            ],
        ),
        // What is on the disk must not hang on what is in memory, nor the other way round.
        (
            &["settings.rs", "settings"],
            &[
                "crate::state",
                "crate::ui",
                "crate::broker",
                "crate::storage",
                "crate::app",
            ],
        ),
        (
            &["state", "search", "ui"],
            // Files are read and written by the broker side.
            &["std::fs", "fs::File", "File::"],
        ),
        (
            &["state", "search", "settings.rs"],
            &[
                "egui",
                "eframe",
                "lapin",
                "tokio",
                "ureq",
                "crate::ui",
                "crate::broker",
                "crate::storage",
                "crate::shop",
                "crate::app",
            ],
        ),
        (
            &["ui"],
            &[
                "lapin",
                "tokio",
                "ureq",
                "crate::broker",
                "crate::storage",
                "crate::shop",
            ],
        ),
        (
            &["warnings.rs"],
            &[
                "egui",
                "lapin",
                "tokio",
                "crate::state",
                "crate::ui",
                "crate::broker",
            ],
        ),
        (&["app.rs"], &["lapin", "tokio", "ureq", "crate::shop"]),
        (
            &["broker"],
            &["egui", "eframe", "crate::state", "crate::ui", "crate::app"],
        ),
        (
            &["storage"],
            &[
                "egui",
                "eframe",
                "lapin",
                "tokio",
                "crate::state",
                "crate::ui",
                "crate::settings",
                "crate::app",
            ],
        ),
        (
            &["shop"],
            &[
                "egui",
                "eframe",
                "crate::state",
                "crate::ui",
                "crate::app",
                "crate::broker",
            ],
        ),
        (
            &["schema"],
            &[
                "egui",
                "eframe",
                "lapin",
                "tokio",
                "ureq",
                "crate::protocol",
                "crate::state",
                "crate::ui",
                "crate::broker",
                "crate::storage",
                "crate::shop",
                "crate::settings",
                "crate::app",
            ],
        ),
        (
            &["prover"],
            &[
                "egui",
                "eframe",
                "lapin",
                "tokio",
                "ureq",
                "crate::protocol",
                "crate::state",
                "crate::ui",
                "crate::broker",
                "crate::storage",
                "crate::shop",
                "crate::settings",
                "crate::app",
            ],
        ),
        // It names the library whose log it silences, and uses none of it.
        (&["main.rs"], &["lapin::", "tokio::", "ureq::"]),
    ];
    let mut faults = Vec::new();
    for path in sources("src") {
        let (file, code) = (relative(&path), code(&path));
        for (rooms, forbidden) in rules {
            if rooms
                .iter()
                .any(|room| file == *room || file.starts_with(&format!("{room}/")))
            {
                let found = forbidden.iter().filter(|word| names(&code, word));
                faults.extend(found.map(|word| format!("{file} names {word}")));
            }
        }
    }
    assert!(faults.is_empty(), "{faults:#?}");
}

#[test]
fn no_file_outgrows_one_thought() {
    let mut long = Vec::new();
    for path in sources("src").into_iter().chain(sources("tests")) {
        let lines = fs::read_to_string(&path)
            .expect("a readable source")
            .lines()
            .count();
        // A test file is a list of cases; reading one does not need the others.
        let limit = if path.components().any(|part| part.as_os_str() == "tests")
            || path.ends_with("tests.rs")
        {
            900
        } else {
            560
        };
        if lines > limit {
            long.push(format!("{}: {lines} lines, limit {limit}", relative(&path)));
        }
    }
    assert!(long.is_empty(), "{long:#?}");
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
        .filter(|path| !path.ends_with("broker/http.rs"))
        .filter(|path| code(path).contains("config_builder"))
        .map(|path| relative(&path))
        .collect();
    assert!(elsewhere.is_empty(), "{elsewhere:?}");
}
