//! Where a line is broken into rows: between words, and never within what reads as one, such as a
//! UUID, a number or a name, unless that alone is wider than a row.

/// Places, in bytes, at which a new row begins. `width` is that of a character, `room` that of a row.
#[must_use]
pub fn breaks(line: &str, room: f32, mut width: impl FnMut(char) -> f32) -> Vec<usize> {
    let mut found = Vec::new();
    // The best place to break the row that is being filled, and the width of the row up to it.
    let mut best: Option<Candidate> = None;
    let (mut begin, mut filled) = (0, 0.0_f32);
    // A row of nothing but its indentation says nothing.
    let mut is_indent = true;
    let mut chars = line.char_indices().peekable();
    while let Some((at, char)) = chars.next() {
        let wide = width(char);
        // Blanks at the end of a row hang over its edge.
        if filled + wide > room && at > begin && !char.is_whitespace() {
            let (place, before) = best
                .take()
                .map_or((at, filled), |best| (best.at, best.filled));
            found.push(place);
            (begin, filled) = (place, filled - before);
            is_indent = false;
        }
        filled += wide;
        is_indent &= char.is_whitespace();
        let after = at + char.len_utf8();
        let next = chars.peek().map(|(_, next)| *next);
        let Some(next) = next.filter(|next| !next.is_whitespace() && !is_indent) else {
            continue;
        };
        if let Some(rank) = rank(char, next)
            && best.as_ref().is_none_or(|best| rank >= best.rank)
        {
            best = Some(Candidate {
                at: after,
                filled,
                rank,
            });
        }
    }
    found
}

/// A place where a row may end.
struct Candidate {
    at: usize,
    filled: f32,
    rank: u8,
}

/// How good it is to break between two characters; nothing where both are of one word.
fn rank(before: char, after: char) -> Option<u8> {
    match before {
        _ if before.is_whitespace() => Some(2),
        ',' | ';' => Some(2),
        // A time has colons too.
        ':' if !after.is_ascii_digit() => Some(1),
        '{' | '[' | '(' | '}' | ']' | ')' | '/' | '&' | '?' | '=' | '|' => Some(1),
        // Chinese and Japanese have no blanks between words.
        _ if is_cjk(before) && is_cjk(after) => Some(2),
        _ => None,
    }
}

fn is_cjk(char: char) -> bool {
    matches!(char, '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(line: &str, room: usize) -> Vec<&str> {
        let mut begin = 0;
        #[expect(clippy::cast_precision_loss, reason = "a small number")]
        let places = breaks(line, room as f32, |_| 1.0);
        let ends = places.into_iter().chain([line.len()]);
        ends.map(|end| &line[std::mem::replace(&mut begin, end)..end])
            .collect()
    }

    const ID: &str = "0b5c9c58-3b5e-4f6c-9d3e-0f2a6f1f7a10";

    #[test]
    fn a_row_ends_between_words() {
        assert_eq!(rows("one two three", 8), ["one two ", "three"]);
        assert_eq!(rows("one two", 7), ["one two"]);
        assert_eq!(rows("one   two", 4), ["one   ", "two"], "blanks hang over");
        assert_eq!(rows("", 4), [""]);
        assert_eq!(rows("日本語日本語", 4), ["日本語日", "本語"]);
    }

    #[test]
    fn a_uuid_stays_whole() {
        let line = format!("    \"eventId\": \"{ID}\",");
        assert_eq!(
            rows(&line, 44),
            ["    \"eventId\": ", &format!("\"{ID}\",")]
        );
        let packed = format!("{{\"a\":\"{ID}\",\"b\":\"{ID}\"}}");
        let all = rows(&packed, 44);
        assert!(all.iter().all(|row| row.len() <= 44), "{all:?}");
        let whole = all.iter().filter(|row| row.contains(ID)).count();
        assert_eq!(whole, 2, "{all:?}");
    }

    #[test]
    fn a_time_and_a_number_stay_whole() {
        let line = r#""at":"2026-11-26T21:20:30.123Z","amount":-12.50"#;
        for room in 27..60 {
            let all = rows(line, room);
            assert!(all.iter().any(|row| row.contains("T21:20:30.123Z")));
            assert!(all.iter().any(|row| row.contains("-12.50")));
        }
    }

    #[test]
    fn what_is_wider_than_a_row_is_broken_anywhere() {
        assert_eq!(rows("abcdefgh", 3), ["abc", "def", "gh"]);
        assert_eq!(rows("    abcdef", 7), ["    abc", "def"]);
        assert_eq!(rows("日", 0), ["日"], "at least one character a row");
    }
}
