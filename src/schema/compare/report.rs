//! A report in writing: JSON for tools, Markdown for a pull request, text for a terminal.

use serde_json::{Map, Value, json};

use super::change::Change;
use super::check::{CheckReport, Verdict};
use crate::schema::document::policy::Level;

/// As JSON. `example` is the event that breaks the direction the level asks about first.
#[must_use]
pub fn json(id: &Value, report: &CheckReport, level: Level) -> Value {
    let example = broken(report, level);
    let mut out = Map::new();
    out.insert("id".into(), id.clone());
    out.insert("backward".into(), json!(report.backward.answer.name()));
    out.insert("forward".into(), json!(report.forward.answer.name()));
    out.insert("compatible".into(), json!(report.meets(level)));
    out.insert("proof".into(), json!(report.proof(level).name()));
    out.insert(
        "changes".into(),
        report.changes.iter().map(change).collect(),
    );
    out.insert("changes_complete".into(), json!(report.complete));
    out.insert(
        "example".into(),
        example.map_or(Value::Null, |(_, verdict)| {
            verdict.example.clone().unwrap_or(Value::Null)
        }),
    );
    if let Some((direction, _)) = example {
        out.insert("example_breaks".into(), json!(direction));
    }
    out.insert("policy".into(), json!(report.policy.name()));
    out.insert("level".into(), json!(level.name()));
    out.insert(
        "directions".into(),
        json!({ "backward": direction(&report.backward), "forward": direction(&report.forward) }),
    );
    Value::Object(out)
}

fn direction(verdict: &Verdict) -> Value {
    use super::check::Answer;
    let counted = verdict.answer == Answer::No;
    json!({
        "answer": verdict.answer.name(),
        "proof": verdict.proof.name(),
        "reason": verdict.reason,
        "example": if counted { verdict.example.clone() } else { None },
        "example_not_counted_by_the_policy": if counted { None } else { verdict.example.clone() },
        "failures": verdict.failures.iter().map(|failure| json!({ "at": failure.at, "error": failure.words })).collect::<Vec<_>>(),
    })
}

/// The first verdict that is a "no" with an example: of the directions asked for, else of the other.
fn broken(report: &CheckReport, level: Level) -> Option<(&'static str, &Verdict)> {
    let backward = ("backward", &report.backward);
    let forward = ("forward", &report.forward);
    let order = if level.asks_backward() {
        [backward, forward]
    } else {
        [forward, backward]
    };
    order.into_iter().find(|(_, verdict)| {
        verdict.answer == super::check::Answer::No && verdict.example.is_some()
    })
}

fn change(change: &Change) -> Value {
    json!({
        "path": change.path,
        "kind": change.kind,
        "old": change.old,
        "new": change.new,
        "backward": change.backward.name(),
        "forward": change.forward.name(),
        "reason": change.reason,
    })
}

/// One verdict as a sentence: `Backward: no: …`.
#[must_use]
pub fn sentence(direction: &str, verdict: &Verdict) -> String {
    format!(
        "{direction}: {} ({}): {}",
        verdict.answer.name(),
        verdict.proof.name(),
        verdict.reason
    )
}

/// As text.
#[must_use]
pub fn text(report: &CheckReport, level: Level) -> String {
    let mut out = String::new();
    let met = if report.meets(level) {
        "compatible"
    } else {
        "not compatible"
    };
    out.push_str(&format!(
        "{met}: {} under {}\n",
        level.name(),
        report.policy.name()
    ));
    for (name, verdict) in [("Backward", &report.backward), ("Forward", &report.forward)] {
        out.push_str(&sentence(name, verdict));
        out.push('\n');
        if let Some(example) = &verdict.example {
            out.push_str(&format!("  event: {example}\n"));
        }
        for failure in &verdict.failures {
            out.push_str(&format!(
                "  refused at {}: {}\n",
                place(&failure.at),
                failure.words
            ));
        }
    }
    if report.changes.is_empty() {
        out.push_str("No changes.\n");
    } else {
        out.push_str("Changes (backward/forward):\n");
        for change in &report.changes {
            out.push_str(&format!(
                "  {} {} {}/{}: {}\n",
                change.path,
                change.kind,
                change.backward.name(),
                change.forward.name(),
                change.reason
            ));
        }
    }
    if !report.complete {
        out.push_str("The list of changes is not complete.\n");
    }
    out
}

/// As Markdown.
#[must_use]
pub fn markdown(title: &str, report: &CheckReport, level: Level) -> String {
    let mut out = format!("## {title}\n\n");
    let met = if report.meets(level) {
        "**compatible**"
    } else {
        "**not compatible**"
    };
    out.push_str(&format!(
        "{met}: level {}, policy `{}`\n\n",
        level.name(),
        report.policy.name()
    ));
    for (name, verdict) in [("Backward", &report.backward), ("Forward", &report.forward)] {
        out.push_str(&format!(
            "- **{name}: {}** ({}): {}\n",
            verdict.answer.name(),
            verdict.proof.name(),
            cell(&verdict.reason)
        ));
    }
    if !report.changes.is_empty() {
        out.push_str("\n| place | change | backward | forward | why |\n|---|---|---|---|---|\n");
        for change in &report.changes {
            out.push_str(&format!(
                "| `{}` | {} | {} | {} | {} |\n",
                cell(&change.path),
                change.kind,
                change.backward.name(),
                change.forward.name(),
                cell(&change.reason)
            ));
        }
    }
    for (name, verdict) in [("backward", &report.backward), ("forward", &report.forward)] {
        if let Some(example) = &verdict.example {
            let event = serde_json::to_string_pretty(example).unwrap_or_default();
            out.push_str(&format!(
                "\nAn event that breaks {name}:\n\n```json\n{event}\n```\n"
            ));
            for failure in &verdict.failures {
                out.push_str(&format!(
                    "\n- refused at `{}`: {}\n",
                    place(&failure.at),
                    failure.words
                ));
            }
        }
    }
    out
}

fn place(pointer: &str) -> &str {
    if pointer.is_empty() {
        "the whole event"
    } else {
        pointer
    }
}

fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace('\n', " ")
}
