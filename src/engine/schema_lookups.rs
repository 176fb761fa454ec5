//! Asks a registry for the schemas that bodies name, on a thread of its own: who reads a body takes what
//! is on the shelf and goes on. What a registry answered once is kept on the disk, because an id is
//! never given to another schema.

use std::collections::BTreeMap;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::thread;

use crossbeam_channel::{Sender, bounded};
use serde_json::Value;
use url::Url;

use super::registry::{Registry, RegistryError};
use crate::event::wire::SchemaKey;
use crate::rabbitmq::endpoint::Password;
use crate::schema::Cancel;
use crate::schema::body::{SchemaShelf, WrittenSchema};
use crate::schema::folder::import::registry::Registered;
use crate::storage::written_schemas::WrittenSchemas;
use crate::text::percent::{decode, encode};

/// Most schemas of Apicurio's own API that one refers to, itself and through others.
const MOST_PARTS: usize = 200;

/// Where schemas are asked for.
#[derive(Clone)]
pub struct RegistryAddress {
    pub url: String,
    /// Empty: without a login.
    pub user: String,
    pub password: Password,
}

impl RegistryAddress {
    /// From an address with its login in it, which is shown nowhere.
    ///
    /// # Errors
    /// It is no address of a registry; in words, without the login.
    pub fn from_url(text: &str) -> Result<Self, String> {
        let wrong = || {
            "The address of a schema registry begins with http:// or https:// and names a host"
                .to_owned()
        };
        let mut url = Url::parse(text).map_err(|_| wrong())?;
        if !["http", "https"].contains(&url.scheme()) || url.host_str().is_none() {
            return Err(wrong());
        }
        let login = |part: &str| {
            let words = "The login in the address of the schema registry is not written right: a % \
                         stands for itself as %25";
            decode(part).ok_or_else(|| words.to_owned())
        };
        let user = login(url.username())?;
        let password = login(url.password().unwrap_or_default())?;
        // An address with a host takes both.
        url.set_username("").map_err(|()| wrong())?;
        url.set_password(None).map_err(|()| wrong())?;
        Ok(Self {
            url: url.to_string(),
            user,
            password: Password(password),
        })
    }
}

/// A thread that asks. It ends when this is dropped, after the request that is under way.
pub struct SchemaLookups {
    nudge: Sender<()>,
    stop: Cancel,
}

impl SchemaLookups {
    /// Starts it. `folder` is where answers are kept, if anywhere; `wake` is called when something came.
    ///
    /// # Errors
    /// There is no thread to be had.
    pub fn start(
        registry: RegistryAddress,
        folder: Option<PathBuf>,
        shelf: SchemaShelf,
        wake: Arc<dyn Fn() + Send + Sync>,
    ) -> io::Result<Self> {
        let (nudge, nudged) = bounded::<()>(1);
        let stop = Cancel::default();
        let stopped = stop.clone();
        // What was missing before may be there now.
        shelf.forget_missing();
        let kept = folder.map(|folder| WrittenSchemas::of(&folder, &registry.url));
        let work = move || {
            while nudged.recv().is_ok() {
                for key in shelf.wanted() {
                    if stopped.is_cancelled() {
                        return;
                    }
                    let found = one(&registry, kept.as_ref(), key, &stopped);
                    let ready = found.and_then(|all| {
                        let ready = all.iter().map(WrittenSchema::ready);
                        let (good, bad): (Vec<_>, Vec<_>) = ready.partition(Result::is_ok);
                        let good: Vec<_> = good.into_iter().flatten().collect();
                        match bad.into_iter().find_map(Result::err) {
                            Some(words) if good.is_empty() => Err(words),
                            _ => Ok(good),
                        }
                    });
                    shelf.put(key, ready);
                    wake();
                }
            }
        };
        thread::Builder::new()
            .name("schema lookups".to_owned())
            .spawn(work)?;
        Ok(Self { nudge, stop })
    }

    /// There may be something on the list of what is wanted. Never waits.
    pub fn nudge(&self) {
        // One that is waiting already is as good as two.
        self.nudge.try_send(()).ok();
    }
}

