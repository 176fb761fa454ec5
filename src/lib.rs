//! Eventscope, a desktop event inspector for RabbitMQ. ARCHITECTURE.md has the map.

pub mod domain;
pub mod protocol;
pub mod state;
