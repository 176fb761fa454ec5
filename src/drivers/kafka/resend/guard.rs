//! What is kept back, and why: what was sent before, what a topic would not take, and what would do harm
//! there unless the person agreed to it.

use std::collections::HashMap;
use std::sync::Arc;

use super::batch::SentCopy;
use super::letters::WantedLetter;
use super::target::CopyTarget;
use crate::drivers::kafka::link::Cluster;
use crate::drivers::kafka::log;
use crate::drivers::kafka::topic::FoundTopic;
use crate::event::{Event, Outgoing};
use crate::kafka::account::account;
use crate::kafka::dead_letters::DeathHeaders;
use crate::kafka::resend::CopyTime;
use crate::protocol::{Agreement, RecordsAgreed, RecordsOrder, WhichRecords};
use crate::repair::lineage::{RESEND_COUNT, RESEND_ID};
use crate::repair::record_place::{RecordDeed, RecordMark};

/// Why one is kept back.
#[derive(Clone, Debug)]
pub(super) struct KeptCopy {
    pub words: String,
    /// What the person would have to agree to, if that is all it takes.
    pub needs: Option<Agreement>,
    /// It was sent or discarded before, so a resend of all is not about it.
    pub is_done: bool,
}

impl KeptCopy {
    fn because(words: String) -> Self {
        Self {
            words,
            needs: None,
            is_done: false,
        }
    }
}

/// A dead letter, and what is sent for it or why nothing is.
pub(super) type JudgedRecord = (Arc<Event>, Result<Outgoing, KeptCopy>);

/// What is known of the targets, and what the person agreed to.
pub(super) struct RecordGuard<'a> {
    cluster: &'a Cluster,
    /// The topic that the dead letters lie in.
    found: FoundTopic,
    agreed: RecordsAgreed,
    time: CopyTime,
    is_whole: bool,
    rule: Option<DeathHeaders>,
    /// Add headers that count how often a message was sent again.
    mark: Option<String>,
    targets: HashMap<String, Result<CopyTarget, String>>,
    /// The partition of those without a key, another one for each batch.
    any: u32,
}

impl<'a> RecordGuard<'a> {
    pub(super) fn new(cluster: &'a Cluster, found: &FoundTopic, order: &RecordsOrder) -> Self {
        let (is_whole, rule, time) = match &order.which {
            WhichRecords::These(_) => (false, None, order.time),
            WhichRecords::Whole(manner) => (true, manner.rule.clone(), manner.time),
        };
        Self {
            cluster,
            found: found.clone(),
            agreed: order.agreed,
            time,
            is_whole,
            rule,
            mark: order.pace.mark.then(|| uuid::Uuid::new_v4().to_string()),
            targets: HashMap::new(),
            any: fastrand::u32(..),
        }
    }

    /// Judges some.
    pub(super) async fn judge(
        &mut self,
        wanted: Vec<WantedLetter>,
    ) -> Result<Vec<JudgedRecord>, String> {
        let letters: Vec<Arc<Event>> = wanted.iter().map(|one| Arc::clone(&one.letter)).collect();
        // Without the journal nothing may be sent.
        let marks = log::marks(self.cluster, &self.found, &letters).await?;
        self.any = self.any.wrapping_add(1);
        for one in &wanted {
            if let Ok(copy) = &one.copy {
                self.look_at(&copy.outgoing.destination).await;
            }
        }
        for target in self.targets.values_mut().flatten() {
            if let Some(newest) = &mut target.newest {
                newest.read_on(self.cluster).await;
            }
        }
        let judged = wanted
            .into_iter()
            .zip(marks)
            .map(|(one, mark)| self.judge_one(one, mark.as_ref()));
        Ok(judged.collect())
    }

    async fn look_at(&mut self, topic: &str) {
        if !self.targets.contains_key(topic) {
            let target = CopyTarget::look(self.cluster, topic).await;
            self.targets.insert(topic.to_owned(), target);
        }
    }

    /// What is known of a target.
    pub(super) fn target(&self, topic: &str) -> Option<&CopyTarget> {
        self.targets.get(topic)?.as_ref().ok()
    }

    /// Targets that can be sent to.
    pub(super) fn targets(&self) -> impl Iterator<Item = &CopyTarget> {
        self.targets.values().flatten()
    }

