//! Bodies of other writers, of our own, and of nobody.

use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::schema::body::ReadBody;
use crate::text::json::rows;

const LIMIT: usize = 100_000;

fn avro(schema: &serde_json::Value) -> Avro {
    Avro::new(schema).unwrap()
}

fn text(body: &ReadBody) -> &str {
    std::str::from_utf8(&body.json).unwrap()
}

/// A schema with all that Avro has.
const ORDER: &str = r#"{
 "type": "record",
 "name": "Order",
 "namespace": "shop",
 "fields": [
  {
   "name": "id",
   "type": {
    "type": "string",
    "logicalType": "uuid"
   }
  },
  {
   "name": "number",
   "type": "long"
  },
  {
   "name": "total",
   "type": {
    "type": "bytes",
    "logicalType": "decimal",
    "precision": 12,
    "scale": 2
   }
  },
  {
   "name": "fee",
   "type": [
    "null",
    {
     "type": "fixed",
     "name": "Fee",
     "size": 4,
     "logicalType": "decimal",
     "precision": 9,
     "scale": 3
    }
   ]
  },
  {
   "name": "day",
   "type": {
    "type": "int",
    "logicalType": "date"
   }
  },
  {
   "name": "at",
   "type": [
    "null",
    {
     "type": "long",
     "logicalType": "timestamp-micros"
    }
   ]
  },
  {
   "name": "ms",
   "type": {
    "type": "long",
    "logicalType": "timestamp-millis"
   }
  },
  {
   "name": "noon",
   "type": {
    "type": "int",
    "logicalType": "time-millis"
   }
  },
  {
   "name": "state",
   "type": {
    "type": "enum",
    "name": "State",
    "symbols": [
     "NEW",
     "PAID"
    ]
   }
  },
  {
   "name": "tags",
   "type": {
    "type": "array",
    "items": "string"
   }
  },
  {
   "name": "prices",
   "type": {
    "type": "map",
    "values": "double"
   }
  },
  {
   "name": "either",
   "type": [
    "null",
    "string",
    "bytes",
    "int"
   ]
  },
  {
   "name": "next",
   "type": [
    "null",
    "Order"
   ]
  },
  {
   "name": "ratio",
   "type": "float"
  },
  {
   "name": "hash",
   "type": {
    "type": "fixed",
    "name": "Hash",
    "size": 3
   }
  },
  {
   "name": "yes",
   "type": "boolean"
  }
 ]
}"#;

/// What fastavro 1.13 wrote with [`ORDER`].
const BYTES: &str = "4838393739316435612d333330632d346630662d386239652d343234623164356336613031828080808080802006fe1dc6020000007de0c4020280d9b0eaddceb006018ab899290204026104c3a9000202789a9999999999b93f00040400ff00cdcccc3d01020301";

fn order() -> (Avro, Vec<u8>) {
    let schema = serde_json::from_str(ORDER).unwrap();
    (avro(&schema), crate::text::hex::bytes(BYTES).unwrap())
}

#[test]
fn what_another_library_wrote_is_read_by_its_meaning_and_written_back() {
    let (avro, body) = order();
    let found = read(&avro, &body, LIMIT);
    assert!(found.is_whole(body.len()) && found.is_exact, "{found:?}");
    let expected = r#"{"id":"89791d5a-330c-4f0f-8b9e-424b1d5c6a01","number":9007199254740993,"total":-1234.50,"fee":0.125,"day":"2026-11-27","at":"2026-11-27T05:00:00.123456Z","ms":"1969-12-31T23:59:59.999Z","noon":"12:00:00.005","state":"PAID","tags":["a","é"],"prices":{"x":0.1},"either":{"bytes":"hex:00ff"},"next":null,"ratio":0.1,"hash":"hex:010203","yes":true}"#;
    assert_eq!(text(&found), expected);
    assert_eq!(write(&avro, text(&found)).unwrap(), body);
    // The raw values stand beside their rows.
    let rows = rows(&found.json).rows;
    let raw = |name: &str| {
        let is_row = |(row, _): &&(usize, String)| rows[*row].name.as_deref() == Some(name);
        found.raw.iter().find(is_row).map(|(_, raw)| raw.as_str())
    };
    assert_eq!(raw("total"), Some("hex:fe1dc6"));
    assert_eq!(
        (raw("day"), raw("ms"), raw("number")),
        (Some("20784"), Some("-1"), None)
    );
    // An edit changes what it changes.
    let edited = text(&found)
        .replace("-1234.50", "99999999999.99")
        .replace("NEW", "PAID");
    let again = read(&avro, &write(&avro, &edited).unwrap(), LIMIT);
    assert_eq!(text(&again), edited);
}

