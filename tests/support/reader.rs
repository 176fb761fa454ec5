//! Reads queues with amqprs, a client that shares no code with the app.

use amqprs::channel::{BasicGetArguments, QueueDeclareArguments};
use amqprs::connection::{Connection, OpenConnectionArguments};
use tokio::runtime::Runtime;

use super::Place;

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
            if channel.queue_declare(passive).await.is_err() {
                continue;
            }
            let get = BasicGetArguments::new(queue).no_ack(true).finish();
            while let Some((.., body)) = channel.basic_get(get.clone()).await.expect("a get") {
                bodies.push(String::from_utf8(body).expect("text"));
            }
            channel.close().await.expect("the end of the channel");
        }
        connection.close().await.expect("the end");
        all
    })
}
