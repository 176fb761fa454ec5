//! What a dead letter becomes when it is sent again: everything kept, except what the broker wrote
//! on it when it died.

use super::dead_letter::{Origin, is_broker_header};
use super::draft::Outgoing;
use super::event::Event;
use super::value::FieldValue;

/// Where a dead letter is sent again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// To the exchange and routing key of its first publish: every subscriber gets it again.
    Origin,
    /// Only to the queue in which it died first, by the default exchange.
    QueueThatFailed,
    /// To an exchange and routing key that the person chose.
    Elsewhere {
        /// Exchange; empty is the default exchange.
        exchange: String,
        /// Routing key.
        routing_key: String,
    },
}

/// How dead letters become what is sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Manner {
    /// Where they go.
    pub target: Target,
    /// Headers that are left out beside those of the broker.
    pub dropped: Vec<String>,
}

impl From<Target> for Manner {
    fn from(target: Target) -> Self {
        Self {
            target,
            dropped: Vec::new(),
        }
    }
}

impl Manner {
    /// Works out the message that a resend sends; see [`plan`].
    ///
    /// # Errors
    /// Says in words why there is no target, for a message that carries no death history.
    pub fn plan(&self, event: &Event, login: &str) -> Result<Resend, String> {
        let mut resend = plan(event, &self.target, login)?;
        self.drop_headers(&mut resend);
        Ok(resend)
    }

    /// Leaves the headers out that the person does not want to be sent.
    pub fn drop_headers(&self, resend: &mut Resend) {
        let Some(headers) = &mut resend.outgoing.properties.headers else {
            return;
        };
        let mut dropped = Vec::new();
        headers.retain(|(name, _)| {
            let keep = !self.dropped.contains(name);
            if !keep {
                dropped.push(name.clone());
            }
            keep
        });
        if !dropped.is_empty() {
            let names = dropped.join(", ");
            resend
                .notes
                .push(format!("Left out, as you chose under Options: {names}"));
        }
    }
}

/// A resend as it would be sent, with what changes and why, in words.
#[derive(Clone, Debug, PartialEq)]
pub struct Resend {
    /// The message.
    pub outgoing: Outgoing,
    /// Each difference from the message as it lies in the queue, as a sentence.
    pub notes: Vec<String>,
}

