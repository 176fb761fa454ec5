//! The journal on the screen, by accessible names: empty, after a crash, failing.

use eframe::egui::accesskit::Role;
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use eventscope::event::source_id::SourceId;
use eventscope::protocol::{Command, DeskCommand, DeskUpdate, SourceCommand, SourceUpdate, Update};
use eventscope::repair::journal_entry::{Held, Operation, Record, RecordId, Stage};
use eventscope::repair::journal_list::{
    JobId, JobLine, JournalPage, Pile, Question, Records, StageCounts,
};

use crate::{Abilities, Address, Endpoint, Link, Server, ServerVersion, Window};
use eventscope::state::Action;
use eventscope::state::sources::SourceAction;

fn record(window: &Window, id: i64, deed: Operation, stage: Stage) -> Record {
    Record {
        id: RecordId(id),
        deed,
        job: JobId(1),
        stage,
        at: chrono::DateTime::UNIX_EPOCH,
        changed: chrono::DateTime::UNIX_EPOCH,
        abandoned: true,
        words: String::new(),
        came_back: false,
        message: Held {
            place: window.place(),
            queue: "orders.dead".into(),
            destination: "dead".into(),
            key: "order.created".into(),
            properties: eventscope::event::amqp::Properties::default(),
            body: b"{}".to_vec(),
            sent: None,
            record: None,
        },
    }
}

fn job(window: &Window, deed: Operation, parts: &[(Pile, u64)]) -> JobLine {
    let mut counts = StageCounts::default();
    for (pile, count) in parts {
        counts.add(*pile, *count);
    }
    let begun = chrono::DateTime::UNIX_EPOCH;
    JobLine {
        id: JobId(1),
        deed,
        place: window.place(),
        queue: "orders.dead".into(),
        times: (begun, begun),
        counts,
    }
}

/// Answers the last question of the window, as the broker side does.
fn answer(window: &mut Window, job: &JobLine, records: &[Record], found: usize) {
    let asked = window
        .commands
        .borrow()
        .iter()
        .rev()
        .find_map(|command| match command {
            Command::Desk(DeskCommand::ReadJournal(question)) => Some(question.clone()),
            _ => None,
        });
    let question = asked.unwrap_or_default();
    let looked_at = question.looked_at;
    let page = JournalPage {
        job: question.job.map(|_| job.clone()),
        looked_at: records
            .iter()
            .find(|one| Some(one.id) == looked_at)
            .cloned(),
        question,
        all: job.counts,
        jobs_total: 1,
        jobs: vec![job.clone()],
        found,
        is_cut: false,
        records: records.to_vec(),
    };
    window.tell(Update::Desk(DeskUpdate::Journal(Ok(Box::new(page)))));
}

fn opened() -> Window {
    let mut window = Window::connected();
    window.tab("Dead letters");
    window.tab("Journal");
    window
}

const CRASHED: [(Pile, u64); 3] = [
    (Pile::Twice, 10),
    (Pile::Untouched, 2_868),
    (Pile::Done, 121),
];
const JOB: &str = "Resend from orders.dead";

/// The list entry of the job; the time in it is local.
fn choose_job(window: &mut Window) {
    let nodes = window.harness.query_all_by_role(Role::ListBoxOption);
    let mut names = nodes.filter_map(|node| node.accesskit_node().label());
    let name = names.find(|name| name.contains(JOB)).expect("the job");
    drop(names);
    window.click(Role::ListBoxOption, &name);
}

fn enabled(window: &Window, name: &str) -> bool {
    let node = window.harness.get_by_role_and_label(Role::Button, name);
    !node.accesskit_node().is_disabled()
}

#[test]
fn after_a_crash_the_counts_are_of_all_and_only_doubtful_ones_are_to_look_at() {
    let mut window = opened();
    window.assert_sees("Reading the journal");
    let job = job(&window, Operation::Resend, &CRASHED);
    let records: Vec<Record> = (0..200)
        .map(|id| {
            let stage = if id < 10 { Stage::Sent } else { Stage::Held };
            record(&window, id, Operation::Resend, stage)
        })
        .collect();
    answer(&mut window, &job, &records, 2_999);
    window.assert_sees("10 to look at");
    window.assert_sees("10 may be there twice, 2,868 were not touched, 121 were sent");
    window.assert_sees("1–200 of 2,999");
    assert!(window.rows()[0].contains("Cut off while it was sent"));
    window.press("Next page");
    let Command::Desk(DeskCommand::ReadJournal(question)) = window.take_last() else {
        panic!("nothing was asked")
    };
    assert_eq!(question.from, 200);
}

#[test]
fn a_job_is_shown_alone_and_a_pile_of_it_is_removed_after_a_question() {
    let mut window = opened();
    let job = job(&window, Operation::Resend, &CRASHED);
    answer(&mut window, &job, &[], 2_999);
    choose_job(&mut window);
    let sent = record(&window, 1, Operation::Resend, Stage::Sent);
    answer(&mut window, &job, &[sent], 2_999);
    window.tab("Not touched (2,868)");
    let untouched = record(&window, 2, Operation::Resend, Stage::Held);
    answer(&mut window, &job, std::slice::from_ref(&untouched), 2_868);
    assert!(
        window
            .harness
            .query_by_label_contains("Put 2,868 back")
            .is_none()
    );
    window.assert_sees("They were left in orders.dead");
    window.press("Remove 2,868…");
    window.assert_sees("Remove 2,868 records from the journal?");
    window.press("Remove 2,868 records");
    let Command::Desk(DeskCommand::ForgetRecords(which)) = window.take_last() else {
        panic!("nothing is removed")
    };
    assert_eq!(which, Records::Pile(JobId(1), Pile::Untouched));
    // A single one of them cannot be put back either, and says why.
    let row = window.rows().remove(0);
    window.click(Role::Row, &row);
    assert!(!enabled(&window, "Put back…"));
}

