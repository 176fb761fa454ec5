//! Plain data and the rules about it: what an event is, what a queue did to it, what may be sent.
//!
//! Nothing here knows a window, a broker client or a runtime; time and ids come in as arguments,
//! so every rule can be tested as a function from data to data.

pub mod base64;
pub mod cloud_event;
pub mod comes_back;
pub mod dead_letter;
pub mod decode;
pub mod delivery_limit;
pub mod draft;
pub mod edit;
pub mod endpoint;
pub mod envelope;
pub mod event;
pub mod event_diff;
pub mod export;
pub mod faithful;
pub mod feature;
pub mod frameworks;
pub mod ground;
pub mod groups;
pub mod hex;
pub mod job_sum;
pub mod journal;
pub mod json;
pub mod json_diff;
pub mod json_edit;
pub mod json_path;
pub mod lineage;
pub mod losing;
pub mod number_words;
pub mod oldest;
pub mod origin;
pub mod pace;
pub mod payload;
pub mod peek_rules;
pub mod policy;
pub mod preflight;
pub mod properties;
pub mod reading;
pub mod record;
pub mod refusal;
pub mod resend;
pub mod roles;
pub mod route;
pub mod routing_key;
pub mod sample;
pub mod server_version;
pub mod stamp;
pub mod stream;
pub mod tap;
pub mod topology;
pub mod value;
pub mod why;

pub use dead_letter::{Death, DeathReason};
pub use draft::{BodyDraft, Draft, HeaderRow, Outgoing};
pub use endpoint::{Endpoint, Password};
pub use event::{Event, Fate, Fingerprint, Trace};
pub use job_sum::JobSum;
pub use pace::Pace;
pub use payload::PayloadKind;
pub use properties::Properties;
pub use reading::Reading;
pub use server_version::ServerVersion;
pub use topology::{Binding, Exchange, ExchangeKind, Queue, Topology, TopologySource};
pub use value::{FieldTable, FieldType, FieldValue};
