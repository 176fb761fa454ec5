//! Whether an event is what it claims to be, in one line: for an editor and for groups.

use super::change::place;
use super::claim::{Judgement, claimed_version, judge};
use super::{Catalog, Failure};
use crate::domain::Event;

/// A judgement in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fit {
    /// A sentence.
    pub words: String,
    /// Whether the event is what it claims; `None` where that cannot be said.
    pub fits: Option<bool>,
}

/// Judges an event by the schemas of a folder.
#[must_use]
pub fn fit(event: &Event, catalog: &Catalog) -> Fit {
    let version = version(event, catalog);
    let (words, fits) = match judge(event, catalog) {
        Judgement::Matches => (format!("Matches {version}"), Some(true)),
        Judgement::Fails(failures) => {
            let told = failures.first().map_or_else(String::new, |failure| {
                format!(" at {}: {}", place(&failure.at), failure.words)
            });
            (format!("Fails {version}{told}"), Some(false))
        }
        Judgement::FitsOnly(others) => (
            format!("Fails {version}, but matches {}", others.join(", ")),
            Some(false),
        ),
        Judgement::Unclaimed(fitting) if fitting.is_empty() => {
            ("Claims no version and matches none".to_owned(), Some(false))
        }
        Judgement::Unclaimed(fitting) => (
            format!("Claims no version; matches {}", fitting.join(", ")),
            None,
        ),
        Judgement::UnknownVersion => (format!("There is no schema of {version}"), None),
        Judgement::NoSchema => ("No schema for this event".to_owned(), None),
        Judgement::NotJson => (
            "The payload is not JSON, or larger than 256 kB".to_owned(),
            None,
        ),
    };
    Fit { words, fits }
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
                format!("Fails {version}: {} {kind}", any_item(at))
            }
            None => format!("Fails {version}"),
        },
        _ => fit(event, catalog).words,
    }
}

fn version(event: &Event, catalog: &Catalog) -> String {
    claimed_version(event, &catalog.rules).map_or_else(
        || "the version that it claims".to_owned(),
        |claim| format!("version {}", claim.what),
    )
}

/// A pointer with every item of an array alike.
fn any_item(at: &str) -> String {
    let steps = at.split('/').map(|step| match step.parse::<usize>() {
        Ok(_) => "*",
        Err(_) => step,
    });
    steps.collect::<Vec<_>>().join("/")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::log::tests::event;
    use crate::schema::Source;
    use std::path::PathBuf;

    fn catalog() -> Catalog {
        let text = r#"{"type":"object","required":["id"],"properties":{"amount":{"type":"number"},
            "lines":{"type":"array","items":{"type":"integer"}}}}"#;
        let source = Source {
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
        (found.words, found.fits, kind_of_fit(&event, &catalog()))
    }

    #[test]
    fn the_judgement_is_one_line_and_equal_faults_read_the_same() {
        let good = told(r#"{"id":1,"amount":1}"#);
        assert_eq!(good.0, "Matches version 1");
        assert_eq!((good.1, good.2), (Some(true), "Matches version 1".into()));
        let bad = told(r#"{"id":1,"amount":"12.50 is here"}"#);
        assert!(
            bad.0.starts_with("Fails version 1 at amount: \"12.50"),
            "{bad:?}"
        );
        assert_eq!(bad.1, Some(false));
        let same = |one: &str, other: &str| assert_eq!(told(one).2, told(other).2);
        same(r#"{"id":1,"amount":"1"}"#, r#"{"id":2,"amount":"2"}"#);
        same(r#"{"id":1,"lines":["x"]}"#, r#"{"id":2,"lines":[1,"y"]}"#);
        assert_eq!(
            told(r#"{"id":1,"lines":["x"]}"#).2,
            r#"Fails version 1: /lines/* is not of type "integer""#
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
