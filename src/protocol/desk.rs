//! What concerns no broker: folders of schemas, places on the disk, notices.

use std::path::PathBuf;

use crate::rabbitmq::endpoint::Password;

/// Where schemas come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ImportFrom {
    /// Another folder.
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
    /// The folder that [`Command::OpenSampleSchemas`] opens.
    pub sample_schemas: Option<PathBuf>,
}

/// How grave a notice is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gravity {
    /// Good to know.
    Info,
    /// Something needs attention.
    Warning,
    /// Something failed.
    Error,
}

/// A message to the person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// How grave.
    pub gravity: Gravity,
    /// A sentence.
    pub words: String,
}
