//! What a resend came to, as it is written out.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{CutShort, output};
use crate::repair::job_sum::JobSum;
use crate::text::numbers::count_of;

/// How a resend ended.
pub(super) struct ResendReport {
    pub sum: JobSum,
    pub problem: Option<String>,
    /// Why some were kept back or are in doubt, with how many.
    pub words: BTreeMap<String, u64>,
}

/// Writes how a resend ended; of one that sent nothing, what was found out before.
pub(super) fn report(
    is_json: bool,
    outlook: &Value,
    done: Option<&ResendReport>,
) -> Result<(), CutShort> {
    let sum = done.map(|done| done.sum).unwrap_or_default();
    if is_json {
        let mut all = outlook.clone();
        all["sent"] = json!(sum.done);
        all["kept_back"] = json!(sum.kept);
        all["possibly_sent"] = json!(sum.unsure);
        all["duplicates"] = json!(sum.duplicates);
        all["held"] = json!(sum.held);
        all["gone"] = json!(sum.gone);
        all["unseen"] = json!(sum.unseen);
        all["untried"] = json!(sum.untried);
        all["reasons"] = json!(done.map(|done| &done.words));
        all["problem"] = json!(done.and_then(|done| done.problem.as_ref()));
        return output::write(&format!("{all}\n"));
    }
    let mut text = format!("{} sent\n", count_of(sum.done as u64, "dead letter"));
    for (count, what) in [
        (sum.kept, "kept back"),
        (sum.unsure, "possibly sent: the journal says so too"),
        (sum.duplicates, "sent, but they may lie in the queue still"),
        (sum.held, "held by others"),
        (sum.gone, "not in the queue any more"),
        (sum.unseen, "not seen: held by others or gone"),
        (sum.untried, "not tried"),
    ] {
        if count > 0 {
            text.push_str(&format!("{count} {what}\n"));
        }
    }
    for (words, count) in done.iter().flat_map(|done| &done.words) {
        text.push_str(&format!("  {count}: {words}\n"));
    }
    output::write(&text)
}
