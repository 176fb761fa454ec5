//! What a dead letter becomes when it is sent again: everything kept, except what the broker wrote
//! on it when it died.

use super::frameworks::{RetryCounters, counters};
use super::origin::{FirstPublish, Proposal, Provenance, Scene};
use crate::event::amqp::x_death::{DeathReason, is_broker_header};
use crate::event::amqp::{FieldValue, Properties};
use crate::event::{Event, Outgoing};

/// A reply queue of this name is a channel that waits, and is gone with it.
const CHANNEL: &str = "amq.rabbitmq.reply-to";

/// Where a dead letter is sent again.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Target {
    /// Where it came from: as a rule the exchange and routing key of its first publish, so that
    /// every subscriber gets it again. See [`Provenance::target`].
    #[default]
    Origin,
    /// Only to the queue that failed, by the default exchange.
    QueueThatFailed,
    /// To an exchange and routing key that the person chose.
    Elsewhere {
        /// Exchange; empty is the default exchange.
        exchange: String,
        routing_key: String,
    },
}

impl Target {
    /// To this destination with this key.
    #[must_use]
    pub fn elsewhere(destination: &str, key: &str) -> Self {
        Self::Elsewhere {
            exchange: destination.to_owned(),
            routing_key: key.to_owned(),
        }
    }
}

/// What becomes of a time to live that the broker removed when the message died.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Expiration {
    /// It is put back, unless the message died of it.
    #[default]
    AsItFits,
    PutBack,
    /// It is left out.
    LeaveOut,
}

impl Expiration {
    /// All, in the order in which they are offered.
    pub const ALL: [Self; 3] = [Self::AsItFits, Self::PutBack, Self::LeaveOut];

    /// The choice in words.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::AsItFits => "Put back, unless it died of it",
            Self::PutBack => "Put back always",
            Self::LeaveOut => "Never put back",
        }
    }
}

/// How dead letters become what is sent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Manner {
    /// Where they go.
    pub target: Target,
    /// Headers that are left out beside those of the broker.
    pub dropped: Vec<String>,
    /// What becomes of the time to live that the broker removed.
    pub expiration: Expiration,
    /// What becomes of retry counters that go with the copy.
    pub counters: RetryCounters,
}

impl From<Target> for Manner {
    fn from(target: Target) -> Self {
        Self {
            target,
            ..Self::default()
        }
    }
}

/// A resend as it would be sent, with what changes and why, in words.
#[derive(Clone, Debug, PartialEq)]
pub struct Resend {
    pub outgoing: Outgoing,
    /// Each difference from the message as it lies in the queue, as a sentence.
    pub notes: Vec<String>,
}

impl Manner {
    /// Works out the message that a resend sends. `login` is the user of the connection: the broker
    /// refuses a message whose `user_id` is another's.
    ///
    /// # Errors
    /// Says in words why there is no target, where it is not known where the message came from.
    pub fn plan(&self, event: &Event, login: &str, scene: Scene<'_>) -> Result<Resend, String> {
        let origin = Provenance::of(event, scene);
        let mut notes = Vec::new();
        let (exchange, routing_key) = self.target(&origin, &mut notes)?;
        let (mut properties, body) = unwrapped(event, &origin, &mut notes);
        without_brokers_headers(&mut properties, &mut notes);
        without_frameworks_headers(&origin, &mut properties, &mut notes);
        if let Some(user) = properties.user_id.take_if(|user| user != login) {
            notes.push(format!(
                "The user id {user} is left out: the broker accepts only the login {login}"
            ));
        }
        let is_first_publish = matches!(&origin.first, FirstPublish::Known {
            exchange: first, routing_key: key, ..
        } if *first == exchange && *key == routing_key);
        self.put_keys_back(&origin, is_first_publish, &mut properties, &mut notes);
        self.expiration(&origin, &mut properties, &mut notes);
        if let Some(words) = reply_words(&properties, scene) {
            notes.push(words);
        }
        self.drop_headers(&mut properties, &mut notes);
        let mut outgoing = Outgoing {
            record: None,
            destination: exchange,
            key: routing_key,
            properties,
            body,
        };
        self.counters(&mut outgoing, &mut notes);
        Ok(Resend { outgoing, notes })
    }

    /// A counter at its limit would have the copy given up before it is tried.
    fn counters(&self, outgoing: &mut Outgoing, notes: &mut Vec<String>) {
        for counter in counters(&outgoing.properties, &outgoing.body) {
            match counter.done(self.counters) {
                Some(words) if counter.apply(self.counters, outgoing) => notes.push(words),
                _ => notes.push(counter.note()),
            }
        }
    }

