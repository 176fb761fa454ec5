//! How the list of events is set up: which columns, how times are written, what is merged. Plain data
//! that reads and writes as text, so that it can be kept for the next run.

use std::sync::Arc;

use chrono::{DateTime, Local, Utc};

use crate::query::{ParseError, ValueAt};
use crate::settings::SavedList;

/// How times are written in the list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Times {
    /// The time of day on this machine.
    #[default]
    Local,
    /// The time of day in UTC.
    Utc,
    /// How long ago.
    Ago,
}

impl Times {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Local, Self::Utc, Self::Ago];

    /// Its name, for people and for the settings.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Local => "Local time",
            Self::Utc => "UTC",
            Self::Ago => "How long ago",
        }
    }

    /// The one of this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|times| times.name() == name)
    }

    /// A time written so.
    #[must_use]
    pub fn written(self, time: DateTime<Utc>, now: DateTime<Utc>) -> String {
        match self {
            Self::Local => super::clock(time),
            Self::Utc => time.format("%H:%M:%S%.3fZ").to_string(),
            Self::Ago => ago((now - time).num_milliseconds()),
        }
    }

    /// A time that may be of another day, with its date.
    #[must_use]
    pub fn with_date(self, time: DateTime<Utc>) -> String {
        match self {
            Self::Utc => time.format("%Y-%m-%d %H:%M:%S%.3fZ").to_string(),
            Self::Local | Self::Ago => {
                let local = time.with_timezone(&Local);
                local.format("%Y-%m-%d %H:%M:%S%.3f").to_string()
            }
        }
    }

    /// The same with its date and zone, for a tooltip.
    #[must_use]
    pub fn in_full(self, time: DateTime<Utc>) -> String {
        match self {
            Self::Utc => time.format("%Y-%m-%d %H:%M:%S%.3f UTC").to_string(),
            Self::Local | Self::Ago => {
                let local = time.with_timezone(&Local);
                local.format("%Y-%m-%d %H:%M:%S%.3f %:z").to_string()
            }
        }
    }
}

fn ago(ms: i64) -> String {
    let seconds = ms.max(0) / 1_000;
    match seconds {
        0..60 => format!("{seconds} s ago"),
        60..3_600 => format!("{} min ago", seconds / 60),
        3_600..86_400 => format!("{} h ago", seconds / 3_600),
        _ => format!("{} d ago", seconds / 86_400),
    }
}

/// Milliseconds between two events, with its sign.
#[must_use]
pub fn gap(ms: i64) -> String {
    if ms.abs() < 1_000 {
        return format!("{ms:+} ms");
    }
    let sign = if ms < 0 { '-' } else { '+' };
    let (seconds, rest) = (ms.unsigned_abs() / 1_000, ms.unsigned_abs() % 1_000);
    format!("{sign}{seconds}.{rest:03} s")
}

/// Most columns of one's own.
const MOST_OWN: usize = 12;

/// What stands in a column.
#[derive(Clone, Debug, PartialEq)]
pub enum Column {
    /// When it was received.
    Time,
    /// Time since the event above.
    Gap,
    /// By which tap, and whether as published or as delivered.
    SeenAs,
    /// When its store says that it was written.
    StoreTime,
    /// Where it lies in its store.
    Position,
    /// What it was published to.
    Destination,
    Key,
    /// The type that it claims.
    Type,
    /// The version that it claims.
    Version,
    /// What it is by its schema.
    Schema,
    Id,
    /// Its correlation id.
    Correlation,
    /// Bytes of its body.
    Size,
    /// A field of the payload, a header or a property that the person chose.
    Field(Arc<ValueAt>),
    /// The payload in short.
    Summary,
}

impl Column {
    /// Those that every event may have, in their order. Own fields stand before the summary.
    pub const USUAL: [Self; 14] = [
        Self::Time,
        Self::Gap,
        Self::SeenAs,
        Self::StoreTime,
        Self::Position,
        Self::Destination,
        Self::Key,
        Self::Type,
        Self::Version,
        Self::Schema,
        Self::Id,
        Self::Correlation,
        Self::Size,
        Self::Summary,
    ];

