//! A desktop of our own: X server, session bus, accessibility bus, window manager.
//!
//! It is closed to the outside on purpose. The display number comes from the server
//! itself, so parallel runs never meet; the session bus can start nothing but the
//! accessibility bus, and all helpers have a home of their own, so no setting of the
//! person who runs the tests is read or changed.

use std::ffi::{OsStr, OsString};
use std::fs::{self, DirBuilder};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use tempfile::TempDir;

use super::app::App;
use super::process::{POLL, Process, Watchdog, run};
use super::wire::{AccessibilityBus, Session};

const START_LIMIT: Duration = Duration::from_secs(30);

/// Where distributions put the files that say how a session bus starts a service.
const SERVICE_DIRS: [&str; 2] = [
    "/usr/share/dbus-1/services",
    "/usr/local/share/dbus-1/services",
];
const ACCESSIBILITY_SERVICE: &str = "org.a11y.Bus.service";

/// Only what the driver uses: the close key, and windows that get the focus.
const OPENBOX_RC: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<openbox_config xmlns="http://openbox.org/3.4/rc">
  <focus><focusNew>yes</focusNew><followMouse>no</followMouse></focus>
  <placement><policy>Smart</policy></placement>
  <desktops><number>1</number><popupTime>0</popupTime></desktops>
  <keyboard><keybind key="A-F4"><action name="Close"/></keybind></keyboard>
  <mouse><context name="Client">
    <mousebind button="Left" action="Press"><action name="Focus"/><action name="Raise"/></mousebind>
  </context></mouse>
</openbox_config>
"#;

/// A running desktop. Dropping it ends exactly the processes it started.
#[derive(Debug)]
pub(crate) struct Desktop {
    // Fields are dropped in this order: clients before servers, the directory last.
    bus: AccessibilityBus,
    window_manager: Process,
    session_bus: Process,
    x_server: Process,
    watchdog: Watchdog,
    environment: Environment,
    directory: TempDir,
    launched: AtomicU32,
}

