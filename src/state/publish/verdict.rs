//! What is said of a payload before it is sent: one verdict, the same above the form, above the text,
//! and when it is published.

use std::ops::Range;

use super::schema_form::{FormTarget, event_of, version_of};
use crate::event::draft::variables::{Expanded, Values, expand};
use crate::event::field_names::FieldNames;
use crate::event::{BodyDraft, Draft};
use crate::schema::stream::claim::{claimed_version, kind_of};
use crate::schema::{Catalog, Failure, Fit, faults_by, fit};
use crate::state::dead_letters::as_event;
use crate::text::json::{self, JsonFault};
use crate::text::json_edit::Document;

/// Faults that are listed.
pub const FAULTS: usize = 60;

/// The verdict on a payload.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PayloadVerdict {
    /// In words, with the first fault.
    pub fit: Fit,
    /// All faults by the schema.
    pub faults: Vec<Failure>,
    /// Where the first fault shows in the text as it is written, in bytes.
    pub place: Option<Range<usize>>,
}

impl PayloadVerdict {
    fn says(words: String, fits: Option<bool>) -> Self {
        Self {
            fit: Fit {
                words,
                fits,
                ..Fit::default()
            },
            ..Self::default()
        }
    }

    /// True for what a consumer would not expect, whether by accident or on purpose.
    #[must_use]
    pub fn is_broken(&self) -> bool {
        self.fit.fits == Some(false)
    }
}

/// What becomes of a text when it is sent: its variables are replaced by examples, so that it can be
/// judged before.
#[must_use]
pub fn as_sent(text: &str, as_written: bool) -> Expanded {
    if as_written {
        return Expanded::unchanged(text);
    }
    expand(text, &mut Values::new(chrono::DateTime::UNIX_EPOCH, 1, 0))
}

/// Judges a payload by the schema that its form is about. `as_written` is a payload whose variables
/// are not replaced.
#[must_use]
pub fn verdict(
    draft: &Draft,
    as_written: bool,
    (target, is_chosen): (Option<&FormTarget>, bool),
    catalog: Option<&Catalog>,
) -> PayloadVerdict {
    let BodyDraft::Text(text) = &draft.body else {
        return of_bytes(draft, catalog);
    };
    let target = target.zip(catalog);
    if text.trim().is_empty() {
        let words = match target {
            Some((target, _)) => format!(
                "Empty payload, but version {} wants an event",
                target.version
            ),
            None => draft.payload_words(),
        };
        return PayloadVerdict::says(words, target.is_some().then_some(false));
    }
    if target.is_none() && !draft.claims_json() {
        return PayloadVerdict::says(draft.payload_words(), None);
    }
    let sent = as_sent(text, as_written);
    if let Some(fault) = json::fault_in(&sent.text) {
        return not_json(&fault, &sent, text);
    }
    let Some((target, catalog)) = target else {
        return PayloadVerdict::says("Valid JSON".to_owned(), Some(true));
    };
    by_schema(draft, &sent, (target, is_chosen), catalog)
}

fn not_json(fault: &JsonFault, sent: &Expanded, written: &str) -> PayloadVerdict {
    // Where it is in what stands in the editor, in which a variable is shorter or longer than its value.
    let at = sent.written(fault.at);
    let before = written.get(..at).unwrap_or(written);
    let begins = before.rfind('\n').map_or(0, |end| end + 1);
    let line = 1 + before.matches('\n').count();
    let column = 1 + before[begins..].chars().count();
    let line = format!("Line {line}, column {column}");
    PayloadVerdict {
        fit: Fit {
            words: "Not valid JSON".to_owned(),
            fits: Some(false),
            fault: Some(Failure {
                at: line.clone(),
                words: fault.words.to_owned(),
                kind: fault.words.to_owned(),
            }),
            field: line,
        },
        faults: Vec::new(),
        place: Some(at..at),
    }
}

fn by_schema(
    draft: &Draft,
    sent: &Expanded,
    (target, is_chosen): (&FormTarget, bool),
    catalog: &Catalog,
) -> PayloadVerdict {
    let version = match version_of(catalog, target) {
        Ok(version) => version,
        Err(words) => return PayloadVerdict::says(words, None),
    };
    let document = match Document::new(sent.text.clone()) {
        Ok(document) => document,
        Err(words) => {
            let words = format!("Not put to its schema: {words}");
            return PayloadVerdict::says(words, None);
        }
    };
    let mut expanded = draft.clone();
    expanded.body = BodyDraft::Text(sent.text.clone());
    let event = event_of(&expanded);
    let by = format!("version {}", target.version);
    let (faults, first) = faults_by(&version, &by, document.value(), &event.properties, FAULTS);
    let count = match faults.len() {
        0 => String::new(),
        1 => format!("1 fault by {by}"),
        FAULTS.. => format!("{FAULTS} faults or more by {by}"),
        count => format!("{count} faults by {by}"),
    };
    let own = fit(&event, catalog);
    let claims = claimed_version(&event, &catalog.rules).map(|claim| claim.what);
    let words = match claims {
        _ if !faults.is_empty() && !is_chosen && own.words.starts_with("Claims") => {
            format!("{} · {count}", own.words)
        }
        Some(other) if other != target.version && faults.is_empty() => {
            format!("Matches {by}, but claims version {other}")
        }
        Some(other) if other != target.version => format!("{count}; it claims version {other}"),
        None if faults.is_empty() => format!("Matches {by}; it claims no version"),
        _ if faults.is_empty() => format!("Matches {by}"),
        _ => count,
    };
    let place = first.as_ref().map(|fault| {
        let place = document.place_of(&fault.at);
        sent.written(place.start)..sent.written(place.end)
    });
    let names = FieldNames::of(&sent.text, &event.properties);
    let field = first
        .as_ref()
        .map(|fault| names.of_pointer(&fault.at, false));
    PayloadVerdict {
        fit: Fit {
            words,
            fits: Some(faults.is_empty()),
            field: field.unwrap_or_default(),
            fault: first,
        },
        faults,
        place,
    }
}

