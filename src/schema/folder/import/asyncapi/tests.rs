//! Documents of both generations, in both ways of writing, and hostile ones.

use super::*;
use crate::schema::folder::import::Outcome;

const TWO: &str = r"
asyncapi: 2.6.0
info: {title: Shop, version: 1.2.0}
channels:
  order.created:
    bindings: {amqp: {is: routingKey, exchange: {name: shop, type: topic}}}
    publish:
      message: {$ref: '#/components/messages/OrderCreated'}
  user.{id}.changed:
    subscribe:
      message:
        oneOf:
          - name: user.renamed
            schemaFormat: application/schema+json;version=2020-12
            payload: {type: object, properties: {name: {type: string}}}
          - $ref: '#/components/messages/UserMoved'
components:
  messages:
    OrderCreated:
      payload: {$ref: '#/components/schemas/Order'}
      examples:
        - {name: small, payload: {id: 1}}
        - payload: {id: 2, lines: [{qty: 3}]}
        - {headers: {a: 1}}
    UserMoved:
      schemaFormat: 'application/vnd.apache.avro+json;version=1.9.0'
      payload: {type: record, name: Moved, fields: [{name: to, type: string}]}
    Lonely: {payload: {type: integer}}
    Odd: {schemaFormat: 'application/raml+yaml;version=1.0', payload: {type: x}}
    Empty: {title: nothing}
    Away: {payload: {$ref: './away.yaml#/x'}}
  schemas:
    Order:
      type: object
      properties:
        id: {type: integer}
        lines: {type: array, items: {$ref: '#/components/schemas/Line'}}
    Line: {type: object, properties: {qty: {type: integer}}}
";

fn of<'h>(haul: &'h FoundSchemas, name: &str) -> &'h Incoming {
    let found = haul.found.iter().find(|one| one.event_type == name);
    found.unwrap_or_else(|| panic!("no {name} in {:#?}", haul.found))
}

#[test]
fn a_document_of_the_second_generation_gives_types_and_samples() {
    let haul = read(TWO, "/x/shop.yaml").unwrap();
    let order = of(&haul, "order.created");
    assert_eq!(order.version.as_deref(), Some("1.2.0"));
    assert_eq!(
        (&order.destinations[..], &order.keys[..]),
        (&["shop".to_owned()][..], &["order.created".to_owned()][..])
    );
    let schema: Value = serde_json::from_str(&order.text).unwrap();
    assert_eq!(schema["$schema"], DRAFT_SEVEN);
    assert_eq!(
        schema["properties"]["lines"]["items"]["$ref"],
        "#/$defs/Line"
    );
    assert_eq!(
        schema["$defs"]["Line"]["properties"]["qty"]["type"],
        "integer"
    );
    let names: Vec<&str> = order
        .samples
        .iter()
        .map(|(name, _)| name.as_str())
        .collect();
    assert_eq!(names, ["small", "example-2"]);
    assert!(of(&haul, "user.renamed").text.contains("2020-12"));
    let moved = of(&haul, "UserMoved");
    assert!(moved.avro && !moved.text.contains("$schema"));
    assert_eq!(moved.keys, ["user.*.changed"]);
    of(&haul, "Lonely");
    assert_eq!(haul.found.len(), 4);
    let skipped: Vec<(&str, &str)> = haul
        .skipped
        .iter()
        .map(|line| (line.name.as_str(), line.words.as_str()))
        .collect();
    assert_eq!(skipped.len(), 3, "{skipped:?}");
    assert!(
        skipped
            .iter()
            .any(|(name, words)| *name == "Odd" && words.contains("raml"))
    );
    assert!(
        skipped
            .iter()
            .any(|(name, words)| *name == "Away" && words.contains("away.yaml"))
    );
    assert!(
        haul.skipped
            .iter()
            .all(|line| line.outcome == Outcome::Skipped)
    );
}

#[test]
fn a_document_of_the_third_generation_gives_the_same() {
    let document = json!({
        "asyncapi": "3.0.0",
        "info": {"title": "Shop", "version": "2"},
        "channels": {
            "orders": {"address": "order.created", "messages": {
                "created": {"$ref": "#/components/messages/created"}}},
            "many": {"address": null, "messages": {
                "a": {"payload": {"schemaFormat": "application/schema+json;version=draft-04", "schema": {"type": "object"}}},
                "b": {"name": "b.happened", "payload": {"type": "string"}}}},
        },
        "operations": {"send": {"action": "send", "channel": {"$ref": "#/channels/orders"},
            "messages": [{"$ref": "#/channels/orders/messages/created"}]}},
        "components": {"messages": {"created": {"payload": {"type": "object"}}}},
    });
    let haul = read(&document.to_string(), "x").unwrap();
    let names: Vec<&str> = haul
        .found
        .iter()
        .map(|one| one.event_type.as_str())
        .collect();
    assert_eq!(names, ["order.created", "a", "b.happened"]);
    assert!(of(&haul, "a").text.contains("draft-04"));
    assert_eq!(of(&haul, "b.happened").version.as_deref(), Some("2"));
}

