//! Which type and version an event claims to be of, by which sign, and whether it is true.

use std::borrow::Cow;

use serde_json::Value;

use super::body::{LARGEST, is_too_large, payload, read};
use crate::event::amqp::{FieldValue, Properties};
use crate::event::cloud_event::{self, CloudEvent};
use crate::event::{Event, names};
use crate::schema::folder::catalog::{Catalog, CatalogEntry, EventType, ReadySchemas};
use crate::schema::folder::rules::{VersionRule, VersionRules};
use crate::schema::{Failure, Validator};

/// Failures that are told.
const TOLD: usize = 5;
/// Longer texts are no version, in bytes.
const LONGEST: usize = 100;

/// What an event says of itself, and the sign it says it by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    /// The type or the version.
    pub what: String,
    /// In words: `header x-schema-version`.
    pub sign: String,
}

/// Whether an event is what it claims to be.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Judgement {
    /// It matches the version that it claims.
    Matches,
    /// It does not, and why.
    Fails(Vec<Failure>),
    /// It does not match what it claims, but these versions.
    FitsOnly(Vec<String>),
    /// It claims no version and matches these.
    Unclaimed(Vec<String>),
    /// There is no such version.
    UnknownVersion,
    /// There is no schema of this type.
    NoSchema,
    /// The body is not JSON.
    NotJson,
    /// The body is larger than [`LARGEST`].
    TooLarge,
}

impl Judgement {
    /// The words of [`Self::name`], with what each means.
    pub const NAMES: [(&str, &str); 8] = [
        ("matches", "Matches the version that it claims"),
        (
            "fails",
            "Matches neither what it claims nor another version",
        ),
        ("fits-other", "Claims one version and matches only another"),
        ("no-version", "Claims no version and matches one"),
        (
            "unknown-version",
            "Claims a version that is not in the folder",
        ),
        ("no-schema", "Its type has no schema"),
        ("not-json", "The body is not JSON"),
        (
            "too-large",
            "The body is larger than 1 MB, and was not judged",
        ),
    ];

    /// One word, as a filter has it.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Matches => "matches",
            Self::Fails(_) => "fails",
            Self::FitsOnly(_) => "fits-other",
            Self::Unclaimed(fits) if fits.is_empty() => "fails",
            Self::Unclaimed(_) => "no-version",
            Self::UnknownVersion => "unknown-version",
            Self::NoSchema => "no-schema",
            Self::NotJson => "not-json",
            Self::TooLarge => "too-large",
        }
    }
}

/// What an event shows of itself to the rules.
#[derive(Clone, Copy, Debug)]
pub struct Facts<'a> {
    /// Its properties and headers.
    pub properties: &'a Properties,
    pub key: &'a str,
    /// The type that its envelope tells, see [`crate::event::Event::envelope`].
    pub event_type: Option<&'a str>,
    pub body: &'a [u8],
    /// What its body says, if it is JSON and not too large.
    pub document: Option<&'a Value>,
}

impl<'a> Facts<'a> {
    /// Of an event whose body was read.
    #[must_use]
    pub fn of(event: &'a Event, document: Option<&'a Value>) -> Self {
        Self {
            properties: &event.properties,
            key: &event.key,
            event_type: event.envelope.event_type.as_deref(),
            body: &event.body,
            document,
        }
    }

