//! A body that names its schema, read with it. What a header says counts; bytes in front of a body only
//! look like a frame, so they count where their id is known and what follows decodes to its end.

use std::ops::Range;

use super::shelf::Shelved;
use super::written::BodySchema;
use super::{ReadBody, avro, protobuf};
use crate::event::wire::{DeclaredEncoding, FoundFrames, Frame, MessagePick, SchemaKey, picked};
use crate::text::json;

/// What became of a body.
#[derive(Clone, Debug)]
pub enum FramedBody {
    /// It names no schema, or only looks as if it did.
    Bare,
    /// Its schema is being asked for.
    Asked(Frame),
    Read(Box<FramedReading>),
    /// It names a schema, and cannot be read with it; in words.
    Failed(String),
}

/// A body that was read with its schema.
#[derive(Clone, Debug)]
pub struct FramedReading {
    pub frame: Frame,
    pub schema: BodySchema,
    /// The message of a Protobuf schema, by its full name.
    pub message: Option<String>,
    /// Bytes of the payload that name the message.
    pub named_by: Range<usize>,
    pub body: ReadBody,
}

impl FramedReading {
    /// What was done: `Confluent's wire format, schema id 42 → Avro`.
    #[must_use]
    pub fn words(&self) -> String {
        let schema = self.schema.name();
        match &self.message {
            Some(message) => format!("{} → {schema} {message}", self.frame.words()),
            None => format!("{} → {schema}", self.frame.words()),
        }
    }

    /// The body of an edited document, in the frame of the original; what was not edited gives the
    /// original, byte for byte.
    ///
    /// # Errors
    /// It does not fit the schema, or the original could not be shown wholly; in words.
    pub fn write(&self, original: &[u8], document: &str) -> Result<Vec<u8>, String> {
        if document.as_bytes() == self.body.json {
            return Ok(original.to_vec());
        }
        if !self.body.is_exact || self.body.cut || self.body.problem.is_some() {
            let words = "Not all of it can be shown, so it cannot be written back";
            return Err(words.to_owned());
        }
        let inside = match &self.schema {
            BodySchema::Avro(schema) => avro::write(schema, document)?,
            BodySchema::Protobuf(schema) => {
                let message = self.message.as_deref().unwrap_or_default();
                protobuf::write(schema, message, document)?
            }
            BodySchema::Json => document.as_bytes().to_vec(),
        };
        let payload = self.frame.open(original, usize::MAX)?;
        let name = payload.get(self.named_by.clone()).unwrap_or_default();
        self.frame.close(original, &[name, &inside].concat())
    }
}

/// Reads a body by the frames that were found around it, at most about `limit` bytes of it.
#[must_use]
pub fn read_framed(
    found: &FoundFrames,
    body: &[u8],
    schemas: impl Fn(SchemaKey) -> Shelved,
    limit: usize,
) -> FramedBody {
    let mut asked = None;
    let mut failed = found.problem.clone();
    for frame in &found.frames {
        match schemas(frame.schema) {
            Shelved::Asked => asked = asked.or_else(|| Some(frame.clone())),
            Shelved::Missing(words) if frame.is_told() => {
                failed = failed.or_else(|| Some(format!("{}: {words}", frame.words())));
            }
            Shelved::Missing(_) => {}
            Shelved::Ready(schemas) => {
                let payload = match frame.open(body, limit) {
                    Ok(payload) => payload,
                    Err(words) => {
                        failed = failed.or(Some(words));
                        continue;
                    }
                };
                let readings = schemas
                    .iter()
                    .flat_map(|schema| with(frame, schema, &payload, limit));
                let mut best: Option<FramedReading> = None;
                for reading in readings {
                    if best.as_ref().is_none_or(|best| {
                        rank(&reading, payload.len()) > rank(best, payload.len())
                    }) {
                        best = Some(reading);
                    }
                }
                match best {
                    Some(best) if frame.is_told() || decodes(&best, payload.len()) => {
                        return FramedBody::Read(Box::new(best));
                    }
                    None if frame.is_told() => {
                        let words = format!("{}: its schema has no message for it", frame.words());
                        failed = failed.or(Some(words));
                    }
                    _ => {}
                }
            }
        }
    }
    match (asked, failed) {
        (Some(frame), _) => FramedBody::Asked(frame),
        (None, Some(words)) => FramedBody::Failed(words),
        (None, None) => FramedBody::Bare,
    }
}

fn payload_length(reading: &FramedReading, payload: usize) -> usize {
    payload - reading.named_by.len()
}

/// It decodes to its end, or as far as the limit let it.
fn decodes(reading: &FramedReading, payload: usize) -> bool {
    reading.body.problem.is_none()
        && (reading.body.cut || reading.body.used == payload_length(reading, payload))
}

/// Which of several readings is the likelier.
fn rank(reading: &FramedReading, payload: usize) -> (bool, std::cmp::Reverse<usize>) {
    (
        decodes(reading, payload),
        std::cmp::Reverse(reading.body.unknown),
    )
}

/// Each way in which a payload may be read with a schema, the likeliest first.
fn with(frame: &Frame, schema: &BodySchema, payload: &[u8], limit: usize) -> Vec<FramedReading> {
    let reading = |message: Option<String>, length: usize, body: ReadBody| FramedReading {
        frame: frame.clone(),
        schema: schema.clone(),
        message,
        named_by: 0..length,
        body,
    };
    match schema {
        BodySchema::Json => vec![reading(None, 0, json_body(payload, limit))],
        // Avro's JSON encoding differs from ours in its unions: it is shown as it stands.
        BodySchema::Avro(_) if frame.encoding == Some(DeclaredEncoding::AvroJson) => {
            let mut body = json_body(payload, limit);
            body.is_exact = false;
            vec![reading(None, 0, body)]
        }
        BodySchema::Avro(avro) => vec![reading(None, 0, avro::read(avro, payload, limit))],
        BodySchema::Protobuf(proto) => {
            let first = MessagePick::Indexes(vec![0]);
            let mut picks: Vec<(MessagePick, usize)> = picked(payload)
                .into_iter()
                .map(|one| (one.message, one.length))
                .collect();
            // Apicurio leaves the name in the payload, Confluent does not.
            if let Some(told) = &frame.message {
                picks.retain(|(pick, _)| pick == told);
                picks.push((told.clone(), 0));
            } else if frame.is_told() {
                picks.push((first, 0));
            }
            let found = picks.into_iter().filter_map(|(pick, length)| {
                let message = protobuf::message_named(proto, &pick)?;
                let body = protobuf::read(proto, &message, &payload[length..], limit);
                Some(reading(Some(message), length, body))
            });
            found.collect()
        }
    }
}

fn json_body(payload: &[u8], limit: usize) -> ReadBody {
    let looked_at = &payload[..payload.len().min(limit)];
    let cut = looked_at.len() < payload.len();
    let fault = json::fault(looked_at).filter(|fault| !(cut && fault.is_eof()));
    ReadBody {
        json: looked_at.to_vec(),
        raw: Vec::new(),
        used: looked_at.len(),
        cut,
        problem: fault.map(|fault| format!("It is not valid JSON: {fault}")),
        is_exact: true,
        unknown: 0,
    }
}
