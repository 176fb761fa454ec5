//! The endless story of the shop: when orders come, when there is a flash sale, and which events carry the fault of
//! the new release. Pure: the same seed tells the same story, in milliseconds from its start.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use fastrand::Rng;

use super::catalogue::money_as_text;
use super::conversation::{self, ShopEvent};

/// The shop has been open for a while when the story starts, so that parcels are on their way at once.
const OPEN_BEFORE_MS: i64 = 15_000;
/// Time between two orders. About six events follow from each.
const ORDER_EVERY_MS: RangeInclusive<i64> = 1_300..=2_300;
/// From here on every other order is taken by an instance of the order service with the new release.
const RELEASE_AT_MS: i64 = -2_000;
/// The first order that is created after this has its amount as text; the others follow in this rhythm.
const FIRST_FAULT_AT_MS: i64 = 3_000;
const FAULT_EVERY_MS: RangeInclusive<i64> = 5_000..=7_000;
/// Flash sales: the first, the rhythm, how many orders each brings, and how fast.
const FIRST_SALE_AT_MS: i64 = 12_000;
const SALE_EVERY_MS: RangeInclusive<i64> = 25_000..=35_000;
const SALE_ORDERS: u32 = 9;
const SALE_ORDER_EVERY_MS: i64 = 90;

/// The events of the shop in order of time, without end.
#[derive(Debug)]
pub(crate) struct Story {
    rng: Rng,
    /// What has been drawn and not told yet; the serial number keeps two events of the same moment in order.
    upcoming: BTreeMap<(i64, u64), ShopEvent>,
    serial: u64,
    order_number: u32,
    next_order_ms: i64,
    next_sale_ms: i64,
    next_fault_ms: i64,
}

impl Story {
    /// The story that belongs to this seed, at its start.
    pub(crate) fn new(seed: u64) -> Self {
        let mut rng = Rng::with_seed(seed);
        let order_number = rng.u32(10_000..90_000);
        let mut story = Self {
            rng,
            upcoming: BTreeMap::new(),
            serial: 0,
            order_number,
            next_order_ms: -OPEN_BEFORE_MS,
            next_sale_ms: FIRST_SALE_AT_MS,
            next_fault_ms: FIRST_FAULT_AT_MS,
        };
        while story.next_order_ms < 0 {
            story.draw_next_order();
        }
        // What happened before the start was seen by nobody.
        story.upcoming = story.upcoming.split_off(&(0, 0));
        story
    }

    fn draw_next_order(&mut self) {
        if self.next_sale_ms <= self.next_order_ms {
            let mut at_ms = self.next_sale_ms;
            for _ in 0..SALE_ORDERS {
                self.draw_order(at_ms, true);
                at_ms += SALE_ORDER_EVERY_MS;
            }
            self.next_sale_ms += self.rng.i64(SALE_EVERY_MS);
        } else {
            self.draw_order(self.next_order_ms, false);
            self.next_order_ms += self.rng.i64(ORDER_EVERY_MS);
        }
    }

    fn draw_order(&mut self, at_ms: i64, flash_sale: bool) {
        self.order_number += 1;
        let version = if at_ms >= RELEASE_AT_MS && self.order_number.is_multiple_of(2) {
            2
        } else {
            1
        };
        for (delay_ms, event) in
            conversation::draw(&mut self.rng, self.order_number, version, flash_sale)
        {
            self.serial += 1;
            self.upcoming.insert((at_ms + delay_ms, self.serial), event);
        }
    }

    /// Whether the next order or sale could still put something before the first event drawn so far.
    fn must_draw(&self) -> bool {
        let next_ms = self.next_order_ms.min(self.next_sale_ms);
        self.upcoming
            .first_key_value()
            .is_none_or(|((at_ms, _), _)| *at_ms >= next_ms)
    }

    /// The fault of the new release: in some events the amount is text, as the second version of
    /// the schema allows, and the event still claims the first version.
    fn spoil_if_due(&mut self, at_ms: i64, event: &mut ShopEvent) {
        let is_new = event.event_type == "order.created" && event.version >= 2;
        if is_new && at_ms >= self.next_fault_ms {
            event
                .data
                .insert("amount".to_owned(), money_as_text(event.amount_cents));
            event.version = 1;
            self.next_fault_ms = at_ms + self.rng.i64(FAULT_EVERY_MS);
        }
    }
}

impl Iterator for Story {
    /// Milliseconds from the start of the story, and what is said then.
    type Item = (i64, ShopEvent);

    fn next(&mut self) -> Option<Self::Item> {
        while self.must_draw() {
            self.draw_next_order();
        }
        let ((at_ms, _), mut event) = self.upcoming.pop_first()?;
        self.spoil_if_due(at_ms, &mut event);
        Some((at_ms, event))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn minutes(seed: u64, minutes: i64) -> Vec<(i64, ShopEvent)> {
        Story::new(seed)
            .take_while(|(at_ms, _)| *at_ms < minutes * 60_000)
            .collect()
    }

    #[test]
    fn the_same_seed_tells_the_same_story() {
        assert_eq!(minutes(7, 2), minutes(7, 2));
        assert_ne!(minutes(7, 1), minutes(8, 1));
    }

    #[test]
    fn the_pace_is_a_few_events_a_second_in_order_of_time() {
        for seed in 0..50 {
            let events = minutes(seed, 5);
            assert!(events.is_sorted_by_key(|(at_ms, _)| *at_ms));
            assert!(
                (1_200..=1_800).contains(&events.len()),
                "seed {seed}: {} in 300 s",
                events.len()
            );
        }
    }

    #[test]
    fn faulty_amounts_start_within_eight_seconds_and_come_every_six_to_ten() {
        for seed in 0..200 {
            let faults: Vec<i64> = minutes(seed, 5)
                .into_iter()
                .filter(|(_, event)| {
                    event
                        .data
                        .get("amount")
                        .is_some_and(serde_json::Value::is_string)
                })
                .map(|(at_ms, _)| at_ms)
                .collect();
            let first = faults.first().copied().unwrap_or(i64::MAX);
            assert!(
                (3_000..8_000).contains(&first),
                "seed {seed}: first at {first} ms"
            );
            assert!(
                (28..=50).contains(&faults.len()),
                "seed {seed}: {} in 300 s",
                faults.len()
            );
        }
    }

    #[test]
    fn a_conversation_shares_its_order_and_starts_with_it() {
        let events = minutes(3, 2);
        let created: Vec<&str> = events
            .iter()
            .filter(|(at_ms, event)| *at_ms < 60_000 && event.event_type == "order.created")
            .map(|(_, event)| event.order_id.as_str())
            .collect();
        assert!(!created.is_empty());
        for order_id in created {
            let types: Vec<&str> = events
                .iter()
                .filter(|(_, event)| event.order_id == order_id)
                .map(|(_, event)| event.event_type)
                .collect();
            assert_eq!(types.first(), Some(&"order.created"));
            assert!(
                matches!(
                    types.last(),
                    Some(&("shipment.delivered" | "order.cancelled"))
                ),
                "{types:?}"
            );
        }
    }
}
