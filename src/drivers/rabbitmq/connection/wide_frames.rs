//! Lets the client read frames that are larger than those it agreed on with the broker.
//!
//! A message's headers go in one frame, and RabbitMQ does not cut it: dead-lettering adds to the
//! headers, so what its publisher just fitted into a frame does not fit any more, and the broker
//! sends it all the same. lapin ends the connection over it. RabbitMQ refuses a client that asks
//! for larger frames than it offers (AMQP 0-9-1, 1.4.2.6: `connection.tune-ok`), so the two are told
//! different sizes: lapin the size that it shall read, the broker what it offered.
//!
//! For connections that only read: on them lapin sends nothing that is larger than what the broker
//! takes.

/// `connection.tune`, from the broker: class 10, method 30.
const TUNE: [u8; 4] = [0, 10, 0, 30];
/// `connection.tune-ok`, the answer: class 10, method 31.
const TUNE_OK: [u8; 4] = [0, 10, 0, 31];
/// What a client says first: not a frame.
const PROTOCOL_HEADER: usize = 8;
/// Bytes before the payload of a frame: its type, its channel and its size.
const HEAD: usize = 7;
/// Where `frame-max` is in both methods: behind class, method and `channel-max`.
const PLACE: std::ops::Range<usize> = HEAD + 6..HEAD + 10;

/// The bytes of a connection in both directions, until both sides have agreed.
#[derive(Clone, Debug)]
pub(crate) struct WideFrames {
    size: u32,
    offered: [u8; 4],
    read: FrameScan,
    written: FrameScan,
}

impl WideFrames {
    /// Frames of at most so many bytes are read.
    pub(crate) fn new(size: u32) -> Self {
        Self {
            size,
            offered: [0; 4],
            read: FrameScan::new(TUNE, 0),
            written: FrameScan::new(TUNE_OK, PROTOCOL_HEADER),
        }
    }

    /// True if nothing more is to be changed.
    pub(crate) fn is_done(&self) -> bool {
        self.read.is_done && self.written.is_done
    }

    /// Changes what came from the broker.
    pub(crate) fn reading(&mut self, bytes: &mut [u8]) {
        let wide = self.size.to_be_bytes();
        for byte in bytes {
            if let Some(place) = self.read.step(*byte) {
                self.offered[place] = *byte;
                *byte = wide[place];
            }
        }
    }

    /// Changes what goes to the broker.
    pub(crate) fn writing(&mut self, bytes: &mut [u8]) {
        let answer = match u32::from_be_bytes(self.offered) {
            // It sets no limit.
            0 => self.size,
            offered => offered.min(self.size),
        };
        let answer = answer.to_be_bytes();
        for byte in bytes {
            if let Some(place) = self.written.step(*byte) {
                *byte = answer[place];
            }
        }
    }
}

/// Follows frames byte by byte until the one that is looked for has passed.
#[derive(Clone, Debug)]
struct FrameScan {
    method: [u8; 4],
    /// Bytes before the first frame.
    skip: usize,
    /// The beginning of this frame, with class and method.
    head: [u8; HEAD + 4],
    place: usize,
    is_done: bool,
}

impl FrameScan {
    fn new(method: [u8; 4], skip: usize) -> Self {
        Self {
            method,
            skip,
            head: [0; HEAD + 4],
            place: 0,
            is_done: false,
        }
    }

    /// Takes the next byte; says which of `frame-max` it is, if it is one.
    fn step(&mut self, byte: u8) -> Option<usize> {
        if self.is_done {
            return None;
        }
        if self.skip > 0 {
            self.skip -= 1;
            return None;
        }
        let place = self.place;
        self.place += 1;
        if let Some(slot) = self.head.get_mut(place) {
            *slot = byte;
        }
        let is_method = self.head[0] == 1 && place >= HEAD + 4;
        let is_it = is_method && self.head[HEAD..] == self.method;
        if place >= HEAD {
            let size = [self.head[3], self.head[4], self.head[5], self.head[6]];
            let size = usize::try_from(u32::from_be_bytes(size)).unwrap_or(usize::MAX);
            if place >= size.saturating_add(HEAD) {
                self.place = 0;
                self.is_done = is_it;
            }
        }
        (is_it && PLACE.contains(&place)).then(|| place - PLACE.start)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(payload: &[u8]) -> Vec<u8> {
        let mut frame = vec![1, 0, 0];
        frame.extend_from_slice(&u32::try_from(payload.len()).unwrap().to_be_bytes());
        frame.extend_from_slice(payload);
        frame.push(0xCE);
        frame
    }

    fn tuned(method: [u8; 4], size: u32) -> Vec<u8> {
        let mut payload = method.to_vec();
        payload.extend_from_slice(&2_047_u16.to_be_bytes());
        payload.extend_from_slice(&size.to_be_bytes());
        payload.extend_from_slice(&60_u16.to_be_bytes());
        frame(&payload)
    }

    /// Both directions of a handshake, in parts of so many bytes.
    fn agree(offered: u32, size: u32, part: usize) -> (Vec<u8>, Vec<u8>) {
        let mut wide = WideFrames::new(size);
        let start = frame(&[0, 10, 0, 10, 0, 9, 0, 0, 0, 0]);
        let mut read = [
            start.clone(),
            tuned(TUNE, offered),
            frame(&[0, 10, 0, 41, 0]),
        ]
        .concat();
        for part in read.chunks_mut(part) {
            wide.reading(part);
        }
        let start_ok = frame(&[0, 10, 0, 11, 0, 0, 0, 0]);
        let mut written = b"AMQP\0\0\x09\x01".to_vec();
        written.extend([start_ok, tuned(TUNE_OK, size), frame(&[0, 10, 0, 40])].concat());
        for part in written.chunks_mut(part) {
            wide.writing(part);
        }
        assert!(wide.is_done());
        (read, written)
    }

    #[test]
    fn each_side_is_told_what_it_may_have_however_the_bytes_are_cut() {
        for (offered, answer) in [(131_072, 131_072), (0, 1 << 20), (1 << 22, 1 << 20)] {
            for part in [1, 2, 3, 7, 11, 1_000] {
                let (read, written) = agree(offered, 1 << 20, part);
                let has = |bytes: &[u8], frame: &[u8]| {
                    bytes.windows(frame.len()).any(|part| part == frame)
                };
                assert!(has(&read, &tuned(TUNE, 1 << 20)), "{offered} {part}");
                assert!(has(&written, &tuned(TUNE_OK, answer)), "{offered} {part}");
            }
        }
    }

    #[test]
    fn what_comes_later_is_left_as_it_is() {
        let mut wide = WideFrames::new(1 << 20);
        let mut first = tuned(TUNE, 131_072);
        wide.reading(&mut first);
        let mut again = tuned(TUNE, 131_072);
        wide.reading(&mut again);
        assert_eq!(again, tuned(TUNE, 131_072));
    }
}
