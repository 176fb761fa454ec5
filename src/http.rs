//! How HTTP is spoken: one set of settings, for the management API, for a registry of schemas, and
//! for the sandbox's own question whether it is up. A password goes along with each.

use std::time::Duration;

use ureq::Agent;
use ureq::tls::{RootCerts, TlsConfig};

use crate::rabbitmq::endpoint::Password;
use crate::text::base64;
use crate::tls::{self, Trouble};

/// What a status such as 404 is to the caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    Error,
    /// An answer that is read like any other.
    Answer,
}

/// A client that gives up after so long.
pub(crate) fn agent(limit: Duration, refusal: Refusal) -> Agent {
    Agent::config_builder()
        .timeout_global(Some(limit))
        // The password goes to the host the person named and to no other.
        .max_redirects(0)
        .proxy(None)
        // What the system trusts, as the connection itself does.
        .tls_config(
            TlsConfig::builder()
                .root_certs(RootCerts::PlatformVerifier)
                .build(),
        )
        .http_status_as_error(refusal == Refusal::Error)
        .user_agent(concat!("Eventscope/", env!("CARGO_PKG_VERSION")))
        .build()
        .new_agent()
}

/// The header `Authorization` for this login.
pub(crate) fn login(user: &str, password: &Password) -> String {
    let login = format!("{user}:{}", password.0);
    format!("Basic {}", base64::encode(login.as_bytes()))
}

/// Why nothing came back from this address, with what to do, as a part of a sentence.
pub(crate) fn failure(error: &ureq::Error, base: &str) -> String {
    let trouble = match error {
        ureq::Error::Rustls(error) => Some(tls::trouble(error)),
        ureq::Error::Io(error) => tls::trouble_of(error),
        _ => None,
    };
    match (trouble, error) {
        (Some(Trouble::Told(words)), _) => words,
        (Some(Trouble::Plain), _) => {
            "what answers there does not speak TLS. Where there is none, the address begins with \
             http://"
                .to_owned()
        }
        (None, ureq::Error::Http(_) | ureq::Error::Protocol(_)) if base.starts_with("http:") => {
            "what answers there does not speak HTTP. If it speaks TLS, the address begins with \
             https://"
                .to_owned()
        }
        (None, ureq::Error::Http(_) | ureq::Error::Protocol(_)) => {
            "what answers there does not speak HTTP. Check the port".to_owned()
        }
        (None, ureq::Error::Io(error)) => error.to_string(),
        (None, other) => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_goes_nowhere_else() {
        for refusal in [Refusal::Error, Refusal::Answer] {
            let agent = agent(Duration::from_secs(1), refusal);
            let config = agent.config();
            assert_eq!(config.max_redirects(), 0);
            assert!(config.proxy().is_none());
            assert!(!config.tls_config().disable_verification());
        }
        let login = login("ada", &Password("p:w".to_owned()));
        assert_eq!(login, "Basic YWRhOnA6dw==");
    }
}
