//! An opened recording over its time, and the dialogs that export, replay and compare recordings.

use std::path::{Path, PathBuf};

use chrono::DateTime;
use eventscope::analysis::census::{CensusDifference, DifferenceKind, DifferenceLine};
use eventscope::event::start_from::StartFrom;
use eventscope::event::tap_id::TapId;
use eventscope::protocol::{
    CompareCommand, CompareUpdate, DeskCommand, ExportCommand, ExportUpdate, ShelfUpdate,
};
use eventscope::recording::export::{ExportForm, ExportFrom, ExportSum, MaskedPair};
use eventscope::recording::reader::RecordedNote;
use eventscope::recording::replay::{ReplayPace, ReplayTally};
use eventscope::recording::{Outline, WrittenGap};
use eventscope::state::Action;
use eventscope::state::recordings::RecordingAction;
use eventscope::state::recordings::comparing::{CompareAction, CompareSide};
use eventscope::state::recordings::exporting::ExportAction;
use eventscope::state::recordings::replaying::ReplayAction;

use super::super::*;
use super::recordings::{entry, opened, shelf};

const PATH: &str = "/x/orders.eventscope";

fn at(second: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_790_000_000 + second, 0).expect("a time")
}

fn desk(window: &mut Window, update: DeskUpdate) {
    window.tell(Update::Desk(update));
}

/// A recording of a hundred events, one a second, of which the first twenty were read; gives its tap.
fn open_recording(window: &mut Window) -> TapId {
    let open = Action::Recording(RecordingAction::Open(PATH.into()));
    window.harness.state_mut().act(open);
    let outline = Outline {
        knots: (0..100_u64)
            .map(|n| (n + 1, at(i64::try_from(n).unwrap_or(0)).timestamp_millis()))
            .collect(),
        gaps: vec![(
            50,
            WrittenGap {
                from: at(50),
                to: at(52),
                place: None,
                events: None,
                why: "The connection was lost".into(),
            },
        )],
        notes: vec![RecordedNote {
            written_at: at(10),
            event: Some(11),
            words: "Deployed 2.4".into(),
        }],
        last: 100,
    };
    let source = window.harness.state().state().front.id;
    opened(window, source, Path::new(PATH));
    window.tell(Update::Source(
        source,
        SourceUpdate::Outline {
            events: None,
            outline: Box::new(outline),
        },
    ));
    let tap = started(window).0;
    let events: Vec<Arc<Event>> = (0..20)
        .map(|n| {
            let mut one = (*event("order.created", "{}")).clone();
            one.received_at = at(n);
            Arc::new(one)
        })
        .collect();
    window.receive(tap, &events);
    let covered = SourceUpdate::Covered {
        tap,
        from: 1,
        to: 20,
    };
    window.tell(Update::Source(source, covered));
    tap
}

/// The tap that was started last, and where it begins.
fn started(window: &Window) -> (TapId, StartFrom) {
    let commands = window.commands.borrow();
    let mut taps = commands.iter().filter_map(|command| match command {
        Command::Source(_, SourceCommand::StartTap(request)) => {
            Some((request.tap, request.reading.from))
        }
        _ => None,
    });
    taps.next_back().expect("a tap")
}

#[test]
fn an_opened_recording_is_gone_through_by_its_marks_and_its_slider() {
    let mut window = Window::new();
    open_recording(&mut window);
    window
        .harness
        .get_by_role_and_label(Role::Slider, "Position");
    window.assert_sees("Events 1 to 20 of 100 are read");
    window.press("Next mark");
    window.assert_sees("Deployed 2.4");
    let state = window.harness.state().state();
    let selected = state.live.selection.event().map(|event| event.received_at);
    assert_eq!(selected, Some(at(10)), "the row at the mark is selected");
    // The next one was not read: it is read from there.
    window.press("Next mark");
    let (_, from) = started(&window);
    assert_eq!(from, StartFrom::Offset(51));
    window.assert_sees("The connection was lost");
}

