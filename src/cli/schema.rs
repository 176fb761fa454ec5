//! What works without a window: `eventscope schema …`, the same comparison in a build.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, BufRead, Write};
use std::path::{Path, PathBuf};
use std::thread;

use serde_json::{Value, json};

use crate::schema::stream::infer::InferredShape;
use crate::schema::{
    self, Avro, Cancel, CheckReport, Dialect, Level, Policy, Protobuf, Unusable, Version, compare,
    compare_avro, is_avro, without_mark,
};
use crate::storage::schema_files;

/// `eventscope schema …`
#[derive(clap::Subcommand, Debug)]
pub enum SchemaCommand {
    /// Compare two versions of a schema. Ends with 0 if they are compatible, 1 if not, 2 if they
    /// cannot be used.
    Check(Check),
    /// Write the schema that fits the events of a file, one JSON document a line; `-` for standard
    /// input.
    Infer { file: PathBuf },
}

/// Two versions, or pairs on standard input.
#[derive(clap::Args, Debug)]
pub struct Check {
    /// The version that is in use.
    #[arg(required_unless_present = "stdin_pairs")]
    old: Option<PathBuf>,
    /// The version to come.
    #[arg(required_unless_present = "stdin_pairs")]
    new: Option<PathBuf>,
    /// event, confluent-strict or confluent-lenient.
    #[arg(long, default_value = "event", value_parser = policy)]
    policy: Policy,
    /// BACKWARD, FORWARD or FULL, also with _TRANSITIVE.
    #[arg(long, default_value = "BACKWARD", value_parser = level)]
    level: Level,
    /// text, json or markdown.
    #[arg(long, default_value = "text", value_parser = ["text", "json", "markdown"])]
    format: String,
    /// Read lines of {"id", "original", "update"} and write a line of JSON for each; "format" may be
    /// avro or protobuf.
    #[arg(long, conflicts_with_all = ["old", "new"])]
    stdin_pairs: bool,
}

fn policy(name: &str) -> Result<Policy, String> {
    Policy::named(name)
        .ok_or_else(|| "known are event, confluent-strict and confluent-lenient".to_owned())
}

fn level(name: &str) -> Result<Level, String> {
    Level::named(name)
        .ok_or_else(|| "known are BACKWARD, FORWARD and FULL, also with _TRANSITIVE".to_owned())
}

/// Most files that are read because a .proto file imports them.
const MOST_IMPORTS: usize = 500;

/// Reserved, not used up: only what is touched costs memory.
const STACK: usize = 256 * 1024 * 1024;

const COMPATIBLE: u8 = 0;
const INCOMPATIBLE: u8 = 1;
const UNUSABLE: u8 = 2;

/// Does it; gives the exit code.
///
/// # Errors
/// The output cannot be written.
pub fn schema(
    command: &SchemaCommand,
    input: impl BufRead,
    out: &mut impl Write,
) -> io::Result<u8> {
    let check = match command {
        SchemaCommand::Check(check) => check,
        SchemaCommand::Infer { file } => return infer(file, input, out),
    };
    if check.stdin_pairs {
        return pairs(check, input, out);
    }
    let (Some(old), Some(new)) = (&check.old, &check.new) else {
        return Ok(UNUSABLE);
    };
    match files(old, new, check.policy) {
        Ok(report) => {
            let title = format!("{} → {}", old.display(), new.display());
            match check.format.as_str() {
                "json" => writeln!(out, "{}", schema::json(&json!(title), &report, check.level))?,
                "markdown" => write!(out, "{}", schema::markdown(&title, &report, check.level))?,
                _ => write!(out, "{}", schema::text(&report, check.level))?,
            }
            Ok(if report.meets(check.level) {
                COMPATIBLE
            } else {
                INCOMPATIBLE
            })
        }
        Err(error) => {
            if check.format == "json" {
                writeln!(out, "{}", json!({ "error": error.to_string() }))?;
            } else {
                writeln!(out, "{error}")?;
            }
            Ok(UNUSABLE)
        }
    }
}