    /// As it is kept.
    #[must_use]
    pub fn written(&self) -> &str {
        match self {
            Self::Time => "Time",
            Self::Gap => "Gap",
            Self::SeenAs => "Seen as",
            Self::StoreTime => "Record time",
            Self::Position => "Position",
            Self::Destination => "Destination",
            Self::Key => "Key",
            Self::Type => "Type",
            Self::Version => "Version",
            Self::Schema => "Schema",
            Self::Id => "Id",
            Self::Correlation => "Correlation id",
            Self::Size => "Size",
            // Fields begin with a small letter: none is taken for one of these.
            Self::Field(field) => field.name(),
            Self::Summary => "Summary",
        }
    }

    /// Columns in the order in which they stand; those of one's own before the summary.
    #[must_use]
    pub fn in_order(mut columns: Vec<Self>) -> Vec<Self> {
        let summary = Self::USUAL.len();
        columns.sort_by_key(|column| match column {
            Self::Summary => summary + 1,
            other => (Self::USUAL.iter().position(|c| c == other)).unwrap_or(summary),
        });
        columns
    }

    /// True if there may be one more column of one's own beside these.
    #[must_use]
    pub fn has_room(shown: &[Self]) -> bool {
        let own = shown.iter().filter(|c| matches!(c, Self::Field(_)));
        own.count() < MOST_OWN
    }

    /// Reads what [`Self::written`] gave.
    #[must_use]
    pub fn read(written: &str) -> Option<Self> {
        let usual = Self::USUAL.into_iter().find(|c| c.written() == written);
        usual.or_else(|| Self::field(written).ok())
    }

    /// A column for a field, named as in a filter.
    ///
    /// # Errors
    /// Says what is wrong with the name.
    pub fn field(name: &str) -> Result<Self, ParseError> {
        let field = ValueAt::parse(name)?;
        // It would be read back as one of the usual columns, of this version or of another.
        if field.is_bare() && field.name().starts_with(char::is_uppercase) {
            let words = format!("Write data.{} for this field of the payload", field.name());
            let at = 0..name.len();
            return Err(ParseError { at, words });
        }
        Ok(Self::Field(Arc::new(field)))
    }
}

/// How the list of events is set up.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ListSetup {
    /// How times are written.
    pub times: Times,
    /// The columns that the person chose; none as long as they are those that fit.
    pub columns: Option<Vec<Column>>,
    /// A message that several taps brought is shown once.
    pub merged: bool,
}

impl ListSetup {
    /// The same with one more column beside those that are shown.
    #[must_use]
    pub fn with_column(&self, shown: &[Column], column: Column) -> Self {
        let mut columns = shown.to_vec();
        columns.push(column);
        Self {
            columns: Some(Column::in_order(columns)),
            ..self.clone()
        }
    }

    /// Reads what an earlier run left; what this version does not know is left out.
    #[must_use]
    pub fn of(saved: &SavedList) -> Self {
        let read = |columns: &Vec<String>| {
            let columns = columns.iter();
            columns.filter_map(|one| Column::read(one)).collect()
        };
        Self {
            times: Times::from_name(&saved.times).unwrap_or_default(),
            columns: saved.columns.as_ref().map(read),
            merged: saved.merged,
        }
    }

    /// What is left for the next run.
    #[must_use]
    pub fn saved(&self, filter: &str) -> SavedList {
        let written = |columns: &Vec<Column>| {
            let columns = columns.iter();
            columns.map(|one| one.written().to_owned()).collect()
        };
        let times = match self.times {
            Times::Local => "",
            times => times.name(),
        };
        SavedList {
            times: times.to_owned(),
            columns: self.columns.as_ref().map(written),
            merged: self.merged,
            filter: filter.to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_read_back_as_they_were_written() {
        let own = ["data.amount", "header.x-tenant", "app"];
        let own = own.map(|name| Column::field(name).unwrap());
        for column in Column::USUAL.iter().chain(&own) {
            assert_eq!(Column::read(column.written()).as_ref(), Some(column));
        }
        assert_eq!(Column::read("Colour"), None);
        for times in Times::ALL {
            assert_eq!(Times::from_name(times.name()), Some(times));
        }
    }

    #[test]
    fn times_are_written_as_asked() {
        let time = DateTime::from_timestamp_millis(1_700_000_000_123).unwrap();
        let now = time + chrono::TimeDelta::seconds(75);
        assert_eq!(Times::Utc.written(time, now), "22:13:20.123Z");
        assert_eq!(Times::Ago.written(time, now), "1 min ago");
        assert_eq!(Times::Utc.in_full(time), "2023-11-14 22:13:20.123 UTC");
        assert_eq!(
            [5, 1_008, -61_250].map(gap),
            ["+5 ms", "+1.008 s", "-61.250 s"]
        );
    }
}
