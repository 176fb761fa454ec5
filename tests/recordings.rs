//! Recordings: what is written is read again as it was, whatever happens to the file or to its writer.

#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    clippy::unwrap_used,
    reason = "a test may panic, and says what it skips"
)]

mod recordings {
    mod disk_full;
    mod events;
    mod files;
    mod headless;
    mod hostile;
    mod opened;
    mod shelf;
}
