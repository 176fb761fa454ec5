//! Files that a person saves something as. The broker side writes them; how that went is a notice.

use std::collections::BTreeMap;
use std::path::PathBuf;

use crate::protocol::{DeskCommand, Gravity, RequestId};

/// Something to be saved, and the file that the person chose for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileToSave {
    /// What it is, such as `payload`.
    pub what: &'static str,
    pub path: PathBuf,
    /// A file that is there is replaced; the person was asked about that.
    pub replaces: bool,
    /// What is written.
    pub bytes: Vec<u8>,
}

/// The files that are being written.
#[derive(Debug, Default)]
pub(super) struct Files(BTreeMap<RequestId, (&'static str, PathBuf)>);

impl Files {
    pub(super) fn save(&mut self, file: FileToSave, request: RequestId) -> DeskCommand {
        let FileToSave {
            what,
            path,
            replaces,
            bytes,
        } = file;
        self.0.insert(request, (what, path.clone()));
        DeskCommand::SaveFile {
            request,
            path,
            replaces,
            bytes,
        }
    }

    /// A file was written, or not: what there is to say.
    pub(super) fn saved(
        &mut self,
        request: RequestId,
        result: Result<(), String>,
    ) -> Option<(Gravity, String)> {
        let (what, path) = self.0.remove(&request)?;
        let path = path.display();
        Some(match result {
            Ok(()) => (Gravity::Info, format!("The {what} was saved as {path}")),
            Err(why) => (
                Gravity::Error,
                format!("The {what} was not saved as {path}. {why}"),
            ),
        })
    }
}
