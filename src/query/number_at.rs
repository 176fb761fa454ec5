//! A number in the payload, named by a path as in a filter line.

use super::Filter;
use super::ast::{QueryField, QueryNode, Thing};
use super::json_path::JsonPath;
use super::root::Root;
use super::subject::Subject;

/// Where the number stands.
#[derive(Clone, Debug)]
pub struct NumberAt {
    path: JsonPath,
    root: Root,
}

impl NumberAt {
    /// Reads `data.total`, `body.count` or `total`; `None` if that is no field of a payload.
    #[must_use]
    pub fn parse(path: &str) -> Option<Self> {
        let filter = Filter::parse(&format!("has:{path}")).ok()?;
        let QueryNode::Has(Thing::Field(field)) = &filter.root else {
            return None;
        };
        let (steps, root) = match field {
            QueryField::Data(steps) => (steps, Root::Data),
            QueryField::Body(steps) => (steps, Root::Body),
            QueryField::Payload(steps) => (steps, Root::Either),
            _ => return None,
        };
        Some(Self {
            path: JsonPath::new(steps),
            root,
        })
    }

    /// The first number there; a number in a string does not count.
    pub fn of(&self, event: &impl Subject) -> Option<f64> {
        let reading = event.reading();
        let mut number = None;
        let mut take = |written: &[u8]| {
            let text = std::str::from_utf8(written).ok();
            number = text.and_then(|text| text.trim().parse::<f64>().ok());
            number.is_some()
        };
        self.root
            .any(event, reading.as_ref(), &self.path, &mut take);
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