#[test]
fn what_does_not_fit_the_schema_is_told_with_its_place() {
    let (avro, body) = order();
    let found = read(&avro, &body, LIMIT);
    for (from, to, place, part) in [
        ("\"PAID\"", "\"LOST\"", "/state", "one of NEW, PAID"),
        (
            "9007199254740993",
            "1.5",
            "/number",
            "a whole number that fits into long",
        ),
        ("-1234.50", "1.005", "/total", "decimal(12, 2)"),
        ("0.125", "99999999", "/fee", "4 bytes"),
        ("2026-11-27T", "yesterday", "/at", "timestamp-micros"),
        ("05.123456Z", "05.1234567Z", "", ""),
        ("00.123456Z", "00.1234567Z", "/at", "timestamp-micros"),
        ("[\"a\",", "[7,", "/tags/0", "text"),
        (
            "{\"bytes\":\"hex:00ff\"}",
            "\"x\"",
            "/either",
            "one of null, string, bytes, int",
        ),
        ("hex:010203", "hex:0102", "/hash", "3 bytes"),
        ("hex:010203", "abc", "/hash", "hex: or base64:"),
        ("\"yes\":true", "\"no\":true", "The document", "no field no"),
        (",\"yes\":true", "", "The document", "yes is missing"),
        ("\"next\":null", "\"next\":{}", "/next", "id is missing"),
    ] {
        let edited = text(&found).replace(from, to);
        match write(&avro, &edited) {
            Ok(_) => assert_eq!(part, "", "{to}"),
            Err(words) => assert!(words.starts_with(place) && words.contains(part), "{words}"),
        }
    }
}

#[test]
fn a_union_is_bare_where_its_value_tells_the_branch() {
    let check = |union: serde_json::Value, body: &[u8], expected: &str| {
        let avro = avro(&union);
        let found = read(&avro, body, LIMIT);
        assert_eq!((text(&found), &found.problem), (expected, &None), "{union}");
        assert_eq!(write(&avro, expected).unwrap(), body);
    };
    check(json!(["null", "string"]), &[2, 2, b'a'], "\"a\"");
    check(json!(["string", "null"]), &[2], "null");
    check(json!(["null", "int", "string", "boolean"]), &[2, 3], "-2");
    check(json!(["int", "long"]), &[2, 3], "{\"long\":-2}");
    check(
        json!(["double", "string"]),
        &[2, 2, b'a'],
        "{\"string\":\"a\"}",
    );
    let records = json!([
        {"type": "record", "name": "a.A", "fields": []},
        {"type": "record", "name": "B", "fields": [{"name": "x", "type": "int"}]},
        {"type": "map", "values": "int"},
    ]);
    check(records.clone(), &[2, 2], "{\"B\":{\"x\":1}}");
    check(records.clone(), &[0], "{\"a.A\":{}}");
    check(records, &[4, 2, 2, b'k', 2, 0], "{\"map\":{\"k\":1}}");
}

#[test]
fn blocks_may_be_several_and_tell_their_size() {
    let avro = avro(&json!({"type": "array", "items": "int"}));
    let found = read(&avro, &[2, 2, 3, 4, 4, 6, 0], LIMIT);
    assert_eq!((text(&found), &found.problem), ("[1,2,3]", &None));
    assert_eq!(write(&avro, "[1,2,3]").unwrap(), [6, 2, 4, 6, 0]);
    assert_eq!(write(&avro, "[]").unwrap(), [0]);
}

#[test]
fn what_is_broken_is_told_and_shown_as_far_as_it_goes() {
    let (order, body) = order();
    let cut = read(&order, &body[..60], LIMIT);
    assert!(cut.problem.unwrap().contains("ends too early"));
    assert!(rows(&cut.json).stopped.is_none());
    let more = read(&order, &[&body[..], b"xy"].concat(), LIMIT);
    assert!(more.problem.unwrap().contains("2 bytes follow"));
    let check = |schema: serde_json::Value, body: &[u8], part: &str| {
        let found = read(&avro(&schema), body, LIMIT);
        let problem = found.problem.unwrap();
        assert!(problem.contains(part), "{problem}");
    };
    check(json!("boolean"), &[2], "neither 0 nor 1");
    check(
        json!("int"),
        &[0x80, 0x80, 0x80, 0x80, 0x20],
        "larger than 32 bits",
    );
    check(json!("long"), &[0xff; 11], "larger than 64 bits");
    check(json!("string"), &[1], "length is negative");
    check(
        json!(["null"]),
        &[2],
        "no such branch"
            .replace("no such", "without such a")
            .as_str(),
    );
    let not_text = read(&avro(&json!("string")), &[2, 0xff], LIMIT);
    assert_eq!((text(&not_text), not_text.is_exact), ("\"hex:ff\"", false));
}

