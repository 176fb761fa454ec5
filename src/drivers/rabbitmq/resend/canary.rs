//! Watches whether what was sent dies again.

use std::time::Duration;

use tokio::sync::watch;
use tokio::time::Instant;

use crate::drivers::rabbitmq::connection::error::BrokerError;
use crate::drivers::rabbitmq::loan::borrow::Loan;
use crate::rabbitmq::origin::{Provenance, Scene};
use crate::repair::lineage;

/// How often one looks.
const PAUSE: Duration = Duration::from_millis(250);
/// Most messages that are borrowed to see whether one of them is the canary.
const NEW: u32 = 1_000;

/// Watches for this time whether one of these comes into the queue again, told by its content.
/// Says so if one does, or if it cannot be told.
pub(crate) async fn watch(
    loan: &mut Loan,
    sent: &[u64],
    time: Duration,
    stop: &mut watch::Receiver<bool>,
) -> Result<Option<String>, BrokerError> {
    let end = Instant::now() + time;
    // What lay behind the borrowed messages when they were borrowed.
    let mut behind = loan.behind();
    loop {
        let ready = loan.ready().await?;
        if ready > behind {
            if ready > NEW {
                return Ok(Some(format!(
                    "Stopped: messages came into the queue while the canary was watched, and \
                     {ready} lie there, too many to see whether it is one of them. The rest stays \
                     in the queue"
                )));
            }
            for event in loan.more(ready, stop).await? {
                if sent.contains(&lineage::content(&event.properties, &event.body)) {
                    let failed = Provenance::of(&event, Scene::default()).failed;
                    let why =
                        failed.map_or_else(String::new, |failed| format!(". {}", failed.words));
                    return Ok(Some(format!(
                        "Stopped: the canary came back{why}. The rest stays in the queue"
                    )));
                }
            }
            behind = 0;
        }
        if Instant::now() >= end || *stop.borrow() {
            return Ok(None);
        }
        tokio::time::sleep(PAUSE).await;
    }
}
