//! Where the output goes: to standard output, or into a new file that is there only when it is whole.

use std::fs::{self, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use super::EndedEarly;

/// A file that was begun. Dropped before its end, it is removed.
pub(super) struct NewFile {
    writer: Option<BufWriter<fs::File>>,
    unfinished: PathBuf,
    path: PathBuf,
}

impl NewFile {
    /// For this user alone: it may hold what customers sent.
    fn begin(path: &Path) -> Result<Self, EndedEarly> {
        free(path)?;
        let mut name = path.as_os_str().to_owned();
        name.push(".unfinished");
        let unfinished = PathBuf::from(name);
        let file = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(&unfinished)
            .map_err(|error| EndedEarly::Told(format!("{}: {error}", unfinished.display())))?;
        Ok(Self {
            writer: Some(BufWriter::with_capacity(1 << 20, file)),
            unfinished,
            path: path.to_owned(),
        })
    }

    fn finish(mut self) -> Result<(), EndedEarly> {
        if let Some(writer) = self.writer.take() {
            writer
                .into_inner()
                .map_err(|error| EndedEarly::from(error.into_error()))?
                .sync_all()?;
        }
        free(&self.path)?;
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

/// Sees that a file is not there yet.
pub(super) fn free(path: &Path) -> Result<(), EndedEarly> {
    if path.exists() {
        return Err(EndedEarly::Told(format!(
            "{} is there already, and nothing is written over it. Choose another name, or remove it",
            path.display()
        )));
    }
    Ok(())
}

/// The way out.
pub(super) enum Output {
    Standard(BufWriter<io::StdoutLock<'static>>),
    File(NewFile),
}

impl Output {
    /// Into this new file, or to standard output.
    pub(super) fn to(path: Option<&Path>) -> Result<Self, EndedEarly> {
        Ok(match path {
            Some(path) => Self::File(NewFile::begin(path)?),
            None => Self::Standard(BufWriter::with_capacity(1 << 16, io::stdout().lock())),
        })
    }

    pub(super) fn text(&mut self, text: &str) -> Result<(), EndedEarly> {
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
    pub(super) fn finish(self) -> Result<(), EndedEarly> {
        match self {
            Self::Standard(mut writer) => Ok(writer.flush()?),
            Self::File(file) => file.finish(),
        }
    }
}
