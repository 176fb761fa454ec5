//! The fields of a payload that the person changed, beside how they lie in the queue.

use super::faithful::EDITED;
use crate::event::{Event, Outgoing, event_diff};
use crate::repair::compared_row::Row;
use crate::text::json_diff::{DiffRow, JsonChange};

/// Most fields of a payload that are told.
const FIELDS: usize = 30;
/// Most bytes of a payload that are compared field by field.
const COMPARED: usize = 1 << 20;

/// The fields of the payload that the person changed.
pub(super) fn fields(event: &Event, outgoing: &Outgoing) -> Vec<Row> {
    if event.body == outgoing.body || event.body.len().max(outgoing.body.len()) > COMPARED {
        return Vec::new();
    }
    let sent = Event::new(
        event.received_at,
        outgoing.destination.clone(),
        outgoing.key.clone(),
        event.transport.clone(),
        outgoing.properties.clone(),
        outgoing.body.clone(),
    );
    let found = event_diff::between(event, &sent, COMPARED).rows;
    let in_payload = |row: &&DiffRow| {
        ["data", "body", "line"].iter().any(|root| {
            let rest = row.path.strip_prefix(root);
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[', ' ']))
        })
    };
    let rows = found.iter().filter(in_payload).take(FIELDS).map(|row| {
        let (here, sent) = match &row.change {
            JsonChange::Added(new) => (String::new(), new.clone()),
            JsonChange::Removed(old) => (old.clone(), String::new()),
            JsonChange::Changed(old, new) => (old.clone(), new.clone()),
        };
        Row {
            name: row.path.clone(),
            first: here.clone(),
            here,
            sent,
            why: EDITED.to_owned(),
            is_own: true,
        }
    });
    rows.collect()
}
