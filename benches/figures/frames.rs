//! What a frame costs while events stream in, and what an event costs in memory.

use std::time::{Duration, Instant};

use crossbeam_channel::Sender;
use eframe::egui::Context;
use eventscope::address::Address;
use eventscope::app::Wire;
use eventscope::event::source_id::SourceId;
use eventscope::launch::REPAINT;
use eventscope::log::Batch;
use eventscope::protocol::{
    Abilities, Command, Link, Server, SourceCommand, SourceUpdate, TapState, Update,
};
use eventscope::rabbitmq::endpoint::Endpoint;
use eventscope::rabbitmq::server_version::ServerVersion;
use eventscope::state::Action;
use eventscope::state::live::tap_card::TapAction;

use crate::headless::Headless;
use crate::{clock, events};

const MILLION: u64 = 1_000_000;
const LOG_BYTES: usize = 2 << 30;
const BATCH: u64 = 256;
const STEP: usize = 256;

/// The app with a tap that runs, and a way to give it events.
struct Fed {
    window: Headless,
    updates: Sender<Update>,
    tap: eventscope::event::tap_id::TapId,
}

impl Fed {
    fn new() -> Self {
        let (updates, receiver) = crossbeam_channel::bounded(16);
        let (commands, sent) = crossbeam_channel::bounded(64);
        let wire = Wire {
            send: Box::new(move |command| {
                commands.send(command).expect("the bench takes commands");
                Ok(())
            }),
            updates: receiver,
        };
        let mut window = Headless::new(Context::default(), wire, LOG_BYTES);
        let tell = |update| updates.send(update).expect("the app takes updates");
        tell(Update::Source(
            SourceId::FIRST,
            SourceUpdate::Link(Link::Connected {
                address: Address::RabbitMq(Endpoint::default()),
                server: Server::RabbitMq(ServerVersion::rabbitmq("")),
                abilities: Abilities::ALL,
            }),
        ));
        window.frame();
        window.app.forms_mut().tap.destination = "shop".into();
        window.app.act(Action::Tap(TapAction::Start));
        let asked = sent.try_iter().find_map(|command| match command {
            Command::Source(SourceId::FIRST, SourceCommand::Preflight { request, .. }) => {
                Some(request)
            }
            _ => None,
        });
        tell(Update::Source(
            SourceId::FIRST,
            SourceUpdate::Preflight {
                request: asked.expect("a preflight"),
                report: eventscope::event::watching::Report::default(),
            },
        ));
        window.frame();
        window.app.act(Action::Tap(TapAction::StartAnyway));
        let tap = sent.try_iter().find_map(|command| match command {
            Command::Source(SourceId::FIRST, SourceCommand::StartTap(request)) => Some(request.tap),
            _ => None,
        });
        let tap = tap.expect("a tap");
        tell(Update::Source(
            SourceId::FIRST,
            SourceUpdate::Tap {
                tap,
                state: TapState::Running {
                    queue: "amq.gen-bench".into(),
                },
            },
        ));
        window.frame();
        Self {
            window,
            updates,
            tap,
        }
    }

    /// Gives a million events; the bytes of their bodies.
    fn fill(&mut self) -> f64 {
        let mut bodies = 0;
        for start in (0..MILLION).step_by(STEP) {
            let mut batch = Batch::new(self.tap);
            for n in start..(start + BATCH).min(MILLION) {
                let event = events::event(n);
                bodies += event.body.len();
                batch.push(&event);
            }
            let update = Update::Source(SourceId::FIRST, SourceUpdate::Events(batch));
            self.updates.send(update).expect("the app takes updates");
            self.window.frame();
        }
        while self.window.app.state().live.log.kept() < MILLION {
            self.window.frame();
        }
        bodies as f64
    }
}

/// 20,000 events a second for ten seconds on top of a million, at the 30 frames a second that the
/// app asks for then.
pub(crate) fn measure_frames() {
    let mut fed = Fed::new();
    fed.fill();
    let (updates, tap) = (fed.updates.clone(), fed.tap);
    let feeder = std::thread::spawn(move || {
        // As a tap does: 256 events at once, here every 12.8 ms.
        let begin = Instant::now();
        for (n, start) in (MILLION..MILLION + 200_000).step_by(STEP).enumerate() {
            let events: Vec<_> = (start..start + BATCH).map(events::event).collect();
            if updates
                .send(Update::Source(
                    SourceId::FIRST,
                    SourceUpdate::Events(Batch::of(tap, &events)),
                ))
                .is_err()
            {
                return;
            }
            let due = begin + Duration::from_micros(12_800) * u32::try_from(n).expect("few");
            std::thread::sleep(due.saturating_duration_since(Instant::now()));
        }
    });
    let mut costs = Vec::new();
    while !feeder.is_finished() {
        let due = Instant::now() + REPAINT;
        costs.push(fed.window.frame() * 1e3);
        std::thread::sleep(due.saturating_duration_since(Instant::now()));
    }
    feeder.join().expect("the feeder");
    assert!(fed.window.app.state().live.log.kept() > MILLION + 190_000);
    costs.sort_by(f64::total_cmp);
    println!("value frame_ms_median {}", costs[costs.len() / 2]);
    println!("value frame_ms_p99 {}", costs[costs.len() * 99 / 100]);
}

/// Resident memory at a million events, less that at the start and the bodies.
pub(crate) fn measure_memory() {
    let mut fed = Fed::new();
    // What an allocator keeps for the batches under way is not the log's.
    let before = clock::resident();
    let bodies = fed.fill();
    let after = clock::resident();
    let each = (after - before - bodies) / MILLION as f64;
    println!("value bytes_per_event_overhead {each}");
}
