//! One order from its creation to its end: which service says what, and how long after the order was made.
//! Pure: draws from the given randomness, knows no clock and no broker.

use fastrand::Rng;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::catalogue::{Basket, money};

/// A service that publishes events.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Service {
    Orders,
    Payments,
    Shipments,
}

impl Service {
    /// The name of its connection and its `app_id`.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Orders => "order-service",
            Self::Payments => "payment-service",
            Self::Shipments => "shipment-service",
        }
    }
}

/// One event before it is put on the wire; only the time of sending is missing.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ShopEvent {
    /// Who publishes it.
    pub(crate) service: Service,
    /// The event type, which RabbitMQ routes by.
    pub(crate) event_type: &'static str,
    /// The version of the schema of `data`.
    pub(crate) version: u8,
    /// Unique, and the same again for the same seed.
    pub(crate) event_id: Uuid,
    /// The order all events of a conversation share.
    pub(crate) order_id: String,
    /// Shared by the conversation as well, in the form tracing systems use.
    pub(crate) trace_parent: String,
    /// The amount of the order, for whoever must write it again.
    pub(crate) amount_cents: u32,
    /// The risk that the fraud model gives, on events of payments.
    pub(crate) risk: Option<f64>,
    /// Whether the order was made in a flash sale.
    pub(crate) flash_sale: bool,
    /// What the event says.
    pub(crate) data: Map<String, Value>,
}

/// How an order ends.
enum PaymentFate {
    Delivered,
    Declined,
    Withdrawn,
}

/// Draws a whole conversation: each event with its delay after the order's creation, in order of time.
pub(crate) fn draw(
    rng: &mut Rng,
    order_number: u32,
    version: u8,
    flash_sale: bool,
) -> Vec<(i64, ShopEvent)> {
    let mut order = Conversation {
        basket: Basket::draw(rng),
        order_id: format!("ORD-{order_number}"),
        payment_id: format!("PAY-{:08x}", rng.u32(..)),
        shipment_id: format!("SHP-{:06}", rng.u32(..1_000_000)),
        trace_parent: format!("00-{:032x}-{:016x}-01", rng.u128(1..), rng.u64(1..)),
        risk: f64::from(rng.u32(..1_000)) / 1_000.0,
        version,
        flash_sale,
        clock_ms: 0,
        said: Vec::new(),
    };
    let fate = match rng.u32(..100) {
        0..12 => PaymentFate::Declined,
        12..18 => PaymentFate::Withdrawn,
        _ => PaymentFate::Delivered,
    };
    order.say(rng, 0..1, "order.created");
    match fate {
        PaymentFate::Declined => {
            order.say(rng, 400..1_200, "payment.declined");
            order.say(rng, 300..800, "order.cancelled");
        }
        PaymentFate::Withdrawn => {
            order.say(rng, 300..1_500, "payment.authorized");
            order.say(rng, 1_500..4_000, "order.cancelled");
        }
        PaymentFate::Delivered => {
            order.say(rng, 300..1_500, "payment.authorized");
            order.say(rng, 500..2_000, "payment.captured");
            order.say(rng, 200..600, "order.paid");
            order.say(rng, 800..3_000, "shipment.created");
            order.say(rng, 2_000..4_000, "shipment.dispatched");
            order.say(rng, 4_000..9_000, "shipment.delivered");
        }
    }
    order.said
}

/// The state of one order while its conversation is drawn.
struct Conversation {
    basket: Basket,
    order_id: String,
    payment_id: String,
    shipment_id: String,
    trace_parent: String,
    risk: f64,
    version: u8,
    flash_sale: bool,
    clock_ms: i64,
    said: Vec<(i64, ShopEvent)>,
}

