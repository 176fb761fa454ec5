//! What the readers of conventions ask of a message.

use std::borrow::Cow;

use super::{Parked, Proposed, Removed, parking_queue};
use crate::event::Event;
use crate::event::amqp::x_death::DEATHS;
use crate::event::amqp::{FieldTable, FieldValue};
use crate::event::names::text;
use crate::rabbitmq::topology::Queue;

/// A message and the queue it lies in.
#[derive(Clone, Copy)]
pub(crate) struct ParkedLook<'a> {
    pub(crate) event: &'a Event,
    pub(crate) queue: &'a str,
}

impl<'a> ParkedLook<'a> {
    pub(crate) fn header(self, name: &str) -> Option<&'a FieldValue> {
        self.event.properties.header(name)
    }

    /// A header's text; also of one that is not UTF-8, with marks where it is not.
    pub(crate) fn text(self, name: &str) -> Option<Cow<'a, str>> {
        text(self.header(name)?)
    }

    /// A count, written as a number or as text.
    pub(crate) fn number(self, name: &str) -> Option<u64> {
        number(self.header(name)?)
    }

    /// The first of these headers that is there.
    pub(crate) fn sign(self, names: &[&'static str]) -> Option<&'static str> {
        names
            .iter()
            .copied()
            .find(|name| self.header(name).is_some())
    }

    /// A member of a header that is a table.
    pub(crate) fn table(self, name: &str) -> Option<&'a FieldTable> {
        match self.header(name)? {
            FieldValue::Table(table) => Some(table),
            _ => None,
        }
    }

    /// The broker wrote down a death: then it, and not the framework, moved the message.
    pub(crate) fn died(self) -> bool {
        self.header(DEATHS).is_some()
    }

    /// It died, or lies where nothing is worked on: then what a framework writes into all of its
    /// messages tells something.
    pub(crate) fn is_given_up(self) -> bool {
        self.died() || parking_queue(&Queue::named(self.queue), &[]).is_some()
    }

    /// The name of the queue without this end, whatever its case.
    pub(crate) fn queue_without(self, end: &str) -> Option<String> {
        without(self.queue, end)
    }

    /// The headers that have one of these names; a name that ends in `*` stands for all that begin
    /// so.
    pub(crate) fn removed(self, names: &[&str], why: &str) -> Vec<Removed> {
        let fits = |header: &str| {
            names.iter().any(|name| match name.strip_suffix('*') {
                Some(begin) => header.starts_with(begin),
                None => header == *name,
            })
        };
        let headers = self.event.properties.headers.iter().flatten();
        headers
            .filter(|(name, _)| fits(name))
            .map(|(name, _)| Removed {
                header: name.clone(),
                member: None,
                why: why.to_owned(),
            })
            .collect()
    }
}

impl Parked {
    /// Parked by `framework`, which `says` shows; the rest is not known.
    pub(crate) fn by(framework: &'static str, says: impl Into<String>) -> Self {
        Self {
            framework,
            says: says.into(),
            by_broker: false,
            failure: None,
            when: None,
            attempts: None,
            failed_queue: None,
            target: None,
            removed: Vec::new(),
            original: None,
            remarks: Vec::new(),
        }
    }

    /// The queue that failed is the target, by the default exchange.
    pub(crate) fn back_to(mut self, queue: Option<String>, says: &str) -> Self {
        let queue = queue.filter(|queue| !queue.is_empty());
        self.target = queue.clone().map(|queue| Proposed {
            exchange: String::new(),
            routing_key: queue,
            says: says.to_owned(),
        });
        self.failed_queue = queue;
        self
    }
}

pub(crate) fn number(value: &FieldValue) -> Option<u64> {
    match value {
        FieldValue::Text(text) => text.trim().parse().ok(),
        FieldValue::Timestamp(_) => None,
        other => u64::try_from(other.as_integer()?).ok(),
    }
}

pub(crate) fn member<'a>(table: &'a FieldTable, name: &str) -> Option<&'a FieldValue> {
    table
        .iter()
        .find(|(key, _)| key == name)
        .map(|(_, value)| value)
}

/// `name` without `end`, whatever its case; `None` if it does not end so, or is nothing else.
pub(crate) fn without(name: &str, end: &str) -> Option<String> {
    let at = name.len().checked_sub(end.len()).filter(|at| *at > 0)?;
    let (before, behind) = (name.get(..at)?, name.get(at..)?);
    behind.eq_ignore_ascii_case(end).then(|| before.to_owned())
}

/// The last part of an address such as `rabbitmq://host/vhost/orders?durable=true`.
pub(crate) fn queue_of_address(address: &str) -> Option<String> {
    let path = address.split(['?', '#']).next()?;
    let last = path.trim_end_matches('/').rsplit('/').next()?;
    let last = last.strip_prefix("queue:").unwrap_or(last);
    let decoded = percent(last);
    (!decoded.is_empty()).then_some(decoded)
}

fn percent(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, behind @ ..] = rest {
        let code = match (first, behind) {
            (b'%', [a, b, ..]) => std::str::from_utf8(&[*a, *b])
                .ok()
                .and_then(|code| u8::from_str_radix(code, 16).ok()),
            _ => None,
        };
        bytes.push(code.unwrap_or(*first));
        rest = if code.is_some() { &behind[2..] } else { behind };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Seconds since 1970 of a time as frameworks write it: RFC 3339, the same without a zone (taken as
/// UTC), `NServiceBus`'s `2014-11-11 02:26:58:000462 Z`, or seconds or milliseconds since 1970.
pub(crate) fn instant(text: &str) -> Option<u64> {
    let text = text.trim();
    if let Ok(number) = text.parse::<u64>() {
        return Some(if number >= 100_000_000_000 {
            number / 1_000
        } else {
            number
        });
    }
    if let Ok(time) = chrono::DateTime::parse_from_rfc3339(text) {
        return u64::try_from(time.timestamp()).ok();
    }
    let plain = text.trim_end_matches(['Z', ' ']);
    let forms = [
        "%Y-%m-%d %H:%M:%S:%f",
        "%Y-%m-%dT%H:%M:%S%.f",
        "%Y-%m-%d %H:%M:%S%.f",
    ];
    let time = forms
        .iter()
        .find_map(|form| chrono::NaiveDateTime::parse_from_str(plain, form).ok())?;
    u64::try_from(time.and_utc().timestamp()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_of_all_frameworks_are_read() {
        for text in [
            "2014-11-11 02:26:58:000462 Z",
            "2014-11-11T02:26:58.0004620Z",
            "2014-11-11T03:26:58+01:00",
            "2014-11-11T02:26:58.123",
            "1415672818",
            "1415672818999",
        ] {
            assert_eq!(instant(text), Some(1_415_672_818), "{text}");
        }
        assert_eq!(instant("yesterday"), None);
    }

    #[test]
    fn the_queue_of_an_address_is_its_last_part() {
        for (address, queue) in [
            ("rabbitmq://localhost/orders", Some("orders")),
            (
                "rabbitmq://h:5672/shop/order%20created?durable=false",
                Some("order created"),
            ),
            ("rabbitmq://queue/orders/", Some("orders")),
            ("queue:orders", Some("orders")),
            ("50%", Some("50%")),
            ("%", Some("%")),
            ("", None),
        ] {
            assert_eq!(queue_of_address(address).as_deref(), queue, "{address}");
        }
        assert_eq!(without("Orders.xq", ".XQ").as_deref(), Some("Orders"));
        assert_eq!(without(".XQ", ".XQ"), None);
        assert_eq!(without("é", "xx"), None);
    }
}
