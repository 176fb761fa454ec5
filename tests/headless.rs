//! `eventscope schema check`, as a build calls it.

#![allow(clippy::expect_used, clippy::unwrap_used, reason = "tests")]

use std::io::Write as _;
use std::process::{Command, Output, Stdio};

use serde_json::{Value, json};

fn eventscope(arguments: &[&str], input: &str) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_eventscope"))
        .args(["schema", if arguments == ["-"] { "infer" } else { "check" }])
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    let mut stdin = child.stdin.take().expect("a pipe");
    stdin.write_all(input.as_bytes()).expect("input");
    drop(stdin);
    child.wait_with_output().expect("it ends")
}

fn lines(output: &Output) -> Vec<Value> {
    let text = std::str::from_utf8(&output.stdout).expect("text");
    text.lines()
        .map(|line| serde_json::from_str(line).expect("a line of JSON"))
        .collect()
}

struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir().expect("a folder"))
    }

    fn write(&self, name: &str, content: &str) -> String {
        let path = self.0.path().join(name);
        std::fs::write(&path, content).expect("a file");
        path.to_str().expect("a path").to_owned()
    }
}

const OLD: &str = r#"{"type":"object","properties":{"id":{"type":"string"}},"required":["id"]}"#;
const NEW: &str = r#"{"type":"object","properties":{"id":{"type":"string"},"currency":{"type":"string"}},"required":["id","currency"]}"#;

#[test]
fn the_exit_code_says_whether_it_is_compatible() {
    let folder = Folder::new();
    let (old, new) = (folder.write("1.json", OLD), folder.write("2.json", NEW));
    assert_eq!(eventscope(&[&old, &new], "").status.code(), Some(1));
    assert_eq!(
        eventscope(&[&old, &new, "--level", "forward"], "")
            .status
            .code(),
        Some(0)
    );
    assert_eq!(
        eventscope(&[&old, &old, "--level", "FULL"], "")
            .status
            .code(),
        Some(0)
    );
    let broken = folder.write("3.json", "{");
    for unusable in [broken.as_str(), "/nowhere/4.json"] {
        let output = eventscope(&[&old, unusable], "");
        assert_eq!(output.status.code(), Some(2));
        assert!(
            String::from_utf8_lossy(&output.stdout).contains(unusable),
            "{output:?}"
        );
    }
    assert_eq!(
        eventscope(&[&old, &new, "--policy", "mine"], "")
            .status
            .code(),
        Some(2)
    );
}

#[test]
fn json_says_what_breaks_and_shows_an_event() {
    let folder = Folder::new();
    let (old, new) = (folder.write("1.json", OLD), folder.write("2.json", NEW));
    let output = eventscope(&[&old, &new, "--format", "json"], "");
    let report = &lines(&output)[0];
    assert_eq!(report["backward"], "no");
    assert_eq!(report["forward"], "yes");
    assert_eq!(report["compatible"], false);
    assert_eq!(report["proof"], "example");
    assert_eq!(report["changes"][0]["path"], "#/currency");
    assert_eq!(report["changes"][0]["kind"], "required-property-added");
    assert_eq!(report["changes"][0]["backward"], "breaks");
    assert_eq!(report["changes"][0]["forward"], "ok");
    assert!(report["example"].get("currency").is_none() && report["example"].get("id").is_some());
    let markdown = eventscope(&[&old, &new, "--format", "markdown"], "");
    let markdown = String::from_utf8_lossy(&markdown.stdout).into_owned();
    assert!(
        markdown.contains("| `#/currency` | required-property-added | breaks | ok |"),
        "{markdown}"
    );
}

#[test]
fn references_lead_to_the_files_of_the_folder() {
    let folder = Folder::new();
    folder.write(
        "money.json",
        r#"{"type":"object","properties":{"amount":{"type":"number"}}}"#,
    );
    let old = folder.write(
        "1.json",
        r#"{"properties":{"total":{"$ref":"money.json"}}}"#,
    );
    let new = folder.write(
        "2.json",
        r#"{"properties":{"total":{"type":"object","properties":{"amount":{"type":"string"}}}}}"#,
    );
    let output = eventscope(&[&old, &new, "--format", "json"], "");
    assert_eq!(
        lines(&output)[0]["changes"][0]["path"],
        "#/total/amount",
        "{output:?}"
    );
    let lost = folder.write(
        "3.json",
        r#"{"properties":{"total":{"$ref":"https://example.com/money.json"}}}"#,
    );
    let output = eventscope(&[&old, &lost], "");
    assert_eq!(output.status.code(), Some(2));
    assert!(
        String::from_utf8_lossy(&output.stdout).contains("leads nowhere"),
        "{output:?}"
    );
}

