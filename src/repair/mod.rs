//! Dead letters of any event store: edits, groups, what they have in common, what the journal keeps of
//! what was done with them.

pub mod account;
pub mod account_story;
pub mod cause;
pub mod compared_row;
pub mod dead_place;
pub mod death_line;
pub mod edit;
pub mod feature;
pub mod groups;
pub mod held_record;
pub mod job_sum;
pub mod journal_entry;
pub mod journal_list;
pub mod lineage;
pub mod mend;
pub mod oldest;
pub mod pace;
pub mod record_place;
pub mod why;
