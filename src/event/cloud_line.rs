//! An event as one line of JSON in the form of CloudEvents 1.0 (structured mode), for programs that read
//! these, and back. What a CloudEvent has no attribute for is left out; [`super::line`] keeps it all.

use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::value::RawValue;
use serde_json::{Map, Value, json};

use super::amqp::Properties;
use super::cloud_event::{self, CloudEvent};
use super::reading::Reading;
use super::{Event, Transport};
use crate::text::base64;
use crate::text::json as reader;

/// What a body is called that is a CloudEvent with its attributes.
const STRUCTURED: &str = "application/cloudevents+json";
/// Most bytes of a packed body that are written as its data.
const MOST_DATA: usize = 64 * 1024 * 1024;

/// The event as a CloudEvent. One that is one in structured mode stands as it is; of another, what it
/// says of itself are the attributes, and its whole body is the data. `number` makes an id for an event
/// that has none.
#[must_use]
pub fn cloud_line(event: &Event, number: u64) -> String {
    if let Some(line) = structured(event) {
        return line;
    }
    let is_binary = cloud_event::declared(&event.properties) == Some(CloudEvent::Binary);
    let attribute = |name: &str| {
        let found = is_binary.then(|| cloud_event::attribute(&event.properties, name));
        found.flatten().map(std::borrow::Cow::into_owned)
    };
    let own = &event.envelope;
    let id = own.event_id.as_deref().map(str::to_owned);
    let id = id.or_else(|| event.properties.message_id.clone());
    let told = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    let event_type = own.event_type.as_deref().and_then(told);
    let event_type = event_type.or_else(|| told(&event.key));
    let event_type = event_type.or_else(|| told(&event.destination));
    let time = own.timestamp.as_deref();
    let time = time.filter(|text| DateTime::parse_from_rfc3339(text).is_ok());
    let received = event
        .received_at
        .to_rfc3339_opts(SecondsFormat::Millis, true);
    let mut all = Map::new();
    let mut put = |name: &str, text: Option<String>| {
        if let Some(text) = text.filter(|text| !text.is_empty()) {
            all.insert(name.to_owned(), text.into());
        }
    };
    put("specversion", Some("1.0".to_owned()));
    put("id", id.or_else(|| Some(format!("eventscope-{number}"))));
    let path: String = url::form_urlencoded::byte_serialize(event.destination.as_bytes()).collect();
    put(
        "source",
        attribute("source").or_else(|| Some(format!("/{}", path.replace('+', "%20")))),
    );
    put("type", event_type.or_else(|| Some("event".to_owned())));
    put("time", Some(time.map_or(received, str::to_owned)));
    put("subject", attribute("subject"));
    put("dataschema", attribute("dataschema"));
    put("destination", Some(event.destination.clone()));
    put("key", Some(event.key.clone()));
    let mut line = serde_json::to_string(&Value::Object(all)).unwrap_or_default();
    line.pop();
    line.push_str(&data(event));
    line.push('}');
    line
}

/// The body as it is, if it is a CloudEvent with its attributes.
fn structured(event: &Event) -> Option<String> {
    if !event.is_plain || reader::has_half(&event.body) {
        return None;
    }
    let text = std::str::from_utf8(reader::trim(&event.body)).ok()?;
    // Line breaks stand only between the tokens of a JSON document.
    let line = text.trim().replace(['\n', '\r'], " ");
    has_attributes(&line).then_some(line)
}

/// The required attributes of a CloudEvent.
#[derive(serde::Deserialize)]
struct RequiredAttributes {
    specversion: String,
    id: String,
    source: String,
    r#type: String,
}

