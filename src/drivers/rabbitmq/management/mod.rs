//! Reads exchanges, queues and bindings over the management HTTP API, from the endpoint's own host
//! or the one that was named for it. Optional: where it does not answer, the words say what is missing without it.

mod holders;
mod one_queue;
mod refusal;
mod rules;
mod trace_switch;

use std::collections::BTreeSet;
use std::time::Duration;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::connection::connections::Knowledge;
use crate::http::{self, Refusal};
pub(super) use holders::{Holders, holders};
pub(super) use rules::{Rules, policy_limit, rules};
pub(super) use trace_switch::Switch;

use crate::rabbitmq::endpoint::{Endpoint, encode};
use crate::rabbitmq::policy;
use crate::rabbitmq::topology::{
    Binding, Dropping, Exchange, ExchangeKind, Queue, Topology, TopologySource,
};

/// Time for one request in all.
const REQUEST_LIMIT: Duration = Duration::from_secs(4);
/// Largest answer that is read.
const ANSWER_BYTES: u64 = 32 * 1024 * 1024;
/// Queues asked for at once; the API allows 500.
const PAGE: usize = 500;
/// Most pages of queues that are read.
const PAGES: usize = 40;
/// What is asked about each queue.
const COLUMNS: &str = "name,type,arguments,effective_policy_definition,messages_ready,\
                       messages_unacknowledged,message_bytes_ready,head_message_timestamp,\
                       consumers,single_active_consumer_tag,single_active_consumer_ctag,exclusive,owner_pid_details,auto_delete";

/// Reads everything, or says in the topology why not.
pub(crate) async fn read(endpoint: Endpoint) -> Knowledge {
    match off_runtime(move || Api::new(&endpoint).knowledge()).await {
        Ok(knowledge) => knowledge,
        Err(missing) => without_management(missing),
    }
}

async fn off_runtime<T: Send + 'static>(
    read: impl FnOnce() -> Result<T, String> + Send + 'static,
) -> Result<T, String> {
    tokio::task::spawn_blocking(read)
        .await
        .unwrap_or_else(|error| Err(format!("Reading the management API failed ({error})")))
}

/// What is there on every RabbitMQ, known without asking.
fn without_management(missing: String) -> Knowledge {
    let built_in = |name: &str, kind| Exchange {
        name: name.to_owned(),
        kind,
        internal: false,
    };
    Knowledge {
        topology: Topology {
            source: TopologySource::Amqp,
            missing,
            exchanges: vec![
                built_in("amq.direct", ExchangeKind::Direct),
                built_in("amq.fanout", ExchangeKind::Fanout),
                built_in("amq.headers", ExchangeKind::Headers),
                built_in("amq.topic", ExchangeKind::Topic),
            ],
            ..Topology::default()
        },
        ..Knowledge::default()
    }
}

struct Api {
    agent: ureq::Agent,
    base: String,
    authorization: String,
    user: String,
    vhost: String,
}

#[derive(Deserialize)]
struct ExchangeRow {
    name: String,
    r#type: String,
    #[serde(default)]
    internal: bool,
    #[serde(default)]
    arguments: Value,
    // The name of the policy in force.
    policy: Option<String>,
}

#[derive(Deserialize)]
struct BindingRow {
    source: String,
    destination: String,
    destination_type: String,
    routing_key: String,
    #[serde(default)]
    arguments: Value,
}

#[derive(Deserialize)]
struct QueuePage {
    items: Vec<QueueRow>,
    #[serde(default)]
    page_count: usize,
}

#[derive(Deserialize)]
struct QueueRow {
    name: String,
    r#type: Option<String>,
    #[serde(default)]
    arguments: Value,
    #[serde(default)]
    effective_policy_definition: Value,
    messages_ready: Option<u64>,
    messages_unacknowledged: Option<u64>,
    message_bytes_ready: Option<u64>,
    // A number, or an empty text where there is none.
    #[serde(default)]
    head_message_timestamp: Value,
    consumers: Option<u64>,
    // A text only where a consumer is active.
    #[serde(default)]
    single_active_consumer_tag: Value,
    // What 3.10 calls it in quorum queues.
    #[serde(default)]
    single_active_consumer_ctag: Value,
    // Older versions write `false`, newer ones may write a string or leave it out.
    #[serde(default)]
    exclusive: Value,
    #[serde(default)]
    owner_pid_details: Value,
    #[serde(default)]
    auto_delete: Value,
}

