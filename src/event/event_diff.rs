//! What differs between an event and an earlier one: what they say of themselves, their headers,
//! and their bodies as they can be read.

use super::Event;
use super::amqp::FieldValue;
use super::decode::{Decoded, decode};
use super::field_names::FieldNames;
use crate::text::json;
use crate::text::json_diff::{self, DiffRow, JsonChange, MAX_DIFFERENCES, short};

/// The differences of two events.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EventDiff {
    /// Place by place.
    pub rows: Vec<DiffRow>,
    /// What cannot be shown place by place, in words.
    pub remarks: Vec<String>,
}

/// One header.
type DiffEntry = (String, FieldValue);

/// Compares an event with an earlier one. At most about `limit` bytes of each body take part.
#[must_use]
pub fn between(old: &Event, new: &Event, limit: usize) -> EventDiff {
    let mut out = EventDiff::default();
    let facts = [
        ("type", &old.envelope.event_type, &new.envelope.event_type),
        ("version", &old.envelope.version, &new.envelope.version),
    ];
    for (name, old, new) in facts {
        out.compare(name, old.as_deref(), new.as_deref());
    }
    out.compare(
        "destination",
        Some(&old.destination),
        Some(&new.destination),
    );
    let (before, now) = (&old.properties, &new.properties);
    out.compare(
        "content-type",
        before.content_type.as_deref(),
        now.content_type.as_deref(),
    );
    out.compare(
        "content-encoding",
        before.content_encoding.as_deref(),
        now.content_encoding.as_deref(),
    );
    out.headers(
        before.headers.as_deref().unwrap_or_default(),
        now.headers.as_deref().unwrap_or_default(),
    );
    let before = decode(&old.body, before, limit);
    let now = decode(&new.body, now, limit);
    let text = now.text().unwrap_or_default();
    let names = FieldNames::of(&text, &new.properties);
    out.bodies(&before, &now, &names);
    if before.cut || now.cut {
        out.remarks
            .push("Only the beginning of the bodies is compared".to_owned());
    }
    if out.rows.len() >= MAX_DIFFERENCES {
        out.rows.truncate(MAX_DIFFERENCES);
        out.remarks.push(format!(
            "Only the first {MAX_DIFFERENCES} differences are shown"
        ));
    }
    out
}

impl EventDiff {
    fn compare(&mut self, name: &str, old: Option<&str>, new: Option<&str>) {
        let change = match (old, new) {
            (old, new) if old == new => return,
            (Some(old), Some(new)) => JsonChange::Changed(short(old), short(new)),
            (Some(old), None) => JsonChange::Removed(short(old)),
            (None, new) => JsonChange::Added(short(new.unwrap_or_default())),
        };
        let path = name.to_owned();
        self.rows.push(DiffRow { path, change });
    }

    fn headers(&mut self, old: &[DiffEntry], new: &[DiffEntry]) {
        let find = |table: &[DiffEntry], name: &str| {
            let entry = table.iter().find(|(other, _)| other == name);
            // Another type of the same number is a difference too.
            entry.map(|(_, value)| format!("{value} ({})", value.type_name()))
        };
        for (name, _) in old {
            let path = format!("header {}", short(name));
            let (old, new) = (find(old, name), find(new, name));
            self.compare(&path, old.as_deref(), new.as_deref());
        }
        for (name, _) in new.iter().filter(|(name, _)| find(old, name).is_none()) {
            let path = format!("header {}", short(name));
            self.compare(&path, None, find(new, name).as_deref());
        }
    }

    fn bodies(&mut self, old: &Decoded<'_>, new: &Decoded<'_>, names: &FieldNames) {
        if old.bytes == new.bytes {
            return;
        }
        if let (Some(old), Some(new)) = (old.json(), new.json()) {
            let found = json_diff::diff(&json::rows(old), &json::rows(new));
            if found.is_empty() {
                self.remarks
                    .push("The bodies differ only in their layout".to_owned());
            }
            self.rows.extend(found.into_iter().map(|row| DiffRow {
                path: names.called(&row.path),
                ..row
            }));
        } else if let (Some(old), Some(new)) = (old.text(), new.text()) {
            self.lines(&old, &new);
        } else if old.text().is_none() && new.text().is_none() {
            let pairs = old.bytes.iter().zip(new.bytes.iter());
            let differing = pairs.filter(|(old, new)| old != new).count()
                + old.bytes.len().abs_diff(new.bytes.len());
            let s = if differing == 1 {
                " differs"
            } else {
                "s differ"
            };
            self.remarks
                .push(format!("Both are binary: {differing} byte{s}"));
        } else {
            self.remarks.push(format!(
                "The body was {} and is {}",
                old.format.name(),
                new.format.name()
            ));
        }
    }

