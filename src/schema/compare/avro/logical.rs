//! Logical types: what a value means beyond its bytes (Avro 1.12, "Logical Types").

use serde_json::{Map, Value};

use crate::schema::document::normal::short;

/// A logical type that means something where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Logical {
    pub(crate) name: String,
    /// Digits, and digits behind the point, of a decimal.
    pub(crate) digits: Option<(u64, u64)>,
}

/// The logical types of the specification and on what each may stand.
const KNOWN: [(&str, &[&str]); 14] = [
    ("decimal", &["bytes", "fixed"]),
    ("big-decimal", &["bytes"]),
    ("uuid", &["string", "fixed"]),
    ("date", &["int"]),
    ("time-millis", &["int"]),
    ("time-micros", &["long"]),
    ("timestamp-millis", &["long"]),
    ("timestamp-micros", &["long"]),
    ("timestamp-nanos", &["long"]),
    ("local-timestamp-millis", &["long"]),
    ("local-timestamp-micros", &["long"]),
    ("local-timestamp-nanos", &["long"]),
    ("duration", &["fixed"]),
    ("time-nanos", &["long"]),
];

impl Logical {
    /// What the keywords say about a value of the type `on`; `size` is that of a fixed. An inner
    /// error is why readers ignore it, as the specification has it where it stands on a type that
    /// it cannot stand on.
    ///
    /// # Errors
    /// The digits of a decimal contradict each other or do not fit.
    pub(crate) fn of(
        map: &Map<String, Value>,
        on: &str,
        size: Option<u64>,
    ) -> Result<Option<Result<Self, String>>, String> {
        let Some(name) = map.get("logicalType").and_then(Value::as_str) else {
            return Ok(None);
        };
        let plain = Self {
            name: name.to_owned(),
            digits: None,
        };
        let Some((_, bases)) = KNOWN.iter().find(|(known, _)| *known == name) else {
            // Kept: two names of somebody's own may mean different things, too.
            return Ok(Some(Ok(plain)));
        };
        let wants = match (name, size) {
            ("uuid", Some(size)) if size != 16 => Some("a fixed of 16 bytes".to_owned()),
            ("duration", Some(size)) if size != 12 => Some("a fixed of 12 bytes".to_owned()),
            _ if !bases.contains(&on) => Some(bases.join(" or ")),
            _ => None,
        };
        if let Some(wants) = wants {
            return Ok(Some(Err(format!(
                "The logical type {name} says nothing here: it belongs on {wants}. Readers ignore it."
            ))));
        }
        if name != "decimal" {
            return Ok(Some(Ok(plain)));
        }
        let digits = digits(map, size)?;
        Ok(Some(Ok(Self {
            digits: Some(digits),
            ..plain
        })))
    }

    /// As it stands in a sentence: `decimal(9, 2)`.
    pub(crate) fn words(&self) -> String {
        match self.digits {
            Some((precision, scale)) => format!("{}({precision}, {scale})", self.name),
            None => self.name.clone(),
        }
    }

    /// The power of ten of the parts of a second that it counts.
    fn fraction(&self) -> Option<(&str, u32)> {
        let (kind, unit) = self.name.rsplit_once('-')?;
        let power = match unit {
            "millis" => 3,
            "micros" => 6,
            "nanos" => 9,
            _ => return None,
        };
        Some((kind, power))
    }
}

/// What a change of the logical type does to the values, in a sentence.
pub(crate) fn changed(on: &str, old: Option<&Logical>, new: Option<&Logical>) -> String {
    match (old, new) {
        (Some(old), Some(new)) if old.name == new.name => {
            let mut parts = Vec::new();
            if let (Some(before), Some(after)) = (old.digits, new.digits) {
                for (what, a, b) in [
                    ("precision", before.0, after.0),
                    ("scale", before.1, after.1),
                ] {
                    if a != b {
                        parts.push(format!("the {what} was {a} and is now {b}"));
                    }
                }
            }
            format!(
                "The digits of the {} changed: {}. The bytes are read as another number.",
                old.name,
                parts.join("; ")
            )
        }
        (Some(old), Some(new)) => {
            let mut out = format!(
                "It is written as {on} by both, but {} and {} do not mean the same",
                old.words(),
                new.words()
            );
            match (old.fraction(), new.fraction()) {
                (Some((a, from)), Some((b, to))) if a == b => {
                    let factor = 10_u64.pow(from.abs_diff(to));
                    let factor = if factor == 1_000 {
                        "1,000"
                    } else {
                        "1,000,000"
                    };
                    out.push_str(&format!(": every time is off by a factor of {factor}."));
                }
                _ => out.push('.'),
            }
            out
        }
        (None, Some(new)) => format!("The {on} means a {} now.", new.words()),
        (Some(old), None) => format!("The {on} meant a {} and is now a plain {on}.", old.words()),
        (None, None) => "What the value means changed.".to_owned(),
    }
}

fn digits(map: &Map<String, Value>, size: Option<u64>) -> Result<(u64, u64), String> {
    let number = |key: &str, value: &Value| {
        value.as_u64().ok_or_else(|| {
            format!(
                "the {key} {} of the decimal is no number of digits.",
                short(value)
            )
        })
    };
    let precision = match map.get("precision") {
        None => return Err("the decimal has no precision.".to_owned()),
        Some(value) => number("precision", value)?,
    };
    let scale = map
        .get("scale")
        .map_or(Ok(0), |value| number("scale", value))?;
    if precision == 0 {
        return Err("the precision of a decimal is greater than zero.".to_owned());
    }
    if scale > precision {
        return Err(format!(
            "the scale {scale} of the decimal is greater than its precision {precision}."
        ));
    }
    if let Some(size) = size {
        // floor(log10(2^(8 size - 1) - 1)), with log10(2) as a fraction.
        let bits = size.saturating_mul(8).saturating_sub(1);
        let most = u128::from(bits) * 301_029_995_663_981 / 1_000_000_000_000_000;
        if u128::from(precision) > most {
            return Err(format!(
                "the precision {precision} of the decimal does not fit into {size} bytes."
            ));
        }
    }
    Ok((precision, scale))
}
