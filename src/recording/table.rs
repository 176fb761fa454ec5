//! Events as lines of comma-separated values (RFC 4180), a column for each field that was asked for.

use chrono::SecondsFormat;

use super::reader::RecordedEvent;
use crate::query::{ParseError, ValueAt};

/// What is exported when no fields are named.
pub const USUAL_FIELDS: &str = "received_at,source,destination,key,type,id,size";

/// The columns.
#[derive(Clone, Debug, PartialEq)]
pub struct CsvTable {
    columns: Vec<CsvColumn>,
}

#[derive(Clone, Debug, PartialEq)]
enum CsvColumn {
    Number,
    ReceivedAt,
    Source,
    /// The body as it came, as far as it is text.
    Payload,
    Field(ValueAt),
}

impl CsvTable {
    /// Reads names with commas between them: those of a filter line, and `number`, `received_at`,
    /// `source` and `payload`.
    ///
    /// # Errors
    /// Which name is wrong, and what would be right.
    pub fn parse(names: &str) -> Result<Self, ParseError> {
        let column = |name: &str| {
            Ok(match name.trim() {
                "number" => CsvColumn::Number,
                "received_at" => CsvColumn::ReceivedAt,
                "source" => CsvColumn::Source,
                "payload" => CsvColumn::Payload,
                name => CsvColumn::Field(ValueAt::parse(name)?),
            })
        };
        let columns: Result<_, ParseError> = split(names).into_iter().map(column).collect();
        columns.map(|columns| Self { columns })
    }

    /// The first line, with its end.
    #[must_use]
    pub fn head(&self) -> String {
        let names = self.columns.iter().map(|column| match column {
            CsvColumn::Number => "number",
            CsvColumn::ReceivedAt => "received_at",
            CsvColumn::Source => "source",
            CsvColumn::Payload => "payload",
            CsvColumn::Field(field) => field.name(),
        });
        line(names.map(str::to_owned))
    }

    /// The line of an event, with its end.
    #[must_use]
    pub fn row(&self, read: &RecordedEvent) -> String {
        let event = &read.event;
        line(self.columns.iter().map(|column| {
            match column {
                CsvColumn::Number => read.number.to_string(),
                CsvColumn::ReceivedAt => event
                    .received_at
                    .to_rfc3339_opts(SecondsFormat::Millis, true),
                CsvColumn::Source => read.place.to_string(),
                CsvColumn::Payload => String::from_utf8_lossy(&event.body).into_owned(),
                CsvColumn::Field(field) => field.whole(event),
            }
        }))
    }
}

/// Commas inside of quotes do not part names.
fn split(names: &str) -> Vec<&str> {
    let mut is_quoted = false;
    let parts = names.split(|c: char| {
        is_quoted ^= c == '"';
        c == ',' && !is_quoted
    });
    parts.filter(|part| !part.trim().is_empty()).collect()
}

fn line(values: impl Iterator<Item = String>) -> String {
    let values: Vec<String> = values.map(|value| quoted(&value)).collect();
    format!("{}\r\n", values.join(","))
}

/// In quotes where it must be. A spreadsheet would compute what begins like a formula: a value from a
/// broker gets a quote mark in front.
fn quoted(value: &str) -> String {
    let is_formula = value.starts_with(['=', '@', '\t', '\r'])
        || (value.starts_with(['+', '-']) && value.parse::<f64>().is_err());
    let value = if is_formula {
        format!("'{value}")
    } else {
        value.to_owned()
    };
    if value.contains(['"', ',', '\n', '\r']) {
        format!("\"{}\"", value.replace('"', "\"\""))
    } else {
        value
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::event;

    #[test]
    fn values_are_quoted_where_a_reader_needs_it() {
        for (value, expected) in [
            ("a", "a"),
            ("a,b", "\"a,b\""),
            ("say \"x\"\n", "\"say \"\"x\"\"\n\""),
            ("-1.5", "-1.5"),
            ("=1+1", "'=1+1"),
            ("-cmd", "'-cmd"),
        ] {
            assert_eq!(quoted(value), expected);
        }
    }

    #[test]
    fn columns_are_named_as_in_a_filter() {
        let table = CsvTable::parse("number,source, key ,data.\"a,b\",body.n,payload").unwrap();
        assert_eq!(
            table.head(),
            "number,source,key,\"data.\"\"a,b\"\"\",body.n,payload\r\n"
        );
        let long = "x".repeat(500);
        let body = format!(r#"{{"n":"{long}","data":{{"a,b":2}}}}"#);
        let read = RecordedEvent {
            number: 7,
            place: "shop".into(),
            event: event("k", &body),
        };
        let row = table.row(&read);
        assert!(row.starts_with(&format!("7,shop,k,2,{long},\"{{")), "{row}");
        assert!(
            CsvTable::parse("key,kee")
                .unwrap_err()
                .words
                .contains("data.kee")
        );
        CsvTable::parse(USUAL_FIELDS).unwrap();
    }
}