impl Api {
    fn new(endpoint: &Endpoint) -> Self {
        Self {
            agent: http::agent(REQUEST_LIMIT, Refusal::Error),
            base: endpoint.management_url(),
            authorization: http::login(&endpoint.user, &endpoint.password),
            user: endpoint.user.clone(),
            vhost: encode(&endpoint.vhost),
        }
    }

    fn knowledge(&self) -> Result<Knowledge, String> {
        let vhost = &self.vhost;
        let exchanges: Vec<ExchangeRow> = self.get(&format!("/api/exchanges/{vhost}"))?;
        let bindings: Vec<BindingRow> = self.get(&format!("/api/bindings/{vhost}"))?;
        let queues = self.queues()?;
        let ruled = ruled(&exchanges);
        // They need a right of their own, and are asked for only where they matter.
        let policies = (!ruled.is_empty()).then(|| self.policies().ok());
        let mut knowledge = assemble(exchanges, queues, bindings);
        alternates_by_policy(
            &mut knowledge.topology,
            ruled,
            policies.flatten().as_deref(),
        );
        // Only administrators are shown it.
        knowledge.write = self.permissions().ok().map(|may| may.write);
        Ok(knowledge)
    }

    fn queues(&self) -> Result<Vec<QueueRow>, String> {
        let mut rows = Vec::new();
        for page in 1..=PAGES {
            let path = format!(
                "/api/queues/{}?page={page}&page_size={PAGE}&columns={COLUMNS}",
                self.vhost
            );
            let answer: QueuePage = self.get(&path)?;
            rows.extend(answer.items);
            if page >= answer.page_count {
                break;
            }
        }
        Ok(rows)
    }

    fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, String> {
        self.fetch(path).map_err(|error| self.words(&error))
    }

    fn fetch<T: DeserializeOwned>(&self, path: &str) -> Result<T, ureq::Error> {
        let answer = self
            .agent
            .get(format!("{}{path}", self.base))
            .header("Authorization", &self.authorization)
            .call()?;
        if answer.status() != 200 {
            return Err(ureq::Error::StatusCode(answer.status().as_u16()));
        }
        answer
            .into_body()
            .into_with_config()
            .limit(ANSWER_BYTES)
            .read_json()
    }
}

