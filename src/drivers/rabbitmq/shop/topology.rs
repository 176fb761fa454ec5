//! The exchanges, queues and bindings of the shop, as a table. Knows nothing of what flows through them.
//!
//! Dead letters go to one direct exchange under the name of the queue they died in, and from there to a queue of
//! their own that has no dead-letter exchange itself: nothing can come round again.

use lapin::options::{ExchangeDeclareOptions, QueueBindOptions, QueueDeclareOptions};
use lapin::types::{AMQPValue, FieldTable};
use lapin::{Channel, ExchangeKind};

/// The topic exchange every event is published to.
pub(crate) const EVENTS: &str = "shop.events";
/// The direct exchange for dead letters.
const DEAD: &str = "shop.dead";

/// Mails to customers about their orders.
pub(crate) const NOTIFICATION_ORDERS: &str = "notification.orders";
/// Payments to be settled with the bank.
pub(crate) const PAYMENT_SETTLE: &str = "payment.settle";
/// Labels to print; a label that comes late is of no use, the parcel has left.
pub(crate) const SHIPMENT_LABELS: &str = "shipment.labels";
/// Orders to look at for fraud; only the newest few are worth it.
pub(crate) const FRAUD_SCREENING: &str = "fraud.screening";
/// Everything, for the statistics.
pub(crate) const ANALYTICS_EVENTS: &str = "analytics.events";

/// How long a label waits before it expires.
const LABEL_LIFE_MS: i32 = 5_000;
/// How many orders wait for fraud screening before the oldest is dropped.
const SCREENING_PLACES: i32 = 5;
/// A shop that runs all night must not fill the disk: old dead letters make room for new ones.
const DEAD_LETTERS_KEPT: i32 = 2_000;

/// One working queue.
struct ShopLine {
    queue: &'static str,
    key: &'static str,
    message_life_ms: Option<i32>,
    places: Option<i32>,
    keeps_dead_letters: bool,
}

const LINES: [ShopLine; 5] = [
    ShopLine {
        queue: NOTIFICATION_ORDERS,
        key: "order.#",
        message_life_ms: None,
        places: None,
        keeps_dead_letters: true,
    },
    ShopLine {
        queue: PAYMENT_SETTLE,
        key: "payment.*",
        message_life_ms: None,
        places: None,
        keeps_dead_letters: true,
    },
    ShopLine {
        queue: SHIPMENT_LABELS,
        key: "shipment.*",
        message_life_ms: Some(LABEL_LIFE_MS),
        places: None,
        keeps_dead_letters: true,
    },
    ShopLine {
        queue: FRAUD_SCREENING,
        key: "order.created",
        message_life_ms: None,
        places: Some(SCREENING_PLACES),
        keeps_dead_letters: true,
    },
    ShopLine {
        queue: ANALYTICS_EVENTS,
        key: "#",
        message_life_ms: None,
        places: None,
        keeps_dead_letters: false,
    },
];

impl ShopLine {
    fn arguments(&self) -> FieldTable {
        let mut arguments = classic();
        if self.keeps_dead_letters {
            put(&mut arguments, "x-dead-letter-exchange", text(DEAD));
            put(
                &mut arguments,
                "x-dead-letter-routing-key",
                text(self.queue),
            );
        }
        if let Some(life_ms) = self.message_life_ms {
            put(&mut arguments, "x-message-ttl", AMQPValue::LongInt(life_ms));
        }
        if let Some(places) = self.places {
            put(&mut arguments, "x-max-length", AMQPValue::LongInt(places));
            put(&mut arguments, "x-overflow", text("drop-head"));
        }
        arguments
    }
}

/// Declares everything; what exists with the same arguments stays as it is.
pub(crate) async fn declare(channel: &Channel) -> lapin::Result<()> {
    for (name, kind) in [(EVENTS, ExchangeKind::Topic), (DEAD, ExchangeKind::Direct)] {
        let durable = ExchangeDeclareOptions {
            durable: true,
            ..ExchangeDeclareOptions::default()
        };
        channel
            .exchange_declare(name.into(), kind, durable, FieldTable::default())
            .await?;
    }
    // The places for dead letters come first: a working queue that overflows on an old backlog needs them.
    for line in LINES.iter().filter(|line| line.keeps_dead_letters) {
        let queue = format!("{}.dead", line.queue);
        let mut arguments = classic();
        put(
            &mut arguments,
            "x-max-length",
            AMQPValue::LongInt(DEAD_LETTERS_KEPT),
        );
        queue_on(channel, DEAD, &queue, line.queue, arguments).await?;
    }
    for line in &LINES {
        queue_on(channel, EVENTS, line.queue, line.key, line.arguments()).await?;
    }
    Ok(())
}

async fn queue_on(
    channel: &Channel,
    exchange: &str,
    queue: &str,
    key: &str,
    arguments: FieldTable,
) -> lapin::Result<()> {
    channel
        .queue_declare(queue.into(), QueueDeclareOptions::durable(), arguments)
        .await?;
    channel
        .queue_bind(
            queue.into(),
            exchange.into(),
            key.into(),
            QueueBindOptions::default(),
            FieldTable::default(),
        )
        .await
}

/// The queue type is named because the virtual host may have another default.
fn classic() -> FieldTable {
    let mut arguments = FieldTable::default();
    put(&mut arguments, "x-queue-type", text("classic"));
    arguments
}

fn put(arguments: &mut FieldTable, name: &str, value: AMQPValue) {
    arguments.insert(name.into(), value);
}

fn text(value: &str) -> AMQPValue {
    AMQPValue::LongString(value.into())
}
