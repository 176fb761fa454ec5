//! A JSON text that is edited in place: an edit replaces the text of one value, and all around it
//! stays as it was written, with its numbers (`1.10`), its order, its spaces and its unknown names.
//!
//! Reading never recurses; only the value for validation is read by `serde_json`, which ends at 128
//! levels.

use serde_json::Value;

use super::json;
use crate::text::pointer_step::unescaped;

/// A longer text is not edited by places, in bytes.
pub const LARGEST: usize = 256 * 1024;

/// What a value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "each is the kind of that name")]
pub enum JsonKind {
    Object,
    Array,
    Text,
    Number,
    Bool,
    Null,
}

/// A value of the text, and where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JsonNode {
    pub kind: JsonKind,
    /// The object or array that it is in.
    pub parent: Option<usize>,
    /// Its name, if it is in an object.
    pub name: Option<String>,
    /// First node that is no longer inside this one.
    pub next: usize,
    /// Where the member begins: at its name, or at the value itself.
    begin: usize,
    start: usize,
    end: usize,
}

/// A text that is JSON, with the places of its values.
#[derive(Clone, Debug)]
pub struct Document {
    text: String,
    nodes: Vec<JsonNode>,
    value: Value,
}

impl Document {
    /// Reads a text.
    ///
    /// # Errors
    /// It is not JSON, or too large or too deep to be edited by places; in words.
    pub fn new(text: String) -> Result<Self, String> {
        if text.len() > LARGEST {
            return Err("it is larger than 256 kB".to_owned());
        }
        // What an editor shows has neither; their places would be taken for values.
        if json::trim(text.as_bytes()).len() < text.len() {
            return Err("a byte order mark or a NUL byte stands beside it".to_owned());
        }
        let value = json::value(text.as_bytes())?;
        let nodes = scan(&text);
        if nodes.is_empty() {
            return Err("it has no value".to_owned());
        }
        Ok(Self { text, nodes, value })
    }

    /// The text.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// What the text says; of numbers and of names that are there twice it is no whole account.
    #[must_use]
    pub fn value(&self) -> &Value {
        &self.value
    }

    /// All values in the order of the text; the first is the document.
    #[must_use]
    pub fn nodes(&self) -> &[JsonNode] {
        &self.nodes
    }

