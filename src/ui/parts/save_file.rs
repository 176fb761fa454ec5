//! Dialogs that ask where something is saved. Each waits for the person, so it has a thread of its
//! own, and the answer is taken up in a later frame. The file itself is written by the broker side.
//! Where the desktop has no file dialog, that is said, and a path can be typed.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{self, Receiver, TryRecvError};
use std::time::{Duration, Instant};

use eframe::egui::{Frame, Id, Margin, Modal, Ui};

use super::theme::STEP;
use super::widgets::{button, primary_button, stacked_field, weak};
use crate::state::Action;
use crate::state::files::FileToSave;

/// A dialog that is gone sooner than this was never there: nobody can close one so quickly.
const TOO_QUICK: Duration = Duration::from_millis(200);

/// What is said where there is no dialog and a field for the path stands there already.
pub(crate) const NO_DIALOG: &str = "This desktop has no file dialog: type the path into the field";

/// Dialogs that are open.
#[derive(Debug, Default)]
pub struct Dialogs {
    open: Vec<Receiver<SaveAnswer>>,
    by_path: Option<TypedPath>,
}

/// What is saved, and what the dialog says.
pub(crate) struct SaveDialog {
    /// What it is, such as `payload`.
    pub(crate) what: &'static str,
    /// The dialog's title.
    pub(crate) title: &'static str,
    /// The name that is proposed.
    pub(crate) name: String,
}

enum SaveAnswer {
    Chosen(FileToSave),
    NoDialog(TypedPath),
}

/// Makes what is written to a file of this path.
type MakeContent = Box<dyn FnOnce(&Path) -> Vec<u8> + Send>;

/// A file whose path is typed, because there is no dialog.
struct TypedPath {
    asked: SaveDialog,
    content: MakeContent,
}

impl fmt::Debug for TypedPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TypedPath").finish_non_exhaustive()
    }
}

impl Dialogs {
    /// Asks for a file. `content` makes what is written to it, on the dialog's thread.
    pub(crate) fn ask(
        &mut self,
        ui: &Ui,
        asked: SaveDialog,
        content: impl FnOnce(&Path) -> Vec<u8> + Send + 'static,
    ) {
        let (send, answer) = mpsc::sync_channel(1);
        let ctx = ui.ctx().clone();
        self.open.push(answer);
        apart("save-file", move || {
            let begun = Instant::now();
            let dialog = rfd::FileDialog::new()
                .set_title(asked.title)
                .set_file_name(asked.name.as_str());
            let answer = match dialog.save_file() {
                Some(path) => SaveAnswer::Chosen(FileToSave {
                    what: asked.what,
                    bytes: content(&path),
                    path,
                    // The dialog asked about that.
                    replaces: true,
                }),
                None if is_missing(begun) => SaveAnswer::NoDialog(TypedPath {
                    asked,
                    content: Box::new(content),
                }),
                None => return,
            };
            // The window may be gone.
            drop(send.send(answer));
            ctx.request_repaint();
        });
    }

    /// Passes on what has a file by now, and asks for a path where there is no dialog.
    pub(crate) fn take(&mut self, ui: &Ui, actions: &mut Vec<Action>) {
        let by_path = &mut self.by_path;
        self.open.retain(|answer| match answer.try_recv() {
            Ok(SaveAnswer::Chosen(file)) => {
                actions.push(Action::SaveFile(file));
                false
            }
            Ok(SaveAnswer::NoDialog(missing)) => {
                *by_path = Some(missing);
                false
            }
            Err(error) => error == TryRecvError::Empty,
        });
        if let Some(missing) = self.by_path.take() {
            self.by_path = by_path_ui(ui, missing, actions);
        }
    }
}

/// Asks for a path; nothing once that is done.
fn by_path_ui(ui: &Ui, mut missing: TypedPath, actions: &mut Vec<Action>) -> Option<TypedPath> {
    let frame = Frame::popup(ui.style()).inner_margin(Margin::same(20));
    let modal = Modal::new(Id::unique("save_by_path"))
        .frame(frame)
        .show(ui.ctx(), |ui| {
            ui.set_width(420.0);
            ui.heading(missing.asked.title);
            weak(
                ui,
                "This desktop has no file dialog. Type the path of a new file",
            );
            ui.add_space(STEP);
            stacked_field(ui, "Path of the file", &mut missing.asked.name);
            ui.add_space(STEP * 2.0);
            ui.horizontal(|ui| {
                let is_typed = !missing.asked.name.trim().is_empty();
                (
                    primary_button(ui, "Save file", is_typed).clicked(),
                    button(ui, "Copy instead", true).clicked(),
                    button(ui, "Cancel", true).clicked(),
                )
            })
            .inner
        });
    let path = PathBuf::from(missing.asked.name.trim());
    match modal.inner {
        (true, ..) => {
            let file = FileToSave {
                what: missing.asked.what,
                bytes: (missing.content)(&path),
                path,
                replaces: false,
            };
            actions.push(Action::SaveFile(file));
            None
        }
        (_, true, _) => {
            let bytes = (missing.content)(&path);
            ui.ctx()
                .copy_text(String::from_utf8_lossy(&bytes).into_owned());
            None
        }
        (_, _, true) => None,
        _ => (!modal.should_close()).then_some(missing),
    }
}

/// True if a dialog that began then and gave nothing was never shown.
pub(crate) fn is_missing(begun: Instant) -> bool {
    begun.elapsed() < TOO_QUICK
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
