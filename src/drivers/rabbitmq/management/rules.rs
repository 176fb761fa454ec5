//! What bears on a tap: the exchange's alternate, the policies, the login's permissions.

use serde::Deserialize;
use serde_json::Value;

use super::{Api, encode, off_runtime};
use crate::rabbitmq::endpoint::Endpoint;
use crate::rabbitmq::policy::{self, BrokerPolicy, Permissions, PolicyTarget};

/// What could be read; each part stands alone, because each needs other rights.
#[derive(Debug)]
pub(crate) struct Rules {
    /// The alternate exchange in the arguments of the exchange.
    pub alternate: Option<String>,
    /// Ordinary and operator policies, or why they cannot be read.
    pub policies: Result<Vec<BrokerPolicy>, String>,
    /// Or why they cannot be read.
    pub permissions: Result<Permissions, String>,
}

impl Rules {
    /// Nothing could be read, for this reason.
    pub(crate) fn unknown(why: &str) -> Self {
        Self {
            alternate: None,
            policies: Err(why.to_owned()),
            permissions: Err(why.to_owned()),
        }
    }
}

/// Reads them for a tap on this exchange.
pub(crate) async fn rules(endpoint: Endpoint, exchange: String) -> Rules {
    off_runtime(move || Ok(Api::new(&endpoint).rules(&exchange)))
        .await
        .unwrap_or_else(|words| Rules::unknown(&words))
}

/// The limit that policies set for this classic queue, in messages and bytes, where they can be
/// read. From the policies themselves, because the API tells of a new queue some seconds later.
pub(crate) async fn policy_limit(endpoint: Endpoint, queue: String) -> (Option<u32>, Option<u32>) {
    off_runtime(move || {
        let all = Api::new(&endpoint).policies()?;
        let all = policy::in_force(&all, &queue, PolicyTarget::ClassicQueue);
        let smallest = |name: &str| {
            let values = all.iter().filter_map(|policy| policy.value(name));
            values.filter_map(|value| value.parse().ok()).min()
        };
        Ok((smallest("max-length"), smallest("max-length-bytes")))
    })
    .await
    .unwrap_or_default()
}

#[derive(Deserialize)]
struct RuledExchangeRow {
    #[serde(default)]
    arguments: Value,
}

#[derive(Deserialize)]
struct PolicyRow {
    name: String,
    pattern: String,
    #[serde(rename = "apply-to", default)]
    apply_to: String,
    #[serde(default)]
    priority: i64,
    #[serde(default)]
    definition: serde_json::Map<String, Value>,
}

#[derive(Deserialize)]
struct PermissionRow {
    configure: String,
    write: String,
    read: String,
}

impl Api {
    fn rules(&self, exchange: &str) -> Rules {
        let vhost = &self.vhost;
        let path = format!("/api/exchanges/{vhost}/{}", encode(exchange));
        let alternate = self.fetch::<RuledExchangeRow>(&path).ok().and_then(|row| {
            let name = row.arguments.get("alternate-exchange")?;
            name.as_str().map(str::to_owned)
        });
        Rules {
            alternate,
            policies: self.policies(),
            permissions: self.permissions(),
        }
    }

    pub(crate) fn policies(&self) -> Result<Vec<BrokerPolicy>, String> {
        let mut all = Vec::new();
        for (folder, operator) in [("policies", false), ("operator-policies", true)] {
            let path = format!("/api/{folder}/{}", self.vhost);
            let rows: Vec<PolicyRow> = self
                .fetch(&path)
                .map_err(|error| self.why(&error, "policymaker"))?;
            all.extend(rows.into_iter().map(|row| BrokerPolicy {
                name: row.name,
                pattern: row.pattern,
                apply_to: row.apply_to,
                priority: row.priority,
                operator,
                definition: row.definition.into_iter().map(text).collect(),
            }));
        }
        Ok(all)
    }

    pub(crate) fn permissions(&self) -> Result<Permissions, String> {
        let path = format!("/api/permissions/{}/{}", self.vhost, encode(&self.user));
        match self.fetch::<PermissionRow>(&path) {
            Ok(row) => Ok(Permissions {
                configure: row.configure,
                write: row.write,
                read: row.read,
            }),
            Err(error) => Err(self.why(&error, "administrator")),
        }
    }

    /// Why something could not be read, as a part of a sentence.
    fn why(&self, error: &ureq::Error, tag: &str) -> String {
        match error {
            ureq::Error::StatusCode(401 | 403) => format!(
                "the management API shows it only to users with the tag {tag}, which {} has not",
                self.user
            ),
            ureq::Error::StatusCode(code) => format!("the management API answered {code}"),
            _ => "the management API did not answer".to_owned(),
        }
    }
}

fn text((key, value): (String, Value)) -> (String, String) {
    let value = match value {
        Value::String(text) => text,
        other => other.to_string(),
    };
    (key, value)
}
