//! `eventscope dead-letters`: where dead letters lie, and what each tells.

use std::path::PathBuf;

use serde_json::{Value, json};

use super::background::Background;
use super::letter::ListedLetter;
use super::{ALL_DONE, CutShort, SOMETHING_MISSING, kafka, output, rabbitmq};

/// Where dead letters lie.
#[derive(clap::Args, Debug)]
pub struct ListArguments {
    /// The store, as in the window: amqp://user:password@host, amqps://… or kafka://host:port.
    #[arg(
        long,
        value_name = "ADDRESS",
        env = "EVENTSCOPE_URL",
        hide_env_values = true
    )]
    url: String,
    /// Only this queue or topic.
    #[arg(long, value_name = "NAME")]
    source: Option<String>,
    /// Look at so many messages of each place: the newest of a topic, the first of a queue. Of a queue
    /// only where that does no harm; otherwise it is said why not. 0 for the places alone.
    #[arg(long, value_name = "N", default_value_t = 20)]
    peek: u32,
    /// How it is written.
    #[arg(long, value_enum, default_value_t = ListFormat::Text)]
    format: ListFormat,
    /// The folder of the journal, if it is not the window's.
    #[arg(long, value_name = "FOLDER", env = "EVENTSCOPE_JOURNAL")]
    journal: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum ListFormat {
    Text,
    /// One object with `places` and `messages`.
    Json,
    /// One message a line; with --peek 0 one place a line.
    Ndjson,
}

/// A place where dead letters lie.
#[derive(Debug, Default)]
pub(super) struct ListedPlace {
    pub name: String,
    pub count: Option<u64>,
    /// Sent or discarded before, as the journal says.
    pub done: u64,
    pub why: Vec<String>,
    pub origin: Option<String>,
    pub written_by: Option<String>,
    pub warnings: Vec<String>,
    /// Why it was not looked into, or not wholly.
    pub peek_refused: Option<String>,
    pub letters: Vec<ListedLetter>,
}

impl ListedPlace {
    fn json(&self) -> Value {
        json!({
            "source": self.name,
            "count": self.count,
            "done": self.done,
            "why": self.why,
            "origin": self.origin,
            "written_by": self.written_by,
            "warnings": self.warnings,
            "peek_refused": self.peek_refused,
            "peeked": self.letters.len(),
        })
    }

    fn text(&self) -> String {
        let count = self
            .count
            .map_or_else(|| "?".to_owned(), |count| count.to_string());
        let mut line = format!("{} ({count})", self.name);
        if self.done > 0 {
            line.push_str(&format!(", {} of them sent or discarded", self.done));
        }
        if !self.why.is_empty() {
            line.push_str(&format!(": {}", self.why.join("; ")));
        }
        line.push('\n');
        for words in self.warnings.iter().chain(&self.peek_refused) {
            line.push_str(&format!("  {words}\n"));
        }
        line
    }
}

/// Each on a line of its own.
fn lines(all: impl Iterator<Item = String>) -> String {
    all.flat_map(|line| [line, "\n".to_owned()]).collect()
}

/// Does it.
pub(super) fn run(list: &ListArguments) -> Result<u8, CutShort> {
    let mut background = Background::connect(&list.url, list.journal.clone())?;
    let source = list.source.as_deref();
    let places = if background.abilities.is_log() {
        kafka::places(&mut background, source, list.peek)?
    } else {
        rabbitmq::places(&mut background, source, list.peek)?
    };
    let letters = || places.iter().flat_map(|place| &place.letters);
    let text = match list.format {
        ListFormat::Text => {
            let mut text: String = places.iter().map(ListedPlace::text).collect();
            for letter in letters() {
                text.push('\n');
                text.push_str(&letter.text());
            }
            if places.is_empty() {
                "No dead letters were found\n".clone_into(&mut text);
            }
            text
        }
        ListFormat::Json => {
            let all: Vec<Value> = places.iter().map(ListedPlace::json).collect();
            let messages: Vec<String> = letters().map(ListedLetter::json).collect();
            format!(
                "{{\"places\":{},\"messages\":[{}]}}\n",
                Value::from(all),
                messages.join(",")
            )
        }
        ListFormat::Ndjson if list.peek == 0 => {
            lines(places.iter().map(|place| place.json().to_string()))
        }
        ListFormat::Ndjson => lines(letters().map(ListedLetter::json)),
    };
    output::write(&text)?;
    let mut is_whole = true;
    for (place, words) in places
        .iter()
        .filter_map(|one| Some((one, one.peek_refused.as_ref()?)))
    {
        is_whole = false;
        if list.format != ListFormat::Text {
            output::say(&format!("{}: {words}", place.name));
        }
    }
    Ok(if is_whole {
        ALL_DONE
    } else {
        SOMETHING_MISSING
    })
}