    fn target(
        &self,
        origin: &Provenance,
        notes: &mut Vec<String>,
    ) -> Result<(String, String), String> {
        match &self.target {
            Target::Origin => match &origin.target {
                Proposal::To {
                    exchange,
                    routing_key,
                    why,
                } => {
                    notes.extend(why.clone());
                    Ok((exchange.clone(), routing_key.clone()))
                }
                Proposal::Ask(words) => Err(words.clone()),
            },
            Target::QueueThatFailed => match origin.died_in() {
                "" => Err("It is not known in which queue it failed. Choose where to send it".into()),
                queue => Ok((String::new(), queue.to_owned())),
            },
            Target::Elsewhere {
                exchange,
                routing_key,
            } if exchange.is_empty() && routing_key.is_empty() => Err(
                "No target is named. Type an exchange and a routing key, or the name of a queue as \
                 the key"
                    .into(),
            ),
            Target::Elsewhere {
                exchange,
                routing_key,
            } => Ok((exchange.clone(), routing_key.clone())),
        }
    }

    /// CC keys lead to other queues too: they come back where the message goes to all of them again,
    /// and are left out where it goes to one target.
    fn put_keys_back(
        &self,
        origin: &Provenance,
        is_first_publish: bool,
        properties: &mut Properties,
        notes: &mut Vec<String>,
    ) {
        let to_all = self.target == Target::Origin && is_first_publish;
        if !to_all {
            if let Some(headers) = &mut properties.headers
                && headers.iter().any(|(name, _)| name == "CC")
            {
                headers.retain(|(name, _)| name != "CC");
                notes.push(
                    "The CC keys are left out, so that it reaches only this target".to_owned(),
                );
            }
            return;
        }
        if let FirstPublish::Known { cc, .. } = &origin.first
            && !cc.is_empty()
            && properties.header("CC").is_none()
        {
            let keys = cc.iter().cloned().map(FieldValue::Text).collect();
            properties
                .headers
                .get_or_insert_default()
                .push(("CC".to_owned(), FieldValue::Array(keys)));
            notes.push(format!(
                "The CC keys that dead-lettering removed are put back: {}",
                cc.join(", ")
            ));
        }
    }

    fn expiration(
        &self,
        origin: &Provenance,
        properties: &mut Properties,
        notes: &mut Vec<String>,
    ) {
        let Some((ms, died_of_it)) = removed_expiration(origin) else {
            return;
        };
        if properties.expiration.is_some() {
            return;
        }
        let put_back = match self.expiration {
            Expiration::AsItFits => !died_of_it,
            Expiration::PutBack => true,
            Expiration::LeaveOut => false,
        };
        let life = format!("Its time to live of {ms} ms, which the broker removed, is");
        notes.push(match (put_back, died_of_it) {
            (true, false) => {
                format!("{life} put back, because it did not die of it. It starts over")
            }
            (true, true) => format!("{life} put back, as you chose under Options. It starts over"),
            (false, true) => format!("{life} not put back: it could expire again at once"),
            (false, false) => format!("{life} not put back, as you chose under Options"),
        });
        if put_back {
            properties.expiration = Some(ms.to_owned());
        }
    }

    /// Leaves the headers out that the person does not want to be sent.
    fn drop_headers(&self, properties: &mut Properties, notes: &mut Vec<String>) {
        let Some(headers) = &mut properties.headers else {
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
            notes.push(format!("Left out, as you chose under Options: {names}"));
        }
    }
}

/// The time to live in milliseconds that the broker removed when the message died, and whether it
/// died of it.
#[must_use]
pub fn removed_expiration(origin: &Provenance) -> Option<(&str, bool)> {
    let removed = origin.deaths.iter().filter_map(|death| {
        let ms = death.original_expiration.as_deref()?;
        Some((ms, death.reason == DeathReason::Expired))
    });
    removed.reduce(|one, other| (one.0, one.1 || other.1))
}

/// Some frameworks park a message within another one: what is sent is the message itself.
fn unwrapped(event: &Event, origin: &Provenance, notes: &mut Vec<String>) -> (Properties, Vec<u8>) {
    let parked = origin.parked.as_ref();
    let Some((parked, original)) = parked.and_then(|p| Some((p, p.original.as_ref()?))) else {
        return (event.properties.clone(), event.body.clone());
    };
    notes.push(format!(
        "{} had wrapped the message: what is sent is the message in it",
        parked.framework
    ));
    notes.extend(original.doubts.iter().cloned());
    (original.properties.clone(), original.body.clone())
}

fn without_frameworks_headers(
    origin: &Provenance,
    properties: &mut Properties,
    notes: &mut Vec<String>,
) {
    let Some(parked) = &origin.parked else {
        return;
    };
    let is_there = |header: &str| properties.header(header).is_some();
    let removed = parked.removed.iter().filter(|one| is_there(&one.header));
    notes.extend(removed.map(|one| format!("{} is left out: {}", one.name(), one.why)));
    parked.strip(properties);
}

fn without_brokers_headers(properties: &mut Properties, notes: &mut Vec<String>) {
    let Some(headers) = &mut properties.headers else {
        return;
    };
    let mut dropped = Vec::new();
    headers.retain(|(name, _)| {
        let is_brokers = is_broker_header(name);
        if is_brokers {
            dropped.push(name.clone());
        }
        !is_brokers
    });
    if dropped.is_empty() {
        return;
    }
    notes.push(format!(
        "The broker's own headers are left out: {}",
        dropped.join(", ")
    ));
    if headers.is_empty() {
        notes.push(
            "An empty header table is sent: whether there was one at first is not known, and some \
             consumers fail without one"
                .to_owned(),
        );
    }
}

