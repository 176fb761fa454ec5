//! Likely values for a field, by its format and its name.

use chrono::SecondsFormat;
use fastrand::Rng;
use serde_json::{Value, json};

use super::{About, name_of};
use crate::schema::document::strings;
use crate::schema::form::fields::{FormField, Input};

const PEOPLE: [(&str, &str); 8] = [
    ("Ada", "Lovelace"),
    ("Alan", "Turing"),
    ("Grace", "Hopper"),
    ("Edsger", "Dijkstra"),
    ("Katherine", "Johnson"),
    ("Linus", "Pauling"),
    ("Marie", "Curie"),
    ("Emmy", "Noether"),
];
const CITIES: [&str; 6] = ["Vienna", "Berlin", "Lisbon", "Utrecht", "Graz", "Lyon"];
const STREETS: [&str; 4] = [
    "12 Mill Lane",
    "4 Harbour Road",
    "7 Station Street",
    "31 Park Row",
];
const PRODUCTS: [&str; 5] = [
    "Desk lamp",
    "Notebook",
    "Coffee grinder",
    "Backpack",
    "Bicycle bell",
];
const SKUS: [&str; 5] = ["BOOK-42", "LAMP-07", "MUG-113", "PACK-20", "BELL-3"];
const COMPANIES: [&str; 4] = [
    "Northwind Traders",
    "Blue Door Ltd",
    "Hafen GmbH",
    "Three Oaks",
];

/// Values to try in their order; the first that the schema allows is taken.
pub(crate) fn likely(field: &FormField, about: &About<'_>, random: &mut Rng) -> Vec<Value> {
    let name = name_of(field);
    let words = words_of(name);
    let parent = field.pointer.rsplit('/').find(|step| {
        *step != name && !step.is_empty() && !step.bytes().all(|byte| byte.is_ascii_digit())
    });
    let place = WordPlace {
        person: person(field, about),
        words,
        parent: parent.unwrap_or_default().to_lowercase(),
        is_top: field.pointer.matches('/').count() == 1,
    };
    match &field.input {
        Input::Text(_) => match formatted(&field.hint, &place, about, random) {
            Some(text) => vec![json!(text)],
            None => text(&place, about, random)
                .into_iter()
                .map(Value::from)
                .collect(),
        },
        Input::Number(_) => number(&place, about, random),
        _ => Vec::new(),
    }
}

/// The fields of one object are about one person.
fn person(field: &FormField, about: &About<'_>) -> (&'static str, &'static str) {
    let object = field
        .pointer
        .rsplit_once('/')
        .map_or("", |(object, _)| object);
    let mixed = object.bytes().fold(about.seed, |mixed, byte| {
        (mixed ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    let mut random = Rng::with_seed(mixed);
    random.choice(PEOPLE).unwrap_or(PEOPLE[0])
}

struct WordPlace {
    person: (&'static str, &'static str),
    /// The words of its name, in small letters.
    words: Vec<String>,
    parent: String,
    is_top: bool,
}

impl WordPlace {
    fn last(&self) -> &str {
        self.words.last().map_or("", String::as_str)
    }

    fn has(&self, any: &[&str]) -> bool {
        self.words.iter().any(|word| any.contains(&word.as_str()))
    }
}

/// `customerId`, `customer_id` and `Customer-ID` are `customer`, `id`.
fn words_of(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut before = ' ';
    for character in name.chars() {
        let begins = character.is_uppercase() && !before.is_uppercase();
        if (begins || !character.is_alphanumeric())
            && words.last().is_some_and(|word| !word.is_empty())
        {
            words.push(String::new());
        }
        if character.is_alphanumeric()
            && let Some(word) = words.last_mut()
        {
            word.extend(character.to_lowercase());
        }
        before = character;
    }
    words.retain(|word| !word.is_empty());
    words
}

fn pick<'a>(random: &mut Rng, from: &[&'a str]) -> &'a str {
    random.choice(from).copied().unwrap_or_default()
}

