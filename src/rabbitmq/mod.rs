//! RabbitMQ's facts and rules, as functions from data to data: addresses, topologies, policies, what a
//! look costs, where a dead letter came from and what it becomes when it is sent again.

pub mod account;
pub mod as_code;
pub mod comes_back;
pub mod connect_form;
pub mod death_line;
pub mod delivery_limit;
mod edited_fields;
pub mod endpoint;
pub mod faithful;
pub mod frameworks;
pub mod ground;
pub mod header_frame;
pub mod losing;
pub mod origin;
pub mod peek_rules;
pub mod picture;
pub mod policy;
pub mod preflight;
pub mod proposal;
pub mod refusal;
pub mod resend;
pub mod roles;
pub mod route;
pub mod server_version;
pub mod stream;
pub mod tap;
pub mod topology;
