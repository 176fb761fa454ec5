//! A private RabbitMQ that speaks TLS too, with certificates that are made for the run. All its
//! listeners are on 127.0.0.1, and their certificates differ.

use std::collections::BTreeMap;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use eventscope::drivers::rabbitmq::sandbox::SandboxFacts;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};

use super::OwnBroker;
use super::erlang::Erlang;

/// What a listener shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Shows {
    /// From the CA, for 127.0.0.1.
    Good,
    /// The same, and the client has to show one too.
    GoodAndAsks,
    /// From the CA, for broker.example.
    OtherName,
    /// From the CA, for 127.0.0.1, and over.
    Expired,
    /// For 127.0.0.1, signed by itself.
    SelfSigned,
    /// The same, and it calls itself a CA, as `openssl req -x509` makes them.
    SelfSignedCa,
}

/// The broker of the tests about TLS.
pub(crate) struct TlsBroker {
    pub(crate) facts: SandboxFacts,
    /// Port of the management API with TLS; it shows [`Shows::Good`].
    pub(crate) https: u16,
    amqps: BTreeMap<Shows, u16>,
    folder: PathBuf,
}

impl TlsBroker {
    /// It ends with the process, and its folder is removed by a later run.
    pub(crate) fn shared() -> &'static Self {
        static SHARED: OnceLock<TlsBroker> = OnceLock::new();
        SHARED.get_or_init(|| Self::on(Box::leak(Box::new(OwnBroker::start()))))
    }

    /// Opens the listeners on a broker that runs: its own configuration has none.
    fn on(broker: &'static OwnBroker) -> Self {
        let facts = broker.facts().clone();
        let folder = facts.data_dir.join("certificates");
        std::fs::create_dir(&folder).expect("a folder");
        let shown = write_all(&folder);
        let mut erlang = Erlang::on(broker);
        assert!(
            erlang
                .eval("application:ensure_all_started(ssl).")
                .starts_with("{ok,")
        );
        let mut amqps = BTreeMap::new();
        for (shows, options) in &shown {
            let port = free_port();
            let listen = format!(
                "rabbit_networking:start_ssl_listener({{\"127.0.0.1\",{port}}},[{options}],1)."
            );
            assert_eq!(erlang.eval(&listen), "ok", "{shows:?}");
            amqps.insert(*shows, port);
        }
        let https = free_port();
        let configure = format!(
            "application:set_env(rabbitmq_management,ssl_config,\
             [{{ip,\"127.0.0.1\"}},{{port,{https}}},{}]).",
            shown[&Shows::Good]
        );
        assert_eq!(erlang.eval(&configure), "ok");
        erlang.eval("rabbit_mgmt_app:reset_dispatcher([]).");
        Self {
            facts,
            https,
            amqps,
            folder,
        }
    }

    pub(crate) fn amqps(&self, shows: Shows) -> u16 {
        self.amqps[&shows]
    }

    /// The CA of this broker, and what it signed by itself.
    pub(crate) fn trusted(&self) -> PathBuf {
        self.folder.join("trusted.pem")
    }

    /// A CA that has signed nothing here.
    pub(crate) fn stranger(&self) -> PathBuf {
        self.folder.join("stranger.pem")
    }
}

/// Makes all certificates; gives the options of Erlang's TLS that name them.
fn write_all(folder: &Path) -> BTreeMap<Shows, String> {
    let ca = authority("Eventscope test CA");
    let stranger = authority("Eventscope strange CA");
    write(folder, "stranger.pem", &stranger.pem());
    let clients = write(folder, "ca.pem", &ca.pem());
    let mut trusted = ca.pem();
    let all = [
        Shows::Good,
        Shows::GoodAndAsks,
        Shows::OtherName,
        Shows::Expired,
        Shows::SelfSigned,
        Shows::SelfSignedCa,
    ];
    let mut options = BTreeMap::new();
    for shows in all {
        let key = KeyPair::generate().expect("a key");
        let params = params(shows);
        let pem = match shows {
            Shows::SelfSigned | Shows::SelfSignedCa => {
                let pem = params.self_signed(&key).expect("a certificate").pem();
                trusted.push_str(&pem);
                pem
            }
            _ => params.signed_by(&key, &ca).expect("a certificate").pem(),
        };
        let cert = write(folder, &format!("{shows:?}.pem"), &pem);
        let key = write(folder, &format!("{shows:?}.key"), &key.serialize_pem());
        let mut named = format!("{{certfile,\"{cert}\"}},{{keyfile,\"{key}\"}}");
        if shows == Shows::GoodAndAsks {
            named.push_str(&format!(
                ",{{cacertfile,\"{clients}\"}},{{verify,verify_peer}},{{fail_if_no_peer_cert,true}}"
            ));
        }
        options.insert(shows, named);
    }
    write(folder, "trusted.pem", &trusted);
    options
}

fn authority(name: &str) -> CertifiedIssuer<'static, KeyPair> {
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let key = KeyPair::generate().expect("a key");
    CertifiedIssuer::self_signed(params, key).expect("a certificate")
}

fn params(shows: Shows) -> CertificateParams {
    let name = match shows {
        Shows::OtherName => "broker.example",
        _ => "127.0.0.1",
    };
    let mut params = CertificateParams::new([name.to_owned()]).expect("a name");
    let common = format!("Eventscope test {shows:?}");
    params.distinguished_name.push(DnType::CommonName, common);
    if shows == Shows::Expired {
        params.not_after = rcgen::date_time_ymd(2020, 1, 1);
    }
    if shows == Shows::SelfSignedCa {
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    }
    params
}

fn write(folder: &Path, name: &str, text: &str) -> String {
    let path = folder.join(name);
    std::fs::write(&path, text).expect("a file");
    path.to_str().expect("a path of text").to_owned()
}

fn free_port() -> u16 {
    let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a port");
    listener.local_addr().expect("its number").port()
}
