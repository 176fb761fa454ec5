//! What is kept on disk. Plain files of plain data; knows no broker, no runtime and no window.

pub mod firehose;
pub mod journal;
pub mod resets;
pub mod schema_files;
pub mod schema_import;
pub mod schemas;
pub mod written_schemas;
