//! A tiny AMQP 0-9-1 client written by hand over a plain socket: the independent eye of the broker
//! tests. It knows nothing of lapin or of Eventscope, sends exactly the bytes it is told to, and
//! shows exactly the bytes that came. It blocks, and it panics over anything unexpected.

use std::collections::BTreeSet;
use std::io::{self, Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

const METHOD: u8 = 1;
const HEADER: u8 = 2;
const BODY: u8 = 3;
const END: u8 = 0xce;
/// What one body frame may carry at the frame size that RabbitMQ offers.
const CHUNK: usize = 131_072 - 8;

/// One connection with one channel in confirm mode.
pub(crate) struct Raw {
    socket: TcpStream,
    published: u64,
    unconfirmed: BTreeSet<u64>,
}

/// A message as it lies in a queue.
#[derive(Debug)]
pub(crate) struct Message {
    pub(crate) tag: u64,
    pub(crate) redelivered: bool,
    pub(crate) exchange: String,
    pub(crate) key: String,
    /// Property flags and values, byte for byte.
    pub(crate) properties: Vec<u8>,
    pub(crate) body: Vec<u8>,
}

/// Whether a queue outlives its consumers and the broker.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Life {
    Durable,
    AutoDelete,
}

impl Raw {
    pub(crate) fn connect(port: u16, user: &str, password: &str, vhost: &str) -> Self {
        let socket = TcpStream::connect(("127.0.0.1", port)).expect("connect");
        let limit = Some(Duration::from_secs(20));
        socket.set_read_timeout(limit).expect("time limit");
        socket.set_nodelay(true).expect("no delay");
        let mut raw = Self {
            socket,
            published: 0,
            unconfirmed: BTreeSet::new(),
        };
        raw.socket.write_all(b"AMQP\0\0\x09\x01").expect("header");
        raw.expect_method(0, 10, 10);
        let login = [b"\0", user.as_bytes(), b"\0", password.as_bytes()].concat();
        let named = table(&[("connection_name", text("an independent client"))]);
        let start_ok = [named, short("PLAIN"), long(&login), short("en_US")].concat();
        raw.method(0, 10, 11, &start_ok);
        let tune = raw.expect_method(0, 10, 30);
        // The broker's own offer, without heartbeats.
        raw.method(0, 10, 31, &[&tune[..6], &[0, 0]].concat());
        raw.method(0, 10, 40, &[short(vhost), vec![0, 0]].concat());
        raw.expect_method(0, 10, 41);
        raw.method(1, 20, 10, &short(""));
        raw.expect_method(1, 20, 11);
        raw.method(1, 85, 10, &[0]);
        raw.expect_method(1, 85, 11);
        raw
    }

    pub(crate) fn exchange(&mut self, name: &str, kind: &str) {
        self.exchange_with(name, kind, &[]);
    }

    pub(crate) fn exchange_with(&mut self, name: &str, kind: &str, fields: &[(&str, Vec<u8>)]) {
        let durable = [0b10];
        let arguments = [
            &[0, 0],
            &short(name)[..],
            &short(kind),
            &durable,
            &table(fields),
        ]
        .concat();
        self.method(1, 40, 10, &arguments);
        self.expect_method(1, 40, 11);
    }

    pub(crate) fn queue(&mut self, name: &str, life: Life, arguments: &[(&str, Vec<u8>)]) {
        let bits = match life {
            Life::Durable => 0b10,
            Life::AutoDelete => 0b1000,
        };
        self.declare(name, bits, arguments);
    }

    pub(crate) fn delete_exchange(&mut self, name: &str) {
        let body = [&[0, 0], &short(name)[..], &[0]].concat();
        self.method(1, 40, 20, &body);
        self.expect_method(1, 40, 21);
    }

    /// Deletes a queue, with all that is in it.
    pub(crate) fn delete(&mut self, name: &str) {
        let body = [&[0, 0], &short(name)[..], &[0]].concat();
        self.method(1, 50, 40, &body);
        self.expect_method(1, 50, 41);
    }

    /// Messages that are ready in a queue.
    pub(crate) fn depth(&mut self, name: &str) -> u32 {
        self.declare(name, 1, &[])
    }

    fn declare(&mut self, name: &str, bits: u8, arguments: &[(&str, Vec<u8>)]) -> u32 {
        let body = [&[0, 0], &short(name)[..], &[bits], &table(arguments)].concat();
        self.method(1, 50, 10, &body);
        let ok = self.expect_method(1, 50, 11);
        let mut at = 0;
        take_short(&ok, &mut at);
        number(&ok[at..at + 4])
    }

    pub(crate) fn bind(&mut self, queue: &str, exchange: &str, key: &str) {
        self.bind_with(queue, exchange, key, &[]);
    }

