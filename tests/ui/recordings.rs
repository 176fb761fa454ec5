//! Recordings: the list, what is recorded now, what an opened one offers, and the way to the sample.

use std::path::{Path, PathBuf};
use std::time::SystemTime;

use chrono::DateTime;
use eventscope::event::picture::{Destination, Picture};
use eventscope::protocol::{DeskCommand, RecordingNow, ShelfCommand, ShelfUpdate};
use eventscope::recording::shelf::ShelfFile;
use eventscope::recording::{AboutRecording, RecordingState, ShelfEntry};
use eventscope::state::Action;
use eventscope::state::recordings::RecordingAction;

use super::super::*;

const SECOND: SourceId = SourceId(2);

pub(crate) fn entry(name: &str, events: u64) -> ShelfEntry {
    let at = |second| DateTime::from_timestamp(second, 0).expect("a time");
    ShelfEntry {
        file: ShelfFile {
            path: PathBuf::from(format!("/recordings/{name}.eventscope")),
            bytes: 1_500_000,
            changed: SystemTime::UNIX_EPOCH,
        },
        about: Ok(AboutRecording {
            made_by: "eventscope 0.1.0".into(),
            begun_at: at(1_790_000_000),
            seen_until: at(1_790_000_600),
            ended_at: Some(at(1_790_000_600)),
            events,
            bytes: 1_000_000,
        }),
        places: vec!["shop.example:5672 /".into()],
    }
}

pub(crate) fn shelf(window: &mut Window, update: ShelfUpdate) {
    window.tell(Update::Desk(DeskUpdate::Shelf(update)));
}

/// The recording of this path stands as this source.
pub(crate) fn opened(window: &mut Window, source: SourceId, path: &Path) {
    let link = Link::Connected {
        address: Address::Recording(path.to_owned()),
        server: Server::Other("recording, 2 events".into()),
        abilities: Abilities {
            watch: true,
            replay: true,
            topology: true,
            ..Abilities::default()
        },
    };
    window.tell(Update::Source(source, SourceUpdate::Link(link)));
    let destinations = ["*", "shop.events"].map(|name| Destination {
        name: name.to_owned(),
        is_open: false,
        partitions: 0,
    });
    let picture = Picture {
        destinations: destinations.to_vec(),
        ..Picture::default()
    };
    window.tell(Update::Source(source, SourceUpdate::Picture(picture)));
}

