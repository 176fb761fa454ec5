//! Where a broker is and how to log in, and the AMQP URL that says the same in one line.

use std::fmt;

use url::Url;

/// A password that never shows itself in a log or a message.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Password(pub String);

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(hidden)")
    }
}

/// A broker, a virtual host on it, and a login. `Display` leaves the password out.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
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
    #[serde(skip)]
    pub password: Password,
    /// Virtual host; `/` is the default one.
    pub vhost: String,
    /// Encrypted, with the server's certificate checked.
    pub tls: bool,
    /// Port of the management HTTP API if it is not the customary one (15672, with TLS 15671).
    pub management_port: Option<u16>,
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
    /// A part of it is not valid percent-encoded UTF-8.
    #[error("The {0} in the URL is not valid percent-encoded text")]
    Encoding(&'static str),
}

impl Endpoint {
    /// Reads an AMQP URL as the RabbitMQ URI specification says: no path means the default virtual
    /// host `/`, `/%2f` names it explicitly, and a lone `/` is taken for it too, because the empty
    /// name that it means by the letter is hardly ever wanted.
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
        let management_port = url
            .query_pairs()
            .find(|(name, _)| name == "management_port")
            .and_then(|(_, port)| port.parse().ok());
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

    /// The base URL of the management HTTP API on the same host.
    #[must_use]
    pub fn management_url(&self) -> String {
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

/// Percent-encodes everything that RFC 3986 does not list as unreserved.
#[must_use]
pub fn encode(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

fn decode(text: &str, part: &'static str) -> Result<String, UrlError> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        rest = tail;
        if *first != b'%' {
            bytes.push(*first);
            continue;
        }
        let code = tail
            .get(..2)
            .and_then(|hex| std::str::from_utf8(hex).ok())
            .and_then(|hex| u8::from_str_radix(hex, 16).ok())
            .ok_or(UrlError::Encoding(part))?;
        bytes.push(code);
        rest = &tail[2..];
    }
    String::from_utf8(bytes).map_err(|_| UrlError::Encoding(part))
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
    fn the_password_is_never_shown() {
        let endpoint = Endpoint::from_url("amqp://me:hunter2@h/v").unwrap();
        assert_eq!(endpoint.to_string(), "amqp://me@h:5672/v");
        assert!(!format!("{endpoint:?}").contains("hunter2"));
        assert!(
            !serde_json::to_string(&endpoint)
                .unwrap()
                .contains("hunter2")
        );
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
            };
            prop_assert_eq!(Endpoint::from_url(&endpoint.secret_url()).unwrap(), endpoint);
        }
    }
}
