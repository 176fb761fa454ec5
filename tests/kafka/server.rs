//! A private Apache Kafka: one node, on 127.0.0.1 only, in a folder of its own, which ends with the test.

use std::fs::{self, File};
use std::io::Write as _;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use p12_keystore::{Certificate, KeyStore, KeyStoreEntry, PrivateKeyChain};

use super::zookeeper::ZooKeeper;

/// How long it may take to start on a busy machine.
const STARTS_WITHIN: Duration = Duration::from_mins(2);
/// The login of the port with SASL.
pub(crate) const USER: &str = "ada";
pub(crate) const PASSWORD: &str = "ada secret";

const STORE_PASSWORD: &str = "of the store";
/// From this version on it keeps its own metadata.
const KRAFT: (u32, u32) = (3, 3);
/// From this version on users can be made before the first start.
const SCRAM_AT_FORMAT: (u32, u32) = (3, 9);

/// Ends with its parent: the shell waits for the end of its input, which only we hold open.
pub(super) const WATCHED: &str = "\"$@\" </dev/null & pid=$!; cat >/dev/null; kill -9 $pid";

/// A Kafka that runs.
pub(crate) struct KafkaServer {
    libs: PathBuf,
    pub(crate) folder: tempfile::TempDir,
    /// Without a login.
    pub(crate) plain: String,
    /// SASL, without TLS.
    pub(crate) sasl: String,
    /// TLS, without a login.
    pub(crate) tls: String,
    child: Option<Child>,
    version: (u32, u32),
    /// What it needs before 3.3.
    zookeeper: Option<ZooKeeper>,
}

/// A consumer of Kafka's own, which is killed in the end.
pub(crate) struct RunningMember(Child);

impl Drop for RunningMember {
    fn drop(&mut self) {
        // It is ours, and nobody waits for it.
        self.0.kill().ok();
        self.0.wait().ok();
    }
}

/// The Kafka of this run; nothing where there are no jars, which is said.
pub(crate) fn server() -> Option<&'static KafkaServer> {
    static SERVER: OnceLock<Option<KafkaServer>> = OnceLock::new();
    let server = SERVER.get_or_init(|| Some(KafkaServer::start(&libs()?)));
    if server.is_none() {
        eprintln!(
            "\nSKIPPED: there is no Apache Kafka here. `make test` fetches one into target/kafka; or \
             name a folder of its jars in EVENTSCOPE_KAFKA_HOME\n"
        );
    }
    server.as_ref()
}

/// The folder of jars.
fn libs() -> Option<PathBuf> {
    if let Some(home) = std::env::var_os("EVENTSCOPE_KAFKA_HOME") {
        let home = PathBuf::from(home);
        let libs = home.join("libs");
        return Some(if libs.is_dir() { libs } else { home });
    }
    let all = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/kafka");
    let versions = fs::read_dir(all).ok()?.flatten();
    let found = versions.map(|one| one.path().join("libs"));
    found.filter(|libs| libs.is_dir()).max()
}

/// A name that no other test has.
pub(crate) fn fresh(name: &str) -> String {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    format!("{name}-{}", NUMBER.fetch_add(1, Ordering::Relaxed))
}

fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.local_addr().expect("its address").port()
}

impl KafkaServer {
    /// One of its own, for a test that breaks it.
    pub(crate) fn own() -> Option<Self> {
        server()?;
        Some(Self::start(&libs()?))
    }

