//! What RabbitMQ says of a delivery beyond the message: whether it was handed out before, and what its
//! trace tells.

/// A delivery over AMQP 0-9-1.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct AmqpDelivery {
    /// The broker delivered it before.
    pub redelivered: bool,
    /// What the broker's own trace tells of it; only events seen by the firehose have one.
    pub trace: Option<Box<Trace>>,
}

/// What RabbitMQ's firehose tells of a message beyond the message itself.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Trace {
    /// The login that published it, or to which it was delivered.
    pub user: String,
    /// The connection, such as `127.0.0.1:40000 -> 127.0.0.1:5672`.
    pub connection: String,
    /// What happened to it.
    pub fate: Traced,
}

impl Trace {
    pub(crate) fn cost(&self) -> usize {
        let fate = match &self.fate {
            Traced::Published(queues) => queues.iter().map(|q| size_of::<String>() + q.len()).sum(),
            Traced::Delivered(queue) => queue.len(),
        };
        size_of::<Self>() + self.user.len() + self.connection.len() + fate
    }
}

/// What happened to a traced message.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Traced {
    /// It was published, and these queues took it; none means that it was lost.
    Published(Vec<String>),
    /// It was delivered from this queue.
    Delivered(String),
}