#[test]
fn more_of_a_recording_is_read_and_a_part_is_looked_at_closely() {
    let mut window = Window::new();
    open_recording(&mut window);
    window.press("Zoom in");
    assert!(matches!(
        window.take_last(),
        Command::Source(_, SourceCommand::Outline((1, to))) if to < 60
    ));
    window.press("Whole recording");
    window.press("Read on");
    assert_eq!(started(&window).1, StartFrom::Offset(21));
}

#[test]
fn a_note_is_written_at_the_position() {
    let mut window = Window::new();
    open_recording(&mut window);
    window.press("Next mark");
    window.press("Add note…");
    window.type_into("Words", "here it began");
    window.press("Write note");
    let Command::Source(
        _,
        SourceCommand::AddNote {
            at: when,
            event,
            words,
        },
    ) = window.take_last()
    else {
        panic!("no note was written")
    };
    assert_eq!(
        (when, event, words.as_str()),
        (at(10), Some(11), "here it began")
    );
}

#[test]
fn what_is_kept_is_exported_masked_and_previewed() {
    let mut window = Window::connected();
    let tap = start_tap(&mut window);
    window.receive(
        tap,
        &[event("order.created", r#"{"mail":"ada@example.com"}"#)],
    );
    window.press("Export…");
    window.frames();
    window.click(Role::RadioButton, "CSV");
    window.click(Role::CheckBox, "E-mail addresses");
    window.type_into("Places", "/mail");
    window.press("Preview masking");
    let Command::Desk(DeskCommand::Export(ExportCommand::Preview { request, order })) =
        window.take_last()
    else {
        panic!("no preview was asked for")
    };
    assert_eq!(order.masks, ["emails", "/mail"]);
    assert_eq!(order.form, ExportForm::Csv);
    let pairs = vec![MaskedPair {
        before: "ada@example.com".into(),
        after: "x7k2@mask.invalid".into(),
    }];
    let result = Ok(pairs);
    desk(
        &mut window,
        DeskUpdate::Export(ExportUpdate::Preview { request, result }),
    );
    window.assert_sees("x7k2@mask.invalid");
    // The file dialog is the desktop's.
    let begin = Action::Export(ExportAction::Begin {
        path: "/x/out.csv".into(),
        replaces: false,
    });
    window.harness.state_mut().act(begin);
    window.frames();
    let Command::Desk(DeskCommand::Export(ExportCommand::Begin { request, order, .. })) =
        window.take_last()
    else {
        panic!("nothing was exported")
    };
    let ExportFrom::Log(part) = &order.from else {
        panic!("{order:?}")
    };
    assert_eq!(part.segments.len(), 1);
    let at = ExportUpdate::At {
        request,
        done: 1,
        total: 4,
    };
    desk(&mut window, DeskUpdate::Export(at));
    window.assert_sees("1 of 4 events");
    window.press("Stop export");
    let stopped = Err("It was stopped before its end".to_owned());
    let done = |request, result| DeskUpdate::Export(ExportUpdate::Done { request, result });
    desk(&mut window, done(request, stopped));
    window.assert_sees("It was stopped before its end");
    window
        .harness
        .state_mut()
        .act(Action::Export(ExportAction::Begin {
            path: "/x/out.csv".into(),
            replaces: false,
        }));
    let Command::Desk(DeskCommand::Export(ExportCommand::Begin { request, .. })) =
        window.take_last()
    else {
        panic!("nothing was exported")
    };
    let sum = ExportSum {
        events: 1,
        ..ExportSum::default()
    };
    desk(&mut window, done(request, Ok(sum)));
    window.assert_sees("1 event written to /x/out.csv");
    assert!(!window.sees("Export events"));
}

#[test]
#[expect(
    clippy::too_many_lines,
    reason = "one replay from its question to its report"
)]
fn a_recording_is_replayed_to_another_destination_and_reported() {
    let mut window = Window::connected();
    window
        .harness
        .state_mut()
        .act(Action::Replay(ReplayAction::Ask(PATH.into())));
    window.frames();
    let found = Ok(vec!["shop.events".to_owned()]);
    let path = PathBuf::from(PATH);
    shelf(&mut window, ShelfUpdate::Destinations { path, found });
    let destination = |window: &mut Window, name: &str| {
        window
            .harness
            .state_mut()
            .forms_mut()
            .replay
            .destination
            .clear();
        window.frames();
        window.type_into("Destination", name);
    };
    // What is not there is not sent to.
    window.press("Start replay");
    window.assert_sees("has no destination named shop.events.replay");
    destination(&mut window, "shop.events");
    window.press("Start replay");
    window.assert_sees("type its name once more");
    window.type_into("Type its name once more", "shop.events");
    window.click(Role::RadioButton, "As fast as it is confirmed");
    window.click(Role::CheckBox, "Each event twice");
    window.press("Start replay");
    let sent = window.take_last();
    let Command::Source(SourceId::FIRST, SourceCommand::Replay { request, order }) = sent else {
        panic!("{sent:?} was sent")
    };
    assert_eq!(
        (order.destination.as_str(), order.pace),
        ("shop.events", ReplayPace::AsConfirmed)
    );
    assert!(order.trial.twice);
    window.assert_sees(&format!("Seed {}", order.seed));
    let tally = |position, confirmed| ReplayTally {
        recorded: 100,
        position,
        confirmed,
        second: confirmed / 2,
        ..ReplayTally::default()
    };
    let tell = |window: &mut Window, update| window.tell(Update::Source(SourceId::FIRST, update));
    tell(
        &mut window,
        SourceUpdate::ReplayAt {
            request,
            tally: tally(40, 80),
        },
    );
    window.assert_sees("40 of 100 events");
    window.press("Pause replay");
    assert!(matches!(
        window.take_last(),
        Command::Source(_, SourceCommand::PauseJob { pause: true, .. })
    ));
    window.press("Resume replay");
    window.press("Stop replay");
    assert!(matches!(
        window.take_last(),
        Command::Source(_, SourceCommand::StopJob(own)) if own == request
    ));
    // The bar at the bottom leads back to it.
    window.press("Close");
    assert!(!window.sees("Replay a recording"));
    window.assert_sees("Replay of orders");
    tell(
        &mut window,
        SourceUpdate::ReplayDone {
            request,
            tally: Some(tally(50, 100)),
            problem: Some("Stopped".into()),
        },
    );
    window.assert_sees("Not all of it was confirmed");
    window.assert_sees("100 events confirmed");
    window.assert_sees("No dead-letter queue has grown");
    window.press("Replay again…");
    window.press("Close");
    assert!(!window.sees("Replay a recording"));
}

