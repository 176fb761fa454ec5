//! A folder of schemas: which types and versions it has, the rules of the team, and how schemas come in
//! from elsewhere.

pub mod catalog;
pub mod import;
pub mod meta;
pub mod rules;
