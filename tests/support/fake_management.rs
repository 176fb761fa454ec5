//! A management API that tells what a plugin would make true: exchanges of types that the test
//! broker has not.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::thread;

use serde_json::{Value, json};

/// Starts one that knows these exchanges, as (name, type), and that the second is bound to the
/// first; gives its port. It ends with the test process.
pub(crate) fn management(exchanges: &[(&str, &str)]) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("its number").port();
    let rows: Vec<Value> = exchanges
        .iter()
        .map(|(name, kind)| json!({"name": name, "type": kind}))
        .collect();
    let bindings: Vec<Value> = exchanges
        .windows(2)
        .map(|pair| {
            json!({
                "source": pair[0].0, "destination": pair[1].0,
                "destination_type": "exchange", "routing_key": "#",
            })
        })
        .collect();
    let thread = thread::Builder::new().name("fake management".to_owned());
    let accept = move || {
        for socket in listener.incoming().flatten() {
            // A client that hangs up is no fault of ours.
            answer(&socket, &json!(rows), &json!(bindings)).ok();
        }
    };
    thread.spawn(accept).expect("a thread");
    port
}

fn answer(mut socket: &TcpStream, exchanges: &Value, bindings: &Value) -> std::io::Result<()> {
    let mut reader = BufReader::new(socket);
    let mut first = String::new();
    reader.read_line(&mut first)?;
    let mut line = String::new();
    while reader.read_line(&mut line)? > 2 {
        line.clear();
    }
    let path = first.split(' ').nth(1).unwrap_or_default();
    let body = match path.split('/').nth(2).unwrap_or_default() {
        "overview" => json!({"rabbitmq_version": "3.10.8"}),
        "exchanges" if path.matches('/').count() == 3 => exchanges.clone(),
        "bindings" => bindings.clone(),
        part if part.starts_with("queues") => json!({"items": [], "page_count": 1}),
        _ => json!([]),
    };
    let body = body.to_string();
    write!(
        socket,
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\
         Connection: close\r\n\r\n{body}",
        body.len()
    )
}
