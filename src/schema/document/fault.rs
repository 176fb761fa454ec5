//! The field of an event that does not match what the event claims to be.

use serde_json::Value;

use crate::event::Event;
use crate::event::amqp::Properties;
use crate::schema::folder::catalog::{Catalog, CatalogEntry, ReadySchemas};
use crate::schema::stream::body::{payload, read};
use crate::schema::stream::claim::{Facts, find};
use crate::schema::{Failure, Version};
use crate::text::pointer_step::escaped;

/// A larger body is not validated while a person waits for the answer, in bytes.
const LARGEST: usize = 256 * 1024;

/// What is wrong with an event by the version that it claims, or by the newest if it claims none.
/// The place is a pointer into the whole document, as it is shown.
#[must_use]
pub fn fault(event: &Event, catalog: &Catalog) -> Option<Failure> {
    let document = read(&event.body, &event.properties, LARGEST)?;
    let facts = Facts::of(event, Some(&document));
    let (name, _) = facts.claimed_type();
    let kind = find(catalog, &name, facts.key)?;
    let entry = match facts.claimed_version(&catalog.rules) {
        Some((version, _)) => kind.get(&version)?,
        None => kind.versions.last()?,
    };
    let body = payload(&document, &event.properties);
    let mut fault = fault_by(entry, body)?;
    fault.at.insert_str(0, &around(&document, body));
    Some(fault)
}

/// All that is wrong with a document by a version, at most so many, and the first of it in words that
/// say what `by` wants. Places are pointers into the whole document.
#[must_use]
pub fn faults_by(
    version: &Version,
    by: &str,
    document: &Value,
    properties: &Properties,
    most: usize,
) -> (Vec<Failure>, Option<Failure>) {
    let body = payload(document, properties);
    let around = around(document, body);
    let mut all = version.validator.faults(body, most);
    let mut first = version.validator.fault(body, by);
    for fault in all.iter_mut().chain(&mut first) {
        fault.at.insert_str(0, &around);
    }
    (all, first)
}

fn fault_by(entry: &CatalogEntry, body: &Value) -> Option<Failure> {
    let Ok(ReadySchemas::Json(version)) = &entry.ready else {
        return None;
    };
    let by = format!("version {}", entry.version);
    version.validator.fault(body, &by)
}

/// The pointer to what a schema is about: empty for the whole document, else the part of it that an
/// envelope is around.
#[must_use]
pub fn about(document: &Value, properties: &Properties) -> String {
    around(document, payload(document, properties))
}

/// The pointer to what a schema is about, in the envelope around it.
fn around(document: &Value, body: &Value) -> String {
    let members = document.as_object().into_iter().flatten();
    members
        .filter(|(_, value)| std::ptr::eq(*value, body))
        .map(|(name, _)| format!("/{}", escaped(name)))
        .next()
        .unwrap_or_default()
}
