//! Where an event store is: one variant a kind of store, and the line of text that says the same.

use std::fmt;
use std::path::PathBuf;

use crate::kafka::endpoint::{KafkaEndpoint, KafkaUrlError};
use crate::rabbitmq::endpoint::{Endpoint, Password, UrlError};

/// Where an event store is, and how to log in. `Display` leaves secrets out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Address {
    /// A RabbitMQ, `amqp://…` or `amqps://…`.
    RabbitMq(Endpoint),
    /// A Kafka, `kafka://…`.
    Kafka(KafkaEndpoint),
    /// A recording on this machine, `recording:PATH`.
    Recording(PathBuf),
    /// A store that only its own driver knows, `SCHEME:REST`.
    Other {
        /// What it begins with, in small letters.
        scheme: String,
        /// What stands behind the colon.
        rest: String,
    },
}

/// Which kind of store it is: for whoever must have a word or a form of its own for each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum StoreKind {
    /// RabbitMQ.
    RabbitMq,
    Kafka,
    Recording,
    /// One that only its own driver knows.
    Other,
}

/// Why a text is no address.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// It begins like the address of a RabbitMQ and is none.
    #[error(transparent)]
    RabbitMq(#[from] UrlError),
    /// It begins like the address of a Kafka and is none.
    #[error(transparent)]
    Kafka(#[from] KafkaUrlError),
    /// It names no kind of store.
    #[error(
        "An address begins with the kind of store, such as amqp://host, kafka://host or recording:path"
    )]
    NoScheme,
    /// It names nothing behind the kind of store.
    #[error("Behind {0}: stands nothing")]
    Nothing(String),
}

