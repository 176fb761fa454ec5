//! What a tap would do on one exchange, told before it starts: the rules, in plain words.

use super::policy::{self, BrokerPolicy, Permissions, PolicyTarget};
use super::tap::{self, Argument, Limit, VOID_EXCHANGE, Void};
use super::topology::{Binding, ExchangeKind, Topology, TopologySource};
use crate::event::key_pattern::words;
use crate::event::watching::{Report, Weight};

/// A name as RabbitMQ makes them up for queues without one; policies and permissions are patterns
/// over such names.
const SAMPLE_NAME: &str = "amq.gen-Xa2KCVDzE3fh1pYxRbg8Aw";
/// Most names listed in one sentence.
const LISTED: usize = 6;

/// What is known of the place, each part as far as it could be read.
#[derive(Clone, Debug)]
pub struct TapFacts {
    /// The login.
    pub user: String,
    pub exchange: String,
    /// The binding keys that were asked for.
    pub binding_keys: Vec<String>,
    /// False if the broker said that there is no such exchange.
    pub exists: bool,
    /// Exchanges, queues and bindings, without the queues of our own taps.
    pub topology: Topology,
    /// The alternate exchange in the exchange's own arguments.
    pub alternate_argument: Option<String>,
    /// All policies, or why they cannot be read.
    pub policies: Result<Vec<BrokerPolicy>, String>,
    /// What the login may do, or why that cannot be read.
    pub permissions: Result<Permissions, String>,
    /// The limit of the tap's queue.
    pub limit: Limit,
}

/// Puts the rules to the facts.
#[must_use]
pub fn check(facts: &TapFacts) -> Report {
    let mut report = Report {
        destination: facts.exchange.clone(),
        keys: facts.binding_keys.clone(),
        ..Report::default()
    };
    let found = facts.topology.exchange(&facts.exchange);
    let kind = found.map_or(&ExchangeKind::Unknown, |found| &found.kind);
    if let Some(words) = tap::refusal(&facts.exchange, kind) {
        report.firehose = true;
        report.add(Weight::Refused, words);
        upstream(&mut report, facts);
        return report;
    }
    if !facts.exists {
        let words = format!(
            "There is no exchange {} in this virtual host. Check its name",
            facts.exchange
        );
        report.add(Weight::Refused, words);
        return report;
    }
    if *kind == ExchangeKind::Direct && facts.binding_keys.is_empty() {
        let words = format!(
            "{} is a direct exchange and no binding of it fits, so there is no key to listen to. \
             Type the routing key as the binding key",
            facts.exchange
        );
        report.firehose = true;
        report.add(Weight::Refused, words);
        return report;
    }
    let void = permissions(&mut report, facts);
    blind_spots(&mut report, facts, kind);
    unroutable(&mut report, facts, kind);
    policies(&mut report, facts);
    report.add(
        Weight::Info,
        "Each message that fits is copied into a queue of Eventscope's own, which is gone when the \
         tap stops. When it is full its oldest are dropped: nobody who publishes is held up, and \
         nothing reaches a dead-letter queue",
    );
    report.findings.sort_by_key(|f| std::cmp::Reverse(f.weight));
    if report.may_start() {
        report.queue = queue_lines(facts, void);
    }
    report
}

fn queue_lines(facts: &TapFacts, void: Void) -> Vec<String> {
    let mut lines = vec![
        "queue amq.gen-… (named by the broker), exclusive, auto-delete, not durable".to_owned(),
    ];
    for (name, value) in tap::arguments(facts.limit, void) {
        lines.push(match value {
            Argument::Text(text) => format!("{name} = \"{text}\""),
            Argument::Number(number) => format!("{name} = {number}"),
        });
    }
    let keys = facts.binding_keys.iter().take(LISTED);
    lines.extend(keys.map(|key| format!("binding: {} → \"{key}\"", facts.exchange)));
    if facts.binding_keys.len() > LISTED {
        let more = facts.binding_keys.len() - LISTED;
        lines.push(format!("… and {more} more bindings"));
    }
    lines
}

/// Exchanges that feed one that cannot be tapped.
fn upstream(report: &mut Report, facts: &TapFacts) {
    let exchange = &facts.exchange;
    let bindings = facts.topology.bindings.iter();
    let feeding = bindings.filter(|b| !b.to_queue && b.destination == *exchange);
    let sources: Vec<&str> = feeding.map(|b| b.source.as_str()).collect();
    if !sources.is_empty() {
        let words = format!(
            "{exchange} gets its messages from {}: a tap there sees what comes in",
            list(&sources)
        );
        report.add(Weight::Info, words);
    }
}

