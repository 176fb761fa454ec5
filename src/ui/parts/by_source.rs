//! The words and facts in which kinds of event stores differ on the screen: what one calls a destination
//! another calls a topic. Every screen asks here, and says nothing of its own about one of them.

use crate::address::{Address, StoreKind};
use crate::event::draft::{DESTINATION, KEY, OutgoingRecord, RecordDraft};
use crate::event::source_id::SourceId;
use crate::event::{Draft, Transport};
use crate::kafka::partitioner;
use crate::rabbitmq::endpoint::encode;
use crate::rabbitmq::route;
use crate::repair::groups::GroupBy;
use crate::state::State;
use crate::state::source::Source;

/// What queues are without from which nothing goes anywhere when it dies.
pub const NO_GRAVE: &str = "without a dead-letter exchange";

/// What a kind of store calls its dead letters and their places.
#[derive(Debug, PartialEq, Eq)]
pub struct DeadWords {
    /// What holds dead letters, as a heading.
    pub places: &'static str,
    /// The tab of these.
    pub tab: &'static str,
    /// One of them, as the label of a field.
    pub place: &'static str,
    /// Where a message died, as that which groups have in common.
    pub died_in: &'static str,
    /// The button that looks into one, and what it does.
    pub look: (&'static str, &'static str),
    /// What is said while none is open.
    pub about_looking: &'static str,
    /// What becomes of a dead letter that is sent again.
    pub about_resend: &'static str,
}

static QUEUES: DeadWords = DeadWords {
    places: "DEAD-LETTER QUEUES",
    tab: "Queues",
    place: "Queue",
    died_in: "Queue that failed",
    look: ("Peek", "Borrow messages for a moment and put them back"),
    about_looking: "Open a queue on the left. Looking is a peek: messages are borrowed for a moment and \
                    put back in order",
    about_resend: "Publish it as edited; the original is removed only after the broker confirmed that the \
                   copy was routed",
};

static TOPICS: DeadWords = DeadWords {
    places: "DEAD-LETTER TOPICS",
    tab: "Topics",
    place: "Topic",
    died_in: "Topic and group",
    look: (
        "Read",
        "Read records. Nothing is taken out, no group is joined, nothing is committed",
    ),
    about_looking: "Open a topic on the left. Reading takes nothing out: no group is joined and nothing is \
                    committed",
    about_resend: "Write a copy as edited. The dead letter stays in its topic, and the journal marks it as sent",
};

/// What a kind of store calls its parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StoreWords {
    /// What events are published to, as the label of a field.
    pub destination: &'static str,
    /// The same where it is watched.
    pub watched: &'static str,
    /// What may be typed there.
    pub about_watched: &'static str,
    /// The destination without a name; empty where there is none.
    pub unnamed: &'static str,
    /// What an event is published with, as the label of a field.
    pub key: &'static str,
    /// Patterns of keys that are listened to, as the label of a field; nothing where all are.
    pub keys: Option<&'static str>,
    pub keys_heading: &'static str,
    /// What is said of dead letters and where they lie.
    pub dead: &'static DeadWords,
    /// What is said where nothing in the store is known to hold dead letters.
    pub no_dead_letters: &'static str,
    /// What lies in queues that take what nothing else took.
    pub unrouted: &'static str,
    /// What a person does to see events, in the empty table.
    pub first_tap: &'static str,
    /// What is done while a tap's forecast is made.
    pub looking: &'static str,
    /// What a trace of the whole store shows, where it has one.
    pub trace: Option<&'static str>,
    /// What an empty field for a destination means.
    pub empty_destination: &'static str,
    /// What a field for a key takes.
    pub about_key: &'static str,
    /// The button that publishes.
    pub publish: &'static str,
    /// What it does.
    pub about_publish: &'static str,
}

