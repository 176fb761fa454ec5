//! What the person is typing. The window edits these fields in place; everything else in the state
//! it only reads.

use chrono::{DateTime, Utc};

use crate::address::{Address, StoreKind};
use crate::event::Draft;
use crate::event::draft::History;
use crate::event::picture::Picture;
use crate::event::start_from::{StartChoice, StartFrom};
use crate::kafka::connect_form::KafkaForm;
use crate::kafka::dead_letters::dead_topic;
use crate::kafka::endpoint::KafkaEndpoint;
use crate::rabbitmq::connect_form::ConnectForm;
use crate::repair::edit::RuleForm;
use crate::state::publish::series::SeriesForm;
use crate::text::password::without_password;

/// The kinds of store that have fields of their own on the connect screen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum StoreChoice {
    #[default]
    RabbitMq,
    Kafka,
}

/// All forms.
#[derive(Clone, Debug, Default)]
pub struct Forms {
    /// The connect screen: its line, and the fields of a RabbitMQ.
    pub connect: ConnectForm,
    /// The fields of a Kafka.
    pub kafka: KafkaForm,
    /// Whose fields are shown.
    pub store: StoreChoice,
    /// The tap bar of the live screen.
    pub tap: TapForm,
    /// The filter line.
    pub filter: String,
    /// The name under which it is to be saved.
    pub filter_name: String,
    /// A field that is to become a column.
    pub column: String,
    /// The publish form.
    pub draft: Draft,
    /// What it was before, once the screen was shown.
    pub draft_history: Option<History>,
    /// Text in double braces is sent as it is written, not replaced by what it stands for.
    pub as_written: bool,
    /// How often it is published as a series.
    pub series: SeriesForm,
    /// How its payload is written.
    pub payload: super::publish::schema_form::PayloadForm,
    /// The filter line over the dead letters of a queue.
    pub dead_filter: String,
    /// The name of a queue to open by hand.
    pub queue: String,
    /// The offset or the time from which a stream is read.
    pub stream_from: String,
    /// What is sent again, and how.
    pub replay: super::recordings::replaying::ReplayFields,
    /// What is exported, and how.
    pub export: super::recordings::exporting::ExportFields,
    /// What the folder of recordings may take up, and a note.
    pub recordings: super::recordings::RecordingForm,
    pub schema_folder: String,
    /// The draft of a next version.
    pub schema_draft: String,
    /// The version that a learned schema is about to be written as.
    pub learned_version: Option<String>,
    /// The rules by which events tell their version, one a line.
    pub version_rules: String,
    pub schema_import: super::schemas::ImportForm,
    /// The dead letter that is being edited.
    pub editor: Option<super::dead_letters::Editor>,
    /// Edits of other dead letters that were not sent yet.
    pub edits: super::dead_letters::Edits,
    /// Letters in the names of the consumer groups that are listed.
    pub group_filter: String,
    /// How offsets of a consumer group are set.
    pub reset: super::consumers::ResetForm,
    /// What is looked for in the journal.
    pub journal_search: String,
    /// The rules by which dead letters are edited.
    pub rules: Vec<RuleForm>,
    /// Names of headers that a resend leaves out, separated by commas.
    pub dropped: String,
    /// Names of queues that are kept for what failed, with `*` for any text, separated by commas.
    pub parking: String,
    /// The destination and key to which many dead letters are sent.
    pub elsewhere: (String, String),
}

impl Forms {
    /// Where the connect screen leads: what is written in its line if that is the address of a store
    /// without fields, else what its fields say.
    ///
    /// # Errors
    /// What is wrong with them, in words.
    pub fn address(&self) -> Result<Address, String> {
        match (self.other_store(), self.store) {
            (Some(address), _) => Ok(address),
            (None, StoreChoice::RabbitMq) => self.connect.endpoint().map(Address::RabbitMq),
            (None, StoreChoice::Kafka) => {
                let line = self.connect.url.trim();
                if !line.is_empty() {
                    KafkaEndpoint::from_url(line).map_err(|error| error.to_string())?;
                }
                self.kafka.endpoint().map(Address::Kafka)
            }
        }
    }

    /// Something else was written into the line of the connect screen.
    pub fn url_changed(&mut self) {
        let line = self.connect.url.trim().to_lowercase();
        if line.starts_with("kafka:") {
            self.store = StoreChoice::Kafka;
        } else if line.starts_with("amqp") {
            self.store = StoreChoice::RabbitMq;
        }
        if self.other_store().is_some() {
            self.connect.problem = None;
        } else if self.store == StoreChoice::RabbitMq {
            self.connect.url_changed();
        } else {
            self.connect.problem = match KafkaEndpoint::from_url(&self.connect.url) {
                Ok(mut endpoint) => {
                    // The line shows no password, see `hide_password`.
                    let login = (&*self.kafka.servers, &self.kafka.user);
                    let new = (endpoint.servers_text(), &endpoint.user);
                    if endpoint.password.0.is_empty() && (&*new.0, new.1) == login {
                        endpoint.password = self.kafka.password.clone();
                    }
                    let name = std::mem::take(&mut self.kafka.name);
                    self.kafka.take(&endpoint);
                    self.kafka.name = name;
                    None
                }
                Err(_) if line.is_empty() => None,
                Err(error) => Some(error.to_string()),
            };
        }
    }

    /// Takes the password out of the line, once the fields have it.
    pub fn hide_password(&mut self) {
        if self.connect.problem.is_none() && self.address().is_ok() {
            self.connect.url = without_password(&self.connect.url);
        }
    }

