//! Dialogs that ask for a folder or a file. They wait for the person, so each has a thread of its
//! own, and the answer is taken up in a later frame.

use std::path::PathBuf;
use std::sync::mpsc::{self, Receiver};
use std::time::Instant;

use eframe::egui::Ui;

use crate::ui::Memory;
use crate::ui::parts::save_file::{apart, is_missing};

/// What a path is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum WantedPair {
    /// The folder that is opened.
    Folder,
    /// The folder that an import writes to.
    Into,
    /// The folder that is imported.
    From,
    /// The document that is imported.
    Document,
}

/// How a dialog ended.
#[derive(Debug)]
enum PathChoice {
    Chosen(PathBuf),
    None,
    /// It was never there.
    NoDialog,
}

/// A dialog that is open.
#[derive(Debug)]
pub struct Choosing(WantedPair, Receiver<PathChoice>);

/// Asks for a path.
pub(crate) fn choose(ui: &Ui, memory: &mut Memory, wanted: WantedPair) {
    let (send, answer) = mpsc::sync_channel(1);
    let ctx = ui.ctx().clone();
    memory.choosing = Some(Choosing(wanted, answer));
    apart("choose-path", move || {
        let begun = Instant::now();
        let dialog = rfd::FileDialog::new();
        let path = match wanted {
            WantedPair::Folder | WantedPair::Into => {
                dialog.set_title("Folder of schemas").pick_folder()
            }
            WantedPair::From => dialog.set_title("Folder to import").pick_folder(),
            WantedPair::Document => dialog
                .set_title("AsyncAPI document")
                .add_filter("AsyncAPI", &["yaml", "yml", "json"])
                .pick_file(),
        };
        // The window may be gone.
        let answer = match path {
            Some(path) => PathChoice::Chosen(path),
            None if is_missing(begun) => PathChoice::NoDialog,
            None => PathChoice::None,
        };
        drop(send.send(answer));
        ctx.request_repaint();
    });
}

/// The path that was chosen, once there is one.
pub(crate) fn chosen(memory: &mut Memory) -> Option<(WantedPair, PathBuf)> {
    let Choosing(wanted, answer) = memory.choosing.as_ref()?;
    let (wanted, answer) = (*wanted, answer.try_recv().ok()?);
    memory.choosing = None;
    memory.no_dialog = matches!(answer, PathChoice::NoDialog);
    match answer {
        PathChoice::Chosen(path) => Some((wanted, path)),
        PathChoice::None | PathChoice::NoDialog => None,
    }
}
