//! Opens the connections to a broker, or says why not and what to try.
//!
//! Two stand: one for questions and one for publishing, because a broker in need blocks those that
//! publish. No message is read on them: one that the client cannot read breaks its connection, so
//! each look and each tap has one of its own.

use std::io;
use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::stream::BoxStream;
use lapin::uri::{AMQPAuthority, AMQPQueryString, AMQPScheme, AMQPUri, AMQPUserInfo};
use lapin::{Connection, ConnectionProperties, ErrorKind, Event};
use tokio::net::{TcpStream, lookup_host};

use super::error::BrokerError;
use super::{codec, greeting};
use crate::rabbitmq::endpoint::Endpoint;
use crate::rabbitmq::server_version::ServerVersion;
use crate::tls::{self, Trouble};

/// How long connecting may take in all.
const CONNECT_LIMIT: Duration = Duration::from_secs(10);
/// Seconds between signs of life; a silent broker is given up after twice this time.
const HEARTBEAT_SECONDS: u16 = 15;
/// Largest frames that are read where messages are. lapin keeps room for 32 of them. A message's
/// headers stand in one: what a publisher may send is 128 KiB by default, and dead-lettering and a
/// trace add to that.
const READING_FRAME: u32 = 1024 * 1024;
/// How long closing a connection politely may take.
const CLOSE_LIMIT: Duration = Duration::from_secs(2);

/// Two open connections and what they report of themselves.
pub(crate) struct OpenedConnections {
    /// For questions, such as how many messages are ready.
    pub asking: Connection,
    /// For publishing alone.
    pub publishing: Connection,
    pub server: ServerVersion,
    /// Events of both, the breaks among them.
    pub events: BoxStream<'static, Event>,
}

/// Connects, in at most [`CONNECT_LIMIT`].
///
/// # Errors
/// What happened and what to try, in words.
pub(crate) async fn open(endpoint: &Endpoint) -> Result<OpenedConnections, String> {
    match tokio::time::timeout(CONNECT_LIMIT, open_unlimited(endpoint)).await {
        Ok(result) => result,
        Err(_) => Err(format!(
            "{}:{} did not answer within {} seconds. Check that this is the AMQP port of a \
             RabbitMQ (not the one of its web page) and that no firewall is between",
            endpoint.host,
            endpoint.port,
            CONNECT_LIMIT.as_secs()
        )),
    }
}

async fn open_unlimited(endpoint: &Endpoint) -> Result<OpenedConnections, String> {
    reachable(endpoint).await?;
    let (asking, server) = handshake(endpoint, "Eventscope (asking)", None).await?;
    let (publishing, _) = handshake(endpoint, "Eventscope (publishing)", None).await?;
    let events =
        futures_util::stream::select(asking.events_listener(), publishing.events_listener())
            .boxed();
    Ok(OpenedConnections {
        asking,
        publishing,
        server,
        events,
    })
}

/// Tries the plain TCP connection first. It tells an unknown host from a closed port from a
/// silent one, and it can be given up: lapin connects on a thread of its own that cannot.
async fn reachable(endpoint: &Endpoint) -> Result<(), String> {
    let (host, port) = (endpoint.host.as_str(), endpoint.port);
    let addresses: Vec<_> = lookup_host((host, port))
        .await
        .map_err(|_| format!("The host {host} is not known. Check its name and your network"))?
        .collect();
    match TcpStream::connect(addresses.as_slice()).await {
        // Closed at once without a byte: RabbitMQ takes that for a health check and logs nothing.
        Ok(_) => Ok(()),
        Err(error) => Err(unreachable_words(endpoint, &error)),
    }
}

fn unreachable_words(endpoint: &Endpoint, error: &io::Error) -> String {
    let (host, port) = (&endpoint.host, endpoint.port);
    match error.kind() {
        io::ErrorKind::ConnectionRefused => format!(
            "Nothing listens on {host}:{port} (connection refused). Check that RabbitMQ runs and \
             that the port is right: 5672 by default, 5671 with TLS"
        ),
        io::ErrorKind::TimedOut => format!(
            "{host}:{port} does not answer. Check the address, and that no firewall is between"
        ),
        _ => format!("{host}:{port} cannot be reached ({error}). Check the address"),
    }
}

/// A connection for one look, so that a message that cannot be read breaks nothing else.
///
/// # Errors
/// What happened and what to try, in words.
pub(crate) async fn for_a_look(endpoint: &Endpoint) -> Result<Connection, String> {
    for_reading(endpoint, "Eventscope (looking)").await
}

/// A connection for one tap, for the same reason.
///
/// # Errors
/// What happened and what to try, in words.
pub(crate) async fn for_a_tap(endpoint: &Endpoint) -> Result<Connection, String> {
    for_reading(endpoint, "Eventscope (tap)").await
}

async fn for_reading(endpoint: &Endpoint, name: &str) -> Result<Connection, String> {
    let opening = handshake(endpoint, name, Some(READING_FRAME));
    match tokio::time::timeout(CONNECT_LIMIT, opening).await {
        Ok(result) => Ok(result?.0),
        Err(_) => Err(format!(
            "{}:{} did not answer within {} seconds",
            endpoint.host,
            endpoint.port,
            CONNECT_LIMIT.as_secs()
        )),
    }
}