    /// Binds with arguments, by which a headers exchange routes.
    pub(crate) fn bind_with(
        &mut self,
        queue: &str,
        exchange: &str,
        key: &str,
        arguments: &[(&str, Vec<u8>)],
    ) {
        let names = [short(queue), short(exchange), short(key)].concat();
        let body = [&[0, 0], &names[..], &[0], &table(arguments)].concat();
        self.method(1, 50, 20, &body);
        self.expect_method(1, 50, 21);
    }

    pub(crate) fn unbind(&mut self, queue: &str, exchange: &str, key: &str) {
        let names = [short(queue), short(exchange), short(key)].concat();
        let body = [&[0, 0], &names[..], &table(&[])].concat();
        self.method(1, 50, 50, &body);
        self.expect_method(1, 50, 51);
    }

    /// Publishes and waits for the confirm.
    pub(crate) fn publish(&mut self, exchange: &str, key: &str, properties: &[u8], body: &[u8]) {
        self.publish_unconfirmed(exchange, key, properties, body);
        self.confirmed();
    }

    /// Publishes; false if the broker refuses the message.
    pub(crate) fn try_publish(
        &mut self,
        exchange: &str,
        key: &str,
        properties: &[u8],
        body: &[u8],
    ) -> bool {
        self.publish_unconfirmed(exchange, key, properties, body);
        let (class, method, _) = self.read_method(1);
        self.unconfirmed.clear();
        match (class, method) {
            (60, 80) => true,
            (60, 120) => false,
            other => panic!("{other:?} instead of a confirm"),
        }
    }

    /// Publishes many alike and waits for all confirms.
    pub(crate) fn flood(&mut self, exchange: &str, key: &str, body: &[u8], count: u64) {
        for number in 1..=count {
            self.publish_unconfirmed(exchange, key, &none(), body);
            // Not all at once: unread confirms would fill the socket.
            if number % 1_000 == 0 {
                self.confirmed();
            }
        }
        self.confirmed();
    }

    /// Publishes the numbers from 1 as bodies; calls `confirmed` after each thousand.
    pub(crate) fn count(&mut self, exchange: &str, count: u64, mut confirmed: impl FnMut()) {
        for number in 1..=count {
            let body = number.to_string();
            self.publish_unconfirmed(exchange, "k", &none(), body.as_bytes());
            if number % 1_000 == 0 || number == count {
                self.confirmed();
                confirmed();
            }
        }
    }

    pub(crate) fn publish_unconfirmed(
        &mut self,
        exchange: &str,
        key: &str,
        properties: &[u8],
        body: &[u8],
    ) {
        self.published += 1;
        self.unconfirmed.insert(self.published);
        let names = [short(exchange), short(key)].concat();
        let mut frames = Vec::with_capacity(body.len() + properties.len() + 128);
        let method = [&[0, 60, 0, 40, 0, 0], &names[..], &[0]].concat();
        push_frame(&mut frames, METHOD, 1, &method);
        let size = (body.len() as u64).to_be_bytes();
        let header = [&[0, 60, 0, 0], &size[..], properties].concat();
        push_frame(&mut frames, HEADER, 1, &header);
        for chunk in body.chunks(CHUNK) {
            push_frame(&mut frames, BODY, 1, chunk);
        }
        self.socket.write_all(&frames).expect("publish");
    }

    /// Reads confirms until all are there.
    pub(crate) fn confirmed(&mut self) {
        while !self.unconfirmed.is_empty() {
            let ack = self.expect_method(1, 60, 80);
            self.answered(&ack);
        }
    }

    /// Reads an answer to each, confirm or refusal. RabbitMQ 4.3 refuses what was on its way to a queue
    /// that died with its client.
    pub(crate) fn settled(&mut self) {
        while !self.unconfirmed.is_empty() {
            let (class, method, body) = self.read_method(1);
            assert!(
                class == 60 && [80, 120].contains(&method),
                "{class} {method}"
            );
            self.answered(&body);
        }
    }

    fn answered(&mut self, answer: &[u8]) {
        let tag = number64(&answer[..8]);
        if answer[8] & 1 == 1 {
            self.unconfirmed.retain(|open| *open > tag);
        } else {
            self.unconfirmed.remove(&tag);
        }
    }

    /// Takes the oldest message without acknowledging it.
    pub(crate) fn get(&mut self, queue: &str) -> Option<Message> {
        self.try_get(queue)
            .unwrap_or_else(|words| panic!("{queue}: {words}"))
    }

