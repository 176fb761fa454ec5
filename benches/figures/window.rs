//! The real window on a headless desktop: what it costs while nothing happens, and how soon it is
//! there.

use std::io::{BufRead as _, BufReader};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use eframe::egui;
use eventscope::drivers::rabbitmq::sandbox::Sandbox;
use eventscope::launch::{self, First};
use eventscope::warnings;

use crate::clock;
use crate::gui::Desktop;

/// Connected to a private RabbitMQ without traffic, the window shown: CPU in 20 seconds.
pub(crate) fn measure_idle() {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR"));
    let folder = folder.join(format!("idle-{}", std::process::id()));
    let broker = runtime
        .block_on(Sandbox::start(&folder.join("broker"), |_| {}))
        .expect("a private RabbitMQ");
    let desktop = Desktop::start((1280, 800)).expect("a desktop");
    let url = broker.facts().amqp_url();
    let home = folder.join("home");
    std::fs::create_dir_all(&home).expect("a home");
    let home = home.to_str().expect("a plain path");
    let program = env!("CARGO_BIN_EXE_eventscope");
    let app = desktop
        .launch(&[program, "--url", &url], &[("HOME", home)])
        .expect("the app");
    app.find("push button", "Start tap")
        .expect("the live screen");
    // What a start leaves to be drawn.
    std::thread::sleep(Duration::from_secs(5));
    let before = clock::cpu_of(app.pid());
    std::thread::sleep(Duration::from_secs(20));
    let percent = (clock::cpu_of(app.pid()) - before) / 20.0 * 100.0;
    println!("value idle_cpu_percent {percent}");
    app.close().expect("the end of the app");
    drop(broker);
    std::fs::remove_dir_all(folder).ok();
}

/// From starting the program to its first painted frame; the app's own start against a window with
/// nothing in it, in turns.
pub(crate) fn measure_first_frame() {
    let desktop = Desktop::start((1280, 800)).expect("a desktop");
    let time = |which: &str| -> f64 {
        let own = std::env::current_exe().expect("the path of this program");
        let home = std::env::temp_dir().join("eventscope-bench-home");
        let start = Instant::now();
        let mut child = Command::new(own)
            .args(["--measure", "window", which])
            .env("DISPLAY", desktop.display())
            .env("HOME", home)
            .env_remove("WAYLAND_DISPLAY")
            .stdout(Stdio::piped())
            .spawn()
            .expect("a window");
        let output = child.stdout.take().expect("its output");
        let line = BufReader::new(output).lines().next();
        let seconds = start.elapsed().as_secs_f64();
        assert!(matches!(line, Some(Ok(line)) if line == "painted"));
        child.wait().expect("the end of the window");
        seconds
    };
    // Libraries and fonts are read from the disk once.
    time("app");
    time("empty");
    let (mut app, mut empty) = (Vec::new(), Vec::new());
    for _ in 0..5 {
        app.push(time("app"));
        empty.push(time("empty"));
    }
    let (app, empty) = (crate::median(app), crate::median(empty));
    println!("value first_frame_vs_empty_eframe {}", app / empty);
    println!("value first_frame_seconds {app}");
}

/// Opens a window, says when its first frame is on the screen, and ends.
pub(crate) fn open(which: &str) {
    let app = which == "app";
    eframe::run_native(
        "Eventscope",
        launch::window(),
        Box::new(move |cc| {
            let inner: Box<dyn eframe::App> = if app {
                Box::new(launch::open(
                    &cc.egui_ctx,
                    First::Customary,
                    warnings::channel().1,
                )?)
            } else {
                Box::new(Empty)
            };
            Ok(Box::new(Watched { inner, frames: 0 }))
        }),
    )
    .expect("a window");
}

struct Empty;

impl eframe::App for Empty {
    fn ui(&mut self, ui: &mut egui::Ui, _frame: &mut eframe::Frame) {
        ui.label("Nothing");
    }
}

/// The first frame was painted when the second begins.
struct Watched {
    inner: Box<dyn eframe::App>,
    frames: u32,
}

impl eframe::App for Watched {
    fn logic(&mut self, ctx: &egui::Context, frame: &mut eframe::Frame) {
        if self.frames == 1 {
            println!("painted");
            std::process::exit(0);
        }
        self.inner.logic(ctx, frame);
        ctx.request_repaint();
    }

    fn ui(&mut self, ui: &mut egui::Ui, frame: &mut eframe::Frame) {
        self.frames += 1;
        self.inner.ui(ui, frame);
    }
}
