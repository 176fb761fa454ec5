//! What no framework of a name wrote: headers that speak of an error, as applications write them.

use super::look::ParkedLook;
use super::{Parked, Proposed, cause};

/// Parts of a header's name that speak of a failure.
const FAILURES: [&str; 5] = ["exception", "error", "traceback", "failure", "failed"];

/// Any header whose name speaks of a failure, and the usual ones that name a target.
pub(crate) fn told_by_headers(look: ParkedLook<'_>) -> Option<Parked> {
    let mut message = None;
    let mut class = None;
    let mut trace = None;
    let mut sign: Option<&str> = None;
    for (name, value) in look.event.properties.headers.iter().flatten() {
        let low = name.to_ascii_lowercase();
        let speaks = FAILURES.iter().any(|word| low.contains(word));
        let Some(text) = crate::event::names::text(value).filter(|text| speaks && !is_answer(text))
        else {
            continue;
        };
        let is = |words: &[&str]| words.iter().any(|word| low.contains(word));
        if is(&[
            "queue", "exchange", "topic", "routing", "code", "count", "-at", "time", "address",
        ]) {
            continue;
        }
        let part = if is(&["stack", "trace"]) {
            &mut trace
        } else if is(&["class", "type", "fqcn"]) {
            &mut class
        } else {
            &mut message
        };
        part.get_or_insert(text);
        sign.get_or_insert(name);
    }
    let failure = cause::failure(class.as_deref(), message.as_deref(), trace.as_deref())?;
    let mut parked = Parked::by("The application", format!("header {}", sign?));
    parked.by_broker = look.died();
    parked.failure = Some(failure);
    parked.target = target(look);
    Some(parked)
}

/// `false` in a header `error` says that there was none.
fn is_answer(text: &str) -> bool {
    let text = text.trim().to_ascii_lowercase();
    [
        "", "false", "true", "none", "null", "no", "yes", "ok", "ignore",
    ]
    .contains(&text.as_str())
        || text.parse::<f64>().is_ok()
}

fn target(look: ParkedLook<'_>) -> Option<Proposed> {
    let first = |names: &[&'static str]| {
        let name = look.sign(names)?;
        Some((name, look.text(name)?.into_owned()))
    };
    let exchange = first(&[
        "x-original-exchange",
        "original-exchange",
        "x-orig-exchange",
    ]);
    let key = first(&[
        "x-original-routing-key",
        "x-original-routingKey",
        "x-original-topic",
        "original-routing-key",
        "x-orig-routing-key",
    ]);
    if let (Some((a, exchange)), Some((b, routing_key))) = (exchange, key) {
        return Some(Proposed {
            exchange,
            routing_key,
            says: format!("headers {a} and {b}"),
        });
    }
    let (name, queue) = first(&["x-original-queue", "original-queue", "x-orig-queue"])?;
    Some(Proposed {
        exchange: String::new(),
        routing_key: queue,
        says: format!("header {name}"),
    })
}
