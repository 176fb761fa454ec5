//! What was arranged at a connection, as it stands in the settings file.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{
    SavedDesk, SavedDraft, SavedForm, SavedHeader, SavedOutcome, SavedSent, SavedSeries, SavedTap,
};

#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct WrittenDesk {
    place: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    taps: Vec<WrittenTap>,
    #[serde(skip_serializing_if = "Option::is_none")]
    form: Option<WrittenForm>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    sent: Vec<WrittenSent>,
}

#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
struct WrittenTap {
    #[serde(skip_serializing_if = "Option::is_none")]
    destination: Option<String>,
    keys: Vec<String>,
    deliveries: bool,
    colour: usize,
    hidden: bool,
}

#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
struct WrittenForm {
    message: WrittenMessage,
    as_written: bool,
    count: String,
    rate: String,
    raw: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    schema: Option<(String, String)>,
}

#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
struct WrittenMessage {
    destination: String,
    key: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    delivery_mode: Option<u8>,
    properties: Vec<(String, String)>,
    /// There is a table of headers.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    table: bool,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    headers: Vec<WrittenHeader>,
    body: String,
    /// Only for Kafka.
    #[serde(skip_serializing_if = "Option::is_none")]
    record: Option<WrittenRecord>,
}

#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
struct WrittenRecord {
    key: String,
    partition: String,
}

#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
struct WrittenHeader {
    name: String,
    #[serde(rename = "type")]
    kind: String,
    value: String,
}

#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
struct WrittenSent {
    at_ms: i64,
    message: WrittenMessage,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    only_tap: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    series: Option<WrittenSeries>,
    /// `routed`, `unroutable`, `refused`; nothing for a series; anything else is not known.
    #[serde(skip_serializing_if = "String::is_empty")]
    outcome: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    words: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    seconds: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    partition: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    offset: Option<u64>,
}

#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
struct WrittenSeries {
    count: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    per_second: Option<u32>,
    as_written: bool,
    routed: u32,
    not_routed: u32,
    unsure: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<String>,
}

impl From<SavedDesk> for WrittenDesk {
    fn from(desk: SavedDesk) -> Self {
        let SavedDesk {
            place,
            taps,
            form,
            sent,
        } = desk;
        Self {
            place,
            taps: taps.into_iter().map(WrittenTap::from).collect(),
            form: form.map(|form| WrittenForm::from(&*form)),
            sent: sent.iter().map(WrittenSent::from).collect(),
        }
    }
}

impl From<WrittenDesk> for SavedDesk {
    fn from(written: WrittenDesk) -> Self {
        let sent = written.sent.into_iter().map(SavedSent::from);
        Self {
            place: written.place,
            taps: written.taps.into_iter().map(SavedTap::from).collect(),
            form: written.form.map(|form| Arc::new(form.into())),
            sent: Arc::new(sent.collect()),
        }
    }
}

impl From<SavedTap> for WrittenTap {
    fn from(tap: SavedTap) -> Self {
        Self {
            destination: tap.destination,
            keys: tap.keys,
            deliveries: tap.deliveries,
            colour: tap.colour,
            hidden: !tap.shown,
        }
    }
}

impl From<WrittenTap> for SavedTap {
    fn from(written: WrittenTap) -> Self {
        Self {
            destination: written.destination,
            keys: written.keys,
            deliveries: written.deliveries,
            colour: written.colour,
            shown: !written.hidden,
        }
    }
}

impl From<&SavedForm> for WrittenForm {
    fn from(form: &SavedForm) -> Self {
        Self {
            message: WrittenMessage::from(&form.draft),
            as_written: form.as_written,
            count: form.count.clone(),
            rate: form.rate.clone(),
            raw: form.raw,
            schema: form.chosen.clone(),
        }
    }
}

impl From<WrittenForm> for SavedForm {
    fn from(written: WrittenForm) -> Self {
        Self {
            draft: written.message.into(),
            as_written: written.as_written,
            count: written.count,
            rate: written.rate,
            raw: written.raw,
            chosen: written.schema,
        }
    }
}

impl From<&SavedDraft> for WrittenMessage {
    fn from(draft: &SavedDraft) -> Self {
        let header = |header: &SavedHeader| WrittenHeader {
            name: header.name.clone(),
            kind: header.kind.clone(),
            value: header.value.clone(),
        };
        Self {
            destination: draft.destination.clone(),
            key: draft.key.clone(),
            delivery_mode: draft.delivery_mode,
            properties: draft.fields.clone(),
            table: draft.has_headers,
            headers: draft.headers.iter().map(header).collect(),
            body: draft.body.clone(),
            record: draft
                .record
                .clone()
                .map(|(key, partition)| WrittenRecord { key, partition }),
        }
    }
}

impl From<WrittenMessage> for SavedDraft {
    fn from(written: WrittenMessage) -> Self {
        let header = |header: WrittenHeader| SavedHeader {
            name: header.name,
            kind: header.kind,
            value: header.value,
        };
        Self {
            destination: written.destination,
            key: written.key,
            delivery_mode: written.delivery_mode,
            fields: written.properties,
            has_headers: written.table,
            headers: written.headers.into_iter().map(header).collect(),
            body: written.body,
            record: written.record.map(|record| (record.key, record.partition)),
        }
    }
}