    /// Fills the fields with an address.
    pub fn fill(&mut self, address: &Address) {
        match address {
            Address::RabbitMq(endpoint) => {
                self.store = StoreChoice::RabbitMq;
                self.connect.take(endpoint);
            }
            Address::Kafka(endpoint) => {
                self.store = StoreChoice::Kafka;
                self.kafka.take(endpoint);
            }
            Address::Recording(_) | Address::Other { .. } => {
                self.store = StoreChoice::RabbitMq;
                self.connect.url = address.to_string();
            }
        }
    }

    fn other_store(&self) -> Option<Address> {
        let text = &self.connect.url;
        let is_url = text.contains("://");
        let address = Address::from_text(text).ok().filter(|_| !is_url)?;
        (address.kind() != StoreKind::RabbitMq).then_some(address)
    }

    /// What was typed for no source in particular is taken over from the forms that were in front.
    pub(super) fn take_over(&mut self, other: &mut Self) {
        let take = |own: &mut String, other: &mut String| std::mem::swap(own, other);
        take(&mut self.filter, &mut other.filter);
        take(&mut self.filter_name, &mut other.filter_name);
        take(&mut self.column, &mut other.column);
        take(&mut self.schema_folder, &mut other.schema_folder);
        take(&mut self.schema_draft, &mut other.schema_draft);
        take(&mut self.version_rules, &mut other.version_rules);
        take(&mut self.journal_search, &mut other.journal_search);
        take(&mut self.parking, &mut other.parking);
        std::mem::swap(&mut self.schema_import, &mut other.schema_import);
        std::mem::swap(&mut self.recordings, &mut other.recordings);
        std::mem::swap(&mut self.export, &mut other.export);
        std::mem::swap(&mut self.replay, &mut other.replay);
    }

    /// Takes a destination that is worth watching, unless one that is known was chosen already.
    pub fn propose(&mut self, name: &str, is_chosen_known: bool) {
        if !self.tap.destination.is_empty() && is_chosen_known {
            return;
        }
        name.clone_into(&mut self.tap.destination);
        if self.draft.destination.is_empty() {
            name.clone_into(&mut self.draft.destination);
        }
    }

    /// Watches all of a sandbox but what lies there dead.
    pub fn watch_all(&mut self, picture: &Picture) {
        let alive = picture.open_destinations().into_iter();
        let alive = alive.filter(|name| dead_topic(name).is_none());
        self.tap.destination = alive.collect::<Vec<_>>().join(", ");
    }

    /// The same for a store of which nothing more is known than what it is made of: the first.
    pub fn choose_destination(&mut self, picture: &Picture) {
        let (all, open) = (picture.named_destinations(), picture.open_destinations());
        let is_known = all.contains(&self.tap.destination.as_str());
        if let Some(first) = open.first().or(all.first()) {
            self.propose(first, is_known);
        }
    }
}

/// The tap bar.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TapForm {
    /// What to listen to.
    pub destination: String,
    /// The binding key; several are separated by commas.
    pub binding_key: String,
    /// The firehose shows deliveries too.
    pub deliveries: bool,
    /// Where a store that keeps its past is read from.
    pub start: StartChoice,
    /// How many, when, or which: what goes with it.
    pub amount: String,
    /// Only what was committed.
    pub committed_only: bool,
}

impl TapForm {
    /// Where reading begins.
    ///
    /// # Errors
    /// Says what is wrong with the amount.
    pub fn start_from(&self, now: DateTime<Utc>) -> Result<StartFrom, String> {
        self.start.with(&self.amount, now)
    }
}

impl Default for TapForm {
    fn default() -> Self {
        Self {
            destination: String::new(),
            binding_key: "#".to_owned(),
            deliveries: false,
            start: StartChoice::End,
            amount: String::new(),
            committed_only: false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_person_chose_is_kept_as_long_as_it_is_there() {
        let mut forms = Forms::default();
        forms.propose("shop", false);
        assert_eq!(forms.tap.destination, "shop");
        assert_eq!(forms.draft.destination, "shop");
        forms.tap.destination = "archive".into();
        forms.propose("shop", true);
        assert_eq!(forms.tap.destination, "archive");
        forms.propose("shop", false);
        assert_eq!(forms.tap.destination, "shop");
    }

    #[test]
    fn the_line_of_a_kafka_fills_its_fields() {
        let mut forms = Forms::default();
        forms.connect.url = "kafka://ada:x@one:1?sasl=scram-sha-512".into();
        forms.url_changed();
        assert_eq!(forms.store, StoreChoice::Kafka);
        assert_eq!(forms.kafka.servers, "one:1");
        let address = forms.address().unwrap();
        assert_eq!(address.kafka().map(|one| one.user.as_str()), Some("ada"));
        forms.connect.url = "kafka://one:x".into();
        forms.url_changed();
        assert!(forms.connect.problem.is_some() && forms.address().is_err());
        forms.connect.url = "amqp://two".into();
        forms.url_changed();
        assert_eq!(forms.store, StoreChoice::RabbitMq);
        assert!(forms.address().unwrap().rabbitmq().is_some());
    }

    #[test]
    fn the_line_may_name_another_kind_of_store() {
        let mut forms = Forms::default();
        assert!(forms.address().unwrap().rabbitmq().is_some());
        forms.connect.url = "recording:/tmp/x".into();
        forms.url_changed();
        assert_eq!(forms.address(), Ok(Address::Recording("/tmp/x".into())));
        assert_eq!(forms.connect.problem, None);
        forms.connect.url = "http://x".into();
        forms.url_changed();
        assert!(forms.connect.problem.is_some() && forms.address().is_err());
    }
}
