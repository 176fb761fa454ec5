//! What concerns no broker: folders of schemas, places on the disk, notices.

use std::path::PathBuf;
use std::sync::Arc;

use super::{
    CompareCommand, CompareUpdate, ExportCommand, ExportUpdate, RequestId, ShelfCommand,
    ShelfUpdate,
};
use crate::event::source_id::SourceId;
use crate::rabbitmq::endpoint::Password;
use crate::repair::journal_list::{self, Question, Records};
use crate::schema::folder::import::{ImportPlan, Imported};
use crate::schema::{Catalog, Level, Policy, VersionRules};

/// What the window asks for that concerns no source: the journal, schemas, files, the desktop.
#[derive(Debug)]
pub enum DeskCommand {
    /// Read the journal of this machine. Answered by [`DeskUpdate::Journal`]; whenever the journal
    /// changes, the same is read and told again.
    ReadJournal(Question),
    /// Something about recordings.
    Shelf(ShelfCommand),
    /// Compare recordings.
    Compare(CompareCommand),
    /// Write events into a file, or show what that would do.
    Export(ExportCommand),
    /// Open the recording that lies in the program as this source, which tells how that went.
    OpenSampleRecording(SourceId),
    /// Read a folder of schemas and watch it. Answered by [`DeskUpdate::Schemas`], again whenever
    /// something in it changes.
    OpenSchemas(PathBuf),
    /// Open the sample shop's schemas, written to a folder of the app.
    OpenSampleSchemas,
    /// Write a version of a schema as a new file of the folder.
    SaveSchema {
        /// The folder of schemas.
        folder: PathBuf,
        event_type: String,
        /// Name of the version.
        version: String,
        text: String,
    },
    /// Write something to a file that the person chose. Answered by [`DeskUpdate::Saved`].
    SaveFile {
        request: RequestId,
        /// The file.
        path: PathBuf,
        /// One that is there is replaced; otherwise it is left as it is, and that is the answer.
        replaces: bool,
        bytes: Vec<u8>,
    },
    /// Tell the person something on the desktop, outside the window.
    Notify {
        /// In a few words.
        title: String,
        words: String,
    },
    /// Find out what an import of schemas from elsewhere would write into a folder, which may be new.
    /// Answered by [`DeskUpdate::ImportPlanned`].
    PlanImport {
        /// The folder of schemas.
        folder: PathBuf,
        from: ImportFrom,
    },
    /// End what [`Self::PlanImport`] began. It is answered all the same.
    StopImport,
    /// Write what was planned. Answered by [`DeskUpdate::Imported`].
    ImportSchemas(ImportPlan),
    /// Write down by which policy and level a type is judged. Answered by [`DeskUpdate::Schemas`].
    JudgeSchemas {
        /// The folder of schemas.
        folder: PathBuf,
        event_type: String,
        policy: Policy,
        level: Level,
    },
    /// Write down how events tell their version. Answered by [`DeskUpdate::Schemas`].
    SaveRules {
        /// The folder of schemas.
        folder: PathBuf,
        /// The rules in their order.
        rules: VersionRules,
    },
    /// Keep an event as an example of its type.
    SaveSample {
        /// The folder of schemas.
        folder: PathBuf,
        event_type: String,
        /// Name of the sample; a number is added where it is taken.
        sample: String,
        text: String,
    },
    /// Forget what left its queue for certain more than so many days ago. Answered by
    /// [`DeskUpdate::Journal`].
    KeepRecords(u16),
    /// Ends a source: its driver closes what it has open. It is not heard of again.
    CloseSource(SourceId),
    /// Remove records from the journal. Answered by [`DeskUpdate::Journal`].
    ForgetRecords(Records),
}

/// What concerns no source.
#[derive(Debug)]
pub enum DeskUpdate {
    /// Where things lie on this machine. The first that is told.
    Places(Places),
    /// What the journal holds, as it was last asked for; or why it cannot be read.
    Journal(Result<Box<journal_list::JournalPage>, String>),
    /// Something about recordings.
    Shelf(ShelfUpdate),
    /// Something about a comparison of recordings.
    Compare(CompareUpdate),
    /// Something about an export.
    Export(ExportUpdate),
    /// What the folder of schemas holds, or why it cannot be read.
    Schemas(Result<Arc<Catalog>, String>),
    /// What an import would do, or why it could not be found out.
    ImportPlanned(Result<ImportPlan, String>),
    /// What an import did, or why it could not begin.
    Imported(Result<Imported, String>),
    /// A file was written, or why not and what to do, in words.
    Saved {
        request: RequestId,
        result: Result<(), String>,
    },
    /// Something the person should read.
    Notice(Notice),
}

/// Where schemas come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ImportFrom {
    Folder(PathBuf),
    /// An AsyncAPI document.
    AsyncApi(PathBuf),
    /// A registry that speaks Confluent's REST API.
    Registry {
        /// Its address, without a login.
        url: String,
        /// Empty for none.
        user: String,
        /// Of that user.
        password: Password,
    },
}

/// Where things lie on this machine.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Places {
    /// The file of the journal, if there is one.
    pub journal: Option<PathBuf>,
    /// The folder that [`DeskCommand::OpenSampleSchemas`] opens.
    pub sample_schemas: Option<PathBuf>,
    /// The folder of recordings.
    pub recordings: Option<PathBuf>,
}

/// How grave a notice is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gravity {
    Info,
    Warning,
    Error,
}

/// A message to the person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    pub gravity: Gravity,
    pub words: String,
}