#[test]
fn what_is_no_such_document_says_so() {
    for (text, words) in [
        ("openapi: 3.0.0", "no member `asyncapi`"),
        ("{\"asyncapi\": \"1.2.0\"}", "AsyncAPI 1.2.0"),
        ("a: [", "neither JSON nor YAML"),
        ("", "no member"),
    ] {
        let told = read(text, "x").unwrap_err();
        assert!(told.contains(words), "{text:?}: {told}");
        assert!(!told.contains('\n'), "{told}");
    }
}

#[test]
fn hostile_documents_end_soon() {
    // Each line names the one before ten times.
    let mut bomb = "asyncapi: 2.0.0\na0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for at in 1..12 {
        let before = at - 1;
        let many = vec![format!("*a{before}"); 10].join(", ");
        bomb.push_str(&format!("a{at}: &a{at} [{many}]\n"));
    }
    assert!(read(&bomb, "x").unwrap_err().contains("neither"));
    let deep = format!("asyncapi: 2.0.0\na: {}", "[".repeat(100_000));
    assert!(read(&deep, "x").is_err());
    let round = json!({"asyncapi": "2.0.0",
        "channels": {"a": {"publish": {"message": {"$ref": "#/components/messages/b"}}}},
        "components": {"messages": {"b": {"$ref": "#/components/messages/b"},
            "c": {"name": "../../c", "payload": {"$ref": "#/components/messages/c/payload"}}}}});
    let haul = read(&round.to_string(), "x").unwrap();
    assert!(
        haul.skipped
            .iter()
            .any(|line| line.words.contains("nowhere"))
    );
    assert!(haul.found.iter().all(|one| !one.event_type.contains('/')));
}

#[test]
fn keys_and_versions_that_are_numbers_are_texts() {
    let text = "asyncapi: 2.0.0\ninfo: {version: 1.0}\nx-codes: {200: ok}\nchannels:\n  \
                '7': {publish: {message: {payload: {enum: [no, 1_0, 1, null]}}}}\n";
    let haul = read(text, "x").unwrap();
    let one = of(&haul, "7");
    assert_eq!(one.version.as_deref(), Some("1.0"));
    let schema: Value = serde_json::from_str(&one.text).unwrap();
    assert_eq!(schema["enum"], json!(["no", "1_0", 1, null]));
}

#[test]
fn a_name_of_which_nothing_is_left_does_not_stand_in_the_way_of_the_next() {
    let text = "asyncapi: 3.0.0\ninfo: {title: Quotes, version: 1.0.0}\nchannels:\n  \
        beat: {address: /, messages: {beat: {payload: {type: integer}}}}\n  \
        rates: {address: //, messages: {rate: {payload: {type: string}}, pause: {name: /, payload: {type: boolean}}}}\n";
    let haul = read(text, "x").unwrap();
    let names: Vec<&str> = haul
        .found
        .iter()
        .map(|one| one.event_type.as_str())
        .collect();
    assert_eq!(names, ["beat", "rate", "pause"]);
    assert_eq!(haul.skipped, []);
}

#[test]
fn a_document_may_stand_in_several_files_of_its_folder() {
    let main = "\u{feff}asyncapi: 3.0.0\ninfo: {title: Shop, version: 2.0.0}\nchannels:\n  \
        orders: {address: orders, messages: {created: {$ref: 'parts/messages.yaml#/created'}, gone: {$ref: '../out.yaml#/x'}}}\n";
    let files = [
        (
            "parts/messages.yaml",
            "created: {payload: {$ref: '../schemas/order.json'}}",
        ),
        (
            "schemas/order.json",
            r##"{"type":"object","properties":{"id":{"$ref":"#/$defs/id"},"buyer":{"$ref":"buyer.json#/definitions/name"}},"$defs":{"id":{"type":"integer"}}}"##,
        ),
        (
            "schemas/buyer.json",
            r#"{"definitions":{"name":{"$ref":"order.json#/$defs/id"}}}"#,
        ),
    ];
    let mut asked = Vec::new();
    let mut load = |path: &str| {
        asked.push(path.to_owned());
        let found = files.iter().find(|(name, _)| *name == path);
        found.map(|(_, text)| (*text).to_owned())
    };
    let haul = read_with(main, "x", "shop.yaml", &mut load).unwrap();
    asked.sort();
    assert_eq!(
        asked,
        [
            "parts/messages.yaml",
            "schemas/buyer.json",
            "schemas/order.json"
        ]
    );
    let created = of(&haul, "created");
    let schema: Value = serde_json::from_str(&created.text).unwrap();
    let version = crate::schema::Version::new(schema, None, &BTreeMap::new()).unwrap();
    assert!(version.validator.is_valid(&json!({"id": 1, "buyer": 2})));
    assert!(!version.validator.is_valid(&json!({"id": 1, "buyer": "x"})));
    assert!(
        haul.skipped.iter().any(|line| line.name == "gone"),
        "{:?}",
        haul.skipped
    );
}
