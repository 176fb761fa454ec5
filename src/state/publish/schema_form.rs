//! The payload of the publish form as fields of a schema: which schema, and samples of it.

use std::sync::Arc;

use chrono::SecondsFormat;
use serde_json::Value;

use super::PublishDesk;
use crate::event::amqp::{FieldType, Properties};
use crate::event::draft::{Field, HeaderDraft};
use crate::event::{BodyDraft, Draft, Event, HeaderRow, Transport};
use crate::schema::form::fields::Choices;
use crate::schema::form::fill::{self, About, Broken};
use crate::schema::stream::claim::{claimed_version, kind_of};
use crate::schema::{Catalog, Failure, ReadySchemas, Version};
use crate::state::{Forms, Moment};

/// A version of an event type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FormTarget {
    pub event_type: String,
    /// The version, as it is called in the folder.
    pub version: String,
}

/// How the payload is written.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PayloadForm {
    /// As text, also where there is a schema.
    pub raw: bool,
    /// The schema that was chosen by hand; otherwise what the event claims counts.
    pub chosen: Option<FormTarget>,
    /// How its fields are shown.
    pub choices: Choices,
    /// What was broken on purpose.
    pub broken: Option<BrokenOnPurpose>,
}

impl PayloadForm {
    /// True if the payload is one that was broken on purpose, and was not edited since.
    #[must_use]
    pub fn is_on_purpose(&self, draft: &Draft) -> bool {
        let broken = self.broken.as_ref();
        broken.is_some_and(
            |broken| matches!(&draft.body, BodyDraft::Text(text) if *text == broken.body),
        )
    }

    /// Another event is being written.
    pub fn forget(&mut self) {
        *self = Self {
            raw: self.raw,
            ..Self::default()
        };
    }
}

/// What an invalid sample breaks.
#[derive(Clone, Debug, PartialEq)]
pub struct BrokenOnPurpose {
    pub label: String,
    /// What the schema says about it.
    pub why: Vec<Failure>,
    /// The payload of which this is true.
    pub body: String,
}

/// Events that break a schema.
#[derive(Clone, Debug)]
pub struct BrokenSamples {
    /// Which schema.
    pub target: FormTarget,
    /// The events.
    pub list: Vec<Broken>,
    /// The schemas at that time.
    catalog: Arc<Catalog>,
}

impl BrokenSamples {
    /// Whether they are those of this schema as it is now.
    #[must_use]
    pub fn are_of(&self, target: &FormTarget, catalog: &Arc<Catalog>) -> bool {
        self.target == *target && Arc::ptr_eq(&self.catalog, catalog)
    }
}

/// Something about samples.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SampleAction {
    /// Fill the form with a valid event.
    Valid(FormTarget),
    /// Make up events that break this schema.
    Prepare(FormTarget),
    /// Fill the form with one of them, by its place.
    Broken(usize),
}

/// The schema that the event in a form claims to be of; of versions it does not say the newest.
#[must_use]
pub fn guess(draft: &Draft, catalog: &Catalog) -> Option<FormTarget> {
    let event = event_of(draft);
    let kind = kind_of(&event, catalog)?;
    let claimed = claimed_version(&event, &catalog.rules).and_then(|claim| kind.get(&claim.what));
    let version = claimed.or(kind.versions.last())?;
    Some(FormTarget {
        event_type: kind.name.clone(),
        version: version.version.clone(),
    })
}

/// The schema that a form is about: the chosen one, or what the event claims.
#[must_use]
pub fn target(draft: &Draft, form: &PayloadForm, catalog: &Catalog) -> Option<FormTarget> {
    let chosen = form.chosen.clone();
    chosen
        .filter(|target| catalog.get(&target.event_type).is_some())
        .or_else(|| guess(draft, catalog))
}

/// What is said of itself by an event that is not finished.
pub(super) fn event_of(draft: &Draft) -> Event {
    let text = |field| Some(draft.text(field).to_owned()).filter(|text| !text.is_empty());
    let headers = draft.headers.iter().filter_map(|row| {
        let value = match &row.value {
            HeaderDraft::Typed(kind, text) => kind.parse(text).ok()?,
            HeaderDraft::Kept(value) => value.clone(),
        };
        Some((row.name.clone(), value))
    });
    let body = match &draft.body {
        BodyDraft::Text(text) => text.clone().into_bytes(),
        BodyDraft::Kept { .. } => Vec::new(),
    };
    let properties = Properties {
        message_type: text(Field::Type),
        content_type: text(Field::ContentType),
        headers: Some(headers.collect()),
        ..Properties::default()
    };
    Event::new(
        chrono::DateTime::UNIX_EPOCH,
        draft.destination.clone(),
        draft.key.clone(),
        Transport::amqp(false),
        properties,
        body,
    )
}