fn has_attributes(line: &str) -> bool {
    if !line.starts_with('{') {
        return false;
    }
    serde_json::from_str::<RequiredAttributes>(line).is_ok_and(|all| {
        let needed = [all.specversion, all.id, all.source, all.r#type];
        needed.iter().all(|text| !text.is_empty())
    })
}

/// The members that hold the data, with a comma before them.
fn data(event: &Event) -> String {
    let reading = (!event.is_plain).then(|| Reading::of(&event.body, &event.properties, MOST_DATA));
    let (bytes, is_read): (&[u8], bool) = match &reading {
        Some(reading) if !reading.bytes.is_empty() => (&reading.bytes, true),
        _ => (&event.body, false),
    };
    let text = std::str::from_utf8(reader::trim(bytes)).ok();
    if let Some(text) = text {
        let line = text.replace(['\n', '\r'], " ");
        // Half of a surrogate pair makes many readers refuse the whole line.
        if !reader::has_half(line.as_bytes())
            && let Ok(json) = serde_json::from_str::<Box<RawValue>>(&line)
        {
            return format!(
                ",\"datacontenttype\":\"application/json\",\"data\":{}",
                json.get()
            );
        }
        if !is_read && text.len() == event.body.len() {
            if text.is_empty() {
                return String::new();
            }
            let kind = event
                .properties
                .content_type
                .as_deref()
                .unwrap_or("text/plain");
            let pair = [Value::from(kind), Value::from(text)];
            return format!(",\"datacontenttype\":{},\"data\":{}", pair[0], pair[1]);
        }
    }
    let kind = event.properties.content_type.as_deref();
    let kind = kind.unwrap_or("application/octet-stream");
    let data = json!(base64::encode(&event.body));
    format!(
        ",\"datacontenttype\":{},\"data_base64\":{data}",
        json!(kind)
    )
}

/// What stands in a CloudEvent beside what makes it an event.
#[derive(serde::Deserialize)]
struct OtherAttributes {
    time: Option<String>,
    destination: Option<String>,
    key: Option<String>,
    partitionkey: Option<String>,
    r#type: String,
}

/// Reads a CloudEvent: the event whose body it is. Received `now`, if it does not say when it happened.
///
/// # Errors
/// What is wrong with it, in words.
pub fn read_cloud_line(line: &str, now: DateTime<Utc>) -> Result<Event, String> {
    let line = line.trim();
    if !has_attributes(line) {
        return Err("It is no CloudEvent: it needs specversion, id, source and type".to_owned());
    }
    let beside: OtherAttributes = serde_json::from_str(line).map_err(|error| error.to_string())?;
    let time = beside.time.as_deref().map(DateTime::parse_from_rfc3339);
    let received_at = match time {
        Some(Ok(time)) => time.with_timezone(&Utc),
        Some(Err(_)) => return Err("Its time is not as RFC 3339 has it".to_owned()),
        None => now,
    };
    let key = beside.key.or(beside.partitionkey).unwrap_or(beside.r#type);
    let properties = Properties {
        content_type: Some(STRUCTURED.to_owned()),
        ..Properties::default()
    };
    Ok(Event::new(
        received_at,
        beside.destination.unwrap_or_default(),
        key,
        Transport::amqp(false),
        properties,
        line.as_bytes().to_vec(),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::amqp::FieldValue;

    fn event(properties: Properties, body: &[u8]) -> Event {
        Event::new(
            DateTime::from_timestamp_millis(1_790_000_000_123).unwrap(),
            "shop & co".into(),
            "order.created".into(),
            Transport::amqp(false),
            properties,
            body.to_vec(),
        )
    }

    #[test]
    fn what_an_event_says_of_itself_are_its_attributes() {
        let body = br#"{"eventId":"e-1","eventType":"order.placed","data":{"n":1.50}}"#;
        assert_eq!(
            cloud_line(&event(Properties::default(), body), 7),
            r#"{"specversion":"1.0","id":"e-1","source":"/shop%20%26%20co","type":"order.placed","time":"2026-09-21T14:13:20.123Z","destination":"shop & co","key":"order.created","datacontenttype":"application/json","data":{"eventId":"e-1","eventType":"order.placed","data":{"n":1.50}}}"#
        );
        let odd = cloud_line(&event(Properties::default(), b"\xff"), 7);
        assert!(
            odd.contains(r#""id":"eventscope-7""#) && odd.ends_with(r#""data_base64":"/w=="}"#),
            "{odd}"
        );
        let text = cloud_line(&event(Properties::default(), b"a \"b\"\n"), 7);
        assert!(
            text.ends_with(r#""datacontenttype":"text/plain","data":"a \"b\"\n"}"#),
            "{text}"
        );
        assert!(
            cloud_line(&event(Properties::default(), b""), 7)
                .ends_with(r#""key":"order.created"}"#)
        );
    }

    #[test]
    fn a_cloud_event_stands_as_it_is_and_comes_back() {
        let body = "{\n\"specversion\":\"1.0\",\"id\":\"1\",\"source\":\"/a\",\"type\":\"t\",\"time\":\"2026-01-31T12:00:00Z\",\"data\":1}";
        let line = cloud_line(&event(Properties::default(), body.as_bytes()), 7);
        assert_eq!(line, body.replace('\n', " "));
        let headers = ["specversion", "id", "source", "type", "subject"].map(|name| {
            (
                format!("cloudEvents:{name}"),
                FieldValue::Text(format!("{name}!")),
            )
        });
        let binary = Properties {
            headers: Some(headers.into()),
            ..Properties::default()
        };
        let told = cloud_line(&event(binary, b"{}"), 7);
        assert!(
            told.contains(r#""id":"id!","source":"source!","type":"type!""#),
            "{told}"
        );
        assert!(told.contains(r#""subject":"subject!""#), "{told}");
        for line in [line, told] {
            let read = read_cloud_line(&line, DateTime::UNIX_EPOCH).unwrap();
            assert_eq!(cloud_line(&read, 9), line);
            assert_ne!(read.received_at, DateTime::UNIX_EPOCH);
        }
    }

    #[test]
    fn what_is_none_is_told() {
        let told = |line: &str| read_cloud_line(line, DateTime::UNIX_EPOCH).unwrap_err();
        assert!(told("{}").contains("needs specversion"));
        let wrong = r#"{"specversion":"1.0","id":"1","source":"/a","type":"t","time":"noon"}"#;
        assert!(told(wrong).contains("RFC 3339"));
    }
}