    fn header(&self, names: &[&str]) -> Option<Cow<'a, str>> {
        let value = names.iter().find_map(|name| self.properties.header(name))?;
        match value {
            FieldValue::Text(text) => Some(Cow::Borrowed(text.as_str())),
            other => Some(Cow::Owned(other.as_integer()?.to_string())),
        }
    }

    /// The body, where it may speak for the event: not that of a CloudEvent whose attributes stand in
    /// headers.
    fn speaking(&self) -> Option<&'a Value> {
        let declared = cloud_event::declared(self.properties);
        self.document
            .filter(|_| declared != Some(CloudEvent::Binary))
    }

    fn field(&self, pointer: &str) -> Option<Cow<'a, str>> {
        match self.speaking()?.pointer(pointer)? {
            Value::String(text) => Some(Cow::Borrowed(text)),
            Value::Number(number) => Some(Cow::Owned(number.to_string())),
            _ => None,
        }
    }

    fn attribute(&self, name: &str) -> Option<Cow<'a, str>> {
        cloud_event::attribute(self.properties, name)
    }

    fn is_cloud_event(&self) -> bool {
        let document = self.speaking();
        document
            .and_then(|document| document.get("specversion"))
            .is_some_and(Value::is_string)
    }

    /// The names of the classes that frameworks put into a message.
    fn class(&self) -> Option<Cow<'a, str>> {
        let of_headers = names::names(self.properties).message_type;
        of_headers.or_else(|| {
            let first = self.speaking()?.get("messageType")?.get(0)?.as_str()?;
            Some(Cow::Borrowed(first))
        })
    }

    /// The type that is claimed, and by which sign; the first counts.
    #[must_use]
    pub fn claimed_type(&self) -> (Cow<'a, str>, &'static str) {
        let of_body = || self.is_cloud_event().then(|| self.field("/type")).flatten();
        let property = || self.properties.message_type.as_deref().map(Cow::Borrowed);
        of_body()
            .map(|name| (name, "the CloudEvent in the body"))
            .or_else(|| Some((self.attribute("type")?, "a CloudEvents header")))
            .or_else(|| Some((self.header(&["x-event-type"])?, "the header x-event-type")))
            .or_else(|| Some((property()?, "the property type")))
            .or_else(|| Some((self.class()?, "the class name of a framework")))
            .or_else(|| Some((Cow::Borrowed(self.event_type?), "a field of the body")))
            .unwrap_or((Cow::Borrowed(self.key), "the key"))
    }

    /// The version that is claimed, and by which rule; the first counts.
    #[must_use]
    pub fn claimed_version<'r>(
        &self,
        rules: &'r VersionRules,
    ) -> Option<(Cow<'a, str>, &'r VersionRule)> {
        rules.0.iter().find_map(|rule| {
            let version = self.version_by(rule)?;
            (!version.is_empty() && version.len() <= LONGEST).then_some((version, rule))
        })
    }

    /// All versions that it claims by one rule or another, the one that counts first, if they cannot all
    /// be true. `1` and `1.2` can.
    #[must_use]
    pub fn contradictory_versions<'r>(
        &self,
        rules: &'r VersionRules,
    ) -> Vec<(Cow<'a, str>, &'r VersionRule)> {
        let all = rules.0.iter().filter_map(|rule| {
            let version = self.version_by(rule)?;
            (!version.is_empty() && version.len() <= LONGEST).then_some((version, rule))
        });
        let mut told: Vec<(Cow<'a, str>, &VersionRule)> = Vec::new();
        for (version, rule) in all {
            if !told.iter().any(|(other, _)| agree(other, &version)) {
                told.push((version, rule));
            }
        }
        if told.len() < 2 {
            told.clear();
        }
        told
    }

    fn version_by(&self, rule: &VersionRule) -> Option<Cow<'a, str>> {
        let last = |address: Cow<'a, str>| {
            let last = cloud_event::version_of_address(&address);
            Cow::Owned(bare(last).to_owned())
        };
        let owned = |text: &str| Cow::Owned(bare(text).to_owned());
        match rule {
            VersionRule::CloudEventBody => {
                let address = self.is_cloud_event().then(|| self.field("/dataschema"));
                address.flatten().map(last)
            }
            VersionRule::CloudEventHeaders => self.attribute("dataschema").map(last),
            VersionRule::Header(name) => self.header(&[name]).map(|text| owned(&text)),
            VersionRule::ContentType => {
                let kind = self.properties.content_type.as_deref()?;
                of_content_type(kind).map(Cow::Borrowed)
            }
            VersionRule::Type => {
                let name = self.properties.message_type.as_deref()?;
                version_in(name)
                    .or_else(|| number_behind(name))
                    .map(Cow::Borrowed)
            }
            VersionRule::Framework => self.class().and_then(|name| version_in(&name).map(owned)),
            VersionRule::Key => version_in(self.key).map(Cow::Borrowed),
            VersionRule::Body(pointer) => self.field(pointer).map(|text| owned(&text)),
        }
    }
}