impl StoreWords {
    /// The label of a field, in the store's own word for it.
    #[must_use]
    pub fn label<'a>(&self, field: &'a str) -> &'a str {
        match field {
            DESTINATION => self.destination,
            KEY => self.key,
            other => other,
        }
    }

    /// What messages are grouped by.
    #[must_use]
    pub fn group_by(&self, by: GroupBy) -> &'static str {
        match by {
            GroupBy::Key => self.key,
            GroupBy::Queue => self.dead.died_in,
            other => other.words(),
        }
    }

    /// A destination as it is shown, also where it has no name.
    #[must_use]
    pub fn shown<'a>(&self, destination: &'a str) -> &'a str {
        if destination.is_empty() {
            self.unnamed
        } else {
            destination
        }
    }

    /// The word for a key within a sentence.
    #[must_use]
    pub fn key_within(&self) -> String {
        self.key.to_lowercase()
    }

    /// The word for a destination within a sentence.
    #[must_use]
    pub fn destination_within(&self) -> String {
        self.destination.to_lowercase()
    }
}

const RABBITMQ: StoreWords = StoreWords {
    destination: "Exchange",
    watched: "Exchange",
    about_watched: "What is published to it is copied to the tap",
    unnamed: "default exchange",
    key: "Routing key",
    keys: Some("Binding key"),
    keys_heading: "ROUTING KEYS",
    dead: &QUEUES,
    no_dead_letters: "No queue of this virtual host has a dead-letter exchange that leads to a queue. \
                      Any queue can be opened by its name below",
    unrouted: "What no binding took, passed on by an alternate exchange",
    first_tap: "Choose an exchange and a binding key above, then start a tap. It is a temporary queue \
                of your own: consumers and publishers do not notice it",
    looking: "Looking at the exchange, the policies and your permissions …",
    trace: Some("See everything that is published in this virtual host"),
    empty_destination: "Empty is the default exchange",
    about_key: "The routing key; with the default exchange the name of a queue",
    publish: "Publish event",
    about_publish: "With a publisher confirm; an unroutable event comes back (Ctrl+Enter)",
};

const KAFKA: StoreWords = StoreWords {
    destination: "Topic",
    watched: "Topics",
    about_watched: "Names of topics, separated by commas. * stands for any text: orders.*",
    unnamed: "",
    key: "Key",
    keys: None,
    keys_heading: "KEYS",
    dead: &TOPICS,
    no_dead_letters: "No topic is known to hold dead letters: none has such a name, such headers or such a \
                      configuration. Any topic can be opened by its name below",
    unrouted: "What nothing else took",
    first_tap: "Choose topics above and where to start, then start a tap. It joins no consumer group and \
                commits nothing: consumers and publishers do not notice it",
    looking: "Looking at the topics and what this login may do …",
    trace: None,
    empty_destination: "A topic is needed",
    about_key: "The key decides the partition, and on a compacted topic what is replaced",
    publish: "Publish",
    about_publish: "Confirmed by all replicas that are in sync (Ctrl+Enter)",
};

const ANY: StoreWords = StoreWords {
    destination: "Destination",
    watched: "Destination",
    about_watched: "What is published to it is shown",
    unnamed: "",
    key: "Key",
    keys: Some("Keys"),
    keys_heading: "KEYS",
    dead: &QUEUES,
    no_dead_letters: "Nothing here is known to hold dead letters",
    unrouted: "What nothing else took",
    first_tap: "Choose a destination above, then start a tap. Consumers and publishers do not notice it",
    looking: "Looking at what the tap would do …",
    trace: None,
    empty_destination: "Empty is the destination without a name",
    about_key: "The key that it is sent with",
    publish: "Publish event",
    about_publish: "Send it to the store in front (Ctrl+Enter)",
};

const RECORDING: StoreWords = StoreWords {
    about_watched: "What was recorded of it is read; * stands for all",
    first_tap: "What was recorded is not being read. Start a tap to read it; * stands for all destinations. The file stays as it is",
    looking: "Looking into the recording …",
    ..ANY
};

/// The words of a kind of store.
#[must_use]
pub fn words_of(kind: StoreKind) -> &'static StoreWords {
    match kind {
        StoreKind::RabbitMq => &RABBITMQ,
        StoreKind::Kafka => &KAFKA,
        StoreKind::Recording => &RECORDING,
        StoreKind::Other => &ANY,
    }
}

