//! How a field of a body is called, the same in filters, rules, groups and comparisons:
//! `data.items[].sku` inside the event, `body.eventId` for what stands beside its data.

use super::amqp::Properties;
use super::cloud_event::{self, CloudEvent};
use super::envelope::Claims;
use crate::text::json_path::name_text;

/// Names the fields of one body.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FieldNames {
    /// The member of the body that holds the event's data, where it has an envelope.
    data: Option<String>,
}

impl FieldNames {
    /// For a body, as text.
    #[must_use]
    pub fn of(text: &str, properties: &Properties) -> Self {
        // Of a CloudEvent whose attributes stand in headers the whole body is the data.
        let is_data = cloud_event::declared(properties) == Some(CloudEvent::Binary);
        let claims = Claims::read(text.as_bytes()).filter(|_| !is_data);
        let start = claims.and_then(|claims| claims.data).map(|data| data.start);
        Self {
            data: start.and_then(|start| name_before(text, start)),
        }
    }

    /// The member that holds the data; none where the whole body is the data.
    #[must_use]
    pub fn data(&self) -> Option<&str> {
        self.data.as_deref()
    }

    /// A member of what is at `path`, which is empty for the body itself.
    #[must_use]
    pub fn member(&self, path: &str, name: &str) -> String {
        match (path, self.data()) {
            ("", Some(data)) if data == name => "data".to_owned(),
            ("", Some(_)) => format!("body.{}", name_text(name)),
            ("", None) => format!("data.{}", name_text(name)),
            (path, _) => format!("{path}.{}", name_text(name)),
        }
    }

    /// A place of the whole body, such as `body.data.amount`, as it is called.
    #[must_use]
    pub fn called(&self, in_body: &str) -> String {
        let Some(rest) = in_body.strip_prefix("body") else {
            return in_body.to_owned();
        };
        let Some(data) = self.data() else {
            return format!("data{rest}");
        };
        let inside = rest.strip_prefix(&format!(".{}", name_text(data)));
        match inside.filter(|rest| rest.is_empty() || rest.starts_with(['.', '['])) {
            Some(rest) => format!("data{rest}"),
            None => in_body.to_owned(),
        }
    }

    /// The place of a JSON pointer into the whole body; empty for the body itself. `each`: any item
    /// of a list stands for all of them.
    #[must_use]
    pub fn of_pointer(&self, pointer: &str, each: bool) -> String {
        let steps = pointer.split('/').skip(1);
        steps.fold(String::new(), |path, step| match step.parse::<usize>() {
            Ok(place) => self.item(&path, (!each).then_some(place)),
            Err(_) => self.member(&path, &step.replace("~1", "/").replace("~0", "~")),
        })
    }

    /// An item of the list at `path`; without a place, each of them.
    #[must_use]
    pub fn item(&self, path: &str, place: Option<usize>) -> String {
        let path = if path.is_empty() { "data" } else { path };
        place.map_or_else(|| format!("{path}[]"), |place| format!("{path}[{place}]"))
    }
}

/// The name of the member whose value begins here.
fn name_before(text: &str, start: usize) -> Option<String> {
    let head = text.get(..start)?.trim_end().strip_suffix(':')?;
    let head = head.trim_end().strip_suffix('"')?;
    let open = head.rfind('"')?;
    Some(head[open + 1..].to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_is_called_as_a_filter_calls_it() {
        let none = Properties::default();
        let plain = FieldNames::of(r#"{"amount":1}"#, &none);
        assert_eq!(plain.member("", "amount"), "data.amount");
        assert_eq!(plain.item("", Some(2)), "data[2]");
        let wrapped = FieldNames::of(r#"{"eventId":"e", "data" : {"amount":1}}"#, &none);
        let data = wrapped.member("", "data");
        assert_eq!(wrapped.member(&data, "odd name"), r#"data."odd name""#);
        assert_eq!(wrapped.member("", "eventId"), "body.eventId");
        for (place, called) in [
            ("body.data.amount", "data.amount"),
            ("body.database", "body.database"),
            ("body.eventId", "body.eventId"),
            ("header x", "header x"),
        ] {
            assert_eq!(wrapped.called(place), called);
        }
        assert_eq!(plain.called("body.amount"), "data.amount");
        let pointer = "/data/lines/2/a~1b";
        assert_eq!(wrapped.of_pointer(pointer, false), r#"data.lines[2]."a/b""#);
        assert_eq!(wrapped.of_pointer(pointer, true), r#"data.lines[]."a/b""#);
        assert_eq!(plain.of_pointer("", true), "");
        let list = wrapped.member(&data, "lines");
        assert_eq!(
            wrapped.member(&wrapped.item(&list, None), "qty"),
            "data.lines[].qty"
        );
        let bus = r#"{"messageType":["urn:message:Shop:Placed"],"message":{"n":1}}"#;
        let bus = FieldNames::of(bus, &none);
        assert_eq!(bus.data(), Some("message"));
        assert_eq!(bus.member(&bus.member("", "message"), "n"), "data.n");
    }
}