impl From<&SavedSent> for WrittenSent {
    fn from(sent: &SavedSent) -> Self {
        let place = match &sent.outcome {
            Some(SavedOutcome::Written(partition, offset)) => (Some(*partition), *offset),
            _ => (None, None),
        };
        let (outcome, words, seconds) = match &sent.outcome {
            None => ("", "", None),
            Some(SavedOutcome::Routed) => ("routed", "", None),
            Some(SavedOutcome::Written(..)) => ("written", "", None),
            Some(SavedOutcome::Unroutable(words)) => ("unroutable", words.as_str(), None),
            Some(SavedOutcome::Refused(words)) => ("refused", words.as_str(), None),
            Some(SavedOutcome::NotConfirmed(seconds)) => ("not confirmed", "", Some(*seconds)),
        };
        Self {
            at_ms: sent.at_ms,
            message: WrittenMessage::from(&sent.message),
            only_tap: sent.only_tap,
            series: sent.series.clone().map(WrittenSeries::from),
            outcome: outcome.to_owned(),
            words: words.to_owned(),
            seconds,
            partition: place.0,
            offset: place.1,
        }
    }
}

impl From<WrittenSent> for SavedSent {
    fn from(written: WrittenSent) -> Self {
        Self {
            at_ms: written.at_ms,
            message: written.message.into(),
            only_tap: written.only_tap,
            outcome: match written.outcome.as_str() {
                "" => None,
                "routed" => Some(SavedOutcome::Routed),
                "written" => Some(SavedOutcome::Written(
                    written.partition.unwrap_or_default(),
                    written.offset,
                )),
                "unroutable" => Some(SavedOutcome::Unroutable(written.words)),
                "refused" => Some(SavedOutcome::Refused(written.words)),
                _ => {
                    let seconds = written.seconds.unwrap_or_default();
                    Some(SavedOutcome::NotConfirmed(seconds))
                }
            },
            series: written.series.map(SavedSeries::from),
        }
    }
}

impl From<SavedSeries> for WrittenSeries {
    fn from(series: SavedSeries) -> Self {
        let SavedSeries {
            count,
            per_second,
            as_written,
            routed,
            not_routed,
            unsure,
            problem,
        } = series;
        Self {
            count,
            per_second,
            as_written,
            routed,
            not_routed,
            unsure,
            problem,
        }
    }
}

impl From<WrittenSeries> for SavedSeries {
    fn from(written: WrittenSeries) -> Self {
        Self {
            count: written.count,
            per_second: written.per_second,
            as_written: written.as_written,
            routed: written.routed,
            not_routed: written.not_routed,
            unsure: written.unsure,
            problem: written.problem,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn draft() -> SavedDraft {
        SavedDraft {
            destination: "shop".into(),
            key: "k".into(),
            delivery_mode: Some(2),
            fields: vec![("message_id".into(), "m".into())],
            has_headers: false,
            headers: vec![SavedHeader {
                name: "n".into(),
                kind: "int16".into(),
                value: "3".into(),
            }],
            body: "{}".into(),
            record: Some(("7".into(), "{k}".into())),
        }
    }

    fn sent(outcome: Option<SavedOutcome>, series: Option<SavedSeries>) -> SavedSent {
        SavedSent {
            at_ms: 1_790_000_000_123,
            message: draft(),
            only_tap: true,
            outcome,
            series,
        }
    }

    #[test]
    fn a_desk_is_read_as_it_was_written() {
        let series = SavedSeries {
            count: 500,
            per_second: Some(20),
            as_written: true,
            routed: 499,
            unsure: 1,
            problem: Some("Stopped".into()),
            ..SavedSeries::default()
        };
        let outcomes = [
            SavedOutcome::Routed,
            SavedOutcome::Unroutable("312".into()),
            SavedOutcome::Refused("no".into()),
            SavedOutcome::NotConfirmed(10),
        ];
        let mut all: Vec<SavedSent> = outcomes.map(|one| sent(Some(one), None)).into();
        all.push(sent(None, Some(series)));
        let desk = SavedDesk {
            place: "here".into(),
            taps: vec![SavedTap {
                destination: None,
                keys: vec!["#".into()],
                deliveries: true,
                colour: 3,
                shown: false,
            }],
            form: Some(Arc::new(SavedForm {
                draft: draft(),
                as_written: true,
                count: "5".into(),
                rate: String::new(),
                raw: true,
                chosen: Some(("order".into(), "2".into())),
            })),
            sent: Arc::new(all),
        };
        let text = serde_json::to_string(&WrittenDesk::from(desk.clone())).unwrap();
        let read: WrittenDesk = serde_json::from_str(&text).unwrap();
        assert_eq!(SavedDesk::from(read), desk);
        // What a text does not name is as usual.
        let read: WrittenDesk = serde_json::from_str(r#"{"place":"here"}"#).unwrap();
        assert_eq!(SavedDesk::from(read).place, "here");
    }
}
