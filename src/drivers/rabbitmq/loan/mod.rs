//! Messages that are borrowed from a queue and given back as they were.

pub(crate) mod borrow;
pub(crate) mod budget;
pub(crate) mod error_text;
pub(crate) mod renewal;
pub(crate) mod room;
pub(crate) mod turns;
