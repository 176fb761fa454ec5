//! Which partition a key belongs to, as Kafka's Java client has it, which is what most publishers do.

use crate::event::draft::RecordDraft;
use crate::event::draft::record::key_bytes;
use crate::event::kafka_record::KeyForm;

/// The hash of a key (MurmurHash2, 32 bits, with the seed of Kafka's `Utils.murmur2`).
#[must_use]
pub fn murmur2(key: &[u8]) -> u32 {
    const SEED: u32 = 0x9747_b28c;
    const M: u32 = 0x5bd1_e995;
    #[expect(
        clippy::cast_possible_truncation,
        reason = "the length is part of the hash by its low bits only"
    )]
    let mut hash = SEED ^ key.len() as u32;
    let mut words = key.chunks_exact(4);
    for word in &mut words {
        let mut k = u32::from_le_bytes([word[0], word[1], word[2], word[3]]);
        k = k.wrapping_mul(M);
        k ^= k >> 24;
        k = k.wrapping_mul(M);
        hash = hash.wrapping_mul(M) ^ k;
    }
    let rest = words.remainder();
    for (place, byte) in rest.iter().enumerate() {
        hash ^= u32::from(*byte) << (8 * place);
    }
    if !rest.is_empty() {
        hash = hash.wrapping_mul(M);
    }
    hash ^= hash >> 13;
    hash = hash.wrapping_mul(M);
    hash ^ (hash >> 15)
}

/// The partition of a key, of so many.
#[must_use]
pub fn partition_of(key: &[u8], partitions: u32) -> u32 {
    (murmur2(key) & 0x7fff_ffff) % partitions.max(1)
}

/// Where a record in a form would go, in words. `partitions` is how many its topic has, if it is known.
#[must_use]
pub fn forecast(name: &str, key: &str, record: &RecordDraft, partitions: Option<u32>) -> String {
    if name.is_empty() {
        return "Choose a topic".to_owned();
    }
    let Some(count) = partitions else {
        return format!("No topic {name} is known here. One that is not there is not created");
    };
    match record.partition() {
        Err(_) => return "Partition is a number from 0 on".to_owned(),
        Ok(Some(chosen)) if chosen >= count => {
            return format!("{name} has no partition {chosen}: it has {count}, from 0 on");
        }
        Ok(Some(chosen)) => return format!("Goes to partition {chosen} of {count}, as chosen"),
        Ok(None) => {}
    }
    match key_bytes(record.key, key) {
        Err(words) => format!("Key {words}"),
        Ok(None) => format!("Without a key, any of {count} partitions may get it"),
        Ok(Some(bytes)) => {
            let partition = partition_of(&bytes, count);
            let key = match record.key {
                KeyForm::Text if key.is_empty() => "the empty key",
                _ => "its key",
            };
            format!(
                "Goes to partition {partition} of {count} by {key} (murmur2, as Kafka's Java client does)"
            )
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::draft::OutgoingRecord;

    /// Values of Kafka's own test of its client (`UtilsTest.testMurmur2`).
    #[test]
    fn the_hash_is_that_of_kafkas_own_client() {
        for (key, expected) in [
            ("21", -973_932_308_i32),
            ("foobar", -790_332_482),
            ("a-little-bit-long-string", -985_981_536),
            ("a-little-bit-longer-string", -1_486_304_829),
            (
                "lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8",
                -58_897_971,
            ),
            ("abc", 479_470_107),
        ] {
            assert_eq!(murmur2(key.as_bytes()).cast_signed(), expected, "{key}");
        }
    }

    #[test]
    fn a_forecast_says_where_and_why() {
        let words = |key: KeyForm, text: &str, partition: &str| {
            let record = RecordDraft {
                key,
                partition: partition.to_owned(),
            };
            forecast("t", text, &record, Some(3))
        };
        assert!(words(KeyForm::Text, "abc", "").contains("of 3 by its key"));
        assert!(words(KeyForm::Text, "", "").contains("by the empty key"));
        assert!(words(KeyForm::Null, "", "").contains("any of 3"));
        assert!(words(KeyForm::Text, "", "2").contains("partition 2 of 3, as chosen"));
        assert!(words(KeyForm::Text, "", "3").contains("no partition 3"));
        assert!(words(KeyForm::Hex, "0g", "").contains("no hex"));
        let record = RecordDraft::of(OutgoingRecord::default());
        assert!(forecast("t", "", &record, None).contains("not created"));
    }
}
