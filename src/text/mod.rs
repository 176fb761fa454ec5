//! TODO text

pub mod base64;
pub mod hex;
pub mod json;
pub mod json_diff;
pub mod json_edit;
pub mod json_path;
pub mod numbers;
pub mod payload;
pub mod timestamp;