#[test]
fn protobuf_is_compared_in_pairs_and_in_files() {
    let order = |fields: &str| format!("syntax = \"proto3\"; message Order {{ {fields} }}");
    let pair = |original: String, update: String| {
        json!({"id": 1, "format": "protobuf", "original": original, "update": update}).to_string()
    };
    let input = [
        pair(order("int32 a = 1;"), order("int64 a = 1; string b = 2;")),
        pair(order("int32 a = 1;"), order("string a = 1;")),
        pair(order("int32 a = 1;"), order("int32 a = ;")),
        json!({"id": 4, "schemaType": "PROTOBUF", "original": order("")}).to_string(),
    ]
    .join("\n");
    let output = eventscope(&["--stdin-pairs"], &input);
    let reports = lines(&output);
    assert_eq!(
        (reports.len(), output.status.code()),
        (4, Some(2)),
        "{output:?}"
    );
    let answer = |at: usize| {
        (
            reports[at]["backward"].as_str(),
            reports[at]["forward"].as_str(),
        )
    };
    assert_eq!(answer(0), (Some("yes"), Some("yes")));
    assert_eq!(answer(1), (Some("no"), Some("no")));
    assert_eq!(reports[1]["changes"][0]["kind"], "scalar-changed");
    assert_eq!(reports[1]["changes"][0]["path"], "#/Order/a");
    let error = |at: usize| reports[at]["error"].as_str().unwrap_or_default();
    assert!(
        error(2).starts_with("`update`: It is not valid Protobuf. In line 1"),
        "{}",
        error(2)
    );
    assert!(error(3).contains("no text `update`"), "{}", error(3));

    let folder = Folder::new();
    folder.write(
        "money.proto",
        "message Money { optional int64 amount = 1; }",
    );
    let import = "import \"money.proto\"; message Order { optional Money total = 1; }";
    let old = folder.write("1.proto", import);
    let new = folder.write("2.proto", &import.replace("total = 1", "total = 2"));
    let output = eventscope(&[&old, &new, "--level", "FULL"], "");
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let broken = folder.write("3.proto", "message {");
    let output = eventscope(&[&old, &broken], "");
    assert_eq!(output.status.code(), Some(2));
    let words = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(
        words.contains("3.proto: It is not valid Protobuf"),
        "{words}"
    );
}

#[test]
fn pairs_are_answered_in_order_whatever_they_hold() {
    let deep = format!("{}1{}", "[".repeat(10_000), "]".repeat(10_000));
    let pair = |id: Value, original: Value, update: Value| {
        json!({"id": id, "original": original, "update": update}).to_string()
    };
    let input = [
        pair(
            json!("a"),
            json!({"type": "integer"}),
            json!({"type": "number"}),
        ),
        "not JSON".to_owned(),
        pair(json!(3), json!({"type": 7}), json!({})),
        format!(r#"{{"id":"deep","original":{deep},"update":{{}}}}"#),
        pair(json!("avro"), json!("int"), json!("long")),
        pair(json!("text"), json!(OLD), json!(NEW)),
        pair(json!("none"), json!({"$ref": "#/nowhere"}), json!({})),
        json!({"id": "half", "original": {}}).to_string(),
        pair(json!("self"), json!({"$ref": "#"}), json!({"$ref": "#"})),
    ]
    .join("\n");
    let output = eventscope(&["--stdin-pairs"], &input);
    let reports = lines(&output);
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(reports.len(), 9, "{output:?}");
    assert_eq!(
        (
            &reports[0]["id"],
            &reports[0]["backward"],
            &reports[0]["forward"]
        ),
        (&json!("a"), &json!("yes"), &json!("no"))
    );
    for at in [1, 2, 3, 6, 7] {
        assert!(reports[at]["error"].is_string(), "{}", reports[at]);
    }
    assert_eq!(reports[2]["id"], 3);
    assert_eq!(
        (&reports[4]["backward"], &reports[4]["forward"]),
        (&json!("yes"), &json!("no"))
    );
    assert_eq!(reports[5]["backward"], "no");
    assert_eq!(reports[8]["id"], "self");
}

#[test]
fn the_sample_schemas_are_judged_as_their_story_goes() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/assets/schemas/order.created");
    let (old, new) = (
        format!("{folder}/1.schema.json"),
        format!("{folder}/2.schema.json"),
    );
    let output = eventscope(&[&old, &new, "--format", "json"], "");
    let report = &lines(&output)[0];
    assert_eq!(
        (&report["backward"], &report["forward"]),
        (&json!("no"), &json!("no")),
        "{report}"
    );
}

#[test]
fn a_schema_is_learned_from_lines() {
    let lines: Vec<String> = (0..30).map(|id| json!({ "id": id }).to_string()).collect();
    let events = lines.join("\n");
    let output = eventscope(&["-"], &events);
    assert_eq!(output.status.code(), Some(0));
    let schema: Value = serde_json::from_slice(&output.stdout).expect("a schema");
    assert_eq!(schema["required"], json!(["id"]));
    // Lines that Eventscope itself wrote are about the event in them.
    let exported = r#"{"received_at":"2026-01-31T12:00:00.000Z","destination":"shop","key":"k","#;
    let lines = format!(
        "{exported}\"payload\":{{\"id\":1}}}}\n{exported}\"payload_text\":\"{{ \\\"id\\\": 2 }}\"}}\n{exported}\"payload_base64\":\"AA==\"}}\n"
    );
    let output = eventscope(&["-"], &lines);
    let schema: Value = serde_json::from_slice(&output.stdout).expect("a schema");
    let names: Vec<&String> = schema["properties"]
        .as_object()
        .expect("names")
        .keys()
        .collect();
    assert_eq!(names, ["id"]);
    let output = eventscope(&["-"], "{}\nnot\n");
    assert_eq!(output.status.code(), Some(2));
    assert!(
        String::from_utf8_lossy(&output.stdout).contains("Line 2"),
        "{output:?}"
    );
}

