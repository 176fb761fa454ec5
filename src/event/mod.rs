//! TODO event

pub mod amqp;
pub mod cloud_event;
pub mod decode;
pub mod draft;
pub mod envelope;
pub mod event;
pub mod event_diff;
pub mod export;
pub mod names;
pub mod reading;
pub mod sample;

pub use event::{Event, Fate, Fingerprint, Trace};

pub use draft::{BodyDraft, Draft, HeaderRow, Outgoing};
