//! The services that take events, each with its own honest weakness. A consumer judges a message by its body alone,
//! so a repaired message is accepted whichever way it comes back.

use std::time::Duration;

use futures_util::StreamExt;
use lapin::options::{BasicAckOptions, BasicConsumeOptions, BasicQosOptions, BasicRejectOptions};
use lapin::types::FieldTable;
use lapin::{Connection, Consumer};

use super::ShopError;
use super::conversation::Service;
use super::judging::{ShopVerdict, amount_is_a_number, anything, can_be_settled};
use super::topology::{
    ANALYTICS_EVENTS, FRAUD_SCREENING, NOTIFICATION_ORDERS, PAYMENT_SETTLE, SHIPMENT_LABELS,
};

/// Writes to customers.
pub(crate) const NOTIFICATIONS: &str = "notification-service";
/// Looks for fraud.
pub(crate) const FRAUD: &str = "fraud-service";
/// Counts.
pub(crate) const ANALYTICS: &str = "analytics-service";

/// The printer runs out of paper after this many labels, and somebody comes to refill it. Longer than a label waits
/// (see the topology), so some expire.
const LABELS_PER_ROLL: u32 = 40;
const REFILL: Duration = Duration::from_secs(7);

/// How a consumer treats a message: how long it works on it, and its judgement.
#[derive(Debug, Clone, Copy)]
struct Habit {
    work: Duration,
    judge: fn(&[u8]) -> ShopVerdict,
    /// After so many messages it stops for so long.
    pause: Option<(u32, Duration)>,
}

/// One service at one queue.
#[derive(Debug)]
pub(crate) struct Post {
    service: &'static str,
    queue: &'static str,
    consumer: Consumer,
    habit: Habit,
}

impl Post {
    /// Writes mails about orders; cannot read an amount that is text.
    pub(crate) async fn notifications(connection: &Connection) -> Result<Self, ShopError> {
        let habit = Habit {
            work: Duration::from_millis(30),
            judge: amount_is_a_number,
            pause: None,
        };
        Self::take(connection, NOTIFICATIONS, NOTIFICATION_ORDERS, 5, habit).await
    }

    /// Settles payments; refuses a captured one that names no account.
    pub(crate) async fn settlement(connection: &Connection) -> Result<Self, ShopError> {
        let habit = Habit {
            work: Duration::from_millis(50),
            judge: can_be_settled,
            pause: None,
        };
        Self::take(
            connection,
            Service::Payments.name(),
            PAYMENT_SETTLE,
            5,
            habit,
        )
        .await
    }

    /// Prints labels, one at a time, until the paper is used up.
    pub(crate) async fn label_printer(connection: &Connection) -> Result<Self, ShopError> {
        let habit = Habit {
            work: Duration::from_millis(200),
            judge: anything,
            pause: Some((LABELS_PER_ROLL, REFILL)),
        };
        // One at a time: a label that waits inside a consumer cannot expire any more.
        Self::take(
            connection,
            Service::Shipments.name(),
            SHIPMENT_LABELS,
            1,
            habit,
        )
        .await
    }

    /// Scores new orders, too slowly for a flash sale.
    pub(crate) async fn fraud_screening(connection: &Connection) -> Result<Self, ShopError> {
        let habit = Habit {
            work: Duration::from_millis(600),
            judge: anything,
            pause: None,
        };
        Self::take(connection, FRAUD, FRAUD_SCREENING, 1, habit).await
    }

    /// Counts everything.
    pub(crate) async fn analytics(connection: &Connection) -> Result<Self, ShopError> {
        let habit = Habit {
            work: Duration::ZERO,
            judge: anything,
            pause: None,
        };
        Self::take(connection, ANALYTICS, ANALYTICS_EVENTS, 50, habit).await
    }

    async fn take(
        connection: &Connection,
        service: &'static str,
        queue: &'static str,
        prefetch: u16,
        habit: Habit,
    ) -> Result<Self, ShopError> {
        let subscribe = async {
            let channel = connection.create_channel().await?;
            channel
                .basic_qos(prefetch, BasicQosOptions::default())
                .await?;
            let options = BasicConsumeOptions::default();
            channel
                .basic_consume(queue.into(), service.into(), options, FieldTable::default())
                .await
        };
        let consumer = subscribe
            .await
            .map_err(|source| ShopError::Lost { service, source })?;
        Ok(Self {
            service,
            queue,
            consumer,
            habit,
        })
    }

    /// Takes messages until the broker is lost or sends the service away.
    pub(crate) async fn work(mut self) -> Result<(), ShopError> {
        let service = self.service;
        let lost = |source| ShopError::Lost { service, source };
        let mut taken: u32 = 0;
        while let Some(delivery) = self.consumer.next().await {
            let delivery = delivery.map_err(lost)?;
            taken = taken.wrapping_add(1);
            tokio::time::sleep(self.habit.work).await;
            if let Some((_, pause)) = self
                .habit
                .pause
                .filter(|(after, _)| taken.is_multiple_of(*after))
            {
                tokio::time::sleep(pause).await;
            }
            match (self.habit.judge)(&delivery.data) {
                ShopVerdict::Done => delivery.ack(BasicAckOptions::default()).await,
                ShopVerdict::Refused => {
                    delivery.reject(BasicRejectOptions { requeue: false }).await
                }
            }
            .map_err(lost)?;
        }
        Err(ShopError::SentAway {
            service,
            queue: self.queue,
        })
    }
}
