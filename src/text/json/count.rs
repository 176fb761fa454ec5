//! How many values a document has, without reading them.

use super::string_end;

/// The values of a document that is taken to be JSON, each object and array counted as one, in one pass
/// that keeps nothing.
#[must_use]
pub fn count_values(text: &[u8]) -> usize {
    let mut count = 0;
    let mut at = 0;
    while let Some(&byte) = text.get(at) {
        match byte {
            b'"' => {
                at = string_end(text, at).unwrap_or(text.len());
                let rest = text[at..].iter();
                let next = rest.copied().find(|byte| !byte.is_ascii_whitespace());
                // A name is no value of its own.
                count += usize::from(next != Some(b':'));
            }
            b'{' | b'[' => {
                count += 1;
                at += 1;
            }
            b'}' | b']' | b',' | b':' => at += 1,
            byte if byte.is_ascii_whitespace() => at += 1,
            _ => {
                count += 1;
                let is_mark = |byte: &u8| b"{}[],:\"".contains(byte) || byte.is_ascii_whitespace();
                let rest = text[at..].iter();
                at += rest.take_while(|byte| !is_mark(byte)).count().max(1);
            }
        }
    }
    count
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::json::rows;

    #[test]
    fn as_many_are_counted_as_are_read() {
        for text in [
            "1",
            "[]",
            r#"{"a": [1, -2.5e3, "x:y", {"b:": null}], "c\"": "d" , "e":{}}"#,
            " [true ,false,\n\"\"] ",
        ] {
            assert_eq!(
                count_values(text.as_bytes()),
                rows(text.as_bytes()).rows.len(),
                "{text}"
            );
        }
        assert_eq!(count_values(b""), 0);
    }
}
