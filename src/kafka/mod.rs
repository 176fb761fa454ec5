//! Kafka's facts and rules, pure: where a cluster is and how to log in, what its topics are, from where
//! they are read, which partition a key belongs to, what its refusals mean, how far its consumer
//! groups are, and what its dead letters tell. Nothing here talks to a broker.

pub mod account;
pub mod cluster;
pub mod connect_form;
pub mod dead_letters;
pub mod endpoint;
pub mod failure;
pub mod faithful;
pub mod groups;
pub mod partitioner;
pub mod preflight;
pub mod resend;
pub mod topic_config;
pub mod topics;
