//! The folder of schemas: read, watched and written, without a broker.

use std::fs;
use std::sync::Arc;
use std::time::Duration;

use eventscope::drivers::{self, Options};
use eventscope::protocol::{Command, DeskCommand, DeskUpdate, Update};
use eventscope::schema::Catalog;

type Told = Result<Arc<Catalog>, String>;

fn next(updates: &crossbeam_channel::Receiver<Update>) -> Told {
    loop {
        let update = updates.recv_timeout(Duration::from_secs(20));
        if let Update::Desk(DeskUpdate::Schemas(told)) = update.expect("the folder is told of") {
            return told;
        }
    }
}

fn versions(catalog: &Catalog, name: &str) -> Vec<String> {
    let one = catalog.get(name).expect("the type");
    one.versions
        .iter()
        .map(|version| version.version.clone())
        .collect()
}

#[test]
fn what_others_write_into_the_folder_is_seen_and_what_we_write_too() {
    let folder = tempfile::tempdir().expect("a folder");
    fs::create_dir(folder.path().join("order.created")).expect("a folder");
    fs::write(folder.path().join("order.created/1.schema.json"), "{}").expect("a file");
    let (handle, updates) = drivers::start(|| {}, Options::default()).expect("the broker side");
    handle
        .send(Command::Desk(DeskCommand::OpenSchemas(
            folder.path().into(),
        )))
        .expect("sent");
    assert_eq!(
        versions(&next(&updates).expect("read"), "order.created"),
        ["1"]
    );
    fs::write(folder.path().join("order.created/2.schema.json"), "{}").expect("a file");
    assert_eq!(
        versions(&next(&updates).expect("read"), "order.created"),
        ["1", "2"]
    );
    let save = |version: &str| {
        Command::Desk(DeskCommand::SaveSchema {
            folder: folder.path().into(),
            event_type: "order.created".into(),
            version: version.into(),
            text: "{}".into(),
        })
    };
    handle.send(save("3")).expect("sent");
    assert_eq!(
        versions(&next(&updates).expect("read"), "order.created"),
        ["1", "2", "3"]
    );
    let gone = folder.path().join("elsewhere");
    handle
        .send(Command::Desk(DeskCommand::OpenSchemas(gone)))
        .expect("sent");
    loop {
        // The watch of the folder before may have told once more.
        if let Err(words) = next(&updates) {
            assert!(words.contains("elsewhere"), "{words}");
            break;
        }
    }
}
