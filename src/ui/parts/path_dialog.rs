//! A dialog that asks for the path of a file, to open it or to save as it. It waits for the person, so it
//! has a thread of its own; where the desktop has none, the path is typed.

use std::path::PathBuf;
use std::sync::mpsc::{self, Receiver, TryRecvError};
use std::time::Instant;

use eframe::egui::{Frame, Id, Margin, Modal, Ui};

use super::save_file::{apart, is_missing};
use super::theme::STEP;
use super::widgets::{button, primary_button, stacked_field, weak};

/// What a path is asked for.
#[derive(Clone, Debug)]
pub(crate) struct AskedPath {
    /// The dialog's title.
    pub(crate) title: &'static str,
    /// The field in which it is typed where there is no dialog, and the button behind it.
    pub(crate) field: &'static str,
    pub(crate) button: &'static str,
    /// What such files are called, and how their names end.
    pub(crate) kind: (&'static str, &'static str),
    /// The name that is proposed for a new file; nothing to open one that is there.
    pub(crate) new_name: Option<String>,
}

/// The dialog, while it is open.
#[derive(Debug, Default)]
pub struct PathDialog {
    open: Option<(AskedPath, Receiver<Option<PathBuf>>, Instant)>,
    /// The path that is typed, because there is no dialog.
    typed: Option<(AskedPath, String)>,
}

/// A path that was chosen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ChosenPath {
    pub(crate) path: PathBuf,
    /// The person was asked about one that is there.
    pub(crate) replaces: bool,
}

impl PathDialog {
    /// True while it is open.
    pub(crate) fn is_open(&self) -> bool {
        self.open.is_some() || self.typed.is_some()
    }

    /// Opens it.
    pub(crate) fn ask(&mut self, ui: &Ui, asked: AskedPath) {
        let (send, answer) = mpsc::sync_channel(1);
        let ctx = ui.ctx().clone();
        self.open = Some((asked.clone(), answer, Instant::now()));
        apart("choose-file", move || {
            let (name, end) = asked.kind;
            let dialog = rfd::FileDialog::new()
                .set_title(asked.title)
                .add_filter(name, &[end]);
            let path = match &asked.new_name {
                Some(name) => dialog.set_file_name(name.as_str()).save_file(),
                None => dialog.pick_file(),
            };
            // The window may be gone.
            drop(send.send(path));
            ctx.request_repaint();
        });
    }

    /// What was chosen, once it is there. Draws the field for a path where there is no dialog.
    pub(crate) fn take(&mut self, ui: &Ui) -> Option<ChosenPath> {
        if let Some((asked, answer, begun)) = &self.open {
            let answer = match answer.try_recv() {
                Err(TryRecvError::Empty) => return None,
                Ok(path) => path,
                Err(TryRecvError::Disconnected) => None,
            };
            let (asked, is_missing) = (asked.clone(), is_missing(*begun));
            self.open = None;
            match answer {
                Some(path) => {
                    return Some(ChosenPath {
                        path,
                        replaces: true,
                    });
                }
                None if is_missing => {
                    let name = asked.new_name.clone().unwrap_or_default();
                    self.typed = Some((asked, name));
                }
                None => {}
            }
        }
        self.typed_ui(ui)
    }

    fn typed_ui(&mut self, ui: &Ui) -> Option<ChosenPath> {
        let (asked, typed) = self.typed.as_mut()?;
        let frame = Frame::popup(ui.style()).inner_margin(Margin::same(20));
        let modal = Modal::new(Id::unique("path_by_hand"))
            .frame(frame)
            .show(ui.ctx(), |ui| {
                ui.set_width(420.0);
                ui.heading(asked.title);
                weak(ui, "This desktop has no file dialog. Type the path");
                ui.add_space(STEP);
                stacked_field(ui, asked.field, typed);
                ui.add_space(STEP * 2.0);
                ui.horizontal(|ui| {
                    let is_typed = !typed.trim().is_empty();
                    (
                        primary_button(ui, asked.button, is_typed).clicked(),
                        button(ui, "Cancel", true).clicked(),
                    )
                })
                .inner
            });
        let path = PathBuf::from(typed.trim());
        let (is_chosen, is_cancelled) = modal.inner;
        if is_chosen || is_cancelled || modal.should_close() {
            self.typed = None;
        }
        is_chosen.then_some(ChosenPath {
            path,
            replaces: false,
        })
    }
}
