//! Keys of words separated by dots, and patterns over them: `*` for one word, `#` for any number of words
//! (AMQP 0-9-1 section 3.1.3.3).

/// The words of a key. An empty key has no words.
pub fn words(key: &str) -> impl Iterator<Item = &str> {
    key.split('.').take_while(move |_| !key.is_empty())
}

/// True if a key begins with these words.
#[must_use]
pub fn is_within(key: &str, branch: &str) -> bool {
    key.strip_prefix(branch)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

/// True if a pattern accepts a key.
#[must_use]
pub fn matches(pattern: &str, key: &str) -> bool {
    let pattern: Vec<&str> = words(pattern).collect();
    let key: Vec<&str> = words(key).collect();
    // `reached[k]` says whether the pattern so far can end before word k. One row of a table, so a
    // pattern of many `#` costs pattern × key and not their power.
    let mut reached = vec![false; key.len() + 1];
    reached[0] = true;
    for part in pattern {
        let mut next = vec![false; key.len() + 1];
        for index in 0..=key.len() {
            next[index] = match part {
                "#" => reached[index] || (index > 0 && next[index - 1]),
                "*" => index > 0 && reached[index - 1],
                word => index > 0 && reached[index - 1] && key[index - 1] == word,
            };
        }
        reached = next;
    }
    reached[key.len()]
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn check(binding: &str, key: &str, expected: bool) {
        assert_eq!(matches(binding, key), expected, "{binding} on {key}");
    }

    #[test]
    fn topic_patterns_follow_the_specification() {
        check("#", "", true);
        check("#", "order.created", true);
        check("order.*", "order.created", true);
        check("order.*", "order", false);
        check("order.*", "order.created.eu", false);
        check("order.#", "order", true);
        check("#.eu", "order.created.eu", true);
        check("*.created.#", "order.created.eu.west", true);
        check("order.created", "order.paid", false);
        check("", "", true);
        check("*", "", false);
        check("a..b", "a..b", true);
    }

    proptest! {
        #[test]
        fn a_hash_at_both_ends_finds_any_word(key in "[ab]{1,2}(\\.[ab]{1,2}){0,4}") {
            for word in words(&key) {
                let pattern = format!("#.{word}.#");
                prop_assert!(matches(&pattern, &key));
            }
        }

        #[test]
        fn a_key_without_wildcards_accepts_only_itself(a in "[ab.]{0,6}", b in "[ab.]{0,6}") {
            prop_assert_eq!(matches(&a, &b), a == b);
        }
    }
}
