//! What works behind the window and is no driver: it passes commands on to the sources, and does what
//! concerns none of them: the journal, folders of schemas, files, the registry, the desktop.
//!
//! Invariants:
//! - Neither side ever waits for the other: commands are refused when too many wait, updates wait
//!   in a bounded queue that slows the sources down to the pace of the window, and a broker's own
//!   queue holds the rest.
//! - One source never waits for another.

pub(crate) mod compare_desk;
pub mod driver;
pub(crate) mod export_desk;
pub(crate) mod files;
pub mod handle;
mod hub;
pub mod journal_access;
pub(crate) mod notifications;
pub mod outbox;
pub(crate) mod recorder;
pub(crate) mod registry;
pub(crate) mod sample_recording;
pub(crate) mod sample_schemas;
pub(crate) mod schema_folder;
pub mod schema_lookups;
pub(crate) mod shelf_desk;
pub mod taping;