/// The words of what brought an event.
#[must_use]
pub fn words_for(transport: &Transport) -> &'static StoreWords {
    match transport {
        Transport::Amqp(_) => &RABBITMQ,
        Transport::Kafka(_) => &KAFKA,
        Transport::Plain(_) => &ANY,
    }
}

/// The words for what all open sources show together: those of their kind, if it is one.
#[must_use]
pub fn words(state: &State) -> &'static StoreWords {
    let mut kinds = state
        .sources()
        .into_iter()
        .filter_map(|source| source.address())
        .map(Address::kind);
    let first = kinds.next().unwrap_or(StoreKind::RabbitMq);
    if kinds.all(|kind| kind == first) {
        words_of(first)
    } else {
        &ANY
    }
}

/// The words of the source in front.
#[must_use]
pub fn front_words(state: &State) -> &'static StoreWords {
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
    if let Some(name) = state.ended_name(source) {
        return Some(format!("{name} (not open any more)"));
    }
    let is_alone = !state.has_several() && !state.has_ended();
    let place = state.sources().iter().position(|own| own.id == source)?;
    names(state).into_iter().nth(place).filter(|_| !is_alone)
}

/// Why events of the source in front cannot be watched, if they cannot.
#[must_use]
pub fn no_watching(state: &State) -> Option<String> {
    let words = "does not tell of events as they come";
    (!state.front.abilities().watch).then(|| format!("{} {words}", state.front.title()))
}

/// Why nothing can be published to the source in front, if nothing can.
#[must_use]
pub fn no_publishing(state: &State) -> Option<String> {
    let words = "takes no events: it can only be read. Open a broker to publish to";
    (!state.front.abilities().publish).then(|| format!("{} {words}", state.front.title()))
}

/// Why there is no form for events where the source in front is a recording.
#[must_use]
pub fn only_read(state: &State) -> Option<String> {
    let is_recording = matches!(state.front.address(), Some(Address::Recording(_)));
    is_recording.then(|| {
        format!(
            "{} is a recording: it can only be read. Open a broker beside it with \"Open another…\", \
             and its events can be sent there again",
            state.front.title()
        )
    })
}

/// Why the source in front has no dead letters that can be looked at, if that is so.
#[must_use]
pub fn no_dead_letters(state: &State) -> Option<String> {
    let words = "keeps no messages that can be looked at and sent again";
    (!state.front.abilities().browse).then(|| format!("{} {words}", state.front.title()))
}

/// Where an event can be published by HTTP: for RabbitMQ the exchanges of this virtual host in the
/// management API. The password is left to the person.
#[must_use]
pub fn publish_url(state: &State, source: SourceId) -> String {
    let source = state.source(source).and_then(Source::address);
    let endpoint = source.and_then(Address::rabbitmq);
    let endpoint = endpoint.cloned().unwrap_or_default();
    let vhost = encode(&endpoint.vhost);
    format!("{}/api/exchanges/{vhost}", endpoint.management_url())
}

/// Where a message in a form would go, in words; queues of our own taps do not count.
#[must_use]
pub fn forecast(draft: &Draft, own_queues: &[&str], state: &State) -> String {
    let kind = state
        .front
        .address()
        .map_or(StoreKind::RabbitMq, Address::kind);
    match kind {
        StoreKind::RabbitMq => route::forecast(draft, own_queues, &state.front.topology),
        StoreKind::Kafka => {
            let record = draft.record.clone();
            let record = record.unwrap_or_else(|| RecordDraft::of(OutgoingRecord::default()));
            let topic = state.front.picture.destination(&draft.destination);
            let count = topic.map(|topic| topic.partitions);
            partitioner::forecast(&draft.destination, &draft.key, &record, count)
        }
        StoreKind::Recording | StoreKind::Other => {
            "Who gets it is not known before it is sent".to_owned()
        }
    }
}

/// How the rules for versions are written, with an example of each.
pub const RULES_HINT: &str =
    "header NAME, body /POINTER, content type, property type, routing key …";
