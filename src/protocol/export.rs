//! What is asked and told about exports of events.

use std::path::PathBuf;

use super::RequestId;
use crate::recording::export::{ExportOrder, ExportSum, MaskedPair};

/// What the window asks for.
#[derive(Debug)]
pub enum ExportCommand {
    /// Write events into a file. How far it is, is told by [`ExportUpdate::At`]; the end by
    /// [`ExportUpdate::Done`].
    Begin {
        request: RequestId,
        order: Box<ExportOrder>,
        path: PathBuf,
        /// One that is there is replaced, once the new one is whole.
        replaces: bool,
    },
    /// Show what masking would do. Answered by [`ExportUpdate::Preview`].
    Preview {
        request: RequestId,
        order: Box<ExportOrder>,
    },
    /// End an export; no file is left of it.
    Stop(RequestId),
}

/// What is told.
#[derive(Debug)]
pub enum ExportUpdate {
    /// So many of so many events were looked at.
    At {
        request: RequestId,
        done: u64,
        total: u64,
    },
    /// It has ended; why not all was written, in words.
    Done {
        request: RequestId,
        result: Result<ExportSum, String>,
    },
    /// Some events as they are and as they would be written, or why that cannot be shown.
    Preview {
        request: RequestId,
        result: Result<Vec<MaskedPair>, String>,
    },
}
