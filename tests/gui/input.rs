//! The keyboard, the mouse and the screen, through xdotool and `ImageMagick`.

use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

use super::desktop::Environment;
use super::process::run;

/// A rectangle on the screen, in pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Area {
    pub(crate) left: i32,
    pub(crate) top: i32,
    pub(crate) width: i32,
    pub(crate) height: i32,
}

impl Area {
    fn middle(self) -> (String, String) {
        let (x, y) = (self.left + self.width / 2, self.top + self.height / 2);
        (x.to_string(), y.to_string())
    }
}

/// Mouse buttons as X numbers them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Button {
    Left = 1,
    Right = 3,
    WheelUp = 4,
    WheelDown = 5,
}

/// Toolkits count clicks that follow one another as double and triple clicks, egui
/// even at different places. Clicks of different gestures stay this far apart.
const BETWEEN_GESTURES: Duration = Duration::from_millis(700);

/// When the mouse of a desktop was last used.
#[derive(Debug, Default)]
pub(super) struct Mouse {
    last_click: Option<Instant>,
}

fn xdotool(environment: &Environment, arguments: &[&str]) -> Result<String> {
    let mut command = environment.command("xdotool");
    command.args(arguments);
    run(command)
}

/// Presses the keys one after the other, each in xdotool's notation: `ctrl+k`, `F5`.
pub(super) fn press(environment: &Environment, keys: &[&str]) -> Result<()> {
    xdotool(environment, &[&["key", "--"], keys].concat()).map(drop)
}

/// Types with real key events.
pub(super) fn type_text(environment: &Environment, text: &str) -> Result<()> {
    // Without a delay a slow program may get the keys in another order.
    xdotool(environment, &["type", "--delay", "12", "--", text]).map(drop)
}

impl Mouse {
    /// Clicks in the middle of an area.
    pub(super) fn click(
        &mut self,
        environment: &Environment,
        area: Area,
        button: Button,
        times: u32,
    ) -> Result<()> {
        let (x, y) = area.middle();
        let (number, times) = ((button as u32).to_string(), times.to_string());
        let click = ["click", "--repeat", &times, "--delay", "10", &number];
        // The pause belongs to the gesture: a hand does not press while it still moves,
        // and a toolkit finds the widget under the pointer one frame after the move.
        let gesture = [&["mousemove", &x, &y, "sleep", "0.05"], click.as_slice()].concat();
        if matches!(button, Button::Left | Button::Right) {
            let since = self
                .last_click
                .map_or(BETWEEN_GESTURES, |last| last.elapsed());
            thread::sleep(BETWEEN_GESTURES.saturating_sub(since));
        }
        xdotool(environment, &gesture)?;
        self.last_click = Some(Instant::now());
        Ok(())
    }
}

/// Puts the pointer in the middle of an area.
pub(super) fn hover(environment: &Environment, area: Area) -> Result<()> {
    let (x, y) = area.middle();
    xdotool(environment, &["mousemove", &x, &y]).map(drop)
}

/// Gives the keyboard to the window of a process.
pub(super) fn activate_window(environment: &Environment, pid: u32) -> Result<()> {
    let window = window_of(environment, pid)?;
    xdotool(environment, &["windowactivate", "--sync", &window]).map(drop)
}

/// The X window of a process.
fn window_of(environment: &Environment, pid: u32) -> Result<String> {
    let pid = pid.to_string();
    let windows = xdotool(environment, &["search", "--onlyvisible", "--pid", &pid])?;
    let window = windows.lines().last();
    window
        .map(str::to_owned)
        .context("the program has no visible window")
}

/// Makes the window so large, in pixels, and moves the mouse where it points at nothing.
pub(super) fn resize_window(environment: &Environment, pid: u32, size: (u32, u32)) -> Result<()> {
    let window = window_of(environment, pid)?;
    let [width, height] = [size.0, size.1].map(|n| n.to_string());
    xdotool(environment, &["windowmove", &window, "0", "0"])?;
    xdotool(
        environment,
        &["windowsize", "--sync", &window, &width, &height],
    )?;
    point_nowhere(environment)
}

/// Moves the mouse to a corner of the screen, so that no tooltip covers anything.
pub(super) fn point_nowhere(environment: &Environment) -> Result<()> {
    xdotool(environment, &["mousemove", "5000", "5000"]).map(drop)
}

/// Writes a picture of the window of a process alone.
pub(super) fn picture_of_window(environment: &Environment, pid: u32, path: &Path) -> Result<()> {
    let mut command = environment.command("import");
    command
        .args(["-window", &window_of(environment, pid)?])
        .arg(path);
    run(command).map(drop)
}

/// Writes a picture of the whole screen; the file's ending says in which format.
pub(super) fn screenshot(environment: &Environment, path: &Path) -> Result<()> {
    let mut command = environment.command("import");
    command.args(["-window", "root"]).arg(path);
    run(command).map(drop)
}
