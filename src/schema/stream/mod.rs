//! Schemas and the events that flow: which one an event claims, whether it fits, what shapes come that
//! no schema has.

pub mod body;
pub mod claim;
pub mod drift;
pub(crate) mod fit;
pub mod infer;
pub mod novelty;
