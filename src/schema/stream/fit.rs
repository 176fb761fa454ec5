//! Whether an event is what it claims to be, in one line: for an editor and for groups.

use super::claim::{Judgement, claimed_version, judge};
use crate::event::field_names::FieldNames;
use crate::event::{Event, decode};
use crate::schema::document::fault::fault;
use crate::schema::{Catalog, Failure};

/// Most bytes of a decoded body that are looked into for the names of its fields.
const LARGEST: usize = 1 << 20;

/// A judgement in words.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fit {
    pub words: String,
    /// Whether the event is what it claims; `None` where that cannot be said.
    pub fits: Option<bool>,
    /// The first field that is wrong; its place is a pointer into the whole document.
    pub fault: Option<Failure>,
    /// How that field is called; empty for the whole event.
    pub field: String,
}

impl Fit {
    /// What is wrong, with its place: `data.amount: is text, version 1 wants number`.
    #[must_use]
    pub fn fault_words(&self) -> Option<String> {
        let fault = self.fault.as_ref()?;
        let field = match &*self.field {
            "" => "the whole event",
            field => field,
        };
        Some(format!("{field}: {}", fault.words))
    }
}

/// Judges an event by the schemas of a folder.
#[must_use]
pub fn fit(event: &Event, catalog: &Catalog) -> Fit {
    let version = version(event, catalog);
    let judgement = judge(event, catalog);
    let (words, fits) = match &judgement {
        Judgement::Matches => (format!("Matches {version}"), Some(true)),
        Judgement::Fails(_) => (format!("Fails {version}"), Some(false)),
        Judgement::FitsOnly(others) => (
            format!("Claims {version}, matches {}", versions(others)),
            Some(false),
        ),
        Judgement::Unclaimed(fitting) if fitting.is_empty() => {
            ("Claims no version and matches none".to_owned(), Some(false))
        }
        Judgement::Unclaimed(fitting) => (
            format!("Claims no version; matches {}", versions(fitting)),
            None,
        ),
        Judgement::UnknownVersion => (format!("There is no schema of {version}"), None),
        Judgement::NoSchema => ("No schema for this event".to_owned(), None),
        Judgement::NotJson => ("The payload is not JSON".to_owned(), None),
        Judgement::TooLarge => (
            "The payload is larger than 1 MB, so it is not put to its schema".to_owned(),
            None,
        ),
    };
    let fault = (fits == Some(false))
        .then(|| fault(event, catalog))
        .flatten();
    let field = fault.as_ref().map(|fault| field(event, &fault.at, false));
    Fit {
        words,
        fits,
        field: field.unwrap_or_default(),
        fault,
    }
}

/// How the field at a pointer into the whole document is called.
fn field(event: &Event, at: &str, each: bool) -> String {
    let decoded = decode::decode(&event.body, &event.properties, LARGEST);
    let text = decoded.text().unwrap_or_default();
    FieldNames::of(&text, &event.properties).of_pointer(at, each)
}

fn versions(names: &[String]) -> String {
    let word = if names.len() == 1 {
        "version"
    } else {
        "versions"
    };
    format!("{word} {}", names.join(", "))
}

/// The same without values, so that events with the same fault read the same.
#[must_use]
pub fn kind_of_fit(event: &Event, catalog: &Catalog) -> String {
    let version = version(event, catalog);
    match judge(event, catalog) {
        Judgement::Fails(failures) => match failures.first() {
            Some(Failure { at, kind, .. }) if at.is_empty() => format!("Fails {version}: {kind}"),
            Some(Failure { at, kind, .. }) => {
                let kind = kind.strip_prefix("it ").unwrap_or(kind);
                format!("Fails {version}: {} {kind}", field(event, at, true))
            }
            None => format!("Fails {version}"),
        },
        Judgement::FitsOnly(_) => {
            let found = fit(event, catalog);
            match found.fault {
                Some(fault) => format!("{} · {}", found.words, field(event, &fault.at, true)),
                None => found.words,
            }
        }
        _ => fit(event, catalog).words,
    }
}

