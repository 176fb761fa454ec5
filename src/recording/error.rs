//! Why a recording cannot be read or written, in words for people.

use std::io;

use rusqlite::ErrorCode;

/// Why a recording cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum RecordingError {
    /// The file or its folder.
    #[error("{0}")]
    File(#[from] io::Error),
    #[error("It is no recording of Eventscope")]
    Foreign,
    /// It was written by a later version.
    #[error("It was written by a later version of Eventscope (format {0}). Open it with that one")]
    Later(i64),
    /// Something in it is not as it was written.
    #[error("The file is damaged: {0}")]
    Damaged(String),
    /// The disk is full.
    #[error("There is no room left on the disk")]
    Full,
    /// Another program holds it for itself.
    #[error("Another program has the file open for itself alone. Close it there and try again")]
    Busy,
    /// Anything else that the database says.
    #[error("The file cannot be used ({0})")]
    Database(rusqlite::Error),
    /// What cannot be written down.
    #[error("{0}")]
    Unwritable(String),
}

impl From<rusqlite::types::FromSqlError> for RecordingError {
    fn from(_: rusqlite::types::FromSqlError) -> Self {
        Self::Damaged("a value is of another kind than it was written".to_owned())
    }
}

impl From<rusqlite::Error> for RecordingError {
    fn from(error: rusqlite::Error) -> Self {
        let code = error.sqlite_error_code();
        match (&error, code) {
            (_, Some(ErrorCode::NotADatabase)) => Self::Foreign,
            (_, Some(ErrorCode::DatabaseCorrupt)) => {
                Self::Damaged("its pages do not fit together".to_owned())
            }
            (_, Some(ErrorCode::TooBig)) => {
                Self::Damaged("an entry is larger than any message can be".to_owned())
            }
            (_, Some(ErrorCode::DiskFull)) => Self::Full,
            (_, Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked)) => Self::Busy,
            (_, Some(ErrorCode::CannotOpen)) => Self::File(io::Error::other(
                "It cannot be opened: it is not there, it may not be read, or the disk is full",
            )),
            (
                rusqlite::Error::InvalidColumnType(..)
                | rusqlite::Error::FromSqlConversionFailure(..)
                | rusqlite::Error::IntegralValueOutOfRange(..)
                | rusqlite::Error::Utf8Error(..),
                _,
            ) => Self::Damaged("a value is of another kind than it was written".to_owned()),
            _ => Self::Database(error),
        }
    }
}