/// A payload that is carried as bytes is judged by what it claims.
fn of_bytes(draft: &Draft, catalog: Option<&Catalog>) -> PayloadVerdict {
    let event = draft.check().ok().map(|sent| as_event(&sent));
    let own = event.zip(catalog);
    let own = own.filter(|(event, catalog)| kind_of(event, catalog).is_some());
    match own {
        Some((event, catalog)) => PayloadVerdict {
            fit: fit(&event, catalog),
            ..PayloadVerdict::default()
        },
        None => PayloadVerdict::says(draft.payload_words(), None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::SchemaSource;

    fn catalog() -> Catalog {
        let text = r#"{"type":"object","properties":{"n":{"type":"integer"},"id":{"type":"string","format":"uuid"}},"required":["n"]}"#;
        let source = SchemaSource {
            event_type: "order".into(),
            version: "2".into(),
            file: "2.schema.json".into(),
            text: text.into(),
        };
        Catalog::new("/x".into(), vec![source])
    }

    fn judged(text: &str) -> (Draft, PayloadVerdict) {
        let mut draft = Draft::default();
        draft.key = "order".into();
        draft.body = BodyDraft::Text(text.into());
        let target = FormTarget {
            event_type: "order".into(),
            version: "2".into(),
        };
        let verdict = verdict(&draft, false, (Some(&target), true), Some(&catalog()));
        (draft, verdict)
    }

    fn at(text: &str) -> String {
        let (_, verdict) = judged(text);
        let place = verdict.place.expect("a place");
        text[place].to_owned()
    }

    #[test]
    fn a_payload_is_judged_by_its_schema_and_the_fault_has_a_place() {
        assert_eq!(
            judged(r#"{"n":1}"#).1.fit.words,
            "Matches version 2; it claims no version"
        );
        let (_, wrong) = judged(r#"{"id":1,"n":"x"}"#);
        assert_eq!(wrong.fit.words, "2 faults by version 2");
        assert!(wrong.is_broken());
        assert_eq!(at(r#"{"n":"x"}"#), "\"x\"");
    }

    #[test]
    fn what_is_no_json_is_broken_with_or_without_a_schema() {
        let (draft, wrong) = judged(r#"{"n":1"#);
        assert_eq!(wrong.fit.words, "Not valid JSON");
        assert_eq!(wrong.place, Some(6..6));
        let words = wrong.fit.fault_words().expect("a fault");
        assert!(
            words.starts_with("Line 1, column 7: The end is missing"),
            "{words}"
        );
        let without = verdict(&draft, false, (None, false), None);
        assert_eq!(without.fit, wrong.fit);
        // Columns count what is written, not the value in the variable's place.
        let (_, after) = judged(r#"{"u":"{{uuid}}", x}"#);
        let words = after.fit.fault_words().expect("a fault");
        assert!(words.starts_with("Line 1, column 18:"), "{words}");
        assert!(judged("  ").1.is_broken(), "nothing is no event either");
    }

    #[test]
    fn text_that_claims_nothing_is_not_judged() {
        let mut draft = Draft::default();
        draft.body = BodyDraft::Text("hello".into());
        draft.set(crate::event::draft::Field::ContentType, "text/plain");
        let none = verdict(&draft, false, (None, false), None);
        assert_eq!(none.fit.words, "5 bytes of text");
        assert!(!none.is_broken());
    }

    #[test]
    fn variables_are_judged_by_what_they_become() {
        let text = r#"{"n":{{seq}},"id":"{{uuid}}"}"#;
        let (draft, right) = judged(text);
        assert!(
            right.fit.words.starts_with("Matches version 2"),
            "{right:?}"
        );
        assert_eq!(at(r#"{"id":"{{uuid}}","n":"{{seq}}"}"#), "\"{{seq}}\"");
        let raw = verdict(&draft, true, (None, false), None);
        assert_eq!(raw.fit.words, "Not valid JSON");
    }
}
