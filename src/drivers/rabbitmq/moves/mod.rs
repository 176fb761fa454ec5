//! Messages on their way: written to the journal, sent, confirmed, and only then removed.

pub(crate) mod copy;
pub(crate) mod pipeline;
pub(crate) mod why;
pub(crate) mod window;

/// What is told when no confirm comes.
pub(crate) const SILENT: &str = "RabbitMQ does not confirm. The rest stays in the queue";
