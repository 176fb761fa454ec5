//! Hears which product and version a broker is. The first thing that a broker says,
//! `connection.start`, names both (AMQP 0-9-1, 1.4.2.1: server-properties), and lapin keeps that to
//! itself. So the stream that lapin reads from is listened to until that frame has come.

use std::io::{self, IoSlice, IoSliceMut, Read, Write};
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use async_rs::traits::Reactor;
use async_rs::util::RuntimeParts;
use async_rs::{Runtime, Tokio};
use futures_io::{AsyncRead, AsyncWrite};
use futures_util::Stream;
use lapin::protocol::connection::AMQPMethod;
use lapin::protocol::{AMQPClass, parse_class};
use lapin::tcp::{AMQPUriTcpExt as _, AsyncTcpStream, TLSConfig};
use lapin::types::FieldTable;
use lapin::uri::AMQPUri;
use lapin::{Connection, ConnectionProperties};

use super::wide_frames::WideFrames;
use crate::rabbitmq::server_version::ServerVersion;

/// Most bytes of a first frame that are waited for; real ones take about 500.
const MOST: usize = 128 * 1024;
/// Bytes before the payload of a frame: its type, its channel and its size.
const HEAD: usize = 7;

/// Connects as lapin does by itself. What answers is unnamed if it says nothing of itself. `wide` is
/// the size of the largest frame that is read, see [`WideFrames`].
pub(crate) async fn connect(
    uri: AMQPUri,
    properties: ConnectionProperties,
    wide: Option<u32>,
) -> lapin::Result<(Connection, ServerVersion)> {
    let told = Arc::new(OnceLock::new());
    let ear = Arc::clone(&told);
    let tokio = Tokio::current();
    let plain = Runtime::new(tokio.clone());
    let runtime = Runtime::new(RuntimeParts::new(tokio.clone(), GreetingReading(tokio)));
    let open = async move |uri: AMQPUri, _| {
        let stream = uri
            .connect_with_config_async(TLSConfig::default(), &plain)
            .await?;
        Ok(AsyncTcpStream::Plain(HeardGreeting {
            stream,
            first: Some(Vec::new()),
            told: Arc::clone(&ear),
            wide: wide.map(WideFrames::new),
        }))
    };
    let connection = Connection::connector(uri, runtime, open, properties).await?;
    Ok((connection, told.get().cloned().unwrap_or_default()))
}

/// A stream that was opened by `Tokio`, encrypted or not, with an ear on what is read from it.
struct HeardGreeting {
    stream: AsyncTcpStream<<Tokio as Reactor>::TcpStream>,
    /// What has come of the first frame; `None` once that is complete, or is no frame.
    first: Option<Vec<u8>>,
    told: Arc<OnceLock<ServerVersion>>,
    /// Until both sides have agreed on a size of frames.
    wide: Option<WideFrames>,
}

impl HeardGreeting {
    fn hear(&mut self, bytes: &mut [u8]) {
        if let Some(wide) = &mut self.wide {
            wide.reading(bytes);
        }
        let Some(first) = &mut self.first else {
            return;
        };
        first.extend_from_slice(bytes);
        if let Some(payload) = payload(first) {
            // That it was told already is no error: this is another try of lapin's.
            if let Some(server) = server(payload) {
                drop(self.told.set(server));
            }
            self.first = None;
        } else if first.len() > MOST {
            self.first = None;
        }
    }
}

/// The payload of the frame at the start of these bytes, if all of it is there.
fn payload(bytes: &[u8]) -> Option<&[u8]> {
    let size = bytes.get(3..HEAD)?.try_into().ok()?;
    let end = HEAD.checked_add(usize::try_from(u32::from_be_bytes(size)).ok()?)?;
    bytes.get(HEAD..end)
}

/// Product and version from the payload of `connection.start`.
fn server(payload: &[u8]) -> Option<ServerVersion> {
    let (_, class) = parse_class(payload).ok()?;
    let AMQPClass::Connection(AMQPMethod::Start(start)) = class else {
        return None;
    };
    let text = |table: &FieldTable, name: &str| {
        let value = table.inner().get(name)?.as_long_string()?;
        Some(value.to_string())
    };
    let told = &start.server_properties;
    Some(ServerVersion::new(
        &text(told, "product").unwrap_or_default(),
        &text(told, "version").unwrap_or_default(),
    ))
}

impl AsyncRead for HeardGreeting {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        let read = Pin::new(&mut self.stream).poll_read(cx, buf);
        if let Poll::Ready(Ok(count)) = &read {
            self.hear(&mut buf[..*count]);
        }
        read
    }

    fn poll_read_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &mut [IoSliceMut<'_>],
    ) -> Poll<io::Result<usize>> {
        let read = Pin::new(&mut self.stream).poll_read_vectored(cx, bufs);
        if let Poll::Ready(Ok(count)) = &read {
            let mut left = *count;
            for buf in bufs {
                let filled = left.min(buf.len());
                self.hear(&mut buf[..filled]);
                left -= filled;
            }
        }
        read
    }
}

