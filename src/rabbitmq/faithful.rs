//! A dead letter in three columns: as it was first published, as far as that is known; as it lies in
//! its queue; as it will be sent. With what changes, and why.

use super::edited_fields::fields;
use super::origin::{FirstPublish, Proposal, Provenance, Scene};
use super::resend::{removed_expiration, reply_words};
use crate::event::amqp::Properties;
use crate::event::amqp::x_death::is_broker_header;
use crate::event::{Event, Outgoing};
use crate::repair::compared_row::Row;
use crate::repair::lineage::{RESEND_COUNT, RESEND_ID};
use crate::text::payload::{shorten, size_text};

/// Longest text of a cell, in characters.
const CELL: usize = 200;
/// Why a row is not what lies in the queue, where the person changed it.
pub(super) const EDITED: &str = "Edited";
/// What stands where a first publish is not known.
const NOT_KNOWN: &str = "not known";

/// Compares a dead letter with what is sent in its place. `dropped` are the headers that the person
/// does not want to be sent.
#[must_use]
#[expect(clippy::too_many_lines, reason = "each property of a message once")]
pub fn rows(event: &Event, outgoing: &Outgoing, dropped: &[String], scene: Scene<'_>) -> Vec<Row> {
    let origin = Provenance::of(event, scene);
    let first = as_first_published(event, &origin);
    let mut rows = Vec::new();
    let reply = reply_words(&outgoing.properties, scene);
    let mut add = |name: String, first: String, here: String, sent: String| {
        let mut why = why(&name, [&first, &here, &sent], &origin, outgoing, dropped);
        if name == "reply-to" && !sent.is_empty() {
            why = reply.clone().unwrap_or(why);
        }
        let [first, here, sent] = [first, here, sent].map(|text| shorten(&text, CELL));
        rows.push(Row {
            is_own: why == EDITED,
            name,
            first,
            here,
            sent,
            why,
        });
    };
    let (first_exchange, first_key) = match &origin.first {
        FirstPublish::Known {
            exchange,
            routing_key,
            ..
        } => (exchange.clone(), routing_key.clone()),
        _ => (NOT_KNOWN.to_owned(), NOT_KNOWN.to_owned()),
    };
    let named = |exchange: String| match exchange.as_str() {
        "" => "(default)".to_owned(),
        _ => exchange,
    };
    add(
        "exchange".to_owned(),
        named(first_exchange),
        named(event.destination.clone()),
        named(outgoing.destination.clone()),
    );
    add(
        "routing key".to_owned(),
        first_key,
        event.key.clone(),
        outgoing.key.clone(),
    );
    let all = [&first, &event.properties, &outgoing.properties];
    for name in names(all, |properties| {
        properties
            .rows()
            .into_iter()
            .map(|(name, _)| name.to_owned())
            .collect()
    }) {
        let [first, here, sent] = all.map(|properties| {
            let mut rows = properties.rows().into_iter();
            rows.find(|(own, _)| *own == name)
                .map(|(_, value)| value)
                .unwrap_or_default()
        });
        add(name, first, here, sent);
    }
    for name in names(all, |properties| {
        properties
            .headers
            .iter()
            .flatten()
            .map(|(name, _)| name.clone())
            .collect()
    }) {
        let [first, here, sent] = all.map(|properties| {
            let value = properties.header(&name);
            value
                .map(|value| format!("{value} ({})", value.type_name()))
                .unwrap_or_default()
        });
        add(format!("header {name}"), first, here, sent);
    }
    let here = size_text(event.body.len() as u64);
    let sent = match (
        event.body == outgoing.body,
        size_text(outgoing.body.len() as u64),
    ) {
        (true, size) => size,
        (false, size) => format!("{size}, edited"),
    };
    add("body".to_owned(), here.clone(), here, sent);
    rows.extend(fields(event, outgoing));
    rows
}

