//! `eventscope resend`: dead letters are sent again, after a person or `--yes` agreed.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde_json::{Value, json};

use super::background::Background;
use super::letter::LetterPosition;
use super::plan::{self, Choice, NotPlanned};
use super::report::{ResendReport, report};
use super::{ALL_DONE, CutShort, SOMETHING_MISSING, output, rabbitmq};
use crate::address::Address;
use crate::protocol::{
    Agreement, MoveOrder, MoveOutcome, RecordsOrder, RequestId, ResendCheck, SourceCommand,
    SourceUpdate, Which, WhichRecords,
};
use crate::repair::pace::Pace;
use crate::text::numbers::count_of;

/// Sends dead letters again.
#[derive(clap::Args, Debug)]
#[command(group = clap::ArgGroup::new("which").required(true).args(["all", "filter", "position"]))]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a switch of the command line"
)]
pub struct ResendArguments {
    /// The store, as in the window: amqp://user:password@host, amqps://… or kafka://host:port.
    #[arg(
        long,
        value_name = "ADDRESS",
        env = "EVENTSCOPE_URL",
        hide_env_values = true
    )]
    url: String,
    /// The queue or topic that they lie in.
    #[arg(long, value_name = "NAME")]
    pub(super) source: String,
    /// All of them.
    #[arg(long)]
    all: bool,
    /// Those that match, as on the filter line above dead letters.
    #[arg(long, value_name = "QUERY")]
    pub(super) filter: Option<String>,
    /// This one: PARTITION:OFFSET, or in a queue its index, as dead-letters tells it.
    #[arg(long, value_name = "P")]
    pub(super) position: Option<String>,
    /// Where they go: a topic; with RabbitMQ NAME/KEY, or the name of a queue. Without it, where each
    /// came from.
    #[arg(long, value_name = "TARGET")]
    pub(super) to: Option<String>,
    /// An edit, such as "set data.amount=129.9", "convert data.amount=number", "remove header.x". May be
    /// given several times; one that does not apply to a message keeps it back.
    #[arg(long, value_name = "RULE")]
    pub(super) edit: Vec<String>,
    /// Say what would be done, and send nothing.
    #[arg(long)]
    dry_run: bool,
    /// Send without asking.
    #[arg(long)]
    yes: bool,
    /// Send also what would stand over a newer record of its key in a compacted topic.
    #[arg(long)]
    pub(super) over_newer: bool,
    /// Send what lies at the place of the original for dead letters that hold nothing to compare it with.
    #[arg(long)]
    pub(super) unproven: bool,
    /// Send also what the journal calls sent, possibly sent or discarded.
    #[arg(long)]
    pub(super) again: bool,
    /// Write the report as one JSON object.
    #[arg(long)]
    json: bool,
    /// The folder of the journal, if it is not the window's.
    #[arg(long, value_name = "FOLDER", env = "EVENTSCOPE_JOURNAL")]
    journal: Option<PathBuf>,
}

/// What a resend does, before it does it.
#[derive(Default)]
struct ResendOutlook {
    /// How many go where.
    targets: BTreeMap<String, u64>,
    notes: Vec<String>,
    /// Why some are kept back, how many, and by what switch they would not be.
    kept: Vec<(String, u64, Option<&'static str>)>,
}

impl ResendOutlook {
    fn count(&self) -> u64 {
        self.targets.values().sum()
    }

    fn add_not(&mut self, not: &[NotPlanned]) {
        for one in not {
            let place = match one.letter.position {
                LetterPosition::Record { partition, offset } => format!("{partition}:{offset}"),
                LetterPosition::Index(index) => index.to_string(),
            };
            match self.kept.iter_mut().find(|(words, ..)| *words == one.words) {
                Some((_, count, _)) => *count += 1,
                None => self.kept.push((one.words.clone(), 1, None)),
            }
            tracing::debug!(place, words = one.words, "kept back");
        }
    }