    /// These copies were written.
    pub(super) fn note(&mut self, told: &[SentCopy]) {
        for one in told {
            let target = self.targets.get_mut(&one.topic);
            if let (Some(Ok(target)), Some((partition, offset))) = (target, one.at)
                && let Some(newest) = &mut target.newest
            {
                newest.wrote(partition, offset);
            }
        }
    }

    fn judge_one(&self, wanted: WantedLetter, mark: Option<&RecordMark>) -> JudgedRecord {
        let WantedLetter { letter, copy } = wanted;
        if let Some(kept) = mark.and_then(|mark| self.done_before(mark)) {
            return (letter, Err(kept));
        }
        let copy = match copy {
            Ok(copy) => copy,
            Err(words) => return (letter, Err(KeptCopy::because(words))),
        };
        if copy.is_unproven && !self.agreed.unproven {
            let kept = KeptCopy {
                words:
                    "It holds neither key nor value. What lies at the place of its original could \
                        be sent, but nothing proves that this is the record that died"
                        .to_owned(),
                needs: Some(Agreement::Unproven),
                is_done: false,
            };
            return (letter, Err(kept));
        }
        let mut outgoing = copy.outgoing;
        if let Some(id) = &self.mark {
            count_up(&mut outgoing, &letter, id);
        }
        let verdict = self.fit(&letter, outgoing);
        (letter, verdict)
    }

    fn fit(&self, letter: &Event, mut outgoing: Outgoing) -> Result<Outgoing, KeptCopy> {
        if outgoing.destination == self.found.name {
            return Err(KeptCopy::because(format!(
                "It lies in {} already: a copy there would be one more dead letter",
                self.found.name
            )));
        }
        let target = match self.targets.get(&outgoing.destination) {
            Some(Ok(target)) => target,
            Some(Err(words)) => return Err(KeptCopy::because(words.clone())),
            None => return Err(KeptCopy::because("No topic is named".to_owned())),
        };
        target
            .fit(&mut outgoing, self.time, self.any)
            .map_err(KeptCopy::because)?;
        if let Some(newest) = target.newest.as_ref().filter(|_| !self.agreed.over_newer) {
            let told = account(letter, self.rule.as_ref());
            let original = told.and_then(|told| told.original_place);
            if let Some(words) = newest.objection(letter, original.as_ref(), &outgoing) {
                return Err(KeptCopy {
                    words,
                    needs: Some(Agreement::OverNewer),
                    is_done: false,
                });
            }
        }
        Ok(outgoing)
    }

    fn done_before(&self, mark: &RecordMark) -> Option<KeptCopy> {
        let to = mark.sent_to.as_deref().unwrap_or_default();
        let at = mark.at.format("%Y-%m-%d %H:%M:%S UTC");
        let (words, is_done) = match mark.deed {
            RecordDeed::UnderWay => ("It is being sent right now".to_owned(), false),
            _ if self.agreed.again => return None,
            RecordDeed::Sent => (format!("It was sent to {to} at {at}"), true),
            RecordDeed::Discarded => (format!("It was discarded at {at}"), true),
            RecordDeed::PerhapsSent => (
                format!(
                    "It may have been sent to {to} at {at}: that run was cut off, and nothing tells any \
                     more"
                ),
                false,
            ),
        };
        Some(KeptCopy {
            words,
            needs: (mark.deed != RecordDeed::UnderWay).then_some(Agreement::Again),
            is_done: is_done && self.is_whole,
        })
    }
}

/// Headers of Kafka are bytes, so the count stands there as text.
fn count_up(outgoing: &mut Outgoing, letter: &Event, id: &str) {
    use crate::event::amqp::FieldValue;
    let before = match letter.properties.header(RESEND_COUNT) {
        Some(FieldValue::Text(text)) => text.parse().unwrap_or(0),
        _ => 0_u64,
    };
    let headers = outgoing.properties.headers.get_or_insert_default();
    headers.retain(|(name, _)| name != RESEND_ID && name != RESEND_COUNT);
    headers.push((RESEND_ID.to_owned(), FieldValue::Text(id.to_owned())));
    let count = before.saturating_add(1).to_string();
    headers.push((RESEND_COUNT.to_owned(), FieldValue::Text(count)));
}