    /// The values directly inside this one.
    pub fn children(&self, at: usize) -> impl Iterator<Item = usize> + '_ {
        let end = self.nodes.get(at).map_or(0, |node| node.next);
        let mut next = at + 1;
        std::iter::from_fn(move || {
            let child = next;
            next = self.nodes.get(child).filter(|_| child < end)?.next;
            Some(child)
        })
    }

    /// The member of this name; of several the last, as most readers take it.
    #[must_use]
    pub fn member(&self, at: usize, name: &str) -> Option<usize> {
        self.children(at)
            .filter(|child| self.nodes[*child].name.as_deref() == Some(name))
            .last()
    }

    /// The node of a JSON pointer, if it leads to one.
    #[must_use]
    pub fn node_at(&self, pointer: &str) -> Option<usize> {
        let mut at = 0;
        for step in pointer.split('/').skip(1) {
            at = self.member(at, &unescaped(step))?;
        }
        Some(at)
    }

    /// Where the value of a JSON pointer stands in the text, in bytes, as far as the pointer leads.
    #[must_use]
    pub fn place_of(&self, pointer: &str) -> std::ops::Range<usize> {
        let mut at = 0;
        for step in pointer.split('/').skip(1) {
            let step = unescaped(step);
            let found = match self.nodes.get(at).map(|node| &node.kind) {
                Some(JsonKind::Array) => step
                    .parse()
                    .ok()
                    .and_then(|number| self.children(at).nth(number)),
                _ => self.member(at, &step),
            };
            match found {
                Some(found) => at = found,
                None => break,
            }
        }
        self.nodes.get(at).map_or(0..0, |node| node.start..node.end)
    }

    /// The text of a value as it was written.
    #[must_use]
    pub fn raw(&self, at: usize) -> &str {
        let node = self.nodes.get(at);
        node.and_then(|node| self.text.get(node.start..node.end))
            .unwrap_or_default()
    }

    /// Puts this text in the place of a value, as it is. Nothing happens if it is not JSON.
    pub fn write(&mut self, at: usize, json: &str) {
        if let Some(node) = self.nodes.get(at) {
            self.splice(node.start, node.end, json.trim());
        }
    }

    /// Puts another value in the place of this one, laid out as the text is.
    pub fn replace(&mut self, at: usize, json: &str) {
        let Some(node) = self.nodes.get(at) else {
            return;
        };
        let json = self.laid_out(json, &self.indent(node.begin));
        let (start, end) = (node.start, node.end);
        self.splice(start, end, &json);
    }

    /// Takes a member or an item out.
    pub fn remove(&mut self, at: usize) {
        let Some(parent) = self.nodes.get(at).and_then(|node| node.parent) else {
            return;
        };
        let siblings: Vec<usize> = self.children(parent).collect();
        let Some(place) = siblings.iter().position(|one| *one == at) else {
            return;
        };
        let (start, end) = if place > 0 {
            (self.nodes[siblings[place - 1]].end, self.nodes[at].end)
        } else if let Some(next) = siblings.get(1) {
            (self.nodes[at].begin, self.nodes[*next].begin)
        } else {
            (self.nodes[parent].start + 1, self.nodes[parent].end - 1)
        };
        self.splice(start, end, "");
    }

    /// Appends a member to an object, or an item to an array, written as its siblings are.
    pub fn push(&mut self, parent: usize, name: Option<&str>, json: &str) {
        let Some(node) = self.nodes.get(parent) else {
            return;
        };
        let colon = if self.text.contains("\":") && !self.text.contains("\": ") {
            ":"
        } else {
            ": "
        };
        let name = name.map(|name| format!("{}{colon}", Value::from(name)));
        let name = name.unwrap_or_default();
        if let Some(last) = self.children(parent).last() {
            let last = &self.nodes[last];
            let head = &self.text[..last.begin];
            let lead = head[head.trim_end_matches([' ', '\t', '\n', '\r']).len()..].to_owned();
            let json = self.laid_out(json, &self.indent(last.begin));
            let at = last.end;
            self.splice(at, at, &format!(",{lead}{name}{json}"));
        } else {
            let (start, end) = (node.start + 1, node.end - 1);
            let outer = self.indent(node.begin);
            let inner = format!("{outer}  ");
            let json = self.laid_out(json, &inner);
            let lines = self.has_lines();
            let (before, after) = if lines {
                (format!("\n{inner}"), format!("\n{outer}"))
            } else {
                (String::new(), String::new())
            };
            self.splice(start, end, &format!("{before}{name}{json}{after}"));
        }
    }

    fn has_lines(&self) -> bool {
        self.text.trim().contains('\n')
    }

    /// The spaces at the beginning of the line.
    fn indent(&self, at: usize) -> String {
        let head = self.text.get(..at).unwrap_or_default();
        let line = head.rsplit('\n').next().unwrap_or_default();
        let text = line.trim_start_matches([' ', '\t']);
        line[..line.len() - text.len()].to_owned()
    }

    /// A new value on one line, or on several where the text has several.
    fn laid_out(&self, json: &str, indent: &str) -> String {
        if !self.has_lines() {
            return json.trim().to_owned();
        }
        let pretty = json::pretty_text(json).unwrap_or_else(|| json.trim().to_owned());
        pretty.replace('\n', &format!("\n{indent}"))
    }

    fn splice(&mut self, start: usize, end: usize, new: &str) {
        let mut text = self.text.clone();
        text.replace_range(start..end, new);
        if let Ok(edited) = Self::new(text) {
            *self = edited;
        }
    }
}

