//! Where a Kafka cluster is and how to log in, and the line of text that says the same:
//! `kafka://user:password@host:9092,host:9092?tls=true&sasl=scram-sha-512&ca=/path/ca.pem`.

use std::fmt;

use crate::text::password::Password;
use crate::text::percent::{decode, encode};

/// The port of Kafka by custom.
pub const USUAL_PORT: u16 = 9092;

/// One broker that is asked first for all the others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BootstrapServer {
    /// Host name or address, without brackets.
    pub host: String,
    pub port: u16,
}

/// How the person logs in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SaslMechanism {
    Plain,
    ScramSha256,
    ScramSha512,
    /// The password is the token.
    OauthBearer,
}

impl SaslMechanism {
    /// All of them.
    pub const ALL: [Self; 4] = [
        Self::Plain,
        Self::ScramSha256,
        Self::ScramSha512,
        Self::OauthBearer,
    ];

    /// Its name as Kafka writes it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Plain => "PLAIN",
            Self::ScramSha256 => "SCRAM-SHA-256",
            Self::ScramSha512 => "SCRAM-SHA-512",
            Self::OauthBearer => "OAUTHBEARER",
        }
    }

    /// The one of this name, in large or small letters.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        let mut all = Self::ALL.into_iter();
        all.find(|one| one.name().eq_ignore_ascii_case(name))
    }
}

/// A cluster and a login. `Display` leaves the password out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KafkaEndpoint {
    /// The person's own name for it; may be empty.
    pub name: String,
    /// At least one.
    pub servers: Vec<BootstrapServer>,
    /// Encrypted, with the servers' certificates checked.
    pub tls: bool,
    /// Nothing where no login is asked for.
    pub sasl: Option<SaslMechanism>,
    /// Login.
    pub user: String,
    /// Password, or the token; never written to disk.
    pub password: Password,
    /// A file of CAs in PEM format that are trusted beside those of the system; may be empty.
    pub ca_file: String,
    /// Files of a certificate of our own and its key, in PEM format; may be empty, both or none.
    pub certificate: (String, String),
}

impl Default for KafkaEndpoint {
    fn default() -> Self {
        Self {
            name: String::new(),
            servers: vec![BootstrapServer {
                host: "localhost".to_owned(),
                port: USUAL_PORT,
            }],
            tls: false,
            sasl: None,
            user: String::new(),
            password: Password::default(),
            ca_file: String::new(),
            certificate: (String::new(), String::new()),
        }
    }
}

/// Why a text is not the address of a Kafka.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KafkaUrlError {
    #[error(
        "The address of a Kafka looks like kafka://host:9092,other:9092?tls=true&sasl=scram-sha-512"
    )]
    NotAnAddress,
    #[error("Bootstrap servers is empty: type the name or address of a broker, such as host:9092")]
    NoServer,
    #[error(
        "{0} is no bootstrap server: one looks like host:9092, several are separated by commas"
    )]
    Server(String),
    #[error("The {0} in the address is not valid percent-encoded text")]
    Encoding(&'static str),
    #[error(
        "The address says {0}, which Eventscope does not know. It knows tls, sasl, ca, cert and key"
    )]
    Unknown(String),
    #[error("tls in the address is true or false, not {0}")]
    Tls(String),
    #[error("sasl in the address is plain, scram-sha-256, scram-sha-512 or oauthbearer, not {0}")]
    Sasl(String),
    #[error("A certificate of your own needs both files, the certificate and its key")]
    HalfACertificate,
}