fn files(old: &Path, new: &Path, policy: Policy) -> Result<CheckReport, Unusable> {
    let is_proto = |path: &Path| path.extension().is_some_and(|end| end == "proto");
    if is_proto(old) && is_proto(new) {
        let [old, new] = [old, new].map(protobuf_file);
        return Ok(schema::compare_protobuf(&old?, &new?, policy));
    }
    let read = |path: &Path| -> Result<Value, Unusable> {
        let text = schema_files::text(path)
            .map_err(|error| Unusable::new(format!("{}: {error}", path.display())))?;
        serde_json::from_str(without_mark(&text))
            .map_err(|error| Unusable::new(format!("{} is not JSON: {error}", path.display())))
    };
    let avro = [old, new]
        .iter()
        .any(|path| path.extension().is_some_and(|end| end == "avsc"));
    let sides = [read(old)?, read(new)?];
    let others = [schema_files::beside(old), schema_files::beside(new)];
    report(&sides, avro, None, policy, [&others[0], &others[1]]).map_err(|(side, error)| {
        let path = if side == 0 { old } else { new };
        Unusable::new(format!("{}: {error}", path.display()))
    })
}

/// A .proto file with what it imports from its folder.
fn protobuf_file(path: &Path) -> Result<Protobuf, Unusable> {
    let named =
        |error: &dyn std::fmt::Display| Unusable::new(format!("{}: {error}", path.display()));
    let text = schema_files::text(path).map_err(|error| named(&error))?;
    let folder = path.parent().unwrap_or(Path::new(""));
    let mut imports = BTreeMap::new();
    let mut open = Protobuf::imports(&text).map_err(|error| named(&error))?;
    while let Some(name) = open.pop() {
        let is_below = Path::new(&name)
            .components()
            .all(|part| matches!(part, std::path::Component::Normal(_)));
        // Where a file is not at hand, its types are known by their names.
        let Some(text) = (is_below && !imports.contains_key(&name) && imports.len() < MOST_IMPORTS)
            .then(|| schema_files::text(&folder.join(&name)).ok())
            .flatten()
        else {
            continue;
        };
        open.extend(Protobuf::imports(&text).unwrap_or_default());
        imports.insert(name, text);
    }
    Protobuf::new(&text, &imports).map_err(|error| named(&error))
}

/// A pair of .proto texts on one line; `references` are files that they import: {"name", "schema"}.
fn protobuf_pair(case: &Value, policy: Policy) -> Result<CheckReport, Unusable> {
    let references = case.get("references").and_then(Value::as_array);
    let imports = references.into_iter().flatten().filter_map(|one| {
        let word = |key: &str| one.get(key).and_then(Value::as_str).map(str::to_owned);
        Some((word("name")?, word("schema")?))
    });
    let imports: BTreeMap<String, String> = imports.collect();
    let side = |key: &str| {
        let text = case.get(key).and_then(Value::as_str);
        let text = text.ok_or_else(|| Unusable::new(format!("The line has no text `{key}`.")))?;
        Protobuf::new(without_mark(text), &imports)
            .map_err(|error| Unusable::new(format!("`{key}`: {error}")))
    };
    Ok(schema::compare_protobuf(
        &side("original")?,
        &side("update")?,
        policy,
    ))
}

/// Compares; an error says which side it is about.
fn report(
    sides: &[Value; 2],
    avro: bool,
    draft: Option<Dialect>,
    policy: Policy,
    others: [&BTreeMap<String, Value>; 2],
) -> Result<CheckReport, (usize, Unusable)> {
    // A schema refers to itself as deeply as it likes, and the comparison follows it.
    thread::scope(|scope| {
        thread::Builder::new()
            .stack_size(STACK)
            .spawn_scoped(scope, || {
                on_a_deep_stack(sides, avro, draft, policy, others)
            })
            .ok()
            .and_then(|thread| thread.join().ok())
            .unwrap_or_else(|| {
                Err((
                    1,
                    Unusable::new("The comparison of this pair broke off: a fault of Eventscope. Report the pair."),
                ))
            })
    })
}

fn on_a_deep_stack(
    sides: &[Value; 2],
    avro: bool,
    draft: Option<Dialect>,
    policy: Policy,
    others: [&BTreeMap<String, Value>; 2],
) -> Result<CheckReport, (usize, Unusable)> {
    if avro || sides.iter().any(is_avro) {
        let old = Avro::new(&sides[0]).map_err(|error| (0, error))?;
        let new = Avro::new(&sides[1]).map_err(|error| (1, error))?;
        return Ok(compare_avro(&old, &new, policy));
    }
    let old = Version::new(sides[0].clone(), draft, others[0]).map_err(|error| (0, error))?;
    let new = Version::new(sides[1].clone(), draft, others[1]).map_err(|error| (1, error))?;
    Ok(compare(&old, &new, policy, &Cancel::default()))
}

