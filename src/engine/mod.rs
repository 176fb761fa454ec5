//! What the window asks for and no broker does: the folder of schemas, the schema registry,
//! notifications of the desktop.

pub(crate) mod files;
pub(crate) mod notifications;
pub(crate) mod outbox;
pub(crate) mod registry;
pub(crate) mod sample_schemas;
pub(crate) mod schema_folder;
