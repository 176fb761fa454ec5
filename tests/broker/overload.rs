//! A window that does not read: memory is bounded, and what was not seen is accounted for.

use chrono::{DateTime, Utc};
use eventscope::drivers::Options;
use eventscope::protocol::{SourceUpdate, TapState, Update};
use eventscope::rabbitmq::tap::Limit;

use crate::support::{App, Place};

const PUBLISHED: u64 = 60_000;
/// Enough to take longer to drain than the pause between two looks at the queue.
const LIMIT: u32 = 5_000;
/// What may wait outside the broker's queue: batches on both sides of the forwarding thread, one
/// in each hand, and the deliveries under way.
const UNDER_WAY: u64 = 36 * 256 + 1_000;

#[test]
fn every_message_was_received_or_is_told_as_lost() {
    let place = Place::fresh();
    let mut raw = place.raw();
    raw.exchange("shop", "topic");
    let options = Options {
        tap_limit: Limit {
            messages: LIMIT,
            bytes: 64 << 20,
        },
        ..Options::default()
    };
    let mut app = App::with(place.endpoint(), options);
    let (tap, state) = app.tap("shop", &["#"]);
    state.expect("a tap");
    let start = Utc::now();
    let mut confirmed_at: Vec<DateTime<Utc>> = Vec::new();
    raw.count("shop", PUBLISHED, || confirmed_at.push(Utc::now()));
    let end = Utc::now();

    let mut numbers: Vec<u64> = Vec::new();
    let mut losses: Vec<(DateTime<Utc>, DateTime<Utc>)> = Vec::new();
    let done = |numbers: &[u64], losses: &[(DateTime<Utc>, DateTime<Utc>)]| {
        // The newest is never dropped; the end of the loss is told after it.
        numbers.last() == Some(&PUBLISHED) && losses.last().is_some_and(|(_, to)| *to >= end)
    };
    while !done(&numbers, &losses) {
        app.expect("events and losses", |update| match update {
            Update::Source(_, SourceUpdate::Events(batch)) if batch.tap() == tap => {
                numbers.extend(batch.events().map(|event| {
                    let text = String::from_utf8_lossy(event.body());
                    text.parse::<u64>().expect("a number")
                }));
                Some(())
            }
            Update::Source(
                _,
                SourceUpdate::Tap {
                    tap: of,
                    state: TapState::Overflowing { from, to },
                },
            ) if *of == tap => {
                losses.push((*from, *to));
                Some(())
            }
            _ => None,
        });
    }
    assert!(numbers.is_sorted_by(|a, b| a < b), "in order, each once");
    let received = numbers.len() as u64;
    assert!(
        received <= UNDER_WAY + u64::from(LIMIT),
        "{received} waited somewhere"
    );
    let missing: Vec<u64> = (1..=PUBLISHED)
        .filter(|number| numbers.binary_search(number).is_err())
        .collect();
    assert!(!missing.is_empty());
    assert_eq!(received + missing.len() as u64, PUBLISHED);

    // The first one lost was dropped when as many had come behind it as the queue holds.
    let first_drop = missing[0] + u64::from(LIMIT);
    let block = usize::try_from(first_drop.div_ceil(1_000)).expect("a number") - 1;
    let from = losses.iter().map(|(from, _)| *from).min().expect("a loss");
    let to = losses.iter().map(|(_, to)| *to).max().expect("a loss");
    let dropped_by = confirmed_at[block.min(confirmed_at.len() - 1)];
    assert!(
        from <= dropped_by,
        "told from {from}, but lost by {dropped_by}"
    );
    assert!(from >= start - chrono::TimeDelta::seconds(1), "{from}");
    assert!(to >= end, "told until {to}, published until {end}");
}
