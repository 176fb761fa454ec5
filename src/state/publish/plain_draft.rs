//! A draft in plain words, as it is kept, and back.

use crate::event::amqp::FieldType;
use crate::event::draft::{Field, HeaderDraft, RecordDraft};
use crate::event::kafka_record::KeyForm;
use crate::event::secrecy::{is_secret_name, without_secrets};
use crate::event::{BodyDraft, Draft, HeaderRow};
use crate::settings::{SavedDraft, SavedHeader};

/// A draft in plain words, without values that look secret. None if its payload is no plain text, or
/// has a secret that cannot be told from the rest.
pub(super) fn saved_draft(draft: &Draft) -> Option<SavedDraft> {
    let BodyDraft::Text(body) = &draft.body else {
        return None;
    };
    if draft.packing_words().is_some() {
        return None;
    }
    let fields = Field::ALL.into_iter().filter_map(|field| {
        let text = draft.text(field);
        (!text.is_empty()).then(|| (written_name(field).to_owned(), text.to_owned()))
    });
    Some(SavedDraft {
        destination: draft.destination.clone(),
        key: draft.key.clone(),
        delivery_mode: draft.delivery_mode,
        fields: fields.collect(),
        has_headers: draft.has_headers,
        headers: draft.headers.iter().filter_map(saved_header).collect(),
        body: without_secrets(body)?.into_owned(),
        record: draft.record.as_ref().map(|record| {
            let key = match record.key {
                KeyForm::Text => "text",
                KeyForm::Hex => "hex",
                KeyForm::Null => "null",
            };
            (key.to_owned(), record.partition.clone())
        }),
    })
}

/// None for a value that has no text.
fn saved_header(row: &HeaderRow) -> Option<SavedHeader> {
    let HeaderDraft::Typed(kind, text) = &row.value else {
        return None;
    };
    let value = match without_secrets(text) {
        Some(text) if !is_secret_name(&row.name) => text.into_owned(),
        _ => String::new(),
    };
    Some(SavedHeader {
        name: row.name.clone(),
        kind: kind.name().to_owned(),
        value,
    })
}

/// The draft of these words.
pub(super) fn draft_of(saved: &SavedDraft) -> Draft {
    let mut draft = Draft::default();
    draft.destination.clone_from(&saved.destination);
    draft.key.clone_from(&saved.key);
    draft.delivery_mode = saved.delivery_mode;
    draft.has_headers = saved.has_headers;
    draft.body = BodyDraft::Text(saved.body.clone());
    for field in Field::ALL {
        let own = saved.fields.iter();
        let mut own = own.filter(|(name, _)| name == written_name(field));
        let text = own.next().map(|(_, text)| text.clone());
        draft.set(field, text.unwrap_or_default());
    }
    let header = |header: &SavedHeader| {
        let mut kinds = FieldType::ALL.into_iter();
        let kind = kinds.find(|kind| kind.name() == header.kind);
        HeaderRow {
            name: header.name.clone(),
            value: HeaderDraft::Typed(kind.unwrap_or(FieldType::Text), header.value.clone()),
        }
    };
    draft.headers = saved.headers.iter().map(header).collect();
    draft.record = saved.record.as_ref().map(|(key, partition)| RecordDraft {
        key: match key.as_str() {
            "hex" => KeyForm::Hex,
            "null" => KeyForm::Null,
            _ => KeyForm::Text,
        },
        partition: partition.clone(),
    });
    draft
}

/// The name of a field in the settings, which stays what it is.
fn written_name(field: Field) -> &'static str {
    match field {
        Field::ContentType => "content_type",
        Field::ContentEncoding => "content_encoding",
        Field::MessageId => "message_id",
        Field::CorrelationId => "correlation_id",
        Field::Type => "type",
        Field::AppId => "app_id",
        Field::Timestamp => "timestamp",
        Field::Expiration => "expiration",
        Field::Priority => "priority",
        Field::ReplyTo => "reply_to",
        Field::UserId => "user_id",
        Field::ClusterId => "cluster_id",
    }
}
