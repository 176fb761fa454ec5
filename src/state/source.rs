//! The sources that are open, each with what is known of it and what is done with it. One is in front: its
//! queues, dead letters and publish form are shown. The streams of all are shown together.

use super::consumers::ConsumerDesk;
use super::dead_letters::DeadLetterDesk;
use super::dead_letters::left_since::LeftSince;
use super::live::earlier_taps::EarlierTap;
use super::live::tap_card::Card;
use super::publish::PublishDesk;
use super::publish::kept::KeptDesk;
use super::recordings::Scrub;
use super::{Forms, alerts};
use crate::address::Address;
use crate::event::picture::Picture;
use crate::event::source_id::SourceId;
use crate::protocol::{Abilities, Link, RequestId, SandboxState, Server};
use crate::rabbitmq::server_version::ServerVersion;
use crate::rabbitmq::topology::Topology;

/// How many colours there are for sources; with more of them, two share one.
pub const COLOURS: usize = 6;

/// One source, from the connect screen to its end.
#[derive(Debug)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a fact of its own, and all combinations exist"
)]
pub struct Source {
    /// Its name.
    pub id: SourceId,
    /// Its colour, below [`COLOURS`].
    pub colour: usize,
    pub link: Link,
    /// The private broker, once it was asked for.
    pub sandbox: Option<SandboxState>,
    /// What the store is made of, in the words of every store.
    pub picture: Picture,
    /// The same with all that RabbitMQ knows; empty for any other store.
    pub topology: Topology,
    /// Counts up whenever the topology changes, so that what was worked out from it is not worked
    /// out again in each frame.
    pub topology_revision: u64,
    /// Where the login may publish, as a pattern over destinations, if that is known.
    pub(super) may_write: Option<String>,
    /// The largest frames that the store takes, in bytes, if that is known.
    pub(super) frame: Option<u32>,
    /// What is told before a tap starts, while it is read.
    pub tap_card: Option<Card>,
    /// Taps of an earlier session here that do not run.
    pub earlier: Vec<EarlierTap>,
    /// The recording from afar, if it is one.
    pub scrub: Option<Scrub>,
    pub publish: PublishDesk,
    /// Dead letters and what is done with them.
    pub dead: DeadLetterDesk,
    /// Who reads what, where the source can tell.
    pub consumers: ConsumerDesk,
    /// What the last job took out of its queue, until the broker counts it.
    pub(super) left: Option<LeftSince>,
    /// What is told on the desktop.
    pub alerts: alerts::Alerts,
    /// The connection is tried without having been asked for: to the usual local broker.
    pub is_guess: bool,
    /// The place that was asked for last, and whether the person marks it as production.
    pub(super) wanted: Option<(String, bool)>,
    /// The person marked it as production.
    pub is_production: bool,
    /// What it brings is not recorded.
    pub is_spared: bool,
    /// The end of the connection was asked for.
    pub is_ending: bool,
    /// What it was called when its connection stood last; none if none ever did.
    pub(super) last_title: Option<String>,
    /// What it can do, as it said last.
    pub(super) abilities: Abilities,
    /// The connection is to the sandbox.
    pub(super) is_sandbox: bool,
    /// The place whose dead letters were edited.
    pub(super) edits_of: Option<String>,
    /// The place that the publish form and its history belong to.
    pub(super) desk_of: Option<String>,
    /// What is kept of them for the next start.
    pub(super) kept: KeptDesk,
}

impl Source {
    /// Why a sent event is not kept for the next start, in words; none if it is.
    #[must_use]
    pub fn why_not_kept(&self, request: RequestId) -> Option<&'static str> {
        self.kept.left_out(request)
    }

    /// A source that is not connected yet.
    pub(super) fn new(id: SourceId, colour: usize) -> Self {
        Self {
            id,
            colour,
            link: Link::Idle,
            sandbox: None,
            picture: Picture::default(),
            topology: Topology::default(),
            topology_revision: 0,
            may_write: None,
            frame: None,
            tap_card: None,
            earlier: Vec::new(),
            scrub: None,
            publish: PublishDesk::default(),
            dead: DeadLetterDesk::default(),
            consumers: ConsumerDesk::default(),
            left: None,
            alerts: alerts::Alerts::default(),
            is_guess: false,
            wanted: None,
            is_production: false,
            is_spared: false,
            is_ending: false,
            last_title: None,
            abilities: Abilities::ALL,
            is_sandbox: false,
            edits_of: None,
            desk_of: None,
            kept: KeptDesk::default(),
        }
    }

    /// True while commands for it can be carried out.
    #[must_use]
    pub fn is_connected(&self) -> bool {
        matches!(self.link, Link::Connected { .. })
    }

    /// True once a connection stood and as long as the person did not end it: the screens stay
    /// open while it is lost.
    #[must_use]
    pub fn has_session(&self) -> bool {
        matches!(self.link, Link::Connected { .. } | Link::Lost { .. })
    }

    /// Where it is, as soon as that is known.
    #[must_use]
    pub fn address(&self) -> Option<&Address> {
        match &self.link {
            Link::Idle => None,
            Link::Connecting(address)
            | Link::Connected { address, .. }
            | Link::Failed { address, .. }
            | Link::Lost { address, .. } => Some(address),
        }
    }

    /// What it is called on the screen.
    #[must_use]
    pub fn title(&self) -> String {
        self.address()
            .map_or_else(|| "New connection".to_owned(), Address::title)
    }

    /// The login; empty where there is none.
    #[must_use]
    pub fn login(&self) -> &str {
        let open = self.address().filter(|_| self.has_session());
        open.map_or("", Address::login)
    }

    /// What it can do. While the connection is lost, what it could before.
    #[must_use]
    pub fn abilities(&self) -> Abilities {
        self.abilities
    }

    /// True if a tap on it begins where one says and gets all of a destination: it is a Kafka.
    #[must_use]
    pub fn is_read_from_a_place(&self) -> bool {
        self.address()
            .is_some_and(|address| address.kafka().is_some())
    }

    /// Which RabbitMQ it is, while it is connected to one.
    pub(super) fn version(&self) -> Option<&ServerVersion> {
        match &self.link {
            Link::Connected {
                server: Server::RabbitMq(version),
                ..
            } => Some(version),
            _ => None,
        }
    }

    /// True while the connection is to our own sandbox.
    #[must_use]
    pub fn in_sandbox(&self) -> bool {
        self.is_sandbox && self.has_session()
    }

    /// What holds for all sources is taken over from the one where it was changed.
    pub(super) fn take_over(&mut self, other: &Self) {
        self.alerts.wanted = other.alerts.wanted;
        self.alerts.muted.clone_from(&other.alerts.muted);
        self.dead
            .parking
            .rules
            .clone_from(&other.dead.parking.rules);
    }
}

/// A source that is not in front, with what was typed for it.
#[derive(Debug)]
pub(super) struct Behind {
    pub source: Source,
    pub forms: Forms,
}

impl Behind {
    /// A new source, with the settings that hold for all.
    pub(super) fn new(id: SourceId, colour: usize, front: &Source, forms: &Forms) -> Self {
        let mut source = Source::new(id, colour);
        source.take_over(front);
        let mut fresh = Forms::default();
        fresh.parking.clone_from(&forms.parking);
        Self {
            source,
            forms: fresh,
        }
    }

    /// Changes places with the one in front.
    pub(super) fn swap(&mut self, front: &mut Source, forms: &mut Forms) {
        self.forms.take_over(forms);
        std::mem::swap(&mut self.source, front);
        std::mem::swap(&mut self.forms, forms);
    }
}
