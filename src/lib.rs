//! Eventscope, a desktop event inspector for RabbitMQ.
//!
//! Modules in reading order: [`domain`] has the data and the rules, [`query`] the filter language,
//! [`protocol`] the contract between window and broker side, [`state`] what the app knows, [`ui`]
//! how it is drawn, and [`app`] ties them to a window. [`broker`], [`storage`] and [`prover`] do the outside work; [`shop`] is the
//! sample application that lives in the sandbox and is no part of the inspector.
//!
//! ARCHITECTURE.md has the map and the invariants.

pub mod analysis;
pub mod app;
pub mod cli;
pub mod drivers;
pub mod engine;
pub mod event;
pub(crate) mod http;
pub mod launch;
pub mod log;
pub mod protocol;
pub mod prover;
pub mod query;
pub mod rabbitmq;
pub mod repair;
pub mod schema;
pub mod settings;
pub mod state;
pub mod storage;
#[cfg(test)]
mod testing;
pub mod text;
pub mod ui;
pub mod warnings;
