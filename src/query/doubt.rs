//! What in a filter line is probably not what was meant, though it can be read.

use super::Filter;
use super::ast::{Named, Op, QueryField, QueryNode, Thing};
use super::compare::{Scalar, Test};

impl Filter {
    /// The clauses that compare `field` with what none of `known` is like.
    #[must_use]
    pub fn clauses_unlike(&self, field: Named, known: &[&str]) -> Vec<String> {
        let mut clauses = Vec::new();
        self.each(&mut |node| {
            let QueryNode::Compare(QueryField::Named(named), op, value) = node else {
                return;
            };
            // What is different from a word that there is not is everything.
            let asked = match op {
                Op::NotEqual => Op::Equal,
                other => *other,
            };
            let test = Test::new(asked, value);
            if *named == field && !known.iter().any(|known| test.holds(&Scalar::text(known))) {
                clauses.push(node.to_string());
            }
        });
        clauses
    }

    /// True if a clause compares this field, or asks for it.
    #[must_use]
    pub fn names(&self, field: Named) -> bool {
        let mut found = false;
        self.each(&mut |node| {
            let (QueryNode::Compare(asked, ..) | QueryNode::Has(Thing::Field(asked))) = node else {
                return;
            };
            found |= *asked == QueryField::Named(field);
        });
        found
    }

    /// The fields of the payload that are named without saying where they stand.
    #[must_use]
    pub fn bare_fields(&self) -> Vec<String> {
        let mut fields = Vec::new();
        self.each(&mut |node| {
            let (QueryNode::Compare(field, ..) | QueryNode::Has(Thing::Field(field))) = node else {
                return;
            };
            let name = field.to_string();
            if matches!(field, QueryField::Payload(_)) && !fields.contains(&name) {
                fields.push(name);
            }
        });
        fields
    }

    fn each(&self, tell: &mut dyn FnMut(&QueryNode)) {
        let mut open = vec![&self.root];
        while let Some(node) = open.pop() {
            match node {
                QueryNode::And(parts) | QueryNode::Or(parts) => open.extend(parts.iter().rev()),
                QueryNode::Not(part) => open.push(part),
                node => tell(node),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KNOWN: [&str; 2] = ["fails", "matches"];

    #[track_caller]
    fn check(line: &str, unlike: &[&str]) {
        let filter = Filter::parse(line).unwrap();
        assert_eq!(
            filter.clauses_unlike(Named::Schema, &KNOWN),
            unlike,
            "{line}"
        );
    }

    #[test]
    fn a_value_that_there_is_not_is_found_wherever_it_stands() {
        check("schema:fails schema:mat* schema:/f/", &[]);
        check("schema:fials", &["schema:fials"]);
        check("a or not (schema:x b)", &["schema:x"]);
        check("schema!=fials schema!=fails", &["schema!=fials"]);
        check("reason:x has:schema", &[]);
    }

    #[test]
    fn a_field_that_stands_alone_is_told() {
        let bare = |line: &str| Filter::parse(line).unwrap().bare_fields();
        assert_eq!(
            bare("amount>5 not has:eventId or amount<1"),
            ["amount", "eventId"]
        );
        assert!(bare("data.amount:1 key:a b").is_empty());
        let filter = Filter::parse("has:reason or reason:x").unwrap();
        assert!(filter.names(Named::Reason) && !filter.names(Named::Schema));
    }
}