/// Works out the message that a resend sends. `login` is the user of the connection: the broker
/// refuses a message whose `user_id` is another's.
///
/// # Errors
/// Says in words why there is no target, for a message that carries no death history.
pub fn plan(event: &Event, target: &Target, login: &str) -> Result<Resend, String> {
    let origin = Origin::of(&event.properties);
    let unknown = || {
        "This message carries no death history, so its origin is not known. Choose where to send it"
            .to_owned()
    };
    let (exchange, routing_key) = match target {
        Target::Origin => {
            let origin = origin.as_ref().ok_or_else(unknown)?;
            (origin.exchange.clone(), origin.routing_key.clone())
        }
        Target::QueueThatFailed => (
            String::new(),
            origin.as_ref().ok_or_else(unknown)?.queue.clone(),
        ),
        Target::Elsewhere {
            exchange,
            routing_key,
        } => (exchange.clone(), routing_key.clone()),
    };
    let mut properties = event.properties.clone();
    let mut notes = Vec::new();
    if let Some(headers) = &mut properties.headers {
        let dropped: Vec<String> = headers
            .iter()
            .filter(|(name, _)| is_broker_header(name))
            .map(|(name, _)| name.clone())
            .collect();
        if !dropped.is_empty() {
            headers.retain(|(name, _)| !is_broker_header(name));
            notes.push(format!(
                "The broker's own headers are left out: {}",
                dropped.join(", ")
            ));
            // Dead-lettering adds a header table to a message that had none.
            if headers.is_empty() {
                properties.headers = None;
            }
        }
    }
    if let Some(user) = properties.user_id.take_if(|user| user != login) {
        notes.push(format!(
            "The user id {user} is left out: the broker accepts only the login {login}"
        ));
    }
    if matches!(target, Target::Origin)
        && let Some(origin) = &origin
        && !origin.cc.is_empty()
        && event.properties.header("CC").is_none()
    {
        let keys = origin.cc.iter().cloned().map(FieldValue::Text).collect();
        properties
            .headers
            .get_or_insert_default()
            .push(("CC".to_owned(), FieldValue::Array(keys)));
        notes.push(format!(
            "The CC keys that dead-lettering removed are put back: {}",
            origin.cc.join(", ")
        ));
    }
    if !matches!(target, Target::Origin) && event.properties.header("CC").is_some() {
        if let Some(headers) = &mut properties.headers {
            headers.retain(|(name, _)| name != "CC");
        }
        notes.push("The CC keys are left out, so that it reaches only this target".to_owned());
    }
    let expired = super::Death::history(&event.properties)
        .into_iter()
        .find_map(|death| death.original_expiration);
    if let Some(ms) = expired
        && properties.expiration.is_none()
    {
        notes.push(format!(
            "Its time to live of {ms} ms, which the broker removed, is not put back: it could \
             expire again at once"
        ));
    }
    Ok(Resend {
        outgoing: Outgoing {
            exchange,
            routing_key,
            properties,
            body: event.body.clone(),
        },
        notes,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::dead_letter::tests::{death, died};
    use crate::domain::draft::tests::any_value;
    use crate::domain::{FieldTable, Properties};
    use chrono::DateTime;
    use proptest::prelude::*;

    fn dead(mut headers: FieldTable, keys: &[&str]) -> Event {
        let mut properties = died(vec![death("rejected", "orders", "shop", keys, 1)]);
        let own = properties.headers.get_or_insert_default();
        own.push((
            "x-first-death-queue".into(),
            FieldValue::Text("orders".into()),
        ));
        own.append(&mut headers);
        event(properties)
    }

    fn event(properties: Properties) -> Event {
        let now = DateTime::UNIX_EPOCH;
        Event::new(
            now,
            "dead".into(),
            "orders".into(),
            true,
            properties,
            b"{}".to_vec(),
        )
    }

    #[test]
    fn the_origin_is_the_first_exchange_and_key_and_cc_comes_back() {
        let plan = plan(
            &dead(vec![], &["order.created", "audit"]),
            &Target::Origin,
            "me",
        )
        .unwrap();
        assert_eq!(plan.outgoing.exchange, "shop");
        assert_eq!(plan.outgoing.routing_key, "order.created");
        assert_eq!(
            plan.outgoing.properties.headers,
            Some(vec![(
                "CC".into(),
                FieldValue::Array(vec![FieldValue::Text("audit".into())])
            )])
        );
        assert_eq!(plan.notes.len(), 2);
    }

    #[test]
    fn the_queue_that_failed_is_reached_by_the_default_exchange_alone() {
        let cc = vec![(
            "CC".to_owned(),
            FieldValue::Array(vec![FieldValue::Text("audit".into())]),
        )];
        let plan = plan(
            &dead(cc, &["order.created"]),
            &Target::QueueThatFailed,
            "me",
        )
        .unwrap();
        assert_eq!(plan.outgoing.exchange, "");
        assert_eq!(plan.outgoing.routing_key, "orders");
        assert_eq!(plan.outgoing.properties.headers, Some(vec![]));
    }

    #[test]
    fn a_foreign_user_id_is_left_out_and_said() {
        let mut event = dead(vec![], &["k"]);
        event.properties.user_id = Some("other".into());
        let planned = plan(&event, &Target::Origin, "me").unwrap();
        assert_eq!(planned.outgoing.properties.user_id, None);
        assert!(
            planned
                .notes
                .iter()
                .any(|note| note.contains("user id other"))
        );
        event.properties.user_id = Some("me".into());
        let planned = plan(&event, &Target::Origin, "me").unwrap();
        assert_eq!(planned.outgoing.properties.user_id.as_deref(), Some("me"));
    }

    #[test]
    fn without_a_history_the_person_must_choose() {
        let plain = event(Properties::default());
        assert!(plan(&plain, &Target::Origin, "me").is_err());
        let elsewhere = Target::Elsewhere {
            exchange: "x".into(),
            routing_key: "k".into(),
        };
        assert_eq!(
            plan(&plain, &elsewhere, "me").unwrap().outgoing.routing_key,
            "k"
        );
    }

    #[test]
    fn a_header_that_is_not_wanted_is_left_out_and_said() {
        let headers = vec![
            ("x-retry".to_owned(), FieldValue::I32(3)),
            ("x-tenant".to_owned(), FieldValue::Text("a".into())),
        ];
        let manner = Manner {
            target: Target::Origin,
            dropped: vec!["x-retry".into(), "absent".into()],
        };
        let planned = manner.plan(&dead(headers, &["k"]), "me").unwrap();
        let names = planned.outgoing.properties.headers.unwrap();
        assert_eq!(names.len(), 1);
        assert_eq!(names[0].0, "x-tenant");
        let note = planned.notes.last().unwrap();
        assert!(note.ends_with("Options: x-retry"), "{note}");
    }

    proptest! {
        #[test]
        fn every_other_header_is_kept_with_its_type(
            headers in prop::collection::btree_map("[a-w][a-z-]{0,8}", any_value(), 1..6),
        ) {
            let headers: FieldTable = headers.into_iter().collect();
            let planned = plan(&dead(headers.clone(), &["k"]), &Target::Origin, "me").unwrap();
            prop_assert_eq!(planned.outgoing.properties.headers, Some(headers));
        }
    }
}
