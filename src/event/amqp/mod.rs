//! TODO event::amqp

pub mod properties;
pub mod routing_key;
pub mod value;
pub mod x_death;

pub use properties::Properties;

pub use value::{FieldTable, FieldType, FieldValue};
