//! Tells the story to the broker: waits for the time of each event and publishes it through its service's own
//! connection, with confirms. Draws nothing and decides nothing.

use std::time::Duration;

use chrono::Utc;
use lapin::options::{BasicPublishOptions, ConfirmSelectOptions};
use lapin::{Channel, Confirmation, Connection};
use tokio::time::Instant;

use super::conversation::{Service, ShopEvent};
use super::story::Story;
use super::{ShopError, body, topology, wire};

/// A broker that takes longer to confirm is blocked or dead; both are for the caller to see.
const CONFIRM_LIMIT: Duration = Duration::from_secs(10);

/// Where one service publishes.
#[derive(Debug)]
pub(crate) struct Desk {
    service: Service,
    channel: Channel,
}

impl Desk {
    /// A channel with confirms on the service's connection.
    pub(crate) async fn open(service: Service, connection: &Connection) -> Result<Self, ShopError> {
        let open = async {
            let channel = connection.create_channel().await?;
            channel
                .confirm_select(ConfirmSelectOptions::default())
                .await?;
            Ok(channel)
        };
        let lost = |source| ShopError::Lost {
            service: service.name(),
            source,
        };
        Ok(Self {
            service,
            channel: open.await.map_err(lost)?,
        })
    }

    async fn publish(&self, event: &ShopEvent) -> Result<(), ShopError> {
        let service = self.service.name();
        let sent_at = Utc::now();
        let body = body(event, sent_at);
        let publish = async {
            let mandatory = BasicPublishOptions {
                mandatory: true,
                ..BasicPublishOptions::default()
            };
            let properties = wire::properties(event, sent_at);
            let key = event.event_type.into();
            self.channel
                .basic_publish(topology::EVENTS.into(), key, mandatory, &body, properties)
                .await?
                .await
        };
        match tokio::time::timeout(CONFIRM_LIMIT, publish).await {
            Ok(Ok(Confirmation::Ack(None))) => Ok(()),
            Ok(Ok(outcome)) => {
                // Somebody has taken the bindings away; the shop goes on, as a real one would.
                tracing::debug!(
                    service,
                    routed = outcome.is_ack(),
                    "an event of the sample shop found no queue"
                );
                Ok(())
            }
            Ok(Err(source)) => Err(ShopError::Lost { service, source }),
            Err(_elapsed) => Err(ShopError::Unconfirmed { service }),
        }
    }
}

/// Publishes the story in its own time, from now on.
pub(crate) async fn tell(story: Story, desks: [Desk; 3]) -> Result<(), ShopError> {
    let start = Instant::now();
    for (at_ms, event) in story {
        let at = Duration::from_millis(u64::try_from(at_ms).unwrap_or_default());
        tokio::time::sleep_until(start + at).await;
        if let Some(desk) = desks.iter().find(|desk| desk.service == event.service) {
            desk.publish(&event).await?;
        }
    }
    Ok(())
}
