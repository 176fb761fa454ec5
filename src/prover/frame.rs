//! What goes through the pipes: a length of four bytes, the least significant first, and JSON.

use std::io::{self, Read, Write};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::schema::compare::sets::{Inclusion, SetQuestion};

/// Larger frames are an error.
const LARGEST: usize = 16 * 1024 * 1024;

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Request {
    pub question: SetQuestion,
    /// CPU time after which the child ends itself, in milliseconds.
    pub patience_ms: u64,
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct ChildAnswer {
    pub inclusion: Inclusion,
    /// CPU time it took, in microseconds.
    pub spent_us: u64,
    /// Whether the child holds so much memory that it should be ended.
    pub is_heavy: bool,
}

/// Writes a frame.
///
/// # Errors
/// The pipe is broken, or the value too large.
pub(super) fn write(out: &mut impl Write, value: &impl Serialize) -> io::Result<()> {
    let bytes = serde_json::to_vec(value)?;
    let length = u32::try_from(bytes.len())
        .ok()
        .filter(|_| bytes.len() <= LARGEST)
        .ok_or_else(|| io::Error::other("the frame is too large"))?;
    out.write_all(&length.to_le_bytes())?;
    out.write_all(&bytes)?;
    out.flush()
}

/// Reads a frame; none at the end.
///
/// # Errors
/// The pipe is broken, or what comes is no frame.
pub(super) fn read<T: DeserializeOwned>(input: &mut impl Read) -> io::Result<Option<T>> {
    let mut length = [0; 4];
    match input.read_exact(&mut length) {
        Ok(()) => {}
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
        Err(error) => return Err(error),
    }
    let length = u32::from_le_bytes(length) as usize;
    if length > LARGEST {
        return Err(io::Error::other("the frame is too large"));
    }
    let mut bytes = vec![0; length];
    input.read_exact(&mut bytes)?;
    // A schema is as deep as it likes; it was read once already with the usual limit.
    serde_json::from_slice(&bytes).map(Some).map_err(Into::into)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_comes_back_and_half_a_frame_is_an_error() {
        let request = Request {
            question: SetQuestion {
                writer: serde_json::json!({"type": "string"}),
                reader: serde_json::json!(true),
            },
            patience_ms: 7,
        };
        let mut bytes = Vec::new();
        write(&mut bytes, &request).unwrap();
        let back: Request = read(&mut bytes.as_slice()).unwrap().unwrap();
        assert_eq!(back.question, request.question);
        assert!(read::<Request>(&mut [].as_slice()).unwrap().is_none());
        assert!(read::<Request>(&mut &bytes[..bytes.len() - 1]).is_err());
        assert!(read::<Request>(&mut [255; 8].as_slice()).is_err());
    }
}