fn assemble(
    exchanges: Vec<ExchangeRow>,
    queues: Vec<QueueRow>,
    bindings: Vec<BindingRow>,
) -> Knowledge {
    let auto_delete: BTreeSet<String> = queues
        .iter()
        .filter(|row| truthy(&row.auto_delete))
        .map(|row| row.name.clone())
        .collect();
    let alternates = exchanges.iter().filter_map(|row| {
        let other = row.arguments.get("alternate-exchange")?.as_str()?;
        Some((row.name.clone(), other.to_owned()))
    });
    let mut topology = Topology {
        source: TopologySource::Management,
        missing: String::new(),
        alternates: alternates.collect(),
        unsure: BTreeSet::new(),
        exchanges: exchanges
            .into_iter()
            .map(|row| Exchange {
                kind: ExchangeKind::read(&row.r#type),
                name: row.name,
                internal: row.internal,
            })
            .collect(),
        queues: queues.into_iter().map(queue).collect(),
        bindings: bindings
            .into_iter()
            // The default exchange is bound to every queue, which everybody knows.
            .filter(|row| !row.source.is_empty())
            .map(|row| Binding {
                to_queue: row.destination_type == "queue",
                source: row.source,
                destination: row.destination,
                key: row.routing_key,
                arguments: match row.arguments {
                    Value::Object(arguments) => arguments.into_iter().collect(),
                    _ => Vec::new(),
                },
            })
            .collect(),
    };
    // Sorted, so that an order the API does not promise is not taken for a change.
    topology.exchanges.sort_by(|a, b| a.name.cmp(&b.name));
    topology.queues.sort_by(|a, b| a.name.cmp(&b.name));
    topology.bindings.sort_by(|a, b| {
        (&a.source, &a.destination, &a.key, a.to_queue).cmp(&(
            &b.source,
            &b.destination,
            &b.key,
            b.to_queue,
        ))
    });
    Knowledge {
        topology,
        version: None,
        write: None,
        auto_delete,
    }
}

/// The exchanges that a policy is in force on and that name no alternate by themselves: what they
/// name overrules the policy.
fn ruled(exchanges: &[ExchangeRow]) -> Vec<String> {
    let by_itself = |row: &ExchangeRow| row.arguments.get("alternate-exchange").is_some();
    let ruled = exchanges.iter().filter(|row| {
        row.policy.as_deref().is_some_and(|name| !name.is_empty()) && !by_itself(row)
    });
    ruled.map(|row| row.name.clone()).collect()
}

fn alternates_by_policy(
    topology: &mut Topology,
    ruled: Vec<String>,
    policies: Option<&[policy::BrokerPolicy]>,
) {
    let Some(policies) = policies else {
        topology.unsure.extend(ruled);
        return;
    };
    for exchange in ruled {
        let all = policy::in_force(policies, &exchange, policy::PolicyTarget::Exchange);
        let other = all.iter().find_map(|one| one.value("alternate-exchange"));
        if let Some(other) = other.map(str::to_owned) {
            topology.alternates.insert(exchange, other);
        }
    }
}

fn queue(row: QueueRow) -> Queue {
    // Arguments overrule policies, except for limits, where RabbitMQ takes the smaller one.
    let argument = |name: &str| row.arguments.get(format!("x-{name}"));
    let policy = |name: &str| row.effective_policy_definition.get(name);
    let text = |name: &str| {
        let value = argument(name).or_else(|| policy(name));
        value.and_then(Value::as_str).map(str::to_owned)
    };
    let limits = [argument("delivery-limit"), policy("delivery-limit")];
    let has = |name: &str| argument(name).or_else(|| policy(name)).is_some();
    let refuses = text("overflow").as_deref() == Some("reject-publish");
    let is_bounded = has("max-length") || has("max-length-bytes");
    let least = |name: &str| {
        let both = [argument(name), policy(name)].into_iter().flatten();
        both.filter_map(Value::as_u64).min()
    };
    let drops = [
        has("message-ttl").then_some(Dropping::Expired),
        (is_bounded && !refuses).then_some(Dropping::Full),
    ];
    Queue {
        kind: row.r#type.clone().unwrap_or_default(),
        ready: row.messages_ready,
        unacked: row.messages_unacknowledged,
        ready_bytes: row.message_bytes_ready,
        head_time: row.head_message_timestamp.as_u64(),
        consumers: row.consumers,
        single_active: argument("single-active-consumer")
            .is_some_and(truthy)
            .then(|| {
                let tags = [
                    &row.single_active_consumer_tag,
                    &row.single_active_consumer_ctag,
                ];
                let tag = tags.into_iter().find(|tag| tag.is_string());
                active_tag(tag.unwrap_or(&Value::Null))
            }),
        dead_letter_exchange: text("dead-letter-exchange"),
        dead_letter_routing_key: text("dead-letter-routing-key"),
        // -1 means "none" from 4.0 on.
        delivery_limit: limits.into_iter().flatten().filter_map(Value::as_u64).min(),
        delivers_for_ever: limits.into_iter().flatten().any(|l| l.as_i64() == Some(-1)),
        // From 4.3 on: `failed` delays what a consumer could not do, the others also what it only
        // gives back.
        delays_returned: matches!(
            text("delayed-retry-type").as_deref(),
            Some("all" | "returned")
        ),
        drops: drops.into_iter().flatten().collect(),
        message_ttl: least("message-ttl"),
        max_length: least("max-length"),
        max_bytes: least("max-length-bytes"),
        exclusive: truthy(&row.exclusive)
            || row
                .owner_pid_details
                .as_object()
                .is_some_and(|pid| !pid.is_empty()),
        name: row.name,
    }
}

/// The tag of the active consumer; empty if there is none.
fn active_tag(told: &Value) -> String {
    let tag = told
        .as_str()
        .filter(|tag| !matches!(*tag, "none" | "undefined"));
    tag.unwrap_or_default().to_owned()
}

fn truthy(value: &Value) -> bool {
    match value {
        Value::Bool(yes) => *yes,
        Value::String(text) => text == "true",
        _ => false,
    }
}

#[cfg(test)]
mod tests;
