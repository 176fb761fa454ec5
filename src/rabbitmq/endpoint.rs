//! Where a broker is and how to log in, and the AMQP URL that says the same in one line.

use std::fmt;

use url::Url;

pub use crate::text::password::Password;
use crate::text::percent;
pub use crate::text::percent::encode;

/// A broker, a virtual host on it, and a login. `Display` leaves the password out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    /// The person's own name for it; may be empty.
    pub name: String,
    /// Host name or address.
    pub host: String,
    /// AMQP port; 5672 without TLS, 5671 with it, by custom.
    pub port: u16,
    /// Login.
    pub user: String,
    /// Password; never written to disk.
    pub password: Password,
    /// Virtual host; `/` is the default one.
    pub vhost: String,
    /// Encrypted, with the server's certificate checked.
    pub tls: bool,
    /// Port of the management HTTP API if it is not the customary one (15672, with TLS 15671).
    pub management_port: Option<u16>,
    /// URL of the management HTTP API if it is neither on the same host nor under the root there,
    /// as [`read_management_url`] gives it; goes before the port.
    pub management_url: Option<String>,
}

impl Default for Endpoint {
    fn default() -> Self {
        Self {
            name: String::new(),
            host: "localhost".to_owned(),
            port: 5672,
            user: "guest".to_owned(),
            password: Password("guest".to_owned()),
            vhost: "/".to_owned(),
            tls: false,
            management_port: None,
            management_url: None,
        }
    }
}

