//! What an event brings along that came by AMQP: typed properties and headers, and the history of deaths in
//! its headers.

pub mod delivery;
mod field_type;
pub(crate) mod history;
pub mod properties;
mod typed_text;
pub mod value;
pub(crate) mod written;
pub mod x_death;

pub use delivery::{AmqpDelivery, Trace, Traced};
pub use properties::Properties;

pub use field_type::FieldType;
pub use value::{FieldTable, FieldValue};
