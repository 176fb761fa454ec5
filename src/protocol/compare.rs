//! What is asked and told about comparing recordings.

use std::sync::Arc;

use super::RequestId;
use crate::analysis::census::CensusDifference;
use crate::recording::export::ExportFrom;
use crate::schema::Catalog;

/// What the window asks for.
#[derive(Debug)]
pub enum CompareCommand {
    /// Compare the first with the second. How far it is, is told by [`CompareUpdate::At`]; the end by
    /// [`CompareUpdate::Done`].
    Begin {
        request: RequestId,
        sides: Box<[ExportFrom; 2]>,
        schemas: Option<Arc<Catalog>>,
    },
    /// End it.
    Stop(RequestId),
}

/// What is told.
#[derive(Debug)]
pub enum CompareUpdate {
    /// So many of so many events of a side were looked at.
    At {
        request: RequestId,
        /// The first or the second.
        side: usize,
        done: u64,
        total: u64,
    },
    /// It has ended: what differs, or why that was not found out, in words.
    Done {
        request: RequestId,
        result: Result<Box<CensusDifference>, String>,
    },
}
