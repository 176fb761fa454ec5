//! A rule while a person writes it.

use super::{Convert, HeaderChange, Pointer, Rule, RuleChange};
use crate::event::amqp::FieldType;
use crate::event::draft::Field;
use crate::text::json;

/// Longest value of a field, in bytes: it may be written at many places.
const MAX_VALUE: usize = 64 * 1024;

/// Where a rule changes something.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RulePlace {
    #[default]
    Payload,
    Header,
    Property,
}

impl RulePlace {
    /// All, in the order in which they are offered.
    pub const ALL: [Self; 3] = [Self::Payload, Self::Header, Self::Property];

    /// The choice in words.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Payload => "field of the payload",
            Self::Header => "header",
            Self::Property => "property",
        }
    }

    /// What can be done there.
    #[must_use]
    pub fn deeds(self) -> &'static [RuleKind] {
        match self {
            Self::Payload => &[
                RuleKind::Convert,
                RuleKind::Set,
                RuleKind::Remove,
                RuleKind::Rename,
            ],
            Self::Header => &[RuleKind::Set, RuleKind::Remove, RuleKind::Rename],
            Self::Property => &[RuleKind::Set, RuleKind::Remove],
        }
    }
}

/// What a rule does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RuleKind {
    /// Writes a value as another kind.
    #[default]
    Convert,
    Set,
    Remove,
    Rename,
}

impl RuleKind {
    /// The choice in words.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Convert => "Convert",
            Self::Set => "Set",
            Self::Remove => "Remove",
            Self::Rename => "Rename",
        }
    }
}

/// The fields of a rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleForm {
    pub place: RulePlace,
    /// What; see [`Self::deed`].
    pub chosen: RuleKind,
    /// Where a field is, or the name of a header.
    pub at: String,
    pub field: Field,
    /// The new value or name.
    pub value: String,
    /// The type of a header's value.
    pub kind: FieldType,
    /// Into what a value is converted.
    pub convert: Convert,
}

impl Default for RuleForm {
    fn default() -> Self {
        Self {
            place: RulePlace::default(),
            chosen: RuleKind::default(),
            at: String::new(),
            field: Field::Type,
            value: String::new(),
            kind: FieldType::Text,
            convert: Convert::default(),
        }
    }
}

impl RuleForm {
    /// What is done: what was chosen, where that is possible in this place.
    #[must_use]
    pub fn deed(&self) -> RuleKind {
        let deeds = self.place.deeds();
        let first = deeds.first().copied().unwrap_or_default();
        deeds
            .iter()
            .find(|deed| **deed == self.chosen)
            .copied()
            .unwrap_or(first)
    }

    /// True while nothing was typed in yet.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.place != RulePlace::Property && self.at.trim().is_empty()
    }

    /// The rule.
    ///
    /// # Errors
    /// The first field that is wrong, in words.
    pub fn rule(&self) -> Result<Rule, String> {
        let name = |text: &str| match text.trim() {
            "" => Err("The new name is empty".to_owned()),
            name => Ok(name.to_owned()),
        };
        let deed = self.deed();
        match self.place {
            RulePlace::Payload => {
                let change = match deed {
                    RuleKind::Convert => RuleChange::Convert(self.convert),
                    RuleKind::Remove => RuleChange::Remove,
                    RuleKind::Rename => RuleChange::Rename(name(&self.value)?),
                    RuleKind::Set => {
                        let value = self.value.trim();
                        if json::check(value).is_err() {
                            return Err(
                                "The value is not JSON: text stands in quotes, such as \"paid\""
                                    .to_owned(),
                            );
                        }
                        if value.len() > MAX_VALUE {
                            return Err(format!("The value is longer than {MAX_VALUE} bytes"));
                        }
                        RuleChange::Set(value.to_owned())
                    }
                };
                Ok(Rule::Payload(Pointer::parse(&self.at)?, change))
            }
            RulePlace::Header => {
                let at = self.at.trim();
                if at.is_empty() {
                    return Err("The name of the header is empty".to_owned());
                }
                let change = match deed {
                    RuleKind::Remove => HeaderChange::Remove,
                    RuleKind::Rename => HeaderChange::Rename(name(&self.value)?),
                    RuleKind::Set | RuleKind::Convert => {
                        HeaderChange::Set(self.kind.parse(&self.value)?)
                    }
                };
                Ok(Rule::Header(at.to_owned(), change))
            }
            RulePlace::Property => Ok(Rule::Property(
                self.field,
                (deed == RuleKind::Set).then(|| self.value.clone()),
            )),
        }
    }
}
