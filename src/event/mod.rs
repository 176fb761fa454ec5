//! What an event is, whatever brought it: its body as people read it, what it says of itself, how it is
//! drafted, compared and exported.
//!
//! Nothing here knows a window, a broker client or a runtime; time and ids come in as arguments.

pub mod amqp;
pub mod cloud_event;
pub mod cloud_line;
pub mod decode;
pub mod draft;
pub mod envelope;
pub mod event_diff;
pub mod export;
pub mod field_names;
pub mod kafka_record;
pub mod key_pattern;
pub mod line;
pub(crate) mod line_properties;
pub mod names;
pub mod picture;
pub(crate) mod plain_headers;
pub mod reading;
mod received;
pub mod sample;
pub mod secrecy;
pub mod source_id;
pub mod start_from;
pub mod tap_id;
pub mod transport;
pub mod watching;
pub mod wire;
pub(crate) mod written_transport;

pub use received::{Event, Fingerprint};
pub use transport::Transport;

pub use draft::{BodyDraft, Draft, HeaderRow, Outgoing, OutgoingRecord};
