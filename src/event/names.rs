//! Type, id and summary of a message from where frameworks put them.
//!
//! Read on arrival for each event, so it is one pass over the names of its headers.

use std::borrow::Cow;

use super::amqp::{FieldValue, Properties};

/// What a framework's headers say of a message.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FrameworkNames<'a> {
    /// The kind of message: a class, or a task's name.
    pub message_type: Option<Cow<'a, str>>,
    /// The message's own id.
    pub id: Option<Cow<'a, str>>,
}

/// Reads them from the headers. Celery: `task` and `id` (its protocol 2). `NServiceBus`:
/// `NServiceBus.EnclosedMessageTypes` (names with their assemblies, the most exact first) and
/// `NServiceBus.MessageId`. Rebus: `rbs2-msg-type`, `rbs2-msg-id`. Spring AMQP: `__TypeId__` (its
/// class mapper). Wolverine: `message-type`. Symfony Messenger: `type` beside its stamps. Brighter:
/// `MessageId`, `Topic`.
#[must_use]
pub fn names(properties: &Properties) -> FrameworkNames<'_> {
    let mut found = FrameworkNames::default();
    let Some(headers) = &properties.headers else {
        return found;
    };
    let mut task = None;
    let mut task_id = None;
    let mut class = None;
    let mut is_symfony = false;
    let mut brighter = [None, None];
    for (name, value) in headers {
        let slot = match name.as_str() {
            "task" => &mut task,
            "id" => &mut task_id,
            "type" => &mut class,
            "NServiceBus.EnclosedMessageTypes"
            | "rbs2-msg-type"
            | "__TypeId__"
            | "message-type" => {
                found.message_type = found.message_type.take().or_else(|| first_class(value));
                continue;
            }
            "NServiceBus.MessageId" | "rbs2-msg-id" => &mut found.id,
            "Topic" => &mut brighter[0],
            "MessageId" => &mut brighter[1],
            name => {
                is_symfony |= name.starts_with("X-Message-Stamp-");
                continue;
            }
        };
        *slot = fact(value);
    }
    // Others have headers called `id` and `type` as well; Celery has both, and a task.
    if let (Some(task), Some(id)) = (task, task_id) {
        found.message_type = Some(task);
        found.id = Some(id);
    }
    if is_symfony {
        found.message_type = found.message_type.or(class);
    }
    if let [Some(topic), Some(id)] = brighter {
        found.message_type = found.message_type.or(Some(topic));
        found.id = found.id.or(Some(id));
    }
    found
}

/// Longest text that is a name or an id, in bytes.
const LONGEST: usize = 256;

fn fact(value: &FieldValue) -> Option<Cow<'_, str>> {
    text(value).filter(|text| !text.is_empty() && text.len() <= LONGEST)
}

/// `Shop.OrderPlaced, Shop, Version=1.0.0.0;Shop.IOrder, …` is `Shop.OrderPlaced`.
fn first_class(value: &FieldValue) -> Option<Cow<'_, str>> {
    let FieldValue::Text(whole) = value else {
        return fact(value);
    };
    // The arguments of a generic class stand in brackets, with commas of their own.
    let mut depth = 0_usize;
    let end = whole.find(|c: char| {
        match c {
            '[' => depth += 1,
            ']' => depth = depth.saturating_sub(1),
            _ => {}
        }
        depth == 0 && (c == ',' || c == ';')
    });
    let class = whole[..end.unwrap_or(whole.len())].trim();
    (!class.is_empty() && class.len() <= LONGEST).then_some(Cow::Borrowed(class))
}

/// Members of a JSON body by which frameworks are known. `MassTransit`'s envelope: `messageType`,
/// `messageId`, `message`. Dramatiq: `actor_name`, `queue_name`, `message_id`. Laravel:
/// `displayName`, `uuid`, `job`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "each is the member of that name")]
pub enum FrameworkMember {
    MessageType,
    MessageId,
    Message,
    ActorName,
    QueueName,
    TaskId,
    DisplayName,
    Uuid,
    Job,
}

const MEMBERS: usize = 9;

