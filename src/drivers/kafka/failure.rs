//! Sorts the client's errors; what they mean stands in `kafka/failure.rs`. The client has no kind of its
//! own for some of them, so its texts are looked at: tests on a real broker hold them.

use std::error::Error as _;
use std::io;

use krafka::error::{ErrorCode, KrafkaError, ProtocolErrorKind};

use crate::kafka::endpoint::KafkaEndpoint;
use crate::kafka::failure::{KafkaAct, KafkaTrouble};
use crate::tls::{self, Trouble};

/// What an error of the client says.
pub(super) fn failure(error: &KrafkaError) -> KafkaTrouble {
    match error {
        KrafkaError::Network(io) => network(io),
        KrafkaError::Protocol { kind, message } => protocol(*kind, message),
        KrafkaError::Auth { message, .. } => login(error, message),
        KrafkaError::Timeout { .. } => KafkaTrouble::Silent,
        KrafkaError::DeliveryTimeout {
            possibly_written, ..
        } => {
            if *possibly_written {
                KafkaTrouble::PerhapsWritten
            } else {
                KafkaTrouble::Silent
            }
        }
        KrafkaError::Broker { code, message } => broker(*code, message),
        KrafkaError::Config { message } => KafkaTrouble::File(message.clone()),
        KrafkaError::UnknownTopic { topic } => KafkaTrouble::UnknownTopic(topic.clone()),
        other => KafkaTrouble::Other(other.to_string()),
    }
}

/// The same in words.
pub(super) fn words(error: &KrafkaError, act: KafkaAct) -> String {
    failure(error).words(act)
}

/// Why there is no connection. The same break means other things with TLS and without.
pub(super) fn connect_words(error: &KrafkaError, endpoint: &KafkaEndpoint) -> String {
    let failure = match failure(error) {
        KafkaTrouble::Unreachable(_) if is_hang_up(error) => {
            if endpoint.tls {
                KafkaTrouble::NoTls
            } else {
                KafkaTrouble::WantsLogin
            }
        }
        other => other,
    };
    failure.words(KafkaAct::Connect)
}

/// The other side answered by closing the connection.
fn is_hang_up(error: &KrafkaError) -> bool {
    let KrafkaError::Network(io) = error else {
        return false;
    };
    let kinds = [
        io::ErrorKind::UnexpectedEof,
        io::ErrorKind::ConnectionReset,
        io::ErrorKind::ConnectionAborted,
        io::ErrorKind::BrokenPipe,
    ];
    let text = io.to_string();
    kinds.contains(&io.kind()) || text.contains("closed") || text.contains("eof")
}

fn network(error: &io::Error) -> KafkaTrouble {
    match tls::trouble_of(error) {
        Some(Trouble::Plain) => return KafkaTrouble::NoTls,
        Some(Trouble::Told(why)) => return KafkaTrouble::Certificate(why),
        None => {}
    }
    let text = error.to_string();
    // Where no bootstrap server answered, the last one's error stands in the text.
    let last = text
        .rsplit_once("last error: ")
        .map_or(&*text, |(_, last)| last);
    if is_tls_alert(last) {
        return KafkaTrouble::WantsTls;
    }
    let bare = last.strip_prefix("network error: ").unwrap_or(last);
    KafkaTrouble::Unreachable(bare.to_owned())
}

/// The first bytes of a TLS alert, read as the length of an answer.
fn is_tls_alert(text: &str) -> bool {
    text.contains("message size") && text.contains("exceeds maximum")
}

fn protocol(kind: ProtocolErrorKind, message: &str) -> KafkaTrouble {
    if let Some(place) = message.strip_prefix("undecodable record batch at ") {
        let end = place.find([';', '(']).unwrap_or(place.len());
        return KafkaTrouble::Unreadable(place[..end].trim().to_owned());
    }
    match kind {
        ProtocolErrorKind::InvalidLength if is_tls_alert(message) => KafkaTrouble::WantsTls,
        ProtocolErrorKind::UnknownApiVersion => KafkaTrouble::TooOld,
        ProtocolErrorKind::FrameTooLarge => KafkaTrouble::TooLarge,
        _ => KafkaTrouble::Other(message.to_owned()),
    }
}

fn login(error: &KrafkaError, message: &str) -> KafkaTrouble {
    // What TLS said stands somewhere below.
    let mut below = error.source();
    while let Some(one) = below {
        match one.downcast_ref().and_then(tls::trouble_of) {
            Some(Trouble::Plain) => return KafkaTrouble::NoTls,
            Some(Trouble::Told(why)) => return KafkaTrouble::Certificate(why),
            None => below = one.source(),
        }
    }
    if let Some((_, known)) = message.split_once("Broker supports: ") {
        let known = known.trim_matches(['[', ']']).replace('"', "");
        return KafkaTrouble::Mechanism(known);
    }
    let said = message.split_once(" - ").map_or("", |(_, said)| said);
    KafkaTrouble::WrongLogin(said.to_owned())
}

fn broker(code: ErrorCode, message: &str) -> KafkaTrouble {
    match code {
        ErrorCode::TopicAuthorizationFailed
        | ErrorCode::ClusterAuthorizationFailed
        | ErrorCode::GroupAuthorizationFailed
        | ErrorCode::TransactionalIdAuthorizationFailed => KafkaTrouble::NoRight { topic: None },
        ErrorCode::MessageTooLarge | ErrorCode::RecordListTooLarge => KafkaTrouble::TooLarge,
        ErrorCode::InvalidRecord
        | ErrorCode::InvalidTimestamp
        | ErrorCode::PolicyViolation
        | ErrorCode::UnsupportedCompressionType => KafkaTrouble::Invalid(message.to_owned()),
        ErrorCode::NotEnoughReplicas | ErrorCode::NotEnoughReplicasAfterAppend => {
            KafkaTrouble::TooFewReplicas
        }
        ErrorCode::SaslAuthenticationFailed => KafkaTrouble::WrongLogin(message.to_owned()),
        ErrorCode::UnsupportedVersion => KafkaTrouble::TooOld,
        code => KafkaTrouble::Other(format!("{code:?}: {message}")),
    }
}