#[test]
fn avro_that_no_reader_accepts_is_unusable_and_the_place_is_told() {
    let folder = Folder::new();
    let with = |fields: &str| {
        format!(r#"{{"type":"record","name":"Bill","namespace":"till","fields":[{fields}]}}"#)
    };
    let good = folder.write("1.avsc", &with(r#"{"name":"id","type":"string"}"#));
    for (fields, place) in [
        (
            r#"{"name":"id","type":"string","default":null}"#,
            "#/fields/0/default",
        ),
        (
            r#"{"name":"id","type":["null",["int"]]}"#,
            "#/fields/0/type/1",
        ),
        (
            r#"{"name":"id","type":"int"},{"name":"id","type":"int"}"#,
            "#/fields/1/name",
        ),
    ] {
        let bad = folder.write("2.avsc", &with(fields));
        for pair in [[&good, &bad], [&bad, &good]] {
            let output = eventscope(&[pair[0], pair[1], "--level", "FULL"], "");
            let told = String::from_utf8_lossy(&output.stdout).into_owned();
            assert_eq!(output.status.code(), Some(2), "{told}");
            assert!(told.contains(place) && told.contains("2.avsc"), "{told}");
        }
    }
}

#[test]
fn relative_addresses_folders_and_byte_order_marks_are_read() {
    let folder = Folder::new();
    for side in ["a", "b"] {
        std::fs::create_dir_all(folder.0.path().join(side).join("shared")).expect("a folder");
    }
    let bill = r#"{"$schema":"http://json-schema.org/draft-07/schema","$id":"types/bill.json","type":"object","properties":{"payer":{"$ref":"person.json"},"shop":{"$ref":"../shared/shop.json"}}}"#;
    let person = |kind: &str| {
        format!(
            r#"{{"$id":"types/person.json","type":"object","properties":{{"age":{{"type":"{kind}"}}}}}}"#
        )
    };
    let [old, new] = ["a", "b"].map(|side| {
        folder.write(&format!("{side}/shared/shop.json"), r#"{"type":"string"}"#);
        folder.write(&format!("{side}/bill.json"), &format!("\u{feff}{bill}"))
    });
    folder.write("a/person.json", &format!("\u{feff}{}", person("string")));
    folder.write("b/person.json", &person("integer"));
    let output = eventscope(&[&old, &new, "--format", "json", "--level", "FULL"], "");
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let report = &lines(&output)[0];
    assert_eq!(report["changes"][0]["path"], "#/payer/age", "{report}");
    // Tools of Windows write UTF-16.
    let wide: Vec<u8> = std::iter::once(0xfeff)
        .chain(bill.encode_utf16())
        .flat_map(u16::to_le_bytes)
        .collect();
    std::fs::write(&new, wide).expect("a file");
    let wide = eventscope(&[&old, &new, "--format", "json", "--level", "FULL"], "");
    assert_eq!(lines(&wide)[0]["changes"], report["changes"], "{wide:?}");
    let output = eventscope(&["-"], "\u{feff}{\"a\":1}\n{\"a\":2}\n");
    assert_eq!(output.status.code(), Some(0), "{output:?}");
}

#[test]
fn large_pairs_are_answered_with_little_memory() {
    let object = |depth: usize| {
        let mut inner = json!({"type": "string", "format": "uri"});
        for level in 0..depth {
            let members: serde_json::Map<String, Value> = (0..30)
                .map(|at| {
                    (
                        format!("m{level}_{at}"),
                        if at == 7 {
                            inner.clone()
                        } else {
                            json!({"type": ["string", "null"], "maxLength": at + 10})
                        },
                    )
                })
                .collect();
            let required: Vec<&String> = members.keys().collect();
            inner = json!({"type": "object", "required": required, "properties": members, "additionalProperties": false});
        }
        inner
    };
    let old = object(12);
    let mut new = old.clone();
    let mut at = &mut new;
    for level in (0..12).rev() {
        at = &mut at["properties"][format!("m{level}_7")];
    }
    *at = json!({"type": ["string", "null"]});
    let line = json!({"id": 1, "original": old, "update": new}).to_string();
    let output = eventscope(&["--stdin-pairs", "--level", "FULL"], &format!("{line}\n"));
    let report = &lines(&output)[0];
    assert_eq!(
        report["directions"]["backward"]["proof"], "proved",
        "{report}"
    );
    assert_eq!(report["forward"], "no", "{report}");
    assert_eq!(
        report["directions"]["forward"]["proof"], "example",
        "{report}"
    );
}
