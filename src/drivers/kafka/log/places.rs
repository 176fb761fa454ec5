//! Which topics hold dead letters: by their names, by the headers of their newest records, by what they
//! are set to. It costs the cluster one answer for the ends of all partitions, and a look at the end of
//! each partition that is not empty.

use std::collections::{BTreeMap, HashMap};
use std::ops::ControlFlow;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use krafka::Kafka;
use krafka::admin::TopicPartition;
use tokio::sync::watch;

use super::page::{Ends, ends_known};
use super::scan::Scan;
use crate::drivers::kafka::link::Cluster;
use crate::drivers::kafka::topic::{self, FoundTopic};
use crate::drivers::kafka::watch::codec;
use crate::drivers::kafka::watch::start::Offsets;
use crate::drivers::kafka::{connect, failure, picture};
use crate::event::Event;
use crate::kafka::account::{account, taken_soon};
use crate::kafka::dead_letters::{dead_topic, is_retry_topic};
use crate::kafka::failure::KafkaAct;
use crate::kafka::topic_config::TopicConfig;
use crate::kafka::topics::TopicFacts;
use crate::repair::dead_place::{DeadPlace, LogSpan};

/// Offsets at the end of each partition that are looked at: the last may be marks of transactions.
const LOOK_BACK: i64 = 5;
/// Most partitions whose newest records are looked at.
const MOST_PARTITIONS: usize = 5_000;

/// Looks for them, or gives up when it shall stop.
pub(in crate::drivers::kafka) async fn find(
    cluster: &Cluster,
    named: Vec<String>,
    mut stop: watch::Receiver<bool>,
) -> Result<Vec<DeadPlace>, String> {
    tokio::select! {
        biased;
        // An error means that the session is gone: stop, too.
        _ = stop.wait_for(|stop| *stop) => Err("Stopped".to_owned()),
        found = find_all(cluster, &named) => found,
    }
}

/// A topic that may hold dead letters.
struct PlaceCandidate {
    facts: TopicFacts,
    why: Vec<String>,
    is_named: bool,
    config: Option<TopicConfig>,
    ends: Option<Ends>,
    /// The newest records of its partitions, as far as they were looked at.
    newest: Vec<Arc<Event>>,
    oldest: Vec<Arc<Event>>,
    warnings: Vec<String>,
}

async fn find_all(cluster: &Cluster, named: &[String]) -> Result<Vec<DeadPlace>, String> {
    let topics = picture::topics(&cluster.kafka, &cluster.admin)
        .await
        .map_err(|error| failure::words(&error, KafkaAct::List))?;
    let kafka = connect::kafka(&cluster.endpoint)
        .await
        .map_err(|error| failure::words(&error, KafkaAct::Read))?;
    let looked_at = topics.into_iter().filter(|topic| {
        let is_named = named.contains(&topic.name);
        is_named || !topic.is_internal
    });
    let looked_at: Vec<TopicFacts> = looked_at.collect();
    let all = looked_at.iter().map(|topic| topic.name.as_str());
    let configs = topic::configs(cluster, all).await;
    let mut candidates: Vec<PlaceCandidate> = looked_at
        .into_iter()
        .map(|facts| first_look(facts, named, &configs))
        .collect();
    // What its name or its configuration gives away comes first where not all can be looked at.
    candidates.sort_by_key(|one| (one.why.is_empty() && !one.is_named, one.facts.name.clone()));
    look_at_ends(cluster, &kafka, &mut candidates).await?;
    for candidate in &mut candidates {
        if let Some(why) = by_headers(&candidate.facts.name, &candidate.newest) {
            candidate.why.push(why);
        }
    }
    candidates.retain(|one| one.is_named || !one.why.is_empty());
    for candidate in &mut candidates {
        candidate.oldest = oldest(&kafka, candidate).await.unwrap_or_default();
    }
    let mut places = Vec::with_capacity(candidates.len());
    for candidate in candidates {
        places.push(place(cluster, candidate).await);
    }
    places.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(places)
}

