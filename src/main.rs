//! The command line and the window. The only place that ends the process.

use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context as _, anyhow};
use clap::Parser;
use eframe::egui;
use eventscope::app::{App, Wire};
use eventscope::broker::{Handle, Options, sandbox};
use eventscope::domain::Endpoint;
use eventscope::settings::{self, Settings};
use eventscope::state::Action;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

/// See what flows through RabbitMQ, publish test events, and repair dead letters.
#[derive(Parser, Debug)]
#[command(name = "eventscope", version, about)]
struct Arguments {
    /// Connect to this broker: amqp://user:password@host:port/vhost, or amqps:// for TLS.
    /// Without it: $EVENTSCOPE_URL, else guest at localhost, or the form with the last broker.
    #[arg(
        long,
        value_name = "URL",
        env = "EVENTSCOPE_URL",
        hide_env_values = true
    )]
    url: Option<String>,

    /// Start a private RabbitMQ with a sample shop in it, and connect to that.
    #[arg(long, conflicts_with = "open")]
    sandbox: bool,

    /// Open a recording. Reserved: this version has no recordings yet.
    #[arg(long, value_name = "FILE")]
    open: Option<std::path::PathBuf>,
}

fn main() -> ExitCode {
    // The broker library logs whole messages that come back, bodies included; a log must not hold
    // what customers send. What went wrong is told in the window.
    let quiet = Targets::new()
        .with_default(LevelFilter::WARN)
        .with_target("lapin", LevelFilter::OFF);
    tracing_subscriber::registry()
        .with(tracing_subscriber::fmt::layer().with_writer(std::io::stderr))
        .with(quiet)
        .init();
    let arguments = Arguments::parse();
    match run(arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: Arguments) -> anyhow::Result<()> {
    if let Some(path) = arguments.open {
        return Err(anyhow!(
            "{} was not opened: this version has no recordings yet",
            path.display()
        ));
    }
    let endpoint = arguments
        .url
        .as_deref()
        .map(Endpoint::from_url)
        .transpose()?;
    let options = eframe::NativeOptions {
        viewport: egui::ViewportBuilder::default()
            .with_title("Eventscope")
            .with_app_id("eventscope")
            .with_inner_size([1280.0, 800.0])
            .with_min_inner_size([720.0, 480.0]),
        ..eframe::NativeOptions::default()
    };
    eframe::run_native(
        "Eventscope",
        options,
        Box::new(move |cc| Ok(Box::new(start(&cc.egui_ctx, endpoint, arguments.sandbox)?))),
    )
    .map_err(|error| anyhow!("{error}"))
    .context(
        "The window could not be opened. Eventscope needs a display (X11 or Wayland) and OpenGL; \
         `make run` installs the libraries on Debian and Ubuntu",
    )
}

/// Longest wait between an update and the frame that shows it. Updates that come in between share
/// the frame.
const REPAINT: Duration = Duration::from_millis(33);

fn start(ctx: &egui::Context, endpoint: Option<Endpoint>, sandbox: bool) -> anyhow::Result<App> {
    let waker = ctx.clone();
    let wake = move || waker.request_repaint_after(REPAINT);
    let options = Options {
        sandbox_dir: sandbox::default_data_dir(),
        journal_dir: settings::journal_dir(),
        ..Options::default()
    };
    let (handle, updates) =
        Handle::start(wake, options).context("The broker side could not be started")?;
    let settings_file = settings::settings_file();
    let settings = match &settings_file {
        Some(path) => Settings::load(path).unwrap_or_else(|error| {
            tracing::warn!(%error, path = %path.display(), "the settings were not read");
            Settings::default()
        }),
        None => Settings::default(),
    };
    let wire = Wire {
        send: Box::new(move |command| handle.send(command)),
        updates,
    };
    let known = settings.last_good.is_some();
    let mut app = App::new(ctx, wire, settings, settings_file);
    if sandbox {
        app.act(Action::StartSandbox);
    } else if let Some(endpoint) = endpoint {
        app.forms_mut().connect.take(&endpoint);
        app.act(Action::Connect);
    } else if !known {
        // A broker that was used before asks for its password, which is never kept; without one
        // the form stands at the customary local broker, and that can be tried at once.
        app.act(Action::Connect);
    }
    Ok(app)
}
