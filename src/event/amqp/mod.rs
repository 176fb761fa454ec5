//! What an event brings along that came by AMQP: typed properties and headers, routing keys, and the
//! history of deaths in its headers.

pub(crate) mod history;
pub mod properties;
pub mod routing_key;
pub mod value;
pub mod x_death;

pub use properties::Properties;

pub use value::{FieldTable, FieldType, FieldValue};
