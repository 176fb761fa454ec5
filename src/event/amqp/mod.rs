//! What an event brings along that came by AMQP: typed properties and headers, and the history of deaths in
//! its headers.

pub mod delivery;
pub(crate) mod history;
pub mod properties;
pub mod value;
pub mod x_death;

pub use delivery::{AmqpDelivery, Trace, Traced};
pub use properties::Properties;

pub use value::{FieldTable, FieldType, FieldValue};
