//! The buffer of the next segment, made ready beforehand. Memory that was never touched costs the
//! kernel's work page by page, and that must not fall to the thread that draws.

use crossbeam_channel::Receiver;

/// At most one buffer in waiting.
#[derive(Debug, Default)]
pub(super) enum Spare {
    #[default]
    None,
    Coming(Receiver<Vec<u8>>),
    Ready(Vec<u8>),
}

impl Spare {
    /// Has a buffer of this many bytes made on another thread, unless there is one.
    pub(super) fn order(&mut self, bytes: usize) {
        if !matches!(self, Self::None) {
            return;
        }
        let (answer, coming) = crossbeam_channel::bounded(1);
        *self = Self::Coming(coming);
        rayon::spawn(move || {
            // Writing is what makes the memory real.
            let mut buffer = vec![1; bytes];
            buffer.clear();
            // Nobody waits any more if the log is gone.
            answer.send(buffer).ok();
        });
    }

    /// Takes in the buffer of a segment that was evicted.
    pub(super) fn give(&mut self, mut buffer: Vec<u8>) {
        buffer.clear();
        *self = Self::Ready(buffer);
    }

    /// The buffer, if there is one yet.
    pub(super) fn take(&mut self) -> Vec<u8> {
        match std::mem::take(self) {
            Self::None => Vec::new(),
            Self::Ready(buffer) => buffer,
            Self::Coming(coming) => coming.try_recv().unwrap_or_default(),
        }
    }
}