fn pairs(check: &Check, input: impl BufRead, out: &mut impl Write) -> io::Result<u8> {
    let mut code = COMPATIBLE;
    for line in input.lines() {
        let line = line?;
        let line = without_mark(&line);
        if line.trim().is_empty() {
            continue;
        }
        let (id, report) = pair(line, check.policy);
        let written = match &report {
            Ok(report) => {
                if !report.meets(check.level) {
                    code = code.max(INCOMPATIBLE);
                }
                schema::json(&id, report, check.level)
            }
            Err(error) => {
                code = UNUSABLE;
                json!({ "id": id, "error": error.to_string() })
            }
        };
        writeln!(out, "{written}")?;
        out.flush()?;
    }
    Ok(code)
}

fn pair(line: &str, policy: Policy) -> (Value, Result<CheckReport, Unusable>) {
    let mut case: Value = match serde_json::from_str(line) {
        Ok(case) => case,
        Err(error) => {
            return (
                Value::Null,
                Err(Unusable::new(format!("The line is not JSON: {error}"))),
            );
        }
    };
    let id = case.get("id").cloned().unwrap_or(Value::Null);
    let is_of = |kind: &str| {
        let words = ["format", "schemaType"].map(|key| case.get(key).and_then(Value::as_str));
        let mut words = words.into_iter().flatten();
        words.any(|word| word.eq_ignore_ascii_case(kind))
    };
    let avro = is_of("avro");
    if is_of("protobuf") {
        return (id, protobuf_pair(&case, policy));
    }
    let mut side = |key: &str| match case.get_mut(key).map(Value::take) {
        // Registries hand out schemas as text; a bare word is the name of an Avro type.
        Some(Value::String(text)) => Ok(match serde_json::from_str(without_mark(&text)) {
            Ok(
                schema @ (Value::Object(_) | Value::Array(_) | Value::Bool(_) | Value::String(_)),
            ) => schema,
            _ => Value::String(text),
        }),
        Some(schema) => Ok(schema),
        None => Err(Unusable::new(format!("The line has no `{key}`."))),
    };
    let sides = match (side("original"), side("update")) {
        (Ok(old), Ok(new)) => [old, new],
        (Err(error), _) | (_, Err(error)) => return (id, Err(error)),
    };
    let word = |key: &str| case.get(key).and_then(Value::as_str);
    let draft = word("draft").and_then(Dialect::named);
    let none = BTreeMap::new();
    let report = report(&sides, avro, draft, policy, [&none, &none]).map_err(|(side, error)| {
        Unusable::new(format!(
            "`{}`: {error}",
            if side == 0 { "original" } else { "update" }
        ))
    });
    (id, report)
}

fn infer(file: &Path, input: impl BufRead, out: &mut impl Write) -> io::Result<u8> {
    if file == Path::new("-") {
        return learn(input, out);
    }
    match fs::File::open(file) {
        Ok(opened) => learn(io::BufReader::new(opened), out),
        Err(error) => {
            writeln!(out, "{}: {error}", file.display())?;
            Ok(UNUSABLE)
        }
    }
}

/// The event in a line: of one that `eventscope export` or *Copy* wrote its payload, if that is JSON, else
/// the line itself.
fn event_in(line: Value) -> Option<Value> {
    let is_exported = ["received_at", "destination", "key"]
        .iter()
        .all(|name| line.get(name).is_some_and(Value::is_string));
    let Value::Object(mut fields) = line else {
        return Some(line);
    };
    if !is_exported {
        return Some(Value::Object(fields));
    }
    if let Some(payload) = fields.remove("payload") {
        return Some(payload);
    }
    let text = fields.remove("payload_text")?;
    serde_json::from_str(text.as_str()?).ok()
}

fn learn(input: impl BufRead, out: &mut impl Write) -> io::Result<u8> {
    let mut shape = InferredShape::default();
    for (number, line) in input.split(b'\n').enumerate() {
        let line = line?;
        // A byte order mark stands at the beginning of a file, and of each that was put together.
        let line = line.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(&line);
        if line.iter().all(u8::is_ascii_whitespace) {
            continue;
        }
        match serde_json::from_slice::<Value>(line) {
            Ok(line) => {
                if let Some(event) = event_in(line) {
                    shape.learn(&event);
                }
            }
            Err(error) => {
                writeln!(out, "Line {} is not JSON: {error}", number + 1)?;
                return Ok(UNUSABLE);
            }
        }
    }
    if shape.seen == 0 {
        writeln!(out, "There is no event to learn from")?;
        return Ok(UNUSABLE);
    }
    writeln!(out, "{:#}", shape.schema())?;
    Ok(COMPATIBLE)
}
