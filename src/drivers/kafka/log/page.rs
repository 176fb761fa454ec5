//! A page of a topic: the newest records, the oldest, or those from a place on. Records of several
//! partitions are put in the order of their times, and never against the order of their partition.

use std::collections::{BTreeMap, VecDeque};
use std::ops::ControlFlow;
use std::sync::Arc;

use chrono::Utc;
use krafka::Kafka;
use krafka::admin::{ListOffsetsOptions, OffsetSpec, TopicPartition};
use tokio::sync::watch;

use super::runs::{Runs, earliest, latest, number, offset};
use super::scan::Scan;
use crate::drivers::kafka::link::Cluster;
use crate::drivers::kafka::topic::{self, FoundTopic};
use crate::drivers::kafka::watch::codec;
use crate::drivers::kafka::watch::start::{self, Offsets};
use crate::drivers::kafka::{connect, failure};
use crate::event::Event;
use crate::kafka::failure::KafkaAct;
use crate::protocol::{LogPage, PeekReport, PutBack};
use crate::repair::dead_place::LogSpan;
use crate::repair::record_place::RecordPlace;

/// Most bytes of bodies on a page.
const PAGE_BYTES: usize = 64 * 1024 * 1024;
/// How much further back each round looks for records than the one before.
const FURTHER: i64 = 4;

/// What is looked at.
pub(in crate::drivers::kafka) struct LogLook {
    pub place: String,
    /// Only this partition.
    pub partition: Option<u32>,
    pub page: LogPage,
    /// Most records.
    pub size: u32,
}

/// Reads a page, or gives up when it shall stop.
pub(in crate::drivers::kafka) async fn read(
    cluster: &Cluster,
    look: LogLook,
    mut stop: watch::Receiver<bool>,
) -> Result<PeekReport, String> {
    tokio::select! {
        biased;
        // An error means that the session is gone: stop, too.
        _ = stop.wait_for(|stop| *stop) => Err("Stopped".to_owned()),
        page = read_page(cluster, look) => page,
    }
}

/// The ends of a topic's partitions.
pub(in crate::drivers::kafka) struct Ends {
    pub first: Offsets,
    pub end: Offsets,
}

/// Where the partitions of a topic begin and end.
pub(in crate::drivers::kafka) async fn ends(
    cluster: &Cluster,
    partitions: &[TopicPartition],
    committed: bool,
) -> Result<Ends, String> {
    let ask = |spec| start::ask(&cluster.admin, partitions, spec, committed);
    let words = |error| failure::words(&error, KafkaAct::Read);
    Ok(Ends {
        first: ask(OffsetSpec::Earliest).await.map_err(words)?,
        end: ask(OffsetSpec::Latest).await.map_err(words)?,
    })
}

/// The same of many topics: what cannot be asked about now is left out.
pub(in crate::drivers::kafka) async fn ends_known(
    cluster: &Cluster,
    partitions: &[TopicPartition],
) -> Result<Ends, String> {
    let ask = async |spec: OffsetSpec| {
        let options = ListOffsetsOptions::default().read_committed(true);
        let wanted = partitions.iter().map(|partition| (partition.clone(), spec));
        let told = cluster.admin.list_offsets(wanted, options).await;
        let told = told.map_err(|error| failure::words(&error, KafkaAct::Read))?;
        let known = told
            .into_iter()
            .filter_map(|(partition, told)| Some((partition, told.ok()?.offset)));
        Ok::<Offsets, String>(known.collect())
    };
    let first = ask(OffsetSpec::Earliest).await?;
    let mut end = ask(OffsetSpec::Latest).await?;
    end.retain(|partition, _| first.contains_key(partition));
    Ok(Ends { first, end })
}

async fn read_page(cluster: &Cluster, look: LogLook) -> Result<PeekReport, String> {
    let found = topic::find(cluster, &look.place, KafkaAct::Read).await?;
    let partitions = wanted(&found, look.partition)?;
    let ends = ends(cluster, &partitions, true).await?;
    let kafka = connect::kafka(&cluster.endpoint)
        .await
        .map_err(|error| failure::words(&error, KafkaAct::Read))?;
    let size = usize::try_from(look.size.max(1)).unwrap_or(usize::MAX);
    let mut reading = PageReading {
        kafka: &kafka,
        ends: &ends,
        size,
        is_cut: false,
    };
    let (messages, spans) = match &look.page {
        LogPage::Newest => reading.backwards(ends.end.clone()).await?,
        LogPage::Before(places) => {
            let to = within(&ends, &found.name, places, &ends.first);
            reading.backwards(to).await?
        }
        page => {
            let from = from(cluster, &ends, &partitions, page, &found.name).await?;
            reading.forwards(from).await?
        }
    };
    let mut remark = Vec::new();
    if reading.is_cut {
        let size = PAGE_BYTES / 1024 / 1024;
        remark.push(format!("A page shows {size} MB at most"));
    }
    let marks = marks(cluster, &found, &messages).await;
    let marks = marks.unwrap_or_else(|words| {
        remark.push(words);
        vec![None; messages.len()]
    });
    let all: u64 = spans.iter().map(|span| span.end - span.first).sum();
    Ok(PeekReport {
        queue: look.place,
        depth: u32::try_from(all).unwrap_or(u32::MAX),
        put_back: PutBack::Untouched,
        remark: remark.join(". "),
        messages,
        spans,
        marks,
        ..PeekReport::default()
    })
}