    fn start(libs: &Path) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let version = version_of(libs);
        let ports = [0; 4].map(|_| free_port());
        let [plain, sasl, tls, other] = ports;
        certificates(folder.path());
        let properties = folder.path().join("server.properties");
        let text = properties_of(folder.path(), ports, version);
        fs::write(&properties, text).expect("the properties");
        let zookeeper = (version < KRAFT).then(|| ZooKeeper::start(libs, folder.path(), other));
        if zookeeper.is_none() {
            let mut format = java(libs);
            format
                .args(["kafka.tools.StorageTool", "format"])
                .args(["-t", "MkU3OEVBNTcwNTJENDM2Qg", "-c"])
                .arg(&properties);
            if version >= SCRAM_AT_FORMAT {
                format.args([256, 512].map(|bits| {
                    format!("--add-scram=SCRAM-SHA-{bits}=[name={USER},password={PASSWORD}]")
                }));
            }
            let format = format.output().expect("java");
            assert!(format.status.success(), "not formatted: {format:?}");
        }
        let at = |port| format!("127.0.0.1:{port}");
        let mut server = Self {
            libs: libs.to_owned(),
            child: None,
            plain: at(plain),
            sasl: at(sasl),
            tls: format!("localhost:{tls}"),
            folder,
            version,
            zookeeper,
        };
        server.start_again();
        if version < SCRAM_AT_FORMAT {
            for bits in [256, 512] {
                let config = format!("SCRAM-SHA-{bits}=[password={PASSWORD}]");
                server.tool(
                    "org.apache.kafka.tools.ConfigCommand",
                    &[
                        "--alter",
                        "--entity-type",
                        "users",
                        "--entity-name",
                        USER,
                        "--add-config",
                        &config,
                    ],
                );
            }
        }
        server
    }

    /// It is of this version or a newer one.
    pub(crate) fn is_at_least(&self, major: u32, minor: u32) -> bool {
        self.version >= (major, minor)
    }

    /// Starts it on the same ports and data, and waits until it answers.
    pub(crate) fn start_again(&mut self) {
        if let Some(zookeeper) = &self.zookeeper {
            zookeeper.has_forgotten();
        }
        let told = File::create(self.folder.path().join("stdout")).expect("a file");
        let child = Command::new("sh")
            .args([
                "-c",
                WATCHED,
                "sh",
                "java",
                "-Xmx512m",
                "-XX:+UseSerialGC",
                "-cp",
            ])
            .arg(self.libs.join("*"))
            .arg("kafka.Kafka")
            .arg(self.folder.path().join("server.properties"))
            .stdin(Stdio::piped())
            .stdout(told.try_clone().expect("the same file"))
            .stderr(told)
            .spawn()
            .expect("a shell");
        self.child = Some(child);
        let deadline = Instant::now() + STARTS_WITHIN;
        while !self.answers() {
            let told = fs::read_to_string(self.folder.path().join("stdout"));
            assert!(Instant::now() < deadline, "no Kafka: {told:?}");
            std::thread::sleep(Duration::from_millis(200));
        }
    }

    /// SIGKILL, and waits until it is gone.
    pub(crate) fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            drop(child.stdin.take());
            child.wait().expect("its end");
        }
    }

    fn answers(&self) -> bool {
        if std::net::TcpStream::connect(&self.plain).is_err() {
            return false;
        }
        let asked = self.output(
            "org.apache.kafka.tools.TopicCommand",
            &["--list", "--bootstrap-server", &self.plain],
        );
        asked.status.success()
    }

    /// The CA of the port with TLS, in PEM format.
    pub(crate) fn ca_file(&self) -> PathBuf {
        self.folder.path().join("ca.pem")
    }

    /// It has this tool.
    fn has(&self, class: &str) -> bool {
        let done = self.java(class).arg("--help").output().expect("java");
        !String::from_utf8_lossy(&done.stderr).contains("ClassNotFoundException")
    }

    fn java(&self, class: &str) -> Command {
        let mut command = java(&self.libs);
        command.arg(class);
        command
    }

    /// What one of Kafka's own tools says.
    pub(crate) fn tool(&self, class: &str, arguments: &[&str]) -> String {
        let mut all = vec!["--bootstrap-server", &self.plain];
        all.extend(arguments);
        self.run(class, &all)
    }

    /// The same of one that is told in another way where the server is.
    pub(crate) fn run(&self, class: &str, arguments: &[&str]) -> String {
        let done = self.output(class, arguments);
        let said = String::from_utf8_lossy(&done.stdout).into_owned();
        assert!(
            done.status.success(),
            "{class} {arguments:?}: {said} {done:?}"
        );
        said
    }

    fn output(&self, class: &str, arguments: &[&str]) -> Output {
        let run = |class| self.java(class).args(arguments).output().expect("java");
        let done = run(class);
        // Older ones have their tools elsewhere.
        let is_elsewhere = String::from_utf8_lossy(&done.stderr).contains("ClassNotFoundException");
        match older_name(class).filter(|_| is_elsewhere) {
            Some(older) => run(older),
            None => done,
        }
    }

    /// Makes a topic of a fresh name.
    pub(crate) fn topic(&self, name: &str, partitions: u32, configs: &[&str]) -> String {
        let name = fresh(name);
        let partitions = partitions.to_string();
        let mut arguments = vec!["--create", "--topic", &name, "--partitions", &partitions];
        for config in configs {
            arguments.extend(["--config", config]);
        }
        self.tool("org.apache.kafka.tools.TopicCommand", &arguments);
        name
    }

    /// Kafka's own producer sends these lines, of the form `headers<TAB>key<TAB>value`, where `NULL` is
    /// nothing at all.
    pub(crate) fn produce(&self, topic: &str, lines: &[String], more: &[&str]) {
        let new = "org.apache.kafka.tools.ConsoleProducer";
        let class = if self.has(new) {
            new
        } else {
            "kafka.tools.ConsoleProducer"
        };
        let mut producer = self
            .java(class)
            .args(["--bootstrap-server", &self.plain, "--topic", topic])
            .args([
                "--property",
                "parse.key=true",
                "--property",
                "parse.headers=true",
            ])
            .args(["--property", "null.marker=NULL"])
            .args(more)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("java");
        let mut input = producer.stdin.take().expect("its input");
        for line in lines {
            writeln!(input, "{line}").expect("it reads");
        }
        drop(input);
        assert!(producer.wait().expect("its end").success());
    }

    /// The same with keys `k0`, `k1` … and a number as the value.
    pub(crate) fn produce_numbers(&self, topic: &str, numbers: std::ops::Range<u32>) {
        let lines: Vec<String> = numbers
            .map(|number| format!("NULL\tk{number}\t{{\"n\":{number}}}"))
            .collect();
        self.produce(topic, &lines, &[]);
    }

    /// Kafka's own consumer reads so many records as a member of a group, and commits where it is.
    pub(crate) fn consume(&self, topic: &str, group: &str, count: usize) {
        let count = count.to_string();
        self.tool(
            "org.apache.kafka.tools.consumer.ConsoleConsumer",
            &[
                "--topic",
                topic,
                "--group",
                group,
                "--from-beginning",
                "--max-messages",
                &count,
                "--timeout-ms",
                "30000",
            ],
        );
    }

    /// One that goes on until it is dropped.
    pub(crate) fn member(&self, topic: &str, group: &str, protocol: &str) -> RunningMember {
        let protocol = format!("group.protocol={protocol}");
        let child = self
            .java("org.apache.kafka.tools.consumer.ConsoleConsumer")
            .args(["--bootstrap-server", &self.plain, "--topic", topic])
            .args(["--group", group, "--from-beginning"])
            .args(["--consumer-property", &protocol])
            .args(["--consumer-property", "client.id=the-member"])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("java");
        RunningMember(child)
    }

    /// What Kafka's own tool says of a group: topic, partition, committed offset, end, lag.
    pub(crate) fn described(&self, group: &str) -> Vec<[String; 5]> {
        let said = self.tool(
            "org.apache.kafka.tools.consumer.group.ConsumerGroupCommand",
            &["--describe", "--group", group],
        );
        let rows = said.lines().filter_map(|line| {
            let cells: Vec<&str> = line.split_whitespace().collect();
            let own = cells.first() == Some(&group) && cells.len() > 5;
            own.then(|| [1, 2, 3, 4, 5].map(|at| cells[at].to_owned()))
        });
        let mut rows: Vec<_> = rows.collect();
        rows.sort();
        rows
    }

    /// Deletes what lies before an offset.
    pub(crate) fn delete_before(&self, topic: &str, partition: u32, offset: u64) {
        let file = self.folder.path().join(format!("{topic}.json"));
        let text = format!(
            "{{\"version\":1,\"partitions\":[{{\"topic\":\"{topic}\",\"partition\":{partition},\"offset\":{offset}}}]}}"
        );
        fs::write(&file, text).expect("a file");
        let file = file.display().to_string();
        self.tool(
            "org.apache.kafka.tools.DeleteRecordsCommand",
            &["--offset-json-file", &file],
        );
    }

    /// What Kafka's own consumer reads from a partition on, one record a line:
    /// `partition|offset|headers|key|value`.
    pub(crate) fn read(&self, topic: &str, count: usize) -> Vec<String> {
        self.read_as(topic, count, "read_uncommitted", "30000")
    }

    /// The same of what is committed; there may be fewer.
    pub(crate) fn read_committed(&self, topic: &str, most: usize) -> Vec<String> {
        self.read_as(topic, most, "read_committed", "20000")
    }

    fn read_as(&self, topic: &str, count: usize, isolation: &str, wait_ms: &str) -> Vec<String> {
        let count = count.to_string();
        let said = self.tool(
            "org.apache.kafka.tools.consumer.ConsoleConsumer",
            &[
                "--isolation-level",
                isolation,
                "--topic",
                topic,
                "--from-beginning",
                "--max-messages",
                &count,
                "--timeout-ms",
                wait_ms,
                "--property",
                "print.partition=true",
                "--property",
                "print.offset=true",
                "--property",
                "print.headers=true",
                "--property",
                "print.key=true",
                "--property",
                "key.separator=|",
                "--property",
                "headers.separator=,",
                "--property",
                "null.literal=NULL",
                "--consumer-property",
                "enable.auto.commit=false",
            ],
        );
        // Newer ones say first which options have other names now.
        let records = said.lines().filter(|line| line.starts_with("Partition:"));
        records.map(str::to_owned).collect()
    }
}

