//! What a session does when one of its jobs has ended: whoever asked gets the one answer.

use super::Session;
use crate::drivers::jobs::{Asked, End, Ended, TapEnd, cut_off_words};
use crate::protocol::{Gravity, SourceUpdate};

impl Session {
    pub(super) async fn ended(&mut self, ended: Ended) {
        let Ended { number, asked, end } = ended;
        if let Asked::Move(request) | Asked::Replay(request) = asked {
            self.pauses.remove(&request);
        }
        match end {
            Ok(End::Answer(update)) => self.outbox.send(update).await,
            Ok(End::Tap(TapEnd::Told(state))) => {
                if let Asked::Tap(tap) = asked {
                    if self.taps.get(&tap).is_some_and(|t| t.job == Some(number)) {
                        self.taps.remove(&tap);
                    }
                    self.outbox.send(SourceUpdate::Tap { tap, state }).await;
                }
            }
            // The session hears of the break itself, and starts the tap again when it is mended.
            Ok(End::Tap(TapEnd::Lost) | End::Quiet) => {}
            Err(error) if error.is_panic() => {
                tracing::error!(told = true, ?asked, "a job panicked");
                if let Asked::Tap(tap) = asked {
                    self.taps.remove(&tap);
                }
                let words = "Eventscope made a mistake inside; what was asked for did not finish";
                self.answer(asked, words.to_owned()).await;
                self.outbox.notice(Gravity::Error, words).await;
            }
            // A tap that was cut off is wanted still; all others want an answer.
            Err(_) if matches!(asked, Asked::Tap(_)) => {}
            Err(_) => {
                self.answer(asked, cut_off_words(asked).to_owned()).await;
                if asked.moves().is_some() || matches!(asked, Asked::Peek(_)) {
                    // The connection is replaced only after all its jobs have ended.
                    if let Some(place) = self.place() {
                        self.journal.cut_off(place).await;
                    }
                }
            }
        }
    }
}
