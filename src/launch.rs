//! Puts the window and the broker side together.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use eframe::egui;

use crate::address::{Address, StoreKind};
use crate::app::{App, Wire};
use crate::drivers::rabbitmq::sandbox;
use crate::drivers::{self, Options};
use crate::engine::taping::Taping;
use crate::recording::{RecordTo, RecordingThread, ShelfLimits};
use crate::repair::journal_entry::KEEP_DAYS;
use crate::settings::{self, Settings};
use crate::state::Action;
use crate::warnings::Heard;

/// What is opened first.
#[derive(Clone, Debug)]
pub enum First {
    Connect(Address),
    /// A recording.
    Open(PathBuf),
    /// A private broker with the sample shop.
    Sandbox(StoreKind),
    /// The last broker, once its password is typed; without one the customary local broker.
    Customary,
}

/// Longest wait between an update and the frame that shows it. Updates that come in between share
/// the frame.
pub const REPAINT: Duration = Duration::from_millis(33);

/// The window's title, icon and size; where it stood and how wide its panels were comes back from the
/// run before.
#[must_use]
pub fn window() -> eframe::NativeOptions {
    eframe::NativeOptions {
        viewport: egui::ViewportBuilder::default()
            .with_title("Eventscope")
            .with_app_id("eventscope")
            .with_inner_size([1240.0, 750.0])
            .with_min_inner_size([720.0, 480.0]),
        persistence_path: settings::window_file(),
        ..eframe::NativeOptions::default()
    }
}

/// The application with its broker side running. It tells what `heard` has to say.
///
/// # Errors
/// The broker side's threads could not be started.
pub fn open(ctx: &egui::Context, first: First, heard: Heard) -> anyhow::Result<App> {
    let waker = ctx.clone();
    let wake = move || waker.request_repaint_after(REPAINT);
    let warned = ctx.clone();
    heard.wake(move || warned.request_repaint_after(REPAINT));
    let settings_file = settings::settings_file();
    let settings = match &settings_file {
        Some(path) => Settings::load(path).unwrap_or_else(|error| {
            tracing::warn!(%error, path = %path.display(), "the settings were not read");
            Settings::default()
        }),
        None => Settings::default(),
    };
    let options = Options {
        sandbox_dir: sandbox::default_data_dir(),
        journal_dir: settings::journal_dir(),
        keep_days: settings.keep_days.unwrap_or(KEEP_DAYS),
        taping: Some(Arc::new(taping(&settings))),
        recording_limits: limits(&settings),
        ..Options::default()
    };
    let (handle, updates) =
        drivers::start(wake, options).context("The broker side could not be started")?;
    let wire = Wire {
        send: Box::new(move |command| handle.send(command)),
        updates,
    };
    let known = settings.last_good.is_some() || !settings.connections.is_empty();
    let mut app = App::new(ctx, wire, settings, settings_file);
    app.hear(heard);
    match first {
        First::Sandbox(kind) => app.act(Action::StartSandbox(kind)),
        First::Open(path) => app.act(Action::ConnectTo(Address::Recording(path))),
        First::Connect(address) => app.act(Action::ConnectTo(address)),
        // A broker that was used before asks for its password, which is never kept; without one
        // the form stands at the customary local broker, and that can be tried at once.
        First::Customary if !known => app.act(Action::TryLocal),
        First::Customary => {}
    }
    Ok(app)
}

/// What recordings may take up.
fn limits(settings: &Settings) -> ShelfLimits {
    ShelfLimits::of(settings.recording_bytes, settings.recording_days)
}

/// Records what taps bring, if the person switched that on.
fn taping(settings: &Settings) -> Taping {
    let Some(folder) = settings::journal_dir().filter(|_| settings.records) else {
        return Taping::default();
    };
    let to = RecordTo::Folder(folder.join("recordings"), limits(settings));
    // A warning becomes a notice of the window, and the app goes on.
    match RecordingThread::start(to, |words| tracing::warn!("{words}")) {
        Ok(thread) => Taping::new(thread),
        Err(error) => {
            tracing::warn!("Nothing is recorded: {error}");
            Taping::default()
        }
    }
}
