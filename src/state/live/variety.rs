//! In what the events of the stream differ: a column that says the same on each row, or what another
//! says, is not worth its room. Looks at what the events of a batch have in common, and at a few of them.

use crate::log::Batch;

/// Events of a batch whose type is compared with their key.
const LOOKED_AT: usize = 8;

/// What was found so far.
#[derive(Clone, Debug, Default)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "what was found out, each for itself"
)]
pub struct Variety {
    destination: Option<Box<str>>,
    /// There is more than one destination.
    pub destinations: bool,
    /// A type says something else than the key.
    pub types: bool,
    /// Some claim a version.
    pub versions: bool,
    /// Some were seen by a trace of the whole store.
    pub traced: bool,
    /// Some lie in partitions, at an offset and with a time of their own.
    pub places: bool,
}

impl Variety {
    /// Looks at what came.
    pub fn note(&mut self, batch: &Batch) {
        for shape in batch.segment().shapes() {
            match &self.destination {
                Some(known) => self.destinations |= *known != shape.destination,
                None => self.destination = Some(shape.destination.clone()),
            }
            self.versions |= shape.version.is_some();
            self.traced |= shape.transport.trace().is_some();
            self.places |= shape.transport.kafka().is_some();
        }
        if !self.types {
            let mut events = batch.events().take(LOOKED_AT);
            self.types = events.any(|event| {
                let claimed = event.shape().event_type.as_deref();
                claimed.is_some_and(|claimed| claimed != event.key())
            });
        }
    }

    /// Takes over what was found before this was begun.
    pub fn take_back(&mut self, older: Self) {
        let one = match (&self.destination, &older.destination) {
            (Some(new), Some(old)) => new == old,
            _ => true,
        };
        *self = Self {
            destinations: self.destinations || older.destinations || !one,
            types: self.types || older.types,
            versions: self.versions || older.versions,
            traced: self.traced || older.traced,
            places: self.places || older.places,
            destination: older.destination.or(self.destination.take()),
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::source_id::SourceId;
    use crate::event::tap_id::TapId;
    use crate::testing::event;

    #[test]
    fn what_says_the_same_everywhere_is_no_variety() {
        let mut variety = Variety::default();
        let mut note = |key: &str, body: &str| {
            let tap = TapId::of(SourceId::FIRST, 1);
            variety.note(&Batch::of(tap, [&event(key, body)]));
            (variety.destinations, variety.types, variety.versions)
        };
        assert_eq!(note("a", r#"{"type":"a"}"#), (false, false, false));
        assert_eq!(
            note("a", r#"{"type":"b","version":1}"#),
            (false, true, true)
        );
    }
}