impl Drop for SchemaLookups {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

fn one(
    registry: &RegistryAddress,
    kept: Option<&WrittenSchemas>,
    key: SchemaKey,
    stop: &Cancel,
) -> Result<Vec<WrittenSchema>, String> {
    if let Some(known) = kept.and_then(|kept| kept.read(key)) {
        return Ok(known);
    }
    let found = find(registry, key, stop)?;
    if let Some(kept) = kept
        && let Err(error) = kept.write(key, &found)
    {
        tracing::debug!(%error, "a schema is not kept on the disk");
    }
    Ok(found)
}

/// The schemas that a key may mean at a registry, the likeliest first.
///
/// # Errors
/// There is none, or the registry gives no answer; in words.
pub fn find(
    address: &RegistryAddress,
    key: SchemaKey,
    stop: &Cancel,
) -> Result<Vec<WrittenSchema>, String> {
    let RegistryAddress {
        url,
        user,
        password,
    } = address;
    let mut registry = Registry::new(url, user, password, stop.clone());
    let is_apicurio = url.contains("/apis/");
    let mut found = Vec::new();
    let mut take = |one: Option<WrittenSchema>| {
        if let Some(one) = one
            && !found.contains(&one)
        {
            found.push(one);
        }
    };
    match key {
        SchemaKey::Id(id) => {
            take(confluent(&mut registry, &format!("/schemas/ids/{id}"))?);
            // Confluent's API there knows content ids only, and a global id looks the same.
            if is_apicurio {
                take(native(&registry, &format!("/ids/globalIds/{id}"))?);
            }
        }
        SchemaKey::Guid(guid) => take(confluent(&mut registry, &format!("/schemas/guids/{guid}"))?),
        SchemaKey::ContentId(id) => take(native(&registry, &format!("/ids/contentIds/{id}"))?),
        SchemaKey::GlobalId(id) => take(native(&registry, &format!("/ids/globalIds/{id}"))?),
        SchemaKey::GlueVersion(_) => {
            return Err("AWS Glue's registry is not asked".to_owned());
        }
    }
    if found.is_empty() {
        return Err(format!("{} has no {key}", registry.base));
    }
    Ok(found)
}

/// What is not there is no fault.
fn there<T>(answer: Result<T, RegistryError>) -> Result<Option<T>, String> {
    match answer {
        Ok(found) => Ok(Some(found)),
        Err(RegistryError::Missing) => Ok(None),
        Err(RegistryError::Told(words)) => Err(words),
    }
}

fn confluent(registry: &mut Registry, path: &str) -> Result<Option<WrittenSchema>, String> {
    let Some(answer) = there(registry.get(path))? else {
        return Ok(None);
    };
    let registered = Registered::of_id(&answer)
        .ok_or_else(|| format!("{}{path} is no registered schema", registry.base))?;
    let parts = registry.parts_of(&registered)?;
    Ok(Some(WrittenSchema {
        kind: registered.kind,
        text: registered.text,
        parts,
    }))
}

/// Apicurio's own API gives the text bare, and what it refers to under a path of its own.
fn native(registry: &Registry, path: &str) -> Result<Option<WrittenSchema>, String> {
    let Some(text) = there(registry.native(path))? else {
        return Ok(None);
    };
    let mut parts = BTreeMap::new();
    let mut open = vec![format!("{path}/references")];
    while let Some(path) = open.pop() {
        let Some(listed) = there(registry.native(&path))? else {
            continue;
        };
        let listed: Value = serde_json::from_str(&listed)
            .map_err(|_| format!("What {} gives as references is not JSON", registry.base))?;
        for reference in listed.as_array().into_iter().flatten() {
            let word = |key: &str| reference.get(key).and_then(Value::as_str);
            let (Some(name), Some(artifact)) = (word("name"), word("artifactId")) else {
                continue;
            };
            if parts.contains_key(name) {
                continue;
            }
            if parts.len() >= MOST_PARTS {
                return Err(format!("It refers to more than {MOST_PARTS} schemas"));
            }
            let version = format!(
                "/groups/{}/artifacts/{}/versions/{}",
                encode(word("groupId").unwrap_or("default")),
                encode(artifact),
                encode(word("version").unwrap_or("branch=latest"))
            );
            let text = there(registry.native(&format!("{version}/content")))?;
            let text = text.ok_or_else(|| format!("It refers to {name}, which is not there"))?;
            parts.insert(name.to_owned(), text);
            open.push(format!("{version}/references"));
        }
    }
    Ok(Some(WrittenSchema {
        parts,
        ..WrittenSchema::guessed(text)
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_taken_apart_from_its_login() {
        let found = RegistryAddress::from_url("https://me:s%40cret@host:8081/apis/ccompat/v7");
        let found = found.unwrap();
        assert_eq!(found.url, "https://host:8081/apis/ccompat/v7");
        assert_eq!(
            (found.user.as_str(), found.password.0.as_str()),
            ("me", "s@cret")
        );
        for wrong in [
            "",
            "host:8081",
            "ftp://host",
            "https://",
            "amqp://me:secret@host",
        ] {
            let Err(words) = RegistryAddress::from_url(wrong) else {
                panic!("{wrong}");
            };
            assert!(words.contains("begins with http"), "{words}");
        }
    }
}