    /// The same; says why the broker closed the channel instead, and opens it again.
    fn try_get(&mut self, queue: &str) -> Result<Option<Message>, String> {
        self.method(1, 60, 70, &[&[0, 0], &short(queue)[..], &[0]].concat());
        let (class, method, body) = self.read_method(1);
        if (class, method) == (60, 72) {
            return Ok(None);
        }
        if (class, method) == (20, 40) {
            self.method(1, 20, 41, &[]);
            self.method(1, 20, 10, &[0]);
            self.expect_method(1, 20, 11);
            return Err(take_short(&body, &mut 2));
        }
        assert_eq!((class, method), (60, 71), "basic.get-ok");
        let mut at = 9;
        let (tag, redelivered) = (number64(&body[..8]), body[8] == 1);
        let exchange = take_short(&body, &mut at);
        let key = take_short(&body, &mut at);
        let (kind, _, header) = self.read_frame();
        assert_eq!(kind, HEADER);
        let size = usize::try_from(number64(&header[4..12])).expect("a size");
        let mut content = Vec::with_capacity(size);
        while content.len() < size {
            let (kind, _, part) = self.read_frame();
            assert_eq!(kind, BODY);
            content.extend(part);
        }
        Ok(Some(Message {
            tag,
            redelivered,
            exchange,
            key,
            properties: header[12..].to_vec(),
            body: content,
        }))
    }

    /// Becomes a consumer of a queue that takes at most so many messages and answers for none.
    pub(crate) fn consume(&mut self, queue: &str, tag: &str, most: u16) {
        let qos = [&[0; 4], &most.to_be_bytes()[..], &[0]].concat();
        self.method(1, 60, 10, &qos);
        self.expect_method(1, 60, 11);
        let names = [short(queue), short(tag)].concat();
        let consume = [&[0, 0], &names[..], &[0], &table(&[])].concat();
        self.method(1, 60, 20, &consume);
        self.expect_method(1, 60, 21);
    }

    /// Takes everything out of a queue for good.
    pub(crate) fn drain(&mut self, queue: &str) -> Vec<Message> {
        let mut all = Vec::new();
        while let Some(message) = self.get(queue) {
            self.ack(message.tag);
            all.push(message);
        }
        all
    }

    /// The bodies of everything in a queue, as text, taking them out for good.
    pub(crate) fn bodies(&mut self, queue: &str) -> Vec<String> {
        self.drain(queue)
            .into_iter()
            .map(|message| String::from_utf8(message.body).expect("text"))
            .collect()
    }

    /// Adds the same to `all`.
    ///
    /// # Errors
    /// Says why if the queue does not answer yet, as for a moment after a restart.
    pub(crate) fn bodies_if_ready(
        &mut self,
        queue: &str,
        all: &mut Vec<String>,
    ) -> Result<(), String> {
        while let Some(message) = self.try_get(queue)? {
            self.ack(message.tag);
            all.push(String::from_utf8(message.body).expect("text"));
        }
        Ok(())
    }

    /// Consumes with a prefetch of one, and takes the first message without acknowledging it.
    pub(crate) fn consume_one(&mut self, queue: &str) {
        self.method(1, 60, 10, &[0, 0, 0, 0, 0, 1, 0]);
        self.expect_method(1, 60, 11);
        let names = [&[0, 0], &short(queue)[..], &short("one at a time")[..]].concat();
        self.method(1, 60, 20, &[&names[..], &[0], &table(&[])].concat());
        self.expect_method(1, 60, 21);
        self.expect_method(1, 60, 60);
        // Its header and body.
        for _ in 0..2 {
            self.read_frame();
        }
    }

    /// Gives everything back that is not acknowledged.
    pub(crate) fn give_back(&mut self) {
        self.method(1, 60, 120, &[&0_u64.to_be_bytes()[..], &[0b11]].concat());
    }

    pub(crate) fn ack(&mut self, tag: u64) {
        self.method(1, 60, 80, &[&tag.to_be_bytes()[..], &[0]].concat());
    }

    /// Refuses a message so that its queue hands it out again.
    pub(crate) fn requeue(&mut self, tag: u64) {
        self.method(1, 60, 90, &[&tag.to_be_bytes()[..], &[1]].concat());
    }

    /// Refuses a message so that its queue dead-letters it.
    pub(crate) fn reject(&mut self, tag: u64) {
        self.method(1, 60, 90, &[&tag.to_be_bytes()[..], &[0]].concat());
    }

    fn method(&mut self, channel: u16, class: u16, method: u16, arguments: &[u8]) {
        let payload = [&class.to_be_bytes(), &method.to_be_bytes(), arguments].concat();
        let mut frame = Vec::new();
        push_frame(&mut frame, METHOD, channel, &payload);
        self.socket.write_all(&frame).expect("a method");
    }

    fn expect_method(&mut self, channel: u16, class: u16, method: u16) -> Vec<u8> {
        let (c, m, body) = self.read_method(channel);
        assert_eq!(
            (c, m),
            (class, method),
            "{}",
            String::from_utf8_lossy(&body)
        );
        body
    }