/// The values of a text that is known to be JSON.
fn scan(text: &str) -> Vec<JsonNode> {
    let bytes = text.as_bytes();
    let mut nodes: Vec<JsonNode> = Vec::new();
    let mut open: Vec<usize> = Vec::new();
    let mut name: Option<(usize, String)> = None;
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        match byte {
            b' ' | b'\t' | b'\n' | b'\r' | b',' | b':' => at += 1,
            b'}' | b']' => {
                at += 1;
                if let Some(index) = open.pop() {
                    nodes[index].end = at;
                    nodes[index].next = nodes.len();
                }
            }
            _ => {
                let parent = open.last().copied();
                let in_object = parent.is_some_and(|parent| nodes[parent].kind == JsonKind::Object);
                let end = end_of_scalar(bytes, at);
                if in_object && name.is_none() {
                    let read = json::string(&bytes[at..end]).unwrap_or_default();
                    name = Some((at, read.into_owned()));
                    at = end;
                    continue;
                }
                let kind = match byte {
                    b'{' => JsonKind::Object,
                    b'[' => JsonKind::Array,
                    b'"' => JsonKind::Text,
                    b't' | b'f' => JsonKind::Bool,
                    b'n' => JsonKind::Null,
                    _ => JsonKind::Number,
                };
                let (begin, name) = match name.take() {
                    Some((begin, name)) => (begin, Some(name)),
                    None => (at, None),
                };
                if matches!(kind, JsonKind::Object | JsonKind::Array) {
                    open.push(nodes.len());
                }
                nodes.push(JsonNode {
                    kind,
                    parent,
                    name,
                    next: nodes.len() + 1,
                    begin,
                    start: at,
                    end,
                });
                at = end;
            }
        }
    }
    nodes
}

