//! The sample recording, which lies in the program: a look at everything without a broker.

use std::path::{Path, PathBuf};

use crate::recording::SAMPLE_NAME;

/// A minute and a half of the sample shop, made by `make sample`.
const SAMPLE: &[u8] = include_bytes!("../../assets/sample.eventscope");

/// Puts it into a folder, where it is not there as it is here. Gives its path.
///
/// # Errors
/// Why it could not be written, in words.
pub(crate) async fn unpack(folder: &Path) -> Result<PathBuf, String> {
    let (folder, path) = (folder.to_owned(), folder.join(SAMPLE_NAME));
    let told = path.display().to_string();
    let written = tokio::task::spawn_blocking(move || {
        if std::fs::read(&path).is_ok_and(|there| there == SAMPLE) {
            return Ok(path);
        }
        std::fs::create_dir_all(&folder)?;
        // Somebody may be reading the one that is there.
        let new = folder.join("sample.eventscope.unfinished");
        std::fs::write(&new, SAMPLE)?;
        std::fs::rename(&new, &path)?;
        Ok(path)
    });
    let failed = |why: String| format!("The sample could not be written to {told}: {why}");
    match written.await {
        Ok(Ok(path)) => Ok(path),
        Ok(Err(error)) => {
            let error: std::io::Error = error;
            Err(failed(error.to_string()))
        }
        Err(error) => Err(failed(error.to_string())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::recording::Recording;

    #[test]
    fn the_sample_is_a_recording_and_is_mended_where_it_was_changed() {
        let dir = tempfile::tempdir().unwrap();
        let folder = dir.path().join("new");
        let runtime = tokio::runtime::Builder::new_current_thread()
            .build()
            .unwrap();
        let path = runtime.block_on(unpack(&folder)).unwrap();
        std::fs::write(&path, "x").unwrap();
        assert_eq!(runtime.block_on(unpack(&folder)), Ok(path.clone()));
        let recording = Recording::open(&path).unwrap();
        recording.check_all().unwrap();
        let about = recording.about().unwrap();
        assert!(about.events > 100 && about.ended_at.is_some(), "{about:?}");
        assert!(!recording.notes().unwrap().is_empty());
        assert_eq!(recording.places(9).unwrap(), ["sandbox"]);
        std::fs::write(dir.path().join("file"), "").unwrap();
        let wrong = runtime.block_on(unpack(&dir.path().join("file")));
        assert!(wrong.unwrap_err().contains("could not be written"));
    }
}
