//! A wire to the broker, on loopback, that can be cut in several ways.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::Builder;

/// How a wire is cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cut {
    /// Both ends hear of it.
    Clean,
    /// Neither end hears of it: bytes go nowhere.
    HalfOpen,
    /// In the middle of what is under way.
    MidFrame,
}

const FLOWS: u8 = 0;
const STOPS: u8 = 1;
const TEARS: u8 = 2;

struct Wire {
    ends: [TcpStream; 2],
    mode: Arc<AtomicU8>,
}

/// Stands between an app and the broker.
pub(crate) struct Proxy {
    pub(crate) port: u16,
    wires: Arc<Mutex<Vec<Wire>>>,
}

impl Proxy {
    /// A proxy to this port; new connections always work.
    pub(crate) fn to(port: u16) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a port");
        let own = listener.local_addr().expect("an address").port();
        let wires: Arc<Mutex<Vec<Wire>>> = Arc::default();
        let shared = Arc::clone(&wires);
        let accept = move || {
            while let Ok((near, _)) = listener.accept() {
                let Ok(far) = TcpStream::connect(("127.0.0.1", port)) else {
                    continue;
                };
                let mode = Arc::new(AtomicU8::new(FLOWS));
                for (from, to) in [(&near, &far), (&far, &near)] {
                    let (from, to) = (clone(from), clone(to));
                    let mode = Arc::clone(&mode);
                    let pump = Builder::new().spawn(move || pump(from, to, &mode));
                    pump.expect("a thread");
                }
                let wire = Wire {
                    ends: [near, far],
                    mode,
                };
                shared.lock().expect("the wires").push(wire);
            }
        };
        Builder::new().spawn(accept).expect("a thread");
        Self { port: own, wires }
    }

    /// Cuts all wires that there are.
    pub(crate) fn cut(&self, how: Cut) {
        for wire in self.wires.lock().expect("the wires").iter() {
            match how {
                Cut::HalfOpen => wire.mode.store(STOPS, Ordering::SeqCst),
                Cut::MidFrame => wire.mode.store(TEARS, Ordering::SeqCst),
                Cut::Clean => close(&wire.ends),
            }
        }
    }

    /// Ends what was left half open.
    pub(crate) fn close(&self) {
        for wire in self.wires.lock().expect("the wires").drain(..) {
            close(&wire.ends);
        }
    }
}

fn clone(stream: &TcpStream) -> TcpStream {
    stream.try_clone().expect("a second handle")
}

fn close(ends: &[TcpStream]) {
    for end in ends {
        // It may be closed already.
        end.shutdown(Shutdown::Both).ok();
    }
}

fn pump(mut from: TcpStream, mut to: TcpStream, mode: &AtomicU8) {
    let mut buffer = [0; 16 * 1024];
    while let Ok(count) = from.read(&mut buffer) {
        let tears = mode.load(Ordering::SeqCst) == TEARS;
        let passed = match mode.load(Ordering::SeqCst) {
            _ if count == 0 => break,
            STOPS => 0,
            TEARS => count / 2,
            _ => count,
        };
        if to.write_all(&buffer[..passed]).is_err() || tears {
            break;
        }
    }
    close(&[from, to]);
}
