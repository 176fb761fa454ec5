//! Frameworks for the Java virtual machine: Spring AMQP, Spring Cloud Stream, Apache Camel.

use super::look::ParkedLook;
use super::{Parked, Proposed, cause};

/// Spring AMQP's `RepublishMessageRecoverer`, and Spring Cloud Stream with `republishToDlq`, which
/// uses it. Both publish the message again with these headers. The exchange and key are those by
/// which it reached the queue that failed.
pub(crate) fn spring(look: ParkedLook<'_>) -> Option<Parked> {
    let sign = look.sign(&[
        "x-exception-stacktrace",
        "x-exception-message",
        "x-original-routingKey",
        "x-original-exchange",
    ])?;
    let dlq = look.queue_without(".dlq");
    let framework = match &dlq {
        Some(_) => "Spring Cloud Stream",
        None => "Spring AMQP",
    };
    let mut parked = Parked::by(framework, format!("header {sign}"));
    parked.failure = cause::failure(
        look.text("x-exception-fqcn").as_deref(),
        look.text("x-exception-message").as_deref(),
        look.text("x-exception-stacktrace").as_deref(),
    );
    // The default exchange has no name, so its header is empty or left out.
    if let Some(key) = look.text("x-original-routingKey") {
        let exchange = look.text("x-original-exchange").unwrap_or_default();
        parked.target = Some(Proposed {
            exchange: exchange.into_owned(),
            routing_key: key.into_owned(),
            says: "headers x-original-exchange and x-original-routingKey".to_owned(),
        });
    }
    parked.failed_queue = dlq.or_else(|| {
        let target = parked.target.as_ref()?;
        target
            .exchange
            .is_empty()
            .then(|| target.routing_key.clone())
    });
    parked.removed = look.removed(
        &[
            "x-exception-stacktrace",
            "x-exception-message",
            "x-exception-fqcn",
            "x-original-exchange",
            "x-original-routingKey",
        ],
        "Spring wrote it when it published the message into this queue; it was not part of it",
    );
    Some(parked)
}

/// Camel adds nothing by itself; its documentation shows a header of this name.
pub(crate) fn camel(look: ParkedLook<'_>) -> Option<Parked> {
    let why = look.text("FailedBecause")?;
    let mut parked = Parked::by("Apache Camel", "header FailedBecause");
    parked.failure = cause::failure(None, Some(&why), None);
    parked.removed = look.removed(
        &["FailedBecause"],
        "It tells of the failure and was written after it",
    );
    Some(parked)
}
