//! Schemas from elsewhere, without a broker: a registry that is played by the test, documents and
//! folders on the disk, and what then lies in the folder.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use eventscope::drivers::{self, Options};
use eventscope::engine::handle::Handle;
use eventscope::protocol::{Command, DeskCommand, DeskUpdate, ImportFrom, Update};
use eventscope::rabbitmq::endpoint::Password;
use eventscope::schema::folder::import::{Imported, Outcome};
use eventscope::schema::{Level, Meta, Policy};
use serde_json::json;

use crate::support::fake_registry::{held, other, registry};
use crate::support::tls::TlsBroker;

struct Side {
    handle: Handle,
    updates: crossbeam_channel::Receiver<Update>,
}

impl Side {
    fn new() -> Self {
        let (handle, updates) = drivers::start(|| {}, Options::default()).expect("the broker side");
        Self { handle, updates }
    }

    /// Asks what an import would do, and does it. Both say the same.
    fn import(&self, folder: &Path, from: ImportFrom) -> Result<Imported, String> {
        let there = folder.exists();
        let folder = folder.to_owned();
        self.send(DeskCommand::PlanImport {
            folder: folder.clone(),
            from,
        });
        let planned = self.wait_for(|update| match update {
            DeskUpdate::ImportPlanned(planned) => Some(planned),
            _ => None,
        })?;
        assert_eq!(folder.exists(), there, "nothing was written");
        let told = planned.told.clone();
        self.send(DeskCommand::ImportSchemas(planned));
        let done = self.wait_for(|update| match update {
            DeskUpdate::Imported(done) => Some(done),
            _ => None,
        })?;
        assert_eq!(done.lines, told.lines);
        Ok(done)
    }

    fn send(&self, command: DeskCommand) {
        self.handle.send(Command::Desk(command)).expect("sent");
    }

    fn wait_for<T>(&self, wanted: impl Fn(DeskUpdate) -> Option<T>) -> T {
        loop {
            let update = self.updates.recv_timeout(Duration::from_secs(30));
            if let Update::Desk(update) = update.expect("an answer")
                && let Some(found) = wanted(update)
            {
                return found;
            }
        }
    }

    fn registry(
        &self,
        folder: &Path,
        url: &str,
        login: Option<(&str, &str)>,
    ) -> Result<Imported, String> {
        let (user, password) = login.unwrap_or_default();
        self.import(
            folder,
            ImportFrom::Registry {
                url: url.to_owned(),
                user: user.to_owned(),
                password: Password(password.to_owned()),
            },
        )
    }
}

fn meta(folder: &Path, event_type: &str) -> Meta {
    let path = folder.join(event_type).join("meta.toml");
    Meta::read(&fs::read_to_string(path).expect("a meta.toml"))
}

fn lines(done: &Imported) -> Vec<String> {
    let lines = done.lines.iter();
    lines
        .map(|line| format!("{} {}: {}", line.name, line.outcome.name(), line.words))
        .collect()
}

