//! An event as code that publishes it again, in the clients that people use. A place for the login is
//! left open: no password is ever written out.

use serde_json::{Map, Value, json};

use crate::event::Event;
use crate::event::amqp::{FieldTable, FieldValue, Properties};
use crate::text::base64;

/// For whom code is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Client {
    /// Python.
    Pika,
    /// Rust.
    Lapin,
    /// Node.js.
    Amqplib,
    /// The command line of the management plugin.
    RabbitmqAdmin,
}

impl Client {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Pika, Self::Lapin, Self::Amqplib, Self::RabbitmqAdmin];

    /// What it is called.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Pika => "pika (Python)",
            Self::Lapin => "lapin (Rust)",
            Self::Amqplib => "amqplib (Node.js)",
            Self::RabbitmqAdmin => "rabbitmqadmin",
        }
    }
}

/// Code that publishes the event again. All but lapin choose the types of numbers in headers
/// themselves.
#[must_use]
pub fn as_code(client: Client, event: &Event) -> String {
    match client {
        Client::Pika => pika(event),
        Client::Lapin => lapin(event),
        Client::Amqplib => amqplib(event),
        Client::RabbitmqAdmin => rabbitmqadmin(event),
    }
}

/// A text in quotes, as Python and JavaScript read it too.
fn quoted(text: &str) -> String {
    Value::from(text).to_string()
}

/// A value as JSON has it; bytes as base64.
fn plain(value: &FieldValue) -> Value {
    match value {
        FieldValue::Bool(value) => (*value).into(),
        FieldValue::F32(value) => f64::from(*value).into(),
        FieldValue::F64(value) => (*value).into(),
        FieldValue::Void => Value::Null,
        FieldValue::Bytes(bytes) | FieldValue::RawText(bytes) => base64::encode(bytes).into(),
        FieldValue::Array(items) => items.iter().map(plain).collect(),
        FieldValue::Table(table) => table_as_json(table),
        FieldValue::Timestamp(seconds) => (*seconds).into(),
        other => other
            .as_integer()
            .map_or_else(|| other.to_string().into(), Into::into),
    }
}

fn table_as_json(table: &FieldTable) -> Value {
    let pairs = table
        .iter()
        .map(|(name, value)| (name.clone(), plain(value)));
    Value::Object(pairs.collect())
}