/// The part of a payload that its schema is about, as a JSON pointer: what is in the envelope, if it has
/// one.
#[must_use]
pub fn about_of(draft: &Draft, document: &Value) -> String {
    crate::schema::about(document, &event_of(draft).properties)
}

/// The schema of a target, if it is a JSON Schema that can be used.
///
/// # Errors
/// Why there is no form, in words.
pub fn version_of(catalog: &Catalog, target: &FormTarget) -> Result<Arc<Version>, String> {
    let FormTarget {
        event_type,
        version,
    } = target;
    let entry = catalog
        .get(event_type)
        .and_then(|kind| kind.get(version))
        .ok_or_else(|| format!("There is no version {version} of {event_type} in the folder"))?;
    match &entry.ready {
        Ok(ReadySchemas::Json(version)) => Ok(Arc::clone(version)),
        Ok(ReadySchemas::Avro(_)) => Err(format!(
            "Version {version} is an Avro schema, and forms are for JSON Schema: write the payload as text"
        )),
        Err(error) => Err(format!("Version {version} cannot be used: {error}")),
    }
}

/// Does what was asked for; what could not be done, in words.
pub(crate) fn act(
    action: SampleAction,
    catalog: Option<&Arc<Catalog>>,
    desk: &mut PublishDesk,
    forms: &mut Forms,
    moment: Moment<'_>,
) -> Option<String> {
    let catalog = catalog?;
    match action {
        SampleAction::Valid(target) => {
            let version = match version_of(catalog, &target) {
                Ok(version) => version,
                Err(words) => return Some(words),
            };
            match fill::valid(&version, &about(&target, moment)) {
                Some(event) => {
                    take(&mut forms.draft, &target, &event, catalog, moment);
                    forms.payload.broken = None;
                }
                None => {
                    return Some(format!(
                        "No event was found that version {} of {} allows. Write one by hand, or look \
                         whether the schema allows any",
                        target.version, target.event_type
                    ));
                }
            }
        }
        SampleAction::Prepare(target) => {
            let version = version_of(catalog, &target).ok();
            let kind = catalog.get(&target.event_type);
            let list = version
                .zip(kind)
                .map(|(version, kind)| fill::broken(kind, &version, &about(&target, moment)));
            desk.broken = Some(BrokenSamples {
                target,
                list: list.unwrap_or_default(),
                catalog: Arc::clone(catalog),
            });
        }
        SampleAction::Broken(place) => {
            // The next ones get ids of their own.
            let samples = desk.broken.take()?;
            let broken = samples.list.into_iter().nth(place)?;
            let says = FormTarget {
                version: broken
                    .of
                    .clone()
                    .unwrap_or_else(|| samples.target.version.clone()),
                event_type: samples.target.event_type.clone(),
            };
            take(&mut forms.draft, &says, &broken.event, catalog, moment);
            // It is judged by the version that it breaks, whatever it says of itself.
            forms.payload.chosen = Some(samples.target);
            if let BodyDraft::Text(body) = &forms.draft.body {
                forms.payload.broken = Some(BrokenOnPurpose {
                    label: broken.label,
                    why: broken.why,
                    body: body.clone(),
                });
            }
        }
    }
    None
}

fn about<'a>(target: &'a FormTarget, moment: Moment<'a>) -> About<'a> {
    About {
        event_type: &target.event_type,
        version: &target.version,
        event_id: moment.fresh_id,
        now: moment.now,
        seed: moment.seed(),
    }
}

