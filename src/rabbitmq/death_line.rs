//! A dead letter of RabbitMQ in a line.

use super::frameworks;
use super::origin::Provenance;
use crate::event::Event;
use crate::repair::cause::ParkedFailure;
use crate::repair::death_line::DeathLine;

/// What a list, a group and a filter ask of it.
#[must_use]
pub fn death_line(letter: &Event, origin: &Provenance) -> DeathLine {
    let parked = origin.parked.as_ref();
    let own = parked.and_then(|parked| parked.failure.as_ref());
    let exception = match own {
        Some(failure) => failure.words(),
        // One that says nothing of the way may still say why.
        None => frameworks::failure(letter)
            .as_ref()
            .map_or_else(String::new, ParkedFailure::words),
    };
    let is_told = origin.deaths.is_empty() && !exception.is_empty();
    DeathLine {
        destination: origin.destination(letter).to_owned(),
        key: origin.key(letter).to_owned(),
        reason: if is_told {
            String::new()
        } else {
            origin.reason().to_owned()
        },
        cause: origin.reason().to_owned(),
        exception,
        died_in: origin.died_in().to_owned(),
        died_at: origin.died_at(),
    }
}
