//! What several screens are made of: the inspector, forms, widgets, colours.

pub mod by_source;
pub mod choices;
pub(crate) mod compare_dialog;
pub mod draft_form;
pub(crate) mod editor;
pub(crate) mod export_dialog;
pub(crate) mod filter_doubt;
pub(crate) mod filter_field;
pub mod inspector;
pub(crate) mod open_recording;
pub mod path_dialog;
pub(crate) mod replay_dialog;
pub mod save_file;
pub mod share;
pub(crate) mod steps;
pub mod theme;
pub(crate) mod verdict;
pub mod widgets;