impl AsyncWrite for HeardGreeting {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        let Some(wide) = self.wide.clone() else {
            return Pin::new(&mut self.stream).poll_write(cx, buf);
        };
        let mut changed = buf.to_vec();
        wide.clone().writing(&mut changed);
        let written = Pin::new(&mut self.stream).poll_write(cx, &changed);
        if let Poll::Ready(Ok(count)) = &written {
            // Only so much was taken.
            let mut wide = wide;
            wide.writing(&mut changed[..*count]);
            self.wide = Some(wide).filter(|wide| !wide.is_done());
        }
        written
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        if self.wide.is_some() {
            let first = bufs.iter().find(|buf| !buf.is_empty());
            return self.poll_write(cx, first.map_or(&[], |buf| buf));
        }
        Pin::new(&mut self.stream).poll_write_vectored(cx, bufs)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_close(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_close(cx)
    }
}

/// `Tokio` as lapin sees it. It exists for its type of stream: the streams are opened in
/// [`connect`], and of the rest lapin uses only the clock.
#[derive(Clone, Debug)]
struct GreetingReading(Tokio);

impl GreetingReading {
    fn unused() -> io::Error {
        io::Error::from(io::ErrorKind::Unsupported)
    }
}

impl Reactor for GreetingReading {
    type TcpStream = HeardGreeting;
    type Sleep = <Tokio as Reactor>::Sleep;

    fn register<H: Read + Write + Send + 'static>(
        &self,
        _: H,
    ) -> io::Result<impl AsyncRead + AsyncWrite + Send + Unpin + 'static> {
        Err::<HeardGreeting, _>(Self::unused())
    }

    fn sleep(&self, time: Duration) -> Self::Sleep {
        self.0.sleep(time)
    }

    fn interval(&self, time: Duration) -> impl Stream<Item = Instant> + Send + 'static {
        self.0.interval(time)
    }

    fn tcp_connect_addr(
        &self,
        _: SocketAddr,
    ) -> impl Future<Output = io::Result<HeardGreeting>> + Send + 'static {
        std::future::ready(Err(Self::unused()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A `connection.start` as RabbitMQ writes it: class 10, method 10, AMQP 0-9, the table.
    fn start(properties: &[(&str, &str)]) -> Vec<u8> {
        let mut table = Vec::new();
        for (name, value) in properties {
            table.push(u8::try_from(name.len()).unwrap());
            table.extend_from_slice(name.as_bytes());
            table.push(b'S');
            table.extend_from_slice(&u32::try_from(value.len()).unwrap().to_be_bytes());
            table.extend_from_slice(value.as_bytes());
        }
        let mut payload = vec![0, 10, 0, 10, 0, 9];
        for part in [table.as_slice(), b"AMQPLAIN PLAIN", b"en_US"] {
            payload.extend_from_slice(&u32::try_from(part.len()).unwrap().to_be_bytes());
            payload.extend_from_slice(part);
        }
        let mut frame = vec![1, 0, 0];
        frame.extend_from_slice(&u32::try_from(payload.len()).unwrap().to_be_bytes());
        frame.extend_from_slice(&payload);
        frame.push(0xCE);
        frame
    }

    #[test]
    fn the_first_frame_names_the_broker() {
        let frame = start(&[
            ("copyright", "who"),
            ("product", "RabbitMQ"),
            ("version", "4.3.6"),
        ]);
        let told = server(payload(&frame).unwrap());
        assert_eq!(told, Some(ServerVersion::rabbitmq("4.3.6")));
        // Not before all of it is there, also where it comes byte by byte.
        for end in 0..frame.len() - 1 {
            assert_eq!(payload(&frame[..end]), None);
        }
        let other = start(&[("product", "LavinMQ"), ("version", "2.4.1")]);
        let told = server(payload(&other).unwrap()).unwrap();
        assert_eq!(told.to_string(), "LavinMQ 2.4.1");
        let silent = server(payload(&start(&[])).unwrap());
        assert_eq!(silent, Some(ServerVersion::default()));
    }

    #[test]
    fn what_is_no_greeting_names_nobody() {
        assert_eq!(server(b"HTTP/1.1 400 Bad Request"), None);
        assert_eq!(server(&[0, 20, 0, 10]), None);
        // A size that no frame has.
        assert_eq!(payload(b"HTTP/1.1 400 Bad Request"), None);
    }
}