/// What a tool was called before it was moved.
fn older_name(class: &str) -> Option<&'static str> {
    Some(match class.rsplit('.').next()? {
        "TopicCommand" => "kafka.admin.TopicCommand",
        "ConsumerGroupCommand" => "kafka.admin.ConsumerGroupCommand",
        "AclCommand" => "kafka.admin.AclCommand",
        "ConfigCommand" => "kafka.admin.ConfigCommand",
        "ConsoleConsumer" => "kafka.tools.ConsoleConsumer",
        "DeleteRecordsCommand" => "kafka.admin.DeleteRecordsCommand",
        "GetOffsetShell" => "kafka.tools.GetOffsetShell",
        _ => return None,
    })
}

/// The version of these jars.
fn version_of(libs: &Path) -> (u32, u32) {
    let jars = fs::read_dir(libs).expect("a folder of jars").flatten();
    let names = jars.map(|jar| jar.file_name().to_string_lossy().into_owned());
    let mut found = names.filter_map(|name| {
        let version = name
            .strip_prefix("kafka_2.13-")?
            .strip_suffix(".jar")?
            .to_owned();
        let mut parts = version.split('.').map(|part| part.parse().ok());
        Some((parts.next()??, parts.next()??))
    });
    found.next().expect("kafka_2.13-VERSION.jar")
}

