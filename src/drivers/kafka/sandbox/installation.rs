//! Finds a Java and the jars of an Apache Kafka on this machine, or says what is missing and how to get it.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

/// What a Kafka is run with.
#[derive(Clone, Debug)]
pub(super) struct JavaKafka {
    pub(super) java: PathBuf,
    /// The folder of jars.
    libs: PathBuf,
}

impl JavaKafka {
    /// Looks where `KAFKA_HOME` says, then where `make kafka` puts one.
    pub(super) fn find() -> Result<Self, String> {
        let java = java().ok_or_else(|| {
            "There is no Java on this machine, which Kafka needs. Install one (on Debian and Ubuntu: \
             apt-get install default-jre-headless), or name it in JAVA_HOME"
                .to_owned()
        })?;
        let home = env::var_os("KAFKA_HOME").filter(|home| !home.is_empty());
        if let Some(home) = home {
            let home = PathBuf::from(home);
            let libs = libs_in(&home).ok_or_else(|| {
                format!(
                    "KAFKA_HOME names {}, and there are no jars of a Kafka in it or in its folder libs",
                    home.display()
                )
            })?;
            return Ok(Self { java, libs });
        }
        let fetched = env::current_exe().ok().and_then(|own| fetched_beside(&own));
        let libs = fetched.ok_or_else(|| {
            "There is no Apache Kafka on this machine. `make kafka` fetches one from Maven Central (60 MB); or \
             name the folder of one in KAFKA_HOME"
                .to_owned()
        })?;
        Ok(Self { java, libs })
    }

    /// What Java is told before the name of a class: a small, quick start.
    pub(super) fn arguments(&self) -> Vec<std::ffi::OsString> {
        let mut all: Vec<std::ffi::OsString> = [
            "-Xmx512m",
            "-XX:+UseSerialGC",
            "-XX:TieredStopAtLevel=1",
            "-Djava.awt.headless=true",
            "-cp",
        ]
        .map(Into::into)
        .into();
        all.push(self.libs.join("*").into());
        all
    }
}

fn java() -> Option<PathBuf> {
    let home = env::var_os("JAVA_HOME").filter(|home| !home.is_empty());
    let own = home.map(|home| PathBuf::from(home).join("bin/java"));
    let paths = env::var_os("PATH").unwrap_or_default();
    let in_path = env::split_paths(&paths).map(|folder| folder.join("java"));
    own.into_iter().chain(in_path).find(|java| java.is_file())
}

/// The folder of jars in the home of a Kafka.
fn libs_in(home: &Path) -> Option<PathBuf> {
    let choices = [home.join("libs"), home.to_owned()];
    choices.into_iter().find(|folder| has_kafka(folder))
}

fn has_kafka(folder: &Path) -> bool {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut jars = entries.map(|entry| entry.path());
    jars.any(|jar| {
        let name = jar.file_name().unwrap_or_default().to_string_lossy();
        name.starts_with("kafka_2.") && jar.extension().is_some_and(|end| end == "jar")
    })
}

/// What `make kafka` fetched, beside the folder that the program was built into; the newest if there are
/// several.
fn fetched_beside(program: &Path) -> Option<PathBuf> {
    let mut above = program.ancestors().skip(1).take(3);
    let all = above.find_map(|folder| fs::read_dir(folder.join("kafka")).ok())?;
    let mut found: Vec<PathBuf> = all
        .flatten()
        .filter_map(|version| libs_in(&version.path()))
        .collect();
    found.sort_by_key(|libs| version_of(libs));
    found.pop()
}

/// The numbers of a version, as its folder is called.
fn version_of(libs: &Path) -> Vec<u32> {
    let folder = libs.parent().and_then(Path::file_name);
    let name = folder.unwrap_or_default().to_string_lossy().into_owned();
    let numbers = name.split('.').map(|part| part.parse().unwrap_or(0));
    numbers.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_that_was_fetched_is_taken() {
        let target = tempfile::tempdir().unwrap();
        for version in ["3.9.1", "4.4.0", "4.10.0", "5.0.0"] {
            let libs = target.path().join("kafka").join(version).join("libs");
            fs::create_dir_all(&libs).unwrap();
            // One is not whole.
            if version != "5.0.0" {
                fs::write(libs.join(format!("kafka_2.13-{version}.jar")), "").unwrap();
            }
        }
        for program in ["debug/eventscope", "release/deps/eventscope-1"] {
            let found = fetched_beside(&target.path().join(program)).unwrap();
            assert_eq!(found, target.path().join("kafka/4.10.0/libs"));
        }
        assert_eq!(
            fetched_beside(Path::new("/nowhere/at/all/eventscope")),
            None
        );
    }
}