/// Puts a sample into the form, and lets the message say what it is of. What the person already
/// chose stays where it says the same.
fn take(
    draft: &mut Draft,
    target: &FormTarget,
    event: &Value,
    catalog: &Catalog,
    moment: Moment<'_>,
) {
    draft.body = BodyDraft::Text(format!("{event:#}"));
    if draft.key.is_empty() || catalog.get(&draft.key).is_some() {
        draft.key.clone_from(&target.event_type);
    }
    let says = |draft: &Draft| guess(draft, catalog).map(|says| says.event_type);
    if draft.text(Field::Type).is_empty() || says(draft).as_ref() != Some(&target.event_type) {
        draft.set(Field::Type, target.event_type.clone());
    }
    let row = draft
        .headers
        .iter_mut()
        .find(|row| catalog.rules.is_header(&row.name));
    if let Some(row) = row {
        let kept = match &row.value {
            HeaderDraft::Typed(kind, _) if kind.parse(&target.version).is_ok() => Some(*kind),
            _ => None,
        };
        let kind = kept.unwrap_or(FieldType::Text);
        row.value = HeaderDraft::Typed(kind, target.version.clone());
    } else {
        let is_number = target.version.parse::<i32>().is_ok();
        let kind = if is_number {
            FieldType::I32
        } else {
            FieldType::Text
        };
        draft.headers.push(HeaderRow {
            name: "x-schema-version".to_owned(),
            value: HeaderDraft::Typed(kind, target.version.clone()),
        });
    }
    if !draft.text(Field::ContentType).contains("json") {
        draft.set(Field::ContentType, "application/json");
    }
    // The message has the id of its event, where the event has one.
    let own = event_of(draft).envelope.event_id;
    draft.set(Field::MessageId, own.as_deref().unwrap_or(moment.fresh_id));
    let now = moment.now.to_rfc3339_opts(SecondsFormat::Secs, true);
    draft.set(Field::Timestamp, now);
    if draft.text(Field::AppId).is_empty() {
        draft.set(Field::AppId, "eventscope");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::SchemaSource;
    use chrono::DateTime;

    fn catalog() -> Arc<Catalog> {
        let source = |version: &str, kind: &str| SchemaSource {
            event_type: "order.created".into(),
            version: version.into(),
            file: format!("{version}.schema.json"),
            text: format!(
                r#"{{"type":"object","properties":{{"amount":{{"type":"{kind}"}}}},"required":["amount"]}}"#
            ),
        };
        Arc::new(Catalog::new(
            std::path::PathBuf::new(),
            vec![source("1", "number"), source("2", "string")],
        ))
    }

    fn target(version: &str) -> FormTarget {
        FormTarget {
            event_type: "order.created".into(),
            version: version.into(),
        }
    }

    fn moment() -> Moment<'static> {
        Moment {
            now: DateTime::UNIX_EPOCH,
            fresh_id: "0b5c9c58",
        }
    }

    #[test]
    fn the_schema_is_guessed_from_what_the_event_says() {
        let catalog = catalog();
        let mut draft = Draft::default();
        assert_eq!(guess(&draft, &catalog), None);
        draft.key = "order.created".into();
        assert_eq!(guess(&draft, &catalog), Some(target("2")), "the newest");
        draft.body = BodyDraft::Text(r#"{"version":1}"#.into());
        assert_eq!(guess(&draft, &catalog), Some(target("1")));
        draft.key = "x".into();
        draft.set(Field::Type, "order.created");
        assert_eq!(guess(&draft, &catalog), Some(target("1")));
    }

    #[test]
    fn a_sample_says_what_it_is_of() {
        let (catalog, mut forms, mut desk) = (catalog(), Forms::default(), PublishDesk::default());
        let valid = SampleAction::Valid(target("1"));
        assert_eq!(
            act(valid, Some(&catalog), &mut desk, &mut forms, moment()),
            None
        );
        assert_eq!(guess(&forms.draft, &catalog), Some(target("1")));
        let message = forms.draft.check().unwrap();
        assert_eq!(message.key, "order.created");
        let header = message.properties.header("x-schema-version");
        assert_eq!(header, Some(&crate::event::amqp::FieldValue::I32(1)));
        let body: Value = serde_json::from_slice(&message.body).unwrap();
        assert!(body["amount"].is_number());
        assert_eq!(message.properties.message_id.as_deref(), Some("0b5c9c58"));
    }

    #[test]
    fn an_event_of_another_version_says_so_and_is_judged_by_the_one_it_breaks() {
        let (catalog, mut forms, mut desk) = (catalog(), Forms::default(), PublishDesk::default());
        let mut act = |action| act(action, Some(&catalog), &mut desk, &mut forms, moment());
        act(SampleAction::Prepare(target("1")));
        act(SampleAction::Broken(0));
        let broken = forms.payload.broken.clone().unwrap();
        assert_eq!(broken.label, "An event of version 2");
        assert_eq!(forms.payload.chosen, Some(target("1")));
        assert_eq!(guess(&forms.draft, &catalog), Some(target("2")));
        assert!(desk.broken.is_none());
    }
}