    /// Texts are compared line by line, after what they have in common at both ends.
    fn lines(&mut self, old: &str, new: &str) {
        let old: Vec<&str> = old.lines().collect();
        let new: Vec<&str> = new.lines().collect();
        let start = old.iter().zip(&new).take_while(|(a, b)| a == b).count();
        let shorter = old.len().min(new.len()) - start;
        let pairs = old.iter().rev().zip(new.iter().rev());
        let tail = pairs.take(shorter).take_while(|(a, b)| a == b).count();
        let end = old.len().max(new.len()) - tail;
        for number in (start..end).take(MAX_DIFFERENCES) {
            let line = |lines: &[&str]| {
                let line = lines.get(number).filter(|_| number < lines.len() - tail);
                line.map(|line| (*line).to_owned())
            };
            let (old, new) = (line(&old), line(&new));
            let path = format!("line {}", number + 1);
            self.compare(&path, old.as_deref(), new.as_deref());
        }
        if start == end {
            self.remarks
                .push("The bodies differ only in their line ends".to_owned());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Transport;
    use crate::event::amqp::{FieldTable, Properties};

    fn event(content_type: &str, headers: FieldTable, body: &[u8]) -> Event {
        let properties = Properties {
            content_type: Some(content_type.into()),
            headers: Some(headers),
            ..Properties::default()
        };
        let (exchange, key) = ("shop".into(), "order.created".into());
        Event::new(
            chrono::DateTime::UNIX_EPOCH,
            exchange,
            key,
            Transport::amqp(false),
            properties,
            body.into(),
        )
    }

    fn changed(path: &str, old: &str, new: &str) -> DiffRow {
        DiffRow {
            path: path.into(),
            change: JsonChange::Changed(old.into(), new.into()),
        }
    }

    #[test]
    fn facts_headers_and_body_are_compared() {
        let number = |n: FieldValue| vec![("x-n".into(), n), ("same".into(), FieldValue::Void)];
        let old = event(
            "application/json",
            number(FieldValue::I16(1)),
            br#"{"type":"a","version":1,"data":{"n":1}}"#,
        );
        let new = event(
            "application/json",
            number(FieldValue::I32(1)),
            br#"{"type":"a","version":2,"data":{"n":1}}"#,
        );
        let found = between(&old, &new, 1_000);
        assert_eq!(
            found.rows,
            [
                changed("version", "1", "2"),
                changed("header x-n", "1 (int16)", "1 (int32)"),
                changed("body.version", "1", "2"),
            ]
        );
        assert_eq!(between(&new, &new, 1_000), EventDiff::default());
    }

    #[test]
    fn bodies_of_any_kind_are_compared() {
        let text = |body: &[u8]| event("text/plain", vec![], body);
        let found = between(&text(b"a\nb\nc"), &text(b"a\nx\ny\nc"), 1_000);
        let added = DiffRow {
            path: "line 3".into(),
            change: JsonChange::Added("y".into()),
        };
        assert_eq!(found.rows, [changed("line 2", "b", "x"), added]);
        let remark = |old: &[u8], new: &[u8]| between(&text(old), &text(new), 1_000).remarks;
        assert_eq!(
            remark(b"\xff\x00\x01", b"\xff\x02"),
            ["Both are binary: 2 bytes differ"]
        );
        assert_eq!(
            remark(b"{}", b"\xff\x02"),
            ["The body was JSON and is binary data"]
        );
        assert_eq!(
            remark(b"[1, 2]", b"[1,2]"),
            ["The bodies differ only in their layout"]
        );
    }

    #[test]
    fn a_large_body_is_compared_in_part() {
        let body = |n: u8| format!("{{\"n\":{n},\"x\":\"{}\"}}", "x".repeat(5_000));
        let event = |n| event("application/json", vec![], body(n).as_bytes());
        let found = between(&event(1), &event(2), 1_000);
        assert_eq!(found.rows, [changed("data.n", "1", "2")]);
        assert_eq!(
            found.remarks,
            ["Only the beginning of the bodies is compared"]
        );
    }
}
