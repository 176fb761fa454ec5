//! Why a consumer failed: out of an exception's class, its message and its stack trace.
//!
//! Frameworks wrap what the consumer threw, and their own message says the same for every failure.
//! The cause stands further down in the stack trace. Sources for the forms of a trace: Java's
//! `Throwable.printStackTrace` (`Caused by:`), .NET's `Exception.ToString` (` ---> `), Python's
//! `traceback` (the cause comes *first*, before `The above exception was the direct cause of the
//! following exception`), Node's `util.inspect` (`[cause]:`).

use crate::text::payload::{shorten, visible_line};

/// Longest part of a message that is told, in characters.
const MESSAGE: usize = 300;
/// Longest beginning and longest end of a trace that are looked at, in bytes. A header of RabbitMQ is
/// no longer than a frame, 128 KiB unless somebody raised it; one of Kafka may be a megabyte.
const LOOKED_AT: usize = 256 * 1024;
/// Most exceptions of a chain that are taken down.
const LONGEST_CHAIN: usize = 64;

/// One exception.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Thrown {
    pub(crate) class: Option<String>,
    pub(crate) message: Option<String>,
}

/// Why a consumer failed, as its framework wrote it down.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ParkedFailure {
    /// The exception's class, with its package.
    pub class: Option<String>,
    /// The first line of its message.
    pub message: Option<String>,
    /// What the framework's header says, where that only wraps the cause and was therefore passed
    /// over.
    pub told_as: Option<String>,
    /// What the exception was caused by, where it says something itself.
    pub because: Option<String>,
}

impl ParkedFailure {
    /// `StockException: sku unknown`, with what it was caused by in brackets.
    #[must_use]
    pub fn words(&self) -> String {
        let thrown = Thrown {
            class: self.class.clone(),
            message: self.message.clone(),
        };
        match &self.because {
            Some(cause) => format!("{} (caused by {cause})", thrown.words()),
            None => thrown.words(),
        }
    }
}

impl Thrown {
    pub(crate) fn words(&self) -> String {
        match (self.class.as_deref().map(short), &self.message) {
            (Some(class), Some(message)) => format!("{class}: {message}"),
            (Some(class), None) => class.to_owned(),
            (None, Some(message)) => message.clone(),
            (None, None) => "not told".to_owned(),
        }
    }

    /// Reads a line such as `org.example.StockException: sku unknown`.
    pub(crate) fn read(line: &str) -> Self {
        Self::read_as(line, is_class)
    }

    /// The same where the line is known to begin with a class, whatever its name.
    fn read_named(line: &str) -> Self {
        Self::read_as(line, is_name)
    }

    fn read_as(line: &str, is_class: fn(&str) -> bool) -> Self {
        let line = line.trim();
        // Old Spring: what is nested stands in the message too.
        let line = line
            .split_once("; nested exception is ")
            .map_or(line, |(own, _)| own);
        let (class, message) = line.split_once(": ").unwrap_or((line, ""));
        let class = class.trim_end_matches(':');
        // `SocketException (111)` of .NET, `TypeError [ERR_CODE]` of Node.
        let name = class.split([' ', '[']).next().unwrap_or_default();
        let code = class[name.len()..].trim_start();
        if is_class(name) && (code.is_empty() || code.starts_with(['(', '['])) {
            return Self {
                class: Some(name.to_owned()),
                message: first_line(message),
            };
        }
        Self {
            class: None,
            message: first_line(line),
        }
    }

    fn is_empty(&self) -> bool {
        self.class.is_none() && self.message.is_none()
    }

    /// It says nothing that the exception within it does not say.
    fn only_wraps(&self, inner: &Self) -> bool {
        let class = self.class.as_deref().map(short).unwrap_or_default();
        if WRAPPERS.contains(&class) {
            return true;
        }
        let Some(message) = &self.message else {
            return self.class.is_some();
        };
        if says_nothing(message) {
            return true;
        }
        // Java's `new RuntimeException(cause)` takes its text from the cause.
        let whole = format!(
            "{}: {}",
            inner.class.as_deref().unwrap_or_default(),
            inner.message.as_deref().unwrap_or_default()
        );
        *message == whole || Some(message) == inner.class.as_ref()
    }
}

