//! Everything a person can do, as data.

use std::sync::Arc;

use super::alerts::AlertAction;
use super::consumers::ConsumerAction;
use super::dead_letters::DeadAction;
use super::dead_letters::journal::JournalAction;
use super::files::FileToSave;
use super::leaving::LeaveAction;
use super::live::LiveAction;
use super::live::tap_card::TapAction;
use super::publish::PublishAction;
use super::publish::schema_form::SampleAction;
use super::recordings::RecordingAction;
use super::recordings::comparing::CompareAction;
use super::recordings::exporting::ExportAction;
use super::recordings::replaying::ReplayAction;
use super::saved_connections::SavedConnectionAction;
use super::schemas::SchemaAction;
use super::sources::SourceAction;
use crate::address::{Address, StoreKind};
use crate::event::Event;

/// A screen of the rail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Screen {
    /// What flows?
    Live,
    /// Does it react?
    Publish,
    /// Why did it die, and how is it repaired?
    DeadLetters,
    /// What changed between versions, and what breaks?
    Schemas,
    /// What happened then?
    Recordings,
}

impl Screen {
    /// All of them, in the order of the rail.
    pub const ALL: [Self; 5] = [
        Self::Live,
        Self::Publish,
        Self::DeadLetters,
        Self::Schemas,
        Self::Recordings,
    ];

    /// Its name on the rail.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Live => "Live",
            Self::Publish => "Publish",
            Self::DeadLetters => "Dead letters",
            Self::Schemas => "Schemas",
            Self::Recordings => "Recordings",
        }
    }
}

/// One thing a person did.
#[derive(Clone, Debug)]
pub enum Action {
    Open(Screen),
    /// Something with the sources themselves.
    Source(SourceAction),
    /// Something with the list of connections that worked.
    SavedConnection(SavedConnectionAction),
    /// Connect as the form says.
    Connect,
    /// Connect to this address, whatever the form says.
    ConnectTo(Address),
    /// Something in the dialog that compares recordings.
    Compare(CompareAction),
    /// Something in the dialog that exports events.
    Export(ExportAction),
    /// Something in the dialog that sends a recording again.
    Replay(ReplayAction),
    /// Something with recordings.
    Recording(RecordingAction),
    /// Try the usual local broker, without having been asked to.
    TryLocal,
    /// Close the connection or stop trying. Asks first if something runs.
    Disconnect,
    /// Something about leaving while something runs.
    Leave(LeaveAction),
    /// Show what runs now.
    ShowJob,
    /// Try a lost connection now.
    RetryNow,
    /// Start a private broker of this kind.
    StartSandbox(StoreKind),
    /// Something about taps.
    Tap(TapAction),
    /// Something on the live screen.
    Live(LiveAction),
    /// Fill the publish form with a valid event.
    FillSample,
    /// Something about samples of a schema.
    Sample(SampleAction),
    /// Something on the publish screen.
    Publish(PublishAction),
    /// Load an event into the publish form.
    LoadEvent(Arc<Event>),
    /// Something on the dead-letter screen.
    Dead(DeadAction),
    /// Something about consumer groups.
    Consumers(ConsumerAction),
    /// Something about what is told on the desktop.
    Alert(AlertAction),
    /// Something about the journal.
    Journal(JournalAction),
    /// Something on the schemas screen.
    Schemas(SchemaAction),
    /// Give the filter line this name and keep it.
    SaveFilter(String),
    /// Forget the filter of this name.
    ForgetFilter(String),
    /// Keep about this many bytes of events.
    KeepBytes(usize),
    /// Read the topology again.
    RefreshTopology,
    /// Save something as a file.
    SaveFile(FileToSave),
    /// Put a notice away, by its number.
    DismissNotice(u64),
}