/// Whether two versions may be the same: one says more of it than the other.
fn agree(a: &str, b: &str) -> bool {
    let more = |a: &str, b: &str| a.strip_prefix(b).is_some_and(|rest| rest.starts_with('.'));
    a == b || more(a, b) || more(b, a)
}

/// What an event says of its version where that contradicts itself; else nothing.
#[must_use]
pub fn contradictory_versions(event: &Event, rules: &VersionRules) -> Vec<Claim> {
    let document = read(&event.body, &event.properties, LARGEST);
    let facts = Facts::of(event, document.as_ref());
    let all = facts.contradictory_versions(rules).into_iter();
    let claim = |(what, rule): (Cow<'_, str>, &VersionRule)| Claim {
        what: what.into_owned(),
        sign: rule.to_string(),
    };
    all.map(claim).collect()
}

/// The type that an event claims, and by which sign.
#[must_use]
pub fn claimed_type(event: &Event) -> Claim {
    let document = read(&event.body, &event.properties, LARGEST);
    let (what, sign) = Facts::of(event, document.as_ref()).claimed_type();
    Claim {
        what: what.into_owned(),
        sign: sign.to_owned(),
    }
}

/// The version that an event claims, and by which rule.
#[must_use]
pub fn claimed_version(event: &Event, rules: &VersionRules) -> Option<Claim> {
    let document = read(&event.body, &event.properties, LARGEST);
    let (what, rule) = Facts::of(event, document.as_ref()).claimed_version(rules)?;
    Some(Claim {
        what: what.into_owned(),
        sign: rule.to_string(),
    })
}

/// The type of the folder that an event claims to be of.
#[must_use]
pub fn kind_of<'a>(event: &Event, catalog: &'a Catalog) -> Option<&'a EventType> {
    find(catalog, &claimed_type(event).what, &event.key)
}

/// Judges an event by the schemas of a folder, with the failures in words.
#[must_use]
pub fn judge(event: &Event, catalog: &Catalog) -> Judgement {
    let document = read(&event.body, &event.properties, LARGEST);
    judge_facts(&Facts::of(event, document.as_ref()), catalog, TOLD)
}

/// The same for an event whose body was read; at most `told` failures are worked out.
#[must_use]
pub fn judge_facts(facts: &Facts<'_>, catalog: &Catalog, told: usize) -> Judgement {
    let (name, _) = facts.claimed_type();
    let Some(kind) = find(catalog, &name, facts.key) else {
        return Judgement::NoSchema;
    };
    let Some(document) = facts.document else {
        return if is_too_large(facts.body, facts.properties, LARGEST) {
            Judgement::TooLarge
        } else {
            Judgement::NotJson
        };
    };
    let body = payload(document, facts.properties);
    let fits = || -> Vec<String> {
        let fitting = kind
            .versions
            .iter()
            .filter(|entry| validator(entry).is_some_and(|one| one.is_valid(body)));
        fitting.map(|entry| entry.version.clone()).collect()
    };
    let Some((claimed, _)) = facts.claimed_version(&catalog.rules) else {
        return Judgement::Unclaimed(fits());
    };
    let Some(own) = kind.get(&claimed).and_then(validator) else {
        return Judgement::UnknownVersion;
    };
    if own.is_valid(body) {
        return Judgement::Matches;
    }
    let others = fits();
    if !others.is_empty() {
        Judgement::FitsOnly(others)
    } else if told == 0 {
        Judgement::Fails(Vec::new())
    } else {
        Judgement::Fails(own.failures(body, told))
    }
}

fn validator(entry: &CatalogEntry) -> Option<&Validator> {
    match &entry.ready {
        Ok(ReadySchemas::Json(version)) => Some(&version.validator),
        _ => None,
    }
}

