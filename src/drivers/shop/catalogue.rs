//! What the shop sells and to whom: invented people and goods, drawn by chance. Knows nothing of events.

use fastrand::Rng;
use serde_json::{Value, json};

/// Stock number and price in cents.
const GOODS: &[(&str, u32)] = &[
    ("MUG-BLUE-350", 1_290),
    ("TEAPOT-CAST-1L", 5_450),
    ("LAMP-DESK-OAK", 8_900),
    ("NOTEBOOK-A5-DOT", 1_150),
    ("CHAIR-FOLD-ASH", 12_990),
    ("RUG-WOOL-120", 21_500),
    ("CANDLE-CEDAR", 1_890),
    ("KETTLE-STEEL-17", 4_725),
];

const CUSTOMERS: &[&str] = &[
    "Mara Lindqvist",
    "Tomás Herrera",
    "Aiko Tanabe",
    "Jonas Weber",
    "Priya Raman",
    "Élodie Marchand",
    "Oluwaseun Adeyemi",
    "Hanna Kowalczyk",
];

const CARRIERS: &[&str] = &["DHL", "GLS", "PostNL", "UPS"];

/// What one order is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Basket {
    /// The customer as the events show them.
    pub(crate) customer: Value,
    /// Lines of stock number, quantity and price.
    pub(crate) items: Value,
    /// The sum of the lines.
    pub(crate) amount_cents: u32,
    /// The currency of all amounts.
    pub(crate) currency: &'static str,
    /// Who will carry the parcel.
    pub(crate) carrier: &'static str,
}

impl Basket {
    /// Draws a customer with one to three kinds of goods.
    pub(crate) fn draw(rng: &mut Rng) -> Self {
        let customer_index = rng.usize(..CUSTOMERS.len());
        let name = CUSTOMERS.get(customer_index).copied().unwrap_or("Guest");
        let first_name = name.split(' ').next().unwrap_or(name).to_lowercase();
        let customer = json!({
            "id": format!("C-{}", 1_001 + customer_index * 7),
            "name": name,
            "email": format!("{first_name}@example.com"),
        });
        let mut amount_cents = 0;
        let mut items = Vec::new();
        for _ in 0..rng.u32(1..=3) {
            let (sku, price_cents) = pick(rng, GOODS).unwrap_or(("GIFT-CARD", 2_500));
            let quantity = rng.u32(1..=3);
            amount_cents += price_cents * quantity;
            items.push(json!({ "sku": sku, "quantity": quantity, "price": money(price_cents) }));
        }
        let currency = match rng.u32(..100) {
            0..80 => "EUR",
            80..93 => "GBP",
            _ => "CHF",
        };
        let carrier = pick(rng, CARRIERS).unwrap_or("DHL");
        Self {
            customer,
            items: Value::Array(items),
            amount_cents,
            currency,
            carrier,
        }
    }
}

/// An amount as a JSON number: `12990` cents are `129.9`.
pub(crate) fn money(cents: u32) -> Value {
    json!(f64::from(cents) / 100.0)
}

/// The same amount as the faulty release writes it: `"129.90"`.
pub(crate) fn money_as_text(cents: u32) -> Value {
    Value::String(format!("{}.{:02}", cents / 100, cents % 100))
}

fn pick<T: Copy>(rng: &mut Rng, from: &[T]) -> Option<T> {
    rng.choice(from).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_amount_reads_the_same_as_number_and_as_text() {
        assert_eq!(money(12_990).to_string(), "129.9");
        assert_eq!(money_as_text(12_990), "129.90");
        assert_eq!(money_as_text(1_205), "12.05");
    }
}
