//! Consumer groups: reads where they are, and sets the offsets of one that has no members. Reading joins no
//! group and commits nothing.

mod reading;
mod setting;

pub(super) use reading::read;
pub(super) use setting::{planned, set};
