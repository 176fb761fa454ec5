//! What several screens are made of: the inspector, forms, widgets, colours.

pub mod by_source;
pub mod choices;
pub mod draft_form;
pub(crate) mod editor;
pub(crate) mod filter_doubt;
pub(crate) mod filter_field;
pub mod inspector;
pub mod save_file;
pub mod share;
pub(crate) mod steps;
pub mod theme;
pub(crate) mod verdict;
pub mod widgets;
