//! Playing a recording again: what is sent, in which order and when. Sending it is a driver's matter.

mod order;
mod plan;

pub use order::{ReplayOrder, ReplayPace, ReplayTally, Trial};
pub use plan::{DueEvent, plan};

#[cfg(test)]
mod tests;
