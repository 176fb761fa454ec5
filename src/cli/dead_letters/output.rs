//! Words for the person, on standard error, and what was asked for, on standard output.

use std::io::{self, BufRead as _, IsTerminal as _, Write as _};

use indicatif::{ProgressBar, ProgressStyle};

use super::CutShort;

/// A line of words.
pub(super) fn say(words: &str) {
    // Nobody can be told that nobody can be told.
    writeln!(io::stderr(), "{words}").ok();
}

/// Writes what was asked for.
pub(super) fn write(text: &str) -> Result<(), CutShort> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes())?;
    Ok(out.flush()?)
}

/// Asks a person at a terminal; `None` if there is none.
pub(super) fn ask(question: &str) -> Result<Option<bool>, CutShort> {
    if !io::stdin().is_terminal() || !io::stderr().is_terminal() {
        return Ok(None);
    }
    write!(io::stderr(), "{question} [y/N] ")?;
    io::stderr().flush()?;
    let mut line = String::new();
    io::stdin().lock().read_line(&mut line)?;
    let answer = line.trim().to_lowercase();
    Ok(Some(answer == "y" || answer == "yes"))
}

/// A bar on a terminal; in a pipe nothing is drawn.
pub(super) fn bar(total: u64) -> ProgressBar {
    let bar = ProgressBar::new(total);
    match ProgressStyle::with_template("{bar:30} {human_pos} of {human_len}, {per_sec}, {eta} left")
    {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}
