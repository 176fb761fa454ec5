//! The command line and the window. The only place that ends the process.

use std::io::{IsTerminal as _, Write as _};
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context as _, anyhow};
use clap::{Parser, Subcommand, ValueEnum};
use eventscope::address::{Address, StoreKind};
use eventscope::cli::dead_letters::{self, DeadLettersCommand};
use eventscope::cli::recording::{self, RecordingCommand};
use eventscope::cli::schema::{self, SchemaCommand};
use eventscope::engine::schema_lookups::{RegistryAddress, SchemaLookups};
use eventscope::event::decode::named;
use eventscope::launch::{self, First};
use eventscope::prover::{Prover, worker};
use eventscope::rabbitmq::endpoint::read_management_url;
use eventscope::schema::body::{SchemaShelf, ShelfReader};
use eventscope::schema::compare::sets;
use eventscope::settings;
use eventscope::warnings::{self, Heard};
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

/// See what flows through RabbitMQ and Kafka, publish test events, and repair dead letters.
#[derive(Parser, Debug)]
#[command(
    name = "eventscope",
    version,
    about,
    args_conflicts_with_subcommands = true
)]
struct Arguments {
    /// Connect to this broker: amqp://user:password@host:port/vhost, or amqps:// for TLS; or to this
    /// Kafka: kafka://user:password@host:port,host:port?tls=true&sasl=scram-sha-512&ca=FILE.
    /// Without it: $EVENTSCOPE_URL, else guest at localhost, or the form with the last broker.
    /// The query of amqp:// may say where the management API is, if not at port 15672 of the host (with TLS
    /// 15671): ?management_port=8080 or ?management_url=https://other-host/rabbit.
    #[arg(
        long,
        value_name = "URL",
        env = "EVENTSCOPE_URL",
        hide_env_values = true
    )]
    url: Option<String>,

    /// Where the management API of that broker is, if not at port 15672 of its host (with TLS 15671):
    /// http://host:port or https://host:port, with a path if it has one. The login is the broker's.
    #[arg(long, value_name = "URL", conflicts_with = "sandbox")]
    management_url: Option<String>,

    /// Start a private broker with a sample shop in it, and connect to that: a RabbitMQ, or a Kafka.
    #[arg(
        long,
        value_name = "STORE",
        num_args = 0..=1,
        default_missing_value = "rabbitmq",
        conflicts_with = "open"
    )]
    sandbox: Option<SandboxStore>,

    /// Open a recording, without any broker.
    #[arg(long, value_name = "FILE")]
    open: Option<std::path::PathBuf>,

    /// Ask this schema registry for the schemas that events name by an id, so that Avro and Protobuf
    /// are shown: https://user:password@host:port. Confluent's API; for Apicurio with its path
    /// /apis/ccompat/v7.
    #[arg(
        long,
        value_name = "URL",
        env = "EVENTSCOPE_REGISTRY",
        hide_env_values = true
    )]
    registry: Option<String>,

    #[command(subcommand)]
    headless: Option<Headless>,
}

/// What a sandbox can be of.
#[derive(ValueEnum, Clone, Copy, Debug)]
enum SandboxStore {
    Rabbitmq,
    Kafka,
}

/// What works without a window.
#[derive(Subcommand, Debug)]
enum Headless {
    /// Compare versions of event schemas.
    #[command(subcommand)]
    Schema(SchemaCommand),
    #[command(flatten)]
    Recording(RecordingCommand),
    #[command(flatten)]
    DeadLetters(DeadLettersCommand),
    /// The program asks itself: it compares sets of values where it can be ended.
    #[command(hide = true)]
    SchemaSets,
}

