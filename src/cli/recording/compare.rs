//! `eventscope compare`: what is different since the release.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::{DONE, EndedEarly, MISSING, progress};
use crate::analysis::census::{CensusDifference, DifferenceLine, StreamCensus};
use crate::recording::export::ExportFrom;
use crate::recording::export::output::Output;
use crate::schema::Catalog;
use crate::storage::schemas;
use crate::text::numbers::{count_of, thousands};
use crate::text::payload::visible_line;

/// Says what is new, gone, faster or slower in the second of two recordings.
#[derive(clap::Args, Debug)]
pub struct CompareArguments {
    /// The recording from before.
    before: PathBuf,
    /// The recording from after.
    after: PathBuf,
    /// Also compare what events are by the schemas in this folder.
    #[arg(long, value_name = "FOLDER")]
    schemas: Option<PathBuf>,
    /// One JSON object.
    #[arg(long)]
    json: bool,
}

/// Does it.
pub(super) fn run(compare: &CompareArguments) -> Result<u8, EndedEarly> {
    let catalog = compare.schemas.as_deref().map(catalog).transpose()?;
    let before = census(&compare.before, catalog.clone())?;
    let after = census(&compare.after, catalog)?;
    let difference = CensusDifference::between(&before, &after);
    let mut out = Output::to(None)?;
    out.text(&if compare.json {
        json_report(&difference)
    } else {
        report(compare, &difference)
    })?;
    out.finish()?;
    Ok(if difference.is_same() { DONE } else { MISSING })
}

fn catalog(folder: &Path) -> Result<Arc<Catalog>, EndedEarly> {
    let content = schemas::read(folder)
        .map_err(|error| EndedEarly::Told(format!("{}: {error}", folder.display())))?;
    Ok(Arc::new(Catalog::of(folder.to_owned(), content)))
}

fn census(path: &Path, catalog: Option<Arc<Catalog>>) -> Result<StreamCensus, EndedEarly> {
    let mut census = StreamCensus::new(catalog);
    let bar = progress::bar(0);
    let read = ExportFrom::File(path.to_owned()).events(
        &mut |done, total| {
            bar.set_length(total);
            bar.set_position(done);
            true
        },
        |event| census.add(event),
    );
    bar.finish_and_clear();
    read.map_err(EndedEarly::Told)?;
    Ok(census)
}

fn report(compare: &CompareArguments, difference: &CensusDifference) -> String {
    let mut text = String::new();
    let paths = [&compare.before, &compare.after];
    for ((side, (events, seconds)), path) in
        ["before", "after"].iter().zip(difference.sides).zip(paths)
    {
        text.push_str(&format!(
            "{side} {}: {} in {seconds:.0} s\n",
            visible_line(&path.display().to_string()),
            count_of(events, "event")
        ));
    }
    if difference.is_same() {
        text.push_str("Nothing differs\n");
    }
    for (kind, lines) in &difference.lines {
        text.push_str(&format!("\n{}\n", kind.title()));
        for line in lines {
            let name = visible_line(&line.name);
            let numbers = match line.rates {
                Some((before, after)) => format!("{before:.2}/s to {after:.2}/s"),
                None => thousands(line.events.0.max(line.events.1)),
            };
            text.push_str(&format!("{numbers:>12} {name}\n"));
        }
    }
    if difference.is_cut {
        text.push_str("\nThere are too many different things: not all of them are compared\n");
    }
    text
}

fn json_report(difference: &CensusDifference) -> String {
    let [before, after] = difference
        .sides
        .map(|(events, seconds)| json!({ "events": events, "seconds": seconds }));
    let mut all = Map::new();
    all.insert("before".to_owned(), before);
    all.insert("after".to_owned(), after);
    all.insert("same".to_owned(), difference.is_same().into());
    all.insert("all_compared".to_owned(), (!difference.is_cut).into());
    for (kind, lines) in &difference.lines {
        let lines: Vec<Value> = lines.iter().map(json_line).collect();
        all.insert(kind.word().to_owned(), lines.into());
    }
    format!("{}\n", Value::Object(all))
}

fn json_line(line: &DifferenceLine) -> Value {
    let DifferenceLine {
        name,
        events,
        rates,
    } = line;
    let mut value = json!({ "name": name, "events_before": events.0, "events_after": events.1 });
    if let (Some((before, after)), Some(members)) = (rates, value.as_object_mut()) {
        members.insert("rate_before".to_owned(), (*before).into());
        members.insert("rate_after".to_owned(), (*after).into());
    }
    value
}
