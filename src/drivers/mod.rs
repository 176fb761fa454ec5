//! Drivers: each works with one kind of event store and tells the window what happens there.

pub(crate) mod jobs;
pub(crate) mod journal;
pub mod rabbitmq;
