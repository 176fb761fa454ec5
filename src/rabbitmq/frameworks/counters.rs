//! Retry counters: how often a consumer tried, written into the message itself. They go with a copy
//! that is sent again, and a copy whose counter is at the limit is given up before it is tried.

use serde_json::Value;

use super::look::number;
use crate::event::Outgoing;
use crate::event::amqp::{FieldTable, FieldValue, Properties};
use crate::repair::edit::{Edit, Pointer, Rule, RuleChange, edit};
use crate::text::payload::PayloadKind;

/// Where a counter stands.
#[derive(Clone, Debug, PartialEq, Eq)]
enum CounterPlace {
    /// The whole value of a header.
    Header(String),
    /// A member of a header that is a table, deeper with each name.
    Member(String, Vec<String>),
    /// A field of the JSON body.
    Body(&'static str),
}

/// A counter that goes with the copy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Counter {
    place: CounterPlace,
    /// What it counts now.
    pub value: u64,
    /// At which count the consumer gives up, where the message says so.
    pub limit: Option<u64>,
    /// Its framework tries once before it asks the counter.
    tries_first: Option<&'static str>,
}

/// What becomes of the counters of a copy.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RetryCounters {
    /// They are sent as they are.
    #[default]
    Keep,
    /// They begin at 0 again.
    Reset,
    /// They are left out. One in the body begins at 0 again.
    Drop,
}

impl RetryCounters {
    /// All, in the order in which they are offered.
    pub const ALL: [Self; 3] = [Self::Keep, Self::Reset, Self::Drop];

    /// The choice in words.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Keep => "Send as they are",
            Self::Reset => "Set to 0",
            Self::Drop => "Leave out",
        }
    }
}

/// Names of headers that count attempts, in small letters, without `x-` and without marks between
/// words. `x-delivery-count` is not one of them: it is the broker's.
const NAMES: [&str; 17] = [
    // `MT-Redelivery-Count` of MassTransit.
    "mtredeliverycount",
    "retry",
    "retries",
    "retrycount",
    "retriescount",
    "attempt",
    "attempts",
    "attemptcount",
    "attemptscount",
    "deliveryattempt",
    "deliveryattempts",
    "retryattempt",
    "retryattempts",
    "redeliverycount",
    "redeliveredcount",
    "requeuecount",
    "handledcount",
];
/// The same for the count at which the consumer gives up.
const LIMITS: [&str; 6] = [
    "maxretries",
    "maxretry",
    "maxretrycount",
    "maxattempts",
    "retrylimit",
    "maxdeliveryattempts",
];

fn plain(name: &str) -> String {
    let low = name.to_ascii_lowercase();
    let low = low.strip_prefix("x-").unwrap_or(&low);
    low.chars().filter(|c| c.is_alphanumeric()).collect()
}

/// The counters of a message that are above 0.
#[must_use]
pub fn counters(properties: &Properties, body: &[u8]) -> Vec<Counter> {
    let headers = properties.headers.as_deref().unwrap_or_default();
    let header_limit = headers
        .iter()
        .find(|(name, _)| LIMITS.contains(&plain(name).as_str()))
        .and_then(|(_, value)| number(value));
    let is_celery = properties.header("task").is_some() && properties.header("argsrepr").is_some();
    let mut all = Vec::new();
    for (name, value) in headers {
        match value {
            FieldValue::Table(table) if name == "laravel" => {
                let found = table.iter().find(|(name, _)| name == "attempts");
                all.extend(
                    found
                        .and_then(|(_, value)| number(value))
                        .map(|value| Counter {
                            place: CounterPlace::Member(name.clone(), vec!["attempts".to_owned()]),
                            value,
                            limit: body_number(body, "/maxTries"),
                            tries_first: None,
                        }),
                );
            }
            value if NAMES.contains(&plain(name).as_str()) => {
                all.extend(number(value).map(|value| Counter {
                    place: CounterPlace::Header(name.clone()),
                    value,
                    limit: header_limit,
                    tries_first: is_celery.then_some("Celery"),
                }));
            }
            _ => {}
        }
    }
    if let Some(value) = body_number(body, "/options/retries")
        && contains(body, b"\"actor_name\"")
    {
        all.push(Counter {
            place: CounterPlace::Body("/options/retries"),
            value,
            limit: body_number(body, "/options/max_retries"),
            tries_first: Some("Dramatiq"),
        });
    }
    all.retain(|counter| counter.value > 0);
    all
}

/// Longest body that is read for a counter, in bytes.
const LARGEST: usize = 1024 * 1024;

