//! One module for each screen.

pub mod connect;
pub mod dead_letters;
pub mod live;
pub mod publish;
pub mod recordings;
pub mod schemas;
