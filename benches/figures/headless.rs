//! The whole app without a window: its own loop, layout and tessellation, but nothing is painted.

use eframe::egui::{self, Context, RawInput};
use eventscope::app::{App, Wire};
use eventscope::settings::Settings;

use crate::clock::thread_cpu;

/// The app and the context that it draws into.
pub(crate) struct Headless {
    pub(crate) ctx: Context,
    pub(crate) app: App,
    frame: eframe::Frame,
}

impl Headless {
    /// The app with this wire and memory for this many bytes of events.
    pub(crate) fn new(ctx: Context, wire: Wire, log_bytes: usize) -> Self {
        let settings = Settings {
            log_bytes: Some(log_bytes),
            ..Settings::default()
        };
        let app = App::new(&ctx, wire, settings, None);
        Self {
            ctx,
            app,
            frame: eframe::Frame::_new_kittest(),
        }
    }

    /// One whole frame: logic, layout, tessellation. CPU time of this thread, in seconds.
    pub(crate) fn frame(&mut self) -> f64 {
        use eframe::App as _;
        let start = thread_cpu();
        let size = egui::vec2(1280.0, 800.0);
        let input = RawInput {
            screen_rect: Some(egui::Rect::from_min_size(egui::Pos2::ZERO, size)),
            ..RawInput::default()
        };
        let (app, frame) = (&mut self.app, &mut self.frame);
        app.logic(&self.ctx, frame);
        let mut output = self.ctx.run_ui(input, |ui| app.ui(ui, frame));
        let shapes = std::mem::take(&mut output.shapes);
        let meshes = self.ctx.tessellate(shapes, output.pixels_per_point);
        std::hint::black_box(meshes.len());
        let cpu = thread_cpu() - start;
        output.drop_without_applying_deltas();
        cpu
    }
}