/// Says which permissions are missing; gives where the overflow can be made to vanish.
fn permissions(report: &mut Report, facts: &TapFacts) -> Void {
    let rights = match &facts.permissions {
        Ok(rights) => rights,
        Err(why) => {
            let words = format!(
                "Whether {} may start a tap was not checked ({why}). RabbitMQ says so at once if \
                 a permission is missing",
                facts.user
            );
            report.add(Weight::Info, words);
            return Void::Exchange;
        }
    };
    let lacks = |pattern: &str, name: &str| policy::permits(pattern, name) == Some(false);
    let mut missing = Vec::new();
    for (right, pattern) in [
        ("configure", &rights.configure),
        ("write", &rights.write),
        ("read", &rights.read),
    ] {
        if lacks(pattern, SAMPLE_NAME) {
            missing.push(format!("{right} on queues named amq.gen-…"));
        }
    }
    if lacks(&rights.read, &facts.exchange) {
        missing.push(format!("read on the exchange {}", facts.exchange));
    }
    let no_void = lacks(&rights.write, VOID_EXCHANGE);
    if no_void && lacks(&rights.write, "") {
        missing.push(format!("write on {VOID_EXCHANGE} (or on amq.default)"));
    }
    if !missing.is_empty() {
        let words = format!(
            "The user {} lacks a permission: {}. Ask for it, or log in as another user",
            facts.user,
            missing.join("; ")
        );
        report.add(Weight::Refused, words);
    }
    if no_void { Void::Queue } else { Void::Exchange }
}

fn blind_spots(report: &mut Report, facts: &TapFacts, kind: &ExchangeKind) {
    match kind {
        ExchangeKind::Direct => {
            let words = match facts.binding_keys.as_slice() {
                [key] => format!(
                    "This is a direct exchange: only messages with exactly the key {key} are seen"
                ),
                keys => format!(
                    "This is a direct exchange, which compares keys letter by letter: only \
                     messages with one of these {} keys are seen, a new key is not",
                    keys.len()
                ),
            };
            report.add(Weight::Info, words);
        }
        ExchangeKind::Fanout | ExchangeKind::Headers => report.add(
            Weight::Info,
            format!(
                "A {} exchange ignores the binding key: the tap gets every message",
                kind.name()
            ),
        ),
        ExchangeKind::Unknown => report.add(
            Weight::Warning,
            format!(
                "The type of this exchange could not be read. If it shares messages out (hash or \
                 random types), a tap takes messages away from the application: start only if you \
                 know that it does not. {}",
                facts.topology.missing
            ),
        ),
        ExchangeKind::Topic | ExchangeKind::Other(_) => {}
    }
    let found = facts.topology.exchange(&facts.exchange);
    if found.is_some_and(|exchange| exchange.internal) {
        report.add(
            Weight::Info,
            "This exchange is internal: its messages show the exchange that they were first \
             published to",
        );
    }
}

/// A message that only the tap wants counts as routed: nobody is told any more that it had no
/// route.
#[expect(
    clippy::too_many_lines,
    reason = "the findings in the order of the card"
)]
fn unroutable(report: &mut Report, facts: &TapFacts, kind: &ExchangeKind) {
    if facts.topology.source != TopologySource::Management {
        report.add(
            Weight::Warning,
            "The bindings and arguments of this exchange could not be read. Messages that had no \
             route so far may go to the tap: a mandatory publisher is then not told, and an \
             alternate exchange gets none of them",
        );
        return;
    }
    let topology = &facts.topology;
    let leads_on = |b: &&Binding| {
        b.source == facts.exchange
            && (b.to_queue
                || topology
                    .bindings
                    .iter()
                    .any(|next| next.source == b.destination))
    };
    let mut routes: Vec<&str> = topology
        .bindings
        .iter()
        .filter(leads_on)
        .map(|b| b.key.as_str())
        .collect();
    routes.sort_unstable();
    routes.dedup();
    let covered = match kind {
        ExchangeKind::Fanout => !routes.is_empty(),
        ExchangeKind::Direct => {
            let known = |key: &String| routes.contains(&key.as_str());
            facts.binding_keys.iter().all(known)
        }
        ExchangeKind::Topic => {
            let known = |key: &String| routes.iter().any(|route| covers(route, key));
            facts.binding_keys.iter().all(known)
        }
        _ => false,
    };
    if covered {
        return;
    }
    let today = match (kind, routes.as_slice()) {
        (_, []) => "Nothing is bound to this exchange, so no message has a route today".to_owned(),
        (ExchangeKind::Headers, _) => {
            "Messages whose headers fit no binding have no route today".to_owned()
        }
        (_, routes) => format!(
            "Only messages with a key that fits {} have a route today",
            list(routes)
        ),
    };
    let policy = match &facts.policies {
        Ok(all) => policy::in_force(all, &facts.exchange, PolicyTarget::Exchange),
        Err(_) => Vec::new(),
    };
    let by_policy = policy.iter().find_map(|policy| {
        let exchange = policy.value("alternate-exchange")?;
        Some((exchange, format!("by the policy {}", policy.name)))
    });
    let argument = facts.alternate_argument.as_deref();
    let alternate = argument
        .map(|exchange| (exchange, "by its arguments".to_owned()))
        .or(by_policy);
    let narrower = match (kind, routes.as_slice()) {
        (ExchangeKind::Topic, [_, ..]) => {
            ". With the binding keys of today instead, nothing changes"
        }
        _ => "",
    };
    let words = match alternate {
        Some((exchange, by)) => format!(
            "{today}; all others go to its alternate exchange {exchange} ({by}). While the tap \
             runs it counts as a route for what it receives, and {exchange} gets none of that. \
             Publishers of mandatory messages are not told either{narrower}"
        ),
        None => format!(
            "{today}. While the tap runs it counts as a route for what it receives: a publisher of \
             mandatory messages is not told any more that nobody else gets one{narrower}"
        ),
    };
    report.add(Weight::Warning, words);
}