/// What the journal says of these records of one topic.
pub(in crate::drivers::kafka) async fn marks(
    cluster: &Cluster,
    found: &FoundTopic,
    messages: &[Arc<Event>],
) -> Result<Vec<Option<crate::repair::record_place::RecordMark>>, String> {
    let log = found.log(cluster);
    let places = messages
        .iter()
        .filter_map(|event| RecordPlace::of(event))
        .map(|place| (place.partition, place.offset))
        .collect::<Vec<_>>();
    cluster
        .journal
        .with(move |journal| journal.marks(&log, &places))
        .await
}

fn wanted(found: &FoundTopic, only: Option<u32>) -> Result<Vec<TopicPartition>, String> {
    let mut all = found.all();
    if let Some(only) = only {
        if only >= found.partitions {
            return Err(format!(
                "{} has no partition {only}: it has {}, from 0 on",
                found.name, found.partitions
            ));
        }
        all.retain(|one| u32::try_from(one.partition()) == Ok(only));
    }
    Ok(all)
}

/// Places that were named, each within its partition; a partition without one is at `other`.
fn within(ends: &Ends, topic: &str, places: &[(u32, u64)], other: &Offsets) -> Offsets {
    let named = |partition: &TopicPartition| {
        let own = places
            .iter()
            .find(|(number, _)| u32::try_from(partition.partition()) == Ok(*number));
        own.and_then(|(_, offset)| i64::try_from(*offset).ok())
    };
    let all = ends
        .end
        .iter()
        .filter(|(partition, _)| partition.topic() == topic);
    all.map(|(partition, end)| {
        let first = ends.first.get(partition).copied().unwrap_or(*end);
        let rest = other.get(partition).copied().unwrap_or(first);
        let place = named(partition).unwrap_or(rest);
        (partition.clone(), place.clamp(first, (*end).max(first)))
    })
    .collect()
}

async fn from(
    cluster: &Cluster,
    ends: &Ends,
    partitions: &[TopicPartition],
    page: &LogPage,
    topic: &str,
) -> Result<Offsets, String> {
    let every = |offset: u64| -> Vec<(u32, u64)> {
        let all = partitions.iter();
        all.filter_map(|one| Some((u32::try_from(one.partition()).ok()?, offset)))
            .collect()
    };
    Ok(match page {
        LogPage::Offset(offset) => within(ends, topic, &every(*offset), &ends.first),
        LogPage::From(places) => within(ends, topic, places, &ends.end),
        LogPage::Time(time) => {
            let spec = OffsetSpec::Timestamp(time.timestamp_millis().max(0));
            let told = start::ask(&cluster.admin, partitions, spec, true).await;
            let told = told.map_err(|error| failure::words(&error, KafkaAct::Read))?;
            let places: Vec<(u32, u64)> = told
                .iter()
                .filter_map(|(partition, offset)| {
                    let partition = u32::try_from(partition.partition()).ok()?;
                    Some((partition, u64::try_from(*offset).ok()?))
                })
                .collect();
            // A partition without a record of that time or later has none to show.
            within(ends, topic, &places, &ends.end)
        }
        LogPage::Oldest | LogPage::Newest | LogPage::Before(_) => ends.first.clone(),
    })
}

struct PageReading<'a> {
    kafka: &'a Kafka,
    ends: &'a Ends,
    size: usize,
    /// It holds fewer than it might, for its bytes.
    is_cut: bool,
}

