//! How far a command is, for a person at a terminal: standard error. In a pipe or a log only words that
//! matter are written.

use std::io::Write as _;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

/// A line of words.
pub(super) fn say(words: &str) {
    // Nobody can be told that nobody can be told.
    writeln!(std::io::stderr(), "{words}").ok();
}

/// A bar for work whose end is known.
pub(super) fn bar(total: u64) -> ProgressBar {
    let bar = ProgressBar::new(total);
    let style = "{bar:30} {human_pos} of {human_len} events, {per_sec}, {eta} left";
    styled(bar, style)
}

/// A mark for work that goes on until it is ended.
pub(super) fn mark(words: &str) -> ProgressBar {
    let bar = ProgressBar::new_spinner();
    bar.enable_steady_tick(Duration::from_millis(200));
    bar.set_message(words.to_owned());
    styled(bar, "{spinner} {elapsed} {msg}")
}

fn styled(bar: ProgressBar, template: &str) -> ProgressBar {
    match ProgressStyle::with_template(template) {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}
