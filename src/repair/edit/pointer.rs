//! The place of a field: as filters write it, `data.lines[].qty`, or as a JSON pointer (RFC 6901),
//! `/data/lines/*/qty`, in which `*` stands for every item of an array.

use std::fmt;

use crate::event::field_names::FieldNames;
use crate::text::json;
use crate::text::pointer_step::{escaped, unescaped};

/// Most steps of a pointer.
const MAX_STEPS: usize = 64;

/// What is said of a text that is neither.
const HOW: &str = "A field is written as data.amount, or data.lines[].qty for each item of a list. The \
                   JSON pointer /data/amount is read too";

/// A place in a document, or several.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pointer {
    /// It begins in the data of the event, not in the whole body.
    in_data: bool,
    steps: Vec<String>,
}

impl Pointer {
    /// Reads `data.amount`, `amount`, `body.eventId`, `/data/amount` or `/lines/*/qty`.
    ///
    /// # Errors
    /// In words, if it is none, or is the whole document.
    pub fn parse(text: &str) -> Result<Self, String> {
        let text = text.trim();
        let (in_data, steps) = if let Some(rest) = text.strip_prefix('/') {
            (
                false,
                rest.split('/')
                    .map(|step| unescaped(step).into_owned())
                    .collect(),
            )
        } else {
            // A name alone is one in the data, as in a filter.
            let end = text.find(['.', '[', '"']).unwrap_or(text.len());
            match text.split_at(end) {
                ("data", rest) => (true, steps(rest)?),
                ("body", rest) => (false, steps(rest)?),
                ("", _) => return Err(HOW.to_owned()),
                _ if text.contains(char::is_whitespace) => return Err(HOW.to_owned()),
                _ => (true, steps(&format!(".{text}"))?),
            }
        };
        if steps.len() > MAX_STEPS {
            return Err(format!("A field has at most {MAX_STEPS} steps"));
        }
        Ok(Self { in_data, steps })
    }

    /// Its steps from the body on, in a body whose fields are called so.
    pub(crate) fn steps<'a>(&'a self, names: &'a FieldNames) -> Vec<&'a str> {
        let inside = names.data().filter(|_| self.in_data);
        let own = self.steps.iter().map(String::as_str);
        inside.into_iter().chain(own).collect()
    }
}

impl fmt::Display for Pointer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.in_data {
            let mut steps = self.steps.iter();
            return steps.try_for_each(|step| write!(f, "/{}", escaped(step)));
        }
        let names = FieldNames::default();
        let path = self.steps.iter().fold("data".to_owned(), |path, step| {
            match (step.as_str(), step.parse()) {
                ("*", _) => names.item(&path, None),
                (_, Ok(place)) => names.item(&path, Some(place)),
                (step, Err(_)) => names.member(&path, step),
            }
        });
        f.write_str(&path)
    }
}

/// Reads what stands behind the root: `.lines[].qty`.
fn steps(mut rest: &str) -> Result<Vec<String>, String> {
    let mut steps = Vec::new();
    while !rest.is_empty() {
        let (step, behind) = one_step(rest).ok_or(HOW)?;
        steps.push(step);
        rest = behind;
    }
    if steps.is_empty() {
        return Err(HOW.to_owned());
    }
    Ok(steps)
}

fn one_step(text: &str) -> Option<(String, &str)> {
    if let Some(inside) = text.strip_prefix('[') {
        let (place, behind) = inside.split_once(']')?;
        return match place {
            "" | "*" => Some(("*".to_owned(), behind)),
            place => Some((place.parse::<usize>().ok()?.to_string(), behind)),
        };
    }
    let name = text.strip_prefix('.')?;
    if name.starts_with('"') {
        let end = json::string_end(name.as_bytes(), 0)?;
        let (quoted, behind) = name.split_at_checked(end)?;
        return Some((json::string(quoted.as_bytes())?.into_owned(), behind));
    }
    let end = name.find(['.', '[', '"']).unwrap_or(name.len());
    let (name, behind) = name.split_at(end);
    (!name.is_empty()).then(|| (name.to_owned(), behind))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::amqp::Properties;

    fn steps(text: &str, body: &str) -> Vec<String> {
        let names = FieldNames::of(body, &Properties::default());
        let pointer = Pointer::parse(text).unwrap();
        pointer
            .steps(&names)
            .into_iter()
            .map(str::to_owned)
            .collect()
    }

    #[test]
    fn a_place_reads_back_as_it_was_written() {
        let pointers = ["/data/amount", "/lines/*/qty", "/a~1b/~0", "/", "/~01"];
        let paths = [
            "data.amount",
            "data.lines[].qty",
            "data.lines[2].\"a b\"",
            "data[0]",
        ];
        for text in pointers.into_iter().chain(paths) {
            assert_eq!(Pointer::parse(text).unwrap().to_string(), text);
        }
        for (alone, whole) in [
            ("amount", "data.amount"),
            ("lines[].qty", "data.lines[].qty"),
        ] {
            assert_eq!(Pointer::parse(alone).unwrap().to_string(), whole);
        }
        let long = "/x".repeat(65);
        let wrong = [
            "", "data", "data.", "data..a", "data[x]", "data.a[", "a b", "[0]", &long,
        ];
        for text in wrong {
            assert!(Pointer::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn data_is_where_the_event_has_its_data() {
        let wrapped = r#"{"eventId":"e","data":{"amount":1}}"#;
        assert_eq!(steps("data.amount", wrapped), ["data", "amount"]);
        assert_eq!(steps("data.amount", r#"{"amount":1}"#), ["amount"]);
        assert_eq!(steps("body.eventId", wrapped), ["eventId"]);
        assert_eq!(steps("/data/amount", wrapped), ["data", "amount"]);
        assert_eq!(steps("/~01", wrapped), ["~1"]);
    }
}
