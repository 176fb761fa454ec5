//! The words of the app in one list, `assets/words.txt`: for whoever goes over them once more, and as the
//! start of a translation. `make words` writes it anew; this test holds that it is what the sources say,
//! and a few rules that every text keeps.

#![expect(clippy::expect_used, reason = "a test may panic")]

use std::collections::HashSet;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::str::FromStr as _;

use proc_macro2::{Delimiter, TokenStream, TokenTree};

/// Files whose texts are of another kind: code and names of other programs, sample data, fixtures.
const NO_WORDS: &[&str] = &[
    "drivers/rabbitmq/sandbox/boot.rs",
    "drivers/rabbitmq/sandbox/folder/",
    "drivers/rabbitmq/shop/",
    "rabbitmq/as_code.rs",
    "rabbitmq/frameworks/",
    "repair/lineage/hashed.rs",
    "schema/form/fill/words.rs",
    "storage/journal/reading/",
    "recording/mask/detect.rs",
    "src/testing.rs",
    "schema/compare/protobuf/known.rs",
];

/// Calls and macros whose text is for programmers: the log, and what cannot happen.
const FOR_PROGRAMMERS: &[&str] = &[
    "expect",
    "panic",
    "unreachable",
    "assert",
    "assert_eq",
    "assert_ne",
    "debug_assert",
    "debug_assert_eq",
    "trace",
    "debug",
    "execute",
    "execute_batch",
    "prepare",
    "prepare_cached",
    "query_row",
    "env",
    "concat",
    "include_str",
    "include_bytes",
];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn sources() -> Vec<PathBuf> {
    fn walk(path: &Path, found: &mut Vec<PathBuf>) {
        if path.is_dir() {
            for entry in fs::read_dir(path).expect("a source folder") {
                walk(&entry.expect("an entry").path(), found);
            }
        } else if is_shipped(path) {
            found.push(path.to_owned());
        }
    }
    let mut found = Vec::new();
    walk(&root().join("src"), &mut found);
    found.sort();
    found
}

/// Code that is in the program, and not only in its tests.
fn is_shipped(path: &Path) -> bool {
    let name = path.to_string_lossy();
    name.ends_with(".rs")
        && !name.contains("/tests/")
        && !name.contains("tests.rs")
        && !NO_WORDS.iter().any(|part| name.contains(part))
}

/// The texts of a file in their order, each once.
fn texts(path: &Path) -> Vec<String> {
    let source = fs::read_to_string(path).expect("a readable source");
    let tokens = TokenStream::from_str(&source).expect("a file of Rust");
    let mut found = Vec::new();
    gather(tokens, &mut found);
    let mut seen = HashSet::new();
    found.retain(|text| is_words(text) && seen.insert(text.clone()));
    found
}

fn gather(tokens: TokenStream, found: &mut Vec<String>) {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    let mut at = 0;
    while at < tokens.len() {
        // An attribute: of these only error messages are read by a person.
        if is_mark(&tokens[at], '#') {
            let inner = usize::from(tokens.get(at + 1).is_some_and(|next| is_mark(next, '!')));
            if let Some(TokenTree::Group(attribute)) = tokens.get(at + 1 + inner) {
                let words = attribute.stream().to_string();
                if words.starts_with("error") {
                    gather(attribute.stream(), found);
                }
                at += 2 + inner;
                if words.replace(' ', "") == "cfg(test)" {
                    at = after_item(&tokens, at);
                }
                continue;
            }
        }
        match &tokens[at] {
            TokenTree::Group(group) => {
                let is_call = group.delimiter() == Delimiter::Parenthesis;
                if !(is_call && is_for_programmers(&tokens[..at])) {
                    gather(group.stream(), found);
                }
            }
            TokenTree::Literal(literal) => found.extend(text_of(&literal.to_string())),
            TokenTree::Ident(_) | TokenTree::Punct(_) => {}
        }
        at += 1;
    }
}

/// Behind the item that begins here, which is only for tests.
fn after_item(tokens: &[TokenTree], from: usize) -> usize {
    let ends = |token: &TokenTree| {
        is_mark(token, ';')
            || matches!(token, TokenTree::Group(group) if group.delimiter() == Delimiter::Brace)
    };
    tokens[from..]
        .iter()
        .position(ends)
        .map_or(tokens.len(), |place| from + place + 1)
}

