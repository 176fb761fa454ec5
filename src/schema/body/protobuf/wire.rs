//! Fields as they stand on the wire: numbers, and values by how they are written.

/// How a value is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum WireForm {
    Varint,
    Four,
    Eight,
    Length,
}

/// One value on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum WireValue {
    Varint(u64),
    Four(u32),
    Eight(u64),
    /// Behind its length: where it lies.
    Length(usize, usize),
    /// Between two marks: where it lies.
    Group(usize, usize),
}

/// How the values of a scalar are written; `None` of what is no scalar.
pub(crate) fn form(scalar: &str) -> Option<WireForm> {
    Some(match scalar {
        "int32" | "int64" | "uint32" | "uint64" | "sint32" | "sint64" | "bool" => WireForm::Varint,
        "fixed32" | "sfixed32" | "float" => WireForm::Four,
        "fixed64" | "sfixed64" | "double" => WireForm::Eight,
        "string" | "bytes" => WireForm::Length,
        _ => return None,
    })
}

/// The fields of a message, in the order of the wire, and what ends them early.
pub(crate) struct WireFields {
    pub(crate) fields: Vec<(u32, WireValue)>,
    /// Where it is broken, and how.
    pub(crate) broken: Option<(usize, &'static str)>,
}

/// Reads the fields between two places.
pub(crate) fn fields(body: &[u8], from: usize, to: usize) -> WireFields {
    let mut out = WireFields {
        fields: Vec::new(),
        broken: None,
    };
    let mut at = from;
    while at < to {
        let start = at;
        match field(&body[..to], &mut at) {
            Ok(found) => out.fields.push(found),
            Err(words) => {
                out.broken = Some((start, words));
                break;
            }
        }
    }
    out
}

fn field(body: &[u8], at: &mut usize) -> Result<(u32, WireValue), &'static str> {
    let (number, kind) = tag(body, at)?;
    let value = match kind {
        3 => {
            let from = *at;
            let to = group_end(body, at, number)?;
            WireValue::Group(from, to)
        }
        4 => return Err("a group ends that did not begin"),
        kind => plain(body, at, kind)?,
    };
    Ok((number, value))
}

fn tag(body: &[u8], at: &mut usize) -> Result<(u32, u8), &'static str> {
    let tag = varint(body, at)?;
    let number = u32::try_from(tag >> 3).ok().filter(|number| *number > 0);
    let number = number.ok_or("a field has no number that can be one")?;
    Ok((number, u8::try_from(tag & 7).unwrap_or_default()))
}

fn plain(body: &[u8], at: &mut usize, kind: u8) -> Result<WireValue, &'static str> {
    let mut take = |length: usize| {
        let end = at.checked_add(length).filter(|end| *end <= body.len());
        let end = end.ok_or("it ends within a value")?;
        let from = std::mem::replace(at, end);
        Ok::<_, &'static str>((from, end))
    };
    let little = |(from, to): (usize, usize)| {
        let bytes = body[from..to].iter().rev();
        bytes.fold(0_u64, |number, byte| number << 8 | u64::from(*byte))
    };
    Ok(match kind {
        0 => WireValue::Varint(varint(body, at)?),
        1 => WireValue::Eight(little(take(8)?)),
        5 => WireValue::Four(u32::try_from(little(take(4)?)).unwrap_or_default()),
        2 => {
            let length = varint(body, at)?;
            let length = usize::try_from(length).map_err(|_| "it ends within a value")?;
            let end = at.checked_add(length).filter(|end| *end <= body.len());
            let end = end.ok_or("it ends within a value")?;
            let from = std::mem::replace(at, end);
            WireValue::Length(from, end)
        }
        _ => return Err("a value is written in a way that does not exist"),
    })
}

/// Passes over a group, with the groups in it; gives the place before its end.
fn group_end(body: &[u8], at: &mut usize, number: u32) -> Result<usize, &'static str> {
    let mut open = vec![number];
    loop {
        let before = *at;
        let (number, kind) = tag(body, at)?;
        match kind {
            3 => open.push(number),
            4 if open.pop() == Some(number) => {
                if open.is_empty() {
                    return Ok(before);
                }
            }
            4 => return Err("a group ends that did not begin"),
            kind => {
                plain(body, at, kind)?;
            }
        }
    }
}

/// A number of seven bits a byte, the lowest first.
pub(crate) fn varint(body: &[u8], at: &mut usize) -> Result<u64, &'static str> {
    let mut number = 0_u64;
    for shift in (0..70).step_by(7) {
        let byte = *body.get(*at).ok_or("it ends within a number")?;
        *at += 1;
        if shift == 63 && byte > 1 {
            break;
        }
        number |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Ok(number);
        }
    }
    Err("a number is larger than 64 bits")
}

pub(crate) fn write_varint(number: u64, out: &mut Vec<u8>) {
    let mut rest = number;
    while rest >= 0x80 {
        out.push(rest.to_le_bytes()[0] | 0x80);
        rest >>= 7;
    }
    out.push(rest.to_le_bytes()[0]);
}

pub(crate) fn write_tag(number: i32, kind: u8, out: &mut Vec<u8>) {
    let number = u64::try_from(number).unwrap_or_default();
    write_varint(number << 3 | u64::from(kind), out);
}

pub(crate) fn zigzag(number: u64) -> i64 {
    (number >> 1).cast_signed() ^ -(number & 1).cast_signed()
}

pub(crate) fn to_zigzag(number: i64) -> u64 {
    ((number << 1) ^ (number >> 63)).cast_unsigned()
}
