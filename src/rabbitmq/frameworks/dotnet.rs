//! Frameworks for .NET: `MassTransit`, `NServiceBus`, Rebus, Wolverine, Brighter.

use super::look::{ParkedLook, instant, queue_of_address};
use super::{Parked, Removed, cause};

/// `MassTransit` moves what failed to `NAME_error` and what no consumer took to `NAME_skipped`, with
/// headers of its own beside the unchanged envelope (its documentation: "Exceptions", "Error
/// pipeline").
pub(crate) fn mass_transit(look: ParkedLook<'_>) -> Option<Parked> {
    let sign = look.sign(&[
        "MT-Fault-Message",
        "MT-Fault-ExceptionType",
        "MT-Fault-InputAddress",
        "MT-Reason",
    ])?;
    let mut parked = Parked::by("MassTransit", format!("header {sign}"));
    let address = look.text("MT-Fault-InputAddress");
    parked = match address.as_deref().and_then(queue_of_address) {
        Some(queue) => parked.back_to(Some(queue), "header MT-Fault-InputAddress"),
        None => by_name(parked, look),
    };
    parked.failure = cause::failure(
        look.text("MT-Fault-ExceptionType").as_deref(),
        look.text("MT-Fault-Message").as_deref(),
        look.text("MT-Fault-StackTrace").as_deref(),
    );
    if parked.failure.is_none() && look.queue_without("_skipped").is_some() {
        parked
            .remarks
            .push("no consumer of the queue takes this type of message".to_owned());
    }
    parked.when = look.text("MT-Fault-Timestamp").as_deref().and_then(instant);
    parked.attempts = look
        .number("MT-Fault-RetryCount")
        .map(|retries| retries + 1);
    parked.removed = look.removed(
        &["MT-Fault-*", "MT-Reason", "MT-Host-*"],
        "MassTransit wrote it when it moved the message; it writes it again at the next failure",
    );
    Some(parked)
}

/// What a framework's own counter says of a message that may have been tried since.
pub(crate) fn counted(retries: Option<u64>) -> Option<String> {
    match retries? {
        0 => None,
        1 => Some("it was retried once before".to_owned()),
        retries => Some(format!("it was retried {retries} times before")),
    }
}

/// What the name of the queue alone tells.
pub(crate) fn by_name(parked: Parked, look: ParkedLook<'_>) -> Parked {
    let found = ["_error", "_skipped"]
        .into_iter()
        .find_map(|end| Some((end, look.queue_without(end)?)));
    match found {
        Some((end, queue)) => {
            parked.back_to(Some(queue), &format!("the name of the queue without {end}"))
        }
        None => parked,
    }
}

/// `NServiceBus` moves what failed to one queue, `error` unless another was chosen. On a retry
/// `ServiceControl` removes these headers by their beginnings (its `HeaderFilter`).
pub(crate) fn nservicebus(look: ParkedLook<'_>) -> Option<Parked> {
    let sign = look.sign(&[
        "NServiceBus.FailedQ",
        "NServiceBus.ExceptionInfo.ExceptionType",
    ])?;
    // Other transports write the machine behind the queue.
    let queue = look.text("NServiceBus.FailedQ");
    let queue = queue.map(|queue| queue.split('@').next().unwrap_or_default().to_owned());
    let mut parked = Parked::by("NServiceBus", format!("header {sign}"))
        .back_to(queue, "header NServiceBus.FailedQ");
    parked.failure = cause::failure(
        look.text("NServiceBus.ExceptionInfo.ExceptionType")
            .as_deref(),
        look.text("NServiceBus.ExceptionInfo.Message").as_deref(),
        look.text("NServiceBus.ExceptionInfo.StackTrace").as_deref(),
    );
    parked.when = look
        .text("NServiceBus.TimeOfFailure")
        .as_deref()
        .and_then(instant);
    parked.removed = look.removed(
        &[
            "NServiceBus.Retries*",
            "NServiceBus.FLRetries",
            "NServiceBus.FailedQ",
            "NServiceBus.TimeOfFailure",
            "NServiceBus.ExceptionInfo.*",
            "NServiceBus.Timeout.Expire",
            "ServiceControl.EditOf",
        ],
        "NServiceBus removes it too when it retries a message",
    );
    Some(parked)
}

/// Rebus moves what failed to one queue, `error` unless another was chosen.
pub(crate) fn rebus(look: ParkedLook<'_>) -> Option<Parked> {
    let sign = look.sign(&["rbs2-error-details", "rbs2-source-queue"])?;
    let queue = look
        .text("rbs2-source-queue")
        .map(std::borrow::Cow::into_owned);
    let mut parked =
        Parked::by("Rebus", format!("header {sign}")).back_to(queue, "header rbs2-source-queue");
    parked.failure = cause::failure(None, None, look.text("rbs2-error-details").as_deref());
    parked.attempts = look.number("rbs2-delivery-count");
    parked.removed = look.removed(
        &[
            "rbs2-error-details",
            "rbs2-source-queue",
            "rbs2-delivery-count",
        ],
        "Rebus wrote it when it moved the message; it writes it again at the next failure",
    );
    Some(parked)
}

/// Wolverine writes these where it moves dead letters itself; by default the broker does.
pub(crate) fn wolverine(look: ParkedLook<'_>) -> Option<Parked> {
    let sign = look.sign(&["exception-type", "exception-message"])?;
    let address = look.text("original-destination");
    let queue = address.as_deref().and_then(queue_of_address);
    let mut parked = Parked::by("Wolverine", format!("header {sign}"))
        .back_to(queue, "header original-destination");
    parked.failure = cause::failure(
        look.text("exception-type").as_deref(),
        look.text("exception-message").as_deref(),
        look.text("exception-stack").as_deref(),
    );
    parked.when = look.text("failed-at").as_deref().and_then(instant);
    parked.attempts = look.number("attempts");
    parked.removed = look.removed(
        &[
            "exception-type",
            "exception-message",
            "exception-stack",
            "failed-at",
            "original-*",
        ],
        "Wolverine wrote it when it moved the message; it writes it again at the next failure",
    );
    Some(parked)
}

/// Brighter rejects, so that the broker dead-letters; its own headers tell how often it tried.
pub(crate) fn brighter(look: ParkedLook<'_>) -> Option<Parked> {
    look.header("HandledCount").filter(|_| look.is_given_up())?;
    let sign = look.sign(&["MessageType", "Topic"])?;
    let mut parked = Parked::by("Brighter", format!("header {sign}"));
    parked.by_broker = true;
    parked.remarks.extend(counted(look.number("HandledCount")));
    parked.removed = look
        .removed(
            &["Redelivered", "DeliveryTag"],
            "It belongs to a delivery that is over",
        )
        .into_iter()
        .collect::<Vec<Removed>>();
    Some(parked)
}
