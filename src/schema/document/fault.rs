//! The field of an event that does not match what the event claims to be.

use serde_json::Value;

use crate::event::Event;
use crate::schema::Failure;
use crate::schema::folder::catalog::{Catalog, CatalogEntry, ReadySchemas};
use crate::schema::stream::body::{payload, read};
use crate::schema::stream::claim::{Facts, find};
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

fn fault_by(entry: &CatalogEntry, body: &Value) -> Option<Failure> {
    let Ok(ReadySchemas::Json(version)) = &entry.ready else {
        return None;
    };
    let by = format!("version {}", entry.version);
    version.validator.fault(body, &by)
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
