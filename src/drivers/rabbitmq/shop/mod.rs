//! The sample shop: a few small services that send and take events through the sandbox, so that there is something
//! to watch, compare and repair. It is an ordinary application of RabbitMQ and no part of the inspector: it knows
//! nothing of the app, and the app learns of it only what RabbitMQ shows.
//!
//! It fails honestly, in three ways a real system fails: after a change of schema one service sends an amount as
//! text, which another cannot read (`rejected`); a label printer runs out of paper (`expired`); a small queue meets
//! a flash sale (`maxlen`). Nobody takes the dead letters. That is left to the person at the desk.

mod consumers;
mod publisher;
mod topology;
mod wire;

use lapin::{Connection, ConnectionProperties};
use tokio::task::JoinSet;

use crate::drivers::shop::{body, conversation, judging, story};
use consumers::Post;
use conversation::Service;
use publisher::Desk;
use story::Story;

/// Why the shop closed. It has no other end than this, or being dropped.
#[derive(Debug, thiserror::Error)]
pub enum ShopError {
    /// A service could not connect to the broker.
    #[error("The sample shop's {service} cannot reach the broker: {source}")]
    Connect {
        service: &'static str,
        /// What the client said.
        source: lapin::Error,
    },
    /// Exchanges or queues could not be declared, for example because they exist with other arguments.
    #[error("The sample shop cannot set up its exchanges and queues: {source}")]
    Topology {
        /// What the broker said.
        source: lapin::Error,
    },
    /// A service lost its connection or its channel.
    #[error("The sample shop's {service} lost the broker: {source}")]
    Lost {
        service: &'static str,
        /// What the client said.
        source: lapin::Error,
    },
    /// The broker ended a service's subscription, as it does when the queue is deleted.
    #[error("The sample shop's {service} was sent away from {queue}, which may have been deleted")]
    SentAway {
        service: &'static str,
        queue: &'static str,
    },
    /// The broker took an event and did not confirm it in time.
    #[error("The broker does not confirm the events of the sample shop's {service}")]
    Unconfirmed { service: &'static str },
    /// A service ended by a fault of its own.
    #[error("A service of the sample shop failed: {source}")]
    Fault {
        /// The panic or cancellation.
        source: tokio::task::JoinError,
    },
}

/// Runs the shop until it is dropped or loses the broker, then says why.
///
/// The seed decides the whole story: customers, orders, ids, failures, and when everything happens, counted from the
/// start. Restart a shop with another seed, else its event ids repeat.
///
/// # Errors
/// Always, in the end: the caller decides whether to run it again.
pub async fn run(amqp_url: &str, seed: u64) -> Result<(), ShopError> {
    declare(amqp_url).await?;
    let orders = connect(amqp_url, Service::Orders.name()).await?;
    let payments = connect(amqp_url, Service::Payments.name()).await?;
    let shipments = connect(amqp_url, Service::Shipments.name()).await?;
    let notifications = connect(amqp_url, consumers::NOTIFICATIONS).await?;
    let fraud = connect(amqp_url, consumers::FRAUD).await?;
    let analytics = connect(amqp_url, consumers::ANALYTICS).await?;

    // Consumers first, so that the first events do not wait. Dropping the set stops them all.
    let mut services = JoinSet::new();
    services.spawn(Post::notifications(&notifications).await?.work());
    services.spawn(Post::settlement(&payments).await?.work());
    services.spawn(Post::label_printer(&shipments).await?.work());
    services.spawn(Post::fraud_screening(&fraud).await?.work());
    services.spawn(Post::analytics(&analytics).await?.work());
    let desks = [
        Desk::open(Service::Orders, &orders).await?,
        Desk::open(Service::Payments, &payments).await?,
        Desk::open(Service::Shipments, &shipments).await?,
    ];
    services.spawn(publisher::tell(Story::new(seed), desks));

    match services.join_next().await {
        Some(Ok(end)) => end,
        Some(Err(source)) => Err(ShopError::Fault { source }),
        None => Ok(()),
    }
}

/// Declares the shop's exchanges, queues and bindings and leaves again. Doing it twice changes nothing.
///
/// # Errors
/// When the broker cannot be reached or has the same names with other arguments.
pub async fn declare(amqp_url: &str) -> Result<(), ShopError> {
    const SERVICE: &str = "setup";
    let connection = connect(amqp_url, SERVICE).await?;
    let channel = connection
        .create_channel()
        .await
        .map_err(|source| ShopError::Lost {
            service: SERVICE,
            source,
        })?;
    topology::declare(&channel)
        .await
        .map_err(|source| ShopError::Topology { source })?;
    if let Err(error) = connection.close(200, "set up".into()).await {
        // Everything is declared by now, and a connection that is gone needs no closing.
        tracing::debug!(%error, "the setup connection of the sample shop did not close in order");
    }
    Ok(())
}

async fn connect(amqp_url: &str, service: &'static str) -> Result<Connection, ShopError> {
    let properties = ConnectionProperties::default().with_connection_name(service.into());
    Connection::connect(amqp_url, properties)
        .await
        .map_err(|source| ShopError::Connect { service, source })
}