/// What dead-lettering took or added is undone, as far as the history tells of it.
fn as_first_published(event: &Event, origin: &Provenance) -> Properties {
    let mut first = event.properties.clone();
    if let Some(headers) = &mut first.headers {
        let parked = origin.parked.as_ref();
        headers.retain(|(name, _)| {
            let came_later = parked.is_some_and(|parked| parked.why_removed(name).is_some());
            !is_broker_header(name) && !came_later
        });
    }
    let removed = removed_expiration(origin).map(|(ms, _)| ms.to_owned());
    first.expiration = first.expiration.or(removed);
    if let FirstPublish::Known { cc, .. } = &origin.first
        && !cc.is_empty()
        && first.header("CC").is_none()
    {
        let keys = cc.iter().cloned().map(crate::event::amqp::FieldValue::Text);
        let keys = crate::event::amqp::FieldValue::Array(keys.collect());
        first
            .headers
            .get_or_insert_default()
            .push(("CC".to_owned(), keys));
    }
    first
}

/// The names in any of the three, in the order in which they are first met.
fn names(all: [&Properties; 3], of: impl Fn(&Properties) -> Vec<String>) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for name in all.into_iter().flat_map(of) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

fn why(
    name: &str,
    [first, here, sent]: [&str; 3],
    origin: &Provenance,
    outgoing: &Outgoing,
    dropped: &[String],
) -> String {
    if here == sent && first == sent {
        return String::new();
    }
    let header = name.strip_prefix("header ").unwrap_or_default();
    let parked = origin.parked.as_ref();
    if let Some(why) = parked.and_then(|parked| parked.why_removed(header)) {
        return why;
    }
    if let Some(parked) = parked.filter(|parked| parked.original.is_some())
        && !matches!(name, "exchange" | "routing key")
        && !is_broker_header(header)
    {
        return format!("As in the message that {} had wrapped", parked.framework);
    }
    let why = match name {
        _ if is_broker_header(header) && sent.is_empty() => {
            "The broker wrote it when the message died; a resend starts over"
        }
        _ if sent.is_empty() && dropped.iter().any(|own| own == header) => {
            "You chose under Options that it is not sent"
        }
        _ if header == RESEND_ID || header == RESEND_COUNT => "It counts the resends",
        _ if header == "CC" && here.is_empty() && sent == first => {
            "Dead-lettering removed it; it is put back"
        }
        _ if header == "CC" && sent.is_empty() => {
            "It would lead to other queues too; this goes to one target"
        }
        "expiration" if here.is_empty() => return expiration(origin, first, sent),
        "user-id" if sent.is_empty() => "The broker accepts only the login of this connection",
        "exchange" | "routing key" => return target(origin, first, sent, outgoing),
        _ => EDITED,
    };
    why.to_owned()
}

fn expiration(origin: &Provenance, first: &str, sent: &str) -> String {
    let died_of_it = removed_expiration(origin).is_some_and(|(_, died_of_it)| died_of_it);
    let why = match (sent.is_empty(), died_of_it) {
        (false, _) if sent != first => EDITED,
        (false, false) => {
            "Dead-lettering removed it. The message did not die of it, so it is put back and begins \
             again"
        }
        (false, true) => "Dead-lettering removed it. It is put back, as you chose under Options",
        (true, true) => {
            "Dead-lettering removed it. It is not put back: the message could expire again at once"
        }
        (true, false) => "Dead-lettering removed it. You chose that it is not put back",
    };
    why.to_owned()
}

