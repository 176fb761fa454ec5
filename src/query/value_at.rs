//! What an event has at a field that is named as in a filter line: as it is written, for a column of a
//! table.

use super::ParseError;
use super::ast::QueryField;
use super::compare::Scalar;
use super::field::field;
use super::json_path::JsonPath;
use super::matcher::any_value;
use super::root::Root;
use super::subject::Subject;

/// Most characters of a value that are given.
const MOST: usize = 200;

/// A field. Two are equal if they are named alike.
#[derive(Clone, Debug)]
pub struct ValueAt {
    name: String,
    place: FieldPlace,
}

#[derive(Clone, Debug)]
enum FieldPlace {
    /// In the payload.
    Payload(Root, JsonPath),
    /// Anywhere else.
    Field(QueryField),
}

impl PartialEq for ValueAt {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl ValueAt {
    /// Reads `data.total`, `body.count`, `total`, `header.x-tenant`, `app` and their like.
    ///
    /// # Errors
    /// Says what is wrong with the name, and what would be right.
    pub fn parse(name: &str) -> Result<Self, ParseError> {
        let name = name.trim();
        let place = match field(name, 0)? {
            QueryField::Data(steps) => FieldPlace::Payload(Root::Data, JsonPath::new(&steps)),
            QueryField::Body(steps) => FieldPlace::Payload(Root::Body, JsonPath::new(&steps)),
            QueryField::Payload(steps) => FieldPlace::Payload(Root::Either, JsonPath::new(&steps)),
            QueryField::Age => {
                return Err(ParseError {
                    at: 0..name.len(),
                    words: "Every event has an age: choose how times are written instead".into(),
                });
            }
            other => FieldPlace::Field(other),
        };
        let name = name.to_owned();
        Ok(Self { name, place })
    }

    /// As it is written in a filter line.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// True for a field of the payload that is named alone, without `data.` or `body.`.
    #[must_use]
    pub fn is_bare(&self) -> bool {
        matches!(self.place, FieldPlace::Payload(Root::Either, _))
    }

    /// The value of an event, cut for a column of a table; empty where it has none. A text in the payload
    /// that reads like a number has its quotes, because that is a fault worth seeing.
    #[must_use]
    pub fn of(&self, event: &impl Subject) -> String {
        self.value(event, MOST)
    }

    /// The value of an event, however long; empty where it has none.
    #[must_use]
    pub fn whole(&self, event: &impl Subject) -> String {
        self.value(event, usize::MAX)
    }

    fn value(&self, event: &impl Subject, most: usize) -> String {
        let mut text = String::new();
        let mut take = |value: &Scalar<'_>| {
            if let Some(written) = value.written() {
                text = String::from_utf8_lossy(&written)
                    .chars()
                    .take(most)
                    .collect();
            }
            true
        };
        match &self.place {
            FieldPlace::Payload(root, path) => return payload(event, *root, path, most),
            FieldPlace::Field(QueryField::Header(name)) => {
                let properties = event.properties();
                let Some(value) = properties.header(name) else {
                    return String::new();
                };
                return value.to_string().chars().take(most).collect();
            }
            FieldPlace::Field(QueryField::Named(named)) => {
                any_value(event, *named, &mut take);
            }
            FieldPlace::Field(QueryField::Size) => return event.body().len().to_string(),
            // The other kinds were made something else of when the name was read.
            FieldPlace::Field(
                QueryField::Data(_)
                | QueryField::Body(_)
                | QueryField::Payload(_)
                | QueryField::Age,
            ) => {}
        }
        text
    }
}

/// The first value at a path; an object or a list as it is written.
fn payload(event: &impl Subject, root: Root, path: &JsonPath, most: usize) -> String {
    let reading = event.reading();
    let mut text = String::new();
    root.any(event, reading.as_ref(), path, &mut |written| {
        let value = Scalar::json(written);
        let value = value.written().filter(|value| {
            let is_cut = most != usize::MAX;
            !(is_cut && written.starts_with(b"\"") && is_like_another_kind(value))
        });
        // A character has at most four bytes: what is cut off all the same is not copied.
        let shown = value.as_deref().unwrap_or(written);
        let shown = &shown[..shown.len().min(most.saturating_mul(4))];
        text = String::from_utf8_lossy(shown).chars().take(most).collect();
        true
    });
    text
}

/// The longest text that could be taken for a value of another kind, in bytes.
const LONGEST: usize = 40;

/// Whether a text reads like a number, `true`, `false` or `null`.
fn is_like_another_kind(text: &[u8]) -> bool {
    let is_scalar = |value: serde_json::Value| !value.is_object() && !value.is_array();
    text.len() <= LONGEST && serde_json::from_slice(text).is_ok_and(is_scalar)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::event;

    #[test]
    fn a_text_that_reads_like_a_number_is_told_from_one() {
        let body = r#"{"data":{"a":"557.40","b":557.40,"c":"null","d":"paid"}}"#;
        let amount = |name| ValueAt::parse(name).unwrap();
        let shown = |name| amount(name).of(&event("k", body));
        assert_eq!(shown("data.a"), r#""557.40""#);
        assert_eq!(shown("data.b"), "557.40");
        assert_eq!(shown("data.c"), r#""null""#);
        assert_eq!(shown("data.d"), "paid");
        assert_eq!(amount("data.a").whole(&event("k", body)), "557.40");
    }

    #[test]
    fn a_value_is_what_is_written_at_its_place() {
        let body = r#"{"n":1.50,"data":{"total":12.5,"text":"a \"b\"","items":[{"n":3}],"o":{}}}"#;
        let value = |name| ValueAt::parse(name).unwrap().of(&event("k.x", body));
        assert_eq!(value("data.total"), "12.5");
        assert_eq!((value("total"), value("n")), ("12.5".into(), "1.50".into()));
        assert_eq!(value("body.n"), "1.50");
        assert_eq!(value("data.text"), "a \"b\"");
        assert_eq!(value("data.items[].n"), "3");
        assert_eq!(value("data.items"), r#"[{"n":3}]"#);
        assert_eq!(value("data.missing"), "");
        assert_eq!(value("key"), "k.x");
        assert_eq!(value("size"), body.len().to_string());
        assert_eq!(value("header.x"), "");
    }

    #[test]
    fn a_wrong_name_says_what_would_be_right() {
        let words = ValueAt::parse("kee").unwrap_err().words;
        assert!(words.contains("data.kee"), "{words}");
        assert!(ValueAt::parse("data").is_err() && ValueAt::parse("").is_err());
    }
}