fn properties_of(
    folder: &Path,
    [plain, sasl, tls, other]: [u16; 4],
    version: (u32, u32),
) -> String {
    let (roles, listener, protocol) = if version >= KRAFT {
        (
            format!(
                "process.roles=broker,controller
node.id=1
controller.listener.names=CONTROLLER
controller.quorum.voters=1@127.0.0.1:{other}
authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer"
            ),
            format!(",CONTROLLER://127.0.0.1:{other}"),
            ",CONTROLLER:PLAINTEXT",
        )
    } else {
        (
            format!(
                "broker.id=1
zookeeper.connect=127.0.0.1:{other}
zookeeper.session.timeout.ms=6000
authorizer.class.name=kafka.security.authorizer.AclAuthorizer"
            ),
            String::new(),
            "",
        )
    };
    format!(
        "{roles}
listeners=PLAINTEXT://127.0.0.1:{plain},SASL_PLAINTEXT://127.0.0.1:{sasl},SSL://127.0.0.1:{tls}{listener}
advertised.listeners=PLAINTEXT://127.0.0.1:{plain},SASL_PLAINTEXT://127.0.0.1:{sasl},SSL://localhost:{tls}
inter.broker.listener.name=PLAINTEXT
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,SASL_PLAINTEXT:SASL_PLAINTEXT,SSL:SSL{protocol}
sasl.enabled.mechanisms=PLAIN,SCRAM-SHA-256,SCRAM-SHA-512
listener.name.sasl_plaintext.plain.sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule required user_{USER}=\"{PASSWORD}\";
listener.name.sasl_plaintext.scram-sha-256.sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required;
listener.name.sasl_plaintext.scram-sha-512.sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required;
ssl.keystore.type=PKCS12
ssl.keystore.password={STORE_PASSWORD}
ssl.keystore.location={keys}
super.users=User:ANONYMOUS
log.dirs={logs}
num.partitions=1
auto.create.topics.enable=true
offsets.topic.replication.factor=1
offsets.topic.num.partitions=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=1
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
share.coordinator.state.topic.num.partitions=1
group.initial.rebalance.delay.ms=0
",
        keys = folder.join("server.p12").display(),
        logs = folder.join("log").display(),
    )
}

pub(super) fn java(libs: &Path) -> Command {
    let mut command = Command::new("java");
    command
        .args([
            "-Xmx256m",
            "-XX:+UseSerialGC",
            "-XX:TieredStopAtLevel=1",
            "-cp",
        ])
        .arg(libs.join("*"));
    command
}

/// A CA and a certificate for localhost.
fn certificates(folder: &Path) {
    let mut ca = rcgen::CertificateParams::new(Vec::new()).expect("parameters");
    ca.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    let ca_key = rcgen::KeyPair::generate().expect("a key");
    let ca_certificate = ca.self_signed(&ca_key).expect("a CA");
    let issuer = rcgen::Issuer::new(ca, ca_key);
    let names = vec!["localhost".to_owned()];
    let own = rcgen::CertificateParams::new(names).expect("parameters");
    let key = rcgen::KeyPair::generate().expect("a key");
    let certificate = own.signed_by(&key, &issuer).expect("a certificate");
    fs::write(folder.join("ca.pem"), ca_certificate.pem()).expect("a file");
    // Kafka 2.8 takes no key without a password from PEM files.
    let of = |der: &[u8]| Certificate::from_der(der).expect("a certificate");
    let chain = [of(certificate.der()), of(ca_certificate.der())];
    let key = PrivateKeyChain::new(key.serialize_der(), [1], chain);
    let mut store = KeyStore::new();
    store.add_entry("server", KeyStoreEntry::PrivateKeyChain(key));
    let written = store.writer(STORE_PASSWORD).write().expect("a key store");
    fs::write(folder.join("server.p12"), written).expect("a file");
}
