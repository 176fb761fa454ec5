//! A dead letter of RabbitMQ as one of any store.

use chrono::DateTime;

use super::origin::{FirstPublish, Proposal, Provenance};
use crate::event::amqp::x_death::Death;
use crate::repair::account::{Account, AccountDeath, AccountFirst, AccountTarget};

/// What is known of a message's way, in the words of every store.
#[must_use]
pub fn account(origin: &Provenance) -> Account {
    let parked = origin.parked.as_ref();
    let by_framework = parked.filter(|parked| !parked.by_broker);
    let failed = origin.failed.as_ref();
    let mut doubts: Vec<String> = origin.evidence.doubts().map(str::to_owned).collect();
    let died = death(origin, &mut doubts);
    let mut facts: Vec<String> = origin.deaths.iter().map(Death::words).collect();
    facts.extend(origin.evidence.facts().map(str::to_owned));
    facts.extend(
        parked
            .iter()
            .flat_map(|parked| parked.remarks.iter().cloned()),
    );
    let (proposed_target, no_target) = target(&origin.target);
    Account {
        written_by: match by_framework {
            Some(parked) => Some(parked.framework.to_owned()),
            None => failed
                .filter(|_| is_brokers(origin))
                .map(|_| "RabbitMQ".to_owned()),
        },
        died,
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
        deaths_at_least: failed.map(|failed| failed.in_all.max(1)),
        proposed_target,
        no_target,
        facts,
        doubts,
        ..Account::default()
    }
}

/// Without a history the reason is the framework's exception, which has fields of its own.
fn is_brokers(origin: &Provenance) -> bool {
    !origin.deaths.is_empty() || origin.parked.is_none()
}

fn death(origin: &Provenance, doubts: &mut Vec<String>) -> AccountDeath {
    let parked = origin.parked.as_ref();
    let failure = parked.and_then(|parked| parked.failure.as_ref());
    let mut died = AccountDeath {
        exception_class: failure.and_then(|failure| failure.class.clone()),
        exception_message: failure.and_then(|failure| failure.message.clone()),
        attempts: parked.and_then(|parked| parked.attempts),
        ..AccountDeath::default()
    };
    let Some(failed) = &origin.failed else {
        return died;
    };
    let entry = origin.deaths.iter().find(|death| {
        failed.queue.as_ref() == Some(&death.queue) && failed.reason == death.reason.word()
    });
    died.destination = entry.map(|death| death.exchange.clone());
    died.queue.clone_from(&failed.queue);
    let is_first = failed.count <= 1 || !is_brokers(origin);
    if !is_first && failed.at.is_some() {
        doubts.push(format!(
            "It died there {} times, and RabbitMQ writes down only when it did so first",
            failed.count
        ));
    }
    let seconds = failed.at.filter(|_| is_first);
    died.at = seconds
        .and_then(|seconds| i64::try_from(seconds).ok())
        .and_then(|seconds| DateTime::from_timestamp(seconds, 0));
    died.reason = is_brokers(origin).then(|| failed.reason.clone());
    died
}

fn target(proposal: &Proposal) -> (Option<AccountTarget>, Option<String>) {
    match proposal {
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