#[test]
#[expect(
    clippy::too_many_lines,
    reason = "one story from the first step to the last"
)]
fn a_registry_is_read_with_its_references_and_levels() {
    let order = r#"{"type":"object","properties":{"buyer":{"$ref":"buyer.json"}}}"#;
    let plain = r#"{"$schema":"http://json-schema.org/draft-07/schema#","type":"object"}"#;
    let subjects = vec![
        (
            "order.created-value",
            vec![
                json!({"schemaType": "JSON", "schema": plain}),
                json!({"schemaType": "JSON", "schema": order,
                    "references": [{"name": "buyer.json", "subject": "buyer", "version": 1}]}),
            ],
        ),
        (
            "buyer",
            vec![json!({"schemaType": "JSON", "schema": r#"{"type":"string"}"#})],
        ),
        (
            "strict-value",
            vec![json!({"schema": r#"{"type":"record","name":"S","fields":[]}"#})],
        ),
        (
            "proto-value",
            vec![json!({"schemaType": "PROTOBUF", "schema": "message A {}"})],
        ),
        (
            ":.team:odd/name",
            vec![json!({"schemaType": "JSON", "schema": "{ no"})],
        ),
    ];
    let url = registry(subjects, Some("ada:se cret"));
    let folder = tempfile::tempdir().expect("a folder");
    let at = folder.path().join("schemas");
    let side = Side::new();
    let told = side.registry(&at, &url, None).expect_err("no login");
    assert!(told.contains("asks for a login"), "{told}");
    let told = side
        .registry(&at, &url, Some(("ada", "wrong")))
        .expect_err("no login");
    assert!(
        told.contains("does not accept") && !told.contains("wrong"),
        "{told}"
    );
    assert!(!at.exists(), "nothing was written");

    let done = side
        .registry(&at, &url, Some(("ada", "se cret")))
        .expect("read");
    assert_eq!(done.count(Outcome::Added), 4, "{:#?}", lines(&done));
    let skipped: Vec<String> = lines(&done)
        .into_iter()
        .filter(|line| line.contains("skipped"))
        .collect();
    assert_eq!(skipped.len(), 2, "{skipped:#?}");
    assert!(skipped.contains(&"1 Protobuf schema skipped: Protobuf is not read".to_owned()));
    assert!(
        skipped
            .iter()
            .any(|line| line.contains("odd/name 1") && line.contains("not JSON"))
    );
    let read = |path: &str| fs::read_to_string(at.join(path)).expect("a file");
    assert_eq!(read("order.created/1.schema.json"), plain);
    assert!(read("order.created/2.schema.json").contains("#/$defs/buyer"));
    assert!(read("strict/1.avsc").contains("record"));
    let order = meta(&at, "order.created");
    assert_eq!(order.level, Some(Level::BackwardTransitive));
    let draft = |version: &str| order.versions.get(version).and_then(|one| one.draft);
    assert_eq!(
        (
            draft("1"),
            draft("2").map(eventscope::schema::Dialect::name)
        ),
        (None, Some("draft-07"))
    );
    let origin = order.origin.expect("where it came from");
    assert_eq!(
        (origin.from.as_str(), origin.newest.as_deref()),
        (url.as_str(), Some("2"))
    );
    assert_eq!(meta(&at, "strict").level, Some(Level::Full));
    for entry in fs::read_dir(&at).expect("types").flatten() {
        let text = fs::read_to_string(entry.path().join("meta.toml")).expect("a meta.toml");
        assert!(!text.contains("cret") && !text.contains("ada"), "{text}");
    }

    // Somebody edits the second version; the registry has a third one.
    fs::write(at.join("order.created/2.schema.json"), "true").expect("written");
    let plain = || json!({"schemaType": "JSON", "schema": plain});
    let url = registry(
        vec![("order.created-value", vec![plain(), plain(), plain()])],
        None,
    );
    let done = side.registry(&at, &url, None).expect("read");
    assert_eq!(
        lines(&done),
        [
            "order.created 2 differs: The folder has other content under that name, which stays as it is",
            "order.created 3 added: The registry has 3, the folder had 2",
            "order.created 1 unchanged: ",
        ]
    );
    assert_eq!(read("order.created/2.schema.json"), "true");
}

#[test]
fn what_is_no_registry_says_so() {
    let folder = tempfile::tempdir().expect("a folder");
    let side = Side::new();
    let closed = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = closed.local_addr().expect("its number").port();
    drop(closed);
    let known = registry(Vec::new(), None);
    let https = TlsBroker::shared().https;
    for (url, words) in [
        (format!("http://127.0.0.1:{port}"), "Nothing listens"),
        (format!("{known}/nowhere"), "not a schema registry"),
        (other(200, "[]"), "Nothing that could be imported"),
        (other(200, "<html>"), "its answer is not JSON"),
        (other(200, "{}"), "/subjects is not a list"),
        (other(302, ""), "sends elsewhere (status 302)"),
        (other(403, "{}"), "does not allow this user"),
        (other(500, "{}"), "status 500"),
        // What to do about its certificate.
        (format!("https://127.0.0.1:{https}"), "SSL_CERT_FILE"),
    ] {
        let told = match side.registry(folder.path(), &url, None) {
            Ok(done) => lines(&done).join(" "),
            Err(words) => words,
        };
        assert!(told.contains(words), "{url}: {told}");
    }
}

#[test]
fn a_document_and_a_folder_are_imported_and_the_same_again_changes_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let document = folder.path().join("shop.yaml");
    let text = "asyncapi: 3.0.0\ninfo: {title: Shop, version: 1.4.0}\nchannels:\n  orders:\n    \
                address: order.created\n    messages:\n      created:\n        payload: {type: object}\n        \
                examples: [{name: small, payload: {id: 1}}]\n";
    fs::write(&document, text).expect("written");
    let at = folder.path().join("schemas");
    let side = Side::new();
    let done = side
        .import(&at, ImportFrom::AsyncApi(document.clone()))
        .expect("read");
    assert_eq!(
        lines(&done),
        ["order.created 1.4.0 added: The document calls it created. With 1 sample"]
    );
    assert!(at.join("order.created/samples/small.json").is_file());
    let stamp = || fs::read_to_string(at.join("order.created/meta.toml")).expect("a meta.toml");
    let before = stamp();
    let done = side
        .import(&at, ImportFrom::AsyncApi(document))
        .expect("read");
    assert_eq!(done.count(Outcome::Unchanged), 1);
    assert_eq!(stamp(), before);
    let told = side
        .import(&at, ImportFrom::AsyncApi(PathBuf::from("/nowhere.yaml")))
        .expect_err("none");
    assert!(told.contains("/nowhere.yaml cannot be read"), "{told}");
    let told = side
        .import(&at, ImportFrom::Folder(at.clone()))
        .expect_err("itself");
    assert!(told.contains("the folder itself"), "{told}");
    let copy = folder.path().join("copy");
    let done = side
        .import(&copy, ImportFrom::Folder(at.clone()))
        .expect("read");
    assert_eq!(done.count(Outcome::Added), 1);
}

#[test]
fn policy_and_level_of_a_type_are_written_down_and_samples_kept() {
    let folder = tempfile::tempdir().expect("a folder");
    let at = folder.path();
    fs::create_dir(at.join("a")).expect("a folder");
    fs::write(at.join("a/1.schema.json"), "{}").expect("written");
    fs::write(at.join("a/meta.toml"), "owner = \"us\" # for now\n").expect("written");
    let side = Side::new();
    side.handle
        .send(Command::Desk(DeskCommand::OpenSchemas(at.into())))
        .expect("sent");
    side.handle
        .send(Command::Desk(DeskCommand::JudgeSchemas {
            folder: at.into(),
            event_type: "a".into(),
            policy: Policy::ConfluentStrict,
            level: Level::Full,
        }))
        .expect("sent");
    side.handle
        .send(Command::Desk(DeskCommand::SaveSample {
            folder: at.into(),
            event_type: "a".into(),
            sample: "small".into(),
            text: "{}".into(),
        }))
        .expect("sent");
    loop {
        let update = side.updates.recv_timeout(Duration::from_secs(20));
        if let Update::Desk(DeskUpdate::Schemas(Ok(catalog))) =
            update.expect("the folder is told of")
        {
            let one = catalog.get("a").expect("the type");
            if one.meta.level == Some(Level::Full) && one.samples.len() == 1 {
                assert_eq!(one.meta.policy, Some(Policy::ConfluentStrict));
                break;
            }
        }
    }
    let text = fs::read_to_string(at.join("a/meta.toml")).expect("a file");
    assert!(text.starts_with("owner = \"us\" # for now\n"), "{text}");
}

#[test]
fn an_import_that_is_stopped_writes_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let at = folder.path().join("schemas");
    let (asked, is_asked) = std::sync::mpsc::sync_channel(1);
    let (go, may_go) = std::sync::mpsc::sync_channel(1);
    let url = held(asked, may_go);
    let side = Side::new();
    let from = ImportFrom::Registry {
        url,
        user: String::new(),
        password: Password::default(),
    };
    let import = Command::Desk(DeskCommand::PlanImport {
        folder: at.clone(),
        from,
    });
    side.handle.send(import).expect("sent");
    is_asked
        .recv_timeout(Duration::from_secs(20))
        .expect("it asks");
    side.handle
        .send(Command::Desk(DeskCommand::StopImport))
        .expect("sent");
    // The answer to this says that the stop was taken, too.
    let nowhere = folder.path().join("nowhere");
    side.handle
        .send(Command::Desk(DeskCommand::OpenSchemas(nowhere)))
        .expect("sent");
    let mut go = Some(go);
    loop {
        match side
            .updates
            .recv_timeout(Duration::from_secs(20))
            .expect("an answer")
        {
            Update::Desk(DeskUpdate::Schemas(Err(_))) => {
                if let Some(go) = go.take() {
                    go.send(()).expect("the registry answers");
                }
            }
            Update::Desk(DeskUpdate::ImportPlanned(done)) => {
                assert!(done.expect_err("stopped").contains("stopped"));
                break;
            }
            _ => {}
        }
    }
    assert!(!at.exists());
}
