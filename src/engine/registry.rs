//! Reads a schema registry over Confluent's REST API, which Karapace, Apicurio and Redpanda speak
//! too: every version of every subject. Nothing is written there, and the login goes nowhere else.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::http::{self, Refusal};
use crate::rabbitmq::endpoint::{Password, encode};
use crate::schema::folder::import::registry::{Reference, Registered};
use crate::schema::folder::import::{FoundSchemas, ImportLine};
use crate::schema::folder::meta::SchemaOrigin;
use crate::schema::{Cancel, Level};

/// Time for one request in all, and for everything.
const REQUEST_LIMIT: Duration = Duration::from_secs(10);
const WHOLE_LIMIT: Duration = Duration::from_mins(2);
/// Largest answer that is read.
const ANSWER_BYTES: u64 = 8 * 1024 * 1024;
/// Most versions that are read in all.
const MOST: usize = 2_000;
/// Most bytes of schemas that are held in all, and of those that one refers to.
const MOST_BYTES: usize = 128 * 1024 * 1024;
const MOST_PART_BYTES: usize = 16 * 1024 * 1024;
/// Most schemas that one refers to, itself and through others.
const MOST_PARTS: usize = 200;

/// Why a request gave nothing.
pub(super) enum RegistryError {
    /// There is no such thing.
    Missing,
    Told(String),
}

/// Reads everything. Where something ends it early, what was read by then is given, and a line says
/// so.
///
/// # Errors
/// Nothing can be read; in words.
pub(crate) fn read(
    url: &str,
    user: &str,
    password: &Password,
    stop: &Cancel,
) -> Result<FoundSchemas, String> {
    let mut registry = Registry::new(url, user, password, stop.clone());
    let subjects = match registry.get("/subjects") {
        Ok(answer) => answer,
        Err(RegistryError::Missing) => {
            return Err(registry.no_registry("it does not know /subjects"));
        }
        Err(RegistryError::Told(words)) => return Err(words),
    };
    let Some(subjects) = subjects.as_array() else {
        return Err(registry.no_registry("/subjects is not a list"));
    };
    let mut haul = FoundSchemas {
        origin: SchemaOrigin {
            kind: "registry".to_owned(),
            from: registry.base.clone(),
            ..SchemaOrigin::default()
        },
        ..FoundSchemas::default()
    };
    let level = registry.level("/config");
    let mut protobuf = 0;
    for subject in subjects.iter().filter_map(Value::as_str) {
        if let Err(words) = registry.subject(subject, level, &mut haul, &mut protobuf) {
            haul.skipped.push(ImportLine::skipped(subject, words));
            if registry.is_over() || haul.found.len() >= MOST {
                let words = format!(
                    "Not all was read: at most {MOST} versions or {} MB, and for {} seconds",
                    MOST_BYTES / 1024 / 1024,
                    WHOLE_LIMIT.as_secs()
                );
                haul.skipped
                    .push(ImportLine::skipped(registry.base.clone(), words));
                break;
            }
        }
    }
    if protobuf > 0 {
        let name = match protobuf {
            1 => "1 Protobuf schema".to_owned(),
            count => format!("{count} Protobuf schemas"),
        };
        haul.skipped
            .push(ImportLine::skipped(name, "Protobuf is not read"));
    }
    Ok(haul)
}

/// A registry that is being asked.
pub(super) struct Registry {
    agent: ureq::Agent,
    pub(super) base: String,
    authorization: Option<String>,
    until: Instant,
    stop: Cancel,
    /// Bytes of schemas that were read.
    bytes: usize,
    /// What was read of schemas that others refer to.
    parts: BTreeMap<(String, u64), Registered>,
}

impl Registry {
    pub(super) fn new(url: &str, user: &str, password: &Password, stop: Cancel) -> Self {
        Self {
            agent: http::agent(REQUEST_LIMIT, Refusal::Answer),
            base: url.trim_end_matches('/').to_owned(),
            authorization: (!user.is_empty()).then(|| http::login(user, password)),
            until: Instant::now() + WHOLE_LIMIT,
            stop,
            bytes: 0,
            parts: BTreeMap::new(),
        }
    }

    fn is_over(&self) -> bool {
        Instant::now() > self.until || self.bytes > MOST_BYTES || self.stop.is_cancelled()
    }

    /// All versions of a subject.
    fn subject(
        &mut self,
        subject: &str,
        level: Option<Level>,
        haul: &mut FoundSchemas,
        protobuf: &mut usize,
    ) -> Result<(), String> {
        let path = format!("/subjects/{}/versions", encode(subject));
        let versions = self.need(&path)?;
        let own = self.level(&format!("/config/{}", encode(subject)));
        let mut versions: Vec<u64> = versions
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(Value::as_u64)
            .collect();
        versions.sort_unstable();
        for version in versions {
            if haul.found.len() >= MOST {
                return Err(format!("Version {version} and later ones were not read"));
            }
            let registered = self.version(subject, version)?;
            if registered.kind == "PROTOBUF" {
                *protobuf += 1;
                continue;
            }
            let incoming = self
                .parts_of(&registered)
                .and_then(|parts| registered.incoming(subject, &parts));
            match incoming {
                Ok(mut incoming) => {
                    incoming.level = own.or(level);
                    haul.found.push(incoming);
                }
                Err(words) => {
                    let name = format!("{subject} {version}");
                    haul.skipped.push(ImportLine::skipped(name, words));
                }
            }
        }
        Ok(())
    }

