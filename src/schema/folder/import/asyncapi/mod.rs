//! AsyncAPI documents, 2.x and 3.x, in JSON or YAML. They are read as plain values and picked apart
//! by where things stand, because what people write rarely keeps to a typed model.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use super::bundle::{BundledDocuments, bundle};
use super::{FoundSchemas, ImportLine, Incoming, files, plain, pretty};
use crate::schema::folder::meta::SchemaOrigin;

/// Largest document, and most messages of one.
const LARGEST: usize = 8 * 1024 * 1024;
const MOST_MESSAGES: usize = 2_000;
/// Most references in a row until something that is none.
const MOST_STEPS: usize = 20;
/// Most examples of a message that are kept.
const MOST_EXAMPLES: usize = 50;

const DRAFT_SEVEN: &str = "http://json-schema.org/draft-07/schema#";

/// Reads a document.
///
/// # Errors
/// It is neither JSON nor YAML, or no AsyncAPI document; in words.
pub fn read(text: &str, from: &str) -> Result<FoundSchemas, String> {
    read_with(text, from, "", &mut |_| None)
}

/// Like [`read`], where the document refers to other files: `name` is its own, and `load` gives
/// the text of another by its path from the folder of the document, which is never left.
///
/// # Errors
/// As [`read`].
pub fn read_with(
    text: &str,
    from: &str,
    name: &str,
    load: &mut dyn FnMut(&str) -> Option<String>,
) -> Result<FoundSchemas, String> {
    let document = files::gathered(name, parsed(text)?, &mut |path| parsed(&load(path)?).ok());
    let Some(spec) = document.get("asyncapi").and_then(Value::as_str) else {
        return Err(
            "It is not an AsyncAPI document: it has no member `asyncapi` with a version".to_owned(),
        );
    };
    if !spec.starts_with("2.") && !spec.starts_with("3.") {
        return Err(format!(
            "It is AsyncAPI {spec}; Eventscope reads 2.x and 3.x"
        ));
    }
    let version = document.pointer("/info/version").and_then(|version| {
        let text = version.as_str().map(str::to_owned);
        text.or_else(|| version.as_number().map(ToString::to_string))
    });
    let mut reader = AsyncApiReader {
        document: &document,
        version: version.map(|version| plain(&version)),
        seen: BTreeSet::new(),
        types: BTreeMap::new(),
        haul: FoundSchemas {
            origin: SchemaOrigin {
                kind: "asyncapi".to_owned(),
                from: from.to_owned(),
                ..SchemaOrigin::default()
            },
            ..FoundSchemas::default()
        },
    };
    reader.channels();
    reader.components();
    Ok(reader.haul)
}

fn parsed(text: &str) -> Result<Value, String> {
    if text.len() > LARGEST {
        return Err(format!("It is larger than {} MB", LARGEST / 1024 / 1024));
    }
    let text = crate::schema::without_mark(text);
    if text.trim_start().starts_with('{')
        && let Ok(value) = serde_json::from_str(text)
    {
        return Ok(value);
    }
    // The reader's own limits on depth, nodes and aliases hold. In YAML 1.2 `no` is a text.
    let options = serde_saphyr::options! {
        with_snippet: false,
        strict_booleans: true,
        underscored_numbers_as_strings: true,
    };
    serde_saphyr::from_str_with_options(text, options)
        .map_err(|error| format!("It is neither JSON nor YAML that can be read: {error}"))
}

struct AsyncApiReader<'a> {
    document: &'a Value,
    version: Option<String>,
    /// Messages that were read, by where they stand.
    seen: BTreeSet<*const Value>,
    /// What was read of a type, to tell a second one of that name.
    types: BTreeMap<String, String>,
    haul: FoundSchemas,
}

