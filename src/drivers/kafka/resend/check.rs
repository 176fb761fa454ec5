//! What a resend would do, found out by all that it does before it sends.

use std::collections::BTreeMap;

use tokio::sync::watch;

use super::batch::way;
use super::guard::{KeptCopy, RecordGuard};
use super::letters::Letters;
use crate::drivers::kafka::link::Cluster;
use crate::drivers::kafka::topic;
use crate::event::Event;
use crate::kafka::account::account;
use crate::kafka::failure::KafkaAct;
use crate::kafka::resend::CopyTime;
use crate::protocol::{KeptBack, RecordsOrder, ResendCheck};

/// How many are judged at once.
const AT_ONCE: usize = 1_000;
/// Most places that are told as examples.
const EXAMPLES: usize = 10;

/// Finds it out, or gives up when it shall stop.
pub(in crate::drivers::kafka) async fn run(
    cluster: &Cluster,
    order: RecordsOrder,
    mut stop: watch::Receiver<bool>,
) -> Result<Box<ResendCheck>, String> {
    tokio::select! {
        biased;
        // An error means that the session is gone: stop, too.
        _ = stop.wait_for(|stop| *stop) => Err("Stopped".to_owned()),
        check = check(cluster, order) => check.map(Box::new),
    }
}

async fn check(cluster: &Cluster, order: RecordsOrder) -> Result<ResendCheck, String> {
    super::settle::run(cluster).await;
    let found = topic::find(cluster, &order.place, KafkaAct::Read).await?;
    let (way, why) = way(cluster).await?;
    let mut letters = Letters::open(cluster, &found, &order).await?;
    let mut guard = RecordGuard::new(cluster, &found, &order);
    let mut counts: BTreeMap<String, u64> = BTreeMap::new();
    let mut groups: BTreeMap<String, u64> = BTreeMap::new();
    let mut kept: Vec<KeptBack> = Vec::new();
    let (mut records, mut renewed) = (0, 0_u64);
    loop {
        let wanted = letters.next(AT_ONCE).await?;
        if wanted.is_empty() {
            break;
        }
        let times: Vec<Option<u64>> = wanted
            .iter()
            .map(|one| one.copy.as_ref().ok()?.outgoing.properties.timestamp)
            .collect();
        for ((letter, verdict), time) in guard.judge(wanted).await?.into_iter().zip(times) {
            match verdict {
                Ok(outgoing) => {
                    records += 1;
                    renewed += u64::from(time.is_some() && outgoing.properties.timestamp != time);
                    *counts.entry(outgoing.destination).or_default() += 1;
                    let group = account(&letter, None).and_then(|told| told.died.group);
                    if let Some(group) = group {
                        *groups.entry(group).or_default() += 1;
                    }
                }
                Err(back) if back.is_done => {}
                Err(back) => {
                    records += 1;
                    keep(&mut kept, &letter, back);
                }
            }
        }
    }
    kept.sort_by_key(|one| std::cmp::Reverse(one.count));
    let mut notes = Vec::new();
    if !counts.is_empty() {
        notes.extend(why);
        notes.push(
            "Consumers that read uncommitted records, which is Kafka's default, see each copy as soon as \
             it is written, and also those of a batch that is given up"
                .to_owned(),
        );
        notes.push("Each copy comes behind all later records of its key".to_owned());
        if !groups.is_empty() {
            let names: Vec<String> = groups.into_keys().collect();
            notes.push(format!(
                "All consumer groups that read the target get them, not only {}",
                names.join(", ")
            ));
        }
        notes.extend(of_targets(&guard, renewed, order.time));
    }
    Ok(ResendCheck {
        records,
        targets: counts.into_iter().collect(),
        way,
        notes,
        kept,
    })
}

fn keep(kept: &mut Vec<KeptBack>, letter: &Event, back: KeptCopy) {
    let place = letter
        .transport
        .kafka()
        .map(|record| (record.partition, record.offset));
    let same = |one: &KeptBack| one.words == back.words && one.needs == back.needs;
    let at = kept.iter().position(same).unwrap_or(kept.len());
    if at == kept.len() {
        kept.push(KeptBack {
            words: back.words,
            count: 0,
            examples: Vec::new(),
            needs: back.needs,
        });
    }
    let group = &mut kept[at];
    group.count += 1;
    if group.examples.len() < EXAMPLES {
        group.examples.extend(place);
    }
}

fn of_targets(guard: &RecordGuard<'_>, renewed: u64, time: CopyTime) -> Vec<String> {
    let mut notes = Vec::new();
    for target in guard.targets() {
        let name = &target.found.name;
        match &target.config {
            None => notes.push(format!(
                "What {name} is set to is not known (that takes DESCRIBE_CONFIGS on the topic), so size, \
                 time and newer records of a key were not looked at"
            )),
            Some(config) => {
                if config.is_append_time {
                    notes.push(format!("{name} writes its own time over that of each record"));
                }
                if config.is_compacted {
                    notes.push(format!(
                        "{name} is compacted: a copy replaces what stands under its key"
                    ));
                }
            }
        }
    }
    if renewed > 0 && time == CopyTime::AsItFits {
        notes.push(format!(
            "{renewed} get the time of sending: with their own the target would refuse them, or delete \
             them at once"
        ));
    }
    notes
}
