//! Watching what flows without disturbing it: taps and the firehose.

pub(crate) mod firehose;
pub(crate) mod preflight;
pub(crate) mod tap;
pub(crate) mod tap_pump;
pub(crate) mod tap_queue;
pub(crate) mod trace_codec;
