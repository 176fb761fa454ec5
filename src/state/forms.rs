//! What the person is typing. The window edits these fields in place; everything else in the state
//! it only reads.

use crate::address::{Address, StoreKind};
use crate::event::Draft;
use crate::event::draft::History;
use crate::event::picture::Picture;
use crate::rabbitmq::connect_form::ConnectForm;
use crate::repair::edit::RuleForm;
use crate::state::publish::series::SeriesForm;

/// All forms.
#[derive(Clone, Debug, Default)]
pub struct Forms {
    /// The connect screen.
    pub connect: ConnectForm,
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
    /// Where the connect screen leads: what is written in its line if that is no AMQP URL, else what
    /// its fields say.
    ///
    /// # Errors
    /// What is wrong with them, in words.
    pub fn address(&self) -> Result<Address, String> {
        match self.other_store() {
            Some(address) => Ok(address),
            None => self.connect.endpoint().map(Address::RabbitMq),
        }
    }

    /// Something else was written into the line of the connect screen.
    pub fn url_changed(&mut self) {
        if self.other_store().is_some() {
            self.connect.problem = None;
        } else {
            self.connect.url_changed();
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

    /// The same for a store of which nothing more is known than what it is made of: the first.
    pub fn choose_destination(&mut self, picture: &Picture) {
        let names = picture.named_destinations();
        let is_known = names.contains(&self.tap.destination.as_str());
        if let Some(first) = names.first() {
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
}

impl Default for TapForm {
    fn default() -> Self {
        Self {
            destination: String::new(),
            binding_key: "#".to_owned(),
            deliveries: false,
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
