//! What a person fills in: the fields that a schema asks for, and samples of what fits it.

pub mod fields;
pub mod fill;
