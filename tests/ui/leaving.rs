//! Closing the window while messages are moved, and what every screen says of that.

use eframe::egui::accesskit::Role;
use eframe::egui::{ViewportCommand, ViewportEvent, ViewportId};
use egui_kittest::kittest::Queryable as _;
use eventscope::event::source_id::SourceId;
use eventscope::protocol::{Command, MoveOutcome, SourceCommand, SourceUpdate, Update, Which};

use crate::{Window, peek};

/// As the window manager asks; gives what the window answered in that frame and those after it.
fn close(window: &mut Window) -> Vec<ViewportCommand> {
    let input = window.harness.input_mut();
    let root = input.viewports.get_mut(&ViewportId::ROOT);
    root.expect("the window").events.push(ViewportEvent::Close);
    commands(window)
}

fn commands(window: &mut Window) -> Vec<ViewportCommand> {
    let mut all = Vec::new();
    for _ in 0..4 {
        window.harness.step();
        let output = window.harness.output();
        let root = output.viewport_output.get(&ViewportId::ROOT);
        all.extend(root.expect("the window").commands.iter().cloned());
    }
    all
}

/// Two messages are being sent again.
fn resending() -> (
    Window,
    eventscope::protocol::RequestId,
    Vec<eventscope::event::Fingerprint>,
) {
    let mut window = Window::connected();
    peek(&mut window, &["1", "2"]);
    window.click(Role::CheckBox, "Mark all");
    window.in_resend_menu("Resend 2 unchanged");
    let Command::Source(
        _,
        SourceCommand::Resend {
            request,
            which: Which::These(orders),
            ..
        },
    ) = window.take_last()
    else {
        panic!("no resend")
    };
    let originals = orders.iter().map(|order| order.original).collect();
    (window, request, originals)
}

fn done(window: &mut Window, request: eventscope::protocol::RequestId) {
    let problem = None;
    window
        .updates
        .send(Update::Source(
            SourceId::FIRST,
            SourceUpdate::JobDone {
                request,
                problem,
                sum: None,
            },
        ))
        .expect("the window");
}

#[test]
fn the_window_closes_at_once_when_nothing_is_under_way() {
    let mut window = Window::connected();
    let answered = close(&mut window);
    assert!(
        !answered.contains(&ViewportCommand::CancelClose),
        "{answered:?}"
    );
}

#[test]
fn closing_in_a_resend_asks_and_can_wait_for_its_end() {
    let (mut window, request, originals) = resending();
    let answered = close(&mut window);
    assert!(
        answered.contains(&ViewportCommand::CancelClose),
        "{answered:?}"
    );
    window.assert_sees("Messages are being moved. Quit?");
    window.assert_sees("orders.dead: Resending: 0 of 2");
    window.press("Cancel");
    assert!(!window.sees("Messages are being moved"));
    close(&mut window);
    window.press("Finish, then quit");
    window.assert_sees("Will quit when all is done");
    for original in originals {
        window.tell(Update::Source(
            SourceId::FIRST,
            SourceUpdate::Moved {
                request,
                moved: vec![(original, MoveOutcome::Resent)],
            },
        ));
    }
    done(&mut window, request);
    let said = commands(&mut window);
    assert!(said.contains(&ViewportCommand::Close), "{said:?}");
    // The window manager's answer to that is not asked about again.
    let answered = close(&mut window);
    assert!(
        !answered.contains(&ViewportCommand::CancelClose),
        "{answered:?}"
    );
}

#[test]
fn stop_and_quit_stops_the_job_first() {
    let (mut window, request, _) = resending();
    close(&mut window);
    window.press("Stop and quit");
    let Command::Source(_, SourceCommand::StopJob(stopped)) = window.take_last() else {
        panic!("nothing was stopped")
    };
    assert_eq!(stopped, request);
    window.assert_sees("Quit at once");
    done(&mut window, request);
    let said = commands(&mut window);
    assert!(said.contains(&ViewportCommand::Close), "{said:?}");
}

#[test]
fn every_screen_shows_what_runs_and_leads_to_it() {
    let (mut window, request, originals) = resending();
    window.tab("Live");
    window.tell(Update::Source(
        SourceId::FIRST,
        SourceUpdate::Moved {
            request,
            moved: vec![(originals[0], MoveOutcome::Resent)],
        },
    ));
    window.press("orders.dead: 1 of 2");
    window.assert_sees("Resending: 1 of 2");
    window.tab("Publish");
    done(&mut window, request);
    window.frames();
    let chip = "orders.dead: 1 of 2";
    let chip = window.harness.query_by_role_and_label(Role::Button, chip);
    assert!(chip.is_none());
    window.assert_sees("1 notice");
}

#[test]
fn an_edit_that_was_not_sent_is_named_on_the_way_out() {
    let mut window = Window::connected();
    peek(&mut window, &["1", "2"]);
    let row = window.rows().remove(0);
    window.click(Role::Row, &row);
    window.type_into("Payload", " ");
    let rows = window.rows();
    window.click(Role::Row, &rows[1]);
    assert!(
        window.rows()[0].contains("edited · "),
        "{:?}",
        window.rows()
    );
    window.click(Role::CheckBox, "Mark all");
    window.in_resend_menu("Resend 2 · 1 edited");
    assert!(window.last().contains("Resend"));
    let mut window = Window::connected();
    peek(&mut window, &["1", "2"]);
    let row = window.rows().remove(0);
    window.click(Role::Row, &row);
    window.type_into("Payload", " ");
    close(&mut window);
    window.assert_sees("1 edit of dead letters was not sent");
    window.press("Quit");
    let said = commands(&mut window);
    // The click's own frames may have said it already.
    assert!(said.contains(&ViewportCommand::Close) || window.harness.state().state().quits);
}

#[test]
fn closing_in_a_series_asks_and_goes_when_it_ends() {
    let mut window = Window::sized(1280.0, 1_900.0);
    window.connect();
    window.tab("Publish");
    window.type_into("Routing key", "order.created");
    window.type_into("Payload", "{}");
    window.harness.get_by_label("Publish many times").click();
    window.frames();
    window.press("Publish series");
    let Command::Source(source, SourceCommand::PublishSeries { request, .. }) = window.take_last()
    else {
        panic!("no series")
    };
    window.tab("Live");
    // Every screen says so, and leads to it.
    window.press("Series order.created: 0 of 10");
    window.assert_sees("Publish a test event");
    close(&mut window);
    window.assert_sees("A series is being published. Quit?");
    window.press("Stop and quit");
    let Command::Source(_, SourceCommand::StopJob(stopped)) = window.take_last() else {
        panic!("not stopped")
    };
    assert_eq!(stopped, request);
    let update = SourceUpdate::SeriesDone {
        request,
        tally: None,
        problem: Some("Stopped".into()),
    };
    window
        .updates
        .send(Update::Source(source, update))
        .expect("the window");
    let said = commands(&mut window);
    assert!(said.contains(&ViewportCommand::Close), "{said:?}");
}
