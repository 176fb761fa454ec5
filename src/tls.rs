//! What went wrong with an encrypted connection, in words with what to do. The libraries that connect
//! (one for AMQP, one for HTTP) ask the system alike which CAs it trusts, and fail with the same
//! errors of `rustls`, whose own texts are names for programmers.

use std::io;

use chrono::DateTime;
use rustls::pki_types::UnixTime;
use rustls::{CertificateError, Error};

/// Most names of a certificate that are told.
const MOST_NAMES: usize = 5;
/// What to do where no CA that counts has signed the certificate.
const UNTRUSTED: &str = "this computer does not trust the one who signed its certificate. Add that \
                         CA, or the certificate itself where it is self-signed, to the system's \
                         (on Debian: a .crt file in /usr/local/share/ca-certificates, then \
                         update-ca-certificates), or start Eventscope with \
                         SSL_CERT_FILE=/path/to/ca.pem, which then counts alone";
/// What to do where none counts at all.
const NO_CA: &str = "there is no CA that this computer trusts. Install those of the system (on \
                     Debian the package ca-certificates), and see that SSL_CERT_FILE and \
                     SSL_CERT_DIR, if they are set, name certificates in PEM format";

/// Why there is no encrypted connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Trouble {
    /// What answers does not speak TLS.
    Plain,
    /// What it is and what to do, as a part of a sentence.
    Told(String),
}

/// The trouble that an error of a stream stands for, if it is one of TLS.
pub(crate) fn trouble_of(mut error: &io::Error) -> Option<Trouble> {
    // Streams upon streams wrap it more than once.
    loop {
        let inner = error.get_ref()?;
        if let Some(found) = inner.downcast_ref() {
            return Some(trouble(found));
        }
        error = inner.downcast_ref()?;
    }
}

/// The trouble that an error of TLS stands for.
pub(crate) fn trouble(error: &Error) -> Trouble {
    Trouble::Told(match error {
        Error::InvalidMessage(_) => return Trouble::Plain,
        Error::InvalidCertificate(why) => certificate(why),
        Error::PeerIncompatible(_) => {
            format!("it has nothing in common with Eventscope's TLS 1.2 and 1.3 ({error})")
        }
        Error::AlertReceived(why) => format!(
            "it broke the handshake off ({why:?}). It may want a certificate of the client, which \
             Eventscope has not, or another version than TLS 1.2 and 1.3"
        ),
        // The only error of this kind that comes before a connection.
        Error::General(text) if text.starts_with("No CA") => NO_CA.to_owned(),
        other => format!("TLS failed ({other})"),
    })
}

fn certificate(why: &CertificateError) -> String {
    match why {
        CertificateError::UnknownIssuer => UNTRUSTED.to_owned(),
        CertificateError::NotValidForNameContext {
            expected,
            presented,
        } => format!(
            "its certificate is for {} and not for {}. Connect to the host by the name that the \
             certificate is for, or have one made for this name",
            names(presented),
            expected.to_str()
        ),
        CertificateError::ExpiredContext { not_after, .. } => format!(
            "its certificate expired on {}. It has to be renewed, unless the clock of this \
             computer is wrong",
            date(*not_after)
        ),
        CertificateError::NotValidYetContext { not_before, .. } => format!(
            "its certificate does not count before {}. Check the clock of this computer",
            date(*not_before)
        ),
        // It has no other name than its text.
        CertificateError::Other(other) if other.to_string().contains("CaUsedAsEndEntity") => {
            "its certificate is a CA's own, which does not count for a server (openssl req -x509 \
             makes such ones). Have one made that is none (basicConstraints=CA:FALSE)"
                .to_owned()
        }
        other => format!("its certificate does not hold ({other})"),
    }
}

/// The names in a certificate, which come as `DnsName("broker.example")`.
fn names(presented: &[String]) -> String {
    if presented.is_empty() {
        return "no host".to_owned();
    }
    let bare = |name: &String| {
        let inner = name.split_once('(').map_or(name.as_str(), |(_, rest)| rest);
        inner.trim_end_matches(')').trim_matches('"').to_owned()
    };
    let mut all: Vec<String> = presented.iter().take(MOST_NAMES).map(bare).collect();
    if presented.len() > MOST_NAMES {
        all.push("others".to_owned());
    }
    all.join(", ")
}

fn date(time: UnixTime) -> String {
    let seconds = i64::try_from(time.as_secs()).unwrap_or(i64::MAX);
    let date = DateTime::from_timestamp(seconds, 0).unwrap_or_default();
    date.format("%Y-%m-%d").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use rustls::{AlertDescription, InvalidMessage, PeerIncompatible};

    fn told(error: &Error) -> String {
        match trouble(error) {
            Trouble::Told(words) => words,
            Trouble::Plain => panic!("{error}"),
        }
    }

    #[test]
    fn an_error_is_found_in_the_layers_of_streams() {
        let plain = Error::InvalidMessage(InvalidMessage::InvalidContentType);
        let layers = io::Error::other(io::Error::new(io::ErrorKind::InvalidData, plain));
        assert_eq!(trouble_of(&layers), Some(Trouble::Plain));
        let reset = io::Error::from(io::ErrorKind::ConnectionReset);
        assert_eq!(trouble_of(&reset), None);
        assert_eq!(trouble_of(&io::Error::other("something else")), None);
    }

    #[test]
    fn a_server_that_asks_for_more_than_there_is_says_what() {
        let asked = told(&Error::AlertReceived(AlertDescription::CertificateRequired));
        assert!(asked.contains("certificate of the client"), "{asked}");
        let old = PeerIncompatible::ServerTlsVersionIsDisabledByOurConfig;
        let old = told(&Error::PeerIncompatible(old));
        assert!(old.contains("TLS 1.2 and 1.3"), "{old}");
    }

    #[test]
    fn a_certificate_says_for_whom_and_until_when() {
        let presented = ["DnsName(\"a.example\")", "IpAddress(10.0.0.1)"];
        let error = CertificateError::NotValidForNameContext {
            expected: "broker.example".try_into().unwrap(),
            presented: presented.map(str::to_owned).to_vec(),
        };
        let words = told(&Error::InvalidCertificate(error));
        let wanted = "is for a.example, 10.0.0.1 and not for broker.example";
        assert!(words.contains(wanted), "{words}");
        let many: Vec<String> = (0..9).map(|n| format!("DnsName(\"{n}\")")).collect();
        assert_eq!(names(&many), "0, 1, 2, 3, 4, others");
        assert_eq!(names(&[]), "no host");
        let at = |seconds| UnixTime::since_unix_epoch(std::time::Duration::from_secs(seconds));
        let error = CertificateError::NotValidYetContext {
            time: at(0),
            not_before: at(1_900_000_000),
        };
        let words = told(&Error::InvalidCertificate(error));
        assert!(words.contains("before 2030-03-17"), "{words}");
    }
}
