//! Finds what a `$ref` means. Nothing is fetched: a reference reaches inside its own document and
//! into the documents that were handed in with it.

use std::collections::BTreeMap;

use serde_json::Value;
use url::Url;

use crate::schema::Unusable;
use crate::text::pointer_step::unescaped;

/// The address of a document that names none itself.
pub(crate) const HERE: &str = "eventscope:///schema.json";

/// Documents by absolute address, each with the resources that are embedded in it by `$id`.
pub(crate) struct Documents<'a> {
    /// With the address around each: the one that its own `$id` is read against.
    resources: BTreeMap<String, (&'a Value, Url)>,
    anchors: BTreeMap<(String, String), (&'a Value, Url)>,
}

/// A place that a reference points at.
#[derive(Clone, Debug)]
pub(crate) struct RefPlace<'a> {
    pub schema: &'a Value,
    /// The address around it, against which its own `$id` is read.
    pub base: Url,
    /// What tells two places apart.
    pub key: String,
}

impl<'a> Documents<'a> {
    /// The document itself, and the others of its folder by file name; with the address around the
    /// document.
    pub(crate) fn new(
        root: &'a Value,
        others: &'a BTreeMap<String, Value>,
    ) -> Result<(Self, Url), Unusable> {
        let here = Url::parse(HERE).map_err(|error| Unusable::new(format!("{error}")))?;
        let mut found = Self {
            resources: BTreeMap::new(),
            anchors: BTreeMap::new(),
        };
        // Known without a network; looking through them takes longer than most schemas.
        if others.values().chain([root]).any(mentions_a_draft) {
            for document in meta_schemas() {
                let id = document.get("$id").or_else(|| document.get("id"));
                if let Some(address) = id.and_then(|id| Url::parse(id.as_str()?).ok()) {
                    found.add(document, &address);
                }
            }
        }
        for (name, document) in others {
            if let Ok(address) = here.join(name) {
                found.add(document, &address);
            }
        }
        found.add(root, &here);
        Ok((found, here))
    }

    fn add(&mut self, document: &'a Value, address: &Url) {
        self.resources
            .insert(bare(address), (document, address.clone()));
        let mut open = vec![(document, address.clone())];
        while let Some((value, base)) = open.pop() {
            match value {
                Value::Object(map) => {
                    let inner = own_base(value, &base);
                    if inner != base {
                        self.resources.insert(bare(&inner), (value, base.clone()));
                    }
                    for anchor in anchors_of(map) {
                        self.anchors
                            .insert((bare(&inner), anchor.to_owned()), (value, base.clone()));
                    }
                    // Values are no schemas: an `$id` inside of them names nothing.
                    open.extend(
                        map.iter()
                            .filter(|(key, _)| {
                                !matches!(key.as_str(), "enum" | "const" | "default" | "examples")
                            })
                            .map(|(_, child)| (child, inner.clone())),
                    );
                }
                Value::Array(list) => open.extend(list.iter().map(|child| (child, base.clone()))),
                _ => {}
            }
        }
    }

    /// What `reference` means where `base` is the address.
    ///
    /// # Errors
    /// Nothing that was handed in has that address.
    pub(crate) fn resolve(&self, reference: &str, base: &Url) -> Result<RefPlace<'a>, Unusable> {
        let unknown = || {
            Unusable::new(format!(
                "The reference {reference:?} leads nowhere. References reach inside the schema and \
                 into the files of its folder; nothing is fetched from the network."
            ))
        };
        let target = base.join(reference).map_err(|_| unknown())?;
        let fragment = target.fragment().unwrap_or("");
        let fragment = percent_decoded(fragment);
        let key = format!("{}#{fragment}", bare(&target));
        if !fragment.is_empty() && !fragment.starts_with('/') {
            let (schema, base) = self
                .anchors
                .get(&(bare(&target), fragment))
                .cloned()
                .ok_or_else(unknown)?;
            return Ok(RefPlace { schema, base, key });
        }
        let (mut at, mut base) = self
            .resources
            .get(&bare(&target))
            .cloned()
            .ok_or_else(unknown)?;
        // An `$id` on the way changes what references below it mean.
        for token in fragment.split('/').skip(1) {
            let token = unescaped(token);
            base = own_base(at, &base);
            at = match at {
                Value::Object(map) => map.get(&*token),
                Value::Array(list) => token.parse::<usize>().ok().and_then(|at| list.get(at)),
                _ => None,
            }
            .ok_or_else(unknown)?;
        }
        Ok(RefPlace {
            schema: at,
            base,
            key,
        })
    }
}

