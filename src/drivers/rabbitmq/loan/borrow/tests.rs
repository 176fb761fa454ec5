//! Where a look may not consume.

use super::*;
use crate::rabbitmq::topology::Topology;

#[test]
fn a_queue_that_may_delete_itself_gets_no_consumer() {
    let mut knowledge = Knowledge::default();
    assert!(!may_consume(&knowledge, "q", 0), "nothing is known");
    assert!(may_consume(&knowledge, "q", 1), "others keep it");
    knowledge.topology = Topology {
        source: TopologySource::Management,
        queues: ["q", "auto"]
            .map(crate::rabbitmq::topology::Queue::named)
            .into(),
        ..Topology::default()
    };
    knowledge.auto_delete.insert("auto".into());
    assert!(may_consume(&knowledge, "q", 0));
    assert!(!may_consume(&knowledge, "auto", 0));
    assert!(!may_consume(&knowledge, "newer than the topology", 0));
}
