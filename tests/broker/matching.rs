//! Our own topic matcher against RabbitMQ's, on random patterns and keys.

use std::collections::BTreeSet;

use eventscope::event::key_pattern;

use crate::support::Place;
use crate::support::raw_amqp::{Life, none};

const PATTERNS: usize = 40;
const KEYS: usize = 60;

/// Words from a tiny alphabet, so that many pairs match; an empty word is a word too.
fn key(random: &mut fastrand::Rng, words: &[&str]) -> String {
    let count = random.usize(0..=4);
    let chosen: Vec<&str> = (0..count)
        .map(|_| words[random.usize(..words.len())])
        .collect();
    chosen.join(".")
}

#[test]
fn our_topic_matcher_agrees_with_rabbitmq() {
    let seed = fastrand::u64(..);
    let mut random = fastrand::Rng::with_seed(seed);
    let place = Place::fresh();
    let mut raw = place.raw();
    raw.exchange("topics", "topic");
    // From 4.3 on RabbitMQ takes no more `#` in a pattern.
    let is_taken = |pattern: &String| pattern.matches('#').count() <= 2;
    let patterns: Vec<String> =
        std::iter::repeat_with(|| key(&mut random, &["a", "b", "*", "#", ""]))
            .filter(is_taken)
            .take(PATTERNS)
            .collect();
    let keys: BTreeSet<String> = (0..KEYS)
        .map(|_| key(&mut random, &["a", "b", "c", ""]))
        .collect();
    for (number, pattern) in patterns.iter().enumerate() {
        let queue = number.to_string();
        raw.queue(&queue, Life::Durable, &[]);
        raw.bind(&queue, "topics", pattern);
    }
    for key in &keys {
        raw.publish("topics", key, &none(), b"");
    }
    let mut pairs = 0;
    for (number, pattern) in patterns.iter().enumerate() {
        let drained = raw.drain(&number.to_string());
        let theirs: BTreeSet<String> = drained.into_iter().map(|message| message.key).collect();
        let ours = keys.iter().filter(|key| key_pattern::matches(pattern, key));
        let ours: BTreeSet<String> = ours.cloned().collect();
        assert_eq!(ours, theirs, "pattern {pattern:?}, seed {seed}");
        pairs += ours.len();
    }
    assert!(pairs > 0, "nothing matched, seed {seed}");
}
