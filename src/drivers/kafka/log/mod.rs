//! Looking into what the cluster keeps: pages of a topic, records by their places, and which topics hold
//! dead letters. Like every reading here it joins no group and commits nothing.

mod page;
pub(super) mod places;
pub(super) mod records;
mod runs;
pub(super) mod scan;

pub(super) use page::{LogLook, ends, marks, read};