/// Where a message was met.
#[derive(Clone, Copy, Default)]
struct ChannelPlace<'a> {
    /// Its key in a table of messages.
    key: Option<&'a str>,
    address: Option<&'a str>,
    /// The only one of its channel.
    alone: bool,
    channel: Option<&'a Value>,
}

impl<'a> AsyncApiReader<'a> {
    fn channels(&mut self) {
        let tables = ["/channels", "/components/channels"];
        for (id, channel) in tables.into_iter().flat_map(|at| table(self.document, at)) {
            let Some(channel) = self.resolved(channel) else {
                self.lost(id, "The channel");
                continue;
            };
            let address = channel.get("address").and_then(Value::as_str);
            let mut found: Vec<(Option<&str>, &Value)> = Vec::new();
            for (key, message) in table(channel, "/messages") {
                found.push((Some(key), message));
            }
            for action in ["publish", "subscribe"] {
                let message = channel.get(action).and_then(|one| one.get("message"));
                match message.and_then(|message| message.get("oneOf")) {
                    Some(Value::Array(list)) => found.extend(list.iter().map(|one| (None, one))),
                    _ => found.extend(message.map(|message| (None, message))),
                }
            }
            let alone = found.len() == 1;
            for (key, message) in found {
                self.message(
                    message,
                    ChannelPlace {
                        key: key.or_else(|| last_of_reference(message)),
                        address: Some(address.unwrap_or(id)),
                        alone,
                        channel: Some(channel),
                    },
                );
            }
        }
    }

    /// Messages that no channel names.
    fn components(&mut self) {
        for (key, message) in table(self.document, "/components/messages") {
            let place = ChannelPlace {
                key: Some(key),
                ..ChannelPlace::default()
            };
            self.message(message, place);
        }
    }

    fn message(&mut self, message: &'a Value, place: ChannelPlace<'a>) {
        let shown = place.key.or(place.address).unwrap_or("a message");
        let Some(message) = self.resolved(message) else {
            self.lost(shown, "The message");
            return;
        };
        if !self.seen.insert(std::ptr::from_ref(message)) {
            return;
        }
        if self.seen.len() > MOST_MESSAGES {
            if self.seen.len() == MOST_MESSAGES + 1 {
                let words = format!("Only the first {MOST_MESSAGES} messages are read");
                self.haul.skipped.push(ImportLine::skipped(shown, words));
            }
            return;
        }
        let address = place.address.filter(|address| !address.contains('{'));
        // One that has nothing a file could be called by, such as the address `/`, is no name.
        let name = [
            message.get("name").and_then(Value::as_str),
            address.filter(|_| place.alone),
            place.key,
            place.address,
        ]
        .into_iter()
        .flatten()
        .map(plain)
        .find(|name| !name.is_empty());
        let Some(name) = name else {
            let words = "It has neither a name nor an address";
            self.haul.skipped.push(ImportLine::skipped(shown, words));
            return;
        };
        match self.schema_of(message) {
            Ok((text, _)) if self.types.get(&name).is_some_and(|known| *known == text) => {}
            Ok(_) if self.types.contains_key(&name) => {
                let words = "Another message of that name has another payload";
                self.haul.skipped.push(ImportLine::skipped(name, words));
            }
            Ok((text, avro)) => {
                self.types.insert(name.clone(), text.clone());
                let exchange = place
                    .channel
                    .and_then(|channel| channel.pointer("/bindings/amqp/exchange/name"))
                    .and_then(Value::as_str)
                    .filter(|name| !name.is_empty());
                self.haul.found.push(Incoming {
                    version: self.version.clone(),
                    avro,
                    text,
                    samples: samples(message),
                    subject: Some(shown.to_owned()),
                    destinations: exchange.map(str::to_owned).into_iter().collect(),
                    keys: place.address.map(pattern).into_iter().collect(),
                    event_type: name,
                    ..Incoming::default()
                });
            }
            Err(words) => self.haul.skipped.push(ImportLine::skipped(name, words)),
        }
    }

