//! Which message of a Protobuf schema a payload is. Confluent counts the message's place among those of
//! the file, and within each; Apicurio writes its name. Both stand in front of the payload, and which
//! of them it is shows only with the schema.

/// Deepest nesting of messages that is believed.
const DEEPEST: usize = 32;

/// A message of a Protobuf schema.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MessagePick {
    /// Its place in the file, the place within that one, and so on.
    Indexes(Vec<i32>),
    /// Its name, without package and outer message.
    Name(String),
}

/// A message that the first bytes of a payload may name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PickedMessage {
    pub message: MessagePick,
    /// Bytes that name it.
    pub length: usize,
}

/// All that the first bytes of a payload may name, the likeliest first.
#[must_use]
pub fn picked(payload: &[u8]) -> Vec<PickedMessage> {
    let by_index = indexes(payload).map(|(places, length)| PickedMessage {
        message: MessagePick::Indexes(places),
        length,
    });
    let by_name = named(payload).map(|(name, length)| PickedMessage {
        message: MessagePick::Name(name),
        length,
    });
    // A name proves more than a number does.
    by_name.into_iter().chain(by_index).collect()
}

/// The bytes for a place. The first message of a file is written short, as Confluent does.
#[must_use]
pub fn index_bytes(places: &[i32]) -> Vec<u8> {
    if places == [0] {
        return vec![0];
    }
    let mut out = Vec::new();
    let count = i64::try_from(places.len()).unwrap_or(i64::MAX);
    write_zigzag(count, &mut out);
    for place in places {
        write_zigzag(i64::from(*place), &mut out);
    }
    out
}

/// Confluent's places of a message, and the bytes that they take.
pub(crate) fn indexes(bytes: &[u8]) -> Option<(Vec<i32>, usize)> {
    let mut at = 0;
    let count = zigzag(bytes, &mut at)?;
    if count == 0 {
        return Some((vec![0], at));
    }
    let count = usize::try_from(count)
        .ok()
        .filter(|count| *count <= DEEPEST)?;
    let mut places = Vec::new();
    for _ in 0..count {
        let place = i32::try_from(zigzag(bytes, &mut at)?).ok()?;
        places.push(Some(place).filter(|place| *place >= 0)?);
    }
    Some((places, at))
}

/// Apicurio's name: a message of its own behind its length, with one text in its first field.
fn named(bytes: &[u8]) -> Option<(String, usize)> {
    let mut at = 0;
    let length = usize::try_from(varint(bytes, &mut at)?).ok()?;
    let end = at.checked_add(length)?;
    let inside = bytes.get(at..end)?.strip_prefix(&[0x0a])?;
    let mut start = 0;
    let name_length = usize::try_from(varint(inside, &mut start)?).ok()?;
    let name = inside.get(start..)?;
    let fits = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_' || *byte == b'.';
    let is_name = name.len() == name_length && !name.is_empty() && name.iter().all(fits);
    let name = std::str::from_utf8(name).ok().filter(|_| is_name)?;
    Some((name.to_owned(), end))
}

/// A number of seven bits a byte, the lowest first.
fn varint(bytes: &[u8], at: &mut usize) -> Option<u64> {
    let mut number = 0_u64;
    for shift in (0..64).step_by(7) {
        let byte = *bytes.get(*at)?;
        *at += 1;
        number |= u64::from(byte & 0x7f).checked_shl(shift)?;
        if byte & 0x80 == 0 {
            return Some(number);
        }
    }
    None
}

fn zigzag(bytes: &[u8], at: &mut usize) -> Option<i64> {
    let number = varint(bytes, at)?;
    Some((number >> 1).cast_signed() ^ -(number & 1).cast_signed())
}

fn write_zigzag(number: i64, out: &mut Vec<u8>) {
    let mut rest = ((number << 1) ^ (number >> 63)).cast_unsigned();
    while rest >= 0x80 {
        out.push(rest.to_le_bytes()[0] | 0x80);
        rest >>= 7;
    }
    out.push(rest.to_le_bytes()[0]);
}