fn body_number(body: &[u8], pointer: &str) -> Option<u64> {
    let last = pointer.rsplit('/').next()?;
    if body.len() > LARGEST || !contains(body, last.as_bytes()) {
        return None;
    }
    if PayloadKind::detect(body) != PayloadKind::Json {
        return None;
    }
    let value: Value = serde_json::from_slice(body).ok()?;
    value.pointer(pointer)?.as_u64()
}

fn contains(body: &[u8], word: &[u8]) -> bool {
    std::str::from_utf8(body)
        .is_ok_and(|text| std::str::from_utf8(word).is_ok_and(|w| text.contains(w)))
}

impl Counter {
    /// Where it stands: `header x-retries`.
    #[must_use]
    pub fn name(&self) -> String {
        match &self.place {
            CounterPlace::Header(name) => format!("header {name}"),
            CounterPlace::Member(name, path) => format!("header {name}: {}", path.join(".")),
            CounterPlace::Body(pointer) => format!("{pointer} in the body"),
        }
    }

    /// The header that it is or lies in.
    #[must_use]
    pub fn header(&self) -> Option<&str> {
        match &self.place {
            CounterPlace::Header(name) | CounterPlace::Member(name, _) => Some(name),
            CounterPlace::Body(_) => None,
        }
    }

    /// It is known to be at its limit.
    #[must_use]
    pub fn is_spent(&self) -> bool {
        self.limit.is_some_and(|limit| self.value >= limit)
    }

    /// What it means for a copy, as a sentence.
    #[must_use]
    pub fn note(&self) -> String {
        let (name, value) = (self.name(), self.value);
        match (self.tries_first, self.limit) {
            (Some(framework), Some(limit)) if value >= limit => format!(
                "{name} counts {value} of {limit} retries and goes with the copy: {framework} tries \
                 it once and has no retry left"
            ),
            (None, Some(limit)) if value >= limit => format!(
                "{name} counts {value} of {limit} and goes with the copy: it is given up before it \
                 is tried"
            ),
            (Some(framework), limit) => format!(
                "{name} counts {value}{} retries and goes with the copy: {framework} goes on counting \
                 from there",
                of(limit)
            ),
            (None, Some(limit)) => format!(
                "{name} counts {value} of {limit} and goes with the copy: so many attempts are left \
                 the fewer"
            ),
            (None, None) => format!(
                "{name} counts {value} and goes with the copy: if that is the limit of the consumer, \
                 it is given up before it is tried"
            ),
        }
    }

    /// What `choice` does to it, as a sentence; `None` if nothing.
    #[must_use]
    pub fn done(&self, choice: RetryCounters) -> Option<String> {
        let (name, value) = (self.name(), self.value);
        match (choice, &self.place) {
            (RetryCounters::Keep, _) => None,
            (RetryCounters::Drop, CounterPlace::Header(_) | CounterPlace::Member(..)) => {
                Some(format!(
                    "{name} counted {value} and is left out, as you chose, so that the copy is tried again"
                ))
            }
            _ => Some(format!(
                "{name} counted {value} and is set to 0, as you chose, so that the copy is tried again"
            )),
        }
    }

    /// Does to a copy what was chosen; false if it cannot be done (a body that is not to be edited).
    pub fn apply(&self, choice: RetryCounters, copy: &mut Outgoing) -> bool {
        let change = match (choice, &self.place) {
            (RetryCounters::Keep, _) => return true,
            (_, CounterPlace::Body(pointer)) => return reset_body(copy, pointer),
            (_, CounterPlace::Header(name)) => (name, &[][..]),
            (_, CounterPlace::Member(name, path)) => (name, path.as_slice()),
        };
        let (name, path) = change;
        let Some(headers) = &mut copy.properties.headers else {
            return false;
        };
        change_table(headers, name, path, choice == RetryCounters::Drop)
    }
}

fn of(limit: Option<u64>) -> String {
    limit
        .map(|limit| format!(" of {limit}"))
        .unwrap_or_default()
}

fn change_table(table: &mut FieldTable, name: &str, path: &[String], remove: bool) -> bool {
    let Some(place) = table.iter().position(|(own, _)| own == name) else {
        return false;
    };
    match (path.split_first(), &mut table[place].1) {
        (None, _) if remove => {
            table.remove(place);
        }
        (None, value) => *value = zero(value),
        (Some((next, rest)), FieldValue::Table(inner)) => {
            return change_table(inner, next, rest, remove);
        }
        (Some(_), _) => return false,
    }
    true
}

/// 0 of the same type.
fn zero(value: &FieldValue) -> FieldValue {
    match value {
        FieldValue::I8(_) => FieldValue::I8(0),
        FieldValue::U8(_) => FieldValue::U8(0),
        FieldValue::I16(_) => FieldValue::I16(0),
        FieldValue::U16(_) => FieldValue::U16(0),
        FieldValue::I32(_) => FieldValue::I32(0),
        FieldValue::U32(_) => FieldValue::U32(0),
        FieldValue::Text(_) => FieldValue::Text("0".to_owned()),
        _ => FieldValue::I64(0),
    }
}