fn uuid(random: &mut Rng) -> String {
    let (a, b) = (random.u64(..), random.u64(..));
    format!(
        "{:08x}-{:04x}-4{:03x}-a{:03x}-{:012x}",
        a >> 32,
        (a >> 16) & 0xffff,
        a & 0xfff,
        b >> 52,
        b & 0xffff_ffff_ffff
    )
}

fn formatted(hint: &str, place: &WordPlace, about: &About<'_>, random: &mut Rng) -> Option<String> {
    Some(match hint {
        "date-time" => about.now.to_rfc3339_opts(SecondsFormat::Millis, true),
        "date" => about.now.format("%Y-%m-%d").to_string(),
        "time" => about.now.format("%H:%M:%SZ").to_string(),
        "uuid" if place.is_top && place.last() == "id" && is_own(place) => {
            about.event_id.to_owned()
        }
        "uuid" => uuid(random),
        "email" | "idn-email" => email(place),
        "uri" | "iri" | "uri-reference" | "iri-reference" => {
            format!("https://shop.example/{}", random.u16(100..))
        }
        other => strings::of_format(other, random)?,
    })
}

/// `id` and `eventId` at the top are the event's own.
fn is_own(place: &WordPlace) -> bool {
    place.words.len() == 1 || place.words.first().is_some_and(|word| word == "event")
}

fn email(place: &WordPlace) -> String {
    let (first, last) = place.person;
    format!(
        "{}.{}@example.com",
        first.to_lowercase(),
        last.to_lowercase()
    )
}

#[expect(clippy::too_many_lines, reason = "a table of words")]
fn text(place: &WordPlace, about: &About<'_>, random: &mut Rng) -> Vec<String> {
    let (first, last) = place.person;
    let mut all = Vec::new();
    let mut try_first = |text: String| all.push(text);
    if place.is_top && place.last() == "type" && is_own(place) {
        try_first(about.event_type.to_owned());
    }
    if place.is_top && place.last() == "version" && !place.has(&["spec"]) {
        try_first(about.version.to_owned());
    }
    if place.is_top && place.last() == "specversion" {
        try_first("1.0".to_owned());
    }
    match place.last() {
        "id" if place.is_top && is_own(place) => try_first(about.event_id.to_owned()),
        "id" | "number" | "reference" | "key" => {
            let of = match place.words.as_slice() {
                [of, .., _] => of.as_str(),
                _ => place.parent.as_str(),
            };
            let short: String = of.chars().take(3).collect();
            let number = random.u32(10_000_000..99_999_999);
            try_first(
                format!("{short}-{number}")
                    .trim_start_matches('-')
                    .to_owned(),
            );
            try_first(uuid(random));
        }
        "email" | "mail" => try_first(email(place)),
        "first" | "firstname" | "given" => try_first(first.to_owned()),
        "lastname" | "surname" | "family" => try_first(last.to_owned()),
        "name" if place.has(&["first", "given"]) => try_first(first.to_owned()),
        "name" if place.has(&["last", "family"]) => try_first(last.to_owned()),
        "name" | "title" | "product" | "article"
            if place.has(&["product", "item", "article"])
                || ["product", "item", "items", "article", "products"]
                    .contains(&place.parent.as_str()) =>
        {
            try_first(pick(random, &PRODUCTS).to_owned());
        }
        "name" | "customer" | "user" | "author" | "recipient" | "person" => {
            try_first(format!("{first} {last}"));
        }
        "company" | "organisation" | "organization" | "merchant" | "supplier" | "carrier" => {
            try_first(pick(random, &COMPANIES).to_owned());
        }
        "city" | "town" => try_first(pick(random, &CITIES).to_owned()),
        "street" | "address" | "line1" => try_first(pick(random, &STREETS).to_owned()),
        "zip" | "postcode" | "postal" => try_first(random.u16(10_000..60_000).to_string()),
        "code" if place.has(&["zip", "postal", "post"]) => {
            try_first(random.u16(10_000..60_000).to_string());
        }
        "code" if place.has(&["coupon", "voucher", "discount", "promo"]) => {
            try_first("WELCOME10".to_owned());
        }
        "country" => {
            try_first("AT".to_owned());
            try_first("AUT".to_owned());
            try_first("Austria".to_owned());
        }
        "currency" => try_first("EUR".to_owned()),
        "language" | "locale" | "lang" => {
            try_first("en".to_owned());
            try_first("en-GB".to_owned());
        }
        "phone" | "telephone" | "mobile" => try_first("+43 660 0000000".to_owned()),
        "iban" => try_first("AT611904300234573201".to_owned()),
        "account" => try_first("AT61-1904-3002".to_owned()),
        "sku" | "ean" => try_first(pick(random, &SKUS).to_owned()),
        "amount" | "price" | "total" | "sum" | "tax" | "cost" => {
            try_first(format!("{:.2}", f64::from(random.u16(100..20_000)) / 100.0));
        }
        "url" | "uri" | "link" | "href" => {
            try_first(format!("https://shop.example/{}", random.u16(100..)));
        }
        "source" => try_first("/shop/orders".to_owned()),
        "status" | "state" => try_first("active".to_owned()),
        "description" | "note" | "comment" | "message" | "text" | "reason" => {
            try_first("A sample, made up to match the schema".to_owned());
        }
        "timestamp" | "time" | "at" | "on" | "date" | "created" | "updated" => {
            try_first(about.now.to_rfc3339_opts(SecondsFormat::Millis, true));
            try_first(about.now.format("%Y-%m-%d").to_string());
        }
        _ => {}
    }
    all.extend(["sample", "SAMPLE", "A1"].map(str::to_owned));
    all
}