/// Closes a connection whose work is done. One that does not answer is closed by being dropped.
pub(crate) async fn close(connection: &Connection) {
    let polite = connection.close(200, "OK".into());
    match tokio::time::timeout(CLOSE_LIMIT, polite).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tracing::debug!(%error, "a connection was closed already"),
        Err(_) => tracing::debug!("a connection did not close in time"),
    }
}

/// `wide` is the size of the largest frame that is read on a connection that sends no messages.
async fn handshake(
    endpoint: &Endpoint,
    name: &str,
    wide: Option<u32>,
) -> Result<(Connection, ServerVersion), String> {
    // lapin would panic over a longer name.
    codec::short("name of the virtual host", &endpoint.vhost).map_err(|e| e.to_string())?;
    let uri = AMQPUri {
        scheme: if endpoint.tls {
            AMQPScheme::AMQPS
        } else {
            AMQPScheme::AMQP
        },
        authority: AMQPAuthority {
            userinfo: AMQPUserInfo {
                username: endpoint.user.clone(),
                password: endpoint.password.0.clone(),
            },
            host: endpoint.host.clone(),
            port: endpoint.port,
        },
        vhost: endpoint.vhost.clone(),
        query: AMQPQueryString {
            heartbeat: Some(HEARTBEAT_SECONDS),
            frame_max: wide,
            ..AMQPQueryString::default()
        },
    };
    let properties = ConnectionProperties::default()
        .with_connection_name(name.into())
        .with_client_property("product".into(), "Eventscope".into())
        .with_client_property("version".into(), env!("CARGO_PKG_VERSION").into());
    greeting::connect(uri, properties, wide)
        .await
        .map_err(|error| refused_words(endpoint, &error))
}

fn refused_words(endpoint: &Endpoint, error: &lapin::Error) -> String {
    let (host, port) = (&endpoint.host, endpoint.port);
    match error.kind() {
        ErrorKind::ProtocolError(amqp) => {
            protocol_words(endpoint, amqp.get_id(), amqp.get_message().as_str())
        }
        ErrorKind::IOError(io) => match io.kind() {
            io::ErrorKind::ConnectionRefused | io::ErrorKind::TimedOut => {
                unreachable_words(endpoint, io)
            }
            _ if endpoint.tls => tls_words(endpoint, io),
            io::ErrorKind::ConnectionAborted
            | io::ErrorKind::ConnectionReset
            | io::ErrorKind::UnexpectedEof => format!(
                "{host}:{port} closed the connection during the handshake. Check that this is a \
                 RabbitMQ, and whether the port wants TLS, which is amqps:// in a URL"
            ),
            _ => format!("The connection to {host}:{port} failed ({io})"),
        },
        ErrorKind::ParsingError(_) | ErrorKind::InvalidProtocolVersion(_) => format!(
            "What answers on {host}:{port} does not speak AMQP 0-9-1. Check the port: the web \
             page of RabbitMQ has another one (15672 by default). If it is the one for TLS (5671 \
             by default), connect with TLS, which is amqps:// in a URL"
        ),
        _ => format!(
            "{} while connecting to {host}:{port}",
            BrokerError::from(error.clone()).words
        ),
    }
}

fn tls_words(endpoint: &Endpoint, error: &io::Error) -> String {
    let (host, port) = (&endpoint.host, endpoint.port);
    let why = match tls::trouble_of(error) {
        Some(Trouble::Told(words)) => words,
        Some(Trouble::Plain) => "what answers there does not speak TLS. Check the port: 5671 by \
                                 default with TLS, 5672 without"
            .to_owned(),
        None => format!("{error}. Check that this is the port for TLS (5671 by default)"),
    };
    format!("The encrypted connection to {host}:{port} failed: {why}")
}

fn protocol_words(endpoint: &Endpoint, code: u16, text: &str) -> String {
    let (user, vhost) = (&endpoint.user, &endpoint.vhost);
    match code {
        403 if text.contains("localhost") => format!(
            "RabbitMQ lets the user {user} in from its own computer only. Log in as another user"
        ),
        403 => format!(
            "RabbitMQ refused the login of user {user}. Check the user name and the password"
        ),
        530 if text.contains("not found") => {
            format!("There is no virtual host {vhost}. Check its name; the default one is called /")
        }
        530 => format!(
            "The user {user} may not use the virtual host {vhost}. Ask for permissions on it, or \
             choose another one (RabbitMQ said: {text})"
        ),
        _ => format!("RabbitMQ refused the connection: {text}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_names_the_cause_and_what_to_try() {
        let endpoint = Endpoint {
            vhost: "shop".into(),
            ..Endpoint::default()
        };
        let words = |code, text| protocol_words(&endpoint, code, text);
        assert!(words(403, "ACCESS_REFUSED - Login was refused").contains("password"));
        assert!(words(403, "User can only log in via localhost").contains("another user"));
        assert!(words(530, "NOT_ALLOWED - vhost shop not found").contains("no virtual host shop"));
        assert!(words(530, "NOT_ALLOWED - access refused").contains("may not use"));
        let refused = io::Error::from(io::ErrorKind::ConnectionRefused);
        assert!(unreachable_words(&endpoint, &refused).contains("5672"));
    }

    #[test]
    fn the_password_is_in_no_refusal() {
        let endpoint = Endpoint {
            password: crate::rabbitmq::endpoint::Password("hunter2".into()),
            ..Endpoint::default()
        };
        let io = io::Error::from(io::ErrorKind::ConnectionReset);
        assert!(!refused_words(&endpoint, &lapin::Error::from(io)).contains("hunter2"));
    }
}