impl KafkaEndpoint {
    /// Reads an address.
    ///
    /// # Errors
    /// Says which part is wrong.
    pub fn from_url(text: &str) -> Result<Self, KafkaUrlError> {
        let text = text.trim();
        let scheme = text.get(..8).filter(|s| s.eq_ignore_ascii_case("kafka://"));
        let rest = scheme.and(text.get(8..));
        let rest = rest.ok_or(KafkaUrlError::NotAnAddress)?;
        let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
        let rest = rest.strip_suffix('/').unwrap_or(rest);
        // A password may have an @ that nobody encoded; a host has none.
        let (login, servers) = rest
            .rsplit_once('@')
            .map_or((None, rest), |(login, servers)| (Some(login), servers));
        let mut endpoint = Self {
            servers: read_servers(servers)?,
            ..Self::default()
        };
        let mut sasl = None;
        for part in query.split('&').filter(|part| !part.is_empty()) {
            let (name, value) = part.split_once('=').unwrap_or((part, ""));
            let value = decode(value).ok_or(KafkaUrlError::Encoding("query"))?;
            match name {
                "tls" => endpoint.tls = truth(&value)?,
                "sasl" => {
                    let named = SaslMechanism::from_name(&value);
                    sasl = Some(named.ok_or(KafkaUrlError::Sasl(value))?);
                }
                "ca" => endpoint.ca_file = value,
                "cert" => endpoint.certificate.0 = value,
                "key" => endpoint.certificate.1 = value,
                other => return Err(KafkaUrlError::Unknown(other.to_owned())),
            }
        }
        if let Some(login) = login {
            let (user, password) = login.split_once(':').unwrap_or((login, ""));
            endpoint.user = decode(user).ok_or(KafkaUrlError::Encoding("user name"))?;
            let password = decode(password).ok_or(KafkaUrlError::Encoding("password"))?;
            endpoint.password = Password(password);
        }
        let usual = (!endpoint.user.is_empty()).then_some(SaslMechanism::Plain);
        endpoint.sasl = sasl.or(usual);
        endpoint.checked()
    }

    /// The same, if its parts go together.
    ///
    /// # Errors
    /// Says which part is missing.
    pub fn checked(self) -> Result<Self, KafkaUrlError> {
        if self.servers.is_empty() {
            return Err(KafkaUrlError::NoServer);
        }
        let (certificate, key) = &self.certificate;
        if certificate.is_empty() != key.is_empty() {
            return Err(KafkaUrlError::HalfACertificate);
        }
        Ok(self)
    }

    /// The bootstrap servers as they are typed.
    #[must_use]
    pub fn servers_text(&self) -> String {
        let servers = self.servers.iter().map(BootstrapServer::to_string);
        servers.collect::<Vec<_>>().join(",")
    }

    /// Where it is, in short.
    #[must_use]
    pub fn place(&self) -> String {
        self.servers_text()
    }

    /// The name the person gave it, or where it is.
    #[must_use]
    pub fn title(&self) -> String {
        match (self.name.is_empty(), self.servers.as_slice()) {
            (false, _) => self.name.clone(),
            (true, [only]) => only.to_string(),
            (true, [first, rest @ ..]) => format!("{first} and {} more", rest.len()),
            (true, []) => String::new(),
        }
    }

    /// The password would be sent so that anybody on the way could read it.
    #[must_use]
    pub fn sends_password_openly(&self) -> bool {
        let is_bare = matches!(
            self.sasl,
            Some(SaslMechanism::Plain | SaslMechanism::OauthBearer)
        );
        is_bare && !self.tls
    }
}

/// Reads bootstrap servers, separated by commas.
///
/// # Errors
/// Says which one is none.
pub fn read_servers(text: &str) -> Result<Vec<BootstrapServer>, KafkaUrlError> {
    let parts = text.split(',').map(str::trim);
    let servers: Result<Vec<_>, _> = parts
        .filter(|part| !part.is_empty())
        .map(|part| read_server(part).ok_or_else(|| KafkaUrlError::Server(part.to_owned())))
        .collect();
    match servers {
        Ok(servers) if servers.is_empty() => Err(KafkaUrlError::NoServer),
        servers => servers,
    }
}

fn read_server(text: &str) -> Option<BootstrapServer> {
    let (host, port) = if let Some(bracketed) = text.strip_prefix('[') {
        let (host, rest) = bracketed.split_once(']')?;
        let port = match rest {
            "" => None,
            rest => Some(rest.strip_prefix(':')?),
        };
        (host, port)
    } else {
        match text.split_once(':') {
            Some((_, port)) if port.contains(':') => (text, None),
            Some((host, port)) => (host, Some(port)),
            None => (text, None),
        }
    };
    let is_name = |c: char| c.is_alphanumeric() || "-._:%".contains(c);
    if host.is_empty() || !host.chars().all(is_name) {
        return None;
    }
    let port = match port {
        None => USUAL_PORT,
        Some(digits) => digits.parse().ok().filter(|port| *port > 0)?,
    };
    Some(BootstrapServer {
        host: host.to_owned(),
        port,
    })
}

