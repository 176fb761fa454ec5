//! The words and facts in which kinds of event stores differ on the screen: what one calls a destination
//! another calls a topic. Every screen asks here, and says nothing of its own about one of them.

use crate::address::{Address, StoreKind};
use crate::event::source_id::SourceId;
use crate::rabbitmq::endpoint::encode;
use crate::state::State;
use crate::state::source::Source;

/// What a kind of store calls its parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StoreWords {
    /// What events are published to, as the label of a field.
    pub destination: &'static str,
    /// The destination without a name; empty where there is none.
    pub unnamed: &'static str,
    /// What an event is published with, as the label of a field.
    pub key: &'static str,
    /// Patterns of keys that are listened to, as the label of a field.
    pub keys: &'static str,
}

const RABBITMQ: StoreWords = StoreWords {
    destination: "Exchange",
    unnamed: "default exchange",
    key: "Routing key",
    keys: "Binding key",
};

const ANY: StoreWords = StoreWords {
    destination: "Destination",
    unnamed: "",
    key: "Key",
    keys: "Keys",
};

/// The words of a kind of store.
#[must_use]
pub fn words_of(kind: StoreKind) -> StoreWords {
    match kind {
        StoreKind::RabbitMq => RABBITMQ,
        StoreKind::Recording | StoreKind::Other => ANY,
    }
}

/// The words for what all open sources show together: those of their kind, if it is one.
#[must_use]
pub fn words(state: &State) -> StoreWords {
    let mut kinds = state
        .sources()
        .into_iter()
        .filter_map(|source| source.address())
        .map(Address::kind);
    let first = kinds.next().unwrap_or(StoreKind::RabbitMq);
    if kinds.all(|kind| kind == first) {
        words_of(first)
    } else {
        ANY
    }
}

/// The words of the source in front.
#[must_use]
pub fn front_words(state: &State) -> StoreWords {
    words_of(
        state
            .front
            .address()
            .map_or(StoreKind::RabbitMq, Address::kind),
    )
}

/// What all open sources are called, in their order. Two that would be called the same are told apart by
/// their parts, or else by their numbers.
#[must_use]
pub fn names(state: &State) -> Vec<String> {
    let sources = state.sources();
    let whole = |source: &Source| {
        let part = source.address().map(Address::part).unwrap_or_default();
        let title = source.title();
        if part.is_empty() {
            title
        } else {
            format!("{title} · {part}")
        }
    };
    let short: Vec<_> = sources.iter().map(|source| source.title()).collect();
    let long: Vec<_> = sources.iter().map(|source| whole(source)).collect();
    let is_one =
        |names: &[String], name: &String| names.iter().filter(|other| *other == name).count() == 1;
    let named = sources.iter().zip(short.iter().zip(&long));
    named
        .map(|(source, (short_name, long_name))| {
            if is_one(&short, short_name) {
                short_name.clone()
            } else if is_one(&long, long_name) {
                long_name.clone()
            } else {
                format!("{long_name} ({})", source.id.0)
            }
        })
        .collect()
}

/// What a source is called beside others; nothing while it is the only one.
#[must_use]
pub fn name_beside_others(state: &State, source: SourceId) -> Option<String> {
    if !state.has_several() {
        return None;
    }
    let place = state.sources().iter().position(|own| own.id == source)?;
    names(state).into_iter().nth(place)
}

/// Where an event can be published by HTTP: for RabbitMQ the exchanges of this virtual host in the
/// management API. The password is left to the person.
#[must_use]
pub fn publish_url(state: &State) -> String {
    let endpoint = state.front.address().and_then(Address::rabbitmq);
    let endpoint = endpoint.cloned().unwrap_or_default();
    let vhost = encode(&endpoint.vhost);
    format!("{}/api/exchanges/{vhost}", endpoint.management_url())
}
