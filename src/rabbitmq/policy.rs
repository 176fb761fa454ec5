//! The broker's policies: which of them reaches a name, and which permissions a login has. Both are
//! patterns over names, written by an administrator and matched by RabbitMQ.

use regex::RegexBuilder;

/// Largest compiled pattern, in bytes: a pattern comes from the broker and may be anything.
const PATTERN_BYTES: usize = 1 << 20;

/// What a policy is applied to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PolicyTarget {
    /// A classic queue, such as that of a tap.
    ClassicQueue,
    Exchange,
}

/// A policy of a virtual host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BrokerPolicy {
    pub name: String,
    /// The names it is for, as a regular expression.
    pub pattern: String,
    /// `queues`, `exchanges`, `all`, `classic_queues`, …
    pub apply_to: String,
    /// Of several that fit a name only the one with the highest priority applies.
    pub priority: i64,
    /// It is an operator's: it applies beside the others.
    pub operator: bool,
    /// What it sets, each value as text.
    pub definition: Vec<(String, String)>,
}

impl BrokerPolicy {
    /// What it sets this to.
    #[must_use]
    pub fn value(&self, key: &str) -> Option<&str> {
        let mut all = self.definition.iter();
        Some(all.find(|(name, _)| name == key)?.1.as_str())
    }

    fn is_for(&self, target: PolicyTarget) -> bool {
        let apply_to = self.apply_to.as_str();
        match target {
            PolicyTarget::ClassicQueue => {
                matches!(apply_to, "all" | "queues" | "classic_queues" | "")
            }
            PolicyTarget::Exchange => matches!(apply_to, "all" | "exchanges" | ""),
        }
    }
}

/// The policies in force on a name: at most an ordinary one and an operator's. A pattern that
/// cannot be read here counts as fitting, because it might.
#[must_use]
pub fn in_force<'a>(
    policies: &'a [BrokerPolicy],
    name: &str,
    target: PolicyTarget,
) -> Vec<&'a BrokerPolicy> {
    let strongest = |operator: bool| {
        policies
            .iter()
            .filter(|policy| policy.operator == operator && policy.is_for(target))
            .filter(|policy| fits(&policy.pattern, name).unwrap_or(true))
            .max_by_key(|policy| policy.priority)
    };
    [false, true].into_iter().filter_map(strongest).collect()
}

/// What a login may do in a virtual host, each as a regular expression over names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Permissions {
    /// Declare and delete.
    pub configure: String,
    /// Publish, and bind a queue.
    pub write: String,
    /// Consume, and bind to an exchange.
    pub read: String,
}

/// True if a permission covers a name; `None` if its pattern cannot be read here.
#[must_use]
pub fn permits(pattern: &str, name: &str) -> Option<bool> {
    // RabbitMQ takes an empty pattern for "nothing" and the default exchange by another name.
    if pattern.is_empty() {
        return Some(false);
    }
    fits(pattern, if name.is_empty() { "amq.default" } else { name })
}

/// RabbitMQ looks for a pattern anywhere in a name.
fn fits(pattern: &str, name: &str) -> Option<bool> {
    let regex = RegexBuilder::new(pattern).size_limit(PATTERN_BYTES).build();
    Some(regex.ok()?.is_match(name))
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) fn policy(
        name: &str,
        pattern: &str,
        apply_to: &str,
        set: &[(&str, &str)],
    ) -> BrokerPolicy {
        BrokerPolicy {
            name: name.into(),
            pattern: pattern.into(),
            apply_to: apply_to.into(),
            priority: 0,
            operator: false,
            definition: set
                .iter()
                .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
                .collect(),
        }
    }

    #[test]
    fn only_the_strongest_of_each_kind_is_in_force() {
        let mut strong = policy("strong", "^amq", "queues", &[]);
        strong.priority = 5;
        let mut operator = policy("operator", ".*", "classic_queues", &[]);
        operator.operator = true;
        let all = [
            policy("weak", ".*", "all", &[]),
            strong,
            operator,
            policy("other name", "^orders", "queues", &[]),
            policy("other target", ".*", "exchanges", &[]),
            policy("other type", ".*", "quorum_queues", &[]),
        ];
        let names = |target| {
            let found = in_force(&all, "amq.gen-1", target);
            found.iter().map(|p| p.name.clone()).collect::<Vec<_>>()
        };
        assert_eq!(names(PolicyTarget::ClassicQueue), ["strong", "operator"]);
        let exchange = in_force(&all, "orders", PolicyTarget::Exchange);
        assert_eq!(exchange.len(), 1);
    }

    #[test]
    fn a_pattern_that_cannot_be_read_might_fit() {
        let all = [policy("look-ahead", "(?!x)", "queues", &[])];
        assert_eq!(
            in_force(&all, "amq.gen-1", PolicyTarget::ClassicQueue).len(),
            1
        );
        assert_eq!(permits("(?!x)", "a"), None);
    }

    #[test]
    fn permissions_are_searched_for_anywhere_and_empty_means_nothing() {
        assert_eq!(permits("", "a"), Some(false));
        assert_eq!(permits("^$", "a"), Some(false));
        assert_eq!(permits("gen", "amq.gen-1"), Some(true));
        assert_eq!(permits("^amq\\.default$", ""), Some(true));
        // Repetition that would fill the memory is refused, not built.
        assert_eq!(permits("((a{200}){200}){200}", "a"), None);
    }
}
