//! Where the output goes: to standard output, or into a new file that is there only when it is whole.

use std::fs::{self, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use super::ExportError;

/// A file that was begun. Dropped before its end, it is removed.
pub(crate) struct NewFile {
    writer: Option<BufWriter<fs::File>>,
    unfinished: PathBuf,
    path: PathBuf,
    replaces: bool,
}

impl NewFile {
    /// For this user alone: it may hold what customers sent. One that is there is replaced only where
    /// that is said, and only at the end.
    fn begin(path: &Path, replaces: bool) -> Result<Self, ExportError> {
        if !replaces {
            free(path)?;
        }
        let unfinished = unfinished(path);
        let file = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(&unfinished)
            .map_err(|error| ExportError::Told(format!("{}: {error}", unfinished.display())))?;
        Ok(Self {
            writer: Some(BufWriter::with_capacity(1 << 20, file)),
            unfinished,
            path: path.to_owned(),
            replaces,
        })
    }

    fn finish(mut self) -> Result<(), ExportError> {
        if let Some(writer) = self.writer.take() {
            writer
                .into_inner()
                .map_err(|error| ExportError::from(error.into_error()))?
                .sync_all()?;
        }
        if !self.replaces {
            free(&self.path)?;
        }
        fs::rename(&self.unfinished, &self.path)?;
        Ok(())
    }
}

impl Drop for NewFile {
    fn drop(&mut self) {
        drop(self.writer.take());
        // After the end there is none any more.
        fs::remove_file(&self.unfinished).ok();
    }
}

/// What a file is called before it is whole.
pub(crate) fn unfinished(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".unfinished");
    name.into()
}

/// Sees that a file is not there yet.
pub(crate) fn free(path: &Path) -> Result<(), ExportError> {
    if path.exists() {
        return Err(ExportError::Told(format!(
            "{} is there already, and nothing is written over it. Choose another name, or remove it",
            path.display()
        )));
    }
    Ok(())
}

/// The way out.
pub(crate) enum Output {
    Standard(BufWriter<io::StdoutLock<'static>>),
    File(NewFile),
}

impl Output {
    /// Into this new file, or to standard output.
    pub(crate) fn to(path: Option<&Path>) -> Result<Self, ExportError> {
        Ok(match path {
            Some(path) => Self::File(NewFile::begin(path, false)?),
            None => Self::Standard(BufWriter::with_capacity(1 << 16, io::stdout().lock())),
        })
    }

    /// Into this file; one that is there is replaced once this one is whole.
    pub(crate) fn replacing(path: &Path) -> Result<Self, ExportError> {
        NewFile::begin(path, true).map(Self::File)
    }

    pub(crate) fn text(&mut self, text: &str) -> Result<(), ExportError> {
        match self {
            Self::Standard(writer) => writer.write_all(text.as_bytes())?,
            Self::File(file) => {
                if let Some(writer) = &mut file.writer {
                    writer.write_all(text.as_bytes())?;
                }
            }
        }
        Ok(())
    }

    /// All was written.
    pub(crate) fn finish(self) -> Result<(), ExportError> {
        match self {
            Self::Standard(mut writer) => Ok(writer.flush()?),
            Self::File(file) => file.finish(),
        }
    }
}