    fn add_check(&mut self, check: &ResendCheck) {
        for (topic, count) in &check.targets {
            *self.targets.entry(topic.clone()).or_default() += count;
        }
        self.notes.extend(check.notes.iter().cloned());
        for one in &check.kept {
            let switch = one.needs.map(|needs| match needs {
                Agreement::OverNewer => "--over-newer",
                Agreement::Unproven => "--unproven",
                Agreement::Again => "--again",
            });
            self.kept.push((one.words.clone(), one.count, switch));
        }
    }

    fn text(&self) -> String {
        let mut text = String::new();
        for (target, count) in &self.targets {
            text.push_str(&format!(
                "{} would go to {target}\n",
                count_of(*count, "dead letter")
            ));
        }
        if self.targets.is_empty() {
            text.push_str("Nothing would be sent\n");
        }
        for (words, count, switch) in &self.kept {
            let by = switch.map(|switch| format!(" ({switch} sends them)"));
            text.push_str(&format!(
                "{count} kept back: {words}{}\n",
                by.unwrap_or_default()
            ));
        }
        for note in &self.notes {
            text.push_str(&format!("{note}\n"));
        }
        text
    }

    fn json(&self) -> Value {
        let kept = self.kept.iter().map(
            |(words, count, switch)| json!({ "words": words, "count": count, "needs": switch }),
        );
        json!({
            "would_send": self.count(),
            "targets": self.targets,
            "kept": kept.collect::<Vec<_>>(),
            "notes": self.notes,
        })
    }
}

/// Does it.
pub(super) fn run(resend: &ResendArguments) -> Result<u8, CutShort> {
    let choice = Choice::read(resend)?;
    let mut background = Background::connect(&resend.url, resend.journal.clone())?;
    let prepared = if background.abilities.is_log() {
        of_log(&mut background, resend, &choice)?
    } else {
        of_queue(&mut background, resend, &choice)?
    };
    let (outlook, command) = prepared;
    let is_clean = outlook.kept.is_empty();
    if resend.dry_run {
        output::write(&if resend.json {
            format!("{}\n", outlook.json())
        } else {
            outlook.text()
        })?;
        return Ok(if is_clean {
            ALL_DONE
        } else {
            SOMETHING_MISSING
        });
    }
    if outlook.count() == 0 {
        output::say(outlook.text().trim_end());
        report(resend.json, &outlook.json(), None)?;
        return Ok(if is_clean {
            ALL_DONE
        } else {
            SOMETHING_MISSING
        });
    }
    if !resend.yes {
        output::say(outlook.text().trim_end());
        let question = format!("Send {}?", count_of(outlook.count(), "dead letter"));
        match output::ask(&question)? {
            Some(true) => {}
            Some(false) => return Err(CutShort::Told("Nothing was sent".to_owned())),
            None => {
                return Err(CutShort::Told(
                    "Nothing was sent: nobody is there to be asked. Add --yes to send, or --dry-run to \
                     see what would be sent"
                        .to_owned(),
                ));
            }
        }
    }
    let request = background.request();
    let total = outlook.count();
    background.tell(command(request))?;
    let done = follow(&mut background, request, total)?;
    report(resend.json, &outlook.json(), Some(&done))?;
    if let Some(problem) = &done.problem {
        output::say(problem);
    }
    let is_whole = done.problem.is_none() && done.sum.is_all_done();
    Ok(if is_whole && is_clean {
        ALL_DONE
    } else {
        SOMETHING_MISSING
    })
}

type Begin = Box<dyn FnOnce(RequestId) -> SourceCommand>;

fn of_log(
    background: &mut Background,
    resend: &ResendArguments,
    choice: &Choice,
) -> Result<(ResendOutlook, Begin), CutShort> {
    let (order, not) = plan::of_log(background, resend, choice)?;
    let mut outlook = ResendOutlook::default();
    outlook.add_not(&not);
    let is_empty = matches!(&order.which, WhichRecords::These(orders) if orders.is_empty());
    if !is_empty {
        outlook.add_check(&check(background, order.clone())?);
    }
    let order = Box::new(order);
    Ok((
        outlook,
        Box::new(|request| SourceCommand::ResendRecords { request, order }),
    ))
}

fn check(background: &mut Background, order: RecordsOrder) -> Result<ResendCheck, CutShort> {
    let request = background.request();
    let order = Box::new(order);
    background.tell(SourceCommand::CheckResend { request, order })?;
    let check = background.wait(None, |update| match update {
        SourceUpdate::ResendChecked { request: r, result } if r == request => Some(result),
        _ => None,
    })?;
    Ok(*check?)
}

fn of_queue(
    background: &mut Background,
    resend: &ResendArguments,
    choice: &Choice,
) -> Result<(ResendOutlook, Begin), CutShort> {
    let ground = rabbitmq::ground(background)?;
    let login = match &background.address {
        Address::RabbitMq(endpoint) => endpoint.user.clone(),
        _ => String::new(),
    };
    let queue = resend.source.clone();
    let mut outlook = ResendOutlook::default();
    let ready = ground.topology.queue(&queue).and_then(|found| found.ready);
    if choice.is_whole() && !resend.dry_run {
        let shown = u32::try_from(ready.unwrap_or(0)).unwrap_or(u32::MAX);
        let to = resend.to.clone();
        let to = to.unwrap_or_else(|| "where each came from".to_owned());
        // Where the queues cannot be listed, how many there are is found out by the job.
        outlook.targets.insert(to, ready.unwrap_or(1));
        if ready == Some(0) {
            outlook.targets.clear();
        }
        if ready.is_none() {
            outlook
                .notes
                .push("How many there are is not known before".to_owned());
        }
        let manner = plan::manner(resend);
        return Ok((
            outlook,
            Box::new(move |request| SourceCommand::Resend {
                request,
                queue,
                which: Which::Whole { manner, shown },
                pace: Pace::default(),
            }),
        ));
    }
    let (planned, not) = plan::of_queue(background, resend, choice, &ground, &login)?;
    outlook.add_not(&not);
    let mut orders = Vec::with_capacity(planned.len());
    for (letter, outgoing) in planned {
        let target = match outgoing.destination.as_str() {
            "" => format!("queue {}", outgoing.key),
            destination => format!("{destination}, key {}", outgoing.key),
        };
        *outlook.targets.entry(target).or_default() += 1;
        orders.push(MoveOrder {
            original: letter.event.fingerprint(),
            outgoing,
        });
    }
    Ok((
        outlook,
        Box::new(move |request| SourceCommand::Resend {
            request,
            queue,
            which: Which::These(orders),
            pace: Pace::default(),
        }),
    ))
}

/// Follows a resend to its end. Ctrl+C stops it after what is under way.
fn follow(
    background: &mut Background,
    request: RequestId,
    total: u64,
) -> Result<ResendReport, CutShort> {
    let bar = output::bar(total);
    let mut words: BTreeMap<String, u64> = BTreeMap::new();
    let ended = background.wait(Some(request), |update| match update {
        SourceUpdate::Moved { request: r, moved } if r == request => {
            for (_, outcome) in moved {
                bar.inc(1);
                if let MoveOutcome::Kept(why)
                | MoveOutcome::Unsure(why)
                | MoveOutcome::Held(why)
                | MoveOutcome::Duplicate(why) = outcome
                {
                    *words.entry(why).or_default() += 1;
                }
            }
            None
        }
        SourceUpdate::JobDone {
            request: r,
            problem,
            sum,
        } if r == request => Some((problem, sum)),
        _ => None,
    });
    bar.finish_and_clear();
    let (problem, sum) = ended?;
    let Some(sum) = sum else {
        return Err(CutShort::Told(problem.unwrap_or_else(|| {
            "The resend was cut off: the journal says of each how far it came".to_owned()
        })));
    };
    Ok(ResendReport {
        sum,
        problem,
        words,
    })
}