/// The variables that lead a program to this desktop and to no other.
#[derive(Clone, Debug)]
pub(super) struct Environment(Vec<(&'static str, Option<OsString>)>);

impl Environment {
    fn new(home: &Path, display: &str) -> Self {
        let set = |value: &dyn AsRef<OsStr>| Some(value.as_ref().to_owned());
        Self(vec![
            ("DISPLAY", set(&display)),
            ("HOME", set(&home)),
            ("XDG_RUNTIME_DIR", set(&home.join("run"))),
            ("XDG_CONFIG_HOME", set(&home.join(".config"))),
            ("XDG_DATA_HOME", set(&home.join(".local/share"))),
            ("XDG_STATE_HOME", set(&home.join(".local/state"))),
            ("XDG_CACHE_HOME", set(&home.join(".cache"))),
            ("LIBGL_ALWAYS_SOFTWARE", set(&"1")),
            // Switching accessibility on must not end up in anybody's dconf.
            ("GSETTINGS_BACKEND", set(&"memory")),
            ("LC_ALL", set(&"C.UTF-8")),
            ("WAYLAND_DISPLAY", None),
            ("WAYLAND_SOCKET", None),
            ("AT_SPI_BUS_ADDRESS", None),
            ("DBUS_SESSION_BUS_ADDRESS", None),
            ("XAUTHORITY", None),
            ("DESKTOP_STARTUP_ID", None),
        ])
    }

    fn add(&mut self, name: &'static str, value: &str) {
        self.0.push((name, Some(value.into())));
    }

    /// Later entries win over earlier ones, and over what this process inherited.
    pub(super) fn apply(&self, command: &mut Command) {
        for (name, value) in &self.0 {
            match value {
                Some(value) => command.env(name, value),
                None => command.env_remove(name),
            };
        }
    }

    pub(super) fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        self.apply(&mut command);
        command
    }
}

impl Desktop {
    /// Starts a desktop with a screen of this width and height in pixels.
    pub(crate) fn start(size: (u32, u32)) -> Result<Self> {
        let directory = tempfile::Builder::new()
            .prefix("eventscope-gui-")
            .tempdir()?;
        let home = directory.path();
        DirBuilder::new().mode(0o700).create(home.join("run"))?;
        let watchdog = Watchdog::start(home)?;

        let (x_server, display) = start_x_server(size, home, &watchdog)?;
        let mut environment = Environment::new(home, &display);
        let (session_bus, address) = start_session_bus(&environment, home, &watchdog)?;
        environment.add("DBUS_SESSION_BUS_ADDRESS", &address);

        let session = Session::connect(&address)?;
        session.enable_accessibility()?;
        let bus = session.accessibility_bus()?;
        let window_manager = start_window_manager(&environment, home, &watchdog)?;
        Ok(Self {
            bus,
            window_manager,
            session_bus,
            x_server,
            watchdog,
            environment,
            directory,
            launched: AtomicU32::new(0),
        })
    }

    /// Starts a program, `argv[0]` being its path, and waits for its window to be
    /// on the accessibility bus. Without an entry in `env` its home and its XDG
    /// directories lie in this desktop's own temporary directory.
    pub(crate) fn launch(&self, argv: &[&str], env: &[(&str, &str)]) -> Result<App> {
        let (program, arguments) = argv.split_first().context("an empty command line")?;
        let mut command = Command::new(program);
        command.args(arguments).envs(env.iter().copied());
        self.launch_command(command)
    }

    /// Like [`Desktop::launch`], for a command that is already put together.
    /// Its own variables win over the desktop's.
    pub(crate) fn launch_command(&self, mut command: Command) -> Result<App> {
        let chosen: Vec<(OsString, Option<OsString>)> = command
            .get_envs()
            .map(|(name, value)| (name.to_owned(), value.map(OsStr::to_owned)))
            .collect();
        self.environment.apply(&mut command);
        for (name, value) in chosen {
            match value {
                Some(value) => command.env(name, value),
                None => command.env_remove(name),
            };
        }
        let number = self.launched.fetch_add(1, Ordering::Relaxed);
        let log = self.path().join(format!("app-{number}.log"));
        let output = fs::File::create(&log)?;
        let process = Process::start(command, &log, output.into(), &self.watchdog)?;
        App::attach(process, self.bus.clone(), self.environment.clone())
    }

    /// The X display, such as `:7`.
    pub(crate) fn display(&self) -> String {
        let display = self
            .environment
            .0
            .iter()
            .find(|(name, _)| *name == "DISPLAY");
        display
            .and_then(|(_, value)| value.as_ref())
            .map(|value| value.to_string_lossy().into_owned())
            .unwrap_or_default()
    }

    /// A directory that is removed with the desktop: the home of what runs on it.
    pub(crate) fn path(&self) -> &Path {
        self.directory.path()
    }
}

fn start_x_server(size: (u32, u32), home: &Path, watchdog: &Watchdog) -> Result<(Process, String)> {
    let mut command = Command::new("Xvfb");
    command
        // The server picks a free display number and writes it to standard output.
        .args(["-displayfd", "1", "-nolisten", "tcp", "-noreset"])
        .args(["-screen", "0", &format!("{}x{}x24", size.0, size.1)]);
    let mut server = Process::start(command, &home.join("xvfb.log"), Stdio::piped(), watchdog)?;
    let number = server.first_line(START_LIMIT)?;
    Ok((server, format!(":{number}")))
}

fn start_session_bus(
    environment: &Environment,
    home: &Path,
    watchdog: &Watchdog,
) -> Result<(Process, String)> {
    let services = home.join("services");
    fs::create_dir(&services)?;
    fs::copy(
        accessibility_service()?,
        services.join(ACCESSIBILITY_SERVICE),
    )?;
    let config = home.join("session-bus.conf");
    fs::write(&config, session_bus_config(&home.join("run"), &services))?;
    let mut command = environment.command("dbus-daemon");
    command
        .arg("--nofork")
        .arg("--print-address")
        .arg("--config-file")
        .arg(config);
    let mut bus = Process::start(command, &home.join("dbus.log"), Stdio::piped(), watchdog)?;
    let address = bus.first_line(START_LIMIT)?;
    Ok((bus, address))
}

fn accessibility_service() -> Result<PathBuf> {
    SERVICE_DIRS
        .iter()
        .map(|directory| Path::new(directory).join(ACCESSIBILITY_SERVICE))
        .find(|path| path.exists())
        .with_context(|| {
            format!(
                "{ACCESSIBILITY_SERVICE} is in none of {SERVICE_DIRS:?} (Debian package: \
                 at-spi2-core); `make test` installs what the tests need"
            )
        })
}

fn session_bus_config(runtime: &Path, services: &Path) -> String {
    format!(
        r#"<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>session</type>
  <listen>unix:dir={}</listen>
  <auth>EXTERNAL</auth>
  <servicedir>{}</servicedir>
  <policy context="default">
    <allow send_destination="*" eavesdrop="true"/>
    <allow eavesdrop="true"/>
    <allow own="*"/>
  </policy>
</busconfig>
"#,
        runtime.display(),
        services.display()
    )
}

/// Without a window manager no window gets the keyboard.
fn start_window_manager(
    environment: &Environment,
    home: &Path,
    watchdog: &Watchdog,
) -> Result<Process> {
    // First, so that a missing xdotool is told at once and not waited for.
    let mut version = environment.command("xdotool");
    version.arg("version");
    run(version)?;

    let config = home.join("openbox.xml");
    fs::write(&config, OPENBOX_RC)?;
    let mut command = environment.command("openbox");
    command.arg("--sm-disable").arg("--config-file").arg(config);
    let log = home.join("openbox.log");
    let output = fs::File::create(&log)?;
    let mut manager = Process::start(command, &log, output.into(), watchdog)?;
    let deadline = Instant::now() + START_LIMIT;
    loop {
        // Only a window manager can answer this one.
        let mut question = environment.command("xdotool");
        question.arg("get_desktop");
        let answer = run(question);
        if answer.is_ok() {
            return Ok(manager);
        }
        manager.check_alive()?;
        if Instant::now() > deadline {
            bail!("no window manager in {START_LIMIT:?}: {answer:?}");
        }
        thread::sleep(POLL);
    }
}
