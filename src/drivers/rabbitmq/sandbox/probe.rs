//! Asks whether a broker answers, in the smallest way that proves it. Not a client.

use std::time::Duration;

use crate::http::{self, Refusal};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// A broker on the same machine that takes longer is not ready yet.
const PATIENCE: Duration = Duration::from_secs(2);
/// "I speak AMQP 0-9-1."
const PROTOCOL_HEADER: &[u8] = b"AMQP\0\0\x09\x01";
/// The first byte of a method frame, as in `connection.start`. A refusal starts with `A` instead.
const METHOD_FRAME: u8 = 1;

/// Whether the port answers the protocol header with the start of a connection.
pub(crate) async fn amqp_answers(port: u16) -> bool {
    let handshake = async {
        let mut stream = TcpStream::connect(("127.0.0.1", port)).await?;
        stream.write_all(PROTOCOL_HEADER).await?;
        stream.read_u8().await
    };
    matches!(
        tokio::time::timeout(PATIENCE, handshake).await,
        Ok(Ok(METHOD_FRAME))
    )
}

/// Whether the management API accepts the user and gives an overview.
pub(crate) async fn management_answers(port: u16, user: &str, password: &str) -> bool {
    let url = format!("http://{user}:{password}@127.0.0.1:{port}/api/overview");
    let ask = move || {
        let agent = http::agent(PATIENCE, Refusal::Error);
        agent.get(&url).call().is_ok()
    };
    tokio::task::spawn_blocking(ask).await.unwrap_or(false)
}
