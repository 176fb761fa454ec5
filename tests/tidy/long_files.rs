//! Files that are longer than others may be, each with its reason.

/// Files that are longer than the limit, each with the reason.
pub(crate) const LONG: &[(&str, &str)] = &[
    (
        "analysis/find.rs",
        "one search over all segments, with its tests",
    ),
    ("analysis/judging.rs", "one worker with its tests"),
    (
        "drivers/rabbitmq/browse/peek.rs",
        "one look and all that is said of it",
    ),
    (
        "drivers/rabbitmq/loan/borrow/mod.rs",
        "one loan from its first message to its end; the rules lean on each other",
    ),
    (
        "drivers/rabbitmq/publisher.rs",
        "publishing and what each answer of the broker means, with its tests",
    ),
    (
        "drivers/rabbitmq/resend/mod.rs",
        "the order of steps of one job",
    ),
    (
        "event/amqp/history.rs",
        "each way in which clients and brokers write a history, with its tests",
    ),
    (
        "event/decode/packing.rs",
        "one format of packed bodies after the other, with their tests",
    ),
    (
        "event/draft/mod.rs",
        "each field of a draft, and what is wrong with it",
    ),
    (
        "event/envelope.rs",
        "each place where an event says what it is, with its tests",
    ),
    (
        "log/segment.rs",
        "writing and reading of one layout of bytes",
    ),
    (
        "protocol/source.rs",
        "each command to a source, and each thing that it tells",
    ),
    (
        "rabbitmq/frameworks/counters.rs",
        "the counters of each framework, with their tests",
    ),
    (
        "rabbitmq/peek_rules.rs",
        "one table of rules with its tests",
    ),
    (
        "rabbitmq/preflight/mod.rs",
        "one report: each finding needs the facts of the others",
    ),
    (
        "rabbitmq/resend.rs",
        "what a dead letter becomes, property by property; its tests stand in the file",
    ),
    (
        "recording/writer.rs",
        "one file from its first row to its end",
    ),
    (
        "repair/cause.rs",
        "the stack traces of each language, with their tests",
    ),
    ("repair/edit/mod.rs", "one kind of edit a function"),
    (
        "schema/compare/diff/object.rs",
        "objects have the most keywords, and these bear on each other",
    ),
    (
        "schema/document/generate.rs",
        "values for each keyword of JSON Schema",
    ),
    (
        "schema/document/normal.rs",
        "each draft of JSON Schema into one way of writing",
    ),
    (
        "schema/form/fields/build.rs",
        "a field for each kind of schema",
    ),
    (
        "schema/stream/claim.rs",
        "each way in which an event names its schema",
    ),
    (
        "schema/stream/infer.rs",
        "one fold over events, with its tests",
    ),
    (
        "settings/written_desk.rs",
        "what stands in the file of a desk, field by field, with its tests",
    ),
    (
        "state/dead_letters/by_rule.rs",
        "one form with its preview, and its tests",
    ),
    (
        "state/dead_letters/journal/mod.rs",
        "the desk of one tab, and what each of its buttons may do",
    ),
    ("state/dead_letters/mod.rs", "the desk of one screen"),
    (
        "state/live/taps.rs",
        "the life of a tap as the window sees it, with its tests",
    ),
    (
        "state/live/view.rs",
        "filter, order and tree of one list, which change together",
    ),
    ("state/mod.rs", "where each update and each action goes"),
    ("state/schemas/mod.rs", "the desk of one screen"),
    (
        "storage/journal/mod.rs",
        "each statement that writes into the journal",
    ),
    (
        "storage/schema_import.rs",
        "one import from its first file to the last, with its tests",
    ),
    ("text/json/mod.rs", "one tree of rows, and how it is shown"),
    (
        "text/json_edit.rs",
        "one scanner; its tests stand in the file",
    ),
    ("ui/screens/schemas/mod.rs", "one screen and its tabs"),
];