fn reset_body(copy: &mut Outgoing, pointer: &str) -> bool {
    let Ok(pointer) = Pointer::parse(pointer) else {
        return false;
    };
    match edit(
        copy,
        &[Rule::Payload(pointer, RuleChange::Set("0".to_owned()))],
    ) {
        Edit::Changed { outgoing, .. } => {
            *copy = outgoing;
            true
        }
        Edit::NotApplicable(_) | Edit::Unreadable(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn copy(headers: FieldTable, body: &str) -> Outgoing {
        Outgoing {
            record: None,
            destination: String::new(),
            key: "orders".into(),
            properties: Properties {
                headers: Some(headers),
                ..Properties::default()
            },
            body: body.into(),
        }
    }

    fn of(copy: &Outgoing) -> Vec<Counter> {
        counters(&copy.properties, &copy.body)
    }

    #[test]
    fn counters_in_headers_are_found_reset_and_dropped_with_their_type() {
        for name in [
            "retry-count",
            "x-retry-count",
            "x-retries",
            "x-retry",
            "x-delivery-attempts",
            "retryCount",
            "X-Attempts",
            "HandledCount",
        ] {
            let mut sent = copy(
                vec![
                    (name.into(), FieldValue::I32(5)),
                    ("a".into(), FieldValue::Void),
                ],
                "",
            );
            let [counter] = &of(&sent)[..] else {
                panic!("{name}");
            };
            assert_eq!((counter.value, counter.header()), (5, Some(name)));
            assert!(counter.note().contains("given up before it is tried"));
            assert!(counter.apply(RetryCounters::Reset, &mut sent));
            assert_eq!(sent.properties.header(name), Some(&FieldValue::I32(0)));
            assert!(counter.apply(RetryCounters::Drop, &mut sent));
            assert_eq!(sent.properties.headers.as_ref().unwrap().len(), 1);
        }
        for name in [
            "x-delivery-count",
            "x-retry-after",
            "x-acquired-count",
            "retry-queue",
            "count",
        ] {
            assert!(
                of(&copy(vec![(name.into(), FieldValue::I64(5))], "")).is_empty(),
                "{name}"
            );
        }
        let text = copy(vec![("x-retries".into(), FieldValue::Text("3".into()))], "");
        assert_eq!(of(&text)[0].value, 3);
        for fresh in [
            FieldValue::I64(0),
            FieldValue::Bool(true),
            FieldValue::Text("soon".into()),
        ] {
            assert!(of(&copy(vec![("x-retry".into(), fresh)], "")).is_empty());
        }
    }

    #[test]
    fn the_limit_is_told_where_the_message_says_it() {
        let limit = |value| {
            copy(
                vec![
                    ("x-retry-count".into(), FieldValue::I64(value)),
                    ("x-max-retries".into(), FieldValue::I64(3)),
                ],
                "",
            )
        };
        assert!(of(&limit(3))[0].is_spent());
        assert_eq!(
            of(&limit(3))[0].note(),
            "header x-retry-count counts 3 of 3 and goes with the copy: it is given up before it is tried"
        );
        assert!(!of(&limit(2))[0].is_spent());
    }

    #[test]
    fn counters_within_tables_and_bodies_are_found_too() {
        let attempts = FieldValue::Table(vec![("attempts".into(), FieldValue::I16(3))]);
        let mut laravel = copy(
            vec![("laravel".into(), attempts)],
            r#"{"maxTries":3,"job":"x"}"#,
        );
        let [counter] = &of(&laravel)[..] else {
            panic!()
        };
        assert!(counter.is_spent());
        assert_eq!(counter.name(), "header laravel: attempts");
        assert!(counter.apply(RetryCounters::Reset, &mut laravel));
        let zero = FieldValue::Table(vec![("attempts".into(), FieldValue::I16(0))]);
        assert_eq!(laravel.properties.header("laravel"), Some(&zero));

        let body = r#"{"actor_name":"pay","options":{"retries": 2,"max_retries":2},"args":[1.50]}"#;
        let mut dramatiq = copy(vec![], body);
        let [counter] = &of(&dramatiq)[..] else {
            panic!()
        };
        assert!(counter.note().contains("Dramatiq tries it once"));
        assert!(counter.apply(RetryCounters::Drop, &mut dramatiq));
        let after = body.replace("\"retries\": 2", "\"retries\": 0");
        assert_eq!(String::from_utf8(dramatiq.body).unwrap(), after);
    }
}