fn first_look(
    facts: TopicFacts,
    named: &[String],
    configs: &HashMap<String, TopicConfig>,
) -> PlaceCandidate {
    let config = configs.get(&facts.name).cloned();
    let mut why = Vec::new();
    if let Some(found) = dead_topic(&facts.name) {
        why.push(found.says);
    }
    if config.as_ref().is_some_and(|config| config.is_for_dead) {
        why.push("its configuration (errors.deadletterqueue.group.enable)".to_owned());
    }
    PlaceCandidate {
        is_named: named.contains(&facts.name),
        facts,
        why,
        config,
        ends: None,
        newest: Vec::new(),
        oldest: Vec::new(),
        warnings: Vec::new(),
    }
}

fn partitions(facts: &TopicFacts) -> Vec<TopicPartition> {
    let count = i32::try_from(facts.partitions).unwrap_or(i32::MAX);
    (0..count)
        .map(|partition| TopicPartition::new(facts.name.clone(), partition))
        .collect()
}

/// Looks at the ends of all, and at the newest records there.
async fn look_at_ends(
    cluster: &Cluster,
    kafka: &Kafka,
    candidates: &mut [PlaceCandidate],
) -> Result<(), String> {
    let mut looked_at = Vec::new();
    for candidate in candidates.iter() {
        let is_marked = !candidate.why.is_empty() || candidate.is_named;
        if is_marked || looked_at.len() < MOST_PARTITIONS {
            looked_at.extend(partitions(&candidate.facts));
        }
    }
    let all = ends_known(cluster, &looked_at).await?;
    let mut from = Offsets::new();
    for (partition, end) in &all.end {
        let first = all.first.get(partition).copied().unwrap_or(*end);
        from.insert(partition.clone(), (end - LOOK_BACK).max(first));
    }
    let now = Utc::now();
    let mut newest: BTreeMap<(String, i32), Arc<Event>> = BTreeMap::new();
    let scan = Scan {
        from: &from,
        to: &all.end,
        committed: true,
    };
    scan.run(kafka, |record| {
        let place = (record.topic.to_string(), record.partition);
        newest.insert(place, Arc::new(codec::event(&record, now)));
        ControlFlow::Continue(())
    })
    .await?;
    for candidate in candidates {
        let own = newest
            .iter()
            .filter(|((topic, _), _)| *topic == candidate.facts.name);
        candidate.newest = own.map(|(_, event)| Arc::clone(event)).collect();
        let of = |offsets: &Offsets| -> Offsets {
            let own = partitions(&candidate.facts).into_iter();
            own.filter_map(|one| offsets.get(&one).map(|offset| (one, *offset)))
                .collect()
        };
        let ends = Ends {
            first: of(&all.first),
            end: of(&all.end),
        };
        let missing = (candidate.facts.partitions as usize).saturating_sub(ends.end.len());
        if missing > 0 {
            candidate.warnings.push(format!(
                "{missing} of its partitions cannot be read now: no broker leads them, or the login has no \
                 right to them (that takes READ and DESCRIBE on the topic)"
            ));
        }
        candidate.ends = (!ends.end.is_empty()).then_some(ends);
    }
    Ok(())
}

/// What the headers of its newest records say, if most of them tell of a death elsewhere. A copy that was
/// sent again with its old headers tells of one in this very topic, and a retry topic is none for the dead.
fn by_headers(topic: &str, newest: &[Arc<Event>]) -> Option<String> {
    if is_retry_topic(topic) {
        return None;
    }
    let mut writers: BTreeMap<String, usize> = BTreeMap::new();
    for event in newest {
        let Some(told) = account(event, None) else {
            continue;
        };
        let died_here = told.died.destination.as_deref() == Some(topic);
        if let Some(writer) = told.written_by.filter(|_| !died_here) {
            *writers.entry(writer).or_default() += 1;
        }
    }
    let told: usize = writers.values().sum();
    if told == 0 || told * 2 < newest.len() {
        return None;
    }
    let names: Vec<String> = writers.into_keys().collect();
    Some(format!("headers of {}", names.join(" and ")))
}