#[test]
fn hostile_bodies_cost_no_more_than_they_are_worth() {
    let endless = json!({"type": "record", "name": "R", "fields": [{"name": "next", "type": "R"}]});
    let found = read(&avro(&endless), b"", LIMIT);
    assert!(found.problem.unwrap().contains("nested too deeply"));
    let list =
        json!({"type": "record", "name": "R", "fields": [{"name": "next", "type": ["null", "R"]}]});
    let found = read(&avro(&list), &vec![2; 1_000_000], LIMIT);
    assert!(found.problem.unwrap().contains("nested too deeply"));
    // Five bytes of which apache-avro 0.21 makes two gigabytes.
    let nulls = avro(&json!({"type": "array", "items": "null"}));
    let mut body = Vec::new();
    let mut count = 80_000_000_u64;
    while count > 0 {
        body.push(u8::try_from(count & 0x7f).unwrap() | if count >= 0x80 { 0x80 } else { 0 });
        count >>= 7;
    }
    body.push(0);
    let found = read(&nulls, &body, LIMIT);
    assert!(
        found.cut && found.json.len() < LIMIT + 100,
        "{}",
        found.json.len()
    );
    // Wide and deep without a byte: a hundred fields of a hundred fields, and so on.
    let mut types = vec![json!("null")];
    for level in 0..20 {
        let inner = types.last().cloned().unwrap();
        let name = format!("L{level}");
        let mut fields = vec![json!({"name": "f0", "type": inner})];
        let inner = fields[0]["type"]["name"].clone();
        let inner = if inner.is_null() {
            json!("null")
        } else {
            inner
        };
        fields.extend((1..100).map(|at| json!({"name": format!("f{at}"), "type": inner})));
        types.push(json!({"type": "record", "name": name, "fields": fields}));
    }
    let found = read(&avro(types.last().unwrap()), b"", LIMIT);
    assert!(found.cut && found.json.len() < LIMIT + 1_000);
}

fn any_value(depth: u32) -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        Just("null".to_owned()),
        any::<i64>().prop_map(|number| number.to_string()),
        "[a-z]{0,5}".prop_map(|text| format!("\"{text}\"")),
        any::<bool>().prop_map(|is_true| is_true.to_string()),
    ];
    leaf.prop_recursive(depth, 64, 5, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4)
                .prop_map(|items| format!("[{}]", items.join(","))),
            prop::collection::vec(("[a-z]{1,3}", inner), 0..4).prop_map(|members| {
                let members = members
                    .iter()
                    .map(|(name, value)| format!("\"{name}\":{value}"));
                format!("{{{}}}", members.collect::<Vec<_>>().join(","))
            }),
        ]
    })
}

proptest! {
    /// A schema that takes any JSON of strings, whole numbers and the like.
    #[test]
    fn what_is_written_reads_back(value in any_value(6)) {
        let any = json!({"type": "record", "name": "Any", "fields": [{"name": "v", "type": [
            "null", "boolean", "long", "string",
            {"type": "array", "items": {"type": "record", "name": "Item", "fields": [{"name": "i", "type": "Any"}]}},
        ]}]});
        let avro = avro(&any);
        let json = wrapped(&value);
        let body = write(&avro, &json).unwrap();
        let found = read(&avro, &body, LIMIT);
        prop_assert_eq!(text(&found), json);
        prop_assert!(found.is_whole(body.len()) && found.is_exact);
    }

    #[test]
    fn any_bytes_are_read_without_a_panic(body in prop::collection::vec(any::<u8>(), 0..200), at in 0_usize..80) {
        let (avro, whole) = order();
        let mixed = [&whole[..at.min(whole.len())], &body].concat();
        for body in [body, mixed] {
            let found = read(&avro, &body, 1_000);
            prop_assert!(rows(&found.json).stopped.is_none() || found.json.is_empty());
            if found.is_whole(body.len()) && found.is_exact {
                let again = write(&avro, text(&found)).unwrap();
                prop_assert_eq!(read(&avro, &again, 1_000).json, found.json);
            }
        }
    }

    #[test]
    fn decimals_keep_their_digits(bytes in prop::collection::vec(any::<u8>(), 1..40), scale in 0_u64..50) {
        let text = meaning::decimal_text(&bytes, scale).unwrap();
        let back = meaning::decimal_bytes(&text, scale).unwrap();
        prop_assert_eq!(meaning::decimal_text(&back, scale).unwrap(), text);
        let size = bytes.len();
        prop_assert_eq!(meaning::widened(&back, size), Some(bytes));
    }
}

/// The same with each array's items in records, and objects as arrays.
fn wrapped(json: &str) -> String {
    fn value(of: &serde_json::Value) -> serde_json::Value {
        let items = |items: Vec<&serde_json::Value>| {
            json!(
                items
                    .into_iter()
                    .map(|one| json!({"i": value(one)}))
                    .collect::<Vec<_>>()
            )
        };
        json!({"v": match of {
            serde_json::Value::Array(list) => items(list.iter().collect()),
            serde_json::Value::Object(map) => items(map.values().collect()),
            other => other.clone(),
        }})
    }
    value(&serde_json::from_str(json).unwrap()).to_string()
}