impl PageReading<'_> {
    /// The oldest records from here on.
    async fn forwards(&mut self, from: Offsets) -> Result<(Vec<Arc<Event>>, Vec<LogSpan>), String> {
        let mut runs = Runs::new();
        let mut bytes = 0;
        let now = Utc::now();
        let (size, count) = (self.size, from.len());
        let scan = Scan {
            from: &from,
            to: &self.ends.end,
            committed: true,
        };
        let mut full = 0;
        let mut is_cut = false;
        scan.run(self.kafka, |record| {
            let run = runs.entry(number(record.partition)).or_default();
            if run.len() < size {
                let event = Arc::new(codec::event(&record, now));
                bytes += event.cost();
                run.push_back(event);
                full += usize::from(run.len() == size);
            }
            is_cut = bytes > PAGE_BYTES;
            if is_cut || full == count {
                ControlFlow::Break(())
            } else {
                ControlFlow::Continue(())
            }
        })
        .await?;
        self.is_cut |= is_cut;
        let mut messages = Vec::new();
        let mut next: BTreeMap<u32, i64> = BTreeMap::new();
        while messages.len() < size
            && let Some(partition) = earliest(&runs)
            && let Some(event) = runs.get_mut(&partition).and_then(VecDeque::pop_front)
        {
            next.insert(partition, offset(&event).saturating_add(1));
            messages.push(event);
        }
        let spans = self.spans(|partition| {
            let own = number(partition.partition());
            let begun = from.get(partition).copied().unwrap_or_default();
            let end = self.ends.end.get(partition).copied().unwrap_or(begun);
            let left = runs
                .get(&own)
                .and_then(VecDeque::front)
                .map(|event| offset(event));
            let read = next.get(&own).copied().unwrap_or(begun);
            // What was read to its end goes on there: holes behind the last record are no records.
            let is_whole = left.is_none() && !is_cut && runs.get(&own).is_none_or(|_| true);
            let was_full = full > 0 && next.contains_key(&own) && messages.len() >= size;
            let to = match left {
                Some(left) => left,
                None if is_whole && !was_full => end,
                None => read,
            };
            (begun, to)
        });
        Ok((messages, spans))
    }

    /// The newest records before these places. Offsets have holes, so windows that grow are read
    /// backwards until each partition has enough.
    async fn backwards(&mut self, to: Offsets) -> Result<(Vec<Arc<Event>>, Vec<LogSpan>), String> {
        let mut runs = Runs::new();
        let now = Utc::now();
        let mut open: Vec<TopicPartition> = to.keys().cloned().collect();
        let mut width = i64::try_from(self.size).unwrap_or(i64::MAX);
        while !open.is_empty() {
            let from: Offsets = open
                .iter()
                .map(|partition| {
                    let end = to.get(partition).copied().unwrap_or_default();
                    let first = self.ends.first.get(partition).copied().unwrap_or_default();
                    (partition.clone(), end.saturating_sub(width).max(first))
                })
                .collect();
            for partition in &open {
                runs.remove(&number(partition.partition()));
            }
            let scan = Scan {
                from: &from,
                to: &to,
                committed: true,
            };
            let size = self.size;
            let mut bytes: usize = runs.values().flatten().map(|event| event.cost()).sum();
            let mut is_cut = false;
            scan.run(self.kafka, |record| {
                let run = runs.entry(number(record.partition)).or_default();
                let event = Arc::new(codec::event(&record, now));
                bytes += event.cost();
                run.push_back(event);
                // The newest stay; one of each partition always does.
                while run.len() > size || (bytes > PAGE_BYTES && run.len() > 1) {
                    is_cut |= run.len() <= size;
                    bytes -= run.pop_front().map_or(0, |event| event.cost());
                }
                ControlFlow::Continue(())
            })
            .await?;
            self.is_cut |= is_cut;
            open.retain(|partition| {
                let own = runs.get(&number(partition.partition()));
                let first = self.ends.first.get(partition).copied().unwrap_or_default();
                let begun = from.get(partition).copied().unwrap_or(first);
                own.is_none_or(|run| run.len() < size) && begun > first && !is_cut
            });
            width = width.saturating_mul(FURTHER);
        }
        let mut messages = VecDeque::new();
        let mut begun: BTreeMap<u32, i64> = BTreeMap::new();
        while messages.len() < self.size
            && let Some(partition) = latest(&runs)
            && let Some(event) = runs.get_mut(&partition).and_then(VecDeque::pop_back)
        {
            begun.insert(partition, offset(&event));
            messages.push_front(event);
        }
        let is_full = messages.len() >= self.size || self.is_cut;
        let spans = self.spans(|partition| {
            let own = number(partition.partition());
            let end = to.get(partition).copied().unwrap_or_default();
            let first = self.ends.first.get(partition).copied().unwrap_or_default();
            let left = runs.get(&own).and_then(VecDeque::back);
            let from = match (left, begun.get(&own)) {
                (Some(left), _) => offset(left).saturating_add(1),
                (None, Some(begun)) if is_full => *begun,
                (None, _) if is_full => end,
                (None, _) => first,
            };
            (from.min(end), end)
        });
        Ok((messages.into(), spans))
    }

    fn spans(&self, part: impl Fn(&TopicPartition) -> (i64, i64)) -> Vec<LogSpan> {
        let unsigned = |offset: i64| u64::try_from(offset).unwrap_or_default();
        let mut spans: Vec<LogSpan> = self
            .ends
            .end
            .iter()
            .map(|(partition, end)| {
                let (from, to) = part(partition);
                LogSpan {
                    partition: number(partition.partition()),
                    first: unsigned(self.ends.first.get(partition).copied().unwrap_or(*end)),
                    end: unsigned(*end),
                    from: unsigned(from),
                    to: unsigned(to),
                }
            })
            .collect();
        spans.sort_by_key(|span| span.partition);
        spans
    }
}
