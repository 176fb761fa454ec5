//! What looks like a secret by its name, so that it is not written to the disk. A guess, on the careful
//! side: a value that has no telling name is not found.

use std::borrow::Cow;

use crate::text::json::{JsonToken, tokens};

/// A name with one of these in it, without regard to case, hyphens and underscores.
const WITHIN: [&str; 10] = [
    "password",
    "passwd",
    "passphrase",
    "secret",
    "authorization",
    "credential",
    "apikey",
    "accesskey",
    "privatekey",
    "cookie",
];
/// A name that ends so.
const AT_THE_END: [&str; 2] = ["token", "pwd"];

/// True for the name of a header or of a field whose value is likely a secret.
#[must_use]
pub fn is_secret_name(name: &str) -> bool {
    let letters = name.chars().filter(|letter| letter.is_alphanumeric());
    let plain: String = letters.flat_map(char::to_lowercase).collect();
    WITHIN.iter().any(|word| plain.contains(word))
        || AT_THE_END.iter().any(|word| plain.ends_with(word))
}

/// A payload with the values of such fields left out; none if it has one that cannot be told from the
/// rest. It need not be whole JSON: one that is being typed is not.
#[must_use]
pub fn without_secrets(text: &str) -> Option<Cow<'_, str>> {
    let mut left = String::new();
    let mut taken = 0;
    let mut has_names = false;
    let mut begin = 0;
    for line in text.split_inclusive('\n') {
        let found = tokens(line);
        for (at, (kind, range)) in found.iter().enumerate() {
            if *kind != JsonToken::Name {
                continue;
            }
            has_names = true;
            if !is_secret_name(&line[range.clone()]) {
                continue;
            }
            // An object, a list, or a value on another line.
            let (kind, value) = found.get(at + 1)?;
            let between = line.get(range.end..value.start)?.trim();
            if *kind == JsonToken::Name || between != ":" {
                return None;
            }
            if *kind == JsonToken::Text && value.len() > 2 {
                left.push_str(&text[taken..begin + value.start]);
                left.push_str("\"\"");
                taken = begin + value.end;
            } else if *kind == JsonToken::Literal {
                return None;
            }
        }
        begin += line.len();
    }
    let is_plain = !has_names && text.split_whitespace().any(is_secret_name);
    if is_plain {
        return None;
    }
    if taken == 0 {
        return Some(Cow::Borrowed(text));
    }
    left.push_str(&text[taken..]);
    Some(Cow::Owned(left))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_tell_of_a_secret_are_known() {
        for name in [
            "password",
            "X-Api-Key",
            "client_secret",
            "Authorization",
            "accessToken",
            "dbPwd",
            "Set-Cookie",
        ] {
            assert!(is_secret_name(name), "{name}");
        }
        for name in ["orderId", "x-retry", "amount", "tokens", "author", "pass"] {
            assert!(!is_secret_name(name), "{name}");
        }
    }

    #[test]
    fn values_of_secret_fields_are_left_out_and_nothing_else() {
        let text =
            "{\"a\": 1.10,\n  \"password\" : \"hünter2\", \"b\": \"{{uuid}}\", \"n\": {{seq}}}";
        let left = "{\"a\": 1.10,\n  \"password\" : \"\", \"b\": \"{{uuid}}\", \"n\": {{seq}}}";
        assert_eq!(without_secrets(text).as_deref(), Some(left));
        let plain = "{\"a\": \"password\", \"b\": [\"token\"]}";
        assert!(matches!(
            without_secrets(plain),
            Some(Cow::Borrowed(same)) if same == plain
        ));
    }

    #[test]
    fn a_payload_whose_secret_cannot_be_told_from_the_rest_is_left_out_as_a_whole() {
        for text in [
            r#"{"credentials": {"user": "a"}}"#,
            r#"{"tokens": 1, "apiKey": ["x"]}"#,
            "{\"password\":\n\"hunter2\"}",
            r#"{"password": 1234}"#,
            "user=ada password=hunter2",
        ] {
            assert_eq!(without_secrets(text), None, "{text}");
        }
        assert_eq!(
            without_secrets("plain words").as_deref(),
            Some("plain words")
        );
    }
}