    fn read_method(&mut self, channel: u16) -> (u16, u16, Vec<u8>) {
        let (kind, on, payload) = self.read_frame();
        let said = String::from_utf8_lossy(&payload);
        assert_eq!((kind, on), (METHOD, channel), "{said}");
        let part = |at: usize| u16::from_be_bytes([payload[at], payload[at + 1]]);
        (part(0), part(2), payload[4..].to_vec())
    }

    fn read_frame(&mut self) -> (u8, u16, Vec<u8>) {
        let frame = read_frame(&mut self.socket).expect("a frame");
        (frame.kind, frame.channel, frame.payload)
    }
}

/// A frame as it is on the wire.
pub(crate) struct Frame {
    pub(crate) kind: u8,
    pub(crate) channel: u16,
    pub(crate) payload: Vec<u8>,
}

/// Reads a frame.
pub(crate) fn read_frame(from: &mut TcpStream) -> io::Result<Frame> {
    let mut head = [0; 7];
    from.read_exact(&mut head)?;
    let mut payload = vec![0; number(&head[3..]) as usize + 1];
    from.read_exact(&mut payload)?;
    assert_eq!(payload.pop(), Some(END));
    Ok(Frame {
        kind: head[0],
        channel: u16::from_be_bytes([head[1], head[2]]),
        payload,
    })
}

/// Appends a frame.
pub(crate) fn push_frame(to: &mut Vec<u8>, kind: u8, channel: u16, payload: &[u8]) {
    to.push(kind);
    to.extend(channel.to_be_bytes());
    to.extend(length(payload));
    to.extend(payload);
    to.push(END);
}

fn length(bytes: &[u8]) -> [u8; 4] {
    u32::try_from(bytes.len())
        .expect("short enough")
        .to_be_bytes()
}

fn number(bytes: &[u8]) -> u32 {
    bytes.iter().fold(0, |n, byte| n << 8 | u32::from(*byte))
}

fn number64(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0, |n, byte| n << 8 | u64::from(*byte))
}

fn take_short(bytes: &[u8], at: &mut usize) -> String {
    let size = usize::from(bytes[*at]);
    let text = String::from_utf8(bytes[*at + 1..*at + 1 + size].to_vec()).expect("text");
    *at += 1 + size;
    text
}

/// A short string.
pub(crate) fn short(text: &str) -> Vec<u8> {
    let size = u8::try_from(text.len()).expect("short enough");
    [&[size], text.as_bytes()].concat()
}

/// A long string or byte array, without its type.
pub(crate) fn long(bytes: &[u8]) -> Vec<u8> {
    [&length(bytes), bytes].concat()
}

/// A table; each value with its type.
pub(crate) fn table(fields: &[(&str, Vec<u8>)]) -> Vec<u8> {
    let inner: Vec<u8> = fields
        .iter()
        .flat_map(|(name, value)| [short(name), value.clone()].concat())
        .collect();
    long(&inner)
}

/// A field value: its type and its bytes.
pub(crate) fn field(kind: u8, bytes: &[u8]) -> Vec<u8> {
    [&[kind], bytes].concat()
}

/// A string as a field value.
pub(crate) fn text(value: &str) -> Vec<u8> {
    field(b'S', &long(value.as_bytes()))
}

/// A 32-bit number as a field value.
pub(crate) fn int(value: i32) -> Vec<u8> {
    field(b'I', &value.to_be_bytes())
}

/// No properties at all.
pub(crate) fn none() -> Vec<u8> {
    vec![0, 0]
}

/// Delivery mode 2 and nothing else: such a message outlives the broker.
pub(crate) fn persistent() -> Vec<u8> {
    let mut values = [const { None }; 14];
    values[3] = Some(vec![2]);
    properties(&values)
}

/// Properties from the values that are present, in the order of the specification: `Some` for each
/// of the 14 that is sent, already encoded.
pub(crate) fn properties(values: &[Option<Vec<u8>>; 14]) -> Vec<u8> {
    let flags = values
        .iter()
        .enumerate()
        .filter(|(_, value)| value.is_some())
        .fold(0_u16, |flags, (index, _)| flags | 1 << (15 - index));
    let mut bytes = flags.to_be_bytes().to_vec();
    bytes.extend(values.iter().flatten().flatten());
    bytes
}

/// The reverse: which of the 14 properties are there, each as it is on the wire.
pub(crate) fn values(properties: &[u8]) -> [Option<Vec<u8>>; 14] {
    let flags = u16::from_be_bytes([properties[0], properties[1]]);
    let mut rest = &properties[2..];
    std::array::from_fn(|index| {
        if flags & 1 << (15 - index) == 0 {
            return None;
        }
        let size = match index {
            2 => 4 + number(&rest[..4]) as usize,
            3 | 4 => 1,
            9 => 8,
            _ => 1 + usize::from(rest[0]),
        };
        let (value, after) = rest.split_at(size);
        rest = after;
        Some(value.to_vec())
    })
}
