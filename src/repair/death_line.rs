//! What a list, a group and a filter ask of a dead letter, the same for every store.

use super::account::Account;
use crate::event::Event;

/// A dead letter in a line.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DeathLine {
    /// What it was published to first; where that is not known, what it now says.
    pub destination: String,
    /// The key of that publish, likewise.
    pub key: String,
    /// Why it was given up, in a word; empty where only an exception tells.
    pub reason: String,
    /// The same for groups, where nothing is `unknown`.
    pub cause: String,
    /// What the consumer failed of; empty if nothing tells.
    pub exception: String,
    /// What gave it up: a queue, or a topic and the group that read it; empty if it is not known.
    pub died_in: String,
    /// Seconds since 1970 at which it died, if that is told.
    pub died_at: Option<u64>,
}

/// The word for a death of which nothing is written.
pub const UNKNOWN_CAUSE: &str = "unknown";

impl DeathLine {
    /// Of what a dead letter tells.
    #[must_use]
    pub fn of(letter: &Event, account: &Account) -> Self {
        let died = &account.died;
        let first = account.first.as_ref();
        let destination = first.map(|first| &first.destination);
        let destination = destination.or(died.destination.as_ref());
        let key = first.and_then(|first| first.key.as_ref());
        let reason = died.reason.clone().unwrap_or_default();
        Self {
            destination: destination.unwrap_or(&letter.destination).clone(),
            key: key.unwrap_or(&letter.key).clone(),
            cause: match reason.as_str() {
                "" => UNKNOWN_CAUSE.to_owned(),
                reason => reason.to_owned(),
            },
            reason,
            exception: exception(account),
            died_in: died_in(account),
            died_at: died.at.and_then(|at| u64::try_from(at.timestamp()).ok()),
        }
    }
}

/// The class without its package, and the first line of its message.
fn exception(account: &Account) -> String {
    let died = &account.died;
    let class = died.exception_class.as_deref().unwrap_or_default();
    let class = class.rsplit(['.', '$']).next().unwrap_or_default();
    match (class, died.exception_message.as_deref().unwrap_or_default()) {
        (class, "") => class.to_owned(),
        ("", message) => message.to_owned(),
        (class, message) => format!("{class}: {message}"),
    }
}

fn died_in(account: &Account) -> String {
    let died = &account.died;
    match (&died.queue, &died.destination, &died.group) {
        (Some(queue), ..) => queue.clone(),
        (None, Some(topic), Some(group)) => format!("{topic} · {group}"),
        (None, Some(one), None) | (None, None, Some(one)) => one.clone(),
        (None, None, None) => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::account::{AccountDeath, AccountFirst};
    use super::*;
    use crate::testing::event;

    #[test]
    fn a_line_says_what_is_told_and_else_what_the_letter_has() {
        let letter = event("k", "{}");
        let line = DeathLine::of(&letter, &Account::default());
        assert_eq!((&*line.destination, &*line.key), ("shop", "k"));
        assert_eq!((&*line.reason, &*line.cause), ("", UNKNOWN_CAUSE));
        let told = Account {
            died: AccountDeath {
                destination: Some("orders".to_owned()),
                group: Some("billing".to_owned()),
                exception_class: Some("com.shop.Order$Broken".to_owned()),
                exception_message: Some("no amount".to_owned()),
                ..AccountDeath::default()
            },
            first: Some(AccountFirst {
                destination: "orders".to_owned(),
                key: Some("o-1".to_owned()),
                ..AccountFirst::default()
            }),
            ..Account::default()
        };
        let line = DeathLine::of(&letter, &told);
        assert_eq!((&*line.destination, &*line.key), ("orders", "o-1"));
        assert_eq!(line.exception, "Broken: no amount");
        assert_eq!(line.died_in, "orders · billing");
    }
}