/// The type of the folder that an event is of: by the name that it claims, with or without a
/// version in it, else by its key.
#[must_use]
pub fn find<'a>(catalog: &'a Catalog, claimed: &str, key: &str) -> Option<&'a EventType> {
    let by = |name: &str| {
        catalog
            .get(name)
            .or_else(|| catalog.get(&without_version(name)?))
    };
    // `urn:message:Acme.Orders:OrderCreated` is an `OrderCreated`.
    let class = |name: &str| {
        let (_, last) = name.rsplit_once([':', '.'])?;
        name.contains(':').then(|| by(last)).flatten()
    };
    by(claimed).or_else(|| class(claimed)).or_else(|| by(key))
}

/// `v2` is version `2`.
fn bare(version: &str) -> &str {
    version
        .strip_prefix(['v', 'V'])
        .filter(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
        .unwrap_or(version)
}

/// The `2` of a word `v2`.
fn numbered(word: &str) -> Option<&str> {
    let number = word.strip_prefix(['v', 'V'])?;
    (!number.is_empty() && number.bytes().all(|b| b.is_ascii_digit())).then_some(number)
}

const BETWEEN: [char; 4] = ['.', '_', '-', ':'];

/// The `2` of `order.created.v2`, `order_created_v2` or `Acme.Orders.V2.OrderCreated`.
fn version_in(name: &str) -> Option<&str> {
    name.rsplit(BETWEEN).find_map(numbered)
}

/// The `2` of `order.created.2`.
fn number_behind(name: &str) -> Option<&str> {
    let (_, last) = name.rsplit_once('.')?;
    (!last.is_empty() && last.bytes().all(|b| b.is_ascii_digit())).then_some(last)
}

/// `order.created` of `order.created.v2` and of `order.created.2`.
fn without_version(name: &str) -> Option<String> {
    if let Some((head, last)) = name.rsplit_once(BETWEEN)
        && (numbered(last).is_some() || number_behind(name).is_some())
    {
        return Some(head.to_owned());
    }
    let words: Vec<&str> = name.split('.').collect();
    let kept: Vec<&str> = words
        .iter()
        .copied()
        .filter(|word| numbered(word).is_none())
        .collect();
    (kept.len() < words.len()).then(|| kept.join("."))
}

/// The `2` of `application/vnd.acme.order.v2+json` or `application/json; version=2`.
fn of_content_type(content_type: &str) -> Option<&str> {
    let mut parts = content_type.split(';');
    let kind = parts.next()?.trim();
    let parameter = parts.find_map(|part| part.trim().strip_prefix("version="));
    let ending = || {
        let kind = kind.rsplit_once('+').map_or(kind, |(head, _)| head);
        numbered(kind.rsplit_once(BETWEEN)?.1)
    };
    parameter
        .map(|version| bare(version.trim_matches('"')))
        .or_else(ending)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::SchemaSource;
    use crate::testing::event;
    use std::path::PathBuf;

    fn catalog() -> Catalog {
        let source = |version: &str, kind: &str| SchemaSource {
            event_type: "order.created".into(),
            version: version.into(),
            file: format!("{version}.schema.json"),
            text: format!(r#"{{"type":"object","properties":{{"amount":{{"type":"{kind}"}}}}}}"#),
        };
        Catalog::new(
            PathBuf::new(),
            vec![source("1", "number"), source("2", "string")],
        )
    }

    fn claiming(version: &str, body: &str) -> Event {
        let mut event = event("order.created", body);
        event.properties.headers = Some(vec![(
            "x-schema-version".into(),
            FieldValue::Text(version.into()),
        )]);
        event
    }

    #[test]
    fn an_event_is_what_it_claims_or_not() {
        let judged = |event: &Event| judge(event, &catalog());
        assert_eq!(
            judged(&claiming("1", r#"{"amount":1}"#)),
            Judgement::Matches
        );
        assert_eq!(
            judged(&claiming("v1", r#"{"amount":1}"#)),
            Judgement::Matches
        );
        assert_eq!(
            judged(&claiming("1", r#"{"amount":"1"}"#)),
            Judgement::FitsOnly(vec!["2".into()])
        );
        let Judgement::Fails(failures) = judged(&claiming("1", r#"{"amount":true}"#)) else {
            panic!("it fails");
        };
        assert_eq!(failures[0].at, "/amount");
        assert_eq!(judged(&claiming("7", "{}")), Judgement::UnknownVersion);
        assert_eq!(judged(&claiming("1", "not JSON")), Judgement::NotJson);
        let large = format!("{{\"amount\": \"{}\"}}", "9".repeat(LARGEST));
        assert_eq!(judged(&claiming("1", &large)), Judgement::TooLarge);
        assert_eq!(
            judged(&event("order.created", "{}")),
            Judgement::Unclaimed(vec!["1".into(), "2".into()])
        );
        assert_eq!(
            judged(&event("order.created.v2", r#"{"amount":"1"}"#)),
            Judgement::Matches
        );
        assert_eq!(
            judged(&event("v2.order.created", r#"{"amount":"1"}"#)),
            Judgement::Matches
        );
        assert_eq!(judged(&event("order.paid", "{}")), Judgement::NoSchema);
    }

    #[test]
    fn a_class_of_a_framework_names_its_type_and_what_it_encloses_is_judged() {
        let source = SchemaSource {
            event_type: "OrderCreated".into(),
            version: "2".into(),
            file: "2.schema.json".into(),
            text: r#"{"type":"object","required":["amount"]}"#.into(),
        };
        let catalog = Catalog::new(PathBuf::new(), vec![source]);
        let of = |inside: &str| {
            let body = format!(
                r#"{{"messageType":["urn:message:Acme.V2:OrderCreated"],"message":{inside}}}"#
            );
            judge(&event("k", &body), &catalog)
        };
        assert_eq!(of(r#"{"amount":1}"#), Judgement::Matches);
        assert_eq!(of("{}").name(), "fails");
    }

    #[test]
    fn the_first_sign_of_a_version_counts_and_is_named() {
        let mut event = claiming("3", r#"{"version":4}"#);
        event.properties.content_type = Some("application/vnd.acme.order.v2+json".into());
        let version = |event: &Event| {
            let claim = claimed_version(event, &VersionRules::default()).unwrap();
            format!("{} by {}", claim.what, claim.sign)
        };
        assert_eq!(version(&event), "3 by header x-schema-version");
        event.properties.headers = None;
        assert_eq!(version(&event), "2 by content type");
        event.properties.content_type = Some("application/json; version=5".into());
        assert_eq!(version(&event), "5 by content type");
        event.properties.content_type = None;
        assert_eq!(version(&event), "4 by body /version");
        event.key = "order.v6.created".into();
        assert_eq!(version(&event), "6 by routing key");
        event.properties.message_type = Some("Acme.V7.OrderCreated".into());
        assert_eq!(version(&event), "7 by property type");
        let own = VersionRules::parse("body /version").unwrap();
        assert_eq!(claimed_version(&event, &own).unwrap().what, "4");
        let body =
            r#"{"specversion":"1.0","type":"order.created","dataschema":"https://x/8","data":{}}"#;
        let event = crate::testing::event("k", body);
        assert_eq!(version(&event), "8 by CloudEvent in the body");
    }

    #[test]
    fn the_body_of_a_binary_cloud_event_claims_nothing_and_is_judged_whole() {
        let text = |text: &str| FieldValue::Text(text.into());
        let body =
            r#"{"specversion":"1.0","type":"order.paid","version":1,"amount":"1","data":{}}"#;
        let mut event = event("k", body);
        event.properties.headers = Some(vec![
            ("cloudEvents:specversion".into(), text("1.0")),
            ("cloudEvents:type".into(), text("order.created")),
        ]);
        assert_eq!(claimed_type(&event).what, "order.created");
        assert_eq!(claimed_version(&event, &VersionRules::default()), None);
        assert_eq!(
            judge(&event, &catalog()),
            Judgement::Unclaimed(vec!["2".into()])
        );
    }

    #[test]
    fn half_a_pair_does_not_keep_an_event_from_being_judged() {
        let cut = claiming(
            "1",
            "\u{feff}{\"title\":\"sale \\ud83d\",\"amount\":1e400}\0",
        );
        assert_eq!(judge(&cut, &catalog()), Judgement::Matches);
    }
}
