//! Reads queues with amqprs, a client that shares no code with the app.

use std::time::Duration;

use amqprs::channel::{BasicConsumeArguments, QueueDeclareArguments};
use amqprs::connection::{Connection, OpenConnectionArguments};
use tokio::runtime::Runtime;

use super::{PATIENCE, Place};

/// How long one looks whether more comes than was counted.
const QUIET: Duration = Duration::from_millis(30);

/// The bodies of everything in these queues, as text, taking them out for good. A queue that does
/// not exist counts as empty.
pub(crate) fn bodies<const N: usize>(place: &Place, queues: [&str; N]) -> [Vec<String>; N] {
    let facts = &place.facts;
    let (port, user, password) = (facts.amqp_port, &facts.user, &facts.password);
    let mut arguments = OpenConnectionArguments::new("127.0.0.1", port, user, password);
    arguments.virtual_host(&place.vhost);
    Runtime::new().expect("a runtime").block_on(async {
        let connection = Connection::open(&arguments).await.expect("a connection");
        let mut all = [const { Vec::new() }; N];
        for (queue, bodies) in queues.into_iter().zip(&mut all) {
            let channel = connection.open_channel(None).await.expect("a channel");
            let passive = QueueDeclareArguments::new(queue).passive(true).finish();
            let Ok(Some((_, count, _))) = channel.queue_declare(passive).await else {
                continue;
            };
            // Not by `basic.get`: of hundreds of thousands amqprs loses the answer to one.
            let consume = BasicConsumeArguments::new(queue, "reader")
                .manual_ack(false)
                .finish();
            let consuming = channel.basic_consume_rx(consume).await;
            let (_, mut messages) = consuming.expect("a consumer");
            loop {
                let is_all = bodies.len() >= count as usize;
                let patience = if is_all { QUIET } else { PATIENCE };
                let Ok(next) = tokio::time::timeout(patience, messages.recv()).await else {
                    assert!(is_all, "{} of {count} came", bodies.len());
                    break;
                };
                let body = next.and_then(|message| message.content);
                bodies.push(String::from_utf8(body.expect("a body")).expect("text"));
            }
            channel.close().await.expect("the end of the channel");
        }
        connection.close().await.expect("the end");
        all
    })
}
