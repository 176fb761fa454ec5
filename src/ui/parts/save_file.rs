//! Dialogs that ask where something is saved. Each waits for the person, so it has a thread of its
//! own, and the answer is taken up in a later frame. The file itself is written by the broker side.

use std::path::Path;
use std::sync::mpsc::{self, Receiver, TryRecvError};

use eframe::egui::Ui;

use crate::state::Action;
use crate::state::files::FileToSave;

/// Dialogs that are open.
#[derive(Debug, Default)]
pub struct Dialogs(Vec<Receiver<FileToSave>>);

/// What is saved, and what the dialog says.
pub(crate) struct SaveDialog {
    /// What it is, such as `payload`.
    pub(crate) what: &'static str,
    /// The dialog's title.
    pub(crate) title: &'static str,
    /// The name that is proposed.
    pub(crate) name: String,
}

impl Dialogs {
    /// Asks for a file. `content` makes what is written to it, on the dialog's thread. Without a
    /// dialog on this desktop nothing happens.
    pub(crate) fn ask(
        &mut self,
        ui: &Ui,
        asked: SaveDialog,
        content: impl FnOnce(&Path) -> Vec<u8> + Send + 'static,
    ) {
        let (send, answer) = mpsc::sync_channel(1);
        let ctx = ui.ctx().clone();
        self.0.push(answer);
        apart("save-file", move || {
            let SaveDialog { what, title, name } = asked;
            let dialog = rfd::FileDialog::new().set_title(title).set_file_name(name);
            let Some(path) = dialog.save_file() else {
                return;
            };
            let bytes = content(&path);
            // The window may be gone.
            drop(send.send(FileToSave { what, path, bytes }));
            ctx.request_repaint();
        });
    }

    /// Passes on what has a file by now.
    pub(crate) fn take(&mut self, actions: &mut Vec<Action>) {
        self.0.retain(|answer| {
            let answer = answer.try_recv();
            let waits = matches!(answer, Err(TryRecvError::Empty));
            actions.extend(answer.ok().map(Action::SaveFile));
            waits
        });
    }
}

/// Runs a dialog where it does not make the window wait.
pub(crate) fn apart(name: &str, work: impl FnOnce() + Send + 'static) {
    if let Err(error) = std::thread::Builder::new()
        .name(name.to_owned())
        .spawn(work)
    {
        tracing::warn!("The file dialog could not be opened: {error}");
    }
}
