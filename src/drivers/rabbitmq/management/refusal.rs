//! Why the management API does not serve, and what the person misses without it.

use std::io::ErrorKind;

use super::Api;
use crate::http;

/// What the person misses without the management API.
const WITHOUT_IT: &str = "Without it exchanges, queues and bindings cannot be listed: type their \
                          names in, or see them in messages";

impl Api {
    pub(super) fn words(&self, error: &ureq::Error) -> String {
        format!("{}. {WITHOUT_IT}", self.refusal(error))
    }

    fn refusal(&self, error: &ureq::Error) -> String {
        let base = &self.base;
        match error {
            ureq::Error::StatusCode(code) => self.status_words(*code),
            ureq::Error::Json(_) => {
                format!("What answers at {base} is not RabbitMQ's management API")
            }
            ureq::Error::Io(io) if io.kind() == ErrorKind::ConnectionRefused => {
                format!("No management API listens at {base}")
            }
            ureq::Error::Timeout(_) => {
                format!("The management API at {base} did not answer in time")
            }
            other => format!(
                "The management API at {base} did not serve: {}",
                http::failure(other, base)
            ),
        }
    }

    fn status_words(&self, code: u16) -> String {
        let (base, user) = (&self.base, &self.user);
        match code {
            401 => format!(
                "The management API at {base} does not let the user {user} in; it needs the tag \
                 management"
            ),
            403 => format!(
                "The management API at {base} shows this virtual host to others than {user} only"
            ),
            404 => format!("The management API at {base} does not know this virtual host"),
            code => format!("The management API at {base} answered {code}"),
        }
    }
}
