//! How many messages are asked for at once.

/// Messages in the first window, while their size is not known.
const FIRST_WINDOW: u16 = 8;
/// Bytes that a later window is meant to hold.
const WINDOW_BYTES: usize = 16 * 1024 * 1024;
/// Most messages in a window.
pub(crate) const WINDOW: u16 = 4_096;

/// What may still be borrowed.
pub(crate) struct Room {
    pub messages: usize,
    /// Bytes of bodies.
    pub bytes: usize,
}

impl Room {
    /// The size of the next window, judged by what came so far.
    pub(crate) fn window(&self, messages: usize, bytes: usize) -> u16 {
        let by_bytes = match bytes.checked_div(messages) {
            None => usize::from(FIRST_WINDOW),
            Some(average) => self.bytes.min(WINDOW_BYTES) / average.max(1),
        };
        let size = by_bytes.min(self.messages).clamp(1, usize::from(WINDOW));
        u16::try_from(size).unwrap_or(WINDOW)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_grow_with_small_messages_and_stay_small_with_large_ones() {
        let room = |messages, bytes| Room { messages, bytes };
        assert_eq!(room(1_000, 64_000_000).window(0, 0), FIRST_WINDOW);
        assert_eq!(room(3, 64_000_000).window(0, 0), 3);
        assert_eq!(room(9_000, 64_000_000).window(8, 8_000), WINDOW);
        assert_eq!(room(9_000, 64_000_000).window(8, 8 * 4_000_000), 4);
        assert_eq!(room(9_000, 1).window(8, 8 * 4_000_000), 1);
        assert_eq!(room(9_000, 64_000_000).window(8, 0), WINDOW);
    }
}
