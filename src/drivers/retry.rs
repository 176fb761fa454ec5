//! When to try again what broke.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

/// Longest pause between two tries, in seconds.
const LONGEST_PAUSE: u64 = 30;

/// The pause before the next try: 1, 2, 4 … seconds, at most 30, and up to a tenth more, so that
/// many clients of one broker do not come back in the same moment.
pub(crate) fn pause(failed: u32, jitter: f64) -> Duration {
    let seconds = 2_u64.saturating_pow(failed).min(LONGEST_PAUSE);
    Duration::from_secs(seconds).mul_f64(1.0 + jitter.clamp(0.0, 1.0) / 10.0)
}

/// The time when a pause that starts now is over.
pub(crate) fn after(pause: Duration) -> DateTime<Utc> {
    Utc::now() + TimeDelta::from_std(pause).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_half_a_minute() {
        let seconds: Vec<_> = (0..7).map(|n| pause(n, 0.0).as_secs()).collect();
        assert_eq!(seconds, [1, 2, 4, 8, 16, 30, 30]);
        assert_eq!(pause(200, 0.0).as_secs(), 30);
        assert!(pause(0, 1.0) <= Duration::from_millis(1_100));
    }
}