fn truth(value: &str) -> Result<bool, KafkaUrlError> {
    match value.to_ascii_lowercase().as_str() {
        "" | "true" | "1" | "yes" => Ok(true),
        "false" | "0" | "no" => Ok(false),
        _ => Err(KafkaUrlError::Tls(value.to_owned())),
    }
}

impl fmt::Display for BootstrapServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.host.contains(':') {
            write!(f, "[{}]:{}", self.host, self.port)
        } else {
            write!(f, "{}:{}", self.host, self.port)
        }
    }
}

impl fmt::Display for KafkaEndpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("kafka://")?;
        if !self.user.is_empty() {
            write!(f, "{}@", encode(&self.user))?;
        }
        f.write_str(&self.servers_text())?;
        let (certificate, key) = &self.certificate;
        let query = [
            ("tls", if self.tls { "true" } else { "" }.to_owned()),
            (
                "sasl",
                self.sasl
                    .map(|one| one.name().to_lowercase())
                    .unwrap_or_default(),
            ),
            ("ca", encode(&self.ca_file)),
            ("cert", encode(certificate)),
            ("key", encode(key)),
        ];
        let said = query.iter().filter(|(_, value)| !value.is_empty());
        for (number, (name, value)) in said.enumerate() {
            let sign = if number == 0 { '?' } else { '&' };
            write!(f, "{sign}{name}={value}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn an_address_says_servers_login_and_security() {
        let plain = KafkaEndpoint::from_url("kafka://localhost").unwrap();
        assert_eq!(plain, KafkaEndpoint::default());
        let full = KafkaEndpoint::from_url(
            "kafka://ada:p%40ss@one:1,[::1]:2,three?tls=true&sasl=scram-sha-512&ca=%2Ftmp%2Fa%20b.pem",
        )
        .unwrap();
        assert_eq!(full.servers_text(), "one:1,[::1]:2,three:9092");
        assert_eq!(full.password, Password("p@ss".to_owned()));
        assert_eq!(
            (full.user.as_str(), full.tls, full.sasl),
            ("ada", true, Some(SaslMechanism::ScramSha512))
        );
        assert_eq!(full.ca_file, "/tmp/a b.pem");
        let usual = KafkaEndpoint::from_url("kafka://ada:x@one/").unwrap();
        assert_eq!(usual.sasl, Some(SaslMechanism::Plain));
        assert!(usual.sends_password_openly() && !full.sends_password_openly());
    }

    #[test]
    fn a_wrong_address_says_what_is_wrong() {
        let words = |text: &str| KafkaEndpoint::from_url(text).unwrap_err().to_string();
        assert!(words("amqp://h").contains("kafka://host:9092"));
        assert!(words("kafka://").contains("is empty"));
        assert!(words("kafka://h:0").contains("h:0 is no bootstrap server"));
        assert!(words("kafka://a b").contains("no bootstrap server"));
        assert!(words("kafka://u:%zz@h").contains("password"));
        assert!(words("kafka://h?tsl=true").contains("tsl"));
        assert!(words("kafka://h?tls=maybe").contains("true or false"));
        assert!(words("kafka://h?sasl=gssapi").contains("scram-sha-256"));
        assert!(words("kafka://h?cert=/c").contains("both files"));
        for text in ["kafka://u:hunter2@h:x", "kafka://u:hunter2@h?x"] {
            assert!(!words(text).contains("hunter2"), "{}", words(text));
        }
    }

    #[test]
    fn the_password_is_never_shown() {
        let endpoint = KafkaEndpoint::from_url("kafka://me:hunter2@h:9").unwrap();
        assert_eq!(endpoint.to_string(), "kafka://me@h:9?sasl=plain");
        assert!(!format!("{endpoint:?}").contains("hunter2"));
    }

    proptest! {
        #[test]
        fn what_is_typed_survives_the_address(
            user in ".{0,12}", ca_file in ".{0,12}", hosts in prop::collection::vec("[a-z0-9.-]{1,8}", 1..4),
            port in 1_u16.., tls: bool, mechanism in 0_usize..4,
        ) {
            let servers = hosts.into_iter().map(|host| BootstrapServer { host, port });
            let endpoint = KafkaEndpoint {
                servers: servers.collect(),
                tls,
                sasl: Some(SaslMechanism::ALL[mechanism]),
                user,
                ca_file,
                ..KafkaEndpoint::default()
            };
            prop_assert_eq!(KafkaEndpoint::from_url(&endpoint.to_string()).unwrap(), endpoint);
        }
    }
}
