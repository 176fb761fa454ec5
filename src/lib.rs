//! Eventscope, a desktop event inspector for RabbitMQ and Kafka.
//!
//! Modules in reading order, each above those that name it: [`text`] and [`event`] have the data,
//! [`repair`], [`rabbitmq`] and [`kafka`] the rules about dead letters and about the brokers, [`schema`],
//! [`query`] and [`log`] what is asked of events and where they are kept, [`analysis`] the work over
//! all of them, [`protocol`] the contract between window and background, [`state`] what the app
//! knows, [`ui`] how it is drawn, and [`app`] ties them to a window. [`drivers`], [`engine`],
//! [`storage`] and [`prover`] do the outside work.
//!
//! ARCHITECTURE.md has the map and the invariants.

pub mod address;
pub mod analysis;
pub mod app;
pub mod cli;
pub mod drivers;
pub mod engine;
pub mod event;
mod http;
pub mod kafka;
pub mod launch;
pub mod log;
pub mod protocol;
pub mod prover;
pub mod query;
pub mod rabbitmq;
pub mod recording;
pub mod repair;
pub mod schema;
pub mod settings;
pub mod state;
pub mod storage;
#[cfg(test)]
mod testing;
pub mod text;
mod tls;
pub mod ui;
pub mod warnings;