/// Why a text is not an AMQP URL.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UrlError {
    /// It cannot be read as a URL at all.
    #[error("This is not a URL ({0}). An AMQP URL looks like amqp://user:password@host:5672/vhost")]
    NotAUrl(String),
    /// It is the URL of something else.
    #[error("The URL starts with {0}:// but an AMQP URL starts with amqp:// or amqps://")]
    WrongScheme(String),
    /// It names no host.
    #[error("The URL names no host. An AMQP URL looks like amqp://user:password@host:5672/vhost")]
    NoHost,
    /// The URL of the management API cannot be used; says why.
    #[error("{0} is not the URL of a management API: {1}")]
    Management(String, &'static str),
    /// Its port of the management API is none.
    #[error("management_port in the URL must be a number from 1 to 65535, not {0}")]
    ManagementPort(String),
    /// A part of it is not valid percent-encoded UTF-8.
    #[error("The {0} in the URL is not valid percent-encoded text")]
    Encoding(&'static str),
}

impl Endpoint {
    /// Reads an AMQP URL as the RabbitMQ URI specification says: no path means the default virtual
    /// host `/`, `/%2f` names it explicitly, and a lone `/` is taken for it too, because the empty
    /// name that it means by the letter is hardly ever wanted. Two parts of the query are ours:
    /// `management_url` and `management_port` say where the management API is. What else stands
    /// there is for other clients (RabbitMQ URI Query Parameters) and left alone.
    ///
    /// # Errors
    /// Says which part is wrong.
    pub fn from_url(text: &str) -> Result<Self, UrlError> {
        let url = Url::parse(text.trim()).map_err(|e| UrlError::NotAUrl(e.to_string()))?;
        let tls = match url.scheme() {
            "amqp" => false,
            "amqps" => true,
            other => return Err(UrlError::WrongScheme(other.to_owned())),
        };
        let host = url
            .host_str()
            .filter(|h| !h.is_empty())
            .ok_or(UrlError::NoHost)?;
        let user = decode(url.username(), "user name")?;
        let anonymous = user.is_empty();
        let vhost = decode(url.path().trim_start_matches('/'), "virtual host")?;
        let asked = |wanted: &str| {
            let mut pairs = url.query_pairs();
            pairs
                .find(|(name, _)| name == wanted)
                .map(|(_, value)| value)
        };
        let management_port = match asked("management_port") {
            Some(text) => match text.parse() {
                Ok(port) if port > 0 => Some(port),
                _ => return Err(UrlError::ManagementPort(text.into_owned())),
            },
            None => None,
        };
        let management_url = asked("management_url")
            .map(|text| read_management_url(&text))
            .transpose()?;
        Ok(Self {
            name: String::new(),
            host: host.trim_matches(['[', ']']).to_owned(),
            port: url.port().unwrap_or(if tls { 5671 } else { 5672 }),
            user: if anonymous { "guest".to_owned() } else { user },
            password: Password(match url.password() {
                Some(password) => decode(password, "password")?,
                None if anonymous => "guest".to_owned(),
                None => String::new(),
            }),
            vhost: if vhost.is_empty() {
                "/".to_owned()
            } else {
                vhost
            },
            tls,
            management_port,
            management_url,
        })
    }

    /// The AMQP URL with the password in it: for the client library only, never for a screen.
    #[must_use]
    pub fn secret_url(&self) -> String {
        format!(
            "{}://{}:{}@{}:{}/{}",
            if self.tls { "amqps" } else { "amqp" },
            encode(&self.user),
            encode(&self.password.0),
            self.bracketed_host(),
            self.port,
            encode(&self.vhost),
        )
    }

    /// The base URL of the management HTTP API: the one that was given, else on the same host.
    #[must_use]
    pub fn management_url(&self) -> String {
        if let Some(given) = &self.management_url {
            return given.clone();
        }
        let (scheme, usual) = if self.tls {
            ("https", 15671)
        } else {
            ("http", 15672)
        };
        let port = self.management_port.unwrap_or(usual);
        format!("{scheme}://{}:{port}", self.bracketed_host())
    }

    /// Where it is, in short: `host:port/vhost`.
    #[must_use]
    pub fn place(&self) -> String {
        let Self {
            host, port, vhost, ..
        } = self;
        format!("{host}:{port}/{vhost}")
    }

    /// The name the person gave it, or where it is.
    #[must_use]
    pub fn title(&self) -> String {
        if self.name.is_empty() {
            format!("{}:{}", self.host, self.port)
        } else {
            self.name.clone()
        }
    }

    fn bracketed_host(&self) -> String {
        if self.host.contains(':') {
            format!("[{}]", self.host)
        } else {
            self.host.clone()
        }
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.tls { "amqps" } else { "amqp" };
        let (host, vhost) = (self.bracketed_host(), encode(&self.vhost));
        write!(
            f,
            "{scheme}://{}@{host}:{}/{vhost}",
            encode(&self.user),
            self.port
        )
    }
}

/// Reads the base URL of a management API: `http` or `https`, a host, and what its path begins with
/// where it is not the root. The login is that of AMQP, so none stands in it, and it may be written
/// to disk.
///
/// # Errors
/// Says what is wrong with it, without a password that stands in it.
pub fn read_management_url(text: &str) -> Result<String, UrlError> {
    let wrong = |text: &str, why| Err(UrlError::Management(text.to_owned(), why));
    let text = text.trim();
    let Ok(mut url) = Url::parse(text) else {
        return wrong(text, "it looks like https://host:15671");
    };
    if !url.username().is_empty() || url.password().is_some() {
        let mut open = url.clone();
        // A URL with a login in it has a host, so both can be taken out.
        let cleared = open.set_username("").and_then(|()| open.set_password(None));
        let shown = cleared.map_or_else(|()| "It".to_owned(), |()| open.to_string());
        return wrong(
            &shown,
            "the login is that of the broker, so none may stand in it",
        );
    }
    match url.scheme() {
        "http" | "https" => {}
        _ => return wrong(text, "it starts with http:// or https://"),
    }
    if url.query().is_some() {
        return wrong(text, "it has no part after a question mark");
    }
    // What people copy is the address of a page, which stands behind a #.
    url.set_fragment(None);
    let base = url.as_str().trim_end_matches('/');
    Ok(base.strip_suffix("/api").unwrap_or(base).to_owned())
}

fn decode(text: &str, part: &'static str) -> Result<String, UrlError> {
    percent::decode(text).ok_or(UrlError::Encoding(part))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn urls_are_read_as_rabbitmq_does() {
        let plain = Endpoint::from_url("amqp://localhost").unwrap();
        assert_eq!(
            (plain.port, plain.vhost.as_str(), plain.user.as_str()),
            (5672, "/", "guest")
        );
        let full = Endpoint::from_url("amqps://me:p%40ss@[::1]:5999/team%2Fa").unwrap();
        assert_eq!(full.host, "::1");
        assert_eq!(full.password, Password("p@ss".into()));
        assert_eq!(
            (full.port, full.vhost.as_str(), full.tls),
            (5999, "team/a", true)
        );
        assert_eq!(Endpoint::from_url("amqps://h/%2f").unwrap().port, 5671);
    }

    #[test]
    fn a_wrong_url_says_what_is_wrong() {
        let words = |text: &str| Endpoint::from_url(text).unwrap_err().to_string();
        assert!(words("http://localhost").contains("starts with http://"));
        assert!(words("localhost").contains("not a URL"));
        assert!(words("amqp://a:%zz@h").contains("password"));
    }

    #[test]
    fn the_management_api_may_be_elsewhere() {
        let base = |text: &str| Endpoint::from_url(text).map(|read| read.management_url());
        let is = |text: &str, url: &str| assert_eq!(base(text).as_deref(), Ok(url));
        is("amqp://h", "http://h:15672");
        is("amqps://[::1]", "https://[::1]:15671");
        is("amqp://h?heartbeat=5&management_port=8080", "http://h:8080");
        is(
            "amqps://h/v?management_url=https%3A%2F%2Fm.example%2Frabbit%2F",
            "https://m.example/rabbit",
        );
        is("amqp://h?management_url=http://m:99/api/", "http://m:99");
        is("amqp://h?management_url=http://m/%23/queues", "http://m");
        // The URL says more than the port.
        is(
            "amqp://h?management_port=1&management_url=https://m",
            "https://m",
        );
        let words = |text: &str| base(text).unwrap_err().to_string();
        assert!(words("amqp://h?management_port=none").contains("not none"));
        assert!(words("amqp://h?management_port=0").contains("1 to 65535"));
        assert!(words("amqp://h?management_url=m:15672").contains("http://"));
        assert!(words("amqp://h?management_url=m").contains("looks like"));
        assert!(words("amqp://h?management_url=ftp://m").contains("http://"));
        assert!(words("amqp://h?management_url=http://m/?a").contains("question mark"));
        let secret = words("amqp://h?management_url=http://ada:hunter2@m");
        assert!(
            secret.contains("login") && !secret.contains("hunter2"),
            "{secret}"
        );
    }

    #[test]
    fn the_password_is_never_shown() {
        let endpoint = Endpoint::from_url("amqp://me:hunter2@h/v").unwrap();
        assert_eq!(endpoint.to_string(), "amqp://me@h:5672/v");
        assert!(!format!("{endpoint:?}").contains("hunter2"));
    }

    proptest! {
        #[test]
        fn what_is_typed_survives_the_url(
            user in ".{1,12}", password in ".{0,12}", vhost in ".{1,12}", port in 1_u16..,
        ) {
            // A URL cannot name a virtual host `.` or `..`: they are steps in a path, even encoded.
            prop_assume!(vhost != "." && vhost != "..");
            let endpoint = Endpoint {
                name: String::new(),
                host: "broker.example".into(),
                port,
                user,
                password: Password(password),
                vhost: vhost.replace('\0', "x"),
                tls: false,
                management_port: None,
                management_url: None,
            };
            prop_assert_eq!(Endpoint::from_url(&endpoint.secret_url()).unwrap(), endpoint);
        }
    }
}
