//! How the shop's services judge what they get: by its body alone, so that a repaired one is accepted
//! whichever way it comes back.

use serde_json::Value;

/// What becomes of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ShopVerdict {
    Done,
    Refused,
}

/// What takes everything.
pub(crate) fn anything(_body: &[u8]) -> ShopVerdict {
    ShopVerdict::Done
}

/// The mail shows the amount, so it has to be a number.
pub(crate) fn amount_is_a_number(body: &[u8]) -> ShopVerdict {
    match data_of(body).as_ref().and_then(|data| data.get("amount")) {
        Some(Value::Number(_)) => ShopVerdict::Done,
        _ => ShopVerdict::Refused,
    }
}

/// The same for whoever gets all events of orders: only of a new one is a mail written.
#[cfg(feature = "kafka")]
pub(crate) fn can_be_mailed(body: &[u8]) -> ShopVerdict {
    let envelope: Option<Value> = serde_json::from_slice(body).ok();
    let kind = envelope.as_ref().and_then(|one| one.get("eventType"));
    match kind.and_then(Value::as_str) {
        Some("order.created") => amount_is_a_number(body),
        Some(_) => ShopVerdict::Done,
        None => ShopVerdict::Refused,
    }
}

/// Only captured payments are settled, to the account they name.
pub(crate) fn can_be_settled(body: &[u8]) -> ShopVerdict {
    match data_of(body)
        .as_ref()
        .map(|data| data.get("settlementAccount"))
    {
        Some(None | Some(Value::String(_))) => ShopVerdict::Done,
        _ => ShopVerdict::Refused,
    }
}

fn data_of(body: &[u8]) -> Option<Value> {
    let mut envelope: Value = serde_json::from_slice(body).ok()?;
    envelope.get_mut("data").map(Value::take)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notifications_refuse_an_amount_that_is_not_a_number() {
        let check = |body: &str, expected: ShopVerdict| {
            assert_eq!(amount_is_a_number(body.as_bytes()), expected, "{body}");
        };
        check(r#"{"data":{"amount":129.9}}"#, ShopVerdict::Done);
        check(r#"{"data":{"amount":130},"version":2}"#, ShopVerdict::Done);
        check(r#"{"data":{"amount":"129.90"}}"#, ShopVerdict::Refused);
        check(r#"{"data":{}}"#, ShopVerdict::Refused);
        check(r#"{"amount":129.9}"#, ShopVerdict::Refused);
        check("not json", ShopVerdict::Refused);
    }

    #[test]
    fn settlement_refuses_a_captured_payment_without_an_account() {
        let check = |body: &str, expected: ShopVerdict| {
            assert_eq!(can_be_settled(body.as_bytes()), expected, "{body}");
        };
        check(
            r#"{"data":{"settlementAccount":"EUR-MAIN"}}"#,
            ShopVerdict::Done,
        );
        check(r#"{"data":{"paymentId":"PAY-1"}}"#, ShopVerdict::Done);
        check(
            r#"{"data":{"settlementAccount":null}}"#,
            ShopVerdict::Refused,
        );
        check("[]", ShopVerdict::Refused);
    }
}
