//! The private RabbitMQ with the sample shop in it, from the button to the endpoint.

use std::path::PathBuf;
use std::time::Duration;

use super::{Sandbox, SandboxFacts, SandboxStep};
use crate::drivers::rabbitmq::shop;
use crate::engine::outbox::SourceOutbox;
use crate::protocol::{Gravity, SandboxState, SourceUpdate};
use crate::rabbitmq::endpoint::{Endpoint, Password};

/// The pause before a shop that lost its broker opens again.
const REOPEN_AFTER: Duration = Duration::from_secs(3);

/// Starts the broker and sets the shop's exchanges and queues up, so that they are there when the
/// topology is read for the first time.
///
/// # Errors
/// What happened and what to do, in words.
pub(crate) async fn start(dir: Option<PathBuf>, outbox: SourceOutbox) -> Result<Sandbox, String> {
    let Some(dir) = dir else {
        return Err("There is no folder for the sandbox".to_owned());
    };
    let told = outbox.clone();
    let progress = move |step: SandboxStep| {
        let words = step.words().to_owned();
        told.offer(SourceUpdate::Sandbox(SandboxState::Starting(words)));
    };
    let sandbox = Sandbox::start(&dir, progress)
        .await
        .map_err(|error| error.to_string())?;
    if let Some(aside) = sandbox.set_aside() {
        let words = format!(
            "The sandbox's RabbitMQ did not start with the data it had, so it was made again: it is \
             empty but for the sample shop. What was in it before lies in {}",
            aside.display()
        );
        outbox.notice(Gravity::Warning, words).await;
    }
    let words = "Opening the sample shop".to_owned();
    outbox.offer(SourceUpdate::Sandbox(SandboxState::Starting(words)));
    shop::declare(&sandbox.facts().amqp_url())
        .await
        .map_err(|error| error.to_string())?;
    Ok(sandbox)
}

/// Runs the shop for as long as this is not dropped, opening it again whenever it ends.
pub(crate) async fn keep_shop_open(facts: SandboxFacts, outbox: SourceOutbox) {
    let url = facts.amqp_url();
    let mut told = false;
    loop {
        match shop::run(&url, fastrand::u64(..)).await {
            Ok(()) => tracing::info!("the sample shop closed"),
            Err(error) => {
                tracing::warn!(told = true, %error, "the sample shop closed");
                // Once is enough: the broker may be gone for good.
                if !told {
                    told = true;
                    outbox.notice(Gravity::Warning, error.to_string()).await;
                }
            }
        }
        tokio::time::sleep(REOPEN_AFTER).await;
    }
}

/// Where the sandbox is, as if the person had typed it.
pub(crate) fn endpoint(facts: &SandboxFacts) -> Endpoint {
    Endpoint {
        name: "Sandbox".to_owned(),
        host: "127.0.0.1".to_owned(),
        port: facts.amqp_port,
        user: facts.user.clone(),
        password: Password(facts.password.clone()),
        vhost: "/".to_owned(),
        tls: false,
        management_port: Some(facts.management_port),
        management_url: None,
    }
}
