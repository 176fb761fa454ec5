//! Text and bytes as people read and write them: JSON, numbers, times, base64, hex. Nothing here knows
//! what an event is.

pub mod base64;
pub mod hex;
pub mod json;
pub mod json_diff;
pub mod json_edit;
pub mod json_path;
pub mod numbers;
pub mod password;
pub mod payload;
pub mod percent;
pub mod pointer_step;
pub mod timestamp;
pub mod wrap;