fn main() -> ExitCode {
    // The broker library logs whole messages that come back, bodies included; a log must not hold
    // what customers send. What went wrong is told in the window.
    let quiet = Targets::new()
        .with_default(LevelFilter::WARN)
        .with_target("lapin", LevelFilter::OFF)
        .with_target("krafka", LevelFilter::OFF);
    let (told, heard) = warnings::channel();
    tracing_subscriber::registry()
        .with(
            tracing_subscriber::fmt::layer()
                .with_writer(std::io::stderr)
                // Colours are for who reads it, not for a file or another program.
                .with_ansi(std::io::stderr().is_terminal()),
        )
        .with(told)
        .with(quiet)
        .init();
    let arguments = Arguments::parse();
    if let Some(Headless::SchemaSets) = &arguments.headless {
        let done = worker::serve(std::io::stdin().lock(), std::io::stdout());
        return done.map_or(ExitCode::FAILURE, |()| ExitCode::SUCCESS);
    }
    if let Some(Headless::Recording(command)) = &arguments.headless {
        return recording::run(command);
    }
    if let Some(Headless::DeadLetters(command)) = &arguments.headless {
        return dead_letters::run(command);
    }
    sets::install(Prover::of_this_program());
    if let Some(Headless::Schema(command)) = &arguments.headless {
        let done = schema::schema(
            command,
            std::io::stdin().lock(),
            &mut std::io::stdout().lock(),
        );
        return done.map_or(ExitCode::FAILURE, ExitCode::from);
    }
    match run(arguments, heard) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Whoever reads it typed a command: words, not a line of a log. Nobody may listen.
            writeln!(std::io::stderr(), "eventscope: {error:#}").ok();
            ExitCode::FAILURE
        }
    }
}

/// The store that was named, if one was.
fn address(url: Option<&str>, management: Option<&str>) -> anyhow::Result<Option<Address>> {
    let mut address = url.map(Address::from_text).transpose()?;
    if let Some(text) = management {
        let Some(Address::RabbitMq(endpoint)) = &mut address else {
            return Err(anyhow!(
                "--management-url says where the management API of a RabbitMQ is: name it with \
                 --url or $EVENTSCOPE_URL"
            ));
        };
        endpoint.management_url = Some(read_management_url(text)?);
    }
    Ok(address)
}

/// Bodies that name their schema are read with it from now on.
fn read_named_bodies(
    registry: RegistryAddress,
    wake: Arc<dyn Fn() + Send + Sync>,
) -> anyhow::Result<()> {
    let shelf = SchemaShelf::default();
    let folder = settings::journal_dir().map(|folder| folder.join("registry-schemas"));
    let lookups = SchemaLookups::start(registry, folder, shelf.clone(), wake)
        .context("The registry could not be asked")?;
    named::install(ShelfReader::new(shelf, move || lookups.nudge()));
    Ok(())
}

fn run(arguments: Arguments, heard: Heard) -> anyhow::Result<()> {
    let address = address(
        arguments.url.as_deref(),
        arguments.management_url.as_deref(),
    )?;
    let registry = arguments.registry.as_deref();
    let registry = registry.map(RegistryAddress::from_url).transpose();
    let registry = registry.map_err(|words| anyhow!(words))?;
    eframe::run_native(
        "Eventscope",
        launch::window(),
        Box::new(move |cc| {
            let first = match (arguments.open, address) {
                (Some(path), _) => First::Open(path),
                (None, _) if let Some(store) = arguments.sandbox => First::Sandbox(match store {
                    SandboxStore::Rabbitmq => StoreKind::RabbitMq,
                    SandboxStore::Kafka => StoreKind::Kafka,
                }),
                (None, Some(address)) => First::Connect(address),
                (None, None) => First::Customary,
            };
            if let Some(registry) = registry {
                let waker = cc.egui_ctx.clone();
                let wake = move || waker.request_repaint_after(launch::REPAINT);
                read_named_bodies(registry, Arc::new(wake))?;
            }
            Ok(Box::new(launch::open(&cc.egui_ctx, first, heard)?))
        }),
    )
    .map_err(|error| anyhow!("{error}"))
    .context(
        "The window could not be opened. Eventscope needs a display (X11 or Wayland) and OpenGL; \
         `make run` installs the libraries on Debian and Ubuntu",
    )
}
