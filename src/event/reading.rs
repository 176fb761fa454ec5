//! What can be read in a body that is not plain: the text that list, filter and inspector agree on,
//! once compression, character set and binary format are off. Nothing is decoded for a plain body.

use std::borrow::Cow;
use std::ops::Range;

use super::amqp::Properties;
use super::cloud_event::{self, CloudEvent};
use super::decode::decode;
use super::envelope::Claims;
use crate::text::payload::PayloadKind;

/// A body as it is searched and summarised.
#[derive(Debug)]
pub struct Reading<'a> {
    /// What it is once it is read.
    pub kind: PayloadKind,
    /// It can be shown as a JSON document, whatever it was on the wire.
    pub is_document: bool,
    /// The text, or the bytes of what is none.
    pub bytes: Cow<'a, [u8]>,
    /// Where the `data` of a JSON envelope lies in it.
    pub data: Option<Range<usize>>,
    /// There is no more than this, and nothing of it is broken.
    pub is_whole: bool,
    /// Work that it took, in bytes of a quick decoder.
    pub cost: usize,
}

/// Decoders that are about so many times as slow as the others.
const SLOW: usize = 8;

impl<'a> Reading<'a> {
    /// Reads a body, at most about `limit` bytes of it once it is decoded.
    #[must_use]
    pub fn of(body: &'a [u8], properties: &Properties, limit: usize) -> Self {
        Self::with_claims(body, properties, limit).0
    }

    /// The same, with what the document claims of itself.
    pub(crate) fn with_claims(
        body: &'a [u8],
        properties: &Properties,
        limit: usize,
    ) -> (Self, Claims) {
        let decoded = decode(body, properties, limit);
        let is_slow = decoded
            .steps
            .iter()
            .any(|step| step.starts_with("bzip2") || step.starts_with("xz"));
        let is_whole = !decoded.cut && decoded.problem.is_none();
        let document = decoded.json().filter(|_| is_whole);
        let claims = document.and_then(Claims::read).unwrap_or_default();
        // Of a CloudEvent whose attributes stand in headers the whole body is the data.
        let is_binary = cloud_event::declared(properties) == Some(CloudEvent::Binary);
        let work = body.len().max(decoded.bytes.len());
        let reading = Self {
            kind: decoded.kind(),
            is_document: decoded.json().is_some(),
            data: claims.data.clone().filter(|_| !is_binary),
            is_whole,
            cost: if is_slow { work * SLOW } else { work },
            bytes: decoded.bytes,
        };
        (reading, claims)
    }

    /// The document without its envelope, where it has one; else all of it.
    #[must_use]
    pub fn data(&self) -> &[u8] {
        let data = self.data.as_ref().and_then(|at| self.bytes.get(at.clone()));
        data.unwrap_or(&self.bytes)
    }
}