#[test]
fn all_that_may_be_twice_is_put_back_after_a_question_with_its_progress() {
    let mut window = opened();
    let job = job(&window, Operation::Resend, &CRASHED);
    answer(&mut window, &job, &[], 2_999);
    choose_job(&mut window);
    let sent = record(&window, 1, Operation::Resend, Stage::Sent);
    answer(&mut window, &job, &[sent], 2_999);
    window.tab("May be there twice (10)");
    let sent = record(&window, 1, Operation::Resend, Stage::Sent);
    answer(&mut window, &job, &[sent], 10);
    window.press("Put 10 back…");
    window.assert_sees("They may lie in orders.dead already");
    window.press("Put 10 messages back");
    let Command::Source(_, SourceCommand::PutBack { request, which }) = window.take_last() else {
        panic!("nothing is put back")
    };
    assert_eq!(which, Records::Pile(JobId(1), Pile::Twice));
    let (total, done) = (10, 4);
    window.tell(Update::Source(
        SourceId::FIRST,
        SourceUpdate::PuttingBack {
            request,
            total,
            done,
        },
    ));
    window.assert_sees("Putting back: 4 of 10");
    window.assert_sees("orders.dead: 4 of 10");
    assert!(!enabled(&window, "Put 10 back…"));
}

#[test]
fn the_journal_says_where_a_message_is_and_puts_it_back() {
    let mut window = opened();
    let job = job(&window, Operation::Discard, &[(Pile::Done, 1)]);
    let discarded = record(&window, 7, Operation::Discard, Stage::Removed);
    answer(&mut window, &job, std::slice::from_ref(&discarded), 1);
    window.click(
        Role::Row,
        "Discard order.created Discarded from orders.dead",
    );
    window.press("Put back");
    let Command::Source(_, SourceCommand::PutBack { which, request }) = window.take_last() else {
        panic!("nothing is put back")
    };
    assert_eq!(which, Records::These(vec![RecordId(7)]));
    let problem = Some("There is no queue orders.dead".to_owned());
    window.tell(Update::Source(
        SourceId::FIRST,
        SourceUpdate::PutBackDone { request, problem },
    ));
    window.assert_sees("There is no queue orders.dead");
}

#[test]
fn what_was_put_back_asks_before_another_copy() {
    let mut window = opened();
    let job = job(&window, Operation::Discard, &[(Pile::PutBack, 1)]);
    let back = record(&window, 7, Operation::Discard, Stage::PutBack);
    answer(&mut window, &job, std::slice::from_ref(&back), 1);
    let row = window.rows().remove(0);
    window.click(Role::Row, &row);
    window.press("Put back…");
    window.assert_sees("Put back another copy?");
    window.press("Cancel");
    assert!(!window.last().contains("PutBack"));
    window.press("Put back…");
    window.press("Put a copy back");
    assert!(window.last().contains("PutBack"));
}

#[test]
fn a_search_is_asked_for_and_a_journal_that_cannot_be_read_says_so() {
    let mut window = opened();
    let job = job(&window, Operation::Resend, &CRASHED);
    answer(&mut window, &job, &[], 2_999);
    window.type_into("Search", "ord-7");
    let Command::Desk(DeskCommand::ReadJournal(question)) = window.take_last() else {
        panic!("nothing was asked")
    };
    assert_eq!(question.search, "ord-7");
    let searched = Question {
        search: "ord-7".into(),
        ..Question::default()
    };
    window
        .commands
        .borrow_mut()
        .push(Command::Desk(DeskCommand::ReadJournal(searched)));
    answer(&mut window, &job, &[], 0);
    window.assert_sees("Nothing was found");
    window.tell(Update::Desk(DeskUpdate::Journal(Err(
        "The journal in /x cannot be used".into(),
    ))));
    window.assert_sees("The journal in /x cannot be used");
}

#[test]
fn a_record_of_a_source_that_is_open_leads_to_it() {
    let mut window = opened();
    let mut record = record(&window, 1, Operation::Discard, Stage::Removed);
    let job = job(&window, Operation::Discard, &[(Pile::Done, 1)]);
    record.message.place = window.place();
    // Another broker is brought to the front; the record is of the first.
    window
        .harness
        .state_mut()
        .act(Action::Source(SourceAction::Add));
    let endpoint = Endpoint {
        host: "second.example".into(),
        ..Endpoint::default()
    };
    let second = SourceId(2);
    let link = Link::Connected {
        address: Address::RabbitMq(endpoint),
        server: Server::RabbitMq(ServerVersion::rabbitmq("4.3.6")),
        abilities: Abilities::ALL,
    };
    window.tell(Update::Source(second, SourceUpdate::Link(link)));
    window.tab("Dead letters");
    window.tab("Journal");
    answer(&mut window, &job, &[record.clone()], 1);
    let row = window.rows().remove(0);
    window.click(Role::Row, &row);
    answer(&mut window, &job, &[record], 1);
    assert!(!enabled(&window, "Put back"));
    window.press("Bring localhost:5672 to the front");
    let state = window.harness.state().state();
    assert_eq!(state.front.id, SourceId::FIRST);
    assert!(enabled(&window, "Put back"));
}