fn is_mark(token: &TokenTree, mark: char) -> bool {
    matches!(token, TokenTree::Punct(found) if found.as_char() == mark)
}

fn is_for_programmers(before: &[TokenTree]) -> bool {
    let mut names = before.iter().rev().filter(|token| !is_mark(token, '!'));
    matches!(names.next(), Some(TokenTree::Ident(name))
        if FOR_PROGRAMMERS.contains(&name.to_string().as_str()))
}

/// What a string literal says; nothing for bytes, numbers and characters.
fn text_of(literal: &str) -> Option<String> {
    if literal.starts_with('r') {
        let (_, rest) = literal.split_once('"')?;
        return Some(rest.rsplit_once('"')?.0.to_owned());
    }
    let inside = literal.strip_prefix('"')?.strip_suffix('"')?;
    let mut text = String::new();
    let mut letters = inside.chars().peekable();
    while let Some(letter) = letters.next() {
        if letter != '\\' {
            text.push(letter);
            continue;
        }
        match letters.next()? {
            // A line that goes on in the next one of the source.
            '\n' => while letters.next_if(|next| next.is_whitespace()).is_some() {},
            'n' => text.push('⏎'),
            'u' => {
                let code: String = letters.by_ref().skip(1).take_while(|c| *c != '}').collect();
                text.extend(u32::from_str_radix(&code, 16).ok().and_then(char::from_u32));
            }
            other => text.push(other),
        }
    }
    Some(text)
}

/// A text that a person reads: words with blanks between them, or one that begins like a label.
fn is_words(text: &str) -> bool {
    let mut letters = text.chars().filter(|c| c.is_alphabetic());
    let is_label = letters.next().is_some_and(char::is_uppercase)
        && letters.any(char::is_lowercase)
        && !text.contains(['_', '/', '=', '<']);
    let is_sentence = text.contains(' ') && text.chars().filter(|c| c.is_alphabetic()).count() > 3;
    (is_label || is_sentence) && !is_query_of_a_database(text)
}

fn is_query_of_a_database(text: &str) -> bool {
    let first = text.split_whitespace().next().unwrap_or_default();
    first.len() > 3 && first.chars().all(|c| c.is_ascii_uppercase())
}

fn list() -> String {
    let mut list = String::new();
    for path in sources() {
        let texts = texts(&path);
        if texts.is_empty() {
            continue;
        }
        let place = path.strip_prefix(root().join("src")).unwrap_or(&path);
        writeln!(list, "\n# {}", place.display()).expect("a text takes all");
        for text in texts {
            writeln!(list, "{}", text.replace('\n', "⏎")).expect("a text takes all");
        }
    }
    list
}

#[test]
fn the_list_of_words_is_what_the_sources_say() {
    let path = root().join("assets/words.txt");
    let list = list();
    if std::env::var_os("EVENTSCOPE_WORDS").is_some() {
        fs::write(&path, &list).expect("the list is written");
    }
    let written = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        written == list,
        "assets/words.txt is not what the sources say: `make words` writes it anew"
    );
}

#[test]
fn every_text_keeps_the_rules() {
    let mut found = Vec::new();
    for path in sources() {
        for text in texts(&path) {
            for (rule, is_broken) in rules(&text) {
                if is_broken {
                    found.push(format!("{}: {rule}: {text}", path.display()));
                }
            }
        }
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}

/// What no text does, and whether this one does it.
fn rules(text: &str) -> Vec<(&'static str, bool)> {
    let small = text.to_lowercase();
    let has_word = |word: &str| {
        small
            .split(|c: char| !c.is_alphabetic())
            .any(|one| one == word)
    };
    vec![
        ("three points are one sign, …", text.contains("...")),
        ("two blanks in a row", text.trim().contains("  ")),
        ("nothing is shouted", text.trim_end().ends_with('!')),
        ("nobody is begged", has_word("please") || has_word("sorry")),
        (
            "nobody is lauded",
            has_word("successfully") || has_word("oops"),
        ),
    ]
}
