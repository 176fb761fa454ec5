//! A document that stands in several files, made one: each file that is referred to is put into the
//! document, and references to it lead there.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

/// Where the files stand in the whole.
const KEY: &str = "x-files";
/// Most files of a document, and how deep a value may be nested.
const MOST: usize = 200;
const DEEPEST: usize = 160;

/// The document with the files that it refers to. `name` is its own; `load` gives another by its
/// path from the folder of the document.
pub(crate) fn gathered(
    name: &str,
    mut document: Value,
    load: &mut dyn FnMut(&str) -> Option<Value>,
) -> Value {
    let mut files = ImportedFiles {
        name,
        load,
        known: BTreeMap::new(),
        waiting: Vec::new(),
    };
    files.rewrite(&mut document, name, 0);
    let mut all = Map::new();
    while let Some((path, mut file)) = files.waiting.pop() {
        files.rewrite(&mut file, &path, 0);
        all.insert(path, file);
    }
    if !all.is_empty()
        && let Value::Object(map) = &mut document
    {
        map.insert(KEY.to_owned(), Value::Object(all));
    }
    document
}

struct ImportedFiles<'a> {
    /// The file of the document itself.
    name: &'a str,
    load: &'a mut dyn FnMut(&str) -> Option<Value>,
    /// Whether a file could be loaded.
    known: BTreeMap<String, bool>,
    /// Files whose own references were not looked at yet.
    waiting: Vec<(String, Value)>,
}

impl ImportedFiles<'_> {
    fn rewrite(&mut self, value: &mut Value, own: &str, depth: usize) {
        if depth > DEEPEST {
            return;
        }
        match value {
            Value::Object(map) => {
                for (key, child) in map.iter_mut() {
                    match (key.as_str(), child) {
                        ("$ref", Value::String(reference)) => {
                            if let Some(link) = self.link(own, reference) {
                                *reference = link;
                            }
                        }
                        // Values are no schemas.
                        ("enum" | "const" | "default" | "examples" | "example", _) => {}
                        (_, child) => self.rewrite(child, own, depth + 1),
                    }
                }
            }
            Value::Array(list) => {
                for child in list {
                    self.rewrite(child, own, depth + 1);
                }
            }
            _ => {}
        }
    }

    /// The reference as it reads in the whole; none where it stays as it is.
    fn link(&mut self, own: &str, reference: &str) -> Option<String> {
        let (path, place) = target(own, reference)?;
        if path == self.name {
            return Some(format!("#{place}"));
        }
        let loaded = if let Some(loaded) = self.known.get(&path) {
            *loaded
        } else {
            let file = (self.known.len() < MOST)
                .then(|| (self.load)(&path))
                .flatten();
            let loaded = file.is_some();
            self.known.insert(path.clone(), loaded);
            self.waiting.extend(file.map(|file| (path.clone(), file)));
            loaded
        };
        let step = path.replace('~', "~0").replace('/', "~1");
        loaded.then(|| format!("#/{KEY}/{step}{place}"))
    }
}

/// The file that a reference leads to, by its path from the folder of the document, and the place
/// in it. None where that is no file of the folder (RFC 3986, 5.2, for paths alone).
fn target(own: &str, reference: &str) -> Option<(String, String)> {
    let (path, place) = reference.split_once('#').unwrap_or((reference, ""));
    if path.is_empty() {
        return Some((own.to_owned(), place.to_owned()));
    }
    let path = percent_decoded(path)?;
    let leads_out = path.starts_with('/') || path.contains([':', '\\', '\0', '?']);
    if leads_out {
        return None;
    }
    let around = own.rsplit_once('/').map_or("", |(around, _)| around);
    let mut steps: Vec<&str> = around.split('/').filter(|step| !step.is_empty()).collect();
    for step in path.split('/') {
        match step {
            "" | "." => {}
            ".." => {
                steps.pop()?;
            }
            step => steps.push(step),
        }
    }
    Some((steps.join("/"), place.to_owned()))
}

fn percent_decoded(path: &str) -> Option<String> {
    let mut out = Vec::with_capacity(path.len());
    let mut rest = path.bytes();
    while let Some(byte) = rest.next() {
        if byte == b'%' {
            let digits = [rest.next()?, rest.next()?];
            let digits = std::str::from_utf8(&digits).ok()?;
            out.push(u8::from_str_radix(digits, 16).ok()?);
        } else {
            out.push(byte);
        }
    }
    String::from_utf8(out).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_never_leaves_the_folder() {
        let at =
            |own, reference| target(own, reference).map(|(path, place)| format!("{path}|{place}"));
        assert_eq!(at("api.yaml", "a/b.yaml#/x"), Some("a/b.yaml|/x".into()));
        assert_eq!(at("a/b.yaml", "../c%20d.yaml"), Some("c d.yaml|".into()));
        assert_eq!(at("a/b.yaml", "#/x"), Some("a/b.yaml|/x".into()));
        assert_eq!(at("a/b.yaml", "./c.yaml"), Some("a/c.yaml|".into()));
        for out in [
            "../x.yaml",
            "a/../../x",
            "/etc/passwd",
            "http://x/y",
            "file:///x",
            "%2e%2e/x",
            "a\\b",
            "%2fetc",
        ] {
            assert_eq!(at("api.yaml", out), None, "{out}");
        }
    }
}