fn version(event: &Event, catalog: &Catalog) -> String {
    claimed_version(event, &catalog.rules).map_or_else(
        || "the version that it claims".to_owned(),
        |claim| format!("version {}", claim.what),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::SchemaSource;
    use crate::testing::event;
    use std::path::PathBuf;

    fn catalog() -> Catalog {
        let text = r#"{"type":"object","required":["id"],"properties":{"amount":{"type":"number"},
            "lines":{"type":"array","items":{"type":"integer"}}}}"#;
        let source = SchemaSource {
            event_type: "order.created".into(),
            version: "1".into(),
            file: "1.schema.json".into(),
            text: text.into(),
        };
        Catalog::new(PathBuf::new(), vec![source])
    }

    fn told(body: &str) -> (String, Option<bool>, String) {
        let event = event("order.created.v1", body);
        let found = fit(&event, &catalog());
        let words = match found.fault_words() {
            Some(fault) => format!("{} · {fault}", found.words),
            None => found.words.clone(),
        };
        (words, found.fits, kind_of_fit(&event, &catalog()))
    }

    #[test]
    fn what_matches_another_version_names_the_field_and_its_place_in_the_envelope() {
        let source = |version: &str, kind: &str| SchemaSource {
            event_type: "order.created".into(),
            version: version.into(),
            file: format!("{version}.schema.json"),
            text: format!(
                r#"{{"type":"object","properties":{{"amount":{{"type":"{kind}"}},"state":{{"enum":["new"]}}}},"required":["amount"],"additionalProperties":false}}"#
            ),
        };
        let sources = vec![source("1", "number"), source("2", "string")];
        let catalog = Catalog::new(PathBuf::new(), sources);
        let told = |body: &str| {
            let found = fit(&event("order.created.v1", body), &catalog);
            (found.words.clone(), found.fault_words().unwrap_or_default())
        };
        let cloud = r#"{"specversion":"1.0","type":"order.created","dataschema":"x/1","data":{"amount":"3"}}"#;
        for body in [cloud, r#"{"amount":"3"}"#] {
            let (words, fault) = told(body);
            assert_eq!(words, "Claims version 1, matches version 2");
            assert_eq!(fault, "data.amount: is text, version 1 wants number");
        }
        for (body, fault) in [
            ("{}", "data.amount: is not there, version 1 requires it"),
            (
                r#"{"amount":1,"state":"old"}"#,
                r#"data.state: is "old", version 1 allows ["new"]"#,
            ),
            (
                r#"{"amount":1,"a/b":1}"#,
                r#"data."a/b": is there, version 1 does not know it"#,
            ),
            (
                "[]",
                "the whole event: is a list, version 1 wants an object",
            ),
        ] {
            assert_eq!(told(body), ("Fails version 1".to_owned(), fault.to_owned()));
        }
    }

    #[test]
    fn the_judgement_is_one_line_and_equal_faults_read_the_same() {
        let good = told(r#"{"id":1,"amount":1}"#);
        assert_eq!(good.0, "Matches version 1");
        assert_eq!((good.1, good.2), (Some(true), "Matches version 1".into()));
        let bad = told(r#"{"id":1,"amount":"12.50 is here"}"#);
        assert!(
            bad.0 == "Fails version 1 · data.amount: is text, version 1 wants number",
            "{bad:?}"
        );
        assert_eq!(bad.1, Some(false));
        let same = |one: &str, other: &str| assert_eq!(told(one).2, told(other).2);
        same(r#"{"id":1,"amount":"1"}"#, r#"{"id":2,"amount":"2"}"#);
        same(r#"{"id":1,"lines":["x"]}"#, r#"{"id":2,"lines":[1,"y"]}"#);
        assert_eq!(
            told(r#"{"id":1,"lines":["x"]}"#).2,
            r#"Fails version 1: data.lines[] is not of type "integer""#
        );
        assert!(
            told(r#"{"a":1}"#)
                .2
                .contains("\"id\" is a required property")
        );
        assert_eq!(
            fit(&event("nobody.knows", "{}"), &catalog()).words,
            "No schema for this event"
        );
    }
}
