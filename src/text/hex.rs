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

/// The bytes of such digits, an even number of them; none for any other text.
#[must_use]
pub fn read(digits: &str) -> Option<Vec<u8>> {
    let digits = digits.as_bytes();
    if digits.is_empty() || !digits.len().is_multiple_of(2) {
        return None;
    }
    let value = |digit: u8| char::from(digit).to_digit(16);
    let pair = |pair: &[u8]| u8::try_from(value(pair[0])? * 16 + value(pair[1])?).ok();
    digits.chunks(2).map(pair).collect()
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
        assert_eq!(read("0061FF").as_deref(), Some(b"\x00a\xff".as_slice()));
        for none in ["", "0", "0g", "é"] {
            assert_eq!(read(none), None);
        }
    }
}