/// Classes that frameworks and languages wrap what was thrown into.
const WRAPPERS: [&str; 20] = [
    "ListenerExecutionFailedException",
    "AmqpRejectAndDontRequeueException",
    "ImmediateAcknowledgeAmqpException",
    "MessageHandlingException",
    "MessagingException",
    "MessageDeliveryException",
    "RetryException",
    "ExhaustedRetryException",
    "UndeclaredThrowableException",
    "InvocationTargetException",
    "ExecutionException",
    "CompletionException",
    "CamelExecutionException",
    "RuntimeCamelException",
    "AggregateException",
    "TargetInvocationException",
    "HandlerFailedException",
    "ConsumerException",
    "MaxRetriesExceededError",
    "DelayedMessageHandlingException",
];

/// What they say for every failure, in small letters; all parts of one must be there.
const PHRASES: [&[&str]; 13] = [
    &["retry policy", "exhausted"],
    &["retries exhausted"],
    &["retry exhausted"],
    &["listener failed"],
    &["listener threw exception"],
    &["listener method", "threw exception"],
    &["error occurred in message handler"],
    &["exception thrown while invoking"],
    &["one or more errors occurred"],
    &["exception has been thrown by the target of an invocation"],
    &["unhandled exceptions"],
    &["error occurred while processing message"],
    &["failed to handle message"],
];

/// True of a message that is the same for every failure.
pub(crate) fn says_nothing(message: &str) -> bool {
    let says = message.to_lowercase();
    PHRASES
        .iter()
        .any(|all| all.iter().all(|part| says.contains(part)))
}

/// The innermost exception that a message of old Spring tells.
pub(crate) fn nested(message: &str) -> Option<Thrown> {
    let (_, inner) = message.rsplit_once("nested exception is ")?;
    Some(Thrown::read(inner.lines().next()?))
}

/// The innermost cause in a trace; `None` of one without any.
pub(crate) fn root(trace: &str) -> Option<Thrown> {
    let mut chain = chain(trace);
    let root = chain.pop()?;
    (!chain.is_empty() && !root.is_empty()).then_some(root)
}

/// Puts together what headers and stack trace say.
pub(crate) fn failure(
    class: Option<&str>,
    message: Option<&str>,
    trace: Option<&str>,
) -> Option<ParkedFailure> {
    let chain = trace.map(chain).unwrap_or_default();
    let mut told = Thrown {
        class: class.and_then(first_line),
        message: message.and_then(first_line),
    };
    if told.is_empty() {
        told = chain.first().cloned().unwrap_or_default();
    } else if told.class.is_none() {
        let own = chain.iter().find(|one| one.message == told.message);
        told.class = own.and_then(|one| one.class.clone());
    }
    if told.is_empty() {
        return None;
    }
    let root = chain.last().cloned();
    let root = root.or_else(|| nested(message?));
    let root = root.filter(|root| !root.is_empty() && *root != told);
    let keep = |told: Thrown| ParkedFailure {
        class: told.class,
        message: told.message,
        ..ParkedFailure::default()
    };
    Some(match root {
        None => keep(told),
        Some(root) if told.only_wraps(&root) => ParkedFailure {
            told_as: Some(told.words()),
            ..keep(root)
        },
        // The header has the class in another form, or no class, and says the same.
        Some(root) if root.message == told.message && told.message.is_some() => keep(told),
        Some(root) => ParkedFailure {
            because: Some(root.words()),
            ..keep(told)
        },
    })
}

/// The exceptions of a trace, the outermost first.
fn chain(trace: &str) -> Vec<Thrown> {
    let head = &trace[..floor(trace, LOOKED_AT)];
    if head.contains("Traceback (most recent call last)") {
        return python(head);
    }
    let frames = head.find("\n   at ").unwrap_or(head.len());
    if head[..frames].contains(" ---> ") {
        return dotnet(&head[..frames]);
    }
    let mut all = Vec::new();
    all.extend(first_thrown(head));
    for mark in ["\nCaused by: ", "[cause]: "] {
        for (at, _) in head.match_indices(mark) {
            if all.len() < LONGEST_CHAIN {
                all.push(line_at(head, at + mark.len()));
            }
        }
        // The last one counts most, and stands near the end however long the trace is.
        let tail = &trace[ceil(trace, trace.len().saturating_sub(LOOKED_AT))..];
        if let Some(at) = tail.rfind(mark) {
            let last = line_at(tail, at + mark.len());
            if all.last() != Some(&last) {
                all.push(last);
            }
        }
    }
    all
}

fn line_at(text: &str, at: usize) -> Thrown {
    Thrown::read_named(text[at..].lines().next().unwrap_or_default())
}

