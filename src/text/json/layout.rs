//! A document laid out on lines. Only the space between its parts changes: numbers, names and
//! strings stay as they were written, escapes and all.

use super::reading::{is_document, string_end};

/// Deeper levels are not indented further, or a hostile depth would make a text of its square.
const DEEPEST: usize = 64;

/// The document with two spaces a level, or `None` if it is no JSON.
#[must_use]
pub fn pretty_text(text: &str) -> Option<String> {
    if !is_document(text.as_bytes()) {
        return None;
    }
    let bytes = text.as_bytes();
    let mut out = String::with_capacity(text.len() * 2);
    let (mut at, mut depth) = (0, 0_usize);
    let line = |out: &mut String, depth: usize| {
        out.push('\n');
        out.push_str(&"  ".repeat(depth.min(DEEPEST)));
    };
    while let Some(byte) = bytes.get(at) {
        let mut end = at + 1;
        match byte {
            b'{' | b'[' => {
                out.push(char::from(*byte));
                let next = space(bytes, end);
                if matches!(bytes.get(next), Some(b'}' | b']')) {
                    out.push(char::from(bytes[next]));
                    end = next + 1;
                } else {
                    depth += 1;
                    line(&mut out, depth);
                }
            }
            b'}' | b']' => {
                depth = depth.saturating_sub(1);
                line(&mut out, depth);
                out.push(char::from(*byte));
            }
            b',' => {
                out.push(',');
                line(&mut out, depth);
            }
            b':' => out.push_str(": "),
            b'"' => {
                end = string_end(bytes, at)?;
                out.push_str(text.get(at..end)?);
            }
            byte if byte.is_ascii_graphic() => out.push(char::from(*byte)),
            // Space, a mark in front, NUL bytes behind.
            _ => {}
        }
        at = end;
    }
    Some(out)
}

fn space(bytes: &[u8], from: usize) -> usize {
    let rest = bytes.get(from..).unwrap_or_default();
    from + rest
        .iter()
        .take_while(|byte| byte.is_ascii_whitespace())
        .count()
}
