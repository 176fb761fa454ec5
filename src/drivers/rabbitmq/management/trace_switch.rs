//! Switches the broker's trace of a virtual host.

use serde_json::{Map, Value, json};

use super::Api;
use crate::http;
use crate::rabbitmq::endpoint::Endpoint;

/// Reads and switches the trace of one virtual host. Blocks: not for the runtime's threads.
pub(crate) struct Switch(Api);

impl Switch {
    /// The switch of this place.
    pub(crate) fn of(endpoint: &Endpoint) -> Self {
        Self(Api::new(endpoint))
    }

    /// True if it is on.
    ///
    /// # Errors
    /// In words, with what to do.
    pub(crate) fn is_on(&self) -> Result<bool, String> {
        let found = self.read()?;
        Ok(found.get("tracing") == Some(&Value::Bool(true)))
    }

    /// Switches it.
    ///
    /// # Errors
    /// In words, with what to do.
    pub(crate) fn turn(&self, on: bool) -> Result<(), String> {
        // Newer versions take whatever is left out for empty, so what is there is sent back.
        let found = self.read()?;
        let mut body = json!({ "tracing": on });
        for key in ["description", "default_queue_type"] {
            if let Some(Value::String(text)) = found.get(key)
                && text != "undefined"
            {
                body[key] = json!(text);
            }
        }
        if let Some(Value::Array(tags)) = found.get("tags") {
            let tags: Vec<&str> = tags.iter().filter_map(Value::as_str).collect();
            body["tags"] = json!(tags.join(","));
        }
        let sent = self
            .0
            .agent
            .put(self.url())
            .header("Authorization", &self.0.authorization)
            .send_json(body);
        sent.map(drop).map_err(|error| self.words(&error))
    }

    fn read(&self) -> Result<Map<String, Value>, String> {
        self.0
            .fetch(&format!("/api/vhosts/{}", self.0.vhost))
            .map_err(|error| self.words(&error))
    }

    fn url(&self) -> String {
        format!("{}/api/vhosts/{}", self.0.base, self.0.vhost)
    }

    fn words(&self, error: &ureq::Error) -> String {
        let Api { base, user, .. } = &self.0;
        match error {
            ureq::Error::StatusCode(401 | 403) => format!(
                "The management API at {base} does not let {user} switch the trace: that needs the \
                 tag administrator"
            ),
            ureq::Error::StatusCode(code) => {
                format!("The management API at {base} answered {code} to switching the trace")
            }
            other => format!(
                "The management API at {base}, over which the trace is switched, did not serve: {}",
                http::failure(other, base)
            ),
        }
    }
}
