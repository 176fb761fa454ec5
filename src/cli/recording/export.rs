//! `eventscope export` and `eventscope filter`.

use std::path::PathBuf;

use super::{DONE, EndedEarly, MISSING, progress};
use crate::query::Filter;
use crate::recording::export::output::Output;
use crate::recording::export::{ExportForm, ExportFrom, ExportOrder, Sieve, Sink};
use crate::recording::table::USUAL_FIELDS;
use crate::text::numbers::count_of;

/// What events are written as.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum ExportFormat {
    /// One JSON object a line, exact: import gives the same events.
    Ndjson,
    /// One CloudEvent a line.
    Cloudevents,
    /// Comma-separated values of chosen fields.
    Csv,
    /// Another recording, with its gaps; needs --out.
    Recording,
}

/// Writes events of a recording.
#[derive(clap::Args, Debug)]
pub struct ExportArguments {
    /// The recording.
    file: PathBuf,
    #[arg(long, value_enum, default_value = "ndjson")]
    format: ExportFormat,
    /// Only events that match, as on the filter line: `key:order.* data.total>100`.
    #[arg(long, value_name = "QUERY")]
    filter: Option<String>,
    /// Columns of CSV, with commas between them: fields as in a filter, and number, received_at, source,
    /// payload.
    #[arg(long, value_name = "FIELDS", default_value = USUAL_FIELDS)]
    fields: String,
    /// Mask before it is written, in bodies, keys, headers and properties: emails, cards, tokens, ibans,
    /// all, header.NAME, or a JSON pointer into the body (/data/customer/name, /items/*/sku). May be
    /// given several times.
    #[arg(long, value_name = "RULE")]
    mask: Vec<String>,
    /// Makes the same masks of the same values in every export with this seed. Keep it to yourself.
    #[arg(long, value_name = "TEXT", requires = "mask")]
    mask_seed: Option<String>,
    /// A new file; without it, standard output.
    #[arg(long, value_name = "NEW FILE")]
    out: Option<PathBuf>,
}

/// Writes the events that match.
#[derive(clap::Args, Debug)]
pub struct FilterArguments {
    /// The recording.
    file: PathBuf,
    /// As on the filter line: `key:order.* data.total>100`.
    query: String,
    /// Only say how many there are.
    #[arg(long)]
    count: bool,
}

/// Reads a filter line, for a recording.
pub(super) fn filter(query: &str) -> Result<Filter, EndedEarly> {
    let filter = Filter::parse(query).map_err(|fault| {
        let place = query.get(..fault.at.start).unwrap_or_default();
        let mark = format!("{}^", " ".repeat(place.chars().count()));
        EndedEarly::Told(format!("{query}\n{mark}\n{fault}"))
    })?;
    if filter.asks_for_schemas() {
        return Err(EndedEarly::Told(
            "\"schema:\" asks for a folder of schemas, which only the window has open".to_owned(),
        ));
    }
    Ok(filter)
}

impl From<ExportFormat> for ExportForm {
    fn from(format: ExportFormat) -> Self {
        match format {
            ExportFormat::Ndjson => Self::Ndjson,
            ExportFormat::Cloudevents => Self::CloudEvents,
            ExportFormat::Csv => Self::Csv,
            ExportFormat::Recording => Self::Recording,
        }
    }
}

/// Does `eventscope export`.
pub(super) fn run(export: &ExportArguments) -> Result<u8, EndedEarly> {
    let out = export.out.as_deref();
    if export.format == ExportFormat::Recording && out.is_none() {
        return Err(EndedEarly::Told(
            "A recording needs a file: --out NEW FILE".to_owned(),
        ));
    }
    let order = ExportOrder {
        from: ExportFrom::File(export.file.clone()),
        filter: export.filter.as_deref().map(filter).transpose()?,
        form: export.format.into(),
        fields: export.fields.clone(),
        masks: export.mask.clone(),
        seed: export.mask_seed.clone(),
    };
    let bar = progress::bar(0);
    let sum = order.write((out, false), &mut |done, total| {
        bar.set_length(total);
        bar.set_position(done);
        true
    });
    bar.finish_and_clear();
    let sum = sum?;
    if out.is_some() {
        progress::say(&format!("{} written", count_of(sum.events, "event")));
    }
    if order.masks.is_empty() {
        return Ok(DONE);
    }
    let tally = sum.masked;
    let (values, events) = (
        count_of(tally.values, "value"),
        count_of(tally.events, "event"),
    );
    progress::say(&format!("{values} in {events} masked"));
    if tally.left_out > 0 {
        let bodies = count_of(tally.left_out, "payload");
        progress::say(&format!(
            "{bodies} left out, because nobody can say what is in what cannot be read"
        ));
        return Ok(MISSING);
    }
    Ok(DONE)
}

/// Does `eventscope filter`.
pub(super) fn run_filter(arguments: &FilterArguments) -> Result<u8, EndedEarly> {
    let order = ExportOrder {
        from: ExportFrom::File(arguments.file.clone()),
        filter: Some(filter(&arguments.query)?),
        form: ExportForm::Ndjson,
        fields: String::new(),
        masks: Vec::new(),
        seed: None,
    };
    let sink = if arguments.count {
        Sink::Nowhere
    } else {
        Sink::Ndjson(Output::to(None)?)
    };
    let sieve = Sieve::new(order.filter.as_ref(), order.from.end()?);
    let bar = progress::bar(0);
    let found = order.pass(&sieve, None, sink, &mut |done, total| {
        bar.set_length(total);
        bar.set_position(done);
        true
    });
    bar.finish_and_clear();
    let found = found?;
    if arguments.count {
        let mut out = Output::to(None)?;
        out.text(&format!("{found}\n"))?;
        out.finish()?;
    }
    Ok(if found == 0 { MISSING } else { DONE })
}
