//! Reads the name of a field, and finds the one that was meant where there is none.

use super::ParseError;
use super::ast::{Named, QueryField, Thing};
use super::json_path::PathStep;
use super::lexer::{ESCAPES, QuoteFault, unquote};

/// Most steps of a path.
const MAX_STEPS: usize = 64;

/// Reads a field name that stands at byte `at` of the line.
pub(super) fn field(text: &str, at: usize) -> Result<QueryField, ParseError> {
    let fault = |words: String| ParseError {
        at: at..at + text.len(),
        words,
    };
    let lower = text.to_ascii_lowercase();
    if let Some(named) = Named::ALL.iter().find(|named| named.name() == lower) {
        return Ok(QueryField::Named(*named));
    }
    if lower.starts_with("header.") {
        return header(&text["header.".len()..])
            .map(QueryField::Header)
            .map_err(fault);
    }
    for (root, field) in [
        ("data", QueryField::Data as fn(_) -> _),
        ("body", QueryField::Body),
    ] {
        if lower.starts_with(root) && matches!(lower.as_bytes().get(4), Some(b'.' | b'[')) {
            return steps(&text[root.len()..]).map(field).map_err(fault);
        }
    }
    match lower.as_str() {
        "size" => Ok(QueryField::Size),
        "age" => Ok(QueryField::Age),
        "data" | "body" => Err(fault(format!(
            "Write {lower}.name for a field of the payload, or only the word to look for it \
             anywhere"
        ))),
        "header" | "headers" => Err(fault("Write header.name for a header".into())),
        _ if is_bare(text, &lower) => steps(&format!(".{text}"))
            .map(QueryField::Payload)
            .map_err(fault),
        _ => Err(fault(unknown(text, &lower))),
    }
}

/// Reads what stands behind `has:`.
pub(super) fn thing(text: &str, at: usize) -> Result<Thing, ParseError> {
    if text.eq_ignore_ascii_case("trace") {
        return Ok(Thing::Trace);
    }
    match field(text, at)? {
        QueryField::Size | QueryField::Age => Err(ParseError {
            at: at..at + text.len(),
            words: format!("Every event has {text}: write {text}>… to compare it"),
        }),
        field => Ok(Thing::Field(field)),
    }
}

fn header(text: &str) -> Result<String, String> {
    if text.starts_with('"') {
        let (name, length) = unquote(text).map_err(|fault| quotes(&fault))?;
        if length == text.len() {
            return Ok(name);
        }
        return Err("Nothing may stand behind the quoted name of a header".into());
    }
    if text.is_empty() || text.contains('"') {
        return Err(
            "The name of the header is missing: write header.name or header.\"odd name\"".into(),
        );
    }
    Ok(text.to_owned())
}

fn quotes(fault: &QuoteFault) -> String {
    match fault {
        QuoteFault::Open => "A closing \" is missing".into(),
        QuoteFault::Escape(..) => ESCAPES.into(),
    }
}

/// Reads the steps of a path behind its root: `.items[].sku`.
fn steps(mut rest: &str) -> Result<Vec<PathStep>, String> {
    let mut steps = Vec::new();
    while !rest.is_empty() {
        if steps.len() == MAX_STEPS {
            return Err(format!("A path has at most {MAX_STEPS} steps"));
        }
        if let Some(behind) = rest.strip_prefix('[') {
            let (place, behind) = behind
                .split_once(']')
                .ok_or("A closing ] is missing: write [] for any item or [0] for the first")?;
            steps.push(if place.is_empty() {
                PathStep::Each
            } else {
                let index = place.parse().ok().filter(|_| !place.starts_with('+'));
                PathStep::Index(index.ok_or_else(|| {
                    format!("[{place}] is no place in a list: write [] for any item or [0] for the first")
                })?)
            });
            rest = behind;
            continue;
        }
        let name = rest
            .strip_prefix('.')
            .ok_or_else(|| format!("A dot is missing before {rest}"))?;
        let length = if name.starts_with('"') {
            let (said, length) = unquote(name).map_err(|fault| quotes(&fault))?;
            steps.push(PathStep::Name(said));
            length
        } else {
            let length = name.find(['.', '[', '"']).unwrap_or(name.len());
            if length == 0 {
                return Err(
                    "A name is missing behind the dot: write data.name, or data.\"\" \
                            for a field without a name"
                        .into(),
                );
            }
            steps.push(PathStep::Name(name[..length].to_owned()));
            length
        };
        rest = &name[length..];
    }
    Ok(steps)
}

/// True for a name that can only be meant as that of a field of the payload: `amount`, `lines[].qty`.
fn is_bare(text: &str, lower: &str) -> bool {
    let first = &text[..text.find(['.', '[']).unwrap_or(text.len())];
    let begins = first.starts_with(|c: char| c.is_alphabetic() || matches!(c, '_' | '$' | '@'));
    let is_name = first
        .chars()
        .all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '$' | '@'));
    let is_ours = ["payload", "headers", "header", "data", "body", "has", "is"]
        .iter()
        .any(|root| lower[..first.len()] == **root);
    let is_address = ["http", "https", "amqp", "amqps"].contains(&lower);
    begins && is_name && !is_ours && !is_address && near(lower).is_none()
}

/// The field that was probably meant.
fn near(lower: &str) -> Option<&'static str> {
    let plain = lower.replace('_', "-");
    let other = OTHER_NAMES.iter().find(|(name, _)| *name == plain);
    other.map(|(_, name)| *name).or_else(|| {
        let names = Named::ALL.iter().map(|named| named.name());
        names
            .chain(["size", "age", "has", "is"])
            .map(|name| (distance(&plain, name), name))
            .filter(|(distance, name)| *distance <= name.len() / 3)
            .min()
            .map(|(_, name)| name)
    })
}

/// What people write for a field that has another name here.
const OTHER_NAMES: [(&str, &str); 8] = [
    ("routing-key", "key"),
    ("routingkey", "key"),
    ("correlation-id", "correlation"),
    ("correlationid", "correlation"),
    ("event-id", "id"),
    ("event-type", "type"),
    ("app-id", "app"),
    ("user-id", "user"),
];

fn unknown(text: &str, lower: &str) -> String {
    match near(lower) {
        Some(near) => format!(
            "`{text}` is no field: did you mean {near}? A field of the payload with that name is \
             data.{text}"
        ),
        None if lower.starts_with("payload.") || lower.starts_with("headers.") => {
            let (wrong, rest) = text.split_once('.').unwrap_or((text, ""));
            let right = if lower.starts_with('p') {
                "data"
            } else {
                "header"
            };
            format!("`{wrong}` is no field: write {right}.{rest}")
        }
        None => format!(
            "`{text}` is no field: write data.{text} for a field of the payload, header.{text} \
             for a header, or put the whole in quotes to look for it as text"
        ),
    }
}

/// How many letters must be put in, left out, changed or swapped with their neighbour.
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().take(32).collect(), b.chars().collect());
    let mut rows: Vec<Vec<usize>> = vec![(0..=b.len()).collect()];
    for i in 1..=a.len() {
        let mut row = vec![i];
        for j in 1..=b.len() {
            let change = usize::from(a[i - 1] != b[j - 1]);
            let mut least = (rows[i - 1][j] + 1)
                .min(row[j - 1] + 1)
                .min(rows[i - 1][j - 1] + change);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                least = least.min(rows[i - 2][j - 2] + 1);
            }
            row.push(least);
        }
        rows.push(row);
    }
    rows[a.len()][b.len()]
}
