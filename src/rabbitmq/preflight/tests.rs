//! The rules of the preflight, one place after the other.

use super::*;
use crate::rabbitmq::policy::tests::policy;
use crate::testing::shop;
use proptest::prelude::*;

fn facts(exchange: &str, keys: &[&str]) -> TapFacts {
    let all = || ".*".to_owned();
    TapFacts {
        user: "ada".into(),
        exchange: exchange.into(),
        binding_keys: keys.iter().map(ToString::to_string).collect(),
        exists: true,
        topology: shop(),
        alternate_argument: None,
        policies: Ok(Vec::new()),
        permissions: Ok(Permissions {
            configure: all(),
            write: all(),
            read: all(),
        }),
        limit: tap::LIMIT,
    }
}

fn found(report: &Report, weight: Weight) -> Vec<&str> {
    let all = report.findings.iter().filter(|f| f.weight == weight);
    all.map(|f| f.words.as_str()).collect()
}

#[test]
fn a_tap_with_todays_keys_on_a_topic_exchange_changes_nothing() {
    let report = check(&facts("shop", &["order.*"]));
    assert!(report.may_start());
    assert_eq!(found(&report, Weight::Warning), [""; 0]);
    for line in [
        "x-max-length = 20000",
        "x-overflow = \"drop-head\"",
        "x-dead-letter-exchange = \"eventscope.void\"",
        "binding: shop → \"order.*\"",
    ] {
        assert!(report.queue.iter().any(|l| l == line), "{line}: {report:?}");
    }
    assert!(report.queue[0].contains("exclusive"));
}

#[test]
fn keys_without_a_route_are_told_with_the_alternate_exchange() {
    let mut facts = facts("shop", &["#"]);
    let words = check(&facts);
    let words = found(&words, Weight::Warning)[0].to_owned();
    assert!(
        words.contains("order.#, order.paid have a route"),
        "{words}"
    );
    assert!(words.contains("mandatory") && !words.contains("alternate"));
    facts.policies = Ok(vec![policy(
        "unrouted",
        "^shop$",
        "exchanges",
        &[("alternate-exchange", "lost.and.found")],
    )]);
    let words = found(&check(&facts), Weight::Warning).concat();
    assert!(
        words.contains("lost.and.found (by the policy unrouted)"),
        "{words}"
    );
    facts.alternate_argument = Some("own".into());
    let words = found(&check(&facts), Weight::Warning).concat();
    assert!(words.contains("own (by its arguments)"), "{words}");
    facts.topology.bindings[0].key = "#".into();
    assert_eq!(found(&check(&facts), Weight::Warning), [""; 0]);
    // A binding to an exchange that leads nowhere is no route.
    facts.topology.bindings[0].to_queue = false;
    facts.topology.bindings[0].destination = "nowhere".into();
    assert_eq!(found(&check(&facts), Weight::Warning).len(), 1);
}

#[test]
fn what_cannot_be_tapped_is_refused_with_the_alternative() {
    let mut hash = facts("spread", &["#"]);
    hash.topology.bindings[0].to_queue = false;
    hash.topology.bindings[0].destination = "spread".into();
    let report = check(&hash);
    assert!(!report.may_start() && report.firehose && report.queue.is_empty());
    assert!(found(&report, Weight::Refused)[0].contains("x-consistent-hash"));
    assert!(found(&report, Weight::Info)[0].contains("gets its messages from shop"));

    let report = check(&facts("", &["#"]));
    assert!(report.firehose && !report.may_start());
    let mut missing = facts("nowhere", &["#"]);
    missing.exists = false;
    assert!(found(&check(&missing), Weight::Refused)[0].contains("no exchange nowhere"));
    let report = check(&facts("dead", &[]));
    assert!(found(&report, Weight::Refused)[0].contains("Type the routing key"));
}