/// The oldest record of each partition.
async fn oldest(kafka: &Kafka, candidate: &PlaceCandidate) -> Result<Vec<Arc<Event>>, String> {
    let Some(ends) = &candidate.ends else {
        return Ok(Vec::new());
    };
    let now = Utc::now();
    let mut found: BTreeMap<i32, Arc<Event>> = BTreeMap::new();
    let wanted = ends.end.iter().filter(|(partition, end)| {
        let first = ends.first.get(*partition).copied().unwrap_or(**end);
        first < **end
    });
    let count = wanted.count();
    let scan = Scan {
        from: &ends.first,
        to: &ends.end,
        committed: true,
    };
    scan.run(kafka, |record| {
        let event = || Arc::new(codec::event(&record, now));
        found.entry(record.partition).or_insert_with(event);
        if found.len() >= count {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    })
    .await?;
    Ok(found.into_values().collect())
}

fn time(event: &Event) -> Option<DateTime<Utc>> {
    let ms = i64::try_from(event.properties.timestamp?).ok()?;
    DateTime::from_timestamp_millis(ms)
}

async fn place(cluster: &Cluster, candidate: PlaceCandidate) -> DeadPlace {
    let PlaceCandidate {
        facts,
        why,
        is_named,
        config,
        ends,
        newest,
        oldest,
        mut warnings,
    } = candidate;
    let told = newest.iter().max_by_key(|event| event.properties.timestamp);
    let told = told.and_then(|event| account(event, None));
    let by_name = dead_topic(&facts.name).and_then(|found| found.origin);
    let retention_ms = config.as_ref().and_then(|config| config.retention_ms);
    let now_ms = Utc::now().timestamp_millis();
    // Of all that are looked at, the one that goes first.
    let soon = oldest
        .iter()
        .chain(&newest)
        .filter(|event| event.properties.timestamp.is_some())
        .min_by_key(|event| event.properties.timestamp);
    if let Some(words) = soon.and_then(|event| taken_soon(event, retention_ms, now_ms)) {
        warnings.push(format!("Its oldest dead letter: {words}"));
    }
    if config.is_none() {
        warnings.push(
            "How long it keeps records is not known: this login may not read its configuration (that \
             takes DESCRIBE_CONFIGS on the topic)"
                .to_owned(),
        );
    }
    let found = FoundTopic::of(&facts);
    let log = found.log(cluster);
    let done = cluster
        .journal
        .with(move |journal| journal.marked(&log))
        .await
        .unwrap_or_default();
    let spans = ends.as_ref().map(spans).unwrap_or_default();
    DeadPlace {
        name: facts.name,
        records: ends
            .is_some()
            .then(|| spans.iter().map(|span| span.end - span.first).sum()),
        done,
        why,
        is_named,
        origin: told
            .as_ref()
            .and_then(|told| told.proposed_target.as_ref())
            .map(|target| target.destination.clone())
            .or(by_name),
        written_by: told.and_then(|told| told.written_by),
        newest: newest.iter().filter_map(|event| time(event)).max(),
        oldest: oldest.iter().filter_map(|event| time(event)).min(),
        partitions: spans,
        retention_ms,
        warnings,
    }
}

fn spans(ends: &Ends) -> Vec<LogSpan> {
    let unsigned = |offset: i64| u64::try_from(offset).unwrap_or_default();
    let mut spans: Vec<LogSpan> = ends
        .end
        .iter()
        .map(|(partition, end)| LogSpan {
            partition: u32::try_from(partition.partition()).unwrap_or_default(),
            first: unsigned(ends.first.get(partition).copied().unwrap_or(*end)),
            end: unsigned(*end),
            from: unsigned(*end),
            to: unsigned(*end),
        })
        .collect();
    spans.sort_by_key(|span| span.partition);
    spans
}
