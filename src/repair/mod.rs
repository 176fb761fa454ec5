//! TODO repair

pub mod edit;
pub mod feature;
pub mod groups;
pub mod job_sum;
pub mod journal_entry;
pub mod journal_list;
pub mod lineage;
pub mod oldest;
pub mod pace;
pub mod why;