fn asked(window: &Window) -> ShelfCommand {
    match window.commands.borrow().last() {
        Some(Command::Desk(DeskCommand::Shelf(command))) => command.clone(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_sample_is_the_first_look_and_is_read_by_itself() {
    let mut window = Window::new();
    window.press("Open the sample recording");
    assert!(matches!(
        window.take_last(),
        Command::Desk(DeskCommand::OpenSampleRecording(SourceId::FIRST))
    ));
    let path = Path::new("/data/sample.eventscope");
    opened(&mut window, SourceId::FIRST, path);
    let commands = window.commands.borrow();
    let taps = commands.iter().filter_map(|command| match command {
        Command::Source(_, SourceCommand::StartTap(request)) => Some(request.clone()),
        _ => None,
    });
    let taps: Vec<_> = taps.collect();
    assert_eq!(taps.len(), 1);
    assert_eq!(
        (taps[0].destination.as_str(), taps[0].keys.as_slice()),
        ("*", &["#".to_owned()][..])
    );
    let schemas = commands.last();
    assert!(matches!(
        schemas,
        Some(Command::Desk(DeskCommand::OpenSampleSchemas))
    ));
    drop(commands);
    // It can only be read, and the screens say so.
    window.tab("Publish");
    window.assert_sees("Nothing is published here");
    window.tab("Dead letters");
    window.assert_sees("No dead letters here");
}

#[test]
fn a_file_that_is_dropped_or_named_opens_beside_what_is_open() {
    let mut window = Window::connected();
    let path = PathBuf::from("/x/a.eventscope");
    let open = Action::Recording(RecordingAction::Open(path.clone()));
    window.harness.state_mut().act(open.clone());
    window.frames();
    let Command::Source(SECOND, SourceCommand::Connect(address)) = window.take_last() else {
        panic!("it was not opened")
    };
    assert_eq!(address, Address::Recording(path.clone()));
    opened(&mut window, SECOND, &path);
    window.press("localhost:5672");
    // It is open already: it comes to the front.
    window.harness.state_mut().act(open);
    window.frames();
    assert_eq!(window.harness.state().state().front.id, SECOND);
    assert_eq!(window.harness.state().state().sources().len(), 2);
}

#[test]
fn an_empty_folder_says_what_to_do() {
    let mut window = Window::connected();
    window.tab("Recordings");
    assert_eq!(asked(&window), ShelfCommand::List);
    shelf(&mut window, ShelfUpdate::List(Ok(Vec::new())));
    window.assert_sees("Nothing was recorded yet");
    window.assert_sees("Open recording…");
    shelf(
        &mut window,
        ShelfUpdate::List(Err("it may not be read".into())),
    );
    window.assert_sees("it may not be read");
}

#[test]
fn recording_begins_takes_notes_ends_and_says_what_went_wrong() {
    let mut window = Window::connected();
    window.tab("Recordings");
    shelf(&mut window, ShelfUpdate::List(Ok(Vec::new())));
    window.press("Record");
    assert_eq!(asked(&window), ShelfCommand::Record);
    let now = |since, events, problem: Option<&str>| {
        ShelfUpdate::Recording(RecordingNow {
            since,
            state: RecordingState {
                events,
                missed: 0,
                path: Some("/recordings/now.eventscope".into()),
                problem: problem.map(str::to_owned),
            },
        })
    };
    shelf(&mut window, now(Some(Utc::now()), 1_234, None));
    window.assert_sees("Recording into /recordings/now.eventscope: 1,234 events");
    window.type_into("Note", "Deployed 2.4");
    window.press("Add note");
    assert_eq!(asked(&window), ShelfCommand::Note("Deployed 2.4".into()));
    // A screen of its own is not needed to see that.
    window.tab("Live");
    window.assert_sees("recorded 1,234");
    window.tab("Recordings");
    window.press("Stop recording");
    assert_eq!(asked(&window), ShelfCommand::StopRecording);
    shelf(
        &mut window,
        now(None, 1_300, Some("There is no room left on the disk")),
    );
    window.assert_sees("There is no room left on the disk");
    window.press("Record");
}

#[test]
fn a_recording_is_chosen_opened_and_deleted_after_a_question() {
    let mut window = Window::connected();
    window.tab("Recordings");
    let mut broken = entry("broken", 0);
    broken.about = Err("It is no recording of Eventscope".into());
    let list = vec![entry("monday", 1_200), broken];
    shelf(&mut window, ShelfUpdate::List(Ok(list)));
    window.assert_sees("It is no recording of Eventscope");
    let item = window
        .all()
        .into_iter()
        .find(|label| label.starts_with("monday: shop.example:5672 /"))
        .expect("its line");
    assert!(
        item.contains("1,200 events") && item.contains("1.5 MB"),
        "{item}"
    );
    window.click(Role::ListItem, &item);
    window.assert_sees("eventscope 0.1.0");
    window.press("Delete…");
    window.press("Keep it");
    window.press("Delete…");
    window.press("Delete recording");
    let path = PathBuf::from("/recordings/monday.eventscope");
    assert_eq!(asked(&window), ShelfCommand::Delete(path.clone()));
    window.press("Open");
    let Command::Source(SECOND, SourceCommand::Connect(address)) = window.take_last() else {
        panic!("it was not opened")
    };
    assert_eq!(address, Address::Recording(path));
}

#[test]
fn what_recordings_may_take_up_and_who_is_spared_is_set() {
    let mut window = Window::connected();
    window.tab("Recordings");
    window
        .harness
        .get_by_label("Settings of recordings")
        .click();
    window.frames();
    window.click(Role::CheckBox, "Record from the first second");
    assert!(window.harness.state().state().recordings.from_start);
    window
        .harness
        .state_mut()
        .forms_mut()
        .recordings
        .days
        .clear();
    window.frames();
    window.type_into("Days", "30");
    let ShelfCommand::Limit(limits) = asked(&window) else {
        panic!("no limits were told")
    };
    assert_eq!((limits.bytes, limits.days()), (2_000_000_000, 30));
    window.type_into("Keep at most", "x");
    window.assert_sees("must be a number of gigabytes");
    window.click(Role::CheckBox, "Do not record localhost:5672");
    assert_eq!(
        asked(&window),
        ShelfCommand::Spare {
            source: SourceId::FIRST,
            is_spared: true
        }
    );
    assert!(window.harness.state().state().saved_connections()[0].is_spared);
}

#[test]
fn who_is_not_to_be_recorded_is_told_before_the_connection_is_made() {
    let mut window = Window::new();
    window.click(Role::CheckBox, "Do not record");
    window.press("Connect");
    let commands = window.commands.borrow();
    let [.., spare, connect] = commands.as_slice() else {
        panic!("{commands:?}")
    };
    assert!(matches!(
        spare,
        Command::Desk(DeskCommand::Shelf(ShelfCommand::Spare {
            is_spared: true,
            ..
        }))
    ));
    assert!(matches!(
        connect,
        Command::Source(_, SourceCommand::Connect(_))
    ));
}
