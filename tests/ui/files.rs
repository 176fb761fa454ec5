//! What a person saves as a file: the broker side writes it, the window tells how that went.

use std::path::Path;
use std::time::{Duration, Instant};

use eventscope::drivers::{self, Options};
use eventscope::state::Action;
use eventscope::state::files::FileToSave;

use super::super::*;
use eventscope::protocol::DeskCommand;

fn save(path: &Path) -> Action {
    Action::SaveFile(FileToSave {
        what: "payload",
        path: path.to_owned(),
        replaces: true,
        bytes: b"{\"a\": 1}".to_vec(),
    })
}

/// Saves with a real broker side behind the window, and gives the notice that follows.
fn saved(path: &Path) -> (Gravity, String) {
    saved_by(save(path))
}

fn saved_by(action: Action) -> (Gravity, String) {
    let (handle, updates) = drivers::start(|| {}, Options::default()).expect("threads");
    let mut harness = Harness::builder().build_eframe(move |cc| {
        let wire = Wire {
            send: Box::new(move |command| handle.send(command)),
            updates,
        };
        App::new(&cc.egui_ctx, wire, Settings::default(), None)
    });
    harness.state_mut().act(action);
    let until = Instant::now() + Duration::from_secs(20);
    loop {
        harness.step();
        let notices = &harness.state().state().notices;
        if let Some(entry) = notices.entries().last() {
            return (entry.gravity, entry.words.clone());
        }
        assert!(Instant::now() < until, "nothing was said of the file");
        std::thread::yield_now();
    }
}

#[test]
fn a_file_is_written_and_that_is_told() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("order.json");
    let (gravity, words) = saved(&path);
    let expected = format!("The payload was saved as {}", path.display());
    assert_eq!((gravity, words), (Gravity::Info, expected));
    assert_eq!(std::fs::read(path).expect("the file"), b"{\"a\": 1}");
}

#[test]
fn a_folder_that_cannot_be_written_to_is_told_of() {
    let folder = tempfile::tempdir().expect("a folder");
    // Whoever runs this may be allowed everything, but a file is no folder for anybody.
    let file = folder.path().join("file");
    std::fs::write(&file, "").expect("a file");
    let path = file.join("order.json");
    let (gravity, words) = saved(&path);
    assert_eq!(gravity, Gravity::Error);
    let what = format!("The payload was not saved as {}. ", path.display());
    assert!(words.starts_with(&what), "{words}");
    assert!(words.contains("Choose a folder"), "{words}");
}

#[test]
fn where_things_lie_is_told_by_the_broker_side() {
    let folder = tempfile::tempdir().expect("a folder");
    let options = Options {
        journal_dir: Some(folder.path().to_owned()),
        ..Options::default()
    };
    let (_handle, updates) = drivers::start(|| {}, options).expect("threads");
    let first = updates.recv_timeout(Duration::from_secs(20));
    let Ok(Update::Desk(DeskUpdate::Places(places))) = first else {
        panic!("{first:?}")
    };
    assert_eq!(places.journal, Some(folder.path().join("journal.sqlite")));
    let schemas = folder.path().join("sample-schemas");
    assert_eq!(places.sample_schemas, Some(schemas));
}

#[test]
fn the_window_shows_why_a_file_was_not_saved() {
    let mut window = Window::connected();
    window
        .harness
        .state_mut()
        .act(save(Path::new("/full/order.json")));
    let request = match window.commands.borrow().last() {
        Some(Command::Desk(DeskCommand::SaveFile { request, bytes, .. })) => {
            assert_eq!(bytes, b"{\"a\": 1}");
            *request
        }
        other => panic!("not saved: {other:?}"),
    };
    let result = Err("Make room on the disk".to_owned());
    window.tell(Update::Desk(DeskUpdate::Saved { request, result }));
    assert!(window.sees("The payload was not saved as /full/order.json. Make room on the disk"));
}

#[test]
fn a_typed_path_replaces_no_file() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("order.json");
    std::fs::write(&path, "mine").expect("a file");
    let Action::SaveFile(file) = save(&path) else {
        panic!("a file is saved")
    };
    let (gravity, words) = saved_by(Action::SaveFile(FileToSave {
        replaces: false,
        ..file
    }));
    assert_eq!(gravity, Gravity::Error);
    assert!(
        words.contains("There is a file of that name already"),
        "{words}"
    );
    assert_eq!(std::fs::read(path).expect("the file"), b"mine");
}