impl Conversation {
    fn say(&mut self, rng: &mut Rng, after_ms: std::ops::Range<i64>, event_type: &'static str) {
        self.clock_ms += rng.i64(after_ms);
        let (service, data) = match event_type.split_once('.') {
            Some(("payment", _)) => (Service::Payments, self.payment_data(event_type)),
            Some(("shipment", _)) => (Service::Shipments, self.shipment_data(rng, event_type)),
            _ => (Service::Orders, self.order_data(event_type)),
        };
        // Only the order service has released its second schema.
        let version = if service == Service::Orders {
            self.version
        } else {
            1
        };
        let event = ShopEvent {
            service,
            event_type,
            version,
            event_id: uuid::Builder::from_random_bytes(rng.u128(..).to_be_bytes()).into_uuid(),
            order_id: self.order_id.clone(),
            trace_parent: self.trace_parent.clone(),
            amount_cents: self.basket.amount_cents,
            risk: (service == Service::Payments).then_some(self.risk),
            flash_sale: self.flash_sale,
            data,
        };
        self.said.push((self.clock_ms, event));
    }

    fn order_data(&self, event_type: &str) -> Map<String, Value> {
        let Basket {
            customer,
            items,
            amount_cents,
            currency,
            ..
        } = &self.basket;
        let mut data = fields([
            ("orderId", json!(self.order_id)),
            ("customer", customer.clone()),
            ("currency", json!(currency)),
            ("amount", money(*amount_cents)),
            ("items", items.clone()),
        ]);
        match event_type {
            "order.paid" => insert(&mut data, "paymentId", json!(self.payment_id)),
            "order.cancelled" => {
                let declined = self
                    .said
                    .iter()
                    .any(|(_, event)| event.event_type == "payment.declined");
                let reason = if declined {
                    "payment declined"
                } else {
                    "customer changed their mind"
                };
                insert(&mut data, "reason", json!(reason));
            }
            _ => {}
        }
        if self.version >= 2 {
            let channel = if self.flash_sale { "app" } else { "web" };
            insert(&mut data, "channel", json!(channel));
            insert(
                &mut data,
                "couponCode",
                if self.flash_sale {
                    json!("FLASH20")
                } else {
                    Value::Null
                },
            );
        }
        data
    }

    fn payment_data(&self, event_type: &str) -> Map<String, Value> {
        let Basket {
            amount_cents,
            currency,
            ..
        } = &self.basket;
        let mut data = fields([
            ("paymentId", json!(self.payment_id)),
            ("orderId", json!(self.order_id)),
            ("amount", money(*amount_cents)),
            ("currency", json!(currency)),
            (
                "method",
                json!(if amount_cents % 3 == 0 {
                    "card"
                } else {
                    "sepa"
                }),
            ),
        ]);
        match event_type {
            "payment.captured" => {
                // The shop has no bank account in francs: settling such a payment fails until someone adds one.
                let account = match *currency {
                    "EUR" => json!("EUR-MAIN"),
                    "GBP" => json!("GBP-LONDON"),
                    _ => Value::Null,
                };
                insert(&mut data, "settlementAccount", account);
            }
            "payment.declined" => insert(&mut data, "reason", json!("insufficient funds")),
            _ => {}
        }
        data
    }

    fn shipment_data(&self, rng: &mut Rng, event_type: &str) -> Map<String, Value> {
        let mut data = fields([
            ("shipmentId", json!(self.shipment_id)),
            ("orderId", json!(self.order_id)),
            ("carrier", json!(self.basket.carrier)),
            ("parcels", json!(1 + self.basket.amount_cents / 20_000)),
        ]);
        match event_type {
            "shipment.created" => insert(&mut data, "weightGrams", json!(rng.u32(200..9_000))),
            "shipment.dispatched" => {
                insert(
                    &mut data,
                    "trackingCode",
                    json!(format!("{:012}", rng.u64(..1_000_000_000_000))),
                );
            }
            _ => insert(&mut data, "signedBy", self.basket.customer["name"].clone()),
        }
        data
    }
}

fn fields<const N: usize>(pairs: [(&str, Value); N]) -> Map<String, Value> {
    pairs
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value))
        .collect()
}

fn insert(data: &mut Map<String, Value>, name: &str, value: Value) {
    data.insert(name.to_owned(), value);
}