/// The first line that tells of an exception. Some frameworks put a time or a count before it.
fn first_thrown(text: &str) -> Option<Thrown> {
    let line = text.lines().find(|line| !line.trim().is_empty())?;
    if line.trim_start().starts_with("at ") {
        return None;
    }
    let mut rest = line;
    loop {
        let thrown = Thrown::read(rest);
        if thrown.class.is_some() {
            return Some(thrown);
        }
        match rest.split_once(": ") {
            Some((_, behind)) => rest = behind,
            None => return Some(Thrown::read(line)),
        }
    }
}

fn dotnet(heads: &str) -> Vec<Thrown> {
    let mut all = Vec::new();
    for (place, part) in heads.split(" ---> ").enumerate() {
        let part = part.trim_start_matches("(Inner Exception #0) ");
        let line = part.trim().lines().next().unwrap_or_default();
        let thrown = match place {
            0 => first_thrown(part),
            _ => Some(Thrown::read(line)),
        };
        all.extend(thrown);
        if all.len() >= LONGEST_CHAIN {
            break;
        }
    }
    all
}

fn python(trace: &str) -> Vec<Thrown> {
    let mut all = Vec::new();
    let mut in_frames = false;
    for line in trace.lines() {
        if line.starts_with("During handling of the above exception") {
            // What was thrown while another one was handled need not be caused by it.
            all.clear();
        } else if line.trim_start().starts_with("Traceback (most recent") {
            in_frames = true;
        } else if in_frames && !line.starts_with(' ') && !line.trim().is_empty() {
            in_frames = false;
            all.push(Thrown::read_named(line));
        }
        if all.len() >= LONGEST_CHAIN {
            break;
        }
    }
    all.reverse();
    all
}

/// The name of a class without its package: `org.shop.Stock$Gone` is `Stock$Gone`.
fn short(class: &str) -> &str {
    let class = class.rsplit("::").next().unwrap_or(class);
    class.rsplit(['.', '\\']).next().unwrap_or(class)
}

/// A word that names a class, rather than one that begins a sentence.
fn is_class(word: &str) -> bool {
    const ENDS: [&str; 8] = [
        "Exception",
        "Error",
        "Fault",
        "Failure",
        "Throwable",
        "Interrupt",
        "Warning",
        "Timeout",
    ];
    let is_path = word.contains("::")
        || (word.contains(['.', '\\']) && short(word).starts_with(char::is_uppercase));
    is_name(word) && (is_path || ENDS.iter().any(|end| word.ends_with(end)))
}

fn is_name(word: &str) -> bool {
    let begins = word.starts_with(|c: char| c.is_alphabetic() || c == '_');
    let fits = |c: char| c.is_alphanumeric() || "._$\\:+`<>,/@".contains(c);
    begins && word.len() <= 300 && word.chars().all(fits)
}

pub(crate) fn first_line(text: &str) -> Option<String> {
    let line = text.trim().lines().next()?.trim();
    let is_empty = line.is_empty() || line == "null";
    (!is_empty).then(|| visible_line(&shorten(line, MESSAGE)))
}

/// The last place not behind `at` that does not cut a character.
fn floor(text: &str, at: usize) -> usize {
    (0..=at.min(text.len()))
        .rev()
        .find(|at| text.is_char_boundary(*at))
        .unwrap_or(0)
}