impl FrameworkMember {
    /// The member of this name.
    #[must_use]
    pub fn of(name: &str) -> Option<Self> {
        Some(match name {
            "messageType" => Self::MessageType,
            "messageId" => Self::MessageId,
            "message" => Self::Message,
            "actor_name" => Self::ActorName,
            "queue_name" => Self::QueueName,
            "message_id" => Self::TaskId,
            "displayName" => Self::DisplayName,
            "uuid" => Self::Uuid,
            "job" => Self::Job,
            _ => return None,
        })
    }
}

/// What the members of a body say, each as it is written there.
#[derive(Debug, Default)]
pub struct InBody<'a> {
    written: [Option<&'a str>; MEMBERS],
}

impl<'a> InBody<'a> {
    /// Takes a member down.
    pub fn put(&mut self, member: FrameworkMember, written: &'a str) {
        self.written[member as usize] = Some(written);
    }

    fn text(&self, member: FrameworkMember) -> Option<Box<str>> {
        let text: Cow<'_, str> = serde_json::from_str(self.written[member as usize]?).ok()?;
        let fits = !text.is_empty() && text.len() <= LONGEST;
        fits.then(|| text.into())
    }

    /// What they say, if these are the members of a framework.
    #[must_use]
    pub fn said(&self) -> Option<FrameworkSaid<'a>> {
        let has = |member: FrameworkMember| self.written[member as usize];
        if let (Some(types), Some(inside)) = (
            has(FrameworkMember::MessageType),
            has(FrameworkMember::Message),
        ) {
            let types: Vec<Cow<'_, str>> = serde_json::from_str(types).ok()?;
            let first = types
                .first()
                .filter(|name| name.starts_with("urn:message:"))?;
            let name = mass_transit_type(first);
            return (name.len() <= LONGEST).then(|| FrameworkSaid {
                message_type: name.into(),
                id: self.text(FrameworkMember::MessageId),
                inside: Some(inside),
            });
        }
        if has(FrameworkMember::QueueName).is_some() && has(FrameworkMember::TaskId).is_some() {
            return Some(FrameworkSaid {
                message_type: self.text(FrameworkMember::ActorName)?,
                id: self.text(FrameworkMember::TaskId),
                inside: None,
            });
        }
        has(FrameworkMember::Job)?;
        Some(FrameworkSaid {
            message_type: self.text(FrameworkMember::DisplayName)?,
            id: Some(self.text(FrameworkMember::Uuid)?),
            inside: None,
        })
    }
}

/// What a framework's envelope says.
#[derive(Debug)]
pub struct FrameworkSaid<'a> {
    /// The kind of message.
    pub message_type: Box<str>,
    /// Its own id.
    pub id: Option<Box<str>>,
    /// The message without its envelope, as it is written in the body.
    pub inside: Option<&'a str>,
}

/// `urn:message:Shop.Orders:OrderPlaced`, as `MassTransit`'s envelope names a type, without what all
/// of them begin with.
#[must_use]
fn mass_transit_type(urn: &str) -> &str {
    urn.strip_prefix("urn:message:").unwrap_or(urn)
}

/// Header that has Celery's positional arguments as text.
pub const ARGUMENTS: &str = "argsrepr";

/// One line that tells a Celery task from another: its name with its arguments. Its body may be
/// packed, or be a list without names.
#[must_use]
pub fn summary(properties: &Properties) -> Option<String> {
    let header = |name: &str| properties.header(name).and_then(FieldValue::as_text);
    let (task, arguments) = (header("task")?, header(ARGUMENTS)?);
    let mut line = format!("{task} {arguments}");
    if let Some(named) = header("kwargsrepr").filter(|named| *named != "{}") {
        line.push(' ');
        line.push_str(named);
    }
    Some(crate::text::payload::shorten(
        &crate::text::payload::visible_line(&line),
        160,
    ))
}

