//! The topology with what is worked out from it once: an index by names, and what the queues are
//! for. Many messages are judged by it, on several threads.

use super::origin::Scene;
use super::roles::Roles;
use super::route::{BindingIndex, Ways};
use super::topology::Topology;

/// What is known of a virtual host, ready for many questions.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ground {
    /// Exchanges, queues and bindings.
    pub topology: Topology,
    /// What the queues are for.
    pub roles: Roles,
    index: BindingIndex,
}

impl Ground {
    /// Works it out.
    #[must_use]
    pub fn of(topology: Topology) -> Self {
        Self {
            roles: Roles::of(&topology),
            index: BindingIndex::of(&topology),
            topology,
        }
    }

    /// Around a message that lies in this queue.
    #[must_use]
    pub fn scene<'a>(&'a self, queue: Option<&'a str>) -> Scene<'a> {
        Scene {
            queue,
            ground: Some(self),
        }
    }

    pub(crate) fn ways(&self) -> Ways<'_> {
        Ways::by(&self.topology, &self.index)
    }

    /// True if the other leads every message where this one does, whatever lies in the queues.
    #[must_use]
    pub fn leads_like(&self, other: &Self) -> bool {
        let (own, its) = (&self.topology, &other.topology);
        let names = |roles: &Roles| {
            let waits = roles.waits.iter().map(|wait| wait.queue.name.clone());
            let dead = roles.dead.iter().map(|dead| dead.queue.name.clone());
            (waits.collect::<Vec<_>>(), dead.collect::<Vec<_>>())
        };
        own.source == its.source
            && own.exchanges == its.exchanges
            && own.bindings == its.bindings
            && own.alternates == its.alternates
            && own.unsure == its.unsure
            && names(&self.roles) == names(&other.roles)
    }
}