/// The schemas of schemas, of all drafts.
fn meta_schemas() -> impl Iterator<Item = &'static Value> {
    use referencing::meta;
    let all: [&'static Value; 19] = [
        &meta::DRAFT4,
        &meta::DRAFT6,
        &meta::DRAFT7,
        &meta::DRAFT201909,
        &meta::DRAFT201909_APPLICATOR,
        &meta::DRAFT201909_CONTENT,
        &meta::DRAFT201909_CORE,
        &meta::DRAFT201909_FORMAT,
        &meta::DRAFT201909_META_DATA,
        &meta::DRAFT201909_VALIDATION,
        &meta::DRAFT202012,
        &meta::DRAFT202012_CORE,
        &meta::DRAFT202012_APPLICATOR,
        &meta::DRAFT202012_UNEVALUATED,
        &meta::DRAFT202012_VALIDATION,
        &meta::DRAFT202012_META_DATA,
        &meta::DRAFT202012_FORMAT_ANNOTATION,
        &meta::DRAFT202012_FORMAT_ASSERTION,
        &meta::DRAFT202012_CONTENT,
    ];
    all.into_iter()
}

/// Whether something in it refers to where the drafts are published.
fn mentions_a_draft(value: &Value) -> bool {
    let mut open = vec![value];
    while let Some(value) = open.pop() {
        match value {
            Value::Object(map) => {
                let link = map.get("$ref").and_then(Value::as_str);
                if link.is_some_and(|link| link.contains("://json-schema.org/")) {
                    return true;
                }
                open.extend(map.values());
            }
            Value::Array(list) => open.extend(list),
            _ => {}
        }
    }
    false
}

/// What a reference to the outermost schema of a vocabulary means: the vocabularies of the drafts
/// refer to the schema that they are a part of (2020-12 core, 8.2.3.2).
pub(crate) fn whole_draft(keyword: &str, base: &Url) -> Option<String> {
    let is_dynamic = matches!(keyword, "$dynamicRef" | "$recursiveRef");
    let (draft, _) = base.as_str().split_once("/meta/")?;
    let published = draft.starts_with("https://json-schema.org/draft/");
    (is_dynamic && published).then(|| format!("{draft}/schema"))
}

/// The address that a schema gives itself, or the one around it.
pub(crate) fn own_base(schema: &Value, around: &Url) -> Url {
    let id = schema
        .get("$id")
        .or_else(|| schema.get("id"))
        .and_then(Value::as_str);
    match id {
        Some(id) if !id.starts_with('#') => {
            let mut base = around.join(id).unwrap_or_else(|_| around.clone());
            base.set_fragment(None);
            base
        }
        _ => around.clone(),
    }
}

fn anchors_of(map: &serde_json::Map<String, Value>) -> impl Iterator<Item = &str> {
    let plain = ["$anchor", "$dynamicAnchor"]
        .into_iter()
        .filter_map(|key| map.get(key)?.as_str());
    // Up to draft-07 an anchor was written as an id that is only a fragment.
    let old = ["$id", "id"]
        .into_iter()
        .filter_map(|key| map.get(key)?.as_str()?.strip_prefix('#'));
    plain.chain(old)
}

fn bare(address: &Url) -> String {
    let mut address = address.clone();
    address.set_fragment(None);
    address.to_string()
}

fn percent_decoded(text: &str) -> String {
    let mut out = Vec::with_capacity(text.len());
    let bytes = text.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        let hex = (bytes[at] == b'%')
            .then(|| bytes.get(at + 1..at + 3))
            .flatten()
            .and_then(|pair| std::str::from_utf8(pair).ok())
            .and_then(|pair| u8::from_str_radix(pair, 16).ok());
        if let Some(byte) = hex {
            out.push(byte);
            at += 3;
        } else {
            out.push(bytes[at]);
            at += 1;
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}
