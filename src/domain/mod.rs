//! Plain data and the rules about it: what an event is, what a queue did to it, what may be sent.
//!
//! Nothing here knows a window, a broker client or a runtime; time and ids come in as arguments,
//! so every rule can be tested as a function from data to data.

pub mod header_frame;

pub use crate::event::amqp::x_death::{Death, DeathReason};
pub use crate::event::amqp::{FieldTable, FieldType, FieldValue, Properties};
pub use crate::event::reading::Reading;
pub use crate::event::{BodyDraft, Draft, Event, Fate, Fingerprint, HeaderRow, Outgoing, Trace};
pub use crate::rabbitmq::endpoint::{Endpoint, Password};
pub use crate::rabbitmq::server_version::ServerVersion;
pub use crate::rabbitmq::topology::{
    Binding, Exchange, ExchangeKind, Queue, Topology, TopologySource,
};
pub use crate::repair::job_sum::JobSum;
pub use crate::repair::pace::Pace;
pub use crate::text::payload::PayloadKind;