    fn version(&mut self, subject: &str, version: u64) -> Result<Registered, String> {
        let path = format!("/subjects/{}/versions/{version}", encode(subject));
        let answer = self.need(&path)?;
        let registered = Registered::read(&answer)
            .ok_or_else(|| self.no_registry(&format!("{path} is no registered schema")))?;
        self.bytes += registered.text.len();
        Ok(registered)
    }

    /// The schemas that one refers to, and those that they refer to, by the names of the references.
    pub(super) fn parts_of(
        &mut self,
        registered: &Registered,
    ) -> Result<BTreeMap<String, String>, String> {
        let mut out = BTreeMap::new();
        let mut bytes = 0;
        let mut open: Vec<Reference> = registered.references.clone();
        while let Some(reference) = open.pop() {
            if out.contains_key(&reference.name) {
                continue;
            }
            if out.len() >= MOST_PARTS || bytes > MOST_PART_BYTES {
                return Err(format!(
                    "It refers to more than {MOST_PARTS} schemas or {} MB",
                    MOST_PART_BYTES / 1024 / 1024
                ));
            }
            let key = (reference.subject.clone(), reference.version);
            if !self.parts.contains_key(&key) {
                let part = self.version(&reference.subject, reference.version)?;
                self.parts.insert(key.clone(), part);
            }
            if let Some(part) = self.parts.get(&key) {
                open.extend(part.references.iter().cloned());
                bytes += part.text.len();
                out.insert(reference.name, part.text.clone());
            }
        }
        Ok(out)
    }

    /// The level that is asked for, where one is set that we know.
    fn level(&self, path: &str) -> Option<Level> {
        let answer = self.get(path).ok()?;
        let level = answer
            .get("compatibilityLevel")
            .or_else(|| answer.get("compatibility"))?;
        Level::named(level.as_str()?)
    }

    fn need(&self, path: &str) -> Result<Value, String> {
        self.get(path).map_err(|trouble| match trouble {
            RegistryError::Missing => format!("{}{path} is not there", self.base),
            RegistryError::Told(words) => words,
        })
    }

    /// The answer to a path of Confluent's API.
    pub(super) fn get(&self, path: &str) -> Result<Value, RegistryError> {
        let mut body = self.answer(&format!("{}{path}", self.base))?;
        let read = body.with_config().limit(ANSWER_BYTES).read_json();
        read.map_err(|error| self.told(&error))
    }

    /// The text of the answer to a path of Apicurio's own API, at the same host.
    pub(super) fn native(&self, path: &str) -> Result<String, RegistryError> {
        let host = self.base.split("/apis/").next().unwrap_or(&self.base);
        let mut body = self.answer(&format!("{host}/apis/registry/v3{path}"))?;
        let read = body.with_config().limit(ANSWER_BYTES).read_to_string();
        read.map_err(|error| self.told(&error))
    }

    fn answer(&self, address: &str) -> Result<ureq::Body, RegistryError> {
        if self.is_over() {
            return Err(RegistryError::Told("It was not read any more".to_owned()));
        }
        let mut request = self.agent.get(address).header(
            "Accept",
            "application/vnd.schemaregistry.v1+json, application/json, */*",
        );
        if let Some(authorization) = &self.authorization {
            request = request.header("Authorization", authorization);
        }
        let answer = request.call().map_err(|error| self.told(&error))?;
        let status = answer.status().as_u16();
        if status != 200 {
            return Err(self.status(status));
        }
        Ok(answer.into_body())
    }

    fn status(&self, status: u16) -> RegistryError {
        let base = &self.base;
        RegistryError::Told(match status {
            404 => return RegistryError::Missing,
            401 if self.authorization.is_none() => {
                format!("{base} asks for a login: fill in user and password")
            }
            401 => format!("{base} does not accept this user and password"),
            403 => format!("{base} does not allow this user to read schemas"),
            301..=308 => format!(
                "{base} sends elsewhere (status {status}). Give the address that it leads to"
            ),
            _ => format!("{base} answered with status {status}. Try again, or look at its log"),
        })
    }

    fn told(&self, error: &ureq::Error) -> RegistryError {
        let base = &self.base;
        RegistryError::Told(match error {
            ureq::Error::Json(_) => self.no_registry("its answer is not JSON"),
            ureq::Error::Io(io) if io.kind() == std::io::ErrorKind::ConnectionRefused => {
                format!("Nothing listens at {base}: check host and port")
            }
            ureq::Error::HostNotFound => format!("There is no host of that name: {base}"),
            ureq::Error::Timeout(_) => format!("{base} did not answer in time"),
            ureq::Error::BodyExceedsLimit(_) => format!(
                "{base} answered with more than {} MB",
                ANSWER_BYTES / 1024 / 1024
            ),
            other => format!("{base} cannot be read: {}", http::failure(other, base)),
        })
    }

    fn no_registry(&self, why: &str) -> String {
        format!(
            "What answers at {} is not a schema registry: {why}. Some need a path, such as \
             /apis/ccompat/v7",
            self.base
        )
    }
}
