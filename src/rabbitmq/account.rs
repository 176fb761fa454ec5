//! A dead letter of RabbitMQ as one of any store.

use chrono::DateTime;

use super::origin::{FirstPublish, Proposal, Provenance};
use crate::event::amqp::x_death::Death;
use crate::repair::account::{Account, AccountDeath, AccountFirst, AccountTarget};

/// What is known of a message's way, in the words of every store.
#[must_use]
pub fn account(origin: &Provenance) -> Account {
    let parked = origin.parked.as_ref();
    let failure = parked.and_then(|parked| parked.failure.as_ref());
    let by_framework = parked.filter(|parked| !parked.by_broker);
    let failed = origin.failed.as_ref();
    // Without a history the reason is the framework's exception, which has fields of its own.
    let is_brokers = !origin.deaths.is_empty() || parked.is_none();
    let reason = failed
        .filter(|_| is_brokers)
        .map(|failed| failed.reason.clone());
    let death = failed.and_then(|failed| {
        let is_it = |queue: &str, word: &str| {
            failed.queue.as_deref() == Some(queue) && failed.reason == word
        };
        let mut deaths = origin.deaths.iter();
        deaths.find(|death| is_it(&death.queue, death.reason.word()))
    });
    let mut doubts = origin.evidence.clone();
    let at = failed.and_then(|failed| failed.at);
    let is_first = failed.is_none_or(|failed| failed.count <= 1);
    if let (Some(failed), false, Some(_)) = (failed, is_first, at) {
        doubts.push(format!(
            "It died there {} times, and RabbitMQ writes down only when it did so first",
            failed.count
        ));
    }
    let time = at.filter(|_| is_first || !is_brokers);
    let mut facts: Vec<String> = origin.deaths.iter().map(Death::words).collect();
    facts.extend(
        parked
            .iter()
            .flat_map(|parked| parked.remarks.iter().cloned()),
    );
    let (proposed_target, no_target) = match &origin.target {
        Proposal::To {
            exchange,
            routing_key,
            why,
        } => {
            let target = AccountTarget {
                destination: exchange.clone(),
                key: Some(routing_key.clone()),
                partition: None,
                why: why.clone(),
            };
            (Some(target), None)
        }
        Proposal::Ask(words) => (None, Some(words.clone())),
    };
    Account {
        written_by: match by_framework {
            Some(parked) => Some(parked.framework.to_owned()),
            None => failed.filter(|_| is_brokers).map(|_| "RabbitMQ".to_owned()),
        },
        died: AccountDeath {
            destination: death.map(|death| death.exchange.clone()),
            partition: None,
            offset: None,
            queue: failed.and_then(|failed| failed.queue.clone()),
            group: None,
            at: time
                .and_then(|seconds| i64::try_from(seconds).ok())
                .and_then(|seconds| DateTime::from_timestamp(seconds, 0)),
            reason,
            exception_class: failure.and_then(|failure| failure.class.clone()),
            exception_message: failure.and_then(|failure| failure.message.clone()),
            attempts: parked.and_then(|parked| parked.attempts),
        },
        first: match &origin.first {
            FirstPublish::Known {
                exchange,
                routing_key,
                ..
            } => Some(AccountFirst {
                destination: exchange.clone(),
                key: Some(routing_key.clone()),
                partition: None,
                offset: None,
            }),
            FirstPublish::NotKnown | FirstPublish::Contradictory => None,
        },
        deaths_at_least: failed.map(|failed| failed.count.max(1)),
        proposed_target,
        no_target,
        facts,
        doubts,
        ..Account::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::{Event, Transport};
    use crate::rabbitmq::origin::Scene;
    use crate::testing::{death, died};

    fn told(entries: Vec<crate::event::amqp::FieldValue>) -> Account {
        let event = Event::new(
            DateTime::UNIX_EPOCH,
            "dead".into(),
            "orders".into(),
            Transport::amqp(true),
            died(entries),
            b"{}".to_vec(),
        );
        account(&Provenance::of(&event, Scene::default()))
    }

    #[test]
    fn a_history_of_one_death_is_told_whole() {
        let told = told(vec![death(
            "rejected",
            "orders",
            "shop",
            &["order.created"],
            1,
        )]);
        assert_eq!(told.written_by.as_deref(), Some("RabbitMQ"));
        let died = &told.died;
        assert_eq!(
            (
                died.queue.as_deref(),
                died.destination.as_deref(),
                died.reason.as_deref()
            ),
            (Some("orders"), Some("shop"), Some("rejected"))
        );
        assert_eq!(died.at.map(|at| at.timestamp()), Some(1_700_000_000));
        let first = told.first.unwrap();
        assert_eq!(
            (first.destination.as_str(), first.key.as_deref()),
            ("shop", Some("order.created"))
        );
        assert_eq!(told.deaths_at_least, Some(1));
        assert_eq!(told.proposed_target.unwrap().destination, "shop");
        assert_eq!(told.doubts, [""; 0]);
    }

    #[test]
    fn when_it_died_last_of_several_times_is_not_known() {
        let told = told(vec![death("rejected", "orders", "shop", &["k"], 3)]);
        assert_eq!((told.died.at, told.deaths_at_least), (None, Some(3)));
        assert!(told.doubts.iter().any(|doubt| doubt.contains("3 times")));
    }

    #[test]
    fn of_what_nobody_wrote_into_nothing_is_told() {
        let told = told(vec![]);
        assert_eq!(
            (told.written_by, told.first, told.deaths_at_least),
            (None, None, None)
        );
        assert_eq!(told.died, AccountDeath::default());
        assert!(told.no_target.is_some());
    }
}
