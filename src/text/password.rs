//! A password as it is carried about in memory.

use std::fmt;

/// A password that never shows itself in a log or a message.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Password(pub String);

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(hidden)")
    }
}

/// A URL without the password in it; the same where there is none.
#[must_use]
pub fn without_password(url: &str) -> String {
    let begin = url.find("://").map_or(0, |at| at + 3);
    let end = url[begin..]
        .find(['?', '#'])
        .map_or(url.len(), |at| begin + at);
    // A password may have an @ or a slash that nobody encoded; a host has none.
    let login = url[begin..end].rfind('@').map(|at| begin + at);
    let colon = login.and_then(|at| Some((begin + url[begin..at].find(':')?, at)));
    match colon {
        Some((colon, at)) => format!("{}{}", &url[..colon], &url[at..]),
        None => url.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_is_shown_without_its_password() {
        for (url, shown) in [
            ("amqp://ada:secret@h:1/v", "amqp://ada@h:1/v"),
            ("amqps://ada:a/b@c@h?x=1@2", "amqps://ada@h?x=1@2"),
            ("kafka://ada:x@one:1,two:2", "kafka://ada@one:1,two:2"),
            ("amqp://:only@h", "amqp://@h"),
            ("amqp://ada@h:5672", "amqp://ada@h:5672"),
            ("amqp://h:5672", "amqp://h:5672"),
            ("", ""),
        ] {
            assert_eq!(without_password(url), shown);
        }
    }
}
