//! A number in the payload, named by a path as in a filter line.

use super::Filter;
use super::ast::{QueryField, QueryNode, Thing};
use super::json_path::JsonPath;
use super::subject::Subject;
use crate::text::json;

/// Where the number stands.
#[derive(Clone, Debug)]
pub struct NumberAt {
    path: JsonPath,
    in_body: bool,
}

impl NumberAt {
    /// Reads `data.total` or `body.count`; `None` if that is no field of a payload.
    #[must_use]
    pub fn parse(path: &str) -> Option<Self> {
        let filter = Filter::parse(&format!("has:{path}")).ok()?;
        let QueryNode::Has(Thing::Field(field)) = &filter.root else {
            return None;
        };
        let (steps, in_body) = match field {
            QueryField::Data(steps) => (steps, false),
            QueryField::Body(steps) => (steps, true),
            _ => return None,
        };
        Some(Self {
            path: JsonPath::new(steps),
            in_body,
        })
    }

    /// The first number there; a number in a string does not count.
    pub fn of(&self, event: &impl Subject) -> Option<f64> {
        let reading = event.reading();
        let document = match &reading {
            Some(reading) if !reading.is_document => return None,
            Some(reading) if self.in_body => &*reading.bytes,
            Some(reading) => reading.data(),
            None if self.in_body => json::trim(event.body()),
            None => json::trim(event.data()),
        };
        let mut number = None;
        self.path.any(document, &mut |written| {
            let text = std::str::from_utf8(written).ok();
            number = text.and_then(|text| text.trim().parse::<f64>().ok());
            number.is_some()
        });
        number.filter(|number| number.is_finite())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::event;

    #[test]
    fn a_number_is_found_where_the_path_says() {
        let body = r#"{"n":1,"data":{"total":12.5,"text":"7","items":[{"n":3}]}}"#;
        let number = |path| NumberAt::parse(path)?.of(&event("k", body));
        assert_eq!(number("data.total"), Some(12.5));
        assert_eq!(number("body.n"), Some(1.0));
        assert_eq!(number("data.items[].n"), Some(3.0));
        assert_eq!(number("data.text"), None);
        assert!(NumberAt::parse("size").is_none() && NumberAt::parse("(").is_none());
    }
}
