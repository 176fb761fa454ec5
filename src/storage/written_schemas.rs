//! Schemas that a registry gave for the ids in bodies, kept on the disk: an id means the same for ever,
//! and a registry may be out of reach when its events are looked at again.

use std::fs;
use std::hash::{Hash as _, Hasher as _};
use std::io;
use std::path::{Path, PathBuf};

use crate::event::wire::SchemaKey;
use crate::schema::body::WrittenSchema;

/// Most schemas that are kept of one registry; further ones are asked for in each run.
const MOST: usize = 5_000;
/// Larger files are not read: none of ours is.
const LARGEST: u64 = 64 * 1024 * 1024;

/// The folder for the schemas of one registry.
#[derive(Clone, Debug)]
pub struct WrittenSchemas {
    folder: PathBuf,
}

impl WrittenSchemas {
    /// Within `folder`, for the registry at `url`.
    #[must_use]
    pub fn of(folder: &Path, url: &str) -> Self {
        // The name is for people; the number tells registries apart whose names look alike.
        let mut hasher = std::hash::DefaultHasher::new();
        url.hash(&mut hasher);
        let plain = url
            .chars()
            .filter(|c| c.is_ascii_alphanumeric() || ".-".contains(*c));
        let plain: String = plain.take(60).collect();
        Self {
            folder: folder.join(format!("{plain}-{:016x}", hasher.finish())),
        }
    }

    fn file(&self, key: SchemaKey) -> PathBuf {
        let name = match key {
            SchemaKey::Id(id) => format!("id-{id}"),
            SchemaKey::Guid(guid) => format!("guid-{guid}"),
            SchemaKey::ContentId(id) => format!("content-{id}"),
            SchemaKey::GlobalId(id) => format!("global-{id}"),
            SchemaKey::GlueVersion(version) => format!("glue-{version}"),
        };
        self.folder.join(format!("{name}.json"))
    }

    /// What was kept for a key; a file that cannot be read is as good as none.
    #[must_use]
    pub fn read(&self, key: SchemaKey) -> Option<Vec<WrittenSchema>> {
        let file = self.file(key);
        let is_small = fs::metadata(&file).ok()?.len() <= LARGEST;
        let text = is_small.then(|| fs::read(&file).ok()).flatten()?;
        let kept: Vec<WrittenSchema> = serde_json::from_slice(&text).ok()?;
        (!kept.is_empty()).then_some(kept)
    }

    /// Keeps what a registry gave for a key.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn write(&self, key: SchemaKey, schemas: &[WrittenSchema]) -> io::Result<()> {
        fs::create_dir_all(&self.folder)?;
        if fs::read_dir(&self.folder)?.take(MOST).count() == MOST {
            return Ok(());
        }
        let file = self.file(key);
        // Another run may write the same; each file is whole at every moment.
        let draft = file.with_extension(format!("{}.part", std::process::id()));
        fs::write(&draft, serde_json::to_vec(schemas)?)?;
        fs::rename(&draft, &file)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_kept_is_read_again_and_what_is_broken_is_none() {
        let folder = tempfile::tempdir().unwrap();
        let kept = WrittenSchemas::of(folder.path(), "http://one:8081/");
        let other = WrittenSchemas::of(folder.path(), "http://one:8081");
        let schemas = [WrittenSchema::guessed("\"string\"".to_owned())];
        assert_eq!(kept.read(SchemaKey::Id(1)), None);
        kept.write(SchemaKey::Id(1), &schemas).unwrap();
        assert_eq!(kept.read(SchemaKey::Id(1)).unwrap(), schemas);
        assert_eq!(kept.read(SchemaKey::ContentId(1)), None);
        assert_eq!(other.read(SchemaKey::Id(1)), None);
        fs::write(kept.file(SchemaKey::Id(1)), "[{").unwrap();
        assert_eq!(kept.read(SchemaKey::Id(1)), None);
        fs::write(kept.file(SchemaKey::Id(1)), "[]").unwrap();
        assert_eq!(kept.read(SchemaKey::Id(1)), None);
    }
}