/// The first place not before `at` that does not cut a character.
fn ceil(text: &str, at: usize) -> usize {
    (at..=text.len())
        .find(|at| text.is_char_boundary(*at))
        .unwrap_or(text.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(class: Option<&str>, message: Option<&str>, trace: &str) -> String {
        failure(class, message, Some(trace)).unwrap().words()
    }

    const SPRING: &str = "org.springframework.amqp.rabbit.support.ListenerExecutionFailedException: \
        Listener method 'public void org.example.Stock.take(java.lang.String)' threw exception\n\
        \tat org.springframework.amqp.Adapter.invoke(Adapter.java:1)\n\
        Caused by: java.lang.IllegalStateException: order 42 cannot be taken\n\
        \tat org.example.Stock.take(Stock.java:42)\n\t... 12 more\n\
        Caused by: org.example.StockException: sku unknown\n\t... 14 more\n";

    #[test]
    fn what_says_the_same_for_every_failure_is_passed_over() {
        for message in [
            "Retry policy for operation 'take' exhausted; aborting execution",
            "Listener failed",
            "Listener threw exception",
            "Listener method 'void take()' threw exception",
        ] {
            let found = failure(None, Some(message), Some(SPRING)).unwrap();
            assert_eq!(found.words(), "StockException: sku unknown", "{message}");
            assert_eq!(found.class.as_deref(), Some("org.example.StockException"));
            assert!(found.told_as.unwrap().contains(message));
        }
        assert_eq!(
            failure(None, None, Some(SPRING)).unwrap().words(),
            "StockException: sku unknown"
        );
    }

    #[test]
    fn what_says_something_itself_is_kept_with_its_cause() {
        assert_eq!(
            told(None, Some("order 42 cannot be taken"), SPRING),
            "IllegalStateException: order 42 cannot be taken (caused by StockException: sku unknown)"
        );
        assert_eq!(
            told(None, Some("sku unknown"), SPRING),
            "StockException: sku unknown"
        );
        assert_eq!(
            told(Some("Shop.Broken"), Some("no stock"), ""),
            "Broken: no stock"
        );
        let bare = "java.lang.RuntimeException: java.io.IOException: disk full\n\tat a.B.c(B.java:1)\n\
                    Caused by: java.io.IOException: disk full\n";
        assert_eq!(told(None, None, bare), "IOException: disk full");
    }

    #[test]
    fn traces_of_dotnet_python_and_node_are_read() {
        let core = "System.AggregateException: One or more errors occurred. (sku unknown)\n \
                    ---> Shop.StockException: sku unknown\n   at Shop.Stock.Take() in /a.cs:line 3\n   \
                    --- End of inner exception stack trace ---\n   at Bus.Run()";
        assert_eq!(told(None, None, core), "StockException: sku unknown");
        let old = "System.Reflection.TargetInvocationException: Exception has been thrown by the \
                   target of an invocation. ---> System.Net.Sockets.SocketException (111): Connection \
                   refused\r\n   at X.Y()\r\n   --- End of inner exception stack trace ---";
        assert_eq!(told(None, None, old), "SocketException: Connection refused");
        let python = "Traceback (most recent call last):\n  File \"a.py\", line 1, in take\n    \
                      stock[sku]\n    ~~~~^^^\nKeyError: 'Z'\n\nThe above exception was the direct \
                      cause of the following exception:\n\nTraceback (most recent call last):\n  File \
                      \"a.py\", line 3, in run\nshop.errors.StockError: sku unknown\n";
        assert_eq!(
            told(None, None, python),
            "StockError: sku unknown (caused by KeyError: 'Z')"
        );
        let plain =
            "Traceback (most recent call last):\n  File \"a.py\", line 1\nSkuUnknown: sku Z\n";
        assert_eq!(told(None, None, plain), "SkuUnknown: sku Z");
        let context = python.replace(
            "The above exception was the direct cause of the following \
                                      exception:",
            "During handling of the above exception, another \
                                      exception occurred:",
        );
        assert_eq!(told(None, None, &context), "StockError: sku unknown");
        let node = "Error: cannot take\n    at take (a.js:1:2) {\n  [cause]: TypeError: no sku\n}";
        assert_eq!(
            told(None, None, node),
            "Error: cannot take (caused by TypeError: no sku)"
        );
        let rebus =
            "5 unhandled exceptions: 01/02/2026 10:00:00 +00:00: System.Exception: no stock\n";
        assert_eq!(told(None, None, rebus), "Exception: no stock");
    }

    #[test]
    fn a_long_trace_is_read_to_its_end_and_a_cut_one_as_far_as_it_goes() {
        let frames = "\tat org.example.Deep.down(Deep.java:1)\n".repeat(30_000);
        let long =
            format!("a.b.C: Listener failed\n{frames}Caused by: x.y.EndError: é at the end\n");
        assert!(long.len() > 3 * LOOKED_AT);
        assert_eq!(told(None, None, &long), "EndError: é at the end");
        assert_eq!(
            told(
                None,
                None,
                &SPRING[..SPRING.find("... 12 more").unwrap_or(0)]
            ),
            "IllegalStateException: order 42 cannot be taken"
        );
        for cut in (0..SPRING.len()).step_by(7) {
            let _ = failure(None, None, Some(&SPRING[..cut]));
        }
        assert_eq!(failure(None, None, None), None);
        assert_eq!(failure(None, Some(" \n"), Some("")), None);
    }
}
