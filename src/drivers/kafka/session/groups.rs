//! What a session is asked about consumer groups.

use super::KafkaSession;
use crate::drivers::jobs::{Asked, End};
use crate::drivers::kafka::groups;
use crate::protocol::{SourceCommand, SourceUpdate};

impl KafkaSession {
    /// Carries out a command about consumer groups.
    pub(super) async fn carry_out_for_groups(&mut self, command: SourceCommand) {
        match command {
            SourceCommand::ReadGroups { request } => {
                self.start(Asked::Groups(request), move |cluster, _| async move {
                    let result = groups::read(&cluster).await;
                    End::Answer(SourceUpdate::Groups { request, result })
                })
                .await;
            }
            SourceCommand::PlanReset { request, order } => {
                self.start(Asked::PlanReset(request), move |cluster, _| async move {
                    let result = groups::planned(&cluster, order).await;
                    End::Answer(SourceUpdate::ResetPlanned { request, result })
                })
                .await;
            }
            SourceCommand::ResetOffsets { request, plan } => {
                self.start(Asked::Reset(request), move |cluster, _| async move {
                    let result = groups::set(&cluster, *plan).await;
                    End::Answer(SourceUpdate::OffsetsReset { request, result })
                })
                .await;
            }
            _ => {}
        }
    }
}
