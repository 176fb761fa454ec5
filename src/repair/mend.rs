//! From what tells dead letters from the events that passed to the rule that mends them.

use super::edit::{Convert, RuleForm, RuleKind, RulePlace};
use super::feature::Said;
use super::why::Difference;
use crate::event::draft::Field;

/// A rule that a difference proposes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mend {
    /// What it does, as the label of a button. Something is left to be typed where it ends in `…`.
    pub words: String,
    /// The rule.
    pub form: RuleForm,
}

impl Mend {
    /// The rule that a difference proposes; none where it is about the payload as a whole.
    #[must_use]
    pub fn of(difference: &Difference) -> Option<Self> {
        let place = &difference.feature.place;
        let mut form = RuleForm {
            at: place.clone(),
            ..RuleForm::default()
        };
        if place == "payload" {
            return None;
        } else if let Some(header) = place.strip_prefix("header ") {
            (form.place, form.at) = (RulePlace::Header, header.to_owned());
        } else if let Some(name) = place.strip_prefix("property ") {
            (form.place, form.field) = (RulePlace::Property, property(name)?);
        }
        let convert = Some(&difference.feature.said)
            .filter(|_| difference.have && form.place == RulePlace::Payload)
            .and_then(|said| convert(said, difference.passed_as?));
        let is_extra = difference.have && difference.feature.said == Said::Present;
        let words = match convert {
            Some(convert) => {
                form.convert = convert;
                format!("Convert {place} from {}", convert.words())
            }
            None if is_extra && difference.passed.0 == 0 => {
                form.chosen = RuleKind::Remove;
                format!("Remove {place}")
            }
            None => {
                form.chosen = RuleKind::Set;
                format!("Set {place}…")
            }
        };
        Some(Self { words, form })
    }
}

/// The property that a feature calls so.
fn property(name: &str) -> Option<Field> {
    Some(match name {
        "content-type" => Field::ContentType,
        "content-encoding" => Field::ContentEncoding,
        "type" => Field::Type,
        "app-id" => Field::AppId,
        "user-id" => Field::UserId,
        "reply-to" => Field::ReplyTo,
        _ => return None,
    })
}

/// What makes the value of the dead one of the kind that those have that passed.
fn convert(dead: &Said, passed: &str) -> Option<Convert> {
    let Said::Kind(dead) = dead else { return None };
    let is_number = |kind: &str| kind.contains("number") || kind == "zero";
    match *dead {
        "text" if is_number(passed) => Some(Convert::TextToNumber),
        "text" if passed == "true or false" => Some(Convert::TextToBoolean),
        kind if is_number(kind) && passed == "text" => Some(Convert::NumberToText),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::amqp::{FieldValue, Properties};
    use crate::repair::feature::features;
    use crate::repair::why::{Tally, differences};

    fn mends(dead: (&str, Properties), passed: (&str, Properties)) -> Vec<Mend> {
        let tally = |(body, properties): (&str, Properties)| {
            let mut tally = Tally::default();
            tally.add(features(&properties, body.as_bytes()));
            tally
        };
        let found = differences(&tally(dead), &tally(passed));
        found.iter().filter_map(Mend::of).collect()
    }

    fn words(dead: &str, passed: &str) -> Vec<String> {
        let none = Properties::default;
        let all = mends((dead, none()), (passed, none()));
        all.into_iter().map(|mend| mend.words).collect()
    }

    #[test]
    fn what_the_dead_have_as_another_kind_is_converted() {
        assert_eq!(
            words(r#"{"amount":"1.5"}"#, r#"{"amount":1.5}"#),
            ["Convert data.amount from text to number"]
        );
        assert_eq!(
            words(r#"{"paid":"true"}"#, r#"{"paid":true}"#),
            ["Convert data.paid from text to boolean"]
        );
        assert_eq!(
            words(r#"{"sku":7}"#, r#"{"sku":"7"}"#),
            ["Convert data.sku from number to text"]
        );
    }

    #[test]
    fn the_rule_is_one_that_can_be_put_to_messages() {
        let none = Properties::default;
        let all = mends((r#"{"a":"1"}"#, none()), (r#"{"a":1}"#, none()));
        assert!(all[0].form.rule().is_ok());
    }

    #[test]
    fn what_only_the_dead_have_is_removed_and_what_they_lack_is_left_to_be_typed() {
        assert_eq!(words(r#"{"a":1,"b":1}"#, r#"{"a":1}"#), ["Remove data.b"]);
        assert_eq!(words(r#"{"a":1}"#, r#"{"a":1,"b":1}"#), ["Set data.b…"]);
    }

    #[test]
    fn headers_and_properties_have_their_own_rules() {
        let header = Properties {
            headers: Some(vec![("x-old".into(), FieldValue::Bool(true))]),
            ..Properties::default()
        };
        let all = mends(("1", header), ("1", Properties::default()));
        assert_eq!(all[0].words, "Remove header x-old");
        assert_eq!(all[0].form.place, RulePlace::Header);
        assert_eq!(all[0].form.at, "x-old");
        let property = Properties {
            content_type: Some("text/plain".into()),
            ..Properties::default()
        };
        let all = mends(("1", Properties::default()), ("1", property));
        assert_eq!(all[0].form.field, Field::ContentType);
    }
}
