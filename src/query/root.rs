//! Where in a payload a path begins.

use super::json_path::JsonPath;
use super::subject::Subject;
use crate::event::reading::Reading;
use crate::text::json;
use crate::text::payload::PayloadKind;

/// Where a path begins.
#[derive(Clone, Copy, Debug)]
pub(super) enum Root {
    /// In the event without its envelope.
    Data,
    /// In the whole body.
    Body,
    /// In the data, or else in the body around it.
    Either,
}

impl Root {
    /// Puts the values at a path to `found` until it says true. `reading` is the body of a subject as
    /// it can be read, where it has to be read first.
    pub(super) fn any(
        self,
        subject: &impl Subject,
        reading: Option<&Reading<'_>>,
        path: &JsonPath,
        found: &mut dyn FnMut(&[u8]) -> bool,
    ) -> bool {
        let (data, body) = match reading {
            Some(reading) if !reading.is_document => return false,
            Some(reading) => (reading.data(), &*reading.bytes),
            None if subject.kind() != PayloadKind::Json => return false,
            None => (json::trim(subject.data()), json::trim(subject.body())),
        };
        match self {
            Self::Data => path.any(data, found),
            Self::Body => path.any(body, found),
            Self::Either => {
                path.any(data, found) || (data.len() != body.len() && path.any(body, found))
            }
        }
    }
}
