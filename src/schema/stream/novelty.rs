//! Notices when an event on a key is of a shape that was not seen there before: a new
//! field, a field of another kind, or one that is missing although every event had it. The cost of
//! an event does not depend on how many were seen.

use std::collections::HashMap;
use std::hash::BuildHasher as _;

use foldhash::fast::FixedState;
use serde_json::Value;

/// Before so many events on a key nothing is called new: there is nothing yet to compare with.
pub const SETTLED: u64 = 20;
/// Keys that are remembered, and places of each. Of more places the names are data.
const MOST_KEYS: usize = 2_000;
const MOST_PLACES: usize = 300;
/// A key that changes more often than this is no longer told of.
const MOST_TOLD: u32 = 20;
/// Deeper than this nothing is looked at.
const DEEPEST: usize = 16;
/// Differences that are named in one event.
const MOST_NAMED: usize = 4;

/// What is known of all keys.
#[derive(Debug, Default)]
pub struct Novelty {
    keys: HashMap<u64, Key, FixedState>,
}

/// What is known of one key.
#[derive(Debug, Default)]
struct Key {
    events: u64,
    told: u32,
    places: HashMap<u64, ShapePlace, FixedState>,
    /// Places outside of lists that every event so far had.
    always: usize,
    /// There are too many places: the names are data, and new ones say nothing.
    is_open: bool,
}

/// A place in an event; an index in a list is no place of its own.
#[derive(Debug)]
struct ShapePlace {
    name: Box<str>,
    seen: u64,
    kinds: u8,
    in_list: bool,
}

impl Novelty {
    /// Looks at an event; says in words what is new about it.
    pub fn look(&mut self, destination: &str, key: &str, document: &Value) -> Option<String> {
        let number = FixedState::default().hash_one((destination, key));
        if self.keys.len() >= MOST_KEYS && !self.keys.contains_key(&number) {
            return None;
        }
        self.keys.entry(number).or_default().look(document)
    }
}

impl Key {
    fn look(&mut self, document: &Value) -> Option<String> {
        if self.is_open {
            return None;
        }
        let mut walk = ShapeWalk {
            before: self.events,
            places: &mut self.places,
            path: Vec::new(),
            hits: 0,
            in_list: false,
            found: Vec::new(),
        };
        walk.value(document, 0);
        let (hits, mut found) = (walk.hits, walk.found);
        if self.places.len() > MOST_PLACES {
            *self = Self {
                is_open: true,
                ..Self::default()
            };
            return None;
        }
        if self.events == 0 {
            let outside = self.places.values().filter(|place| !place.in_list);
            self.always = outside.count();
        } else if hits < self.always {
            for place in self.places.values() {
                if place.seen == self.events && !place.in_list {
                    self.always -= 1;
                    found.push(format!("without {}", place.name));
                }
            }
        }
        self.events += 1;
        if self.events <= SETTLED || found.is_empty() || self.told >= MOST_TOLD {
            return None;
        }
        self.told += 1;
        // What is inside a missing object is missing with it.
        found.sort();
        let all = found.clone();
        found.retain(|one| {
            !all.iter()
                .any(|other| one.starts_with(&format!("{other}.")))
        });
        let more = found.len().saturating_sub(MOST_NAMED);
        found.truncate(MOST_NAMED);
        let mut words = found.join(", ");
        if more > 0 {
            words.push_str(&format!(" and {more} more"));
        }
        Some(words)
    }
}

/// One look through one event.
struct ShapeWalk<'w, 'e> {
    /// Events on this key before this one.
    before: u64,
    places: &'w mut HashMap<u64, ShapePlace, FixedState>,
    path: Vec<&'e str>,
    /// Places outside of lists that every event before had, and this one too.
    hits: usize,
    in_list: bool,
    found: Vec<String>,
}

