//! The copy that the journal keeps of a message, and the message that such a copy becomes again.

use crate::event::{Event, Outgoing};
use crate::repair::journal_entry::Held;

/// A message as it lies in a queue, complete.
pub(crate) fn copy_of(place: &str, queue: &str, event: &Event) -> Held {
    Held {
        place: place.to_owned(),
        queue: queue.to_owned(),
        destination: event.destination.clone(),
        key: event.key.clone(),
        properties: event.properties.clone(),
        body: event.body.clone(),
        sent: None,
        record: None,
    }
}

/// The default exchange routes by the name of the queue, and by CC and BCC keys too, which must not
/// add others. The broker accepts no user id but our own.
pub(crate) fn as_it_lay(message: &Held, login: &str) -> Outgoing {
    let mut properties = message.properties.clone();
    properties.user_id.take_if(|user| user != login);
    if let Some(headers) = &mut properties.headers {
        // What a quorum queue counts starts again.
        let own = ["CC", "BCC", "x-delivery-count", "x-acquired-count"];
        headers.retain(|(name, _)| !own.contains(&name.as_str()));
        if headers.is_empty() {
            properties.headers = None;
        }
    }
    Outgoing {
        record: None,
        destination: String::new(),
        key: message.queue.clone(),
        properties,
        body: message.body.clone(),
    }
}
