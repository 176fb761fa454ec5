//! Clearing the folders of apps that have ended, and no others.

use std::fs::File;

use super::*;
use crate::drivers::rabbitmq::sandbox::folder::Folder;

/// Makes a file or folder look as if nothing had happened there for two hours.
fn grow_old(path: &Path) {
    let then = SystemTime::from(chrono::Utc::now()) - Duration::from_hours(2);
    File::open(path).unwrap().set_modified(then).unwrap();
}

#[test]
fn only_dead_sandbox_folders_are_cleared_away() {
    let parent = tempfile::tempdir().unwrap();
    let dir = |name: &str| parent.path().join(name);
    let living = Folder::open(&dir("sandbox-aaaaaaaaaaaa")).unwrap();
    grow_old(&living.path().join(CONSOLE));
    for name in [
        "sandbox-dddddddddddd",
        "sandbox-not-ours",
        "sandbox-222222222222",
    ] {
        drop(Folder::open(&dir(name)).unwrap());
    }
    grow_old(&dir("sandbox-dddddddddddd").join(CONSOLE));
    grow_old(&dir("sandbox-not-ours").join(CONSOLE));
    for name in ["sandbox-eeeeeeeeeeee", "sandbox-ffffffffffff", "recordings"] {
        fs::create_dir(dir(name)).unwrap();
    }
    grow_old(&dir("sandbox-eeeeeeeeeeee"));
    fs::write(dir("sandbox-ffffffffffff").join("letter"), "not yours").unwrap();
    grow_old(&dir("sandbox-ffffffffffff"));

    remove_dead_in(parent.path(), &dir("sandbox-111111111111"));

    let mut left: Vec<String> = children(parent.path())
        .iter()
        .map(|path| path.file_name().unwrap().to_string_lossy().into_owned())
        .collect();
    left.sort_unstable();
    let expected = [
        "recordings",
        "sandbox-222222222222", // too young to be called dead
        "sandbox-aaaaaaaaaaaa", // locked
        "sandbox-ffffffffffff", // holds something else
        "sandbox-not-ours",
    ];
    assert_eq!(left, expected);
}

#[test]
fn a_child_process_keeps_the_folder_alive_without_the_app() {
    let parent = tempfile::tempdir().unwrap();
    let folder = Folder::open(&parent.path().join("sandbox-a")).unwrap();
    let console = folder.path().join(CONSOLE);
    let mut child = std::process::Command::new("sleep")
        .arg("20")
        .stdout(folder.console().unwrap())
        .spawn()
        .unwrap();
    drop(folder);
    assert!(!is_unlocked(&console));
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(is_unlocked(&console));
}

#[test]
fn default_folders_differ() {
    if let (Some(one), Some(other)) = (default_data_dir(), default_data_dir()) {
        assert_ne!(one, other);
        assert_eq!(one.parent(), other.parent());
    }
}
