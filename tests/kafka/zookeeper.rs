//! The ZooKeeper that an Apache Kafka older than 3.3 needs: one, on 127.0.0.1 only, in the folder of its
//! Kafka, which ends with the test.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use super::server::{WATCHED, java};

/// How long it may take to answer, and to forget a broker that was killed.
const LIMIT: Duration = Duration::from_mins(1);

/// A ZooKeeper that runs.
pub(super) struct ZooKeeper {
    libs: PathBuf,
    port: u16,
    child: Child,
}

impl ZooKeeper {
    pub(super) fn start(libs: &Path, folder: &Path, port: u16) -> Self {
        let properties = folder.join("zookeeper.properties");
        let text = format!(
            "dataDir={}
clientPort={port}
clientPortAddress=127.0.0.1
maxClientCnxns=0
admin.enableServer=false
",
            folder.join("zookeeper").display()
        );
        fs::write(&properties, text).expect("the properties");
        let child = Command::new("sh")
            .args(["-c", WATCHED, "sh", "java", "-Xmx128m", "-cp"])
            .arg(libs.join("*"))
            .arg("org.apache.zookeeper.server.quorum.QuorumPeerMain")
            .arg(properties)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("a shell");
        let own = Self {
            libs: libs.to_owned(),
            port,
            child,
        };
        own.wait_for("it to answer", |own| {
            std::net::TcpStream::connect(("127.0.0.1", own.port)).is_ok()
        });
        own
    }

    /// Waits until no broker is known any more: one that was killed is known until its session ends, and
    /// keeps its successor out.
    pub(super) fn has_forgotten(&self) {
        self.wait_for("it to forget its broker", |own| {
            let mut ask = java(&own.libs);
            ask.arg("org.apache.zookeeper.ZooKeeperMain")
                .args(["-server", &format!("127.0.0.1:{}", own.port)])
                .args(["ls", "/brokers/ids"]);
            let said = ask.output().expect("java");
            let said = [said.stdout, said.stderr].concat();
            let said = String::from_utf8_lossy(&said);
            said.contains("[]") || said.contains("NoNode") || said.contains("does not exist")
        });
    }

    fn wait_for(&self, what: &str, is_so: impl Fn(&Self) -> bool) {
        let deadline = Instant::now() + LIMIT;
        while !is_so(self) {
            assert!(Instant::now() < deadline, "waited for {what}");
            std::thread::sleep(Duration::from_millis(200));
        }
    }
}

impl Drop for ZooKeeper {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        self.child.wait().ok();
    }
}