impl<'e> ShapeWalk<'_, 'e> {
    fn value(&mut self, value: &'e Value, place: u64) {
        match value {
            Value::Object(map) if self.path.len() < DEEPEST => {
                for (name, inner) in map {
                    self.path.push(name);
                    let at = FixedState::with_seed(place).hash_one(name);
                    // Of a new object what is inside is not told one by one.
                    let told = self.found.len();
                    let is_new = self.place(inner, at);
                    self.value(inner, at);
                    if is_new {
                        self.found.truncate(told + 1);
                    }
                    self.path.pop();
                }
            }
            Value::Array(list) if self.path.len() < DEEPEST => {
                let outer = std::mem::replace(&mut self.in_list, true);
                for inner in list {
                    self.path.push("[]");
                    let at = place ^ 0x5bd1_e995;
                    self.place(inner, at);
                    self.value(inner, at);
                    self.path.pop();
                }
                self.in_list = outer;
            }
            _ => {}
        }
    }

    /// Notes what stands at a place. True if nothing stood there before.
    fn place(&mut self, value: &Value, at: u64) -> bool {
        let kind = kind(value);
        if let Some(place) = self.places.get_mut(&at) {
            if place.seen == self.before && !place.in_list {
                self.hits += 1;
            }
            place.seen += 1;
            if kind != 0 && place.kinds & kind == 0 {
                if place.kinds != 0 {
                    let (is, was) = (words(kind), words(place.kinds));
                    self.found
                        .push(format!("{} is {is}, was {was}", place.name));
                }
                place.kinds |= kind;
            }
            return false;
        }
        if self.places.len() > MOST_PLACES {
            return false;
        }
        let name = self.path.join(".").replace(".[]", "[]").into_boxed_str();
        self.found.push(format!("with {name}"));
        self.places.insert(
            at,
            ShapePlace {
                name,
                seen: 1,
                kinds: kind,
                in_list: self.in_list,
            },
        );
        true
    }
}

/// The kinds that values have, as bits; null is none, because it stands for any.
const KINDS: [&str; 5] = ["true or false", "a number", "text", "a list", "an object"];

fn kind(value: &Value) -> u8 {
    match value {
        Value::Null => 0,
        Value::Bool(_) => 1,
        Value::Number(_) => 2,
        Value::String(_) => 4,
        Value::Array(_) => 8,
        Value::Object(_) => 16,
    }
}

fn words(kinds: u8) -> String {
    let all = KINDS.iter().enumerate();
    let named = all.filter(|(bit, _)| kinds & (1 << bit) != 0);
    named
        .map(|(_, name)| *name)
        .collect::<Vec<_>>()
        .join(" or ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn order(amount: &Value) -> Value {
        json!({"id": "x", "data": {"amount": amount, "to": {"city": "Bern"}, "lines": [{"sku": "a"}]}})
    }

    fn settled() -> Novelty {
        let mut novelty = Novelty::default();
        for _ in 0..SETTLED {
            assert_eq!(novelty.look("shop", "order", &order(&json!(1))), None);
        }
        novelty
    }

    #[test]
    fn what_is_new_on_a_key_is_told_once() {
        let mut novelty = settled();
        let mut look = |event: &Value| novelty.look("shop", "order", event);
        let told = |words: &str| Some(words.to_owned());
        assert_eq!(
            look(&order(&json!("1"))),
            told("data.amount is text, was a number")
        );
        assert_eq!(look(&order(&json!("2"))), None);
        assert_eq!(look(&order(&json!(null))), None, "null stands for any");
        let mut event = order(&json!(1));
        event["data"]["coupon"] = json!({"code": "a", "off": 1});
        assert_eq!(look(&event), told("with data.coupon"));
        assert_eq!(look(&event), None);
        let mut event = order(&json!(1));
        event["data"].as_object_mut().unwrap().remove("to");
        assert_eq!(look(&event), told("without data.to"));
        assert_eq!(look(&event), None);
        let mut event = order(&json!(1));
        event["data"]["lines"] = json!([]);
        assert_eq!(look(&event), None, "an empty list lacks nothing");
        event["data"]["lines"] = json!([{"sku": "a", "qty": 1}]);
        assert_eq!(look(&event), told("with data.lines[].qty"));
        assert_eq!(novelty.look("other", "order", &json!({"z": 1})), None);
    }

    #[test]
    fn names_that_are_data_are_not_new_shapes() {
        let mut novelty = settled();
        let mut told = 0;
        for number in 0..1_000 {
            let event = json!({"id": "x", "data": {"prices": {format!("sku-{number}"): 1}}});
            told += u32::from(novelty.look("shop", "order", &event).is_some());
        }
        assert!(told <= MOST_TOLD, "{told}");
        let key = novelty.keys.values().next().unwrap();
        assert!(key.is_open && key.places.is_empty());
    }
}