/// The properties that are texts, by the names that the protocol has for them.
fn texts(own: &Properties) -> [(&'static str, Option<&String>); 10] {
    [
        ("content_type", own.content_type.as_ref()),
        ("content_encoding", own.content_encoding.as_ref()),
        ("correlation_id", own.correlation_id.as_ref()),
        ("reply_to", own.reply_to.as_ref()),
        ("expiration", own.expiration.as_ref()),
        ("message_id", own.message_id.as_ref()),
        ("type", own.message_type.as_ref()),
        ("user_id", own.user_id.as_ref()),
        ("app_id", own.app_id.as_ref()),
        ("cluster_id", own.cluster_id.as_ref()),
    ]
}

/// The properties that are numbers.
fn numbers(own: &Properties) -> [(&'static str, Option<u64>); 3] {
    [
        ("delivery_mode", own.delivery_mode.map(Into::into)),
        ("priority", own.priority.map(Into::into)),
        ("timestamp", own.timestamp),
    ]
}

fn pika(event: &Event) -> String {
    let own = &event.properties;
    let (import, body) = match std::str::from_utf8(&event.body) {
        Ok(text) => ("", format!("{}.encode()", quoted(text))),
        Err(_) => (
            "import base64\n",
            format!("base64.b64decode(\"{}\")", base64::encode(&event.body)),
        ),
    };
    let mut properties = String::new();
    let mut put = |name: &str, value: String| {
        properties.push_str(&format!("        {name}={value},\n"));
    };
    for (name, value) in texts(own) {
        if let Some(value) = value {
            put(name, quoted(value));
        }
    }
    for (name, value) in numbers(own) {
        if let Some(value) = value {
            put(name, value.to_string());
        }
    }
    if let Some(headers) = &own.headers {
        put("headers", python(&table_as_json(headers)));
    }
    format!(
        "{import}import pika\n\n\
         parameters = pika.URLParameters(\"amqp://USER:PASSWORD@HOST:5672/%2F\")\n\
         connection = pika.BlockingConnection(parameters)\n\
         channel = connection.channel()\n\
         channel.confirm_delivery()\n\
         channel.basic_publish(\n    exchange={},\n    routing_key={},\n    body={body},\n    \
         properties=pika.BasicProperties(\n{properties}    ),\n    mandatory=True,\n)\n\
         connection.close()\n",
        quoted(&event.destination),
        quoted(&event.key),
    )
}

/// JSON as Python writes it.
fn python(value: &Value) -> String {
    match value {
        Value::Null => "None".to_owned(),
        Value::Bool(true) => "True".to_owned(),
        Value::Bool(false) => "False".to_owned(),
        Value::Array(items) => {
            let items: Vec<String> = items.iter().map(python).collect();
            format!("[{}]", items.join(", "))
        }
        Value::Object(members) => {
            let member =
                |(name, value): (&String, &Value)| format!("{}: {}", quoted(name), python(value));
            let members: Vec<String> = members.iter().map(member).collect();
            format!("{{{}}}", members.join(", "))
        }
        other => other.to_string(),
    }
}

fn lapin(event: &Event) -> String {
    let own = &event.properties;
    let mut properties = "BasicProperties::default()".to_owned();
    let mut put = |name: &str, value: String| {
        properties.push_str(&format!("\n            .with_{name}({value})"));
    };
    for (name, value) in texts(own) {
        if let Some(value) = value {
            put(name, format!("{value:?}.into()"));
        }
    }
    for (name, value) in numbers(own) {
        if let Some(value) = value {
            put(name, value.to_string());
        }
    }
    if let Some(headers) = &own.headers {
        put("headers", rust_table(headers));
    }
    let body = match std::str::from_utf8(&event.body) {
        Ok(text) => format!("{text:?}.as_bytes()"),
        Err(_) => format!("&{:?}", event.body),
    };
    format!(
        "// lapin 4, with an open channel and\n\
         // use std::collections::BTreeMap;\n\
         // use lapin::{{BasicProperties, options::BasicPublishOptions, types::*}};\n\
         channel\n    .basic_publish(\n        {:?}.into(),\n        {:?}.into(),\n        \
         BasicPublishOptions {{ mandatory: true, ..Default::default() }},\n        {body},\n        \
         {properties},\n    )\n    .await?\n    .await?;\n",
        event.destination, event.key,
    )
}

fn rust_table(table: &FieldTable) -> String {
    let pair = |(name, value): &(String, FieldValue)| format!("({name:?}.into(), {})", rust(value));
    let pairs: Vec<String> = table.iter().map(pair).collect();
    format!("FieldTable::from(BTreeMap::from([{}]))", pairs.join(", "))
}

/// A value with its type on the wire.
fn rust(value: &FieldValue) -> String {
    let wrapped = |kind: &str, value: String| format!("AMQPValue::{kind}({value})");
    match value {
        FieldValue::Bool(v) => wrapped("Boolean", v.to_string()),
        FieldValue::I8(v) => wrapped("ShortShortInt", v.to_string()),
        FieldValue::U8(v) => wrapped("ShortShortUInt", v.to_string()),
        FieldValue::I16(v) => wrapped("ShortInt", v.to_string()),
        FieldValue::U16(v) => wrapped("ShortUInt", v.to_string()),
        FieldValue::I32(v) => wrapped("LongInt", v.to_string()),
        FieldValue::U32(v) => wrapped("LongUInt", v.to_string()),
        FieldValue::I64(v) => wrapped("LongLongInt", v.to_string()),
        FieldValue::F32(v) => wrapped("Float", format!("{v:?}")),
        FieldValue::F64(v) => wrapped("Double", format!("{v:?}")),
        FieldValue::Decimal { scale, value } => wrapped(
            "DecimalValue",
            format!("DecimalValue {{ scale: {scale}, value: {value} }}"),
        ),
        FieldValue::Text(text) => wrapped("LongString", format!("{text:?}.into()")),
        FieldValue::RawText(bytes) => wrapped("LongString", format!("vec!{bytes:?}.into()")),
        FieldValue::Bytes(bytes) => wrapped("ByteArray", format!("vec!{bytes:?}.into()")),
        FieldValue::Array(items) => {
            let items: Vec<String> = items.iter().map(rust).collect();
            wrapped("FieldArray", format!("vec![{}].into()", items.join(", ")))
        }
        FieldValue::Timestamp(seconds) => wrapped("Timestamp", seconds.to_string()),
        FieldValue::Table(table) => wrapped("FieldTable", rust_table(table)),
        FieldValue::Void => "AMQPValue::Void".to_owned(),
    }
}

fn amqplib(event: &Event) -> String {
    let own = &event.properties;
    let body = match std::str::from_utf8(&event.body) {
        Ok(text) => format!("Buffer.from({})", quoted(text)),
        Err(_) => format!(
            "Buffer.from(\"{}\", \"base64\")",
            base64::encode(&event.body)
        ),
    };
    // Its names for the properties are written together.
    let together = |name: &str| {
        let mut words = name.split('_');
        let first = words.next().unwrap_or_default().to_owned();
        words.fold(first, |name, word| {
            name + &word[..1].to_uppercase() + &word[1..]
        })
    };
    let mut options = Map::new();
    options.insert("mandatory".into(), true.into());
    for (name, value) in texts(own) {
        if let Some(value) = value {
            options.insert(together(name), value.as_str().into());
        }
    }
    for (name, value) in numbers(own) {
        if let Some(value) = value {
            options.insert(together(name), value.into());
        }
    }
    if let Some(headers) = &own.headers {
        options.insert("headers".into(), table_as_json(headers));
    }
    let options = serde_json::to_string_pretty(&options).unwrap_or_default();
    format!(
        "const amqplib = require(\"amqplib\");\n\n\
         (async () => {{\n\
         const connection = await amqplib.connect(\"amqp://USER:PASSWORD@HOST:5672/%2F\");\n\
         const channel = await connection.createConfirmChannel();\n\
         channel.publish({}, {}, {body}, {options});\n\
         await channel.waitForConfirms();\n\
         await connection.close();\n}})();\n",
        quoted(&event.destination),
        quoted(&event.key),
    )
}

fn rabbitmqadmin(event: &Event) -> String {
    let own = &event.properties;
    let mut properties = Map::new();
    for (name, value) in texts(own) {
        if let Some(value) = value {
            properties.insert(name.into(), value.as_str().into());
        }
    }
    for (name, value) in numbers(own) {
        if let Some(value) = value {
            properties.insert(name.into(), value.into());
        }
    }
    if let Some(headers) = &own.headers {
        properties.insert("headers".into(), table_as_json(headers));
    }
    // Its own name for the default one.
    let exchange = match event.destination.as_str() {
        "" => "amq.default",
        name => name,
    };
    let (payload, encoding) = match std::str::from_utf8(&event.body) {
        Ok(text) => (text.to_owned(), "string"),
        Err(_) => (base64::encode(&event.body), "base64"),
    };
    let word = |text: &str| format!("'{}'", text.replace('\'', r"'\''"));
    format!(
        "rabbitmqadmin -u USER -p PASSWORD publish {} {} {} {} payload_encoding={encoding}\n",
        word(&format!("exchange={exchange}")),
        word(&format!("routing_key={}", event.key)),
        word(&format!("properties={}", json!(properties))),
        word(&format!("payload={payload}")),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Transport;

    fn event(body: &[u8]) -> Event {
        let properties = Properties {
            message_id: Some("m-1".into()),
            message_type: Some("order".into()),
            delivery_mode: Some(2),
            headers: Some(vec![
                ("x-try".into(), FieldValue::I16(2)),
                ("x-on".into(), FieldValue::Bool(true)),
            ]),
            ..Properties::default()
        };
        let (exchange, key) = ("shop".into(), "order.created".into());
        let transport = Transport::amqp(false);
        let time = chrono::DateTime::UNIX_EPOCH;
        Event::new(time, exchange, key, transport, properties, body.to_vec())
    }

    #[test]
    fn each_client_gets_the_whole_message() {
        let event = event(b"it's \"1\"\n");
        let code = |client| as_code(client, &event);
        let python = code(Client::Pika);
        assert!(
            python.contains(r#"body="it's \"1\"\n".encode()"#),
            "{python}"
        );
        assert!(
            python.contains(r#"headers={"x-on": True, "x-try": 2}"#)
                || python.contains(r#"headers={"x-try": 2, "x-on": True}"#),
            "{python}"
        );
        let rust = code(Client::Lapin);
        assert!(
            rust.contains(r#"("x-try".into(), AMQPValue::ShortInt(2))"#),
            "{rust}"
        );
        assert!(rust.contains(r#".with_type("order".into())"#), "{rust}");
        let node = code(Client::Amqplib);
        assert!(
            node.contains(r#""messageId": "m-1""#) && node.contains(r#""deliveryMode": 2"#),
            "{node}"
        );
        let shell = code(Client::RabbitmqAdmin);
        assert!(shell.contains(r#"'payload=it'\''s "1""#), "{shell}");
    }

    #[test]
    fn bytes_that_are_no_text_arrive_as_they_are() {
        let event = event(b"\xff\x00");
        let code = |client| as_code(client, &event);
        assert!(code(Client::Pika).contains(r#"base64.b64decode("/wA=")"#));
        assert!(code(Client::Lapin).contains("&[255, 0]"));
        assert!(code(Client::Amqplib).contains(r#"Buffer.from("/wA=", "base64")"#));
        assert!(code(Client::RabbitmqAdmin).contains("payload_encoding=base64"));
    }
}
