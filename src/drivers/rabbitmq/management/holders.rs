//! Who has messages of a queue that are not ready: unacknowledged ones, and who consumes there.

use serde::Deserialize;
use serde_json::Value;

use super::{Api, off_runtime};
use crate::rabbitmq::endpoint::{Endpoint, encode};
use crate::text::numbers::count_of;

/// What the management API says of a queue at one moment. Its figures may be some seconds old.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Holders {
    /// Messages that are ready.
    pub ready: u64,
    /// Messages that were handed out and are not acknowledged.
    pub unacked: u64,
    /// Only one consumer at a time gets messages.
    pub single_active: bool,
    /// The consumers that get messages, in words; empty if there are none.
    pub who: String,
}

#[derive(Deserialize)]
struct HolderRow {
    messages_ready: Option<u64>,
    messages_unacknowledged: Option<u64>,
    #[serde(default)]
    arguments: Value,
    #[serde(default)]
    consumer_details: Vec<ConsumerRow>,
}

#[derive(Deserialize)]
struct ConsumerRow {
    #[serde(default)]
    consumer_tag: String,
    // Waits for its turn where only one gets messages.
    active: Option<bool>,
    #[serde(default)]
    channel_details: Value,
}

/// Asks for it.
///
/// # Errors
/// In words, if the API does not serve.
pub(crate) async fn holders(endpoint: Endpoint, queue: String) -> Result<Holders, String> {
    off_runtime(move || {
        let api = Api::new(&endpoint);
        let path = format!("/api/queues/{}/{}", api.vhost, encode(&queue));
        read(&api.get(&path)?).ok_or_else(|| "The API has no figures of this queue yet".to_owned())
    })
    .await
}

/// The one consumer of a queue that gets its messages, with what its connection calls itself; `None`
/// if the API does not tell.
pub(crate) fn single_active(api: &Api, queue: &str) -> Option<String> {
    let path = format!("/api/queues/{}/{}", api.vhost, encode(queue));
    let row: HolderRow = api.get(&path).ok()?;
    let mut active = row
        .consumer_details
        .iter()
        .filter(|consumer| consumer.active == Some(true));
    let (Some(consumer), None) = (active.next(), active.next()) else {
        return None;
    };
    let own_name = consumer.detail("connection_name").and_then(|connection| {
        let path = format!("/api/connections/{}", encode(connection));
        // A login without the tag monitoring is told of its own connections only.
        let connection: Value = api.get(&path).ok()?;
        let told = &connection["client_properties"]["connection_name"];
        told.as_str()
            .filter(|name| !name.is_empty())
            .map(str::to_owned)
    });
    let mut words = consumer_words(consumer);
    if let Some(name) = own_name {
        words.push_str(&format!(" (connection {name})"));
    }
    Some(words)
}

fn read(row: &HolderRow) -> Option<Holders> {
    let active: Vec<String> = row
        .consumer_details
        .iter()
        .filter(|consumer| consumer.active != Some(false))
        .map(consumer_words)
        .collect();
    let shown = active.len().min(SHOWN);
    let mut who = active[..shown].join(", ");
    if active.len() > shown {
        let others = count_of((active.len() - shown) as u64, "other consumer");
        who.push_str(&format!(" and {others}"));
    }
    Some(Holders {
        ready: row.messages_ready?,
        unacked: row.messages_unacknowledged?,
        single_active: row.arguments.get("x-single-active-consumer") == Some(&Value::Bool(true)),
        who,
    })
}

/// Consumers that are named one by one.
const SHOWN: usize = 3;

impl ConsumerRow {
    fn detail(&self, name: &str) -> Option<&str> {
        self.channel_details.get(name).and_then(Value::as_str)
    }
}

fn consumer_words(consumer: &ConsumerRow) -> String {
    let mut words = format!("consumer {}", consumer.consumer_tag);
    if let Some(user) = consumer.detail("user") {
        words.push_str(&format!(" of user {user}"));
    }
    if let Some(host) = consumer.detail("peer_host") {
        words.push_str(&format!(" at {host}"));
    }
    let port = consumer.channel_details.get("peer_port");
    if let Some(port) = port.and_then(Value::as_u64) {
        words.push_str(&format!(":{port}"));
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn those_who_get_messages_are_named() {
        let consumer = |tag: &str, active: bool| {
            serde_json::json!({"consumer_tag": tag, "active": active,
                "channel_details": {"user": "shop", "peer_host": "10.0.0.7", "peer_port": 51_200}})
        };
        let row = serde_json::json!({
            "messages_ready": 9, "messages_unacknowledged": 1,
            "arguments": {"x-single-active-consumer": true},
            "consumer_details": [consumer("a", true), consumer("b", false)],
        });
        let told = read(&serde_json::from_value(row).unwrap()).unwrap();
        let expected = Holders {
            ready: 9,
            unacked: 1,
            single_active: true,
            who: "consumer a of user shop at 10.0.0.7:51200".to_owned(),
        };
        assert_eq!(told, expected);
    }

    #[test]
    fn a_queue_without_figures_tells_nothing() {
        assert_eq!(
            read(&serde_json::from_value(serde_json::json!({})).unwrap()),
            None
        );
    }
}