/// Text as a framework writes it; also one that is not UTF-8, with marks where it is not.
pub(crate) fn text(value: &FieldValue) -> Option<Cow<'_, str>> {
    match value {
        FieldValue::Text(text) => Some(Cow::Borrowed(text)),
        FieldValue::RawText(bytes) | FieldValue::Bytes(bytes) => {
            Some(String::from_utf8_lossy(bytes))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(headers: &[(&str, &str)]) -> (Option<String>, Option<String>) {
        let headers = headers
            .iter()
            .map(|(name, value)| ((*name).to_owned(), FieldValue::Text((*value).to_owned())));
        let properties = Properties {
            headers: Some(headers.collect()),
            ..Properties::default()
        };
        let found = names(&properties);
        let own = |text: Option<Cow<'_, str>>| text.map(Cow::into_owned);
        (own(found.message_type), own(found.id))
    }

    #[test]
    fn each_framework_has_its_own_headers() {
        let both = |kind: &str, id: &str| (Some(kind.to_owned()), Some(id.to_owned()));
        assert_eq!(
            told(&[("lang", "py"), ("task", "shop.pay"), ("id", "t-1")]),
            both("shop.pay", "t-1")
        );
        assert_eq!(
            told(&[
                ("NServiceBus.MessageId", "n-1"),
                (
                    "NServiceBus.EnclosedMessageTypes",
                    "Shop.Placed, Shop, Version=1.0.0.0;Shop.IPlaced, Shop"
                ),
            ]),
            both("Shop.Placed", "n-1")
        );
        assert_eq!(
            told(&[
                ("rbs2-msg-type", "Shop.Batch`1[[Shop.Order, Shop]], Shop"),
                ("rbs2-msg-id", "r-1")
            ]),
            both("Shop.Batch`1[[Shop.Order, Shop]]", "r-1")
        );
        assert_eq!(
            told(&[("__TypeId__", "org.shop.Order")]).0.as_deref(),
            Some("org.shop.Order")
        );
        assert_eq!(
            told(&[("type", r"App\Pay"), (r"X-Message-Stamp-Symfony\X", "[]")])
                .0
                .as_deref(),
            Some(r"App\Pay")
        );
        assert_eq!(
            told(&[("Topic", "order.placed"), ("MessageId", "b-1")]),
            both("order.placed", "b-1")
        );
        for strange in [
            &[("id", "7")][..],
            &[("type", "x")],
            &[("task", "x")],
            &[("Topic", "x")],
        ] {
            assert_eq!(told(strange), (None, None), "{strange:?}");
        }
        assert_eq!(mass_transit_type("urn:message:Shop:Placed"), "Shop:Placed");
    }

    #[test]
    fn bodies_of_frameworks_are_known_by_several_members() {
        let said = |members: &[(&str, &str)]| {
            let mut body = InBody::default();
            for (name, written) in members {
                body.put(FrameworkMember::of(name).unwrap(), written);
            }
            let said = body.said()?;
            let (kind, id) = (said.message_type, said.id);
            let (id, inside) = (id.as_deref().unwrap_or("-"), said.inside.unwrap_or("-"));
            Some(format!("{kind} {id} {inside}"))
        };
        let kinds = r#"["urn:message:Shop:Placed","urn:message:Shop:Any"]"#;
        let bus = [
            ("messageType", kinds),
            ("messageId", "\"m\""),
            ("message", "{}"),
        ];
        assert_eq!(said(&bus).as_deref(), Some("Shop:Placed m {}"));
        assert_eq!(said(&[bus[0], bus[1]]), None);
        assert_eq!(said(&[("messageType", "\"x\""), bus[2]]), None);
        let task = [
            ("actor_name", "\"pay\""),
            ("queue_name", "\"q\""),
            ("message_id", "\"d\""),
        ];
        assert_eq!(said(&task).as_deref(), Some("pay d -"));
        assert_eq!(said(&task[..2]), None);
        let job = [
            ("displayName", r#""App\\Pay""#),
            ("uuid", "\"u\""),
            ("job", "\"h\""),
        ];
        assert_eq!(said(&job).as_deref(), Some(r"App\Pay u -"));
        assert_eq!(said(&job[..2]), None);
    }

    #[test]
    fn tasks_are_told_apart_by_their_arguments() {
        let text = |text: &str| FieldValue::Text(text.to_owned());
        let mut properties = Properties {
            headers: Some(vec![
                ("task".into(), text("shop.pay")),
                ("argsrepr".into(), text("(42,)")),
                ("kwargsrepr".into(), text("{}")),
            ]),
            ..Properties::default()
        };
        assert_eq!(summary(&properties).as_deref(), Some("shop.pay (42,)"));
        properties.headers.as_mut().unwrap()[2].1 = text("{'currency': 'EUR'}");
        assert_eq!(
            summary(&properties).as_deref(),
            Some("shop.pay (42,) {'currency': 'EUR'}")
        );
        assert_eq!(summary(&Properties::default()), None);
    }
}