/// True if every key that fits the topic binding `inner` fits `outer` too.
fn covers(outer: &str, inner: &str) -> bool {
    // Words that no pattern spells stand for "any word"; `#` is tried with more words than the
    // other pattern could count.
    let most = words(outer).count() + 1;
    (0..=most).all(|count| {
        let mut key = Vec::new();
        for word in words(inner) {
            match word {
                "#" => key.extend(std::iter::repeat_n("\u{1}", count)),
                "*" => key.push("\u{1}"),
                word => key.push(word),
            }
        }
        crate::event::key_pattern::matches(outer, &key.join("."))
    })
}

fn policies(report: &mut Report, facts: &TapFacts) {
    let all = match &facts.policies {
        Ok(all) => all,
        Err(why) => {
            let words = format!(
                "Which policies would apply to the tap's queue was not checked ({why}). What \
                 matters most they cannot change: arguments overrule a policy's dead-letter \
                 exchange and overflow rule"
            );
            report.add(Weight::Info, words);
            return;
        }
    };
    for policy in policy::in_force(all, SAMPLE_NAME, PolicyTarget::ClassicQueue) {
        let mut overruled = Vec::new();
        for (key, value) in &policy.definition {
            match key.as_str() {
                "dead-letter-exchange" | "dead-letter-routing-key" | "overflow" => {
                    overruled.push(key.as_str());
                }
                _ => effect(report, policy, key, value, facts.limit),
            }
        }
        if !overruled.is_empty() {
            let words = format!(
                "The policy {} also fits the tap's queue; its {} is overruled by the tap's \
                 arguments",
                policy.name,
                overruled.join(" and ")
            );
            report.add(Weight::Info, words);
        }
    }
}

/// What no argument of ours can overrule.
fn effect(report: &mut Report, policy: &BrokerPolicy, key: &str, value: &str, limit: Limit) {
    let name = &policy.name;
    let smaller = |most: u32| {
        value
            .parse()
            .is_ok_and(|value: u64| value < u64::from(most))
    };
    match key {
        "max-length" if smaller(limit.messages) => report.add(
            Weight::Warning,
            format!(
                "The policy {name} limits the tap's queue to {value} messages: in a burst more are \
                 dropped unseen"
            ),
        ),
        "max-length-bytes" if smaller(limit.bytes) => report.add(
            Weight::Warning,
            format!(
                "The policy {name} limits the tap's queue to {value} bytes: in a burst more are \
                 dropped unseen"
            ),
        ),
        "message-ttl" => report.add(
            Weight::Info,
            format!(
                "The policy {name} lets copies expire after {value} ms: what waits longer in the \
                 tap's queue is not seen"
            ),
        ),
        "expires" => report.add(
            Weight::Info,
            format!(
                "The policy {name} deletes unused queues after {value} ms; the tap's is in use as \
                 long as it runs"
            ),
        ),
        _ if key.starts_with("federation") => report.add(
            Weight::Warning,
            format!(
                "The policy {name} federates the tap's queue: RabbitMQ opens links to the upstream \
                 brokers for it. Ask whoever keeps the policy to leave out amq.gen-…"
            ),
        ),
        _ => {}
    }
}

fn list(names: &[&str]) -> String {
    let mut text = names
        .iter()
        .take(LISTED)
        .copied()
        .collect::<Vec<_>>()
        .join(", ");
    if names.len() > LISTED {
        text.push_str(&format!(" and {} more", names.len() - LISTED));
    }
    text
}

#[cfg(test)]
mod tests;
