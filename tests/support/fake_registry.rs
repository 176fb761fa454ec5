//! A schema registry as Confluent's REST API documents it, with a few subjects. It asks for a login
//! if it is given one.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender};
use std::thread;

use eventscope::text::base64;
use serde_json::{Value, json};

/// Schemas by subject, the oldest first: what the registry answers besides subject, version and id.
pub(crate) type Subjects = Vec<(&'static str, Vec<Value>)>;

/// Starts one; gives its address. It ends with the test process.
pub(crate) fn registry(subjects: Subjects, login: Option<&str>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("its number").port();
    let login = login.map(|login| format!("Basic {}", base64::encode(login.as_bytes())));
    let shared = Arc::new((subjects, login));
    let accept = move || {
        for socket in listener.incoming().flatten() {
            // A client that hangs up is no fault of ours.
            answer(&socket, &shared.0, shared.1.as_deref()).ok();
        }
    };
    let thread = thread::Builder::new().name("fake registry".to_owned());
    thread.spawn(accept).expect("a thread");
    format!("http://127.0.0.1:{port}")
}

/// Starts one without subjects that tells when it is asked, and answers when it may.
pub(crate) fn held(asked: SyncSender<()>, may_go: Receiver<()>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("its number").port();
    let accept = move || {
        for socket in listener.incoming().flatten() {
            // A test that is over waits for nothing.
            asked.try_send(()).ok();
            may_go.recv().ok();
            answer(&socket, &Vec::new(), None).ok();
        }
    };
    let thread = thread::Builder::new().name("held registry".to_owned());
    thread.spawn(accept).expect("a thread");
    format!("http://127.0.0.1:{port}")
}

/// Starts what is no registry and answers everything so; gives its address.
pub(crate) fn other(status: u16, body: &'static str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("its number").port();
    let accept = move || {
        for mut socket in listener.incoming().flatten() {
            let mut line = String::new();
            let mut reader = BufReader::new(&socket);
            while reader.read_line(&mut line).is_ok_and(|length| length > 2) {}
            let length = body.len();
            // A client that hangs up is no fault of ours.
            write!(
                socket,
                "HTTP/1.1 {status} X\r\nLocation: /\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}"
            )
            .ok();
        }
    };
    let thread = thread::Builder::new().name("no registry".to_owned());
    thread.spawn(accept).expect("a thread");
    format!("http://127.0.0.1:{port}")
}

fn answer(mut socket: &TcpStream, subjects: &Subjects, login: Option<&str>) -> std::io::Result<()> {
    let mut reader = BufReader::new(socket);
    let mut first = String::new();
    reader.read_line(&mut first)?;
    let mut allowed = login.is_none();
    let mut line = String::new();
    while reader.read_line(&mut line)? > 2 {
        if let Some((name, value)) = line.split_once(": ")
            && name.eq_ignore_ascii_case("authorization")
        {
            allowed |= login == Some(value.trim());
        }
        line.clear();
    }
    let path = first.split(' ').nth(1).unwrap_or_default();
    let (status, body) = if allowed {
        found(path, subjects)
    } else {
        (401, json!({"error_code": 401, "message": "Unauthorized"}))
    };
    let body = body.to_string();
    write!(
        socket,
        "HTTP/1.1 {status} X\r\nContent-Type: application/vnd.schemaregistry.v1+json\r\n\
         Content-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    )
}

fn found(path: &str, subjects: &Subjects) -> (u16, Value) {
    let missing = |code: u32, what: &str| {
        (
            404,
            json!({"error_code": code, "message": format!("{what} not found")}),
        )
    };
    let parts: Vec<&str> = path.split('/').skip(1).collect();
    let of = |subject: &str| {
        let subject = subject.replace("%3A", ":").replace("%2F", "/");
        subjects.iter().find(|(name, _)| *name == subject)
    };
    match parts[..] {
        ["subjects"] => {
            let names: Vec<&str> = subjects.iter().map(|(name, _)| *name).collect();
            (200, json!(names))
        }
        ["config"] => (200, json!({"compatibilityLevel": "BACKWARD_TRANSITIVE"})),
        ["config", "strict-value"] => (200, json!({"compatibilityLevel": "FULL"})),
        ["config", _] => missing(40408, "Subject level config"),
        ["subjects", subject, "versions"] => match of(subject) {
            Some((_, all)) => (200, json!((1..=all.len()).collect::<Vec<_>>())),
            None => missing(40401, "Subject"),
        },
        ["subjects", subject, "versions", version] => {
            let number: usize = version.parse().unwrap_or(0);
            let one =
                of(subject).and_then(|(name, all)| Some((name, all.get(number.checked_sub(1)?)?)));
            let Some((name, one)) = one else {
                return missing(40402, "Version");
            };
            let mut one = one.clone();
            one["subject"] = json!(name);
            one["version"] = json!(number);
            one["id"] = json!(number + 100);
            (200, one)
        }
        // The first subject's versions have these ids.
        ["schemas", "ids", id] => {
            let place = id.parse::<usize>().ok().and_then(|id| id.checked_sub(101));
            let first = subjects.first().map(|(_, all)| all);
            match first.and_then(|all| all.get(place?)) {
                Some(one) => (200, one.clone()),
                None => missing(40403, "Schema"),
            }
        }
        _ => missing(404, "HTTP 404"),
    }
}