impl Address {
    /// Reads an address.
    ///
    /// # Errors
    /// Says what is wrong with it.
    pub fn from_text(text: &str) -> Result<Self, AddressError> {
        let text = text.trim();
        let (scheme, rest) = text.split_once(':').ok_or(AddressError::NoScheme)?;
        let scheme = scheme.to_ascii_lowercase();
        let is_name = scheme
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || c == '-');
        if scheme.is_empty() || !is_name {
            return Err(AddressError::NoScheme);
        }
        if rest.is_empty() {
            return Err(AddressError::Nothing(scheme));
        }
        Ok(match scheme.as_str() {
            "amqp" | "amqps" => Self::RabbitMq(Endpoint::from_url(text)?),
            "kafka" => Self::Kafka(KafkaEndpoint::from_url(text)?),
            "recording" => Self::Recording(rest.into()),
            _ => Self::Other {
                scheme,
                rest: rest.to_owned(),
            },
        })
    }

    /// Which kind of store it is.
    #[must_use]
    pub fn kind(&self) -> StoreKind {
        match self {
            Self::RabbitMq(_) => StoreKind::RabbitMq,
            Self::Kafka(_) => StoreKind::Kafka,
            Self::Recording(_) => StoreKind::Recording,
            Self::Other { .. } => StoreKind::Other,
        }
    }

    /// What it is called in the journal and in settings: the same for every login.
    #[must_use]
    pub fn place(&self) -> String {
        match self {
            Self::RabbitMq(endpoint) => endpoint.place(),
            Self::Kafka(endpoint) => endpoint.place(),
            Self::Recording(_) | Self::Other { .. } => self.to_string(),
        }
    }

    /// What it is called on the screen: the name that the person gave it, or where it is.
    #[must_use]
    pub fn title(&self) -> String {
        match self {
            Self::RabbitMq(endpoint) => endpoint.title(),
            Self::Kafka(endpoint) => endpoint.title(),
            Self::Recording(path) => match path.file_name() {
                Some(name) => name.to_string_lossy().into_owned(),
                None => path.display().to_string(),
            },
            Self::Other { rest, .. } => rest.clone(),
        }
    }

    /// The name that the person gave it; empty without one.
    #[must_use]
    pub fn own_name(&self) -> &str {
        match self {
            Self::RabbitMq(endpoint) => &endpoint.name,
            Self::Kafka(endpoint) => &endpoint.name,
            Self::Recording(_) | Self::Other { .. } => "",
        }
    }

    /// The same with a name that the person gave it, where it can have one.
    #[must_use]
    pub fn named(mut self, name: &str) -> Self {
        match &mut self {
            Self::RabbitMq(endpoint) => name.clone_into(&mut endpoint.name),
            Self::Kafka(endpoint) => name.clone_into(&mut endpoint.name),
            Self::Recording(_) | Self::Other { .. } => {}
        }
        self
    }

    /// The login; empty where there is none.
    #[must_use]
    pub fn login(&self) -> &str {
        match self {
            Self::RabbitMq(endpoint) => &endpoint.user,
            Self::Kafka(endpoint) => &endpoint.user,
            Self::Recording(_) | Self::Other { .. } => "",
        }
    }

    /// A part of the store that has its own name beside the title; empty where there is none.
    #[must_use]
    pub fn part(&self) -> String {
        match self {
            Self::RabbitMq(endpoint) => format!("vhost {}", endpoint.vhost),
            Self::Kafka(_) | Self::Recording(_) | Self::Other { .. } => String::new(),
        }
    }

    /// The bare name of that part.
    #[must_use]
    pub fn part_name(&self) -> &str {
        match self {
            Self::RabbitMq(endpoint) => &endpoint.vhost,
            Self::Kafka(_) | Self::Recording(_) | Self::Other { .. } => "",
        }
    }

    /// The same without its secrets.
    #[must_use]
    pub fn without_secret(&self) -> Self {
        match self {
            Self::RabbitMq(endpoint) => Self::RabbitMq(Endpoint {
                password: Password::default(),
                ..endpoint.clone()
            }),
            Self::Kafka(endpoint) => Self::Kafka(KafkaEndpoint {
                password: Password::default(),
                ..endpoint.clone()
            }),
            Self::Recording(_) | Self::Other { .. } => self.clone(),
        }
    }

    /// What only RabbitMQ has.
    #[must_use]
    pub fn rabbitmq(&self) -> Option<&Endpoint> {
        match self {
            Self::RabbitMq(endpoint) => Some(endpoint),
            Self::Kafka(_) | Self::Recording(_) | Self::Other { .. } => None,
        }
    }

    /// What only Kafka has.
    #[must_use]
    pub fn kafka(&self) -> Option<&KafkaEndpoint> {
        match self {
            Self::Kafka(endpoint) => Some(endpoint),
            Self::RabbitMq(_) | Self::Recording(_) | Self::Other { .. } => None,
        }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::RabbitMq(endpoint) => endpoint.fmt(f),
            Self::Kafka(endpoint) => endpoint.fmt(f),
            Self::Recording(path) => write!(f, "recording:{}", path.display()),
            Self::Other { scheme, rest } => write!(f, "{scheme}:{rest}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_read_as_it_is_shown() {
        for text in [
            "amqp://guest@localhost:5672/%2F",
            "kafka://ada@one:9092,two:9093?tls=true&sasl=scram-sha-512",
            "recording:/tmp/a b.sqlite",
            "toy:shelf/1",
        ] {
            let address = Address::from_text(text).unwrap();
            assert_eq!(
                Address::from_text(&address.to_string()),
                Ok(address.without_secret())
            );
        }
    }

    #[test]
    fn no_secret_is_shown() {
        let address = Address::from_text("amqp://ada:hunter2@broker/shop").unwrap();
        for shown in [address.to_string(), address.place(), format!("{address:?}")] {
            assert!(!shown.contains("hunter2"), "{shown}");
        }
        assert_eq!(address.place(), "broker:5672/shop");
        assert_eq!(
            (address.login(), address.kind()),
            ("ada", StoreKind::RabbitMq)
        );
    }

    #[test]
    fn what_is_no_address_is_told() {
        let told = |text: &str| Address::from_text(text).unwrap_err().to_string();
        assert!(told("broker").contains("amqp://host"));
        assert!(told("recording:").contains("Behind recording: stands nothing"));
        assert!(told("amqp://").contains("names no host"));
        assert!(told("kafka://h:x").contains("h:x is no bootstrap server"));
        assert!(told("a b:c").contains("begins with the kind"));
    }
}