fn number(place: &WordPlace, about: &About<'_>, random: &mut Rng) -> Vec<Value> {
    let mut all: Vec<Value> = Vec::new();
    if place.is_top && place.last() == "version" {
        all.extend(about.version.parse::<i64>().ok().map(Value::from));
    }
    match place.last() {
        "amount" | "price" | "total" | "sum" | "tax" | "cost" | "balance" => {
            all.push(json!(f64::from(random.u16(100..20_000)) / 100.0));
            all.push(json!(random.u16(1..200)));
        }
        "cents" => all.push(json!(random.u16(100..20_000))),
        "quantity" | "count" | "qty" => all.push(json!(random.u8(1..5))),
        "timestamp" | "time" | "at" | "ms" | "millis" => {
            if place.has(&["ms", "millis"]) {
                all.push(json!(about.now.timestamp_millis()));
            }
            all.push(json!(about.now.timestamp()));
        }
        "percent" | "percentage" => all.push(json!(random.u8(5..60))),
        "rate" | "ratio" | "score" | "probability" => {
            all.push(json!(f64::from(random.u8(1..100)) / 100.0));
        }
        "age" => all.push(json!(random.u8(18..80))),
        "year" => all.push(
            about
                .now
                .format("%Y")
                .to_string()
                .parse()
                .unwrap_or(json!(2026)),
        ),
        "latitude" | "lat" => all.push(json!(48.2082)),
        "longitude" | "lon" | "lng" => all.push(json!(16.3738)),
        "number" | "id" => all.push(json!(random.u32(10_000..99_999))),
        _ => {}
    }
    all.extend([json!(random.u8(1..100)), json!(1), json!(10), json!(0.5)]);
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_taken_apart_however_they_are_written() {
        assert_eq!(words_of("customerId"), ["customer", "id"]);
        assert_eq!(words_of("customer_id"), ["customer", "id"]);
        assert_eq!(words_of("Customer-ID"), ["customer", "id"]);
    }
}
