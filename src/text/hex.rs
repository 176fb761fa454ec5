//! Bytes as the lines of a hex view.

/// One line: offset, hex bytes, and the printable ASCII beside them. Made on demand, so that a
/// view of a large body costs only what is visible. `width` is the number of bytes on each line.
#[must_use]
pub fn line(body: &[u8], index: usize, width: usize) -> String {
    let start = (index * width).min(body.len());
    let bytes = &body[start..(start + width).min(body.len())];
    let mut text = format!("{start:08x}  ");
    for position in 0..width {
        match bytes.get(position) {
            Some(byte) => text.push_str(&format!("{byte:02x} ")),
            None => text.push_str("   "),
        }
        if position == 7 {
            text.push(' ');
        }
    }
    text.push(' ');
    text.extend(bytes.iter().map(|byte| match byte {
        0x20..=0x7e => char::from(*byte),
        _ => '.',
    }));
    text
}

/// All bytes as digits, without spaces.
#[must_use]
pub fn plain(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut out = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        for half in [byte >> 4, byte & 15] {
            out.push(char::from(DIGITS[usize::from(half)]));
        }
    }
    out
}

/// The bytes of digits as [`plain`] writes them, in either case; `None` of any other text.
#[must_use]
pub fn bytes(digits: &str) -> Option<Vec<u8>> {
    let value = |digit: &u8| char::from(*digit).to_digit(16);
    let pairs = digits.as_bytes().chunks_exact(2);
    if !pairs.remainder().is_empty() {
        return None;
    }
    pairs
        .map(|pair| u8::try_from(value(&pair[0])? << 4 | value(&pair[1])?).ok())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_shows_offset_bytes_and_text() {
        let body: Vec<u8> = (0x40..0x52).collect();
        assert_eq!(
            line(&body, 0, 16),
            "00000000  40 41 42 43 44 45 46 47  48 49 4a 4b 4c 4d 4e 4f  @ABCDEFGHIJKLMNO"
        );
        assert!(line(&body, 1, 16).starts_with("00000010  50 51 "));
        assert!(line(&body, 1, 16).ends_with("  PQ"));
    }

    #[test]
    fn bytes_are_written_as_digits() {
        assert_eq!(plain(b"\x00a\xff"), "0061ff");
        assert_eq!(bytes("0061Ff").as_deref(), Some(&b"\x00a\xff"[..]));
        for wrong in ["0", "0g", "+1", "é"] {
            assert_eq!(bytes(wrong), None, "{wrong}");
        }
    }
}
