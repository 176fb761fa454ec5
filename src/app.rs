//! The window: takes in what the broker side tells, draws, and passes on what the person does.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use chrono::Utc;
use crossbeam_channel::Receiver;
use eframe::egui::{self, ThemePreference, Ui, ViewportCommand};

use crate::protocol::{Command, DeskUpdate, Gravity, Notice, Update};
use crate::settings::{Settings, ThemeChoice};
use crate::state::leaving::{Leave, LeaveAction};
use crate::state::{Action, Forms, Moment, Soon, State};
use crate::ui::Memory;
use crate::ui::frame::shell;
use crate::ui::parts::theme;
use crate::warnings::Heard;

/// The way to the broker side: a function that takes a command or gives it back when the queue is
/// full, and the updates that come. Tests put their own in.
pub struct Wire {
    /// Passes a command on; never waits.
    pub send: Box<dyn Fn(Command) -> Result<(), Command>>,
    /// What the broker side tells; bounded, so a slow window slows the broker's tap queue down and
    /// not this machine's memory.
    pub updates: Receiver<Update>,
}

/// The application.
pub struct App {
    wire: Wire,
    /// What is written to the log, and is to be told.
    heard: Option<Heard>,
    state: State,
    forms: Forms,
    memory: Memory,
    settings: Settings,
    settings_file: Option<PathBuf>,
    /// When the settings began to differ from what is written.
    unsaved_since: Option<Instant>,
    /// The window was told to close.
    closing: bool,
}

/// Longest time that one frame takes updates in.
const INTAKE: Duration = Duration::from_millis(4);
/// Time after which changed settings are written.
const SAVING: Duration = Duration::from_secs(1);

impl App {
    /// The application as it starts.
    #[must_use]
    pub fn new(
        ctx: &egui::Context,
        wire: Wire,
        settings: Settings,
        settings_file: Option<PathBuf>,
    ) -> Self {
        theme::install(ctx);
        ctx.set_theme(match settings.theme {
            ThemeChoice::System => ThemePreference::System,
            ThemeChoice::Dark => ThemePreference::Dark,
            ThemeChoice::Light => ThemePreference::Light,
        });
        let (mut state, mut forms) = (State::new(), Forms::default());
        let mut memory = Memory::default();
        memory.take_panels(&settings.panels);
        let commands = state.restore(&settings, &mut forms);
        let mut app = Self {
            wire,
            heard: None,
            state,
            forms,
            memory,
            settings,
            settings_file,
            unsaved_since: None,
            closing: false,
        };
        app.send(commands);
        app
    }

    /// Warnings of the log are notices from here on.
    pub fn hear(&mut self, heard: Heard) {
        self.heard = Some(heard);
    }

    /// What the app knows; for tests.
    #[must_use]
    pub fn state(&self) -> &State {
        &self.state
    }

    /// What the person is typing; for tests and for the command line.
    pub fn forms_mut(&mut self) -> &mut Forms {
        &mut self.forms
    }

    /// Does an action as if the person had done it.
    pub fn act(&mut self, action: Action) {
        let fresh_id = uuid::Uuid::new_v4().to_string();
        let moment = Moment {
            now: Utc::now(),
            fresh_id: &fresh_id,
        };
        let commands = self.state.act(action, &mut self.forms, moment);
        self.send(commands);
    }

    fn send(&mut self, commands: Vec<Command>) {
        for command in commands {
            if let Err(command) = (self.wire.send)(command) {
                self.state.refuse(command, &mut self.forms, Utc::now());
            }
        }
    }

    /// Takes updates in for a bounded time; true if there are more.
    fn take_in(&mut self) -> bool {
        let start = Instant::now();
        // They are few: what is many is not passed on.
        while let Some(notice) = self.heard.as_ref().and_then(Heard::next) {
            self.take(Update::Desk(DeskUpdate::Notice(notice)));
        }
        while start.elapsed() < INTAKE {
            let Ok(update) = self.wire.updates.try_recv() else {
                return false;
            };
            self.take(update);
        }
        true
    }

    fn take(&mut self, update: Update) {
        let moment = Moment {
            now: Utc::now(),
            fresh_id: "",
        };
        let commands = self.state.apply(update, &mut self.forms, moment);
        self.send(commands);
    }

    /// The window is to be closed: at once if nothing speaks against it.
    fn close_or_ask(&mut self, ctx: &egui::Context) {
        if ctx.input(|input| input.viewport().close_requested()) && !self.state.quits {
            self.act(Action::Leave(LeaveAction::Ask(Leave::Quit)));
            if !self.state.quits {
                ctx.send_viewport_cmd(ViewportCommand::CancelClose);
                // It may be hidden, and then nobody would see the question.
                ctx.send_viewport_cmd(ViewportCommand::Minimized(false));
                ctx.send_viewport_cmd(ViewportCommand::Focus);
                ctx.request_repaint();
            }
        } else if self.state.quits && !self.closing {
            self.closing = true;
            ctx.send_viewport_cmd(ViewportCommand::Close);
        }
    }

    /// Writes the settings where they have changed: at most once a second, because a filter changes with
    /// each key, and at once when the window closes.
    fn remember(&mut self, ctx: &egui::Context) {
        let theme = ctx.options(|options| options.theme_preference);
        let theme = match theme {
            ThemePreference::System => ThemeChoice::System,
            ThemePreference::Dark => ThemeChoice::Dark,
            ThemePreference::Light => ThemeChoice::Light,
        };
        let mut now = self.state.remember(theme, &self.forms);
        now.panels = self.memory.panels();
        if now.without_secret() == self.settings.without_secret() {
            self.unsaved_since = None;
            return;
        }
        let since = *self.unsaved_since.get_or_insert_with(Instant::now);
        if let Some(rest) = SAVING.checked_sub(since.elapsed())
            && !self.state.quits
        {
            ctx.request_repaint_after(rest);
            return;
        }
        self.unsaved_since = None;
        self.settings = now;
        if let Some(path) = &self.settings_file
            && let Err(error) = self.settings.save(path)
        {
            let words = format!("The settings were not saved to {}: {error}", path.display());
            let gravity = Gravity::Warning;
            self.take(Update::Desk(DeskUpdate::Notice(Notice { gravity, words })));
        }
    }
}

impl eframe::App for App {
    fn logic(&mut self, ctx: &egui::Context, _frame: &mut eframe::Frame) {
        let more = self.take_in();
        let due = self.state.due(Utc::now());
        self.send(due);
        match self.state.tick(Utc::now()) {
            _ if more => ctx.request_repaint(),
            Soon::Now => ctx.request_repaint(),
            Soon::In(ms) => {
                ctx.request_repaint_after(Duration::from_millis(ms.unsigned_abs()));
            }
            Soon::No if self.state.needs_clock() => {
                ctx.request_repaint_after(Duration::from_secs(1));
            }
            Soon::No => {}
        }
        self.close_or_ask(ctx);
        self.remember(ctx);
    }

    fn ui(&mut self, ui: &mut Ui, _frame: &mut eframe::Frame) {
        // Without a name a screen reader calls the window nothing.
        ui.ctx()
            .accesskit_node_builder(egui::accesskit_root_id(), |node| {
                node.set_label("Eventscope");
            });
        for action in shell::show(ui, &self.state, &mut self.forms, &mut self.memory) {
            self.act(action);
            ui.ctx().request_repaint();
        }
    }
}