#[test]
fn two_recordings_are_compared() {
    let mut window = Window::connected();
    window.tab("Recordings");
    let list = vec![entry("before", 10), entry("after", 20)];
    shelf(&mut window, ShelfUpdate::List(Ok(list)));
    window.press("Compare…");
    for (which, name) in [(0, "before"), (1, "after")] {
        let path = PathBuf::from(format!("/recordings/{name}.eventscope"));
        let choose = CompareAction::Choose(which, CompareSide::File(path));
        window.harness.state_mut().act(Action::Compare(choose));
    }
    window.frames();
    window.press("Compare");
    let Command::Desk(DeskCommand::Compare(CompareCommand::Begin { request, sides, .. })) =
        window.take_last()
    else {
        panic!("nothing was compared")
    };
    assert!(matches!(&sides[1], ExportFrom::File(path) if path.ends_with("after.eventscope")));
    let line = DifferenceLine {
        name: "shop.events order.refunded".into(),
        events: (0, 7),
        rates: None,
    };
    let difference = CensusDifference {
        sides: [(10, 60.0), (20, 60.0)],
        lines: vec![(DifferenceKind::NewKey, vec![line])],
        is_cut: false,
    };
    let result = Ok(Box::new(difference));
    desk(
        &mut window,
        DeskUpdate::Compare(CompareUpdate::Done { request, result }),
    );
    window.assert_sees("New keys (1)");
    window.assert_sees("shop.events order.refunded");
    window.press("Close");
    assert!(!window.sees("Compare recordings"));
}