    fn lost(&mut self, name: &str, what: &str) {
        let words = format!("{what} is a reference that leads out of the document or nowhere");
        self.haul.skipped.push(ImportLine::skipped(name, words));
    }

    /// The schema as it is written, and whether it is Avro.
    fn schema_of(&self, message: &Value) -> Result<(String, bool), String> {
        let payload = message.get("payload").ok_or("It has no payload")?;
        // From 3.0 on the format may stand beside the schema.
        let (payload, format) = match payload.get("schemaFormat").and_then(Value::as_str) {
            Some(format) => (payload.get("schema").unwrap_or(&Value::Null), Some(format)),
            None => (payload, message.get("schemaFormat").and_then(Value::as_str)),
        };
        let format = format.unwrap_or("application/vnd.aai.asyncapi");
        if format.starts_with("application/vnd.apache.avro") {
            let avro = self.resolved(payload).ok_or("Its payload leads nowhere")?;
            return Ok((pretty(avro), true));
        }
        let asyncapi = format.starts_with("application/vnd.aai.asyncapi");
        if !asyncapi && !format.starts_with("application/schema+") {
            return Err(format!("Schemas in the format {format} are not read"));
        }
        let documents: BundledDocuments<'_> = BTreeMap::from([("", self.document)]);
        let mut schema = bundle(payload, "", false, &documents)?;
        if let Value::Object(map) = &mut schema
            && !map.contains_key("$schema")
        {
            let draft = match format.split_once("version=") {
                Some((_, version)) if !asyncapi => crate::schema::Dialect::named(version),
                _ => None,
            };
            // An AsyncAPI schema is one of draft-07 with a few words more.
            let address = draft.map_or(DRAFT_SEVEN, crate::schema::Dialect::address);
            let mut first = Map::from_iter([("$schema".to_owned(), json!(address))]);
            first.append(map);
            *map = first;
        }
        if !schema.is_object() && !schema.is_boolean() {
            return Err("Its payload is no schema".to_owned());
        }
        Ok((pretty(&schema), false))
    }

    /// What a value means, if it is a reference.
    fn resolved<'v>(&self, value: &'v Value) -> Option<&'v Value>
    where
        'a: 'v,
    {
        let mut value = value;
        for _ in 0..MOST_STEPS {
            let Some(reference) = value.get("$ref").and_then(Value::as_str) else {
                return Some(value);
            };
            value = self.document.pointer(reference.strip_prefix('#')?)?;
        }
        None
    }
}

fn table<'v>(value: &'v Value, at: &str) -> impl Iterator<Item = (&'v str, &'v Value)> + use<'v> {
    let map = value.pointer(at).and_then(Value::as_object);
    map.into_iter()
        .flatten()
        .map(|(key, one)| (key.as_str(), one))
}

fn last_of_reference(message: &Value) -> Option<&str> {
    message.get("$ref")?.as_str()?.rsplit('/').next()
}

/// An address as a pattern of keys: a parameter is any word.
fn pattern(address: &str) -> String {
    let mut out = String::new();
    let mut rest = address;
    while let Some((before, after)) = rest.split_once('{') {
        let Some((_, behind)) = after.split_once('}') else {
            break;
        };
        out.push_str(before);
        out.push('*');
        rest = behind;
    }
    out + rest
}

fn samples(message: &Value) -> Vec<(String, String)> {
    let examples = message.get("examples").and_then(Value::as_array);
    let examples = examples.into_iter().flatten().take(MOST_EXAMPLES);
    examples
        .enumerate()
        .filter_map(|(at, example)| {
            let name = example.get("name").and_then(Value::as_str).map(plain);
            let name = name.filter(|name| !name.is_empty());
            let name = name.unwrap_or_else(|| format!("example-{}", at + 1));
            Some((name, pretty(example.get("payload")?)))
        })
        .collect()
}

#[cfg(test)]
mod tests;
