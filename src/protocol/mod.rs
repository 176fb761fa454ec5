//! The whole contract between the window and what works behind it: [`Command`] goes down, [`Update`]
//! comes up. Plain data on both ways; neither side knows the other's libraries.

mod abilities;
pub mod compare;
pub mod desk;
pub mod export;
pub mod link;
pub mod moves;
pub mod records;
pub mod shelf;
pub mod source;

use crate::event::source_id::SourceId;

pub use abilities::Abilities;
pub use compare::{CompareCommand, CompareUpdate};
pub use desk::{DeskCommand, DeskUpdate, Gravity, ImportFrom, Notice, Places};
pub use export::{ExportCommand, ExportUpdate};
pub use link::{Link, PublishOutcome, SandboxState, Server, TapProgress, TapState};
pub use moves::{JobStage, MoveOrder, MoveOutcome, PeekReport, PutBack, Which};
pub use records::{
    Agreement, KeptBack, LogPage, RecordOrder, RecordsAgreed, RecordsOrder, ResendCheck,
    SendingWay, WhichRecords,
};
pub use shelf::{RecordingNow, ShelfCommand, ShelfUpdate};
pub use source::{SourceCommand, SourceUpdate};

/// Joins a command to the one [`Update`] that finishes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RequestId(pub u64);

/// What the window asks for, and of whom.
#[derive(Debug)]
pub enum Command {
    /// Of a source: a connection to one event store.
    Source(SourceId, SourceCommand),
    /// Of nobody in particular.
    Desk(DeskCommand),
}

/// What is told, and by whom.
#[derive(Debug)]
pub enum Update {
    Source(SourceId, SourceUpdate),
    /// By nobody in particular.
    Desk(DeskUpdate),
}
