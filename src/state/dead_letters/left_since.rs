//! Messages that left a queue by a job, as long as the broker's own count does not know of it: RabbitMQ's
//! management API counts every five seconds.

use chrono::{DateTime, TimeDelta, Utc};

use crate::rabbitmq::topology::Topology;

/// For so long a count may be of before.
const OLD: TimeDelta = TimeDelta::seconds(12);

/// What a job took out of a queue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::state) struct LeftSince {
    queue: String,
    /// What was counted before.
    before: u64,
    left: u64,
    at: DateTime<Utc>,
}

impl LeftSince {
    /// A job took so many messages out; none if it took none, or if the queue was not counted.
    pub(in crate::state) fn new(
        queue: &str,
        left: usize,
        topology: &Topology,
        at: DateTime<Utc>,
    ) -> Option<Self> {
        let before = topology.queue(queue)?.ready.filter(|ready| *ready > 0)?;
        (left > 0).then(|| Self {
            queue: queue.to_owned(),
            before,
            left: left as u64,
            at,
        })
    }

    /// The same with what the job before it took out, if that is of the same queue and not counted yet.
    pub(in crate::state) fn after(mut self, earlier: Option<Self>) -> Self {
        if let Some(earlier) = earlier.filter(|one| one.queue == self.queue) {
            self.before = earlier.before;
            self.left += earlier.left;
        }
        self
    }

    /// True as long as the broker may not have counted it.
    pub(in crate::state) fn is_fresh(&self, now: DateTime<Utc>) -> bool {
        now - self.at < OLD
    }

    /// Corrects a count that is still the one of before; false once it is another, or old.
    pub(in crate::state) fn correct(&self, topology: &mut Topology, now: DateTime<Utc>) -> bool {
        let mut queues = topology.queues.iter_mut();
        let queue = queues.find(|queue| queue.name == self.queue);
        match queue.and_then(|queue| queue.ready.as_mut()) {
            Some(ready) if *ready == self.before && self.is_fresh(now) => {
                *ready = ready.saturating_sub(self.left);
                true
            }
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rabbitmq::topology::Queue;

    fn counted(ready: u64) -> Topology {
        let mut queue = Queue::named("q");
        queue.ready = Some(ready);
        Topology {
            queues: vec![queue],
            ..Topology::default()
        }
    }

    #[test]
    fn a_count_of_before_is_corrected_and_a_new_one_is_believed() {
        let at = |seconds| DateTime::UNIX_EPOCH + TimeDelta::seconds(seconds);
        let left = LeftSince::new("q", 3, &counted(10), at(0)).unwrap();
        for (ready, seconds, told) in [(10, 1, 7), (7, 6, 7), (10, 20, 10), (12, 1, 12)] {
            let mut topology = counted(ready);
            let old = left.correct(&mut topology, at(seconds));
            assert_eq!(topology.queue("q").unwrap().ready, Some(told));
            assert_eq!(old, ready != told);
        }
        let two = LeftSince::new("q", 2, &counted(7), at(3))
            .unwrap()
            .after(Some(left));
        let mut topology = counted(10);
        assert!(two.correct(&mut topology, at(4)));
        assert_eq!(topology.queue("q").unwrap().ready, Some(5));
        assert_eq!(LeftSince::new("q", 0, &counted(10), at(0)), None);
        assert_eq!(LeftSince::new("other", 1, &counted(10), at(0)), None);
    }
}
