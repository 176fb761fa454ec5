//! The data folder of a sandbox: private, locked, cleaned up after dead neighbours.

use super::*;

fn scratch() -> tempfile::TempDir {
    tempfile::tempdir().unwrap()
}

#[test]
fn two_sandboxes_cannot_share_a_folder() {
    let parent = scratch();
    let dir = parent.path().join("sandbox-a");
    let _first = Folder::open(&dir).unwrap();
    assert!(matches!(
        Folder::open(&dir),
        Err(SandboxError::InUse { .. })
    ));
}

#[test]
fn the_password_is_kept_with_the_folder() {
    let parent = scratch();
    let dir = parent.path().join("sandbox-a");
    let first = Folder::open(&dir).unwrap().password().to_owned();
    assert!(first.len() >= 32);
    assert_eq!(Folder::open(&dir).unwrap().password(), first);
}

#[test]
fn a_folder_is_for_its_owner_only() {
    let parent = scratch();
    let folder = Folder::open(&parent.path().join("sandbox-a")).unwrap();
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(folder.path()), 0o700);
    assert_eq!(mode(&folder.path().join("password")), 0o600);
    assert_eq!(mode(&folder.path().join(".erlang.cookie")), 0o400);
}

#[test]
fn a_folder_with_other_things_is_refused_and_left_alone() {
    let parent = scratch();
    fs::write(parent.path().join("letter"), "mine").unwrap();
    fs::set_permissions(parent.path(), fs::Permissions::from_mode(0o755)).unwrap();
    assert!(matches!(
        Folder::open(parent.path()),
        Err(SandboxError::Folder { .. })
    ));
    assert_eq!(
        fs::metadata(parent.path()).unwrap().permissions().mode() & 0o777,
        0o755
    );
}

#[test]
fn the_tail_is_the_last_lines() {
    let parent = scratch();
    let folder = Folder::open(&parent.path().join("sandbox-a")).unwrap();
    assert_eq!(folder.log_tail(), "(nothing)");
    let lines: Vec<String> = (0..900).map(|n| format!("line {n}\n")).collect();
    let text = lines.join("\n");
    fs::write(folder.log_file(), text).unwrap();
    let tail = folder.log_tail();
    assert!(
        tail.starts_with("line 894\n") && tail.ends_with("line 899"),
        "{tail}"
    );
}

#[test]
fn terminal_titles_are_cut_out_of_a_line() {
    let line = "\u{1b}]2;node booting\u{7}first\u{1b}]2;node\u{7} second\t";
    assert_eq!(without_titles(line), "first second");
}
