//! How long a comparison of schemas takes, in milliseconds.

use std::collections::BTreeMap;
use std::time::Instant;

use eventscope::prover::Prover;
use eventscope::schema::compare::sets;
use eventscope::schema::{Cancel, Policy, Version, compare};
use serde_json::{Map, Value, json};

fn version(schema: Value) -> Version {
    Version::new(schema, None, &BTreeMap::new()).expect("a schema")
}

/// Twelve alternatives that all contain each other: what hung a registry once.
fn recursive(limit: u32) -> Value {
    let branches: Vec<Value> = (0..12)
        .map(|at| {
            json!({
                "type": "object",
                "properties": {
                    "kind": {"const": format!("kind{at}")},
                    "value": {"type": "string", "maxLength": limit + at},
                    "left": {"$ref": "#/$defs/node"},
                    "right": {"type": "array", "items": {"$ref": "#/$defs/node"}}
                },
                "required": ["kind"]
            })
        })
        .collect();
    json!({"$defs": {"node": {"oneOf": branches}}, "$ref": "#/$defs/node"})
}

fn wide(more: bool) -> Value {
    let mut properties: Map<String, Value> = (0..3_000)
        .map(|at| {
            (
                format!("field{at}"),
                json!({"type": "string", "maxLength": 40}),
            )
        })
        .collect();
    if more {
        properties.insert("field7".into(), json!({"type": "integer"}));
        properties.insert("another".into(), json!({"type": "string"}));
    }
    json!({"type": "object", "properties": properties})
}

fn took(old: Value, new: Value) -> f64 {
    let start = Instant::now();
    let report = compare(
        &version(old),
        &version(new),
        Policy::Event,
        &Cancel::default(),
    );
    assert!(!report.changes.is_empty());
    start.elapsed().as_secs_f64() * 1_000.0
}

pub(crate) fn measure() {
    sets::install(Prover::new(env!("CARGO_BIN_EXE_eventscope")));
    println!(
        "value schema_recursive_ms {:.1}",
        took(recursive(10), recursive(11))
    );
    println!(
        "value schema_3000_properties_ms {:.1}",
        took(wide(false), wide(true))
    );
}