fn target(origin: &Provenance, first: &str, sent: &str, outgoing: &Outgoing) -> String {
    if let Proposal::To {
        exchange,
        routing_key,
        why: Some(why),
    } = &origin.target
        && (exchange, routing_key) == (&outgoing.destination, &outgoing.key)
    {
        return why.clone();
    }
    if outgoing.destination.is_empty() && outgoing.key == origin.died_in() {
        return "It goes only to the queue that failed".to_owned();
    }
    match &origin.target {
        Proposal::Ask(words) if first == NOT_KNOWN => words.clone(),
        _ if sent == first => "It goes where it was first published".to_owned(),
        _ => "It goes elsewhere than it was first published".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Transport;
    use crate::event::amqp::FieldValue;
    use crate::rabbitmq::resend::{Manner, Resend, Target};
    use crate::testing::{death, died};
    use chrono::DateTime;

    fn dead() -> Event {
        let mut properties = died(vec![death(
            "rejected",
            "orders",
            "shop",
            &["k", "audit"],
            1,
        )]);
        properties.message_id = Some("7".into());
        properties.user_id = Some("shop".into());
        let at = DateTime::UNIX_EPOCH;
        Event::new(
            at,
            "dead".into(),
            "orders".into(),
            Transport::amqp(true),
            properties,
            b"{}".to_vec(),
        )
    }

    fn plan(event: &Event, target: &Target, login: &str) -> Result<Resend, String> {
        Manner::from(target.clone()).plan(event, login, Scene::default())
    }

    fn rows(event: &Event, sent: &Outgoing, dropped: &[String]) -> Vec<Row> {
        super::rows(event, sent, dropped, Scene::default())
    }

    fn told(rows: &[Row]) -> Vec<(&str, &str)> {
        let changed = rows.iter().filter(|row| row.changes());
        changed
            .map(|row| (row.name.as_str(), row.why.as_str()))
            .collect()
    }

    #[test]
    fn each_change_has_a_reason() {
        let event = dead();
        let sent = plan(&event, &Target::Origin, "guest").unwrap().outgoing;
        let rows = rows(&event, &sent, &[]);
        assert_eq!(
            told(&rows),
            [
                ("exchange", "It goes where it was first published"),
                ("routing key", "It goes where it was first published"),
                (
                    "user-id",
                    "The broker accepts only the login of this connection"
                ),
                ("header CC", "Dead-lettering removed it; it is put back"),
                (
                    "header x-death",
                    "The broker wrote it when the message died; a resend starts over"
                ),
            ]
        );
        let body = rows.last().unwrap();
        assert_eq!(
            (body.here.as_str(), body.why.as_str()),
            (body.sent.as_str(), "")
        );
    }

    #[test]
    fn what_was_edited_is_said() {
        let mut event = dead();
        let retry = ("x-retry".to_owned(), FieldValue::I32(1));
        event.properties.headers.get_or_insert_default().push(retry);
        let mut sent = plan(&event, &Target::QueueThatFailed, "shop")
            .unwrap()
            .outgoing;
        sent.body = b"{\"a\":1}".to_vec();
        sent.properties.message_id = Some("8".into());
        let headers = sent.properties.headers.get_or_insert_default();
        headers.retain(|(name, _)| name != "x-retry");
        headers.push(("new".into(), FieldValue::Bool(true)));
        let rows = rows(&event, &sent, &["x-retry".to_owned()]);
        let told = told(&rows);
        for expected in [
            ("message-id", "Edited"),
            ("header new", "Edited"),
            ("body", "Edited"),
            (
                "header x-retry",
                "You chose under Options that it is not sent",
            ),
            ("routing key", "It goes only to the queue that failed"),
        ] {
            assert!(told.contains(&expected), "{told:?}");
        }
    }

    #[test]
    fn a_field_that_the_person_changed_is_told_with_both_values() {
        let mut event = dead();
        event.body = br#"{"amount":"129.90","n":1}"#.to_vec();
        let mut sent = plan(&event, &Target::Origin, "shop").unwrap().outgoing;
        sent.body = br#"{"amount":129.90,"n":1}"#.to_vec();
        let rows = rows(&event, &sent, &[]);
        let own: Vec<_> = rows.iter().filter(|row| row.is_own).collect();
        let names: Vec<_> = own.iter().map(|row| row.name.as_str()).collect();
        assert_eq!(names, ["body", "data.amount"]);
        assert_eq!((&*own[1].here, &*own[1].sent), ("\"129.90\"", "129.90"));
    }
}