#[test]
fn missing_permissions_are_named_and_the_detour_taken() {
    let mut facts = facts("shop", &["order.#"]);
    let mut rights = |configure: &str, write: &str, read: &str| {
        facts.permissions = Ok(Permissions {
            configure: configure.into(),
            write: write.into(),
            read: read.into(),
        });
        check(&facts)
    };
    let report = rights("^$", ".*", "^amq");
    let words = found(&report, Weight::Refused).concat();
    assert!(words.contains("configure on queues"), "{words}");
    assert!(words.contains("read on the exchange shop"), "{words}");
    assert!(!words.contains("write on"), "{words}");
    let report = rights(".*", "^amq\\.(gen.*|default)$", ".*");
    assert!(report.may_start(), "{report:?}");
    let detour = "x-dead-letter-routing-key = \"eventscope.void\"";
    assert!(report.queue.iter().any(|line| line == detour), "{report:?}");
    let words = found(&rights(".*", "^amq\\.gen", ".*"), Weight::Refused).concat();
    assert!(words.contains("write on eventscope.void"), "{words}");
}

#[test]
fn policies_are_split_into_what_counts_and_what_is_overruled() {
    let mut facts = facts("shop", &["order.#"]);
    facts.policies = Ok(vec![policy(
        "everything",
        ".*",
        "all",
        &[
            ("dead-letter-exchange", "dlx"),
            ("overflow", "reject-publish"),
            ("max-length", "100"),
            ("message-ttl", "60000"),
            ("federation-upstream-set", "all"),
        ],
    )]);
    let report = check(&facts);
    let warnings = found(&report, Weight::Warning);
    assert_eq!(warnings.len(), 2, "{warnings:?}");
    assert!(warnings.concat().contains("100 messages"));
    assert!(warnings.concat().contains("federates"));
    let infos = found(&report, Weight::Info).concat();
    assert!(infos.contains("dead-letter-exchange and overflow is overruled"));
    assert!(infos.contains("expire after 60000 ms"));
    // Larger than our own limit, or for other queues: nothing to say.
    facts.policies = Ok(vec![policy(
        "large",
        ".*",
        "queues",
        &[("max-length", "9999999")],
    )]);
    assert!(
        !check(&facts)
            .findings
            .iter()
            .any(|f| f.words.contains("large"))
    );
}

#[test]
fn without_the_management_api_the_card_says_what_was_not_checked() {
    let mut facts = facts("shop", &["#"]);
    facts.topology = Topology {
        missing: "No management API listens".into(),
        ..Topology::default()
    };
    facts.policies = Err("no management API".into());
    facts.permissions = Err("no management API".into());
    let report = check(&facts);
    assert!(report.may_start());
    let words = found(&report, Weight::Warning).concat();
    assert!(
        words.contains("type of this exchange could not be read"),
        "{words}"
    );
    assert!(words.contains("No management API listens"), "{words}");
    let infos = found(&report, Weight::Info).concat();
    assert!(
        infos.contains("policies") && infos.contains("permission"),
        "{infos}"
    );
}

#[test]
fn covering_is_decided_by_words() {
    for (outer, inner, expected) in [
        ("#", "#", true),
        ("order.#", "order.*", true),
        ("order.#", "order", true),
        ("*.created", "#.created", false),
        ("order.*", "order.#", false),
        ("*", "#", false),
        ("#.#", "#", true),
        ("a.*.#", "a.#", false),
        ("a", "a", true),
    ] {
        assert_eq!(covers(outer, inner), expected, "{outer} over {inner}");
    }
}

proptest! {
    #[test]
    fn a_covering_key_misses_nothing(
        outer in "(a|b|\\*|#)(\\.(a|b|\\*|#)){0,3}",
        inner in "(a|b|\\*|#)(\\.(a|b|\\*|#)){0,3}",
        key in "[abc](\\.[abc]){0,5}",
    ) {
        use crate::event::key_pattern::matches;
        if covers(&outer, &inner) && matches(&inner, &key) {
            prop_assert!(matches(&outer, &key), "{outer} over {inner} on {key}");
        }
    }
}
