//! By which signs an event tells the version of its schema, and in which order. A person edits them
//! as lines of text, one a line.

use std::fmt;

/// A sign of a version. The first that an event has is believed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum VersionRule {
    /// The last part of `dataschema` in a CloudEvent that stands in the body.
    CloudEventBody,
    /// The same in the headers of the CloudEvents AMQP binding.
    CloudEventHeaders,
    /// A header of this name.
    Header(String),
    /// A parameter `version=2` or an ending `.v2` of the content type.
    ContentType,
    /// A `v2` in the property `type`, or a number at its end.
    Type,
    /// A `v2` in the name of the class that NServiceBus, MassTransit or Spring put into the message.
    Framework,
    /// A `v2` among the words of the key.
    Key,
    /// A field of the body, by its JSON pointer.
    Body(String),
}

/// The rules in their order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VersionRules(pub Vec<VersionRule>);

/// Most rules that are read.
const MOST: usize = 64;

impl fmt::Display for VersionRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::CloudEventBody => f.write_str("CloudEvent in the body"),
            Self::CloudEventHeaders => f.write_str("CloudEvent in the headers"),
            Self::Header(name) => write!(f, "header {name}"),
            Self::ContentType => f.write_str("content type"),
            Self::Type => f.write_str("property type"),
            Self::Framework => f.write_str("class name of a framework"),
            Self::Key => f.write_str("routing key"),
            Self::Body(pointer) => write!(f, "body {pointer}"),
        }
    }
}

impl VersionRule {
    /// The rules that need no name.
    const PLAIN: [Self; 6] = [
        Self::CloudEventBody,
        Self::CloudEventHeaders,
        Self::ContentType,
        Self::Type,
        Self::Framework,
        Self::Key,
    ];

    /// Reads one line.
    ///
    /// # Errors
    /// Says what a line may be.
    pub fn parse(line: &str) -> Result<Self, String> {
        let line = line.trim();
        let plain = Self::PLAIN
            .into_iter()
            .find(|rule| rule.to_string().eq_ignore_ascii_case(line));
        if let Some(rule) = plain {
            return Ok(rule);
        }
        let (word, rest) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
        let rest = rest.trim();
        match word.to_ascii_lowercase().as_str() {
            "header" if !rest.is_empty() => Ok(Self::Header(rest.to_owned())),
            "header" => Err("Write the name of the header behind header".to_owned()),
            "body" if rest.starts_with('/') => Ok(Self::Body(rest.to_owned())),
            "body" => Err("Write a JSON pointer behind body, such as body /version".to_owned()),
            _ => {
                let plain: Vec<String> = Self::PLAIN.iter().map(Self::to_string).collect();
                Err(format!(
                    "`{line}` is no rule: write header NAME, body /POINTER, or one of: {}",
                    plain.join(", ")
                ))
            }
        }
    }
}

impl Default for VersionRules {
    fn default() -> Self {
        let header = |name: &str| VersionRule::Header(name.to_owned());
        let body = |pointer: &str| VersionRule::Body(pointer.to_owned());
        Self(vec![
            VersionRule::CloudEventBody,
            VersionRule::CloudEventHeaders,
            header("schema-version"),
            header("x-schema-version"),
            header("event-version"),
            header("x-event-version"),
            header("apicurio.value.version"),
            header("version"),
            VersionRule::ContentType,
            VersionRule::Type,
            VersionRule::Framework,
            VersionRule::Key,
            body("/schemaVersion"),
            body("/schema_version"),
            body("/eventVersion"),
            body("/event_version"),
            body("/version"),
            body("/meta/version"),
        ])
    }
}

impl fmt::Display for VersionRules {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for rule in &self.0 {
            writeln!(f, "{rule}")?;
        }
        Ok(())
    }
}

impl VersionRules {
    /// True if a header of this name tells the version.
    #[must_use]
    pub fn is_header(&self, name: &str) -> bool {
        let is_it = |rule: &VersionRule| matches!(rule, VersionRule::Header(own) if own == name);
        self.0.iter().any(is_it)
    }

    /// Reads lines; empty ones are passed over.
    ///
    /// # Errors
    /// Says which line is none, and what it may be.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut rules = Vec::new();
        for (at, line) in text.lines().enumerate() {
            if line.trim().is_empty() {
                continue;
            }
            if rules.len() == MOST {
                return Err(format!("There are more than {MOST} rules"));
            }
            let rule =
                VersionRule::parse(line).map_err(|words| format!("Line {}: {words}", at + 1))?;
            if !rules.contains(&rule) {
                rules.push(rule);
            }
        }
        Ok(Self(rules))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_read_back_as_they_print_and_a_wrong_line_is_named() {
        let rules = VersionRules::default();
        assert_eq!(VersionRules::parse(&rules.to_string()), Ok(rules));
        let own =
            VersionRules::parse("\n  header Acme-Rev \nbody /meta/rev\nRouting Key\n").unwrap();
        let expected = [
            VersionRule::Header("Acme-Rev".into()),
            VersionRule::Body("/meta/rev".into()),
            VersionRule::Key,
        ];
        assert_eq!(own.0, expected);
        for (line, words) in [
            ("routing key\nmagic", "Line 2: `magic` is no rule"),
            ("header", "name of the header"),
            ("body version", "JSON pointer"),
        ] {
            let told = VersionRules::parse(line).unwrap_err();
            assert!(told.contains(words), "{told}");
        }
    }
}
