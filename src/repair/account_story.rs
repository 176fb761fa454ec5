//! What a dead letter tells, as sentences for a person.

use super::account::Account;
use crate::text::numbers::{count_of, thousands};

/// It as sentences, the most important first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AccountStory {
    /// Where and why it died; empty if nothing tells.
    pub died: String,
    /// What else is told.
    pub more: Vec<String>,
    /// What speaks against it.
    pub doubts: Vec<String>,
}

impl AccountStory {
    /// What this account tells.
    #[must_use]
    pub fn of(account: &Account) -> Self {
        let mut more = Vec::new();
        let died = &account.died;
        if let Some(at) = died.at {
            more.push(format!(
                "It died at {}",
                at.format("%Y-%m-%d %H:%M:%S%.3f UTC")
            ));
        }
        if let Some(class) = &died.exception_class {
            more.push(format!("The exception is {class}"));
        }
        if let Some(attempts) = died.attempts {
            more.push(format!("It was tried {}", times(attempts)));
        }
        if let Some(deaths) = account.deaths_at_least.filter(|deaths| *deaths > 1) {
            more.push(format!("It died {} at least", times(deaths)));
        }
        if let Some(first) = &account.first
            && account.first.as_ref().map(|first| &first.destination) != died.destination.as_ref()
        {
            more.push(format!("It was published first to {}", first.destination));
        }
        if let Some(writer) = &account.written_by {
            more.push(format!("Written down by {writer}"));
        }
        more.extend(account.facts.iter().map(|fact| sentence(fact)));
        let mut doubts = account.doubts.clone();
        doubts.extend(account.no_target.clone());
        Self {
            died: death(account),
            more,
            doubts,
        }
    }
}

fn death(account: &Account) -> String {
    let died = &account.died;
    let place = match (&died.destination, died.partition, died.offset) {
        (Some(topic), Some(partition), Some(offset)) => {
            format!(
                " in {topic}, partition {partition}, offset {}",
                thousands(offset)
            )
        }
        (Some(topic), ..) => format!(" in {topic}"),
        (None, ..) => String::new(),
    };
    let group = died.group.as_ref();
    let group = group.map_or(String::new(), |group| format!(" in the group {group}"));
    let why = [&died.exception_message, &died.exception_class, &died.reason];
    let why = why.into_iter().flatten().find(|why| !why.is_empty());
    let why = why.map_or(String::new(), |why| format!(": {why}"));
    if place.is_empty() && group.is_empty() && why.is_empty() {
        return String::new();
    }
    format!("Died{place}{group}{why}")
}

fn times(count: u64) -> String {
    match count {
        1 => "once".to_owned(),
        count => count_of(count, "time"),
    }
}

fn sentence(words: &str) -> String {
    let mut letters = words.chars();
    match letters.next() {
        Some(first) => first.to_uppercase().chain(letters).collect(),
        None => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::account::AccountDeath;
    use super::*;

    #[test]
    fn a_death_is_told_with_its_place_and_why() {
        let mut account = Account {
            died: AccountDeath {
                destination: Some("orders".to_owned()),
                partition: Some(2),
                offset: Some(1_017),
                group: Some("billing".to_owned()),
                exception_message: Some("no amount".to_owned()),
                attempts: Some(3),
                ..AccountDeath::default()
            },
            deaths_at_least: Some(2),
            facts: vec!["the key could not be read".to_owned()],
            doubts: vec!["A header was forged".to_owned()],
            ..Account::default()
        };
        let story = AccountStory::of(&account);
        assert_eq!(
            story.died,
            "Died in orders, partition 2, offset 1,017 in the group billing: no amount"
        );
        assert_eq!(
            story.more,
            [
                "It was tried 3 times",
                "It died 2 times at least",
                "The key could not be read"
            ]
        );
        assert_eq!(story.doubts, ["A header was forged"]);
        account = Account::default();
        assert_eq!(AccountStory::of(&account), AccountStory::default());
    }
}