/// The end of what begins here: a bracket, a string, a number or a word.
fn end_of_scalar(bytes: &[u8], at: usize) -> usize {
    match bytes.get(at) {
        Some(b'{' | b'[') => at + 1,
        Some(b'"') => {
            let mut end = at + 1;
            while let Some(&byte) = bytes.get(end) {
                match byte {
                    b'\\' => end += 2,
                    b'"' => return end + 1,
                    _ => end += 1,
                }
            }
            bytes.len()
        }
        _ => {
            let rest = bytes.get(at..).unwrap_or_default();
            let length = rest.iter().position(|byte| {
                matches!(
                    byte,
                    b',' | b'}' | b']' | b':' | b' ' | b'\t' | b'\n' | b'\r'
                )
            });
            at + length.unwrap_or(rest.len()).max(1)
        }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(text: &str) -> Document {
        Document::new(text.to_owned()).unwrap()
    }

    #[test]
    fn an_edit_leaves_all_around_it_as_it_was_written() {
        let text = "{\n  \"b\" : 1.10,\"id\":12345678901234567890123,\n  \"a\": [ 1,2 ]\n}\n";
        let mut document = read(text);
        let at = document.member(0, "b").unwrap();
        document.replace(at, "2.50");
        assert_eq!(document.text(), text.replace("1.10", "2.50"));
        let list = document.member(0, "a").unwrap();
        document.push(list, None, "3");
        let first = document.children(list).next().unwrap();
        document.remove(first);
        assert_eq!(
            document.text(),
            "{\n  \"b\" : 2.50,\"id\":12345678901234567890123,\n  \"a\": [ 2,3 ]\n}\n"
        );
    }

    #[test]
    fn what_is_added_is_written_as_its_siblings_are() {
        let check = |text: &str, json: &str, expected: &str| {
            let mut document = read(text);
            document.push(0, Some("n"), json);
            assert_eq!(document.text(), expected);
        };
        check("{}", "1", r#"{"n": 1}"#);
        check(r#"{"a":1}"#, "[]", r#"{"a":1,"n":[]}"#);
        check(
            r#"{"a": 1, "b": 2}"#,
            "[1]",
            r#"{"a": 1, "b": 2, "n": [1]}"#,
        );
        check(
            "{\n  \"a\": {}\n}",
            r#"{"x":1}"#,
            "{\n  \"a\": {},\n  \"n\": {\n    \"x\": 1\n  }\n}",
        );
        let mut document = read("{\n  \"a\": {}\n}");
        document.push(1, Some("x"), "1");
        assert_eq!(document.text(), "{\n  \"a\": {\n    \"x\": 1\n  }\n}");
        document.remove(2);
        assert_eq!(document.text(), "{\n  \"a\": {}\n}");
    }

    #[test]
    fn a_pointer_leads_to_a_place_as_far_as_it_can() {
        let document = read(r#"{"a":[1,{"b/c":"x"}]}"#);
        let at = |pointer: &str| &document.text()[document.place_of(pointer)];
        assert_eq!(at("/a/1/b~1c"), "\"x\"");
        assert_eq!(at("/a/0"), "1");
        assert_eq!(at("/a/1/missing"), r#"{"b/c":"x"}"#);
        assert_eq!(at(""), document.text());
    }

    #[test]
    fn of_a_name_that_is_there_twice_the_last_counts() {
        let document = read(r#"{"a":1,"a":{"b":2},"c\"":3}"#);
        assert_eq!(document.raw(document.member(0, "a").unwrap()), "{\"b\":2}");
        assert_eq!(document.raw(document.member(0, "c\"").unwrap()), "3");
        assert_eq!(document.children(0).count(), 3);
    }

    #[test]
    fn what_cannot_be_edited_by_places_says_why() {
        let deep = format!("{}{}", "[".repeat(200), "]".repeat(200));
        assert!(Document::new(deep).unwrap_err().contains("recursion"));
        assert!(Document::new("{oops".into()).is_err());
        assert!(Document::new(String::new()).is_err());
        assert!(Document::new(format!("\"{}\"", "x".repeat(LARGEST))).is_err());
    }

    /// Texts of JSON as people and programs write them: spaces, numbers and escapes of all kinds.
    pub(crate) fn any_text() -> impl Strategy<Value = String> {
        let space = || prop::sample::select(vec!["", " ", "\n  ", "\t"]);
        let name = || {
            prop::sample::select(vec![
                "\"a\"",
                "\"b\"",
                "\"items\"",
                "\"sku\"",
                "\"\\u0041\"",
                "\"\"",
                "\"x.y\"",
            ])
        };
        let leaf = prop::sample::select(vec![
            "1",
            "1.10",
            "12345678901234567890",
            "-0.0",
            "1e5",
            "true",
            "null",
            "\"\"",
            "\"\\u00e9\\n\"",
            "\"[,]{:}\"",
            "[]",
            "{ }",
        ])
        .prop_map(str::to_owned);
        leaf.prop_recursive(4, 40, 5, move |inner| {
            let member = (name(), space(), space(), inner.clone())
                .prop_map(|(name, a, b, value)| format!("{name}{a}:{b}{value}"));
            let list = |open: char, close: char| {
                move |(items, space): (Vec<String>, &str)| {
                    let items = items.join(&format!("{space},{space}"));
                    format!("{open}{space}{items}{space}{close}")
                }
            };
            prop_oneof![
                (prop::collection::vec(inner, 0..5), space()).prop_map(list('[', ']')),
                (prop::collection::vec(member, 0..5), space()).prop_map(list('{', '}')),
            ]
        })
    }

    /// Every value outside `around`, as written.
    pub(crate) fn others(
        document: &Document,
        around: Option<usize>,
    ) -> Vec<(Option<String>, JsonKind, String)> {
        let nodes = document.nodes();
        let inside = |at: usize| around.is_some_and(|from| (from..nodes[from].next).contains(&at));
        (0..nodes.len())
            .filter(|at| !inside(*at))
            .map(|at| {
                let nested = matches!(nodes[at].kind, JsonKind::Object | JsonKind::Array);
                let raw = if nested { "" } else { document.raw(at) };
                (nodes[at].name.clone(), nodes[at].kind, raw.to_owned())
            })
            .collect()
    }

    proptest! {
        #[test]
        fn any_edit_changes_only_its_place(text in any_text(), picks in prop::collection::vec((any::<prop::sample::Index>(), 0..3), 1..6)) {
            let mut document = read(&text);
            for (pick, what) in picks {
                let at = pick.index(document.nodes().len());
                let mut expected = others(&document, Some(at));
                let after = match what {
                    0 => {
                        document.replace(at, r#"{"new":[1.50]}"#);
                        Some(at)
                    }
                    1 if at > 0 => {
                        document.remove(at);
                        None
                    }
                    _ => {
                        let kind = document.nodes()[at].kind;
                        if !matches!(kind, JsonKind::Object | JsonKind::Array) { continue; }
                        expected = others(&document, None);
                        document.push(at, (kind == JsonKind::Object).then_some("new"), "7.0");
                        document.children(at).last()
                    }
                };
                prop_assert_eq!(others(&document, after), expected);
                prop_assert_eq!(document.nodes(), &scan(document.text())[..]);
            }
        }
    }
}
