//! A broker that misbehaves: it shakes hands as RabbitMQ does, and then does what no test could
//! make a real one do at a chosen moment.

use std::net::{TcpListener, TcpStream};
use std::thread;

use super::raw_amqp::{Frame, long, push_frame, read_frame, short, table};
use eventscope::rabbitmq::endpoint::Endpoint;

/// What it does once a connection is open.
#[derive(Clone, Copy)]
pub(crate) enum Manner {
    /// Says that it is blocked, as on a memory alarm, and stays so.
    Blocked,
    /// Answers everything but publishes.
    NoConfirms,
    /// Sends half a frame and hangs up when somebody opens a channel.
    CutOff,
}

/// Starts one; gives where it is. It ends with the test process.
pub(crate) fn broker(manner: Manner) -> Endpoint {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("its number").port();
    let accept = move || {
        for socket in listener.incoming().flatten() {
            // A client that hangs up is no fault of ours.
            named(move || drop(serve(socket, manner)));
        }
    };
    named(accept);
    Endpoint {
        host: "127.0.0.1".to_owned(),
        port,
        management_port: Some(1),
        ..Endpoint::default()
    }
}

fn named(work: impl FnOnce() + Send + 'static) {
    let thread = thread::Builder::new().name("fake broker".to_owned());
    thread.spawn(work).expect("a thread");
}

fn serve(mut socket: TcpStream, manner: Manner) -> std::io::Result<()> {
    use std::io::{Read as _, Write as _};
    let mut header = [0; 8];
    socket.read_exact(&mut header)?;
    let start = [&[0, 9], &table(&[])[..], &long(b"PLAIN"), &long(b"en_US")].concat();
    send(&mut socket, 0, 10, 10, &start)?;
    loop {
        let Frame {
            kind,
            channel,
            payload,
        } = read_frame(&mut socket)?;
        if kind != 1 {
            continue;
        }
        match (payload[1], payload[3]) {
            (10, 11) => send(&mut socket, 0, 10, 30, &[7, 255, 0, 2, 0, 0, 0, 0])?,
            (10, 40) => {
                send(&mut socket, 0, 10, 41, &short(""))?;
                if matches!(manner, Manner::Blocked) {
                    send(&mut socket, 0, 10, 60, &short("low on memory"))?;
                }
            }
            (10, 50) => return send(&mut socket, 0, 10, 51, &[]),
            (20, 10) if matches!(manner, Manner::CutOff) => {
                return socket.write_all(&[1, 0, 1, 0, 0, 0]);
            }
            (20, 10) => send(&mut socket, channel, 20, 11, &long(b""))?,
            (20, 40) => send(&mut socket, channel, 20, 41, &[])?,
            (85, 10) => send(&mut socket, channel, 85, 11, &[])?,
            _ => {}
        }
    }
}

fn send(
    socket: &mut TcpStream,
    channel: u16,
    class: u8,
    method: u8,
    arguments: &[u8],
) -> std::io::Result<()> {
    use std::io::Write as _;
    let mut frame = Vec::new();
    let payload = [&[0, class, 0, method], arguments].concat();
    push_frame(&mut frame, 1, channel, &payload);
    socket.write_all(&frame)
}
