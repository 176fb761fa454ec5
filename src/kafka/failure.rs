//! What went wrong with Kafka, in words that a person can act on. The client's own texts are sorted in
//! `drivers/kafka/failure.rs`; here stands what they mean.

/// What was being done when the broker refused or did not answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KafkaAct {
    Connect,
    /// Reading the list of topics.
    List,
    /// Reading records or asking for offsets.
    Read,
    /// Publishing.
    Write,
    /// Reading consumer groups and where they are.
    Groups,
    /// Setting the offsets of a group.
    Reset,
}

/// What went wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KafkaTrouble {
    /// The broker speaks TLS, and was spoken to without.
    WantsTls,
    /// The broker was spoken to by TLS, and does not speak it.
    NoTls,
    /// The broker closed the connection at the first word: it wants a login, or TLS.
    WantsLogin,
    /// The broker knows other ways to log in, in its own words.
    Mechanism(String),
    /// The login was refused, in the broker's own words.
    WrongLogin(String),
    /// The certificate, in words from [`crate::tls`] that go on after "because".
    Certificate(String),
    /// A file that was named cannot be read; in the client's words.
    File(String),
    /// Nobody answers.
    Unreachable(String),
    /// No answer in time.
    Silent,
    /// The principal has no right on this topic.
    NoRight { topic: Option<String> },
    /// There is no such topic, or it may not be seen.
    UnknownTopic(String),
    /// A record larger than the topic or the broker takes.
    TooLarge,
    /// The broker wants the record otherwise, in its words.
    Invalid(String),
    /// Too few replicas to take a record.
    TooFewReplicas,
    /// A batch that is broken as it lies there; where it lies.
    Unreadable(String),
    /// The record may or may not have been written.
    PerhapsWritten,
    /// The broker cannot do what was asked: it is too old.
    TooOld,
    /// What nobody has words for; the client's text.
    Other(String),
}

impl KafkaTrouble {
    /// A sentence or two: what happened and what to do.
    #[must_use]
    pub fn words(&self, act: KafkaAct) -> String {
        match self {
            Self::WantsTls => "The broker speaks TLS at this port. Switch TLS on".to_owned(),
            Self::NoTls => {
                "The broker does not speak TLS at this port. Switch TLS off, or name the \
                            port of its TLS listener"
                    .to_owned()
            }
            Self::WantsLogin => {
                "The broker closed the connection at the first word: it wants a login \
                                 or TLS at this port. Choose a SASL mechanism, or switch TLS on"
                    .to_owned()
            }
            Self::Mechanism(known) => format!(
                "The broker does not know this SASL mechanism. It knows: {known}. Choose one of these"
            ),
            Self::WrongLogin(said) => {
                let said = if said.is_empty() {
                    String::new()
                } else {
                    format!(" ({said})")
                };
                format!(
                    "The broker refused the login{said}. Check user, password and SASL mechanism"
                )
            }
            Self::Certificate(why) => format!("There is no encrypted connection, because {why}"),
            Self::File(why) => format!("A file could not be used: {why}"),
            Self::Unreachable(why) => format!(
                "Nobody answers there ({why}). Check the bootstrap servers, and that the brokers can \
                 be reached from this machine"
            ),
            Self::Silent => "The broker did not answer in time".to_owned(),
            Self::NoRight { topic } => no_right(topic.as_deref(), act),
            Self::UnknownTopic(topic) => format!(
                "There is no topic {topic}, or this login may not see it (that takes DESCRIBE on the \
                 topic)"
            ),
            Self::TooLarge => {
                "The record is larger than the topic takes (max.message.bytes)".to_owned()
            }
            Self::Invalid(said) => format!("The broker refused the record: {said}"),
            Self::TooFewReplicas => {
                "Too few replicas of the partition are in sync to take a record \
                                     (min.insync.replicas)"
                    .to_owned()
            }
            Self::Unreadable(place) => format!(
                "A batch of records cannot be read: {place}. Start a tap behind it, from an offset"
            ),
            Self::PerhapsWritten => {
                "No confirm came in time: the record may or may not have been written".to_owned()
            }
            Self::TooOld => "The broker is too old for this".to_owned(),
            Self::Other(text) => format!("Kafka did not do it ({text})"),
        }
    }
}

fn no_right(topic: Option<&str>, act: KafkaAct) -> String {
    let right = match act {
        KafkaAct::Groups => {
            return "This login may not do that with the group. It takes DESCRIBE on the group and on its \
                    topics: ask whoever looks after the cluster's ACLs"
                .to_owned();
        }
        KafkaAct::Reset => {
            return "This login may not set offsets of the group. It takes READ on the group and on its \
                    topics: ask whoever looks after the cluster's ACLs"
                .to_owned();
        }
        KafkaAct::Connect | KafkaAct::List => "DESCRIBE",
        KafkaAct::Read => "READ and DESCRIBE",
        KafkaAct::Write => "WRITE and DESCRIBE",
    };
    match topic {
        Some(topic) => format!(
            "This login may not do that with the topic {topic}. It takes {right} on the topic: ask \
             whoever looks after the cluster's ACLs"
        ),
        None => format!(
            "This login may not do that. It takes {right}: ask whoever looks after the cluster's ACLs"
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_right_is_named_by_what_was_being_done() {
        let failure = KafkaTrouble::NoRight {
            topic: Some("orders".to_owned()),
        };
        assert!(failure.words(KafkaAct::Read).contains("READ and DESCRIBE"));
        assert!(
            failure
                .words(KafkaAct::Write)
                .contains("WRITE and DESCRIBE")
        );
        assert!(failure.words(KafkaAct::Write).contains("topic orders"));
    }

    #[test]
    fn a_refused_login_keeps_the_brokers_words() {
        let words = |said: &str| KafkaTrouble::WrongLogin(said.to_owned()).words(KafkaAct::Connect);
        assert!(words("Invalid credentials").contains("(Invalid credentials). Check"));
        assert!(words("").contains("the login. Check"));
    }
}