/// What is to be said of the queue that a reply would go to, if it is not there any more or soon
/// will not be.
#[must_use]
pub fn reply_words(properties: &Properties, scene: Scene<'_>) -> Option<String> {
    let queue = properties
        .reply_to
        .as_deref()
        .filter(|name| !name.is_empty())?;
    if queue.starts_with(CHANNEL) {
        return Some(format!(
            "Its reply goes to {CHANNEL}, which lives as long as the channel of who asked: after \
             that an answer reaches nobody"
        ));
    }
    let ground = scene
        .ground
        .filter(|ground| ground.topology.is_complete())?;
    ground
        .ways()
        .queue(queue)
        .is_none()
        .then(|| format!("Its reply goes to the queue {queue}, which is not there any more"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Transport;
    use crate::event::amqp::{FieldTable, Properties};
    use crate::event::draft::tests::any_value;
    use crate::rabbitmq::ground::Ground;
    use crate::testing::{death, died};
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

    fn plan(event: &Event, target: &Target, login: &str) -> Result<Resend, String> {
        Manner::from(target.clone()).plan(event, login, Scene::default())
    }

    fn event(properties: Properties) -> Event {
        let now = DateTime::UNIX_EPOCH;
        Event::new(
            now,
            "dead".into(),
            "orders".into(),
            Transport::amqp(true),
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
        assert_eq!(plan.outgoing.destination, "shop");
        assert_eq!(plan.outgoing.key, "order.created");
        assert_eq!(
            plan.outgoing.properties.headers,
            Some(vec![(
                "CC".into(),
                FieldValue::Array(vec![FieldValue::Text("audit".into())])
            )])
        );
        assert_eq!(plan.notes.len(), 3, "{:?}", plan.notes);
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
        assert_eq!(plan.outgoing.destination, "");
        assert_eq!(plan.outgoing.key, "orders");
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
        assert_eq!(plan(&plain, &elsewhere, "me").unwrap().outgoing.key, "k");
        let nowhere = Target::Elsewhere {
            exchange: String::new(),
            routing_key: String::new(),
        };
        assert!(
            plan(&plain, &nowhere, "me")
                .unwrap_err()
                .contains("No target")
        );
    }

    #[test]
    fn a_table_that_may_have_been_empty_is_sent_as_one() {
        let planned = plan(&dead(vec![], &["k"]), &Target::Origin, "me").unwrap();
        assert_eq!(planned.outgoing.properties.headers, Some(vec![]));
        let elsewhere = Target::Elsewhere {
            exchange: "x".into(),
            routing_key: "k".into(),
        };
        let plain = plan(&event(Properties::default()), &elsewhere, "me").unwrap();
        assert_eq!(plain.outgoing.properties.headers, None);
    }

    #[test]
    fn a_time_to_live_that_did_not_kill_it_comes_back() {
        let sent = |reason: &str, expiration: Expiration| {
            let FieldValue::Table(mut entry) = death(reason, "orders", "shop", &["k"], 1) else {
                unreachable!()
            };
            entry.push((
                "original-expiration".into(),
                FieldValue::Text("60000".into()),
            ));
            let manner = Manner {
                expiration,
                ..Manner::default()
            };
            let event = event(died(vec![FieldValue::Table(entry)]));
            let planned = manner.plan(&event, "me", Scene::default()).unwrap();
            let note = planned.notes.iter().any(|note| note.contains("60000 ms"));
            assert!(note, "{:?}", planned.notes);
            planned.outgoing.properties.expiration
        };
        let back = Some("60000".to_owned());
        assert_eq!(sent("rejected", Expiration::AsItFits), back);
        assert_eq!(sent("maxlen", Expiration::AsItFits), back);
        assert_eq!(sent("expired", Expiration::AsItFits), None);
        assert_eq!(sent("expired", Expiration::PutBack), back);
        assert_eq!(sent("rejected", Expiration::LeaveOut), None);
    }

    #[test]
    fn a_reply_that_reaches_nobody_is_said_before() {
        let mut event = dead(vec![], &["k"]);
        let mut told = |queue: &str| {
            event.properties.reply_to = Some(queue.to_owned());
            let ground = Ground::of(crate::testing::shop());
            let planned = Manner::default()
                .plan(&event, "me", ground.scene(None))
                .unwrap();
            planned.notes.iter().any(|note| note.contains("reply"))
        };
        assert!(told("amq.rabbitmq.reply-to.g2dkABByYWJiaXRAbG9jYWw"));
        assert!(told("amq.gen-gone"));
        assert!(!told("orders"));
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
            ..Manner::default()
        };
        let event = dead(headers, &["k"]);
        let planned = manner.plan(&event, "me", Scene::default()).unwrap();
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
